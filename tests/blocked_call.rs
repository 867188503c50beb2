//! A call that must keep running, and whose end is not yamux's doing.

use std::sync::Arc;

use yamux_conform::harness::analysis::strength::behind;
use yamux_conform::harness::endpoint::mutant::Tamper;
use yamux_conform::harness::endpoint::{CallResult, Request};
use yamux_conform::harness::engine::Outcome;
use yamux_conform::harness::scenario::Action;
use yamux_conform::yamux::frame::Side;
use yamux_conform::yamux::time::Time;

use crate::scenario_support::{file, scenario};

/// Every read ends at once with a fault of the shim.
struct FaultyRead;

impl Tamper for FaultyRead {
    fn call(&mut self, _: Time, request: &mut Request) -> Option<CallResult> {
        let is_read = matches!(request.action, Action::Read { .. });
        is_read.then(|| CallResult::Fault { message: "out of order".to_owned() })
    }
}

#[test]
fn a_fault_in_a_blocked_call_is_no_verdict() {
    let scenario = scenario(&file(
        "wire",
        r#"{ "peer": { "send": { "window_update": "s", "flags": ["SYN"] } } },
      { "subject": { "accept": { "stream": "s" } } },
      { "subject": { "read": { "stream": "s", "bytes": 1, "label": "r" } } },
      { "still_blocked": { "label": "r", "for": "1s" } },
      { "peer": { "send": { "data": "s", "bytes": 1 } } },
      { "join": { "label": "r" } }"#,
    ));
    let run = behind(&Arc::new(scenario), Side::Client, Box::new(FaultyRead));
    assert!(matches!(run.outcome, Outcome::Broken { .. }), "{:?}", run.outcome);
}
