//! The negative verdicts of a run, for a terminal: in groups, of which the first are shown with a case or two in full and
//! the others in short, so that a library with hundreds of failures has a report that can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::frame::Side;
use crate::report::groups::{Group, Told, groups};
use crate::report::table::{DIM, HEAD, PLAIN, RED, verdict_style};
use crate::report::{body, headline};
use crate::sink::{Line, Terminal};
use crate::verdict::CaseReport;

/// Writes them in lines of at most `width` columns, each in full if `is_all`; `place` says where a case ran.
pub(super) fn write(
    out: &mut Terminal<impl io::Write>,
    reports: &[Told<'_>],
    place: impl Fn(&CaseReport) -> String,
    (width, is_all): (usize, bool),
) -> io::Result<()> {
    let groups = groups(reports.iter().copied());
    let cases: usize = groups.iter().map(|group| group.cases.len()).sum();
    if cases > 1 {
        out.line("")?;
        let heading = format!("{cases} negative verdicts in {}", counted(groups.len(), "group"));
        out.line(Line::styled(HEAD, heading))?;
    }
    for (index, group) in groups.iter().enumerate() {
        if cases > 1 {
            out.line("")?;
            let title = format!("{}: {}", counted(group.cases.len(), "case"), group.title());
            out.wrapped(RED, &title, width, 2)?;
        }
        let (full, rest) = match (is_all, index < FULL_GROUPS) {
            (true, _) => (group.cases.clone(), Vec::new()),
            (false, true) => group.shown(),
            (false, false) => (Vec::new(), group.cases.clone()),
        };
        for told in &full {
            in_full(out, *told, width)?;
        }
        if full.is_empty() {
            in_short(out, group, width)?;
        }
        if !rest.is_empty() {
            let more = match full.len() {
                0 => "all of them (--verbose shows them in full)".to_owned(),
                _ => format!("{} more (--verbose shows them in full)", rest.len()),
            };
            out.line(Line::from("  ").and_styled(DIM, more))?;
            for (place, ids) in listed(&rest, &place) {
                let text = format!("    {place}: {}", ids.join(", "));
                out.wrapped(PLAIN, &text, width, 2)?;
            }
        }
    }
    Ok(())
}

fn in_full(out: &mut Terminal<impl io::Write>, (report, more): Told<'_>, width: usize) -> io::Result<()> {
    out.line("")?;
    out.wrapped(verdict_style(&report.verdict), &headline(report), width, 2)?;
    out.text(&body(report, width))?;
    match more {
        0 => Ok(()),
        more => out.line(format!("  {more} more came to the same")),
    }
}

/// The first case in three lines.
fn in_short(out: &mut Terminal<impl io::Write>, group: &Group<'_>, width: usize) -> io::Result<()> {
    let Some(failure) = group.cases.first().and_then(|(report, _)| report.verdict.failure()) else {
        return Ok(());
    };
    for (name, value) in [("expected", failure.expected.to_string()), ("observed", failure.observed.to_string())] {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        out.wrapped(PLAIN, &format!("  {name}  {value}"), width, 10)?;
    }
    Ok(())
}

/// The cases of each place; one that fails on both sides has the id of its scenario, which names both.
fn listed(
    cases: &[Told<'_>],
    place: impl Fn(&CaseReport) -> String,
) -> BTreeMap<String, Vec<String>> {
    let mut sides: BTreeMap<(String, &str), BTreeSet<Side>> = BTreeMap::new();
    for (report, _) in cases {
        let case = &report.run.case;
        sides.entry((place(report), &case.scenario)).or_default().insert(case.side);
    }
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((place, id), sides) in sides {
        let only = sides.iter().next().filter(|_| sides.len() == 1);
        let id = only.map_or_else(|| id.to_owned(), |side| format!("{id}/{side}"));
        ids.entry(place).or_default().push(id);
    }
    ids
}

/// `1 case`, `2 cases`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// So many rules at once are as much as anybody reads; what they are about mostly explains the others.
const FULL_GROUPS: usize = 5;
