//! Checks a syntax tree against one of our schemas and finds every mistake with its position. Pure.
//!
//! It supports the part of JSON Schema that our types generate: `$ref`, `type`, `properties`, `required`,
//! `additionalProperties: false`, `items`, `minItems`, `maxItems`, `minimum`, `maximum`, `enum`, `const`, our own
//! formats, `anyOf` whose branches differ in type, and `oneOf` of constants or of required keys.

use serde_json::Value;

use crate::scenario::read::nearest::{listed, nearest, suggestion};
use crate::scenario::read::problem::Finding;
use crate::scenario::read::syntax::{Member, Node, NodeKind};
use crate::scenario::read::written::check_format;

/// Every violation of `schema` in `node`.
pub(crate) fn validate(node: &Node, schema: &Value) -> Vec<Finding> {
    let mut validator = Validator { root: schema, findings: Vec::new() };
    validator.check(node, schema);
    validator.findings
}

struct Validator<'a> {
    root: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Validator<'a> {
    fn check(&mut self, node: &Node, schema: &'a Value) {
        let Some(schema) = meant(self.root, schema, node) else {
            let expected = branches(self.root, resolve(self.root, schema)).map(type_words);
            let expected = expected.collect::<Vec<_>>().join(" or ");
            return self.report(node, format!("expected {expected}, found {}", shown(node)));
        };
        if let Some(names) = names(schema) {
            return self.check_name(node, &names);
        }
        if !has_type(node, schema) {
            let expected = type_words(schema);
            return self.report(node, format!("expected {expected}, found {}", shown(node)));
        }
        match &node.kind {
            NodeKind::Object(members) => self.check_object(node, members, schema),
            NodeKind::Array(items) => self.check_array(node, items, schema),
            NodeKind::Number(_) => self.check_range(node, schema),
            NodeKind::String(text) => self.check_text(node, text, schema),
            NodeKind::Bool(found) => {
                if let Some(expected) = schema.get("const").and_then(Value::as_bool)
                    && expected != *found
                {
                    self.report(node, format!("expected {expected}, found {found}"));
                }
            }
            NodeKind::Null => {}
        }
    }

    fn check_name(&mut self, node: &Node, names: &[&str]) {
        let found = match &node.kind {
            NodeKind::String(text) if names.contains(&text.as_str()) => return,
            NodeKind::String(text) => suggestion(text, names.iter().copied()),
            _ => String::new(),
        };
        let expected = match names {
            [only] => format!("{only:?}"),
            _ => format!("one of {}", listed(names.iter().copied())),
        };
        self.report(node, format!("expected {expected}, found {}{found}", shown(node)));
    }

    fn check_object(&mut self, node: &Node, members: &[Member], schema: &'a Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let valid = || properties.into_iter().flatten().map(|(name, _)| name.as_str());
        let mut meant = Vec::new();
        for member in members {
            if let Some(property) = properties.and_then(|all| all.get(&member.key)) {
                self.check(&member.value, property);
                continue;
            }
            let near = nearest(&member.key, valid());
            let message = near.map_or_else(
                || match properties.is_none_or(serde_json::Map::is_empty) {
                    true => format!("unknown key {:?}, expected none", member.key),
                    false => {
                        format!("unknown key {:?}, expected one of {}", member.key, listed(valid()))
                    }
                },
                |name| format!("unknown key {:?}, did you mean {name:?}?", member.key),
            );
            meant.extend(near);
            self.findings.push(Finding::new(member.position, message));
        }
        for key in strings(schema.get("required")) {
            // If a key was misspelt, one message about it is enough.
            if node.member(key).is_none() && !meant.contains(&key) {
                self.report(node, format!("missing key {key:?}"));
            }
        }
        self.check_exactly_one(node, members, schema, &meant);
    }

    fn check_exactly_one(
        &mut self,
        node: &Node,
        members: &[Member],
        schema: &Value,
        meant: &[&str],
    ) {
        let Some(branches) = schema.get("oneOf").and_then(Value::as_array) else { return };
        let keys: Vec<&str> =
            branches.iter().flat_map(|branch| strings(branch.get("required"))).collect();
        let found: Vec<&Member> =
            members.iter().filter(|member| keys.contains(&member.key.as_str())).collect();
        let expected = listed(keys.iter().copied());
        match found.as_slice() {
            [] if keys.iter().any(|key| meant.contains(key)) => {}
            // The missing key is probably the unknown one, which is already reported.
            [] if members.iter().any(|member| !known(schema, &member.key)) => {}
            [] => self.report(node, format!("expected exactly one of {expected}, found none")),
            [_] => {}
            [first, others @ ..] => {
                for other in others {
                    let message = format!(
                        "expected exactly one of {expected}, found {:?} beside {:?}",
                        other.key, first.key
                    );
                    self.findings.push(Finding::new(other.position, message));
                }
            }
        }
    }

    fn check_array(&mut self, node: &Node, items: &[Node], schema: &'a Value) {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            self.report(node, format!("expected at least {least} item, found none"));
        }
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        if let Some(beyond) = items.get(most) {
            // Mistakes inside the items would be as many problems.
            let found = items.len();
            return self.report(beyond, format!("expected at most {most} items, found {found}"));
        }
        if let Some(item_schema) = schema.get("items") {
            for item in items {
                self.check(item, item_schema);
            }
        }
    }

    fn check_range(&mut self, node: &Node, schema: &Value) {
        let NodeKind::Number(number) = &node.kind else { return };
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u64::MAX));
        if number.as_u64().is_none_or(|value| value < least || value > most) {
            let message = format!("expected a whole number from {least} to {most}, found {number}");
            self.report(node, message);
        }
    }

    fn check_text(&mut self, node: &Node, text: &str, schema: &Value) {
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some(Err(message)) = check_format(format, text)
        {
            self.report(node, message);
        }
    }

    fn report(&mut self, node: &Node, message: String) {
        self.findings.push(Finding::new(node.position, message));
    }
}

