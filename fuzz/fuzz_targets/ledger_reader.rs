//! See `yamux_conform::harness::analysis::fuzzing::ledger_reader`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| yamux_conform::harness::analysis::fuzzing::ledger_reader(input));
