//! `Names`: a list of names, some of which may be unknown here.

use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StringDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list of names as a set. A later version may know more of them, so that an unknown name is kept and is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<T> {
    known: BTreeSet<T>,
    unknown: BTreeSet<String>,
}

impl<T: Ord> Names<T> {
    /// Whether the name is on the list.
    pub fn contains(&self, name: T) -> bool {
        self.known.contains(&name)
    }

    /// The names that are known here, in order.
    pub fn known(&self) -> impl Iterator<Item = &T> {
        self.known.iter()
    }

    /// The others, in order.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.unknown.iter().map(String::as_str)
    }
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { known: BTreeSet::new(), unknown: BTreeSet::new() }
    }
}

impl<T: fmt::Display + Ord> fmt::Display for Names<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known().map(ToString::to_string);
        let names: Vec<String> = known.chain(self.unknown().map(str::to_owned)).collect();
        f.write_str(&names.join(", "))
    }
}

impl<T: Ord> FromIterator<T> for Names<T> {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self { known: names.into_iter().collect(), ..Self::default() }
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Names<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut names = Self::default();
        for name in Vec::<String>::deserialize(deserializer)? {
            let deserializer: StringDeserializer<Error> = name.clone().into_deserializer();
            match T::deserialize(deserializer) {
                Ok(known) => drop(names.known.insert(known)),
                Err(_) => drop(names.unknown.insert(name)),
            }
        }
        Ok(names)
    }
}

impl<T: Serialize> Serialize for Names<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Name<'a, T> {
            Known(&'a T),
            Unknown(&'a str),
        }
        let unknown = self.unknown.iter().map(|name| Name::Unknown(name));
        serializer.collect_seq(self.known.iter().map(Name::Known).chain(unknown))
    }
}

impl<T: JsonSchema> JsonSchema for Names<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Vec<T>>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yamux::frame::Side;

    #[test]
    fn an_unknown_name_is_kept() {
        let names: Names<Side> = serde_json::from_str(r#"["server","third"]"#).unwrap();
        assert!(names.contains(Side::Server) && !names.contains(Side::Client));
        assert_eq!(names.unknown().collect::<Vec<_>>(), ["third"]);
        assert_eq!(serde_json::to_string(&names).unwrap(), r#"["server","third"]"#);
    }
}
