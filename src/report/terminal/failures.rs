//! The negative verdicts of a run, for a terminal: in groups, the first with a case or two in full and the others abridged,
//! so that the report of a library with hundreds of failures stays readable.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::report::parts::groups::{FailureGroup, ToldCase, groups};
use crate::report::terminal::table::{DIM, HEAD, PLAIN, RED, verdict_style};
use crate::report::{body, headline};
use crate::runner::verdict::CaseReport;
use crate::system::sink::{Line, Terminal};
use crate::yamux::frame::Side;

/// Writes them in lines of at most `width` columns, each in full if `is_all`; `place` says where a case ran.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    reports: &[ToldCase<'_>],
    place: impl Fn(&CaseReport) -> String,
    (width, is_all): (usize, bool),
) -> io::Result<()> {
    let groups = groups(reports.iter().copied());
    let cases: usize = groups.iter().map(|group| group.cases.len()).sum();
    if cases > 1 {
        out.line("")?;
        let heading = format!("{cases} negative verdicts in {}", counted(groups.len(), "group"));
        out.line(Line::styled(HEAD, heading))?;
    }
    for (index, group) in groups.iter().enumerate() {
        if cases > 1 {
            out.line("")?;
            out.wrapped(RED, &group.title(), width, 2)?;
        }
        let (full, rest) = match (is_all, index < FULL_GROUPS) {
            (true, _) => (group.cases.clone(), Vec::new()),
            (false, true) => group.shown(),
            (false, false) => (Vec::new(), group.cases.clone()),
        };
        for told in &full {
            in_full(out, *told, width)?;
        }
        if full.is_empty() {
            in_short(out, group, width)?;
        }
        if !rest.is_empty() {
            let more = match full.len() {
                0 => "all of them (--verbose shows them in full)".to_owned(),
                _ => format!("{} more (--verbose shows them in full)", rest.len()),
            };
            if !full.is_empty() {
                out.line("")?;
            }
            out.line(Line::from("  ").and_styled(DIM, more))?;
            for (place, ids) in listed(&rest, &place) {
                let text = format!("    {place}: {}", ids.join(", "));
                out.wrapped(PLAIN, &text, width, 2)?;
            }
        }
    }
    Ok(())
}

fn in_full(
    out: &mut Terminal<impl io::Write>,
    (report, more): ToldCase<'_>,
    width: usize,
) -> io::Result<()> {
    out.line("")?;
    out.wrapped(verdict_style(&report.verdict), &headline(report), width, 2)?;
    out.text(&body(report, width))?;
    match more {
        0 => Ok(()),
        more => out.line(format!("  {more} more came to the same")),
    }
}

/// The first case in three lines.
fn in_short(
    out: &mut Terminal<impl io::Write>,
    group: &FailureGroup<'_>,
    width: usize,
) -> io::Result<()> {
    let Some(failure) = group.cases.first().and_then(|(report, _)| report.verdict.failure()) else {
        return Ok(());
    };
    for (name, value) in
        [("expected", failure.expected.to_string()), ("observed", failure.observed.to_string())]
    {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        out.wrapped(PLAIN, &format!("  {name}  {value}"), width, 10)?;
    }
    Ok(())
}

/// The cases, those that fail in the same places together; one that fails on both sides is listed by its scenario's id.
fn listed(
    cases: &[ToldCase<'_>],
    place: impl Fn(&CaseReport) -> String,
) -> BTreeMap<String, Vec<String>> {
    let mut sides: BTreeMap<(&str, String), BTreeSet<Side>> = BTreeMap::new();
    for (report, _) in cases {
        let case = &report.run.case;
        sides.entry((&case.scenario, place(report))).or_default().insert(case.side);
    }
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((id, place), sides) in sides {
        let only = sides.iter().next().filter(|_| sides.len() == 1);
        let id = only.map_or_else(|| id.to_owned(), |side| format!("{id}/{side}"));
        places.entry(id).or_default().insert(place);
    }
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, places) in places {
        let places: Vec<String> = places.into_iter().collect();
        ids.entry(places.join(" and ")).or_default().push(id);
    }
    ids
}

