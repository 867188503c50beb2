//! `Lockstep`: sessions of the built-in yamux in virtual time, which moves in steps. All sessions share one clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::{Bytes, BytesMut};

use crate::endpoint::{BuiltInEndpoint, CallId, Endpoint, EndpointEvent, Request};
use crate::scenario::Action;
use crate::shim::protocol::{
    Connected, Operation, OperationName, SessionRequest, ShimAnswer, ShimEvent, ShimStep, Stepped,
};
use crate::shim::serve::settings::settings;
use crate::shim::serve::{StdoutLines, nothing};
use crate::trace::TransportEnd;
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// The sessions in lockstep, and their common time.
#[derive(Default)]
pub(super) struct Lockstep {
    /// In order: reports of the same moment come in the same order in every run.
    sessions: BTreeMap<String, StepSession>,
    now: Time,
}

/// One session, whose transport is in memory.
struct StepSession {
    endpoint: BuiltInEndpoint,
    /// How many written bytes may wait to be taken.
    buffer: usize,
    /// Those that wait.
    output: BytesMut,
    /// How many of them there is room for.
    room: u64,
    end: Option<TransportEnd>,
    /// The requests that are not answered yet, by the call they ask for.
    calls: HashMap<CallId, (u64, OperationName)>,
    next_call: u32,
    /// Labels that name a stream, or will once its open or accept has ended.
    labels: BTreeSet<String>,
    has_ended: bool,
    /// Whether there was an answer or an event since the last step.
    has_news: bool,
}

impl Lockstep {
    /// Whether there is such a session.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sessions.contains_key(name)
    }

    /// Begins a session. The first one begins at time 0.
    pub(super) fn begin(&mut self, name: String, request: &SessionRequest) -> ShimAnswer {
        let settings = match settings(&request.settings) {
            Ok(settings) => settings,
            Err(answer) => return answer,
        };
        if self.sessions.is_empty() {
            self.now = Time::ZERO;
        }
        let buffer = request.settings.socket_buffer.filter(|bytes| *bytes > 0);
        let session = StepSession {
            endpoint: BuiltInEndpoint::new(self.now, request.side, &settings),
            buffer: buffer.map_or(DEFAULT_BUFFER, |bytes| bytes as usize),
            output: BytesMut::new(),
            room: 0,
            end: None,
            calls: HashMap::new(),
            next_call: 0,
            labels: BTreeSet::new(),
            has_ended: false,
            has_news: false,
        };
        self.sessions.insert(name, session);
        ShimAnswer::ok(&Connected::default())
    }

    /// Carries out a request of an existing session.
    pub(super) fn carry_out(
        &mut self,
        id: u64,
        name: &str,
        operation: Operation,
        out: &StdoutLines,
    ) {
        let now = self.now;
        let Some(session) = self.sessions.get_mut(name) else { return };
        match operation {
            Operation::Session(_) => {
                out.fault(id, format!("expected a new session name, found {name:?}"));
            }
            Operation::Step(step) => {
                let answer = self.step(name, step, out);
                out.answer(id, answer);
            }
            Operation::End => {
                session.close(now, name, out);
                self.sessions.remove(name);
                out.answer(id, nothing());
            }
            operation => {
                let operation_name = OperationName::from(&operation);
                match operation.into_call() {
                    Ok(Some(mut request)) => {
                        request.of = request.of.and_then(|of| session.call_of(of));
                        session.call(now, id, operation_name, &request, out);
                        session.settle(now, name, out);
                    }
                    Ok(None) => {}
                    Err(message) => out.fault(id, message),
                }
            }
        }
    }

    /// Lets bytes in, time pass and bytes out, in this order.
    fn step(&mut self, name: &str, step: ShimStep, out: &StdoutLines) -> ShimAnswer {
        let ShimStep { deliver, segment, end, room, until_ns } = step;
        let now = self.now;
        let Some(session) = self.sessions.get_mut(name) else { return nothing() };
        session.room = room.unwrap_or(u64::MAX);
        session.deliver(now, deliver.into(), segment, end);
        session.settle(now, name, out);
        let limit = until_ns.map_or(now, Time::from_nanos).max(now);
        while self.now < limit
            && !self.sessions.values_mut().any(StepSession::has_something_to_tell)
        {
            let due =
                self.sessions.values().filter_map(|session| session.endpoint.poll_timeout()).min();
            self.now = due.map_or(limit, |due| due.clamp(self.now, limit));
            for (name, session) in &mut self.sessions {
                if session.endpoint.poll_timeout().is_some_and(|due| due <= self.now) {
                    session.endpoint.handle_timeout(self.now);
                    session.settle(self.now, name, out);
                }
            }
        }
        let now = self.now;
        let Some(session) = self.sessions.get_mut(name) else { return nothing() };
        let out_bytes = session.take_output(now, name, out);
        session.has_news = false;
        ShimAnswer::ok(&Stepped {
            now_ns: now.as_nanos(),
            out: out_bytes,
            left: session.output.len() as u64,
            end: session.end.filter(|_| session.output.is_empty()),
        })
    }
}

