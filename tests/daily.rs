//! What a maintainer does every day, from outside: shards and their reports, reruns, limits, filters and lists.

use std::fs;

use yamux_conform::report::{Record, RunStarted};

use crate::cli::{BUILT_IN, with_one_byte_too_much};
use crate::harness::{Ran, Workspace};

/// What a run says about itself first.
fn started(ran: &Ran) -> RunStarted {
    match ran.records().into_iter().next() {
        Some(Record::RunStarted(started)) => started,
        other => panic!("expected run_started in the first line, found {other:?}"),
    }
}

/// The cases of a run, as `id/side`, in order.
fn cases(ran: &Ran) -> Vec<String> {
    let mut cases: Vec<String> =
        ran.cases().iter().map(|case| format!("{}/{}", case.id, case.side)).collect();
    cases.sort();
    cases
}

fn shard(workspace: &Workspace, shard: &str, more: &[&str]) -> Ran {
    let file = format!("{}.jsonl", shard.replace('/', "-"));
    let json = ["--shard", shard, "--format", "json", "--json", &file];
    workspace.run(&[BUILT_IN, &json, more].concat())
}

#[test]
fn shards_are_the_whole_cut_into_parts_and_the_same_every_time() {
    let workspace = with_one_byte_too_much();
    let parts = ["1/3", "2/3", "3/3"].map(|part| shard(&workspace, part, &[]));
    let all =
        ["data/written/client", "ping/echo/client", "data/written/server", "ping/echo/server"];
    assert_eq!(cases(&parts[0]), [all[0], all[3]]);
    assert_eq!(cases(&parts[1]), [all[1]]);
    assert_eq!(cases(&parts[2]), [all[2]]);
    assert_eq!(cases(&shard(&workspace, "1/3", &[])), cases(&parts[0]));
    for (part, number) in parts.iter().zip(1..) {
        let started = started(part);
        let shard = started.shard.expect("a shard");
        assert_eq!((shard.number, shard.of), (number, 3));
    }
    let head = workspace.run(&[BUILT_IN, &["--shard", "2/3"]].concat());
    head.assert_code(0).assert_stdout("1 case, seed 0, shard 2/3\n");
    // With a filter it is what the filter selects that is dealt out.
    let server = shard(&workspace, "2/2", &["--side", "server"]);
    assert_eq!(cases(&server), ["ping/echo/server"]);
    workspace.run(&["run", "--shard", "4/3"]).assert_code(2).assert_stderr("expected K/N");
    shard(&workspace, "5/5", &[]).assert_code(4);
}

#[test]
fn merged_reports_are_those_of_the_whole_run() {
    let workspace = with_one_byte_too_much();
    for part in ["1/3", "2/3", "3/3"] {
        shard(&workspace, part, &[]);
    }
    let whole = workspace.run(&[BUILT_IN, &["--format", "json"]].concat());
    let files = ["1-3.jsonl", "2-3.jsonl", "3-3.jsonl"];
    let merge =
        |options: &[&str]| workspace.run(&[&["report", "merge"], &files[..], options].concat());
    let merged = merge(&["--format", "json", "--junit", "report.xml"]);
    merged.assert_code(1);
    assert_eq!(cases(&merged), cases(&whole));
    let told = |ran: &Ran| {
        let mut cases = ran.cases();
        cases.sort_by_key(|case| format!("{}/{}", case.id, case.side));
        for case in &mut cases {
            case.real_ns = 0;
        }
        cases
    };
    assert_eq!(told(&merged), told(&whole), "each case is told as the whole run tells it");
    assert_eq!((merged.summary().passed, merged.summary().failed), (2, 2));
    assert_eq!((started(&merged).suite, started(&merged).shard), (started(&whole).suite, None));
    let junit = fs::read_to_string(workspace.path().join("report.xml")).expect("a report");
    assert_eq!(junit.matches("<testcase ").count(), 4);
    let human = merge(&[]);
    human.assert_code(1).assert_stdout("\n2 passed, 2 failed (virtual clock, ");
    human.assert_stdout("FAIL data/written/client").assert_stdout("101 bytes of data on s");
    human.assert_stdout("DATA-01: ");
    merge(&["--format", "markdown"]).assert_code(1).assert_stdout("2 passed, 2 failed");
}

