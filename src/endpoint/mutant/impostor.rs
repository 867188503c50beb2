//! Impostors: no yamux at all, but a fixed manner on the wire and a fixed answer to every call. Pure.
//!
//! A mutant is correct but for one defect, and shows that a scenario can fail; an impostor implements nothing, and
//! shows that no scenario passes without the behaviour it tests.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::{CallId, CallResult, Done, Endpoint, EndpointEvent, Request};
use crate::scenario::{Action, ErrorClass, ReadAmount};
use crate::trace::TransportEnd;
use crate::yamux::frame::{
    Decoder, Flags, FrameType, GoAwayCode, Piece, RawHeader, Side, StreamId,
};
use crate::yamux::time::Time;

/// An impostor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impostor {
    /// Its behaviour on the wire.
    pub manner: ImpostorManner,
    /// Its answer to the application.
    pub answer: ReadyAnswer,
}

/// An impostor's behaviour on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpostorManner {
    /// Answers pings and SYNs, and drops everything else.
    AcceptsAndDrops,
    /// Ends the transport before anything has moved.
    ClosesAtOnce,
    /// Answers pings and SYNs, and grants credit on every stream at every frame and every second.
    CreditWithoutEnd,
    /// Sends back every byte it receives.
    EchoesEverything,
    /// Answers every frame with a go-away for a protocol error.
    GoesAway,
    /// Answers the first frame with a go-away for a protocol error, and ends the transport.
    HangsUp,
    /// Sends nothing.
    Mute,
    /// Answers pings, and the first frame of every stream with RST.
    ResetsEveryStream,
}

/// An impostor's answer to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyAnswer {
    /// The call has done everything requested.
    Done,
    /// The call has failed, with an error that suits the manner.
    Failed,
    /// Nothing: the call never ends.
    Nothing,
}

/// Every impostor: each manner with each answer.
pub fn impostors() -> Vec<Impostor> {
    let with_each = |manner| ANSWERS.map(|answer| Impostor { manner, answer });
    MANNERS.into_iter().flat_map(with_each).collect()
}

impl Impostor {
    /// Its name: `mute/done`.
    pub fn name(&self) -> String {
        let answer = match self.answer {
            ReadyAnswer::Done => "done",
            ReadyAnswer::Failed => "failed",
            ReadyAnswer::Nothing => "nothing",
        };
        format!("{}/{answer}", self.manner.name())
    }

    /// Creates one for a case.
    pub fn make(&self, side: Side) -> Box<dyn Endpoint> {
        Box::new(Pretender {
            impostor: *self,
            decoder: Decoder::default(),
            outgoing: VecDeque::new(),
            events: VecDeque::new(),
            own: Some(side.first_stream()),
            unaccepted: VecDeque::new(),
            known: BTreeSet::new(),
            next_credit: Time::ZERO + SECOND,
            hangs_up: self.manner == ImpostorManner::ClosesAtOnce,
            has_ended: false,
        })
    }
}

impl ImpostorManner {
    /// Its name: `mute`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AcceptsAndDrops => "accepts-and-drops",
            Self::ClosesAtOnce => "closes-at-once",
            Self::CreditWithoutEnd => "credit-without-end",
            Self::EchoesEverything => "echoes-everything",
            Self::GoesAway => "goes-away",
            Self::HangsUp => "hangs-up",
            Self::Mute => "mute",
            Self::ResetsEveryStream => "resets-every-stream",
        }
    }

    /// Its behaviour on the wire, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::AcceptsAndDrops => "answers pings and SYNs, and drops everything else",
            Self::ClosesAtOnce => "ends the transport before anything has moved",
            Self::CreditWithoutEnd => {
                "answers pings and SYNs, and gives credit at every frame and every second"
            }
            Self::EchoesEverything => "sends back what it gets, byte for byte",
            Self::GoesAway => "answers every frame with go-away and a protocol error",
            Self::HangsUp => {
                "answers the first frame with go-away and a protocol error, and ends the transport"
            }
            Self::Mute => "sends nothing",
            Self::ResetsEveryStream => {
                "answers pings, and the first frame of every stream with RST"
            }
        }
    }
}

struct Pretender {
    impostor: Impostor,
    decoder: Decoder,
    outgoing: VecDeque<Bytes>,
    events: VecDeque<EndpointEvent>,
    /// The number of the next stream of its own.
    own: Option<StreamId>,
    /// Streams of the other end that no accept has claimed yet.
    unaccepted: VecDeque<StreamId>,
    /// Streams it has received or made up.
    known: BTreeSet<StreamId>,
    next_credit: Time,
    hangs_up: bool,
    has_ended: bool,
}

impl Pretender {
    fn send(&mut self, frame_type: FrameType, flags: Flags, stream: StreamId, length: u32) {
        let header = RawHeader::new(frame_type, flags, stream, length);
        self.outgoing.push_back(Bytes::copy_from_slice(&header.encode()));
    }

    fn update(&mut self, flags: Flags, stream: StreamId, credit: u32) {
        self.send(FrameType::WindowUpdate, flags, stream, credit);
    }

