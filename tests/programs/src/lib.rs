//! Unmodified programs of many kinds inside the simulation: see `tests/`.
