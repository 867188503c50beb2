//! Mutants that mishandle cancelled calls, or leak resources. Pure.

use std::cell::Cell;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{done, is_read};
use crate::endpoint::mutant::vocabulary::frames::{RST, SYN};
use crate::endpoint::mutant::vocabulary::outcomes::{called, calls_changed, configured, ended};
use crate::endpoint::mutant::vocabulary::shapes::sent;
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Done, Request};
use crate::scenario::{Action, ErrorClass, Figures, Label, ReadAmount, Settings};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "cancelled-accept-takes-a-stream",
        clause: "CALL-02",
        wrong: "hands the next stream to an accept that was given up",
        make: || Box::new(GoesOn { which: Which::Accept, label: None }),
    },
    Mutant {
        name: "cancelled-open-opens-its-stream",
        clause: "CALL-03",
        wrong: "opens the stream of an open that was given up, once it can",
        make: || Box::new(GoesOn { which: Which::Open, label: None }),
    },
    Mutant {
        name: "cancelled-write-goes-on",
        clause: "CALL-04",
        wrong: "sends the rest of a write that was given up, once there is credit",
        make: || Box::new(GoesOn { which: Which::Write, label: None }),
    },
    Mutant {
        name: "call-cannot-be-given-up",
        clause: "CALL-01",
        wrong: "lets a call wait on that its caller has given up",
        make: || called(|call| matches!(call, Action::Cancel { .. })).answered(done),
    },
    Mutant {
        name: "cancelled-read-loses-what-it-had",
        clause: "CALL-04",
        wrong: "drops the bytes that a read had got when it was given up, and does not tell of them",
        make: || ended(is_read).with(ErrorClass::Cancelled).retold(|done| *done = Done::default()),
    },
    Mutant {
        name: "no-credit-once-reading-has-ended",
        clause: "CLO-16",
        wrong: "gives no credit for what comes after its application has ended reading alone",
        make: || {
            sent(|frame| frame.is_update() && frame.header.length > 0)
                .once_called(|call| matches!(call, Action::CloseRead { .. }))
                .dropped()
        },
    },
    Mutant {
        name: "ending-reading-ends-writing",
        clause: "CLO-17",
        wrong: "closes the whole stream where its application has ended reading alone",
        make: || {
            calls_changed(|call| {
                if let Action::CloseRead { stream } = call {
                    *call = Action::Close { stream: Label::clone(stream) };
                }
            })
        },
    },
    Mutant {
        name: "open-without-deadline",
        clause: "CALL-05",
        wrong: "does not look at the deadline of an open",
        make: || {
            calls_changed(|call| {
                if let Action::Open { deadline, .. } = call {
                    *deadline = None;
                }
            })
        },
    },
    Mutant {
        name: "accept-without-deadline",
        clause: "CALL-05",
        wrong: "does not look at the deadline of an accept",
        make: || {
            calls_changed(|call| {
                if let Action::Accept { deadline, .. } = call {
                    *deadline = None;
                }
            })
        },
    },
    Mutant {
        name: "empty-read-waits-for-data",
        clause: "CALL-06",
        wrong: "lets a read of no bytes wait until there is something to read",
        make: || {
            calls_changed(|call| {
                if let Action::Read { amount: ReadAmount::Exactly { bytes, .. }, .. } = call {
                    *bytes = (*bytes).max(1);
                }
            })
        },
    },
    Mutant {
        name: "empty-write-waits-for-credit",
        clause: "CALL-07",
        wrong: "lets a write of no bytes wait until there is credit",
        make: || {
            calls_changed(|call| {
                if let Action::Write { bytes, .. } = call {
                    *bytes = (*bytes).max(1);
                }
            })
        },
    },
    Mutant {
        name: "no-limit-of-the-peers-streams",
        clause: "LIM-43",
        wrong: "takes as many streams of its peer as come, whatever its limit is",
        make: || configured(|settings| settings.max_streams = None),
    },
    Mutant {
        name: "limit-counts-streams-that-are-over",
        clause: "LIM-44",
        wrong: "counts streams that are over against the limit of its peer's streams",
        make: || Box::new(CountsTheDead::default()),
    },
    Mutant {
        name: "frames-larger-than-set",
        clause: "LIM-45",
        wrong: "sends data frames larger than it was told to",
        make: || configured(|settings| settings.max_frame_size = None),
    },
    Mutant {
        name: "numbers-begin-again",
        clause: "SID-18",
        wrong: "begins again at its first number where none is left",
        make: || configured(|settings| settings.next_stream_id = None),
    },
    Mutant {
        name: "every-stream-leaves-an-entry",
        clause: "LIM-07",
        wrong: "keeps an entry of each stream that is over",
        make: || leaves(|figures| &mut figures.streams, 1),
    },
    Mutant {
        name: "every-refusal-leaves-an-entry",
        clause: "LIM-40",
        wrong: "keeps an entry of each stream that it has refused",
        make: || {
            wrong::<u64>()
                .on_sent(|refused, _, frame| *refused += u64::from(frame.has(RST)))
                .result(|refused, _, _, mut result| {
                    if let CallResult::Done(done) = &mut result
                        && let Some(streams) = &mut done.figures.streams
                    {
                        *streams += *refused;
                    }
                    Some(result)
                })
                .boxed()
        },
    },
    Mutant {
        name: "every-stream-leaves-a-task",
        clause: "LIM-07",
        wrong: "keeps a task of each stream that is over",
        make: || leaves(|figures| &mut figures.tasks, 1),
    },
    Mutant {
        name: "every-stream-leaves-its-buffer",
        clause: "LIM-07",
        wrong: "keeps the buffer of each stream that is over",
        make: || leaves(|figures| &mut figures.heap, 64 * 1024),
    },
];

