//! Reports of shards joined to the report of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::analysis::compare::Recorded;
use crate::report::{
    CaseFinished, Portion, RunEvent, RunFinished, RunStarted, Shard, SuiteRecord, Summary,
    TargetInfo,
};
use crate::runner::verdict::{CaseReport, ExitCode, Signal};

/// The joined report of all shards.
#[derive(Debug)]
pub(crate) struct Merged {
    targets: Vec<TargetInfo>,
    version: String,
    seed: u64,
    portion: Portion,
    suite: Option<SuiteRecord>,
    planned: usize,
    cases: Vec<CaseReport>,
    summary: Summary,
}

impl Merged {
    /// Joins them; the errors say which do not belong together.
    pub(crate) fn of(reports: Vec<Recorded>) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        for report in reports {
            match Part::of(report) {
                Ok(part) => parts.push(part),
                Err(message) => wrong.push(message),
            }
        }
        let Some((first, others)) = parts.split_first() else {
            return Err(wrong);
        };
        wrong.extend(others.iter().filter_map(|other| first.unlike(other)));
        wrong.extend(gaps(&parts));
        if wrong.is_empty() && !parts[0].is_of_stories() {
            wrong.extend(doubled(&parts));
        }
        match wrong.is_empty() {
            true => Ok(Self::joined(parts)),
            false => Err(wrong),
        }
    }

    fn joined(parts: Vec<Part>) -> Self {
        let RunStarted { version, seed, selection, suite, .. } = parts[0].started.clone();
        let mut summary = Summary { seed, ..Summary::default() };
        summary.problems = parts.iter().flat_map(|part| part.finished.problems.clone()).collect();
        summary.notes = parts.iter().flat_map(|part| part.finished.notes.clone()).collect();
        summary.problems.extend(stale_entries(&parts));
        for list in [&mut summary.problems, &mut summary.notes] {
            let mut seen = BTreeSet::new();
            list.retain(|text| seen.insert(text.clone()));
        }
        summary.clocks = parts.iter().flat_map(|part| part.finished.clocks.clone()).collect();
        summary.clocks.sort_unstable();
        summary.clocks.dedup();
        summary.elapsed =
            parts.iter().map(|part| Duration::from_nanos(part.finished.real_ns)).sum();
        summary.not_run = parts.iter().map(|part| part.finished.not_run).sum();
        let exits: BTreeSet<u8> = parts.iter().map(|part| part.finished.exit).collect();
        summary.is_timed_out = exits.contains(&ExitCode::Incomplete.number())
            || parts.iter().any(|part| part.finished.interrupted);
        let signals = [Signal::Term, Signal::Int, Signal::Hup];
        let is_it = |signal: &Signal| exits.contains(&ExitCode::Signalled(*signal).number());
        summary.signal = signals.into_iter().find(is_it);
        let targets = parts[0].started.targets.iter().map(TargetInfo::from).collect();
        let mut planned = parts.iter().map(|part| part.started.cases).sum();
        let are_of_stories = parts[0].is_of_stories();
        let cases = parts.into_iter().flat_map(|part| part.cases);
        let mut cases: Vec<CaseReport> = cases.map(CaseReport::from).collect();
        cases.sort_by(|a, b| a.run.cmp(&b.run));
        if are_of_stories {
            // Stories of several shards surprise in the same way; the notes name each.
            cases.dedup_by(|later, first| later.run == first.run);
            planned = cases.len();
        }
        cases.iter().for_each(|case| summary.count(&case.verdict));
        let judged = summary.judge();
        summary.exit = [ExitCode::BadInput, ExitCode::Unusable]
            .into_iter()
            .find(|code| exits.contains(&code.number()))
            .unwrap_or(judged);
        let portion = Portion { selection, shard: None };
        Self { targets, version, seed, portion, suite, planned, cases, summary }
    }

    /// Emits its events as a run does.
    pub(crate) fn tell(&self, hear: &mut dyn FnMut(&RunEvent<'_>)) {
        let Self { targets, version, seed, portion, .. } = self;
        let (cases, suite) = (self.planned, self.suite.as_ref());
        hear(&RunEvent::RunStarted { cases, targets, seed: *seed, version, portion, suite });
        self.cases.iter().for_each(|case| hear(&RunEvent::CaseFinished(case)));
        hear(&RunEvent::RunFinished(&self.summary));
    }

    /// The exit code of the whole.
    pub(crate) const fn exit(&self) -> ExitCode {
        self.summary.exit
    }
}

