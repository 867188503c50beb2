//! Wrong close timers and wrong full closes. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{FIVE_MINUTES, MILLISECOND, is_close, is_read};
use crate::endpoint::mutant::vocabulary::frames::{FIN, RST, any, has};
use crate::endpoint::mutant::vocabulary::outcomes::{called, configured, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper};
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
        make: || close_timeout(|timeout| timeout - MILLISECOND),
    },
    Mutant {
        name: "close-timer-late",
        clause: "CLO-01",
        wrong: "fires its close timer a millisecond late",
        make: || close_timeout(|timeout| timeout + MILLISECOND),
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
            configured(|settings| _ = settings.stream_close_timeout.get_or_insert(FIVE_MINUTES))
        },
    },
    Mutant {
        name: "close-timer-renewed-by-data",
        clause: "CLO-01",
        wrong: "counts its close timeout from the last data, not from the close",
        make: || {
            wrong::<(CloseTimes, CloseTimes)>()
                .on_sent(|(closed, _), own, frame| {
                    if frame.has(FIN) {
                        closed.insert(frame.header.stream, own.now);
                    }
                })
                .on_heard(|(_, active), own, frame| _ = active.insert(frame.header.stream, own.now))
                .delay(|(closed, active), frame| {
                    let stream = frame.header.stream;
                    match (closed.get(&stream), active.get(&stream)) {
                        (Some(closed), Some(active)) if frame.has(RST) => *active - *closed,
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
                .on_call(|closes, own, call| {
                    if let Action::HalfClose { .. } | Action::Close { .. } = call {
                        closes.push(own.now);
                    }
                })
                .delay(|closes, frame| match closes[..] {
                    [first, .., last] if frame.has(RST) => last - first,
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
                .on_sent(|closed, own, frame| {
                    if frame.has(FIN) {
                        closed.insert(frame.header.stream, own.now);
                    }
                })
                .on_heard(|closed, own, frame| {
                    let stream = frame.header.stream;
                    if let Some(closed) = closed.get(&stream)
                        && frame.has(FIN)
                    {
                        let left = FIVE_MINUTES.saturating_sub(own.now - *closed);
                        own.update_in(left, RST, stream, 0);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "close-timer-survives-the-peers-rst",
        clause: "CLO-03",
        wrong: "does not stop its close timer when the peer resets",
        make: || heard(has(RST)).once_sent(FIN).answered_after(FIVE_MINUTES, RST),
    },
    Mutant {
        name: "close-timer-after-both-fins",
        clause: "CLO-04",
        wrong: "arms its close timer although the peer has finished already",
        make: || sent(has(FIN)).once_heard(FIN).answered_after(FIVE_MINUTES, RST),
    },
    Mutant {
        name: "late-frame-ends-the-session",
        clause: "CLO-06",
        wrong: "takes a frame on a stream it has reset itself for a protocol error",
        make: || heard(any).once_sent(RST).fatal(),
    },
    Mutant {
        name: "overrun-tolerated-after-own-fin",
        clause: "CLO-08",
        wrong: "takes any amount of data once it has finished itself",
        make: || {
            wrong::<BTreeMap<StreamId, u32>>()
                .on_sent(|arrived, _, frame| {
                    if frame.has(FIN) {
                        arrived.insert(frame.header.stream, 0);
                    }
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
        make: || ended(is_read).once_sent(RST).withheld(),
    },
    Mutant {
        name: "close-timeout-loses-unread-data",
        clause: "CLO-11",
        wrong: "throws unread data away at the close timeout and shows its reader an orderly end",
        make: || called(is_read).once_sent(RST).failing(ErrorClass::Eof),
    },
    Mutant {
        name: "credit-after-own-rst",
        clause: "CLO-12",
        wrong: "still gives credit when a stream it has reset is read",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(has(RST)))
                .on_result(|reset, own, request, _| {
                    if let Action::Read { .. } = request.action {
                        for stream in &*reset {
                            own.update(Flags::NONE, *stream, 1000);
                        }
                    }
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
                .on_call(|closing, _, call| *closing = is_close(call))
                .on_sent(|closing, own, frame| {
                    if *closing && frame.has(FIN) {
                        own.update(RST, frame.header.stream, 0);
                    }
                })
                .boxed()
        },
    },
];

fn close_timeout(change: fn(Duration) -> Duration) -> Box<dyn Tamper> {
    configured(move |settings| {
        settings.stream_close_timeout = settings.stream_close_timeout.map(change);
    })
}
