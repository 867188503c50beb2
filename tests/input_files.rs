//! Unusual input files: a FIFO, a device, a folder, a dangling link or an endless file is an error with its kind and its
//! path; it never hangs, and is never taken for a missing file.
#![expect(clippy::disallowed_methods, reason = "a test writes files")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::harness::Workspace;

/// What may stand at a path, what makes it, and what reading it says.
type Trouble = (&'static str, fn(&Path), &'static str);

const TROUBLES: [Trouble; 6] = [
    ("FIFO", fifo, "expected a file, found a FIFO"),
    ("folder", |path| fs::create_dir(path).expect("a folder"), "expected a file, found a folder"),
    ("device", |path| link("/dev/zero", path), "expected a file, found a character device"),
    ("dangling link", |path| link("nothing", path), "expected a file, found a link to nothing"),
    ("endless file", endless, "expected at most 16777216 bytes (16 MiB), found 1099511627776"),
    (
        "no text",
        |path| fs::write(path, b"\n \xff").expect("a file"),
        "expected UTF-8 text, found byte 0xff at offset 2",
    ),
];

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

fn link(target: &str, path: &Path) {
    symlink(target, path).expect("a link");
}

/// As long as a file may be, and no byte of it on the disk.
fn endless(path: &Path) {
    fs::File::create(path).expect("a file").set_len(1 << 40).expect("a sparse file");
}

/// Every file that a command reads, the commands that read it, and how they end.
const READ: [(&str, &[&[&str]], i32); 6] = [
    (
        "scenarios/ping/other.json",
        &[&["check"], &["run"], &["check", "scenarios/ping/other.json"]],
        3,
    ),
    ("scenarios/clauses.json", &[&["check"], &["run"], &["check", "scenarios/ping/echo.json"]], 3),
    (
        "known/built-in.json",
        &[
            &["check"],
            &["run", "--target", "built-in"],
            &["check", "--known", "known/built-in.json"],
        ],
        3,
    ),
    ("mutants.json", &[&["mutants", "--only", "ping*"]], 3),
    ("golden/built-in/ping/echo.client.trace", &[&["check"]], 3),
    ("other.trace", &[&["diff", "other.trace", "right.trace"]], 3),
];

#[test]
fn whatever_stands_where_a_file_is_read_is_named_and_nothing_hangs() {
    for (path, commands, code) in READ {
        for (kind, make, message) in TROUBLES {
            let workspace = Workspace::with_echo();
            workspace.write("right.trace", "");
            let at = workspace.path().join(path);
            fs::create_dir_all(at.parent().expect("a folder")).expect("folders");
            // The register is there already.
            let _ = fs::remove_file(&at);
            make(&at);
            for command in commands {
                // A folder called so is searched through, as any folder.
                if kind == "folder" && path.ends_with("other.json") {
                    continue;
                }
                let ran = workspace.run(command);
                ran.assert_code(code).assert_stderr(message).assert_stderr(path);
            }
        }
    }
}

#[test]
fn a_broken_golden_is_named_by_a_run_too() {
    for (_, make, message) in TROUBLES {
        let workspace = Workspace::with_echo();
        let at = workspace.path().join("golden/built-in/ping/echo.client.trace");
        fs::create_dir_all(at.parent().expect("a folder")).expect("folders");
        make(&at);
        let ran = workspace.run(&["run", "--target", "built-in"]);
        assert!(ran.code.is_some_and(|code| code != 0), "{ran:#?}");
        ran.assert_stderr(message);
    }
}

#[test]
fn blessing_names_what_stands_where_a_file_of_its_own_goes() {
    for file in ["ping/echo.client.trace", "skipped.txt"] {
        for (kind, make, message) in TROUBLES {
            let workspace = Workspace::with_echo();
            let path = format!("golden/built-in/{file}");
            let at = workspace.path().join(&path);
            fs::create_dir_all(at.parent().expect("a folder")).expect("folders");
            make(&at);
            let ran = workspace.run(&["bless", "--target", "built-in"]);
            // A trace that is wrong inside is replaced: that is what blessing is for.
            if kind == "no text" && file.ends_with(".trace") {
                ran.assert_code(0).assert_stdout(&path);
            } else {
                ran.assert_code(3).assert_stderr(message).assert_stderr(&path);
            }
        }
    }
}

#[test]
fn folders_are_searched_whatever_is_in_them() {
    let workspace = Workspace::with_echo();
    let at = |path: &str| workspace.path().join("scenarios").join(path);
    // None of these is a scenario.
    fifo(&at("fifo"));
    link(".", &at("round"));
    link("nothing", &at("dangling"));
    link("/dev/zero", &at("zero"));
    // A link is a scenario by its own name.
    link("echo.json", &at("ping/linked.json"));
    let deep = "d/".repeat(600);
    fs::create_dir_all(at(&deep)).expect("folders");
    fs::copy(at("ping/echo.json"), at(&deep).join("deepest.json")).expect("a copy");
    workspace.run(&["check"]).assert_code(0).assert_stdout("3 scenarios");
    let listed = workspace.run(&["list", "--format", "json"]);
    listed.assert_code(0).assert_stdout("ping/linked").assert_stdout("d/d/deepest");

    let name = OsStr::from_bytes(b"\xff.json");
    fs::write(workspace.path().join("scenarios").join(name), "{}").expect("a file");
    link("loop.json", &at("loop.json"));
    let ran = workspace.run(&["check"]);
    ran.assert_code(3)
        .assert_stderr("since it is the scenario's id, found")
        .assert_stderr("loop.json");
}
