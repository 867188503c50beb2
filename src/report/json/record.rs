//! The lines of the JSON report as types, whose names stay whatever the rest of the crate is called. The schema is made from
//! their doc comments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Shard;
use crate::runner::verdict::Clock;
use crate::yamux::frame::Side;

/// One line of the report. The first is `run_started`, the last `run_finished`. Readers must accept keys and events they
/// do not know; none of those described here will change its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Record {
    /// The plan is made.
    RunStarted(RunStarted),
    /// A case begins; several may be under way.
    CaseStarted(CaseStarted),
    /// A case has ended, whether or not it was ever begun.
    CaseFinished(Box<CaseFinished>),
    /// Something people may want to know.
    Note {
        /// What.
        text: String,
    },
    /// The run is over.
    RunFinished(RunFinished),
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunStarted {
    /// The version of these lines. It grows when a key goes, or changes its meaning.
    pub format: u32,
    /// The version of yamux-conform.
    pub version: String,
    /// What everything random comes from.
    pub seed: u64,
    /// The suite the scenarios are of; without it they are of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SuiteRecord")]
    pub suite: Option<SuiteRecord>,
    /// How many cases there are, over all targets, sides and repetitions.
    pub cases: usize,
    /// What they run on.
    pub targets: Vec<TargetRecord>,
    /// The fingerprint of the scenarios that were selected, of which these cases may be one shard. Where stories were played,
    /// it begins with `stories-`, and two shards may have the same case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selection: String,
    /// The shard, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// A suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteRecord {
    /// Its folder; without it, it is the one inside the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub folder: Option<String>,
    /// How many scenarios it has.
    pub scenarios: usize,
    /// The first 12 hexadecimal digits of a SHA-256 over its scenarios and clauses.
    pub sha256: String,
    /// Whether it is the one inside this version of the program, wherever it is.
    pub own: bool,
}

/// One implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetRecord {
    /// As `--target` names it.
    pub name: String,
    /// The clock its cases run on.
    pub clock: Clock,
    /// What it is, with its versions.
    pub description: String,
    /// Whether it runs; if not, its golden traces stand in for it.
    pub ran: bool,
    /// What else should be known about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The beginning of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseStarted {
    /// The scenario's id.
    pub id: String,
    /// The side the subject plays.
    pub side: Side,
    /// The subject, as `--target` names it.
    pub target: String,
    /// The clock.
    pub clock: Clock,
}

/// The end of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseFinished {
    /// The scenario's id.
    pub id: String,
    /// The side the subject played.
    pub side: Side,
    /// The subject, as `--target` names it.
    pub target: String,
    /// The clock it ran on.
    pub clock: Clock,
    /// Which repetition of the case this is, from 1.
    pub repeat: u32,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file.
    pub path: String,
    /// The clauses it tests.
    pub clauses: Vec<ClauseRecord>,
    /// The clause that was broken, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<ClauseRecord>,
    /// What came of it.
    pub verdict: VerdictRecord,
    /// Whether this verdict alone makes the run negative.
    pub negative: bool,
    /// How its trace stands to the reference's.
    pub comparison: ComparisonRecord,
    /// The answers to what the scenario asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerRecord>,
    /// How long it took on its own clock, in nanoseconds.
    pub virtual_ns: u64,
    /// How long it took in real time, in nanoseconds.
    pub real_ns: u64,
    /// The command that runs this case again.
    pub again: String,
}

/// The answer to a question: how and when a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerRecord {
    /// The question.
    pub question: String,
    /// What ended the call, "success" or the class of an error; absent is that nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How long that took, or was waited for, in nanoseconds.
    pub after_ns: u64,
}

