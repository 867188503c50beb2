//! `explore` and `fuzz` on the built-in yamux, in which nothing surprises.

use std::fs;

use crate::harness::Workspace;

#[test]
fn what_is_wrong_on_the_command_line_is_told() {
    let workspace = Workspace::with_echo();
    for (arguments, text) in [
        (&["explore", "--depth", "0"][..], "--depth"),
        (&["explore", "--side", "both"], "[possible values: client, server]"),
        (&["explore", "--format", "markdown"], "only the --alphabet has it"),
        (&["explore", "--alphabet", "--format", "json"], "expected --format text or markdown"),
        (&["explore", "--alphabet", "--save", "found"], "cannot be used with"),
        (&["explore", "builtin"], "did you mean built-in?"),
        (&["fuzz", "--runs", "0"], "--runs"),
        (&["fuzz", "--time", "fast"], "expected a duration"),
        (&["fuzz", "--shard", "3/2"], "expected K/N with K from 1 to N"),
        (&["fuzz", "--story", "7", "--runs", "2"], "cannot be used with"),
        (&["fuzz", "--target", "builtin"], "did you mean built-in?"),
    ] {
        let ran = workspace.run(arguments);
        ran.assert_code(2).assert_stderr(text);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    workspace.run(&["fuzz", "--target", "shim:false"]).assert_code(5);
}

#[test]
fn all_stories_of_one_symbol_surprise_nobody() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&["explore", "--depth", "1", "--verbose"]);
    ran.assert_code(0)
        .assert_stdout("built-in (virtual): ")
        .assert_stdout("0 surprises, 0 unplayed");
    ran.assert_stdout("  reached   PING-01: ");
    let beside =
        ["explore", "built-in", "--depth", "2", "--side", "server", "--beside", "built-in"];
    workspace.run(&beside).assert_code(0);
    let ran = workspace.run(&["explore", "--depth", "1", "--format", "json"]);
    let [case] = &ran.cases()[..] else { panic!("{ran:#?}") };
    assert_eq!(case.id, "explore/stories");
    assert!(case.clauses.iter().any(|clause| clause.id == "PING-01"), "what was reached");
    ran.assert_code(0);
    assert_eq!(ran.summary().counts.passed, 1);
}

#[test]
fn the_live_clock_plays_the_same_stories() {
    let ran = Workspace::with_echo().run(&["fuzz", "--clock", "live", "--runs", "3"]);
    ran.assert_code(0).assert_stdout("built-in (live): 3 stories, ");
}

#[test]
fn all_stories_of_three_symbols_surprise_nobody() {
    let ran = Workspace::with_echo().run(&["explore", "--depth", "3"]);
    ran.assert_code(0).assert_stdout("0 surprises, 0 unplayed");
}

#[test]
fn the_alphabet_has_a_line_for_each_symbol() {
    let workspace = Workspace::new();
    let ran = workspace.run(&["explore", "--alphabet"]);
    ran.assert_code(0)
        .assert_stdout("peer_syn_data       1000 bytes of data with SYN open a stream\n");
    assert_eq!(ran.stdout.lines().count(), 32);
}

#[test]
fn equal_seeds_give_equal_stories_and_shards_divide_them() {
    let workspace = Workspace::with_echo();
    let fuzz = |more: &[&str]| {
        let ran = workspace.run(&[&["fuzz", "--seed", "1"], more].concat());
        ran.assert_code(0);
        let line = ran.stdout.lines().next().unwrap_or_default().to_owned();
        line.split(" in ").next().unwrap_or_default().to_owned()
    };
    let first = fuzz(&["--runs", "50"]);
    assert!(first.starts_with("built-in (virtual): 50 stories, "), "{first}");
    assert_eq!(first, fuzz(&["--runs", "50"]));
    let turns = |line: &str| {
        let turns = line.split(", ").nth(1).and_then(|part| part.strip_suffix(" turns"));
        turns.and_then(|turns| turns.replace(',', "").parse().ok()).unwrap_or(0_u64)
    };
    let shards = ["1/2", "2/2"].map(|shard| {
        let file = format!("{}.jsonl", &shard[..1]);
        turns(&fuzz(&["--runs", "25", "--shard", shard, "--json", &file]))
    });
    assert_eq!(shards.iter().sum::<u64>(), turns(&first), "the same stories, each in one shard");
    let merged = workspace.run(&["report", "merge", "1.jsonl", "2.jsonl", "--format", "json"]);
    merged.assert_code(0);
    assert_eq!(merged.cases().len(), 2);
    assert!(fs::metadata(workspace.path().join("1.jsonl")).is_ok());
    assert!(fuzz(&["--story", "7"]).starts_with("built-in (virtual): 1 stories, "));
}
