//! `explore` and `fuzz` on a yamux that forgets FIN.

use std::env;
use std::fs;

use yamux_conform::harness::report::{CaseFinished, VerdictRecord};

use crate::harness::{Ran, Workspace};

fn target() -> String {
    let program = env::current_exe().expect("this program has a path");
    format!("mine=shim:{} bad-shim forgets-fin", program.display())
}

/// The commands on this target.
fn run(workspace: &Workspace, command: &str, more: &[&str]) -> Ran {
    let target = target();
    let mut arguments = vec![command, "--target", &target];
    arguments.extend(more);
    workspace.run(&arguments)
}

fn fingerprint(case: &CaseFinished) -> Option<String> {
    match &case.verdict {
        VerdictRecord::Fail { failure } => Some(failure.fingerprint.clone()),
        _ => None,
    }
}

pub(crate) fn is_explored() {
    let workspace = Workspace::with_echo();
    let folder = "scenarios/regressions";
    let ran = run(&workspace, "explore", &["--depth", "2", "--save", folder, "--json", "r.jsonl"]);
    ran.assert_code(1).assert_stdout("broke FIN-01: ").assert_stdout("next:\n  yamux-conform run ");
    ran.assert_stdout("\"judge\": \"model\"").assert_stdout("mine (virtual): ");
    let report = fs::read_to_string(workspace.path().join("r.jsonl")).expect("a report");
    let told = Ran { stdout: report, ..ran };
    let cases = told.cases();
    let failed: Vec<&CaseFinished> =
        cases.iter().filter(|case| fingerprint(case).is_some()).collect();
    assert!(failed.iter().any(|case| case.id.starts_with("explore/fin-01-")), "{cases:#?}");
    workspace.run(&["check", "scenarios"]).assert_code(0);
    for case in failed {
        let scenario = fs::read_to_string(workspace.path().join(&case.path)).expect("it was saved");
        let steps = scenario.lines().skip_while(|line| !line.contains("\"steps\"")).count() - 3;
        assert!(steps <= 6, "{scenario}");
        let again = run(&workspace, "run", &[&case.path, "--clock", "virtual", "--format", "json"]);
        again.assert_code(1);
        assert_eq!(again.cases()[0].side, case.side);
        assert_eq!(fingerprint(&again.cases()[0]), fingerprint(case), "{scenario}");
    }
    // Nothing is saved twice.
    let before = fs::read_dir(workspace.path().join(folder)).expect("a folder").count();
    run(&workspace, "explore", &["--depth", "2", "--save", folder]).assert_code(1);
    let after = fs::read_dir(workspace.path().join(folder)).expect("a folder").count();
    assert_eq!(before, after);
}

pub(crate) fn is_fuzzed() {
    let workspace = Workspace::with_echo();
    for shard in ["1/2", "2/2"] {
        let file = format!("{}.jsonl", &shard[..1]);
        let more = ["--runs", "16", "--seed", "3", "--shard", shard, "--json", &file];
        let ran = run(&workspace, "fuzz", &more);
        ran.assert_code(1).assert_stdout("of seed 3, ").assert_stdout("broke FIN-01: ");
        ran.assert_stdout("--save DIR saves each of them");
    }
    let merge = ["report", "merge", "1.jsonl", "2.jsonl", "--format", "json"];
    let merged = workspace.run(&merge);
    merged.assert_code(1);
    let cases = merged.cases();
    let of = |id: &str| cases.iter().filter(|case| case.id.starts_with(id)).count();
    assert_eq!(of("fuzz/stories-"), 2, "one of each shard");
    let mut ids: Vec<_> = cases.iter().map(|case| (&case.id, case.side)).collect();
    ids.dedup();
    assert_eq!(ids.len(), cases.len(), "each surprise once");
    assert!(of("fuzz/fin-01-") > 0 && merged.summary().notes.len() >= of("fuzz/fin-01-"));
    assert!(!merged.summary().interrupted);
    workspace.run(&merge[..4]).assert_code(1).assert_stdout("FIN-01");
    // Other seeds are another run.
    let more = ["--runs", "1", "--seed", "4", "--shard", "2/2", "--json", "2.jsonl"];
    run(&workspace, "fuzz", &more);
    workspace.run(&merge).assert_code(3).assert_stderr("the seed");
}

pub(crate) fn is_known() {
    let workspace = Workspace::with_echo();
    let scenario = r#"{ "title": "FIN is sent", "clauses": ["FIN-01"], "peer": "wire", "steps": [{ "probe": "ping" }] }"#;
    workspace.write("scenarios/half-close/fin.json", scenario);
    let entry = r#"{ "entries": [{ "case": "half-close/*", "what": "verdict", "step": 1,
        "fingerprint": "fin/a | no-fin", "reason": "this one forgets FIN" }] }"#;
    workspace.write("known/mine.json", entry);
    let ran = run(&workspace, "explore", &["--depth", "2", "--side", "client"]);
    ran.assert_stdout("known: broke FIN-01: ")
        .assert_stdout("this one forgets FIN (known/mine.json:");
    assert!(!ran.stdout.contains("\nbroke FIN-01"), "{ran:#?}");
}
