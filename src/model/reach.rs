//! Which clauses a session has put to the test. Pure.

use std::collections::BTreeSet;

use crate::model::{Half, Model, Stream};
use crate::scenario::Actor;
use crate::yamux::frame::INITIAL_WINDOW;

impl Model {
    /// The clauses that this end could have broken.
    pub(crate) fn reached(&self, end: Actor) -> BTreeSet<&'static str> {
        let mut reached: BTreeSet<&'static str> =
            ["FRM-01", "FRM-02", "FRM-03", "FRM-04", "FRM-05"].into();
        let other = self.end(end.other());
        reached.extend(other.violations.all_tolerated());
        reached.extend(other.violations.reaction().map(|(clause, _)| clause));
        if !other.answered.is_empty() {
            reached.extend(["PING-01", "PING-03", "PING-10"]);
        }
        if !self.end(end).answered.is_empty() {
            reached.insert("PING-13");
        }
        reached.insert(if self.is_over() { "SES-01" } else { "SES-09" });
        for (_, stream) in self.streams() {
            let (own, other) = (stream.sent_by(end), stream.sent_by(end.other()));
            reached.extend(of_sender(own));
            reached.extend(of_receiver(own, other));
            reached.extend(self.of_application(end, stream));
        }
        reached
    }

    fn of_application(&self, end: Actor, stream: &Stream) -> Vec<&'static str> {
        let label = stream.label.as_ref();
        let Some(handle) = label.and_then(|label| self.handle(end, label)) else {
            return Vec::new();
        };
        let (own, other) = (stream.sent_by(end), stream.sent_by(end.other()));
        let all = [
            ("ACC-19", handle.is_held && other.syn > 0),
            ("OPEN-27", handle.is_held && own.syn > 0),
            ("FIN-01", handle.has_closed),
            ("RST-01", handle.has_reset),
            ("FIN-10", other.fin > 0 && handle.read > 0),
            ("FIN-06", other.fin > 0 && handle.written > 0),
            ("FIN-17", other.fin > 0 && handle.is_held),
            ("RST-13", other.rst > 0 && handle.is_held),
            ("DATA-01", handle.read > 0),
        ];
        all.into_iter().filter(|(_, is_so)| *is_so).map(|(clause, _)| clause).collect()
    }
}

fn of_sender(own: &Half) -> impl Iterator<Item = &'static str> {
    let initial = u64::from(INITIAL_WINDOW);
    let all = [
        (&["OPEN-01", "OPEN-02", "SID-01", "SID-02"][..], own.syn > 0),
        (&["ACC-01", "ACC-06", "ACC-07"], own.ack > 0),
        (&["DATA-01", "FLOW-01"], own.payload > 0),
        (&["FLOW-02", "FLOW-04"], own.payload > initial),
        (&["FIN-03", "FIN-04"], own.fin > 0),
        (&["RST-10"], own.rst > 0),
    ];
    all.into_iter().filter(|(_, is_so)| *is_so).flat_map(|(clauses, _)| clauses.iter().copied())
}

fn of_receiver(own: &Half, other: &Half) -> impl Iterator<Item = &'static str> {
    let initial = u64::from(INITIAL_WINDOW);
    let all = [
        (&["FLOW-16", "FLOW-17"][..], other.allowed > initial),
        (&["FLOW-12"], other.payload >= initial),
        (&["DATA-10"], other.has_payload_after_reset),
        (&["FIN-11"], own.fin > 0 && other.fin > 0),
        (&["RST-11"], own.fin > 0 && other.rst > 0),
    ];
    all.into_iter().filter(|(_, is_so)| *is_so).flat_map(|(clauses, _)| clauses.iter().copied())
}
