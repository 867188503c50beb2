//! Takes events, returns text: a run emits events, and each reporter turns them into one format.
//!
//! A reporter cannot change the run. A new format is a new file here.

pub(crate) mod capture;
mod github;
#[cfg(test)]
mod hostile;
mod html;
mod json;
mod junit;
mod markdown;
pub(crate) mod parts;
mod pcap;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod terminal;

use std::fmt;
use std::io::{self, ErrorKind};

use crate::engine::Note;
use crate::runner::verdict::{CaseReport, Clock, RunId};
use crate::trace::Trace;

pub(crate) use crate::report::parts::answers::by_question;
pub use crate::report::parts::failure::{body, headline};
pub(crate) use crate::report::parts::portion::{Portion, Shard};
pub(crate) use crate::report::parts::summary::{Summary, seconds};
pub(crate) use crate::report::terminal::human::{Human, Verbosity};
pub(crate) use crate::report::terminal::progress::ProgressLine;
pub(crate) use github::Github;
pub(crate) use html::{Html, HtmlTarget, Sequence};
pub use html::{HtmlCase, HtmlColumn, HtmlHead, HtmlPage};
#[cfg(test)]
pub(crate) use json::{BlamedEnd, PlaceName, RungRecord};
pub use json::{
    CaseFinished, ComparisonRecord, FailureRecord, Record, RunFinished, RunStarted, SuiteRecord,
    VerdictRecord,
};
pub(crate) use json::{
    ClauseRecord, Json, JsonFile, OpenEntry, TargetRecord, VerdictCounts, json_schema,
};
pub(crate) use junit::Junit;
#[cfg(test)]
use markdown::Markdown;
pub(crate) use markdown::{markdown_file, markdown_on_stdout, markdown_step_summary};
pub(crate) use pcap::Pcap;

/// The events of a run, in this order: one `RunStarted`, then cases and notes, then one `RunFinished`.
#[derive(Clone, Copy, Debug)]
pub enum RunEvent<'a> {
    /// The plan is made.
    RunStarted {
        /// How many cases there are, over all targets, sides and repetitions.
        cases: usize,
        /// The targets that they run on.
        targets: &'a [TargetInfo],
        /// The seed of everything random.
        seed: u64,
        /// This program's version.
        version: &'a str,
        /// The suite of the scenarios; `None` if they belong to none.
        suite: Option<&'a SuiteRecord>,
        /// The part of the selected cases that runs.
        portion: &'a Portion,
    },
    /// A case begins; several may be running.
    CaseStarted(&'a RunId),
    /// A case has ended, whether or not it ever began.
    CaseFinished(&'a CaseReport),
    /// A message for people during the run.
    Note(&'a str),
    /// The run is over.
    RunFinished(&'a Summary),
}

impl fmt::Display for SuiteRecord {
    /// `built-in, 345 scenarios, sha256 0123456789ab`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.folder.as_deref().unwrap_or("built-in");
        let own = if self.own { "" } else { ", not that of this version" };
        write!(f, "{folder}, {} scenarios, sha256 {}{own}", self.scenarios, self.sha256)
    }
}

/// One implementation in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetInfo {
    /// Its name.
    pub name: String,
    /// The value of `--target` for it.
    pub asked: String,
    /// The clock its cases run on.
    pub clock: Clock,
    /// Its description, with versions: `hashicorp/yamux v0.1.2, go1.26.8`.
    pub description: String,
    /// Whether it runs; if not, its golden traces replace it.
    pub ran: bool,
    /// A note about it: `go not found: comparing with its golden traces instead`.
    pub note: Option<String>,
}

/// The trace and the calls of a case, from which its verdict follows.
#[derive(Clone, Copy, Debug)]
pub struct CaseEvidence<'a> {
    /// What crossed the wire.
    pub trace: &'a Trace,
    /// What the applications did.
    pub notes: &'a [Note],
    /// The trace from which it differs, if every frame of that is known; and whose trace it is.
    pub expected: Option<(&'a str, &'a Trace)>,
}

/// Turns events into text.
pub trait Reporter {
    /// Takes the next event. An error is one of writing; the run continues, and the event is lost to this reporter.
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()>;

    /// Takes the evidence of a case, right before its `CaseFinished`. Few reporters need it.
    fn evidence(&mut self, _: &CaseReport, _: &CaseEvidence<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Several reporters at once. Each gets every event, even if one before it could not write.
#[derive(Default)]
pub(crate) struct Reporters(Vec<Box<dyn Reporter>>);

impl Reporters {
    /// Adds one after those already there.
    pub(crate) fn push(&mut self, reporter: impl Reporter + 'static) {
        self.0.push(Box::new(reporter));
    }
}

impl Reporter for Reporters {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        self.each(|reporter| reporter.report(event))
    }

    fn evidence(&mut self, report: &CaseReport, evidence: &CaseEvidence<'_>) -> io::Result<()> {
        self.each(|reporter| reporter.evidence(report, evidence))
    }
}

impl Reporters {
    /// The first error, if any; a closed pipe (`| head`) counts after all others.
    fn each(&mut self, tell: impl Fn(&mut dyn Reporter) -> io::Result<()>) -> io::Result<()> {
        let is_worse = |new: &io::Result<()>, old: &io::Result<()>| match (new, old) {
            (Err(_), Ok(())) => true,
            (Err(new), Err(old)) => {
                old.kind() == ErrorKind::BrokenPipe && new.kind() != ErrorKind::BrokenPipe
            }
            (Ok(()), _) => false,
        };
        let mut worst = Ok(());
        for reporter in &mut self.0 {
            let result = tell(&mut **reporter);
            if is_worse(&result, &worst) {
                worst = result;
            }
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    struct Counting(Rc<Cell<u32>>, Option<ErrorKind>);

    impl Reporter for Counting {
        fn report(&mut self, _: &RunEvent<'_>) -> io::Result<()> {
            self.0.set(self.0.get() + 1);
            self.1.map_or(Ok(()), |kind| Err(kind.into()))
        }
    }

    #[test]
    fn one_reporter_that_cannot_write_costs_no_other_its_events() {
        let seen = Rc::new(Cell::new(0));
        let mut all = Reporters::default();
        // A closed stdout must not hide that the disk is full.
        for kind in [None, Some(ErrorKind::BrokenPipe), Some(ErrorKind::StorageFull), None] {
            all.push(Counting(Rc::clone(&seen), kind));
        }
        let error = all.report(&RunEvent::Note("hello")).unwrap_err();
        assert_eq!((error.kind(), seen.get()), (ErrorKind::StorageFull, 4));
    }
}
