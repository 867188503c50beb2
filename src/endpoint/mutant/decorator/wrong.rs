//! `Wrong`: a tamper built from the few hooks a mutant needs, with its own state. Pure.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use bytes::Bytes;

use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, Settings};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, FrameType, GoAwayCode, RawHeader, StreamId};
use crate::yamux::time::Time;

/// A mutant without hooks; `S` is the state its hooks share.
pub(crate) fn wrong<S: Default + 'static>() -> Wrong<S> {
    Wrong {
        state: S::default(),
        own: Own { now: Time::ZERO, frames: VecDeque::new(), has_given_up: false, is_stuck: false },
        configure: Box::new(|_| {}),
        outgoing: Box::new(|_, _, frame, pass| pass.push(frame)),
        incoming: Box::new(|_, _, frame, pass| pass.push(frame)),
        call: Box::new(|_, _, _| None),
        result: Box::new(|_, _, _, result| Some(result)),
        delay: Box::new(|_, _| Duration::ZERO),
        rest: Box::new(|_, _, _| {}),
        cuts_in: Box::new(|_, _| false),
        ending: Box::new(|_, _, end| Some(end)),
    }
}

/// See `wrong`.
pub(crate) struct Wrong<S> {
    state: S,
    own: Own,
    configure: Box<dyn Fn(&mut Settings)>,
    outgoing: OnFrame<S>,
    incoming: OnFrame<S>,
    call: OnCall<S>,
    result: OnResult<S>,
    delay: OnDelay<S>,
    rest: OnRest<S>,
    cuts_in: OnOwnFrame<S>,
    ending: OnEnding<S>,
}

type OnFrame<S> = Box<dyn FnMut(&mut S, &mut Own, WholeFrame, &mut Vec<WholeFrame>)>;
type OnCall<S> = Box<dyn FnMut(&mut S, &mut Own, &mut Request) -> Option<CallResult>>;
type OnResult<S> = Box<dyn FnMut(&mut S, &mut Own, &Request, CallResult) -> Option<CallResult>>;
type OnDelay<S> = Box<dyn FnMut(&mut S, &WholeFrame) -> Duration>;
type OnRest<S> = Box<dyn FnMut(&mut S, usize, &mut Bytes)>;
type OnEnding<S> = Box<dyn FnMut(&mut S, &Own, TransportEnd) -> Option<TransportEnd>>;
type OnOwnFrame<S> = Box<dyn FnMut(&mut S, &WholeFrame) -> bool>;

/// A hook that records the streams of such frames.
pub(crate) fn note(
    which: impl Fn(&WholeFrame) -> bool,
) -> impl FnMut(&mut BTreeSet<StreamId>, &mut Own, &WholeFrame) {
    move |noted, _, frame| {
        if which(frame) {
            noted.insert(frame.header.stream);
        }
    }
}

/// A mutant's own actions, independent of the peer behind it.
pub(crate) struct Own {
    /// The current moment.
    pub(crate) now: Time,
    /// Frames to send, and when.
    frames: VecDeque<(Time, WholeFrame)>,
    has_given_up: bool,
    /// Whether the transport is stalled.
    pub(crate) is_stuck: bool,
}

impl Own {
    /// Sends a frame.
    pub(crate) fn send(&mut self, frame: WholeFrame) {
        self.frames.push_back((self.now, frame));
    }

    /// Sends a WindowUpdate frame.
    pub(crate) fn update(&mut self, flags: Flags, stream: StreamId, credit: u32) {
        self.update_in(Duration::ZERO, flags, stream, credit);
    }

    /// Sends a WindowUpdate frame after this delay.
    pub(crate) fn update_in(
        &mut self,
        after: Duration,
        flags: Flags,
        stream: StreamId,
        credit: u32,
    ) {
        let frame = WholeFrame::update(flags, stream, credit);
        self.frames.push_back((self.now + after, frame));
    }

    /// Answers a ping.
    pub(crate) fn pong(&mut self, value: u32) {
        let header = RawHeader::new(FrameType::Ping, Flags::ACK, StreamId::SESSION, value);
        self.frames.push_back((self.now, WholeFrame::bare(header)));
    }

    /// Sends a Data frame of one zero byte.
    pub(crate) fn one_byte(&mut self, stream: StreamId) {
        let header = RawHeader::new(FrameType::Data, Flags::NONE, stream, 1);
        self.frames.push_back((self.now, WholeFrame { header, body: Bytes::from_static(&[0]) }));
    }

    /// Ends the session as after a protocol error.
    pub(crate) fn give_up(&mut self) {
        self.go_away(GoAwayCode::ProtocolError.number());
        self.hang_up();
    }

    /// Ends the transport once everything is sent.
    pub(crate) const fn hang_up(&mut self) {
        self.has_given_up = true;
    }

    /// Sends a go-away.
    pub(crate) fn go_away(&mut self, code: u32) {
        let header = RawHeader::new(FrameType::GoAway, Flags::NONE, StreamId::SESSION, code);
        self.frames.push_back((self.now, WholeFrame::bare(header)));
    }
}

