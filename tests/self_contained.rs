//! The program alone: in an empty folder it has a suite, and names it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yamux_conform::harness::report::{Record, SuiteRecord};
use yamux_conform::harness::system::suite::HASH;

use crate::harness::{Ran, Workspace, finish, start};

/// An empty folder to run in, and another for what the program keeps.
struct Alone {
    here: Workspace,
    cache: Workspace,
}

impl Alone {
    fn new() -> Self {
        Self { here: Workspace::new(), cache: Workspace::new() }
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let mut program = self.here.program(arguments);
        program.current_dir(self.here.path().join(folder));
        finish(start(program.env("YAMUX_CONFORM_CACHE", self.cache.path())))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    /// The one folder in the cache.
    fn unpacked(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.cache.path()).expect("a cache");
        let entry = entries.next().expect("a suite").expect("an entry");
        assert!(entries.next().is_none(), "one suite and nothing else");
        entry.path()
    }
}

fn suite(ran: &Ran) -> SuiteRecord {
    match ran.records().into_iter().next() {
        Some(Record::RunStarted(started)) => started.suite.expect("a suite"),
        other => panic!("expected run_started, found {other:?}"),
    }
}

const JSON: [&str; 7] = ["run", "--target", "built-in", "-i", "ping/*", "--format", "json"];

#[test]
fn in_an_empty_folder_the_suite_is_that_of_the_program() {
    let alone = Alone::new();
    let ran = alone.run(&["run", "--target", "built-in"]);
    ran.assert_code(0).assert_stdout("suite         built-in, ").assert_stdout(HASH);
    assert_eq!(fs::read_dir(alone.here.path()).expect("it is there").count(), 0);
    alone.run(&["check"]).assert_code(0).assert_stdout("right: ");
    alone.run(&["list", "--area", "ping"]).assert_code(0).assert_stdout("ping/");
    alone.run(&["explain", "FLOW-30"]).assert_code(0).assert_stdout("half-close/");
    let case = "half-close/writer-stalls-until-the-close-timeout";
    alone
        .run(&["explain", case])
        .assert_code(0)
        .assert_stdout(&format!("yamux-conform run {case}"));
    let ran = alone.run(&["run", &format!("{case}/client"), "--target", "built-in"]);
    ran.assert_code(0).assert_stdout("1 passed");
    alone.run(&["mutants", "--only", "fin-*"]).assert_code(0);
    let ran = alone.run(&["run", "ping/brust"]);
    ran.assert_code(3).assert_stderr("did you mean ping/burst?");
    assert_eq!(suite(&alone.run(&JSON)).folder, None);
}

#[test]
fn what_was_changed_in_the_unpacked_suite_is_put_right() {
    let alone = Alone::new();
    alone.run(&JSON).assert_code(0);
    let unpacked = alone.unpacked();
    let burst = unpacked.join("scenarios/ping/burst.json");
    let right = fs::read(&burst).expect("a scenario");
    for harm in [
        &(|| fs::write(&burst, "{}").expect("it can be written")) as &dyn Fn(),
        &|| fs::remove_file(&burst).expect("it is there"),
        &|| {
            fs::copy(&burst, burst.with_file_name("mine.json")).expect("it can be copied");
        },
        &|| fs::write(unpacked.join("known/built-in.json"), "{}").expect("it can be written"),
        &|| fs::remove_dir_all(unpacked.join("golden")).expect("it is there"),
    ] {
        harm();
        alone.run(&JSON).assert_code(0);
        assert_eq!(fs::read(&burst).expect("it is back"), right);
        alone.run(&["check"]).assert_code(0);
    }
    assert_eq!(alone.unpacked(), unpacked);
}

#[test]
fn what_shims_were_built_outlives_a_repair() {
    let alone = Alone::new();
    alone.run(&JSON).assert_code(0);
    let built = alone.unpacked().join("target/shims/some");
    fs::create_dir_all(&built).expect("it can be made");
    alone.run(&JSON).assert_code(0);
    fs::remove_file(alone.unpacked().join("mutants.json")).expect("it is there");
    alone.run(&JSON).assert_code(0);
    assert!(built.is_dir() && alone.unpacked().join("mutants.json").is_file());
}

#[test]
fn an_exported_suite_takes_the_place_of_that_of_the_program() {
    let alone = Alone::new();
    let exported = alone.run(&["export", "mine"]);
    exported.assert_code(0).assert_stdout("yamux-conform run --suite mine");
    alone.run(&["export", "mine"]).assert_code(3).assert_stderr("mine: expected an empty folder");
    let named = alone.run(&[&JSON[..], &["--suite", "mine"]].concat());
    let record = SuiteRecord { folder: Some("mine/scenarios".into()), ..suite(&named) };
    assert_eq!((suite(&named), &*record.sha256), (record.clone(), HASH));
    let inside = alone.run_in("mine/golden/built-in", &JSON);
    let found = suite(&inside).folder.expect("a folder");
    assert!(found.ends_with("mine/scenarios"), "{found}");
    let at_its_top = alone.run_in("mine", &JSON);
    assert_eq!(suite(&at_its_top).folder.as_deref(), Some("scenarios"));
    let burst = alone.here.path().join("mine/scenarios/ping/burst.json");
    let text = fs::read_to_string(&burst).expect("a scenario");
    fs::write(&burst, format!("{text}\n")).expect("it can be written");
    let changed = alone.run(&["run", "ping/burst", "--suite", "mine", "--target", "built-in"]);
    changed.assert_code(0).assert_stdout(", not that of this version");
}

