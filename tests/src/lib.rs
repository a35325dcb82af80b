//! Tests of the whole, each a file or folder in `tests/`; nothing is here, since a package of tests needs a target.
