//! The exact text form of a trace: one entry a line, written and read back without loss. Pure.
//!
//! ```text
//!     0.000  S>P  window_update  SYN      s1    +0
//!     0.000  P>S  data           -        s1    len=65536 crc=1a2b3c4d
//!     0.000  P>S  ping           ACK      #7
//!     0.000  ---  step 3
//! ```

use std::str::{FromStr, SplitWhitespace};

use thiserror::Error;

use crate::trace::{Direction, Entry, Item, Meta, NumberedLine, Trace, TransportEnd};
use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};

/// A problem in a line of a trace file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}: {message}")]
pub struct TextError {
    /// The line, from 1.
    pub line: u32,
    /// What was expected and what was found.
    pub message: String,
}

impl TextError {
    /// A problem in that line.
    pub fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl Trace {
    /// The trace as a file: the header lines, then one line for each entry, or for each run of equal ones. The same
    /// trace gives the same bytes.
    pub fn write(&self, meta: &Meta) -> String {
        let mut text = meta.write();
        for alike in self.entries.chunk_by(|a, b| a == b) {
            text.push_str(&alike[0].line());
            if alike.len() > 1 {
                text.push_str(&format!("{TIMES}{}", alike.len()));
            }
            text.push('\n');
        }
        text
    }

    /// Reads the output of `write`. `lines` are those after the header, as `Meta::read` returns them.
    pub fn read(lines: &[NumberedLine<'_>]) -> Result<Self, TextError> {
        let mut entries = Vec::new();
        for (number, line) in lines {
            let error = |message: String| TextError::new(*number, message);
            let (line, times) = match line.rsplit_once(TIMES) {
                Some((line, times)) => (
                    line,
                    times.parse().map_err(|_| {
                        error(format!(
                            "expected a number of frames behind {TIMES:?}, found {times:?}"
                        ))
                    })?,
                ),
                None => (*line, 1),
            };
            let entry: Entry = line.parse().map_err(error)?;
            if times > MAX_ALIKE {
                return Err(error(format!("expected at most {MAX_ALIKE} frames, found {times}")));
            }
            entries.resize(entries.len() + times, entry);
        }
        Ok(Self { entries })
    }
}

impl Entry {
    /// The entry as one line, in columns, without a line feed.
    pub fn line(&self) -> String {
        let place = match self.item {
            Item::Step(_) => "---".to_owned(),
            _ => self.direction.to_string(),
        };
        format!("{:>9}  {place}  {}", self.time, self.item.to_text())
    }
}

impl FromStr for Entry {
    type Err = String;

    /// Parses the output of `line`; the direction of a step is `SubjectToPeer`.
    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = Words::new(line);
        let time = words.next("a time such as 300.000")?.parse()?;
        let place = words.next("S>P, P>S or ---")?;
        let direction = match place {
            "P>S" => Direction::PeerToSubject,
            "S>P" | "---" => Direction::SubjectToPeer,
            _ => return Err(format!("expected S>P, P>S or ---, found {place:?}")),
        };
        let item = if place == "---" { words.step()? } else { words.item()? };
        words.end()?;
        Ok(Self { time, direction, item })
    }
}

impl Item {
    /// The item in words, in columns, without time and direction.
    pub fn to_text(&self) -> String {
        match *self {
            Self::Frame { header, body_len, crc } => frame_text(&header, body_len, crc),
            Self::Garbage { len, crc } => format!("{:<13}  len={len} crc={crc:08x}", "garbage"),
            Self::End(end) => format!("{:<13}  {end}", "end"),
            Self::Step(number) => format!("step {number}"),
        }
    }
}

/// The columns of a frame: type, flags, stream, and the meaning of the length.
fn frame_text(header: &RawHeader, body_len: u32, crc: u32) -> String {
    let RawHeader { version, frame_type, flags, stream, length } = *header;
    let kind = header.lawful_type();
    let mut text = match kind {
        Some(kind) => format!("{kind:<13}  {flags:<7}  "),
        None => format!("{:<13}  version={version} type={frame_type} flags={flags} ", "raw"),
    };
    let is_of_a_stream = matches!(kind, Some(FrameType::Data | FrameType::WindowUpdate));
    if kind.is_some() && (is_of_a_stream || stream != StreamId::SESSION) {
        text.push_str(&format!("{:<4}  ", format!("s{stream}")));
    }
    text.push_str(&match kind {
        Some(FrameType::Data) => format!("len={length}"),
        Some(FrameType::WindowUpdate) => format!("+{length}"),
        Some(FrameType::Ping) => format!("#{length}"),
        Some(FrameType::GoAway) => format!("code={length}"),
        None => format!("stream={stream} length={length}"),
    });
    if body_len != whole_body(header) {
        text.push_str(&format!(" got={body_len}"));
    }
    if body_len > 0 || crc != 0 {
        text.push_str(&format!(" crc={crc:08x}"));
    }
    text
}

/// How many body bytes the recorder takes for this header, unless the transport ends.
fn whole_body(header: &RawHeader) -> u32 {
    if header.lawful_type() == Some(FrameType::Data) { header.length } else { 0 }
}

/// The unread words of a line.
pub(super) struct Words<'a> {
    rest: SplitWhitespace<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line.split_whitespace() }
    }

    pub(super) fn next(&mut self, expected: &str) -> Result<&'a str, String> {
        self.rest.next().ok_or_else(|| format!("expected {expected}, found the end of the line"))
    }

    pub(super) fn end(&mut self) -> Result<(), String> {
        match self.rest.next() {
            None => Ok(()),
            Some(word) => Err(format!("expected the end of the line, found {word:?}")),
        }
    }

    /// The number after `prefix` in the next word.
    pub(super) fn number<T: FromStr>(&mut self, prefix: &str) -> Result<T, String> {
        let expected = format!("{prefix}<number>");
        let word = self.next(&expected)?;
        let digits = word.strip_prefix(prefix).filter(|digits| !digits.starts_with('+'));
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("expected {expected}, found {word:?}"))
    }

    pub(super) fn crc(&mut self) -> Result<u32, String> {
        let word = self.next("crc=<8 hexadecimal digits>")?;
        word.strip_prefix("crc=")
            .filter(|digits| digits.len() == 8)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| format!("expected crc=<8 hexadecimal digits>, found {word:?}"))
    }

    /// Whether the next word matches; it stays the next word.
    pub(super) fn is_next(&self, begins: impl Fn(&str) -> bool) -> bool {
        self.rest.clone().next().is_some_and(begins)
    }

    fn step(&mut self) -> Result<Item, String> {
        match self.next("step")? {
            "step" => self.number("").map(Item::Step),
            word => Err(format!("expected step, found {word:?}")),
        }
    }

    pub(super) fn item(&mut self) -> Result<Item, String> {
        let word = self.next(ITEMS)?;
        let kind = match word {
            "garbage" => return Ok(Item::Garbage { len: self.number("len=")?, crc: self.crc()? }),
            "end" => return self.transport_end().map(Item::End),
            "raw" => return self.raw(),
            _ => KINDS.into_iter().find(|kind| kind.to_string() == word),
        };
        let kind = kind.ok_or_else(|| format!("expected {ITEMS}, found {word:?}"))?;
        let flags = self.next("flags such as SYN+ACK, or -")?.parse()?;
        let is_of_a_stream = matches!(kind, FrameType::Data | FrameType::WindowUpdate);
        let stream = if is_of_a_stream || self.is_next(|word| word.starts_with('s')) {
            StreamId(self.number("s")?)
        } else {
            StreamId::SESSION
        };
        let length = self.number(match kind {
            FrameType::Data => "len=",
            FrameType::WindowUpdate => "+",
            FrameType::Ping => "#",
            FrameType::GoAway => "code=",
        })?;
        self.body(RawHeader::new(kind, flags, stream, length))
    }

    fn raw(&mut self) -> Result<Item, String> {
        let version = self.number("version=")?;
        let frame_type = self.number("type=")?;
        let word = self.next("flags=<flags>")?;
        let flags: Flags = word
            .strip_prefix("flags=")
            .ok_or_else(|| format!("expected flags=<flags>, found {word:?}"))?
            .parse()?;
        let stream = StreamId(self.number("stream=")?);
        let length = self.number("length=")?;
        let header = RawHeader { version, frame_type, flags, stream, length };
        if header.lawful_type().is_some() {
            return Err(
                "expected a version other than 0 or a type above 3 in a raw header".to_owned()
            );
        }
        self.body(header)
    }

    fn body(&mut self, header: RawHeader) -> Result<Item, String> {
        let mut body_len = whole_body(&header);
        if self.is_next(|word| word.starts_with("got=")) {
            body_len = self.number("got=")?;
        }
        let crc = if body_len > 0 || self.is_next(|word| word.starts_with("crc=")) {
            self.crc()?
        } else {
            0
        };
        Ok(Item::Frame { header, body_len, crc })
    }

    fn transport_end(&mut self) -> Result<TransportEnd, String> {
        match self.next("eof or reset")? {
            "eof" => Ok(TransportEnd::Eof),
            "reset" => Ok(TransportEnd::Reset),
            word => Err(format!("expected eof or reset, found {word:?}")),
        }
    }
}

