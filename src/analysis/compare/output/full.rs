//! A failure in full: clause, step, what was expected and observed, its last words, and the ladder.

use std::fmt::Write;

use crate::analysis::compare::{Sighting, Upgrade};
use crate::report::{FailureRecord, VerdictRecord};
use crate::system::sink::escape;
use crate::trace::{Rung, ladder};

/// Everything a report has on a negative run, in lines without colour that no untrusted text can end or style.
pub(crate) fn full(upgrade: &Upgrade, run: &Sighting) -> String {
    let mut out = String::new();
    let case = &run.case;
    let mut row = |name: &str, value: &str| {
        for (index, line) in value.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            put(&mut out, &format!("{name:<11} {line}"));
        }
    };
    row("title", &case.title);
    match (run.failure(), &case.verdict) {
        (Some(failure), _) => {
            let said = upgrade.statements.get(&failure.clause);
            let said = said.map(|clause| format!(": {} ({})", clause.statement, clause.level));
            row("broken", &format!("{}{}", failure.clause, said.unwrap_or_default()));
            let step = failure.step.map(|step| format!("step {step}"));
            row(step.as_deref().unwrap_or("scenario"), &place(&case.path, failure));
            row("expected", &failure.expected);
            row("observed", &failure.observed);
            if let Some((bad, all)) = failure.runs {
                row("happened", &format!("in {bad} of {all} runs"));
            }
            failure.alternatives.iter().for_each(|other| row("or weaker", other));
            row("fingerprint", &failure.fingerprint);
        }
        (None, VerdictRecord::Broken { message, .. }) => row("trouble", message),
        (None, _) => {}
    }
    row("again", &case.again);
    let stderr = match (run.failure(), &case.verdict) {
        (Some(failure), _) => &*failure.stderr,
        (None, VerdictRecord::Broken { stderr, .. }) => stderr,
        (None, _) => &[],
    };
    if !stderr.is_empty() {
        put(&mut out, "\nthe last lines of the shim's stderr");
        stderr.iter().for_each(|line| put(&mut out, &format!("  {line}")));
    }
    let rungs: Vec<Rung> =
        run.failure().iter().flat_map(|failure| failure.rungs.clone()).map(Rung::from).collect();
    if !rungs.is_empty() {
        put(&mut out, "\nthe last calls and frames");
        let drawn = ladder(&rungs, MAX_RUNGS, ("subject", "peer"), WIDTH);
        drawn.lines().for_each(|line| put(&mut out, &format!("  {line}")));
    }
    out
}

/// One line; a line feed at its beginning is ours.
fn put(out: &mut String, line: &str) {
    if let Some(line) = line.strip_prefix('\n') {
        out.push('\n');
        return put(out, line);
    }
    let line = line.trim_end().replace('\t', "    ");
    writeln!(out, "{}", escape(&line)).expect("a String takes every text");
}

fn place(path: &str, failure: &FailureRecord) -> String {
    match (failure.line, failure.column) {
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
        _ => path.to_owned(),
    }
}

/// Fits 80 columns together with the indentation.
const WIDTH: usize = 72;

/// As many as a run shows of a failure.
const MAX_RUNGS: usize = 40;
