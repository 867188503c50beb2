//! See `yamux_conform::harness::analysis::fuzzing::one_session`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::one_session(input));
