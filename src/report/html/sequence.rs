//! `Sequence`: the calls and frames of a case in order, as the page draws them.

use serde::Serialize;

use crate::engine::Note;
use crate::report::CaseEvidence;
use crate::runner::verdict::Clock;
use crate::trace::{Direction, LadderColumn, Rung, Trace};
use crate::yamux::time::Time;

/// Calls and frames in order, and the expected ones if they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sequence {
    #[serde(flatten)]
    observed: Rungs,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<NamedRungs>,
}

/// The sequence that it differs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct NamedRungs {
    name: String,
    #[serde(flatten)]
    rungs: Rungs,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Rungs {
    rungs: Vec<SequenceRow>,
    /// How many are left out in the middle, and after how many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<(usize, usize)>,
}

/// Time, place, text, and the number of repetitions in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct SequenceRow(String, &'static str, String, usize);

impl Sequence {
    /// The sequence of a case on that clock.
    pub fn of(clock: Clock, evidence: &CaseEvidence<'_>) -> Self {
        let expected = evidence.expected.map(|(name, trace)| NamedRungs {
            name: name.to_owned(),
            rungs: rungs(clock, trace, &[]),
        });
        Self { observed: rungs(clock, evidence.trace, evidence.notes), expected }
    }

    /// Whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.observed.rungs.is_empty()
    }
}

fn rungs(clock: Clock, trace: &Trace, notes: &[Note]) -> Rungs {
    let mut rows = Vec::new();
    let mut notes = notes.iter().peekable();
    for (index, entry) in trace.entries.iter().enumerate() {
        while let Some(note) = notes.next_if(|note| note.frames_before <= index) {
            rows.push(row(clock, &note.rung, 1));
        }
        // A flood is one row.
        let is_again = index > 0 && trace.entries[index - 1] == *entry;
        match rows.last_mut() {
            Some(SequenceRow(_, place, _, times)) if is_again && is_wire(place) => *times += 1,
            _ => rows.push(row(clock, &Rung::from(entry), 1)),
        }
    }
    rows.extend(notes.map(|note| row(clock, &note.rung, 1)));
    let gap = rows.len().checked_sub(2 * MAX_HALF).filter(|left_out| *left_out > 0);
    if let Some(left_out) = gap {
        rows.drain(MAX_HALF..MAX_HALF + left_out);
    }
    Rungs { rungs: rows, gap: gap.map(|left_out| (left_out, MAX_HALF)) }
}

fn row(clock: Clock, rung: &Rung, times: usize) -> SequenceRow {
    let time = match clock {
        Clock::Virtual => rung.time,
        // Below a microsecond real times mean nothing.
        Clock::Live => Time::from_nanos(rung.time.as_nanos() / 1000 * 1000),
    };
    SequenceRow(time.to_string(), place(rung.place), rung.text.clone(), times)
}

const fn place(place: LadderColumn) -> &'static str {
    match place {
        LadderColumn::Note => "-",
        LadderColumn::Subject => "s",
        LadderColumn::Peer => "p",
        LadderColumn::Wire(Direction::SubjectToPeer) => ">",
        LadderColumn::Wire(Direction::PeerToSubject) => "<",
    }
}

fn is_wire(place: &str) -> bool {
    matches!(place, ">" | "<")
}

/// How many rows are kept at each end of a sequence that is too long.
const MAX_HALF: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Entry;
    use crate::trace::samples::{Builder, TO_PEER, TO_SUBJECT};
    use crate::yamux::frame::Flags;

    fn of(trace: &Trace, notes: &[Note]) -> serde_json::Value {
        let evidence = CaseEvidence { trace, notes, expected: Some(("golden", trace)) };
        serde_json::to_value(Sequence::of(Clock::Virtual, &evidence)).unwrap()
    }

    #[test]
    fn calls_stand_among_the_frames_and_a_flood_is_one_row() {
        let mut trace = Builder::default().window(TO_PEER, Flags::SYN, 1, 0).build();
        let ping = Builder::default().ping(TO_SUBJECT, Flags::SYN, 7).build().entries[0];
        trace.entries.extend([Entry { time: Time::ZERO, ..ping }; 3]);
        let rung = Rung { time: Time::ZERO, place: LadderColumn::Subject, text: "open s".into() };
        let notes = [0, 4].map(|frames_before| Note { frames_before, rung: rung.clone() });
        let told = of(&trace, &notes);
        let expected = serde_json::json!([
            ["0.000", "s", "open s", 1],
            ["0.000", ">", "window_update SYN s1 +0", 1],
            ["0.000", "<", "ping SYN #7", 3],
            ["0.000", "s", "open s", 1],
        ]);
        assert_eq!(told["rungs"], expected);
        assert_eq!(told["expected"]["name"], "golden");
        assert_eq!(told["expected"]["rungs"].as_array().unwrap().len(), 2);
        assert!(told.get("gap").is_none());
    }

    #[test]
    fn of_a_long_sequence_both_ends_are_kept_and_the_gap_is_told() {
        let mut builder = Builder::default();
        for value in 0..2_500 {
            builder = builder.ping(TO_PEER, Flags::SYN, value);
        }
        let told = of(&builder.build(), &[]);
        let rows = told["rungs"].as_array().unwrap();
        assert_eq!((rows.len(), &told["gap"]), (2_000, &serde_json::json!([500, 1_000])));
        assert_eq!(rows[999][2], "ping SYN #999");
        assert_eq!(rows[1_000][2], "ping SYN #1500");
    }
}
