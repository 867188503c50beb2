//! `yamux-conform coverage`, and what `check` says of untested clauses and of the list of other projects' tests.

use crate::harness::Workspace;
use crate::register::{clause, register};

/// The scenario `ping/echo` under a register of these clauses, which is complete.
fn complete(clauses: &str) -> Workspace {
    let workspace = Workspace::with_echo();
    let register = register(clauses).replacen('{', "{ \"complete\": true,\n", 1);
    workspace.write("scenarios/clauses.json", &register);
    workspace
}

#[test]
fn a_clause_without_scenario_rule_and_reason_fails_the_check_with_its_place() {
    let asked = clause("PING-01", "must", "");
    let workspace = complete(&format!("{asked},\n  {}", clause("NEW-01", "must", "")));
    let ran = workspace.run(&["check"]);
    ran.assert_code(3)
        .assert_stderr("scenarios/clauses.json:3:3: expected a scenario that names NEW-01");
    workspace.run(&["check", "scenarios/ping/echo.json"]).assert_code(0);
    let reasoned = clause("NEW-01", "must", r#", "unasked": "no wire shows it""#);
    complete(&format!("{asked}, {reasoned}")).run(&["check"]).assert_code(0);
    let watched = clause("FRM-02", "must", "");
    complete(&format!("{asked}, {watched}")).run(&["check"]).assert_code(0);
}

#[test]
fn a_reason_that_is_not_needed_fails_the_check() {
    for (id, why) in
        [("PING-01", "ping/echo names it"), ("FRM-02", "it is watched in every scenario")]
    {
        let mut clauses = clause(id, "must", r#", "unasked": "nobody can tell""#);
        if id != "PING-01" {
            clauses = format!("{},\n{clauses}", clause("PING-01", "must", ""));
        }
        let ran = complete(&clauses).run(&["check"]);
        ran.assert_code(3).assert_stderr(&format!("{id} has a reason in \"unasked\", but {why}"));
    }
}

#[test]
fn the_tests_of_others_are_checked_with_the_suite() {
    let workspace = Workspace::with_echo();
    let list = |scenario: &str| {
        let row = format!(r#"{{ "test": "a", "pins": "b", "scenarios": ["{scenario}"] }}"#);
        format!(
            "{{ \"projects\": [ {{ \"name\": \"p\", \"url\": \"u\", \"revision\": \"r\",\n\
             \"files\": [ {{ \"file\": \"f\", \"tests\": [ {row} ] }} ] }} ] }}"
        )
    };
    workspace.write("scenarios/upstream-tests.json", &list("ping/ecko"));
    let message =
        "upstream-tests.json:2:80: no scenario \"ping/ecko\", did you mean \"ping/echo\"?";
    workspace.run(&["check"]).assert_code(3).assert_stderr(message);
    let page = ["coverage", "--document", "upstream-tests"];
    workspace.run(&page).assert_code(3).assert_stderr(message);
    workspace.write("scenarios/upstream-tests.json", &list("ping/echo"));
    workspace.run(&["check"]).assert_code(0);
    workspace.run(&page).assert_code(0).assert_stdout("| a | b | [ping/echo](");
    workspace.run(&["list"]).assert_code(0);
}

#[test]
fn reports_add_a_column_for_each_target() {
    let workspace = Workspace::with_echo();
    let run = ["run", "--target", "built-in", "--json", "report.json"];
    workspace.run(&run).assert_code(0);
    let coverage = ["coverage", "--report", "report.json", "--clause", "PING-01"];
    let ran = workspace.run(&coverage);
    ran.assert_code(0).assert_stdout("built-in\n").assert_stdout("held 2\n");
    ran.assert_stdout("  scenario ping/echo\n");
    let ran = workspace.run(&[&coverage[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let row = &json["clauses"][0];
    assert_eq!((&row["id"], &row["scenarios"][0]), (&"PING-01".into(), &"ping/echo".into()));
    assert_eq!(row["verdicts"]["built-in"]["verdict"], "held");
    let ran = workspace.run(&[&coverage[..], &["--format", "markdown"]].concat());
    ran.assert_code(0).assert_stdout("| clause | level | scenarios | mutants | built-in |\n");
    // Nothing of the two cases was about this clause.
    let ran = workspace.run(&["coverage", "--report", "report.json", "--clause", "RST-01"]);
    ran.assert_code(0).assert_stdout("  -\n");
}

#[test]
fn what_is_not_there_is_told() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&["coverage", "--clause", "PNIG-01"]);
    ran.assert_code(4)
        .assert_stderr("--clause \"PNIG-01\" matches no clause; did you mean PING-01?");
    workspace.run(&["coverage", "--report", "gone.json"]).assert_code(3).assert_stderr("gone.json");
    let both = ["coverage", "--document", "clauses", "--clause", "X-1"];
    workspace.run(&both).assert_code(2).assert_stderr("cannot be used with");
}

#[test]
fn a_clause_is_explained_with_its_rule_its_scenarios_and_its_mutants() {
    let workspace = Workspace::with_echo();
    let ran = workspace.run(&["explain", "FRM-02"]);
    ran.assert_code(0).assert_stdout(
        "watched in every scenario: version 0 in every header\n\nmutants: sends-version-1\n",
    );
    workspace.run(&["explain", "PING-01"]).assert_stdout("\n\nping/echo  ");
}
