//! See `yamux_conform::harness::analysis::fuzzing::scenario_loader`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::scenario_loader(input));