#[test]
fn reports_that_do_not_belong_together_are_refused() {
    let workspace = with_one_byte_too_much();
    for part in ["1/2", "2/2"] {
        shard(&workspace, part, &[]);
    }
    let merge = |files: &[&str]| workspace.run(&[&["report", "merge"], files].concat());
    merge(&["1-2.jsonl"]).assert_code(3).assert_stderr("no report of shard 2/2");
    let twice = merge(&["1-2.jsonl", "1-2.jsonl", "2-2.jsonl"]);
    twice.assert_code(3).assert_stderr("shard 1/2 is there more than once");
    shard(&workspace, "2/2", &["--seed", "4"]);
    merge(&["1-2.jsonl", "2-2.jsonl"]).assert_code(3).assert_stderr("the seed differs: 0 in");
    shard(&workspace, "2/2", &["--skip", "data/*"]);
    merge(&["1-2.jsonl", "2-2.jsonl"]).assert_code(3).assert_stderr("the suite of scenarios");
    workspace.run(&[BUILT_IN, &["--json", "2-2.jsonl"]].concat());
    merge(&["1-2.jsonl", "2-2.jsonl"]).assert_code(3).assert_stderr("found that of a whole run");
    workspace.write("2-2.jsonl", "{}");
    merge(&["1-2.jsonl", "2-2.jsonl"]).assert_code(3).assert_stderr("2-2.jsonl:1: ");
}

/// The entry is about both sides, of which each is in another shard.
#[test]
fn an_entry_of_a_ledger_is_stale_only_if_no_shard_answers_to_it() {
    let workspace = with_one_byte_too_much();
    let failed = workspace.run(&[BUILT_IN, &["--format", "json"]].concat());
    let fingerprint = failed.cases().into_iter().find_map(|case| match case.verdict {
        yamux_conform::report::VerdictRecord::Fail { failure } => Some(failure.fingerprint),
        _ => None,
    });
    let entry = |case: &str| {
        serde_json::json!({ "case": case, "what": "race",
            "fingerprint": fingerprint, "reason": "off by one" })
    };
    let mut codes = Vec::new();
    for entries in [vec![entry("data/written")], vec![entry("data/written"), entry("ping/echo")]] {
        let ledger = serde_json::json!({ "entries": entries });
        workspace.write("known/built-in.json", &ledger.to_string());
        for part in ["1/4", "2/4", "3/4", "4/4"] {
            let ran = shard(&workspace, part, &[]);
            ran.assert_code(0);
            assert_eq!(ran.stderr, "", "{part}");
        }
        let files = ["1-4.jsonl", "2-4.jsonl", "3-4.jsonl", "4-4.jsonl"];
        let merged = workspace.run(&[&["report", "merge"], &files[..]].concat());
        let whole = workspace.run(BUILT_IN);
        assert_eq!(merged.code, whole.code, "{merged:#?}\n{whole:#?}");
        codes.push(merged.code);
    }
    assert_eq!(codes[0], Some(0));
}

#[test]
fn a_rerun_is_about_what_failed_and_no_more() {
    let workspace = with_one_byte_too_much();
    let json = ["--json", "report.jsonl", "--seed", "3"];
    workspace.run(&[BUILT_IN, &json].concat()).assert_code(1);
    let rerun = ["run", "--rerun", "failed", "--report", "report.jsonl", "--format", "json"];
    let ran = workspace.run(&rerun);
    ran.assert_code(1);
    assert_eq!(cases(&ran), ["data/written/client", "data/written/server"]);
    assert_eq!((started(&ran).seed, started(&ran).targets.len()), (3, 1));
    let side = workspace.run(&[&rerun[..], &["--side", "server"]].concat());
    assert_eq!(cases(&side), ["data/written/server"]);
    let live = workspace.run(&[&rerun[..], &["--clock", "live", "-i", "data/*"]].concat());
    live.assert_code(1);
    assert_eq!(started(&live).targets[0].clock.to_string(), "live");
    assert_eq!(cases(&live).len(), 2);
    workspace.run(&[&rerun[..], &["-i", "ping/*"]].concat()).assert_code(4);
    workspace.run(&[&rerun[..], &["scenarios"]].concat()).assert_code(2);
}

