//! The steps of a scenario, laid out as a ladder: the subject on the left, the peer on the right.

use std::time::Duration;

use crate::scenario::{
    Actor, Expect, ExpectedResult, Origin, PingValue, RawBody, Scenario, Send, SendFrame, Step,
    StepKind, StreamRef, TimePoint, Timing, WeakerResult, WireControl,
};
use crate::yamux::frame::Flags;

/// A line for each step, with its details below.
pub(crate) fn script(scenario: &Scenario) -> String {
    let told: Vec<StepLine> = scenario.steps.iter().map(StepLine::of).collect();
    let left = told.iter().filter(|one| one.column == Whose::Subject);
    let width = left.map(|one| one.text.chars().count()).max().unwrap_or(0).clamp(7, WIDEST);
    let mut out = format!("  step  {:width$}  peer\n", "subject");
    for (index, one) in told.iter().enumerate() {
        let (number, text) = (index + 1, &one.text);
        let line = match one.column {
            Whose::Subject => format!("  {number:>4}  {text}"),
            Whose::Peer => format!("  {number:>4}  {:width$}  {text}", ""),
            Whose::Both => format!("  {number:>4}  -- {text}"),
        };
        out.push_str(line.trim_end());
        out.push('\n');
        for more in &one.more {
            out.push_str(&format!("          {more}\n"));
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Subject,
    Peer,
    Both,
}

/// A step in words.
struct StepLine {
    column: Whose,
    text: String,
    more: Vec<String>,
}

impl StepLine {
    fn of(step: &Step) -> Self {
        let (column, text, mut more) = told(&step.kind);
        if let Some(name) = &step.name {
            more.push(format!("called {name}"));
        }
        if let Some(clause) = &step.clause {
            more.push(format!("rests on {clause}"));
        }
        if step.is_optional {
            more.push("left out where the library has no such call".to_owned());
        }
        Self { column, text, more }
    }
}

fn told(kind: &StepKind) -> (Whose, String, Vec<String>) {
    match kind {
        StepKind::Call(call) => {
            let column = match call.actor {
                Actor::Subject => Whose::Subject,
                Actor::Peer => Whose::Peer,
            };
            let text = match &call.label {
                Some(label) => format!("{} [{label}] runs on", call.action),
                None => format!("{} -> {}", call.action, end(&call.result)),
            };
            (column, text, weaker(&call.result.weaker))
        }
        StepKind::Send(send) => (Whose::Peer, sent(send), Vec::new()),
        StepKind::SendBytes(bytes) => {
            (Whose::Peer, format!("sends {} bytes as they are", bytes.len()), Vec::new())
        }
        StepKind::Expect(expect) => (Whose::Peer, expected(expect), alternatives(expect)),
        StepKind::ExpectFrame(frame) => {
            let stream =
                frame.stream.as_ref().map_or_else(String::new, |label| format!(" on {label}"));
            (Whose::Peer, format!("next sees {frame}{stream}"), Vec::new())
        }
        StepKind::ExpectNone(none) => {
            let watched = match none.duration {
                Duration::ZERO => String::new(),
                duration => format!(" for {}", humantime::format_duration(duration)),
            };
            (Whose::Peer, format!("sees {}{watched}", none.event), Vec::new())
        }
        StepKind::Join(join) => {
            let text = format!("{} ends: {}", join.label, end(&join.result));
            (Whose::Both, text, weaker(&join.result.weaker))
        }
        StepKind::StillBlocked { label, duration } => {
            let duration = humantime::format_duration(*duration);
            (Whose::Both, format!("{label} is still running after {duration}"), Vec::new())
        }
        StepKind::Measure(measure) => {
            let longest = humantime::format_duration(measure.duration);
            let text = format!("how and when {} ends, within {longest}, is told", measure.label);
            (Whose::Both, text, vec![measure.question.clone()])
        }
        StepKind::Wait(duration) => {
            (Whose::Both, format!("{} pass", humantime::format_duration(*duration)), Vec::new())
        }
        StepKind::Wire(control) => (Whose::Both, changed(control), Vec::new()),
    }
}

fn end(result: &ExpectedResult) -> String {
    let mut text = match result.error {
        Some(class) => format!("error {class}"),
        None => "success".to_owned(),
    };
    if let Some(bytes) = result.bytes {
        text += &format!(", {bytes} bytes");
    }
    if let Some(streams) = result.streams {
        text += &format!(", {streams} streams");
    }
    text + &time(&result.timing)
}

fn weaker(ends: &[WeakerResult]) -> Vec<String> {
    let told = ends.iter().map(|WeakerResult { error, bytes, because }| {
        let end = error.map_or_else(|| "success".to_owned(), |class| format!("error {class}"));
        let bytes = bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes"));
        format!("or weaker: {end}{bytes}: {because}")
    });
    told.collect()
}

fn alternatives(expect: &Expect) -> Vec<String> {
    let told = expect.weaker.iter();
    told.map(|(event, because)| format!("or weaker: {event}: {because}")).collect()
}

fn expected(expect: &Expect) -> String {
    let behind = expect.behind.map_or_else(String::new, |bytes| {
        format!(", behind at most {bytes} bytes of other streams")
    });
    let times = match expect.times {
        1 => String::new(),
        times => format!("{times} x "),
    };
    let sees = if expect.is_optional { "may see" } else { "sees" };
    format!("{sees} {times}{}{behind}{}", expect.event, time(&expect.timing))
}

fn time(timing: &Timing) -> String {
    let mut text = match (&timing.not_before, &timing.within) {
        (None, None) => return String::new(),
        (Some(a), Some(b)) if a == b => format!(", at {}", point(a)),
        (Some(a), Some(b)) => format!(", from {} to {}", point(a), point(b)),
        (Some(a), None) => format!(", not before {}", point(a)),
        (None, Some(b)) => format!(", within {}", point(b)),
    };
    match timing.from {
        Origin::ThisStep => {}
        Origin::Step(index) => text += &format!(" after step {} began", index + 1),
        Origin::Session => text += " after the session began",
    }
    text
}

fn point(point: &TimePoint) -> String {
    let written = |duration: Duration| humantime::format_duration(duration).to_string();
    let Some((actor, name)) = &point.setting else { return written(point.plus) };
    let mut text = format!("the {actor}'s {name}");
    for (sign, duration) in [("+", point.plus), ("-", point.minus)] {
        if !duration.is_zero() {
            text += &format!(" {sign} {}", written(duration));
        }
    }
    text
}

fn sent(send: &Send) -> String {
    let with = |flags: Flags| if flags.is_empty() { String::new() } else { format!(" {flags}") };
    let frame = match &send.frame {
        SendFrame::BeyondWindow { stream, flags, bytes } => {
            format!("data{} {}, {bytes} bytes beyond the window", with(*flags), named(stream))
        }
        SendFrame::Data { stream, flags, bytes, length } => {
            let announced = match length == bytes {
                true => String::new(),
                false => format!(", announced as {length}"),
            };
            format!("data{} {}, {bytes} bytes{announced}", with(*flags), named(stream))
        }
        SendFrame::Rest { stream, bytes } => {
            format!("{bytes} bytes of the rest of a body, {stream}")
        }
        SendFrame::WindowUpdate { stream, flags, credit } => {
            format!("window_update{} {} +{credit}", with(*flags), named(stream))
        }
        SendFrame::Ping { flags, value: PingValue::Number(value) } => {
            format!("ping{} {value}", with(*flags))
        }
        SendFrame::Ping { flags, value: PingValue::Latest } => {
            format!("ping{} with the value of the subject's latest", with(*flags))
        }
        SendFrame::GoAway { code } => format!("go_away {code}"),
        SendFrame::Raw { version, frame_type, flags, stream, length, body } => {
            let body = match body {
                RawBody::Bytes(bytes) => bytes.len() as u64,
                RawBody::Zeros(count) => u64::from(*count),
            };
            format!(
                "a header of version {version}, type {frame_type}, flags {flags}, {}, length {length}, and {body} bytes",
                named(stream)
            )
        }
    };
    let times = if send.times == 1 { String::new() } else { format!("{} x ", send.times) };
    format!("sends {times}{frame}")
}

fn named(stream: &StreamRef) -> String {
    match stream {
        StreamRef::Label(label) => label.to_string(),
        StreamRef::WrongParity(label) => format!("{label}, with a number of the subject's"),
        StreamRef::Number { number, label: Some(label) } => format!("stream {number} ({label})"),
        StreamRef::Number { number, label: None } => format!("stream {number}"),
    }
}

fn changed(control: &WireControl) -> String {
    match control {
        WireControl::Segment(end, Some(bytes)) => {
            format!("bytes towards the {end} arrive at most {bytes} at a time")
        }
        WireControl::Segment(end, None) => format!("bytes towards the {end} arrive as they come"),
        WireControl::Stall(end) => format!("nothing arrives at the {end} any more"),
        WireControl::Resume(end) => format!("everything arrives at the {end} again"),
        WireControl::Delay { to, by, jitter } => {
            let more = match jitter.is_zero() {
                true => String::new(),
                false => format!(" and up to {} more", humantime::format_duration(*jitter)),
            };
            format!("bytes towards the {to} take {}{more}", humantime::format_duration(*by))
        }
        WireControl::Rate(end, Some(bytes)) => {
            format!("bytes towards the {end} pass at {bytes} a second")
        }
        WireControl::Rate(end, None) => format!("bytes towards the {end} pass at any rate"),
        WireControl::Buffer(end, bytes) => {
            format!("at most {bytes} bytes towards the {end} are under way")
        }
        WireControl::Pieces(end, _) => format!("bytes towards the {end} arrive in other pieces"),
        WireControl::Order(_) => "what can go on at one moment goes on in another order".to_owned(),
        WireControl::End(end) => format!("the transport towards the {end} ends"),
        WireControl::Cut(how) => format!("the transport ends for both: {how:?}").to_lowercase(),
    }
}

/// A wider column pushes the other one off the screen.
const WIDEST: usize = 60;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::scenario::load;

    #[test]
    fn a_script_reads_as_a_ladder() {
        let path = "scenarios/half-close/writer-stalls-until-the-close-timeout.json";
        let library = load(&[path.into()]).unwrap();
        let told = script(&library.scenarios[0]);
        assert!(told.starts_with("  step  subject "), "{told}");
        for line in
            ["  write s 10 x 65536 bytes [writer] runs on\n", "  read s 5 x 65536 bytes -> success"]
        {
            assert!(told.contains(line), "{told}");
        }
        assert_eq!(
            told.lines().filter(|line| !line.starts_with("          ")).count(),
            library.scenarios[0].steps.len() + 1
        );
    }

    /// Every construct of a scenario gets one line.
    #[test]
    fn every_step_of_every_scenario_has_its_line() {
        for scenario in load(&["scenarios".into()]).unwrap().scenarios {
            let told = script(&scenario);
            for number in 1..=scenario.steps.len() {
                let line = format!("\n  {number:>4}  ");
                assert_eq!(told.matches(&line).count(), 1, "{}\n{told}", scenario.id);
            }
        }
    }
}