impl<S: 'static> Wrong<S> {
    /// Changes how the peer is configured.
    pub(crate) fn configure(mut self, hook: impl Fn(&mut Settings) + 'static) -> Self {
        self.configure = Box::new(hook);
        self
    }

    /// Changes frames the peer sends.
    pub(crate) fn outgoing(
        mut self,
        hook: impl FnMut(&mut S, &mut Own, WholeFrame, &mut Vec<WholeFrame>) + 'static,
    ) -> Self {
        self.outgoing = Box::new(hook);
        self
    }

    /// Changes frames on their way to the peer.
    pub(crate) fn incoming(
        mut self,
        hook: impl FnMut(&mut S, &mut Own, WholeFrame, &mut Vec<WholeFrame>) + 'static,
    ) -> Self {
        self.incoming = Box::new(hook);
        self
    }

    /// Sees frames the peer sends.
    pub(crate) fn on_sent(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &WholeFrame) + 'static,
    ) -> Self {
        self.outgoing(move |state, own, frame, pass| {
            hook(state, own, &frame);
            pass.push(frame);
        })
    }

    /// Sees frames on their way to the peer.
    pub(crate) fn on_heard(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &WholeFrame) + 'static,
    ) -> Self {
        self.incoming(move |state, own, frame, pass| {
            hook(state, own, &frame);
            pass.push(frame);
        })
    }

    /// Drops frames the peer sends.
    pub(crate) fn drops_sent(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &WholeFrame) -> bool + 'static,
    ) -> Self {
        self.outgoing(move |state, own, frame, pass| {
            if !hook(state, own, &frame) {
                pass.push(frame);
            }
        })
    }

    /// Drops frames on their way to the peer.
    pub(crate) fn drops_heard(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &WholeFrame) -> bool + 'static,
    ) -> Self {
        self.incoming(move |state, own, frame, pass| {
            if !hook(state, own, &frame) {
                pass.push(frame);
            }
        })
    }

    /// Sees calls, and may change them.
    pub(crate) fn on_call(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &mut Action) + 'static,
    ) -> Self {
        self.call(move |state, own, request| {
            hook(state, own, &mut request.action);
            None
        })
    }

    /// Sees how calls end.
    pub(crate) fn on_result(
        self,
        mut hook: impl FnMut(&mut S, &mut Own, &Request, &CallResult) + 'static,
    ) -> Self {
        self.result(move |state, own, request, result| {
            hook(state, own, request, &result);
            Some(result)
        })
    }

    /// Sees, changes or answers calls.
    pub(crate) fn call(
        mut self,
        hook: impl FnMut(&mut S, &mut Own, &mut Request) -> Option<CallResult> + 'static,
    ) -> Self {
        self.call = Box::new(hook);
        self
    }

    /// Sees, changes or withholds results.
    pub(crate) fn result(
        mut self,
        hook: impl FnMut(&mut S, &mut Own, &Request, CallResult) -> Option<CallResult> + 'static,
    ) -> Self {
        self.result = Box::new(hook);
        self
    }

    /// Delays frames.
    pub(crate) fn delay(
        mut self,
        hook: impl FnMut(&mut S, &WholeFrame) -> Duration + 'static,
    ) -> Self {
        self.delay = Box::new(hook);
        self
    }

    /// Sees, and may change, the rest of a frame that the transport has taken in part.
    pub(crate) fn rest(mut self, hook: impl FnMut(&mut S, usize, &mut Bytes) + 'static) -> Self {
        self.rest = Box::new(hook);
        self
    }

    /// Selects the frames of its own that go out ahead of the queue.
    pub(crate) fn cuts_in(
        mut self,
        hook: impl FnMut(&mut S, &WholeFrame) -> bool + 'static,
    ) -> Self {
        self.cuts_in = Box::new(hook);
        self
    }

    /// Sees, changes or hides how the transport ends.
    pub(crate) fn ending(
        mut self,
        hook: impl FnMut(&mut S, &Own, TransportEnd) -> Option<TransportEnd> + 'static,
    ) -> Self {
        self.ending = Box::new(hook);
        self
    }

    /// The finished tamper.
    pub(crate) fn boxed(self) -> Box<dyn Tamper> {
        Box::new(self)
    }
}

impl<S> Tamper for Wrong<S> {
    fn outgoing(&mut self, now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        self.own.now = now;
        (self.outgoing)(&mut self.state, &mut self.own, frame, pass);
    }

    fn incoming(
        &mut self,
        now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        self.own.now = now;
        (self.incoming)(&mut self.state, &mut self.own, frame, pass);
    }

    fn call(&mut self, now: Time, request: &mut Request) -> Option<CallResult> {
        self.own.now = now;
        (self.call)(&mut self.state, &mut self.own, request)
    }

    fn result(&mut self, now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        self.own.now = now;
        (self.result)(&mut self.state, &mut self.own, request, result)
    }

    fn configure(&self, settings: &mut Settings) {
        (self.configure)(settings);
    }

    fn poll_frame(&mut self, now: Time) -> Option<WholeFrame> {
        let index = self.own.frames.iter().position(|(due, _)| *due <= now)?;
        self.own.frames.remove(index).map(|(_, frame)| frame)
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.own.frames.iter().map(|(due, _)| *due).min()
    }

    fn delay(&mut self, frame: &WholeFrame) -> Duration {
        (self.delay)(&mut self.state, frame)
    }

    fn transport(&mut self, is_stuck: bool) {
        self.own.is_stuck = is_stuck;
    }

    fn rest(&mut self, taken: usize, rest: &mut Bytes) {
        (self.rest)(&mut self.state, taken, rest);
    }

    fn cuts_in(&mut self, frame: &WholeFrame) -> bool {
        (self.cuts_in)(&mut self.state, frame)
    }

    fn ending(&mut self, end: TransportEnd) -> Option<TransportEnd> {
        (self.ending)(&mut self.state, &self.own, end)
    }

    fn hangs_up(&mut self) -> bool {
        self.own.has_given_up && self.own.frames.is_empty()
    }
}
