//! The lines of the shim protocol, version 1; `docs/writing-a-shim.md` describes them. Pure.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::frame::Side;
use crate::peer::{CallResult, Done, Request};
use crate::scenario::{Action, Actor, ErrorClass, ReadAmount, Scenario, Settings, StepKind};

/// The version of the protocol spoken here.
pub const PROTOCOL: u32 = 1;

/// A request without its id and session.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its `op`.
    pub name: &'static str,
    /// Its other fields.
    pub fields: Map<String, Value>,
}

impl Operation {
    /// An operation without fields.
    pub fn new(name: &'static str) -> Self {
        Self { name, fields: Map::new() }
    }

    /// The greeting, which offers the one version there is.
    pub fn hello() -> Self {
        Self::new("hello").with("protocols", vec![PROTOCOL])
    }

    /// The same with one more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The operation that carries out an application's call.
    pub const fn name_of(action: &Action) -> &'static str {
        match action {
            Action::Open { .. } => "open",
            Action::Accept { .. } => "accept",
            Action::Write { .. } => "write",
            Action::Read { .. } => "read",
            Action::HalfClose { .. } => "half_close",
            Action::Close { .. } => "close",
            Action::Reset { .. } => "reset",
            Action::Drop { .. } => "drop",
            Action::SetDeadline { .. } => "set_deadline",
            Action::Ping => "ping",
            Action::GoAway => "go_away",
            Action::CloseSession => "close_session",
            Action::CountStreams => "count_streams",
        }
    }

    /// What carries out an application's call.
    pub fn of(request: &Request) -> Self {
        let name = Self::name_of(&request.action);
        let on = |stream: &str| Self::new(name).with("stream", stream);
        match &request.action {
            Action::Open { stream }
            | Action::Accept { stream }
            | Action::HalfClose { stream }
            | Action::Close { stream }
            | Action::Reset { stream }
            | Action::Drop { stream } => on(stream),
            Action::Write { stream, bytes, times } => on(stream)
                .with("bytes", *bytes)
                .with("times", *times)
                .with("seed", request.seed)
                .with("offset", request.offset),
            Action::Read { stream, amount: ReadAmount::Exactly { bytes, times } } => {
                on(stream).with("bytes", *bytes).with("times", *times)
            }
            Action::Read { stream, amount: ReadAmount::ToEnd { chunk } } => {
                on(stream).with("to_end", true).with("chunk", *chunk)
            }
            Action::SetDeadline { stream, read, write } => {
                let mut operation = on(stream);
                for (name, deadline) in [("read_us", read), ("write_us", write)] {
                    if let Some(deadline) = deadline {
                        operation = operation.with(name, deadline.map_or(Value::Null, micros));
                    }
                }
                operation
            }
            Action::Ping | Action::GoAway | Action::CloseSession | Action::CountStreams => {
                Self::new(name)
            }
        }
    }

    /// The line, without its newline.
    pub fn line(&self, id: u64, session: Option<&str>) -> String {
        let mut object = Map::new();
        object.insert("id".to_owned(), id.into());
        object.insert("op".to_owned(), self.name.into());
        if let Some(session) = session {
            object.insert("session".to_owned(), session.into());
        }
        object.extend(self.fields.clone());
        Value::Object(object).to_string()
    }
}

/// The operation that begins a session.
pub fn session_settings(
    side: Side,
    dial: &str,
    settings: &Settings,
    socket_buffer: Option<u32>,
) -> Operation {
    let optional = |duration: Option<std::time::Duration>| duration.map_or(Value::Null, micros);
    let mut wanted = json!({
        "accept_backlog": settings.accept_backlog,
        "keep_alive_interval_us": optional(settings.keep_alive_interval),
        "connection_write_timeout_us": micros(settings.connection_write_timeout),
        "max_window": settings.max_window,
        "stream_open_timeout_us": optional(settings.stream_open_timeout),
        "stream_close_timeout_us": optional(settings.stream_close_timeout),
    });
    if settings.close_resets {
        wanted["close_resets"] = true.into();
    }
    if let Some(bytes) = socket_buffer {
        wanted["socket_buffer"] = bytes.into();
    }
    Operation::new("session")
        .with("side", side.to_string())
        .with("dial", dial)
        .with("settings", wanted)
}

fn micros(duration: std::time::Duration) -> Value {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).into()
}

