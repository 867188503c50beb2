//! Wrong ends: go-aways, what calls answer once the session is over, timers, deadlines and limits. Pure.

use std::time::Duration;

use crate::endpoint::mutant::registry::{incoming, outgoing};
use crate::endpoint::mutant::streams::opening::{is_data, on_stream};
use crate::endpoint::mutant::transfer::framing::sends;
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Done, Request};
use crate::scenario::{Action, ErrorClass};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
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
        make: || sends(|header| header.length |= u32::from(is_go_away(header))),
    },
    Mutant {
        name: "no-goodbye",
        clause: "GOA-01",
        wrong: "ends the transport without a go-away",
        make: || {
            outgoing(|frame, pass| {
                if !is_go_away(&frame.header) {
                    pass.push(frame);
                }
            })
        },
    },
    Mutant {
        name: "own-go-away-ends-the-session",
        clause: "GOA-11",
        wrong: "ends the transport right after its own go-away",
        make: || Box::new(HangsUpAfter { what: is_go_away, ..HANGS_UP }),
    },
    Mutant {
        name: "refuses-without-a-word",
        clause: "GOA-10",
        wrong: "sends no reset for the streams it refuses",
        make: || {
            outgoing(|frame, pass| {
                if !frame.header.flags.contains(Flags::RST) {
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
                if !is_go_away(&frame.header) || frame.header.length != 0 {
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
        make: || on_go_away(|header, _| header.length = header.length.max(2)),
    },
    Mutant {
        name: "go-away-is-mutual",
        clause: "GOA-06",
        wrong: "ignores new streams of a peer that has said go away",
        make: || {
            let mut is_told = false;
            incoming(move |frame, pass| {
                is_told |= is_go_away(&frame.header);
                let opens = on_stream(&frame.header) && frame.header.flags.contains(Flags::SYN);
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
        make: || on_go_away(|header, _| header.length = 0),
    },
    Mutant {
        name: "unknown-go-away-codes-ignored",
        clause: "GOA-08",
        wrong: "takes a go-away with a code above 2 for one with code 0",
        make: || {
            on_go_away(|header, _| {
                if header.length > 2 {
                    header.length = 0;
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
                if !is_go_away(&frame.header) || frame.header.stream == StreamId::SESSION {
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
            on_go_away(|_, answer| {
                let header = RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, 0);
                answer.push(WholeFrame::bare(header));
            })
        },
    },
    Mutant {
        name: "second-go-away-ends-the-session",
        clause: "GOA-13",
        wrong: "ends the session for a second go-away",
        make: || {
            let mut count = 0;
            incoming(move |mut frame, pass| {
                if is_go_away(&frame.header) {
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
        make: || Box::new(HangsUpAfter { data_waits: true, ..HANGS_UP }),
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
        make: || withheld(|action| matches!(action, Action::Write { .. })),
    },
    Mutant {
        name: "accept-not-released",
        clause: "SES-01",
        wrong: "leaves accepts waiting when the session ends",
        make: || withheld(|action| matches!(action, Action::Accept { .. })),
    },
    Mutant {
        name: "open-not-released",
        clause: "OPEN-26",
        wrong: "leaves opens waiting when the session has ended",
        make: || withheld(|action| matches!(action, Action::Open { .. })),
    },
    Mutant {
        name: "ping-not-released",
        clause: "SES-04",
        wrong: "leaves pings waiting when the session has ended",
        make: || withheld(|action| *action == Action::Ping),
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

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

fn is_go_away(header: &RawHeader) -> bool {
    header.lawful_type() == Some(FrameType::GoAway)
}

const fn is_read(action: &Action) -> bool {
    matches!(action, Action::Read { .. })
}

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
fn on_go_away(change: fn(&mut RawHeader, &mut Vec<WholeFrame>)) -> Box<dyn Tamper> {
    Box::new(OnGoAway(change))
}

/// A tamper that changes how calls end.
pub(crate) fn results(change: fn(&Request, CallResult) -> Option<CallResult>) -> Box<dyn Tamper> {
    Box::new(Results(change))
}

/// A tamper that keeps the failures of such calls to itself.
fn withheld(concerns: fn(&Action) -> bool) -> Box<dyn Tamper> {
    Box::new(Withheld(concerns))
}

struct OnGoAway(fn(&mut RawHeader, &mut Vec<WholeFrame>));

impl Tamper for OnGoAway {
    fn incoming(
        &mut self,
        _now: Time,
        mut frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        if is_go_away(&frame.header) {
            (self.0)(&mut frame.header, answer);
        }
        pass.push(frame);
    }
}

struct Results(fn(&Request, CallResult) -> Option<CallResult>);

impl Tamper for Results {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        (self.0)(request, result)
    }
}

struct Withheld(fn(&Action) -> bool);

impl Tamper for Withheld {
    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let is_over = matches!(result, CallResult::Failed { .. });
        (!is_over || !(self.0)(&request.action)).then_some(result)
    }
}

/// Hangs up once it has sent such a frame, or once the application closes the session.
pub(crate) struct HangsUpAfter {
    pub(crate) what: fn(&RawHeader) -> bool,
    /// Whether data leaves 1 ms late, and the close does not wait for it.
    pub(crate) data_waits: bool,
    pub(crate) hangs_up: bool,
}

pub(crate) const HANGS_UP: HangsUpAfter =
    HangsUpAfter { what: |_| false, data_waits: false, hangs_up: false };

impl Tamper for HangsUpAfter {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        self.hangs_up |= (self.what)(&frame.header);
        pass.push(frame);
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        self.hangs_up |= self.data_waits && matches!(request.action, Action::CloseSession { .. });
        None
    }

    fn delay(&mut self, frame: &WholeFrame) -> Duration {
        if self.data_waits && is_data(&frame.header) { MILLISECOND } else { Duration::ZERO }
    }

    fn hangs_up(&mut self) -> bool {
        self.hangs_up
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
        self.is_told |= is_go_away(&frame.header);
        self.has_news |= self.is_told && is_data(&frame.header);
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
        self.0 += u32::from(matches!(request.action, Action::CloseSession { .. }));
        (self.0 > 1 && matches!(request.action, Action::CloseSession { .. }))
            .then(|| failed(ErrorClass::SessionShutdown))
    }
}

struct AllEof;

impl Tamper for AllEof {
    fn ending(&mut self, _end: TransportEnd) -> Option<TransportEnd> {
        Some(TransportEnd::Eof)
    }
}

fn failed(class: ErrorClass) -> CallResult {
    CallResult::Failed { class, native: "made up".to_owned(), done: Done::default() }
}
