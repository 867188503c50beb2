//! The table of a run: a row for each scenario, a column for each target, grouped by area.

use std::collections::BTreeMap;
use std::io;

use anstyle::{AnsiColor, Style};

use crate::engine::Death;
use crate::frame::Side;
use crate::report::{TargetInfo, summary::seconds};
use crate::sink::{Line, MAX_PADDING, Terminal, escape};
use crate::verdict::{CaseReport, Clock, Comparison, Verdict};

/// How much a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Both sides of a scenario.
    Scenario,
    /// One side, with times.
    Case,
}

/// Writes the table of `reports`; nothing if there are none. The columns stand in the order of `targets`.
pub(super) fn write(
    out: &mut Terminal<impl io::Write>,
    targets: &[TargetInfo],
    reports: &[CaseReport],
    rows: Rows,
) -> io::Result<()> {
    let columns = columns(targets, reports);
    let lines = lines(&columns, reports, rows);
    if lines.is_empty() {
        return Ok(());
    }
    let heads = heads(&columns);
    let mut widths: Vec<_> = heads.iter().map(TableCell::width).collect();
    for cells in lines.values() {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width().max(*width);
        }
    }
    let name_width = lines.keys().map(|key| key.name().chars().count() + 2).max().unwrap_or(0);

    let mut area = None;
    for (key, cells) in &lines {
        if area != Some(key.area) {
            // The heads stand beside every area's name, so that they are never far away.
            out.line("")?;
            write_row(out, &TableCell::new(key.area, HEAD), name_width, &heads, &widths)?;
            area = Some(key.area);
        }
        let name = TableCell::new(format!("  {}", key.name()), PLAIN);
        write_row(out, &name, name_width, cells, &widths)?;
    }
    Ok(())
}

fn write_row(
    out: &mut Terminal<impl io::Write>,
    name: &TableCell,
    name_width: usize,
    cells: &[TableCell],
    widths: &[usize],
) -> io::Result<()> {
    let mut line = Line::styled(name.style, &name.text);
    let mut gap = name_width.saturating_sub(name.width());
    for (cell, width) in cells.iter().zip(widths) {
        if !cell.text.is_empty() {
            let blanks = gap.min(MAX_PADDING);
            line = line.and(format!("{:blanks$}  ", "")).and_styled(cell.style, &cell.text);
            gap = 0;
        } else {
            gap += 2;
        }
        gap += width.saturating_sub(cell.width());
    }
    out.line(line)
}

/// A target on a clock.
type Column<'a> = (&'a str, Clock);

/// The targets that run, then whatever else has reports.
fn columns<'a>(targets: &'a [TargetInfo], reports: &'a [CaseReport]) -> Vec<Column<'a>> {
    let announced = targets.iter().map(|target| (target.name.as_str(), target.clock));
    let reported = reports.iter().map(|report| (report.run.target.as_str(), report.run.clock));
    let mut columns = Vec::new();
    for column in announced.chain(reported.clone()) {
        if !columns.contains(&column) && reported.clone().any(|other| other == column) {
            columns.push(column);
        }
    }
    columns
}

/// The targets' names, with the clock where a target runs on both, and the trace's.
fn heads(columns: &[Column<'_>]) -> Vec<TableCell> {
    let is_twice = |name| columns.iter().filter(|(other, _)| *other == name).count() > 1;
    let mut heads: Vec<_> = columns
        .iter()
        .map(|&(name, clock)| match is_twice(name) {
            true => TableCell::new(format!("{name} ({clock})"), DIM),
            false => TableCell::new(name, DIM),
        })
        .collect();
    heads.push(TableCell::new("trace", DIM));
    heads
}

/// What a row is about; rows are in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TableRow<'a> {
    area: &'a str,
    id: &'a str,
    side: Option<Side>,
}

impl TableRow<'_> {
    /// The id below its area, and the side if the row has only one.
    fn name(&self) -> String {
        let name = self.id.strip_prefix(self.area).unwrap_or(self.id).trim_start_matches('/');
        self.side.map_or_else(|| name.to_owned(), |side| format!("{name} {side}"))
    }
}

