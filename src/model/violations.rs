//! How a scripted end breaks the protocol: what the other end must tolerate, and what frees it to end the session. Pure.

use std::collections::BTreeSet;

use crate::model::{Breach, Model, Sender, Stream};
use crate::scenario::Actor;
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, INITIAL_WINDOW, RawHeader};

/// How an end has broken the protocol so far.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    /// Whether the other end may end the session because of it.
    is_unlawful: bool,
    /// The clause that demands a reaction of the other end, and the stream that it is about.
    reaction: Option<(&'static str, u32)>,
    /// The clause of the latest wrong frame that the other end must tolerate.
    tolerated: Option<&'static str>,
    /// The clauses of all such frames.
    all_tolerated: BTreeSet<&'static str>,
    /// The streams of all such frames: implementations may differ on their state.
    ambiguous: BTreeSet<u32>,
}

impl Violations {
    pub(crate) const fn is_unlawful(&self) -> bool {
        self.is_unlawful
    }

    pub(crate) const fn reaction(&self) -> Option<(&'static str, u32)> {
        self.reaction
    }

    pub(crate) const fn tolerated(&self) -> Option<&'static str> {
        self.tolerated
    }

    pub(crate) fn all_tolerated(&self) -> impl Iterator<Item = &'static str> {
        self.all_tolerated.iter().copied()
    }
}

/// What a frame allows its receiver.
enum Lawfulness {
    Lawful,
    /// It is wrong, but by this clause the session goes on.
    Tolerated(&'static str),
    /// It is wrong, and the session may end; by the clause, if there is one, the session or the stream must end.
    Unlawful(Option<&'static str>),
}

impl Model {
    /// Notes whether this frame of a scripted end breaks the protocol, before the frame is taken in.
    pub(crate) fn note_violations(&mut self, header: &RawHeader, sender: Sender) {
        let lawfulness = match self.judge_form(header, sender) {
            Ok(()) => self.lawfulness(header, sender.end),
            // Credit beyond 32 bits, and data beyond the window, may end the session whatever else is wrong with the frame.
            Err(_) if self.overflows(header, sender.end) => Lawfulness::Unlawful(None),
            Err(breach)
                if !matches!(breach, Breach::BeyondWindow { .. })
                    && self.exceeds_window(header, sender.end) =>
            {
                Lawfulness::Unlawful(None)
            }
            // Credit may cross bytes that arrive late.
            Err(Breach::BeyondWindow { .. }) if self.is_slow => Lawfulness::Unlawful(None),
            Err(breach) => lawfulness_of_breach(&breach, header),
        };
        let is_slow = self.is_slow;
        let violations = &mut self.ends[sender.end as usize].violations;
        match lawfulness {
            // The other end has taken the wrong frame by now, and what it does is no answer to it.
            Lawfulness::Lawful if !is_slow => violations.tolerated = None,
            Lawfulness::Lawful => {}
            Lawfulness::Tolerated(clause) => {
                violations.tolerated = Some(clause);
                violations.all_tolerated.insert(clause);
                violations.ambiguous.insert(header.stream.0);
            }
            Lawfulness::Unlawful(clause) => {
                if !violations.is_unlawful {
                    violations.reaction = clause.map(|clause| (clause, header.stream.0));
                }
                violations.is_unlawful = true;
            }
        }
    }

    /// Whether the frame gives more credit than fits into 32 bits.
    fn overflows(&self, header: &RawHeader, from: Actor) -> bool {
        let stream = self.stream_of(header);
        let credit = stream
            .map_or_else(|| u64::from(INITIAL_WINDOW), |one| one.sent_by(from.other()).credit());
        header.lawful_type() == Some(FrameType::WindowUpdate)
            && !header.flags.contains(Flags::RST)
            && credit + u64::from(header.length) > u64::from(u32::MAX)
    }

    /// Whether the body exceeds what is left of the window of its stream.
    fn exceeds_window(&self, header: &RawHeader, from: Actor) -> bool {
        let stream = self.stream(header.stream.0);
        let exceeds = |stream: &Stream| {
            u64::from(header.body_len()) > stream.sent_by(from).credit() && !stream.is_reset()
        };
        header.lawful_type().is_some() && stream.is_some_and(exceeds)
    }

    /// Notes that a scripted end has sent bytes that are no frame, or has not finished one.
    pub(crate) const fn take_garbage(&mut self, from: Actor) {
        self.ends[from as usize].violations.is_unlawful = true;
    }

    /// Whether the other end has sent wrong frames on the stream that must be tolerated: its state is not judged any more.
    pub(crate) fn is_ambiguous(&self, end: Actor, number: u32) -> bool {
        self.end(end.other()).violations.ambiguous.contains(&number)
    }

    fn lawfulness(&self, header: &RawHeader, from: Actor) -> Lawfulness {
        match header.lawful_type() {
            Some(FrameType::Ping) if header.flags == Flags::ACK => {
                let asker = self.end(from.other());
                let value = header.length;
                if asker.pings.contains_key(&value) {
                    Lawfulness::Lawful
                } else if asker.answered.contains(&value) {
                    Lawfulness::Tolerated("PING-06")
                } else {
                    Lawfulness::Tolerated("PING-05")
                }
            }
            Some(FrameType::GoAway) if header.length != GoAwayCode::Normal.number() => {
                Lawfulness::Unlawful(None)
            }
            _ if self.overflows(header, from) => Lawfulness::Unlawful(None),
            Some(FrameType::Data | FrameType::WindowUpdate)
                if self
                    .stream(header.stream.0)
                    .is_some_and(|one| one.begins_anew(header.flags)) =>
            {
                Lawfulness::Tolerated("SID-13")
            }
            _ => Lawfulness::Lawful,
        }
    }
}

fn lawfulness_of_breach(breach: &Breach, header: &RawHeader) -> Lawfulness {
    let is_session = header.stream.0 == 0;
    match breach {
        _ if is_session && header.lawful_type().is_some() => Lawfulness::Unlawful(None),
        Breach::Version(_) => Lawfulness::Unlawful(Some("FRM-06")),
        Breach::FrameType(_) => Lawfulness::Unlawful(Some("FRM-08")),
        Breach::BeyondWindow { .. } => Lawfulness::Unlawful(Some("FLOW-13")),
        Breach::Parity { .. } => Lawfulness::Unlawful(Some("SID-07")),
        Breach::SecondSyn(_) => Lawfulness::Unlawful(Some("SID-15")),
        Breach::SecondFin(_) => Lawfulness::Tolerated("FIN-13"),
        Breach::AfterFin(..) => Lawfulness::Tolerated("DATA-08"),
        Breach::Acks { .. } => Lawfulness::Tolerated("OPEN-17"),
        Breach::AfterReset(..) | Breach::Unopened(..) => {
            Lawfulness::Tolerated(of_no_stream(header, matches!(breach, Breach::AfterReset(..))))
        }
        _ => Lawfulness::Unlawful(None),
    }
}

/// The clause of a frame for a stream that its receiver does not have.
fn of_no_stream(header: &RawHeader, is_reset: bool) -> &'static str {
    let is_data = header.lawful_type() == Some(FrameType::Data);
    if header.flags.contains(Flags::RST) {
        "RST-09"
    } else if header.flags.contains(Flags::FIN) && header.body_len() == 0 {
        "FIN-14"
    } else if is_data && is_reset {
        "DATA-09"
    } else if is_data {
        "DATA-05"
    } else {
        "FLOW-25"
    }
}
