//! The gate has no holes: anything missing, misspelt, broken or without owner is an error that names it.

use std::fs;

use crate::harness::{Ran, Workspace, finish, start};
use crate::register::register;

const BUILT_IN: &[&str] = &["run", "--target", "built-in"];
const GOLDEN: &str = "golden/built-in/ping/echo.client.trace";

/// A suite of one scenario with its golden traces.
fn blessed() -> Workspace {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    workspace.run(&["check"]).assert_code(0).assert_stdout("1 scenarios, 2 golden traces");
    workspace
}

fn remove(workspace: &Workspace, file: &str) {
    fs::remove_file(workspace.path().join(file)).expect("it was there");
}

/// The program without Go.
fn without_go(workspace: &Workspace, arguments: &[&str]) -> Ran {
    finish(start(workspace.program(arguments).env("PATH", workspace.path())))
}

/// A ledger that says that a case fails.
fn ledger(case: &str) -> String {
    format!(
        "{{ \"entries\": [\n  {{ \"case\": {case:?}, \"what\": \"verdict\", \"fingerprint\": \"fin/s | no-fin\", \"reason\": \"r\" }} ] }}"
    )
}

#[test]
fn a_deleted_golden_is_named() {
    let workspace = blessed();
    remove(&workspace, GOLDEN);
    let message = format!("{GOLDEN}: there is no such golden trace");
    workspace.run(&["check"]).assert_code(1).assert_stderr(&message);
    workspace.run(&["check", "scenarios/ping"]).assert_code(1).assert_stderr(&message);
    workspace.run(BUILT_IN).assert_code(1).assert_stderr(&message);
    workspace.run(&[BUILT_IN, &["--side", "server"]].concat()).assert_code(0);
    workspace.run(&[BUILT_IN, &["--seed", "7"]].concat()).assert_code(0);
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    workspace.run(&["check"]).assert_code(0);
}

#[test]
fn a_deleted_golden_of_the_reference_is_named_where_it_stands_in() {
    let workspace = blessed();
    for side in ["client", "server"] {
        let file = format!("ping/echo.{side}.trace");
        let text = fs::read_to_string(workspace.path().join("golden/built-in").join(&file));
        let text = text.expect("a golden trace").replace("built-in", "go-hashicorp");
        workspace.write(&format!("golden/go-hashicorp/{file}"), &text);
    }
    without_go(&workspace, &["run"]).assert_code(0);
    let deleted = "golden/go-hashicorp/ping/echo.server.trace";
    remove(&workspace, deleted);
    let message = format!("{deleted}: there is no such golden trace");
    without_go(&workspace, &["run"]).assert_code(1).assert_stderr(&message);
    workspace.run(&["check"]).assert_code(1).assert_stderr(&message);
    // Nothing is missing where the ledger says that the reference fails, or where it cannot be asked.
    workspace.write("known/go-hashicorp.json", &ledger("ping/echo"));
    workspace.run(&["check"]).assert_code(0);
    without_go(&workspace, &["run"]).assert_code(0);
    remove(&workspace, "known/go-hashicorp.json");
    workspace.write("golden/go-hashicorp/skipped.txt", "ping/echo.server: no ping\n");
    workspace.run(&["check"]).assert_code(0);
    without_go(&workspace, &["run"]).assert_code(0);
    workspace.write("golden/go-hashicorp/skipped.txt", "ping/echo.client: no ping\n");
    let ran = workspace.run(&["check"]);
    ran.assert_code(1).assert_stderr("skipped.txt: ping/echo.client is no case without a golden");
}

#[test]
fn a_whole_folder_of_goldens_that_is_gone_is_named() {
    let workspace = blessed();
    let golden = workspace.path().join("golden");
    fs::rename(golden.join("built-in"), golden.join("bulit-in")).expect("it was there");
    let ran = workspace.run(&["check"]);
    ran.assert_stderr(
        "golden/bulit-in: no target is called \"bulit-in\", did you mean \"built-in\"?",
    );
    ran.assert_stderr("golden/built-in: there are golden traces of others only");
}

