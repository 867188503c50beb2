//! `BuiltInEndpoint`: the built-in yamux with an application that carries out calls. Pure.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::endpoint::lines::{CallLine, CallLines};
use crate::endpoint::{CallId, CallResult, Done, Endpoint, EndpointEvent, Request};
use crate::scenario::{Action, ErrorClass, Figures, Label, ReadAmount, Settings};
use crate::trace::TransportEnd;
use crate::yamux::frame::{GoAwayCode, Side, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::session::{Config, EndReason, Error, Event, InputEnd, Session, Violation};
use crate::yamux::time::Time;

/// An end run by the built-in yamux.
pub struct BuiltInEndpoint {
    session: Session,
    streams: HashMap<Label, StreamId>,
    /// Calls that are still running.
    lines: CallLines<Running>,
    events: VecDeque<EndpointEvent>,
    /// The buffer of reads. A library call fills its buffer from everything available, and how much it takes decides how much
    /// credit it gives.
    buffer: Vec<u8>,
}

/// A call that has begun and not ended.
struct Running {
    call: CallId,
    work: Work,
}

/// The rest of a call.
enum Work {
    Open { stream: Label },
    Accept { stream: Label },
    Write(Writing),
    Read(Reading),
    Ping,
}

/// The rest of a write.
struct Writing {
    stream: StreamId,
    pattern: Pattern,
    /// Bytes of one library write.
    one: u64,
    left: u64,
    done: u64,
}

/// The rest of a read.
struct Reading {
    stream: StreamId,
    /// Bytes of one library read.
    one: u64,
    /// `None` means to the end.
    left: Option<u64>,
    done: u64,
    hasher: crc32fast::Hasher,
}

impl BuiltInEndpoint {
    /// A fresh session of that side.
    pub fn new(now: Time, side: Side, settings: &Settings) -> Self {
        Self {
            session: Session::new(now, side, config(settings)),
            streams: HashMap::new(),
            lines: CallLines::default(),
            events: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    /// Handles what the session reports, then advances every call that may be able to proceed.
    fn run(&mut self, now: Time) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Pong { value, .. } => self.end_ping(value, Ok(Done::default())),
                Event::PingTimedOut { value } => {
                    self.end_ping(value, Err((ErrorClass::Deadline, "ping timed out".to_owned())));
                }
                Event::Readable(id) => self.lines.wake(CallLine::Read(id)),
                Event::Writable(id) => self.lines.wake(CallLine::Write(id)),
                Event::Ended(reason) => self.end_session(&reason),
                _ => {}
            }
        }
        self.lines.wake_for(now);
        loop {
            while let Some((place, line, mut call)) = self.lines.take_ready() {
                match self.advance(now, line, &mut call.work) {
                    Some(result) => {
                        self.events.push_back(EndpointEvent::Finished { call: call.call, result });
                        self.lines.end(place, line);
                    }
                    None => self.lines.put_back(place, line, call),
                }
            }
            let Some(late) = self.lines.take_overdue(now) else { return };
            self.give_up(&late, ErrorClass::Deadline, "deadline passed");
        }
    }

    /// Ends a call that was taken out without its result.
    fn give_up(&mut self, running: &Running, class: ErrorClass, native: &str) {
        let done = match &running.work {
            Work::Write(writing) => Done { bytes: writing.done, ..Done::default() },
            Work::Read(reading) => reading.sum(),
            Work::Open { .. } | Work::Accept { .. } | Work::Ping => Done::default(),
        };
        let result = CallResult::Failed { class, native: native.to_owned(), done };
        self.events.push_back(EndpointEvent::Finished { call: running.call, result });
    }

    fn end_ping(&mut self, pong: u32, result: Result<Done, (ErrorClass, String)>) {
        let Some(Running { call, .. }) = self.lines.end_ping(pong) else { return };
        let result = match result {
            Ok(done) => CallResult::Done(done),
            Err((class, native)) => CallResult::Failed { class, native, done: Done::default() },
        };
        self.events.push_back(EndpointEvent::Finished { call, result });
    }

    fn end_session(&mut self, reason: &EndReason) {
        let class = error_class(&reason.error());
        self.events.push_back(EndpointEvent::SessionEnded { class, native: reason.to_string() });
        for value in self.lines.pings() {
            self.end_ping(value, Err((ErrorClass::SessionShutdown, reason.to_string())));
        }
        self.lines.wake_all();
    }

    /// Advances a call as far as possible; returns its result once it has ended.
    fn advance(&mut self, now: Time, line: CallLine, work: &mut Work) -> Option<CallResult> {
        match work {
            Work::Open { stream } => {
                let opened = self.session.open(now);
                self.enter(Label::clone(stream), opened)
            }
            Work::Accept { stream } => {
                let accepted = self.session.accept(now);
                self.enter(Label::clone(stream), accepted)
            }
            Work::Write(writing) => {
                let deadline = self.lines.deadline(line);
                let result = writing.advance(&mut self.session, now, deadline)?;
                let told = self.told(Some(writing.stream), result.as_ref().err());
                ended(result, Done { bytes: writing.done, told, ..Done::default() })
            }
            Work::Read(reading) => {
                let deadline = self.lines.deadline(line);
                let result = reading.advance(&mut self.session, now, deadline, &mut self.buffer)?;
                let told = self.told(Some(reading.stream), result.as_ref().err());
                ended(result, Done { told, ..reading.sum() })
            }
            Work::Ping => None,
        }
    }

    fn enter(&mut self, label: Label, entered: Result<StreamId, Error>) -> Option<CallResult> {
        match entered {
            Ok(id) => {
                self.streams.insert(label, id);
                for line in [CallLine::Read(id), CallLine::Write(id)] {
                    self.lines.set_deadline(line, None);
                }
                Some(CallResult::Done(Done { stream_number: Some(id.0), ..Done::default() }))
            }
            Err(Error::Blocked) => None,
            Err(error) => {
                let told = self.told(None, Some(&error));
                Some(failed(&error, Done { told, ..Done::default() }))
            }
        }
    }

    /// The code that the caller of a call with this result sees.
    fn told(&self, stream: Option<StreamId>, error: Option<&Error>) -> Option<u32> {
        self.session.told_code(stream, *error?)
    }

    fn begin(&mut self, now: Time, request: &Request) -> Result<(CallLine, Work), CallResult> {
        let begun = match &request.action {
            Action::Open { stream, .. } => {
                (CallLine::Open, Work::Open { stream: Label::clone(stream) })
            }
            Action::Accept { stream, .. } => {
                (CallLine::Accept, Work::Accept { stream: Label::clone(stream) })
            }
            Action::Write { stream, bytes, times } => {
                let id = self.held(stream)?;
                let left = bytes.saturating_mul(u64::from(*times));
                let pattern = request.pattern;
                let writing = Writing { stream: id, pattern, one: *bytes, left, done: 0 };
                (CallLine::Write(id), Work::Write(writing))
            }
            Action::Read { stream, amount } => {
                let id = self.held(stream)?;
                let (one, left) = match *amount {
                    ReadAmount::Exactly { bytes, times } => {
                        (bytes, Some(bytes.saturating_mul(u64::from(times))))
                    }
                    ReadAmount::ToEnd { chunk } => (chunk, None),
                };
                let hasher = crc32fast::Hasher::new();
                (CallLine::Read(id), Work::Read(Reading { stream: id, one, left, done: 0, hasher }))
            }
            Action::Ping => match self.session.ping(now) {
                Ok(value) => (CallLine::Pong(value), Work::Ping),
                Err(error) => return Err(failed(&error, Done::default())),
            },
            action => return Err(self.carry_out(now, action)?),
        };
        Ok(begun)
    }

    /// Calls that end at once.
    fn carry_out(&mut self, now: Time, action: &Action) -> Result<CallResult, CallResult> {
        let outcome = match action {
            Action::HalfClose { stream } => self.session.half_close(now, self.held(stream)?),
            Action::CloseRead { stream } => self.session.close_read(now, self.held(stream)?),
            Action::Close { stream } => self.session.close(now, self.held(stream)?),
            Action::Reset { stream, code } => {
                self.session.reset_with(now, self.held(stream)?, code.unwrap_or(0))
            }
            Action::Drop { stream } | Action::Forget { stream } => {
                let id = self.held(stream)?;
                self.streams.remove(stream);
                self.lines.close(CallLine::Read(id));
                self.lines.close(CallLine::Write(id));
                self.session.abandon(now, id)
            }
            Action::SetDeadline { stream, read, write } => {
                let id = self.held(stream)?;
                for (line, deadline) in [(CallLine::Read(id), read), (CallLine::Write(id), write)] {
                    if let Some(after) = deadline {
                        self.lines.set_deadline(line, after.map(|after| now + after));
                    }
                }
                Ok(())
            }
            Action::GoAway { code } => self.session.go_away(now, go_away_code(*code)),
            Action::CloseSession { code } => {
                self.session.close_session_with(now, go_away_code(*code));
                Ok(())
            }
            Action::CountStreams => {
                let streams = u32::try_from(self.session.live_streams()).ok();
                return Ok(CallResult::Done(Done { streams, ..Done::default() }));
            }
            Action::Stats(_) => {
                let figures = self.figures();
                return Ok(CallResult::Done(Done { figures, ..Done::default() }));
            }
            // `perform` has handled it.
            Action::Cancel { .. }
            | Action::Open { .. }
            | Action::Accept { .. }
            | Action::Write { .. }
            | Action::Read { .. }
            | Action::Ping => Ok(()),
        };
        Ok(match outcome {
            Ok(()) => CallResult::Done(Done::default()),
            Err(error) => failed(&error, Done::default()),
        })
    }

    /// The resources this end holds. Files and sockets belong to the runner.
    fn figures(&self) -> Figures {
        Figures {
            streams: u64::try_from(self.session.live_streams()).ok(),
            tasks: u64::try_from(self.lines.count()).ok(),
            heap: u64::try_from(self.session.held_bytes()).ok(),
            descriptors: None,
        }
    }

    /// The number of a stream that the application holds.
    fn held(&self, stream: &Label) -> Result<StreamId, CallResult> {
        self.streams.get(stream).copied().ok_or_else(|| CallResult::Fault {
            message: format!("the application holds no stream {stream}: open or accept it first"),
        })
    }
}

