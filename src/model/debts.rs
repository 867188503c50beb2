//! What an end still owes once nothing moves any more: frames, and the ends of calls. Pure.

use std::collections::HashSet;
use std::fmt;
use std::mem::discriminant;
use std::time::Duration;

use crate::model::apps::{Call, Handle};
use crate::model::{Breach, Half, Model, NamedStream, Stream};
use crate::scenario::{Action, Actor, Label};
use crate::yamux::frame::INITIAL_WINDOW;
use crate::yamux::time::Time;

/// A frame, the end of a call, or a reaction that an end still owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Debt {
    /// A pong with this value.
    Pong(u32),
    /// A pong with this value, for one of several pings that waited at the same time.
    OneOfPongs(u32),
    /// The SYN of a stream that was written to.
    Syn(NamedStream),
    /// The acknowledgement of a stream that was accepted.
    Ack(NamedStream),
    /// The same, of a stream that its opener had finished before the accept.
    LateAck(NamedStream),
    /// Payload for which there is credit: how much was sent, and how much must have been.
    Data(NamedStream, u64, u64),
    /// The FIN of a stream that was closed.
    Fin(NamedStream),
    /// The RST of a stream that was reset.
    Reset(NamedStream),
    /// The same, of a stream that one end has finished: this one if the flag is set.
    LateReset(NamedStream, bool),
    /// Credit for a stream whose reader has read everything.
    Credit(NamedStream),
    /// The end of a call.
    End(Action, Why),
    /// The end of the session or stream on which the other end broke the protocol, by this clause.
    Reaction(&'static str),
}

/// Why a call must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Why {
    /// All the bytes it reads have arrived.
    DataArrived,
    /// The other end has finished.
    FinArrived,
    /// The stream was reset.
    Reset,
    /// Its own application has reset the stream.
    OwnReset,
    /// All its bytes are sent.
    DataSent,
    /// A stream waits to be accepted.
    StreamWaits,
    /// No stream is unacknowledged, so that nothing bounds the opening of streams.
    Unbounded,
    /// Its pong has arrived.
    PongArrived,
    /// Its deadline is over.
    DeadlinePassed,
    /// Nothing may hold it up, least of all this call.
    NeedNotWait(Behind),
    /// The session is over.
    SessionOver,
}

/// The kind of call that holds up another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum Behind {
    /// A read.
    Read,
    /// A write.
    Write,
    /// An open.
    Open,
    /// An accept.
    Accept,
    /// A ping.
    Ping,
    /// None that is known.
    #[default]
    AnyCall,
}

impl Behind {
    const fn clause(self) -> &'static str {
        match self {
            Self::Read => "WAIT-01",
            Self::Write => "WAIT-02",
            Self::Open => "WAIT-03",
            Self::Accept => "WAIT-04",
            Self::Ping => "WAIT-05",
            Self::AnyCall => "WAIT-06",
        }
    }

    const fn of(action: &Action) -> Option<Self> {
        Some(match action {
            Action::Read { .. } => Self::Read,
            Action::Write { .. } => Self::Write,
            Action::Open { .. } => Self::Open,
            Action::Accept { .. } => Self::Accept,
            Action::Ping => Self::Ping,
            _ => return None,
        })
    }
}

