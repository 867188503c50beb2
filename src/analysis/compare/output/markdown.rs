//! A comparison as a comment on a pull request: the counts, then a list for each kind of change, folded unless it is for the
//! worse.
//!
//! Text of others is set as code, so that it neither formats nor mentions anybody.

use std::fmt::Write;

use crate::analysis::compare::output::full::full;
use crate::analysis::compare::output::grouped::{Group, first_groups, grouped};
use crate::analysis::compare::output::words::{heading, notes, sentence, turn_of, turned};
use crate::analysis::compare::{ChangeKind, ClauseTurn, Upgrade};
use crate::system::sink::escape;

/// The comparison as Markdown.
pub(crate) fn comparison_markdown(upgrade: &Upgrade) -> String {
    let mut out = String::new();
    write(&mut out, upgrade).expect("a String takes every text");
    out
}

fn write(out: &mut String, upgrade: &Upgrade) -> std::fmt::Result {
    let (before, after) = (code(&upgrade.asked.0), code(&upgrade.asked.1));
    writeln!(out, "### yamux-conform: {before} → {after}\n")?;
    writeln!(out, "**{}**\n", sentence(upgrade))?;
    writeln!(out, "| | clock | what it is |\n|---|---|---|")?;
    for (name, targets) in [("before", &upgrade.targets.0), ("after", &upgrade.targets.1)] {
        for target in targets {
            // A bar would end the cell, even in code.
            let description = code(&target.description.replace('|', "/"));
            writeln!(out, "| {name} | {} | {description} |", target.clock)?;
        }
    }
    writeln!(out)?;
    for (name, turn) in
        [("newly broken", ClauseTurn::NewlyBroken), ("repaired", ClauseTurn::Repaired)]
    {
        let ids: Vec<String> = turned(upgrade, turn).into_iter().map(code).collect();
        if !ids.is_empty() {
            writeln!(out, "Clauses {name}: {}\n", ids.join(", "))?;
        }
    }
    for note in notes(upgrade) {
        writeln!(out, "Note: {}\n", code(note))?;
    }
    ChangeKind::TOLD.into_iter().try_for_each(|kind| section(out, upgrade, kind))
}

fn section(out: &mut String, upgrade: &Upgrade, kind: ChangeKind) -> std::fmt::Result {
    let count = upgrade.count(kind);
    if count == 0 {
        return Ok(());
    }
    let open = if kind.is_worse() { " open" } else { "" };
    writeln!(out, "<details{open}><summary>{} ({count})</summary>\n", heading(kind))?;
    let (groups, more) = first_groups(upgrade, kind, MAX_LISTED);
    for (clause, groups) in groups {
        if let Some(id) = clause {
            let said = upgrade.statements.get(id);
            let said = said.map(|clause| format!(": {}", code(&clause.statement)));
            writeln!(out, "* {}{}{}", code(id), turn_of(upgrade, id), said.unwrap_or_default())?;
        }
        for group in &groups {
            entry(out, group, if clause.is_some() { "  " } else { "" })?;
        }
    }
    if more > 0 {
        writeln!(out, "* and {more} more cases")?;
    }
    if kind.is_worse() {
        in_full(out, upgrade, kind)?;
    }
    writeln!(out, "\n</details>\n")
}

fn entry(out: &mut String, group: &Group<'_>, indent: &str) -> std::fmt::Result {
    let (name, step) = (code(&group.name), &group.step);
    writeln!(out, "{indent}* {name} ({}): {}", group.places(), step.replace("->", "→"))?;
    let mut details = group.details.iter();
    details.try_for_each(|(when, text)| writeln!(out, "{indent}  * {when}: {}", code(text)))
}

/// The first case of each group with its ladder; the others failed in the same way.
fn in_full(out: &mut String, upgrade: &Upgrade, kind: ChangeKind) -> std::fmt::Result {
    let groups = grouped(upgrade, kind);
    let cases = groups.values().flatten().filter_map(|group| group.cases.first());
    for change in cases.take(MAX_IN_FULL) {
        let Some(run) = change.shown() else { continue };
        let (id, side, clock) = (&change.key.id, change.key.side, change.key.clock);
        let text = full(upgrade, run);
        let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
        let name = html(&format!("{id}/{side}"));
        writeln!(out, "\n<details><summary><code>{name}</code>, {clock} clock</summary>\n")?;
        writeln!(out, "{fence}text\n{text}{fence}\n\n</details>")?;
    }
    Ok(())
}

/// `text` as inline code, whatever it contains.
fn code(text: &str) -> String {
    let text = escape(text);
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    match text.is_empty() || text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// `text` inside an HTML element.
fn html(text: &str) -> String {
    escape(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The longest run of that character.
fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

/// A comment has room for 65,536 characters.
const MAX_LISTED: usize = 50;

/// These ladders take a tenth of that.
const MAX_IN_FULL: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::compare::sample;

    #[test]
    fn what_is_worse_is_open_and_the_rest_is_folded() {
        let text = comparison_markdown(&sample::upgrade());
        assert!(
            text.starts_with("### yamux-conform: `lib@1` → `lib@2`\n\n**worse: 2 new"),
            "{text}"
        );
        assert!(text.contains("<details open><summary>new failures (2)</summary>"), "{text}");
        assert!(text.contains("<details><summary>fixed (1)</summary>"), "{text}");
        assert!(text.contains("* `FLOW-01`, newly broken: `a statement of FLOW-01`\n"), "{text}");
        assert!(text.contains("  * `a/dies` (client, live): pass → crashed\n"), "{text}");
        assert!(text.contains("<code>a/dies/client</code>, live clock"), "{text}");
        assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
    }

    #[test]
    fn text_of_others_stays_text() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("@all\n<b>"), "`@all\\n<b>`");
        assert_eq!(html("<b>&"), "&lt;b&gt;&amp;");
    }
}
