//! A plan as text: one line a fault, which parses back equal.
//!
//! ```text
//! f1 at 410.900s partition {n1} | {n2,n3} for 2s
//! f2 on point worker.leased by A #1 pause A for 2s
//! f3 at 1.000s loss everyone 0.1
//! ```
//!
//! Empty lines and lines that begin with `#` are left out. Names with other characters than letters, digits and `_.:/+-`
//! stand in double quotes.

mod lex;
mod parse;
mod print;
mod span;

pub(super) use span::{serde_ns, serde_time};
