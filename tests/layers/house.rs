//! The modules of the library, what each may use, and which names may be in two files.

/// The folders that only hold modules, and are none themselves.
pub(super) const GROUPS: [&str; 3] = ["yamux", "system", "analysis"];

/// A module of the library, with what it may use.
pub(super) struct Room {
    /// Its folder or file below `src`. The last part is what `uses` calls it.
    pub(super) path: &'static str,
    /// Whether it does IO, as the page on the architecture says it.
    pub(super) kind: &'static str,
    /// The modules it uses, and no others; all of them stand above it.
    pub(super) uses: &'static str,
    /// What lives there.
    pub(super) holds: &'static str,
}

impl Room {
    /// What other modules call it: the last part of its path.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

const fn room(
    path: &'static str,
    kind: &'static str,
    uses: &'static str,
    holds: &'static str,
) -> Room {
    Room { path, kind, uses, holds }
}

/// The modules from the ground floor up. `docs/architecture.md` shows them as a table.
pub(super) const HOUSE: [Room; 33] = [
    room("yamux/time", "pure", "", "`Time`: how long since the case began"),
    room(
        "yamux/frame",
        "pure",
        "",
        "headers, flags, stream numbers, the incremental decoder; any twelve bytes are a `RawHeader`",
    ),
    room("yamux/payload", "pure", "", "the pattern every payload follows"),
    room(
        "yamux/session",
        "pure",
        "time frame payload",
        "the built-in yamux: input `handle_*`, commands as verbs, output `poll_*`",
    ),
    room("yamux/driver", "IO", "time frame payload session", "a `Session` on a tokio socket"),
    room("trace", "pure", "time frame", "recorder, text form, canonical form, differences"),
    room(
        "report/capture",
        "cases in, bytes out",
        "time frame payload trace",
        "traces as captures for Wireshark: the TCP around the frames, and the payload",
    ),
    room(
        "system/sink",
        "IO",
        "",
        "what leaves: lines for people, JSON lines, workflow commands, report files; text of others made harmless",
    ),
    room(
        "system/input",
        "IO",
        "",
        "reads every input file: bounded, without waiting, and only regular files",
    ),
    room(
        "scenario",
        "pure but `load`",
        "frame trace sink input",
        "the file as written, the checked `Scenario`, clauses, schema",
    ),
    room(
        "runner/golden",
        "IO",
        "time frame trace sink input",
        "blessed traces: load, compare, bless, orphans",
    ),
    room("runner/known", "IO", "frame trace sink scenario", "ledgers of known deviations"),
    room(
        "endpoint",
        "pure",
        "time frame payload session trace scenario",
        "trait `Endpoint`; `BuiltInEndpoint`, `WireEndpoint`; `AskedEndpoint`, which puts the harness's pings between frames",
    ),
    room(
        "endpoint/mutant",
        "pure",
        "time frame payload trace scenario endpoint",
        "mutants: peers that are wrong in exactly one way; impostors: right in nothing",
    ),
    room("system/child", "IO", "", "processes that are started here: their groups, stderr and end"),
    room(
        "shim",
        "pure `protocol`, else IO",
        "time frame payload session driver trace sink scenario endpoint child",
        "the protocol; shims as processes, and their sessions as ends (`LiveEndpoint`, `LockstepEndpoint`); the built-in yamux as a shim (`serve`); whether another shim keeps the protocol (`check`); shims to begin with (`init`)",
    ),
    room(
        "system/suite",
        "IO",
        "sink input",
        "scenarios with what belongs to them: those of a folder, or those packed into this program",
    ),
    room(
        "shim/target",
        "IO",
        "sink input scenario child suite",
        "what a name on the command line stands for; builds its shim",
    ),
    room(
        "model",
        "pure",
        "time frame scenario",
        "what a session may, must and must not do next, clause by clause",
    ),
    room(
        "engine",
        "pure",
        "time frame payload trace scenario endpoint model",
        "carries out one case",
    ),
    room(
        "analysis/story",
        "pure",
        "frame trace scenario model",
        "sequences of what two ends do, drawn or enumerated, as scenarios that the model judges; made small again",
    ),
    room(
        "analysis/fuzzing",
        "bytes in, nothing out",
        "time frame payload session scenario golden known shim",
        "what cargo-fuzz drives: each target takes any bytes, and panics where a rule is broken",
    ),
    room(
        "analysis/profile",
        "pure",
        "time frame trace scenario engine",
        "what implementations do where yamux leaves them free, read off the traces of probes",
    ),
    room(
        "analysis/repro",
        "pure",
        "frame trace scenario",
        "a case as a test of a library alone, in Go or Rust",
    ),
    room(
        "runner/verdict",
        "pure",
        "time trace sink scenario target engine",
        "what an outcome means; exit codes",
    ),
    room(
        "report",
        "events in, text out",
        "time frame trace capture sink scenario target engine verdict",
        "one file per format",
    ),
    room(
        "analysis/compare",
        "pure",
        "frame trace sink verdict report",
        "two releases: what changed from one to the other, and in which clauses",
    ),
    room(
        "runner",
        "IO",
        "time frame trace sink scenario golden known endpoint shim target model engine verdict report",
        "plan, both clocks, shim processes, judging",
    ),
    room(
        "analysis/strength",
        "IO",
        "time frame scenario endpoint mutant engine runner",
        "which wrong peers the scenarios catch; what may get through",
    ),
    room(
        "analysis/interop",
        "IO",
        "frame sink scenario verdict report runner",
        "every implementation against every other: pairs, and the report of them in each format",
    ),
    room(
        "analysis/coverage",
        "pure but `upstream`",
        "sink scenario mutant engine report",
        "what covers each clause, and which scenario covers which test of other projects",
    ),
    room(
        "analysis/explore",
        "IO",
        "time frame trace sink input scenario known mutant model engine story verdict report runner strength",
        "stories played on implementations, all short ones and many long ones; their surprises shrunk, reported and saved",
    ),
    room(
        "cli",
        "IO",
        "frame trace capture sink input scenario golden known mutant child shim target engine profile repro verdict report compare runner strength interop explore suite coverage",
        "one file per subcommand",
    ),
];

/// What does no IO and reads no clock: modules, and one part of a module.
pub(super) const PURE: [&str; 16] = [
    "yamux/time",
    "yamux/frame",
    "yamux/payload",
    "yamux/session",
    "trace",
    "scenario",
    "endpoint",
    "endpoint/mutant",
    "model",
    "engine",
    "runner/verdict",
    "analysis/compare",
    "analysis/profile",
    "analysis/repro",
    "analysis/story",
    "shim/protocol",
];

/// Type names that stand in two files, and why.
pub(super) const DOUBLED: [(&str, &str); 3] = [
    (
        "Match",
        "an expectation that is held against events, and an entry that is held against a failure",
    ),
    ("Call", "a call as a scenario writes it, and as the model follows it"),
    ("Stream", "a stream of the built-in yamux, and what the model knows of one"),
];
