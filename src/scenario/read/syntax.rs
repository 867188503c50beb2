//! JSON text as a tree in which every value and key knows its position. Pure.
//!
//! Strict JSON only: no comments, no trailing commas, no duplicate keys.

use std::collections::BTreeMap;

use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};
use serde_json::Number;

use crate::scenario::Position;
use crate::scenario::read::problem::Finding;

/// A value and its position.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) kind: NodeKind,
}

/// The kind of a value.
#[derive(Debug)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A key of an object with its value.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) position: Position,
    pub(crate) key: String,
    pub(crate) value: Node,
}

impl Node {
    /// The member with this key.
    pub(crate) fn member(&self, key: &str) -> Option<&Member> {
        match &self.kind {
            NodeKind::Object(members) => members.iter().find(|member| member.key == key),
            _ => None,
        }
    }
}

/// Parses one JSON value, or reports where the text stops being JSON.
pub(crate) fn parse(text: &str) -> Result<Node, Vec<Finding>> {
    let lines = TextLines::new(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let start = error.range().start;
        vec![Finding::new(lines.position(start), objection(error.kind(), text.get(start..)))]
    })?;
    let Some(value) = parsed.value else {
        let end = lines.position(text.len());
        return Err(vec![Finding::new(end, "expected a JSON object, found nothing")]);
    };
    let mut findings = Vec::new();
    let node = convert(&value, &lines, &mut findings);
    if findings.is_empty() { Ok(node) } else { Err(findings) }
}

/// The error of the other parser, serde_json, as a finding.
pub(crate) fn said(text: &str, error: &serde_json::Error) -> Finding {
    let lines = TextLines::new(text);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Finding::new(lines.position(lines.offset(error.line(), error.column())), lower_first(message))
}

fn convert(value: &ast::Value<'_>, lines: &TextLines<'_>, findings: &mut Vec<Finding>) -> Node {
    let position = lines.position(value.range().start);
    let kind = match value {
        ast::Value::NullKeyword(_) => NodeKind::Null,
        ast::Value::BooleanLit(literal) => NodeKind::Bool(literal.value),
        ast::Value::NumberLit(literal) => match serde_json::from_str(literal.value) {
            Ok(number) => NodeKind::Number(number),
            Err(_) => {
                findings.push(Finding::new(
                    position,
                    format!("expected a number that fits 64 bits, found {}", literal.value),
                ));
                NodeKind::Null
            }
        },
        ast::Value::StringLit(literal) => NodeKind::String(literal.value.clone().into_owned()),
        ast::Value::Array(array) => NodeKind::Array(
            array.elements.iter().map(|item| convert(item, lines, findings)).collect(),
        ),
        ast::Value::Object(object) => NodeKind::Object(members(object, lines, findings)),
    };
    Node { position, kind }
}

fn members(
    object: &ast::Object<'_>,
    lines: &TextLines<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<Member> {
    let mut first: BTreeMap<&str, Position> = BTreeMap::new();
    let mut members = Vec::with_capacity(object.properties.len());
    for property in &object.properties {
        let key = property.name.as_str();
        let position = lines.position(property.range.start);
        if let Some(earlier) = first.get(key) {
            findings.push(Finding::new(position, format!("key {key:?} is already at {earlier}")));
        } else {
            first.insert(key, position);
        }
        let value = convert(&property.value, lines, findings);
        members.push(Member { position, key: key.to_owned(), value });
    }
    members
}

/// Converts byte offsets to lines and columns, in a time that does not depend on the length of the line.
struct TextLines<'a> {
    text: &'a str,
    /// The offset at which each line begins; the first is 0.
    starts: Vec<usize>,
    /// How many characters begin before each block of `BLOCK` bytes.
    chars: Vec<usize>,
}

