//! `Tampered`: a correct peer behind a tamper, which sees and changes its frames and calls. Pure.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::{BufMut, Bytes, BytesMut};

use crate::endpoint::mutant::decorator::assembler::{Arrival, Assembler};
use crate::endpoint::mutant::decorator::held::Held;
use crate::endpoint::mutant::decorator::tamper::{Demise, Tamper, WholeFrame};
use crate::endpoint::{CallId, Death, Endpoint, EndpointEvent, Request};
use crate::scenario::ErrorClass;
use crate::trace::TransportEnd;
use crate::yamux::frame::HEADER_LEN;
use crate::yamux::time::Time;

/// A peer behind a tamper.
pub struct Tampered<E> {
    inner: E,
    tamper: Box<dyn Tamper>,
    sent: Assembler,
    received: Assembler,
    outgoing: VecDeque<(Time, Bytes)>,
    /// How much of the first frame in `outgoing` the transport has taken.
    taken: usize,
    requests: Vec<(CallId, Request)>,
    held: Held,
    events: VecDeque<EndpointEvent>,
    now: Time,
    has_hung_up: bool,
    is_dead: bool,
    at_end: Rc<Cell<Option<Death>>>,
}

impl<E: Endpoint> Tampered<E> {
    /// Puts `tamper` around `inner`.
    pub fn new(inner: E, tamper: Box<dyn Tamper>) -> Self {
        Self {
            inner,
            tamper,
            sent: Assembler::default(),
            received: Assembler::default(),
            outgoing: VecDeque::new(),
            taken: 0,
            requests: Vec::new(),
            held: Held::default(),
            events: VecDeque::new(),
            now: Time::ZERO,
            has_hung_up: false,
            is_dead: false,
            at_end: Rc::default(),
        }
    }

    /// How it dies if its session ends; read after the case.
    pub(crate) fn at_end(&self) -> Rc<Cell<Option<Death>>> {
        Rc::clone(&self.at_end)
    }

    /// Whether it is dead; reports its death the first time, if it can.
    fn is_dead(&mut self) -> bool {
        if !self.is_dead
            && let Some(demise) = self.tamper.demise()
        {
            self.is_dead = true;
            self.outgoing.clear();
            self.events.extend(match demise {
                Demise::Crash(words) => Some(EndpointEvent::Died(Death::Crashed, words.to_owned())),
                Demise::Unclassified(words) => Some(EndpointEvent::SessionEnded {
                    class: ErrorClass::Unclassified,
                    native: words.to_owned(),
                }),
                Demise::Deadlock => None,
            });
        }
        self.is_dead
    }

    fn queue(&mut self, now: Time, frames: Vec<WholeFrame>) {
        for frame in frames {
            let due = now + self.tamper.delay(&frame);
            let mut bytes = BytesMut::with_capacity(HEADER_LEN + frame.body.len());
            bytes.put_slice(&frame.header.encode());
            let cuts_in = self.tamper.cuts_in(&frame);
            bytes.put(frame.body);
            if cuts_in {
                self.outgoing.push_front((now, bytes.freeze()));
                continue;
            }
            // A late frame delays those behind it: the transport keeps order.
            let due = self.outgoing.back().map_or(due, |(last, _)| due.max(*last));
            self.outgoing.push_back((due, bytes.freeze()));
        }
    }

    /// Tells the tamper whether the transport is stalled. All that can move has moved before a call or a timer, but not
    /// before each incoming frame: there only elapsed time shows it.
    fn look_at_transport(&mut self, now: Time, is_settled: bool) {
        let waits = |(due, _): &(Time, Bytes)| *due < now || is_settled && *due == now;
        self.tamper.transport(self.outgoing.front().is_some_and(waits));
    }

    /// Passes on the bytes of an incomplete frame: only whole frames can be tampered with, and the peer must see the
    /// others as they arrive.
    fn release(&mut self, now: Time) {
        if let Some(bytes) = self.received.release() {
            self.inner.receive(now, bytes);
        }
    }

    /// Passes the peer's frames and reports through the tamper.
    ///
    /// A frame that is due but that the transport has not taken holds up those behind it, so that the peer sees a
    /// stalled transport too.
    fn pump(&mut self, now: Time) {
        self.now = now;
        if self.is_dead() {
            return;
        }
        while self.outgoing.front().is_none_or(|(due, _)| *due > now)
            && let Some(bytes) = self.inner.poll_transmit(now, usize::MAX)
        {
            for arrival in self.sent.push(bytes) {
                let Arrival::Frame(frame) = arrival else { continue };
                let mut pass = Vec::new();
                self.tamper.outgoing(now, frame, &mut pass);
                self.queue(now, pass);
            }
        }
        while let Some(frame) = self.tamper.poll_frame(now) {
            self.queue(now, vec![frame]);
        }
        self.take_events(now);
        self.let_go(now);
    }

    fn take_events(&mut self, now: Time) {
        while let Some(event) = self.inner.poll_event() {
            let EndpointEvent::Finished { call, result } = event else {
                self.events.push_back(event);
                continue;
            };
            let Some(index) = self.requests.iter().position(|(id, _)| *id == call) else {
                continue;
            };
            let (_, request) = &self.requests[index];
            if let Some(result) = self.tamper.result(now, request, result) {
                self.events.push_back(EndpointEvent::Finished { call, result });
                self.requests.remove(index);
            }
        }
    }

