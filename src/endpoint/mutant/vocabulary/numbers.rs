//! `Numbers`: the stream number of each label, learned from the results of calls. Pure.

use std::collections::BTreeMap;

use crate::endpoint::mutant::WholeFrame;
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, Label};
use crate::yamux::frame::StreamId;

/// The numbers of the streams that the application holds.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<Label, StreamId>);

impl Numbers {
    /// Records the stream that a finished call opened or accepted.
    pub(crate) fn note(&mut self, request: &Request, result: &CallResult) {
        if let CallResult::Done(done) = result
            && let (Some(number), Some(stream)) = (done.stream_number, request.action.stream())
        {
            self.0.insert(Label::clone(stream), StreamId(number));
        }
    }

    /// The stream number of this label.
    pub(crate) fn get(&self, label: &Label) -> Option<StreamId> {
        self.0.get(label).copied()
    }

    /// Whether a frame is for the stream that a call is about.
    pub(crate) fn is_for(&self, frame: &WholeFrame, action: &Action) -> bool {
        let number = action.stream().and_then(|stream| self.get(stream));
        number == Some(frame.header.stream)
    }
}
