//! JSON Schemas from the Rust types: editors and the validator use the same schema. Pure.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::scenario::clauses::ClauseRegister;
use crate::scenario::read::document::Document;

/// The schema of a scenario file, as it stands in `schema/scenario.schema.json`.
pub(crate) fn scenario_schema() -> String {
    pretty(scenario())
}

/// The schema of `clauses.json`, as it stands in `schema/clauses.schema.json`.
pub(crate) fn clauses_schema() -> String {
    pretty(clauses())
}

/// The schema of a scenario file.
pub(crate) fn scenario() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(generate::<Document>);
    &SCHEMA
}

/// The schema of `clauses.json`.
pub(crate) fn clauses() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(generate::<ClauseRegister>);
    &SCHEMA
}

fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// The schema of a type, without the forms that an author should not write.
pub(crate) fn generate<T: JsonSchema>() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema
}

/// Removes forms that serde reads but an author should not write: null for a key that may be missing.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            drop_null(schema);
            bound(schema);
            schema.values_mut().for_each(tidy);
            merge_keys(schema);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn drop_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
        if let [only] = values.as_slice() {
            let only = only.clone();
            schema.remove("enum");
            schema.insert("const".into(), only);
        }
    }
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.retain(|branch| *branch != json!({ "type": "null" }));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            schema.extend(only);
        }
    }
    if schema.get("default").is_some_and(|default| default.is_null() || default.is_object()) {
        schema.remove("default");
    }
}

/// Moves the one key of each branch of a `oneOf` to the keys of the object itself, so that all keys are known.
fn merge_keys(schema: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = schema.get_mut("oneOf") else { return };
    let mut keys = Map::new();
    for branch in branches.iter_mut().filter_map(Value::as_object_mut) {
        let Some(Value::Object(properties)) = branch.remove("properties") else { return };
        let description = branch.remove("description");
        for (key, mut property) in properties {
            if let Some(description) = &description {
                property["description"] = description.clone();
            }
            *branch = Map::from_iter([("required".to_owned(), json!([key]))]);
            keys.insert(key, property);
        }
    }
    schema.remove("unevaluatedProperties");
    schema.insert("additionalProperties".into(), json!(false));
    schema.insert("type".into(), json!("object"));
    if let Value::Object(properties) = schema.entry("properties").or_insert(json!({})) {
        properties.append(&mut keys);
    }
}

/// Replaces `format: uint32`, which only some tools know, by a maximum.
fn bound(schema: &mut Map<String, Value>) {
    let maximum: u64 = match schema.get("format").and_then(Value::as_str) {
        Some("uint8") => u8::MAX.into(),
        Some("uint16") => u16::MAX.into(),
        Some("uint32") => u32::MAX.into(),
        _ => return,
    };
    schema.remove("format");
    // A narrower maximum of its own is kept.
    schema.entry("maximum").or_insert(json!(maximum));
}
