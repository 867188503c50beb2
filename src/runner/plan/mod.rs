//! `Plan`: the implementations and the cases of a run, in order.

mod filter;
mod pairs;
mod refused;
mod seats;
mod targets;

use std::sync::Arc;

pub(crate) use filter::Filter;
pub(crate) use pairs::{Entrant, Pairing, Pairs, pairs};
pub(crate) use refused::Refused;
pub(crate) use targets::Wanted;

use crate::engine::SubjectRules;
use crate::report::{SuiteRecord, TargetInfo};
use crate::runner::golden::{Closeness, GoldenKey};
use crate::runner::known::Known;
use crate::runner::verdict::{Clock, RunId};
use crate::scenario::{
    Actor, CaseId, Clause, Clauses, Clocks, Dialect, Level, Scenario, SettingName,
};
use crate::shim::protocol::Capabilities;
use crate::yamux::frame::Side;

/// Everything that a run needs.
pub struct Plan {
    /// The implementations.
    pub targets: Vec<PlannedTarget>,
    /// The cases.
    pub cases: Vec<Case>,
    /// The register that reports quote.
    pub clauses: Clauses,
    /// The suite the cases are of; `None` where they are of none.
    pub suite: Option<SuiteRecord>,
}

impl Plan {
    /// The implementation at the other end, if it differs from that of goldens and of the reference's traces.
    pub(in crate::runner) fn peer(&self) -> Option<&str> {
        self.targets.iter().find_map(|target| Some(&*target.peer.as_ref()?.asked))
    }

    /// The rules the subject is judged by on this target.
    pub(crate) fn judged_by(&self, target: &PlannedTarget) -> SubjectRules {
        self.rules(target.dialect, target.able.as_ref())
    }

    /// The rules the peer is judged by, if it is under test too.
    pub(crate) fn peer_judged_by(&self, target: &PlannedTarget) -> Option<SubjectRules> {
        let peer = target.peer.as_ref()?;
        Some(self.rules(peer.judged_by?, Some(&peer.able)))
    }

    fn rules(&self, dialect: Dialect, able: Option<&Capabilities>) -> SubjectRules {
        let is_free = |clause: &&Clause| clause.binding(dialect).0 < Level::Must;
        let tolerated = self.clauses.iter().filter(is_free);
        SubjectRules {
            dialect,
            habits: able.iter().flat_map(|able| able.habits.known().copied()).collect(),
            settings: able.map(|able| {
                SettingName::ALL.iter().copied().filter(|name| able.takes(*name)).collect()
            }),
            tolerated: tolerated.map(|clause| Arc::from(clause.id.as_str())).collect(),
        }
    }

    /// The target the others are compared with, whether or not it runs.
    pub(crate) fn reference(&self) -> Option<&PlannedTarget> {
        self.targets.iter().find(|target| target.is_reference)
    }
}

/// Finds, builds and asks all that run, and seats them. `say` receives messages about slow steps.
pub(crate) fn prepare(
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PlannedTarget>, Refused> {
    let targets = targets::prepare(wanted, say)?;
    match wanted.peer {
        Some(peer) => seats::seat(peer, targets, wanted, say),
        None => Ok(targets),
    }
}

/// One implementation of a run, on one clock.
#[derive(Debug)]
pub struct PlannedTarget {
    /// Its entry in reports.
    pub info: TargetInfo,
    /// The implementation, in whichever edition: goldens and ledgers are filed under its name.
    pub implementation: String,
    /// Its dialect, whose rules it is judged by besides those of every yamux.
    pub dialect: Dialect,
    /// Whether others are compared with it.
    pub is_reference: bool,
    /// How it runs.
    pub how: How,
    /// The shim's capabilities; `None` means everything.
    pub able: Option<Capabilities>,
    /// Another implementation at the other end; `None` means the built-in one.
    pub peer: Option<PlannedPeer>,
    /// Its known deviations.
    pub known: Known,
}

/// The implementation at the other end of the session, if a scenario needs an application there.
#[derive(Clone, Debug)]
pub struct PlannedPeer {
    /// Its name.
    pub name: String,
    /// The value of `--peer` for it.
    pub asked: String,
    /// Its capabilities.
    pub able: Capabilities,
    /// The dialect it is judged by, if it is under test as the target is.
    pub judged_by: Option<Dialect>,
}

impl PlannedTarget {
    /// Whether it is the reference, in whichever release. What their ledger says about traces is about other implementations.
    pub(crate) fn is_release_of(&self, reference: Option<&Self>) -> bool {
        reference.is_some_and(|reference| reference.implementation == self.implementation)
    }

    /// The same target without known deviations.
    pub(crate) fn without_ledger(&self) -> Self {
        Self {
            info: self.info.clone(),
            implementation: self.implementation.clone(),
            how: self.how.clone(),
            able: self.able.clone(),
            peer: self.peer.clone(),
            known: Known::default(),
            ..*self
        }
    }

    /// The dialect this end is judged by.
    pub(crate) fn dialect_of(&self, end: Actor) -> Dialect {
        let peer = self.peer.as_ref().and_then(|peer| peer.judged_by);
        match (end, peer) {
            (Actor::Peer, Some(dialect)) => dialect,
            _ => self.dialect,
        }
    }

    /// Why the players of a case's ends cannot run it, if so.
    pub(crate) fn lacks(&self, case: &Case) -> Option<String> {
        let Case { scenario, side, .. } = case;
        let own = self.able.as_ref().and_then(|able| able.lacks(scenario, Actor::Subject, *side));
        own.or_else(|| {
            let peer = self.peer.as_ref()?;
            let lack = peer.able.lacks(scenario, Actor::Peer, side.other())?;
            Some(format!("its peer, {}, cannot: {lack}", peer.asked))
        })
    }
}

/// How a target runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// In this process, on the virtual clock.
    InProcess,
    /// As a shim in lockstep, on the virtual clock.
    Lockstep {
        /// Its command.
        command: Vec<String>,
        /// The ends the shim plays; the other end is the built-in implementation or the wire.
        plays: Plays,
    },
    /// As a shim, on the live clock.
    Shim {
        /// Its command.
        command: Vec<String>,
        /// The command of another implementation at the other end.
        peer: Option<Vec<String>>,
    },
    /// Not at all: its goldens replace it.
    Absent,
}

