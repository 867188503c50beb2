//! Invalid scenario files: every mistake is found, with its exact place and words.
#![expect(clippy::disallowed_methods, reason = "a test writes and reads files")]

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use yamux_conform::harness::scenario::{Problem, load};

use crate::register::{clause, register};

#[test]
fn every_wrong_step_is_told_where_and_why() {
    let mut cases = 0;
    for case in include_str!("scenario_problems.txt").split("\n\n").skip(1) {
        let lines = || case.trim().lines();
        let Some(peer) = lines().next().and_then(|line| line.strip_prefix("peer ")) else {
            continue;
        };
        let steps: Vec<_> = lines().skip(1).filter(|line| !line.starts_with('!')).collect();
        let expected: Vec<_> = lines().filter_map(|line| line.strip_prefix("! ")).collect();
        let text = format!(
            "{{\n\"title\": \"t\",\n\"clauses\": [\"A-1\"],\n\"peer\": \"{peer}\", {},\n\"steps\": [\n{}\n]}}",
            timeouts(peer),
            steps.join(",\n")
        );
        assert_eq!(problems(&text), expected, "{case}");
        assert!(!expected.is_empty(), "a case without a problem: {case}");
        cases += 1;
    }
    assert!(cases > 110, "only {cases} cases were read");
}

/// Every timeout of the subject, and one of a peer that has settings.
fn timeouts(peer: &str) -> String {
    let subject = r#""subject": { "connection_write_timeout": "10s", "keep_alive_interval": "off",
        "stream_close_timeout": "5m", "stream_open_timeout": "75s" }"#;
    let of_peer = r#", "peer": { "stream_close_timeout": "5m" }"#;
    let of_peer = if peer == "app" { of_peer } else { "" };
    format!("\"settings\": {{ {subject}{of_peer} }}").replace('\n', "")
}

