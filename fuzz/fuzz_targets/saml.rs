//! See `rolecall_fuzz::saml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rolecall_fuzz::saml(data));
