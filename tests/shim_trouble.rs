//! Shims that misbehave, in every way we could think of: each costs its own case, is named, and the run ends in time.
//!
//! This program is also the shims: with `bad-shim BEHAVIOUR` it speaks the shim protocol until the behaviour begins.

mod bad_shim;
mod deaths;
mod harness;
mod lockstep;
mod pairs;
mod planted_bug;
mod proposals;
mod register;
mod settings;
mod twice;
mod upgrade;
mod wire;

use std::env;
use std::time::Duration;

use harness::{Ran, Workspace};
use libtest_mimic::{Arguments, Failed, Trial};
use yamux_conform::harness::report::{CaseFinished, VerdictRecord};
use yamux_conform::yamux::frame::Side;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, command, behaviour] = &arguments[..]
        && command == "bad-shim"
    {
        return bad_shim::serve(behaviour);
    }
    let trials = TRIALS.iter().map(|&(name, test)| {
        Trial::test(name, move || -> Result<(), Failed> {
            test();
            Ok(())
        })
    });
    let mut arguments = Arguments::from_args();
    // Most of them wait most of the time.
    arguments.test_threads.get_or_insert(4);
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The name of each rule, and its test.
const TRIALS: &[(&str, fn())] = &[
    ("a_shim_that_exits_at_once_is_unusable", exits_at_once),
    ("a_shim_that_says_nothing_is_unusable", says_nothing),
    ("a_shim_that_greets_with_garbage_is_unusable", greets_with_garbage),
    ("a_shim_that_greets_without_end_is_unusable", greets_without_end),
    ("a_shim_that_floods_before_hello_is_unusable", floods_before_hello),
    ("a_version_that_was_not_offered_is_refused", chooses_another_version),
    ("a_shim_may_write_anything_to_stderr", writes_to_stderr),
    ("a_shim_that_dies_costs_only_its_cases", dies),
    ("a_shim_that_always_dies_is_given_up", always_dies),
    ("a_shim_that_always_hangs_is_given_up", always_hangs),
    ("a_shim_that_always_hangs_in_lockstep_is_given_up", lockstep::always_hangs),
    ("a_shim_that_dies_once_costs_nothing", dies_once),
    ("a_shim_that_hangs_costs_only_its_cases", hangs),
    ("a_shim_that_freezes_in_a_case_is_to_blame", freezes),
    ("a_line_that_is_no_protocol_costs_only_its_cases", prints_garbage),
    ("a_line_without_end_costs_only_its_cases", prints_without_end),
    ("a_flood_of_lines_costs_only_its_cases", floods),
    ("a_wrong_frame_of_either_end_is_told_of_that_end", pairs::frames),
    ("an_end_that_is_stuck_is_told_of_that_end", pairs::silence),
    ("an_end_in_lockstep_that_cannot_ping_is_asked_all_the_same", pairs::without_ping),
    ("an_end_that_acknowledges_nothing_is_told_of", pairs::without_acknowledgement),
    ("an_answer_given_twice_is_noticed", answers_twice),
    ("a_session_that_never_dials_is_noticed", never_dials),
    ("a_session_that_is_never_ended_is_stuck", never_ends),
    ("a_line_that_dribbles_costs_only_its_cases", dribbles),
    ("a_flood_on_stderr_costs_only_its_cases", floods_stderr),
    ("whoever_else_dials_is_not_taken_for_the_shim", impostors_dial),
    ("a_session_without_its_address_breaks_its_case", names_no_address),
    ("a_session_with_the_address_of_another_breaks_its_case", misnames_its_address),
    ("one_hostile_case_costs_at_most_ten_seconds", costs_at_most_ten_seconds),
    ("a_fault_of_the_shim_is_no_verdict", faults),
    ("a_connection_that_is_closed_at_once_fails_its_case", hangs_up),
    ("garbage_on_the_wire_is_a_breach", wire::garbage),
    ("a_length_of_four_gib_is_a_breach_and_takes_no_memory", wire::huge),
    ("an_endless_flood_of_pings_ends_and_takes_little_memory", wire::flood),
    ("an_endless_flood_of_streams_ends_and_takes_little_memory", wire::streams),
    ("a_breach_without_end_is_told_once", wire::breaches),
    ("a_wire_cut_at_any_byte_fails_its_case", wire::cut),
    ("a_shim_that_dies_in_lockstep_costs_only_its_cases", lockstep::dies),
    ("a_shim_that_hangs_in_lockstep_costs_only_its_cases", lockstep::hangs),
    ("a_line_that_is_no_protocol_breaks_its_case_in_lockstep", lockstep::prints_garbage),
    ("a_flood_of_lines_breaks_its_case_in_lockstep", lockstep::floods),
    ("a_flood_on_stderr_breaks_its_case_in_lockstep", lockstep::floods_stderr),
    ("a_line_that_dribbles_breaks_its_case_in_lockstep", lockstep::dribbles),
    ("a_clock_that_runs_ahead_or_back_breaks_its_case_in_lockstep", lockstep::hurries),
    ("more_output_than_there_is_room_for_breaks_its_case_in_lockstep", lockstep::overflows),
    ("a_second_end_of_a_session_breaks_its_case", ends_twice),
    ("of_a_long_text_the_beginning_is_kept", rambles),
    ("a_case_in_which_time_cannot_pass_is_skipped", lockstep::is_stuck),
    ("a_shim_in_lockstep_only_cannot_run_live", lockstep::has_no_live_clock),
    ("a_failure_that_does_not_happen_again_is_not_counted", twice::fails_once),
    ("a_failure_that_happens_again_is_counted", twice::fails_again),
    ("a_slow_case_in_which_frames_still_came_runs_again", twice::lacks_time_once),
    ("a_case_that_is_slow_again_has_failed", twice::lacks_time_again),
    ("a_difference_that_does_not_happen_again_is_not_told", twice::differs_lawfully_once),
    ("a_known_failure_is_not_run_again", twice::fails_as_known),
    (
        "an_unexpected_pass_that_does_not_happen_again_is_not_counted",
        twice::passes_once_though_known,
    ),
    ("an_unexpected_pass_that_happens_again_is_counted", twice::passes_again_though_known),
    ("a_trace_that_differs_only_once_is_not_counted", twice::differs_once),
    ("a_trace_that_differs_again_is_counted", twice::differs_again),
    (
        "a_release_is_worse_where_a_case_fails_or_dies_that_did_not",
        upgrade::is_worse_where_a_case_fails_or_dies_that_did_not,
    ),
    (
        "a_release_is_not_worse_for_what_happens_in_one_run_only",
        upgrade::is_not_worse_for_what_happens_in_one_run_only,
    ),
    ("a_release_can_be_the_report_of_an_earlier_run", upgrade::can_be_the_report_of_an_earlier_run),
    ("a_planted_bug_is_explored_shrunk_saved_and_fails_again", planted_bug::is_explored),
    ("a_planted_bug_is_fuzzed_and_merged_from_shards", planted_bug::is_fuzzed),
    ("a_planted_bug_that_a_ledger_knows_is_no_news", planted_bug::is_known),
    ("a_shim_is_not_left_behind", leaves_nobody_behind),
    ("deaths_have_a_step_and_last_words", deaths::have_a_step_and_last_words),
    (
        "deaths_are_none_of_a_shim_that_reports_a_fault",
        deaths::are_none_of_a_shim_that_reports_a_fault,
    ),
    (
        "deaths_that_do_not_happen_again_are_told_as_one_of_two_runs",
        deaths::that_do_not_happen_again_are_told_as_one_of_two_runs,
    ),
    (
        "deaths_are_kept_where_the_process_does_not_start_again",
        deaths::are_kept_where_the_process_does_not_start_again,
    ),
    ("deaths_in_the_first_start_cost_nothing", deaths::in_the_first_start_cost_nothing),
    ("deaths_are_known_by_their_fingerprint", deaths::are_known_by_their_fingerprint),
    ("proposed_entries_need_a_reason", proposals::need_a_reason),
    (
        "proposed_entries_are_versions_of_what_is_known_already",
        proposals::are_versions_of_what_is_known_already,
    ),
    ("proposed_entries_take_nothing_away", proposals::take_nothing_away),
    ("a_session_is_made_with_what_the_scenario_names", settings::are_what_the_scenario_names),
    ("a_setting_that_is_needed_and_lacks_is_a_skip", settings::that_are_needed_and_lack_are_a_skip),
    ("a_call_if_supported_is_passed_over", settings::of_a_call_if_supported),
    ("a_ping_of_its_own_fails_nothing", settings::own_pings_fail_nothing),
];

