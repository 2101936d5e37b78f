//! See `rolecall_fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rolecall_fuzz::token(data));