    /// Begins a call.
    fn begin(&mut self, now: Time, call: CallId, request: Request) {
        if let Some(own) = self.tamper.precede(now, &request) {
            self.inner.perform(now, OWN_CALL, &own);
        }
        self.inner.perform(now, call, &request);
        self.requests.push((call, request));
    }

    /// Passes a frame to the peer.
    fn hand_over(&mut self, now: Time, frame: WholeFrame) {
        self.inner.receive(now, Bytes::copy_from_slice(&frame.header.encode()));
        if !frame.body.is_empty() {
            self.inner.receive(now, frame.body);
        }
    }

    /// Releases calls and frames held for a call that has ended.
    fn let_go(&mut self, now: Time) {
        while let Some((call, request)) =
            self.held.next_call(|request| self.tamper.holds(now, request, &self.requests))
        {
            self.begin(now, call, request);
            self.take_events(now);
        }
        while let Some(frame) =
            self.held.next_frame(|frame| self.tamper.holds_frame(frame, &self.requests))
        {
            self.hand_over(now, frame);
            self.take_events(now);
        }
    }
}

impl<E: Endpoint> Endpoint for Tampered<E> {
    fn perform(&mut self, now: Time, call: CallId, request: &Request) {
        let mut request = request.clone();
        if self.is_dead() {
            return;
        }
        self.look_at_transport(now, true);
        if let Some(result) = self.tamper.call(now, &mut request) {
            self.events.push_back(EndpointEvent::Finished { call, result });
            return;
        }
        if self.is_dead() {
            return;
        }
        if self.tamper.holds(now, &request, &self.requests) {
            self.held.push_call(call, request);
            return;
        }
        self.begin(now, call, request);
        self.pump(now);
    }

    fn receive(&mut self, now: Time, bytes: Bytes) {
        self.look_at_transport(now, false);
        let bytes = self.tamper.segment(bytes);
        for arrival in self.received.push(bytes) {
            let frame = match arrival {
                Arrival::Frame(frame) => frame,
                Arrival::Rest(bytes, whole) => {
                    if let Some(frame) = whole {
                        self.tamper.incoming_in_parts(&frame);
                    }
                    if self.is_dead() {
                        return;
                    }
                    self.inner.receive(now, bytes);
                    self.pump(now);
                    continue;
                }
            };
            let (mut pass, mut answer) = (Vec::new(), Vec::new());
            if self.is_dead() {
                return;
            }
            self.tamper.incoming(now, frame, &mut pass, &mut answer);
            if self.is_dead() {
                return;
            }
            for frame in pass {
                if self.held.holds_up(&frame) || self.tamper.holds_frame(&frame, &self.requests) {
                    self.held.push_frame(frame);
                } else {
                    self.hand_over(now, frame);
                }
            }
            self.pump(now);
            self.queue(now, answer);
        }
    }

    fn receive_end(&mut self, now: Time, end: TransportEnd) {
        if self.is_dead() {
            return;
        }
        self.look_at_transport(now, true);
        self.release(now);
        if let Some(end) = self.tamper.ending(end) {
            self.inner.receive_end(now, end);
        }
        self.pump(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        if self.is_dead() {
            return;
        }
        self.look_at_transport(now, true);
        if self.inner.poll_timeout().is_some_and(|due| due <= now) {
            self.inner.handle_timeout(now);
        }
        self.pump(now);
    }

    fn send_barrier(&mut self, now: Time, value: u32) -> bool {
        if self.is_dead() {
            return false;
        }
        let is_sent = self.inner.send_barrier(now, value);
        self.pump(now);
        is_sent
    }

    fn poll_transmit(&mut self, now: Time, max: usize) -> Option<Bytes> {
        if self.is_dead() {
            return None;
        }
        self.release(now);
        self.pump(now);
        let piece = loop {
            let (due, bytes) = self.outgoing.front_mut()?;
            if *due > now {
                return None;
            }
            if self.taken > 0 {
                self.tamper.rest(self.taken, bytes);
            }
            let piece = bytes.split_to(bytes.len().min(max));
            self.taken += piece.len();
            if bytes.is_empty() {
                self.taken = 0;
                self.outgoing.pop_front();
                // The end of this frame may unblock the next one.
                self.pump(now);
            }
            if !piece.is_empty() {
                break piece;
            }
        };
        Some(piece)
    }

    fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.pump(self.now);
        self.at_end.set(self.tamper.at_end());
        self.events.pop_front()
    }

    fn poll_end(&mut self) -> Option<TransportEnd> {
        if self.is_dead() {
            return None;
        }
        if !self.has_hung_up && self.tamper.hangs_up() {
            self.has_hung_up = true;
            return Some(TransportEnd::Eof);
        }
        if !self.outgoing.is_empty() || self.has_hung_up {
            return None;
        }
        self.inner.poll_end().filter(|_| self.tamper.lets_end())
    }

    fn poll_timeout(&self) -> Option<Time> {
        if self.tamper.demise().is_some() {
            return None;
        }
        let late = self.outgoing.front().map(|(due, _)| *due).filter(|due| *due > self.now);
        let timers = [self.inner.poll_timeout(), self.tamper.poll_timeout(), late];
        timers.into_iter().flatten().min()
    }
}

/// The number of the tamper's own calls: no case makes so many calls.
const OWN_CALL: CallId = CallId(u32::MAX);
