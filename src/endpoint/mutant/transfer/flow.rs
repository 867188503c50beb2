//! Wrong windows and wrong credit. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::CallResult;
use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::charged::{PerStream, gives_up_beyond, stops_at};
use crate::endpoint::mutant::vocabulary::frames::FIN;
use crate::endpoint::mutant::vocabulary::outcomes::{calls_changed, configured, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::{Action, ErrorClass};
use crate::yamux::frame::{Flags, HEADER_LEN, INITIAL_WINDOW, RawHeader, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "credit-never",
        clause: "FLOW-16",
        wrong: "grants no credit at all after the opening frames",
        make: || sent(WholeFrame::is_credit).dropped(),
    },
    Mutant {
        name: "window-of-256000",
        clause: "FLOW-01",
        wrong: "takes 256 KB for 256000 bytes and sends no more than that without credit",
        make: || stops_at(256_000, payload_of),
    },
    Mutant {
        name: "send-window-one-short",
        clause: "FLOW-01",
        wrong: "leaves one byte of the first window unused",
        make: || stops_at(u64::from(INITIAL_WINDOW) - 1, payload_of),
    },
    Mutant {
        name: "credit-wakes-no-writer",
        clause: "FLOW-02",
        wrong: "leaves a writer that waits for credit asleep when credit comes",
        make: || heard(WholeFrame::is_credit).dropped(),
    },
    Mutant {
        name: "send-window-charged-for-headers",
        clause: "FLOW-10",
        wrong: "charges its headers to the send window, so that many small writes leave part of it unused",
        make: || stops_at(INITIAL_WINDOW.into(), |frame| 12 + payload_of(frame)),
    },
    Mutant {
        name: "credit-one-too-many-taken",
        clause: "FLOW-02",
        wrong: "sends one byte more than each grant of credit allows",
        make: || {
            heard(|frame| frame.is_update() && frame.header.length > 0)
                .changed(|frame| frame.add_length(1))
        },
    },
    Mutant {
        name: "credit-is-a-total",
        clause: "FLOW-04",
        wrong: "takes each grant for the whole window instead of adding it",
        make: || {
            wrong::<PerStream>()
                .incoming(|most, _, mut frame, pass| {
                    if frame.is_update() {
                        let most = most.entry(frame.header.stream).or_default();
                        let total = u64::from(frame.header.length);
                        frame.header.length =
                            u32::try_from(total.saturating_sub(*most)).unwrap_or_default();
                        *most = total.max(*most);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "small-credit-ignored",
        clause: "FLOW-03",
        wrong: "cannot use credit of twelve bytes or less",
        make: || {
            heard(|frame| frame.is_credit() && (1..=12).contains(&frame.header.length)).dropped()
        },
    },
    Mutant {
        name: "zero-credit-ends-the-session",
        clause: "FLOW-05",
        wrong: "takes a WindowUpdate frame with neither credit nor flag for a protocol error",
        make: || heard(|frame| frame.is_credit() && frame.header.length == 0).fatal(),
    },
    Mutant {
        name: "credit-before-data-lost",
        clause: "FLOW-06",
        wrong: "forgets credit that comes before it has sent any data on the stream",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(WholeFrame::is_data))
                .incoming(|writers, _, mut frame, pass| {
                    if frame.is_update() && !writers.contains(&frame.header.stream) {
                        frame.header.length = 0;
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-on-a-flag-ignored",
        clause: "FLOW-24",
        wrong: "ignores credit on a frame that carries a flag",
        make: || {
            heard(|frame| frame.is_update() && !frame.is_credit()).changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "credit-overflow-wraps",
        clause: "FLOW-07",
        wrong: "lets the send window wrap at 32 bits, so that much credit leaves none",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|empty, _, frame, pass| {
                    if frame.is_update()
                        && frame.header.length.checked_add(INITIAL_WINDOW).is_none()
                    {
                        empty.insert(frame.header.stream);
                    } else {
                        pass.push(frame);
                    }
                })
                .drops_sent(|empty, _, frame| {
                    frame.is_data() && empty.contains(&frame.header.stream)
                })
                .boxed()
        },
    },
    Mutant {
        name: "many-updates-end-the-session",
        clause: "FLOW-36",
        wrong: "ends the session after a thousand WindowUpdate frames",
        make: || {
            let mut updates = 0;
            heard(move |frame| {
                updates += u32::from(frame.is_update());
                updates == 1000
            })
            .fatal()
        },
    },
    Mutant {
        name: "receive-window-charged-for-headers",
        clause: "FLOW-09",
        wrong: "charges headers and empty frames to the receive window",
        make: || {
            gives_up_beyond(INITIAL_WINDOW.into(), |frame| {
                (frame.header.stream, 12 * u64::from(frame.body.is_empty()) + payload_of(frame))
            })
        },
    },
    Mutant {
        name: "session-window",
        clause: "FLOW-11",
        wrong: "has one receive window of 256 KiB for all streams together",
        make: || {
            gives_up_beyond(INITIAL_WINDOW.into(), |frame| (StreamId::SESSION, payload_of(frame)))
        },
    },
    Mutant {
        name: "receive-window-of-256000",
        clause: "FLOW-12",
        wrong: "takes 256 KB for 256000 bytes and ends the session when more comes",
        make: || gives_up_beyond(256_000, payload_by_stream),
    },
    Mutant {
        name: "receive-window-one-short",
        clause: "FLOW-12",
        wrong: "ends the session for the last byte of its first window",
        make: || gives_up_beyond(u64::from(INITIAL_WINDOW) - 1, payload_by_stream),
    },
    Mutant {
        name: "overrun-tolerated",
        clause: "FLOW-13",
        wrong: "does not notice data beyond the receive window",
        make: || {
            wrong::<PerStream>()
                .incoming(|unread, _, frame, pass| {
                    if frame.is_data() {
                        let unread = unread.entry(frame.header.stream).or_default();
                        let arrived = *unread + u64::from(frame.header.length);
                        if arrived > INITIAL_WINDOW.into() {
                            return;
                        }
                        *unread = arrived;
                    }
                    pass.push(frame);
                })
                .on_sent(|unread, _, frame| {
                    if frame.is_update() {
                        let unread = unread.entry(frame.header.stream).or_default();
                        *unread = unread.saturating_sub(frame.header.length.into());
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "frame-beyond-the-window-awaited",
        clause: "FLOW-14",
        wrong: "waits for the payload of a frame that is longer than the window",
        make: || Box::new(AwaitsPayload),
    },
    Mutant {
        name: "credit-one-too-many-given",
        clause: "FLOW-17",
        wrong: "grants one byte more than its window has room for",
        make: || sent(WholeFrame::is_credit).changed(|frame| frame.header.length += 1),
    },
    Mutant {
        name: "credit-only-for-a-whole-window",
        clause: "FLOW-18",
        wrong: "gives credit only once a whole window has been read",
        make: || {
            wrong::<PerStream>()
                .outgoing(|owed, _, mut frame, pass| {
                    if frame.is_credit() {
                        let owed = owed.entry(frame.header.stream).or_default();
                        *owed += u64::from(frame.header.length);
                        if *owed < INITIAL_WINDOW.into() {
                            return;
                        }
                        frame.header.length =
                            u32::try_from(std::mem::take(owed)).unwrap_or_default();
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-on-receipt",
        clause: "FLOW-19",
        wrong: "gives credit for bytes that have come, whether they are read or not",
        make: || {
            wrong::<()>()
                .on_heard(|(), own, frame| {
                    if !frame.body.is_empty() {
                        own.update(Flags::NONE, frame.header.stream, frame.header.length);
                    }
                })
                .drops_sent(|(), _, frame| frame.is_credit())
                .boxed()
        },
    },
    Mutant {
        name: "larger-window-not-announced",
        clause: "FLOW-26",
        wrong: "never grants more than 256 KiB, whatever window is configured",
        make: || configured(|settings| settings.max_window = INITIAL_WINDOW),
    },
    Mutant {
        name: "credit-at-half-of-256-kib",
        clause: "FLOW-27",
        wrong: "gives credit for every 128 KiB read, however large its window is",
        make: || {
            wrong::<(Option<StreamId>, u64)>()
                .on_heard(|(stream, _), _, frame| {
                    if frame.is_data() {
                        *stream = Some(frame.header.stream);
                    }
                })
                .on_result(|(stream, read), own, request, result| {
                    if let (Action::Read { .. }, CallResult::Done(done)) = (&request.action, result)
                        && let Some(stream) = stream
                    {
                        *read += done.bytes;
                        if *read >= u64::from(INITIAL_WINDOW / 2) {
                            let credit = u32::try_from(std::mem::take(read)).unwrap_or_default();
                            own.update(Flags::NONE, *stream, credit);
                        }
                    }
                })
                .drops_sent(|_, _, frame| frame.is_credit())
                .boxed()
        },
    },
    Mutant {
        name: "larger-window-in-force-too-early",
        clause: "FLOW-28",
        wrong: "takes as much as its configured window before it has announced it",
        make: || {
            wrong::<PerStream>()
                .drops_heard(|arrived, _, frame| {
                    let arrived = arrived.entry(frame.header.stream).or_default();
                    *arrived += frame.body.len() as u64;
                    *arrived > INITIAL_WINDOW.into() && frame.body.len() == 1
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-ignored-after-the-peers-fin",
        clause: "FLOW-23",
        wrong: "ignores credit that comes after the peer's FIN",
        make: || heard(WholeFrame::is_credit).once_heard(FIN).dropped(),
    },
    Mutant {
        name: "no-credit-after-own-fin",
        clause: "FLOW-22",
        wrong: "gives no more credit once it has sent FIN, although its application reads on",
        make: || sent(WholeFrame::is_credit).once_sent(FIN).dropped(),
    },
    Mutant {
        name: "unread-data-credited-at-close",
        clause: "FLOW-20",
        wrong: "gives credit for unread data when the application closes, as if it had been read",
        make: || {
            wrong::<PerStream>()
                .on_heard(|unread, _, frame| {
                    *unread.entry(frame.header.stream).or_default() += frame.body.len() as u64;
                })
                .on_sent(|unread, own, frame| {
                    let stream = frame.header.stream;
                    let unread = unread.entry(stream).or_default();
                    if frame.is_credit() {
                        *unread = unread.saturating_sub(frame.header.length.into());
                    }
                    if frame.has(FIN) && *unread > 0 {
                        let credit = u32::try_from(std::mem::take(unread)).unwrap_or_default();
                        own.update(Flags::NONE, stream, credit);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "write-deadline-ignored",
        clause: "FLOW-32",
        wrong: "ignores write deadlines",
        make: || {
            calls_changed(|call| {
                if let Action::SetDeadline { write, .. } = call {
                    *write = None;
                }
            })
        },
    },
    Mutant {
        name: "deadline-reports-nothing-sent",
        clause: "FLOW-32",
        wrong: "says that a write sent nothing when it ends at its deadline",
        make: || ended(|_| true).with(ErrorClass::Deadline).retold(|done| done.bytes = 0),
    },
    Mutant {
        name: "timed-out-write-not-charged",
        clause: "FLOW-33",
        wrong: "charges nothing for bytes it had to send while the transport stood still",
        make: || {
            wrong::<Option<Time>>()
                .outgoing(|first, own, frame, pass| {
                    if frame.is_data() && own.now - *first.get_or_insert(own.now) > TEN_SECONDS {
                        *first = Some(own.now);
                        pass.push(frame.clone());
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
];

struct AwaitsPayload;

impl Tamper for AwaitsPayload {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        let is_too_long = bytes.first_chunk().is_some_and(|header| {
            let header = RawHeader::decode(header);
            bytes.len() == HEADER_LEN && header.body_len() > INITIAL_WINDOW
        });
        if is_too_long { Bytes::new() } else { bytes }
    }
}

/// The connection write timeout in the scenario that tests it.
const TEN_SECONDS: Duration = Duration::from_secs(10);

fn payload_of(frame: &WholeFrame) -> u64 {
    frame.body.len() as u64
}

fn payload_by_stream(frame: &WholeFrame) -> (StreamId, u64) {
    (frame.header.stream, payload_of(frame))
}
