//! Wrong pings and pongs, and wrong keep-alive. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::{Wrong, wrong};
use crate::endpoint::mutant::vocabulary::calls::{MILLISECOND, is_ping, is_read};
use crate::endpoint::mutant::vocabulary::frames::SYN;
use crate::endpoint::mutant::vocabulary::outcomes::{configured, ended};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::yamux::frame::{Flags, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ping-zero-unanswered",
        clause: "PING-02",
        wrong: "does not answer a ping whose value is 0",
        make: || {
            heard(|frame| frame.is_ping() && frame.only(SYN) && frame.header.length == 0).dropped()
        },
    },
    Mutant {
        name: "pong-of-31-bits",
        clause: "PING-02",
        wrong: "drops the highest bit of the value it answers with",
        make: || sent(WholeFrame::is_pong).changed(|frame| frame.header.length &= 0x7FFF_FFFF),
    },
    Mutant {
        name: "pong-on-a-stream",
        clause: "PING-03",
        wrong: "answers pings on stream 1",
        make: || sent(WholeFrame::is_pong).changed(|frame| frame.header.stream = StreamId(1)),
    },
    Mutant {
        name: "pong-with-syn",
        clause: "PING-03",
        wrong: "leaves SYN set on its pongs",
        make: || sent(WholeFrame::is_pong).with(SYN),
    },
    Mutant {
        name: "pongs-are-all-one",
        clause: "PING-01",
        wrong: "answers every ping with the value of the first",
        make: || {
            let mut first = None;
            sent(WholeFrame::is_pong).changed(move |frame| {
                frame.header.length = *first.get_or_insert(frame.header.length);
            })
        },
    },
    Mutant {
        name: "32-pings-at-once",
        clause: "PING-10",
        wrong: "drops pings beyond 32 that come at once",
        make: few_pongs,
    },
    Mutant {
        name: "pongs-doubled",
        clause: "PING-10",
        wrong: "answers every ping twice",
        make: || sent(WholeFrame::is_pong).doubled(),
    },
    Mutant {
        name: "unasked-pong-ends-the-session",
        clause: "PING-05",
        wrong: "ends the session for a pong that answers none of its pings",
        make: strict_pongs,
    },
    Mutant {
        name: "ping-without-flags-answered",
        clause: "PING-07",
        wrong: "answers a ping without flags",
        make: || heard(|frame| frame.is_ping() && frame.only(Flags::NONE)).with(SYN),
    },
    Mutant {
        name: "ping-on-a-stream-dropped",
        clause: "PING-09",
        wrong: "drops pings on other streams than 0",
        make: || {
            heard(|frame| frame.is_ping() && frame.header.stream != StreamId::SESSION).dropped()
        },
    },
    Mutant {
        name: "unread-frames-stop-everything",
        clause: "PING-12",
        wrong: "takes nothing more from the transport once nine Data frames wait unread",
        make: nine_unread,
    },
    Mutant {
        name: "own-ping-without-flags",
        clause: "PING-13",
        wrong: "sends its pings without SYN",
        make: || sent(|frame| frame.is_ping() && frame.only(SYN)).without(SYN),
    },
    Mutant {
        name: "pongs-overlooked",
        clause: "PING-13",
        wrong: "overlooks the pongs to its pings",
        make: || heard(WholeFrame::is_pong).dropped(),
    },
    Mutant {
        name: "any-pong-ends-the-oldest-ping",
        clause: "PING-13",
        wrong: "takes every pong for the answer to its oldest ping",
        make: any_pong,
    },
    Mutant {
        name: "keep-alive-early",
        clause: "KA-01",
        wrong: "sends its keep-alive pings 1 ms early",
        make: || keep_alive(|interval| interval - MILLISECOND),
    },
    Mutant {
        name: "keep-alive-late",
        clause: "KA-01",
        wrong: "sends its keep-alive pings 1 ms late",
        make: || keep_alive(|interval| interval + MILLISECOND),
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
        make: || ended(is_ping).in_failure().last(),
    },
];

fn keep_alive(change: fn(Duration) -> Duration) -> Box<dyn Tamper> {
    configured(move |settings| {
        settings.keep_alive_interval = settings.keep_alive_interval.map(change);
    })
}

/// Sends at most 32 pongs at one moment.
fn few_pongs() -> Box<dyn Tamper> {
    wrong::<(Time, u32)>()
        .outgoing(|(latest, count), own, frame, pass| {
            if frame.is_pong() {
                *count = if *latest == own.now { *count + 1 } else { 1 };
                *latest = own.now;
            }
            if !frame.is_pong() || *count <= 32 {
                pass.push(frame);
            }
        })
        .boxed()
}

/// A mutant that records the values of its pings in order.
fn pinging() -> Wrong<VecDeque<u32>> {
    wrong::<VecDeque<u32>>().on_sent(|pings, _, frame| {
        if frame.is_ping() && !frame.is_pong() {
            pings.push_back(frame.header.length);
        }
    })
}

/// Ends the session for a pong that is not the first answer to one of its pings.
fn strict_pongs() -> Box<dyn Tamper> {
    pinging()
        .incoming(|pings, _, mut frame, pass| {
            if frame.is_pong() && !frame.has(SYN) {
                match pings.iter().position(|value| *value == frame.header.length) {
                    Some(index) => _ = pings.remove(index),
                    None => frame.header.version = 1,
                }
            }
            pass.push(frame);
        })
        .boxed()
}

/// Assigns each pong to the oldest ping.
fn any_pong() -> Box<dyn Tamper> {
    pinging()
        .incoming(|pings, _, mut frame, pass| {
            if frame.is_pong()
                && let Some(oldest) = pings.pop_front()
            {
                frame.header.length = oldest;
            }
            pass.push(frame);
        })
        .boxed()
}

/// Stops receiving after nine Data frames without a read.
fn nine_unread() -> Box<dyn Tamper> {
    wrong::<u32>()
        .on_call(|unread, _, call| {
            if is_read(call) {
                *unread = 0;
            }
        })
        .drops_heard(|unread, _, frame| {
            *unread += u32::from(frame.is_data());
            *unread > 9
        })
        .boxed()
}
