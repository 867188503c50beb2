//! Report files: their content, and what happens to files that were there before.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::harness::{Workspace, finish, start};
use crate::xml::assert_strict_junit;

/// A scenario that fails in its second step: no pong has that value.
pub(crate) const WRONG: &str = r#"{
  "title": "A ping is answered with another value",
  "clauses": ["PING-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "ping": 7 } } },
    { "peer": { "expect": { "pong": 8 } } }
  ]
}"#;

fn run_with_junit(workspace: &Workspace, path: &str) -> crate::harness::Ran {
    workspace.run(&["run", "--target", "built-in", "--junit", path])
}

#[test]
fn the_junit_report_keeps_the_strictest_schema_and_counts() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/wrong.json", WRONG);
    let arguments = ["run", "--target", "built-in", "--repeat", "2", "--junit", "out/report.xml"];
    workspace.run(&arguments).assert_code(1);
    let report = fs::read_to_string(workspace.path().join("out/report.xml")).expect("a report");
    assert_strict_junit(&report);
    assert_eq!(report.matches("<testcase ").count(), 8);
    assert_eq!(report.matches("<failure").count(), 4, "{report}");
    assert!(report.contains("scenarios/ping/wrong.json:7:5"), "{report}");
    assert!(report.contains(r#"name="yamux-conform" value=""#) && report.contains("timestamp="));
}

#[test]
fn a_report_that_cannot_be_written_is_no_success() {
    let workspace = Workspace::with_echo();
    workspace.write("out", "a file where a folder should be");
    let ran = run_with_junit(&workspace, "out/report.xml");
    ran.assert_code(1).assert_stderr("a report could not be written: ").assert_stderr("out");
    ran.assert_stdout("2 passed, 0 failed");
    fs::create_dir(workspace.path().join("folder")).expect("a folder");
    run_with_junit(&workspace, "folder").assert_code(1).assert_stderr("found a folder");
}

#[test]
fn of_many_traces_that_cannot_be_written_a_few_are_named() {
    let workspace = Workspace::with_echo();
    workspace.write("out", "a file where a folder should be");
    let arguments = ["run", "--target", "built-in", "--repeat", "10", "--trace-dir", "out/traces"];
    let ran = workspace.run(&arguments);
    ran.assert_code(1).assert_stderr("15 more traces could not be written");
    assert_eq!(ran.stderr.matches("a trace could not be written: out").count(), 5, "{ran:#?}");
}

/// Writes through a link, so that no device is lost if the test fails.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told_and_stays_what_it_is() {
    let workspace = Workspace::with_echo();
    let link = workspace.path().join("full");
    symlink("/dev/full", &link).expect("a link");
    run_with_junit(&workspace, "full").assert_code(1).assert_stderr("full: No space left");
    assert!(link.is_symlink() && is_device(&link));
    // A closed stdout does not make that a success.
    let mut command =
        workspace.program(&["run", "--target", "built-in", "--junit", "full", "--trace-dir", "t"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    command.stdin(std::process::Stdio::null()).stdout(writer).stderr(std::process::Stdio::piped());
    let ran = finish(command.spawn().expect("the program starts"));
    drop(command);
    ran.assert_code(1).assert_stderr("full: No space left");
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device())
}

#[test]
fn a_link_is_followed_and_a_file_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;

    let workspace = Workspace::with_echo();
    workspace.write("kept/report.xml", "old");
    let file = workspace.path().join("kept/report.xml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).expect("our own file");
    symlink("kept/report.xml", workspace.path().join("link.xml")).expect("a link");
    run_with_junit(&workspace, "link.xml").assert_code(0);
    assert!(workspace.path().join("link.xml").is_symlink());
    assert_strict_junit(&fs::read_to_string(&file).expect("a report"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o604);
}

#[test]
fn a_fifo_that_nobody_reads_is_an_error_and_one_that_is_read_gets_the_report() {
    let workspace = Workspace::with_echo();
    let fifo = workspace.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let ran = run_with_junit(&workspace, "fifo");
    ran.assert_code(1).assert_stderr("fifo: nobody reads this FIFO");
    let reader = Command::new("cat").arg(&fifo).stdout(std::process::Stdio::piped()).spawn();
    let reader = reader.expect("cat is everywhere");
    // It opens the FIFO as soon as it can; until then nobody reads.
    let code = (0..200).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        let ran = run_with_junit(&workspace, "fifo");
        (!ran.stderr.contains("nobody reads")).then_some(ran.code)
    });
    assert_eq!(code, Some(Some(0)));
    let report = reader.wait_with_output().expect("what it read").stdout;
    assert_strict_junit(&String::from_utf8(report).expect("text"));
    assert!(fs::metadata(&fifo).is_ok_and(|metadata| metadata.file_type().is_fifo()));
}

/// `/dev/stdout` where stdout is a file: replacing that file would lose the results.
#[cfg(target_os = "linux")]
#[test]
fn a_report_on_stdout_stands_beside_the_results() {
    let workspace = Workspace::with_echo();
    let out = workspace.path().join("out.txt");
    let mut command = workspace.program(&["run", "--target", "built-in", "--junit", "/dev/stdout"]);
    command.stdout(fs::File::create(&out).expect("a file"));
    let status = command.status().expect("the program runs");
    assert!(status.success());
    let text = fs::read_to_string(&out).expect("what it wrote");
    assert!(text.contains("2 passed, 0 failed") && text.contains("</testsuites>"), "{text}");
    let mut piped = workspace.program(&["run", "--target", "built-in", "--junit", "/dev/stdout"]);
    let ran = finish(start(&mut piped));
    ran.assert_code(0).assert_stdout("2 passed, 0 failed").assert_stdout("</testsuites>");
}
