//! Shims that keep their protocol and misbehave on the wire.

use yamux_conform::harness::report::VerdictRecord;

use crate::harness::Ran;
use crate::{TWICE, assert_server_failed, bad_shim, run};

pub(crate) fn garbage() {
    assert_server_failed(&run("wire-garbage", TWICE), Some("FRM-02"), "version 71");
}

pub(crate) fn huge() {
    let ran = run("wire-huge", TWICE);
    assert_server_failed(&ran, Some("FLOW-01"), "4294967295 bytes on stream 2 where 262144 were");
}

pub(crate) fn breaches() {
    let ran = run("wire-breaches", &["--timeout-scale", "1", "--side", "server"]);
    assert_server_failed_alone(&ran, "OPEN-01");
}

pub(crate) fn flood() {
    let ran = run("wire-flood", &["--timeout-scale", "8", "--side", "server"]);
    assert_flood(&ran);
}

pub(crate) fn streams() {
    let ran = run("wire-streams", &["--timeout-scale", "8", "--side", "server"]);
    assert_flood(&ran);
}

pub(crate) fn cut() {
    let lengths = bad_shim::CUT_FRAMES.len() + 1;
    let ran = run("wire-cut", &["--repeat", &lengths.to_string(), "--side", "server"]);
    ran.assert_code(1);
    let mut inside = 0;
    for case in ran.cases() {
        let VerdictRecord::Fail { failure } = &case.verdict else { panic!("{:?}", case.verdict) };
        match (failure.is_rule, &*failure.clause) {
            (true, "FRM-01") => inside += 1,
            (false, _) => assert!(failure.observed.contains("the subject ended"), "{failure:?}"),
            other => panic!("expected FRM-01 or none, found {other:?} in {failure:?}"),
        }
    }
    // Two boundaries: before the first frame and behind the last; a third one between them.
    assert_eq!((ran.cases().len(), inside), (lengths, lengths - 3));
}

#[track_caller]
fn assert_server_failed_alone(ran: &Ran, clause: &str) {
    ran.assert_code(1);
    let [case] = &ran.cases()[..] else { panic!("expected one case, found {ran:#?}") };
    let VerdictRecord::Fail { failure } = &case.verdict else { panic!("{:?}", case.verdict) };
    assert_eq!((failure.is_rule, &*failure.clause), (true, clause), "{failure:?}");
}

#[track_caller]
fn assert_flood(ran: &Ran) {
    ran.assert_code(1);
    let cases = ran.cases();
    let [case] = &cases[..] else { panic!("expected one case, found {cases:#?}") };
    let VerdictRecord::Fail { failure } = &case.verdict else { panic!("{:?}", case.verdict) };
    assert!(failure.expected.ends_with("frames in a case"), "{failure:?}");
    assert!(failure.rungs.len() <= 1000, "{}", failure.rungs.len());
}
