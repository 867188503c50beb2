//! `ladder`: calls and frames of one case in two columns, as an engineer would draw them. Pure.

use std::borrow::Cow;

use textwrap::core::display_width;
use textwrap::{Options, WordSplitter};

use crate::trace::{Direction, Entry, Item};
use crate::yamux::time::Time;

/// One line of a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Its time.
    pub time: Time,
    /// Its place.
    pub place: LadderColumn,
    /// The event; one line.
    pub text: String,
}

/// The place of a rung.
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

/// The last `max` rungs in the given order, the subject left and the peer right, under these names (subject, peer), in lines
/// of at most `width` columns. Text longer than its lane continues below, and is cut after a few lines. Every line ends with
/// a line feed; rungs left out at the top are counted.
pub(crate) fn ladder(rungs: &[Rung], max: usize, names: (&str, &str), width: usize) -> String {
    let rungs = folded(rungs);
    let hidden = rungs.len().saturating_sub(max);
    let shown = &rungs[hidden..];
    let lines: Vec<(String, String)> = shown.iter().map(columns).collect();
    let times: Vec<String> = shown.iter().map(|rung| rung.time.to_string()).collect();
    let clock = times.iter().map(String::len).max().unwrap_or(0).max("time".len());
    let lanes = LaneWidths::new(shown, &lines, names, width.saturating_sub(clock + GAP.len()));
    let mut text = lanes.rung(("time", clock), names.0, names.1);
    if hidden > 0 {
        text.push_str(&lanes.note(("…", clock), &format!("{hidden} earlier")));
    }
    for ((rung, time), (left, right)) in shown.iter().zip(&times).zip(&lines) {
        text.push_str(&match rung.place {
            LadderColumn::Note => lanes.note((time, clock), left),
            _ => lanes.rung((time, clock), left, right),
        });
    }
    text
}

/// Merges repetitions with nothing in between into one rung, at its first time.
fn folded(rungs: &[Rung]) -> Vec<Rung> {
    let same = |one: &Rung, other: &Rung| one.place == other.place && one.text == other.text;
    rungs
        .chunk_by(same)
        .map(|run| match run {
            [rung] => rung.clone(),
            _ => Rung { text: format!("{} ({} times)", run[0].text, run.len()), ..run[0].clone() },
        })
        .collect()
}

/// How wide both lanes are.
struct LaneWidths {
    left: usize,
    right: usize,
    both: usize,
}

impl LaneWidths {
    /// Each as wide as its longest text, if both fit `both` columns; else the one that fits its half is, and the other gets
    /// the rest.
    fn new(shown: &[Rung], lines: &[(String, String)], names: (&str, &str), both: usize) -> Self {
        let of_a_lane =
            shown.iter().zip(lines).filter(|(rung, _)| rung.place != LadderColumn::Note);
        let (mut left, mut right) = (display_width(names.0), display_width(names.1));
        for (_, (one, other)) in of_a_lane {
            left = left.max(display_width(one));
            right = right.max(display_width(other));
        }
        let room = both.saturating_sub(GAP.len()).max(2 * LEAST_LANE);
        let half = room / 2;
        if left.saturating_add(right) > room {
            (left, right) = match (left <= half, right <= half) {
                (true, _) => (left, room - left),
                (_, true) => (room - right, right),
                _ => (half, room - half),
            };
        }
        Self { left, right, both: both.max(2 * LEAST_LANE) }
    }

    fn rung(&self, time: (&str, usize), left: &str, right: &str) -> String {
        let (left, right) = (in_lane(left, self.left), in_lane(right, self.right));
        let mut text = String::new();
        for index in 0..left.len().max(right.len()).max(1) {
            let time = if index == 0 { time } else { ("", time.1) };
            let at = |lane: &[String]| lane.get(index).cloned().unwrap_or_default();
            text.push_str(&row(time, (&at(&left), self.left), &at(&right)));
        }
        text
    }

    fn note(&self, time: (&str, usize), text: &str) -> String {
        let lines = in_lane(text, self.both);
        let rows = lines
            .iter()
            .enumerate()
            .map(|(index, line)| row(if index == 0 { time } else { ("", time.1) }, (line, 0), ""));
        rows.collect()
    }
}

