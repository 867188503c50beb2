//! The report as a document.

use std::fmt::Write as _;

use crate::analysis::interop::{Interop, Meeting, grid};
use crate::report::by_question;
use crate::scenario::Actor;
use crate::system::sink::escape;

/// The matrix, the failures of each pair, and the answers, as Markdown.
pub(crate) fn markdown(interop: &Interop) -> String {
    let mut out = String::new();
    write(&mut out, interop).expect("a String takes everything");
    out
}

fn write(out: &mut String, interop: &Interop) -> std::fmt::Result {
    writeln!(out, "# Every implementation with every other\n")?;
    writeln!(out, "| | implementation | judged by |\n|---|---|---|")?;
    for (place, player) in interop.players.iter().enumerate() {
        let (number, description) = (place + 1, quoted(&player.description));
        writeln!(out, "| {number} | {}: {description} | {} |", player.name, player.dialect)?;
    }
    for block in grid::blocks(interop) {
        writeln!(out)?;
        for (number, row) in block.iter().enumerate() {
            writeln!(out, "| {} |", row.join(" | "))?;
            if number == 0 {
                writeln!(out, "|{}", "---|".repeat(row.len()))?;
            }
        }
    }
    writeln!(out, "\n{}.", grid::LEGEND)?;
    let failing: Vec<&Meeting> =
        interop.meetings.iter().filter(|one| one.report.verdict.is_negative()).collect();
    if !failing.is_empty() {
        writeln!(out, "\n## What fails\n")?;
        writeln!(out, "| client | server | scenario | end | clause | expected | observed |")?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        failing.into_iter().try_for_each(|meeting| write_failure(out, interop, meeting))?;
    }
    let answered = interop.meetings.iter().map(|meeting| {
        let ends = [Actor::Subject, Actor::Peer].map(|end| interop.named(meeting, end));
        (ends.join(" with "), &meeting.report.answers[..])
    });
    for (question, lines) in by_question(answered) {
        writeln!(out, "\n## {}\n\n| | |\n|---|---|", quoted(question))?;
        for (who, answer) in lines {
            writeln!(out, "| {who} | {answer} |")?;
        }
    }
    Ok(())
}

fn write_failure(out: &mut String, interop: &Interop, meeting: &Meeting) -> std::fmt::Result {
    let name = |place: usize| &interop.players[place].name;
    let report = &meeting.report;
    let (client, server) = (name(meeting.client), name(meeting.server));
    let id = &report.run.case.scenario;
    let end = meeting.blamed().map_or_else(String::new, |end| interop.named(meeting, end));
    let (clause, expected, observed) = match report.verdict.failure() {
        Some(failure) => {
            let (expected, observed) = (failure.expected.to_string(), failure.observed.to_string());
            (failure.clause.to_string(), expected, observed)
        }
        None => (String::new(), String::new(), report.verdict.label().to_owned()),
    };
    let (expected, observed) = (quoted(&expected), quoted(&observed));
    writeln!(out, "| {client} | {server} | {id} | {end} | {clause} | {expected} | {observed} |")
}

/// Untrusted text in a cell of a table.
fn quoted(text: &str) -> String {
    escape(&text.replace('\n', " ")).replace('|', "\\|").replace('<', "&lt;")
}