impl<'a> TextLines<'a> {
    fn new(text: &'a str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut before = 0;
        let blocks = text.as_bytes().chunks(BLOCK);
        let chars = blocks.map(|block| {
            before += begun(block);
            before - begun(block)
        });
        let chars = chars.collect();
        Self { text, starts, chars }
    }

    fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = self.chars_before(offset) - self.chars_before(self.starts[line - 1]);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(before + 1) }
    }

    /// How many characters begin before this byte.
    fn chars_before(&self, offset: usize) -> usize {
        let block = (offset / BLOCK).min(self.chars.len().saturating_sub(1));
        let counted = self.chars.get(block).copied().unwrap_or(0);
        counted + begun(&self.text.as_bytes()[block * BLOCK..offset])
    }

    /// The byte offset of a line and a byte column, both from 1.
    fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        start + column.saturating_sub(1)
    }
}

/// How many characters begin in these bytes of UTF-8.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// To find a column, at most this many bytes are counted.
const BLOCK: usize = 64;

/// The message for a parse error; `rest` is the text from its position on.
fn objection(kind: &ParseErrorKind, rest: Option<&str>) -> String {
    match (kind, rest.and_then(|rest| rest.chars().next())) {
        (ParseErrorKind::UnexpectedToken, Some('\u{feff}')) => {
            "expected JSON, found a byte order mark: save the file as UTF-8 without one".to_owned()
        }
        (ParseErrorKind::UnexpectedToken, Some(found)) => format!("expected JSON, found {found:?}"),
        _ => lower_first(&kind.to_string()),
    }
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read::load::read_text;

    fn findings(text: &str) -> Vec<String> {
        let read = read_text::<serde::de::IgnoredAny>(text, &serde_json::json!({}));
        let found = read.err().unwrap_or_default();
        found.iter().map(|finding| format!("{}: {}", finding.position, finding.message)).collect()
    }

    #[test]
    fn text_that_is_not_strict_json_is_refused_where_it_stops() {
        assert_eq!(findings(""), ["1:1: expected a JSON object, found nothing"]);
        assert_eq!(findings("{\n  // a\n}"), ["2:3: comments are not allowed"]);
        assert_eq!(findings("{\"a\": [1,]}"), ["1:9: trailing commas are not allowed"]);
        assert_eq!(findings("{\"a\": 'x'}"), ["1:7: single-quoted strings are not allowed"]);
        assert_eq!(findings("{\"a\": 012}"), ["1:8: expected comma"]);
        assert_eq!(findings("{\"a\": 1e999}").len(), 1);
        assert_eq!(findings("{\"a\": \"\\ud800\"}").len(), 1);
        assert_eq!(findings("{\"a\": \"\n\"}").len(), 1);
        assert_eq!(findings("{} {}").len(), 1);
        assert_eq!(
            findings("\u{feff}{}"),
            ["1:1: expected JSON, found a byte order mark: save the file as UTF-8 without one"]
        );
        assert_eq!(findings("{}\n\0"), ["2:1: expected JSON, found '\\0'"]);
        assert_eq!(findings(&"[".repeat(100_000)).len(), 1);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(
            findings("{ \"ä€𝄞\": 1, \"a\": 2,\n \"a\": 3, \"a\": 4 }"),
            ["2:2: key \"a\" is already at 1:13", "2:10: key \"a\" is already at 1:13"],
        );
    }

    #[test]
    fn the_column_is_right_in_long_lines_of_any_letters() {
        for letter in ["x", "ä", "€", "𝄞"] {
            for length in [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 1000] {
                let text = format!("\n\n{}\n", letter.repeat(length));
                let lines = TextLines::new(&text);
                for (number, (at, _)) in text[2..].char_indices().enumerate().take(length + 1) {
                    let expected = Position { line: 3, column: number as u32 + 1 };
                    assert_eq!(lines.position(2 + at), expected, "{length} of {letter}");
                }
                assert_eq!(lines.position(text.len()), Position { line: 4, column: 1 });
            }
        }
    }
}