/// The call that continues after it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Accept,
    Open,
    Write,
}

/// Reports a call as cancelled, and continues it.
struct GoesOn {
    which: Which,
    /// The stream of the latest such call.
    label: Option<Label>,
}

impl Tamper for GoesOn {
    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        match (&request.action, self.which) {
            (Action::Accept { stream, .. }, Which::Accept)
            | (Action::Open { stream, .. }, Which::Open)
            | (Action::Write { stream, .. }, Which::Write) => {
                self.label = Some(Label::clone(stream));
            }
            _ => {}
        }
        None
    }

    fn precede(&mut self, _now: Time, request: &Request) -> Option<Request> {
        if !matches!(request.action, Action::Cancel { .. }) {
            return None;
        }
        let (stream, deadline) = (self.label.take()?, None);
        let action = match self.which {
            Which::Accept => Action::Accept { stream, deadline },
            Which::Open => Action::Open { stream, deadline },
            Which::Write => Action::Write { stream, bytes: 64 * 1024, times: 1 },
        };
        Some(Request { action, pattern: Pattern::default(), of: None })
    }
}

/// Refuses streams once the number ever begun reaches the limit on open ones.
#[derive(Default)]
struct CountsTheDead {
    most: Cell<Option<u32>>,
    begun: u32,
}

impl Tamper for CountsTheDead {
    fn configure(&self, settings: &mut Settings) {
        self.most.set(settings.max_streams);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        if frame.has(SYN) && self.most.get().is_some_and(|most| self.begun >= most) {
            answer.push(WholeFrame::update(RST, frame.header.stream, 0));
            return;
        }
        self.begun += u32::from(frame.opens());
        pass.push(frame);
    }
}

/// A figure that grows with every stream there has been.
fn leaves(figure: fn(&mut Figures) -> &mut Option<u64>, each: u64) -> Box<dyn Tamper> {
    wrong::<u64>()
        .result(move |streams, _, request, mut result| {
            if let CallResult::Done(done) = &mut result {
                let begins = matches!(request.action, Action::Open { .. } | Action::Accept { .. });
                *streams += u64::from(begins);
                if let Some(told) = figure(&mut done.figures) {
                    *told += *streams * each;
                }
            }
            Some(result)
        })
        .boxed()
}
