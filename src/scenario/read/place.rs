//! `Place`: the position of a value in a document, looked up by the keys of its schema. Pure.

use serde_json::Value;

use crate::scenario::Position;
use crate::scenario::read::syntax::{Node, NodeKind};
use crate::scenario::read::validate::meant;

/// A value inside a document that is known to match a schema: looking up a place cannot fail, and with debug assertions
/// a key that is not in the schema panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    node: &'a Node,
    key: Position,
    schema: &'a Value,
    /// The schema of the whole document.
    root: &'a Value,
}

impl<'a> Place<'a> {
    /// The whole document.
    pub(crate) const fn root(node: &'a Node, schema: &'a Value) -> Self {
        Self { node, key: node.position, schema, root: schema }
    }

    /// The value of `key`; if there is none, the object itself.
    pub(crate) fn get(self, key: &str) -> Self {
        let schema = self.below("properties").and_then(|properties| properties.get(key));
        debug_assert!(schema.is_some(), "no key {key:?} in {}", self.schema);
        let place = Self { schema: schema.unwrap_or(&Value::Null), ..self };
        self.node.member(key).map_or(place, |member| Self {
            node: &member.value,
            key: member.position,
            ..place
        })
    }

    /// The item with that index; if there is none, the array itself.
    pub(crate) fn item(self, index: usize) -> Self {
        let place = Self { schema: self.below("items").unwrap_or(&Value::Null), ..self };
        match &self.node.kind {
            NodeKind::Array(items) => items.get(index).map_or(place, |item| Self {
                node: item,
                key: item.position,
                ..place
            }),
            _ => place,
        }
    }

    /// Whether the object has `key`, which must be a key of some object in the schema.
    pub(crate) fn has(self, key: &str) -> bool {
        debug_assert!(is_key(self.root, key), "no key {key:?} in any object");
        self.node.member(key).is_some()
    }

    /// The start of the value.
    pub(crate) const fn value(self) -> Position {
        self.node.position
    }

    /// The start of its key; for an item of an array, of the item.
    pub(crate) const fn key(self) -> Position {
        self.key
    }

    fn below(self, keyword: &str) -> Option<&'a Value> {
        meant(self.root, self.schema, self.node)?.get(keyword)
    }
}

fn is_key(root: &Value, key: &str) -> bool {
    let definitions = root.get("$defs").and_then(Value::as_object).into_iter().flatten();
    let mut objects = definitions.map(|(_, schema)| schema).chain([root]);
    objects.any(|schema| schema.get("properties").is_some_and(|keys| keys.get(key).is_some()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::read::syntax::parse;

    fn schema() -> Value {
        json!({
            "properties": { "a": { "items": { "$ref": "#/$defs/B" } } },
            "$defs": { "B": { "type": "object", "properties": { "b": { "type": "integer" } } } },
        })
    }

    #[test]
    fn places_are_found_by_path() {
        let (node, schema) = (parse("{ \"a\": [ { \"b\": 1 } ] }").expect("it is JSON"), schema());
        let place = Place::root(&node, &schema).get("a").item(0).get("b");
        assert_eq!((place.key().column, place.value().column), (12, 17));
    }

    #[test]
    #[should_panic(expected = "no key \"c\" in")]
    fn a_key_that_the_form_has_not_is_a_mistake_of_ours() {
        let (node, schema) = (parse("{ \"a\": [ { \"b\": 1 } ] }").expect("it is JSON"), schema());
        Place::root(&node, &schema).get("a").item(0).get("c");
    }
}
