//! Mutants with wrong go-aways, call results after the session's end, timers, deadlines and limits. Pure.

use std::time::Duration;

use crate::endpoint::CallResult;
use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{
    MILLISECOND, failed, fails_with, is_accept, is_open, is_ping, is_read, is_session_close,
    is_write,
};
use crate::endpoint::mutant::vocabulary::frames::{RST, has};
use crate::endpoint::mutant::vocabulary::outcomes::{called, ended, results};
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::{Action, ErrorClass};
use crate::trace::TransportEnd;
use crate::yamux::frame::StreamId;
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "own-direction-outlives-the-peers",
        clause: "SES-03",
        wrong: "leaves its own direction of the transport open once the peer has ended the other",
        make: || Box::new(OneWay(false)),
    },
    // Go-away.
    Mutant {
        name: "goodbye-with-an-error",
        clause: "GOA-02",
        wrong: "says go away with code 1 where nothing is wrong",
        make: || sent(WholeFrame::is_go_away).changed(|frame| frame.header.length |= 1),
    },
    Mutant {
        name: "no-goodbye",
        clause: "GOA-01",
        wrong: "ends the transport without a go-away",
        make: || sent(WholeFrame::is_go_away).dropped(),
    },
    Mutant {
        name: "own-go-away-ends-the-session",
        clause: "GOA-11",
        wrong: "ends the transport right after its own go-away",
        make: || sent(WholeFrame::is_go_away).last(),
    },
    Mutant {
        name: "refuses-without-a-word",
        clause: "GOA-10",
        wrong: "sends no reset for the streams it refuses",
        make: || sent(has(RST)).dropped(),
    },
    Mutant {
        name: "go-away-ignored",
        clause: "GOA-04",
        wrong: "opens streams although the peer has said go away",
        make: || heard(|frame| frame.is_go_away() && frame.header.length == 0).dropped(),
    },
    Mutant {
        name: "waiting-open-goes-on-waiting",
        clause: "GOA-04",
        wrong: "does not tell an open that waits that the peer has said go away",
        make: open_waits,
    },
    Mutant {
        name: "go-away-cuts-streams-off",
        clause: "GOA-05",
        wrong: "ends the session when the peer says go away",
        make: || {
            heard(WholeFrame::is_go_away)
                .changed(|frame| frame.header.length = frame.header.length.max(2))
        },
    },
    Mutant {
        name: "go-away-is-mutual",
        clause: "GOA-06",
        wrong: "ignores new streams of a peer that has said go away",
        make: || {
            let mut is_told = false;
            heard(move |frame| {
                is_told |= frame.is_go_away();
                is_told && frame.opens()
            })
            .dropped()
        },
    },
    Mutant {
        name: "go-away-codes-ignored",
        clause: "GOA-07",
        wrong: "takes every go-away for one with code 0",
        make: || heard(WholeFrame::is_go_away).changed(WholeFrame::clear_length),
    },
    Mutant {
        name: "unknown-go-away-codes-ignored",
        clause: "GOA-08",
        wrong: "takes a go-away with a code above 2 for one with code 0",
        make: || {
            heard(|frame| frame.is_go_away() && frame.header.length > 2)
                .changed(WholeFrame::clear_length)
        },
    },
    Mutant {
        name: "go-away-only-on-zero",
        clause: "GOA-09",
        wrong: "ignores a go-away on another stream than 0",
        make: || {
            heard(|frame| frame.is_go_away() && frame.header.stream != StreamId::SESSION).dropped()
        },
    },
    Mutant {
        name: "go-away-answered",
        clause: "GOA-14",
        wrong: "answers a go-away with one of its own",
        make: || heard(WholeFrame::is_go_away).answered(|own, _| own.go_away(0)),
    },
    Mutant {
        name: "second-go-away-ends-the-session",
        clause: "GOA-13",
        wrong: "ends the session for a second go-away",
        make: || {
            let mut count = 0;
            heard(move |frame| {
                count += u32::from(frame.is_go_away());
                frame.is_go_away() && count > 1
            })
            .changed(|frame| frame.header.length = 2)
        },
    },
    Mutant {
        name: "go-away-drops-what-is-unread",
        clause: "GOA-12",
        wrong: "forgets what is unread when the peer says go away",
        make: forgets_unread,
    },
    // The end of the session.
    Mutant {
        name: "lost-session-is-end-of-stream",
        clause: "SES-07",
        wrong: "tells its readers of a lost session as of an end of stream",
        make: || {
            results(|request, result| match result {
                CallResult::Failed { class, done, .. }
                    if is_read(&request.action) && is_of_the_session(class) =>
                {
                    Some(CallResult::Done(done))
                }
                other => Some(other),
            })
        },
    },
    Mutant {
        name: "unread-lost-at-the-end",
        clause: "SES-07",
        wrong: "loses what is unread when the session ends",
        make: loses_unread,
    },
    Mutant {
        name: "output-lost-at-the-end",
        clause: "SES-02",
        wrong: "ends the transport before its last data is sent",
        make: leaves_data_behind,
    },
    Mutant {
        name: "reader-not-released",
        clause: "SES-01",
        wrong: "leaves its readers waiting when the session ends",
        make: || ended(is_read).in_failure().withheld(),
    },
    Mutant {
        name: "writer-not-released",
        clause: "SES-01",
        wrong: "leaves its writers waiting when the session ends",
        make: || ended(is_write).in_failure().withheld(),
    },
    Mutant {
        name: "accept-not-released",
        clause: "SES-01",
        wrong: "leaves accepts waiting when the session ends",
        make: || ended(is_accept).in_failure().withheld(),
    },
    Mutant {
        name: "open-not-released",
        clause: "OPEN-26",
        wrong: "leaves opens waiting when the session has ended",
        make: || ended(is_open).in_failure().withheld(),
    },
    Mutant {
        name: "ping-not-released",
        clause: "SES-04",
        wrong: "leaves pings waiting when the session has ended",
        make: || ended(is_ping).in_failure().withheld(),
    },
    Mutant {
        name: "second-close-fails",
        clause: "SES-06",
        wrong: "answers a second close of the session with an error",
        make: || {
            let mut closes = 0;
            called(move |call| {
                closes += u32::from(is_session_close(call));
                is_session_close(call) && closes > 1
            })
            .failing(ErrorClass::SessionShutdown)
        },
    },
    Mutant {
        name: "transport-break-overlooked",
        clause: "SES-04",
        wrong: "takes a broken transport for one that was ended in order",
        make: || wrong::<()>().ending(|(), _, _| Some(TransportEnd::Eof)).boxed(),
    },
];

