//! The summary table of a run: a row for each area, a column for each target, and each target's result in words.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use anstyle::Style;

use crate::report::terminal::table::{self, Column, DIM, GREEN, HEAD, PLAIN, RED, YELLOW};
use crate::report::{Summary, TargetInfo, VerdictCounts};
use crate::runner::verdict::CaseReport;
use crate::system::sink::{Line, MAX_PADDING, Terminal, columns_of, escape, wrapped};

/// Writes the table of `reports` in lines of at most `width` columns; nothing if there are none.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    targets: &[TargetInfo],
    reports: &[CaseReport],
    width: usize,
) -> io::Result<()> {
    let columns = table::columns(targets, reports);
    if columns.is_empty() {
        return Ok(());
    }
    let counted = Counted::new(&columns, reports);
    let names: Vec<String> = table::names(&columns);
    let fits = |heads: &[String]| counted.blocks(heads, width).len() == 1;
    let heads = if fits(&names) { names.clone() } else { table::numbers(columns.len()) };
    for block in counted.blocks(&heads, width) {
        out.line("")?;
        counted.block(out, &heads, block)?;
    }
    let is_plain = |counts: &Summary| matches!(AreaCell::of(counts), AreaCell(0, 0, _));
    if columns.len() > 1 || !counted.all.1.iter().all(is_plain) {
        out.line("")?;
    }
    let is_numbered = heads != names;
    let widest = names.iter().map(|name| columns_of(name)).max().unwrap_or(0).min(MAX_PADDING);
    // For a single target the last line says the same.
    let named = names.iter().enumerate().filter(|_| columns.len() > 1);
    for (index, name) in named {
        let number = if is_numbered { format!("{:>2} ", index + 1) } else { String::new() };
        let gap = " ".repeat(widest.saturating_sub(columns_of(name)));
        let first = format!("  {number}{name}{gap}  ");
        let rest = " ".repeat(columns_of(&first).min(width / 2));
        let lines = wrapped(&counted.all.1[index].counts(), width, &first, &rest);
        lines.into_iter().try_for_each(|line| out.line(line))?;
    }
    if !counted.all.1.iter().all(is_plain) {
        out.wrapped(DIM, LEGEND, width, 2)?;
    }
    Ok(())
}

/// Counts for each area and target, and for all areas.
struct Counted<'a> {
    areas: BTreeMap<&'a str, Vec<Summary>>,
    all: (&'static str, Vec<Summary>),
}

