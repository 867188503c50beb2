//! Mutants in which a blocked call holds up another call, or the frames of another stream. Pure.
//!
//! While it waits, such a library holds something that others need: a lock of the stream, of the session or of one
//! direction, its only request queue, or the loop that reads the transport.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{
    is_accept, is_close, is_go_away, is_half_close, is_open, is_ping, is_read, is_reset,
    is_session_close, is_write,
};
use crate::endpoint::mutant::vocabulary::frames::FIN;
use crate::endpoint::mutant::vocabulary::numbers::Numbers;
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallId, CallResult, Request};
use crate::scenario::{Action, Label};
use crate::yamux::frame::Flags;
use crate::yamux::time::Time;

/// A kind of call.
type CallKind = fn(&Action) -> bool;

/// The stream of the call that is held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeldOn {
    /// The blocked call's stream.
    Same,
    /// Another stream, or none.
    Other,
}

use HeldOn::{Other, Same};

/// A mutant in which blocked calls of one kind hold up calls of the other.
macro_rules! holds_up {
    ($name:literal, $clause:literal, $waiting:ident, $place:ident, $held:ident, $wrong:literal) => {
        Mutant {
            name: $name,
            clause: $clause,
            wrong: $wrong,
            make: || Box::new(CallHolder { waiting: $waiting, place: $place, held: $held }),
        }
    };
}

/// A mutant in which blocked calls of this kind hold up such frames that they do not need.
macro_rules! holds_up_frames {
    ($name:literal, $waiting:ident, $which:path, $wrong:literal) => {
        Mutant {
            name: $name,
            clause: "WAIT-07",
            wrong: $wrong,
            make: || holds_frames($waiting, $which),
        }
    };
}

const DEADLINE: CallKind = |action| matches!(action, Action::SetDeadline { .. });

