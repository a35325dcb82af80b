//! Nothing: what is tested here are the pages that `tumult-sim` and `cargo tumult` write, in a real browser.
