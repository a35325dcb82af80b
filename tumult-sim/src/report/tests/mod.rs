//! What is read of whole runs.

mod causes;