/// What stands in for nobody may be known without a golden trace.
#[test]
fn only_the_reference_needs_goldens_beside_its_ledger() {
    let workspace = blessed();
    workspace.write("known/rust-yamux.json", &ledger("ping/echo"));
    workspace.run(&["check"]).assert_code(0);
    workspace.write("known/go-hashicorp.json", &ledger("ping/echo"));
    let ran = workspace.run(&["check"]);
    ran.assert_code(1).assert_stderr("golden/go-hashicorp: there are golden traces of others only");
}

#[test]
fn a_broken_golden_is_bad_input() {
    let workspace = blessed();
    workspace.write(GOLDEN, "no trace at all\n");
    workspace.run(&["check"]).assert_code(3).assert_stderr(&format!("{GOLDEN}:1: "));
    workspace.run(BUILT_IN).assert_code(3).assert_stderr(&format!("{GOLDEN}:1: "));
    workspace.run(&[BUILT_IN, &["--side", "server"]].concat()).assert_code(0);
}

#[test]
fn folders_and_files_that_were_named_must_be_there() {
    let workspace = blessed();
    for arguments in [
        &["run", "--target", "built-in", "--golden", "nowhere"][..],
        &["check", "--golden", "nowhere"],
        &["check", "--golden", "scenarios/ping/echo.json"],
    ] {
        workspace.run(arguments).assert_code(3).assert_stderr("there is no such folder");
    }
    workspace.run(&["check", "--known", "nowhere.json"]).assert_code(3).assert_stderr("nowhere");
    workspace.run(&["check", "nowhere"]).assert_code(3).assert_stderr("nowhere");
}

#[test]
fn an_entry_for_a_case_that_does_not_exist_is_named_with_its_place() {
    let workspace = blessed();
    workspace.write("known/built-in.json", &ledger("ping/ecko"));
    let message =
        "known/built-in.json:2:3: there is no scenario \"ping/ecko\", did you mean \"ping/echo\"?";
    workspace.run(&["check"]).assert_code(1).assert_stderr(message);
    workspace.run(BUILT_IN).assert_code(1).assert_stderr(message);
    // Where only some scenarios are read, the case may be another.
    workspace.run(&["check", "scenarios/ping"]).assert_code(0);
    workspace.run(&["run", "scenarios/ping", "--target", "built-in"]).assert_code(0);
    workspace.write("known/built-in.json", &ledger("pong/*"));
    workspace.run(&["check"]).assert_code(1).assert_stderr("no case matches \"pong/*\"");
}

#[test]
fn a_misspelt_ledger_is_named() {
    for name in ["bulit-in.json", "Built-In.json"] {
        let workspace = blessed();
        workspace.write(&format!("known/{name}"), &ledger("ping/echo"));
        let message = format!("known/{name}: no target is called");
        for arguments in [&["check"][..], BUILT_IN] {
            let ran = workspace.run(arguments);
            ran.assert_code(3).assert_stderr(&message).assert_stderr("did you mean \"built-in\"?");
        }
    }
    let workspace = blessed();
    workspace.write("known/built-in.jsn", &ledger("ping/echo"));
    workspace.run(&["check"]).assert_code(3).assert_stderr("known/built-in.jsn: expected a ledger");
    let workspace = blessed();
    workspace.write("known/my-shim.json", &ledger("ping/echo"));
    workspace.write("known/README.md", "");
    workspace.run(&["check"]).assert_code(0);
}

