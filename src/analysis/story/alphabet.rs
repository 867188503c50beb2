//! `Symbol`: the turns that short stories are made of. Pure.

use std::time::Duration;

use crate::analysis::story::rules::{next_label, next_to_accept};
use crate::analysis::story::turn::{AppCall, Cancellable, PeerFrame, Turn, UnopenedFrame};
use crate::model::Snapshot;
use crate::scenario::{Actor, Label};
use crate::yamux::frame::{Flags, INITIAL_WINDOW};

/// A turn with a wire peer. It acts on the newest stream on which it is lawful, or else on the newest on which it is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[derive(strum::Display, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Symbol {
    Open,
    Accept,
    Write,
    WriteBeyond,
    Read,
    ReadToEnd,
    HalfClose,
    Close,
    Reset,
    Cancel,
    Ping,
    GoAway,
    CloseSession,
    PeerSyn,
    PeerSynData,
    PeerAck,
    PeerData,
    PeerDataFin,
    PeerFin,
    PeerRst,
    PeerCredit,
    PeerWindow,
    PeerFill,
    PeerBeyond,
    PeerPing,
    PeerPong,
    PeerGoAway,
    PeerSecondSyn,
    PeerUnopened,
    PeerWrongVersion,
    Wait,
    WaitLong,
}