impl Debt {
    /// The clause that demands it.
    pub(crate) const fn clause(&self) -> &'static str {
        match self {
            Self::Pong(_) => "PING-01",
            Self::OneOfPongs(_) => "PING-10",
            Self::Syn(_) => "OPEN-01",
            Self::Ack(_) => "ACC-07",
            Self::LateAck(_) => "ACC-08",
            Self::Data(..) => "FLOW-02",
            Self::Fin(_) => "FIN-01",
            Self::Reset(_) => "RST-01",
            Self::LateReset(_, true) => "RST-40",
            Self::LateReset(_, false) => "RST-41",
            Self::Credit(_) => "FLOW-16",
            Self::Reaction(clause) => clause,
            Self::End(action, why) => match (why, action) {
                (Why::FinArrived, _) => "FIN-17",
                (Why::Reset, _) => "RST-13",
                (Why::OwnReset, _) => "RST-01",
                (Why::StreamWaits, _) => "ACC-19",
                (Why::Unbounded, _) => "OPEN-27",
                (Why::PongArrived, _) => "PING-13",
                (Why::DeadlinePassed, _) => "TMO-04",
                (Why::NeedNotWait(behind), _) => behind.clause(),
                (Why::SessionOver, _) => "SES-01",
                (Why::DataArrived | Why::DataSent, _) => "WAIT-08",
            },
        }
    }

    pub(crate) fn token(&self) -> String {
        match self {
            Self::Pong(value) | Self::OneOfPongs(value) => format!("pong/{value}"),
            Self::Syn(stream) => format!("syn/{}", stream.token()),
            Self::Ack(stream) => format!("ack/{}", stream.token()),
            Self::LateAck(stream) => format!("ack-after-fin/{}", stream.token()),
            Self::Data(stream, sent, due) => format!("data/{}/{sent}/due/{due}", stream.token()),
            Self::Fin(stream) => format!("fin/{}", stream.token()),
            Self::Reset(stream) | Self::LateReset(stream, _) => {
                format!("rst/{}", stream.token())
            }
            Self::Credit(stream) => format!("credit/{}", stream.token()),
            Self::End(action, why) => {
                let action = action.to_string().replace([' ', '_'], "-");
                format!("end/{action}/{why}")
            }
            Self::Reaction(clause) => format!("reaction/{}", clause.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for Debt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pong(value) => write!(f, "no pong {value} for the ping"),
            Self::OneOfPongs(value) => {
                write!(f, "no pong {value} for one of several pings under way")
            }
            Self::Syn(stream) => write!(f, "no syn for {stream}, which was written to"),
            Self::Ack(stream) => write!(f, "no ack for {stream}, which was accepted"),
            Self::LateAck(stream) => {
                write!(f, "no ack for {stream}, which was accepted after its fin")
            }
            Self::Data(stream, sent, due) => {
                write!(f, "{sent} bytes on {stream}, where {due} were written and allowed")
            }
            Self::Fin(stream) => write!(f, "no fin for {stream}, which was closed"),
            Self::Reset(stream) | Self::LateReset(stream, _) => {
                write!(f, "no rst for {stream}, which was reset")
            }
            Self::Credit(stream) => {
                write!(f, "no credit for {stream}, whose reader waits for more than the window")
            }
            Self::End(action, why) => write!(f, "{action} still runs, although {}", why.words()),
            Self::Reaction(_) => f.write_str("neither the session nor the stream has ended"),
        }
    }
}

impl Why {
    const fn words(self) -> &'static str {
        match self {
            Self::DataArrived => "its bytes have arrived",
            Self::FinArrived => "the other end has finished",
            Self::Reset => "the stream was reset",
            Self::OwnReset => "its application has reset the stream",
            Self::DataSent => "its bytes are sent",
            Self::StreamWaits => "a stream waits to be accepted",
            Self::Unbounded => "every stream is acknowledged",
            Self::PongArrived => "its pong has arrived",
            Self::DeadlinePassed => "its deadline is over",
            Self::NeedNotWait(_) => "nothing may hold it up",
            Self::SessionOver => "the session is over",
        }
    }
}

impl Model {
    /// Judges that this end owes nothing, now that nothing moves any more; the error is the first debt.
    pub(crate) fn owed(&mut self, now: Time, end: Actor) -> Result<(), Breach> {
        self.now = now;
        match self.debt(now, end) {
            Some(debt) => Err(Breach::Owed(debt)),
            None => Ok(()),
        }
    }

    fn debt(&self, now: Time, end: Actor) -> Option<Debt> {
        if self.is_over_for(end) {
            let running = self.apps.running(end).next();
            let why = |call| self.reset_before_the_end(call).unwrap_or(Why::SessionOver);
            return running.map(|call| Debt::End(call.action.clone(), why(call)));
        }
        let violations = &self.end(end.other()).violations;
        if let Some((clause, number)) = violations.reaction() {
            return self.reaction(end, clause, number);
        }
        if self.is_free(end) || self.may_time_out(end, now) && self.has_timed_out(end) {
            return None;
        }
        let asker = self.end(end.other());
        if let Some(value) = asker.pings.keys().next().copied() {
            let is_one_of_several = asker.has_several_pings;
            return Some(if is_one_of_several {
                Debt::OneOfPongs(value)
            } else {
                Debt::Pong(value)
            });
        }
        let labels = self.names().filter(|label| {
            self.number_of(label).is_some_and(|number| !self.is_ambiguous(end, number))
        });
        labels.filter_map(|label| self.stream_debt(end, label)).next().or_else(|| {
            // Of several calls of one kind on a stream, the first may hold up the others.
            let mut kinds = HashSet::new();
            self.apps.running(end).find_map(|call| {
                let is_first = kinds.insert((discriminant(&call.action), call.action.stream()));
                Some(Debt::End(call.action.clone(), self.must_end(call, is_first)?))
            })
        })
    }

