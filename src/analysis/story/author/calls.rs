//! The calls that an application could make next. Pure.

use std::time::Duration;

use strum::VariantArray;

use crate::analysis::story::author::draft::Draft;
use crate::analysis::story::author::plot::{one, percent};
use crate::analysis::story::rules::{end, next_to_accept};
use crate::analysis::story::turn::{AppCall, Cancellable};
use crate::model::StreamSnapshot;
use crate::scenario::{Actor, Label};

impl Draft<'_> {
    /// Adds the calls of an application.
    pub(super) fn add_calls(&mut self, actor: Actor, focus: &[&StreamSnapshot]) {
        self.add_entries(actor);
        for stream in focus {
            self.add_transfers(actor, stream);
            self.add_endings(actor, stream);
            if self.plot.has_deadlines {
                self.add_deadlines(actor, &stream.label);
            }
        }
        self.call(2, actor, AppCall::Ping);
        let leaves = u32::from(self.is_late);
        self.call(leaves, actor, AppCall::CloseSession);
        if !self.snapshot.said_go_away[end(actor)] {
            self.call(self.if_closing(1, 0), actor, AppCall::GoAway);
        }
    }

    fn add_entries(&mut self, actor: Actor) {
        if let Some(label) = self.new_label(actor) {
            let weight = if self.has_live_stream() { 8 } else { 40 };
            self.call(weight, actor, AppCall::Open(label));
        }
        let next = next_to_accept(self.snapshot, actor).map(|next| Label::clone(&next.label));
        match next {
            Some(label) => {
                let weight = if self.plot.accepts_late { 6 } else { 60 };
                self.call(weight, actor, AppCall::Accept(label));
            }
            None => {
                if let Some(label) = self.new_label(actor.other()) {
                    self.call(2, actor, AppCall::Accept(label));
                }
            }
        }
    }

    fn add_transfers(&mut self, actor: Actor, stream: &StreamSnapshot) {
        let own = end(actor);
        let (label, unread) = (|| Label::clone(&stream.label), stream.unread[own]);
        let bytes = if self.plot.is_long {
            // What a long transfer needs is that all of it moves.
            *one(self.rng, &[unread, unread, 65_536, 262_144, 1 << 19])
        } else {
            *one(self.rng, &[1, 1000, 65_536, unread / 2, unread, unread + 1000])
        };
        let weight = if unread > 0 { self.if_long(60, 30) } else { 6 };
        self.call(weight, actor, AppCall::Read(label(), bytes.max(1)));
        let is_finished = stream.is_finished[end(actor.other())];
        self.call(if is_finished { 10 } else { 2 }, actor, AppCall::ReadToEnd(label()));

        let bytes = if self.plot.is_long {
            *one(self.rng, &[65_536, 262_144, 262_145, 1 << 19, 1 << 20])
        } else {
            *one(self.rng, &[1, 1000, 16_384, 65_536, 262_145])
        };
        if self.reserve.bytes > 0 {
            let weight = self.if_long(40, 20);
            self.call(weight, actor, AppCall::Write(label(), bytes.min(self.reserve.bytes)));
        }
        if percent(self.rng, 5) {
            self.call(20, actor, AppCall::Write(label(), 0));
            self.call(20, actor, AppCall::Read(label(), 0));
        }
    }

    fn add_endings(&mut self, actor: Actor, stream: &StreamSnapshot) {
        let label = || Label::clone(&stream.label);
        let weights = [self.if_closing(6, 1), self.if_closing(4, 1), self.if_closing(2, 0)];
        self.call(weights[0], actor, AppCall::HalfClose(label()));
        self.call(weights[1], actor, AppCall::Close(label()));
        self.call(weights[2], actor, AppCall::Reset(label()));
        self.call(weights[2], actor, AppCall::Drop(label()));
        self.call(weights[2] / 2, actor, AppCall::CloseRead(label()));
    }

    fn add_deadlines(&mut self, actor: Actor, stream: &Label) {
        let after = *one(self.rng, &[Some(0), Some(100), Some(1000), Some(30_000), None]);
        let after = after.map(Duration::from_millis);
        let (stream, is_for_writes) = (Label::clone(stream), self.rng.bool());
        for kind in Cancellable::VARIANTS {
            self.call(4, actor, AppCall::Cancel(*kind, Label::clone(&stream)));
        }
        self.call(5, actor, AppCall::SetDeadline { stream, is_for_writes, after });
    }
}
