//! `Variation`: changes of the wire that every yamux must bear without a change of the scenario's verdict. Pure.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::scenario::{
    Action, Actor, Call, CaseId, Clocks, Pieces, Scenario, Send, Step, StepKind, WireControl,
};
use crate::yamux::frame::HEADER_LEN;

/// A way in which the wire may carry the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variation {
    /// Headers and the ends of bodies arrive byte by byte.
    Bytewise,
    /// Each header arrives in two pieces, the first of this many bytes.
    Split(u8),
    /// Each header arrives in two pieces, cut one byte further on than the header before.
    SplitEach,
    /// All bytes sent at the same time arrive in one piece.
    Merged,
    /// The transport holds only a few bytes at a time.
    SmallBuffer,
    /// Pieces are delayed with jitter, and a step begins once nothing is in transit.
    Jitter,
    /// Work that is ready at the same time runs in another order, which this seed decides.
    Order(u32),
}

/// How a variation made a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varied {
    /// The id of the plain scenario, under which goldens and ledgers know it.
    pub plain: Arc<str>,
    /// The variation.
    pub variation: Variation,
    /// Why the variation does not apply to this scenario; `None` if it applies.
    pub passed_over: Option<String>,
}

impl Variation {
    /// All variations, in the order of reports.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Bytewise, Self::SplitEach];
        all.extend((1..HEADER_LEN as u8).map(Self::Split));
        all.extend([Self::Merged, Self::SmallBuffer, Self::Jitter]);
        all.extend((1..=ORDERS).map(Self::Order));
        all
    }

    /// The variations that a sweep tries by default.
    pub fn usual() -> Vec<Self> {
        vec![
            Self::Bytewise,
            Self::SplitEach,
            Self::Merged,
            Self::SmallBuffer,
            Self::Jitter,
            Self::Order(1),
        ]
    }

    /// The variations that a name on the command line stands for; empty if the name is unknown.
    pub fn named(name: &str) -> Vec<Self> {
        match name {
            "all" => Self::all(),
            _ => Self::all()
                .into_iter()
                .filter(|one| one.to_string() == name || one.group() == Some(name))
                .collect(),
        }
    }

    /// The names that stand for several variations.
    pub const GROUPS: [&str; 3] = ["all", "split-header", "seed"];

    const fn group(self) -> Option<&'static str> {
        match self {
            Self::Split(_) => Some("split-header"),
            Self::Order(_) => Some("seed"),
            _ => None,
        }
    }

    /// The scenario under this variation, with its own name. It runs on the virtual clock only: on the live clock,
    /// TCP and the system affect the wire too.
    pub fn of(self, scenario: &Scenario) -> Scenario {
        let passed_over = self.passes_over(scenario);
        let mut wire = self.controls(scenario);
        wire.extend(scenario.wire.iter().cloned());
        let plain = Arc::clone(&scenario.id);
        Scenario {
            id: format!("{plain}{MARK}{self}").into(),
            clocks: Clocks::VirtualOnly("the wire is varied".to_owned()),
            wire,
            varied: Some(Arc::new(Varied { plain, variation: self, passed_over })),
            ..scenario.clone()
        }
    }

    /// Whether a trace has the same meaning as that of the plain case. How much credit an implementation gives at a
    /// time may depend on the pieces in which data arrives.
    pub const fn keeps_meaning(self) -> bool {
        matches!(self, Self::Split(_) | Self::SplitEach | Self::Order(_))
    }

    /// The changes of the wire that it makes from the first byte on.
    fn controls(self, scenario: &Scenario) -> Vec<WireControl> {
        let both = |of: &dyn Fn(Actor) -> WireControl| vec![of(Actor::Subject), of(Actor::Peer)];
        let pieces = |pieces| both(&|to| WireControl::Pieces(to, pieces));
        match self {
            Self::Bytewise => pieces(Pieces::Single),
            Self::Split(at) => pieces(Pieces::HeaderCutAt(at)),
            Self::SplitEach => pieces(Pieces::HeaderCutInTurn),
            Self::Merged => pieces(Pieces::Merged),
            Self::SmallBuffer => {
                let bytes = SMALL_BUFFER.max(moved(scenario) / MOST_BUFFERS);
                both(&|to| WireControl::Buffer(to, u32::try_from(bytes).unwrap_or(u32::MAX)))
            }
            Self::Jitter => {
                both(&|to| WireControl::Delay { to, by: LEAST_DELAY, jitter: MORE_DELAY })
            }
            Self::Order(seed) => vec![WireControl::Order(seed)],
        }
    }

    /// Why it would change nothing in this scenario, or the very thing that the scenario tests.
    fn passes_over(self, scenario: &Scenario) -> Option<String> {
        let sets = |is_it: fn(&WireControl) -> bool| {
            let steps = scenario.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Wire(control) => Some(control),
                _ => None,
            });
            scenario.wire.iter().chain(steps).any(is_it)
        };
        let own = match self {
            Self::Bytewise | Self::Split(_) | Self::SplitEach | Self::Merged
                if sets(|control| matches!(control, WireControl::Segment(..))) =>
            {
                "it cuts the bytes itself"
            }
            Self::SmallBuffer
                if sets(|control| {
                    matches!(control, WireControl::Buffer(..) | WireControl::Stall(_))
                }) =>
            {
                "it says itself how much the transport holds"
            }
            Self::Jitter
                if sets(|control| {
                    matches!(control, WireControl::Delay { .. } | WireControl::Rate(..))
                }) =>
            {
                "it says itself how long bytes take"
            }
            Self::Jitter
                if scenario.steps.iter().any(|step| matches!(step.kind, StepKind::Wait(_))) =>
            {
                "it lets time pass up to the edge of a timeout"
            }
            _ => return None,
        };
        Some(format!("passed over under {self}: {own}"))
    }
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytewise => f.write_str("bytewise"),
            Self::Split(at) => write!(f, "split-{at}"),
            Self::SplitEach => f.write_str("split-each"),
            Self::Merged => f.write_str("merged"),
            Self::Jitter => f.write_str("jitter"),
            Self::SmallBuffer => f.write_str("small-buffer"),
            Self::Order(seed) => write!(f, "seed-{seed}"),
        }
    }
}

