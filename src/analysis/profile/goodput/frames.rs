//! Large frames: which implementation sends them, and which accepts them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::Outcome;
use crate::scenario::{Problem, Scenario, load_text};
use crate::trace::{Direction, Item, Trace};
use crate::yamux::frame::FrameType;

/// The largest data frames that an implementation sends and takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FrameLimits {
    /// The largest that it sent in any transfer.
    pub sends: u32,
    /// The largest that it took of those that its window allows.
    pub takes: u32,
    /// The smallest that it refused though its window allows it; `null` is none.
    pub refuses: Option<u32>,
    /// The largest that its window allows, of those that were tried.
    pub allowed: u32,
}

/// The body sizes that are tried, each in one frame.
pub(crate) const FRAME_SIZES: [u32; 6] =
    [64 << 10, 128 << 10, 256 << 10, 1 << 20, 4 << 20, 15 << 20];

/// A scenario for each size, in which the subject must read a frame of it once its window allows that.
///
/// # Errors
///
/// The problems of one of them.
pub(crate) fn frame_scenarios() -> Result<Vec<(u32, Arc<Scenario>)>, Vec<Problem>> {
    let scenario = |size: u32| {
        let more = size.saturating_sub(256 << 10);
        let credit = match more {
            0 => String::new(),
            _ => format!(
                r#"{{ "peer": {{ "expect": {{ "credit": "s", "at_least": {more} }} }} }}, "#
            ),
        };
        let text = format!(
            r#"{{ "title": "A large frame is read", "clauses": ["DATA-01"], "peer": "wire", "wishes": {{ "subject": {{ "max_window": "16MiB" }} }}, "steps": [
                {{ "peer": {{ "send": {{ "window_update": "s", "flags": ["SYN"] }} }} }},
                {{ "subject": {{ "accept": {{ "stream": "s" }} }} }}, {credit}
                {{ "peer": {{ "send": {{ "data": "s", "bytes": {size} }} }} }},
                {{ "subject": {{ "read": {{ "stream": "s", "bytes": {size} }} }} }} ] }}"#
        );
        load_text(&format!("goodput/frame-of-{size}"), &text).map(|one| (size, Arc::new(one)))
    };
    FRAME_SIZES.into_iter().map(scenario).collect()
}

impl FrameLimits {
    /// Records how the scenario of this size ended.
    pub(crate) fn note(&mut self, size: u32, outcome: &Outcome) {
        // If it stopped before the frame was sent, the window did not allow the frame.
        let sent = if size > 256 << 10 { 4 } else { 3 };
        match outcome {
            Outcome::Passed | Outcome::PassedWeaker { .. } => {
                self.takes = self.takes.max(size);
                self.allowed = self.allowed.max(size);
            }
            Outcome::Failed(failure) | Outcome::Died(_, failure)
                if failure.step.is_none_or(|step| step >= sent) =>
            {
                self.allowed = self.allowed.max(size);
                self.refuses = Some(self.refuses.map_or(size, |other| other.min(size)));
            }
            _ => {}
        }
    }
}

/// The largest data frame that the sender of a transfer put on the wire.
pub(crate) fn largest_frame(trace: &Trace) -> u32 {
    let length = |item: &Item| match item {
        Item::Frame { header, .. } if header.lawful_type() == Some(FrameType::Data) => {
            Some(header.length)
        }
        _ => None,
    };
    let sent = trace.entries.iter().filter(|entry| entry.direction == Direction::PeerToSubject);
    sent.filter_map(|entry| length(&entry.item)).max().unwrap_or(0)
}

/// Whether a size that one sends exceeds a limit of the other.
pub(crate) fn meets_limit(sender: &FrameLimits, reader: &FrameLimits) -> bool {
    reader.refuses.is_some_and(|refused| sender.sends >= refused)
}