    /// Why a call on a stream that was reset must have ended before the session was over.
    fn reset_before_the_end(&self, call: &Call) -> Option<Why> {
        let (wire, handle) = self.stream_and_handle(call.actor, call.action.stream()?)?;
        let has_arrived = wire.is_reset() && !self.is_slow && !self.has_stalled;
        has_arrived.then(|| why_reset(wire.sent_by(call.actor.other()), handle))
    }

    /// The reaction that this end still owes to a breach of the protocol on this stream.
    fn reaction(&self, end: Actor, clause: &'static str, number: u32) -> Option<Debt> {
        let label = self.stream(number).and_then(|stream| stream.label.as_ref());
        let handle = label.and_then(|label| self.handle(end, label));
        // Bytes that nobody will read need not be counted.
        let reads_no_more =
            handle.is_some_and(|one| one.reads_no_more || one.is_closed_whole || one.is_ended());
        let is_done = self.end(end).has_said_go_away
            || reads_no_more
            || self.stream(number).is_some_and(|stream| stream.sent_by(end).rst > 0);
        let is_read = label.is_some_and(|label| self.reads(end, label))
            || handle.is_some_and(|handle| handle.reads_after_violation);
        // Some implementations check the window only when the application reads.
        let clause = if clause == "FLOW-13" && !is_read { "FRM-20" } else { clause };
        (!is_done && !self.has_wire_fault).then_some(Debt::Reaction(clause))
    }

    /// Whether a read runs on the stream.
    fn reads(&self, end: Actor, label: &Label) -> bool {
        self.apps
            .running(end)
            .any(|call| matches!(&call.action, Action::Read { stream, .. } if stream == label))
    }

    /// Whether this end has gone away or ended the transport.
    fn has_timed_out(&self, end: Actor) -> bool {
        self.end(end).ended.is_some() || self.end(end).has_said_go_away
    }

    fn stream_debt(&self, end: Actor, label: &Label) -> Option<Debt> {
        let (stream, handle) = self.stream_and_handle(end, label)?;
        let name = || NamedStream::Label(Label::clone(label));
        let (own, other) = (stream.sent_by(end), stream.sent_by(end.other()));
        let is_announced = own.syn > 0 || other.syn > 0;
        if handle.has_reset && is_announced && !stream.is_over() {
            let is_finished = own.fin > 0 || other.fin > 0;
            return Some(match is_finished {
                true => Debt::LateReset(name(), own.fin > 0),
                false => Debt::Reset(name()),
            });
        }
        if stream.is_reset() || handle.is_reset || handle.is_dropped || !handle.is_held {
            return None;
        }
        let due = self.payload_due(end, label, handle);
        if !is_announced {
            return (due > 0).then(|| Debt::Syn(name()));
        }
        // More than the first window waits for the acknowledgement, whatever credit there is.
        let is_unacknowledged = own.syn > 0 && other.ack == 0;
        let most = if is_unacknowledged { u64::from(INITIAL_WINDOW) } else { u64::MAX };
        let sendable = due.min(own.allowed).min(most);
        if own.payload < sendable && own.fin == 0 {
            return Some(Debt::Data(name(), own.payload, sendable));
        }
        let is_written = own.payload >= due && self.writes(end, label).next().is_none();
        if handle.has_closed && is_written && own.fin == 0 && !handle.has_lost_count {
            return Some(Debt::Fin(name()));
        }
        if other.syn > 0 && own.ack == 0 {
            return Some(if handle.was_finished {
                Debt::LateAck(name())
            } else {
                Debt::Ack(name())
            });
        }
        let waiting = other.payload.saturating_sub(handle.read);
        let is_read =
            |call: &&Call| matches!(&call.action, Action::Read { stream, .. } if stream == label);
        let first = self.apps.running(end).find(is_read);
        let wants_more =
            first.is_some_and(|call| call.action.requested().is_none_or(|wanted| wanted > waiting));
        let is_open = other.fin == 0 && !handle.is_closed_whole && !handle.reads_no_more;
        let waits = other.credit() == 0 && is_open && wants_more;
        waits.then(|| Debt::Credit(name()))
    }

    /// How much payload must be sent as soon as there is credit: that of ended writes, and of those that run.
    fn payload_due(&self, end: Actor, label: &Label, handle: &Handle) -> u64 {
        let running = if handle.is_closed { 0 } else { self.writes(end, label).sum::<u64>() };
        handle.written.saturating_add(running)
    }

