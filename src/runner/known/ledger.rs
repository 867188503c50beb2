//! `Known`: which deviations of a run are known, and which entries are no longer true.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::runner::known::index::{Cases, Index, RanCases};
use crate::runner::known::{Deviation, FailedStep, KnownEntry, read};
use crate::scenario::{Hints, Position, Problem, input_text};
use crate::system::sink::path_name;
use crate::trace::Clock;
use crate::yamux::frame::Side;

/// The known deviations of one target. Threads may query it concurrently.
#[derive(Debug, Default)]
pub struct Known {
    path: PathBuf,
    entries: Vec<Tracked>,
    index: Index,
    scope: Option<Arc<Scope>>,
    version: Option<String>,
}

/// The cases that a run covers, so that an entry is judged only if every case it names could match.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Every case that was read, selected or not: an id with its sides.
    pub cases: Vec<(Arc<str>, Vec<Side>)>,
    /// Those of them that were not selected.
    pub left_out: Vec<(Arc<str>, Side)>,
    /// Those of them that were selected and are in other shards.
    pub elsewhere: Vec<(Arc<str>, Side)>,
    /// Whether every scenario of the suite was read.
    pub is_whole: bool,
}

#[derive(Debug)]
struct Tracked {
    entry: KnownEntry,
    /// Whether a case of this run matched it.
    is_used: AtomicBool,
}

/// The ledger's entry for a deviation.
#[derive(Clone, Copy, Debug)]
pub enum Match<'a> {
    /// It fails where this entry says, but in another way.
    FingerprintChanged(&'a KnownEntry),
    /// It fails as this entry says.
    Matches(&'a KnownEntry),
    /// No entry names it.
    None,
}

/// A deviation as a run found it.
#[derive(Clone, Copy)]
struct Sought<'a> {
    what: Deviation,
    id: &'a str,
    side: Side,
    step: FailedStep<'a>,
    fingerprint: &'a str,
}

