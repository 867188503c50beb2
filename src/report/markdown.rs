//! The report as Markdown: what ran, counts for each area and implementation, measured answers, and the negative verdicts in
//! groups, each folded. For a pull request, a page, or the summary of a job.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::PathBuf;

use crate::report::parts::answers;
use crate::report::parts::groups::{FailureGroup, groups};
use crate::report::{
    Reporter, RunEvent, Shard, Summary, TargetInfo, VerdictCounts, body, headline,
};
use crate::runner::verdict::{CaseReport, Clock, RunId};
use crate::system::sink::{
    append_file, escape, harmless, path_name, plain_stdout, room_behind, write_file,
};

/// Writes Markdown at the end of the run.
#[derive(Debug)]
pub(crate) struct Markdown<W> {
    write: W,
    /// The most bytes allowed.
    room: usize,
    version: String,
    targets: Vec<TargetInfo>,
    shard: Option<Shard>,
    suite: Option<String>,
    reports: Vec<CaseReport>,
}

/// On stdout.
pub(crate) fn markdown_on_stdout() -> Markdown<impl FnMut(&str) -> io::Result<()>> {
    Markdown::new(|text| {
        let mut out = plain_stdout();
        io::Write::write_all(&mut out, text.as_bytes())?;
        io::Write::flush(&mut out)
    })
}

/// To a file of its own, which is replaced as a whole.
pub(crate) fn markdown_file(path: PathBuf) -> Markdown<impl FnMut(&str) -> io::Result<()>> {
    Markdown::new(move |text| {
        write_file(&path, text.as_bytes())
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&path))))
    })
}

/// Appended to the file, as GitHub wants the summary of a job's step; in all no larger than GitHub accepts.
pub(crate) fn markdown_step_summary(path: PathBuf) -> Markdown<impl FnMut(&str) -> io::Result<()>> {
    let room = room_behind(&path, MAX_BYTES);
    let write = move |text: &str| {
        append_file(&path, format!("{text}\n").as_bytes())
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&path))))
    };
    Markdown { room, ..Markdown::new(write) }
}

impl<W: FnMut(&str) -> io::Result<()>> Markdown<W> {
    /// A reporter that passes its text to `write`.
    pub(crate) const fn new(write: W) -> Self {
        Self {
            write,
            room: MAX_BYTES,
            version: String::new(),
            targets: Vec::new(),
            shard: None,
            suite: None,
            reports: Vec::new(),
        }
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.reports.sort_by(|a, b| a.run.cmp(&b.run));
        let text = self.text(summary).map_err(io::Error::other)?;
        (self.write)(&text)
    }

    fn text(&self, summary: &Summary) -> Result<String, std::fmt::Error> {
        let mut end = String::new();
        for problem in &summary.problems {
            writeln!(end, "\n* {}", text(problem))?;
        }
        let shard = self.shard.map_or_else(String::new, |shard| format!(" (shard {shard})"));
        writeln!(end, "\n{}{shard}", text(&summary.counts()))?;
        let mut out = String::new();
        self.implementations(&mut out)?;
        self.areas(&mut out)?;
        self.answers(&mut out)?;
        if out.len() + end.len() + LEFT_OUT > self.room {
            out = "What else there is to say is longer than there is room for.\n".to_owned();
        }
        let groups = groups(self.reports.iter().map(|report| (report, 0)));
        if !groups.is_empty() {
            writeln!(out, "\nNegative verdicts:")?;
        }
        for (index, group) in groups.iter().enumerate() {
            let told = self.group(group)?;
            if out.len() + told.len() + end.len() + LEFT_OUT > self.room {
                let rest = &groups[index..];
                let cases: usize = rest.iter().map(|group| group.cases.len()).sum();
                writeln!(
                    out,
                    "\n{} more with {cases} cases: no room is left for them.",
                    rest.len()
                )?;
                break;
            }
            out.push_str(&told);
        }
        out.push_str(&end);
        Ok(out)
    }

    /// What the cases have in common, one or two of them in full but folded, and the ids of the others.
    fn group(&self, group: &FailureGroup<'_>) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        writeln!(out, "\n{}\n", text(&group.title()))?;
        let (full, rest) = group.shown();
        for (report, _) in full {
            writeln!(
                out,
                "<details><summary><code>{}</code></summary>\n",
                html(&headline(report))
            )?;
            writeln!(out, "<pre>\n{}</pre>\n</details>\n", html(&body(report, WIDTH)))?;
        }
        if !rest.is_empty() {
            writeln!(out, "<details><summary>{} more</summary>\n", rest.len())?;
            for (report, _) in &rest {
                let place = place(&self.targets, &report.run.target, report.run.clock);
                writeln!(out, "* {} ({})", text(&report.run.name()), text(&place))?;
            }
            writeln!(out, "\n</details>")?;
        }
        Ok(out)
    }

