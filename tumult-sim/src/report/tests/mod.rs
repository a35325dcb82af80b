//! What is read of whole runs.

mod causes;
mod exports;
mod how;
