//! The text form of what a trace means, written and read back without loss. Pure.
//!
//! ```text
//! stream subject#1
//!   S>P  open
//!   S>P  bytes len=524288 crc=1a2b3c4d
//!   P>S  acked
//!   P>S  credit step=3 total=65536
//! session
//!   S>P  end code=1
//! ```

use std::fmt;
use std::str::FromStr;

use crate::trace::text::Words;
use crate::trace::{
    Canonical, Credit, Direction, FlowMeaning, Item, MeaningEvent, Meta, NumberedLine,
    SessionEvent, SessionMeaning, StreamName, TextError,
};
use crate::yamux::frame::Flags;

impl Canonical {
    /// The meaning as a file: the header lines, then every stream, then the session.
    pub fn write(&self, meta: &Meta) -> String {
        let mut text = meta.write();
        for line in self.lines() {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    /// The lines of the file after its header, without line feeds.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, stream) in &self.streams {
            lines.push(format!("stream {name}"));
            for direction in BOTH {
                lines.extend(flow_lines(direction, stream.flow(direction)));
            }
        }
        lines.push("session".to_owned());
        for direction in BOTH {
            lines.extend(session_lines(direction, self.session(direction)));
        }
        lines
    }

    /// Reads the output of `write`. `lines` are those after the header, as `Meta::read` returns them.
    pub fn read(lines: &[NumberedLine<'_>]) -> Result<Self, TextError> {
        let mut canonical = Self::default();
        let mut place = None;
        for (number, line) in lines {
            read_line(&mut canonical, &mut place, line)
                .map_err(|message| TextError::new(*number, message))?;
        }
        Ok(canonical)
    }
}

/// The part of the file that the next lines belong to.
enum TextPlace {
    Stream(StreamName),
    Session,
}

fn flow_lines(direction: Direction, flow: &FlowMeaning) -> impl Iterator<Item = String> {
    let events = flow.events.iter().map(move |event| format!("  {direction}  {event}"));
    let acked = flow.is_acked.then(|| format!("  {direction}  acked"));
    let credit = flow.credit.iter().map(move |credit| format!("  {direction}  {credit}"));
    events.chain(acked).chain(credit)
}

fn session_lines(direction: Direction, session: &SessionMeaning) -> impl Iterator<Item = String> {
    let pongs = session.pongs.iter().map(move |number| format!("  {direction}  pong {number}"));
    let unasked = (session.unasked_pongs > 0)
        .then(|| format!("  {direction}  unasked_pongs {}", session.unasked_pongs));
    let events = session.events.iter().map(move |event| format!("  {direction}  {event}"));
    pongs.chain(unasked).chain(events)
}

impl fmt::Display for MeaningEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.pad("open"),
            Self::Bytes { len, crc } => write!(f, "bytes len={len} crc={crc:08x}"),
            Self::Cut => f.pad("cut"),
            Self::Fin => f.pad("fin"),
            Self::Reset { code: 0 } => f.pad("reset"),
            Self::Reset { code } => write!(f, "reset code={code}"),
            Self::UnknownFlags(bits) => write!(f, "flags {}", Flags::from_bits(*bits)),
        }
    }
}

impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "credit step={step} total={}", self.total),
            None => write!(f, "credit end total={}", self.total),
        }
    }
}

impl fmt::Display for SessionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ping(number) => write!(f, "ping {number}"),
            Self::GoAway(code) => write!(f, "go_away code={code}"),
            Self::Irregular(header) => {
                let item = Item::Frame { header, body_len: 0, crc: 0 };
                write!(f, "frame {}", item.to_text())
            }
            Self::Garbage { len, crc } => write!(f, "garbage len={len} crc={crc:08x}"),
            Self::End(None) => f.pad("end"),
            Self::End(Some(code)) => write!(f, "end code={code}"),
        }
    }
}

fn read_line(
    canonical: &mut Canonical,
    place: &mut Option<TextPlace>,
    line: &str,
) -> Result<(), String> {
    let mut words = Words::new(line);
    let first = words.next("a line")?;
    let direction = match first {
        "stream" => {
            let name = words.next("the name of a stream")?.parse()?;
            if canonical.streams.insert(name, Default::default()).is_some() {
                return Err(format!("expected each stream once, found {name} again"));
            }
            *place = Some(TextPlace::Stream(name));
            return words.end();
        }
        "session" => {
            *place = Some(TextPlace::Session);
            return words.end();
        }
        "S>P" => Direction::SubjectToPeer,
        "P>S" => Direction::PeerToSubject,
        _ => return Err(format!("expected stream, session, S>P or P>S, found {first:?}")),
    };
    match place {
        None => return Err("expected stream or session first, found an event".to_owned()),
        Some(TextPlace::Session) => session_event(&mut words, canonical.session_mut(direction))?,
        Some(TextPlace::Stream(name)) => {
            let stream = canonical.streams.entry(*name).or_default();
            stream_event(&mut words, stream.flow_mut(direction))?;
        }
    }
    words.end()
}

