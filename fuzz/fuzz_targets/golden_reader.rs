//! See `yamux_conform::fuzzing::golden_reader`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::fuzzing::golden_reader(input));