/// What a shim says it is and can do.
#[derive(Clone, Debug, Deserialize)]
pub struct Capabilities {
    /// The protocol version chosen.
    pub protocol: u32,
    /// What it drives.
    pub implementation: Implementation,
    /// The sides it plays.
    pub sides: Vec<String>,
    /// The clocks it runs on.
    pub clocks: Vec<String>,
    /// Whether both ends of a connection may be its sessions at once, in lockstep.
    #[serde(default)]
    pub lockstep_pairs: bool,
    /// The operations it carries out.
    pub actions: Vec<String>,
    /// The settings it knows.
    pub settings: Vec<String>,
    /// What it cannot do, and why.
    #[serde(default)]
    pub unsupported: Vec<Missing>,
}

impl Capabilities {
    /// Reads the answer to `hello`; the error says what is wrong with it.
    pub fn read(answer: Answer) -> Result<Self, String> {
        let value = match answer {
            Answer::Ok(value) => value,
            Answer::Not(result) => return Err(format!("it refused hello: {result:?}")),
        };
        // First, because the fields of another version need not make sense in this one.
        let protocol = &value["protocol"];
        if *protocol != PROTOCOL {
            return Err(format!(
                "its hello chose protocol {protocol}, expected {PROTOCOL}, the only one offered: a shim chooses one of \"protocols\" or answers unsupported"
            ));
        }
        serde_json::from_value(value).map_err(|error| format!("its hello: {error}"))
    }

    /// Why this end of a scenario, on this side, cannot be asked of the shim, if so: what is not declared is not sent.
    pub fn lacks(&self, script: &Scenario, end: Actor, side: Side) -> Option<String> {
        if !self.sides.contains(&side.to_string()) {
            return Some(format!("it does not play the {side}"));
        }
        let calls = script.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Call(call) if call.actor == end => Some(&call.action),
            _ => None,
        });
        let actions = calls.map(Operation::name_of);
        let missing =
            actions.into_iter().find(|name| !self.actions.iter().any(|able| able == name));
        let settings = match end {
            Actor::Subject => &script.live_subject,
            Actor::Peer => &script.live_peer,
        };
        let close_resets = settings.close_resets.then_some("close_resets");
        let missing = missing.or_else(|| {
            close_resets.filter(|name| !self.settings.iter().any(|able| able == name))
        })?;
        let reason = self.unsupported.iter().find(|entry| entry.name == missing);
        Some(match reason {
            Some(entry) => entry.reason.clone(),
            None => format!("it does not declare {missing:?}"),
        })
    }
}

/// The implementation behind a shim.
#[derive(Clone, Debug, Deserialize)]
pub struct Implementation {
    /// Short name.
    pub name: String,
    /// The library.
    pub library: String,
    /// Its version.
    pub version: String,
    /// The language and its version.
    pub language: String,
}

