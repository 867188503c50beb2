//! Wrong ends: go-aways, what calls answer once the session is over, timers, deadlines and limits. Pure.

use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{
    MILLISECOND, failed, is_accept, is_open, is_ping, is_read, is_session_close, is_write,
};
use crate::endpoint::mutant::vocabulary::shapes::{
    hangs_up_after, incoming, outgoing, results, sends_changed,
};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, ErrorClass};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, StreamId};
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
        make: || sends_changed(|frame| frame.header.length |= u32::from(frame.is_go_away())),
    },
    Mutant {
        name: "no-goodbye",
        clause: "GOA-01",
        wrong: "ends the transport without a go-away",
        make: || {
            outgoing(|frame, pass| {
                if !frame.is_go_away() {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "own-go-away-ends-the-session",
        clause: "GOA-11",
        wrong: "ends the transport right after its own go-away",
        make: || hangs_up_after(WholeFrame::is_go_away),
    },
    Mutant {
        name: "refuses-without-a-word",
        clause: "GOA-10",
        wrong: "sends no reset for the streams it refuses",
        make: || {
            outgoing(|frame, pass| {
                if !frame.has(Flags::RST) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "go-away-ignored",
        clause: "GOA-04",
        wrong: "opens streams although the peer has said go away",
        make: || {
            incoming(|frame, pass| {
                if !frame.is_go_away() || frame.header.length != 0 {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "waiting-open-goes-on-waiting",
        clause: "GOA-04",
        wrong: "does not tell an open that waits that the peer has said go away",
        make: || Box::new(OpenWaits(Vec::new())),
    },
    Mutant {
        name: "go-away-cuts-streams-off",
        clause: "GOA-05",
        wrong: "ends the session when the peer says go away",
        make: || on_go_away(|frame| frame.header.length = frame.header.length.max(2)),
    },
    Mutant {
        name: "go-away-is-mutual",
        clause: "GOA-06",
        wrong: "ignores new streams of a peer that has said go away",
        make: || {
            let mut is_told = false;
            incoming(move |frame, pass| {
                is_told |= frame.is_go_away();
                let opens = frame.opens();
                if !(is_told && opens) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "go-away-codes-ignored",
        clause: "GOA-07",
        wrong: "takes every go-away for one with code 0",
        make: || on_go_away(|frame| frame.header.length = 0),
    },
    Mutant {
        name: "unknown-go-away-codes-ignored",
        clause: "GOA-08",
        wrong: "takes a go-away with a code above 2 for one with code 0",
        make: || {
            on_go_away(|frame| {
                if frame.header.length > 2 {
                    frame.header.length = 0;
                }
            })
        },
    },
    Mutant {
        name: "go-away-only-on-zero",
        clause: "GOA-09",
        wrong: "ignores a go-away on another stream than 0",
        make: || {
            incoming(|frame, pass| {
                if !frame.is_go_away() || frame.header.stream == StreamId::SESSION {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "go-away-answered",
        clause: "GOA-14",
        wrong: "answers a go-away with one of its own",
        make: || {
            wrong::<()>()
                .incoming(|(), own, frame, pass| {
                    if frame.is_go_away() {
                        own.go_away(0);
                    }
                    pass.push(frame);
                })
                .boxed()
        },
    },
    Mutant {
        name: "second-go-away-ends-the-session",
        clause: "GOA-13",
        wrong: "ends the session for a second go-away",
        make: || {
            let mut count = 0;
            incoming(move |mut frame, pass| {
                if frame.is_go_away() {
                    count += 1;
                    frame.header.length = if count > 1 { 2 } else { frame.header.length };
                }
                pass.push(frame);
            })
        },
    },
    Mutant {
        name: "go-away-drops-what-is-unread",
        clause: "GOA-12",
        wrong: "forgets what is unread when the peer says go away",
        make: || Box::new(ForgetsUnread::default()),
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
        make: || Box::new(LosesUnread(false)),
    },
    Mutant {
        name: "output-lost-at-the-end",
        clause: "SES-02",
        wrong: "ends the transport before its last data is sent",
        make: || Box::new(LeavesDataBehind(false)),
    },
    Mutant {
        name: "reader-not-released",
        clause: "SES-01",
        wrong: "leaves its readers waiting when the session ends",
        make: || withheld(is_read),
    },
    Mutant {
        name: "writer-not-released",
        clause: "SES-01",
        wrong: "leaves its writers waiting when the session ends",
        make: || withheld(is_write),
    },
    Mutant {
        name: "accept-not-released",
        clause: "SES-01",
        wrong: "leaves accepts waiting when the session ends",
        make: || withheld(is_accept),
    },
    Mutant {
        name: "open-not-released",
        clause: "OPEN-26",
        wrong: "leaves opens waiting when the session has ended",
        make: || withheld(is_open),
    },
    Mutant {
        name: "ping-not-released",
        clause: "SES-04",
        wrong: "leaves pings waiting when the session has ended",
        make: || withheld(is_ping),
    },
    Mutant {
        name: "second-close-fails",
        clause: "SES-06",
        wrong: "answers a second close of the session with an error",
        make: || Box::new(CloseOnce(0)),
    },
    Mutant {
        name: "transport-break-overlooked",
        clause: "SES-04",
        wrong: "takes a broken transport for one that was ended in order",
        make: || Box::new(AllEof),
    },
];

/// Does not end the transport once the peer has ended its direction.
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

/// Whether an error tells of the session's end.
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

/// A tamper that changes go-aways on their way to the peer.
fn on_go_away(change: fn(&mut WholeFrame)) -> Box<dyn Tamper> {
    incoming(move |mut frame, pass| {
        if frame.is_go_away() {
            change(&mut frame);
        }
        pass.push(frame);
    })
}

/// A tamper that keeps the failures of such calls to itself.
fn withheld(concerns: fn(&Action) -> bool) -> Box<dyn Tamper> {
    Box::new(Withheld(concerns))
}

struct Withheld(fn(&Action) -> bool);

impl Tamper for Withheld {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let is_over = matches!(result, CallResult::Failed { .. });
        (!is_over || !(self.0)(&request.action)).then_some(result)
    }
}

/// Keeps it from opens that wait that they can never succeed. The moments are those at which opens began.
struct OpenWaits(Vec<(Action, Time)>);

impl Tamper for OpenWaits {
    fn call(&mut self, now: Time, request: &mut Request) -> Option<CallResult> {
        self.0.push((request.action.clone(), now));
        None
    }

    fn result(&mut self, now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let has_waited =
            self.0.iter().any(|(action, began)| *action == request.action && *began < now);
        let is_refused =
            matches!(result, CallResult::Failed { class: ErrorClass::RemoteGoAway, .. });
        (!(has_waited && is_refused)).then_some(result)
    }
}

/// Answers reads of what came before a go-away with an end of stream.
#[derive(Default)]
struct ForgetsUnread {
    is_told: bool,
    has_news: bool,
}

impl Tamper for ForgetsUnread {
    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        self.is_told |= frame.is_go_away();
        self.has_news |= self.is_told && frame.is_data();
        pass.push(frame);
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        let forgets = self.is_told && !self.has_news && is_read(&request.action);
        forgets.then(|| failed(ErrorClass::Eof))
    }
}

/// Answers reads after the end of the transport with an error.
struct LosesUnread(bool);

impl Tamper for LosesUnread {
    fn ending(&mut self, end: TransportEnd) -> Option<TransportEnd> {
        self.0 = true;
        Some(end)
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        (self.0 && is_read(&request.action)).then(|| failed(ErrorClass::Transport))
    }
}

struct CloseOnce(u32);

impl Tamper for CloseOnce {
    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        self.0 += u32::from(is_session_close(&request.action));
        (self.0 > 1 && is_session_close(&request.action))
            .then(|| failed(ErrorClass::SessionShutdown))
    }
}

struct AllEof;

impl Tamper for AllEof {
    fn ending(&mut self, _end: TransportEnd) -> Option<TransportEnd> {
        Some(TransportEnd::Eof)
    }
}

/// Lets data leave 1 ms late, and hangs up when its application closes the session.
struct LeavesDataBehind(bool);

impl Tamper for LeavesDataBehind {
    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        self.0 |= is_session_close(&request.action);
        None
    }

    fn delay(&mut self, frame: &WholeFrame) -> Duration {
        if frame.is_data() { MILLISECOND } else { Duration::ZERO }
    }

    fn hangs_up(&mut self) -> bool {
        self.0
    }
}
