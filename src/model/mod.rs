//! `Model`: what each end of a session may, must and must not do next, clause by clause. Pure.
//!
//! It knows what crossed the wire and what the applications asked for, and nothing about how an implementation works.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod apps;
mod breach;
mod debts;
mod frames;
mod reach;
mod results;
#[cfg(test)]
mod rules;
mod snapshot;
mod stream;
mod token;
mod unasked;
mod violations;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) use apps::Call;
pub(crate) use apps::CallEnding;
pub(crate) use breach::{Breach, FrameName, NamedStream, Rule};
pub(crate) use debts::Debt;
pub(crate) use frames::{Sender, judge_end};
pub(crate) use snapshot::{Snapshot, StreamSnapshot};
pub(crate) use stream::{Half, Stream};
pub(crate) use token::{flags_token, token};
pub(crate) use unasked::Unasked;

use crate::model::apps::Apps;
use crate::model::violations::Violations;
use crate::scenario::{Actor, Label, WireControl};
use crate::yamux::frame::{Flags, FrameType, RawHeader};
use crate::yamux::time::Time;

/// A session, as its wire and its applications show it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// By number.
    streams: BTreeMap<u32, Stream>,
    /// The number bound to each label.
    numbers: HashMap<Label, u32>,
    apps: Apps,
    ends: [End; 2],
    now: Time,
    /// Whether the wire was ever cut or stalled: from then on nothing is owed.
    has_wire_fault: bool,
    /// Whether the wire holds back what is sent to the subject, and to the peer.
    is_stalled: [bool; 2],
    /// Whether it has ever held anything back.
    has_stalled: bool,
    /// Whether a delay, a rate or a small buffer was ever set: bytes may be late, and a transport may seem to be stuck.
    is_slow: bool,
    /// The breaches that the script decides about, not the model.
    remarks: Vec<Breach>,
}

/// What an end has said about the session.
#[derive(Debug, Default)]
pub(crate) struct End {
    /// The values of its unanswered pings, each with the number of pings and the time of the first.
    pings: BTreeMap<u32, (u32, Time)>,
    /// Whether several pings have waited for their pongs at the same time, since the last moment at which none waited.
    has_several_pings: bool,
    /// The values of its pings that were answered.
    answered: HashSet<u32>,
    /// The values of pongs that answered no ping of it when they were sent.
    early_pongs: HashSet<u32>,
    has_said_go_away: bool,
    /// When it ended the transport.
    ended: Option<Time>,
    /// How many SYNs it has sent.
    syns: u32,
    /// How it has broken the protocol, if its frames are dictated by a script.
    violations: Violations,
}

impl Model {
    /// The stream with this number.
    pub(crate) fn stream(&self, number: u32) -> Option<&Stream> {
        self.streams.get(&number)
    }

    /// The stream with this number, created on first use.
    pub(crate) fn stream_mut(&mut self, number: u32) -> &mut Stream {
        self.streams.entry(number).or_default()
    }

    /// The stream that a frame belongs to; none if the frame opens a stream, be it with a number that was used before.
    pub(crate) fn stream_of(&self, header: &RawHeader) -> Option<&Stream> {
        self.stream(header.stream.0).filter(|stream| !stream.begins_anew(header.flags))
    }

