//! A comparison for people at a terminal: what ran, the counts, then a list for each kind of change.

use std::fmt::Write;

use crate::analysis::compare::output::full::full;
use crate::analysis::compare::output::grouped::{Group, first_groups};
use crate::analysis::compare::output::words::{heading, notes, sentence, turn_of, turned, wrapped};
use crate::analysis::compare::{CaseChange, ChangeKind, ClauseTurn, Upgrade};

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Lists, long ones truncated.
    #[default]
    Short,
    /// Whole lists, and each new failure with its ladder.
    Full,
}

/// The comparison as text of at most 80 columns, where names and commands allow that.
pub(crate) fn comparison_text(upgrade: &Upgrade, detail: Detail) -> String {
    let mut out = head(upgrade);
    for kind in ChangeKind::TOLD {
        out.push_str(&section(upgrade, kind, detail));
    }
    if detail == Detail::Full {
        for change in upgrade.changes.iter().filter(|change| change.kind.is_worse()) {
            out.push_str(&in_full(upgrade, change));
        }
    }
    out
}

fn head(upgrade: &Upgrade) -> String {
    let mut out = String::new();
    for (name, asked, targets) in [
        ("before", &upgrade.asked.0, &upgrade.targets.0),
        ("after", &upgrade.asked.1, &upgrade.targets.1),
    ] {
        out.push_str(&wrapped(&format!("{name:<6}  "), 8, asked));
        for target in targets {
            let line = format!("        {:<7}  ", target.clock.to_string());
            out.push_str(&wrapped(&line, 17, &target.description));
        }
    }
    out.push('\n');
    out.push_str(&wrapped("", 2, &sentence(upgrade)));
    for (name, turn) in
        [("newly broken", ClauseTurn::NewlyBroken), ("repaired", ClauseTurn::Repaired)]
    {
        let ids = turned(upgrade, turn);
        if !ids.is_empty() {
            out.push_str(&wrapped(&format!("clauses {name}: "), 2, &ids.join(", ")));
        }
    }
    for note in notes(upgrade) {
        out.push_str(&wrapped("note: ", 2, note));
    }
    out
}

fn section(upgrade: &Upgrade, kind: ChangeKind, detail: Detail) -> String {
    let is_whole = detail == Detail::Full || kind.is_worse();
    let most = if is_whole { usize::MAX } else { MAX_LISTED };
    let (groups, more) = first_groups(upgrade, kind, most);
    let mut out = String::new();
    if groups.is_empty() {
        return out;
    }
    writeln!(out, "\n{}", heading(kind)).expect("a String takes every text");
    for (clause, groups) in groups {
        if let Some(id) = clause {
            let said = upgrade.statements.get(id).map_or("", |clause| &*clause.statement);
            let said = format!("{id}{}: {said}", turn_of(upgrade, id));
            out.push_str(&wrapped("  ", 4, said.trim_end_matches([':', ' '])));
        }
        let indent = if clause.is_some() { 4 } else { 2 };
        out.extend(groups.iter().map(|group| entry(group, indent)));
    }
    if more > 0 {
        writeln!(out, "  and {more} more cases (-v names them)")
            .expect("a String takes every text");
    }
    out
}

fn entry(group: &Group<'_>, indent: usize) -> String {
    let first = " ".repeat(indent);
    let (name, step) = (&group.name, &group.step);
    let mut out = wrapped(&first, indent + 2, &format!("{name} ({}): {step}", group.places()));
    for (when, text) in &group.details {
        out.push_str(&wrapped(&format!("{first}  {when:<6}  "), indent + 10, text));
    }
    out
}

fn in_full(upgrade: &Upgrade, change: &CaseChange) -> String {
    let Some(run) = change.shown() else { return String::new() };
    let (id, side, clock) = (&change.key.id, change.key.side, change.key.clock);
    let label = run.grade().label().to_uppercase();
    let mut out = format!("\n{label} {id}/{side} ({}, {clock} clock)\n", run.case.target);
    for line in full(upgrade, run).lines() {
        out.push_str(format!("  {line}").trim_end());
        out.push('\n');
    }
    out
}

/// The most entries shown of a list.
const MAX_LISTED: usize = 12;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::analysis::compare::sample;
    use crate::analysis::compare::sample::{called, passed, recorded, weak};

    #[test]
    fn the_counts_come_first_and_then_the_lists_by_clause() {
        assert_eq!(
            comparison_text(&sample::upgrade(), Detail::Short),
            "before  lib@1
        live     lib 1.0, rust 1.95
after   lib@2
        live     lib 1.0, rust 1.95

worse: 2 new failures, 1 fixed, 1 difference, 1 the same
clauses newly broken: FLOW-01, FLOW-02
clauses repaired: PING-01

new failures
  FLOW-01, newly broken: a statement of FLOW-01
    a/dies (client, live): pass -> crashed
      after   panic: nil map
  FLOW-02, newly broken
    a/fails (client, live): pass -> fail
      after   pong/7 | no-pong

fixed
  PING-01, repaired: a statement of PING-01
    a/fixed (client, live): crashed -> pass
      before  panic: nil map

differences
  a/weak (client, live): pass -> weak pass
      after   it is lawful
"
            .replace("      after   it is", "    after   it is")
        );
    }

    #[test]
    fn each_new_failure_stands_in_full_where_that_is_asked() {
        let text = comparison_text(&sample::upgrade(), Detail::Full);
        assert!(text.contains("\nCRASHED a/dies/client (lib, live clock)\n  title "), "{text}");
        assert!(text.contains("  broken      FLOW-01: a statement of FLOW-01 (must; purpose)\n"));
        assert!(text.contains("  step 2      scenarios/ping/echo.json:6:5\n"));
        assert!(text.contains("  the last lines of the shim's stderr\n    panic: nil map\n"));
        assert!(text.contains("< ping 7\n"), "{text}");
        assert_eq!(text.matches("fingerprint").count(), 2);
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let many = |run: fn() -> _| (0..20).map(|n| called(&format!("a/{n:02}"), run())).collect();
        let upgrade =
            Upgrade::of(&recorded("a", many(passed)), &recorded("b", many(weak)), &[]).unwrap();
        let text = comparison_text(&upgrade, Detail::Short);
        assert!(text.ends_with("  and 8 more cases (-v names them)\n"), "{text}");
        assert!(comparison_text(&upgrade, Detail::Full).contains("a/19 "));
    }
}
