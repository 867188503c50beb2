//! The full table of a run: a row for each side of each scenario, a column for each target, grouped by area.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use anstyle::{AnsiColor, Style};

use crate::engine::Death;
use crate::report::TargetInfo;
use crate::report::parts::summary::seconds;
use crate::runner::verdict::{CaseReport, Clock, Comparison, Verdict};
use crate::system::sink::{Line, MAX_PADDING, Terminal, columns_of, escape};
use crate::yamux::frame::Side;

/// The content of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Both sides of a scenario.
    Scenario,
    /// One side, with times.
    Case,
}

/// Writes the table of `reports`, in lines of at most `width` columns if the names of scenarios allow that; nothing if there
/// are none. The columns are in the order of `targets`.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    targets: &[TargetInfo],
    reports: &[CaseReport],
    (rows, width): (Rows, usize),
) -> io::Result<()> {
    let columns = columns(targets, reports);
    let lines = lines(&columns, reports, rows);
    if lines.is_empty() {
        return Ok(());
    }
    let name_width = lines.keys().map(|key| columns_of(&key.name()) + 2).max().unwrap_or(0);
    let room = width.saturating_sub(name_width);
    let (names, trace) = (names(&columns), "trace".to_owned());
    let heads = |names: Vec<String>| -> Vec<TableCell> {
        names.into_iter().chain([trace.clone()]).map(|head| TableCell::new(head, DIM)).collect()
    };
    let fits = |heads: &[TableCell]| blocks(&widths(heads, &lines), room).len() == 1;
    let mut shown = heads(names.clone());
    if !fits(&shown) {
        shown = heads(numbers(columns.len()));
        out.line("")?;
        for (index, name) in names.iter().enumerate() {
            out.line(format!("{:>2} {name}", index + 1))?;
        }
    }
    let widths = widths(&shown, &lines);
    let mut area = None;
    for key in lines.keys() {
        if area == Some(key.area) {
            continue;
        }
        area = Some(key.area);
        for block in blocks(&widths, room) {
            // The heads are repeated at every area's name, so that they are never far away.
            out.line("")?;
            let head = TableCell::new(key.area, HEAD);
            write_row(out, &head, name_width, &shown[block.clone()], &widths[block.clone()])?;
            for (key, cells) in lines.iter().filter(|(other, _)| other.area == key.area) {
                let name = TableCell::new(format!("  {}", key.name()), PLAIN);
                write_row(out, &name, name_width, &cells[block.clone()], &widths[block.clone()])?;
            }
        }
    }
    Ok(())
}

fn widths(heads: &[TableCell], lines: &BTreeMap<TableRow<'_>, Vec<TableCell>>) -> Vec<usize> {
    let mut widths: Vec<_> = heads.iter().map(TableCell::width).collect();
    for cells in lines.values() {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width().max(*width);
        }
    }
    widths
}

/// Groups columns of these widths into blocks that fit `room`, with two blanks before each column; a block has at least one.
pub(crate) fn blocks(widths: &[usize], room: usize) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut used = 0;
    for (index, width) in widths.iter().enumerate() {
        let needed = width + 2;
        match blocks.last_mut() {
            Some(block) if used + needed <= room => {
                block.end = index + 1;
                used += needed;
            }
            _ => {
                blocks.push(index..index + 1);
                used = needed;
            }
        }
    }
    blocks
}

/// The shortest possible heads.
pub(crate) fn numbers(columns: usize) -> Vec<String> {
    (1..=columns).map(|number| number.to_string()).collect()
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
pub(crate) type Column<'a> = (&'a str, Clock);

/// The targets that run, then all others that have reports.
pub(crate) fn columns<'a>(targets: &'a [TargetInfo], reports: &'a [CaseReport]) -> Vec<Column<'a>> {
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

/// The targets' names, with the clock where a target runs on both.
pub(crate) fn names(columns: &[Column<'_>]) -> Vec<String> {
    let is_twice = |name: &str| columns.iter().filter(|(other, _)| *other == name).count() > 1;
    let name = |&(name, clock): &Column<'_>| match is_twice(name) {
        true => format!("{name} ({clock})"),
        false => name.to_owned(),
    };
    columns.iter().map(name).collect()
}

/// The identity of a row; rows are in this order.
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

/// The row's most significant comparison; empty if nothing was compared.
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

/// How urgent a verdict is; of several repetitions the most urgent is shown.
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

/// A verdict in a cell: lower case if it is as it should be, else capitals.
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
pub(crate) const fn verdict_style(verdict: &Verdict) -> Style {
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

    fn width(&self) -> usize {
        columns_of(&self.text)
    }
}

const PASS: &str = "✓";
pub(crate) const PLAIN: Style = Style::new();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const PROBLEM: Style = RED;
pub(crate) const HEAD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

#[cfg(test)]
mod tests {
    use crate::runner::verdict::RunId;
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample::{self, CLIENT};

    fn table(reports: &[CaseReport], rows: Rows) -> String {
        sample::plain(|out| write(out, &[], reports, (rows, 80)).unwrap())
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
    fn columns_that_do_not_fit_are_numbered_and_then_stand_in_blocks() {
        let case = |n: u32| sample::passed("area/scenario", CLIENT, &format!("implementation-{n}"));
        let cases: Vec<_> = (0..20).map(case).collect();
        let text = table(&cases, Rows::Scenario);
        assert!(text.lines().all(|line| columns_of(line) <= 80), "{text}");
        assert!(text.starts_with("\n 1 implementation-0\n 2 implementation-1\n"), "{text}");
        assert_eq!(text.matches("\narea ").count(), 2, "{text}");
    }

    #[test]
    fn a_run_of_nothing_has_no_table() {
        assert_eq!(table(&[], Rows::Scenario), "");
    }
}
