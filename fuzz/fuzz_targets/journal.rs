//! A journal or run record as JSON: an error, or one that reads as it is written.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { tumult_fuzz::keep(tumult_fuzz::journal(data)) });