const KINDS: [FrameType; 4] =
    [FrameType::Data, FrameType::WindowUpdate, FrameType::Ping, FrameType::GoAway];
const ITEMS: &str = "data, window_update, ping, go_away, raw, garbage or end";

/// Before the number of equal entries that one line stands for: a flood is one line.
const TIMES: &str = "  x";

/// A file with a larger number is no trace of ours.
const MAX_ALIKE: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trace::{Clock, Form, samples};
    use crate::yamux::time::Time;

    fn meta() -> Meta {
        let (case, target) = ("framing/raw.client".to_owned(), "built-in".to_owned());
        Meta { case, target, clock: Clock::Virtual, form: Form::Exact }
    }

    fn entry(item: Item) -> Entry {
        Entry { time: Time::from_nanos(300_000_000_000), direction: Direction::PeerToSubject, item }
    }

    fn frame(kind: FrameType, flags: Flags, stream: u32, length: u32) -> Item {
        Item::Frame {
            header: RawHeader::new(kind, flags, StreamId(stream), length),
            body_len: 0,
            crc: 0,
        }
    }

    #[test]
    fn lines_are_in_columns() {
        let header = RawHeader::new(FrameType::Data, Flags::NONE, StreamId(1), 65536);
        let mut raw = header;
        raw.version = 7;
        let lines = [
            (frame(FrameType::WindowUpdate, Flags::SYN, 1, 0), "window_update  SYN      s1    +0"),
            (
                Item::Frame { header, body_len: 65536, crc: 0x1a2b_3c4d },
                "data           -        s1    len=65536 crc=1a2b3c4d",
            ),
            (
                Item::Frame { header, body_len: 8, crc: 1 },
                "data           -        s1    len=65536 got=8 crc=00000001",
            ),
            (frame(FrameType::Ping, Flags::ACK, 0, 7), "ping           ACK      #7"),
            (frame(FrameType::Ping, Flags::ACK, 5, 7), "ping           ACK      s5    #7"),
            (frame(FrameType::GoAway, Flags::NONE, 0, 1), "go_away        -        code=1"),
            (
                Item::Frame { header: raw, body_len: 0, crc: 0 },
                "raw            version=7 type=0 flags=- stream=1 length=65536",
            ),
            (Item::Garbage { len: 5, crc: 255 }, "garbage        len=5 crc=000000ff"),
            (Item::End(TransportEnd::Reset), "end            reset"),
        ];
        for (item, text) in lines {
            let line = format!("  300.000  P>S  {text}");
            assert_eq!(entry(item).line(), line);
            assert_eq!(line.parse(), Ok(entry(item)));
        }
        assert_eq!(entry(Item::Step(3)).line(), "  300.000  ---  step 3");
    }

    #[test]
    fn an_error_names_its_line_and_what_was_expected() {
        let error = |line: &str| {
            let text = format!("{}0.000 S>P end eof\n{line}\n", meta().write());
            let (_, lines) = Meta::read(&text).expect("a right header");
            Trace::read(&lines).expect_err("a wrong line").to_string()
        };
        assert_eq!(
            error("0.000 S>P date - s1 len=1"),
            "line 7: expected data, window_update, ping, go_away, raw, garbage or end, found \"date\""
        );
        assert_eq!(
            error("0.000 S>P"),
            format!("line 7: expected {ITEMS}, found the end of the line")
        );
        assert_eq!(
            error("0.000 P>S data - s1 len=x"),
            "line 7: expected len=<number>, found \"len=x\""
        );
        assert_eq!(error("0.000 P>S data - s1 +1"), "line 7: expected len=<number>, found \"+1\"");
        assert_eq!(
            error("0.000 P>S data - s1 len=4"),
            "line 7: expected crc=<8 hexadecimal digits>, found the end of the line"
        );
        assert_eq!(
            error("0.000 P>S ping SYN #1 #2"),
            "line 7: expected the end of the line, found \"#2\""
        );
        assert_eq!(
            error("0.000 P>S ping SIN #1"),
            "line 7: expected flags such as SYN+ACK, found \"SIN\""
        );
        assert_eq!(
            error("soon P>S end eof"),
            "line 7: expected seconds such as 300.000, found \"soon\""
        );
    }

    proptest! {
        #[test]
        fn any_trace_reads_back(trace in samples::any_trace(40)) {
            let text = trace.write(&meta());
            let (read, lines) = Meta::read(&text).expect("a header reads back");
            prop_assert_eq!(read, meta());
            prop_assert_eq!(Trace::read(&lines), Ok(trace));
        }

        #[test]
        fn no_text_makes_the_reader_panic(line in "[0-9.SPdatlen=+#<> -]{0,40}") {
            drop(line.parse::<Entry>());
        }
    }
}
