//! `Tamper`: one way of being wrong, as hooks at the borders of a peer. Pure.

use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::{CallId, CallResult, Death, Request};
use crate::scenario::Settings;
use crate::trace::TransportEnd;
use crate::yamux::frame::RawHeader;
use crate::yamux::time::Time;

/// One whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeFrame {
    /// The header.
    pub header: RawHeader,
    /// The body, if it is a Data frame.
    pub body: Bytes,
}

impl WholeFrame {
    /// A frame without a body.
    pub const fn bare(header: RawHeader) -> Self {
        Self { header, body: Bytes::new() }
    }
}

/// How an end comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demise {
    /// Its process ends, with these last words.
    Crash(&'static str),
    /// Its session ends with an error that it did not see coming, in these words.
    Unclassified(&'static str),
    /// Nothing of it moves any more, and it says nothing of that.
    Deadlock,
}

/// One way of being wrong. Every method that is left alone changes nothing.
///
/// Frames pushed are passed on, in their order; a frame that is not pushed is lost.
pub trait Tamper {
    /// What the peer is configured with instead of what the scenario says.
    fn configure(&self, settings: &mut Settings) {
        let _ = settings;
    }

    /// Bytes as the transport hands them over, before they are cut into frames.
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        bytes
    }

    /// How the transport ends for the peer; `None` is: it never learns of it.
    fn ending(&mut self, end: TransportEnd) -> Option<TransportEnd> {
        Some(end)
    }

    /// A frame the peer sends.
    fn outgoing(&mut self, now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        let _ = now;
        pass.push(frame);
    }

    /// A frame on its way to the peer. Frames pushed to `answer` go back at once, as if the peer had sent them.
    fn incoming(
        &mut self,
        now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        answer: &mut Vec<WholeFrame>,
    ) {
        let _ = (now, answer);
        pass.push(frame);
    }

    /// A call of the application: it may be another one; with a result, the peer never hears of it.
    fn call(&mut self, now: Time, request: &mut Request) -> Option<CallResult> {
        let _ = (now, request);
        None
    }

    /// Whether the transport takes nothing: a frame waits that could have gone out before. Told before calls, frames and
    /// timers.
    fn transport(&mut self, is_stuck: bool) {
        let _ = is_stuck;
    }

    /// What is left of a frame of which the transport has taken `taken` bytes.
    fn rest(&mut self, taken: usize, rest: &mut Bytes) {
        let _ = (taken, rest);
    }

    /// Whether a frame of the tamper's own goes out before all that waits, be it in the middle of a frame.
    fn cuts_in(&mut self, frame: &WholeFrame) -> bool {
        let _ = frame;
        false
    }

    /// Whether a call must wait although the peer would carry it out, while these run; asked again whenever one has ended.
    fn holds(&mut self, now: Time, request: &Request, running: &[(CallId, Request)]) -> bool {
        let _ = (now, request, running);
        false
    }

    /// Whether a frame for the peer must wait likewise. It holds up those of its stream behind it.
    fn holds_frame(&mut self, frame: &WholeFrame, running: &[(CallId, Request)]) -> bool {
        let _ = (frame, running);
        false
    }

    /// A call of the tamper's own that goes before one of the application; how it ends is nobody's business.
    fn precede(&mut self, now: Time, request: &Request) -> Option<Request> {
        let _ = (now, request);
        None
    }

    /// How a call ended; `None` keeps it from the application for ever.
    fn result(&mut self, now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let _ = (now, request);
        Some(result)
    }

    /// A frame of the tamper's own that is due; asked until there is none.
    fn poll_frame(&mut self, now: Time) -> Option<WholeFrame> {
        let _ = now;
        None
    }

    /// When `poll_frame` will have a frame.
    fn poll_timeout(&self) -> Option<Time> {
        None
    }

    /// How much later frames leave than they should.
    fn delay(&mut self, frame: &WholeFrame) -> Duration {
        let _ = frame;
        Duration::ZERO
    }

    /// Whether the peer may end the transport when it wants to.
    fn lets_end(&mut self) -> bool {
        true
    }

    /// Whether the transport must be ended now, whatever the peer thinks.
    fn hangs_up(&mut self) -> bool {
        false
    }

    /// How it has come to its end, if it has: nothing crosses its borders any more.
    fn demise(&self) -> Option<Demise> {
        None
    }

    /// What becomes of it if its session is ended now.
    fn at_end(&self) -> Option<Death> {
        None
    }
}