/// `1 case`, `2 cases`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// More broken rules at once nobody reads, and the first mostly explain the others.
const FULL_GROUPS: usize = 5;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::report::sample;
    use crate::runner::verdict::{Clock, RunId};
    use crate::scenario::CaseId;
    use crate::system::sink::columns_of;

    fn failing(id: &str, clause: &str, target: &str) -> CaseReport {
        let statement = format!("What {clause} says is so long that no terminal has it on a line.");
        let level = "must; hashicorp-spec, \"Ping\"";
        sample::breaking(sample::passed(id, sample::CLIENT, target), clause, &statement, level)
    }

    fn written(reports: &[CaseReport], width: usize, is_all: bool) -> String {
        let told: Vec<_> = reports.iter().map(|report| (report, 0)).collect();
        let place = |report: &CaseReport| report.run.target.clone();
        sample::plain(|out| write(out, &told, place, (width, is_all)).unwrap())
    }

    #[test]
    fn one_failure_needs_no_heading() {
        let text = written(&[sample::failed()], 80, false);
        assert!(
            text.starts_with("\nFAIL half-close/write-stalls/client (go-hashicorp, live clock)\n")
        );
        assert_eq!(written(&[sample::passed("a/b", sample::CLIENT, "go")], 80, false), "");
    }

    #[test]
    fn hundreds_of_failures_are_a_few_pages() {
        let reports: Vec<_> = (0..200)
            .map(|n| {
                failing(&format!("area/scenario-number-{n}"), &format!("CLO-{:02}", n % 20), "go")
            })
            .collect();
        let text = written(&reports, 80, false);
        assert!(
            text.starts_with("\n200 negative verdicts in 20 groups\n\n10 cases break CLO-00: What")
        );
        assert_eq!(text.matches("\nFAIL ").count(), FULL_GROUPS, "one kind of failure each");
        assert!(text.lines().count() < 400, "{}", text.lines().count());
        for report in &reports {
            let id = &*report.run.case.scenario;
            let is_named = |end| text.contains(&format!("{id}/client{end}"));
            assert!([",", "\n", " "].into_iter().any(is_named), "{id}");
        }
        let all = written(&reports, 80, true);
        assert_eq!(all.matches("\nFAIL ").count(), 200);
    }

    #[test]
    fn a_group_beyond_the_first_is_told_in_short() {
        let mut reports: Vec<_> = (0..5)
            .flat_map(|n| {
                [
                    failing("a/one", &format!("A-{n}"), "go"),
                    failing("a/two", &format!("A-{n}"), "go"),
                ]
            })
            .collect();
        let last = failing("b/alone", "B-1", "go");
        let both = CaseReport {
            run: RunId {
                case: CaseId { side: Side::Server, ..last.run.case.clone() },
                ..last.run.clone()
            },
            ..last.clone()
        };
        let elsewhere = CaseReport {
            run: RunId { target: "rust".into(), clock: Clock::Live, ..last.run.clone() },
            ..last.clone()
        };
        reports.extend([last, both, elsewhere]);
        // Fewer cases than this share what no other group has.
        reports.retain(|report| &*report.run.case.scenario != "a/two" || report.run.target != "go");
        let text = written(&reports, 80, false);
        assert!(text.contains("\n3 cases break B-1: What B-1 says is so long that no terminal has it on a line.\n  (must; hashicorp-spec, \"Ping\")\n\nFAIL b/alone/client (go, live clock)\n"), "{text}");
        let short = text.split_once("\n1 case breaks A-4: ").unwrap().1;
        assert_eq!(
            short,
            "What A-4 says is so long that no terminal has it on a line.
  (must; hashicorp-spec, \"Ping\")
  expected  write s 9 x 65536 bytes [writer]: error stream_reset, 524288 bytes
            written
  observed  error eof, 589824 bytes written (in its own words: end of file) at
            300.001
  all of them (--verbose shows them in full)
    go: a/one/client
"
        );
        assert!(text.contains("  2 more (--verbose shows them in full)\n    go: b/alone/server\n    rust: b/alone/client\n"), "{text}");
    }

    #[test]
    fn no_line_is_longer_than_the_width_but_for_what_is_copied() {
        let reports: Vec<_> = sample::cases().into_iter().chain([sample::broken()]).collect();
        for width in [80, 100, 120] {
            for line in written(&reports, width, true).lines() {
                let is_copied = sample::is_copied(line);
                assert!(columns_of(line) <= width || is_copied, "{width}: {line}");
            }
        }
    }
}
