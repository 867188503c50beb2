//! `bless`: golden traces are written, compared and replaced, and never left half done.

use std::fs;

use crate::cli::{BUILT_IN, files, with_one_byte_too_much};
use crate::harness::Workspace;

#[test]
fn bless_writes_what_passed_and_a_second_time_nothing() {
    let workspace = with_one_byte_too_much();
    let dry = workspace.run(&["bless", "--target", "built-in", "--dry-run"]);
    dry.assert_code(0).assert_stdout("2 would be written");
    assert!(!workspace.path().join("golden").exists());
    let ran = workspace.run(&["bless", "--target", "built-in"]);
    ran.assert_code(0).assert_stdout("2 written, 0 unchanged");
    ran.assert_stderr("data/written.client on built-in did not pass");
    let golden = workspace.path().join("golden");
    assert_eq!(
        files(&golden),
        ["built-in/ping/echo.client.trace", "built-in/ping/echo.server.trace"]
    );
    let again = workspace.run(&["bless", "--target", "built-in"]);
    again.assert_code(0).assert_stdout("0 written, 2 unchanged");
    workspace.run(&["run", "--target", "built-in", "-i", "ping/*"]).assert_code(0);
}

#[test]
fn a_changed_trace_fails_until_it_is_blessed() {
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    let path = workspace.path().join("golden/built-in/ping/echo.client.trace");
    let blessed = fs::read_to_string(&path).expect("a golden trace");
    fs::write(&path, blessed.replace("#7", "#8")).expect("it can be written");
    let ran = workspace.run(BUILT_IN);
    ran.assert_code(1).assert_stdout("1 passed, 0 failed, 1 trace changed");
    ran.assert_stdout(
        "yamux-conform bless scenarios/ping/echo.json --side client --target built-in",
    );
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0).assert_stdout("1 written");
    assert_eq!(fs::read_to_string(&path).expect("a golden trace"), blessed);
    fs::write(&path, "no trace at all\n").expect("it can be written");
    let ran = workspace.run(BUILT_IN);
    ran.assert_code(3).assert_stderr("golden/built-in/ping/echo.client.trace:1: ");
}

#[test]
fn a_golden_that_cannot_be_written_is_named_and_nothing_is_left_behind() {
    let workspace = Workspace::with_echo();
    workspace.write("golden/built-in", "a file where a folder should be");
    let ran = workspace.run(&["bless", "--target", "built-in"]);
    ran.assert_code(3).assert_stderr("golden/built-in/ping/echo.client.trace: ");
    assert_eq!(files(&workspace.path().join("golden")), ["built-in"]);
    // A folder where the file should be: found out only when the new file takes its place.
    let workspace = Workspace::with_echo();
    workspace.write("golden/built-in/ping/echo.client.trace/x", "");
    let ran = workspace.run(&["bless", "--target", "built-in"]);
    ran.assert_code(3).assert_stderr("echo.client.trace: ");
    let expected = ["built-in/ping/echo.client.trace/x", "built-in/ping/echo.server.trace"];
    assert_eq!(files(&workspace.path().join("golden")), expected);
}