impl Known {
    /// Reads a ledger, or says everything that is wrong with it. A missing file is an empty ledger.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        match input_text(path).map_err(|problem| vec![problem])? {
            Some(text) => Self::read(path, &text),
            None => Ok(Self::default()),
        }
    }

    /// Reads the text of a ledger; `path` is for the problems.
    pub fn read(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let entries = read::entries(path, text)?.into_iter();
        let entries = entries.map(|entry| Tracked { entry, is_used: AtomicBool::new(false) });
        let known = Self { path: path.to_owned(), entries: entries.collect(), ..Self::default() };
        Ok(known.only(|_| true))
    }

    /// Sets which cases there are; without, those that ran count as all.
    #[must_use]
    pub fn within(mut self, scope: Arc<Scope>) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Only the entries that are true for this version; `None` is an unknown version, for which all are.
    #[must_use]
    pub fn for_version(mut self, version: Option<&str>) -> Self {
        self.version = version.map(ToOwned::to_owned);
        self.only(|entry| entry.is_for(version))
    }

    /// The version that it was read for.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Only the entries that show on this clock.
    #[must_use]
    pub fn for_clock(self, clock: Clock) -> Self {
        self.only(|entry| entry.is_on(clock))
    }

    fn only(mut self, is_wanted: impl Fn(&KnownEntry) -> bool) -> Self {
        self.entries.retain(|tracked| is_wanted(&tracked.entry));
        self.index = Index::of(self.entries());
        self
    }

    /// An entry's place: `known/go-hashicorp.json:12:5`.
    pub fn place(&self, entry: &KnownEntry) -> String {
        format!("{}:{}", path_name(&self.path), entry.position)
    }

    /// The entries that name no case, each with the nearest id. Only a run or check of the whole suite can find them.
    pub fn dead(&self) -> Vec<Problem> {
        let Some(scope) = self.scope.as_ref().filter(|scope| scope.is_whole) else {
            return Vec::new();
        };
        let cases = Cases::new(
            scope.cases.iter().flat_map(|(id, sides)| sides.iter().map(move |side| (&**id, *side))),
        );
        let mut hints = Hints::default();
        let dead = self.entries().filter(|entry| !cases.has_one_of(entry));
        dead.map(|entry| self.problem(entry, scope.why_dead(entry, &cases, &mut hints))).collect()
    }

    /// The entries whose fingerprint no failure can have.
    pub fn outdated(&self) -> Vec<Problem> {
        let outdated = self.entries().filter(|entry| entry.is_outdated());
        outdated
            .map(|entry| {
                let fingerprint = entry.fingerprint.as_deref().unwrap_or_default();
                let message = format!(
                    "expected a fingerprint of tokens such as \"fin/s | no-fin\", found {fingerprint:?}; run the case, and copy the one that the report gives"
                );
                self.problem(entry, message)
            })
            .collect()
    }

    /// A problem with an entry.
    pub fn problem(&self, entry: &KnownEntry, message: String) -> Problem {
        Problem { path: self.path.clone(), position: Some(entry.position), message }
    }

    /// Every entry, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &KnownEntry> {
        self.entries.iter().map(|tracked| &tracked.entry)
    }

    /// Whether a failure of this case in this step is known.
    pub fn find_verdict(
        &self,
        id: &str,
        side: Side,
        step: FailedStep<'_>,
        fingerprint: &str,
    ) -> Match<'_> {
        self.find(&Sought { what: Deviation::Verdict, id, side, step, fingerprint })
    }

    /// Whether a difference of this case's trace from the reference's is known.
    pub fn find_trace(&self, id: &str, side: Side, fingerprint: &str) -> Match<'_> {
        self.find(&Sought {
            what: Deviation::Trace,
            id,
            side,
            step: FailedStep::default(),
            fingerprint,
        })
    }

    /// The entry that declares this deviation of this case. For a verdict or a trace that did not deviate it is an unexpected
    /// pass. It counts as used, so that it is reported once.
    pub fn entry_for(&self, what: Deviation, id: &str, side: Side) -> Option<&KnownEntry> {
        let mut named = self.named(|entry| entry.what == what, id, side);
        let first = named.next()?;
        for tracked in std::iter::once(first).chain(named) {
            tracked.is_used.store(true, Ordering::Relaxed);
        }
        Some(&first.entry)
    }

    /// The entries that no case matched, though at least one case they name was seen, and none of those they name was left
    /// out of the run.
    pub fn unused(&self, seen: &RanCases<'_>) -> Vec<&KnownEntry> {
        let others =
            self.scope.iter().flat_map(|scope| scope.left_out.iter().chain(&scope.elsewhere));
        let left_out = Cases::new(others.map(|(id, side)| (&**id, *side)));
        // A case that was not read can be named by a wildcard only.
        let is_whole = self.scope.as_ref().is_none_or(|scope| scope.is_whole);
        let is_stale = |tracked: &&Tracked| {
            !tracked.is_used.load(Ordering::Relaxed)
                && seen.has_one_of(&tracked.entry)
                && (is_whole || !tracked.entry.is_wildcard())
                && !left_out.has_one_of(&tracked.entry)
        };
        self.entries.iter().filter(is_stale).map(|tracked| &tracked.entry).collect()
    }

    /// Of a shard: the entries that no case matched, but that cases of other shards may match, each with whether a case that
    /// it names was seen.
    pub fn open(&self, seen: &RanCases<'_>) -> Vec<(&KnownEntry, bool)> {
        let Some(scope) = &self.scope else { return Vec::new() };
        let left_out = Cases::of(&scope.left_out);
        let elsewhere = Cases::of(&scope.elsewhere);
        let is_open = |tracked: &&Tracked| {
            !tracked.is_used.load(Ordering::Relaxed)
                && elsewhere.has_one_of(&tracked.entry)
                && (scope.is_whole || !tracked.entry.is_wildcard())
                && !left_out.has_one_of(&tracked.entry)
        };
        let open = self.entries.iter().filter(is_open).map(|tracked| &tracked.entry);
        open.map(|entry| (entry, seen.has_one_of(entry))).collect()
    }

    /// Whether a case matched the entry at that place.
    pub fn is_answered(&self, position: Position) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|one| one.entry.position == position && one.is_used.load(Ordering::Relaxed))
    }

    /// The entry that says exactly this; else the first one that names the case.
    fn find(&self, found: &Sought<'_>) -> Match<'_> {
        let mut changed = None;
        let is_named = |entry: &KnownEntry| entry.tells(found.what);
        // Entries of a race are ways in which the case may fail, of which one shows at a time.
        let _ = self.entry_for(Deviation::Race, found.id, found.side);
        for tracked in self.named(is_named, found.id, found.side) {
            let entry = &tracked.entry;
            let is_there = entry.step.as_ref().is_none_or(|step| step.is(found.step));
            if is_there && entry.is_so(found.fingerprint) {
                tracked.is_used.store(true, Ordering::Relaxed);
                return Match::Matches(entry);
            }
            changed = changed.or(Some(tracked));
        }
        let Some(tracked) = changed else { return Match::None };
        tracked.is_used.store(true, Ordering::Relaxed);
        Match::FingerprintChanged(&tracked.entry)
    }

    fn named(
        &self,
        is_meant: impl Fn(&KnownEntry) -> bool,
        id: &str,
        side: Side,
    ) -> impl Iterator<Item = &Tracked> {
        let named: Vec<_> = self
            .index
            .candidates(id)
            .map(|place| &self.entries[place])
            .filter(|tracked| is_meant(&tracked.entry) && tracked.entry.names(id, side))
            .collect();
        named.into_iter()
    }
}

