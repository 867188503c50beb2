//! Which verdicts a second run confirms before they count: an unexpected pass; and a failure, a changed trace or a difference
//! that was decided in haste.

use crate::harness::{Ran, Workspace};
use crate::register::{clause, register};
use crate::{assert_others_passed, assert_server_failed, run_in};

pub(crate) fn fails_once() {
    let bad = BadServer::new("forgets-once");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(bad.sessions(), ["s1", "s1-attempt-2"]);
    assert_others_passed(&ran, 1);
    assert_eq!((ran.summary().counts.passed, ran.summary().counts.failed), (2, 0));
}

pub(crate) fn fails_again() {
    let bad = BadServer::new("forgets");
    let ran = bad.run();
    assert_server_failed(&ran, None, "no pong");
    let sessions = bad.sessions();
    assert!(sessions.len() > 1, "{sessions:?}");
}

pub(crate) fn lacks_time_once() {
    let bad = BadServer::new("is-slow-once");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(bad.sessions(), ["s1", "s1-attempt-2"]);
}

pub(crate) fn lacks_time_again() {
    let bad = BadServer::new("is-slow");
    let ran = bad.run();
    assert_server_failed(&ran, None, "no pong");
    let sessions = bad.sessions();
    assert!(sessions.len() > 1, "{sessions:?}");
}

/// One that breaks a clause which does not bind it.
fn free_server(behaviour: &'static str) -> BadServer {
    let bad = BadServer::new(behaviour);
    bad.write("scenarios/clauses.json", &register(&clause("NONE-1", "should", "")));
    let echo = r#"{ "title": "t", "clauses": ["NONE-1"], "peer": "wire", "steps": [
        { "peer": { "send": { "ping": 7 } }, "clause": "NONE-1" },
        { "peer": { "expect": { "pong": 7 } } } ] }"#;
    bad.write("scenarios/ping/echo.json", echo);
    bad
}

pub(crate) fn differs_lawfully_once() {
    let bad = free_server("forgets-once");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(bad.sessions(), ["s1", "s1-attempt-2"]);
    assert_eq!((ran.summary().counts.passed, ran.summary().counts.differs), (2, 0));
    let ran = free_server("forgets").run();
    ran.assert_code(0);
    assert_eq!((ran.summary().counts.passed, ran.summary().counts.differs), (1, 1));
}

pub(crate) fn fails_as_known() {
    let bad = BadServer::known_to_forget("forgets");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(ran.summary().counts.known, 1);
    assert_eq!(bad.sessions(), ["s1"], "what is known needs no second run");
}

pub(crate) fn passes_once_though_known() {
    let bad = BadServer::known_to_forget("forgets-later");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(ran.summary().counts.known, 1);
    assert_eq!(bad.sessions(), ["s1", "s1-attempt-2"]);
}

pub(crate) fn passes_again_though_known() {
    let bad = BadServer::known_to_forget("is-mended");
    let ran = bad.run();
    ran.assert_code(1);
    assert_eq!(ran.summary().counts.unexpected_passes, 1);
    let sessions = bad.sessions();
    assert!(sessions.len() > 1, "{sessions:?}");
}

pub(crate) fn differs_once() {
    let bad = BadServer::with_golden("pings-once");
    let ran = bad.run();
    ran.assert_code(0);
    assert_eq!(bad.sessions(), ["s0", "s0-attempt-2"]);
    assert_eq!(ran.summary().counts.passed, 1);
}

pub(crate) fn differs_again() {
    let bad = BadServer::with_golden("pings");
    let ran = bad.run();
    ran.assert_code(1);
    assert_eq!(ran.summary().counts.trace_changed, 1);
    let sessions = bad.sessions();
    assert!(sessions.len() > 1, "{sessions:?}");
}

/// A shim that is bad as a server, and notes each of its sessions as one.
struct BadServer {
    workspace: Workspace,
    behaviour: &'static str,
}

impl BadServer {
    fn new(behaviour: &'static str) -> Self {
        let workspace = Workspace::with_echo();
        std::fs::create_dir(workspace.path().join("sessions")).expect("a folder");
        Self { workspace, behaviour }
    }

    /// One of which the ledger says that it forgets a pong.
    fn known_to_forget(behaviour: &'static str) -> Self {
        let bad = Self::new(behaviour);
        bad.write(
            "known/bad.json",
            r#"{ "entries": [ { "case": "ping/echo", "side": "server", "what": "verdict", "step": 2,
                 "fingerprint": "pong/7 | no-pong", "reason": "it is bad" } ] }"#,
        );
        bad
    }

    /// One whose golden trace is that of the echo.
    fn with_golden(behaviour: &'static str) -> Self {
        let bad = Self::new(behaviour);
        let trace = format!("{GOLDEN_HEAD}# target: bad\n{GOLDEN}");
        bad.write("golden/bad/ping/echo.server.trace", &trace);
        bad
    }

    fn write(&self, file: &str, text: &str) {
        self.workspace.write(file, text);
    }

    fn run(&self) -> Ran {
        let behaviour =
            format!("{}={}", self.behaviour, self.workspace.path().join("sessions").display());
        // The golden trace is that of the server, and each selected case needs one.
        let side: &[&str] = match self.workspace.path().join("golden").exists() {
            true => &["--side", "server"],
            false => &[],
        };
        run_in(&self.workspace, &behaviour, &[&["--timeout-scale", "1"], side].concat())
    }

    fn sessions(&self) -> Vec<String> {
        let folder =
            std::fs::read_dir(self.workspace.path().join("sessions")).expect("the folder is there");
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            folder.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// What the ledger and the goldens of these shims are named after.
const GOLDEN_HEAD: &str = "# yamux-conform trace v1\n# case: ping/echo.server\n";

const GOLDEN: &str = "# clock: live
# form: exact
    0.000  P>S  ping           SYN      #7
    0.000  S>P  ping           ACK      #7
    0.000  ---  step 1
    0.000  ---  step 2
";
