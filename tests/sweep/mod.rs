//! Variations of the wire: a correct peer passes under each, and one that takes pieces for frames is found only there.

use std::fs;
use std::sync::Arc;

use bytes::Bytes;
use yamux_conform::harness::analysis::strength::behind;
use yamux_conform::harness::endpoint::mutant::Tamper;
use yamux_conform::harness::engine::Outcome;
use yamux_conform::harness::scenario::{Scenario, Variation};

use crate::cli::BUILT_IN;
use crate::harness::Workspace;
use crate::support;

/// A peer whose reader forgets a piece of seven bytes: it waits for a whole header, and has a buffer for the rest of one only
/// where that is not just as long.
struct ForgetsSeven;

impl Tamper for ForgetsSeven {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        if bytes.len() == 7 { Bytes::new() } else { bytes }
    }
}

fn fails(scenario: &Arc<Scenario>) -> bool {
    let run = behind(scenario, scenario.sides[0], Box::new(ForgetsSeven));
    matches!(run.outcome, Outcome::Failed(_) | Outcome::Died(..))
}

#[test]
fn a_reader_that_forgets_seven_bytes_is_found_by_a_sweep_and_by_no_plain_run() {
    let scenarios: Vec<Arc<Scenario>> =
        support::library().scenarios.into_iter().map(Arc::new).collect();
    let plain: Vec<&str> = scenarios.iter().filter(|one| fails(one)).map(|one| &*one.id).collect();
    assert!(plain.is_empty(), "{plain:?}");
    let found = |variation: Variation| {
        let area = scenarios.iter().filter(|scenario| scenario.id.starts_with("half-close/"));
        area.filter(|scenario| fails(&Arc::new(variation.of(scenario)))).count()
    };
    assert!(found(Variation::Split(7)) > 0);
    assert!(found(Variation::SplitEach) > 0);
    assert_eq!(found(Variation::Split(4)), 0);
}

#[test]
fn a_sweep_runs_each_case_again_under_a_name_of_its_own() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&[BUILT_IN, &["--sweep=all", "--json", "r.jsonl"]].concat());
    let cases = 2 * (1 + Variation::all().len());
    ran.assert_code(0).assert_stdout(&format!("\n{cases} passed, 0 failed (virtual clock, "));
    let told = fs::read_to_string(workspace.path().join("r.jsonl")).expect("a report");
    assert!(told.contains("ping/echo~split-11"), "{told}");
}

#[test]
fn another_verdict_under_a_variation_is_told_with_both() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    let golden = workspace.path().join("golden/built-in/ping/echo.client.trace");
    let text = fs::read_to_string(&golden).expect("a golden trace");
    let line = text.lines().last().expect("a line");
    fs::write(&golden, text.replace(line, "")).expect("it can be written");
    let ran = workspace.run(&[BUILT_IN, &["--sweep=merged", "--side", "client"]].concat());
    ran.assert_code(1);
    let told = "ping/echo~merged/client (built-in, virtual clock): expected what the plain case gives, trace changed; found under merged: pass";
    assert!(ran.stderr.contains(told), "{ran:#?}");
}

#[test]
fn a_scenario_that_cuts_the_bytes_itself_is_passed_over() {
    let workspace = Workspace::with_echo();
    let plain = fs::read_to_string(workspace.path().join("scenarios/ping/echo.json"));
    let plain = plain.expect("a scenario");
    let own = plain.replacen(
        "\"steps\"",
        "\"wire\": [{ \"segment\": { \"to\": \"subject\", \"bytes\": 5 } }], \"steps\"",
        1,
    );
    workspace.write("scenarios/ping/echo.json", &own);
    let ran = workspace.run(&[BUILT_IN, &["--sweep=bytewise,seed-1", "--verbose"]].concat());
    ran.assert_code(0).assert_stdout("4 passed, 0 failed, 2 skipped");
    ran.assert_stdout("passed over under bytewise: it cuts the bytes itself");
}

#[test]
fn a_sweep_in_real_time_and_an_unknown_name_are_wrong_command_lines() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&[BUILT_IN, &["--sweep", "--clock", "live"]].concat());
    ran.assert_code(2);
    assert!(ran.stderr.contains("expected the virtual clock"), "{ran:#?}");
    let ran = workspace.run(&[BUILT_IN, &["--sweep=mergd"]].concat());
    ran.assert_code(2);
    assert!(ran.stderr.contains("did you mean merged?"), "{ran:#?}");
}
