//! Wrong FINs and wrong half-closes. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{FIVE_MINUTES, is_write};
use crate::endpoint::mutant::vocabulary::frames::{ACK, FIN, RST, has};
use crate::endpoint::mutant::vocabulary::outcomes::{called, calls_changed, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, WholeFrame};
use crate::endpoint::{CallResult, Done};
use crate::scenario::{Action, ErrorClass, Label, ReadAmount};
use crate::yamux::frame::StreamId;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "fin-never",
        clause: "FIN-01",
        wrong: "never tells the peer that it has finished",
        make: || sent(has(FIN)).dropped(),
    },
    Mutant {
        name: "rst-for-fin",
        clause: "FIN-01",
        wrong: "sends RST where FIN belongs",
        make: || sent(has(FIN)).replaced_by(RST),
    },
    Mutant {
        name: "fin-before-the-last-data",
        clause: "FIN-02",
        wrong: "sends FIN ahead of the last data before it",
        make: || sent(has(FIN)).answered(|own, frame| own.one_byte(frame.header.stream)),
    },
    Mutant {
        name: "write-after-fin-reported-done",
        clause: "FIN-03",
        wrong: "reports success for a write after its own FIN",
        make: || {
            wrong::<()>()
                .result(|(), _, request, result| match (&request.action, &result) {
                    (
                        Action::Write { bytes, times, .. },
                        CallResult::Failed { class: ErrorClass::StreamClosed, .. },
                    ) => {
                        let bytes = bytes.saturating_mul(u64::from(*times));
                        Some(CallResult::Done(Done { bytes, ..Done::default() }))
                    }
                    _ => Some(result),
                })
                .boxed()
        },
    },
    Mutant {
        name: "fin-for-every-close",
        clause: "FIN-04",
        wrong: "sends a FIN for every close call",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(has(FIN)))
                .on_call(|finished, own, call| {
                    if let Action::HalfClose { .. } | Action::Close { .. } = call {
                        for stream in &*finished {
                            own.update(FIN, *stream, 0);
                        }
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "no-data-after-own-fin",
        clause: "FIN-05",
        wrong: "drops data that comes after its own FIN",
        make: || heard(WholeFrame::is_data).once_sent(FIN).dropped(),
    },
    Mutant {
        name: "late-data-refused-after-half-close",
        clause: "FIN-05",
        wrong: "answers data after its own FIN with RST although its application reads on",
        make: || heard(WholeFrame::is_data).once_sent(FIN).answered_with(RST),
    },
    Mutant {
        name: "no-write-after-the-peers-fin",
        clause: "FIN-06",
        wrong: "fails writes that begin after the peer's FIN",
        make: || called(is_write).once_heard(FIN).failing(ErrorClass::StreamClosed),
    },
    Mutant {
        name: "fin-taken-for-a-reset",
        clause: "FLOW-30",
        wrong: "takes the peer's FIN for the end of both directions: the obvious wrong cure of issue 133",
        make: || heard(has(FIN)).followed_by(RST),
    },
    Mutant {
        name: "fin-on-empty-data-ignored",
        clause: "FIN-07",
        wrong: "ignores FIN on a Data frame without payload",
        make: || heard(|frame| frame.is_data() && frame.body.is_empty()).without(FIN),
    },
    Mutant {
        name: "fin-on-payload-ignored",
        clause: "FIN-08",
        wrong: "ignores FIN on a Data frame with payload",
        make: || heard(|frame| !frame.body.is_empty()).without(FIN),
    },
    Mutant {
        name: "fin-on-window-update-ignored",
        clause: "FIN-09",
        wrong: "ignores FIN on a WindowUpdate frame",
        make: || heard(WholeFrame::is_update).without(FIN),
    },
    Mutant {
        name: "fin-drops-unread-data",
        clause: "FIN-10",
        wrong: "throws away what was not read yet when FIN comes",
        make: || {
            wrong::<Vec<WholeFrame>>()
                .incoming(|unread, _, mut frame, pass| {
                    if frame.has(FIN) {
                        unread.clear();
                    }
                    pass.append(unread);
                    if frame.body.is_empty() {
                        pass.push(frame);
                    } else {
                        frame.clear(FIN);
                        unread.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "closed-streams-kept",
        clause: "FIN-11",
        wrong: "never forgets a stream",
        make: || {
            wrong::<u32>()
                .result(|streams, _, request, mut result| {
                    if let CallResult::Done(done) = &mut result {
                        match request.action {
                            Action::Open { .. } | Action::Accept { .. } => *streams += 1,
                            Action::CountStreams => done.streams = Some(*streams),
                            _ => {}
                        }
                    }
                    Some(result)
                })
                .boxed()
        },
    },
    Mutant {
        name: "answers-fin-with-rst",
        clause: "FIN-12",
        wrong: "answers the peer's FIN with RST when it has finished itself",
        make: || heard(has(FIN)).once_sent(FIN).answered_with(RST),
    },
    Mutant {
        name: "second-fin-ends-the-session",
        clause: "FIN-13",
        wrong: "takes a second FIN for a protocol error of the whole session",
        make: || heard(has(FIN)).once_heard(FIN).fatal(),
    },
    Mutant {
        name: "fin-after-rst-ends-the-session",
        clause: "FIN-14",
        wrong: "takes FIN on a stream the peer has reset for a protocol error of the whole session",
        make: || heard(|frame| frame.has(FIN) && !frame.has(RST)).once_heard(RST).fatal(),
    },
    Mutant {
        name: "acknowledgement-lost-to-own-fin",
        clause: "FIN-15",
        wrong: "acknowledges with its first data only, and so never if FIN comes first",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(|owing, _, mut frame, pass| {
                    let stream = frame.header.stream;
                    if frame.is_update() && frame.header.flags == ACK {
                        owing.insert(stream);
                    } else {
                        if frame.is_data() && owing.remove(&stream) {
                            frame.header.flags |= ACK;
                        }
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "acknowledgement-lost-to-the-peers-fin",
        clause: "FIN-15",
        wrong: "does not acknowledge a stream the peer has finished already",
        make: || sent(has(ACK)).once_heard(FIN).dropped(),
    },
    Mutant {
        name: "half-closed-stream-expires",
        clause: "FIN-18",
        wrong: "resets a stream five minutes after the peer's FIN",
        make: || heard(has(FIN)).answered_after(FIVE_MINUTES, RST),
    },
    Mutant {
        name: "end-wakes-no-reader",
        clause: "FIN-17",
        wrong: "leaves a blocked reader asleep when the stream ends",
        make: || {
            ended(|call| matches!(call, Action::Read { amount: ReadAmount::ToEnd { .. }, .. }))
                .withheld()
        },
    },
    Mutant {
        name: "half-close-is-full-close",
        clause: "FIN-05",
        wrong: "knows only one close, which stops reading too",
        make: || {
            calls_changed(|call| {
                if let Action::HalfClose { stream } = call {
                    *call = Action::Close { stream: Label::clone(stream) };
                }
            })
        },
    },
    Mutant {
        name: "own-close-wakes-no-writer",
        clause: "FLOW-31",
        wrong: "leaves its own blocked write asleep when the application closes the stream",
        make: || ended(is_write).with(ErrorClass::StreamClosed).withheld(),
    },
    Mutant {
        name: "data-after-fin-ends-the-session",
        clause: "DATA-08",
        wrong: "takes data after the peer's FIN for a protocol error of the whole session",
        make: || heard(WholeFrame::is_data).once_heard(FIN).fatal(),
    },
    Mutant {
        name: "credit-on-a-second-fin-ignored",
        clause: "FLOW-24",
        wrong: "ignores the credit on a second FIN",
        make: || {
            heard(|frame| frame.is_update() && frame.has(FIN))
                .once_heard(FIN)
                .changed(WholeFrame::clear_length)
        },
    },
];
