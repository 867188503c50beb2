//! `bless --known`: failures become entries of a ledger, which count once somebody has written their reason.

use std::{env, fs};

use crate::harness::{Ran, Workspace};

pub(crate) fn need_a_reason() {
    let bad = Forgetful::new();
    let kept = entry("ping/other", "client", "it is another", &["other"]);
    bad.workspace.write("scenarios/ping/other.json", OTHER);
    bad.write(&[&kept]);
    let before = bad.ledger();
    bad.bless(&["--dry-run"]).assert_code(0).assert_stdout("1 would be new");
    assert_eq!(bad.ledger(), before);
    let ran = bad.bless(&[]);
    ran.assert_code(0).assert_stdout("new      known/bad.json: ping/echo, server, step 2: ");
    let proposed = entry("ping/echo", "server", "", &["0"]);
    assert_eq!(bad.ledger(), ledger(&[&kept, &proposed]));
    for command in [&["check"][..], &["run", "--target", &bad.target]] {
        let ran = bad.workspace.run(command);
        ran.assert_code(3).assert_stderr(
            "known/bad.json:20:17: expected text in \"reason\", found none; write what the implementation does",
        );
    }
    bad.write(&[&kept, &proposed.replace("\"reason\": \"\"", "\"reason\": \"it forgets\"")]);
    bad.workspace.run(&["run", "--target", &bad.target]).assert_code(0).assert_stdout("1 known");
    let after = bad.ledger();
    bad.bless(&[]).assert_code(0).assert_stdout("0 new, 0 true for one version more");
    assert_eq!(bad.ledger(), after);
}

pub(crate) fn are_versions_of_what_is_known_already() {
    let bad = Forgetful::new();
    let known = |versions: &[&str]| entry("ping/echo", "server", "it forgets", versions);
    bad.write(&[&known(&["0.9", ">=1.0.0, <2.0.0"])]);
    let ran = bad.bless(&[]);
    ran.assert_code(0).assert_stdout("0 new, 1 true for one version more");
    assert_eq!(bad.ledger(), ledger(&[&known(&["0.9", ">=1.0.0, <2.0.0", "0"])]));
}

pub(crate) fn take_nothing_away() {
    let bad = Forgetful::new();
    bad.write(&[&entry("ping/echo", "client", "it forgets", &["0"])]);
    let ran = bad.bless(&["--side", "client"]);
    ran.assert_code(1).assert_stdout("0 new");
    ran.assert_stderr("ping/echo/client (bad, live clock) passes, but not by known/bad.json:3:5");
    assert_eq!(bad.ledger(), ledger(&[&entry("ping/echo", "client", "it forgets", &["0"])]));
}

/// A shim that answers no ping as a server, and its ledger.
struct Forgetful {
    workspace: Workspace,
    target: String,
}

impl Forgetful {
    fn new() -> Self {
        let workspace = Workspace::with_echo();
        let sessions = workspace.path().join("sessions");
        fs::create_dir(&sessions).expect("a folder");
        let program = env::current_exe().expect("this program has a path");
        let program = program.display();
        let target = format!("bad=shim:{program} bad-shim forgets={}", sessions.display());
        Self { workspace, target }
    }

    fn bless(&self, more: &[&str]) -> Ran {
        self.workspace.run(&[&["bless", "--known", "--target", &self.target], more].concat())
    }

    fn write(&self, entries: &[&str]) {
        self.workspace.write("known/bad.json", &ledger(entries));
    }

    fn ledger(&self) -> String {
        fs::read_to_string(self.workspace.path().join("known/bad.json")).expect("a ledger")
    }
}

fn ledger(entries: &[&str]) -> String {
    format!("{{\n  \"entries\": [\n{}\n  ]\n}}\n", entries.join(",\n"))
}

/// As it stands in a file.
fn entry(case: &str, side: &str, reason: &str, versions: &[&str]) -> String {
    let versions: Vec<String> =
        versions.iter().map(|version| format!("        \"{version}\"")).collect();
    let versions = versions.join(",\n");
    format!(
        r#"    {{
      "case": "{case}",
      "side": "{side}",
      "what": "verdict",
      "step": 2,
      "fingerprint": "pong/7 | no-pong",
      "reason": "{reason}",
      "versions": [
{versions}
      ]
    }}"#
    )
}

const OTHER: &str = r#"{
  "title": "A ping is answered",
  "clauses": ["PING-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 8 } } },
    { "peer": { "expect": { "pong": 8 } } }
  ]
}
"#;
