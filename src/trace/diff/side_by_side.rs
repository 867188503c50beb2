//! Two windows of lines in two columns, aligned where they agree. Pure.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use similar::{Algorithm, DiffOp, TextDiff};

/// The lines of one trace around a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) lines: Vec<String>,
    /// How many lines of the trace are above the window.
    pub(crate) above: usize,
    /// How many lines of the trace are below the window.
    pub(crate) below: usize,
}

impl Window {
    /// A few of `items` before `index`, and as many from there on as fit.
    pub(crate) fn around<T>(items: &[T], index: usize, line: impl Fn(&T) -> String) -> Self {
        let index = index.min(items.len());
        let above = index.saturating_sub(LINES_BEFORE);
        let end = items.len().min(above + MAX_ROWS);
        Self {
            lines: items[above..end].iter().map(line).collect(),
            above,
            below: items.len() - end,
        }
    }
}

/// One row: its left and right line.
pub(crate) type Row<'a> = (Option<&'a str>, Option<&'a str>);

/// Both windows in columns under their names, line by line with its colour; `|`, `<` and `>` mark rows that differ.
pub(crate) fn render(
    left: &Window,
    right: &Window,
    names: (&str, &str),
    width: usize,
) -> Vec<(Style, String)> {
    let rows = rows(&left.lines, &right.lines);
    let column = (width.saturating_sub(GUTTER) / 2).max(MIN_COLUMN);
    let plain = |text: String| (Style::new(), text);
    let mut text = vec![plain(format!("{}   {}", fit(names.0, column), names.1))];
    if left.above > 0 {
        text.push(plain(format!("… {} above", lines(left.above))));
    }
    text.extend(rows.iter().take(MAX_ROWS).map(|row| row_text(*row, column)));
    let cut = &rows[rows.len().min(MAX_ROWS)..];
    let left_cut = cut.iter().filter(|row| row.0.is_some()).count() + left.below;
    let right_cut = cut.iter().filter(|row| row.1.is_some()).count() + right.below;
    if left_cut.max(right_cut) > 0 {
        text.push(plain(format!("… {} more", lines(left_cut.max(right_cut)))));
    }
    text
}

fn lines(count: usize) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}

/// The lines of both, equal ones side by side.
pub(crate) fn rows<'a>(left: &'a [String], right: &'a [String]) -> Vec<Row<'a>> {
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let right: Vec<&str> = right.iter().map(String::as_str).collect();
    // Both are at most MAX_ROWS long, so the deadline is never met; every algorithm has a bad case.
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .timeout(Duration::from_millis(200))
        .diff_slices(&left, &right);
    let mut rows = Vec::new();
    for op in diff.ops() {
        let DiffOp::Equal { .. } = op else {
            let (old, new) = (&left[op.old_range()], &right[op.new_range()]);
            let pairs = 0..old.len().max(new.len());
            rows.extend(pairs.map(|at| (old.get(at).copied(), new.get(at).copied())));
            continue;
        };
        rows.extend(op.old_range().map(|at| (Some(left[at]), Some(left[at]))));
    }
    rows
}

fn row_text((left, right): Row<'_>, column: usize) -> (Style, String) {
    let (mark, style) = match (left, right) {
        (Some(left), Some(right)) if left == right => (' ', Style::new()),
        (Some(_), Some(_)) => ('|', AnsiColor::Yellow.on_default()),
        (Some(_), None) => ('<', AnsiColor::Red.on_default()),
        (None, _) => ('>', AnsiColor::Green.on_default()),
    };
    let left = fit(left.unwrap_or_default(), column);
    let right = fit(right.unwrap_or_default(), column);
    let row = format!("{left} {mark} {right}");
    (style, row.trim_end().to_owned())
}

/// The text in exactly `column` characters; `…` if it was longer.
fn fit(text: &str, column: usize) -> String {
    if text.chars().count() <= column {
        return format!("{text:<column$}");
    }
    let mut cut: String = text.chars().take(column - 1).collect();
    cut.push('…');
    cut
}

/// How many lines before the first difference are shown.
const LINES_BEFORE: usize = 5;
/// How many rows are shown.
const MAX_ROWS: usize = 40;
/// A blank, a mark and a blank between the columns.
const GUTTER: usize = 3;
/// Below this a column shows nothing useful; a narrower terminal wraps.
const MIN_COLUMN: usize = 24;

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn window(lines: &[&str], index: usize) -> Window {
        Window::around(lines, index, |line| (*line).to_owned())
    }

    fn text(left: &Window, right: &Window, names: (&str, &str), width: usize) -> String {
        render(left, right, names, width).into_iter().map(|(_, line)| line + "\n").collect()
    }

    #[test]
    fn equal_lines_stand_beside_each_other_and_the_others_are_marked() {
        let left = window(&["a", "b", "only left", "c", "tail"], 2);
        let right = window(&["a", "b", "c", "longer than the column is wide"], 2);
        let expected = "\
golden                     observed
a                          a
b                          b
only left                <
c                          c
tail                     | longer than the column …
";
        assert_eq!(text(&left, &right, ("golden", "observed"), 51), expected);
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let left = Window::around(&many, 50, String::clone);
        let right = Window::around(&many[..51], 50, |line| format!("x{line}"));
        let text = text(&left, &right, ("a", "b"), 80);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "… 45 lines above");
        assert_eq!(lines.len(), 3 + MAX_ROWS);
        assert_eq!(lines.last(), Some(&"… 15 lines more"));
    }

    #[test]
    fn colour_marks_only_rows_that_differ() {
        let rows = render(&window(&["a", "b"], 1), &window(&["a"], 1), ("l", "r"), 60);
        assert_eq!(rows[1].0, Style::new());
        assert_eq!(rows[2].0, AnsiColor::Red.on_default(), "{rows:?}");
    }
}
