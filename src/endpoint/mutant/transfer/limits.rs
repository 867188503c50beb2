//! Wrong timers, deadlines and limits. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::endpoint::Done;
use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{MILLISECOND, done, is_write};
use crate::endpoint::mutant::vocabulary::frames::{ACK, FIN, RST, SYN, only};
use crate::endpoint::mutant::vocabulary::outcomes::{configured, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::{Action, ErrorClass, Label, Settings};
use crate::yamux::frame::{GoAwayCode, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    // Timers.
    Mutant {
        name: "open-timeout-early",
        clause: "OPEN-14",
        wrong: "gives up an unacknowledged stream 1 ms early",
        make: || open_timeout(|timeout| timeout - MILLISECOND),
    },
    Mutant {
        name: "open-timeout-late",
        clause: "OPEN-14",
        wrong: "gives up an unacknowledged stream 1 ms late",
        make: || open_timeout(|timeout| timeout + MILLISECOND),
    },
    Mutant {
        name: "open-timeout-never",
        clause: "OPEN-14",
        wrong: "lets a stream wait for its acknowledgement for ever",
        make: || configured(|settings| settings.stream_open_timeout = None),
    },
    Mutant {
        name: "open-timeout-always-on",
        clause: "OPEN-14",
        wrong: "has an open timeout of 75 s even where it is off",
        make: || {
            configured(|settings| {
                let on = Settings::default().stream_open_timeout;
                settings.stream_open_timeout = settings.stream_open_timeout.or(on);
            })
        },
    },
    Mutant {
        name: "open-timer-outlives-own-fin",
        clause: "OPEN-40",
        wrong: "ends the session 75 s after it has opened a stream that it has finished and nobody acknowledged",
        make: || Box::new(OpenTimer::default()),
    },
    Mutant {
        name: "write-timeout-ends-the-session",
        clause: "TMO-02",
        wrong: "ends the session when the transport takes nothing for the connection write timeout",
        make: || ended(|_| true).with(ErrorClass::ConnectionWriteTimeout).last(),
    },
    Mutant {
        name: "write-timeout-much-too-early",
        clause: "TMO-01",
        wrong: "gives a write up after a third of the connection write timeout",
        make: || configured(|settings| settings.connection_write_timeout /= 3),
    },
    Mutant {
        name: "deadline-late",
        clause: "TMO-04",
        wrong: "lets its deadlines pass 1 ms late",
        make: || deadlines(|after| Some(after + MILLISECOND), true),
    },
    Mutant {
        name: "deadline-early",
        clause: "TMO-04",
        wrong: "lets its deadlines pass 1 ms early",
        make: || deadlines(|after| Some(after.saturating_sub(MILLISECOND)), true),
    },
    Mutant {
        name: "deadline-never",
        clause: "TMO-04",
        wrong: "knows no deadlines",
        make: || deadlines(|_| None, true),
    },
    Mutant {
        name: "deadline-stays",
        clause: "TMO-04",
        wrong: "cannot take a deadline away again",
        make: || deadlines(Some, false),
    },
    Mutant {
        name: "deadline-hides-the-count",
        clause: "FLOW-32",
        wrong: "reports nothing written when a write ends at its deadline",
        make: || ended(is_write).with(ErrorClass::Deadline).retold(|done| *done = Done::default()),
    },
    // Limits.
    Mutant {
        name: "bound-counts-streams-that-are-over",
        clause: "LIM-07",
        wrong: "refuses every stream of the peer after the first 256",
        make: || {
            let mut opened = 0;
            heard(move |frame| {
                opened += u32::from(frame.opens());
                frame.opens() && opened > 256
            })
            .refused()
        },
    },
    Mutant {
        name: "one-waiting-stream-fewer",
        clause: "LIM-01",
        wrong: "refuses a stream one before the accept backlog is full",
        make: one_waiting_stream_fewer,
    },
    Mutant {
        name: "overflow-ends-the-session",
        clause: "LIM-03",
        wrong: "ends the session for a stream beyond the accept backlog",
        make: || sent(only(RST)).last(),
    },
    Mutant {
        name: "once-full-always-full",
        clause: "LIM-05",
        wrong: "refuses every stream from the first one on that it had to refuse",
        make: once_full_always_full,
    },
    Mutant {
        name: "dead-streams-fill-the-backlog",
        clause: "RST-15",
        wrong: "keeps a place in the backlog for a waiting stream that was reset",
        make: || {
            heard(|frame| frame.is_of_stream() && frame.only(RST))
                .before_sent(ACK)
                .before_sent(SYN)
                .dropped()
        },
    },
    Mutant {
        name: "eight-streams-for-life",
        clause: "LIM-07",
        wrong: "refuses every stream once eight of the peer's have been closed by both ends",
        make: || {
            wrong::<Over>()
                .incoming(|over, own, frame, pass| {
                    let stream = frame.header.stream;
                    let is_full = over.by_peer.intersection(&over.by_self).count() >= 8;
                    if frame.has(SYN) && is_full {
                        own.update(RST, stream, 0);
                        return;
                    }
                    if frame.has(FIN) && !over.own.contains(&stream) {
                        over.by_peer.insert(stream);
                    }
                    pass.push(frame);
                })
                .on_sent(|over, _, frame| {
                    if frame.has(SYN) {
                        over.own.insert(frame.header.stream);
                    }
                    if frame.has(FIN) {
                        over.by_self.insert(frame.header.stream);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "small-credit-dropped",
        clause: "FLOW-36",
        wrong: "drops credit of less than 12 bytes",
        make: || {
            heard(|frame| frame.is_update() && (1..12).contains(&frame.header.length)).dropped()
        },
    },
    Mutant {
        name: "unknown-streams-answered",
        clause: "LIM-08",
        wrong: "answers frames of streams it does not know with go-away",
        make: unknown_streams_answered,
    },
    Mutant {
        name: "write-deadline-for-the-next-write",
        clause: "TMO-04",
        wrong: "heeds no deadline that is set while a write waits",
        make: || {
            wrong::<BTreeSet<Label>>()
                .call(|writing, _, request| match &request.action {
                    Action::Write { stream, .. } => {
                        writing.insert(Label::clone(stream));
                        None
                    }
                    Action::SetDeadline { stream, write: Some(Some(_)), .. } => {
                        writing.contains(stream).then(done)
                    }
                    _ => None,
                })
                .on_result(|writing, _, request, _| {
                    if let Action::Write { stream, .. } = &request.action {
                        writing.remove(stream);
                    }
                })
                .boxed()
        },
    },
];

fn open_timeout(change: fn(Duration) -> Duration) -> Box<dyn Tamper> {
    configured(move |settings| {
        settings.stream_open_timeout = settings.stream_open_timeout.map(change);
    })
}

/// Keeps the open timer running for a stream that it has finished.
#[derive(Default)]
struct OpenTimer {
    now: Time,
    opened: BTreeMap<u32, Time>,
    finished: BTreeSet<u32>,
}

impl OpenTimer {
    fn due(&self) -> Option<Time> {
        let finished = self.opened.iter().filter(|(stream, _)| self.finished.contains(*stream));
        let after = Settings::default().stream_open_timeout?;
        finished.map(|(_, opened)| *opened + after).min()
    }
}

impl Tamper for OpenTimer {
    fn outgoing(&mut self, now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.opened.insert(frame.header.stream.0, now);
        }
        if frame.has(FIN) {
            self.finished.insert(frame.header.stream.0);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if [ACK, FIN, RST].into_iter().any(|flag| frame.has(flag)) {
            self.opened.remove(&frame.header.stream.0);
        }
        pass.push(frame);
    }

    fn poll_frame(&mut self, now: Time) -> Option<WholeFrame> {
        self.now = now;
        None
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.due().filter(|due| *due > self.now)
    }

    fn hangs_up(&mut self) -> bool {
        self.due().is_some_and(|due| due <= self.now)
    }
}

/// The streams it opened, and those that each end has finished.
#[derive(Default)]
struct Over {
    own: BTreeSet<StreamId>,
    by_peer: BTreeSet<StreamId>,
    by_self: BTreeSet<StreamId>,
}

/// Refuses new streams while one is unacknowledged.
fn one_waiting_stream_fewer() -> Box<dyn Tamper> {
    wrong::<u32>()
        .on_sent(|waiting, _, frame| {
            *waiting = waiting.saturating_sub(u32::from(frame.acknowledges()));
        })
        .incoming(|waiting, own, frame, pass| {
            if frame.opens() && *waiting > 0 {
                own.update(RST, frame.header.stream, 0);
                return;
            }
            *waiting += u32::from(frame.opens());
            pass.push(frame);
        })
        .boxed()
}

fn once_full_always_full() -> Box<dyn Tamper> {
    wrong::<bool>()
        .on_sent(|is_full, _, frame| *is_full |= frame.has(RST))
        .incoming(|is_full, own, frame, pass| {
            if *is_full && frame.opens() {
                own.update(RST, frame.header.stream, 0);
            } else {
                pass.push(frame);
            }
        })
        .boxed()
}

/// Answers the first frame of an unopened stream with a go-away.
fn unknown_streams_answered() -> Box<dyn Tamper> {
    wrong::<BTreeSet<StreamId>>()
        .on_sent(note(WholeFrame::is_of_stream))
        .on_heard(|known, own, frame| {
            let is_first = frame.is_of_stream() && known.insert(frame.header.stream);
            if is_first && !frame.has(SYN) {
                own.go_away(GoAwayCode::ProtocolError.number());
            }
        })
        .boxed()
}

/// Changes deadlines as they are set.
fn deadlines(change: fn(Duration) -> Option<Duration>, clears: bool) -> Box<dyn Tamper> {
    wrong::<()>()
        .on_call(move |(), _, call| {
            let Action::SetDeadline { read, write, .. } = call else { return };
            for deadline in [read, write] {
                match deadline {
                    Some(None) if !clears => *deadline = None,
                    Some(Some(after)) => *deadline = Some(change(*after)),
                    _ => {}
                }
            }
        })
        .boxed()
}