impl Endpoint for BuiltInEndpoint {
    fn perform(&mut self, now: Time, call: CallId, request: &Request) {
        if let Some(of) = request.of
            && let Some(running) = self.lines.take_where(|running| running.call == of)
        {
            self.give_up(&running, ErrorClass::Cancelled, "given up by its caller");
        }
        let limit = match request.action {
            Action::Open { deadline, .. } | Action::Accept { deadline, .. } => deadline,
            _ => None,
        };
        match self.begin(now, request) {
            Ok((line, work)) => {
                self.lines.push(line, Running { call, work }, limit.map(|limit| now + limit));
            }
            Err(result) => self.events.push_back(EndpointEvent::Finished { call, result }),
        }
        self.run(now);
    }

    fn receive(&mut self, now: Time, bytes: Bytes) {
        self.session.handle_input(now, bytes);
        self.run(now);
    }

    fn receive_end(&mut self, now: Time, end: TransportEnd) {
        let end = match end {
            TransportEnd::Eof => InputEnd::Eof,
            TransportEnd::Reset => InputEnd::Failed,
        };
        self.session.handle_end(end);
        self.run(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        self.session.handle_timeout(now);
        self.run(now);
    }

    fn send_barrier(&mut self, now: Time, value: u32) -> bool {
        self.session.ping_with(now, value).is_ok()
    }

    fn poll_transmit(&mut self, now: Time, max: usize) -> Option<Bytes> {
        let bytes = self.session.poll_transmit(now, max)?;
        // A write may be waiting for room in the output.
        self.run(now);
        Some(bytes)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        self.session.poll_end().then_some(TransportEnd::Eof)
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.lines.next_deadline().into_iter().chain(self.session.poll_timeout()).min()
    }
}

impl Writing {
    /// Writes as much as the session takes; `None` while the call is blocked.
    fn advance(
        &mut self,
        session: &mut Session,
        now: Time,
        deadline: Option<Time>,
    ) -> Option<Result<(), Error>> {
        while self.left > 0 {
            // A write ends where the next one begins: no frame spans two of them.
            let written = self.done % self.one;
            let piece = (self.one - written).min(MAX_PIECE - written % MAX_PIECE);
            let pattern = self.pattern.skip(self.done);
            // Only what the session takes is ever produced.
            match session.write_with(now, self.stream, piece as usize, |len| pattern.bytes(len)) {
                Ok(taken) => {
                    self.left -= taken as u64;
                    self.done += taken as u64;
                }
                Err(Error::Blocked) => return overdue(now, deadline),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(()))
    }
}

impl Reading {
    /// Its result so far.
    fn sum(&self) -> Done {
        let crc = Some(self.hasher.clone().finalize());
        Done { bytes: self.done, crc, ..Done::default() }
    }