/// One report, with everything that a part must have.
struct Part {
    asked: String,
    shard: Shard,
    started: RunStarted,
    finished: RunFinished,
    cases: Vec<CaseFinished>,
}

impl Part {
    fn of(report: Recorded) -> Result<Self, String> {
        let asked = report.asked;
        let Some(started) = report.started.map(|started| *started) else {
            return Err(format!("{asked}: expected the report of a run, found none"));
        };
        let Some(finished) = report.finished.map(|finished| *finished) else {
            return Err(format!(
                "{asked}: expected run_finished in the last line: the run was killed, or the file was cut"
            ));
        };
        let Some(shard) = started.shard else {
            return Err(format!(
                "{asked}: expected the report of a shard, as run or fuzz with --shard K/N --json FILE writes it, found that of a whole run"
            ));
        };
        let cases = report.sightings.into_iter().map(|sighting| sighting.case).collect();
        Ok(Self { asked, shard, started, finished, cases })
    }

    /// Whether its cases are what stories came to, of which two shards may find the same.
    fn is_of_stories(&self) -> bool {
        let RunStarted { selection, shard, .. } = &self.started;
        Portion { selection: selection.clone(), shard: *shard }.is_of_stories()
    }

    /// Why the two are not parts of one run.
    fn unlike(&self, other: &Self) -> Option<String> {
        let (own, others) = (&self.started, &other.started);
        let differs = |what: &str, own: &str, others: &str| {
            let (first, second) = (&self.asked, &other.asked);
            Some(format!("{what} differs: {own} in {first}, {others} in {second}"))
        };
        if own.version != others.version {
            return differs("the version of yamux-conform", &own.version, &others.version);
        }
        if own.selection != others.selection {
            return differs(
                "the suite of scenarios or its filters, or the seed of stories",
                &own.selection,
                &others.selection,
            );
        }
        if own.seed != others.seed {
            return differs("the seed", &own.seed.to_string(), &others.seed.to_string());
        }
        if self.shard.of != other.shard.of {
            let (own, others) = (self.shard.of.to_string(), other.shard.of.to_string());
            return differs("the number of shards", &own, &others);
        }
        if own.targets != others.targets {
            return differs("what ran", &self.targets(), &other.targets());
        }
        None
    }

