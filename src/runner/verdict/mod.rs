//! `Verdict`, `CaseReport` and `ExitCode`: what a case's outcome means for the run. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod again;
mod run_id;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{Death, Failure, Measured, Outcome};
use crate::yamux::time::Time;

pub use crate::trace::Clock;
pub use again::Again;
pub(crate) use again::shell_word;
pub use run_id::RunId;

/// The result of a case's outcome, its trace and the known deviations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did what was required.
    Pass,
    /// It did something weaker that is lawful too.
    WeakPass {
        /// Why, once for each weaker thing.
        because: Vec<String>,
    },
    /// It deviated from a clause that does not bind it: lawful, and worth knowing.
    Differs(Box<Failure>),
    /// It lawfully deviated before the point of the scenario, which is neither proved nor broken.
    NotReached(Box<Failure>),
    /// It did not do what was required.
    Fail(Box<Failure>),
    /// It crashed or got stuck.
    Died(Death, Box<Failure>),
    /// It failed exactly as a known deviation says.
    KnownFail {
        /// How.
        failure: Box<Failure>,
        /// Why that is accepted, in the ledger's words.
        reason: String,
        /// Where it is discussed.
        link: Option<String>,
    },
    /// It passed although a known deviation says that it fails.
    UnexpectedPass {
        /// The ledger's entry: its file, and how it can be found there.
        entry: String,
    },
    /// It did what was required, with a trace that changed.
    TraceChanged {
        /// Where and how the two traces differ.
        diff: String,
        /// The golden trace's file, if it was compared with one.
        golden: Option<PathBuf>,
        /// What it was compared with.
        against: Against,
    },
    /// The subject cannot be asked this.
    Skip {
        /// Why.
        reason: String,
    },
    /// No verdict is possible.
    Broken {
        /// What went wrong in the harness or the shim.
        message: String,
        /// The last lines of the shim's stderr.
        stderr: Vec<String>,
    },
}

impl Verdict {
    /// Whether this verdict alone makes the run negative.
    pub const fn is_negative(&self) -> bool {
        match self {
            Self::Fail(_)
            | Self::Died(..)
            | Self::UnexpectedPass { .. }
            | Self::TraceChanged { .. }
            | Self::Broken { .. } => true,
            Self::Pass
            | Self::WeakPass { .. }
            | Self::Differs(_)
            | Self::NotReached(_)
            | Self::KnownFail { .. }
            | Self::Skip { .. } => false,
        }
    }

    /// Whether the case was carried out, at least in part: all but the skipped ones.
    pub const fn is_ran(&self) -> bool {
        !matches!(self, Self::Skip { .. })
    }

    /// The failed step or rule, if there is one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Fail(failure)
            | Self::Differs(failure)
            | Self::NotReached(failure)
            | Self::Died(_, failure)
            | Self::KnownFail { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// The verdict in a word or two, for people.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::WeakPass { .. } => "weak pass",
            Self::Differs(_) => "differs",
            Self::NotReached(_) => "not reached",
            Self::Fail(_) => "fail",
            Self::Died(Death::Crashed, _) => "crashed",
            Self::Died(Death::Stuck, _) => "stuck",
            Self::KnownFail { .. } => "known deviation",
            Self::UnexpectedPass { .. } => "unexpected pass",
            Self::TraceChanged { .. } => "trace changed",
            Self::Skip { .. } => "skip",
            Self::Broken { .. } => "broken",
        }
    }
}

impl From<Outcome> for Verdict {
    /// The verdict if neither a golden trace nor a known deviation changes it.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Pass,
            Outcome::PassedWeaker { because } => Self::WeakPass { because },
            Outcome::Failed(failure) => Self::Fail(failure),
            Outcome::Died(death, failure) => Self::Died(death, failure),
            Outcome::Skipped { reason } => Self::Skip { reason },
            Outcome::Broken { message, stderr } => Self::Broken { message, stderr },
        }
    }
}

/// What a trace was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Against {
    /// The target's own golden trace.
    Golden,
    /// The reference's trace of the same case, run just now or golden.
    Reference,
}

/// How a case's trace compares with the reference's trace of the same case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same meaning; both were run.
    Agrees,
    /// The same meaning as the reference's golden trace; the reference was not run.
    AgreesWithGolden,
    /// Another meaning.
    Differs(String),
    /// Another meaning, and a ledger says why.
    Declared {
        /// Why.
        reason: String,
    },
    /// There was nothing to compare with, or nothing to compare.
    NotCompared {
        /// Why.
        reason: String,
    },
}

impl Comparison {
    /// Whether two traces were compared.
    pub const fn was_made(&self) -> bool {
        !matches!(self, Self::NotCompared { .. })
    }
}

/// A clause as a report quotes it: id, statement, and level with provenance in words.
pub(crate) type QuotedClause = (Arc<str>, String, String);