/// Runs the echo on a shim of this behaviour, which is bad where it plays the server.
fn run(behaviour: &str, more: &[&str]) -> Ran {
    run_in(&Workspace::with_echo(), behaviour, more)
}

fn run_in(workspace: &Workspace, behaviour: &str, more: &[&str]) -> Ran {
    let program = env::current_exe().expect("this program has a path");
    let target = format!("bad=shim:{} bad-shim {behaviour}", program.display());
    let mut arguments = vec!["run", "--target", &target, "--format", "json"];
    // Short, so that a hang is soon over; long enough for a busy machine.
    arguments.extend(if more.contains(&"--timeout-scale") {
        None
    } else {
        Some("--timeout-scale=0.3")
    });
    arguments.extend(more);
    let ran = workspace.run(&arguments);
    assert!(ran.elapsed < Duration::from_secs(60), "it took {:?}", ran.elapsed);
    ran
}

/// Fails unless the program ended before it ran anything, and said why.
#[track_caller]
fn assert_unusable(ran: &Ran, texts: &[&str]) {
    ran.assert_code(5);
    assert_eq!(ran.stdout, "", "nothing ran");
    for text in texts {
        ran.assert_stderr(text);
    }
    ran.assert_stderr("try: yamux-conform shim check -- ");
}