    /// Reads what is available; `None` while the call is blocked.
    fn advance(
        &mut self,
        session: &mut Session,
        now: Time,
        deadline: Option<Time>,
        buffer: &mut Vec<u8>,
    ) -> Option<Result<(), Error>> {
        while self.left != Some(0) {
            let rest = if self.left.is_some() { self.one - self.done % self.one } else { self.one };
            // No more room than will be filled, however much the call asks for.
            let unread = u64::from(session.unread(self.stream).unwrap_or(0)).max(1);
            let room = rest.min(MAX_PIECE).min(unread) as usize;
            if buffer.len() < room {
                buffer.resize(room, 0);
            }
            match session.read(now, self.stream, &mut buffer[..room]) {
                Ok(len) => {
                    self.hasher.update(&buffer[..len]);
                    self.done += len as u64;
                    if let Some(left) = &mut self.left {
                        *left -= len as u64;
                    }
                }
                Err(Error::Eof) if self.left.is_none() => break,
                Err(Error::Blocked) => return overdue(now, deadline),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(()))
    }
}

/// A blocked call waits until its deadline.
fn overdue(now: Time, deadline: Option<Time>) -> Option<Result<(), Error>> {
    deadline.is_some_and(|deadline| deadline <= now).then_some(Err(Error::Blocked))
}

fn ended(result: Result<(), Error>, done: Done) -> Option<CallResult> {
    Some(match result {
        Ok(()) => CallResult::Done(done),
        // A blocked call ends only because its deadline has passed.
        Err(Error::Blocked) => CallResult::Failed {
            class: ErrorClass::Deadline,
            native: "deadline passed".to_owned(),
            done,
        },
        Err(error) => failed(&error, done),
    })
}

fn failed(error: &Error, done: Done) -> CallResult {
    CallResult::Failed { class: error_class(error), native: error.to_string(), done }
}

/// The built-in yamux under these settings.
pub(crate) fn config(settings: &Settings) -> Config {
    Config {
        accept_backlog: settings.accept_backlog,
        keep_alive_interval: settings.keep_alive_interval,
        connection_write_timeout: settings.connection_write_timeout,
        max_window: settings.max_window,
        stream_open_timeout: settings.stream_open_timeout,
        stream_close_timeout: settings.stream_close_timeout,
        close_resets: settings.close_resets,
        max_frame_size: settings
            .max_frame_size
            .map_or_else(|| Config::default().max_frame_size, |size| size as usize),
        max_streams: settings.max_streams,
        next_stream: settings.next_stream_id.map(StreamId),
        ..Config::default()
    }
}

/// The code of a session's go-away.
pub(crate) fn go_away_code(code: Option<u32>) -> GoAwayCode {
    code.map_or(GoAwayCode::Normal, GoAwayCode::from_number)
}

/// The class of an error that ends a call.
pub(crate) const fn error_class(error: &Error) -> ErrorClass {
    match error {
        // Only a deadline ends a blocked call.
        Error::Blocked => ErrorClass::Deadline,
        Error::ConnectionWriteTimeout => ErrorClass::ConnectionWriteTimeout,
        Error::Eof => ErrorClass::Eof,
        Error::KeepaliveTimeout => ErrorClass::KeepaliveTimeout,
        Error::Protocol(Violation::DataBeyondWindow { .. }) => ErrorClass::WindowExceeded,
        Error::Protocol(_) => ErrorClass::Protocol,
        Error::RemoteGoAway => ErrorClass::RemoteGoAway,
        Error::SessionShutdown => ErrorClass::SessionShutdown,
        Error::StreamClosed => ErrorClass::StreamClosed,
        Error::StreamReset => ErrorClass::StreamReset,
        Error::StreamsExhausted => ErrorClass::StreamsExhausted,
        Error::Transport => ErrorClass::Transport,
        Error::UnknownStream => ErrorClass::Unclassified,
    }
}

/// One library call reads or writes at most this much.
const MAX_PIECE: u64 = 16 << 20;
