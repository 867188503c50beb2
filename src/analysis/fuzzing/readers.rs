//! Readers of files from others: they name what is wrong, and write back what they accept as they read it.

use std::path::Path;

use crate::runner::golden::{self, GoldenBody};
use crate::runner::known::read_ledger;
use crate::scenario::load_text;
use crate::shim::protocol::{ShimLine, ShimRequest};

/// Loads the input as a scenario.
pub fn scenario_loader(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Err(problems) = load_text("fuzzed", &text) {
        assert!(!problems.is_empty(), "refused without a reason");
        for problem in &problems {
            assert!(!problem.to_string().is_empty());
        }
    }
}

/// Reads the input as a golden trace, writes a valid one and reads it again.
pub fn golden_reader(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(read) = golden::read(&text) else { return };
    let written = match &read.body {
        GoldenBody::Canonical(meaning) => meaning.write(&read.meta),
        GoldenBody::Exact(trace) => trace.write(&read.meta),
    };
    match golden::read(&written) {
        Ok(again) => assert_eq!(again, read, "it reads otherwise once it is written"),
        Err(error) => panic!("what was written cannot be read: {error:?}\n{written}"),
    }
    _ = read.meaning();
}

/// Reads the input as a ledger of known deviations.
pub fn ledger_reader(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Err(problems) = read_ledger(Path::new("fuzzed.json"), &text) {
        assert!(!problems.is_empty(), "refused without a reason");
    }
}

/// Reads each line of the input as a shim's line and as a request, writes a valid one and reads it again.
pub fn shim_lines(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for line in text.lines() {
        match ShimLine::parse(line) {
            Ok(said) => drop(format!("{said:?}")),
            Err(why) => assert!(!why.is_empty(), "refused without a reason"),
        }
        _ = ShimRequest::parse(line);
    }
}