    /// Handles a header; bodies are ignored.
    fn hear(&mut self, header: RawHeader) {
        let is_stream =
            matches!(header.lawful_type(), Some(FrameType::Data | FrameType::WindowUpdate));
        let is_new = is_stream && self.known.insert(header.stream);
        if is_new && header.flags.contains(Flags::SYN) {
            self.unaccepted.push_back(header.stream);
        }
        let is_ping =
            header.lawful_type() == Some(FrameType::Ping) && header.flags.contains(Flags::SYN);
        match self.impostor.manner {
            ImpostorManner::ClosesAtOnce
            | ImpostorManner::EchoesEverything
            | ImpostorManner::Mute => {}
            ImpostorManner::HangsUp if self.hangs_up => {}
            ImpostorManner::GoesAway | ImpostorManner::HangsUp => {
                self.hangs_up = self.impostor.manner == ImpostorManner::HangsUp;
                let code = GoAwayCode::ProtocolError.number();
                self.send(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code);
            }
            _ if is_ping => {
                self.send(FrameType::Ping, Flags::ACK, StreamId::SESSION, header.length);
            }
            ImpostorManner::ResetsEveryStream if is_new => {
                self.update(Flags::RST, header.stream, 0);
            }
            ImpostorManner::AcceptsAndDrops if is_new && header.flags.contains(Flags::SYN) => {
                self.update(Flags::ACK, header.stream, 0);
            }
            ImpostorManner::CreditWithoutEnd if is_new && header.flags.contains(Flags::SYN) => {
                self.update(Flags::ACK, header.stream, CREDIT);
            }
            ImpostorManner::CreditWithoutEnd if is_stream => {
                self.update(Flags::NONE, header.stream, CREDIT);
            }
            ImpostorManner::AcceptsAndDrops
            | ImpostorManner::CreditWithoutEnd
            | ImpostorManner::ResetsEveryStream => {}
        }
    }

    /// The result it reports for a call that has done nothing.
    fn pretended(&mut self, action: &Action) -> Done {
        let bytes = match action {
            Action::Write { bytes, times, .. }
            | Action::Read { amount: ReadAmount::Exactly { bytes, times }, .. } => {
                bytes.saturating_mul(u64::from(*times))
            }
            _ => 0,
        };
        let stream = match action {
            Action::Open { .. } => self.open(),
            Action::Accept { .. } => self.unaccepted.pop_front(),
            _ => None,
        };
        let stream_number = stream.map(|stream| stream.0);
        Done { bytes, streams: Some(0), stream_number, ..Done::default() }
    }

    fn open(&mut self) -> Option<StreamId> {
        let stream = self.own?;
        self.own = stream.next();
        if matches!(
            self.impostor.manner,
            ImpostorManner::AcceptsAndDrops | ImpostorManner::CreditWithoutEnd
        ) {
            self.known.insert(stream);
            self.update(Flags::SYN, stream, 0);
        }
        Some(stream)
    }

    const fn error(&self) -> ErrorClass {
        match self.impostor.manner {
            ImpostorManner::AcceptsAndDrops | ImpostorManner::CreditWithoutEnd => {
                ErrorClass::Deadline
            }
            ImpostorManner::ClosesAtOnce
            | ImpostorManner::EchoesEverything
            | ImpostorManner::Mute => ErrorClass::SessionShutdown,
            ImpostorManner::GoesAway => ErrorClass::RemoteGoAway,
            ImpostorManner::HangsUp => ErrorClass::Protocol,
            ImpostorManner::ResetsEveryStream => ErrorClass::StreamReset,
        }
    }
}

impl Endpoint for Pretender {
    fn perform(&mut self, _now: Time, call: CallId, request: &Request) {
        let result = match self.impostor.answer {
            ReadyAnswer::Done => CallResult::Done(self.pretended(&request.action)),
            ReadyAnswer::Failed => {
                let class = self.error();
                CallResult::Failed { class, native: class.to_string(), done: Done::default() }
            }
            ReadyAnswer::Nothing => return,
        };
        self.events.push_back(EndpointEvent::Finished { call, result });
    }

    fn receive(&mut self, _now: Time, mut bytes: Bytes) {
        if self.impostor.manner == ImpostorManner::EchoesEverything {
            self.outgoing.push_back(bytes.clone());
        }
        while let Some(piece) = self.decoder.decode(&mut bytes) {
            if let Piece::Header(header) = piece {
                self.hear(header);
            }
        }
    }

    fn receive_end(&mut self, _now: Time, _end: TransportEnd) {}

    fn handle_timeout(&mut self, now: Time) {
        if now >= self.next_credit {
            self.next_credit = now + SECOND;
            for stream in self.known.clone() {
                self.update(Flags::NONE, stream, CREDIT);
            }
        }
    }

    fn send_barrier(&mut self, _now: Time, _value: u32) -> bool {
        false
    }

    fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
        let next = self.outgoing.front_mut()?;
        let piece = next.split_to(next.len().min(max));
        if next.is_empty() {
            self.outgoing.pop_front();
        }
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        let ends = self.hangs_up && !self.has_ended;
        self.has_ended |= ends;
        ends.then_some(TransportEnd::Eof)
    }

    fn poll_timeout(&self) -> Option<Time> {
        (self.impostor.manner == ImpostorManner::CreditWithoutEnd).then_some(self.next_credit)
    }
}

const MANNERS: [ImpostorManner; 8] = [
    ImpostorManner::AcceptsAndDrops,
    ImpostorManner::ClosesAtOnce,
    ImpostorManner::CreditWithoutEnd,
    ImpostorManner::EchoesEverything,
    ImpostorManner::GoesAway,
    ImpostorManner::HangsUp,
    ImpostorManner::Mute,
    ImpostorManner::ResetsEveryStream,
];

const ANSWERS: [ReadyAnswer; 3] = [ReadyAnswer::Done, ReadyAnswer::Failed, ReadyAnswer::Nothing];

/// Exceeds any window once granted a few times.
const CREDIT: u32 = 256 * 1024;

/// How often idle streams are granted credit.
const SECOND: Duration = Duration::from_secs(1);