/// `text` in lines of a lane; a word longer than a line is cut, and so are too many lines.
fn in_lane(text: &str, lane: usize) -> Vec<String> {
    if display_width(text) <= lane {
        return vec![text.to_owned()];
    }
    let options = Options::new(lane)
        .subsequent_indent(HANG)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let words: Vec<_> = text.split(' ').map(|word| cut(word, lane - HANG.len())).collect();
    let words = words.join(" ");
    let mut lines: Vec<String> = textwrap::wrap(&words, options)
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect();
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        let last = lines.pop().unwrap_or_default();
        lines.push(format!("{}…", cut(&last, lane - 1).trim_end_matches('…')));
    }
    lines
}

/// The beginning of a longer word, with `…` at its end.
fn cut(word: &str, columns: usize) -> Cow<'_, str> {
    if display_width(word) <= columns {
        return Cow::Borrowed(word);
    }
    let mut width = 1;
    let fits = |letter: &char| {
        width += display_width(letter.encode_utf8(&mut [0; 4]));
        width <= columns
    };
    Cow::Owned(word.chars().take_while(fits).chain(['…']).collect())
}

/// A line of three columns, the first one to the right.
fn row((time, clock): (&str, usize), (left, column): (&str, usize), right: &str) -> String {
    let gap = " ".repeat(column.saturating_sub(display_width(left)).min(MAX_GAP));
    let line = format!("{time:>clock$}{GAP}{left}{gap}{GAP}{right}");
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

/// Between columns.
const GAP: &str = "  ";
/// Before the continuation lines of a text.
const HANG: &str = "  ";
/// In fewer columns a call is unreadable.
const LEAST_LANE: usize = 12;
/// How many lines a text may take.
const MAX_LINES: usize = 4;
/// A longer gap shifts the right column of its own line.
const MAX_GAP: usize = 200;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::trace::samples::{Builder, TO_PEER, TO_SUBJECT};
    use crate::yamux::frame::Flags;

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
        assert_eq!(ladder(&rungs, 6, ("go (server)", "built-in"), 80), expected);
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
    fn in_a_narrow_ladder_each_lane_is_wrapped_by_itself() {
        let rungs = [
            rung(
                0,
                LadderColumn::Subject,
                "write s 10 x 65536 bytes [writer] -> error stream_reset",
            ),
            rung(0, LadderColumn::Wire(TO_SUBJECT), "window_update FIN s1 +0"),
            rung(
                0,
                LadderColumn::Note,
                "a note may use the room of both lanes, and no more than that",
            ),
        ];
        let expected = " time  subject               peer
0.000  write s 10 x 65536
         bytes [writer] ->
         error stream_reset
0.000                        < window_update FIN
                               s1 +0
0.000  -- a note may use the room of both lanes,
         and no more than that
";
        assert_eq!(ladder(&rungs, 6, ("subject", "peer"), 50), expected);
    }

    #[test]
    fn what_is_the_same_again_and_again_is_counted() {
        let credit = rung(1, LadderColumn::Wire(TO_SUBJECT), "window_update - s1 +1");
        let mut rungs = vec![credit; 100_000];
        rungs.push(rung(2, LadderColumn::Subject, "close"));
        let expected = " time  subject  peer
1.000           < window_update - s1 +1 (100000 times)
2.000  close
";
        assert_eq!(ladder(&rungs, 40, ("subject", "peer"), 80), expected);
    }

    #[test]
    fn an_error_text_of_any_length_is_cut() {
        let long = "x".repeat(100_000);
        let words = "word ".repeat(1000);
        let rungs = [
            rung(0, LadderColumn::Subject, &long),
            rung(0, LadderColumn::Peer, &words),
            rung(0, LadderColumn::Note, &words),
        ];
        for width in [40, 80, 120] {
            let text = ladder(&rungs, 6, (&long, "peer"), width);
            assert!(text.lines().all(|line| display_width(line) <= width), "{text}");
            assert!(text.contains("xxx…") && text.lines().count() < 16, "{text}");
        }
        assert!(ladder(&rungs, 6, ("subject", "peer"), usize::MAX).contains(&long));
    }
}
