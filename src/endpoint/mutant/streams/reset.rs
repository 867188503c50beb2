//! Wrong resets. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::vocabulary::calls::{done, is_read, is_reset, is_write};
use crate::endpoint::mutant::vocabulary::frames::{FIN, RST, SYN, any, has, read_as_headers};
use crate::endpoint::mutant::vocabulary::numbers::Numbers;
use crate::endpoint::mutant::vocabulary::outcomes::{called, calls_changed, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, incoming};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::{Action, ErrorClass, Label};
use crate::yamux::frame::StreamId;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "reset-of-a-finished-stream-ends-the-session",
        clause: "SES-09",
        wrong: "ends the session when its application resets a stream that both ends have finished",
        make: cannot_reset_what_is_finished,
    },
    Mutant {
        name: "reset-call-does-nothing",
        clause: "RST-01",
        wrong: "says that it has reset a stream and does nothing",
        make: || called(is_reset).answered(done),
    },
    Mutant {
        name: "reset-call-half-closes",
        clause: "RST-01",
        wrong: "half-closes where it is asked to reset",
        make: || {
            calls_changed(|call| {
                if let Action::Reset { stream, .. } = call {
                    *call = Action::HalfClose { stream: Label::clone(stream) };
                }
            })
        },
    },
    Mutant {
        name: "rst-on-window-update-ignored",
        clause: "RST-02",
        wrong: "ignores RST on a WindowUpdate frame",
        make: || loses_rst(WholeFrame::is_update),
    },
    Mutant {
        name: "rst-on-empty-data-ignored",
        clause: "RST-03",
        wrong: "ignores RST on a Data frame without payload",
        make: || loses_rst(|frame| frame.is_data() && frame.body.is_empty()),
    },
    Mutant {
        name: "payload-of-a-reset-read-as-frames",
        clause: "RST-04",
        wrong: "does not skip the payload of a Data frame with RST",
        make: || {
            incoming(|mut frame, pass| {
                if frame.is_data() && frame.has(RST) {
                    let body = std::mem::take(&mut frame.body);
                    frame.header.length = 0;
                    pass.push(frame);
                    pass.extend(read_as_headers(&body));
                } else {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "payload-for-an-unknown-stream-read-as-frames",
        clause: "DATA-05",
        wrong: "does not skip the payload of a Data frame for an unknown stream",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(has(SYN)))
                .incoming(|known, _, frame, pass| {
                    if frame.has(SYN) {
                        known.insert(frame.header.stream);
                    }
                    if frame.is_data() && !known.contains(&frame.header.stream) {
                        pass.extend(read_as_headers(&frame.body));
                    } else {
                        pass.push(frame);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "rst-with-a-code-ignored",
        clause: "RST-05",
        wrong: "ignores RST whose length is not zero",
        make: || loses_rst(|frame| frame.header.length != 0),
    },
    Mutant {
        name: "rst-taken-for-fin",
        clause: "RST-07",
        wrong: "takes RST for FIN, so that its reader sees an orderly end",
        make: || {
            heard(|frame| frame.is_of_stream() && frame.has(RST))
                .changed(|frame| frame.turn(RST, FIN))
        },
    },
    Mutant {
        name: "rst-answered",
        clause: "RST-08",
        wrong: "answers RST with RST",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(has(SYN)))
                .on_heard(|known, own, frame| {
                    if frame.has(SYN) {
                        known.insert(frame.header.stream);
                    }
                    if frame.has(RST) && known.remove(&frame.header.stream) {
                        own.update(RST, frame.header.stream, 0);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "unknown-stream-is-reset",
        clause: "FLOW-25",
        wrong: "answers frames for a stream nobody opened with RST",
        make: || heard(WholeFrame::is_of_stream).never_opened().answered_with(RST),
    },
    Mutant {
        name: "unknown-stream-ends-the-session",
        clause: "RST-09",
        wrong: "takes a frame for a stream nobody opened for a protocol error",
        make: || heard(WholeFrame::is_of_stream).never_opened().fatal(),
    },
    Mutant {
        name: "fin-for-an-unknown-stream-ends-the-session",
        clause: "FIN-14",
        wrong: "takes FIN for a stream nobody opened for a protocol error",
        make: || heard(|frame| frame.is_of_stream() && frame.has(FIN)).never_opened().fatal(),
    },
    Mutant {
        name: "closed-stream-ends-the-session",
        clause: "DATA-06",
        wrong: "takes a frame for a stream both ends have finished for a protocol error",
        make: || heard(any).once_sent(FIN).once_heard(FIN).fatal(),
    },
    Mutant {
        name: "late-credit-answered",
        clause: "FLOW-25",
        wrong: "answers credit for a stream both ends have finished with RST",
        make: || heard(WholeFrame::is_credit).once_sent(FIN).once_heard(FIN).answered_with(RST),
    },
    Mutant {
        name: "rst-after-own-fin-ignored",
        clause: "RST-11",
        wrong: "ignores RST on a stream it has finished itself",
        make: || heard(has(RST)).once_sent(FIN).dropped(),
    },
    Mutant {
        name: "rst-after-the-peers-fin-ignored",
        clause: "RST-11",
        wrong: "ignores RST on a stream the peer has finished",
        make: || heard(has(RST)).once_heard(FIN).dropped(),
    },
    Mutant {
        name: "fin-hides-rst",
        clause: "RST-12",
        wrong: "does not see RST in a frame that carries FIN too",
        make: || loses_rst(|frame| frame.has(FIN)),
    },
    Mutant {
        name: "rst-wakes-no-writer",
        clause: "RST-13",
        wrong: "leaves a blocked writer asleep when the stream is reset",
        make: || ended(is_write).with(ErrorClass::StreamReset).withheld(),
    },
    Mutant {
        name: "rst-wakes-no-reader",
        clause: "RST-13",
        wrong: "leaves a blocked reader asleep when the stream is reset",
        make: || ended(is_read).with(ErrorClass::StreamReset).withheld(),
    },
    Mutant {
        name: "full-close-wakes-no-reader",
        clause: "CLO-13",
        wrong: "leaves its own blocked reader asleep at a full close",
        make: || ended(is_read).with(ErrorClass::StreamClosed).withheld(),
    },
    Mutant {
        name: "rst-takes-all-streams",
        clause: "RST-14",
        wrong: "resets every stream when the peer resets one",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .incoming(|known, _, frame, pass| {
                    if frame.opens() {
                        known.insert(frame.header.stream);
                    }
                    if frame.has(RST) {
                        for stream in &*known {
                            pass.push(WholeFrame::update(RST, *stream, 0));
                        }
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "reset-streams-fill-the-backlog",
        clause: "RST-15",
        wrong: "keeps streams in its accept backlog that were reset before they were accepted",
        make: || {
            let mut dead = BTreeSet::new();
            heard(move |frame| {
                if frame.has(RST) {
                    dead.insert(frame.header.stream);
                }
                frame.opens() && dead.len() >= BACKLOG
            })
            .refused()
        },
    },
    Mutant {
        name: "data-after-the-peers-rst-ends-the-session",
        clause: "DATA-09",
        wrong: "takes data on a stream the peer has reset for a protocol error",
        make: || heard(WholeFrame::is_data).once_heard(RST).fatal(),
    },
    Mutant {
        name: "rst-for-every-late-frame",
        clause: "RST-10",
        wrong: "answers everything that comes on a stream it has reset with another RST",
        make: || heard(any).once_sent(RST).answered_with(RST),
    },
];

/// Streams by label, and those that each end has finished.
#[derive(Default)]
struct Finished {
    numbers: Numbers,
    own: BTreeSet<StreamId>,
    peers: BTreeSet<StreamId>,
}

fn cannot_reset_what_is_finished() -> Box<dyn Tamper> {
    wrong::<Finished>()
        .on_call(|finished, own, call| {
            if let Action::Reset { stream, .. } = call
                && let Some(number) = finished.numbers.get(stream)
                && finished.own.contains(&number)
                && finished.peers.contains(&number)
            {
                own.give_up();
            }
        })
        .on_result(|finished, _, request, result| finished.numbers.note(request, result))
        .on_sent(|finished, _, frame| {
            if frame.has(FIN) {
                finished.own.insert(frame.header.stream);
            }
        })
        .on_heard(|finished, _, frame| {
            if frame.has(FIN) {
                finished.peers.insert(frame.header.stream);
            }
        })
        .boxed()
}

/// The accept backlog in the scenario that tests it.
const BACKLOG: usize = 4;

fn loses_rst(on: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    heard(move |frame| frame.is_of_stream() && frame.has(RST) && on(frame)).changed(|frame| {
        frame.clear(RST);
        if frame.is_update() {
            frame.clear_length();
        }
    })
}
