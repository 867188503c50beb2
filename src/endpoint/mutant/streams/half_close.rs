//! Wrong FINs and wrong half-closes. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{FIVE_MINUTES, failed};
use crate::endpoint::mutant::vocabulary::shapes::{incoming, outgoing};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Done};
use crate::scenario::{Action, ErrorClass, ReadAmount};
use crate::yamux::frame::{Flags, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "fin-never",
        clause: "FIN-01",
        wrong: "never tells the peer that it has finished",
        make: || {
            outgoing(|frame, pass| {
                if !frame.has(Flags::FIN) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "rst-for-fin",
        clause: "FIN-01",
        wrong: "sends RST where FIN belongs",
        make: || {
            outgoing(|frame, pass| {
                if frame.has(Flags::FIN) {
                    pass.push(WholeFrame::update(Flags::RST, frame.header.stream, 0));
                } else {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "fin-before-the-last-data",
        clause: "FIN-02",
        wrong: "sends FIN ahead of the last data before it",
        make: || {
            wrong::<()>()
                .outgoing(|(), own, frame, pass| {
                    if frame.has(Flags::FIN) {
                        own.one_byte(frame.header.stream);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
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
                .outgoing(note(Flags::FIN))
                .call(|finished, own, request| {
                    if let Action::HalfClose { .. } | Action::Close { .. } = request.action {
                        for stream in &*finished {
                            own.update(Flags::FIN, *stream, 0);
                        }
                    }
                    None
                })
                .boxed()
        },
    },
    Mutant {
        name: "no-data-after-the-own-fin",
        clause: "FIN-05",
        wrong: "drops data that comes after its own FIN",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::FIN))
                .incoming(|finished, _, frame, pass| {
                    if !frame.is_data() || !finished.contains(&frame.header.stream) {
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "late-data-refused-after-half-close",
        clause: "FIN-05",
        wrong: "answers data after its own FIN with RST although its application reads on",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::FIN))
                .incoming(|finished, own, frame, pass| {
                    if frame.is_data() && finished.contains(&frame.header.stream) {
                        own.update(Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "no-write-after-the-peers-fin",
        clause: "FIN-06",
        wrong: "fails writes that begin after the peer's FIN",
        make: || {
            wrong::<bool>()
                .incoming(|finished, _, frame, pass| {
                    *finished |= frame.has(Flags::FIN);
                    pass.push(frame);
                })
                .call(|finished, _, request| match request.action {
                    Action::Write { .. } if *finished => Some(failed(ErrorClass::StreamClosed)),
                    _ => None,
                })
                .boxed()
        },
    },
    Mutant {
        name: "fin-taken-for-a-reset",
        clause: "FLOW-30",
        wrong: "takes the peer's FIN for the end of both directions: the obvious wrong cure of issue 133",
        make: || {
            incoming(|frame, pass| {
                let stream = frame.has(Flags::FIN).then_some(frame.header.stream);
                pass.push(frame);
                if let Some(stream) = stream {
                    pass.push(WholeFrame::update(Flags::RST, stream, 0));
                }
            })
        },
    },
    Mutant {
        name: "fin-on-empty-data-ignored",
        clause: "FIN-07",
        wrong: "ignores FIN on a Data frame without payload",
        make: || loses_fin(|frame| frame.is_data() && frame.body.is_empty()),
    },
    Mutant {
        name: "fin-on-payload-ignored",
        clause: "FIN-08",
        wrong: "ignores FIN on a Data frame with payload",
        make: || loses_fin(|frame| !frame.body.is_empty()),
    },
    Mutant {
        name: "fin-on-window-update-ignored",
        clause: "FIN-09",
        wrong: "ignores FIN on a WindowUpdate frame",
        make: || loses_fin(WholeFrame::is_update),
    },
    Mutant {
        name: "fin-drops-unread-data",
        clause: "FIN-10",
        wrong: "throws away what was not read yet when FIN comes",
        make: || {
            wrong::<Vec<WholeFrame>>()
                .incoming(|unread, _, frame, pass| {
                    if frame.has(Flags::FIN) {
                        unread.clear();
                    }
                    pass.append(unread);
                    if frame.body.is_empty() {
                        pass.push(frame);
                    } else {
                        unread.push(frame.without(Flags::FIN));
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
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(note(Flags::FIN))
                .incoming(|finished, own, frame, pass| {
                    if frame.has(Flags::FIN) && finished.contains(&frame.header.stream) {
                        own.update(Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "second-fin-ends-the-session",
        clause: "FIN-13",
        wrong: "takes a second FIN for a protocol error of the whole session",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|finished, own, frame, pass| {
                    if frame.has(Flags::FIN) && !finished.insert(frame.header.stream) {
                        own.give_up();
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "fin-after-rst-ends-the-session",
        clause: "FIN-14",
        wrong: "takes FIN on a stream the peer has reset for a protocol error of the whole session",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|reset, own, frame, pass| {
                    if frame.has(Flags::RST) {
                        reset.insert(frame.header.stream);
                    } else if frame.has(Flags::FIN) && reset.contains(&frame.header.stream) {
                        own.give_up();
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "acknowledgement-lost-to-the-own-fin",
        clause: "FIN-15",
        wrong: "acknowledges with its first data only, and so never if FIN comes first",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .outgoing(|owing, _, mut frame, pass| {
                    let stream = frame.header.stream;
                    if frame.is_update() && frame.header.flags == Flags::ACK {
                        owing.insert(stream);
                    } else {
                        if frame.is_data() && owing.remove(&stream) {
                            frame.header.flags |= Flags::ACK;
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
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(note(Flags::FIN))
                .outgoing(|finished, _, frame, pass| {
                    if !frame.has(Flags::ACK) || !finished.contains(&frame.header.stream) {
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "half-closed-stream-expires",
        clause: "FIN-18",
        wrong: "resets a stream five minutes after the peer's FIN",
        make: || {
            wrong::<()>()
                .incoming(|(), own, frame, pass| {
                    if frame.has(Flags::FIN) {
                        own.update_in(FIVE_MINUTES, Flags::RST, frame.header.stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "end-wakes-no-reader",
        clause: "FIN-17",
        wrong: "leaves a blocked reader asleep when the stream ends",
        make: || {
            wrong::<()>()
                .result(|(), _, request, result| match request.action {
                    Action::Read { amount: ReadAmount::ToEnd { .. }, .. } => None,
                    _ => Some(result),
                })
                .boxed()
        },
    },
    Mutant {
        name: "half-close-is-full-close",
        clause: "FIN-05",
        wrong: "knows only one close, which stops reading too",
        make: || {
            wrong::<()>()
                .call(|(), _, request| {
                    if let Action::HalfClose { stream } = &request.action {
                        request.action = Action::Close { stream: stream.clone() };
                    }
                    None
                })
                .boxed()
        },
    },
    Mutant {
        name: "own-close-wakes-no-writer",
        clause: "FLOW-31",
        wrong: "leaves its own blocked write asleep when the application closes the stream",
        make: || {
            wrong::<()>()
                .result(|(), _, request, result| match (&request.action, &result) {
                    (
                        Action::Write { .. },
                        CallResult::Failed { class: ErrorClass::StreamClosed, .. },
                    ) => None,
                    _ => Some(result),
                })
                .boxed()
        },
    },
    Mutant {
        name: "data-after-fin-ends-the-session",
        clause: "DATA-08",
        wrong: "takes data after the peer's FIN for a protocol error of the whole session",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|finished, own, frame, pass| {
                    if frame.is_data() && finished.contains(&frame.header.stream) {
                        own.give_up();
                    }
                    if frame.has(Flags::FIN) {
                        finished.insert(frame.header.stream);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-on-a-second-fin-ignored",
        clause: "FLOW-24",
        wrong: "ignores the credit on a second FIN",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|finished, _, mut frame, pass| {
                    if frame.is_update()
                        && frame.has(Flags::FIN)
                        && !finished.insert(frame.header.stream)
                    {
                        frame.header.length = 0;
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
];

fn loses_fin(on: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    incoming(move |frame, pass| {
        let frame = if on(&frame) { frame.without(Flags::FIN) } else { frame };
        pass.push(frame);
    })
}
