//! Wrong command lines: each ends at once, with the exit code that the help documents.

use super::assert_refused;
use crate::harness::Workspace;

/// What follows `run --target built-in`, the exit code, and what is said.
const RUNS: [(&[&str], i32, &str); 42] = [
    (&["--seed", "-1"], 2, "unexpected argument '-1'"),
    (&["--seed", "99999999999999999999"], 2, "number too large"),
    (&["--seed", "x"], 2, "invalid digit"),
    (&["--shard", "0/0"], 2, "expected K/N with K from 1 to N"),
    (&["--shard", "3/2"], 2, "expected K/N with K from 1 to N"),
    (&["--shard", "1/99999999999"], 2, "expected K/N with K from 1 to N"),
    (&["--shard", "1"], 2, "expected K/N with K from 1 to N"),
    (&["--repeat", "0"], 2, "number would be zero"),
    (&["--repeat", "99999999999"], 2, "number too large"),
    (&["--timeout-scale", "nan"], 2, "expected a number above 0 and at most 1000"),
    (&["--timeout-scale", "inf"], 2, "expected a number above 0 and at most 1000"),
    (&["--timeout-scale", "0"], 2, "expected a number above 0 and at most 1000"),
    (&["--timeout-scale", "1e308"], 2, "expected a number above 0 and at most 1000"),
    (&["--timeout", "0s"], 2, "expected a duration above 0 and at most 1 day"),
    (&["--timeout", "1"], 2, "expected a duration above 0 and at most 1 day"),
    (&["--timeout", "99999999999y"], 2, "expected a duration above 0 and at most 1 day"),
    (&["--run-timeout", "0s"], 2, "expected a duration above 0 and at most 1 day"),
    (&["-j", "0"], 2, "number would be zero"),
    (&["--max-fail", "0"], 2, "number would be zero"),
    (&["-i", "["], 2, "write a glob such as"),
    (&["-i", ""], 2, "expected a glob such as"),
    (&["--clause", "FLOW-["], 2, "write a glob such as"),
    (&["--skip", "**"], 4, "no scenario is selected"),
    (&["--tag", ""], 4, "matches no scenario"),
    (&["--area", ""], 4, "matches no scenario"),
    (&["--level", "most"], 2, "a similar value exists: 'must'"),
    (&["--dialect", "x"], 2, "expected spec, hashicorp or libp2p"),
    (&["--dialect", "=spec"], 2, "expected a target before \"=\""),
    (&["--dialect", "nobody=spec"], 2, "nobody"),
    (&["--known", "/"], 2, "a ledger is named after its target"),
    (&["--golden", ""], 2, "a value is required"),
    (&["--golden", "/dev/null"], 3, "there is no such folder"),
    (&["--suite", "nowhere"], 3, "expected a folder with scenarios/clauses.json in it"),
    (&["--html", "scenarios"], 1, "expected a file, found a folder"),
    (&["--json", "."], 1, "expected a file, found a folder"),
    (&["--pcap", "/dev/null/x"], 1, "a report could not be written"),
    (&["nowhere"], 3, "there is no such file, folder, scenario or case"),
    (&["scenarios/ping/echo.json/x"], 3, "there is no such file, folder, scenario or case"),
    (&["--rerun", "failed", "--report", "/dev/null"], 3, "found a character device"),
    (&["--clock", "real"], 2, "possible values: virtual, live"),
    (&["--format", "xml"], 2, "possible values: human, markdown, json"),
    (&[""], 2, "a value is required"),
];

/// Targets that are none, the exit code, and what is said.
const TARGETS: [(&str, i32, &str); 16] = [
    ("", 2, "expected built-in"),
    ("=", 2, "expected a folder behind ="),
    ("=x", 2, "for bundled implementations only"),
    ("x=nowhere", 2, "for bundled implementations only"),
    ("x=shim:", 2, "expected a command behind shim:"),
    ("x=shim: ", 2, "expected a command behind shim:"),
    ("x=shim:\"", 2, "missing closing quote"),
    ("x=shim:nowhere-at-all", 5, "cannot start nowhere-at-all"),
    ("x=shim:/", 5, "cannot start /"),
    ("x=shim:/dev/null", 5, "cannot start /dev/null"),
    ("x=shim:true", 5, "did not answer hello"),
    ("go-hashicorp@", 2, "expected a version behind go-hashicorp@"),
    ("nowhere@v1", 2, "found \"v1\""),
    ("a b=shim:true", 2, "expected a name of at most 64 letters"),
    ("../x=shim:true", 2, "expected a name of at most 64 letters"),
    ("built-in=shim:true", 2, "built-in is bundled"),
];

/// Other command lines, the exit code, and what is said.
const OTHERS: [(&[&str], i32, &str); 17] = [
    (&[""], 2, "unrecognized subcommand"),
    (&["RUN"], 2, "a similar subcommand exists: 'run'"),
    (&["explain", ""], 4, "no scenario, no clause"),
    (&["explain", "["], 4, "no scenario, no clause"),
    (&["list", "--search", "***"], 4, "--search"),
    (&["diff", ".", "."], 3, "expected a file, found a folder"),
    (&["new", "scenario", "../../x"], 2, "expected AREA/NAME"),
    (&["new", "scenario", "/x"], 2, "expected AREA/NAME"),
    (&["repro", ""], 2, "expected ID/client or ID/server"),
    (&["schema", "x"], 2, "possible values: scenario"),
    (&["export", "scenarios"], 3, "expected an empty folder or none"),
    (&["mutants", "--only", "["], 2, "write a glob such as"),
    (&["mutants", "--only", "nothing"], 4, "matches no mutant or impostor"),
    (&["mutants", "--exceptions", "x"], 3, "there is no such file"),
    (&["shim", "check", "--", "nowhere-at-all"], 5, "cannot start nowhere-at-all"),
    (&["report", "merge", "x"], 3, "expected a file, found nothing"),
    (&["compare", "x", "y"], 2, "there is no such report"),
];

#[test]
fn a_wrong_option_ends_as_the_help_says() {
    for (arguments, code, message) in RUNS {
        let arguments = [&["run", "--target", "built-in"], arguments].concat();
        assert_refused(
            &Workspace::with_echo().run(&arguments),
            code,
            message,
            &format!("{arguments:?}"),
        );
    }
}

#[test]
fn a_wrong_target_ends_as_the_help_says() {
    for (target, code, message) in TARGETS {
        let ran = Workspace::with_echo().run(&["run", "--target", target]);
        assert_refused(&ran, code, message, target);
    }
}

#[test]
fn a_wrong_command_ends_as_the_help_says() {
    for (arguments, code, message) in OTHERS {
        let ran = Workspace::with_echo().run(arguments);
        assert_refused(&ran, code, message, &format!("{arguments:?}"));
    }
}
