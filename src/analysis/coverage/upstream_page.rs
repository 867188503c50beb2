//! The page on the tests of other projects, `docs/upstream-tests.md`. Pure.

use std::fmt::Write as _;

use crate::analysis::coverage::markdown::cell;
use crate::analysis::coverage::{UpstreamProject, UpstreamTest, UpstreamTests};

/// Every test, file by file, with its scenarios or the reason why it has none.
pub fn upstream_page(list: &UpstreamTests) -> String {
    let mut out = String::new();
    write(&mut out, list).expect("a String takes everything");
    out
}

fn write(out: &mut String, list: &UpstreamTests) -> std::fmt::Result {
    let covered = |test: &&UpstreamTest| !test.scenarios.is_empty();
    writeln!(out, "# Tests of other projects\n\n{HEAD}")?;
    writeln!(out, "| project | revision | tests | covered | not covered |\n|---|---|---|---|---|")?;
    for project in &list.projects {
        let (all, covered) = (project.tests().count(), project.tests().filter(covered).count());
        let name = cell(&project.name);
        let row = format!("[{name}](#{}) | {}", anchor(&project.name), revision(project));
        writeln!(out, "| {row} | {all} | {covered} | {} |", all - covered)?;
    }
    let (all, covered) = (list.tests().count(), list.tests().filter(covered).count());
    writeln!(out, "| all | | {all} | {covered} | {} |", all - covered)?;
    list.projects.iter().try_for_each(|project| write_project(out, project))
}

fn write_project(out: &mut String, project: &UpstreamProject) -> std::fmt::Result {
    writeln!(out, "\n## {}\n", project.name)?;
    if let Some(note) = &project.note {
        writeln!(out, "{}\n", cell(note))?;
    }
    for (number, file) in project.files.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let link = format!("{}/blob/{}/{}", project.url, project.revision, file.file);
        writeln!(out, "[`{}`]({link})\n", file.file)?;
        writeln!(out, "| test | demands | scenarios |\n|---|---|---|")?;
        for test in &file.tests {
            writeln!(out, "| {} | {} | {} |", cell(&test.test), cell(&test.pins), answer(test))?;
        }
    }
    Ok(())
}

/// The scenarios, and the reason behind them.
fn answer(test: &UpstreamTest) -> String {
    let links = test.scenarios.iter().map(|id| format!("[{id}](../scenarios/{id}.json)"));
    let mut answer = links.collect::<Vec<_>>().join(", ");
    if let Some(reason) = &test.reason {
        answer.push_str(if answer.is_empty() { "none: " } else { "; " });
        answer.push_str(&cell(reason));
    }
    answer
}

fn revision(project: &UpstreamProject) -> &str {
    project.revision.get(..12).unwrap_or(&project.revision)
}

/// The anchor of a heading in a link.
fn anchor(name: &str) -> String {
    let kept = name.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

const HEAD: &str = "\
What the tests of other yamux implementations demand, and the scenario that demands the same of every implementation. Each test
was read at the revision that is named. Written by `yamux-conform coverage --document upstream-tests` from
`scenarios/upstream-tests.json`.
";
