//! Wrong openings: numbers, SYN and ACK, what comes before them, and the backlog. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::frames::take_of;
use crate::endpoint::mutant::vocabulary::shapes::{
    configured, hears_changed, holds_data, outgoing, sends_changed,
};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::yamux::frame::{Flags, INITIAL_WINDOW, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "numbers-of-the-other-side",
        clause: "SID-01",
        wrong: "opens its streams with numbers of the other side",
        make: || {
            sends_changed(|frame| {
                if frame.opens() {
                    frame.header.stream = StreamId(frame.header.stream.0 + 1);
                }
            })
        },
    },
    Mutant {
        name: "first-number-again",
        clause: "OPEN-02",
        wrong: "gives every stream it opens the number of its first",
        make: || {
            let mut first = None;
            outgoing(move |mut frame, pass| {
                if frame.opens() {
                    frame.header.stream = *first.get_or_insert(frame.header.stream);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "numbers-in-steps-of-one",
        clause: "SID-01",
        wrong: "counts the numbers of its streams up by one, from the right one on",
        make: || {
            let mut first = None;
            outgoing(move |mut frame, pass| {
                if frame.opens() {
                    let number = frame.header.stream.0;
                    let first = *first.get_or_insert(number);
                    frame.header.stream = StreamId(number - (number - first) / 2);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "opens-stream-zero",
        clause: "SID-04",
        wrong: "opens stream 0",
        make: || {
            sends_changed(|frame| {
                if frame.opens() {
                    frame.header.stream = StreamId::SESSION;
                }
            })
        },
    },
    Mutant {
        name: "syn-again",
        clause: "OPEN-02",
        wrong: "sends SYN on every Data frame of a stream it has opened",
        make: || {
            let mut own = BTreeSet::new();
            outgoing(move |mut frame, pass| {
                if frame.has(Flags::SYN) {
                    own.insert(frame.header.stream.0);
                } else if frame.is_data() && own.contains(&frame.header.stream.0) {
                    frame.header.flags |= Flags::SYN;
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "syn-with-the-first-data",
        clause: "OPEN-21",
        wrong: "announces a stream only once there is something else to send on it",
        make: || held_syn(|_| true),
    },
    Mutant {
        name: "fin-without-syn",
        clause: "OPEN-19",
        wrong: "never announces a stream that is closed before its first byte",
        make: || held_syn(|frame| !frame.has(Flags::FIN)),
    },
    Mutant {
        name: "rst-without-syn",
        clause: "OPEN-20",
        wrong: "never announces a stream that is reset before its first byte",
        make: || held_syn(|frame| !frame.has(Flags::RST)),
    },
    Mutant {
        name: "data-waits-for-the-ack",
        clause: "OPEN-04",
        wrong: "sends no data on a stream before it is acknowledged",
        make: || holds_data(Flags::SYN, |frame| frame.has(Flags::ACK)),
    },
    Mutant {
        name: "ack-is-a-window",
        clause: "OPEN-05",
        wrong: "takes the acknowledgement for a second window of 256 KiB",
        make: || {
            hears_changed(|frame| {
                if frame.is_update() && frame.has(Flags::ACK) {
                    frame.header.length = frame.header.length.saturating_add(INITIAL_WINDOW);
                }
            })
        },
    },
    Mutant {
        name: "ack-credit-ignored",
        clause: "OPEN-10",
        wrong: "ignores the credit in an acknowledgement",
        make: || {
            hears_changed(|frame| {
                if frame.is_update() && frame.has(Flags::ACK) {
                    frame.header.length = 0;
                }
            })
        },
    },
    Mutant {
        name: "ack-only-on-updates",
        clause: "OPEN-09",
        wrong: "overlooks an acknowledgement on a Data frame",
        make: || {
            hears_changed(|frame| {
                if frame.is_data() {
                    frame.clear(Flags::ACK);
                }
            })
        },
    },
    Mutant {
        name: "refusal-is-an-end-of-stream",
        clause: "OPEN-06",
        wrong: "takes a reset for a half-close",
        make: || {
            hears_changed(|frame| {
                if frame.has(Flags::RST) {
                    frame.clear(Flags::RST);
                    frame.header.flags |= Flags::FIN;
                }
            })
        },
    },
    Mutant {
        name: "unacknowledged-data-dropped",
        clause: "OPEN-13",
        wrong: "drops data of a stream that is not acknowledged yet",
        make: || unacked(|unacked, frame| !(unacked && frame.is_data())),
    },
    Mutant {
        name: "every-ack-frees-a-slot",
        clause: "OPEN-17",
        wrong: "lets every acknowledgement free a slot, whichever stream it is of",
        make: || Box::new(AnyAck::default()),
    },
    Mutant {
        name: "stray-ack-ends-the-session",
        clause: "OPEN-18",
        wrong: "ends the session for an acknowledgement of a stream that needs none",
        make: || Box::new(StrayAck::default()),
    },
    Mutant {
        name: "syn-announces-nothing",
        clause: "OPEN-22",
        wrong: "does not announce its larger window in the SYN",
        make: || {
            sends_changed(|frame| {
                if frame.has(Flags::SYN) && frame.is_update() {
                    frame.header.length = 0;
                }
            })
        },
    },
    Mutant {
        name: "syn-announces-the-sum",
        clause: "OPEN-22",
        wrong: "announces its whole window where what it adds to 256 KiB belongs",
        make: || {
            sends_changed(|frame| {
                if frame.has(Flags::SYN) && frame.is_update() && frame.header.length > 0 {
                    frame.header.length += INITIAL_WINDOW;
                }
            })
        },
    },
    Mutant {
        name: "one-open-too-many",
        clause: "OPEN-23",
        wrong: "opens one stream more than the backlog, and lets one more wait",
        make: || configured(|settings| settings.accept_backlog += 1),
    },
    Mutant {
        name: "refusal-keeps-the-slot",
        clause: "OPEN-25",
        wrong: "overlooks a reset of a stream that is not acknowledged yet",
        make: || unacked(|unacked, frame| !(unacked && frame.header.flags == Flags::RST)),
    },
    Mutant {
        name: "close-keeps-the-slot",
        clause: "OPEN-25",
        wrong: "overlooks the half-close of a stream that is not acknowledged yet",
        make: || unacked(|unacked, frame| !(unacked && frame.header.flags == Flags::FIN)),
    },
    Mutant {
        name: "credit-overflow-wraps-on-the-ack",
        clause: "FLOW-07",
        wrong: "lets the send window wrap at 32 bits by the credit of an acknowledgement, and sends no more data",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|empty, _, mut frame, pass| {
                    if frame.is_update()
                        && frame.has(Flags::ACK)
                        && frame.header.length.checked_add(INITIAL_WINDOW).is_none()
                    {
                        empty.insert(frame.header.stream);
                        frame.header.length = 0;
                    }
                    pass.push(frame);
                })
                .outgoing(|empty, _, frame, pass| {
                    if !frame.is_data() || !empty.contains(&frame.header.stream) {
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
];

/// Holds each SYN until another frame of its stream comes, and then sends it only if that frame `earns` it.
fn held_syn(earns: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    let mut held: Vec<WholeFrame> = Vec::new();
    outgoing(move |frame, pass| {
        if frame.opens() {
            held.push(frame);
            return;
        }
        let syn = take_of(&mut held, frame.header.stream);
        if earns(&frame) {
            pass.extend(syn);
        }
        pass.push(frame);
    })
}

/// Lets frames through only if `takes` says so; it hears whether their stream is the peer's own and unacknowledged.
fn unacked(takes: fn(bool, &WholeFrame) -> bool) -> Box<dyn Tamper> {
    Box::new(Unacked { takes, streams: BTreeSet::new() })
}

struct Unacked {
    takes: fn(bool, &WholeFrame) -> bool,
    streams: BTreeSet<u32>,
}

impl Tamper for Unacked {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.streams.insert(frame.header.stream.0);
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
        if frame.has(Flags::ACK) {
            self.streams.remove(&frame.header.stream.0);
        }
        if (self.takes)(self.streams.contains(&frame.header.stream.0), &frame) {
            pass.push(frame);
        }
    }
}

/// Gives each acknowledgement to the stream that has waited longest for one.
#[derive(Default)]
struct AnyAck {
    unacked: BTreeSet<u32>,
}

impl Tamper for AnyAck {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.unacked.insert(frame.header.stream.0);
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
        if frame.header.flags == Flags::ACK
            && frame.is_update()
            && let Some(first) = self.unacked.pop_first()
        {
            frame.header.stream = StreamId(first);
        }
        pass.push(frame);
    }
}

/// Ends the session for an acknowledgement nobody waits for.
#[derive(Default)]
struct StrayAck {
    unacked: BTreeSet<u32>,
}

impl Tamper for StrayAck {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.opens() {
            self.unacked.insert(frame.header.stream.0);
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
        if frame.has(Flags::ACK)
            && frame.is_of_stream()
            && !self.unacked.remove(&frame.header.stream.0)
        {
            frame.header.version = 1;
        }
        pass.push(frame);
    }
}
