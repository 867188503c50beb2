//! `ShimSettings`: the settings of a session request.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scenario::{Need, SettingName, Settings};

/// What a session is made with: only what the scenario is about. An absent setting, or one that is null, is the library's
/// own default, but keep-alive is off; times are in microseconds, sizes in bytes.
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
    /// The largest body of a data frame that is sent, in bytes; at least 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_frame_size: Option<u32>,
    /// How many streams of the peer may be open at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_streams: Option<u32>,
    /// The largest receive window of a stream, at least 262144.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_window: Option<u32>,
    /// The number of the next stream that is opened, or the first of this side above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_stream_id: Option<u32>,
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
    /// The settings that a scenario wants of a shim that has the settings `has`. Optional ones that the shim lacks are left
    /// out, whether they are a wish or something to be off.
    pub fn of(
        settings: &Settings,
        socket_buffer: Option<u32>,
        has: impl Fn(SettingName) -> bool,
    ) -> Self {
        let asks = |name| {
            settings.asked.get(&name).is_some_and(|need| {
                let is_needed = *need == Need::Needed && settings.asks_something(name);
                is_needed || has(name)
            })
        };
        let time = |name, value: Option<Duration>| asks(name).then(|| value.map_or(0, micros));
        let &Settings { keep_alive_interval, stream_close_timeout, stream_open_timeout, .. } =
            settings;
        let write_timeout = Some(settings.connection_write_timeout);
        Self {
            accept_backlog: asks(SettingName::AcceptBacklog).then_some(settings.accept_backlog),
            close_resets: asks(SettingName::CloseResets).then_some(settings.close_resets),
            connection_write_timeout_us: time(SettingName::ConnectionWriteTimeout, write_timeout),
            keep_alive_interval_us: time(SettingName::KeepAliveInterval, keep_alive_interval),
            max_frame_size: settings.max_frame_size.filter(|_| asks(SettingName::MaxFrameSize)),
            max_streams: settings.max_streams.filter(|_| asks(SettingName::MaxStreams)),
            max_window: asks(SettingName::MaxWindow).then_some(settings.max_window),
            next_stream_id: settings.next_stream_id.filter(|_| asks(SettingName::NextStreamId)),
            socket_buffer,
            stream_close_timeout_us: time(SettingName::StreamCloseTimeout, stream_close_timeout),
            stream_open_timeout_us: time(SettingName::StreamOpenTimeout, stream_open_timeout),
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

/// What the protocol calls a setting.
pub(super) fn protocol_name(name: SettingName) -> String {
    let unit = match name {
        SettingName::ConnectionWriteTimeout
        | SettingName::KeepAliveInterval
        | SettingName::StreamCloseTimeout
        | SettingName::StreamOpenTimeout => "_us",
        _ => "",
    };
    format!("{name}{unit}")
}

/// A duration in the protocol's microseconds.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
            max_streams: Some(7),
            max_frame_size: Some(4096),
            next_stream_id: Some(9),
            asked: SettingName::ALL.iter().copied().map(|name| (name, Need::Needed)).collect(),
            ..Settings::default()
        };
        let asked = ShimSettings::of(&all, Some(4096), |_| false);
        assert_eq!(asked.names(), ShimSettings::all_names());
        let named: BTreeSet<String> = SettingName::ALL.iter().copied().map(protocol_name).collect();
        let socket_buffer = BTreeSet::from(["socket_buffer".to_owned()]);
        assert_eq!(&named | &socket_buffer, ShimSettings::all_names().into_iter().collect());
    }

    #[test]
    fn only_what_is_asked_is_sent_and_what_can_be_missed_only_where_it_is_there() {
        let settings = Settings {
            keep_alive_interval: None,
            asked: [
                (SettingName::AcceptBacklog, Need::Wished),
                (SettingName::KeepAliveInterval, Need::Needed),
            ]
            .into(),
            ..Settings::default()
        };
        let none = ShimSettings::of(&settings, None, |_| false);
        assert_eq!(none, ShimSettings::default());
        let all = ShimSettings::of(&settings, None, |_| true);
        assert_eq!((all.accept_backlog, all.keep_alive_interval_us), (Some(256), Some(0)));
        assert_eq!(all.names().len(), 2);
    }
}
