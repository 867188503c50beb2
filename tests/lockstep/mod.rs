//! Shims that misbehave in lockstep.

use yamux_conform::harness::report::{CaseFinished, VerdictRecord};

use crate::{
    TWICE, assert_given_up, assert_others_passed, assert_server_broken, assert_server_died, run,
};

const LATE: &str = "has not answered within 1.2 s";

pub(crate) fn floods_stderr() {
    assert_server_died(&run("lockstep-floods-stderr", TWICE), "stuck", LATE);
}

pub(crate) fn dribbles() {
    assert_server_died(&run("lockstep-dribbles", TWICE), "stuck", LATE);
}

pub(crate) fn dies() {
    let ran = run("lockstep-dies", &["--repeat", "2", "--jobs", "1"]);
    assert_server_died(&ran, "crashed", "exit status: 101");
    // It ran again, alone in a fresh process, and died again.
    let again = |case: &CaseFinished| matches!(&case.verdict, VerdictRecord::Crashed { failure } if failure.runs.is_some());
    assert!(!ran.cases().iter().any(again), "{ran:#?}");
}

pub(crate) fn hangs() {
    assert_server_died(&run("lockstep-hangs", TWICE), "stuck", LATE);
}

pub(crate) fn prints_garbage() {
    assert_server_broken(&run("lockstep-garbage", TWICE), "no line of its protocol");
}

pub(crate) fn floods() {
    assert_server_died(&run("lockstep-floods", TWICE), "stuck", LATE);
}

pub(crate) fn is_stuck() {
    let ran = run("lockstep-stuck", TWICE);
    ran.assert_code(0);
    let skipped = |case: &&CaseFinished| matches!(&case.verdict, VerdictRecord::Skip { reason } if reason == "a lock is held for ever");
    assert_eq!(ran.cases().iter().filter(skipped).count(), 2, "{ran:#?}");
    assert_others_passed(&ran, 2);
}

pub(crate) fn hurries() {
    let hurries = run("lockstep-hurries", TWICE);
    assert_server_broken(&hurries, "now_ns is 1, where it may be 0 to 0");
    let goes_back = run("lockstep-goes-back", TWICE);
    assert_server_broken(&goes_back, "now_ns is 0, where it may be ");
}

pub(crate) fn overflows() {
    let overflows = run("lockstep-overflows", TWICE);
    assert_server_broken(&overflows, "out has 4194305 bytes, where there was room for 4194304");
    assert_server_broken(&run("lockstep-endless-step", TWICE), "a line of more than 8 MiB");
}

pub(crate) fn always_hangs() {
    assert_given_up(&run("lockstep-always-hangs", &["--repeat", "20", "--jobs", "2"]));
}

pub(crate) fn has_no_live_clock() {
    let ran = run("lockstep-dies", &["--clock", "live"]);
    ran.assert_code(2).assert_stderr("the clocks of its shim are: lockstep");
    assert_eq!(ran.stdout, "", "nothing ran");
}
