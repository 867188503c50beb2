//! Stories as the text of scenario files. Pure.

use crate::analysis::story::Story;
use crate::analysis::story::steps::verb;
use crate::analysis::story::turn::span;
use crate::scenario::{
    Action, Actor, Call, Label, PeerKind, PingValue, RawBody, ReadAmount, SendFrame, Step,
    StepKind, StreamRef, WireControl,
};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, GoAwayCode};

/// The line that makes the model the judge of a scenario.
pub(super) const JUDGE: &str = "  \"judge\": \"model\",\n";

/// What a scenario says about a story.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoryHead<'a> {
    /// One sentence without a full stop.
    pub(crate) title: &'a str,
    /// Where it comes from.
    pub(crate) note: Option<&'a str>,
    /// The clauses that it tests; at least one.
    pub(crate) clauses: &'a [&'a str],
}

impl Story {
    /// The text of a scenario file that plays it, with one line for each step.
    pub(crate) fn scenario(&self, head: &StoryHead<'_>) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut text = "{\n  \"$schema\": \"../../schema/scenario.schema.json\",\n".to_owned();
        text += &format!("  \"title\": {},\n", quoted(head.title));
        if let Some(note) = head.note {
            text += &format!("  \"note\": {},\n", quoted(note));
        }
        let clauses: Vec<String> = head.clauses.iter().map(|clause| quoted(clause)).collect();
        text += &format!("  \"clauses\": [{}],\n", clauses.join(", "));
        text += JUDGE;
        if let Some(side) = self.side {
            text += &format!("  \"sides\": [\"{side}\"],\n");
        }
        let peer = if self.peer == PeerKind::App { "app" } else { "wire" };
        text += &format!("  \"peer\": \"{peer}\",\n");
        if !self.settings.is_empty() {
            text += &format!("  \"settings\": {{ {} }},\n", self.settings_json());
        }
        let steps: Vec<String> = self.steps().iter().map(step_json).collect();
        text + &format!("  \"steps\": [\n    {}\n  ]\n}}\n", steps.join(",\n    "))
    }

    fn settings_json(&self) -> String {
        let of = |actor| {
            let own = self.settings.iter().filter(move |(of, _)| *of == actor);
            let own = own.map(|(_, setting)| format!("\"{}\": {}", setting.name(), setting.json()));
            let own: Vec<String> = own.collect();
            (!own.is_empty()).then(|| format!("\"{actor}\": {{ {} }}", own.join(", ")))
        };
        let ends = [Actor::Subject, Actor::Peer].into_iter().filter_map(of);
        ends.collect::<Vec<_>>().join(", ")
    }
}

/// A step of a story as JSON. The kinds of steps, calls and frames that panic here are in no story.
fn step_json(step: &Step) -> String {
    match &step.kind {
        StepKind::Call(call) => {
            let optional = if step.is_optional { ", \"if_supported\": true" } else { "" };
            format!("{{ \"{}\": {{ {} }}{optional} }}", call.actor, call_json(call))
        }
        StepKind::Send(send) => {
            format!("{{ \"peer\": {{ \"send\": {{ {} }} }} }}", frame_json(&send.frame))
        }
        StepKind::Wire(control) => format!("{{ \"wire\": {{ {} }} }}", wire_json(control)),
        StepKind::Wait(time) => format!("{{ \"wait\": \"{}\" }}", span(*time)),
        other => unreachable!("no turn has such a step: {other:?}"),
    }
}

fn call_json(call: &Call) -> String {
    let (verb, stream) = (verb(&call.action), call.action.stream());
    let stream = stream.map(|stream| format!("\"stream\": \"{stream}\""));
    let time = |time: &Option<std::time::Duration>| {
        time.map_or_else(|| "none".to_owned(), |time| span(time).to_string())
    };
    let more = match &call.action {
        Action::Write { bytes, .. }
        | Action::Read { amount: ReadAmount::Exactly { bytes, .. }, .. } => {
            vec![format!("\"bytes\": {bytes}")]
        }
        Action::Read { .. } => vec!["\"to_end\": true".to_owned()],
        Action::SetDeadline { read, write, .. } => {
            let given = [("read", read), ("write", write)].into_iter();
            let given = given.filter_map(|(key, value)| Some((key, value.as_ref()?)));
            given.map(|(key, value)| format!("\"{key}\": \"{}\"", time(value))).collect()
        }
        Action::Cancel { label } => vec![format!("\"label\": \"{label}\"")],
        _ => Vec::new(),
    };
    let label = call.label.as_ref().map(|label| format!("\"label\": \"{label}\""));
    let parts: Vec<String> = stream.into_iter().chain(more).chain(label).collect();
    format!("\"{verb}\": {{ {} }}", parts.join(", "))
}

