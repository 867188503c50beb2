//! See `yamux_conform::harness::analysis::fuzzing::frame_decoder`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::frame_decoder(input));
