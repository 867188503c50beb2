//! Two windows of lines in one column, like `diff -u`: for terminals too narrow for two. Pure.

use std::fmt::Write;

use crate::trace::diff::side_by_side::{Window, rows};

/// The common lines, and after `-` and `+` those of only the left and only the right window; the names first.
pub(crate) fn render(left: &Window, right: &Window, names: (&str, &str)) -> String {
    let mut text = format!("- {}\n+ {}\n", names.0, names.1);
    let mut line = |mark: char, line: &str| {
        writeln!(text, "{}", format!("{mark} {line}").trim_end())
            .expect("a string takes every text");
    };
    if left.above > 0 {
        line(' ', &format!("… {} above", left.above));
    }
    let rows = rows(&left.lines, &right.lines);
    // Replaced lines are adjacent, with their replacements below.
    let mut new = Vec::new();
    for (old, now) in rows.iter().take(MAX_ROWS) {
        match (old, now) {
            (Some(old), Some(now)) if old == now => {
                new.drain(..).for_each(|now| line('+', now));
                line(' ', old);
            }
            _ => {
                old.iter().for_each(|old| line('-', old));
                new.extend(*now);
            }
        }
    }
    new.into_iter().for_each(|now| line('+', now));
    let cut = rows.len().saturating_sub(MAX_ROWS) + left.below.max(right.below);
    if cut > 0 {
        line(' ', &format!("… {cut} more"));
    }
    text
}

/// How many rows are shown.
const MAX_ROWS: usize = 40;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn window(lines: &[&str], index: usize) -> Window {
        Window::around(lines, index, |line| (*line).to_owned())
    }

    #[test]
    fn what_differs_is_marked_old_before_new() {
        let left = window(&["a", "old", "older", "c", "gone"], 1);
        let right = window(&["a", "new", "newer", "c"], 1);
        let expected = "- golden\n+ now\n  a\n- old\n- older\n+ new\n+ newer\n  c\n- gone\n";
        assert_eq!(render(&left, &right, ("golden", "now")), expected);
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let left = Window::around(&many, 50, String::clone);
        let right = Window::around(&many[..51], 50, |line| format!("x{line}"));
        let text = render(&left, &right, ("a", "b"));
        assert_eq!(text.lines().nth(2), Some("  … 45 above"));
        assert!(text.lines().last().unwrap().ends_with(" more"), "{text}");
    }
}