/// The part of a schema that a value is checked against: follows references and, of the branches, which differ in type,
/// chooses the one with the value's type. `None` if there is none.
pub(super) fn meant<'a>(root: &'a Value, schema: &'a Value, node: &Node) -> Option<&'a Value> {
    let schema = resolve(root, schema);
    if schema.get("anyOf").is_none() {
        return Some(schema);
    }
    let is_number = matches!(node.kind, NodeKind::Number(_));
    branches(root, schema)
        .find(|branch| has_type(node, branch) || (is_number && type_name(branch) == "integer"))
}

fn branches<'a>(root: &'a Value, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
    let branches = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    branches.map(move |branch| resolve(root, branch))
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference.and_then(|path| root.pointer(path.strip_prefix('#')?)).unwrap_or(schema)
}

/// The names that a closed list of words allows; `None` if `schema` is not such a list.
fn names(schema: &Value) -> Option<Vec<&str>> {
    if let Some(names) = schema.get("enum") {
        return Some(strings(Some(names)).collect());
    }
    if let Some(name) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![name]);
    }
    let branches = schema.get("oneOf")?.as_array()?;
    let names: Vec<_> = branches.iter().map(names).collect::<Option<_>>()?;
    Some(names.concat())
}

fn known(schema: &Value, key: &str) -> bool {
    schema.get("properties").is_some_and(|properties| properties.get(key).is_some())
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn type_name(schema: &Value) -> &str {
    if names(schema).is_some() {
        return "string";
    }
    schema.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn has_type(node: &Node, schema: &Value) -> bool {
    match (type_name(schema), &node.kind) {
        ("integer", NodeKind::Number(number)) => number.is_u64() || number.is_i64(),
        ("number", NodeKind::Number(_))
        | ("string", NodeKind::String(_))
        | ("boolean", NodeKind::Bool(_))
        | ("array", NodeKind::Array(_))
        | ("object", NodeKind::Object(_))
        | ("", _) => true,
        _ => false,
    }
}

fn type_words(schema: &Value) -> String {
    if let Some(names) = names(schema) {
        return listed(names);
    }
    match type_name(schema) {
        "integer" => "a whole number",
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some("byte-size") => "a size such as \"64KiB\"",
            Some("byte-size-or-off") => "a size such as \"4KiB\", \"off\"",
            Some("time-span") => "a duration such as \"300ms\"",
            Some("time-span-or-off") => "a duration such as \"300ms\", or \"off\"",
            Some("time-span-or-none") => "a duration such as \"300ms\", or \"none\"",
            Some("time-point") => "a time such as \"300ms\" or \"stream_close_timeout\"",
            Some("label") => "a name in quotes",
            Some("hex") => "hexadecimal digits in quotes",
            _ => "a string",
        },
        "boolean" => match schema.get("const") {
            Some(Value::Bool(true)) => "true",
            _ => "true or false",
        },
        "array" => "an array",
        _ => "an object",
    }
    .to_owned()
}

/// The value found, short enough for a line.
fn shown(node: &Node) -> String {
    match &node.kind {
        NodeKind::Null => "null".to_owned(),
        NodeKind::Bool(value) => value.to_string(),
        NodeKind::Number(number) => number.to_string(),
        NodeKind::String(text) if text.chars().count() > 60 => {
            format!("{:?}…", text.chars().take(57).collect::<String>())
        }
        NodeKind::String(text) => format!("{text:?}"),
        NodeKind::Array(_) => "an array".to_owned(),
        NodeKind::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::read::document::Document;
    use crate::scenario::read::schema;
    use crate::scenario::read::syntax::parse;

    const DOCUMENT: &str = r#"{ "title": "ä", "clauses": ["A-1"], "peer": "wire", "steps": [
        { "peer": { "send": { "ping": { "value": "latest", "answer": true } } } },
        { "peer": { "send": { "raw": { "type": 0, "stream": "s", "length": "1KiB", "body_hex": "00 ff" } } } },
        { "peer": { "expect": { "go_away": 1, "at": "stream_close_timeout - 1ms", "from": "n" } } },
        { "wire": { "segment": { "to": "peer", "bytes": "off" } }, "name": "n" } ] }"#;

    proptest! {
        /// The schema and the types never disagree: a document that passes can be read, and nothing panics.
        #[test]
        fn what_the_schema_lets_through_can_be_read(
            changes in vec((0..DOCUMENT.len(), 0..DOCUMENT.len(), any::<bool>()), 0..4),
        ) {
            let mut text: Vec<char> = DOCUMENT.chars().collect();
            for (at, from, inserts) in changes {
                let (at, from) = (at % text.len(), from % text.len());
                let letter = text[from];
                if inserts { text.insert(at, letter) } else { text[at] = letter }
            }
            let text = String::from_iter(text);
            let is_json = |text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            if let Ok(node) = parse(&text)
                && is_json(&text)
                && validate(&node, schema::scenario()).is_empty()
            {
                let read = serde_json::from_str::<Document>(&text);
                prop_assert!(read.is_ok(), "{:?}", read.err());
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in vec(any::<char>(), 0..60)) {
            if let Ok(node) = parse(&String::from_iter(text)) {
                validate(&node, schema::scenario());
            }
        }
    }

    #[test]
    fn the_document_the_changes_start_from_is_right() {
        let node = parse(DOCUMENT).expect("it is JSON");
        assert_eq!(validate(&node, schema::scenario()), []);
    }
}
