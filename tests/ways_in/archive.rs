//! The archive of a release: its content, and that it runs.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::release::{VERSION, name, package, releases, triple};
use crate::harness::{Workspace, finish, start};

#[test]
fn an_archive_has_what_a_user_needs_and_runs() {
    let (folder, name) = (releases().join(format!("v{VERSION}")), name());
    let into = TempDir::new().expect("a temporary folder");
    let archive = folder.join(format!("{name}.tar.gz"));
    let unpacked = Command::new("tar").arg("-xzf").arg(archive).current_dir(into.path()).status();
    assert!(unpacked.expect("tar is there").success());
    let root = into.path().join(&name);
    for file in [
        "README.md",
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "completions/yamux-conform.bash",
        "completions/_yamux-conform",
        "completions/yamux-conform.fish",
        "man/yamux-conform.1",
        "contrib/action/run.sh",
    ] {
        let length = fs::metadata(root.join(file)).map(|metadata| metadata.len());
        assert!(length.is_ok_and(|length| length > 100), "{file} is in the archive");
    }
    let workspace = Workspace::with_echo();
    let mut packed = Command::new(root.join("yamux-conform"));
    packed.args(["run", "--target", "built-in"]).current_dir(workspace.path());
    finish(start(&mut packed)).assert_code(0).assert_stdout("2 passed, 0 failed");
}

#[test]
fn a_checksum_is_that_of_the_archive() {
    let folder = releases().join(format!("v{VERSION}"));
    let mut check = Command::new("sha256sum");
    check.args(["-c", "SHA256SUMS"]).current_dir(folder);
    finish(start(&mut check)).assert_code(0).assert_stdout(&format!("{}.tar.gz: OK", name()));
}

#[test]
fn two_archives_of_one_program_are_the_same_bytes() {
    let workspace = Workspace::new();
    workspace.write("program", &format!("#!/bin/sh\necho yamux-conform {VERSION}\n"));
    let program = workspace.path().join("program");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, mode).expect("our own file");
    let program = program.to_str().expect("a path in UTF-8");
    let packed = ["a", "b"].map(|folder| {
        let folder = workspace.path().join(folder);
        let into = folder.to_str().expect("a path in UTF-8");
        package(&["archive", program, &triple(), into]).assert_code(0);
        fs::read(folder.join(format!("{}.tar.gz", name()))).expect("an archive")
    });
    assert!(packed[0] == packed[1]);
}

#[test]
fn a_program_of_another_version_is_not_packed() {
    let ran = package(&["archive", "/bin/echo", &triple(), "/nowhere"]);
    ran.assert_code(1).assert_stderr(&format!("to be version {VERSION}, found "));
}

#[test]
fn a_version_has_its_section_of_the_changelog() {
    package(&["notes", VERSION]).assert_code(0).assert_stdout("* ");
    package(&["notes", "99.0.0"]).assert_code(1).assert_stderr("has no section about 99.0.0");
    package(&["notes"]).assert_code(2).assert_stderr("ci/package notes VERSION");
}