#[rustfmt::skip]
pub(crate) const MUTANTS: &[Mutant] = &[
    holds_up!("waiting-read-holds-up-a-write-of-its-stream", "WAIT-01", is_read, Same, is_write,
        "keeps the one lock of a stream while a read waits, so that a write to it waits too"),
    holds_up!("waiting-read-holds-up-a-half-close-of-its-stream", "WAIT-01", is_read, Same, is_half_close,
        "keeps the lock of a stream's state while a read waits, so that it cannot be half-closed"),
    holds_up!("waiting-read-holds-up-a-close-of-its-stream", "WAIT-01", is_read, Same, is_close,
        "keeps the lock of a stream's state while a read waits, so that a close waits for the peer's data"),
    holds_up!("waiting-read-holds-up-a-reset-of-its-stream", "RST-01", is_read, Same, is_reset,
        "keeps the lock of a stream's state while a read waits, so that a reset waits for the peer's data"),
    holds_up!("waiting-read-holds-up-a-deadline-of-its-stream", "TMO-06", is_read, Same, DEADLINE,
        "keeps the lock of a stream while a read waits, so that no deadline can be set"),
    holds_up!("waiting-read-holds-up-a-read-of-another-stream", "WAIT-01", is_read, Other, is_read,
        "has one condition for all readers of a session, and only the first is woken"),
    holds_up!("waiting-read-holds-up-a-write-of-another-stream", "WAIT-01", is_read, Other, is_write,
        "keeps the lock of the session while a read waits, so that a write to another stream waits too"),
    holds_up!("waiting-read-holds-up-a-half-close-of-another-stream", "WAIT-01", is_read, Other, is_half_close,
        "keeps the lock of the table of streams while a read waits, so that no other can be half-closed"),
    holds_up!("waiting-read-holds-up-a-reset-of-another-stream", "WAIT-01", is_read, Other, is_reset,
        "keeps the lock of the table of streams while a read waits, so that no other can be reset"),
    holds_up!("waiting-read-holds-up-an-open", "WAIT-01", is_read, Other, is_open,
        "keeps the lock of the table of streams while a read waits, so that none can be opened"),
    holds_up!("waiting-read-holds-up-an-accept", "WAIT-01", is_read, Other, is_accept,
        "has one queue for data and new streams, at whose head a read waits"),
    holds_up!("waiting-read-holds-up-a-ping", "WAIT-01", is_read, Other, is_ping,
        "keeps the lock of the session while a read waits, so that a ping waits too"),
    holds_up!("waiting-read-holds-up-a-go-away", "WAIT-06", is_read, Other, is_go_away,
        "keeps the lock of the session while a read waits, so that no go-away is sent"),
    holds_up!("waiting-read-holds-up-the-close-of-the-session", "SES-01", is_read, Other, is_session_close,
        "closes the session only once no read waits any more"),

    holds_up!("waiting-write-holds-up-a-read-of-its-stream", "WAIT-02", is_write, Same, is_read,
        "keeps the one lock of a stream while a write waits for credit, so that a read of it waits too"),
    holds_up!("waiting-write-holds-up-a-half-close-of-its-stream", "FLOW-31", is_write, Same, is_half_close,
        "puts FIN into the queue behind a write that waits for credit"),
    holds_up!("waiting-write-holds-up-a-close-of-its-stream", "FLOW-31", is_write, Same, is_close,
        "keeps the send lock of a stream while a write waits for credit, so that a close waits too"),
    holds_up!("waiting-write-holds-up-a-reset-of-its-stream", "RST-01", is_write, Same, is_reset,
        "keeps the send lock of a stream while a write waits for credit, so that a reset waits too"),
    holds_up!("waiting-write-holds-up-a-deadline-of-its-stream", "TMO-06", is_write, Same, DEADLINE,
        "keeps the send lock of a stream while a write waits for credit, so that no deadline can be set"),
    holds_up!("waiting-write-holds-up-a-write-of-another-stream", "DATA-13", is_write, Other, is_write,
        "keeps the send lock of the session while a write waits for credit"),
    holds_up!("waiting-write-holds-up-a-read-of-another-stream", "WAIT-02", is_write, Other, is_read,
        "keeps the send lock of the session while a write waits for credit, and a read needs it for its credit"),
    holds_up!("waiting-write-holds-up-a-half-close-of-another-stream", "WAIT-02", is_write, Other, is_half_close,
        "sends FIN through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-a-reset-of-another-stream", "WAIT-02", is_write, Other, is_reset,
        "sends RST through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-an-open", "WAIT-02", is_write, Other, is_open,
        "sends SYN through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-an-accept", "WAIT-02", is_write, Other, is_accept,
        "sends ACK through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-a-ping", "WAIT-02", is_write, Other, is_ping,
        "sends pings through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-a-go-away", "WAIT-06", is_write, Other, is_go_away,
        "sends go-away through the queue of the session, at whose head a write waits for credit"),
    holds_up!("waiting-write-holds-up-the-close-of-the-session", "SES-01", is_write, Other, is_session_close,
        "closes the session only once no write waits for credit any more"),

    holds_up!("waiting-open-holds-up-a-read", "WAIT-03", is_open, Other, is_read,
        "keeps the lock of the table of streams while an open waits, and a read looks its stream up"),
    holds_up!("waiting-open-holds-up-a-write", "WAIT-03", is_open, Other, is_write,
        "keeps the send lock of the session while an open waits for the backlog"),
    holds_up!("waiting-open-holds-up-an-accept", "WAIT-03", is_open, Other, is_accept,
        "keeps the lock of the table of streams while an open waits, so that none can be accepted"),
    holds_up!("waiting-open-holds-up-a-ping", "WAIT-03", is_open, Other, is_ping,
        "keeps the send lock of the session while an open waits for the backlog, so that a ping waits too"),
    holds_up!("waiting-open-holds-up-a-half-close", "WAIT-03", is_open, Other, is_half_close,
        "keeps the send lock of the session while an open waits for the backlog, so that no FIN is sent"),
    holds_up!("waiting-open-holds-up-a-reset", "WAIT-03", is_open, Other, is_reset,
        "keeps the lock of the table of streams while an open waits, so that none can be reset"),
    holds_up!("waiting-open-holds-up-a-go-away", "WAIT-06", is_open, Other, is_go_away,
        "keeps the send lock of the session while an open waits for the backlog, so that no go-away is sent"),
    holds_up!("waiting-open-holds-up-the-close-of-the-session", "SES-01", is_open, Other, is_session_close,
        "keeps the lock of the session while an open waits for the backlog, so that it cannot be closed"),

    holds_up!("waiting-accept-holds-up-a-read", "WAIT-04", is_accept, Other, is_read,
        "has one condition for new streams and data, which wakes the accept alone"),
    holds_up!("waiting-accept-holds-up-a-write", "WAIT-04", is_accept, Other, is_write,
        "keeps the lock of the session while an accept waits, so that a write waits too"),
    holds_up!("waiting-accept-holds-up-an-open", "WAIT-04", is_accept, Other, is_open,
        "keeps the lock of the table of streams while an accept waits, so that none can be opened"),
    holds_up!("waiting-accept-holds-up-a-ping", "WAIT-04", is_accept, Other, is_ping,
        "keeps the lock of the session while an accept waits, so that a ping waits too"),
    holds_up!("waiting-accept-holds-up-a-half-close", "WAIT-04", is_accept, Other, is_half_close,
        "keeps the lock of the table of streams while an accept waits, so that none can be half-closed"),
    holds_up!("waiting-accept-holds-up-a-reset", "WAIT-04", is_accept, Other, is_reset,
        "keeps the lock of the table of streams while an accept waits, so that none can be reset"),
    holds_up!("waiting-accept-holds-up-a-go-away", "WAIT-06", is_accept, Other, is_go_away,
        "keeps the lock of the accept queue while an accept waits, and a go-away is to shut that queue"),
    holds_up!("waiting-accept-holds-up-the-close-of-the-session", "SES-01", is_accept, Other, is_session_close,
        "keeps the lock of the accept queue while an accept waits, so that the session cannot be closed"),

    holds_up!("waiting-ping-holds-up-a-read", "WAIT-05", is_ping, Other, is_read,
        "keeps the receive lock of the session until the pong is there"),
    holds_up!("waiting-ping-holds-up-a-write", "WAIT-05", is_ping, Other, is_write,
        "keeps the send lock of the session until the pong is there"),
    holds_up!("waiting-ping-holds-up-an-open", "WAIT-05", is_ping, Other, is_open,
        "keeps the send lock of the session until the pong is there, so that no stream can be opened"),
    holds_up!("waiting-ping-holds-up-an-accept", "WAIT-05", is_ping, Other, is_accept,
        "keeps the send lock of the session until the pong is there, so that no stream can be accepted"),
    holds_up!("waiting-ping-holds-up-a-half-close", "WAIT-05", is_ping, Other, is_half_close,
        "keeps the send lock of the session until the pong is there, so that no FIN is sent"),
    holds_up!("waiting-ping-holds-up-a-go-away", "WAIT-06", is_ping, Other, is_go_away,
        "keeps the send lock of the session until the pong is there, so that no go-away is sent"),
    holds_up!("waiting-ping-holds-up-the-close-of-the-session", "SES-01", is_ping, Other, is_session_close,
        "keeps the lock of the session until the pong is there, so that it cannot be closed"),

    holds_up_frames!("waiting-read-holds-up-frames-of-other-streams", is_read, WholeFrame::is_of_stream,
        "lets a read that waits take frames off the transport itself, and keeps those of other streams until it ends"),
    holds_up_frames!("waiting-write-holds-up-frames-of-other-streams", is_write, WholeFrame::is_of_stream,
        "lets a write that waits take frames off the transport itself, and keeps those of other streams until it ends"),
    holds_up_frames!("waiting-open-holds-up-frames-of-other-streams", is_open, WholeFrame::is_of_stream,
        "lets an open that waits take frames off the transport itself, and keeps data and credit until it ends"),
    holds_up_frames!("waiting-accept-holds-up-frames-of-other-streams", is_accept, WholeFrame::is_of_stream,
        "lets an accept that waits take frames off the transport itself, and keeps data and credit until it ends"),
    holds_up_frames!("waiting-ping-holds-up-frames-of-streams", is_ping, WholeFrame::is_of_stream,
        "lets a ping that waits take frames off the transport itself, and keeps those of streams until it ends"),
    holds_up_frames!("waiting-read-holds-up-pings", is_read, WholeFrame::asks,
        "lets a read that waits take frames off the transport itself, and answers no ping until it ends"),
    holds_up_frames!("waiting-write-holds-up-pings", is_write, WholeFrame::asks,
        "answers pings through the queue of the session, at whose head a write waits for credit"),
    holds_up_frames!("waiting-open-holds-up-pings", is_open, WholeFrame::asks,
        "keeps the send lock of the session while an open waits for the backlog, so that no ping is answered"),
    holds_up_frames!("waiting-accept-holds-up-pings", is_accept, WholeFrame::asks,
        "lets an accept that waits take frames off the transport itself, and answers no ping until it ends"),
    holds_up_frames!("waiting-ping-holds-up-pings", is_ping, WholeFrame::asks,
        "keeps the send lock of the session until the pong is there, so that no ping of the peer is answered"),

    Mutant {
        name: "waiting-write-holds-up-credit",
        clause: "WAIT-02",
        wrong: "has one thread for writes and credit, so that no credit goes out while a write waits for some",
        make: || {
            wrong::<Vec<Label>>()
                .on_call(|writers, _, call| {
                    if let Action::Write { stream, .. } = call {
                        writers.push(Label::clone(stream));
                    }
})
                .on_result(|writers, _, request, _| {
                    if let Action::Write { stream, .. } = &request.action {
                        writers.retain(|writer| writer != stream);
                    }
})
                .drops_sent(|writers, _, frame| frame.is_credit() && !writers.is_empty())
                .boxed()
        },
    },
    Mutant {
        name: "credit-wakes-the-first-writer-alone",
        clause: "WAIT-08",
        wrong: "has one condition for all writers of a session, and credit wakes the one that has waited longest",
        make: || serves_first(is_write, WholeFrame::is_of_stream),
    },
    Mutant {
        name: "data-wakes-the-first-reader-alone",
        clause: "WAIT-08",
        wrong: "has one condition for all readers of a session, and data wakes the one that has waited longest",
        make: || serves_first(is_read, WholeFrame::is_data),
    },
    Mutant {
        name: "fin-wakes-the-first-reader-alone",
        clause: "WAIT-08",
        wrong: "has one condition for all readers of a session, and FIN wakes the one that has waited longest",
        make: || serves_first(is_read, |frame| frame.has(FIN)),
    },
    Mutant {
        name: "close-forgets-a-read-that-waits",
        clause: "CLO-15",
        wrong: "takes a stream that is closed off the list of those whose readers are woken, so that one which waits already sleeps on",
        make: || {
            wrong::<(Vec<Label>, BTreeSet<Label>)>()
                .on_call(|(readers, forgotten), _, call| {
                    match call {
                        Action::Read { stream, .. } => readers.push(Label::clone(stream)),
                        Action::Close { stream } if readers.contains(stream) => {
                            forgotten.insert(Label::clone(stream));
                        }
                        _ => {}
                    }
})
                .result(|(readers, forgotten), _, request, result| {
                    let Action::Read { stream, .. } = &request.action else { return Some(result) };
                    readers.retain(|reader| reader != stream);
                    let is_lost = forgotten.contains(stream) && matches!(result, CallResult::Done(_));
                    (!is_lost).then_some(result)
                })
                .boxed()
        },
    },
];