    /// The sizes of the writes that run on the stream.
    fn writes(&self, end: Actor, label: &Label) -> impl Iterator<Item = u64> {
        self.apps.writes(end, label).map(|call| call.action.requested().unwrap_or_default())
    }

    /// Why a call must have ended, if it must.
    fn must_end(&self, call: &Call, is_first: bool) -> Option<Why> {
        let end = call.actor;
        match &call.action {
            Action::Read { stream, .. } => {
                let (wire, handle) = self.stream_and_handle(end, stream)?;
                self.read_must_end(call, (wire, handle), is_first)
            }
            Action::Write { stream, .. } => {
                let (wire, handle) = self.stream_and_handle(end, stream)?;
                let due = handle.written.saturating_add(call.action.requested()?);
                if wire.is_reset() {
                    Some(why_reset(wire.sent_by(end.other()), handle))
                } else if self.is_past(handle, 1) {
                    Some(Why::DeadlinePassed)
                } else {
                    // A write that failed may have sent more than it reported.
                    let is_sent = call.action.requested() > Some(0)
                        && wire.sent_by(end).payload >= due
                        && !handle.has_lost_count;
                    (is_first && is_sent).then_some(Why::DataSent)
                }
            }
            Action::Accept { .. } => {
                let live = self.streams().filter(|(number, stream)| {
                    let is_others = stream.sent_by(end.other()).syn > 0;
                    is_others && !stream.is_over() && !self.is_ambiguous(end, *number)
                });
                let waiting = live.count() > self.apps.of(end).accepts as usize;
                (is_first && waiting).then_some(Why::StreamWaits)
            }
            Action::Open { .. } => (!self.has_unacknowledged(end)).then_some(Why::Unbounded),
            Action::Ping => {
                let own = self.end(end);
                (own.pings.is_empty() && !own.answered.is_empty()).then_some(Why::PongArrived)
            }
            Action::HalfClose { stream } => self.half_close_must_end(end, stream),
            Action::Reset { .. } => Some(Why::NeedNotWait(self.behind(end))),
            Action::GoAway { .. } => Some(Why::NeedNotWait(Behind::AnyCall)),
            _ => None,
        }
    }

    /// Why a half-close must have ended: it may wait until all that was written before it is sent.
    fn half_close_must_end(&self, end: Actor, label: &Label) -> Option<Why> {
        let wire_and_handle = self.stream_and_handle(end, label);
        if let Some((wire, handle)) = wire_and_handle.filter(|(wire, _)| wire.is_reset()) {
            return Some(why_reset(wire.sent_by(end.other()), handle));
        }
        let is_buffered = wire_and_handle
            .is_some_and(|(wire, handle)| wire.sent_by(end).payload < handle.written);
        let has_unsent = self.writes(end, label).next().is_some() || is_buffered;
        (!has_unsent).then(|| Why::NeedNotWait(self.behind(end)))
    }

    /// The oldest call that runs and may wait.
    fn behind(&self, end: Actor) -> Behind {
        let waiting = self.apps.running(end).find_map(|call| Behind::of(&call.action));
        waiting.unwrap_or_default()
    }

    /// Whether the deadline of this direction, 0 for reads and 1 for writes, is over.
    fn is_past(&self, handle: &Handle, direction: usize) -> bool {
        handle.deadlines[direction].is_some_and(|at| at + TIMER_TICK < self.now)
    }

    fn read_must_end(
        &self,
        call: &Call,
        (wire, handle): (&Stream, &Handle),
        is_first: bool,
    ) -> Option<Why> {
        let other = wire.sent_by(call.actor.other());
        let waiting = other.payload.saturating_sub(handle.read);
        if wire.is_reset() {
            return Some(why_reset(other, handle));
        }
        if !is_first || handle.reads_no_more || handle.is_closed_whole {
            return None;
        }
        if other.fin > 0 {
            return Some(Why::FinArrived);
        }
        if self.is_past(handle, 0) {
            return Some(Why::DeadlinePassed);
        }
        let wanted = call.action.requested()?;
        (wanted > 0 && waiting >= wanted).then_some(Why::DataArrived)
    }
}

/// Why a call on a stream that was reset must have ended.
const fn why_reset(other: &Half, handle: &Handle) -> Why {
    if handle.is_reset && other.rst == 0 { Why::OwnReset } else { Why::Reset }
}

/// Some timers count in milliseconds.
pub(super) const TIMER_TICK: Duration = Duration::from_millis(2);
