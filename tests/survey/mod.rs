//! Every scenario of this repository against every peer that is wrong on purpose.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;

use yamux_conform::harness::analysis::strength::{Exceptions, Extent, Survey};
use yamux_conform::harness::endpoint::mutant::{all, impostors};

use crate::support;

/// The survey, as far as `yamux-conform mutants` goes, and what may get through; worked out once for all tests.
///
/// # Panics
/// If the scenarios or the exceptions are wrong, or a right peer fails.
pub(crate) fn survey() -> &'static (Survey, Exceptions) {
    static SURVEY: OnceLock<(Survey, Exceptions)> = OnceLock::new();
    SURVEY.get_or_init(run)
}

fn run() -> (Survey, Exceptions) {
    let scenarios = support::library().scenarios.into_iter().map(Arc::new).collect();
    let jobs = available_parallelism().map_or(1, NonZeroUsize::get);
    let survey =
        Survey::run(scenarios, all(), impostors(), Extent::Second, jobs).expect("right peers pass");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("mutants.json");
    (survey, Exceptions::load(&path).expect("right exceptions"))
}
