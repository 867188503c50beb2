//! See `yamux_conform::fuzzing::frame_decoder`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::fuzzing::frame_decoder(input));
