//! `Numbers`: which stream the script means by a label, as the results of calls tell. Pure.

use std::collections::BTreeMap;

use crate::endpoint::mutant::WholeFrame;
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, Label};
use crate::yamux::frame::StreamId;

/// The numbers of the streams that the application holds.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<Label, StreamId>);

impl Numbers {
    /// A call has ended: it may have opened or accepted a stream.
    pub(crate) fn note(&mut self, request: &Request, result: &CallResult) {
        if let CallResult::Done(done) = result
            && let (Some(number), Some(stream)) = (done.stream_number, request.action.stream())
        {
            self.0.insert(Label::clone(stream), StreamId(number));
        }
    }

    /// The number of this label's stream.
    pub(crate) fn get(&self, label: &Label) -> Option<StreamId> {
        self.0.get(label).copied()
    }

    /// Whether a frame is for the stream that a call is about.
    pub(crate) fn is_for(&self, frame: &WholeFrame, action: &Action) -> bool {
        let number = action.stream().and_then(|stream| self.get(stream));
        number == Some(frame.header.stream)
    }
}