/// Fails unless every case of the client passed.
#[track_caller]
fn assert_others_passed(ran: &Ran, count: usize) {
    let passed =
        |case: &&CaseFinished| case.side == Side::Client && case.verdict == VerdictRecord::Pass;
    assert_eq!(ran.cases().iter().filter(passed).count(), count, "cases passed in {ran:#?}");
}

/// Fails unless exactly the cases of the server are broken, for this reason.
#[track_caller]
fn assert_server_broken(ran: &Ran, message: &str) {
    ran.assert_code(1);
    let cases = ran.cases();
    assert_eq!(cases.len(), 4, "each case has a verdict: {ran:#?}");
    for case in cases.iter().filter(|case| case.side == Side::Server) {
        let VerdictRecord::Broken { message: found, stderr } = &case.verdict else {
            panic!("expected broken, found {:?}", case.verdict);
        };
        assert!(found.contains(message), "expected {message:?}, found {found:?}");
        let is_said = stderr.iter().any(|line| line == "this shim is bad as a server");
        let is_flooded = stderr.len() == MOST_WORDS;
        assert!(is_said || is_flooded, "{} lines of stderr: {stderr:?}", stderr.len());
    }
    assert_others_passed(ran, 2);
    assert_eq!((ran.summary().counts.broken, ran.summary().counts.passed), (2, 2));
}

/// Fails unless exactly the cases of the server died so, with this in what was observed and the shim's words beside it.
#[track_caller]
fn assert_server_died(ran: &Ran, token: &str, observed: &str) {
    ran.assert_code(1);
    let cases = ran.cases();
    assert_eq!(cases.len(), 4, "each case has a verdict: {ran:#?}");
    for case in cases.iter().filter(|case| case.side == Side::Server) {
        let (VerdictRecord::Crashed { failure } | VerdictRecord::Stuck { failure }) = &case.verdict
        else {
            panic!("expected {token}, found {:?}", case.verdict);
        };
        assert_eq!(failure.observed_token, token, "{failure:?}");
        assert!(failure.observed.contains(observed), "expected {observed:?} in {failure:?}");
        let is_said = failure.stderr.iter().any(|line| line == "this shim is bad as a server");
        let is_flooded = failure.stderr.len() == MOST_WORDS;
        assert!(is_said || is_flooded, "{} lines of stderr: {failure:?}", failure.stderr.len());
    }
    assert_others_passed(ran, 2);
    assert_eq!(
        (ran.summary().counts.crashed + ran.summary().counts.stuck, ran.summary().counts.passed),
        (2, 2)
    );
}