/// Holds calls of one kind back while one of another kind runs.
struct CallHolder {
    waiting: CallKind,
    place: HeldOn,
    held: CallKind,
}

impl Tamper for CallHolder {
    fn holds(&mut self, _now: Time, request: &Request, running: &[(CallId, Request)]) -> bool {
        let is_in_place = |other: &Action| {
            let is_same = other.stream().is_some() && other.stream() == request.action.stream();
            is_same == (self.place == Same)
        };
        (self.held)(&request.action)
            && running
                .iter()
                .any(|(_, other)| (self.waiting)(&other.action) && is_in_place(&other.action))
    }
}

/// Holds such frames back while a call of this kind runs that does not need them.
fn holds_frames(waiting: CallKind, which: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    frame_holder(move |frame, calls, numbers| {
        let is_for = |action: &Action| match action {
            // Open and accept calls wait for a frame with a flag.
            Action::Open { .. } | Action::Accept { .. } => {
                frame.is_of_stream() && frame.header.flags != Flags::NONE
            }
            action => numbers.is_for(frame, action),
        };
        which(frame) && calls.iter().any(|(_, call)| waiting(&call.action) && !is_for(&call.action))
    })
}

/// Of the blocked calls of this kind, lets these frames reach only the first.
fn serves_first(waiting: CallKind, which: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    frame_holder(move |frame, calls, numbers| {
        let mut others = calls.iter().filter(|(_, call)| waiting(&call.action)).skip(1);
        which(frame) && others.any(|(_, call)| numbers.is_for(frame, &call.action))
    })
}

fn frame_holder(
    holds: impl Fn(&WholeFrame, &[(CallId, Request)], &Numbers) -> bool + 'static,
) -> Box<dyn Tamper> {
    Box::new(FrameHolder { holds, numbers: Numbers::default() })
}

/// Holds frames back while these calls run.
struct FrameHolder<F> {
    holds: F,
    numbers: Numbers,
}

impl<F: Fn(&WholeFrame, &[(CallId, Request)], &Numbers) -> bool> Tamper for FrameHolder<F> {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        self.numbers.note(request, &result);
        Some(result)
    }

    fn holds_frame(&mut self, frame: &WholeFrame, running: &[(CallId, Request)]) -> bool {
        (self.holds)(frame, running, &self.numbers)
    }
}
