//! Wrong pings and pongs, and wrong keep-alive. Pure.

use std::collections::VecDeque;

use crate::endpoint::mutant::vocabulary::calls::{MILLISECOND, is_read};
use crate::endpoint::mutant::vocabulary::shapes::{configured, incoming, outgoing, sends_changed};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::Action;
use crate::yamux::frame::{Flags, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ping-zero-unanswered",
        clause: "PING-02",
        wrong: "does not answer a ping whose value is 0",
        make: || {
            incoming(|frame, pass| {
                if !(frame.is_ping()
                    && frame.header.length == 0
                    && frame.header.flags == Flags::SYN)
                {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "pong-of-31-bits",
        clause: "PING-02",
        wrong: "drops the highest bit of the value it answers with",
        make: || on_pong(|frame| frame.header.length &= 0x7FFF_FFFF),
    },
    Mutant {
        name: "pong-on-a-stream",
        clause: "PING-03",
        wrong: "answers pings on stream 1",
        make: || on_pong(|frame| frame.header.stream = StreamId(1)),
    },
    Mutant {
        name: "pong-with-syn",
        clause: "PING-03",
        wrong: "leaves SYN set on its pongs",
        make: || on_pong(|frame| frame.header.flags |= Flags::SYN),
    },
    Mutant {
        name: "pongs-are-all-one",
        clause: "PING-01",
        wrong: "answers every ping with the value of the first",
        make: || {
            let mut first = None;
            outgoing(move |mut frame, pass| {
                if frame.is_pong() {
                    frame.header.length = *first.get_or_insert(frame.header.length);
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "32-pings-at-once",
        clause: "PING-10",
        wrong: "drops pings beyond 32 that come at once",
        make: || Box::new(FewPongs { latest: Time::ZERO, count: 0 }),
    },
    Mutant {
        name: "pongs-doubled",
        clause: "PING-10",
        wrong: "answers every ping twice",
        make: || {
            outgoing(|frame, pass| {
                if frame.is_pong() {
                    pass.push(frame.clone());
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "unasked-pong-ends-the-session",
        clause: "PING-05",
        wrong: "ends the session for a pong that answers none of its pings",
        make: || Box::new(StrictPongs::default()),
    },
    Mutant {
        name: "ping-without-flags-answered",
        clause: "PING-07",
        wrong: "answers a ping without flags",
        make: || {
            incoming(|mut frame, pass| {
                if frame.is_ping() && frame.header.flags == Flags::NONE {
                    frame.header.flags = Flags::SYN;
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "ping-on-a-stream-dropped",
        clause: "PING-09",
        wrong: "drops pings on other streams than 0",
        make: || {
            incoming(|frame, pass| {
                if !frame.is_ping() || frame.header.stream == StreamId::SESSION {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "unread-frames-stop-everything",
        clause: "PING-12",
        wrong: "takes nothing more from the transport once nine Data frames wait unread",
        make: || Box::new(NineUnread::default()),
    },
    Mutant {
        name: "own-ping-without-flags",
        clause: "PING-13",
        wrong: "sends its pings without SYN",
        make: || {
            sends_changed(|frame| {
                if frame.is_ping() && frame.header.flags == Flags::SYN {
                    frame.header.flags = Flags::NONE;
                }
            })
        },
    },
    Mutant {
        name: "pongs-overlooked",
        clause: "PING-13",
        wrong: "overlooks the pongs to its pings",
        make: || {
            incoming(|frame, pass| {
                if !frame.is_pong() {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "any-pong-ends-the-oldest-ping",
        clause: "PING-13",
        wrong: "takes every pong for the answer to its oldest ping",
        make: || Box::new(AnyPong::default()),
    },
    Mutant {
        name: "keep-alive-early",
        clause: "KA-01",
        wrong: "sends its keep-alive pings 1 ms early",
        make: || {
            configured(|settings| {
                settings.keep_alive_interval =
                    settings.keep_alive_interval.map(|interval| interval - MILLISECOND);
            })
        },
    },
    Mutant {
        name: "keep-alive-late",
        clause: "KA-01",
        wrong: "sends its keep-alive pings 1 ms late",
        make: || {
            configured(|settings| {
                settings.keep_alive_interval =
                    settings.keep_alive_interval.map(|interval| interval + MILLISECOND);
            })
        },
    },
    Mutant {
        name: "keep-alive-off",
        clause: "KA-01",
        wrong: "sends no keep-alive pings",
        make: || configured(|settings| settings.keep_alive_interval = None),
    },
    Mutant {
        name: "pong-awaited-too-long",
        clause: "KA-02",
        wrong: "waits 1 ms longer than the connection write timeout, for pongs and for the transport",
        make: || configured(|settings| settings.connection_write_timeout += MILLISECOND),
    },
    Mutant {
        name: "pong-given-up-early",
        clause: "KA-03",
        wrong: "waits 1 ms less than the connection write timeout, for pongs and for the transport",
        make: || configured(|settings| settings.connection_write_timeout -= MILLISECOND),
    },
    Mutant {
        name: "lost-ping-ends-the-session",
        clause: "TMO-05",
        wrong: "ends the session when a ping of the application is not answered",
        make: || Box::new(PingsMatter(false)),
    },
];

/// A tamper that changes the pongs the peer sends.
fn on_pong(change: fn(&mut WholeFrame)) -> Box<dyn Tamper> {
    outgoing(move |mut frame, pass| {
        if frame.is_pong() {
            change(&mut frame);
        }
        pass.push(frame);
    })
}

/// Sends at most 32 pongs at one moment.
struct FewPongs {
    latest: Time,
    count: u32,
}

impl Tamper for FewPongs {
    fn outgoing(&mut self, now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_pong() {
            self.count = if self.latest == now { self.count + 1 } else { 1 };
            self.latest = now;
            if self.count > 32 {
                return;
            }
        }
        pass.push(frame);
    }
}

/// Ends the session for a pong that is not the first answer to one of its pings.
#[derive(Default)]
struct StrictPongs(Vec<u32>);

impl Tamper for StrictPongs {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_ping() && !frame.is_pong() {
            self.0.push(frame.header.length);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if frame.is_pong() && !frame.has(Flags::SYN) {
            match self.0.iter().position(|value| *value == frame.header.length) {
                Some(index) => {
                    self.0.remove(index);
                }
                None => frame.header.version = 1,
            }
        }
        pass.push(frame);
    }
}

/// Stops once nine Data frames have come since the last read.
#[derive(Default)]
struct NineUnread(u32);

impl Tamper for NineUnread {
    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        self.0 += u32::from(frame.is_data());
        if self.0 <= 9 {
            pass.push(frame);
        }
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        if is_read(&request.action) {
            self.0 = 0;
        }
        None
    }
}

/// Gives each pong to the oldest ping.
#[derive(Default)]
struct AnyPong(VecDeque<u32>);

impl Tamper for AnyPong {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        if frame.is_ping() && !frame.is_pong() {
            self.0.push_back(frame.header.length);
        }
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        if frame.is_pong()
            && let Some(oldest) = self.0.pop_front()
        {
            frame.header.length = oldest;
        }
        pass.push(frame);
    }
}

/// Hangs up once a ping has failed.
struct PingsMatter(bool);

impl Tamper for PingsMatter {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        self.0 |= request.action == Action::Ping && matches!(result, CallResult::Failed { .. });
        Some(result)
    }

    fn hangs_up(&mut self) -> bool {
        self.0
    }
}
