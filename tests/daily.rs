//! A maintainer's daily use, from outside: shards and their reports, reruns, limits, filters and lists.

use std::fs;

use yamux_conform::harness::report::{Record, RunStarted};

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
    assert_eq!((merged.summary().counts.passed, merged.summary().counts.failed), (2, 2));
    assert_eq!(
        (started(&merged).selection, started(&merged).shard),
        (started(&whole).selection, None)
    );
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
        yamux_conform::harness::report::VerdictRecord::Fail { failure } => {
            Some(failure.fingerprint)
        }
        _ => None,
    });
    let race = serde_json::json!({ "case": "data/written", "what": "race",
        "fingerprint": fingerprint, "reason": "off by one" });
    // It never fails in this way.
    let other = serde_json::json!({ "case": "data/*", "what": "verdict",
        "fingerprint": "fin/s | no-fin", "reason": "another one" });
    let mut codes = Vec::new();
    for entries in [vec![race.clone()], vec![race, other]] {
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
    assert_eq!(codes, [Some(0), Some(1)]);
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
    let targets = started(&ran).targets.into_iter().filter(|target| target.ran).count();
    assert_eq!((started(&ran).seed, targets), (3, 1));
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

#[test]
fn a_list_is_searched_by_words_and_the_best_hits_come_first() {
    let workspace = with_one_byte_too_much();
    let found = |words: &[&str]| {
        let mut arguments = vec!["list", "--format", "ids"];
        arguments.extend(words.iter().flat_map(|words| ["--search", words]));
        workspace.run(&arguments)
    };
    assert_eq!(found(&["WRITTEN"]).assert_code(0).stdout, "data/written\n");
    assert_eq!(found(&["ping answered"]).assert_code(0).stdout, "ping/echo\n");
    // None has both words: the nearest are listed.
    let nearest = found(&["ping", "written"]);
    nearest
        .assert_code(0)
        .assert_stderr("2 scenarios, the best first; every word or its like stands in 0");
    assert_eq!(found(&["zebra"]).assert_code(4).stdout, "");
    // In the one title and in a clause of the other: the title counts more.
    workspace.write(
        "scenarios/a/first.json",
        &fs::read_to_string(workspace.path().join("scenarios/ping/echo.json"))
            .expect("a scenario")
            .replace("A ping is answered", "Nothing in particular"),
    );
    let both = found(&["ping"]);
    assert_eq!(both.assert_code(0).stdout, "ping/echo\na/first\n");
}

#[test]
fn a_new_scenario_is_right_and_passes_as_it_stands() {
    let workspace = Workspace::with_echo();
    for peer in ["wire", "app"] {
        let id = format!("streams/with-{peer}");
        let new = workspace.run(&["new", "scenario", &id, "--peer", peer, "--clause", "DATA-01"]);
        let file = format!("scenarios/{id}.json");
        new.assert_code(0).assert_stdout(&format!("yamux-conform run {file}\n"));
        new.assert_stdout("schema scenario > schema/scenario.schema.json");
        workspace.run(&["check", &file]).assert_code(0);
        let ran = workspace.run(&["run", &file, "--target", "built-in"]);
        ran.assert_code(0).assert_stdout("2 passed, 0 failed");
        let text = fs::read_to_string(workspace.path().join(&file)).expect("a scenario");
        assert!(text.contains("\"$schema\": \"../../schema/scenario.schema.json\""), "{text}");
        let again = workspace.run(&["new", "scenario", &id]);
        again.assert_code(3).assert_stderr("it is there already");
        assert_eq!(fs::read_to_string(workspace.path().join(&file)).expect("the same"), text);
        // The mutants say whether it can fail.
        let mutants = workspace.run(&["mutants", "scenarios", "--scenario", &id]);
        mutants.assert_stdout("caught ").assert_stdout(&id);
    }
    let unknown = workspace.run(&["new", "scenario", "a/b", "--clause", "DATA-1"]);
    unknown.assert_code(3).assert_stderr("did you mean DATA-01?");
    workspace.run(&["new", "scenario", "a/b", "--root", "nowhere"]).assert_code(3);
    workspace.run(&["new", "scenario", "../b"]).assert_code(2);
}

#[test]
fn explain_tells_steps_deviations_and_golden_traces() {
    let workspace = with_one_byte_too_much();
    let entry = serde_json::json!({ "entries": [ { "case": "data/*", "what": "verdict", "step": 5,
        "fingerprint": "data/s/101 | data/100", "reason": "off by one", "link": "https://example.org/1" } ] });
    workspace.write("known/mine.json", &entry.to_string());
    workspace.run(&["bless", "ping/echo", "--target", "built-in"]).assert_code(0);
    let ran = workspace.run(&["explain", "data/written"]);
    ran.assert_code(0).assert_stdout("     4  write s 100 bytes [w] runs on\n");
    ran.assert_stdout("sees 101 bytes of data on s")
        .assert_stdout("  mine: fails (step 5): off by one");
    ran.assert_stdout("    link https://example.org/1\n    entry known/mine.json:1:");
    let golden = workspace.run(&["explain", "scenarios/ping/echo.json"]);
    golden
        .assert_code(0)
        .assert_stdout("golden traces:\n  ")
        .assert_stdout("ping/echo.server.trace");
    let by_fingerprint = workspace.run(&["explain", "data/s/101 | data/100"]);
    by_fingerprint.assert_code(0).assert_stdout("data/*\n  mine: fails (step 5): off by one");
    workspace
        .run(&["explain", "ping/ecko"])
        .assert_code(4)
        .assert_stderr("did you mean ping/echo?");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let workspace = Workspace::new();
    workspace.run(&["man"]).assert_code(0).assert_stdout(".TH yamux-conform 1");
    assert_eq!(workspace.run(&["man", "man1"]).assert_code(0).stdout, "");
    for page in ["yamux-conform", "yamux-conform-run", "yamux-conform-report-merge"] {
        let text = fs::read_to_string(workspace.path().join(format!("man1/{page}.1")));
        assert!(text.expect("a page").contains(".SH OPTIONS"), "{page}");
    }
}

/// Asks bash what may come behind these words, of which the last one is being typed.
#[cfg(unix)]
fn completed(workspace: &Workspace, words: &[&str]) -> Option<Vec<String>> {
    use std::process::Command;

    let script = workspace.run(&["completions", "bash"]).assert_code(0).stdout.clone();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_yamux-conform")).parent()?;
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.last()?;
    let ask = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9\n_clap_complete_yamux_conform yamux-conform '{last}' x\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &ask]).env("PATH", path).current_dir(workspace.path());
    // Where there is no bash there is nothing to be seen.
    let output = bash.output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(said.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

#[cfg(unix)]
#[test]
fn bash_completes_scenarios_areas_clauses_and_targets() {
    let workspace = with_one_byte_too_much();
    for (words, expected) in [
        (&["yamux-conform", "expl"][..], &["explain"][..]),
        (&["yamux-conform", "run", "ping/e"], &["ping/echo"]),
        (&["yamux-conform", "run", "--area", ""], &["data", "ping"]),
        (&["yamux-conform", "run", "-i", "data/"], &["data/*", "data/written"]),
        (&["yamux-conform", "list", "--clause", "SES-1"], &["SES-10", "SES-11"]),
        (&["yamux-conform", "run", "--target", "rust-"], &["rust-tokio", "rust-yamux"]),
        (&["yamux-conform", "run", "--level", "s"], &["should"]),
        (&["yamux-conform", "explain", "data/w"], &["data/written"]),
    ] {
        let Some(found) = completed(&workspace, words) else { return };
        let has = |word: &&&str| found.iter().any(|one| one == **word);
        let missing: Vec<_> = expected.iter().filter(|word| !has(word)).collect();
        assert!(missing.is_empty(), "{words:?}: expected {missing:?} among {found:?}");
    }
}

/// The built-in yamux as a shim on the live clock: it is held until a line comes.
#[test]
fn a_shim_is_held_for_a_debugger() {
    use std::io::Write;
    use std::process::Stdio;

    let workspace = Workspace::with_echo();
    let one = ["run", "ping/echo/client", "--target", "built-in", "--clock", "live"];
    let mut command = workspace.program(&[&one[..], &["--debug-shim"]].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"\n").expect("it reads");
    let ran = crate::harness::finish(child);
    ran.assert_code(0).assert_stdout("1 passed, 0 failed");
    assert_eq!(ran.stderr.matches("debug: shim: process ").count(), 1, "{ran:#?}");
    ran.assert_stderr(" shim\n").assert_stderr("press Enter");
    let many = workspace.run(&["run", "--target", "built-in", "--clock", "live", "--debug-shim"]);
    many.assert_code(2).assert_stderr("expected one case on one target, found 2");
    let inside =
        workspace.run(&["run", "ping/echo/client", "--target", "built-in", "--debug-shim"]);
    inside.assert_code(2).assert_stderr("runs inside this program");
}
