//! Mutants that confuse finished streams with new ones, or miscount concurrent streams. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::endpoint::mutant::decorator::wrong::{Own, note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{FIVE_MINUTES, is_open};
use crate::endpoint::mutant::vocabulary::frames::{FIN, RST, SYN, has};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Done};
use crate::scenario::{Action, ErrorClass};
use crate::yamux::frame::{Flags, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    // Refused streams.
    Mutant {
        name: "refused-streams-counted",
        clause: "LIM-40",
        wrong: "counts the streams that it has refused as if it held them",
        make: || {
            wrong::<PeerStreams>()
                .incoming(PeerStreams::incoming)
                .outgoing(PeerStreams::outgoing)
                .result(|numbers, _, request, result| match (&request.action, result) {
                    (Action::CountStreams, CallResult::Done(mut done)) => {
                        let refused = u32::try_from(numbers.refused.len()).unwrap_or(u32::MAX);
                        done.streams = done.streams.map(|count| count.saturating_add(refused));
                        Some(CallResult::Done(done))
                    }
                    (_, result) => Some(result),
                })
                .boxed()
        },
    },
    Mutant {
        name: "number-of-a-refused-stream-taken",
        clause: "SID-13",
        wrong: "ignores a SYN for the number of a stream that it has refused",
        make: || ignores_syn(|numbers| &numbers.refused),
    },
    Mutant {
        name: "64-refusals-for-life",
        clause: "LIM-42",
        wrong: "ends the session instead of refusing a 65th stream",
        make: || {
            wrong::<PeerStreams>()
                .incoming(PeerStreams::incoming)
                .outgoing(|numbers, own, frame, pass| {
                    PeerStreams::outgoing(numbers, own, frame, pass);
                    if numbers.refused.len() > AT_MOST {
                        own.give_up();
                    }
                })
                .boxed()
        },
    },
    // Reused stream numbers.
    Mutant {
        name: "number-of-a-reset-stream-taken",
        clause: "SID-13",
        wrong: "ignores a SYN for the number of a stream that the peer has reset",
        make: || ignores_syn(|numbers| &numbers.reset),
    },
    Mutant {
        name: "reset-stream-leaves-its-window",
        clause: "FLOW-01",
        wrong: "lets the next stream of a number send what the one that was reset might still have sent",
        make: || leaves_its_window(true),
    },
    Mutant {
        name: "finished-stream-leaves-its-window",
        clause: "FLOW-01",
        wrong: "lets the next stream of a number send what the one that was finished might still have sent",
        make: || leaves_its_window(false),
    },
    Mutant {
        name: "close-timer-outlives-its-stream",
        clause: "SID-13",
        wrong: "resets the next stream of a number when the close timeout of the one before is over",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(has(FIN)))
                .on_heard(|finished, own, frame| {
                    if frame.has(SYN) && finished.remove(&frame.header.stream) {
                        own.update_in(FIVE_MINUTES, RST, frame.header.stream, 0);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "second-syn-before-the-accept-ignored",
        clause: "SID-15",
        wrong: "takes a second SYN on a stream that waits to be accepted for a frame without SYN",
        make: || {
            wrong::<PeerStreams>()
                .outgoing(PeerStreams::outgoing)
                .incoming(|numbers, own, mut frame, pass| {
                    let stream = frame.header.stream;
                    let waits =
                        numbers.live.contains(&stream) && !numbers.answered.contains(&stream);
                    if frame.has(SYN) && waits {
                        frame.clear(SYN);
                    }
                    PeerStreams::incoming(numbers, own, frame, pass);
                })
                .boxed()
        },
    },
    Mutant {
        name: "second-syn-after-the-peers-fin-ignored",
        clause: "SID-15",
        wrong: "takes a second SYN on a stream that only the peer has finished for a frame without SYN",
        make: || {
            wrong::<(BTreeSet<StreamId>, BTreeSet<StreamId>)>()
                .incoming(|(by_peer, by_self), _, mut frame, pass| {
                    let stream = frame.header.stream;
                    let is_half = by_peer.contains(&stream) && !by_self.contains(&stream);
                    if frame.has(SYN) && is_half {
                        frame.clear(SYN);
                    } else if frame.has(FIN) {
                        by_peer.insert(stream);
                    }
                    pass.push(frame);
                })
                .on_sent(|(_, by_self), _, frame| {
                    if frame.has(FIN) || frame.has(RST) {
                        by_self.insert(frame.header.stream);
                    }
                })
                .boxed()
        },
    },
    // Concurrent streams.
    Mutant {
        name: "64-streams-of-the-peer",
        clause: "LIM-41",
        wrong: "refuses a stream of its peer while 64 of them are open",
        make: || {
            wrong::<PeerStreams>()
                .incoming(|numbers, own, frame, pass| {
                    if frame.has(SYN) && numbers.live.len() >= AT_MOST {
                        own.update(RST, frame.header.stream, 0);
                    } else {
                        PeerStreams::incoming(numbers, own, frame, pass);
                    }
                })
                .outgoing(PeerStreams::outgoing)
                .boxed()
        },
    },
    Mutant {
        name: "64-streams-of-its-own",
        clause: "LIM-41",
        wrong: "opens no stream while 64 of its own are open",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(|open, _, frame| {
                    if frame.has(SYN) {
                        open.insert(frame.header.stream);
                    }
                    if frame.has(FIN) || frame.has(RST) {
                        open.remove(&frame.header.stream);
                    }
                })
                .call(|open, _, request| {
                    let is_full = open.len() >= AT_MOST;
                    (is_full && is_open(&request.action)).then(exhausted)
                })
                .boxed()
        },
    },
];

const AT_MOST: usize = 64;

fn exhausted() -> CallResult {
    CallResult::Failed {
        class: ErrorClass::StreamsExhausted,
        native: "too many streams".to_owned(),
        done: Done::default(),
    }
}

/// The state of the streams that the peer opened.
#[derive(Default)]
struct PeerStreams {
    /// Neither refused, nor reset, nor finished by both ends.
    live: BTreeSet<StreamId>,
    /// Reset before anything else was sent on them.
    refused: BTreeSet<StreamId>,
    /// Reset by the peer.
    reset: BTreeSet<StreamId>,
    /// Streams on which this end has sent anything.
    answered: BTreeSet<StreamId>,
}

impl PeerStreams {
    fn incoming(&mut self, _own: &mut Own, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        let stream = frame.header.stream;
        if frame.opens() {
            self.live.insert(stream);
            self.answered.remove(&stream);
            self.refused.remove(&stream);
        }
        if frame.has(RST) && self.live.remove(&stream) {
            self.reset.insert(stream);
        }
        pass.push(frame);
    }

    fn outgoing(&mut self, _own: &mut Own, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        let stream = frame.header.stream;
        if frame.has(RST) && self.live.remove(&stream) && !self.answered.contains(&stream) {
            self.refused.insert(stream);
        }
        if frame.is_of_stream() {
            self.answered.insert(stream);
        }
        pass.push(frame);
    }
}

/// Ignores a SYN for one of these numbers, and all frames of that stream.
fn ignores_syn(which: fn(&PeerStreams) -> &BTreeSet<StreamId>) -> Box<dyn Tamper> {
    wrong::<PeerStreams>()
        .incoming(move |numbers, own, frame, pass| {
            let is_taken = which(numbers).contains(&frame.header.stream);
            if !(is_taken && frame.is_of_stream()) {
                PeerStreams::incoming(numbers, own, frame, pass);
            }
        })
        .outgoing(PeerStreams::outgoing)
        .boxed()
}

/// The credit left by stream number, and the streams that were reset.
#[derive(Default)]
struct Windows {
    left: BTreeMap<StreamId, i64>,
    reset: BTreeSet<StreamId>,
}

/// Passes a stream's remaining credit to the next stream with its number.
fn leaves_its_window(of_reset: bool) -> Box<dyn Tamper> {
    wrong::<Windows>()
        .on_sent(|windows, _, frame| {
            if frame.is_data() {
                let left = windows.left.entry(frame.header.stream).or_insert(FIRST_WINDOW);
                *left -= i64::from(frame.header.length);
            }
        })
        .incoming(move |windows, _, frame, pass| {
            let stream = frame.header.stream;
            let mut inherited = None;
            if frame.has(SYN) {
                let was_reset = windows.reset.remove(&stream);
                let left = windows.left.insert(stream, FIRST_WINDOW).unwrap_or(0);
                inherited = u32::try_from(left).ok().filter(|_| was_reset == of_reset);
            } else if frame.is_credit() {
                let left = windows.left.entry(stream).or_insert(FIRST_WINDOW);
                *left += i64::from(frame.header.length);
            }
            if frame.has(RST) {
                windows.reset.insert(stream);
            }
            pass.push(frame);
            if let Some(credit) = inherited.filter(|credit| *credit > 0) {
                pass.push(WholeFrame::update(Flags::NONE, stream, credit));
            }
        })
        .boxed()
}

const FIRST_WINDOW: i64 = 262_144;