#[test]
fn a_folder_that_holds_no_suite_is_refused() {
    let alone = Alone::new();
    let ran = alone.run(&["run", "--suite", "nowhere"]);
    ran.assert_code(3)
        .assert_stderr("--suite nowhere: expected a folder with scenarios/clauses.json");
    ran.assert_stderr("yamux-conform export DIR writes one");
    // Scenarios of something else.
    alone.here.write("scenarios/login.json", "{}");
    assert_eq!(suite(&alone.run(&JSON)).folder, None);
    alone.here.write("scenarios/clauses.json", r#"{ "$schema": "https://example.org/law.json" }"#);
    assert_eq!(suite(&alone.run(&JSON)).folder, None);
    // A broken suite is reported, and no other runs in its place.
    alone.here.write("scenarios/clauses.json", "{");
    alone.run(&JSON).assert_code(3).assert_stderr("scenarios/clauses.json:1:");
}

#[test]
fn the_suite_of_the_program_is_not_written_to() {
    let alone = Alone::new();
    let bless = ["bless", "ping/burst", "--target", "built-in"];
    let refused = "the suite inside yamux-conform is not written to";
    alone.run(&bless).assert_code(2).assert_stderr(refused).assert_stderr("--golden DIR");
    alone.run(&[&bless[..], &["--golden", "mine"]].concat()).assert_code(0);
    assert!(alone.here.path().join("mine/built-in/ping/burst.client.trace").is_file());
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let alone = Alone::new();
    alone.cache.write("file", "");
    let mut program = alone.here.program(&JSON);
    program.env("YAMUX_CONFORM_CACHE", alone.cache.path().join("file"));
    let ran = finish(start(&mut program));
    ran.assert_code(3).assert_stderr("the suite cannot be unpacked to ");
    ran.assert_stderr("set YAMUX_CONFORM_CACHE to a folder that can be written");
    let mut program = alone.here.program(&JSON);
    for variable in ["YAMUX_CONFORM_CACHE", "XDG_CACHE_HOME", "HOME"] {
        program.env_remove(variable);
    }
    // Where the account has a home, that is taken; else there is a way out.
    let ran = finish(start(&mut program));
    assert!(ran.code == Some(0) || ran.stderr.contains("set YAMUX_CONFORM_CACHE"), "{ran:?}");
}

#[test]
fn many_processes_that_unpack_at_once_do_no_harm() {
    let alone = Alone::new();
    let running: Vec<_> = (0..8)
        .map(|_| {
            let mut program = alone.here.program(&JSON);
            start(program.env("YAMUX_CONFORM_CACHE", alone.cache.path()))
        })
        .collect();
    for child in running {
        finish(child).assert_code(0);
    }
    alone.unpacked();
}

/// What is packed is what is in the repository, no less and nothing that a build left there.
#[test]
fn the_suite_holds_what_the_repository_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = ["scenarios", "golden", "known", "schema", "shims", "mutants.json"];
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .args(parts)
        .current_dir(root)
        .output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        // Not a checkout: there is nothing to hold it against.
        return;
    };
    let is_hidden = |name: &str| name.split('/').any(|part| part.starts_with('.'));
    let listed = String::from_utf8(listed.stdout).expect("names are text");
    let mut expected: Vec<&str> = listed.lines().filter(|name| !is_hidden(name)).collect();
    expected.retain(|name| root.join(name).is_file());
    expected.sort_unstable();
    let alone = Alone::new();
    alone.run(&["export", "all"]).assert_code(0);
    let mut found = Vec::new();
    let top = alone.here.path().join("all");
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    let below = |path: &PathBuf| path.strip_prefix(&top).expect("below").display().to_string();
    let mut found: Vec<String> = found.iter().map(below).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

/// A shim is built from the sources inside the program.
#[test]
fn with_go_the_reference_runs_too() {
    if Command::new("go").arg("version").output().is_err() {
        eprintln!("go is not on PATH: not tested");
        return;
    }
    let alone = Alone::new();
    let run = ["run", "ping/burst", "--target", "go-hashicorp", "--require", "go"];
    alone.run(&run).assert_code(0).assert_stdout("hashicorp/yamux v");
    assert!(alone.unpacked().join("target/shims").is_dir());
}
