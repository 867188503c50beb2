//! See `yamux_conform::harness::analysis::fuzzing::shim_lines`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::shim_lines(input));