impl Scope {
    fn why_dead(&self, entry: &KnownEntry, cases: &Cases<'_>, hints: &mut Hints) -> String {
        let case = &entry.case;
        if entry.is_wildcard() {
            return format!("no case matches {case:?}: correct the entry or delete it");
        }
        if let (Some(side), true) = (entry.side, cases.has(case)) {
            return format!("{case} has no case for the {side}: correct the entry or delete it");
        }
        match hints.nearest(case, self.cases.iter().map(|(id, _)| &**id)) {
            Some(near) => format!("there is no scenario {case:?}, did you mean {near:?}?"),
            None => format!("there is no scenario {case:?}: correct the entry or delete it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = r#"{
  "entries": [
    { "case": "half-close/*", "side": "client", "what": "verdict", "step": 6,
      "fingerprint": "write/success/9 | eof/3", "reason": "a" },
    { "case": "half-close/*", "what": "verdict", "fingerprint": "other", "reason": "b",
      "versions": ["v0.1.1"] },
    { "case": "data/**", "what": "trace", "reason": "c" }
  ]
}"#;

    fn known(version: Option<&str>) -> Known {
        Known::read(Path::new("known.json"), LEDGER).expect("a right ledger").for_version(version)
    }

    fn reason(found: Match<'_>) -> String {
        match found {
            Match::FingerprintChanged(entry) => format!("changed {}", entry.reason),
            Match::Matches(entry) => format!("matches {}", entry.reason),
            Match::None => "none".to_owned(),
        }
    }

    fn numbered(step: u32) -> FailedStep<'static> {
        FailedStep { number: Some(step), ..FailedStep::default() }
    }

    fn verdict(known: &Known, side: Side, step: u32, fingerprint: &str) -> String {
        reason(known.find_verdict("half-close/stall", side, numbered(step), fingerprint))
    }

    #[test]
    fn a_failure_is_known_only_if_case_side_step_and_fingerprint_agree() {
        let known = known(Some("v0.1.2"));
        assert_eq!(verdict(&known, Side::Client, 6, "write/success/9 | eof/3"), "matches a");
        assert_eq!(verdict(&known, Side::Client, 7, "write/success/9 | eof/3"), "changed a");
        assert_eq!(
            verdict(&known, Side::Client, 6, "write/success/9 | still-running"),
            "changed a"
        );
        assert_eq!(verdict(&known, Side::Server, 6, "write/success/9 | eof/3"), "none");
        let elsewhere = known.find_verdict("half-close/deep/x", Side::Client, numbered(6), "x");
        assert_eq!(reason(elsewhere), "none");
        assert_eq!(reason(known.find_trace("half-close/stall", Side::Client, "x")), "none");
    }

    #[test]
    fn an_entry_for_other_versions_says_nothing() {
        assert_eq!(verdict(&known(Some("v0.1.2")), Side::Server, 1, "other"), "none");
        assert_eq!(verdict(&known(Some("v0.1.1")), Side::Server, 1, "other"), "matches b");
        assert_eq!(verdict(&known(None), Side::Client, 1, "other"), "matches b");
    }

    #[test]
    fn an_entry_for_one_clock_says_nothing_on_the_other() {
        let text = r#"{ "entries": [
  { "case": "a", "clock": "virtual", "what": "trace", "reason": "exact" },
  { "case": "a", "clock": "live", "what": "trace", "reason": "real" } ] }"#;
        let on = |clock| {
            let known = Known::read(Path::new("known.json"), text).expect("a right ledger");
            reason(known.for_clock(clock).find_trace("a", Side::Client, "x"))
        };
        assert_eq!(
            (on(Clock::Virtual), on(Clock::Live)),
            ("matches exact".into(), "matches real".into())
        );
    }

