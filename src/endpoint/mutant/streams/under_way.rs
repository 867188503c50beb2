//! Mutants that mishandle work in progress when a frame or a call arrives: blocked calls, half-received bodies,
//! unsent frames. Pure.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};

use crate::endpoint::mutant::decorator::wrong::{Own, wrong};
use crate::endpoint::mutant::vocabulary::calls::{
    is_close, is_half_close, is_read, is_reset, is_write,
};
use crate::endpoint::mutant::vocabulary::frames::{FIN, RST, SYN};
use crate::endpoint::mutant::vocabulary::outcomes::ended;
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, ErrorClass, Label};
use crate::yamux::frame::{FrameType, HEADER_LEN, RawHeader, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "fin-hides-its-credit-from-a-waiting-write",
        clause: "FLOW-24",
        wrong: "does not let a write that waits go on with the credit of a frame that carries FIN",
        make: || {
            wrong::<Waiting>()
                .on_call(Waiting::call)
                .on_result(Waiting::result)
                .incoming(|waiting, _, mut frame, pass| {
                    if frame.is_update() && frame.has(FIN) && waiting.writes > 0 {
                        waiting.credit += frame.header.length;
                        frame.header.length = 0;
                    } else if frame.is_credit() {
                        frame.header.length += std::mem::take(&mut waiting.credit);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "rst-on-data-wakes-no-writer",
        clause: "RST-13",
        wrong: "leaves a blocked writer asleep when a Data frame resets the stream",
        make: || {
            wrong::<Waiting>()
                .on_call(Waiting::call)
                .on_heard(|waiting, _, frame| {
                    if frame.is_data() && frame.has(RST) {
                        waiting.is_asleep = waiting.writes > 0;
                    }
                })
                .result(|waiting, own, request, result| {
                    let is_write = is_write(&request.action);
                    waiting.result(own, request, &result);
                    (!(is_write && std::mem::take(&mut waiting.is_asleep))).then_some(result)
                })
                .boxed()
        },
    },
    Mutant {
        name: "waiting-writes-mixed-up",
        clause: "DATA-02",
        wrong: "mixes up the bytes of writes that wait behind each other on one stream",
        make: || {
            wrong::<Waiting>()
                .on_call(Waiting::call)
                .on_result(Waiting::result)
                .outgoing(|waiting, _, mut frame, pass| {
                    let is_one_behind = waiting.by_stream.values().any(|writes| *writes > 1);
                    if frame.is_data() && is_one_behind {
                        frame.body = frame.body.iter().rev().copied().collect();
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "overrun-releases-no-reader",
        clause: "SES-01",
        wrong: "leaves a blocked reader asleep when its stream gets more than its window",
        make: || ended(is_read).with(ErrorClass::WindowExceeded).withheld(),
    },
    Mutant {
        name: "read-fails-over-its-credit",
        clause: "GOA-12",
        wrong: "fails a read after the end of the session if credit would be due for it",
        make: credit_at_the_end,
    },
    Mutant {
        name: "own-reset-loses-its-place",
        clause: "FRM-40",
        wrong: "reads the rest of a body as frames once its application has reset the stream",
        make: || Box::new(LosesItsPlace::at(is_reset)),
    },
    Mutant {
        name: "own-close-loses-its-place",
        clause: "FRM-40",
        wrong: "reads the rest of a body as frames once its application has closed the stream",
        make: || Box::new(LosesItsPlace::at(is_close)),
    },
    Mutant {
        name: "fin-overwrites-credit-that-waits",
        clause: "FLOW-16",
        wrong: "sends FIN twice where credit waits for the transport when its stream is half-closed",
        make: || {
            wrong::<BTreeMap<StreamId, bool>>()
                .on_call(|closing, _, call| {
                    if is_half_close(call) {
                        closing.values_mut().for_each(|is_closing| *is_closing = true);
                    }
                })
                .on_heard(|closing, _, frame| {
                    if frame.has(SYN) {
                        closing.insert(frame.header.stream, false);
                    }
                })
                .outgoing(|closing, _, mut frame, pass| {
                    let stream = frame.header.stream;
                    if frame.has(FIN) {
                        closing.remove(&stream);
                    } else if frame.is_credit() && closing.get(&stream) == Some(&true) {
                        frame = WholeFrame::update(FIN, stream, 0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "credit-overwrites-fin-that-waits",
        clause: "FIN-01",
        wrong: "loses a FIN that waits for the transport when its application reads on",
        make: || {
            wrong::<(u32, bool)>()
                .on_call(|(waiting, is_overwritten), _, call| match call {
                    Action::HalfClose { .. } => *waiting += 1,
                    Action::Read { .. } => *is_overwritten |= *waiting > 0,
                    _ => {}
                })
                .outgoing(|(waiting, is_overwritten), _, mut frame, pass| {
                    if frame.has(FIN) {
                        *waiting = waiting.saturating_sub(1);
                        if std::mem::take(is_overwritten) {
                            frame.clear(FIN);
                        }
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "buffer-read-after-the-write",
        clause: "DATA-01",
        wrong: "sends what the buffer of a write holds by the time the transport takes it, long after the write has returned",
        make: || {
            wrong::<Waiting>()
                .on_call(Waiting::call)
                .on_result(Waiting::result)
                .outgoing(|waiting, own, mut frame, pass| {
                    if frame.is_data() && waiting.writes == 0 && waiting.returned < own.now {
                        frame.body = Bytes::from(vec![0; frame.body.len()]);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
];

/// The writes in progress, in total and by stream.
#[derive(Default)]
struct Waiting {
    writes: u32,
    by_stream: BTreeMap<Label, u32>,
    /// When the latest write ended.
    returned: Time,
    credit: u32,
    is_asleep: bool,
}

impl Waiting {
    fn call(&mut self, _own: &mut Own, call: &mut Action) {
        if let Action::Write { stream, .. } = call {
            self.writes += 1;
            *self.by_stream.entry(Label::clone(stream)).or_default() += 1;
        }
    }

    fn result(&mut self, own: &mut Own, request: &Request, _result: &CallResult) {
        if let Action::Write { stream, .. } = &request.action {
            self.writes -= 1;
            self.returned = own.now;
            *self.by_stream.entry(Label::clone(stream)).or_default() -= 1;
        }
    }
}

const HALF_A_WINDOW: u64 = 131_072;

/// Forgets that it is inside a body when its application ends the stream.
struct LosesItsPlace {
    ends: fn(&Action) -> bool,
    header: BytesMut,
    /// The rest of the current body.
    body: usize,
    is_lost: bool,
}

impl LosesItsPlace {
    fn at(ends: fn(&Action) -> bool) -> Self {
        Self { ends, header: BytesMut::new(), body: 0, is_lost: false }
    }

    fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.body > 0 {
                let taken = self.body.min(bytes.len());
                self.body -= taken;
                bytes = &bytes[taken..];
                continue;
            }
            let taken = (HEADER_LEN - self.header.len()).min(bytes.len());
            self.header.put_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if let Ok(whole) = <[u8; HEADER_LEN]>::try_from(&self.header[..]) {
                let header = RawHeader::decode(&whole);
                if header.lawful_type() == Some(FrameType::Data) {
                    self.body = usize::try_from(header.length).unwrap_or(usize::MAX);
                }
                self.header.clear();
            }
        }
    }
}

impl Tamper for LosesItsPlace {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        let mut passed = BytesMut::new();
        if std::mem::take(&mut self.is_lost) {
            // Completes the body for the peer behind it.
            passed.put_bytes(0, std::mem::take(&mut self.body));
        }
        self.follow(&bytes);
        passed.put(bytes);
        passed.freeze()
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        self.is_lost |= self.body > 0 && (self.ends)(&request.action);
        None
    }
}

/// Fails reads after the session's end once half a window has been read since the last credit.
fn credit_at_the_end() -> Box<dyn Tamper> {
    wrong::<(u64, bool)>()
        .ending(|(_, is_over), _, end| {
            *is_over = true;
            Some(end)
        })
        .on_sent(|(read, _), _, frame| {
            if frame.is_credit() {
                *read = 0;
            }
        })
        .result(|(read, is_over), _, request, result| {
            let (Action::Read { .. }, CallResult::Done(done)) = (&request.action, &result) else {
                return Some(result);
            };
            *read += done.bytes;
            if !*is_over || *read < HALF_A_WINDOW {
                return Some(result);
            }
            let native = "session shutdown".to_owned();
            Some(CallResult::Failed { class: ErrorClass::SessionShutdown, native, done: *done })
        })
        .boxed()
}