fn lines<'a>(
    columns: &[Column<'_>],
    reports: &'a [CaseReport],
    rows: Rows,
) -> BTreeMap<TableRow<'a>, Vec<TableCell>> {
    let mut by_key: BTreeMap<TableRow<'a>, Vec<&CaseReport>> = BTreeMap::new();
    for report in reports {
        let side = (rows == Rows::Case).then_some(report.run.case.side);
        by_key
            .entry(TableRow { area: report.area(), id: &report.run.case.scenario, side })
            .or_default()
            .push(report);
    }
    let line = |(key, reports): (_, Vec<&CaseReport>)| {
        let mut cells: Vec<_> =
            columns.iter().map(|column| verdict_cell(column, &reports, rows)).collect();
        cells.push(trace_cell(&reports));
        (key, cells)
    };
    by_key.into_iter().map(line).collect()
}

/// A mark for each side that any target played, in the order client, server; one word if all are the same.
fn verdict_cell(column: &Column<'_>, row: &[&CaseReport], rows: Rows) -> TableCell {
    let worst = |side| {
        let here = |report: &&&CaseReport| {
            report.run.case.side == side
                && (report.run.target.as_str(), report.run.clock) == *column
        };
        row.iter().filter(here).copied().max_by_key(|report| rank(&report.verdict))
    };
    let sides = [Side::Client, Side::Server].into_iter();
    let sides: Vec<_> = sides
        .filter(|side| row.iter().any(|report| report.run.case.side == *side))
        .map(worst)
        .collect();
    let words: Vec<_> = sides.iter().map(|side| side.map_or("-", |r| mark(&r.verdict))).collect();
    let style = sides.iter().flatten().max_by_key(|report| rank(&report.verdict));
    let style = style.map_or(DIM, |report| verdict_style(&report.verdict));
    let text = match words.split_first() {
        Some((&PASS, rest)) if rest.iter().all(|word| *word == PASS) => words.concat(),
        Some((first, rest)) if rest.iter().all(|word| word == first) => (*first).to_owned(),
        _ => words.join("/"),
    };
    match sides.as_slice() {
        [Some(report)] if rows == Rows::Case && report.verdict.is_ran() => {
            TableCell::new(format!("{text} {}", time(report)), style)
        }
        _ => TableCell::new(text, style),
    }
}

/// How long a case took on its clock.
fn time(report: &CaseReport) -> String {
    match report.run.clock {
        Clock::Virtual => format!("{} s", report.virtual_duration),
        Clock::Live => seconds(report.duration),
    }
}

/// The comparison that says most about the row; nothing where nothing was compared.
fn trace_cell(row: &[&CaseReport]) -> TableCell {
    let word = |report: &&CaseReport| match report.comparison {
        Comparison::NotCompared { .. } => (0, "-", DIM),
        Comparison::AgreesWithGolden => (1, "golden", GREEN),
        Comparison::Agrees => (2, "agrees", GREEN),
        Comparison::Declared { .. } => (3, "declared", YELLOW),
        Comparison::Differs(_) => (4, "differs", RED),
    };
    let most = row.iter().map(word).max_by_key(|(rank, ..)| *rank);
    most.map_or_else(|| TableCell::new("-", DIM), |(_, word, style)| TableCell::new(word, style))
}

/// How much a verdict asks to be seen; of several repetitions the highest is shown.
const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Skip { .. } => 0,
        Verdict::Pass => 1,
        Verdict::WeakPass { .. } => 2,
        Verdict::Differs(_) => 3,
        Verdict::NotReached(_) => 4,
        Verdict::KnownFail { .. } => 5,
        Verdict::UnexpectedPass { .. } => 6,
        Verdict::TraceChanged { .. } => 7,
        Verdict::Fail(_) => 8,
        Verdict::Died(..) => 9,
        Verdict::Broken { .. } => 10,
    }
}

