//! Files of hosted programs: std's, tempfile's and C's calls.

mod arms;
mod c_names;
mod content;
mod crash;
mod faults;
mod locks;
mod maps;
mod names;
mod real;

pub(crate) use arms::both;
