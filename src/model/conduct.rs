//! How an end whose frames a script dictates keeps the protocol: what the other end must put up with, and what frees it.
//! Pure.

use std::collections::BTreeSet;

use crate::model::{Breach, Model, Sender, Stream};
use crate::scenario::Actor;
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, INITIAL_WINDOW, RawHeader};

/// How an end has kept the protocol so far.
#[derive(Debug, Default)]
pub(crate) struct Conduct {
    /// Whether it has broken it, so that the other end may end the session.
    is_unlawful: bool,
    /// The clause that says what the other end must do about that, and the stream.
    calls_for: Option<(&'static str, u32)>,
    /// The clause of the latest frame that is wrong and that the other end must put up with.
    tolerated: Option<&'static str>,
    /// The clauses of all of them.
    all_tolerated: BTreeSet<&'static str>,
    /// Their streams.
    spoiled: BTreeSet<u32>,
}

impl Conduct {
    pub(crate) const fn is_unlawful(&self) -> bool {
        self.is_unlawful
    }

    pub(crate) const fn calls_for(&self) -> Option<(&'static str, u32)> {
        self.calls_for
    }

    pub(crate) const fn tolerated(&self) -> Option<&'static str> {
        self.tolerated
    }

    pub(crate) fn all_tolerated(&self) -> impl Iterator<Item = &'static str> {
        self.all_tolerated.iter().copied()
    }
}

/// What a frame is to its receiver.
enum Manner {
    Lawful,
    /// The session goes on, by this clause.
    Tolerated(&'static str),
    /// The session may end; by this clause, if any, it must, or the stream must.
    Unlawful(Option<&'static str>),
}

impl Model {
    /// Takes in how this frame of a scripted end keeps the protocol, before the frame itself.
    pub(crate) fn take_conduct(&mut self, header: &RawHeader, sender: Sender) {
        let manner = match self.judge_form(header, sender) {
            Ok(()) => self.manner(header, sender.end),
            // So is credit beyond 32 bits, whatever else is wrong.
            Err(_) if self.overflows(header, sender.end) => Manner::Unlawful(None),
            Err(breach)
                if !matches!(breach, Breach::BeyondWindow { .. })
                    && self.exceeds_window(header, sender.end) =>
            {
                Manner::Unlawful(None)
            }
            // Bytes that arrive later may find the window open again.
            Err(Breach::BeyondWindow { .. }) if self.is_slow => Manner::Unlawful(None),
            Err(breach) => manner_of(&breach, header),
        };
        let conduct = &mut self.ends[sender.end as usize].conduct;
        match manner {
            Manner::Lawful => {}
            Manner::Tolerated(clause) => {
                conduct.tolerated = Some(clause);
                conduct.all_tolerated.insert(clause);
                conduct.spoiled.insert(header.stream.0);
            }
            Manner::Unlawful(clause) => {
                if !conduct.is_unlawful {
                    conduct.calls_for = clause.map(|clause| (clause, header.stream.0));
                }
                conduct.is_unlawful = true;
            }
        }
    }

    /// Whether it gives more credit than a window of 32 bits can hold.
    fn overflows(&self, header: &RawHeader, from: Actor) -> bool {
        let stream = self.stream_of(header);
        let credit = stream
            .map_or_else(|| u64::from(INITIAL_WINDOW), |one| one.sent_by(from.other()).credit());
        header.lawful_type() == Some(FrameType::WindowUpdate)
            && !header.flags.contains(Flags::RST)
            && credit + u64::from(header.length) > u64::from(u32::MAX)
    }

    /// Whether the body is more than the window of its stream has left, whatever else is wrong.
    fn exceeds_window(&self, header: &RawHeader, from: Actor) -> bool {
        let stream = self.stream(header.stream.0);
        let exceeds = |stream: &Stream| {
            u64::from(header.body_len()) > stream.sent_by(from).credit() && !stream.is_reset()
        };
        header.lawful_type().is_some() && stream.is_some_and(exceeds)
    }

    /// A scripted end has sent bytes that are no frame, or has left one unfinished.
    pub(crate) const fn take_garbage(&mut self, from: Actor) {
        self.ends[from as usize].conduct.is_unlawful = true;
    }

    /// Whether the other end has sent frames on the stream that make its state a matter of opinion.
    pub(crate) fn is_spoiled(&self, end: Actor, number: u32) -> bool {
        self.end(end.other()).conduct.spoiled.contains(&number)
    }

    fn manner(&self, header: &RawHeader, from: Actor) -> Manner {
        match header.lawful_type() {
            Some(FrameType::Ping) if header.flags == Flags::ACK => {
                let asker = self.end(from.other());
                let value = header.length;
                if asker.pings.contains_key(&value) {
                    Manner::Lawful
                } else if asker.answered.contains(&value) {
                    Manner::Tolerated("PING-06")
                } else {
                    Manner::Tolerated("PING-05")
                }
            }
            Some(FrameType::GoAway) if header.length != GoAwayCode::Normal.number() => {
                Manner::Unlawful(None)
            }
            _ if self.overflows(header, from) => Manner::Unlawful(None),
            Some(FrameType::Data | FrameType::WindowUpdate)
                if self
                    .stream(header.stream.0)
                    .is_some_and(|one| one.begins_anew(header.flags)) =>
            {
                Manner::Tolerated("SID-13")
            }
            _ => Manner::Lawful,
        }
    }
}

fn manner_of(breach: &Breach, header: &RawHeader) -> Manner {
    let is_session = header.stream.0 == 0;
    match breach {
        _ if is_session && header.lawful_type().is_some() => Manner::Unlawful(None),
        Breach::Version(_) => Manner::Unlawful(Some("FRM-06")),
        Breach::FrameType(_) => Manner::Unlawful(Some("FRM-08")),
        Breach::BeyondWindow { .. } => Manner::Unlawful(Some("FLOW-13")),
        Breach::Parity { .. } => Manner::Unlawful(Some("SID-07")),
        Breach::SecondSyn(_) => Manner::Unlawful(Some("SID-15")),
        Breach::SecondFin(_) => Manner::Tolerated("FIN-13"),
        Breach::AfterFin(..) => Manner::Tolerated("DATA-08"),
        Breach::Acks { .. } => Manner::Tolerated("OPEN-17"),
        Breach::AfterReset(..) | Breach::Unopened(..) => {
            Manner::Tolerated(of_no_stream(header, matches!(breach, Breach::AfterReset(..))))
        }
        _ => Manner::Unlawful(None),
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