impl Scenario {
    /// Whether each step waits until nothing is in transit.
    pub(crate) fn awaits_arrivals(&self) -> bool {
        self.varied.as_ref().is_some_and(|varied| varied.variation == Variation::Jitter)
    }

    /// The id under which goldens and ledgers know it: that of the plain scenario.
    pub fn plain_id(&self) -> &Arc<str> {
        self.varied.as_ref().map_or(&self.id, |varied| &varied.plain)
    }
}

impl CaseId {
    /// The plain scenario's id, and the name of the variation, if any.
    pub fn parts(&self) -> (&str, Option<&str>) {
        match self.scenario.split_once(MARK) {
            Some((plain, variation)) => (plain, Some(variation)),
            None => (&self.scenario, None),
        }
    }
}

/// The number of bytes that the script writes and sends.
fn moved(scenario: &Scenario) -> u64 {
    let of_step = |step: &Step| match &step.kind {
        StepKind::Call(Call { action: Action::Write { bytes, times, .. }, .. }) => {
            bytes.saturating_mul((*times).into())
        }
        StepKind::Send(Send { frame, times }) => frame.wire_len() * u64::from(*times),
        _ => 0,
    };
    scenario.steps.iter().map(of_step).fold(0, u64::saturating_add)
}

/// Separates the id of a scenario from its variation; no scenario's file has it in its name.
const MARK: char = '~';

/// Larger than a header, and not a multiple of one.
const SMALL_BUFFER: u64 = 61;

/// The most buffers that a transfer may take, so that a large one does not take minutes in lockstep.
const MOST_BUFFERS: u64 = 8192;

/// How long a piece is in transit, and how much longer it may be.
const LEAST_DELAY: Duration = Duration::from_millis(1);
const MORE_DELAY: Duration = Duration::from_millis(3);

/// The number of seeds of `seed`.
const ORDERS: u32 = 4;
