//! See `yamux_conform::harness::analysis::fuzzing::two_sessions`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::two_sessions(input));
