//! `ShimSettings`: the settings of a session request.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scenario::Settings;

/// What a session is made with. An absent setting, or one that is null, is off or the library's own default; times are
/// in microseconds, sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ShimSettings {
    /// How many streams may wait to be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_backlog: Option<u32>,
    /// Whether a full close answers what the peer goes on writing with RST at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_resets: Option<bool>,
    /// How long the transport may stand still, and a pong be away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_write_timeout_us: Option<u64>,
    /// How often to ping; 0 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_alive_interval_us: Option<u64>,
    /// The largest receive window of a stream, at least 262144.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_window: Option<u32>,
    /// Send and receive buffer of the socket; 0 is the system's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket_buffer: Option<u32>,
    /// How long a closed stream waits for the peer's FIN before it is reset; 0 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_close_timeout_us: Option<u64>,
    /// How long an opened stream may go unacknowledged; 0 is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_open_timeout_us: Option<u64>,
    /// Settings that this version does not know.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

impl ShimSettings {
    /// What a scenario asks for.
    pub fn of(settings: &Settings, socket_buffer: Option<u32>) -> Self {
        Self {
            accept_backlog: Some(settings.accept_backlog),
            close_resets: settings.close_resets.then_some(true),
            connection_write_timeout_us: Some(micros(settings.connection_write_timeout)),
            keep_alive_interval_us: settings.keep_alive_interval.map(micros),
            max_window: Some(settings.max_window),
            socket_buffer,
            stream_close_timeout_us: settings.stream_close_timeout.map(micros),
            stream_open_timeout_us: settings.stream_open_timeout.map(micros),
            unknown: BTreeMap::new(),
        }
    }

    /// The names of the settings that ask for something.
    pub fn names(&self) -> Vec<String> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => {
                let asks = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
                fields.into_iter().filter(|(_, value)| asks(value)).map(|(name, _)| name).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The names of all settings that there are.
    pub fn all_names() -> Vec<String> {
        let schema = schemars::schema_for!(Self);
        let fields = schema.get("properties").and_then(Value::as_object);
        fields.into_iter().flat_map(|fields| fields.keys().cloned()).collect()
    }
}

/// A duration in the protocol's microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ShimSettings {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn null_is_absent_and_an_unknown_setting_is_kept() {
        let settings = read(r#"{"max_window":null,"colour":3,"shape":null}"#);
        assert_eq!(settings.max_window, None);
        assert_eq!(settings.names(), ["colour"]);
    }

    #[test]
    fn every_setting_of_a_scenario_has_its_name() {
        let all = Settings {
            close_resets: true,
            keep_alive_interval: Some(Duration::from_secs(1)),
            ..Settings::default()
        };
        assert_eq!(ShimSettings::of(&all, Some(4096)).names(), ShimSettings::all_names());
        assert_eq!(ShimSettings::all_names().len(), 8);
    }
}