fn frame_json(frame: &SendFrame) -> String {
    match frame {
        SendFrame::BeyondWindow { stream, flags, bytes } => {
            format!("\"data\": {}, \"beyond_window\": {bytes}{}", on(stream), with(*flags))
        }
        SendFrame::Data { stream, flags, bytes, .. } => {
            format!("\"data\": {}, \"bytes\": {bytes}{}", on(stream), with(*flags))
        }
        SendFrame::WindowUpdate { stream, flags, credit } => {
            let credit =
                if *credit == 0 { String::new() } else { format!(", \"credit\": {credit}") };
            format!("\"window_update\": {}{}{credit}", on(stream), with(*flags))
        }
        SendFrame::Ping { flags, value } => match (value, flags.contains(Flags::ACK)) {
            (PingValue::Number(value), false) => format!("\"ping\": {value}"),
            (PingValue::Number(value), true) => {
                format!("\"ping\": {{ \"value\": {value}, \"answer\": true }}")
            }
            (PingValue::Latest, answer) => {
                format!("\"ping\": {{ \"value\": \"latest\", \"answer\": {answer} }}")
            }
        },
        SendFrame::GoAway { code: GoAwayCode::Other(code) } => format!("\"go_away\": {code}"),
        SendFrame::GoAway { code } => format!("\"go_away\": \"{code}\""),
        SendFrame::Raw { version, frame_type, flags, stream, length, body } => {
            let body = match body {
                RawBody::Zeros(0) => String::new(),
                RawBody::Zeros(bytes) => format!(", \"body_bytes\": {bytes}"),
                RawBody::Bytes(_) => unreachable!("no turn spells bytes out"),
            };
            let (stream, flags) = (on(stream), with(*flags));
            format!(
                "\"raw\": {{ \"version\": {version}, \"type\": {frame_type}{flags}, \"stream\": {stream}, \"length\": {length}{body} }}"
            )
        }
        SendFrame::Rest { .. } => unreachable!("no turn cuts a body short"),
    }
}

/// The stream of a frame: a label, with the rule for its number if it has one, or a number.
fn on(stream: &StreamRef) -> String {
    let quoted = |label: &Label| format!("\"{label}\"");
    match stream {
        StreamRef::Label(label) => quoted(label),
        StreamRef::WrongParity(label) => format!("{}, \"id\": \"wrong_parity\"", quoted(label)),
        StreamRef::Number { number, .. } => number.to_string(),
    }
}

fn with(flags: Flags) -> String {
    let names =
        [(Flags::SYN, "SYN"), (Flags::ACK, "ACK"), (Flags::FIN, "FIN"), (Flags::RST, "RST")];
    let named = names.into_iter().filter(|(flag, _)| flags.contains(*flag));
    let mut flags_json: Vec<String> = named.map(|(_, name)| format!("\"{name}\"")).collect();
    flags_json.extend((flags.unknown() != 0).then(|| flags.unknown().to_string()));
    if flags_json.is_empty() {
        String::new()
    } else {
        format!(", \"flags\": [{}]", flags_json.join(", "))
    }
}

fn wire_json(control: &WireControl) -> String {
    let limit = |n: Option<u32>| n.map_or_else(|| "\"off\"".to_owned(), |n| n.to_string());
    match control {
        WireControl::Segment(to, n) => {
            format!("\"segment\": {{ \"to\": \"{to}\", \"bytes\": {} }}", limit(*n))
        }
        WireControl::Stall(to) => format!("\"stall\": {{ \"to\": \"{to}\" }}"),
        WireControl::Resume(to) => format!("\"resume\": {{ \"to\": \"{to}\" }}"),
        WireControl::Delay { to, by, jitter } => {
            let by = format!("\"to\": \"{to}\", \"by\": \"{}\"", span(*by));
            if jitter.is_zero() {
                format!("\"delay\": {{ {by} }}")
            } else {
                format!("\"delay\": {{ {by}, \"jitter\": \"{}\" }}", span(*jitter))
            }
        }
        WireControl::Rate(to, n) => {
            format!("\"rate\": {{ \"to\": \"{to}\", \"per_second\": {} }}", limit(*n))
        }
        WireControl::Buffer(to, n) => format!("\"buffer\": {{ \"to\": \"{to}\", \"bytes\": {n} }}"),
        WireControl::End(to) => format!("\"end\": {{ \"to\": \"{to}\" }}"),
        WireControl::Cut(TransportEnd::Eof) => "\"cut\": \"eof\"".to_owned(),
        WireControl::Cut(TransportEnd::Reset) => "\"cut\": \"reset\"".to_owned(),
        WireControl::Pieces(..) | WireControl::Order(_) => {
            unreachable!("scenarios cannot set it")
        }
    }
}
