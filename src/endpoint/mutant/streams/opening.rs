//! Wrong openings: numbers, SYN and ACK, frames before them, and the backlog. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::{Wrong, note, wrong};
use crate::endpoint::mutant::vocabulary::frames::{ACK, FIN, RST, SYN, has, only, take_of};
use crate::endpoint::mutant::vocabulary::outcomes::configured;
use crate::endpoint::mutant::vocabulary::shapes::{heard, holds_data, outgoing, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::yamux::frame::{INITIAL_WINDOW, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "numbers-of-the-other-side",
        clause: "SID-01",
        wrong: "opens its streams with numbers of the other side",
        make: || sent(WholeFrame::opens).changed(|frame| frame.header.stream.0 += 1),
    },
    Mutant {
        name: "first-number-again",
        clause: "OPEN-02",
        wrong: "gives every stream it opens the number of its first",
        make: || {
            let mut first = None;
            sent(WholeFrame::opens).changed(move |frame| {
                frame.header.stream = *first.get_or_insert(frame.header.stream);
            })
        },
    },
    Mutant {
        name: "numbers-in-steps-of-one",
        clause: "SID-01",
        wrong: "counts the numbers of its streams up by one, from the right one on",
        make: || {
            let mut first = None;
            sent(WholeFrame::opens).changed(move |frame| {
                let number = frame.header.stream.0;
                frame.header.stream.0 -= (number - *first.get_or_insert(number)) / 2;
            })
        },
    },
    Mutant {
        name: "opens-stream-zero",
        clause: "SID-04",
        wrong: "opens stream 0",
        make: || sent(WholeFrame::opens).changed(|frame| frame.header.stream = StreamId::SESSION),
    },
    Mutant {
        name: "syn-again",
        clause: "OPEN-02",
        wrong: "sends SYN on every Data frame of a stream it has opened",
        make: || sent(|frame| frame.is_data() && !frame.has(SYN)).once_sent(SYN).with(SYN),
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
        make: || held_syn(|frame| !frame.has(FIN)),
    },
    Mutant {
        name: "rst-without-syn",
        clause: "OPEN-20",
        wrong: "never announces a stream that is reset before its first byte",
        make: || held_syn(|frame| !frame.has(RST)),
    },
    Mutant {
        name: "data-waits-for-the-ack",
        clause: "OPEN-04",
        wrong: "sends no data on a stream before it is acknowledged",
        make: || holds_data(SYN, |frame| frame.has(ACK)),
    },
    Mutant {
        name: "ack-is-a-window",
        clause: "OPEN-05",
        wrong: "takes the acknowledgement for a second window of 256 KiB",
        make: || {
            heard(|frame| frame.is_update() && frame.has(ACK))
                .changed(|frame| frame.add_length(INITIAL_WINDOW))
        },
    },
    Mutant {
        name: "ack-credit-ignored",
        clause: "OPEN-10",
        wrong: "ignores the credit in an acknowledgement",
        make: || {
            heard(|frame| frame.is_update() && frame.has(ACK)).changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "ack-only-on-updates",
        clause: "OPEN-09",
        wrong: "overlooks an acknowledgement on a Data frame",
        make: || heard(WholeFrame::is_data).without(ACK),
    },
    Mutant {
        name: "refusal-is-an-end-of-stream",
        clause: "OPEN-06",
        wrong: "takes a reset for a half-close",
        make: || heard(has(RST)).changed(|frame| frame.turn(RST, FIN)),
    },
    Mutant {
        name: "unacknowledged-data-dropped",
        clause: "OPEN-13",
        wrong: "drops data of a stream that is not acknowledged yet",
        make: || heard(WholeFrame::is_data).once_sent(SYN).before_heard(ACK).dropped(),
    },
    Mutant {
        name: "every-ack-frees-a-slot",
        clause: "OPEN-17",
        wrong: "lets every acknowledgement free a slot, whichever stream it is of",
        make: every_ack_frees_a_slot,
    },
    Mutant {
        name: "stray-ack-ends-the-session",
        clause: "OPEN-18",
        wrong: "ends the session for an acknowledgement of a stream that needs none",
        make: stray_ack_ends_the_session,
    },
    Mutant {
        name: "syn-announces-nothing",
        clause: "OPEN-22",
        wrong: "does not announce its larger window in the SYN",
        make: || {
            sent(|frame| frame.is_update() && frame.has(SYN)).changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "syn-announces-the-sum",
        clause: "OPEN-22",
        wrong: "announces its whole window where what it adds to 256 KiB belongs",
        make: || {
            sent(|frame| frame.is_update() && frame.has(SYN) && frame.header.length > 0)
                .changed(|frame| frame.header.length += INITIAL_WINDOW)
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
        make: || heard(only(RST)).once_sent(SYN).before_heard(ACK).dropped(),
    },
    Mutant {
        name: "close-keeps-the-slot",
        clause: "OPEN-25",
        wrong: "overlooks the half-close of a stream that is not acknowledged yet",
        make: || heard(only(FIN)).once_sent(SYN).before_heard(ACK).dropped(),
    },
    Mutant {
        name: "credit-overflow-wraps-on-the-ack",
        clause: "FLOW-07",
        wrong: "lets the send window wrap at 32 bits by the credit of an acknowledgement, and sends no more data",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|empty, _, mut frame, pass| {
                    if frame.is_update()
                        && frame.has(ACK)
                        && frame.header.length.checked_add(INITIAL_WINDOW).is_none()
                    {
                        empty.insert(frame.header.stream);
                        frame.header.length = 0;
                    }
                    pass.push(frame);
                })
                .drops_sent(|empty, _, frame| {
                    frame.is_data() && empty.contains(&frame.header.stream)
                })
                .boxed()
        },
    },
];

/// Holds each SYN until another frame of its stream is sent, and sends it only if that frame `earns` it.
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

/// A mutant that records which of the streams it has opened are unacknowledged.
fn unacknowledged() -> Wrong<BTreeSet<StreamId>> {
    wrong::<BTreeSet<StreamId>>().on_sent(note(WholeFrame::opens))
}

/// Assigns each acknowledgement to the stream that has waited longest.
fn every_ack_frees_a_slot() -> Box<dyn Tamper> {
    unacknowledged()
        .incoming(|streams, _, mut frame, pass| {
            if frame.is_update()
                && frame.only(ACK)
                && let Some(first) = streams.pop_first()
            {
                frame.header.stream = first;
            }
            pass.push(frame);
        })
        .boxed()
}

/// Ends the session for an acknowledgement that no stream waits for.
fn stray_ack_ends_the_session() -> Box<dyn Tamper> {
    unacknowledged()
        .incoming(|streams, _, mut frame, pass| {
            if frame.acknowledges() && !streams.remove(&frame.header.stream) {
                frame.header.version = 1;
            }
            pass.push(frame);
        })
        .boxed()
}
