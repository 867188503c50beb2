//! Whether a document is XML, and a JUnit report as the strictest reader accepts it.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The document is well-formed, and has only what Jenkins' schema for JUnit knows, each element in its place.
///
/// # Panics
/// If not, with the element. Also if two cases share class and name: servers keep one of them.
#[track_caller]
pub(crate) fn assert_strict_junit(xml: &str) {
    assert!(xml.starts_with("<?xml"), "{xml:.40}");
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<String> = Vec::new();
    let mut cases = BTreeSet::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in {xml}"));
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                let name = assert_allowed(&tag, open.last(), &mut cases);
                open.push(name);
            }
            Event::Empty(tag) => _ = assert_allowed(&tag, open.last(), &mut cases),
            Event::End(_) => _ = open.pop(),
            _ => {}
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(!cases.is_empty());
}

#[track_caller]
fn assert_allowed(
    tag: &BytesStart<'_>,
    parent: Option<&String>,
    cases: &mut BTreeSet<(String, String)>,
) -> String {
    let name = String::from_utf8(tag.name().as_ref().to_vec()).expect("a name");
    let parent = parent.map_or("", String::as_str);
    let rule = RULES.iter().find(|(element, ..)| *element == name);
    let (_, parents, attributes) = rule.unwrap_or_else(|| panic!("<{name}> is not known"));
    assert!(parents.contains(&parent), "<{name}> in <{parent}>");
    let mut key = (String::new(), String::new());
    for attribute in tag.attributes() {
        let attribute = attribute.expect("an attribute");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let (attribute, value) = (text(attribute.key.as_ref()), text(&attribute.value));
        assert!(attributes.contains(&&*attribute), "{attribute} on <{name}>");
        match &*attribute {
            "classname" => key.0 = value,
            "name" => key.1 = value,
            _ => {}
        }
    }
    if name == "testcase" {
        assert!(cases.insert(key.clone()), "two cases are called {key:?}");
    }
    name
}

/// Elements, where each may stand, and its attributes.
const RULES: [(&str, &[&str], &[&str]); 10] = [
    ("testsuites", &[""], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["testsuites"],
        &["name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id"],
    ),
    ("properties", &["testsuite"], &[]),
    ("property", &["properties"], &["name", "value"]),
    ("testcase", &["testsuite"], &["name", "classname", "time", "group"]),
    ("failure", &["testcase"], &["type", "message"]),
    ("error", &["testcase"], &["type", "message"]),
    ("skipped", &["testcase"], &["type", "message"]),
    ("system-out", &["testcase", "testsuite"], &[]),
    ("system-err", &["testcase", "testsuite"], &[]),
];