/// Keeps the transport open once the peer has ended its direction.
struct OneWay(bool);

impl Tamper for OneWay {
    fn ending(&mut self, end: TransportEnd) -> Option<TransportEnd> {
        self.0 = true;
        Some(end)
    }

    fn lets_end(&mut self) -> bool {
        !self.0
    }
}

/// Whether an error reports the session's end.
const fn is_of_the_session(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::KeepaliveTimeout
            | ErrorClass::Protocol
            | ErrorClass::RemoteGoAway
            | ErrorClass::SessionShutdown
            | ErrorClass::Transport
    )
}

/// Withholds go-away errors from opens that have waited. The moments are when calls began.
fn open_waits() -> Box<dyn Tamper> {
    wrong::<Vec<(Action, Time)>>()
        .on_call(|calls, own, call| calls.push((call.clone(), own.now)))
        .result(|calls, own, request, result| {
            let has_waited =
                calls.iter().any(|(action, began)| *action == request.action && *began < own.now);
            (!(has_waited && fails_with(&result, ErrorClass::RemoteGoAway))).then_some(result)
        })
        .boxed()
}

/// Answers reads of data that preceded a go-away with an end of stream.
fn forgets_unread() -> Box<dyn Tamper> {
    wrong::<(bool, bool)>()
        .on_heard(|(is_told, has_news), _, frame| {
            *is_told |= frame.is_go_away();
            *has_news |= *is_told && frame.is_data();
        })
        .call(|(is_told, has_news), _, request| {
            let forgets = *is_told && !*has_news && is_read(&request.action);
            forgets.then(|| failed(ErrorClass::Eof))
        })
        .boxed()
}

/// Sends data 1 ms late, and ends the transport when its application closes the session.
fn leaves_data_behind() -> Box<dyn Tamper> {
    wrong::<()>()
        .on_call(|(), own, call| {
            if is_session_close(call) {
                own.hang_up();
            }
        })
        .delay(|(), frame| if frame.is_data() { MILLISECOND } else { Duration::ZERO })
        .boxed()
}

/// Fails reads after the end of the transport.
fn loses_unread() -> Box<dyn Tamper> {
    wrong::<bool>()
        .ending(|is_over, _, end| {
            *is_over = true;
            Some(end)
        })
        .call(|is_over, _, request| {
            (*is_over && is_read(&request.action)).then(|| failed(ErrorClass::Transport))
        })
        .boxed()
}
