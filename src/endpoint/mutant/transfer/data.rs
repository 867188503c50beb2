//! Mutants that lose, duplicate, change or hold up payload. Pure.

use std::collections::{BTreeMap, BTreeSet};

use bytes::BytesMut;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{is_accept, is_read};
use crate::endpoint::mutant::vocabulary::frames::{SYN, any};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::Action;
use crate::yamux::frame::{INITIAL_WINDOW, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "last-byte-received-wrong",
        clause: "DATA-01",
        wrong: "changes the last byte of every Data frame it receives",
        make: || heard(any).changed(bodies(last_byte_wrong)),
    },
    Mutant {
        name: "last-byte-sent-wrong",
        clause: "DATA-01",
        wrong: "changes the last byte of every Data frame it sends",
        make: || sent(any).changed(bodies(last_byte_wrong)),
    },
    Mutant {
        name: "neighbours-swapped",
        clause: "DATA-02",
        wrong: "swaps Data frames that come together",
        make: || {
            wrong::<Vec<WholeFrame>>()
                .incoming(|held, _, frame, pass| {
                    if frame.is_data() && held.is_empty() {
                        held.push(frame);
                    } else {
                        pass.push(frame);
                        pass.append(held);
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "large-frame-loses-its-tail",
        clause: "DATA-03",
        wrong: "fills the part of a Data frame beyond 64 KiB with zeros",
        make: || {
            heard(any)
                .changed(bodies(|body| body.iter_mut().skip(64 << 10).for_each(|byte| *byte = 0)))
        },
    },
    Mutant {
        name: "data-given-to-the-latest-stream",
        clause: "DATA-04",
        wrong: "gives data to the stream that was opened last",
        make: || {
            let mut latest = None;
            heard(WholeFrame::is_of_stream).changed(move |frame| {
                if frame.has(SYN) {
                    latest = Some(frame.header.stream);
                } else if frame.is_data() {
                    frame.header.stream = latest.unwrap_or(frame.header.stream);
                }
            })
        },
    },
    Mutant {
        name: "unread-frames-stop-the-session",
        clause: "DATA-11",
        wrong: "stops receiving once nine Data frames wait for their readers",
        make: || stops_receiving(is_read),
    },
    Mutant {
        name: "unaccepted-frames-stop-the-session",
        clause: "DATA-12",
        wrong: "stops receiving once nine Data frames wait for their stream to be accepted",
        make: || stops_receiving(|call| is_accept(call) || is_read(call)),
    },
    Mutant {
        name: "blocked-writer-blocks-all",
        clause: "DATA-13",
        wrong: "sends no data at all while any stream's window is used up",
        make: || {
            wrong::<BTreeMap<StreamId, u32>>()
                .on_heard(|sent, _, frame| {
                    if frame.is_credit() {
                        sent.remove(&frame.header.stream);
                    }
                })
                .outgoing(|sent, _, frame, pass| {
                    if frame.is_data() {
                        let is_blocked = sent.iter().any(|(id, sent)| {
                            *sent >= INITIAL_WINDOW && *id != frame.header.stream
                        });
                        if is_blocked {
                            return;
                        }
                        *sent.entry(frame.header.stream).or_default() += frame.header.length;
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "repeats-a-byte",
        clause: "DATA-16",
        wrong: "sends the first byte of a large write once more",
        make: || {
            let mut done = BTreeSet::new();
            sent(move |frame| frame.body.len() > 4096 && done.insert(frame.header.stream))
                .answered(|own, frame| own.one_byte(frame.header.stream))
        },
    },
    Mutant {
        name: "ninth-stream-shares-a-place",
        clause: "DATA-04",
        wrong: "gives data of the ninth stream that the peer opens to the first one",
        make: || {
            wrong::<Vec<StreamId>>()
                .incoming(|opened, _, mut frame, pass| {
                    let stream = frame.header.stream;
                    if frame.opens() {
                        opened.push(stream);
                    } else if frame.is_data() && opened.get(8) == Some(&stream) {
                        frame.header.stream = opened[0];
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
];

/// Stops receiving after nine Data frames without such a call.
fn stops_receiving(until: fn(&Action) -> bool) -> Box<dyn Tamper> {
    wrong::<(u32, Vec<WholeFrame>)>()
        .on_call(move |(waiting, _), _, call| {
            if until(call) {
                *waiting = 0;
            }
        })
        .incoming(|(waiting, held), _, frame, pass| {
            *waiting += u32::from(frame.is_data());
            held.push(frame);
            if *waiting < 9 {
                pass.append(held);
            }
        })
        .boxed()
}

fn last_byte_wrong(body: &mut [u8]) {
    if let Some(last) = body.last_mut() {
        *last ^= 0x55;
    }
}

fn bodies(change: fn(&mut [u8])) -> impl FnMut(&mut WholeFrame) {
    move |frame| {
        let mut body = BytesMut::from(&frame.body[..]);
        change(&mut body);
        frame.body = body.freeze();
    }
}
