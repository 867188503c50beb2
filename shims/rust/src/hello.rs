//! `About`, and the answer to `hello` that follows from it.

use serde_json::{Value, json};

use crate::clock::can_stop;

/// What a library is, and what it lacks; it has all the rest.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The shim's name in reports.
    pub name: &'static str,
    /// The library as crates.io calls it.
    pub library: &'static str,
    /// What is linked: `env!("LIBRARY_VERSION")`.
    pub version: &'static str,
    /// What it is built with: `env!("RUST_VERSION")`.
    pub language: &'static str,
    /// What it lawfully does and the harness must know: `"buffered_writes"`, `"own_pings"`, `"polls"`.
    pub habits: &'static [&'static str],
    /// Whether it can run in lockstep: it moves only while it is polled, and has no timers but tokio's. With threads or tasks
    /// of its own it cannot.
    pub lockstep: bool,
    /// Actions and settings that it cannot have, and why.
    pub lacks: &'static [(&'static str, &'static str)],
}

impl About {
    /// Why the library lacks an action or a setting; `None` if it has it.
    pub(crate) fn lack(&self, name: &str) -> Option<&'static str> {
        self.lacks.iter().find(|(lack, _)| *lack == name).map(|(_, reason)| *reason)
    }

    /// Whether the library has a setting of this name.
    pub(crate) fn has_setting(&self, name: &str) -> bool {
        SETTINGS.contains(&name) && self.lack(name).is_none()
    }

    /// Whether it runs in lockstep here.
    pub(crate) fn can_lockstep(&self) -> bool {
        self.lockstep && can_stop()
    }

    /// What the library is and can do, as `hello` asks for it.
    pub(crate) fn hello(&self) -> Value {
        let having = |names: &[&'static str]| -> Vec<&str> {
            names.iter().copied().filter(|name| self.lack(name).is_none()).collect()
        };
        let lacks = self.lacks.iter().chain(&NO_ABILITIES);
        json!({
            "protocol": PROTOCOL,
            "implementation": {
                "name": self.name,
                "library": self.library,
                "version": self.version,
                "language": self.language,
            },
            "sides": ["client", "server"],
            "clocks": if self.can_lockstep() { vec!["live", "lockstep"] } else { vec!["live"] },
            "lockstep_pairs": self.can_lockstep(),
            "actions": having(&ACTIONS),
            "abilities": having(&ABILITIES),
            "settings": having(&SETTINGS),
            "habits": self.habits,
            "unsupported": lacks.map(|(name, reason)| json!({"name": name, "reason": reason})).collect::<Vec<_>>(),
        })
    }
}

/// The version of the protocol that is spoken here.
pub(crate) const PROTOCOL: u64 = 1;

const ACTIONS: [&str; 17] = [
    "accept",
    "cancel",
    "close",
    "close_read",
    "close_session",
    "count_streams",
    "drop",
    "forget",
    "go_away",
    "half_close",
    "open",
    "ping",
    "read",
    "reset",
    "set_deadline",
    "stats",
    "write",
];

/// What of its actions a library may have or not. The library is polled all the time: its streams wait in the shim, and so
/// would an accept that is given up.
const ABILITIES: [&str; 6] = [
    "cancel_read",
    "cancel_write",
    "stats_descriptors",
    "stats_heap",
    "stats_streams",
    "stats_tasks",
];

/// The others, which no library has here.
const NO_ABILITIES: [(&str, &str); 4] = [
    ("cancel_accept", POLLED),
    ("cancel_open", POLLED),
    ("deadline_accept", POLLED),
    ("deadline_open", POLLED),
];

const POLLED: &str = "the library gives streams out as it is polled: an open or accept that waits does so in the shim";

const SETTINGS: [&str; 11] = [
    "accept_backlog",
    "close_resets",
    "connection_write_timeout_us",
    "keep_alive_interval_us",
    "max_frame_size",
    "max_streams",
    "max_window",
    "next_stream_id",
    "socket_buffer",
    "stream_close_timeout_us",
    "stream_open_timeout_us",
];
