//! Every implementation against every other over the same scenarios, both ends judged: pairs in, one report out.

mod grid;
mod html;
mod json;
mod markdown;
mod meet;
mod text;

pub(crate) use html::html;
pub use json::{InteropRecord, PairRecord};
pub(crate) use json::{json, schema};
pub(crate) use markdown::markdown;
pub(crate) use meet::{Conditions, meet};
pub(crate) use text::text;

use std::time::Duration;

use crate::report::Sequence;
use crate::runner::Entrant;
use crate::runner::verdict::{CaseReport, ExitCode, Signal, Verdict};
use crate::scenario::Actor;
use crate::yamux::frame::Side;

/// The results of all pairs.
pub(crate) struct Interop {
    /// The implementations.
    pub players: Vec<Entrant>,
    /// Each case of each pair: by client, server, case.
    pub meetings: Vec<Meeting>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// Problems beside the cases.
    pub problems: Vec<String>,
    /// Whether a shim could not be used.
    pub is_unusable: bool,
    /// The signal that ended it early.
    pub signal: Option<Signal>,
    /// How long it took.
    pub elapsed: Duration,
}

/// One case of one pair; implementations are named by their places among the players.
pub(crate) struct Meeting {
    /// The implementation that played the client.
    pub client: usize,
    /// The one that played the server.
    pub server: usize,
    /// The report of the case.
    pub report: CaseReport,
    /// Its calls and frames, unless both ends did what was required.
    pub sequence: Option<Sequence>,
}

impl Meeting {
    /// The side that an end played.
    pub(crate) const fn side_of(&self, end: Actor) -> Side {
        let subject = self.report.run.case.side;
        match end {
            Actor::Subject => subject,
            Actor::Peer => subject.other(),
        }
    }

    /// The implementation that was this end.
    pub(crate) const fn player_of(&self, end: Actor) -> usize {
        match self.side_of(end) {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// The end to blame, if it is known.
    pub(crate) fn blamed(&self) -> Option<Actor> {
        self.report.verdict.failure().map(|failure| failure.end)
    }
}

/// The results of a pair's cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Cases in which both ends did what was required.
    pub passed: usize,
    /// Cases in which an end deviated lawfully.
    pub differed: usize,
    /// Cases in which an end broke a rule, died, or could not be driven.
    pub failed: usize,
    /// Cases that one of them cannot run.
    pub skipped: usize,
}

impl Tally {
    /// Counts a case.
    pub(crate) const fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Skip { .. } => self.skipped += 1,
            Verdict::Differs(_) | Verdict::NotReached(_) | Verdict::KnownFail { .. } => {
                self.differed += 1;
            }
            verdict if verdict.is_negative() => self.failed += 1,
            _ => self.passed += 1,
        }
    }

    /// The pair as one character.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self { failed: 1.., .. } => "✗",
            Self { differed: 1.., .. } => "~",
            Self { passed: 1.., .. } => "✓",
            _ => "-",
        }
    }
}

impl Interop {
    /// The results of a pair.
    pub(crate) fn tally(&self, client: usize, server: usize) -> Tally {
        let mut tally = Tally::default();
        self.of(client, server).for_each(|meeting| tally.count(&meeting.report.verdict));
        tally
    }

    /// The results of all pairs.
    pub(crate) fn total(&self) -> Tally {
        let mut tally = Tally::default();
        self.meetings.iter().for_each(|meeting| tally.count(&meeting.report.verdict));
        tally
    }

    /// The cases of a pair.
    pub(crate) fn of(&self, client: usize, server: usize) -> impl Iterator<Item = &Meeting> {
        let is_it = move |one: &&Meeting| one.client == client && one.server == server;
        self.meetings.iter().filter(is_it)
    }

    /// Every pair, client by client.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = self.players.len();
        (0..count).flat_map(move |client| (0..count).map(move |server| (client, server)))
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> ExitCode {
        let Tally { passed, differed, failed, .. } = self.total();
        match self.signal {
            _ if self.is_unusable => ExitCode::Unusable,
            Some(signal) => ExitCode::Signalled(signal),
            None if failed > 0 || !self.problems.is_empty() => ExitCode::Negative,
            None if passed + differed == 0 => ExitCode::NothingSelected,
            None => ExitCode::Success,
        }
    }

    /// An implementation and the side it played: `go-hashicorp (client)`.
    fn named(&self, meeting: &Meeting, end: Actor) -> String {
        let name = &self.players[meeting.player_of(end)].name;
        format!("{name} ({})", meeting.side_of(end))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::sample;
    use crate::scenario::{CaseId, Dialect};

    fn player(name: &str) -> Entrant {
        Entrant {
            name: name.to_owned(),
            asked: name.to_owned(),
            description: format!("the {name} one"),
            dialect: Dialect::Spec,
        }
    }

    /// A failure whose step was the peer's, of a subject that is the client or the server.
    fn meeting(client: usize, server: usize, side: Side, end: Actor) -> Meeting {
        let mut failure = sample::failure();
        failure.end = end;
        let mut report = sample::with(sample::failed(), Verdict::Fail(failure));
        report.run.case = CaseId { scenario: Arc::from("ping/echo"), side };
        Meeting { client, server, report, sequence: None }
    }

    fn interop(meetings: Vec<Meeting>) -> Interop {
        Interop {
            players: vec![player("one"), player("two")],
            meetings,
            left_out: Vec::new(),
            problems: Vec::new(),
            is_unusable: false,
            signal: None,
            elapsed: Duration::from_secs(3),
        }
    }

    #[test]
    fn the_end_to_blame_is_named_whichever_side_the_subject_played() {
        let named = |side, end| {
            let meeting = meeting(0, 1, side, end);
            let blamed = meeting.blamed().expect("somebody is");
            interop(Vec::new()).named(&meeting, blamed)
        };
        assert_eq!(named(Side::Client, Actor::Subject), "one (client)");
        assert_eq!(named(Side::Client, Actor::Peer), "two (server)");
        assert_eq!(named(Side::Server, Actor::Subject), "two (server)");
        assert_eq!(named(Side::Server, Actor::Peer), "one (client)");
    }

    #[test]
    fn a_pair_is_marked_by_the_worst_of_its_cases_and_every_format_tells_it() {
        let failing = meeting(0, 1, Side::Server, Actor::Peer);
        let mut passing = meeting(0, 1, Side::Client, Actor::Subject);
        passing.report.verdict = Verdict::Pass;
        let met = interop(vec![failing, passing]);
        let tally = met.tally(0, 1);
        assert_eq!((tally.passed, tally.failed, tally.mark()), (1, 1, "✗"));
        assert_eq!((met.tally(1, 0).mark(), met.exit()), ("-", ExitCode::Negative));
        let told = text(&met, false);
        for line in ["1 one            - 0/0/0   ✗ 1/1/0", "    end       one (client)"] {
            assert!(told.contains(line), "{line}: {told}");
        }
        assert!(markdown(&met).contains("| one | two | ping/echo | one (client) | CLO-09 |"));
        let record = json(&met);
        let end = record.pairs[1].cases[0].end.as_ref().expect("somebody is to blame");
        assert_eq!((&*end.name, end.side, record.exit), ("one", Side::Client, 1));
        assert!(text(&met, true).contains("window_update SYN s1 +0 >"), "a ladder");
        let page = html(&met).unwrap();
        for told in [r#""players":["one","two"]"#, r#""pair":[0,1]"#, r#""end":"one (client)""#] {
            assert!(page.contains(told), "{told}");
        }
    }
}