/// Everything a report says about one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseReport {
    /// Which run of which case.
    pub run: RunId,
    /// The value of `--target` for the subject: `built-in`, `go-hashicorp=../yamux`, `mine=shim:./my-shim`.
    pub asked: String,
    /// The other end, as `--peer` names it; `None` means the harness's own.
    pub peer: Option<String>,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file.
    pub path: PathBuf,
    /// The clauses it tests: id, statement, and level with provenance in words.
    pub clauses: Vec<QuotedClause>,
    /// The clause that was broken, if any.
    pub broken: Option<QuotedClause>,
    /// The verdict.
    pub verdict: Verdict,
    /// The measured answers.
    pub answers: Vec<Measured>,
    /// How long it took on its own clock.
    pub virtual_duration: Time,
    /// How long it took in real time.
    pub duration: Duration,
    /// How its trace compares with the reference's.
    pub comparison: Comparison,
    /// The options of the run that count when it is repeated.
    pub again: Arc<Again>,
}

impl CaseReport {
    /// The first part of the id; empty for a scenario in no folder.
    pub fn area(&self) -> &str {
        self.run.case.scenario.split_once('/').map_or("", |(area, _)| area)
    }

    /// The command that runs only this case again, and reaches the same verdict.
    pub fn rerun_command(&self) -> String {
        if let Some(told) = &self.again.told {
            return told.clone();
        }
        let peer = self.peer.as_ref().map(|peer| format!(" --peer {}", shell_word(peer)));
        format!(
            "yamux-conform run {} --side {} --target {}{}{}{} --clock {} {}",
            self.name(),
            self.run.case.side,
            shell_word(&self.asked),
            self.reference_option(),
            peer.unwrap_or_default(),
            self.sweep_option(),
            self.run.clock,
            self.again,
        )
    }

    /// The scenario as a command line names it.
    fn name(&self) -> String {
        match self.again.is_built_in_suite {
            true => self.run.case.parts().0.to_owned(),
            false => shell_word(&self.path.display().to_string()),
        }
    }

    /// What varies the wire, where this is a variation. The plain case runs beside it.
    fn sweep_option(&self) -> String {
        let variation = self.run.case.parts().1;
        variation.map_or_else(String::new, |name| format!(" --sweep={name}"))
    }

    /// What puts the reference beside the target, where the verdict is about a trace of it that is in no file.
    fn reference_option(&self) -> String {
        let against_run = matches!(
            self.verdict,
            Verdict::TraceChanged { against: Against::Reference, golden: None, .. }
        );
        match &self.again.reference {
            Some(reference) if against_run => format!(" --target {}", shell_word(reference)),
            _ => String::new(),
        }
    }

    /// The command that makes this case's trace the golden one.
    pub fn bless_command(&self) -> String {
        format!(
            "yamux-conform bless {} --side {} --target {}{}",
            self.name(),
            self.run.case.side,
            shell_word(&self.asked),
            self.again.golden_option(),
        )
    }
}

/// How the program ends: a stable number for each kind of end, never a count.
///
/// If several apply, the one named first in this order holds: `BadInput`, `Unusable`, `Signalled`, `Negative`,
/// `Incomplete`, `NothingSelected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// 0: everything was as expected, and at least one case ran.
    Success,
    /// 1: a verdict is negative, or a ledger or the goldens hold something that no case needs.
    Negative,
    /// 2: the command line was wrong.
    Usage,
    /// 3: a scenario, ledger, golden trace or other file was wrong.
    BadInput,
    /// 4: nothing was selected, or all of it was skipped.
    #[default]
    NothingSelected,
    /// 5: a shim or toolchain could not be used though it was asked for.
    Unusable,
    /// 6: its time was over before all was run, and nothing that was run is negative.
    Incomplete,
    /// 129, 130 or 143: ended by a signal, as shells number it.
    Signalled(Signal),
}

/// A signal that asks this program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGHUP: the terminal is gone.
    Hup,
    /// SIGINT: Ctrl-C.
    Int,
    /// SIGTERM: what a CI server sends first.
    Term,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hup => "hung up",
            Self::Int => "interrupted",
            Self::Term => "terminated",
        })
    }
}

impl ExitCode {
    /// The number the process ends with.
    pub const fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Negative => 1,
            Self::Usage => 2,
            Self::BadInput => 3,
            Self::NothingSelected => 4,
            Self::Unusable => 5,
            Self::Incomplete => 6,
            Self::Signalled(Signal::Hup) => 129,
            Self::Signalled(Signal::Int) => 130,
            Self::Signalled(Signal::Term) => 143,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_what_nobody_expected_is_negative() {
        let skip = Verdict::Skip { reason: "no reset".into() };
        let weak = Verdict::WeakPass { because: vec!["eof is lawful".into()] };
        let surprise = Verdict::UnexpectedPass { entry: "known/go.json".into() };
        let broken = Verdict::Broken { message: "the shim hung".into(), stderr: Vec::new() };
        assert!(!Verdict::Pass.is_negative() && !weak.is_negative() && !skip.is_negative());
        assert!(surprise.is_negative() && broken.is_negative());
        assert!(!skip.is_ran() && broken.is_ran());
    }
}
