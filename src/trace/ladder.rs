//! `ladder`: calls and frames of one case in two columns, as an engineer would draw them. Pure.

use crate::time::Time;
use crate::trace::{Direction, Entry, Item};

/// One line of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// When.
    pub time: Time,
    /// Where it stands.
    pub place: LadderColumn,
    /// What happened; one line.
    pub text: String,
}

/// Where a rung stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LadderColumn {
    /// Across both columns.
    Note,
    /// At the peer: a call and how it ended.
    Peer,
    /// At the subject: a call and how it ended.
    Subject,
    /// Between them: with its sender, and an arrow to the other.
    Wire(Direction),
}

impl From<&Entry> for Rung {
    fn from(entry: &Entry) -> Self {
        let text = match entry.item {
            Item::Step(number) => format!("step {number} settled"),
            item => item.to_text().split_whitespace().collect::<Vec<_>>().join(" "),
        };
        let place = match entry.item {
            Item::Step(_) => LadderColumn::Note,
            _ => LadderColumn::Wire(entry.direction),
        };
        Self { time: entry.time, place, text }
    }
}

/// The last `max` rungs in the given order, the subject left and the peer right, under these names (subject, peer).
/// Every line ends with a line feed; rungs left out at the top are counted.
pub fn ladder(rungs: &[Rung], max: usize, names: (&str, &str)) -> String {
    let hidden = rungs.len().saturating_sub(max);
    let shown = &rungs[hidden..];
    let lines: Vec<(String, String)> = shown.iter().map(columns).collect();
    let is_of_a_column = |rung: &&Rung| rung.place != LadderColumn::Note;
    let texts = shown.iter().filter(is_of_a_column).map(columns);
    let widest = texts.map(|(left, _)| left.chars().count()).chain([names.0.chars().count()]).max();
    let column = widest.unwrap_or(0).min(MAX_COLUMN);
    let times: Vec<String> = shown.iter().map(|rung| rung.time.to_string()).collect();
    let clock = times.iter().map(String::len).max().unwrap_or(0).max("time".len());
    let mut text = row(("time", clock), (names.0, column), names.1);
    if hidden > 0 {
        text.push_str(&row(("…", clock), (&format!("{hidden} earlier"), column), ""));
    }
    for (time, (left, right)) in times.iter().zip(&lines) {
        text.push_str(&row((time, clock), (left, column), right));
    }
    text
}

/// A line of three columns, the first one to the right.
fn row((time, clock): (&str, usize), (left, column): (&str, usize), right: &str) -> String {
    let line = format!("{time:>clock$}  {left:<column$}  {right}");
    format!("{}\n", line.trim_end())
}

fn columns(rung: &Rung) -> (String, String) {
    let text: String =
        rung.text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match rung.place {
        LadderColumn::Note => (format!("-- {text}"), String::new()),
        LadderColumn::Peer => (String::new(), text),
        LadderColumn::Subject => (text, String::new()),
        LadderColumn::Wire(Direction::SubjectToPeer) => (format!("{text} >"), String::new()),
        LadderColumn::Wire(Direction::PeerToSubject) => (String::new(), format!("< {text}")),
    }
}

/// What is longer than this pushes its own line's right column aside, and no other's.
const MAX_COLUMN: usize = 200;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::frame::Flags;
    use crate::trace::samples::{Builder, TO_PEER, TO_SUBJECT};

    fn rung(seconds: u64, place: LadderColumn, text: &str) -> Rung {
        let time = Time::from_nanos(seconds * 1_000_000_000);
        Rung { time, place, text: text.to_owned() }
    }

    #[test]
    fn a_ladder_has_the_subject_left_and_the_peer_right() {
        let rungs = [
            rung(0, LadderColumn::Subject, "hidden"),
            rung(0, LadderColumn::Subject, "open s: ok"),
            rung(0, LadderColumn::Wire(TO_PEER), "window_update SYN s1 +0"),
            rung(0, LadderColumn::Wire(TO_SUBJECT), "window_update ACK s1 +0"),
            rung(0, LadderColumn::Note, "step 2 settled"),
            rung(0, LadderColumn::Peer, "close s: ok"),
            rung(300, LadderColumn::Subject, "write s: stream_reset\n\"reset\""),
        ];
        let expected = "   time  go (server)                    built-in
      …  1 earlier
  0.000  open s: ok
  0.000  window_update SYN s1 +0 >
  0.000                                 < window_update ACK s1 +0
  0.000  -- step 2 settled
  0.000                                 close s: ok
300.000  write s: stream_reset \"reset\"
";
        assert_eq!(ladder(&rungs, 6, ("go (server)", "built-in")), expected);
    }

    #[test]
    fn an_entry_becomes_a_rung_with_its_arrow() {
        let trace = Builder::default().window(TO_SUBJECT, Flags::FIN, 2, 0).step(4).build();
        let rungs: Vec<Rung> = trace.entries.iter().map(Rung::from).collect();
        assert_eq!(rungs[0].place, LadderColumn::Wire(TO_SUBJECT));
        assert_eq!(rungs[0].text, "window_update FIN s2 +0");
        assert_eq!(
            (rungs[1].place, rungs[1].text.as_str()),
            (LadderColumn::Note, "step 4 settled")
        );
    }

    #[test]
    fn an_error_text_of_any_length_fits() {
        let long = "x".repeat(100_000);
        let rungs =
            [rung(0, LadderColumn::Subject, &long), rung(0, LadderColumn::Peer, "close s: ok")];
        let text = ladder(&rungs, 6, ("subject", "peer"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].ends_with(&long));
        assert_eq!(lines[2].find("close"), Some("0.000  ".len() + MAX_COLUMN + "  ".len()));
        let names = ladder(&rungs[1..], 6, (&long, &long));
        assert!(names.lines().next().is_some_and(|heads| heads.matches(&long).count() == 2));
    }
}