impl<'a> Counted<'a> {
    fn new(columns: &[Column<'_>], reports: &'a [CaseReport]) -> Self {
        let none = vec![Summary::default(); columns.len()];
        let mut areas: BTreeMap<&str, Vec<Summary>> = BTreeMap::new();
        let mut all = none.clone();
        for report in reports {
            let is_it =
                |column: &Column<'_>| *column == (report.run.target.as_str(), report.run.clock);
            let Some(index) = columns.iter().position(is_it) else { continue };
            let row = areas.entry(report.area()).or_insert_with(|| none.clone());
            row[index].count(&report.verdict);
            all[index].count(&report.verdict);
        }
        Self { areas, all: ("all", all) }
    }

    fn rows(&self) -> impl Iterator<Item = (&str, &Vec<Summary>)> {
        let all = (self.areas.len() > 1).then_some((self.all.0, &self.all.1));
        self.areas.iter().map(|(area, counts)| (*area, counts)).chain(all)
    }

    fn name_width(&self) -> usize {
        self.rows().map(|(area, _)| columns_of(&escape(area))).max().unwrap_or(0)
    }

    /// The width of each column under these heads.
    fn widths(&self, heads: &[String]) -> Vec<usize> {
        let width = |(index, head): (usize, &String)| {
            let cells = self.rows().map(|(_, counts)| columns_of(&cell(counts, index).0));
            cells.chain([columns_of(&escape(head))]).max().unwrap_or(0)
        };
        heads.iter().enumerate().map(width).collect()
    }

    /// The columns of each block: as many as fit the width, and at least one.
    fn blocks(&self, heads: &[String], width: usize) -> Vec<Range<usize>> {
        let room = width.saturating_sub(self.name_width() + INDENT + GAP + CASES.len());
        table::blocks(&self.widths(heads), room)
    }

    fn block(
        &self,
        out: &mut Terminal<impl io::Write>,
        heads: &[String],
        block: Range<usize>,
    ) -> io::Result<()> {
        let widths = self.widths(heads);
        let name_width = self.name_width().min(MAX_PADDING);
        let mut line = Line::styled(HEAD, format!("{:INDENT$}{:name_width$}", "", ""));
        line = line.and_styled(DIM, format!("  {CASES}"));
        let mut gap = 0;
        for index in block.clone() {
            let head = escape(&heads[index]);
            line = line.and_styled(DIM, format!("{:gap$}  {head}", ""));
            gap = widths[index].saturating_sub(columns_of(&head)).min(MAX_PADDING);
        }
        out.line(line)?;
        for (area, counts) in self.rows() {
            let style = if area == self.all.0 { HEAD } else { PLAIN };
            let area = escape(area);
            let pad = name_width.saturating_sub(columns_of(&area));
            let mut line = Line::styled(style, format!("{:INDENT$}{area}", ""));
            line = line.and_styled(DIM, format!("{:pad$}  {:>5}", "", most(counts)));
            let mut gap = 0;
            for index in block.clone() {
                let (text, style) = cell(counts, index);
                line = line.and(format!("{:gap$}  ", "")).and_styled(style, &text);
                gap = widths[index].saturating_sub(columns_of(&text)).min(MAX_PADDING);
            }
            out.line(line)?;
        }
        Ok(())
    }
}

/// How many are negative, how many are neither that nor passes, and how many there are.
struct AreaCell(usize, usize, usize);

impl AreaCell {
    const fn of(counts: &Summary) -> Self {
        let counts = &counts.counts;
        let VerdictCounts { passed, weak, failed, crashed, stuck, broken, .. } = counts;
        let negative =
            *failed + *crashed + *stuck + *broken + counts.trace_changed + counts.unexpected_passes;
        let other = counts.differs + counts.not_reached + counts.known + counts.skipped;
        Self(negative, other, *passed + *weak + negative + other)
    }
}

/// The largest number of cases of any target there; targets with cases all have that many.
fn most(counts: &[Summary]) -> usize {
    counts.iter().map(|counts| AreaCell::of(counts).2).max().unwrap_or(0)
}

fn cell(counts: &[Summary], index: usize) -> (String, Style) {
    let AreaCell(negative, other, all) = AreaCell::of(&counts[index]);
    let (mut text, style) = match (negative, other) {
        _ if all == 0 => ("-".to_owned(), DIM),
        (0, 0) => ("✓".to_owned(), GREEN),
        (0, other) => (format!("~{other}"), YELLOW),
        (negative, 0) => (format!("✗{negative}"), RED),
        (negative, other) => (format!("✗{negative} ~{other}"), RED),
    };
    if all > 0 && all < most(counts) {
        text = format!("{text} of {all}");
    }
    (text, style)
}

const CASES: &str = "cases";
/// Before the name of an area.
const INDENT: usize = 2;
/// Between columns.
const GAP: usize = 2;

/// The legend of the cells.
const LEGEND: &str =
    "  ✓ passed, ~ known, skipped or lawfully otherwise, ✗ negative (-v has the reasons)";

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;
    use crate::runner::verdict::{Clock, RunId};

    fn table(reports: &[CaseReport], width: usize) -> String {
        sample::plain(|out| write(out, &[], reports, width).unwrap())
    }

    #[test]
    fn an_area_is_a_row_and_a_target_a_column() {
        let expected = "
              cases  built-in  go-hashicorp
  half-close      2  ✓         ✗2
  ping            3  ✗1        ~2
  all             5  ✗1        ✗2 ~2

  built-in      3 passed, 0 failed, 1 trace changed, 1 weak pass
  go-hashicorp  1 passed, 1 failed, 1 unexpected pass, 1 known deviation, 1
                skipped
  ✓ passed, ~ known, skipped or lawfully otherwise, ✗ negative (-v has the
    reasons)
";
        assert_eq!(table(&sample::cases(), 80), expected);
        let wide = table(&sample::cases(), 120);
        assert!(
            wide.contains("1 known deviation, 1 skipped\n") && wide.lines().count() == 9,
            "{wide}"
        );
    }

    #[test]
    fn what_all_pass_needs_no_legend() {
        let cases = [
            sample::passed("ping/echo", sample::CLIENT, "built-in"),
            sample::passed("open/one", sample::CLIENT, "built-in"),
        ];
        let expected = "
        cases  built-in
  open      1  ✓
  ping      1  ✓
  all       2  ✓
";
        assert_eq!(table(&cases, 80), expected);
    }

    #[test]
    fn eight_targets_on_two_clocks_fit_eighty_columns() {
        let mut cases = Vec::new();
        for target in 0..8 {
            for clock in [Clock::Virtual, Clock::Live] {
                for area in ["flow-control", "stalled-transport"] {
                    let case = sample::passed(&format!("{area}/a"), sample::CLIENT, "x");
                    let target = format!("implementation-{target}");
                    cases.push(CaseReport { run: RunId { target, clock, ..case.run }, ..case });
                }
            }
        }
        for width in [60, 80, 120] {
            let text = table(&cases, width);
            assert!(text.lines().all(|line| columns_of(line) <= width), "{text}");
            assert!(
                text.contains("\n  16 implementation-7 (live)     2 passed, 0 failed\n"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_run_of_nothing_has_no_table() {
        assert_eq!(table(&[], 80), "");
    }
}
