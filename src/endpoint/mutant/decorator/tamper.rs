//! `Tamper`: one defect, as hooks around a peer. Pure.

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

/// How an end dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demise {
    /// Its process ends, with these last words.
    Crash(&'static str),
    /// Its session ends with an unclassified error of this text.
    Unclassified(&'static str),
    /// It stops, and does not report it.
    Deadlock,
}

/// One defect. The default of every method changes nothing.
///
/// Frames pushed to `pass` are passed on in order; a frame that is not pushed is lost.
pub trait Tamper {
    /// Changes the peer's configuration from that of the scenario.
    fn configure(&self, settings: &mut Settings) {
        let _ = settings;
    }

    /// Bytes as delivered by the transport, before they are split into frames.
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        bytes
    }

    /// How the transport ends for the peer; `None` if the peer never learns of it.
    fn ending(&mut self, end: TransportEnd) -> Option<TransportEnd> {
        Some(end)
    }

    /// A frame sent by the peer.
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

    /// A frame that has passed through in parts, before the peer is given the last of them.
    fn incoming_in_parts(&mut self, frame: &WholeFrame) {
        let _ = frame;
    }

    /// A call of the application, which may be changed; one with a result never reaches the peer.
    fn call(&mut self, now: Time, request: &mut Request) -> Option<CallResult> {
        let _ = (now, request);
        None
    }

    /// Reports whether the transport is stalled: a frame waits that could have been sent earlier. Called before calls,
    /// frames and timers.
    fn transport(&mut self, is_stuck: bool) {
        let _ = is_stuck;
    }

    /// The rest of a frame of which the transport has taken `taken` bytes.
    fn rest(&mut self, taken: usize, rest: &mut Bytes) {
        let _ = (taken, rest);
    }

    /// Whether this frame of the tamper goes out ahead of the queue, even in the middle of another frame.
    fn cuts_in(&mut self, frame: &WholeFrame) -> bool {
        let _ = frame;
        false
    }

    /// Whether a call must wait for these running calls although the peer would carry it out; asked again as each ends.
    fn holds(&mut self, now: Time, request: &Request, running: &[(CallId, Request)]) -> bool {
        let _ = (now, request, running);
        false
    }

    /// Whether a frame for the peer must wait in the same way. It holds up later frames of its stream.
    fn holds_frame(&mut self, frame: &WholeFrame, running: &[(CallId, Request)]) -> bool {
        let _ = (frame, running);
        false
    }

    /// A call that the tamper makes before one of the application; its result is ignored.
    fn precede(&mut self, now: Time, request: &Request) -> Option<Request> {
        let _ = (now, request);
        None
    }

    /// The result of a call; `None` withholds it from the application for ever.
    fn result(&mut self, now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let _ = (now, request);
        Some(result)
    }

    /// A frame of the tamper that is due; called until it returns `None`.
    fn poll_frame(&mut self, now: Time) -> Option<WholeFrame> {
        let _ = now;
        None
    }

    /// When `poll_frame` will have a frame.
    fn poll_timeout(&self) -> Option<Time> {
        None
    }

    /// How long this frame is delayed.
    fn delay(&mut self, frame: &WholeFrame) -> Duration {
        let _ = frame;
        Duration::ZERO
    }

    /// Whether the peer may end the transport when it wants to.
    fn lets_end(&mut self) -> bool {
        true
    }

    /// Whether the transport must be ended now, whatever the state of the peer.
    fn hangs_up(&mut self) -> bool {
        false
    }

    /// How it died, if it has: nothing passes in or out any more.
    fn demise(&self) -> Option<Demise> {
        None
    }

    /// How it dies if its session ends now.
    fn at_end(&self) -> Option<Death> {
        None
    }
}
