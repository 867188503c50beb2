//! `LockstepEndpoint`: a session of a shim in lockstep, as the engine drives it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;

use crate::endpoint::{CallId, CallResult, Endpoint, EndpointEvent, Request};
use crate::scenario::Actor;
use crate::shim::process::{ProcessTrouble, StepProcess};
use crate::shim::protocol::{Operation, ShimStep};
use crate::trace::TransportEnd;
use crate::yamux::time::Time;

/// One end of the session. Its input waits until somebody asks for the consequences, so that a call or some bytes and their
/// consequences cost one round trip.
pub(crate) struct LockstepEndpoint {
    process: Rc<RefCell<StepProcess>>,
    /// Which end it is.
    end: Actor,
    /// Whether the other end is a session of the same process: time that passes for one passes for both.
    is_paired: bool,
    /// What the shim has not been sent yet.
    untold: VecDeque<Untold>,
    /// What it has written and nobody has taken.
    out: VecDeque<Bytes>,
    /// How much more it has written than there was room for.
    left: u64,
    /// How much the wire takes at once, as far as known; it may have become more.
    room: usize,
    /// How much of that the shim knows.
    told_room: usize,
    transport_end: Option<TransportEnd>,
    /// The barrier that was asked for last.
    barrier: u32,
    /// The time in the shim.
    clock: Time,
    /// Whether the engine knows that the shim is lost.
    is_reported: bool,
}

/// Something the shim has not been sent yet.
enum Untold {
    Call(CallId, Operation),
    Input { bytes: Vec<u8>, segment: usize, last: usize },
    End(TransportEnd),
}

impl LockstepEndpoint {
    pub(crate) fn new(process: Rc<RefCell<StepProcess>>, end: Actor, is_paired: bool) -> Self {
        Self {
            process,
            end,
            is_paired,
            untold: VecDeque::new(),
            out: VecDeque::new(),
            left: 0,
            room: MAX_ROOM,
            told_room: MAX_ROOM,
            transport_end: None,
            barrier: 0,
            clock: Time::ZERO,
            is_reported: false,
        }
    }

    /// Sends the shim everything, then lets time pass up to `until`.
    fn tell(&mut self, until: Option<Time>) {
        let process = Rc::clone(&self.process);
        let mut process = process.borrow_mut();
        let mut step = self.step();
        while let Some(untold) = self.untold.pop_front() {
            match untold {
                Untold::Call(call, operation) => {
                    self.take_step(&mut process, &mut step);
                    process.call(self.end, call, operation);
                }
                Untold::Input { bytes, segment, .. } => {
                    self.take_step(&mut process, &mut step);
                    step.deliver = bytes;
                    step.segment = (segment < step.deliver.len()).then_some(segment as u64);
                }
                Untold::End(end) => step.end = Some(end),
            }
        }
        step.until_ns = until.map(Time::as_nanos);
        self.finish_step(&mut process, step);
    }

    /// Takes the step if it has input that must be read before the next item.
    fn take_step(&mut self, process: &mut StepProcess, step: &mut ShimStep) {
        if !step.deliver.is_empty() || step.end.is_some() {
            self.finish_step(process, std::mem::take(step));
            *step = self.step();
        }
    }

    /// A step with the current room.
    fn step(&self) -> ShimStep {
        ShimStep { room: Some(self.room as u64), ..ShimStep::default() }
    }

    fn finish_step(&mut self, process: &mut StepProcess, step: ShimStep) {
        let room = self.room;
        let Some(stepped) = process.step(self.end, step) else { return };
        self.clock = Time::from_nanos(stepped.now_ns);
        self.left = stepped.left;
        self.transport_end = self.transport_end.or(stepped.end);
        self.told_room = room.saturating_sub(stepped.out.len());
        if !stepped.out.is_empty() {
            self.room = self.room.saturating_sub(stepped.out.len());
            self.out.push_back(stepped.out.into());
        }
    }

    /// Whether the shim must be asked before anything can be reported.
    fn is_behind(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Whether time could pass in the shim over output that there is room for: the other end's steps know no better.
    const fn is_misled(&self) -> bool {
        self.is_paired && self.told_room != self.room
    }

    fn is_lost(&self) -> bool {
        self.process.borrow().is_lost()
    }
}

impl Endpoint for LockstepEndpoint {
    fn perform(&mut self, _now: Time, call: CallId, request: &Request) {
        self.untold.push_back(Untold::Call(call, Operation::of(request)));
    }

    fn receive(&mut self, _now: Time, piece: Bytes) {
        // Pieces of one size are sent as one input with that segment size.
        if let Some(Untold::Input { bytes, segment, last }) = self.untold.back_mut()
            && last == segment
            && piece.len() <= *segment
        {
            *last = piece.len();
            bytes.extend_from_slice(&piece);
            return;
        }
        let len = piece.len();
        self.untold.push_back(Untold::Input { bytes: piece.into(), segment: len, last: len });
    }

    fn receive_end(&mut self, _now: Time, end: TransportEnd) {
        self.untold.push_back(Untold::End(end));
    }

    fn handle_timeout(&mut self, _now: Time) {}

    fn send_barrier(&mut self, _now: Time, value: u32) -> bool {
        // An implementation chooses the values of its pings itself.
        self.barrier = value;
        self.untold.push_back(Untold::Call(BARRIER, Operation::Ping));
        true
    }

    fn poll_transmit(&mut self, _now: Time, max: usize) -> Option<Bytes> {
        if self.out.is_empty() {
            self.room = max.min(MAX_ROOM);
            if self.is_behind() || (self.left > 0 || self.is_misled()) && !self.is_lost() {
                self.tell(None);
            }
        }
        let next = self.out.front_mut()?;
        let piece = next.split_to(next.len().min(max));
        if next.is_empty() {
            self.out.pop_front();
        }
        let held: usize = self.out.iter().map(Bytes::len).sum();
        self.room = (max - piece.len()).min(MAX_ROOM).saturating_sub(held);
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        if self.is_behind() {
            self.tell(None);
        }
        while let Some(event) = self.process.borrow_mut().poll_event(self.end) {
            match event {
                EndpointEvent::Finished { call: BARRIER, result: CallResult::Done(_) } => {
                    return Some(EndpointEvent::BarrierAnswered(self.barrier));
                }
                EndpointEvent::Finished { call: BARRIER, .. } => {}
                event => return Some(event),
            }
        }
        if self.is_lost() && !self.is_reported {
            self.is_reported = true;
            return Some(match self.process.borrow().trouble() {
                Some(ProcessTrouble::Died { death, message, .. }) => {
                    EndpointEvent::Died(death, message)
                }
                _ => EndpointEvent::Broken("the shim is of no more use".to_owned()),
            });
        }
        None
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        if self.is_behind() {
            self.tell(None);
        }
        if self.out.is_empty() && self.left == 0 { self.transport_end } else { None }
    }

    fn poll_timeout(&self) -> Option<Time> {
        None
    }

    fn pass_time(&mut self, now: Time, limit: Time) -> Time {
        debug_assert!(self.clock == now || self.is_lost(), "no clock runs ahead of the other");
        self.tell(Some(limit));
        if self.is_lost() { now } else { self.clock.max(now) }
    }
}

/// More output than this comes in several steps: a line of it is held several times over while it is read.
const MAX_ROOM: usize = 4 << 20;

/// The ping of a barrier; the engine counts its own calls from 0.
const BARRIER: CallId = CallId(u32::MAX);
