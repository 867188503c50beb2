//! Converts the settings of a session request to those of the built-in yamux.

use std::time::Duration;

use crate::scenario::Settings;
use crate::shim::protocol::{ShimAnswer, ShimSettings};
use crate::yamux::frame::INITIAL_WINDOW;

/// The settings of the session. Those that the library lacks are `unsupported`.
pub(super) fn settings(wanted: &ShimSettings) -> Result<Settings, ShimAnswer> {
    let ShimSettings {
        accept_backlog,
        close_resets,
        connection_write_timeout_us,
        keep_alive_interval_us,
        max_frame_size,
        max_streams,
        max_window,
        next_stream_id,
        socket_buffer: _,
        stream_close_timeout_us,
        stream_open_timeout_us,
        unknown: _,
    } = wanted;
    let known = ShimSettings::all_names();
    if let Some(name) = wanted.names().into_iter().find(|name| !known.contains(name)) {
        return Err(ShimAnswer::unsupported(format!("there is no setting {name:?}")));
    }
    let default = Settings::default();
    let timer = |us: &Option<u64>, default| match us {
        None => default,
        Some(0) => None,
        Some(us) => Some(Duration::from_micros(*us)),
    };
    let settings = Settings {
        accept_backlog: accept_backlog.unwrap_or(default.accept_backlog),
        keep_alive_interval: timer(keep_alive_interval_us, None),
        connection_write_timeout: connection_write_timeout_us
            .map_or(default.connection_write_timeout, Duration::from_micros),
        max_window: max_window.unwrap_or(default.max_window),
        stream_open_timeout: timer(stream_open_timeout_us, default.stream_open_timeout),
        stream_close_timeout: timer(stream_close_timeout_us, default.stream_close_timeout),
        close_resets: close_resets.unwrap_or(false),
        max_streams: *max_streams,
        max_frame_size: *max_frame_size,
        next_stream_id: *next_stream_id,
        asked: default.asked,
    };
    if settings.max_window < INITIAL_WINDOW {
        let window = settings.max_window;
        let reason = format!("max_window {window} is below the initial window, {INITIAL_WINDOW}");
        return Err(ShimAnswer::unsupported(reason));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, ShimAnswer> {
        settings(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn absent_timeouts_are_the_default_and_given_ones_are_in_microseconds() {
        let read =
            read(r#"{"stream_close_timeout_us":1500,"keep_alive_interval_us":null}"#).unwrap();
        assert_eq!(read.stream_close_timeout, Some(Duration::from_micros(1500)));
        let default = Settings::default().stream_open_timeout;
        assert_eq!((read.keep_alive_interval, read.stream_open_timeout), (None, default));
        let read =
            settings(&ShimSettings { stream_open_timeout_us: Some(0), ..ShimSettings::default() })
                .unwrap();
        assert_eq!(read.stream_open_timeout, None);
    }

    #[test]
    fn a_setting_that_cannot_be_had_is_unsupported() {
        for text in [r#"{"colour":3}"#, r#"{"max_window":1000}"#] {
            assert!(matches!(read(text), Err(ShimAnswer::Unsupported(_))), "{text}");
        }
        assert!(read(r#"{"colour":false}"#).is_ok());
    }
}
