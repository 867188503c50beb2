//! Workflow commands: lines of a job's log that the CI server obeys. Ours are written here; those in untrusted text are made
//! harmless.
//!
//! GitHub's runner takes a line that begins with `::`, blanks aside, and `##[…]` anywhere in a line; Azure Pipelines takes
//! `##vso[…]`, TeamCity `##teamcity[…]`.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::system::sink::escape;

/// The place of an annotation: file, line and column.
pub(crate) type AnnotatedPlace<'a> = (&'a str, u32, u32);

/// Writes an `::error` command on a line of its own: GitHub shows it at its place, or else with the whole run.
pub(crate) fn error(
    out: &mut impl Write,
    place: Option<AnnotatedPlace<'_>>,
    title: &str,
    text: &str,
) -> io::Result<()> {
    let place = place.map_or_else(String::new, |(file, line, column)| {
        format!("file={},line={line},col={column},", property(file))
    });
    let line = format!("::error {place}title={}::{}", property(title), message(text.trim_end()));
    writeln!(out, "{}", without_marks(&line))
}

/// `line` without effect as a command. Only commands change; a backslash breaks them.
pub(super) fn defuse(line: &str) -> Cow<'_, str> {
    let blanks = line.len() - line.trim_start().len();
    if line[blanks..].starts_with("::") {
        return Cow::Owned(
            without_marks(&format!("{}\\{}", &line[..blanks], &line[blanks..])).into(),
        );
    }
    without_marks(line)
}

fn without_marks(line: &str) -> Cow<'_, str> {
    break_marks(line, |mark| {
        let name = mark.strip_suffix('[').unwrap_or(mark);
        format!("{name}\\[")
    })
}

/// `line` with each `##[`, `##vso[` and similar mark replaced by the result of `broken`.
pub(super) fn break_marks(line: &str, broken: impl Fn(&str) -> String) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut done = 0;
    for (at, _) in line.match_indices('[') {
        let before = line[done..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        if before.ends_with("##") {
            let begin = done + before.len() - "##".len();
            whole.push_str(&line[done..begin]);
            whole.push_str(&broken(&line[begin..=at]));
            done = at + 1;
        }
    }
    match done {
        0 => Cow::Borrowed(line),
        _ => Cow::Owned(whole + &line[done..]),
    }
}

/// The text after the `::` of a command, which ends at the line's end.
fn message(text: &str) -> String {
    let encoded = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    escape(&encoded).into_owned()
}

/// The value of a property, which also ends at a comma or a colon.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_value_early_is_encoded() {
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        assert_eq!(message("a,b:c%\r\n\u{1b}"), r"a,b:c%25%0D%0A\u{1b}");
    }

    #[test]
    fn a_command_in_a_value_is_broken() {
        let mut out = Vec::new();
        let place = ("a,b::\n.json", 3, 5);
        error(&mut out, Some(place), "FAIL: ##[x]", "  one\n::two ##vso[x]\n").unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::error file=a%2Cb%3A%3A%0A.json,line=3,col=5,title=FAIL%3A ##\\[x]::  one%0A::two ##vso\\[x]\n"
        );
    }

    #[test]
    fn no_line_of_others_gives_orders() {
        for (line, broken) in [
            ("::error::x", r"\::error::x"),
            (" \u{a0}\u{2003}::stop-commands::x", " \u{a0}\u{2003}\\::stop-commands::x"),
            ("a ##[error]b", r"a ##\[error]b"),
            ("###[x]##[[y]", r"###\[x]##\[[y]"),
            ("##vso[task.x]##TeamCity[y]", r"##vso\[task.x]##TeamCity\[y]"),
            ("::x ##[y]", r"\::x ##\[y]"),
        ] {
            assert_eq!(defuse(line), broken);
            assert_eq!(defuse(&defuse(line)), broken, "a second time changes nothing");
        }
        for line in ["", "a::b", ": :", "# [x]", "##", "## [x]", "[##]", "#vso[x]"] {
            assert!(matches!(defuse(line), Cow::Borrowed(same) if same == line), "{line}");
        }
    }
}