impl Symbol {
    /// All of them.
    pub(crate) const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// What it does, in one line.
    pub(crate) const fn docs(self) -> &'static str {
        match self {
            Self::Open => "the subject opens a stream",
            Self::Accept => {
                "the subject accepts the oldest stream that it has not accepted, or waits for one"
            }
            Self::Write => "the subject writes 1 byte",
            Self::WriteBeyond => "the subject writes 262145 bytes, one more than the first window",
            Self::Read => "the subject reads 1000 bytes",
            Self::ReadToEnd => "the subject reads to the end of the stream",
            Self::HalfClose => "the subject half-closes a stream",
            Self::Close => "the subject closes a stream",
            Self::Reset => "the subject resets a stream",
            Self::Cancel => "the subject cancels a running read, write, open or accept",
            Self::Ping => "the subject pings",
            Self::GoAway => "the subject says go away",
            Self::CloseSession => "the subject ends the session",
            Self::PeerSyn => "a window update with SYN opens a stream",
            Self::PeerSynData => "1000 bytes of data with SYN open a stream",
            Self::PeerAck => "a window update with ACK",
            Self::PeerData => "1000 bytes of data",
            Self::PeerDataFin => "1000 bytes of data with FIN",
            Self::PeerFin => "a window update with FIN",
            Self::PeerRst => "a window update with RST",
            Self::PeerCredit => "credit of 1 byte",
            Self::PeerWindow => "credit of 262144 bytes",
            Self::PeerFill => "data that uses up the window",
            Self::PeerBeyond => "data that exceeds the window by 1 byte",
            Self::PeerPing => "a ping",
            Self::PeerPong => "the pong to the subject's latest ping",
            Self::PeerGoAway => "a go-away with code 0",
            Self::PeerSecondSyn => "a second SYN on a stream",
            Self::PeerUnopened => "data on a stream that nobody opened",
            Self::PeerWrongVersion => "a frame of version 1",
            Self::Wait => "1 s passes",
            Self::WaitLong => "301 s pass, more than the close timeout",
        }
    }

    /// The turn at this point; `None` if it is not possible there.
    pub(crate) fn turn(self, snapshot: &Snapshot) -> Option<Turn> {
        let turn = self.on_session(snapshot).or_else(|| self.newest(snapshot))?;
        turn.is_possible(snapshot).then_some(turn)
    }

    /// The turn of a symbol that acts on the session or on a new stream.
    fn on_session(self, snapshot: &Snapshot) -> Option<Turn> {
        let call = |call| Some(Turn::Call(Actor::Subject, call));
        let frame = |frame| Some(Turn::Frame(frame));
        match self {
            Self::Open => call(AppCall::Open(next_label(snapshot, Actor::Subject, 0))),
            Self::Accept => {
                let next = next_to_accept(snapshot, Actor::Subject).map(|next| next.label.clone());
                let label = next.unwrap_or_else(|| next_label(snapshot, Actor::Peer, 0));
                call(AppCall::Accept(label))
            }
            Self::Cancel => {
                let (_, _, action) = snapshot.running.iter().rev().find(|(_, actor, action)| {
                    *actor == Actor::Subject && Cancellable::of(action).is_some()
                })?;
                call(AppCall::Cancel(Cancellable::of(action)?, Label::clone(action.stream()?)))
            }
            Self::Ping => call(AppCall::Ping),
            Self::GoAway => call(AppCall::GoAway),
            Self::CloseSession => call(AppCall::CloseSession),
            Self::PeerSyn => {
                let stream = next_label(snapshot, Actor::Peer, 0);
                frame(PeerFrame::Update { stream, flags: Flags::SYN, credit: 0 })
            }
            Self::PeerSynData => {
                let stream = next_label(snapshot, Actor::Peer, 0);
                frame(PeerFrame::Data { stream, flags: Flags::SYN, bytes: 1000 })
            }
            Self::PeerPing => frame(PeerFrame::Ping(7)),
            Self::PeerPong => frame(PeerFrame::Pong),
            Self::PeerGoAway => frame(PeerFrame::GoAway(0)),
            Self::PeerUnopened => frame(PeerFrame::Unopened(UnopenedFrame::Data)),
            Self::PeerWrongVersion => frame(PeerFrame::WrongVersion),
            Self::Wait => Some(Turn::Wait(Duration::from_secs(1))),
            Self::WaitLong => Some(Turn::Wait(Duration::from_secs(301))),
            _ => None,
        }
    }

    /// The turn on the newest stream that fits.
    fn newest(self, snapshot: &Snapshot) -> Option<Turn> {
        let turns = snapshot.streams.iter().rev();
        let mut turns = turns.filter_map(|stream| self.on(stream.label.clone()));
        let possible = |turn: &Turn| turn.is_possible(snapshot);
        let lawful = turns.clone().find(|turn| possible(turn) && turn.is_lawful(snapshot));
        lawful.or_else(|| turns.find(possible))
    }

    /// The turn on this stream.
    fn on(self, stream: Label) -> Option<Turn> {
        let (subject, window) = (Actor::Subject, INITIAL_WINDOW);
        let update = |stream, flags, credit| PeerFrame::Update { stream, flags, credit };
        Some(match self {
            Self::Write => Turn::Call(subject, AppCall::Write(stream, 1)),
            Self::WriteBeyond => Turn::Call(subject, AppCall::Write(stream, u64::from(window) + 1)),
            Self::Read => Turn::Call(subject, AppCall::Read(stream, 1000)),
            Self::ReadToEnd => Turn::Call(subject, AppCall::ReadToEnd(stream)),
            Self::HalfClose => Turn::Call(subject, AppCall::HalfClose(stream)),
            Self::Close => Turn::Call(subject, AppCall::Close(stream)),
            Self::Reset => Turn::Call(subject, AppCall::Reset(stream)),
            Self::PeerAck => Turn::Frame(update(stream, Flags::ACK, 0)),
            Self::PeerFin => Turn::Frame(update(stream, Flags::FIN, 0)),
            Self::PeerRst => Turn::Frame(update(stream, Flags::RST, 0)),
            Self::PeerCredit => Turn::Frame(update(stream, Flags::NONE, 1)),
            Self::PeerWindow => Turn::Frame(update(stream, Flags::NONE, window)),
            Self::PeerSecondSyn => Turn::Frame(update(stream, Flags::SYN, 0)),
            Self::PeerData => {
                Turn::Frame(PeerFrame::Data { stream, flags: Flags::NONE, bytes: 1000 })
            }
            Self::PeerDataFin => {
                Turn::Frame(PeerFrame::Data { stream, flags: Flags::FIN, bytes: 1000 })
            }
            Self::PeerFill => Turn::Frame(PeerFrame::FillWindow { stream, beyond: 0 }),
            Self::PeerBeyond => Turn::Frame(PeerFrame::FillWindow { stream, beyond: 1 }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Symbol;
    use crate::analysis::story::Story;
    use crate::analysis::story::trials::lab::Lab;
    use crate::analysis::story::trials::text_rules::assert_text_means_the_same;
    use crate::scenario::PeerKind;

    #[test]
    fn there_are_thirty_two_symbols_that_say_different_things() {
        let docs: HashSet<_> = Symbol::ALL.iter().map(|symbol| symbol.docs()).collect();
        assert_eq!((docs.len(), Symbol::ALL.len()), (32, 32));
    }

    #[test]
    fn short_stories_use_every_symbol_and_the_format_can_say_them() {
        let mut used = HashSet::new();
        let mut stories = vec![(Lab::default(), Story::new(PeerKind::Wire))];
        for depth in 0..4 {
            let mut longer = Vec::new();
            for (i, (lab, story)) in stories.iter().enumerate() {
                for symbol in Symbol::ALL {
                    let Some(turn) = symbol.turn(lab.snapshot()) else { continue };
                    used.insert(symbol);
                    let (mut lab, mut story) = (lab.clone(), story.clone());
                    lab.play(&turn);
                    story.turns.push(turn);
                    if depth < 2 || i % 97 == 0 {
                        assert_text_means_the_same(&story);
                        longer.push((lab, story));
                    }
                }
            }
            stories = longer;
        }
        assert_eq!(used.len(), 32, "{used:?}");
    }
}
