//! The report for people.

use std::fmt::Write as _;

use crate::analysis::interop::{Interop, Meeting, Tally, grid};
use crate::report::{body, by_question};
use crate::runner::verdict::Verdict;
use crate::scenario::Actor;
use crate::system::sink::escape;

/// The report in at most 80 columns, except untrusted text. With `is_verbose` each failure has its ladder, and each differing
/// or skipped case is named.
pub(crate) fn text(interop: &Interop, is_verbose: bool) -> String {
    let mut out = String::new();
    write(&mut out, interop, is_verbose).expect("a String takes everything");
    out
}

fn write(out: &mut String, interop: &Interop, is_verbose: bool) -> std::fmt::Result {
    for player in &interop.players {
        let (name, description) = (&player.name, escape(&player.description));
        writeln!(out, "  {name:<14} {description}; judged by: {}", player.dialect)?;
    }
    for block in grid::blocks(interop) {
        writeln!(out)?;
        for row in block {
            let (name, cells) = row.split_first().expect("each row has a name");
            let cells: String = cells.iter().map(|cell| format!(" {cell:<9}")).collect();
            writeln!(out, "{}", format!("{name:<16}{cells}").trim_end())?;
        }
    }
    writeln!(out, "\n{}", grid::LEGEND)?;
    for (client, server) in interop.pairs() {
        write_pair(out, interop, (client, server), is_verbose)?;
    }
    write_answers(out, interop)?;
    write_end(out, interop)
}

/// The deviations of a pair.
fn write_pair(
    out: &mut String,
    interop: &Interop,
    (client, server): (usize, usize),
    is_verbose: bool,
) -> std::fmt::Result {
    let told: Vec<&Meeting> = interop
        .of(client, server)
        .filter(|meeting| meeting.report.verdict.is_negative() || is_verbose && is_told(meeting))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let name = |place: usize| &interop.players[place].name;
    writeln!(out, "\nclient {}, server {}", name(client), name(server))?;
    for meeting in told {
        write_case(out, interop, meeting, is_verbose)?;
    }
    Ok(())
}

/// Whether there is more to report of a case than that it passed.
const fn is_told(meeting: &Meeting) -> bool {
    !matches!(meeting.report.verdict, Verdict::Pass | Verdict::WeakPass { .. })
}

fn write_case(
    out: &mut String,
    interop: &Interop,
    meeting: &Meeting,
    is_verbose: bool,
) -> std::fmt::Result {
    let report = &meeting.report;
    let label = report.verdict.label().to_uppercase();
    let subject = interop.named(meeting, Actor::Subject);
    writeln!(out, "  {label} {}", report.run.case.scenario)?;
    writeln!(out, "    subject   {subject}, on the {} clock", report.run.clock)?;
    if let Some(end) = meeting.blamed() {
        writeln!(out, "    end       {}", interop.named(meeting, end))?;
    }
    if is_verbose {
        return out.write_str(&indented(&body(report, 78)));
    }
    let mut row = |name: &str, value: &str| writeln!(out, "    {name:<9} {}", escape(value));
    match &report.verdict {
        Verdict::Broken { message, .. } => row("trouble", message)?,
        Verdict::Skip { reason } => row("reason", reason)?,
        _ => {}
    }
    if let Some(failure) = report.verdict.failure() {
        if let Some((id, statement, level)) = &report.broken {
            row("broken", &format!("{id}: {statement} ({level})"))?;
        }
        row("expected", &failure.expected.to_string())?;
        row("observed", &failure.observed.to_string())?;
    }
    row("again", &report.rerun_command())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Measured answers: who answers, as which side, and with whom.
fn write_answers(out: &mut String, interop: &Interop) -> std::fmt::Result {
    let answered = interop.meetings.iter().map(|meeting| {
        let (subject, peer) =
            (interop.named(meeting, Actor::Subject), interop.named(meeting, Actor::Peer));
        (format!("{subject} with {peer}"), &meeting.report.answers[..])
    });
    for (question, lines) in by_question(answered) {
        writeln!(out, "\n{}", escape(question))?;
        let width = lines.keys().map(String::len).max().unwrap_or(0);
        for (who, answer) in lines {
            writeln!(out, "  {who:<width$}  {answer}")?;
        }
    }
    Ok(())
}

fn write_end(out: &mut String, interop: &Interop) -> std::fmt::Result {
    writeln!(out)?;
    for line in interop.left_out.iter().chain(&interop.problems) {
        writeln!(out, "note: {}", escape(line))?;
    }
    let Tally { passed, differed, failed, skipped } = interop.total();
    let pairs = interop.pairs().count();
    let seconds = interop.elapsed.as_secs_f64();
    writeln!(
        out,
        "{pairs} pairs: {passed} passed, {differed} differ, {failed} failed, {skipped} skipped ({seconds:.1} s)"
    )
}