    #[test]
    fn a_trace_without_a_fingerprint_may_differ_in_any_way() {
        let found = known(None);
        assert_eq!(reason(found.find_trace("data/deep/echo", Side::Client, "x")), "matches c");
        assert_eq!(reason(found.find_verdict("data/echo", Side::Client, numbered(1), "x")), "none");
    }

    #[test]
    fn a_race_that_may_fail_is_known_to_fail_so_and_to_pass() {
        let text = r#"{ "entries": [
  { "case": "data/echo", "what": "race", "step": 3, "fingerprint": "pong/7 | no-pong", "reason": "fails" },
  { "case": "ping/echo", "what": "race", "reason": "passes" } ] }"#;
        let known = Known::read(Path::new("known.json"), text).expect("a right ledger");
        let find = |id: &str, step: u32, fingerprint: &str| {
            reason(known.find_verdict(id, Side::Client, numbered(step), fingerprint))
        };
        assert_eq!(find("data/echo", 3, "pong/7 | no-pong"), "matches fails");
        assert_eq!(find("data/echo", 4, "pong/7 | no-pong"), "changed fails");
        assert_eq!(find("ping/echo", 3, "pong/7 | no-pong"), "none");
        for id in ["data/echo", "ping/echo"] {
            assert!(known.entry_for(Deviation::Race, id, Side::Client).is_some());
            assert!(known.entry_for(Deviation::Verdict, id, Side::Client).is_none());
        }
        assert_eq!(known.outdated().len(), 0);
    }

    #[test]
    fn of_several_ways_in_which_a_race_may_fail_one_shows_at_a_time() {
        let text = r#"{ "entries": [
  { "case": "data/echo", "what": "race", "step": 3, "fingerprint": "pong/7 | no-pong", "reason": "a" },
  { "case": "data/echo", "what": "race", "step": 5, "fingerprint": "pong/8 | no-pong", "reason": "b" },
  { "case": "data/other", "what": "race", "step": 5, "fingerprint": "pong/8 | no-pong", "reason": "c" } ] }"#;
        let known = Known::read(Path::new("known.json"), text).expect("a right ledger");
        let found = known.find_verdict("data/echo", Side::Client, numbered(3), "pong/7 | no-pong");
        assert_eq!(reason(found), "matches a");
        let ran = ["data/echo", "data/other"].map(|id| (id, Side::Client));
        let seen = RanCases::new(ran, []);
        let stale: Vec<_> = known.unused(&seen).iter().map(|entry| &*entry.reason).collect();
        assert_eq!(stale, ["c"]);
    }

    #[test]
    fn an_entry_is_stale_only_if_a_case_it_names_ran_and_none_answered() {
        let known = known(None);
        let seen = |ran: &[(&'static str, Side)], compared: &[(&'static str, Side)]| {
            let seen = RanCases::new(ran.iter().copied(), compared.iter().copied());
            let unused = known.unused(&seen).into_iter();
            unused.map(|entry| entry.reason.clone()).collect::<Vec<String>>()
        };
        let stale = |ran: &[(&'static str, Side)]| seen(ran, ran);
        assert_eq!(stale(&[("ping/x", Side::Client)]), [""; 0]);
        let ran = [("half-close/stall", Side::Client), ("data/echo", Side::Server)];
        assert_eq!(stale(&ran), ["a", "b", "c"]);
        assert_eq!(seen(&ran, &[]), ["a", "b"], "only a comparison shows that traces agree");
        known.find_trace("data/echo", Side::Server, "x");
        known.find_verdict("half-close/stall", Side::Client, numbered(6), "new");
        assert_eq!(stale(&ran), ["b"], "a changed fingerprint is reported as such");
        assert!(known.entry_for(Deviation::Verdict, "half-close/stall", Side::Client).is_some());
        assert_eq!(stale(&ran), [""; 0]);
        assert!(known.entry_for(Deviation::Verdict, "ping/x", Side::Client).is_none());
    }

    fn scope(left_out: &[(&str, Side)], is_whole: bool) -> Arc<Scope> {
        let both = vec![Side::Client, Side::Server];
        let cases = ["half-close/stall", "half-close/other", "data/deep/echo"];
        Arc::new(Scope {
            cases: cases.map(|id| (Arc::from(id), both.clone())).to_vec(),
            left_out: left_out.iter().map(|(id, side)| (Arc::from(*id), *side)).collect(),
            elsewhere: Vec::new(),
            is_whole,
        })
    }

    /// A filter leaves out the case that a wildcard is there for: the entry cannot be judged.
    #[test]
    fn an_entry_is_judged_only_where_all_it_names_could_answer() {
        let ran = [("half-close/stall", Side::Client)];
        let stale = |scope: Arc<Scope>| -> Vec<String> {
            let known = known(None).within(scope);
            known.find_verdict(ran[0].0, ran[0].1, numbered(1), "other");
            let unused = known.unused(&RanCases::new(ran, [])).into_iter();
            unused.map(|entry| entry.reason.clone()).collect()
        };
        assert_eq!(stale(scope(&[], true)), ["a"]);
        assert_eq!(stale(scope(&[("half-close/other", Side::Server)], true)), ["a"]);
        assert_eq!(stale(scope(&[("half-close/other", Side::Client)], true)), [""; 0]);
        assert_eq!(stale(scope(&[], false)), [""; 0], "others may be named that were not read");
    }

    #[test]
    fn an_entry_that_names_no_case_is_dead_and_gets_the_nearest_id() {
        let text = r#"{ "entries": [
  { "case": "half-close/stal", "what": "trace", "reason": "r" },
  { "case": "half-close/*", "what": "trace", "reason": "r" },
  { "case": "reset/*", "what": "trace", "reason": "r" } ] }"#;
        let known = Known::read(Path::new("k.json"), text).expect("a right ledger");
        assert_eq!(known.dead().len(), 0, "which cases there are was not told");
        let known = known.within(scope(&[], false));
        assert_eq!(known.dead().len(), 0, "not every scenario was read");
        let dead: Vec<String> =
            known.within(scope(&[], true)).dead().iter().map(Problem::to_string).collect();
        assert_eq!(
            dead,
            [
                "k.json:2:3: there is no scenario \"half-close/stal\", did you mean \"half-close/stall\"?",
                "k.json:4:3: no case matches \"reset/*\": correct the entry or delete it",
            ]
        );
    }

    #[test]
    fn a_missing_ledger_is_empty() {
        let known = Known::load(Path::new("no/such/ledger.json")).expect("an empty ledger");
        assert_eq!(known.entries().count(), 0);
    }
}
