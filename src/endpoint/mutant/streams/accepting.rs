//! Wrong answers to streams the peer opens: numbers, SYN, what comes before the accept. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::is_accept;
use crate::endpoint::mutant::vocabulary::frames::take_of;
use crate::endpoint::mutant::vocabulary::shapes::{hears_changed, holds_data, incoming, outgoing};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::Action;
use crate::yamux::frame::{Flags, HEADER_LEN, INITIAL_WINDOW, RawHeader, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "waits-for-a-ping-first",
        clause: "SES-08",
        wrong: "ignores everything that comes before the first ping",
        make: || {
            let mut has_begun = false;
            incoming(move |frame, pass| {
                has_begun |= frame.is_ping();
                if has_begun {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "syn-only-on-updates",
        clause: "ACC-03",
        wrong: "overlooks a SYN on a Data frame without body",
        make: || {
            incoming(|frame, pass| {
                if !(frame.is_data()
                    && frame.header.length == 0
                    && frame.header.flags == Flags::SYN)
                {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "first-body-dropped",
        clause: "ACC-04",
        wrong: "drops the body of the Data frame that opens a stream",
        make: || {
            incoming(|mut frame, pass| {
                if frame.is_data() && frame.has(Flags::SYN) {
                    frame.header.length = 0;
                    frame.body = Bytes::new();
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "syn-credit-ignored",
        clause: "ACC-05",
        wrong: "ignores the credit in a SYN",
        make: || {
            hears_changed(|frame| {
                if frame.is_update() && frame.has(Flags::SYN) {
                    frame.header.length = 0;
                }
            })
        },
    },
    Mutant {
        name: "ack-never",
        clause: "ACC-01",
        wrong: "acknowledges no stream",
        make: || {
            outgoing(|mut frame, pass| {
                if frame.is_of_stream() {
                    frame = frame.without(Flags::ACK);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "ack-twice",
        clause: "ACC-06",
        wrong: "acknowledges every stream twice",
        make: || {
            outgoing(|frame, pass| {
                let again = WholeFrame::update(Flags::ACK, frame.header.stream, 0);
                let is_ack = frame.acknowledges();
                pass.push(frame);
                pass.extend(is_ack.then_some(again));
            })
        },
    },
    Mutant {
        name: "ack-late",
        clause: "ACC-07",
        wrong: "acknowledges a stream two seconds after it was accepted",
        make: || {
            wrong::<()>()
                .delay(|(), frame| {
                    let is_ack = frame.acknowledges();
                    if is_ack { Duration::from_secs(2) } else { Duration::ZERO }
                })
                .boxed()
        },
    },
    Mutant {
        name: "ack-with-the-first-data",
        clause: "ACC-07",
        wrong: "acknowledges a stream only with its own first data",
        make: || {
            let mut held: Vec<WholeFrame> = Vec::new();
            outgoing(move |frame, pass| {
                if frame.header.flags == Flags::ACK && frame.is_update() {
                    held.push(frame);
                    return;
                }
                if frame.is_data() {
                    pass.extend(take_of(&mut held, frame.header.stream));
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "finished-streams-unacknowledged",
        clause: "ACC-08",
        wrong: "does not acknowledge a stream that is half-closed before it is accepted",
        make: || Box::new(NoLateAck::default()),
    },
    Mutant {
        name: "dead-streams-handed-out",
        clause: "ACC-11",
        wrong: "hands a stream to its application that was reset in the frame that opened it",
        make: || {
            hears_changed(|frame| {
                if frame.opens() {
                    frame.clear(Flags::RST);
                }
            })
        },
    },
    Mutant {
        name: "first-frame-unchecked",
        clause: "ACC-13",
        wrong: "does not hold the Data frame that opens a stream against the window",
        make: || {
            incoming(|mut frame, pass| {
                if frame.has(Flags::SYN) && frame.header.body_len() > INITIAL_WINDOW {
                    frame.header.length = INITIAL_WINDOW;
                    frame.body.truncate(INITIAL_WINDOW as usize);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "data-before-accept-dropped",
        clause: "ACC-15",
        wrong: "drops data of a stream that is not accepted yet",
        make: || before_accept(|_, frame| !frame.is_data()),
    },
    Mutant {
        name: "64-kib-before-accept",
        clause: "ACC-16",
        wrong: "takes no more than 64 KiB of a stream that is not accepted yet",
        make: || before_accept(|sum, _| sum <= 64 << 10),
    },
    Mutant {
        name: "newest-accepted-first",
        clause: "ACC-17",
        wrong: "lets every second stream overtake the one that was opened before it",
        make: || {
            let mut first: Option<WholeFrame> = None;
            incoming(move |frame, pass| match first.take() {
                None if frame.is_data() && frame.header.flags == Flags::SYN => {
                    first = Some(frame);
                }
                held => {
                    pass.push(frame);
                    pass.extend(held);
                }
            })
        },
    },
    Mutant {
        name: "acceptor-waits-for-data",
        clause: "ACC-18",
        wrong: "sends no data on a stream it has accepted before data has come on it",
        make: || holds_data(Flags::ACK, |frame| frame.is_data() && frame.header.length > 0),
    },
    Mutant {
        name: "second-syn-ignored",
        clause: "SID-15",
        wrong: "takes a second SYN on a live stream for a frame without SYN",
        make: || second_syn(|_| true),
    },
    Mutant {
        name: "second-syn-on-data-ignored",
        clause: "SID-16",
        wrong: "takes a second SYN on a live stream for no SYN if it is on a Data frame",
        make: || second_syn(WholeFrame::is_data),
    },
    Mutant {
        name: "stays-after-an-error",
        clause: "SID-07",
        wrong: "says go away after a protocol error, and leaves the transport open",
        make: || Box::new(Stays),
    },
    Mutant {
        name: "stream-zero-opened",
        clause: "SID-08",
        wrong: "opens a stream for a SYN on stream 0",
        make: || {
            hears_changed(|frame| {
                if frame.header.flags == Flags::SYN
                    && frame.header.stream == StreamId::SESSION
                    && frame.is_of_stream()
                {
                    // A number the subject has no objection to, if it is the client.
                    frame.header.stream = StreamId(u32::MAX - 1);
                }
            })
        },
    },
    Mutant {
        name: "unknown-bodies-are-frames",
        clause: "SID-09",
        wrong: "reads the body of a Data frame for a stream it does not know as frames",
        make: || Box::new(UnknownBodies::default()),
    },
    Mutant {
        name: "credit-for-the-session",
        clause: "SID-10",
        wrong: "takes credit on stream 0 for credit of the stream it opened last",
        make: || Box::new(SessionCredit(StreamId::SESSION)),
    },
    Mutant {
        name: "numbers-must-grow",
        clause: "SID-11",
        wrong: "ends the session for a stream whose number is lower than one before",
        make: || {
            let mut highest = 0;
            incoming(move |mut frame, pass| {
                if frame.opens() {
                    let number = frame.header.stream.0;
                    frame.header.version = u8::from(number < highest);
                    highest = highest.max(number);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "numbers-of-31-bits",
        clause: "SID-12",
        wrong: "drops the highest bit of stream numbers",
        make: || {
            hears_changed(|frame| {
                frame.header.stream = StreamId(frame.header.stream.0 & 0x7FFF_FFFF);
            })
        },
    },
    Mutant {
        name: "numbers-used-once",
        clause: "SID-13",
        wrong: "ignores a SYN for a number that was used before",
        make: || {
            let mut used = BTreeSet::new();
            incoming(move |frame, pass| {
                let is_syn = frame.opens();
                if !is_syn || used.insert(frame.header.stream.0) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "waiting-accept-holds-up-opens",
        clause: "ACC-20",
        wrong: "lets an open wait as long as an accept waits",
        make: || {
            wrong::<bool>()
                .call(|waits, _, request| {
                    *waits |= is_accept(&request.action);
                    None
                })
                .result(|waits, _, request, result| match request.action {
                    Action::Accept { .. } => {
                        *waits = false;
                        Some(result)
                    }
                    Action::Open { .. } if *waits => None,
                    _ => Some(result),
                })
                .boxed()
        },
    },
];

/// Ignores SYN on frames of live streams that `overlooks` names.
fn second_syn(overlooks: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    Box::new(SecondSyn { overlooks, live: BTreeSet::new() })
}

/// Lets frames of the opener through only if `takes` says so, while the stream waits to be accepted; the number is
/// that of the payload bytes so far.
fn before_accept(takes: fn(u64, &WholeFrame) -> bool) -> Box<dyn Tamper> {
    Box::new(BeforeAccept { takes, accepted: BTreeSet::new(), sum: 0 })
}

/// Acknowledges only streams whose opener has not finished.
#[derive(Default)]
struct NoLateAck {
    finished: BTreeSet<u32>,
}

impl Tamper for NoLateAck {
    fn outgoing(&mut self, _now: Time, mut frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_of_stream() && self.finished.contains(&frame.header.stream.0) {
            frame.clear(Flags::ACK);
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
        if frame.has(Flags::FIN) {
            self.finished.insert(frame.header.stream.0);
        }
        pass.push(frame);
    }
}

struct BeforeAccept {
    takes: fn(u64, &WholeFrame) -> bool,
    /// Also the streams it has opened.
    accepted: BTreeSet<u32>,
    sum: u64,
}

impl Tamper for BeforeAccept {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        let opens = frame.has(Flags::ACK) || frame.has(Flags::SYN);
        if frame.is_of_stream() && opens {
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
        let waits = frame.is_of_stream()
            && !frame.has(Flags::SYN)
            && !self.accepted.contains(&frame.header.stream.0);
        if waits {
            self.sum += u64::from(frame.header.body_len());
        }
        if !waits || (self.takes)(self.sum, &frame) {
            pass.push(frame);
        }
    }
}

struct SecondSyn {
    overlooks: fn(&WholeFrame) -> bool,
    live: BTreeSet<u32>,
}

impl Tamper for SecondSyn {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.live.insert(frame.header.stream.0);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if frame.has(Flags::SYN)
            && frame.is_of_stream()
            && !self.live.insert(frame.header.stream.0)
            && (self.overlooks)(&frame)
        {
            frame.clear(Flags::SYN);
        }
        pass.push(frame);
    }
}

/// Never ends the transport.
struct Stays;

impl Tamper for Stays {
    fn lets_end(&mut self) -> bool {
        false
    }
}

/// Reads the bodies of Data frames of streams that were never opened, or were reset, as frames.
#[derive(Default)]
struct UnknownBodies {
    known: BTreeSet<u32>,
}

impl Tamper for UnknownBodies {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_of_stream() {
            if frame.has(Flags::SYN) {
                self.known.insert(frame.header.stream.0);
            }
            if frame.has(Flags::RST) {
                self.known.remove(&frame.header.stream.0);
            }
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if frame.opens() {
            self.known.insert(frame.header.stream.0);
        }
        if !frame.is_data() || self.known.contains(&frame.header.stream.0) {
            pass.push(frame);
            return;
        }
        let body = std::mem::take(&mut frame.body);
        frame.header.length = 0;
        pass.push(frame);
        for bytes in body.as_chunks::<HEADER_LEN>().0 {
            pass.push(WholeFrame::bare(RawHeader::decode(bytes)));
        }
    }
}

/// Gives credit on stream 0 to the stream it has opened last.
struct SessionCredit(StreamId);

impl Tamper for SessionCredit {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.0 = frame.header.stream;
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if frame.is_update() && frame.header.stream == StreamId::SESSION {
            frame.header.stream = self.0;
        }
        pass.push(frame);
    }
}
