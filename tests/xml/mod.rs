//! Whether a document is XML.

/// Every tag is closed in its order, and every text is escaped.
#[track_caller]
pub(crate) fn assert_well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare > in {:?}", &rest[..at]);
        for (at, _) in rest[..at].match_indices('&') {
            let is_entity = rest[at..].find(';').is_some_and(|end| end <= 6);
            assert!(is_entity, "a bare & in {:?}", &rest[at..]);
        }
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            rest = after.split_once("]]>").expect("the end of a CDATA").1;
            continue;
        }
        let (tag, after) = rest[1..].split_once('>').expect("the end of a tag");
        rest = after;
        let name = tag.split_whitespace().next().unwrap_or_default();
        match (tag.strip_prefix('/'), tag.starts_with('?') || tag.ends_with('/')) {
            (Some(closed), _) => assert_eq!(open.pop(), Some(closed)),
            (None, true) => {}
            (None, false) => open.push(name),
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    assert!(xml.starts_with("<?xml"), "{xml:.40}");
}
