//! `Request`: one line from the harness, and the settings in it.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::session::Config;
use crate::shim::serve::Reply;

/// One line from the harness. Which fields must be there depends on the operation; unknown ones are ignored.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) op: String,
    pub(crate) session: Option<String>,
    pub(crate) stream: Option<String>,
    pub(crate) side: Option<String>,
    pub(crate) dial: Option<String>,
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
    #[serde(default)]
    pub(crate) protocols: Vec<u32>,
    pub(crate) bytes: Option<u64>,
    pub(crate) times: Option<u64>,
    #[serde(default)]
    pub(crate) seed: u32,
    #[serde(default)]
    pub(crate) offset: u64,
    #[serde(default)]
    pub(crate) to_end: bool,
    pub(crate) chunk: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) read_us: Option<Option<u64>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) write_us: Option<Option<u64>>,
}

/// A field that is there, be it null; an absent one is `None` by default.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Request {
    /// Reads a line; the error says what is wrong with it.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|error| format!("not a request: {error}"))
    }

    /// The label of the stream it is about.
    pub(crate) fn stream(&self) -> Result<&str, Reply> {
        match self.stream.as_deref() {
            Some(label) if !label.is_empty() => Ok(label),
            _ => Err(Reply::Fault("the request has no \"stream\"".to_owned())),
        }
    }

    /// What the session is made with, and the size of its socket's buffers.
    pub(crate) fn config(&self) -> Result<(Config, Option<usize>), Reply> {
        // As the protocol has it: what is absent is off, or the implementation's own default.
        let mut config = Config {
            keep_alive_interval: None,
            stream_open_timeout: None,
            stream_close_timeout: None,
            ..Config::default()
        };
        let mut socket_buffer = None;
        for (name, value) in &self.settings {
            if !SETTINGS.contains(&name.as_str()) {
                if matches!(value, Value::Null | Value::Bool(false)) {
                    continue;
                }
                return Err(Reply::Unsupported(format!("there is no setting {name:?}")));
            }
            if value.is_null() {
                continue;
            }
            if name == "close_resets" {
                config.close_resets =
                    value.as_bool().ok_or_else(|| wrong(name, "true or false", value))?;
                continue;
            }
            let number = value.as_u64().ok_or_else(|| wrong(name, "a number from 0 on", value))?;
            let small = || {
                u32::try_from(number)
                    .map_err(|_| Reply::Unsupported(format!("{name} {number} is too large")))
            };
            let time = (number > 0).then_some(Duration::from_micros(number));
            match name.as_str() {
                "accept_backlog" => config.accept_backlog = small()?,
                "keep_alive_interval_us" => config.keep_alive_interval = time,
                "connection_write_timeout_us" => {
                    config.connection_write_timeout = Duration::from_micros(number);
                }
                "max_window" => config.max_window = small()?,
                "stream_open_timeout_us" => config.stream_open_timeout = time,
                "stream_close_timeout_us" => config.stream_close_timeout = time,
                _ => socket_buffer = Some(small()? as usize),
            }
        }
        if config.max_window < crate::frame::INITIAL_WINDOW {
            let reason =
                format!("max_window {} is below the initial window, 262144", config.max_window);
            return Err(Reply::Unsupported(reason));
        }
        Ok((config, socket_buffer))
    }
}

fn wrong(name: &str, expected: &str, found: &Value) -> Reply {
    Reply::Fault(format!("setting {name:?}: expected {expected}, found {found}"))
}

/// The settings a session takes; times are in microseconds.
pub(super) const SETTINGS: [&str; 8] = [
    "accept_backlog",
    "close_resets",
    "connection_write_timeout_us",
    "keep_alive_interval_us",
    "max_window",
    "socket_buffer",
    "stream_close_timeout_us",
    "stream_open_timeout_us",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn request(settings: &str) -> Request {
        Request::parse(&format!(r#"{{"id":1,"op":"session","settings":{settings}}}"#)).unwrap()
    }

    #[test]
    fn absent_timeouts_are_off_and_given_ones_are_in_microseconds() {
        let (config, _) =
            request(r#"{"stream_close_timeout_us":1500,"keep_alive_interval_us":null}"#)
                .config()
                .unwrap();
        assert_eq!(config.stream_close_timeout, Some(Duration::from_micros(1500)));
        assert_eq!((config.keep_alive_interval, config.stream_open_timeout), (None, None));
    }

    #[test]
    fn what_is_not_there_is_unsupported_and_what_is_wrong_is_a_fault() {
        assert!(matches!(request(r#"{"colour":3}"#).config(), Err(Reply::Unsupported(_))));
        assert!(matches!(request(r#"{"max_window":1000}"#).config(), Err(Reply::Unsupported(_))));
        assert!(matches!(request(r#"{"max_window":"big"}"#).config(), Err(Reply::Fault(_))));
        assert!(request(r#"{"colour":false}"#).config().is_ok());
    }

    #[test]
    fn a_null_deadline_is_there_and_an_absent_one_is_not() {
        let request = Request::parse(r#"{"id":1,"op":"set_deadline","read_us":null}"#).unwrap();
        assert_eq!((request.read_us, request.write_us), (Some(None), None));
    }
}
