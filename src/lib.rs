//! A conformance and regression harness for the yamux stream multiplexer, and the yamux that it tests others against.
//!
//! The [README](https://github.com/yamux-conform/yamux-conform#readme) documents the program. As a library, this crate
//! is a yamux: [`yamux::session`] is the protocol as a state machine without IO or clock; [`yamux::driver`] runs it on
//! a tokio transport, where each stream is `AsyncRead + AsyncWrite`; [`yamux::frame`] has headers, flags and a decoder.
//!
//! ```
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use yamux_conform::yamux::driver::connect;
//! use yamux_conform::yamux::frame::Side;
//! use yamux_conform::yamux::session::Config;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (here, there) = tokio::io::duplex(4096);
//! let (client, client_driver) = connect(here, Side::Client, Config::default());
//! let (server, server_driver) = connect(there, Side::Server, Config::default());
//! tokio::spawn(client_driver);
//! tokio::spawn(server_driver);
//!
//! // The server echoes what it reads, and closes its half after the client has closed its own.
//! tokio::spawn(async move {
//!     let stream = server.accept().await?;
//!     let (mut reader, mut writer) = tokio::io::split(stream);
//!     tokio::io::copy(&mut reader, &mut writer).await?;
//!     writer.shutdown().await
//! });
//!
//! let mut stream = client.open().await?;
//! stream.write_all(b"hello").await?;
//! stream.half_close()?;
//! let mut echo = Vec::new();
//! stream.read_to_end(&mut echo).await?;
//! assert_eq!(echo, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! Only [`yamux`] is public API, versioned by Cargo's SemVer rules; all else is the program. It builds on Unix only.
#![warn(clippy::unwrap_used)]

#[cfg(not(unix))]
compile_error!(
    "yamux-conform builds on Unix only: it starts process groups and opens files without waiting"
);

mod analysis;
mod cli;
mod endpoint;
mod engine;
mod model;
mod report;
mod runner;
mod scenario;
mod shim;
mod system;
mod trace;
pub mod yamux;

/// The parts of the harness that the program, its tests and its fuzz targets use. They change without notice.
#[doc(hidden)]
pub mod harness {
    pub mod analysis {
        pub use crate::analysis::fuzzing;
        pub mod compare {
            pub use crate::analysis::compare::{ChangeKind, CompareRecord};
        }
        pub mod coverage {
            pub use crate::analysis::coverage::{
                Coverage, UpstreamTests, clauses_page, upstream_page,
            };
        }
        pub mod explore {
            pub use crate::analysis::explore::found_by_stories;
        }
        pub mod interop {
            pub use crate::analysis::interop::{InteropRecord, PairRecord};
        }
        pub mod strength {
            pub use crate::analysis::strength::{
                Assessment, Exceptions, Extent, Survey, behind, markdown, text,
            };
        }
    }
    pub mod cli {
        pub use crate::cli::{Cli, SchemaName};
    }
    pub mod endpoint {
        pub use crate::endpoint::{
            BuiltInEndpoint, CallId, CallResult, Done, Habit, Request, WireEndpoint,
        };
        pub mod mutant {
            pub use crate::endpoint::mutant::{
                Mutant, Tamper, Tampered, WholeFrame, all, dying, impostors,
            };
        }
    }
    pub mod engine {
        pub use crate::engine::{CaseSetup, ClockRules, Death, Outcome, SubjectRules};
    }
    pub mod report {
        pub use crate::report::{
            CaseFinished, ComparisonRecord, FailureRecord, HtmlCase, HtmlColumn, HtmlHead,
            HtmlPage, Record, Reporter, RunEvent, RunFinished, RunStarted, SuiteRecord, TargetInfo,
            VerdictRecord, body, headline,
        };
    }
    pub mod runner {
        pub use crate::runner::{
            Audience, Case, CaseRun, How, InterruptHandle, Options, Plan, PlannedTarget, Plays,
            inquire, run, virtual_time,
        };
        pub mod golden {
            pub use crate::runner::golden::{Golden, load};
        }
        pub mod known {
            pub use crate::runner::known::Known;
        }
    }
    pub mod scenario {
        pub use crate::scenario::{
            Action, Actor, Amount, Call, CaseId, Clauses, Clocks, Dialect, ErrorClass, Expect,
            ExpectFrame, ExpectNone, ExpectedEvent, ExpectedResult, ForbiddenEvent, Join, Label,
            Level, Library, Need, Origin, PeerKind, PingValue, Problem, RawBody, ReadAmount,
            Scenario, Send, SendFrame, SettingName, Settings, StepKind, StreamRef, TimePoint,
            TimeoutName, Timing, Variation, WeakerResult, WireControl, load,
        };
    }
    pub mod shim {
        pub mod check {
            pub use crate::shim::check::{CheckFormat, CheckLine, CheckResult, Conclusion, check};
        }
        pub mod init {
            pub use crate::shim::init::Skeleton;
        }
        pub mod protocol {
            pub use crate::shim::protocol::{
                Capabilities, Operation, OperationName, ShimAnswer, ShimEvent, ShimLine, ShimReply,
                ShimRequest, ShimSettings, Stepped,
            };
        }
        pub mod target {
            pub use crate::shim::target::{Edition, Target, prepare};
        }
    }
    pub mod system {
        pub mod suite {
            pub use crate::system::suite::HASH;
        }
    }
    pub mod trace {
        pub use crate::trace::{Direction, Item, Meta, Trace, TransportEnd};
    }
    pub mod verdict {
        pub use crate::runner::verdict::{Again, CaseReport, Clock, Comparison, RunId, Verdict};
    }
    pub mod yamux {
        pub mod payload {
            pub use crate::yamux::payload::Pattern;
        }
    }
}