/// How many lines of stderr are reported at most, besides those of its log.
const MOST_WORDS: usize = 60;

/// Fails unless exactly the cases of the server failed, with this in what was observed.
#[track_caller]
fn assert_server_failed(ran: &Ran, clause: Option<&str>, observed: &str) {
    ran.assert_code(1);
    let mut failed = 0;
    for case in ran.cases().iter().filter(|case| case.side == Side::Server) {
        let VerdictRecord::Fail { failure } = &case.verdict else {
            panic!("expected fail, found {:?}", case.verdict);
        };
        assert!(failure.observed.contains(observed), "expected {observed:?} in {failure:?}");
        let rule = failure.is_rule.then_some(&*failure.clause);
        assert_eq!(rule, clause, "{failure:?}");
        assert!(failure.line.is_some() && case.path.ends_with("ping/echo.json"));
        failed += 1;
    }
    assert!(failed > 0, "no server case in {ran:#?}");
    assert_others_passed(ran, failed);
}

const TWICE: &[&str] = &["--repeat", "2", "--jobs", "2"];

fn exits_at_once() {
    let texts = ["it did not answer hello", "exit status: 3", "this shim has no library"];
    assert_unusable(&run("exits", &[]), &texts);
}

fn says_nothing() {
    assert_unusable(&run("silent", &[]), &["cannot be used: it did not answer hello"]);
}

fn greets_with_garbage() {
    let texts = ["no line of its protocol", "Welcome to the yamux server!"];
    assert_unusable(&run("garbage-hello", &[]), &texts);
}

fn greets_without_end() {
    assert_unusable(&run("endless-hello", &[]), &["a line of more than 4 MiB"]);
}

fn floods_before_hello() {
    assert_unusable(&run("flood-hello", &[]), &["it did not answer hello"]);
}

fn chooses_another_version() {
    let text = "its hello chose protocol 99, expected 1, the only one offered";
    assert_unusable(&run("protocol-99", &[]), &[text]);
    assert_unusable(&run("lockstep-protocol-99", &[]), &[text]);
}

fn never_ends() {
    let ran = run("never-ends", TWICE);
    assert_server_died(&ran, "stuck", "it has not answered \"end\"");
}

fn dribbles() {
    assert_server_broken(&run("dribbles", TWICE), "did not answer the session request");
}

fn floods_stderr() {
    assert_server_broken(&run("floods-stderr", TWICE), "did not answer the session request");
}

fn impostors_dial() {
    run("impostor", TWICE).assert_code(0).assert_stdout("\"passed\":4,");
}

fn names_no_address() {
    assert_server_broken(
        &run("nameless", TWICE),
        "expected in \"local\" the address:port it dialled from",
    );
}

fn misnames_its_address() {
    assert_server_broken(&run("misnames", TWICE), "did not dial in from 127.0.0.1:1");
}

/// The promise to users of an implementation that is out of order, with the usual time limits.
fn costs_at_most_ten_seconds() {
    let behaviours = [
        "hangs",
        "freezes",
        "floods",
        "floods-stderr",
        "dribbles",
        "never-ends",
        "never-dials",
        "wire-breaches",
        "wire-streams",
        "lockstep-hangs",
        "lockstep-floods",
    ];
    std::thread::scope(|scope| {
        for behaviour in behaviours {
            scope.spawn(move || {
                let ran = run(behaviour, &["--timeout-scale", "1", "--side", "server"]);
                ran.assert_code(1);
                // With the start of the program and of its shim, and its farewell, on a busy machine.
                assert!(ran.elapsed < Duration::from_secs(14), "{behaviour}: {:?}", ran.elapsed);
            });
        }
    });
}