impl StepSession {
    /// The call that a request has begun, by the request's number.
    fn call_of(&self, request: CallId) -> Option<CallId> {
        let mut calls = self.calls.iter();
        calls.find(|(_, (id, _))| *id == u64::from(request.0)).map(|(call, _)| *call)
    }

    fn call(
        &mut self,
        now: Time,
        id: u64,
        name: OperationName,
        request: &Request,
        out: &StdoutLines,
    ) {
        if let Err(message) = self.check_label(&request.action) {
            return out.fault(id, message);
        }
        let call = CallId(self.next_call);
        self.next_call += 1;
        self.calls.insert(call, (id, name));
        self.endpoint.perform(now, call, request);
    }

    /// A label names one stream from its open or accept until it is dropped.
    fn check_label(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Open { stream, .. } | Action::Accept { stream, .. }
                if !self.labels.insert(stream.to_string()) =>
            {
                return Err(format!(
                    "stream {stream:?} is already there: a label names one stream until it is dropped"
                ));
            }
            Action::Drop { stream } | Action::Forget { stream } => {
                self.labels.remove(&**stream);
            }
            _ => {}
        }
        Ok(())
    }

    fn deliver(
        &mut self,
        now: Time,
        mut bytes: Bytes,
        segment: Option<u64>,
        end: Option<TransportEnd>,
    ) {
        let most = segment.filter(|bytes| *bytes > 0);
        let most = most.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(most));
            self.endpoint.receive(now, piece);
        }
        if let Some(end) = end {
            self.endpoint.receive_end(now, end);
        }
    }

    /// Lets everything happen that needs no time, and reports it.
    fn settle(&mut self, now: Time, name: &str, out: &StdoutLines) {
        loop {
            let before = self.output.len();
            self.fill_output(now);
            let mut is_quiet = before == self.output.len();
            while let Some(event) = self.endpoint.poll_event() {
                is_quiet = false;
                self.tell(event, name, out);
            }
            if is_quiet {
                break;
            }
        }
        if self.output.is_empty() && self.end.is_none() {
            self.end = self.endpoint.poll_end();
            self.has_news |= self.end.is_some();
        }
    }

    fn fill_output(&mut self, now: Time) {
        while self.output.len() < self.buffer
            && let Some(bytes) = self.endpoint.poll_transmit(now, self.buffer - self.output.len())
        {
            self.output.extend_from_slice(&bytes);
        }
    }

    fn tell(&mut self, event: EndpointEvent, session: &str, out: &StdoutLines) {
        match event {
            EndpointEvent::Finished { call, result } => {
                if let Some((id, name)) = self.calls.remove(&call) {
                    self.has_news = true;
                    out.answer(id, ShimAnswer::of_call(result, name));
                }
            }
            EndpointEvent::SessionEnded { class, native } => {
                self.has_news = true;
                self.has_ended = true;
                out.event(&ShimEvent::SessionEnd { session: session.to_owned(), class, native });
            }
            // The built-in end sends no barriers here, never breaks or dies, and reports its progress at once.
            EndpointEvent::Progress { .. }
            | EndpointEvent::BarrierAnswered(_)
            | EndpointEvent::Died(..)
            | EndpointEvent::Broken(_) => {}
        }
    }

    fn has_something_to_tell(&mut self) -> bool {
        self.has_news || (self.room > 0 && !self.output.is_empty())
    }

    /// Takes as much as there is room for; what was written into the freed buffer counts too.
    fn take_output(&mut self, now: Time, name: &str, out: &StdoutLines) -> Vec<u8> {
        let mut taken = Vec::new();
        loop {
            let room = usize::try_from(self.room).unwrap_or(usize::MAX);
            let piece = self.output.split_to(self.output.len().min(room));
            self.room -= piece.len() as u64;
            taken.extend_from_slice(&piece);
            self.settle(now, name, out);
            if piece.is_empty() || self.output.is_empty() || self.room == 0 {
                return taken;
            }
        }
    }

    /// Ends the session, its calls and its transport. The time that takes counts nowhere.
    fn close(&mut self, mut now: Time, name: &str, out: &StdoutLines) {
        let action = Action::CloseSession { code: None };
        let request = Request { action, pattern: Pattern::default(), of: None };
        self.endpoint.perform(now, CallId(u32::MAX), &request);
        self.settle(now, name, out);
        self.endpoint.receive_end(now, TransportEnd::Reset);
        while !(self.has_ended && self.calls.is_empty()) {
            self.output.clear();
            self.settle(now, name, out);
            let Some(due) = self.endpoint.poll_timeout() else { return };
            now = due.max(now);
            self.endpoint.handle_timeout(now);
        }
    }
}

/// About as much as a socket of this machine takes.
const DEFAULT_BUFFER: usize = 256 * 1024;
