//! The frames that a wire peer could send next. Pure.

use strum::VariantArray;

use crate::analysis::story::author::draft::Draft;
use crate::analysis::story::author::plot::one;
use crate::analysis::story::rules::{PEER, SUBJECT, is_running};
use crate::analysis::story::turn::{Cancellable, PeerFrame, UnopenedFrame};
use crate::model::StreamSnapshot;
use crate::scenario::{Actor, Label};
use crate::yamux::frame::{Flags, INITIAL_WINDOW};

impl Draft<'_> {
    /// Adds the frames of a peer that keeps the protocol.
    pub(super) fn add_frames(&mut self, focus: &[&StreamSnapshot]) {
        if let Some(label) = self.new_label(Actor::Peer) {
            let weight = if self.has_live_stream() { 4 } else { 20 };
            let stream = || Label::clone(&label);
            let bytes = self.reserve.bytes.min(1000) as u32;
            self.frame(weight * 3, update(stream(), Flags::SYN, 0));
            self.frame(weight, update(stream(), Flags::SYN, 65_536));
            self.frame(weight, PeerFrame::Data { stream: stream(), flags: Flags::SYN, bytes });
            self.frame(weight / 4, update(stream(), Flags::SYN | Flags::FIN, 0));
        }
        for stream in focus {
            self.add_acknowledgements(stream);
            self.add_data(stream);
            self.add_credit(stream);
            let label = || Label::clone(&stream.label);
            let weights = [self.if_closing(6, 1), self.if_closing(2, 0)];
            self.frame(weights[0], update(label(), Flags::FIN, 0));
            self.frame(weights[1], update(label(), Flags::RST, 0));
        }
        let value = self.rng.u32(0..1000);
        self.frame(2, PeerFrame::Ping(value));
        self.frame(60, PeerFrame::Pong);
        if !self.snapshot.said_go_away[PEER] {
            self.frame(u32::from(self.is_late), PeerFrame::GoAway(0));
        }
    }

    fn add_acknowledgements(&mut self, stream: &StreamSnapshot) {
        let label = || Label::clone(&stream.label);
        let bytes = self.data_bytes(stream);
        self.frame(40, update(label(), Flags::ACK, 0));
        self.frame(10, update(label(), Flags::ACK, INITIAL_WINDOW));
        self.frame(10, PeerFrame::Data { stream: label(), flags: Flags::ACK, bytes });
        self.frame(2, update(label(), Flags::ACK | Flags::FIN, 0));
    }

    fn add_data(&mut self, stream: &StreamSnapshot) {
        let label = || Label::clone(&stream.label);
        let bytes = self.data_bytes(stream);
        let weight = if bytes > 0 { self.if_long(50, 20) } else { 1 };
        self.frame(weight, PeerFrame::Data { stream: label(), flags: Flags::NONE, bytes });
        let weight = self.if_closing(3, 0);
        self.frame(weight, PeerFrame::Data { stream: label(), flags: Flags::FIN, bytes });
        if stream.credit[PEER] <= self.reserve.bytes {
            let weight = self.if_long(20, 3);
            self.frame(weight, PeerFrame::FillWindow { stream: label(), beyond: 0 });
        }
    }

    /// How much data a frame carries: no more than the subject and the bounds allow.
    fn data_bytes(&mut self, stream: &StreamSnapshot) -> u32 {
        let most = stream.credit[PEER].min(self.reserve.bytes).min(1 << 20) as u32;
        let wanted = if self.plot.is_long {
            *one(self.rng, &[16_384, 65_536, 131_072, most])
        } else {
            *one(self.rng, &[0, 1, 1000, 16_384, most])
        };
        wanted.min(most)
    }

    fn add_credit(&mut self, stream: &StreamSnapshot) {
        let credit = if self.plot.is_long {
            *one(self.rng, &[65_536, INITIAL_WINDOW, INITIAL_WINDOW])
        } else {
            *one(self.rng, &[0, 1, 1000, 65_536, INITIAL_WINDOW])
        };
        let is_needed =
            is_running(self.snapshot, Actor::Subject, Cancellable::Write, &stream.label)
                || stream.credit[SUBJECT] < u64::from(INITIAL_WINDOW) / 2;
        let weight = if is_needed { 40 } else { 2 };
        self.frame(weight, update(Label::clone(&stream.label), Flags::NONE, credit));
    }

    /// Adds the frames by which a peer breaks the protocol.
    pub(super) fn add_breaches(&mut self) {
        self.is_unlawful = true;
        for frame in UnopenedFrame::VARIANTS {
            self.frame(2, PeerFrame::Unopened(*frame));
        }
        for frame in [
            PeerFrame::WrongVersion,
            PeerFrame::UnknownType,
            PeerFrame::UnaskedPong(99),
            PeerFrame::GoAway(77),
        ] {
            self.frame(3, frame);
        }
        if let Some(label) = self.new_label(Actor::Peer) {
            self.frame(3, PeerFrame::WrongParity(label));
        }
        let snapshot = self.snapshot;
        for stream in &snapshot.streams {
            let label = || Label::clone(&stream.label);
            for (flags, credit) in [
                (Flags::SYN, 0),
                (Flags::ACK, 0),
                (Flags::FIN, 0),
                (Flags::RST, 0),
                (Flags::NONE, 1),
                (Flags::NONE, u32::MAX),
                (Flags::from_bits(0x10), 0),
            ] {
                self.frame(2, update(label(), flags, credit));
            }
            for bytes in [0, 1] {
                let flags = Flags::NONE;
                self.frame(2, PeerFrame::Data { stream: label(), flags, bytes });
            }
            for beyond in [1, 1000] {
                if stream.credit[PEER] + u64::from(beyond) <= self.reserve.bytes {
                    self.frame(3, PeerFrame::FillWindow { stream: label(), beyond });
                }
            }
            self.frame(1, PeerFrame::PingOnStream(label()));
            self.frame(1, PeerFrame::GoAwayOnStream(label()));
        }
    }
}

const fn update(stream: Label, flags: Flags, credit: u32) -> PeerFrame {
    PeerFrame::Update { stream, flags, credit }
}