fn writes_to_stderr() {
    run("stderr", TWICE).assert_code(0).assert_stdout("\"passed\":4,");
}

fn dies() {
    let ran = run("dies", TWICE);
    assert_server_broken(&ran, "exit status: 101");
    assert_server_broken(&ran, "(again, alone in a fresh process)");
}

fn always_dies() {
    assert_given_up(&run("always-dies", &["--repeat", "20", "--jobs", "2"]));
}

fn always_hangs() {
    assert_given_up(&run("always-hangs", &["--repeat", "20", "--jobs", "2"]));
}

/// Fails unless eight cases were tried, and perhaps the one that another process was in, and no other.
#[track_caller]
fn assert_given_up(ran: &Ran) {
    ran.assert_code(1).assert_stderr("not run: the shim broke 8 cases in a row");
    let (cases, summary) = (ran.cases(), ran.summary());
    assert_eq!(cases.len(), 40, "each case has a verdict");
    let broken = summary.counts.broken + summary.counts.crashed + summary.counts.stuck;
    assert_eq!(broken + summary.counts.skipped, 40);
    assert!((8..=9).contains(&broken), "{summary:?}");
}

fn dies_once() {
    let workspace = Workspace::with_echo();
    let mark = workspace.path().join("mark");
    let ran = run_in(&workspace, &format!("dies-once={}", mark.display()), TWICE);
    ran.assert_code(0);
    assert!(mark.exists(), "it died");
    assert_eq!(ran.summary().counts.passed, 4);
}

fn hangs() {
    assert_server_broken(&run("hangs", TWICE), "did not answer the session request");
}

fn freezes() {
    assert_server_died(&run("freezes", TWICE), "stuck", "its shim answers nothing any more");
}

fn prints_garbage() {
    assert_server_broken(&run("garbage", TWICE), "no line of its protocol");
}

fn prints_without_end() {
    assert_server_broken(&run("endless", TWICE), "a line of more than 4 MiB");
}

fn floods() {
    assert_server_broken(&run("floods", TWICE), "did not answer the session request");
}

fn answers_twice() {
    assert_server_broken(&run("answers-twice", TWICE), "was answered before, or never sent");
}

fn ends_twice() {
    for behaviour in ["ends-twice", "lockstep-ends-twice"] {
        assert_server_broken(&run(behaviour, TWICE), "told the end of one session twice");
    }
}

fn rambles() {
    for behaviour in ["rambles", "lockstep-rambles"] {
        let ran = run(behaviour, TWICE);
        assert_server_broken(&ran, "bytes more)");
        assert!(ran.stdout.len() < 1 << 16, "{behaviour}: {} bytes of report", ran.stdout.len());
    }
}

fn never_dials() {
    assert_server_broken(&run("never-dials", TWICE), "made a session but did not dial in");
}

fn faults() {
    assert_server_broken(&run("faults", TWICE), "the library is out of order");
}

fn hangs_up() {
    assert_server_failed(&run("hangs-up", TWICE), None, "the subject ended the transport");
}

fn leaves_nobody_behind() {
    let workspace = Workspace::with_echo();
    let folder = workspace.path().join("children");
    std::fs::create_dir(&folder).expect("a folder");
    let ran = run_in(&workspace, &format!("has-children={}", folder.display()), TWICE);
    assert_server_broken(&ran, "did not answer the session request");
    let children: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert!(!children.is_empty(), "each shim notes its process and that of its child");
    for child in children {
        let child = child.expect("an entry").file_name();
        assert!(!is_running(&child.to_string_lossy()), "process {child:?} is still there");
    }
}

/// Whether there is such a process. One that has ended and was not reaped by its new parent counts as gone.
fn is_running(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}
