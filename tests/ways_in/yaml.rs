//! The YAML files of CI servers: they parse, name files that exist, and pass options that the program has.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use super::release::{VERSION, releases};
use super::root;
use crate::harness::{Workspace, finish, start};

const WORKFLOWS: [&str; 4] = [
    ".github/workflows/ci.yml",
    ".github/workflows/implementations.yml",
    ".github/workflows/release.yml",
    "ci/gate-your-fork/conformance.yml",
];
const FORMS: [&str; 3] = ["harness", "missing-scenario", "wrong-verdict"];
const GITLAB: &str = "contrib/gitlab/yamux-conform.yml";
const PAGE: &str = "docs/in-your-ci.md";

fn read(file: &str) -> String {
    fs::read_to_string(root(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[track_caller]
fn parse(name: &str, text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
}

/// The blocks of YAML on the page about CI.
fn on_the_page() -> Vec<Value> {
    let page = read(PAGE);
    let blocks = page.split("```yaml\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().expect("a first part"));
    blocks.flat_map(|block| parse(PAGE, block)).collect()
}

/// Every value under a key, wherever it stands.
fn under<'a>(key: &str, value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if name == key {
                    found.push(value);
                }
                under(key, value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| under(key, item, found)),
        _ => {}
    }
}

fn texts_under(key: &str, values: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    values.iter().for_each(|value| under(key, value, &mut found));
    found.iter().filter_map(|value| value.as_str()).map(str::to_owned).collect()
}

/// The options of a command that its help names.
fn options(command: &[&str]) -> BTreeSet<String> {
    let ran = Workspace::new().run(&[command, &["--help"]].concat());
    option_words(&ran.stdout).map(str::to_owned).collect()
}

fn option_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    words.filter(|word| word.starts_with("--") && word.len() > 2)
}

#[test]
fn every_form_for_an_issue_has_what_the_server_asks_for() {
    for name in FORMS {
        let file = format!(".github/ISSUE_TEMPLATE/{name}.yml");
        let [form] = &parse(&file, &read(&file))[..] else { panic!("{file}: one document") };
        assert!(form["name"].is_string() && form["description"].is_string(), "{file}");
        let mut ids = BTreeSet::new();
        for part in form["body"].as_array().expect("a body") {
            let kind = part["type"].as_str().expect("a type");
            assert!(["input", "markdown", "textarea"].contains(&kind), "{file}: {kind}");
            if kind != "markdown" {
                let id = part["id"].as_str().expect("an id");
                assert!(ids.insert(id), "{file}: {id} is there twice");
                assert!(part["attributes"]["label"].is_string(), "{file}: {id}");
            }
        }
    }
}

#[test]
fn steps_run_scripts_that_are_there_and_take_no_input_into_their_text() {
    for file in WORKFLOWS.iter().chain([&"action.yml"]) {
        for run in texts_under("run", &parse(file, &read(file))) {
            assert!(!run.contains("${{"), "{file}: an input belongs into env: {run}");
            for word in run.split(|c: char| c.is_whitespace() || "\"'".contains(c)) {
                let script = word.trim_start_matches("$GITHUB_ACTION_PATH/");
                if script.starts_with("ci/") || script.starts_with("contrib/") {
                    let mode = fs::metadata(root(script)).map(|data| data.permissions().mode());
                    assert!(mode.is_ok_and(|mode| mode & 0o100 != 0), "{file}: {script}");
                }
            }
        }
    }
}

#[test]
fn options_that_steps_pass_are_options_of_the_program() {
    let known = options(&["run"]);
    for file in WORKFLOWS {
        for run in texts_under("run", &parse(file, &read(file))) {
            let Some((_, arguments)) = run.split_once(" -- run ") else { continue };
            for option in option_words(arguments) {
                assert!(known.contains(option), "{file}: {option}");
            }
        }
    }
    let script = read("contrib/action/run.sh");
    // Two are passed only where the help names them.
    let passed = script.lines().filter(|line| !line.trim_start().starts_with("case $help"));
    let passed = passed.filter(|line| line.contains("words") || line.contains("each_line"));
    let passed: Vec<&str> = passed.flat_map(option_words).collect();
    assert!(passed.len() >= 5, "{passed:?}");
    for option in passed {
        assert!(known.contains(option), "run.sh: {option}");
    }
    for option in texts_under("args", &on_the_page()).iter().flat_map(|args| option_words(args)) {
        assert!(known.contains(option), "{PAGE}: {option}");
    }
}

