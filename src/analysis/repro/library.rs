//! `Foreign`: the libraries that tests can be written for, and the names of their calls. Pure.

use crate::scenario::{Action, SettingName};

/// A library that a test is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// github.com/hashicorp/yamux, of this version.
    Hashicorp(String),
    /// github.com/libp2p/go-yamux, of this version.
    GoLibp2p(String),
    /// The crate yamux, of this version.
    RustYamux(String),
}

/// The language of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Go, with `go test`.
    Go,
    /// Rust, with `cargo test`.
    Rust,
}

impl Foreign {
    /// The bundled implementation of that name, in this version.
    pub fn named(name: &str, version: &str) -> Option<Self> {
        let version = version.to_owned();
        match name {
            "go-hashicorp" => Some(Self::Hashicorp(version)),
            "go-libp2p" => Some(Self::GoLibp2p(version)),
            "rust-yamux" => Some(Self::RustYamux(version)),
            _ => None,
        }
    }

    /// Its name on the command line.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hashicorp(_) => "go-hashicorp",
            Self::GoLibp2p(_) => "go-libp2p",
            Self::RustYamux(_) => "rust-yamux",
        }
    }

    /// Its name in the language's package manager, and its version.
    pub fn module(&self) -> (String, &str) {
        match self {
            Self::Hashicorp(version) => ("github.com/hashicorp/yamux".to_owned(), version),
            Self::GoLibp2p(version) => {
                // From the second major version on, the version is part of a Go module's name.
                let major = version.split('.').next().unwrap_or_default();
                (format!("github.com/libp2p/go-yamux/{major}"), version)
            }
            Self::RustYamux(version) => ("yamux".to_owned(), version),
        }
    }

    /// The language of its tests.
    pub const fn language(&self) -> Language {
        match self {
            Self::Hashicorp(_) | Self::GoLibp2p(_) => Language::Go,
            Self::RustYamux(_) => Language::Rust,
        }
    }

    /// Whether it pings unasked, to measure the round trip.
    pub(super) const fn pings_by_itself(&self) -> bool {
        !matches!(self, Self::Hashicorp(_))
    }

    /// Whether a write that fails says how many bytes went out.
    pub(super) const fn counts_failed_writes(&self) -> bool {
        matches!(self, Self::Hashicorp(_))
    }

    /// Why it lacks this call, if it does.
    pub(super) const fn lacks(&self, action: &Action) -> Option<&'static str> {
        match (self, action) {
            (_, Action::Drop { .. }) if matches!(self.language(), Language::Go) => {
                Some("a Go library hears nothing of a handle that is let go")
            }
            (_, Action::Cancel { .. }) => Some("a test has no call that gives up another one"),
            (_, Action::Forget { .. }) => Some("a test keeps its streams to its end"),
            (_, Action::Stats(_)) => Some("a test does not ask what a library takes up"),
            (
                _,
                Action::Open { deadline: Some(_), .. } | Action::Accept { deadline: Some(_), .. },
            ) => Some("a test has no deadline for an open or an accept"),
            (Self::Hashicorp(_) | Self::RustYamux(_), Action::CloseRead { .. }) => {
                Some("it has no call that ends reading alone")
            }
            (
                _,
                Action::Reset { code: Some(_), .. }
                | Action::GoAway { code: Some(_) }
                | Action::CloseSession { code: Some(_) },
            ) => Some("a test gives no code"),
            (Self::Hashicorp(_), Action::Reset { .. }) => Some("hashicorp/yamux has no reset"),
            (Self::GoLibp2p(_), Action::GoAway { .. }) => {
                Some("go-yamux has no call that says go away")
            }
            (Self::RustYamux(_), Action::Ping) => Some("yamux has no call that pings"),
            (Self::RustYamux(_), Action::GoAway { .. }) => {
                Some("yamux has no call that says go away")
            }
            (Self::RustYamux(_), Action::SetDeadline { .. }) => Some("yamux has no deadlines"),
            (Self::RustYamux(_), Action::CountStreams) => {
                Some("yamux does not tell how many streams it holds")
            }
            _ => None,
        }
    }

    /// Whether it has this setting.
    pub(super) const fn has(&self, setting: SettingName) -> bool {
        !matches!(
            (self, setting),
            (
                _,
                SettingName::CloseResets
                    | SettingName::MaxFrameSize
                    | SettingName::MaxStreams
                    | SettingName::NextStreamId
            ) | (Self::RustYamux(_), _)
                | (
                    Self::GoLibp2p(_),
                    SettingName::StreamCloseTimeout | SettingName::StreamOpenTimeout,
                )
        )
    }
}