fn stream_event(words: &mut Words<'_>, flow: &mut FlowMeaning) -> Result<(), String> {
    let event = match words.next(STREAM_EVENTS)? {
        "open" => MeaningEvent::Open,
        "bytes" => MeaningEvent::Bytes { len: words.number("len=")?, crc: words.crc()? },
        "cut" => MeaningEvent::Cut,
        "fin" => MeaningEvent::Fin,
        "reset" => {
            let has_code = words.is_next(|word| word.starts_with("code="));
            MeaningEvent::Reset { code: if has_code { words.number("code=")? } else { 0 } }
        }
        "flags" => {
            let flags: Flags = words.next("flags such as 0x10")?.parse()?;
            MeaningEvent::UnknownFlags(flags.unknown())
        }
        "acked" => {
            flow.is_acked = true;
            return Ok(());
        }
        "credit" => {
            let is_end = words.is_next(|word| word == "end");
            let step = if is_end {
                words.next("end")?;
                None
            } else {
                Some(words.number("step=")?)
            };
            flow.credit.push(Credit { step, total: words.number("total=")? });
            return Ok(());
        }
        word => return Err(format!("expected {STREAM_EVENTS}, found {word:?}")),
    };
    flow.events.push(event);
    Ok(())
}

fn session_event(words: &mut Words<'_>, session: &mut SessionMeaning) -> Result<(), String> {
    let event = match words.next(SESSION_EVENTS)? {
        "pong" => {
            session.pongs.push(words.number("")?);
            return Ok(());
        }
        "unasked_pongs" => {
            session.unasked_pongs = words.number("")?;
            return Ok(());
        }
        "ping" => SessionEvent::Ping(words.number("")?),
        "go_away" => SessionEvent::GoAway(words.number("code=")?),
        "frame" => match words.item()? {
            Item::Frame { header, .. } => SessionEvent::Irregular(header),
            item => return Err(format!("expected a frame, found {:?}", item.to_text())),
        },
        "garbage" => SessionEvent::Garbage { len: words.number("len=")?, crc: words.crc()? },
        "end" => {
            let has_code = words.is_next(|word| word.starts_with("code="));
            SessionEvent::End(if has_code { Some(words.number("code=")?) } else { None })
        }
        word => return Err(format!("expected {SESSION_EVENTS}, found {word:?}")),
    };
    session.events.push(event);
    Ok(())
}

impl FromStr for StreamName {
    type Err = String;

    /// Parses the output of `Display`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("expected a stream such as subject#1, peer?2 or zero, found {text:?}");
        if text == "zero" {
            return Ok(Self::Zero);
        }
        let mark = text.find(['#', '?']).ok_or_else(wrong)?;
        let by = BOTH.into_iter().find(|way| way.sender() == &text[..mark]).ok_or_else(wrong)?;
        let number = text[mark + 1..].parse().map_err(|_| wrong())?;
        let is_opened = text[mark..].starts_with('#');
        Ok(if is_opened { Self::Opened(by, number) } else { Self::Unopened(by, number) })
    }
}

const BOTH: [Direction; 2] = [Direction::SubjectToPeer, Direction::PeerToSubject];
const STREAM_EVENTS: &str = "open, bytes, cut, fin, reset, flags, acked or credit";
const SESSION_EVENTS: &str = "pong, unasked_pongs, ping, go_away, frame, garbage or end";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trace::samples::{self, Builder, TO_PEER, TO_SUBJECT};
    use crate::trace::{Clock, Form, TransportEnd, canonical};

    fn meta() -> Meta {
        let (case, target) = ("data/echo.client".to_owned(), "built-in".to_owned());
        Meta { case, target, clock: Clock::Virtual, form: Form::Canonical }
    }

    #[test]
    fn the_text_names_streams_then_the_session() {
        let trace = Builder::default()
            .window(TO_PEER, Flags::SYN, 1, 5)
            .data(TO_PEER, Flags::FIN, 1, b"hello")
            .window(TO_SUBJECT, Flags::ACK, 1, 0)
            .step(1)
            .window(TO_SUBJECT, Flags::RST, 1, 9)
            .ping(TO_PEER, Flags::SYN, 77)
            .ping(TO_SUBJECT, Flags::ACK, 77)
            .go_away(TO_PEER, 1)
            .end(TO_PEER, TransportEnd::Reset)
            .build();
        let expected = [
            "stream subject#1",
            "  S>P  open",
            "  S>P  bytes len=5 crc=3610a686",
            "  S>P  fin",
            "  S>P  credit step=1 total=5",
            "  P>S  reset code=9",
            "  P>S  acked",
            "session",
            "  S>P  ping 1",
            "  S>P  end code=1",
            "  P>S  pong 1",
        ];
        assert_eq!(canonical(&trace).lines(), expected);
    }

    #[test]
    fn an_error_names_its_line_and_what_was_expected() {
        let error =
            |line: &str| Canonical::read(&[(9, line)]).expect_err("a wrong line").to_string();
        assert_eq!(error("S>P open"), "line 9: expected stream or session first, found an event");
        assert_eq!(
            error("stream subject1"),
            "line 9: expected a stream such as subject#1, peer?2 or zero, found \"subject1\""
        );
        assert_eq!(error("open"), "line 9: expected stream, session, S>P or P>S, found \"open\"");
        let lines = [(6, "session"), (7, "S>P open")];
        let found = Canonical::read(&lines).expect_err("a wrong line").to_string();
        assert_eq!(found, format!("line 7: expected {SESSION_EVENTS}, found \"open\""));
    }

    proptest! {
        #[test]
        fn any_meaning_reads_back(trace in samples::any_trace(60)) {
            let canonical = canonical(&trace);
            let text = canonical.write(&meta());
            let (_, lines) = Meta::read(&text).expect("a header reads back");
            prop_assert_eq!(Canonical::read(&lines), Ok(canonical));
        }
    }
}