/// Something a shim cannot do.
#[derive(Clone, Debug, Deserialize)]
pub struct Missing {
    /// The action or setting.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// A line from a shim.
#[derive(Clone, Debug)]
pub enum Line {
    /// The one answer to the request with that id.
    Answer {
        /// The request.
        id: u64,
        /// Its answer.
        answer: Answer,
    },
    /// A call has moved so many bytes and goes on.
    Progress {
        /// The request.
        of: u64,
        /// Bytes in sum.
        bytes: u64,
    },
    /// A session has ended.
    SessionEnd {
        /// Which.
        session: String,
        /// Why.
        class: ErrorClass,
        /// In the implementation's own words.
        native: String,
    },
    /// Something the implementation logged.
    Log {
        /// In which session.
        session: Option<String>,
        /// The text.
        text: String,
    },
    /// The shim has trouble of its own that belongs to no request.
    Fault(String),
    /// In lockstep: virtual time cannot pass in this case, and why.
    Stuck(String),
    /// An event this version does not know.
    Unknown,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was done; the object says what.
    Ok(Value),
    /// Anything else.
    Not(CallResult),
}

impl Answer {
    /// The answer as the end of a call.
    pub fn into_result(self) -> Result<CallResult, String> {
        match self {
            Self::Not(result) => Ok(result),
            Self::Ok(value) => {
                let ok: OkFields =
                    serde_json::from_value(value).map_err(|error| format!("its ok: {error}"))?;
                Ok(CallResult::Done(Done {
                    bytes: ok.bytes.unwrap_or(0),
                    crc: ok.crc32,
                    streams: ok.streams,
                    stream_number: ok.stream_number,
                }))
            }
        }
    }
}

/// Reads a line; the error says what is wrong with it.
pub fn parse_line(line: &str) -> Result<Line, String> {
    let parsed: LineFields = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match (parsed.id, parsed.event.as_deref()) {
        (Some(id), None) => Ok(Line::Answer { id, answer: parsed.answer()? }),
        (None, Some("progress")) => Ok(Line::Progress {
            of: parsed.of.ok_or("a progress event without \"of\"")?,
            bytes: parsed.bytes.ok_or("a progress event without \"bytes\"")?,
        }),
        (None, Some("session_end")) => Ok(Line::SessionEnd {
            session: parsed.session.ok_or("a session_end event without \"session\"")?,
            class: parsed.class.as_deref().map_or(ErrorClass::Unclassified, class_named),
            native: parsed.native.unwrap_or_default(),
        }),
        (None, Some("log")) => {
            Ok(Line::Log { session: parsed.session, text: parsed.text.unwrap_or_default() })
        }
        (None, Some("stuck")) => Ok(Line::Stuck(parsed.reason.unwrap_or_default())),
        (None, Some("fault")) => Ok(Line::Fault(parsed.message.unwrap_or_default())),
        (None, Some(_)) => Ok(Line::Unknown),
        (Some(_), Some(_)) => Err("a line with both \"id\" and \"event\"".to_owned()),
        (None, None) => Err("a line with neither \"id\" nor \"event\"".to_owned()),
    }
}

#[derive(Deserialize)]
struct LineFields {
    id: Option<u64>,
    event: Option<String>,
    ok: Option<Value>,
    err: Option<ErrFields>,
    unsupported: Option<Refusal>,
    fault: Option<Trouble>,
    of: Option<u64>,
    bytes: Option<u64>,
    session: Option<String>,
    class: Option<String>,
    native: Option<String>,
    text: Option<String>,
    message: Option<String>,
    reason: Option<String>,
}

impl LineFields {
    fn answer(self) -> Result<Answer, String> {
        match (self.ok, self.err, self.unsupported, self.fault) {
            (Some(ok), None, None, None) => Ok(Answer::Ok(ok)),
            (None, Some(err), None, None) => {
                let done =
                    Done { bytes: err.bytes.unwrap_or(0), crc: err.crc32, ..Done::default() };
                Ok(Answer::Not(CallResult::Failed {
                    class: class_named(&err.class),
                    native: err.native,
                    done,
                }))
            }
            (None, None, Some(refusal), None) => {
                Ok(Answer::Not(CallResult::Unsupported { reason: refusal.reason }))
            }
            (None, None, None, Some(trouble)) => {
                Ok(Answer::Not(CallResult::Fault { message: trouble.message }))
            }
            _ => {
                Err("an answer needs exactly one of \"ok\", \"err\", \"unsupported\" and \"fault\""
                    .to_owned())
            }
        }
    }
}

#[derive(Deserialize)]
struct OkFields {
    bytes: Option<u64>,
    crc32: Option<u32>,
    streams: Option<u32>,
    stream_number: Option<u32>,
}

#[derive(Deserialize)]
struct ErrFields {
    class: String,
    #[serde(default)]
    native: String,
    bytes: Option<u64>,
    crc32: Option<u32>,
}

#[derive(Deserialize)]
struct Refusal {
    reason: String,
}

#[derive(Deserialize)]
struct Trouble {
    message: String,
}

/// A class outside the closed list is an error nobody classified.
fn class_named(name: &str) -> ErrorClass {
    serde_json::from_value(Value::from(name)).unwrap_or(ErrorClass::Unclassified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_exactly_one_of_four() {
        assert!(parse_line(r#"{"id":1,"ok":{}}"#).is_ok());
        assert!(parse_line(r#"{"id":1}"#).is_err());
        assert!(parse_line(r#"{"id":1,"ok":{},"fault":{"message":"x"}}"#).is_err());
    }

    #[test]
    fn a_hello_may_choose_only_what_was_offered() {
        let hello = |protocol: Value| {
            let made = json!({ "name": "n", "library": "l", "version": "1", "language": "c" });
            Capabilities::read(Answer::Ok(json!({
                "protocol": protocol, "implementation": made, "sides": ["client"],
                "clocks": ["live"], "actions": [], "settings": [],
            })))
        };
        assert!(hello(1.into()).is_ok());
        for wrong in [json!(99), json!(0), json!("1"), Value::Null] {
            let error = hello(wrong.clone()).unwrap_err();
            assert!(error.contains(&format!("chose protocol {wrong}, expected 1")), "{error}");
        }
    }

    #[test]
    fn a_class_outside_the_list_is_unclassified() {
        let line = parse_line(r#"{"id":4,"err":{"class":"odd","native":"odd"}}"#).unwrap();
        let Line::Answer { answer: Answer::Not(CallResult::Failed { class, .. }), .. } = line
        else {
            panic!("expected an error, found {line:?}");
        };
        assert_eq!(class, ErrorClass::Unclassified);
    }

    #[test]
    fn a_request_is_one_line_with_its_id_first_known() {
        let line = Operation::new("ping").line(7, Some("s1"));
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value, json!({"id": 7, "op": "ping", "session": "s1"}));
        assert!(!line.contains('\n'));
    }
}