#[test]
fn a_folder_beside_a_suite_never_takes_its_goldens_or_ledgers() {
    for register in [false, true] {
        let workspace = blessed();
        workspace.write("known/built-in.json", "not even JSON");
        let scenario = fs::read_to_string(workspace.path().join("scenarios/ping/echo.json"));
        workspace.write("mine/ping/echo.json", &scenario.expect("it is there").replace("7", "8"));
        if register {
            let register = include_str!("../scenarios/clauses.json");
            let register = register.replace("\"complete\": true,", "");
            workspace.write("mine/clauses.json", &register);
            workspace.run(&["check", "mine"]).assert_code(0).assert_stdout("0 golden traces");
        }
        let id = if register { "" } else { "there is no clauses.json" };
        workspace.run(&["run", "mine", "--target", "built-in"]).assert_code(0).assert_stderr(id);
        let before = fs::read(workspace.path().join(GOLDEN)).expect("it is there");
        let ran = workspace.run(&["bless", "mine", "--target", "built-in"]);
        ran.assert_code(2).assert_stderr("--golden DIR");
        assert_eq!(fs::read(workspace.path().join(GOLDEN)).expect("it is there"), before);
        let arguments = ["bless", "mine", "--target", "built-in", "--golden", "own"];
        workspace.run(&arguments).assert_code(0).assert_stdout("2 written");
    }
}

#[test]
fn part_of_a_suite_is_held_against_its_own_part() {
    let workspace = blessed();
    workspace.write(
        "scenarios/pong/echo.json",
        &fs::read_to_string(workspace.path().join("scenarios/ping/echo.json")).expect("there"),
    );
    workspace.run(&["check", "scenarios/ping"]).assert_code(0).assert_stdout("2 golden traces");
    workspace
        .run(&["check"])
        .assert_code(1)
        .assert_stderr("golden/built-in/pong/echo.client.trace");
    let ran = workspace.run(&["bless", "scenarios/pong", "--target", "built-in"]);
    ran.assert_code(0).assert_stdout("2 written, 0 unchanged");
    workspace.run(&["check"]).assert_code(0).assert_stdout("4 golden traces");
}

#[test]
fn without_a_register_check_fails_and_run_says_so() {
    let workspace = Workspace::with_echo();
    remove(&workspace, "scenarios/clauses.json");
    let message = "scenarios: there is no clauses.json in it or above";
    workspace.run(&["check", "scenarios"]).assert_code(3).assert_stderr(message);
    let run = [BUILT_IN, &["scenarios"]].concat();
    workspace.run(&run).assert_code(0).assert_stderr(message);
    // An empty one is a register in which every id is wrong.
    workspace.write("scenarios/clauses.json", &register(""));
    workspace.run(BUILT_IN).assert_code(3).assert_stderr("in clauses.json");
    remove(&workspace, "scenarios/clauses.json");
    fs::create_dir(workspace.path().join("scenarios/clauses.json")).expect("a folder");
    workspace.run(BUILT_IN).assert_code(3).assert_stderr("scenarios/clauses.json: ");
}

#[test]
fn a_register_above_the_checkout_is_none_of_its() {
    let workspace = Workspace::new();
    workspace.write("clauses.json", include_str!("../scenarios/clauses.json"));
    let echo = Workspace::with_echo();
    let scenario = fs::read_to_string(echo.path().join("scenarios/ping/echo.json"));
    workspace.write("checkout/mine/echo.json", &scenario.expect("it is there"));
    workspace.run(&["check", "checkout/mine"]).assert_code(0);
    fs::create_dir(workspace.path().join("checkout/.git")).expect("a folder");
    let ran = workspace.run(&["check", "checkout/mine"]);
    ran.assert_code(3).assert_stderr("there is no clauses.json");
}

#[test]
fn traces_of_clocks_and_repetitions_are_told_apart() {
    let workspace = Workspace::with_echo();
    let directory = ["--trace-dir", "traces", "--side", "client", "--repeat", "2"];
    for clock in ["virtual", "live"] {
        let arguments = [BUILT_IN, &directory, &["--clock", clock]].concat();
        workspace.run(&arguments).assert_code(0);
        for file in ["echo.client.trace", "echo.2.client.trace"] {
            let path = format!("traces/built-in/{clock}/ping/{file}");
            assert!(workspace.path().join(&path).is_file(), "{path}");
        }
    }
}

#[test]
fn two_targets_of_one_name_are_refused() {
    let workspace = Workspace::with_echo();
    for (first, second) in [("x=shim:a/x", "x=shim:b/x --fast"), ("built-in", "built-in")] {
        let ran = workspace.run(&["run", "--target", first, "--target", second]);
        ran.assert_code(2).assert_stderr("are both called");
    }
}