/// A verdict in a cell: what is as it should be is small, what is not is in capitals.
const fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => PASS,
        Verdict::WeakPass { .. } => "weak",
        Verdict::Differs(_) => "differs",
        Verdict::NotReached(_) => "not reached",
        Verdict::Fail(_) => "FAIL",
        Verdict::Died(Death::Crashed, _) => "CRASHED",
        Verdict::Died(Death::Stuck, _) => "STUCK",
        Verdict::KnownFail { .. } => "known",
        Verdict::UnexpectedPass { .. } => "PASSES",
        Verdict::TraceChanged { .. } => "CHANGED",
        Verdict::Skip { .. } => "skip",
        Verdict::Broken { .. } => "BROKEN",
    }
}

/// The colour of a verdict.
pub(super) const fn verdict_style(verdict: &Verdict) -> Style {
    match verdict {
        Verdict::Pass => GREEN,
        Verdict::WeakPass { .. }
        | Verdict::Differs(_)
        | Verdict::NotReached(_)
        | Verdict::KnownFail { .. } => YELLOW,
        Verdict::Skip { .. } => DIM,
        Verdict::Fail(_)
        | Verdict::Died(..)
        | Verdict::UnexpectedPass { .. }
        | Verdict::TraceChanged { .. }
        | Verdict::Broken { .. } => RED,
    }
}

/// Text with a style.
struct TableCell {
    text: String,
    style: Style,
}

impl TableCell {
    fn new(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: escape(text.as_ref()).into_owned(), style }
    }

    /// Columns on a terminal: every character this table uses takes one.
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

const PASS: &str = "✓";
const PLAIN: Style = Style::new();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default().bold();
pub(super) const PROBLEM: Style = RED;
pub(super) const HEAD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();

#[cfg(test)]
mod tests {
    use crate::verdict::RunId;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;
    use crate::sink::AutoStream;

    fn table(reports: &[CaseReport], rows: Rows) -> String {
        let mut out = AutoStream::never(Vec::new());
        write(&mut Terminal::new(&mut out), &[], reports, rows).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_row_folds_both_sides_and_sets_the_targets_side_by_side() {
        assert_eq!(
            table(&sample::cases(), Rows::Scenario),
            "
half-close      built-in   go-hashicorp  trace
  write-stalls  ✓/weak     FAIL/PASSES   differs

ping            built-in   go-hashicorp  trace
  echo          ✓/CHANGED  ✓/known       differs
  only-once     ✓          skip          golden
"
        );
    }

    #[test]
    fn a_row_of_one_case_says_how_long_it_took() {
        let cases = [
            sample::passed("ping/echo", Side::Client, "built-in"),
            sample::passed("ping/echo", Side::Server, "built-in"),
            sample::passed("ping/echo", Side::Client, "go-hashicorp"),
        ];
        assert_eq!(
            table(&cases, Rows::Case),
            "
ping           built-in   go-hashicorp  trace
  echo client  ✓ 0.000 s  ✓ 2 ms        agrees
  echo server  ✓ 0.000 s  -             agrees
"
        );
    }

    #[test]
    fn a_target_on_both_clocks_has_two_columns() {
        let virtual_case = sample::passed("alone", Side::Client, "go");
        let run = RunId { clock: Clock::Virtual, ..virtual_case.run };
        let virtual_case = CaseReport { run, ..virtual_case };
        let live = sample::passed("alone", Side::Client, "go");
        assert_eq!(
            table(&[virtual_case, live], Rows::Scenario),
            "
         go (virtual)  go (live)  trace
  alone  ✓             ✓          agrees
"
        );
    }

    #[test]
    fn of_several_repetitions_the_worst_is_shown() {
        let failed = sample::failed();
        let passed = sample::with(failed.clone(), Verdict::Pass);
        let again = CaseReport { run: RunId { repeat: 2, ..passed.run }, ..passed };
        let text = table(&[failed, again], Rows::Scenario);
        assert!(text.contains("write-stalls  FAIL"), "{text}");
    }

    #[test]
    fn a_run_of_nothing_has_no_table() {
        assert_eq!(table(&[], Rows::Scenario), "");
    }
}