/// A clause of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseRecord {
    /// Its id.
    pub id: String,
    /// What it demands.
    pub statement: String,
    /// How strongly, and who says so.
    pub level: String,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum VerdictRecord {
    /// It did what it had to do.
    Pass,
    /// It did something weaker that is lawful too.
    WeakPass {
        /// Why, once for each weaker thing.
        because: Vec<String>,
    },
    /// It did otherwise than a clause says that does not bind it.
    Differs {
        /// How.
        failure: FailureRecord,
    },
    /// It lawfully did otherwise before what the scenario is about.
    NotReached {
        /// How.
        failure: FailureRecord,
    },
    /// It crashed.
    Crashed {
        /// In which step, and what is known of it.
        failure: FailureRecord,
    },
    /// It got stuck.
    Stuck {
        /// In which step, and what is known of it.
        failure: FailureRecord,
    },
    /// It did not do what it had to do.
    Fail {
        /// How.
        failure: FailureRecord,
    },
    /// It failed as a known deviation says.
    KnownFail {
        /// How.
        failure: FailureRecord,
        /// Why that is accepted.
        reason: String,
        /// Where it is discussed.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    /// It passed although a known deviation says that it fails.
    UnexpectedPass {
        /// The ledger's entry.
        entry: String,
    },
    /// Its trace is not the agreed one.
    TraceChanged {
        /// Where and how the two part.
        diff: String,
        /// The golden trace's file.
        #[serde(skip_serializing_if = "Option::is_none")]
        golden: Option<String>,
        /// Whether it was compared with the target's own golden trace or with the reference.
        against: AgainstName,
    },
    /// The subject could not be asked this.
    Skip {
        /// Why.
        reason: String,
    },
    /// Nothing can be said: the harness or the shim failed.
    Broken {
        /// What went wrong.
        message: String,
        /// The last lines of the shim's stderr.
        stderr: Vec<String>,
    },
}

/// What went wrong in a case, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailureRecord {
    /// The step, from 1; the end of the script has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The round of the step, where it stands in a `for_each`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// The name of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The line of the scenario's file on which it begins, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// What had to happen, in words.
    pub expected: String,
    /// What had to happen, as a token: `write/success/524288`.
    pub expected_token: String,
    /// What happened, in words.
    pub observed: String,
    /// What happened, as a token: `stream-reset/458752`.
    pub observed_token: String,
    /// The weaker outcomes that would have counted.
    pub alternatives: Vec<String>,
    /// Both tokens, with ` | ` between them. It stays the same from run to run; ledgers name it.
    pub fingerprint: String,
    /// The end that is to blame. The peer can be only where it is an implementation under test as well.
    #[serde(default, skip_serializing_if = "BlamedEnd::is_subject")]
    pub end: BlamedEnd,
    /// The clause that was broken.
    pub clause: String,
    /// Whether that is one which is watched in every scenario, whatever it is about.
    pub is_rule: bool,
    /// In how many runs it happened, and of how many, where not in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<(u32, u32)>,
    /// Where the implementation died: the last lines of its stderr.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
    /// The last calls and frames, oldest first.
    pub rungs: Vec<RungRecord>,
}

/// An end of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlamedEnd {
    /// The subject.
    #[default]
    Subject,
    /// The peer.
    Peer,
}

impl BlamedEnd {
    const fn is_subject(&self) -> bool {
        matches!(self, Self::Subject)
    }
}

/// A call, a frame or a remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RungRecord {
    /// When, in nanoseconds since the case began.
    pub time_ns: u64,
    /// Where.
    pub place: PlaceName,
    /// What happened.
    pub text: String,
}

/// Where something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceName {
    /// A call of the subject's application.
    Subject,
    /// A call of the peer's application.
    Peer,
    /// On the wire, from the subject to the peer.
    SubjectToPeer,
    /// On the wire, from the peer to the subject.
    PeerToSubject,
    /// A remark about neither end.
    Note,
}

/// How a case's trace stands to the reference's trace of the same case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ComparisonRecord {
    /// The same meaning; both were run.
    Agrees,
    /// The same meaning as the reference's golden trace; the reference was not run.
    AgreesWithGolden,
    /// Another meaning.
    Differs {
        /// Where and how the two part.
        diff: String,
    },
    /// Another meaning, and a ledger says why.
    Declared {
        /// Why.
        reason: String,
    },
    /// It was not compared.
    NotCompared {
        /// Why.
        reason: String,
    },
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunFinished {
    /// How many cases came to what.
    #[serde(flatten)]
    pub counts: VerdictCounts,
    /// How long the run took, in nanoseconds.
    pub real_ns: u64,
    /// The clocks that were used.
    pub clocks: Vec<Clock>,
    /// What everything random came from.
    pub seed: u64,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// Cases that were not run because it was stopped.
    #[serde(default, skip_serializing_if = "is_none_left")]
    pub not_run: usize,
    /// Of a shard: entries of ledgers that no case of it answered to, though cases of other shards may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_entries: Vec<OpenEntry>,
    /// What should be known about the run.
    pub notes: Vec<String>,
    /// What is wrong beside the cases.
    pub problems: Vec<String>,
    /// The number the process ends with.
    pub exit: u8,
}

/// How many cases of a run have each verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    /// Cases that did what they had to do.
    pub passed: usize,
    /// Cases that did something weaker that is lawful too.
    pub weak: usize,
    /// Cases that did otherwise than a clause says that does not bind them.
    pub differs: usize,
    /// Cases that lawfully did otherwise before what the scenario is about.
    pub not_reached: usize,
    /// Cases that did not do what they had to do.
    pub failed: usize,
    /// Cases in which the implementation crashed.
    pub crashed: usize,
    /// Cases in which it got stuck.
    pub stuck: usize,
    /// Cases that failed as a known deviation says.
    pub known: usize,
    /// Cases that passed although a known deviation says otherwise.
    pub unexpected_passes: usize,
    /// Cases whose trace is not the agreed one.
    pub trace_changed: usize,
    /// Cases the subject could not be asked.
    pub skipped: usize,
    /// Cases of which nothing can be said.
    pub broken: usize,
}

/// An entry of a ledger that only all shards together can judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenEntry {
    /// What is wrong if no case of any shard answers to it.
    pub problem: String,
    /// Whether a case of this shard that it names was carried out.
    pub was_asked: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none_left(count: &usize) -> bool {
    *count == 0
}

/// What a trace was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgainstName {
    /// The target's own golden trace.
    Golden,
    /// The reference's trace of the same case.
    Reference,
}
