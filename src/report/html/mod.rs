//! The report as one self-contained HTML page: a matrix of cases, and each case with its diagrams. Written in one piece at
//! the end of the run.

mod data;
mod page;
mod sequence;

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

pub use data::{HtmlCase, HtmlColumn};
pub(crate) use page::HtmlTarget;
pub use page::{HtmlHead, HtmlPage};
pub(crate) use sequence::Sequence;

use crate::report::parts::summary::seconds;
use crate::report::{CaseEvidence, Reporter, RunEvent, Summary, TargetInfo};
use crate::runner::verdict::{CaseReport, Clock};
use crate::system::sink::{path_name, write_file};

/// Collects the cases, and writes the page at the end of the run or not at all.
#[derive(Debug)]
pub(crate) struct Html {
    path: PathBuf,
    started: SystemTime,
    version: String,
    /// The suite of scenarios, in words.
    suite: String,
    targets: Vec<TargetInfo>,
    page: HtmlPage,
    /// The calls and frames of the case that is about to be reported.
    sequence: Option<Sequence>,
}

impl Html {
    /// A reporter that writes `path`, in whose folder it needs to create a file.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            started: SystemTime::now(),
            version: String::new(),
            suite: String::new(),
            targets: Vec::new(),
            page: HtmlPage::default(),
            sequence: None,
        }
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let page = std::mem::take(&mut self.page).write(&self.head(summary))?;
        // Of any kind: a report file that could not be written is an error even where a closed pipe is none.
        write_file(&self.path, page.as_bytes())
            .map_err(|error| io::Error::other(format!("{}: {error}", path_name(&self.path))))
    }

    fn head(&self, summary: &Summary) -> HtmlHead {
        let clocks: Vec<String> = summary.clocks.iter().map(Clock::to_string).collect();
        let end = match summary.signal {
            Some(signal) => format!("{} ({signal})", summary.exit.number()),
            None => summary.exit.number().to_string(),
        };
        let facts = [
            ("suite", self.suite.clone()),
            ("started", humantime::format_rfc3339_seconds(self.started).to_string()),
            ("took", seconds(summary.elapsed)),
            ("clocks", clocks.join(", ")),
            ("seed", summary.seed.to_string()),
            ("exit code", end),
        ];
        HtmlHead {
            version: self.version.clone(),
            counts: summary.counts(),
            is_negative: summary.exit.number() != 0,
            facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            targets: self.targets.iter().map(HtmlTarget::from).collect(),
            notes: summary.notes.clone(),
            problems: summary.problems.clone(),
            players: Vec::new(),
        }
    }
}

impl Reporter for Html {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        match event {
            RunEvent::RunStarted { version, targets, suite, .. } => {
                self.suite = suite.map_or_else(|| "none".to_owned(), ToString::to_string);
                (*version).clone_into(&mut self.version);
                self.targets = targets.to_vec();
            }
            RunEvent::CaseFinished(report) => {
                let run = &report.run;
                let is_it = |one: &TargetInfo| (&one.name, one.clock) == (&run.target, run.clock);
                let place = self.targets.iter().position(is_it).unwrap_or_default();
                let column = HtmlColumn::of(report, place);
                let sequence = self.sequence.take();
                self.page.take(HtmlCase { report, column, sequence, end: None });
            }
            RunEvent::RunFinished(summary) => return self.finish(summary),
            RunEvent::CaseStarted(_) | RunEvent::Note(_) => {}
        }
        Ok(())
    }

    fn evidence(&mut self, report: &CaseReport, evidence: &CaseEvidence<'_>) -> io::Result<()> {
        self.sequence = Some(Sequence::of(report.run.clock, evidence));
        Ok(())
    }
}
