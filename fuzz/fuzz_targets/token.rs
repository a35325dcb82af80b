//! A replay token: an error, or a run that reads as it was written.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus { tumult_fuzz::keep(tumult_fuzz::token(data)) });