    fn targets(&self) -> String {
        let told = self.started.targets.iter().map(|target| {
            let note = target.note.as_ref().map_or_else(String::new, |note| format!("; {note}"));
            format!("{} on the {} clock ({}{note})", target.name, target.clock, target.description)
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Shards that occur more than once, or are missing.
fn gaps(parts: &[Part]) -> Vec<String> {
    let mut there: BTreeMap<Shard, Vec<&str>> = BTreeMap::new();
    for part in parts {
        there.entry(part.shard).or_default().push(&part.asked);
    }
    let twice = there.iter().filter(|(_, files)| files.len() > 1);
    let mut wrong: Vec<String> = twice
        .map(|(shard, files)| {
            format!("shard {shard} is there more than once: {}", files.join(", "))
        })
        .collect();
    let of = parts[0].shard.of;
    if parts.iter().all(|part| part.shard.of == of) {
        let missing = (1..=of).map(|number| Shard { number, of });
        let missing: Vec<String> =
            missing.filter(|shard| !there.contains_key(shard)).map(|one| one.to_string()).collect();
        if !missing.is_empty() {
            let shown = missing.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = if missing.len() > MOST_NAMED { ", …" } else { "" };
            wrong.push(format!("no report of shard {shown}{more}"));
        }
    }
    wrong
}

/// A case that is in two reports.
fn doubled(parts: &[Part]) -> Option<String> {
    let mut told: BTreeMap<String, &str> = BTreeMap::new();
    for part in parts {
        for case in &part.cases {
            let CaseFinished { id, side, target, clock, repeat, .. } = case;
            let name = format!("{id}/{side} ({target}, {clock} clock, time {repeat})");
            if let Some(other) = told.insert(name.clone(), &part.asked) {
                // One is enough: reports that do not belong together share many.
                return Some(format!("{name} is in {other} and in {}", part.asked));
            }
        }
    }
    None
}

/// Entries of ledgers that matched no case of any shard, though at least one case they name was carried out.
fn stale_entries(parts: &[Part]) -> Vec<String> {
    let mut open: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for entry in parts.iter().flat_map(|part| &part.finished.open_entries) {
        let (shards, was_asked) = open.entry(&entry.problem).or_default();
        *shards += 1;
        *was_asked |= entry.was_asked;
    }
    // A run that stopped early says nothing about entries.
    let is_whole = parts.iter().all(|part| !part.finished.interrupted);
    let stale = open
        .into_iter()
        .filter(|(_, (shards, was_asked))| is_whole && *shards == parts.len() && *was_asked);
    stale.map(|(problem, _)| problem.to_owned()).collect()
}

/// How many missing shards are named.
const MOST_NAMED: usize = 10;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::analysis::compare::read_report;
    use crate::report::{Json, OpenEntry, Record, Reporter, sample};

    /// The report of a shard with these of the sample's cases, each line passed through `change`.
    fn part(number: u32, change: impl Fn(&mut Record)) -> Recorded {
        let cases: Vec<_> =
            sample::cases().into_iter().skip(number as usize - 1).step_by(2).collect();
        let lines = sample::text(|out| sample::run(&mut Json::new(out), &cases));
        let lines = lines.lines().map(|line| {
            let mut record: Record = serde_json::from_str(line).unwrap();
            if let Record::RunStarted(started) = &mut record {
                started.shard = Some(Shard { number, of: 2 });
                started.selection = "abcd".to_owned();
            }
            change(&mut record);
            serde_json::to_string(&record).unwrap() + "\n"
        });
        read_report(&lines.collect::<String>(), &format!("{number}.json")).unwrap()
    }

    fn refusal(reports: Vec<Recorded>) -> String {
        Merged::of(reports).unwrap_err().join("\n")
    }

    #[test]
    fn two_halves_are_told_as_the_whole() {
        let merged = Merged::of(vec![part(2, |_| {}), part(1, |_| {})]).unwrap();
        let text = sample::text(|out| {
            let mut json = Json::new(out);
            merged.tell(&mut |event| json.report(event).unwrap());
        });
        let told = read_report(&text, "all.json").unwrap();
        assert_eq!(told.sightings.len(), sample::cases().len());
        let (started, finished) = (told.started.unwrap(), told.finished.unwrap());
        assert_eq!((started.cases, started.shard, &*started.selection), (10, None, "abcd"));
        assert_eq!((finished.counts.passed, finished.counts.failed, finished.exit), (4, 1, 1));
        assert_eq!(finished.problems.len(), 1, "told by both, and once of the whole");
        assert_eq!(merged.exit(), ExitCode::Negative);
    }

    #[test]
    fn what_is_no_part_of_the_same_run_is_refused() {
        let started = |change: fn(&mut RunStarted)| {
            move |record: &mut Record| {
                if let Record::RunStarted(started) = record {
                    change(started);
                }
            }
        };
        for (change, message) in [
            (
                (|started| started.version = "0.0.9".to_owned()) as fn(&mut RunStarted),
                "the version of yamux-conform differs: 0.1.0 in 1.json, 0.0.9 in 2.json",
            ),
            (
                |started| started.selection = "ef".to_owned(),
                "the suite of scenarios or its filters, or the seed of stories differs",
            ),
            (|started| started.seed = 9, "the seed differs: 7 in 1.json, 9 in 2.json"),
            (
                |started| started.targets.truncate(1),
                "what ran differs: built-in on the virtual clock",
            ),
            (|started| started.shard = None, "2.json: expected the report of a shard"),
            (
                |started| started.shard = Some(Shard { number: 2, of: 3 }),
                "the number of shards differs: 2 in 1.json, 3 in 2.json",
            ),
        ] {
            let refused = refusal(vec![part(1, |_| {}), part(2, started(change))]);
            assert!(refused.contains(message), "{refused}");
        }
        assert_eq!(refusal(vec![part(1, |_| {})]), "no report of shard 2/2");
        let twice = refusal(vec![part(1, |_| {}), part(1, |_| {}), part(2, |_| {})]);
        assert_eq!(twice, "shard 1/2 is there more than once: 1.json, 1.json");
        let mut overlapping = part(2, |_| {});
        overlapping.sightings.extend(part(1, |_| {}).sightings);
        let refused = refusal(vec![part(1, |_| {}), overlapping]);
        assert!(refused.contains("is in 1.json and in 2.json"), "{refused}");
        let cut = Recorded { finished: None, ..part(2, |_| {}) };
        assert!(
            refusal(vec![part(1, |_| {}), cut]).contains("expected run_finished in the last line")
        );
    }

    #[test]
    fn a_surprise_of_two_shards_of_stories_is_told_once() {
        let stories = |record: &mut Record| {
            if let Record::RunStarted(started) = record {
                started.selection = Portion::of_stories("0", None).selection;
            }
        };
        let mut second = part(2, stories);
        second.sightings.extend(part(1, stories).sightings);
        let merged = Merged::of(vec![part(1, stories), second]).unwrap();
        assert_eq!(merged.cases.len(), sample::cases().len());
        assert_eq!(merged.planned, merged.cases.len());
    }

    #[test]
    fn an_entry_is_stale_if_every_shard_says_so_and_one_has_asked() {
        let stale = |asked: [Option<bool>; 2]| {
            let parts = asked.into_iter().zip(1..).map(|(was_asked, number)| {
                part(number, |record| {
                    if let Record::RunFinished(finished) = record {
                        finished.problems.clear();
                        finished.open_entries = was_asked
                            .map(|was_asked| OpenEntry {
                                problem: "k.json:1:1: x".into(),
                                was_asked,
                            })
                            .into_iter()
                            .collect();
                    }
                })
            });
            Merged::of(parts.collect()).unwrap().summary.problems
        };
        assert_eq!(stale([Some(true), Some(false)]), ["k.json:1:1: x"]);
        assert_eq!(stale([Some(false), Some(false)]), [""; 0]);
        assert_eq!(stale([Some(true), None]), [""; 0], "a case of the second shard answered");
    }

    #[test]
    fn the_exit_code_is_that_of_the_whole() {
        let exit = |codes: [u8; 2]| {
            let parts = codes.into_iter().zip(1..).map(|(code, number)| {
                let mut report = part(number, |record| {
                    if let Record::RunFinished(finished) = record {
                        finished.problems.clear();
                        finished.exit = code;
                        finished.interrupted = code > 5;
                    }
                });
                report.sightings.retain(|sighting| !sighting.case.negative && code != 4);
                report
            });
            Merged::of(parts.collect()).unwrap().exit()
        };
        assert_eq!(exit([0, 0]), ExitCode::Success);
        assert_eq!(exit([0, 4]), ExitCode::Success, "a shard that has no case is no failure");
        assert_eq!(exit([4, 4]), ExitCode::NothingSelected);
        assert_eq!(exit([5, 0]), ExitCode::Unusable);
        assert_eq!(exit([5, 3]), ExitCode::BadInput);
        assert_eq!(exit([0, 6]), ExitCode::Incomplete);
        assert_eq!(exit([130, 0]), ExitCode::Signalled(Signal::Int));
    }
}
