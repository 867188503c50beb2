//! A conformance and regression harness for the yamux stream multiplexer.
#![warn(clippy::unwrap_used)]

mod analysis;
mod cli;
mod endpoint;
mod engine;
mod report;
mod runner;
mod scenario;
mod shim;
mod system;
mod trace;
mod verdict;
pub mod yamux;

/// What the program, its tests and its fuzz targets take from the harness. It changes without notice.
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
        pub use crate::verdict::{Again, CaseReport, Clock, Comparison, RunId, Verdict};
    }
    pub mod yamux {
        pub mod payload {
            pub use crate::yamux::payload::pattern;
        }
    }
}
