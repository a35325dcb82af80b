//! A plan of faults as text: an error, or a plan that reads as it is printed.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { tumult_fuzz::keep(tumult_fuzz::plan(data)) });
