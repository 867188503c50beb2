//! Wrong close timers and wrong full closes. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::endpoint::mutant::Mutant;
use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{FIVE_MINUTES, failed, is_close};
use crate::endpoint::mutant::vocabulary::shapes::configured;
use crate::scenario::{Action, ErrorClass};
use crate::yamux::frame::{Flags, INITIAL_WINDOW, StreamId};
use crate::yamux::time::Time;

/// When something happened on each stream.
type CloseTimes = BTreeMap<StreamId, Time>;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "close-timer-early",
        clause: "CLO-01",
        wrong: "fires its close timer a millisecond early",
        make: || {
            configured(|settings| change(&mut settings.stream_close_timeout, |at| at - MOMENT))
        },
    },
    Mutant {
        name: "close-timer-late",
        clause: "CLO-01",
        wrong: "fires its close timer a millisecond late",
        make: || {
            configured(|settings| change(&mut settings.stream_close_timeout, |at| at + MOMENT))
        },
    },
    Mutant {
        name: "close-timer-never",
        clause: "CLO-01",
        wrong: "never resets a stream whose peer does not finish",
        make: || configured(|settings| settings.stream_close_timeout = None),
    },
    Mutant {
        name: "close-timer-without-a-setting",
        clause: "CLO-01",
        wrong: "runs its close timer also where it is switched off",
        make: || {
            configured(|settings| {
                settings.stream_close_timeout.get_or_insert(FIVE_MINUTES);
            })
        },
    },
    Mutant {
        name: "close-timer-renewed-by-data",
        clause: "CLO-01",
        wrong: "counts its close timeout from the last data, not from the close",
        make: || {
            wrong::<(CloseTimes, CloseTimes)>()
                .outgoing(|(closed, _), own, frame, pass| {
                    if frame.has(Flags::FIN) {
                        closed.insert(frame.header.stream, own.now);
                    }
                    pass.push(frame);
                })
                .incoming(|(_, active), own, frame, pass| {
                    active.insert(frame.header.stream, own.now);
                    pass.push(frame);
                })
                .delay(|(closed, active), frame| {
                    let stream = frame.header.stream;
                    match (closed.get(&stream), active.get(&stream)) {
                        (Some(closed), Some(active)) if frame.has(Flags::RST) => *active - *closed,
                        _ => Duration::ZERO,
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timer-rearmed",
        clause: "CLO-05",
        wrong: "counts its close timeout from the latest close call",
        make: || {
            wrong::<Vec<Time>>()
                .call(|closes, own, request| {
                    if let Action::HalfClose { .. } | Action::Close { .. } = request.action {
                        closes.push(own.now);
                    }
                    None
                })
                .delay(|closes, frame| match closes[..] {
                    [first, .., last] if frame.has(Flags::RST) => last - first,
                    _ => Duration::ZERO,
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timer-survives-the-peers-fin",
        clause: "CLO-02",
        wrong: "does not stop its close timer when the peer finishes",
        make: || {
            wrong::<CloseTimes>()
                .outgoing(|closed, own, frame, pass| {
                    if frame.has(Flags::FIN) {
                        closed.insert(frame.header.stream, own.now);
                    }
                    pass.push(frame);
                })
                .incoming(|closed, own, frame, pass| {
                    let stream = frame.header.stream;
                    if let Some(closed) = closed.get(&stream)
                        && frame.has(Flags::FIN)
                    {
                        let left = FIVE_MINUTES.saturating_sub(own.now - *closed);
                        own.update_in(left, Flags::RST, stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timer-survives-the-peers-rst",
        clause: "CLO-03",
        wrong: "does not stop its close timer when the peer resets",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::FIN))
                .incoming(|finished, own, frame, pass| {
                    if frame.has(Flags::RST) && finished.contains(&frame.header.stream) {
                        own.update_in(FIVE_MINUTES, Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timer-after-both-fins",
        clause: "CLO-04",
        wrong: "arms its close timer although the peer has finished already",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(note(Flags::FIN))
                .outgoing(|finished, own, frame, pass| {
                    if frame.has(Flags::FIN) && finished.contains(&frame.header.stream) {
                        own.update_in(FIVE_MINUTES, Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "late-frame-ends-the-session",
        clause: "CLO-06",
        wrong: "takes a frame on a stream it has reset itself for a protocol error",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::RST))
                .incoming(|reset, own, frame, pass| {
                    if reset.contains(&frame.header.stream) {
                        own.give_up();
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "overrun-tolerated-after-the-own-fin",
        clause: "CLO-08",
        wrong: "takes any amount of data once it has finished itself",
        make: || {
            wrong::<BTreeMap<StreamId, u32>>()
                .outgoing(|arrived, _, frame, pass| {
                    if frame.has(Flags::FIN) {
                        arrived.insert(frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .incoming(|arrived, _, frame, pass| {
                    if let Some(arrived) = arrived.get_mut(&frame.header.stream) {
                        *arrived += frame.header.body_len();
                        if *arrived > INITIAL_WINDOW {
                            return;
                        }
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timeout-wakes-no-reader",
        clause: "CLO-10",
        wrong: "gives nothing to a reader once its close timeout has reset the stream",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::RST))
                .result(|reset, _, request, result| match request.action {
                    Action::Read { .. } if !reset.is_empty() => None,
                    _ => Some(result),
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timeout-loses-unread-data",
        clause: "CLO-11",
        wrong: "throws unread data away at the close timeout and shows its reader an orderly end",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::RST))
                .call(|reset, _, request| match request.action {
                    Action::Read { .. } if !reset.is_empty() => Some(failed(ErrorClass::Eof)),
                    _ => None,
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-after-the-own-rst",
        clause: "CLO-12",
        wrong: "still gives credit when a stream it has reset is read",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::RST))
                .result(|reset, own, request, result| {
                    if let Action::Read { .. } = request.action {
                        for stream in &*reset {
                            own.update(Flags::NONE, *stream, 1000);
                        }
                    }
                    Some(result)
                })
                .boxed()
        },
    },
    Mutant {
        name: "full-close-waits-for-the-timer",
        clause: "CLO-13",
        wrong: "lets its close timeout reset what a full close should refuse at once",
        make: || configured(|settings| settings.close_resets = false),
    },
    Mutant {
        name: "full-close-always-resets",
        clause: "CLO-13",
        wrong: "resets at every full close, whether the peer goes on writing or not",
        make: || {
            wrong::<bool>()
                .call(|closing, _, request| {
                    *closing = is_close(&request.action);
                    None
                })
                .outgoing(|closing, own, frame, pass| {
                    if *closing && frame.has(Flags::FIN) {
                        own.update(Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
];

fn change(timeout: &mut Option<Duration>, to: fn(Duration) -> Duration) {
    *timeout = timeout.map(to);
}

/// What a timer that is exact on the virtual clock may not be off by.
const MOMENT: Duration = Duration::from_millis(1);
