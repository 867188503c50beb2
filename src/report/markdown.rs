//! The report as Markdown: what ran, counts for each area and implementation, the answers to what scenarios ask, and the
//! negative verdicts. For a pull request, or a page.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::{Reporter, RunEvent, Shard, Summary, TargetInfo, answers, headline};
use crate::sink::escape;
use crate::verdict::{CaseReport, Clock, RunId};

/// Writes Markdown once the run is over.
#[derive(Debug)]
pub struct Markdown<W> {
    out: W,
    version: String,
    targets: Vec<TargetInfo>,
    shard: Option<Shard>,
    reports: Vec<CaseReport>,
}

impl<W: Write> Markdown<W> {
    /// A reporter on `out`.
    pub const fn new(out: W) -> Self {
        let version = String::new();
        Self { out, version, targets: Vec::new(), shard: None, reports: Vec::new() }
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.reports.sort_by(|a, b| a.run.cmp(&b.run));
        let columns = self.columns();
        self.implementations()?;
        self.areas(&columns)?;
        self.answers()?;
        let negative = || self.reports.iter().filter(|report| report.verdict.is_negative());
        if negative().next().is_some() {
            writeln!(self.out, "\nNegative verdicts:\n")?;
            for report in negative() {
                writeln!(self.out, "* {}", text(&headline(report)))?;
            }
        }
        for problem in &summary.problems {
            writeln!(self.out, "\n* {}", text(problem))?;
        }
        let shard = self.shard.map_or_else(String::new, |shard| format!(" (shard {shard})"));
        writeln!(self.out, "\n{}{shard}", text(&summary.counts()))?;
        self.out.flush()
    }

    fn implementations(&mut self) -> io::Result<()> {
        writeln!(
            self.out,
            "| yamux-conform {} | clock | what it is |\n|---|---|---|",
            self.version
        )?;
        for target in &self.targets {
            let how = if target.ran { target.clock.to_string() } else { "golden".to_owned() };
            let TargetInfo { name, description, .. } = target;
            writeln!(self.out, "| {} | {how} | {} |", text(name), text(description))?;
        }
        writeln!(self.out)
    }

    /// A row for each area and one for all of them, a column for each implementation on each of its clocks.
    fn areas(&mut self, columns: &[(String, Clock)]) -> io::Result<()> {
        let mut rows: BTreeMap<&str, Vec<Summary>> = BTreeMap::new();
        let mut all = vec![Summary::default(); columns.len()];
        for report in &self.reports {
            let RunId { case, target, clock, .. } = &report.run;
            let is_it = |(name, on): &(String, Clock)| name == target && on == clock;
            let Some(column) = columns.iter().position(is_it) else { continue };
            let area = case.scenario.split('/').next().unwrap_or_default();
            let row = rows.entry(area).or_insert_with(|| vec![Summary::default(); columns.len()]);
            row[column].count(&report.verdict);
            all[column].count(&report.verdict);
        }
        let heads = columns.iter().map(|(name, clock)| text(&place(&self.targets, name, *clock)));
        writeln!(self.out, "| | {} |", heads.collect::<Vec<_>>().join(" | "))?;
        writeln!(self.out, "|---|{}", "---|".repeat(columns.len()))?;
        for (area, cells) in rows.into_iter().chain([("**all**", all)]) {
            let cells: Vec<String> = cells.iter().map(cell).collect();
            let area = if area.starts_with('*') { area.to_owned() } else { text(area) };
            writeln!(self.out, "| {area} | {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    fn answers(&mut self) -> io::Result<()> {
        let answered = self.reports.iter().map(|report| {
            let RunId { target, clock, .. } = &report.run;
            (place(&self.targets, target, *clock), &*report.answers)
        });
        for (question, lines) in answers::by_question(answered) {
            writeln!(self.out, "\n| {} | |\n|---|---|", text(question))?;
            for (place, told) in lines {
                writeln!(self.out, "| {} | {} |", text(&place), text(&told))?;
            }
        }
        Ok(())
    }

    fn columns(&self) -> Vec<(String, Clock)> {
        let ran = self.targets.iter().filter(|target| target.ran);
        ran.map(|target| (target.name.clone(), target.clock)).collect()
    }
}

impl<W: Write> Reporter for Markdown<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { targets, version, portion, .. } => {
                self.targets = targets.to_vec();
                self.shard = portion.shard;
                (*version).clone_into(&mut self.version);
            }
            RunEvent::CaseFinished(report) => self.reports.push((*report).clone()),
            RunEvent::RunFinished(summary) => return self.finish(summary),
            RunEvent::CaseStarted(_) | RunEvent::Note(_) => {}
        }
        Ok(())
    }
}