#[test]
fn a_step_names_a_clause_of_the_register() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    write(root, "clauses.json", &flow_30());
    let step = |id| format!(r#"{{ "probe": "ping", "clause": "{id}" }}"#);
    let steps = [step("FLOW-30"), step("FLOW-03")].join(",\n");
    let text = valid("\"FLOW-30\"").replace(r#"{ "probe": "ping" }"#, &steps);
    write(root, "a/one.json", &text);
    let problems = load(&[root.to_owned()]).expect_err("one clause is wrong");
    assert_eq!(
        relative(root, &problems),
        ["a/one.json:2:30: no clause \"FLOW-03\" in clauses.json, did you mean \"FLOW-30\"?"]
    );
}

#[test]
fn a_dialect_only_adds_and_each_provenance_says_what_it_rests_on() {
    let of = |level, provenance: &str| {
        format!(r#"{{ "level": "{level}", "provenance": {{ {provenance} }} }}"#)
    };
    let opinion = r#""source": "opinion""#;
    let with = |level, binding: &str| {
        clause("A-1", level, &format!(",\n\"dialects\": {{ \"libp2p\":\n{binding} }}"))
    };
    let purpose = clause("A-1", "must", "").replace("opinion", "purpose");
    let rows = [
        (with("should", &of("must", opinion)), ""),
        (
            with("should", &of("should", opinion)),
            "3:12: a dialect only adds: every yamux should do this",
        ),
        (with("must", &of("may", opinion)), "3:12: a dialect only adds: every yamux must do this"),
        (
            with("may", &of("must", r#""source": "libp2p-spec""#)),
            "3:34: expected \"section\": which section says so",
        ),
        (purpose.clone(), "1:191: expected \"because\": what goes wrong otherwise"),
        (purpose.replace("purpose", "consensus"), "1:191: expected \"because\": what was tried"),
        (
            purpose.replace("purpose", "reference"),
            "1:191: expected \"section\": which section says so",
        ),
    ];
    for (clause, expected) in rows {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        write(root, "clauses.json", &register(&clause));
        write(root, "x.json", &valid("\"A-1\""));
        let problems = load(&[root.to_owned()]).err().unwrap_or_default();
        let told = relative(root, &problems).join("\n");
        assert_eq!(told.trim_start_matches("clauses.json:"), expected, "{clause}");
    }
}

#[test]
fn every_wrong_head_is_told_where_and_why() {
    let whole = |head: &str| format!("{{ {head}\n\"steps\": [ {{ \"probe\": \"ping\" }} ] }}");
    for (head, expected) in HEADS {
        assert_eq!(problems(&whole(head)), expected, "{head}");
    }
}

#[test]
fn more_steps_than_can_be_carried_out_are_told_once() {
    let script = |steps: usize| {
        let steps = vec!["{ \"probe\": \"ping\" }"; steps].join(",\n");
        format!(
            "{{ \"title\": \"t\", \"clauses\": [\"A-1\"], \"peer\": \"app\", \"steps\": [\n{steps}\n] }}"
        )
    };
    assert_eq!(problems(&script(10_000)), [""; 0]);
    let told = "10002:1: expected at most 10000 items, found 10010";
    assert_eq!(problems(&script(10_010)), [told]);
}

#[test]
fn a_file_that_is_no_text_is_told() {
    assert_eq!(
        problems_of(b"{\n\"\xff\""),
        ["2:2: expected UTF-8 text, found byte 0xff at offset 3"]
    );
    assert_eq!(problems("[]"), ["1:1: expected an object, found an array"]);
}

#[test]
fn problems_of_several_files_come_at_once_and_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    write(root, "clauses.json", &flow_30());
    write(root, "b/two.json", "{\n}");
    write(root, "a/one.json", &valid("\"FLOW-31\""));
    write(root, "a/Bad_Name.json", &valid("\"FLOW-30\""));
    write(root, "a/good.json", &valid("\"FLOW-30\""));
    write(root, "a/readme.md", "not a scenario");
    write(root, "a/.hidden.json", "not a scenario");
    assert_eq!(
        relative(root, &load(&[root.to_owned()]).expect_err("three files are wrong")),
        [
            "a/Bad_Name.json: expected a path of a-z, 0-9 and \"-\", since it is the scenario's id, found \"Bad_Name\"",
            "a/one.json:1:30: no clause \"FLOW-31\" in clauses.json, did you mean \"FLOW-30\"?",
            "b/two.json:1:1: missing key \"clauses\"",
            "b/two.json:1:1: missing key \"peer\"",
            "b/two.json:1:1: missing key \"steps\"",
            "b/two.json:1:1: missing key \"title\"",
        ]
    );
}

#[test]
fn problems_of_the_register_are_told_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let clause =
        r#"{"id": "A 1", "statement": "", "level": "must", "provenance": {"source": "opinion"}}"#;
    write(root, "clauses.json", &register(&format!("\n{clause},\n{clause}\n")));
    write(root, "x.json", &valid("\"A-1\""));
    assert_eq!(
        relative(root, &load(&[root.to_owned()]).expect_err("the register is wrong")),
        [
            "clauses.json:2:8: expected a clause id of letters, digits and \"-\", found \"A 1\"",
            "clauses.json:2:28: the statement is empty",
            "clauses.json:3:8: clause \"A 1\" is there twice",
            "clauses.json:3:8: expected a clause id of letters, digits and \"-\", found \"A 1\"",
            "clauses.json:3:28: the statement is empty",
        ]
    );
}

#[test]
fn paths_that_are_no_scenarios_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    write(root, "one/clauses.json", &flow_30());
    write(root, "one/a.json", &valid("\"FLOW-30\""));
    write(root, "two/clauses.json", &flow_30());
    write(root, "two/readme.md", "not a scenario");
    let found = |paths: &[&str]| {
        let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        relative(root, &load(&paths).expect_err("a path is wrong"))
    };
    assert_eq!(
        found(&["two/readme.md"]),
        ["two/readme.md: expected a .json file or a folder of them"]
    );
    assert_eq!(
        found(&["two/clauses.json"]),
        ["two/clauses.json: expected a scenario, found the register of clauses"]
    );
    assert!(found(&["three"])[0].starts_with("three: cannot read it: "));
    assert_eq!(
        found(&["one/a.json", "two"]),
        [
            "two: it belongs to the scenarios in two, the paths before it to those in one: load one at a time"
        ]
    );
}

/// What stands before the steps, and what is said about it.
const HEADS: [(&str, &[&str]); 16] = [
    (
        r#""clauses": [], "peer": "ap","#,
        &[
            r#"1:1: missing key "title""#,
            "1:14: expected at least 1 item, found none",
            r#"1:26: expected one of "app", "wire", found "ap", did you mean "app"?"#,
        ],
    ),
    (
        r#""title": "", "clauses": ["A-1", "A-1"], "peer": "app","#,
        &[
            "1:12: the title is empty: say what an implementation must do",
            r#"1:35: clause "A-1" is there twice"#,
        ],
    ),
    (
        r#""title": "x.", "clauses": ["A-1"], "peer": "app","#,
        &["1:12: the title ends with a full stop: take it away"],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "sides": ["client", "client"],"#,
        &[r#"1:72: side "client" is there twice"#],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "clock": {"virtual_only": ""}, "live": {},"#,
        &[
            "1:78: say why it cannot run in real time, found nothing",
            r#"1:83: the live settings are never used: "clock" says virtual only"#,
        ],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "wire", "settings": {"peer": {}},"#,
        &["1:66: a wire peer has no settings: it is only frames"],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "settings": {"subject": {"max_window": 262143}},"#,
        &[
            "1:91: expected from 256KiB (every stream starts with that) to 4294967295 bytes, found 262143 bytes",
        ],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "settings": {"peer": {"stream_close_timeout": "5m"}}, "live": {"peer": {"stream_close_timeout": "0s"}},"#,
        &[r#"1:148: expected more than no time, or "off""#],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "live": {"subject": {"stream_open_timeout": "1s"}},"#,
        &[
            r#"1:73: "live" changes stream_open_timeout, which neither "settings" nor "wishes" gives: say there how long it is, or "off""#,
        ],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "wishes": {"subject": {"accept_backlog": 1}}, "settings": {"subject": {"accept_backlog": 1}},"#,
        &["1:123: accept_backlog is among the wishes too: say it once"],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "wire", "wishes": {"peer": {"max_window": "1MiB"}},"#,
        &["1:64: a wire peer has no settings: it is only frames"],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "settings": {"subject": {"accept_backlog": 0}},"#,
        &["1:95: expected a whole number from 1 to 1000000, found 0"],
    ),
    (
        r#""title": "x", "clauses": ["A-1"], "peer": "app", "settings": {"subject": {"stream_open_timeout": "never"}},"#,
        &[r#"1:100: expected a duration such as "300ms" or "5m", or "off", found "never""#],
    ),
    (
        r#""title": 5, "note": null, "clauses": "A-1", "peer": "app","#,
        &[
            "1:12: expected a string, found 5",
            "1:23: expected a string, found null",
            r#"1:40: expected an array, found "A-1""#,
        ],
    ),
    (r#""title": "ä", "title": "x","#, &[r#"1:17: key "title" is already at 1:3"#]),
    (r#""title": "x" "clauses": [],"#, &["1:15: expected comma"]),
];

/// A register of one clause.
fn flow_30() -> String {
    register(&clause("FLOW-30", "must", ""))
}

fn valid(clauses: &str) -> String {
    format!(
        r#"{{ "title": "x", "clauses": [ {clauses} ], "peer": "app", "steps": [ {{ "probe": "ping" }} ] }}"#
    )
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

/// The problems as text, with paths below `root`.
fn relative(root: &Path, problems: &[Problem]) -> Vec<String> {
    let root = format!("{}/", root.display());
    problems.iter().map(|problem| problem.to_string().replace(&root, "")).collect()
}

fn problems(text: &str) -> Vec<String> {
    problems_of(text.as_bytes())
}

/// The problems of a file with these bytes, without its path.
fn problems_of(bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.json");
    fs::write(&path, bytes).expect("it can be written");
    let problems = load(&[path]).err().unwrap_or_default();
    relative(folder.path(), &problems)
        .iter()
        .map(|problem| problem.strip_prefix("x.json:").unwrap_or(problem).to_owned())
        .collect()
}
