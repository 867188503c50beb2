//! `Behaviour`: the subject's part of a trace, step by step.

use crate::trace::{Direction, Item, Trace, TransportEnd};
use crate::yamux::frame::{FrameType, RawHeader};

/// The subject's behaviour in one case, in order.
pub(super) struct Behaviour(Vec<Deed>);

/// One thing the subject put on the wire.
#[derive(Clone, Copy)]
pub(super) struct Deed {
    /// The current step, from 1.
    pub(super) step: u32,
    /// What it was.
    pub(super) what: What,
}

/// What the subject put on the wire.
#[derive(Clone, Copy)]
pub(super) enum What {
    /// A lawful frame.
    Frame(FrameType, RawHeader),
    /// The end of its half of the transport.
    End(TransportEnd),
}

impl Behaviour {
    pub(super) fn of(trace: &Trace) -> Self {
        let mut step = 1;
        let mut deeds = Vec::new();
        for entry in &trace.entries {
            let what = match entry.item {
                Item::Step(number) => {
                    step = number + 1;
                    continue;
                }
                Item::Frame { header, .. } => {
                    header.lawful_type().map(|frame_type| What::Frame(frame_type, header))
                }
                Item::End(end) => Some(What::End(end)),
                Item::Garbage { .. } => None,
            };
            if entry.direction == Direction::SubjectToPeer
                && let Some(what) = what
            {
                deeds.push(Deed { step, what });
            }
        }
        Self(deeds)
    }

    /// Everything, from this step on.
    pub(super) fn from(&self, step: u32) -> impl Iterator<Item = What> {
        self.0.iter().filter(move |deed| deed.step >= step).map(|deed| deed.what)
    }

    /// The frames, each with its step.
    pub(super) fn frames(&self) -> impl Iterator<Item = (u32, FrameType, RawHeader)> {
        self.0.iter().filter_map(|deed| match deed.what {
            What::Frame(frame_type, header) => Some((deed.step, frame_type, header)),
            What::End(_) => None,
        })
    }
}