    fn implementations(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "| yamux-conform {} | clock | what it is |\n|---|---|---|", self.version)?;
        for target in &self.targets {
            let how = if target.ran { target.clock.to_string() } else { "golden".to_owned() };
            let TargetInfo { name, description, .. } = target;
            writeln!(out, "| {} | {how} | {} |", text(name), text(description))?;
        }
        if let Some(suite) = &self.suite {
            writeln!(out, "\nSuite: {}", text(suite))?;
        }
        writeln!(out)
    }

    /// A row for each area and a total, a column for each implementation on each of its clocks.
    fn areas(&self, out: &mut String) -> std::fmt::Result {
        let columns = self.columns();
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
        writeln!(out, "| | {} |", heads.collect::<Vec<_>>().join(" | "))?;
        writeln!(out, "|---|{}", "---|".repeat(columns.len()))?;
        for (area, cells) in rows.into_iter().chain([("**all**", all)]) {
            let cells: Vec<String> = cells.iter().map(cell).collect();
            let area = if area.starts_with('*') { area.to_owned() } else { text(area) };
            writeln!(out, "| {area} | {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    fn answers(&self, out: &mut String) -> std::fmt::Result {
        let answered = self.reports.iter().map(|report| {
            let RunId { target, clock, .. } = &report.run;
            (place(&self.targets, target, *clock), &*report.answers)
        });
        for (question, lines) in answers::by_question(answered) {
            writeln!(out, "\n| {} | |\n|---|---|", text(question))?;
            for (place, told) in lines {
                writeln!(out, "| {} | {} |", text(&place), text(&told))?;
            }
        }
        Ok(())
    }

    fn columns(&self) -> Vec<(String, Clock)> {
        let ran = self.targets.iter().filter(|target| target.ran);
        ran.map(|target| (target.name.clone(), target.clock)).collect()
    }
}

impl<W: FnMut(&str) -> io::Result<()>> Reporter for Markdown<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { targets, version, portion, suite, .. } => {
                self.suite = suite.map(ToString::to_string);
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

/// `12 pass, 2 weak, 1 known`; a dash if nothing was run.
fn cell(counts: &Summary) -> String {
    let told: Vec<String> = words(&counts.counts)
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if told.is_empty() { "-".to_owned() } else { told.join(", ") }
}

const fn words(counts: &VerdictCounts) -> [(&'static str, usize); 11] {
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

/// Untrusted text inside elements, escaped.
fn html(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = harmless(line).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        line + "\n"
    });
    lines.collect::<String>().trim_end_matches('\n').to_owned()
        + if text.ends_with('\n') { "\n" } else { "" }
}

/// The width of a folded failure: as much as a page shows without scrolling.
const WIDTH: usize = 100;

/// GitHub accepts 1 MiB for the summary of a step, and nothing of a larger one.
const MAX_BYTES: usize = (1 << 20) - 1024;

/// Room for the sentence that says what is left out.
const LEFT_OUT: usize = 200;

/// Untrusted text without markup and ends of cells.
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
    use crate::report::sample::{self, failure, passed, with};
    use crate::runner::verdict::Verdict;
    use crate::yamux::frame::Side;

    type ToText<'a> = Markdown<&'a mut dyn FnMut(&str) -> io::Result<()>>;

    fn with_room(room: usize, run: impl FnOnce(&mut ToText<'_>)) -> String {
        let mut out = String::new();
        let mut write = |text: &str| {
            out.push_str(text);
            Ok(())
        };
        run(&mut Markdown { room, ..Markdown::new(&mut write) });
        out
    }

    #[test]
    fn counts_stand_by_area_and_implementation() {
        let target = |name: &str, clock| TargetInfo {
            description: format!("{name} <1.0>"),
            ..sample::target(name, clock)
        };
        let targets = [target("built-in", Clock::Virtual), target("go|x", Clock::Live)];
        let dead = Verdict::Died(Death::Crashed, failure());
        let cases = [
            passed("ping/echo", Side::Client, "built-in"),
            passed("ping/echo", Side::Server, "built-in"),
            with(passed("ping/echo", Side::Client, "go|x"), dead),
            passed("fin/once", Side::Client, "go|x"),
        ];
        let mut summary = Summary::default();
        cases.iter().for_each(|case| summary.count(&case.verdict));
        let out = with_room(MAX_BYTES, |markdown| {
            sample::tell(markdown, (&targets, &cases), "", &summary);
        });
        let expected = "\
| yamux-conform 0.1.0 | clock | what it is |
|---|---|---|
| built-in | virtual | built-in &lt;1.0> |
| go\\|x | live | go\\|x &lt;1.0> |

| | built-in | go\\|x |
|---|---|---|
| fin | - | 1 pass |
| ping | 2 pass | 1 **crashed** |
| **all** | 2 pass | 1 pass, 1 **crashed** |

Negative verdicts:

1 case breaks CLO-09

<details><summary><code>CRASHED ping/echo/client (go|x, live clock)</code></summary>

<pre>
  title       A pong carries";
        assert_eq!(&out[..expected.len()], expected);
        assert!(out.contains("PING-01: a ping is answered (must; spec, \"Ping\")\n"), "{out}");
        assert!(out.ends_with("\n3 passed, 0 failed, 1 crashed\n"), "{out}");
    }

    #[test]
    fn what_has_no_room_is_left_out_and_counted() {
        let cases: Vec<_> = (0..40)
            .map(|n| {
                let mut failure = failure();
                failure.clause = format!("CLO-{n}").into();
                with(passed(&format!("a/{n}"), Side::Client, "built-in"), Verdict::Fail(failure))
            })
            .collect();
        let with_room = |room| with_room(room, |markdown| sample::run(markdown, &cases));
        let whole = with_room(MAX_BYTES);
        assert_eq!(whole.matches("<details>").count(), 40);
        assert_eq!(whole.matches("</details>").count(), 40);
        let cut = with_room(whole.len() / 2);
        assert!(
            cut.len() <= whole.len() / 2 && cut.contains(" cases: no room is left for them."),
            "{cut}"
        );
        assert_eq!(cut.matches("<details>").count(), cut.matches("</details>").count());
        assert!(cut.ends_with("0 passed, 40 failed, 1 problem\n"), "{cut}");
        let least = with_room(1000);
        assert!(least.len() <= 1000 && least.contains("40 more with 40 cases"), "{least}");
    }
}