#[test]
fn actions_of_others_are_pinned_to_a_commit() {
    for file in WORKFLOWS[..3].iter().chain([&"action.yml"]) {
        let uses = texts_under("uses", &parse(file, &read(file)));
        assert!(!uses.is_empty());
        for action in uses.iter().filter(|action| !action.starts_with("./")) {
            let commit = action.split_once('@').map_or("", |(_, commit)| commit);
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit, "{file}: {action}");
        }
    }
}

#[test]
fn the_action_hands_every_input_on_and_examples_name_no_others() {
    let action = &parse("action.yml", &read("action.yml"))[0];
    let inputs: BTreeSet<&str> =
        action["inputs"].as_object().expect("inputs").keys().map(String::as_str).collect();
    let steps = action["runs"]["steps"].to_string();
    for input in &inputs {
        assert!(steps.contains(&format!("inputs.{input} }}}}")), "{input} is not used");
    }
    let script = read("contrib/action/run.sh");
    for variable in action["runs"]["steps"][0]["env"].as_object().expect("variables").keys() {
        assert!(script.contains(&format!("{variable}:-")), "run.sh does not read {variable}");
    }
    let mut used = 0;
    let own = |step: &Value| {
        let uses = step["uses"].as_str().unwrap_or_default();
        uses.starts_with("yamux-conform/") || uses == "./"
    };
    let files = WORKFLOWS.iter().flat_map(|file| parse(file, &read(file)));
    for document in files.chain(on_the_page()) {
        let mut lists = Vec::new();
        under("steps", &document, &mut lists);
        for step in lists.iter().filter_map(|list| list.as_array()).flatten().filter(|s| own(s)) {
            used += 1;
            assert!(
                ["./", &format!("yamux-conform/yamux-conform@v{VERSION}")]
                    .contains(&step["uses"].as_str().expect("text"))
            );
            for input in step["with"].as_object().expect("inputs").keys() {
                assert!(inputs.contains(input.as_str()), "no input of the action: {input}");
            }
        }
    }
    assert!(used >= 6, "{used}");
}

/// The template with its inputs filled in, as GitLab does it.
fn gitlab(inputs: &[(&str, &str)]) -> Value {
    let documents = parse(GITLAB, &read(GITLAB));
    let mut job = serde_json::to_string(&documents[1]).expect("JSON");
    for (name, input) in documents[0]["spec"]["inputs"].as_object().expect("inputs") {
        let given = inputs.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
        let value = given.unwrap_or_else(|| input["default"].as_str().expect("text"));
        let value = serde_json::to_string(value).expect("JSON");
        let place = format!("$[[ inputs.{name} ]]");
        assert!(job.contains(&place), "{name} is not used");
        job = job.replace(&place, value.trim_matches('"'));
    }
    assert!(!job.contains("$[["), "{job}");
    serde_json::from_str(&job).expect("JSON")
}

/// What the script of GitLab's job does, line by line as its runner does it.
#[cfg(target_os = "linux")]
#[test]
fn the_job_for_gitlab_downloads_runs_and_reports() {
    let workspace = Workspace::with_echo();
    let base = format!("file://{}", releases().display());
    let job = &gitlab(&[("target", "built-in"), ("releases", &base)])["yamux-conform"];
    let lines = job["script"].as_array().expect("lines").iter().filter_map(Value::as_str);
    let script = lines.collect::<Vec<_>>().join("\n");
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", &script]).current_dir(workspace.path());
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_OUTPUT").env_remove("YAMUX_CONFORM");
    let project = workspace.path().to_str().expect("a path in UTF-8");
    for (name, value) in job["variables"].as_object().expect("variables") {
        let value = value.as_str().expect("text").replace("$CI_PROJECT_DIR", project);
        command.env(name, value);
    }
    finish(start(&mut command)).assert_code(0).assert_stdout("2 passed, 0 failed");
    let junit = job["artifacts"]["reports"]["junit"].as_str().expect("a path");
    assert!(workspace.path().join(junit).is_file());
}

#[test]
fn templates_take_the_release_and_the_home_of_cargo_toml() {
    let home = env!("CARGO_PKG_REPOSITORY");
    let spec = &parse(GITLAB, &read(GITLAB))[0]["spec"]["inputs"];
    assert_eq!(spec["version"]["default"], VERSION);
    assert_eq!(spec["releases"]["default"], format!("{home}/releases/download"));
    let page = read(PAGE);
    assert!(
        page.contains(&format!("{home}/releases/download/v{VERSION}\n")),
        "{PAGE} names {home}"
    );
    assert!(home.ends_with("/yamux-conform/yamux-conform"), "examples name the owner too");
}
