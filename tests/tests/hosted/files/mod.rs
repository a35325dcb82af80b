//! Files of hosted programs: std's, tempfile's and C's calls.

mod arms;
mod content;
mod names;
