//! Goodput in virtual time: how much an implementation transfers to itself over links of several lengths and rates, and what
//! limits it. Links are scenarios whose verdict is ignored. Pure.

mod figures;
mod frames;
mod table;

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::scenario::{Problem, Scenario, load_text};

pub(crate) use figures::{TransferFigures, figures, payload_sent};
pub(crate) use frames::{FrameLimits, frame_scenarios, largest_frame, meets_limit};
pub(crate) use table::{GoodputReport, LinkRow, Mover, goodput_schema, markdown, text};

/// A transfer over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Transfer {
    /// How many streams share the bytes.
    pub streams: u32,
    /// How long a byte takes there and back, in milliseconds.
    pub rtt_ms: u64,
    /// How many bits pass in a second each way; `null` is any number.
    pub bits_per_second: Option<u64>,
    /// The largest receive window that both ends are given; `null` is their own.
    pub window: Option<u32>,
    /// How many bytes go from one end to the other.
    pub bytes: u64,
}

impl Transfer {
    /// The payload of one stream.
    pub(crate) const fn bytes_of_stream(&self) -> u64 {
        self.bytes / self.streams as u64
    }

    /// The bytes in flight on a link that is always full; `None` if nothing limits them.
    pub(crate) fn bandwidth_delay(&self) -> Option<u64> {
        Some(self.bits_per_second? / 8 * self.rtt_ms / 1000)
    }

    /// The scenario: the peer writes on every stream, and the subject reads as fast as it can.
    ///
    /// # Errors
    ///
    /// Its problems.
    pub(crate) fn scenario(&self) -> Result<Arc<Scenario>, Vec<Problem>> {
        let streams = 0..self.streams;
        let mut steps = Vec::new();
        let times = self.bytes_of_stream() / WRITE;
        let moved = |end, verb, n, label, more| {
            format!(
                r#"{{ "{end}": {{ "{verb}": {{ "stream": "s{n}", "bytes": {WRITE}, "times": {times}, "label": "{label}{n}" }} }}{more} }}"#
            )
        };
        steps.extend(
            streams
                .clone()
                .map(|n| format!(r#"{{ "peer": {{ "open": {{ "stream": "s{n}" }} }} }}"#)),
        );
        // A stream may open with its first data.
        steps.extend(streams.clone().map(|n| {
            moved("peer", "write", n, "w", if n == 0 { r#", "name": "begin""# } else { "" })
        }));
        for n in streams.clone() {
            steps.push(format!(r#"{{ "subject": {{ "accept": {{ "stream": "s{n}" }} }} }}"#));
            steps.push(moved("subject", "read", n, "r", ""));
        }
        let measured = |n| {
            format!(
                r#"{{ "measure": {{ "label": "r{n}", "for": "1h", "from": "begin", "question": "when is it in?" }} }}"#
            )
        };
        steps.extend(streams.clone().map(measured));
        steps.extend(streams.map(|n| format!(r#"{{ "join": {{ "label": "w{n}" }} }}"#)));
        let text = format!(
            r#"{{ "title": "A link is used", "clauses": ["DATA-01"], "peer": "app", "wire": [{}]{}, "steps": [{}] }}"#,
            self.wire().join(", "),
            self.settings(),
            steps.join(", ")
        );
        load_text(&self.to_string(), &text).map(Arc::new)
    }

    fn wire(&self) -> Vec<String> {
        let mut wire = Vec::new();
        for end in ["subject", "peer"] {
            if self.rtt_ms > 0 {
                let by = self.rtt_ms * 500;
                wire.push(format!(r#"{{ "delay": {{ "to": "{end}", "by": "{by}us" }} }}"#));
            }
            if let Some(bits) = self.bits_per_second {
                let bytes = bits / 8;
                wire.push(format!(r#"{{ "rate": {{ "to": "{end}", "per_second": {bytes} }} }}"#));
            }
        }
        wire
    }

    fn settings(&self) -> String {
        self.window.map_or_else(String::new, |window| {
            let own = format!(r#"{{ "max_window": {window} }}"#);
            format!(r#", "wishes": {{ "subject": {own}, "peer": {own} }}"#)
        })
    }
}

impl fmt::Display for Transfer {
    /// Its name as a scenario: `goodput/8-streams-60-ms-100000000-bits-262144-window`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { streams, rtt_ms, bits_per_second, window, bytes: _ } = self;
        write!(f, "goodput/{streams}-streams-{rtt_ms}-ms")?;
        bits_per_second.map_or(Ok(()), |bits| write!(f, "-{bits}-bits"))?;
        window.map_or(Ok(()), |window| write!(f, "-{window}-window"))
    }
}

/// Bytes of one write, and of one read.
const WRITE: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Step, StepKind};

    #[test]
    fn every_link_is_a_scenario() {
        for (streams, rtt_ms, bits_per_second, window) in [
            (1, 0, Some(10_000_000), None),
            (8, 200, None, Some(16 << 20)),
            (8, 61, Some(8000), None),
        ] {
            let link = Transfer { streams, rtt_ms, bits_per_second, window, bytes: 16 << 20 };
            let scenario = link.scenario().unwrap();
            let is_measured = |step: &&Step| matches!(step.kind, StepKind::Measure(_));
            assert_eq!(scenario.steps.iter().filter(is_measured).count(), streams as usize);
        }
        let link = Transfer {
            streams: 1,
            rtt_ms: 20,
            bits_per_second: Some(100_000_000),
            window: None,
            bytes: 1,
        };
        assert_eq!(link.bandwidth_delay(), Some(250_000));
    }
}
