//! `Held`: calls and frames that a tamper holds back from the peer. Pure.

use std::collections::VecDeque;

use crate::endpoint::mutant::WholeFrame;
use crate::endpoint::{CallId, Request};

/// Calls and frames, each in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Held {
    calls: VecDeque<(CallId, Request)>,
    frames: VecDeque<WholeFrame>,
}

impl Held {
    pub(crate) fn push_call(&mut self, call: CallId, request: Request) {
        self.calls.push_back((call, request));
    }

    pub(crate) fn push_frame(&mut self, frame: WholeFrame) {
        self.frames.push_back(frame);
    }

    /// Whether a frame of this stream is held: the next one must not overtake it.
    pub(crate) fn holds_up(&self, frame: &WholeFrame) -> bool {
        self.frames.iter().any(|held| held.header.stream == frame.header.stream)
    }

    /// Takes the first call that may proceed.
    pub(crate) fn next_call(
        &mut self,
        mut is_held: impl FnMut(&Request) -> bool,
    ) -> Option<(CallId, Request)> {
        let index = self.calls.iter().position(|(_, request)| !is_held(request))?;
        self.calls.remove(index)
    }

    /// Takes the first frame that may proceed.
    pub(crate) fn next_frame(
        &mut self,
        mut is_held: impl FnMut(&WholeFrame) -> bool,
    ) -> Option<WholeFrame> {
        let index = self.frames.iter().position(|frame| !is_held(frame))?;
        self.frames.remove(index)
    }
}
