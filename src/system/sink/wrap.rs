//! Wraps text to the width of a terminal, and finds that width.

use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;
use textwrap::{Options, WordSplitter};

use crate::system::sink::escape;

/// The width of lines for people on stdout: that of the terminal; else `COLUMNS`, if it is set; else 100.
pub(crate) fn stdout_width() -> usize {
    let stdout = io::stdout();
    let terminal = stdout.is_terminal().then(|| tcgetwinsize(&stdout).ok()).flatten();
    let terminal = terminal.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
    let named = || std::env::var("COLUMNS").ok()?.trim().parse().ok();
    terminal.or_else(named).unwrap_or(USUAL_WIDTH).clamp(LEAST_WIDTH, MOST_WIDTH)
}

/// The width of `text` on a terminal.
pub(crate) fn columns_of(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// `text` in lines of at most `width` columns: the first after `first`, all others after `rest`.
///
/// Lines break at blanks only, and not between a time and its unit: a word longer than a line is meant to be copied.
/// Control characters are escaped.
pub(crate) fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let text = escape(text);
    let (blanks, words) = text.split_at(text.len() - text.trim_start().len());
    if words.is_empty() {
        return vec![first.trim_end().to_owned()];
    }
    let (first, rest) = (format!("{first}{blanks}"), format!("{rest}{blanks}"));
    let options = Options::new(width)
        .initial_indent(&first)
        .subsequent_indent(&rest)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    let words = glued(words);
    let lines = textwrap::wrap(&words, options);
    lines.iter().map(|line| line.trim_end().replace(GLUE, " ")).collect()
}

/// Replaces the blank between a time and its unit with one that does not break.
fn glued(text: &str) -> String {
    let mut words = text.split(' ').peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(word) = words.next() {
        out.push_str(word);
        let Some(next) = words.peek() else { break };
        let unit = next.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let is_time = word.ends_with(|c: char| c.is_ascii_digit()) && UNITS.contains(&unit);
        out.push_str(if is_time { GLUE } else { " " });
    }
    out
}

/// A blank that does not break.
const GLUE: &str = "\u{a0}";

const UNITS: [&str; 3] = ["s", "ms", "min"];

/// Fits a log that people read.
const USUAL_WIDTH: usize = 100;
/// Narrower text is unreadable, wrapped or not.
const LEAST_WIDTH: usize = 40;
/// Beyond this the eye loses the line.
const MOST_WIDTH: usize = 160;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_end_at_blanks_and_hang() {
        assert_eq!(
            wrapped("one two three-four five", 12, "- ", "  "),
            ["- one two", "  three-four", "  five"]
        );
        assert_eq!(wrapped("    deep and deeper", 12, "", ""), ["    deep and", "    deeper"]);
        assert_eq!(wrapped("", 12, "- ", "  "), ["-"]);
    }

    #[test]
    fn what_is_copied_stays_in_one_piece() {
        assert_eq!(
            wrapped("see a/very/long/path now", 10, "", ""),
            ["see", "a/very/long/path", "now"]
        );
    }

    #[test]
    fn a_time_keeps_its_unit() {
        assert_eq!(wrapped("clock, 3.8 s, seed 0", 12, "", ""), ["clock,", "3.8 s, seed", "0"]);
        assert_eq!(wrapped("after 2 min 5 s)", 11, "", ""), ["after 2 min", "5 s)"]);
        assert_eq!(wrapped("pass 9 so far", 6, "", ""), ["pass 9", "so far"]);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(columns_of("世界"), 4);
        assert_eq!(wrapped("世界 世界", 6, "", ""), ["世界", "世界"]);
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_the_width_but_for_a_word(text in "[a-z\u{4e16} \u{1b}]{0,200}", width in 10usize..60) {
            for line in wrapped(&text, width, "* ", "  ") {
                let is_one_word = !line.trim_start_matches(['*', ' ']).contains(' ');
                prop_assert!(columns_of(&line) <= width || is_one_word, "{line:?}");
            }
        }
    }
}