/// A target, and its clock if it ran on both.
fn place(targets: &[TargetInfo], name: &str, clock: Clock) -> String {
    let twins = targets.iter().filter(|other| other.ran && other.name == name);
    if twins.count() > 1 { format!("{name}, {clock}") } else { name.to_owned() }
}

/// `12 pass, 2 weak, 1 known`; a dash where nothing was asked.
fn cell(counts: &Summary) -> String {
    let told: Vec<String> = words(counts)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

const fn words(counts: &Summary) -> [(&'static str, usize); 11] {
    [
        ("pass", counts.passed),
        ("weak", counts.weak),
        ("differ", counts.differs),
        ("not reached", counts.not_reached),
        ("known", counts.known),
        ("**fail**", counts.failed),
        ("**crashed**", counts.crashed),
        ("**stuck**", counts.stuck),
        ("**trace changed**", counts.trace_changed + counts.unexpected_passes),
        ("**broken**", counts.broken),
        ("skip", counts.skipped),
    ]
}

/// Text of others: nothing in it is markup, or ends a cell.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escape(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '@' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::engine::Death;
    use crate::frame::Side;
    use crate::report::Portion;
    use crate::report::sample::{failure, passed, with};
    use crate::verdict::Verdict;

    #[test]
    fn counts_stand_by_area_and_implementation() {
        let target = |name: &str, clock| TargetInfo {
            name: name.to_owned(),
            asked: name.to_owned(),
            clock,
            description: format!("{name} <1.0>"),
            ran: true,
            note: None,
        };
        let targets = [target("built-in", Clock::Virtual), target("go|x", Clock::Live)];
        let mut out = Vec::new();
        let mut markdown = Markdown::new(&mut out);
        let started = RunEvent::RunStarted {
            cases: 4,
            targets: &targets,
            seed: 0,
            version: "1",
            portion: &Portion::default(),
        };
        markdown.report(&started).unwrap();
        let dead = Verdict::Died(Death::Crashed, failure());
        let cases = [
            passed("ping/echo", Side::Client, "built-in"),
            passed("ping/echo", Side::Server, "built-in"),
            with(passed("ping/echo", Side::Client, "go|x"), dead),
            passed("fin/once", Side::Client, "go|x"),
        ];
        let mut summary = Summary::default();
        for case in &cases {
            summary.count(&case.verdict);
            markdown.report(&RunEvent::CaseFinished(case)).unwrap();
        }
        markdown.report(&RunEvent::RunFinished(&summary)).unwrap();
        let out = String::from_utf8(out).unwrap();
        let expected = "\
| yamux-conform 1 | clock | what it is |
|---|---|---|
| built-in | virtual | built-in &lt;1.0> |
| go\\|x | live | go\\|x &lt;1.0> |

| | built-in | go\\|x |
|---|---|---|
| fin | - | 1 pass |
| ping | 2 pass | 1 **crashed** |
| **all** | 2 pass | 1 pass, 1 **crashed** |

Negative verdicts:

* ";
        assert_eq!(&out[..expected.len()], expected);
        assert!(out.ends_with("\n3 passed, 0 failed, 1 crashed\n"), "{out}");
    }
}