    /// All streams, by number.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (u32, &Stream)> {
        self.streams.iter().map(|(number, stream)| (*number, stream))
    }

    /// The number of the stream with this label; of the latest one if the label was reused.
    pub(crate) fn number_of(&self, label: &str) -> Option<u32> {
        self.numbers.get(label).copied()
    }

    /// The stream with this label.
    pub(crate) fn labelled(&self, label: &str) -> Option<&Stream> {
        self.streams.get(&self.number_of(label)?)
    }

    /// Binds a label to a stream.
    pub(crate) fn bind(&mut self, label: &Label, number: u32) {
        self.named(label);
        let before = self.numbers.insert(Label::clone(label), number);
        if before == Some(number) {
            return;
        }
        if let Some(stream) = before.and_then(|before| self.streams.get_mut(&before)) {
            stream.label = None;
        }
        if let Some(other) = self.stream_mut(number).label.replace(Label::clone(label)) {
            self.numbers.remove(&other);
        }
    }

    /// Takes in a header from this end. Returns whether it uses the number of a closed stream again.
    pub(crate) fn take_header(&mut self, now: Time, from: Actor, header: &RawHeader) -> bool {
        self.now = now;
        match header.lawful_type() {
            Some(FrameType::Data | FrameType::WindowUpdate) => {
                return self.take_stream_frame(now, from, header);
            }
            Some(FrameType::Ping) => self.take_ping(now, from, header),
            Some(FrameType::GoAway) => self.ends[from as usize].has_said_go_away = true,
            None => {}
        }
        false
    }

    fn take_ping(&mut self, now: Time, from: Actor, header: &RawHeader) {
        let value = header.length;
        let is_pong = header.flags.contains(Flags::ACK) && !header.flags.contains(Flags::SYN);
        if !is_pong {
            let asker = &mut self.ends[from as usize];
            asker.has_several_pings |= !asker.pings.is_empty();
            asker.pings.entry(value).or_insert((0, now)).0 += 1;
            // On a slow wire a pong that was sent before may arrive after the ping has left.
            if self.is_slow && asker.early_pongs.contains(&value) {
                asker.answered.insert(value);
            }
            return;
        }
        let asker = &mut self.ends[from.other() as usize];
        if let Entry::Occupied(mut asked) = asker.pings.entry(value) {
            asked.get_mut().0 -= 1;
            if asked.get().0 == 0 {
                asked.remove();
            }
            asker.answered.insert(value);
        } else {
            asker.early_pongs.insert(value);
        }
        asker.has_several_pings &= !asker.pings.is_empty();
    }

    fn take_stream_frame(&mut self, now: Time, from: Actor, header: &RawHeader) -> bool {
        let is_update = header.lawful_type() == Some(FrameType::WindowUpdate);
        let is_reset = header.flags.contains(Flags::RST);
        let is_there = self.end(from.other()).ended.is_none();
        let stream = self.stream_mut(header.stream.0);
        let is_anew = stream.begins_anew(header.flags);
        if is_anew {
            stream.begin_anew();
            if let Some(label) = stream.label.clone() {
                self.apps.mark_stale(from.other(), &label);
            }
        }
        let stream = self.stream_mut(header.stream.0);
        // The length field of a reset is a code.
        if is_update && !is_reset {
            stream.sent_by_mut(from.other()).allowed += u64::from(header.length);
        }
        let half = stream.sent_by_mut(from);
        let has_syn = header.flags.contains(Flags::SYN);
        if has_syn {
            half.announced.get_or_insert(now);
            half.syn += 1;
        }
        half.ack += u32::from(header.flags.contains(Flags::ACK));
        half.rst += u32::from(is_reset);
        half.end_has_arrived |=
            is_there && (is_reset || is_update && header.flags.contains(Flags::FIN));
        half.fin += u32::from(is_update && header.flags.contains(Flags::FIN));
        half.has_begun_fin |= !is_update && header.flags.contains(Flags::FIN);
        self.ends[from as usize].syns += u32::from(has_syn);
        is_anew
    }

    /// Takes in payload from this end.
    pub(crate) fn take_body(&mut self, from: Actor, number: u32, len: u64) {
        let stream = self.stream_mut(number);
        let is_discarded = stream.sent_by(from.other()).rst > 0;
        let half = stream.sent_by_mut(from);
        half.payload += len;
        half.has_payload_after_reset |= is_discarded;
    }

    /// Takes in the end of the body of a data frame, whose FIN takes effect there.
    pub(crate) fn take_body_end(&mut self, from: Actor, header: &RawHeader) {
        if header.flags.contains(Flags::FIN) {
            let is_there = self.end(from.other()).ended.is_none();
            let half = self.stream_mut(header.stream.0).sent_by_mut(from);
            half.fin += 1;
            half.end_has_arrived |= is_there;
        }
    }

    /// Takes in that this end has ended the transport.
    pub(crate) fn take_end(&mut self, now: Time, from: Actor) {
        self.now = now;
        self.ends[from as usize].ended.get_or_insert(now);
    }

    /// Takes in a change of the wire.
    pub(crate) const fn take_fault(&mut self, control: &WireControl) {
        match control {
            WireControl::Stall(to) => {
                self.is_stalled[*to as usize] = true;
                self.has_stalled = true;
            }
            WireControl::Resume(to) => self.is_stalled[*to as usize] = false,
            WireControl::Delay { .. } | WireControl::Rate(..) | WireControl::Buffer(..) => {
                self.is_slow = true;
            }
            _ => {}
        }
        self.has_wire_fault |=
            matches!(control, WireControl::Stall(_) | WireControl::End(_) | WireControl::Cut(_));
    }

    /// Keeps a breach that a script, and not the model, decides about.
    pub(crate) fn remark(&mut self, breach: Breach) {
        if self.remarks.len() < MAX_REMARKS {
            self.remarks.push(breach);
        }
    }

    /// The breaches that a script decided about.
    pub(crate) fn remarks(&self) -> &[Breach] {
        &self.remarks
    }

    /// Whether this end is free to end the session, and to leave undone what it owes: an application or an end has
    /// begun to end it, or the other end has broken the protocol.
    pub(crate) fn is_free(&self, end: Actor) -> bool {
        self.has_wire_fault
            || self.apps.has_closed_session()
            || self.ends.iter().any(|end| end.has_said_go_away || end.ended.is_some())
            || self.end(end.other()).violations.is_unlawful()
    }

    /// Whether this end knows that the transport has ended: the other end has ended it, or it has itself.
    pub(crate) fn is_over_for(&self, end: Actor) -> bool {
        let has_ended = |end: Actor| self.end(end).ended.is_some();
        !self.is_stalled[end as usize]
            && (has_ended(end.other()) || has_ended(end) && !self.has_wire_fault)
    }

    /// Whether the wire was ever slow: an end may take it for stuck, and give it up.
    pub(crate) const fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Whether the transport has ended in either direction.
    pub(crate) fn is_over(&self) -> bool {
        self.ends.iter().any(|end| end.ended.is_some())
    }

    /// Whether this end has broken the protocol, as a script told it to.
    pub(crate) const fn is_unlawful(&self, end: Actor) -> bool {
        self.end(end).violations.is_unlawful()
    }

    const fn end(&self, end: Actor) -> &End {
        &self.ends[end as usize]
    }

    /// The stream as reports name it.
    pub(crate) fn name(&self, number: u32) -> NamedStream {
        match self.streams.get(&number).and_then(|stream| stream.label.as_ref()) {
            Some(label) => NamedStream::Label(Label::clone(label)),
            None => NamedStream::Number(number),
        }
    }
}

/// Bounds the remarks on a script with many calls.
const MAX_REMARKS: usize = 16;
