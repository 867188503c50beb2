//! See `yamux_conform::analysis::fuzzing::frame_decoder`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::analysis::fuzzing::frame_decoder(input));
