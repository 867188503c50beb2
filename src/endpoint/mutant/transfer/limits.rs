//! Wrong timers, deadlines and limits. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{MILLISECOND, done};
use crate::endpoint::mutant::vocabulary::shapes::{configured, hangs_up_after, incoming, results};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Done, Request};
use crate::scenario::{Action, ErrorClass, Label, Settings};
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
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
        name: "open-timer-outlives-the-own-fin",
        clause: "OPEN-40",
        wrong: "ends the session 75 s after it has opened a stream that it has finished and nobody acknowledged",
        make: || Box::new(OpenTimer::default()),
    },
    Mutant {
        name: "write-timeout-ends-the-session",
        clause: "TMO-02",
        wrong: "ends the session when the transport takes nothing for the connection write timeout",
        make: || Box::new(WriteTimeoutEnds(false)),
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
        make: || deadlines(|after| Some(after + MILLISECOND)),
    },
    Mutant {
        name: "deadline-early",
        clause: "TMO-04",
        wrong: "lets its deadlines pass 1 ms early",
        make: || deadlines(|after| Some(after - MILLISECOND)),
    },
    Mutant {
        name: "deadline-never",
        clause: "TMO-04",
        wrong: "knows no deadlines",
        make: || deadlines(|_| None),
    },
    Mutant {
        name: "deadline-stays",
        clause: "TMO-04",
        wrong: "cannot take a deadline away again",
        make: || Box::new(Deadlines { change: Some, clears: false }),
    },
    Mutant {
        name: "deadline-hides-the-count",
        clause: "FLOW-32",
        wrong: "reports nothing written when a write ends at its deadline",
        make: || {
            results(|request, result| match (&request.action, result) {
                (
                    Action::Write { .. },
                    CallResult::Failed { class: ErrorClass::Deadline, native, .. },
                ) => Some(CallResult::Failed {
                    class: ErrorClass::Deadline,
                    native,
                    done: Done::default(),
                }),
                (_, other) => Some(other),
            })
        },
    },
    // Limits.
    Mutant {
        name: "bound-counts-streams-that-are-over",
        clause: "LIM-07",
        wrong: "refuses every stream of the peer after the first 256",
        make: counts_streams_that_are_over,
    },
    Mutant {
        name: "one-waiting-stream-fewer",
        clause: "LIM-01",
        wrong: "refuses a stream one before the accept backlog is full",
        make: || Box::new(OneFewer { waiting: 0 }),
    },
    Mutant {
        name: "overflow-ends-the-session",
        clause: "LIM-03",
        wrong: "ends the session for a stream beyond the accept backlog",
        make: || hangs_up_after(|frame| frame.header.flags == Flags::RST),
    },
    Mutant {
        name: "once-full-always-full",
        clause: "LIM-05",
        wrong: "refuses every stream from the first one on that it had to refuse",
        make: || Box::new(AlwaysFull(false)),
    },
    Mutant {
        name: "dead-streams-fill-the-backlog",
        clause: "RST-15",
        wrong: "keeps a place in the backlog for a waiting stream that was reset",
        make: || Box::new(DeadWait::default()),
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
                    if frame.has(Flags::SYN) && is_full {
                        own.update(Flags::RST, stream, 0);
                        return;
                    }
                    if frame.has(Flags::FIN) && !over.own.contains(&stream) {
                        over.by_peer.insert(stream);
                    }
                    pass.push(frame);
                })
                .outgoing(|over, _, frame, pass| {
                    if frame.has(Flags::SYN) {
                        over.own.insert(frame.header.stream);
                    }
                    if frame.has(Flags::FIN) {
                        over.by_self.insert(frame.header.stream);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "small-credit-dropped",
        clause: "FLOW-36",
        wrong: "drops credit of less than 12 bytes",
        make: || {
            incoming(|frame, pass| {
                let is_small = (1..12).contains(&frame.header.length);
                if !(frame.is_update() && is_small) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "unknown-streams-answered",
        clause: "LIM-08",
        wrong: "answers frames of streams it does not know with go-away",
        make: || Box::new(Touchy::default()),
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
                .result(|writing, _, request, result| {
                    if let Action::Write { stream, .. } = &request.action {
                        writing.remove(stream);
                    }
                    Some(result)
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

fn deadlines(change: fn(Duration) -> Option<Duration>) -> Box<dyn Tamper> {
    Box::new(Deadlines { change, clears: true })
}

/// Goes on waiting for the acknowledgement of a stream that it has finished.
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
        if frame.has(Flags::FIN) {
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
        if [Flags::ACK, Flags::FIN, Flags::RST].into_iter().any(|flag| frame.has(flag)) {
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

struct WriteTimeoutEnds(bool);

impl Tamper for WriteTimeoutEnds {
    fn result(&mut self, _now: Time, _request: &Request, result: CallResult) -> Option<CallResult> {
        self.0 |=
            matches!(result, CallResult::Failed { class: ErrorClass::ConnectionWriteTimeout, .. });
        Some(result)
    }

    fn hangs_up(&mut self) -> bool {
        self.0
    }
}

struct Deadlines {
    change: fn(Duration) -> Option<Duration>,
    /// Whether a deadline can be taken away.
    clears: bool,
}

impl Tamper for Deadlines {
    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        if let Action::SetDeadline { read, write, .. } = &mut request.action {
            for deadline in [read, write] {
                match deadline {
                    Some(None) if !self.clears => *deadline = None,
                    Some(Some(after)) => *deadline = Some((self.change)(*after)),
                    _ => {}
                }
            }
        }
        None
    }
}

/// The streams it opened itself, and who has finished which.
#[derive(Default)]
struct Over {
    own: BTreeSet<StreamId>,
    by_peer: BTreeSet<StreamId>,
    by_self: BTreeSet<StreamId>,
}

/// Refuses new streams itself while one waits.
struct OneFewer {
    waiting: u32,
}

impl Tamper for OneFewer {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.acknowledges() {
            self.waiting = self.waiting.saturating_sub(1);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        if frame.opens() {
            if self.waiting > 0 {
                answer.push(reset(frame.header.stream));
                return;
            }
            self.waiting += 1;
        }
        pass.push(frame);
    }
}

/// Refuses all streams after the first one that was refused.
struct AlwaysFull(bool);

impl Tamper for AlwaysFull {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        self.0 |= frame.has(Flags::RST);
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        if self.0 && frame.opens() {
            answer.push(reset(frame.header.stream));
        } else {
            pass.push(frame);
        }
    }
}

/// Overlooks resets of streams that wait to be accepted.
#[derive(Default)]
struct DeadWait {
    accepted: BTreeSet<u32>,
}

impl Tamper for DeadWait {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        let flags = frame.header.flags;
        if frame.is_of_stream() && (flags.contains(Flags::ACK) || flags.contains(Flags::SYN)) {
            self.accepted.insert(frame.header.stream.0);
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
        let is_reset = frame.header.flags == Flags::RST && frame.is_of_stream();
        if !is_reset || self.accepted.contains(&frame.header.stream.0) {
            pass.push(frame);
        }
    }
}

/// Says go away for the first frame of a stream that nobody has opened.
#[derive(Default)]
struct Touchy {
    known: BTreeSet<u32>,
}

impl Tamper for Touchy {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_of_stream() {
            self.known.insert(frame.header.stream.0);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        if frame.is_of_stream() {
            let opens = frame.has(Flags::SYN);
            if self.known.insert(frame.header.stream.0) && !opens {
                let code = GoAwayCode::ProtocolError.number();
                answer.push(WholeFrame::bare(RawHeader::new(
                    FrameType::GoAway,
                    Flags::NONE,
                    StreamId::SESSION,
                    code,
                )));
            }
        }
        pass.push(frame);
    }
}

const fn reset(stream: StreamId) -> WholeFrame {
    WholeFrame::bare(RawHeader::new(FrameType::WindowUpdate, Flags::RST, stream, 0))
}

fn counts_streams_that_are_over() -> Box<dyn Tamper> {
    wrong::<u32>()
        .incoming(|opened, own, frame, pass| {
            if frame.opens() {
                *opened += 1;
                if *opened > 256 {
                    own.update(Flags::RST, frame.header.stream, 0);
                    return;
                }
            }
            pass.push(frame);
        })
        .boxed()
}