#[test]
fn the_last_report_is_kept_where_there_is_a_folder_for_it() {
    let workspace = with_one_byte_too_much();
    workspace.run(BUILT_IN).assert_code(1);
    assert!(!workspace.path().join(".yamux-conform").exists(), "nobody has asked for it");
    let ran = workspace.run(&["run", "--rerun", "failed"]);
    ran.assert_code(3).assert_stderr("make the folder .yamux-conform");
    fs::create_dir(workspace.path().join(".yamux-conform")).expect("a folder");
    workspace.run(BUILT_IN).assert_code(1);
    workspace.run(&["run", "--rerun", "failed"]).assert_code(1).assert_stdout("0 passed, 2 failed");
    let right = fs::read_to_string(workspace.path().join("scenarios/data/written.json"));
    workspace.write("scenarios/data/written.json", &right.expect("text").replace("101", "100"));
    workspace.run(&["run", "--rerun", "failed"]).assert_code(0).assert_stdout("2 passed, 0 failed");
    let ran = workspace.run(&["run", "--rerun", "failed"]);
    ran.assert_code(4).assert_stderr("no verdict in it is negative");
}

#[test]
fn a_run_stops_after_so_many_negative_verdicts() {
    let workspace = with_one_byte_too_much();
    let ran =
        |options: &[&str]| workspace.run(&[BUILT_IN, &["--format", "json"], options].concat());
    let one = ran(&["--max-fail", "1"]);
    assert_eq!((one.assert_code(1).cases().len(), one.summary().not_run), (1, 3));
    assert!(one.summary().interrupted);
    let two = ran(&["--max-fail", "2"]);
    assert_eq!((two.assert_code(1).cases().len(), two.summary().not_run), (2, 2));
    let all = ran(&["--max-fail", "3"]);
    assert_eq!((all.assert_code(1).cases().len(), all.summary().not_run), (4, 0));
}

#[test]
fn a_run_ends_once_its_time_is_over_and_says_what_was_not_run() {
    let workspace = Workspace::with_echo();
    let many = ["--repeat", "1000000", "--run-timeout", "300ms", "--quiet"];
    let ran = workspace.run(&[BUILT_IN, &many].concat());
    ran.assert_code(6).assert_stdout(" not run (its time was over, virtual clock, ");
    let plenty = workspace.run(&[BUILT_IN, &["--run-timeout", "1m"]].concat());
    plenty.assert_code(0);
    assert!(plenty.elapsed.as_secs() < 30, "nobody waits for the alarm");
}

#[test]
fn a_case_that_takes_longer_than_it_may_is_broken() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&[BUILT_IN, &["--timeout", "1ns"]].concat());
    ran.assert_code(1).assert_stdout("2 broken").assert_stdout("was not over within");
    workspace.run(&[BUILT_IN, &["--timeout", "1m"]].concat()).assert_code(0);
}

#[test]
fn scenarios_are_selected_by_clause_and_level() {
    let workspace = with_one_byte_too_much();
    let ids = |options: &[&str]| {
        workspace
            .run(&[&["list", "--format", "ids"], options].concat())
            .assert_code(0)
            .stdout
            .clone()
    };
    assert_eq!(ids(&["--clause", "PING-*"]), "ping/echo\n");
    assert_eq!(ids(&["--clause", "DATA-01", "--clause", "PING-01"]), "data/written\nping/echo\n");
    assert_eq!(ids(&["--level", "must"]), "data/written\nping/echo\n");
    workspace.run(&["list", "--level", "may"]).assert_code(4).assert_stderr("--level \"may\"");
    let none = workspace.run(&["run", "--clause", "FIN-*"]);
    none.assert_code(4).assert_stderr("--clause \"FIN-*\" matches no scenario");
}

#[test]
fn the_cases_of_a_run_are_listed_in_every_format() {
    let workspace = Workspace::with_echo();
    let list = |options: &[&str]| {
        let ran = workspace.run(&[BUILT_IN, &["--list"], options].concat());
        ran.assert_code(0).stdout.clone()
    };
    assert_eq!(
        list(&[]),
        "ping/echo/client  built-in  virtual\nping/echo/server  built-in  virtual\n"
    );
    let rows = "| case | target | clock | skipped |\n|---|---|---|---|\n| ping/echo/client | built-in | live |  |\n";
    assert_eq!(list(&["--format", "markdown", "--side", "client", "--clock", "live"]), rows);
    let json = list(&["--format", "json", "--shard", "2/2"]);
    let value: serde_json::Value = serde_json::from_str(&json).expect("one object");
    let expected = serde_json::json!({ "id": "ping/echo", "side": "server", "target": "built-in",
        "clock": "virtual", "repeat": 1 });
    assert_eq!(value, expected);
}
