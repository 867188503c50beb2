//! Mutants that are wrong about which frames may carry credit, FIN, RST and go-away. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{is_go_away, is_open, is_reset};
use crate::endpoint::mutant::vocabulary::frames::{ACK, FIN, RST, any};
use crate::endpoint::mutant::vocabulary::outcomes::called;
use crate::endpoint::mutant::vocabulary::shapes::{heard, incoming};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::{Action, ErrorClass};
use crate::yamux::frame::{Flags, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "length-of-data-is-credit",
        clause: "FLOW-42",
        wrong: "takes the length of every Data frame for credit as well",
        make: || data_is_credit(|frame| frame.only(Flags::NONE)),
    },
    Mutant {
        name: "length-of-data-with-ack-is-credit",
        clause: "FLOW-42",
        wrong: "takes the length of a Data frame that acknowledges for credit as well",
        make: || data_is_credit(|frame| frame.has(ACK)),
    },
    Mutant {
        name: "length-of-data-with-fin-is-credit",
        clause: "FLOW-42",
        wrong: "takes the length of a Data frame that finishes for credit as well",
        make: || data_is_credit(|frame| frame.has(FIN)),
    },
    Mutant {
        name: "second-flag-hides-credit",
        clause: "FLOW-24",
        wrong: "ignores the credit of a frame that carries two flags",
        make: || {
            heard(|frame| frame.is_update() && frame.has_several())
                .changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "credit-of-31-bits",
        clause: "FLOW-40",
        wrong: "takes credit of 2^31 bytes and more for a negative number, which it ignores",
        make: || heard(|frame| frame.is_update() && frame.header.length >= 1 << 31).dropped(),
    },
    Mutant {
        name: "ack-after-own-fin-ignored",
        clause: "OPEN-24",
        wrong: "ignores the acknowledgement of a stream that it has finished already",
        make: || heard(any).once_sent(FIN).without(ACK),
    },
    Mutant {
        name: "go-away-stops-keep-alive",
        clause: "KA-40",
        wrong: "sends no keep-alive pings once the peer has said go away",
        make: || {
            wrong::<(bool, u32)>()
                .on_heard(|(has_come, _), _, frame| *has_come |= frame.is_go_away())
                .on_call(|(_, pings), _, call| *pings += u32::from(*call == Action::Ping))
                .drops_sent(|(has_come, pings), _, frame| {
                    let is_ping = frame.asks();
                    let is_keep_alive = is_ping && *pings == 0;
                    *pings = pings.saturating_sub(u32::from(is_ping));
                    is_keep_alive && *has_come
                })
                .boxed()
        },
    },
    Mutant {
        name: "own-go-away-ends-own-opens",
        clause: "GOA-40",
        wrong: "opens no stream once it has said go away itself",
        make: || called(is_open).once_called(is_go_away).failing(ErrorClass::RemoteGoAway),
    },
    Mutant {
        name: "fin-waits-for-credit",
        clause: "FIN-40",
        wrong: "holds its FIN back while the window is used up",
        make: || {
            wrong::<BTreeMap<StreamId, HeldFin>>()
                .outgoing(|held, _, frame, pass| {
                    let stream = held.entry(frame.header.stream).or_default();
                    if frame.is_data() {
                        stream.sent += u64::from(frame.header.length);
                    }
                    stream.holds_fin = frame.has(FIN) && stream.sent >= stream.allowed;
                    if !stream.holds_fin {
                        pass.push(frame);
                    }
                })
                .on_heard(|held, own, frame| {
                    let stream = held.entry(frame.header.stream).or_default();
                    if frame.is_update() && frame.header.length > 0 {
                        stream.allowed += u64::from(frame.header.length);
                        if std::mem::take(&mut stream.holds_fin) {
                            own.update(FIN, frame.header.stream, 0);
                        }
                    }
                })
                .boxed()
        },
    },
    Mutant {
        name: "reset-after-own-fin-not-sent",
        clause: "RST-40",
        wrong: "says nothing to the peer when its application resets a stream that it has finished",
        make: || keeps_its_reset(|resets, frame| resets.own_fin.contains(&frame.header.stream)),
    },
    Mutant {
        name: "reset-after-the-peers-fin-not-sent",
        clause: "RST-41",
        wrong: "says nothing to the peer when its application resets a stream that the peer has finished",
        make: || keeps_its_reset(|resets, frame| resets.peers_fin.contains(&frame.header.stream)),
    },
];

fn data_is_credit(which: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    incoming(move |frame, pass| {
        let credit = frame.is_data() && which(&frame) && !frame.body.is_empty();
        let (stream, length) = (frame.header.stream, frame.header.length);
        pass.push(frame);
        if credit {
            pass.push(WholeFrame::update(Flags::NONE, stream, length));
        }
    })
}

/// A stream whose FIN may be held back.
struct HeldFin {
    sent: u64,
    allowed: u64,
    holds_fin: bool,
}

impl Default for HeldFin {
    fn default() -> Self {
        Self { sent: 0, allowed: 262_144, holds_fin: false }
    }
}

/// The streams that each end has finished, and whether the next reset is the application's.
#[derive(Default)]
struct Resets {
    own_fin: BTreeSet<StreamId>,
    peers_fin: BTreeSet<StreamId>,
    is_called: bool,
}

/// Withholds a reset of the application.
fn keeps_its_reset(which: fn(&Resets, &WholeFrame) -> bool) -> Box<dyn Tamper> {
    wrong::<Resets>()
        .on_call(|resets, _, call| resets.is_called |= is_reset(call))
        .on_heard(|resets, _, frame| {
            if frame.has(FIN) {
                resets.peers_fin.insert(frame.header.stream);
            }
        })
        .outgoing(move |resets, _, frame, pass| {
            let is_reset = frame.has(RST) && std::mem::take(&mut resets.is_called);
            if frame.has(FIN) {
                resets.own_fin.insert(frame.header.stream);
            }
            if !(is_reset && which(resets, &frame)) {
                pass.push(frame);
            }
        })
        .boxed()
}
