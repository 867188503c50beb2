//! `Settings`: what a session request asks of the library.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::hello::About;

/// The settings of a session that the library has, as numbers. What is absent is the library's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, u64>);

/// Why a session cannot have its settings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The request is wrong.
    Fault(String),
    /// The library has no such thing.
    Unsupported(String),
}

impl Settings {
    /// A setting, if the session asks for it.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// Takes up what a request asks for. What asks for nothing (`null`, `false`, a timeout of 0) can be had by every
    /// library.
    pub(crate) fn parse(asked: &Map<String, Value>, about: &About) -> Result<Self, Refused> {
        let mut settings = BTreeMap::new();
        for (name, value) in asked {
            if value.is_null() || *value == Value::Bool(false) {
                continue;
            }
            if !about.has_setting(name) {
                if OFF_AT_ZERO.contains(&name.as_str()) && value.as_u64() == Some(0) {
                    continue;
                }
                let unknown = "there is no such setting";
                let reason = about.lack(name).unwrap_or(unknown);
                return Err(Refused::Unsupported(format!("setting {name:?}: {reason}")));
            }
            let number = value.as_u64().ok_or_else(|| {
                Refused::Fault(format!(
                    "setting {name:?} must be a number from 0 on, found {value}"
                ))
            })?;
            settings.insert(name.clone(), number);
        }
        Ok(Self(settings))
    }
}

/// Settings of which 0 means off.
const OFF_AT_ZERO: [&str; 3] =
    ["keep_alive_interval_us", "stream_close_timeout_us", "stream_open_timeout_us"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ABOUT: About = About {
        name: "a",
        library: "a",
        version: "1",
        language: "rust 1",
        habits: &[],
        lockstep: false,
        lacks: &[("close_resets", "no flag"), ("stream_close_timeout_us", "no timer")],
    };

    fn parse(settings: Value) -> Result<Settings, Refused> {
        Settings::parse(settings.as_object().unwrap(), &ABOUT)
    }

    #[test]
    fn a_setting_that_the_library_has_is_taken() {
        let settings = parse(json!({"max_window": 262_144, "socket_buffer": null})).unwrap();
        assert_eq!(settings.get("max_window"), Some(262_144));
        assert_eq!(settings.get("socket_buffer"), None);
    }

    #[test]
    fn what_the_library_lacks_is_unsupported_unless_it_asks_for_nothing() {
        let reason = |text: &str| Err(Refused::Unsupported(text.to_owned()));
        assert_eq!(
            parse(json!({"stream_close_timeout_us": 1})),
            reason("setting \"stream_close_timeout_us\": no timer")
        );
        assert_eq!(
            parse(json!({"close_resets": true})),
            reason("setting \"close_resets\": no flag")
        );
        assert_eq!(
            parse(json!({"colour": 0})),
            reason("setting \"colour\": there is no such setting")
        );
        let nothing = json!({"stream_close_timeout_us": 0, "close_resets": false, "colour": null});
        assert_eq!(parse(nothing), Ok(Settings::default()));
    }

    #[test]
    fn a_number_must_be_one() {
        for wrong in [json!("1"), json!(-1), json!(1.5), json!(true)] {
            assert!(matches!(parse(json!({"max_window": wrong})), Err(Refused::Fault(_))));
        }
    }
}
