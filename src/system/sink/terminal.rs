//! `Terminal`: lines for people, with styles and text passed separately, so that no text can set a style or end a line.

use std::io::{self, Write};

use anstyle::Style;

use crate::system::sink::escape;
use crate::system::sink::workflow::defuse;
use crate::system::sink::wrap::wrapped;

/// A line: pieces of text, each with its style.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Vec<(Style, String)>);

impl Line {
    /// A line that begins with this text.
    pub(crate) fn styled(style: Style, text: impl Into<String>) -> Self {
        Self::default().and_styled(style, text)
    }

    /// Appends this text.
    pub(crate) fn and(self, text: impl Into<String>) -> Self {
        self.and_styled(Style::new(), text)
    }

    /// Appends this text in its style.
    pub(crate) fn and_styled(mut self, style: Style, text: impl Into<String>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    /// The line as written, with its line feed.
    fn render(&self) -> String {
        let plain: String = self.0.iter().map(|(_, text)| escape(text)).collect();
        let harmless = defuse(&plain);
        if harmless != plain {
            return format!("{harmless}\n");
        }
        let mut line: String = self
            .0
            .iter()
            .map(|(style, text)| format!("{style}{}{style:#}", escape(text)))
            .collect();
        line.push('\n');
        line
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::default().and(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::default().and(text)
    }
}

/// Writes lines. `out` accepts or strips ANSI styles.
#[derive(Debug)]
pub(crate) struct Terminal<W> {
    out: W,
}

impl<W: Write> Terminal<W> {
    /// Lines for `out`.
    pub(crate) const fn new(out: W) -> Self {
        Self { out }
    }

    /// Writes one line, whatever it contains.
    pub(crate) fn line(&mut self, line: impl Into<Line>) -> io::Result<()> {
        self.out.write_all(line.into().render().as_bytes())
    }

    /// Writes text whose line feeds are kept.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        text.lines().try_for_each(|line| self.line(line))
    }

    /// Writes each line of `text` in lines of at most `width` columns, all but the first indented by `hang`.
    pub(crate) fn wrapped(
        &mut self,
        style: Style,
        text: &str,
        width: usize,
        hang: usize,
    ) -> io::Result<()> {
        let rest = " ".repeat(hang);
        let lines = text.lines().enumerate();
        let lines = lines.flat_map(|(index, line)| {
            wrapped(line, width, if index == 0 { "" } else { &rest }, &rest)
        });
        lines
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|line| self.line(Line::styled(style, line)))
    }

    /// Writes text after `head`. Its further lines are indented, so that none looks like a line of ours.
    pub(crate) fn paragraph(&mut self, head: Line, text: &str) -> io::Result<()> {
        let mut lines = text.lines();
        self.line(head.and(lines.next().unwrap_or_default()))?;
        lines.try_for_each(|line| self.line(format!("  {line}")))
    }

    /// Flushes the output.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The widest padding: Rust's formatting supports no larger width, and nobody reads one.
pub(crate) const MAX_PADDING: usize = 1000;

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;
    use proptest::prelude::*;

    use super::*;
    use crate::system::sink::is_harmless;

    fn written(write: impl FnOnce(&mut Terminal<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Terminal::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn styles_are_ours_and_text_is_only_text() {
        let red = AnsiColor::Red.on_default();
        let line = Line::styled(red, "a\u{1b}[32m\n").and(" b\r");
        assert_eq!(written(|out| out.line(line)), "\u{1b}[31ma\\u{1b}[32m\\n\u{1b}[0m b\\r\n");
    }

    #[test]
    fn a_command_is_broken_even_if_it_comes_in_pieces() {
        let line = Line::from("  ").and(":").and(":error::x");
        assert_eq!(written(|out| out.line(line)), "  \\::error::x\n");
        let line = Line::styled(AnsiColor::Red.on_default(), "##").and("[x]");
        assert_eq!(written(|out| out.line(line)), "##\\[x]\n");
    }

    #[test]
    fn further_lines_of_a_paragraph_are_indented() {
        let text = written(|out| out.paragraph("error: ".into(), "one\n::two\nnote: three"));
        assert_eq!(text, "error: one\n  \\::two\n  note: three\n");
        assert_eq!(written(|out| out.paragraph("error: ".into(), "")), "error: \n");
    }

    #[test]
    fn text_keeps_its_lines() {
        assert_eq!(written(|out| out.text("a\n\n b\n")), "a\n\n b\n");
        assert_eq!(written(|out| out.text("")), "");
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_that_gives_no_orders(
            pieces in prop::collection::vec("[:#a\\[\n\u{1b}\u{202e} ]{0,6}|\\PC{0,8}|.{0,8}", 0..6)
        ) {
            let line = pieces.iter().fold(Line::default(), |line, piece| line.and(piece));
            let text = written(|out| out.line(line));
            let line = text.strip_suffix('\n').unwrap();
            prop_assert!(line.chars().all(is_harmless), "{line:?}");
            prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line:?}");
        }
    }
}
