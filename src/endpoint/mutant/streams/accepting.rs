//! Wrong answers to streams the peer opens: numbers, SYN, frames before the accept. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::is_accept;
use crate::endpoint::mutant::vocabulary::frames::{
    ACK, FIN, RST, SYN, any, read_as_headers, take_of,
};
use crate::endpoint::mutant::vocabulary::shapes::{heard, holds_data, incoming, outgoing, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::Action;
use crate::yamux::frame::{INITIAL_WINDOW, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "waits-for-a-ping-first",
        clause: "SES-08",
        wrong: "ignores everything that comes before the first ping",
        make: || {
            let mut has_begun = false;
            heard(move |frame| {
                has_begun |= frame.is_ping();
                !has_begun
            })
            .dropped()
        },
    },
    Mutant {
        name: "syn-only-on-updates",
        clause: "ACC-03",
        wrong: "overlooks a SYN on a Data frame without body",
        make: || {
            heard(|frame| frame.is_data() && frame.body.is_empty() && frame.only(SYN)).dropped()
        },
    },
    Mutant {
        name: "first-body-dropped",
        clause: "ACC-04",
        wrong: "drops the body of the Data frame that opens a stream",
        make: || heard(|frame| frame.is_data() && frame.has(SYN)).changed(|frame| frame.cut(0)),
    },
    Mutant {
        name: "syn-credit-ignored",
        clause: "ACC-05",
        wrong: "ignores the credit in a SYN",
        make: || {
            heard(|frame| frame.is_update() && frame.has(SYN)).changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "ack-never",
        clause: "ACC-01",
        wrong: "acknowledges no stream",
        make: || sent(WholeFrame::acknowledges).without(ACK),
    },
    Mutant {
        name: "ack-twice",
        clause: "ACC-06",
        wrong: "acknowledges every stream twice",
        make: || sent(WholeFrame::acknowledges).followed_by(ACK),
    },
    Mutant {
        name: "ack-late",
        clause: "ACC-07",
        wrong: "acknowledges a stream two seconds after it was accepted",
        make: || sent(WholeFrame::acknowledges).delayed(Duration::from_secs(2)),
    },
    Mutant {
        name: "ack-with-the-first-data",
        clause: "ACC-07",
        wrong: "acknowledges a stream only with its own first data",
        make: || {
            let mut held: Vec<WholeFrame> = Vec::new();
            outgoing(move |frame, pass| {
                if frame.header.flags == ACK && frame.is_update() {
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
        make: || sent(WholeFrame::is_of_stream).once_heard(FIN).without(ACK),
    },
    Mutant {
        name: "dead-streams-handed-out",
        clause: "ACC-11",
        wrong: "hands a stream to its application that was reset in the frame that opened it",
        make: || heard(WholeFrame::opens).without(RST),
    },
    Mutant {
        name: "first-frame-unchecked",
        clause: "ACC-13",
        wrong: "does not hold the Data frame that opens a stream against the window",
        make: || {
            heard(|frame| frame.has(SYN) && frame.header.body_len() > INITIAL_WINDOW)
                .changed(|frame| frame.cut(INITIAL_WINDOW))
        },
    },
    Mutant {
        name: "data-before-accept-dropped",
        clause: "ACC-15",
        wrong: "drops data of a stream that is not accepted yet",
        make: || {
            heard(|frame| frame.is_data() && !frame.has(SYN))
                .before_sent(ACK)
                .before_sent(SYN)
                .dropped()
        },
    },
    Mutant {
        name: "64-kib-before-accept",
        clause: "ACC-16",
        wrong: "takes no more than 64 KiB of a stream that is not accepted yet",
        make: at_most_64_kib_before_accept,
    },
    Mutant {
        name: "newest-accepted-first",
        clause: "ACC-17",
        wrong: "lets every second stream overtake the one that was opened before it",
        make: || {
            let mut first: Option<WholeFrame> = None;
            incoming(move |frame, pass| match first.take() {
                None if frame.is_data() && frame.header.flags == SYN => {
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
        make: || holds_data(ACK, |frame| frame.is_data() && frame.header.length > 0),
    },
    Mutant {
        name: "second-syn-ignored",
        clause: "SID-15",
        wrong: "takes a second SYN on a live stream for a frame without SYN",
        make: || heard(WholeFrame::opens).once_opened().without(SYN),
    },
    Mutant {
        name: "second-syn-on-data-ignored",
        clause: "SID-16",
        wrong: "takes a second SYN on a live stream for no SYN if it is on a Data frame",
        make: || heard(|frame| frame.is_data() && frame.has(SYN)).once_opened().without(SYN),
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
            heard(|frame| {
                frame.is_of_stream() && frame.only(SYN) && frame.header.stream == StreamId::SESSION
            })
            // A number that the subject accepts if it is the client.
            .changed(|frame| frame.header.stream = StreamId(u32::MAX - 1))
        },
    },
    Mutant {
        name: "unknown-bodies-are-frames",
        clause: "SID-09",
        wrong: "reads the body of a Data frame for a stream it does not know as frames",
        make: unknown_bodies_are_frames,
    },
    Mutant {
        name: "credit-for-the-session",
        clause: "SID-10",
        wrong: "takes credit on stream 0 for credit of the stream it opened last",
        make: credit_for_the_session,
    },
    Mutant {
        name: "numbers-must-grow",
        clause: "SID-11",
        wrong: "ends the session for a stream whose number is lower than one before",
        make: || {
            let mut highest = 0;
            heard(WholeFrame::opens).changed(move |frame| {
                let number = frame.header.stream.0;
                frame.header.version = u8::from(number < highest);
                highest = highest.max(number);
            })
        },
    },
    Mutant {
        name: "numbers-of-31-bits",
        clause: "SID-12",
        wrong: "drops the highest bit of stream numbers",
        make: || heard(any).changed(|frame| frame.header.stream.0 &= 0x7FFF_FFFF),
    },
    Mutant {
        name: "numbers-used-once",
        clause: "SID-13",
        wrong: "ignores a SYN for a number that was used before",
        make: || heard(WholeFrame::opens).once_heard(SYN).dropped(),
    },
    Mutant {
        name: "waiting-accept-holds-up-opens",
        clause: "ACC-20",
        wrong: "lets an open wait as long as an accept waits",
        make: || {
            wrong::<bool>()
                .on_call(|waits, _, call| *waits |= is_accept(call))
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

/// Never ends the transport.
struct Stays;

impl Tamper for Stays {
    fn lets_end(&mut self) -> bool {
        false
    }
}

/// Limits the payload received before streams are accepted, over all streams together.
fn at_most_64_kib_before_accept() -> Box<dyn Tamper> {
    wrong::<(BTreeSet<StreamId>, u32)>()
        .on_sent(|(accepted, _), _, frame| {
            if frame.acknowledges() || frame.opens() {
                accepted.insert(frame.header.stream);
            }
        })
        .incoming(|(accepted, sum), _, frame, pass| {
            let waits =
                frame.is_of_stream() && !frame.has(SYN) && !accepted.contains(&frame.header.stream);
            if waits {
                *sum += frame.header.body_len();
            }
            if !waits || *sum <= 64 << 10 {
                pass.push(frame);
            }
        })
        .boxed()
}

/// Its known streams are those that were opened and that it has not reset.
fn unknown_bodies_are_frames() -> Box<dyn Tamper> {
    wrong::<BTreeSet<StreamId>>()
        .on_sent(|known, _, frame| {
            if frame.opens() {
                known.insert(frame.header.stream);
            }
            if frame.is_of_stream() && frame.has(RST) {
                known.remove(&frame.header.stream);
            }
        })
        .incoming(|known, _, mut frame, pass| {
            if frame.opens() {
                known.insert(frame.header.stream);
            }
            if frame.is_data() && !known.contains(&frame.header.stream) {
                let body = frame.body.clone();
                frame.cut(0);
                pass.push(frame);
                pass.extend(read_as_headers(&body));
            } else {
                pass.push(frame);
            }
        })
        .boxed()
}

fn credit_for_the_session() -> Box<dyn Tamper> {
    wrong::<Option<StreamId>>()
        .on_sent(|latest, _, frame| {
            if frame.opens() {
                *latest = Some(frame.header.stream);
            }
        })
        .incoming(|latest, _, mut frame, pass| {
            if frame.is_update() && frame.header.stream == StreamId::SESSION {
                frame.header.stream = latest.unwrap_or(StreamId::SESSION);
            }
            pass.push(frame);
        })
        .boxed()
}