/// Which ends of a session a shim plays. Both share its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plays {
    /// The implementation under test.
    Subject,
    /// The other end.
    Peer,
    /// Both ends, as two sessions of one process.
    Both,
}

impl Plays {
    /// Whether it plays this end.
    pub(crate) const fn is(self, end: Actor) -> bool {
        match end {
            Actor::Subject => !matches!(self, Self::Peer),
            Actor::Peer => !matches!(self, Self::Subject),
        }
    }
}

impl How {
    /// How closely two runs on the virtual clock agree. A shim may have threads, and under load the system can suspend one of
    /// them at any moment.
    pub const fn closeness(&self) -> Closeness {
        match self {
            Self::InProcess => Closeness::Entries,
            Self::Lockstep { .. } | Self::Shim { .. } | Self::Absent => Closeness::Lanes,
        }
    }
}

/// One run of one scenario on one side of one target.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The side the subject plays.
    pub side: Side,
    /// Which target; an index into the plan's targets.
    pub target: usize,
    /// Which repetition, from 1.
    pub repeat: u32,
}

impl Case {
    /// Its name in reports on this target.
    pub fn run_id(&self, target: &TargetInfo) -> RunId {
        let (case, repeat) = (self.id(), self.repeat);
        RunId { case, target: target.name.clone(), clock: target.clock, repeat }
    }

    /// Its name in reports, for every target and repetition.
    pub fn id(&self) -> CaseId {
        CaseId { scenario: Arc::clone(&self.scenario.id), side: self.side }
    }

    /// The key of its golden.
    pub fn golden_key(&self, target: &str) -> GoldenKey {
        GoldenKey {
            target: target.to_owned(),
            id: self.scenario.plain_id().to_string(),
            side: self.side,
        }
    }

    /// The key of its trace among those of a run: unlike goldens, these differ by clock, peer and repetition too.
    pub fn trace_key(&self, target: &PlannedTarget) -> GoldenKey {
        let PlannedTarget { info, peer, .. } = target;
        let mut key = self.golden_key(&info.name);
        key.id = self.scenario.id.to_string();
        key.target = match peer {
            Some(peer) => format!("{}/{}-with-{}", info.name, info.clock, peer.name),
            None => format!("{}/{}", info.name, info.clock),
        };
        if self.repeat > 1 {
            key.id = format!("{}.{}", key.id, self.repeat);
        }
        key
    }

    /// Why it cannot run on this clock, if so.
    pub fn skip_reason(&self, clock: Clock) -> Option<String> {
        if let Some(varied) = &self.scenario.varied
            && varied.passed_over.is_some()
        {
            return varied.passed_over.clone();
        }
        match (&self.scenario.clocks, clock) {
            (Clocks::VirtualOnly(because), Clock::Live) => {
                Some(format!("it needs the virtual clock: {because}"))
            }
            _ => None,
        }
    }
}

/// A scenario, and its variations.
pub(crate) type Swept = (Arc<Scenario>, Vec<Arc<Scenario>>);

/// The cases of a run: repetition by repetition, scenario by scenario, side by side, target by target; variations follow
/// their plain case.
pub(crate) fn swept_cases(
    scenarios: &[Swept],
    filter: &Filter,
    targets: &[PlannedTarget],
    repeat: u32,
) -> Vec<Case> {
    let mut cases = Vec::new();
    let running: Vec<usize> =
        (0..targets.len()).filter(|target| targets[*target].how != How::Absent).collect();
    for repeat in 1..=repeat {
        for (plain, varied) in scenarios {
            for side in filter.sides(plain) {
                for scenario in std::iter::once(plain).chain(varied) {
                    cases.extend(running.iter().map(|target| Case {
                        scenario: Arc::clone(scenario),
                        side,
                        target: *target,
                        repeat,
                    }));
                }
            }
        }
    }
    cases
}

/// The cases of a run without variations.
pub(crate) fn cases(
    scenarios: &[Arc<Scenario>],
    filter: &Filter,
    targets: &[PlannedTarget],
    repeat: u32,
) -> Vec<Case> {
    let plain: Vec<Swept> =
        scenarios.iter().map(|scenario| (Arc::clone(scenario), Vec::new())).collect();
    swept_cases(&plain, filter, targets, repeat)
}
