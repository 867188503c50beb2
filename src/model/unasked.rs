//! What an end sends although neither its application nor its peer asked for it. Pure.

use std::fmt;

use crate::model::{Breach, Model, NamedStream, Sender};
use crate::scenario::Actor;
use crate::yamux::frame::{Flags, FrameType, RawHeader};
use crate::yamux::time::Time;

/// What neither the application nor the peer asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// A stream was opened.
    Syn(NamedStream),
    /// This many bytes of payload more than the application wrote.
    Payload(NamedStream, u64),
    /// A half-close, against this clause.
    Fin(NamedStream, &'static str),
    /// A reset, against this clause.
    Reset(NamedStream, &'static str),
    /// A go-away.
    GoAway,
    /// A pong that answers no ping.
    Pong(u32),
    /// A second pong for one ping.
    SecondPong(u32),
}

impl Unasked {
    /// The clause that forbids it.
    pub(crate) const fn clause(&self) -> &'static str {
        match self {
            Self::Pong(_) => "PING-01",
            Self::SecondPong(_) => "PING-10",
            Self::Payload(..) => "DATA-01",
            Self::GoAway => "SES-09",
            Self::Syn(_) => "SES-10",
            Self::Fin(_, clause) | Self::Reset(_, clause) => clause,
        }
    }

    pub(crate) fn token(&self) -> String {
        match self {
            Self::Syn(stream) => format!("syn/{}", stream.token()),
            Self::Payload(stream, bytes) => format!("data/{}/{bytes}", stream.token()),
            Self::Fin(stream, _) => format!("fin/{}", stream.token()),
            Self::Reset(stream, _) => format!("rst/{}", stream.token()),
            Self::GoAway => "go-away".to_owned(),
            Self::Pong(value) => format!("pong/{value}"),
            Self::SecondPong(value) => format!("second-pong/{value}"),
        }
    }
}

impl fmt::Display for Unasked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syn(stream) => write!(f, "syn on {stream}, which its application did not open"),
            Self::Payload(stream, bytes) => {
                write!(f, "{bytes} bytes on {stream} more than its application wrote")
            }
            Self::Fin(stream, _) => {
                write!(f, "fin on {stream}, which its application did not close")
            }
            Self::Reset(stream, _) => {
                write!(f, "rst on {stream}, which its application neither closed nor reset")
            }
            Self::GoAway => f.write_str("a go-away without a reason"),
            Self::Pong(value) => write!(f, "pong {value}, which answers no ping"),
            Self::SecondPong(value) => write!(f, "a second pong {value} for one ping"),
        }
    }
}

impl Model {
    /// Judges a frame of the right form by what its sender was asked to do.
    pub(crate) fn judge_purpose(
        &self,
        now: Time,
        header: &RawHeader,
        sender: Sender,
    ) -> Result<(), Breach> {
        if self.is_free(sender.end) {
            return Ok(());
        }
        let unasked = match header.lawful_type() {
            Some(FrameType::Data | FrameType::WindowUpdate) => {
                self.unasked(now, header, sender.end)
            }
            Some(FrameType::Ping) => self.unasked_pong(header, sender.end),
            Some(FrameType::GoAway) | None => None,
        };
        unasked.map_or(Ok(()), |unasked| Err(Breach::Unasked(unasked)))
    }

    fn unasked(&self, now: Time, header: &RawHeader, end: Actor) -> Option<Unasked> {
        let number = header.stream.0;
        let name = || self.name(number);
        if header.flags.contains(Flags::SYN) && self.syns(end) >= self.apps.of(end).opens {
            return Some(Unasked::Syn(name()));
        }
        let stream = self.stream_of(header)?;
        if self.is_ambiguous(end, number) {
            return None;
        }
        let label = stream.label.as_ref()?;
        let handle = self.handle(end, label).cloned().unwrap_or_default();
        let sent = stream.sent_by(end).payload + u64::from(header.body_len());
        if sent > handle.asked {
            return Some(Unasked::Payload(name(), sent - handle.asked));
        }
        // A session that ends may finish and reset its streams first.
        if self.may_leave(now, end) {
            return None;
        }
        // So may one that ends because of a frame that it must tolerate.
        let clause = self.end(end.other()).violations.tolerated().unwrap_or("SES-10");
        let is_given_up = handle.is_ended() || handle.is_abandoned || self.has_cancelled(end);
        if header.flags.contains(Flags::FIN) && !is_given_up && !stream.is_reset() {
            return Some(Unasked::Fin(name(), clause));
        }
        // A stream that is not accepted yet may be refused.
        let may_reset = is_given_up || handle.reads_no_more || !handle.is_held;
        (header.flags.contains(Flags::RST) && !may_reset && !stream.is_over())
            .then(|| Unasked::Reset(name(), clause))
    }

    fn unasked_pong(&self, header: &RawHeader, end: Actor) -> Option<Unasked> {
        if header.flags != Flags::ACK {
            return None;
        }
        let (value, asker) = (header.length, self.end(end.other()));
        if asker.pings.contains_key(&value) {
            None
        } else if asker.answered.contains(&value) {
            Some(Unasked::SecondPong(value))
        } else {
            Some(Unasked::Pong(value))
        }
    }

    /// Judges that this end goes away or ends the transport.
    pub(crate) fn judge_leaving(&self, now: Time, end: Actor) -> Result<(), Breach> {
        if self.may_leave(now, end) {
            return Ok(());
        }
        match self.end(end.other()).violations.tolerated() {
            Some(clause) => Err(Breach::Ended { clause }),
            None => Err(Breach::Ended { clause: "SES-09" }),
        }
    }

    /// Whether this end may end the session: it is free, its application asks for a go-away, or one of its timers may have run
    /// out, which on a slow wire may be any.
    pub(crate) fn may_leave(&self, now: Time, end: Actor) -> bool {
        self.is_free(end)
            || self.apps.of(end).has_asked_go_away
            || self.is_slow
            || self.may_time_out(end, now)
    }

    /// Whether a timer of this end may end the session: one of its pings or openings is unanswered.
    pub(crate) fn may_time_out(&self, end: Actor, now: Time) -> bool {
        self.end(end).pings.values().any(|(_, since)| now > *since)
            || self.streams().any(|(_, stream)| stream.is_unanswered(end, now))
    }

    fn has_cancelled(&self, end: Actor) -> bool {
        self.apps.of(end).has_cancelled
    }

    fn syns(&self, end: Actor) -> u32 {
        self.end(end).syns
    }
}
