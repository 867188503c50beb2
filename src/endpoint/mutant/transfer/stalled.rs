//! Mutants that are correct as long as the transport does not stall. Pure.

use std::collections::BTreeSet;

use bytes::Buf;

use crate::endpoint::mutant::decorator::wrong::{note, wrong};
use crate::endpoint::mutant::transfer::stuck::{
    after_timeout, break_holds_writers, close_forgets_data, cuts_off_after_a_write, cuts_off_at,
    cuts_off_when_comes, data_before_syn, deadline_loses_data, keep_alive_waits_for_a_body,
    later_bytes, loses, one_deadline, overtakes, read_waits_for_writes,
};
use crate::endpoint::mutant::vocabulary::calls::{
    fails_with, is_accept, is_go_away, is_half_close, is_open, is_ping, is_read, is_reset,
    is_session_close, is_write,
};
use crate::endpoint::mutant::vocabulary::frames::{FIN, RST, SYN, has};
use crate::endpoint::mutant::vocabulary::outcomes::ended;
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, WholeFrame};
use crate::scenario::ErrorClass;
use crate::yamux::frame::{HEADER_LEN, StreamId};

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    // Sending after the stall.
    Mutant {
        name: "fin-lost-in-a-stall",
        clause: "FIN-01",
        wrong: "loses the FIN of a stream that is half-closed while the transport takes nothing",
        make: || loses(is_half_close, |frame| frame.has(FIN)),
    },
    Mutant {
        name: "ack-lost-in-a-stall",
        clause: "ACC-01",
        wrong: "loses the acknowledgement of a stream that is accepted while the transport takes nothing",
        make: || loses(is_accept, WholeFrame::acknowledges),
    },
    Mutant {
        name: "credit-lost-in-a-stall",
        clause: "FLOW-16",
        wrong: "loses the credit of a read while the transport takes nothing",
        make: || loses(is_read, WholeFrame::is_credit),
    },
    Mutant {
        name: "credit-sent-twice-after-a-stall",
        clause: "FLOW-17",
        wrong: "sends the credit of a read twice where the transport took nothing at first",
        make: || {
            wrong::<bool>()
                .on_call(|is_due, own, call| *is_due |= own.is_stuck && is_read(call))
                .outgoing(|is_due, _, frame, pass| {
                    if frame.is_credit() && std::mem::take(is_due) {
                        pass.push(frame.clone());
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "ping-lost-in-a-stall",
        clause: "PING-13",
        wrong: "loses a ping of its own while the transport takes nothing",
        make: || loses(is_ping, |frame| frame.asks()),
    },
    Mutant {
        name: "pong-lost-in-a-stall",
        clause: "PING-01",
        wrong: "loses the pong to a ping that comes while the transport takes nothing",
        make: || {
            wrong::<BTreeSet<u32>>()
                .on_heard(|lost, own, frame| {
                    if own.is_stuck && frame.asks() {
                        lost.insert(frame.header.length);
                    }
                })
                .drops_sent(|lost, _, frame| frame.is_pong() && lost.remove(&frame.header.length))
                .boxed()
        },
    },
    Mutant {
        name: "go-away-lost-in-a-stall",
        clause: "SES-10",
        wrong: "loses a go-away that is said while the transport takes nothing",
        make: || loses(is_go_away, WholeFrame::is_go_away),
    },
    Mutant {
        name: "refusal-lost-in-a-stall",
        clause: "LIM-03",
        wrong: "loses the RST of a stream that it refuses while the transport takes nothing",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_heard(|opened, own, frame| {
                    if own.is_stuck && frame.opens() {
                        opened.insert(frame.header.stream);
                    }
                })
                .drops_sent(|opened, _, frame| {
                    frame.has(RST) && opened.contains(&frame.header.stream)
                })
                .boxed()
        },
    },
    Mutant {
        name: "data-goes-before-a-syn-that-waits",
        clause: "OPEN-01",
        wrong: "sends the data of a stream before a SYN that has waited for the transport",
        make: data_before_syn,
    },
    Mutant {
        name: "fin-overtakes-what-waits",
        clause: "FIN-02",
        wrong: "sends FIN before data that waits for the transport",
        make: || overtakes(is_half_close, FIN),
    },
    Mutant {
        name: "rst-overtakes-what-waits",
        clause: "RST-10",
        wrong: "sends RST before data that waits for the transport, and then the data",
        make: || overtakes(is_reset, RST),
    },
    Mutant {
        name: "close-forgets-what-waits",
        clause: "FIN-02",
        wrong: "forgets data that waits for the transport when the stream is half-closed",
        make: close_forgets_data,
    },
    Mutant {
        name: "reset-forgets-all-that-waits",
        clause: "RST-14",
        wrong: "forgets the data of every stream that waits when its application resets one of them",
        make: || {
            wrong::<bool>()
                .on_call(|forgets, own, call| *forgets |= own.is_stuck && is_reset(call))
                .drops_sent(|forgets, _, frame| {
                    *forgets &= !frame.has(RST);
                    *forgets && frame.is_data()
                })
                .boxed()
        },
    },
    Mutant {
        name: "later-bytes-in-an-earlier-write",
        clause: "STALL-04",
        wrong: "sends the bytes of a later write in the place of those that wait",
        make: later_bytes,
    },
    Mutant {
        name: "pong-cuts-a-frame-in-two",
        clause: "FRM-01",
        wrong: "sends a pong in the middle of a frame of which the transport has taken a part",
        make: || {
            wrong::<()>()
                .incoming(|(), own, frame, pass| {
                    if own.is_stuck && frame.asks() {
                        own.pong(frame.header.length);
                    } else {
                        pass.push(frame);
                    }
                })
                .cuts_in(|(), frame| frame.is_pong())
                .boxed()
        },
    },
    Mutant {
        name: "lone-byte-not-counted",
        clause: "DATA-16",
        wrong: "leaves out the next byte after the transport has taken a single one of a frame",
        make: || {
            wrong::<()>()
                .rest(|(), taken, rest| {
                    if taken == 1 && rest.len() > HEADER_LEN {
                        rest.advance(1);
                    }
                })
                .boxed()
        },
    },
    // Writes that time out or are cut off.
    Mutant {
        name: "timed-out-bytes-lost",
        clause: "STALL-02",
        wrong: "loses what a write that times out has reported written",
        make: || after_timeout(|_| Vec::new()),
    },
    Mutant {
        name: "timed-out-bytes-sent-twice",
        clause: "STALL-02",
        wrong: "sends once more what waits when a write times out",
        make: || after_timeout(|frame| vec![frame.clone(), frame]),
    },
    Mutant {
        name: "timed-out-write-tells-of-nothing",
        clause: "STALL-02",
        wrong: "reports nothing written when a write times out",
        make: || {
            ended(is_write)
                .with(ErrorClass::ConnectionWriteTimeout)
                .in_a_stall()
                .retold(|done| done.bytes = 0)
        },
    },
    Mutant {
        name: "bytes-lost-at-the-deadline",
        clause: "STALL-02",
        wrong: "loses data that waits, and was reported written, when a write reaches its deadline",
        make: deadline_loses_data,
    },
    Mutant {
        name: "frame-cut-off-at-the-deadline",
        clause: "FRM-01",
        wrong: "sends no more of the frame that waits when a write reaches its deadline",
        make: || cuts_off_after_a_write(ErrorClass::Deadline),
    },
    Mutant {
        name: "frame-cut-off-at-the-timeout",
        clause: "FRM-01",
        wrong: "sends no more of the frame that waits when a write times out",
        make: || cuts_off_after_a_write(ErrorClass::ConnectionWriteTimeout),
    },
    Mutant {
        name: "frame-cut-off-by-own-reset",
        clause: "FRM-01",
        wrong: "sends no more of the frame that waits when its application resets the stream",
        make: || cuts_off_at(is_reset),
    },
    Mutant {
        name: "frame-cut-off-by-the-peers-reset",
        clause: "FRM-01",
        wrong: "sends no more of the frame that waits when the peer resets the stream",
        make: || cuts_off_when_comes(|frame| frame.has(RST)),
    },
    Mutant {
        name: "one-deadline-for-every-write",
        clause: "TMO-04",
        wrong: "ends every write that finds the transport stuck once a stream has a deadline",
        make: one_deadline,
    },
    Mutant {
        name: "write-deadline-waits-for-the-transport",
        clause: "TMO-04",
        wrong: "heeds no deadline of a write that waits for the transport",
        make: || ended(is_write).with(ErrorClass::Deadline).in_a_stall().withheld(),
    },
    Mutant {
        name: "read-deadline-waits-for-the-transport",
        clause: "TMO-04",
        wrong: "heeds no deadline of a read while the transport takes nothing",
        make: || ended(is_read).with(ErrorClass::Deadline).in_a_stall().withheld(),
    },
    // Receiving during the stall.
    Mutant {
        name: "data-not-seen-in-a-stall",
        clause: "STALL-01",
        wrong: "takes no data while the transport takes nothing",
        make: || heard(WholeFrame::is_data).in_a_stall().dropped(),
    },
    Mutant {
        name: "fin-not-seen-in-a-stall",
        clause: "STALL-01",
        wrong: "takes no FIN while the transport takes nothing",
        make: || heard(|frame| frame.is_update() && frame.has(FIN)).in_a_stall().dropped(),
    },
    Mutant {
        name: "rst-not-seen-in-a-stall",
        clause: "STALL-08",
        wrong: "takes no RST while the transport takes nothing",
        make: || heard(has(RST)).in_a_stall().dropped(),
    },
    Mutant {
        name: "credit-not-seen-in-a-stall",
        clause: "FLOW-06",
        wrong: "takes no credit while the transport takes nothing",
        make: || heard(WholeFrame::is_credit).in_a_stall().dropped(),
    },
    Mutant {
        name: "read-waits-for-a-write",
        clause: "STALL-01",
        wrong: "holds back what was read as long as a write waits for the transport",
        make: read_waits_for_writes,
    },
    // Ends of streams and sessions.
    Mutant {
        name: "close-leaves-the-writer-waiting",
        clause: "STALL-03",
        wrong: "leaves a write waiting for the transport when its own application has closed the stream",
        make: || ended(is_write).with(ErrorClass::StreamClosed).in_a_stall().withheld(),
    },
    Mutant {
        name: "close-waits-for-the-transport",
        clause: "STALL-03",
        wrong: "lets the half-close of a stream wait until the transport takes its FIN",
        make: || ended(is_half_close).in_a_stall().withheld(),
    },
    Mutant {
        name: "session-close-waits-for-the-transport",
        clause: "STALL-05",
        wrong: "lets the close of a session wait until the transport takes its last bytes",
        make: || ended(is_session_close).in_a_stall().withheld(),
    },
    Mutant {
        name: "break-leaves-the-writer-waiting",
        clause: "SES-01",
        wrong: "leaves a write waiting for the transport when that breaks",
        make: break_holds_writers,
    },
    Mutant {
        name: "closed-session-gives-up-what-waits",
        clause: "SES-02",
        wrong: "gives up data that waits for the transport when its application closes the session",
        make: || sent(WholeFrame::is_data).once_called_in_a_stall(is_session_close).dropped(),
    },
    Mutant {
        name: "keep-alive-waits-for-the-transport",
        clause: "KA-02",
        wrong: "ends nothing by keep-alive while the transport takes nothing",
        make: || ended(|_| true).with(ErrorClass::KeepaliveTimeout).in_a_stall().withheld(),
    },
    Mutant {
        name: "keep-alive-waits-for-a-body",
        clause: "STALL-07",
        wrong: "ends nothing by keep-alive as long as a body is not complete",
        make: keep_alive_waits_for_a_body,
    },
    Mutant {
        name: "failed-open-opens",
        clause: "STALL-06",
        wrong: "opens a stream although it tells its application that the transport took nothing",
        make: || {
            wrong::<BTreeSet<StreamId>>()
                .on_sent(note(WholeFrame::opens))
                .on_result(|seen, own, request, result| {
                    if fails_with(result, ErrorClass::ConnectionWriteTimeout)
                        && is_open(&request.action)
                        && let Some(next) = seen.last().and_then(|last| last.next())
                    {
                        own.update(SYN, next, 0);
                    }
                })
                .boxed()
        },
    },
];
