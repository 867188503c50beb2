//! The report for programs: one JSON object. The schema is made from the doc comments of its types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::interop::{Interop, Meeting};
use crate::report::CaseFinished;
use crate::scenario::Actor;
use crate::yamux::frame::Side;

/// Every implementation with every other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InteropRecord {
    /// The version of this format. It grows when a key goes, or changes its meaning.
    pub format: u32,
    /// The version of yamux-conform.
    pub version: String,
    /// The implementations.
    pub players: Vec<PlayerRecord>,
    /// What each client came to with each server.
    pub pairs: Vec<PairRecord>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// What is wrong beside the cases.
    pub problems: Vec<String>,
    /// The number the process ends with.
    pub exit: u8,
}

/// One implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerRecord {
    /// What it is called.
    pub name: String,
    /// What it is, with its versions.
    pub description: String,
    /// What it is judged by beyond what every yamux must do.
    pub dialect: String,
}

/// A client and a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PairRecord {
    /// The name of the implementation that plays the client.
    pub client: String,
    /// The name of the one that plays the server.
    pub server: String,
    /// Cases in which both ends did what they had to do.
    pub passed: usize,
    /// Cases in which an end lawfully did otherwise.
    pub differed: usize,
    /// Cases in which an end did what it must not, died, or could not be driven.
    pub failed: usize,
    /// Cases that one of them cannot be asked.
    pub skipped: usize,
    /// The cases.
    pub cases: Vec<MeetingRecord>,
}

/// A case of a pair: what `run --format json` says of it, and who is to blame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeetingRecord {
    /// The end that is to blame, where it has come to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<BlameRecord>,
    /// The case; its side and target are those of the subject.
    #[serde(flatten)]
    pub case: CaseFinished,
}

/// An end of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlameRecord {
    /// The name of the implementation.
    pub name: String,
    /// The side it played.
    pub side: Side,
}

/// The record of the report.
pub(crate) fn json(interop: &Interop) -> InteropRecord {
    let name = |place: usize| interop.players[place].name.clone();
    let record = |meeting: &Meeting| MeetingRecord {
        end: meeting.blamed().map(|end: Actor| BlameRecord {
            name: name(meeting.player_of(end)),
            side: meeting.side_of(end),
        }),
        case: (&meeting.report).into(),
    };
    let pairs = interop.pairs().map(|(client, server)| {
        let tally = interop.tally(client, server);
        PairRecord {
            client: name(client),
            server: name(server),
            passed: tally.passed,
            differed: tally.differed,
            failed: tally.failed,
            skipped: tally.skipped,
            cases: interop.of(client, server).map(record).collect(),
        }
    });
    let players = interop.players.iter().map(|player| PlayerRecord {
        name: player.name.clone(),
        description: player.description.clone(),
        dialect: player.dialect.to_string(),
    });
    InteropRecord {
        format: 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        players: players.collect(),
        pairs: pairs.collect(),
        left_out: interop.left_out.clone(),
        problems: interop.problems.clone(),
        exit: interop.exit().number(),
    }
}

/// The JSON Schema of the report, as it stands in `schema/interop.schema.json`.
pub(crate) fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(InteropRecord).to_value())
}
