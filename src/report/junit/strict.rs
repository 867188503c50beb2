//! The strictest readers of JUnit XML: Jenkins' schema does not allow `skipped` on the outermost element, where other readers
//! accept but do not need it.

use std::io;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

/// `xml` without that attribute, otherwise unchanged.
pub(super) fn strict(xml: &str) -> io::Result<Vec<u8>> {
    let mut reader = Reader::from_str(xml);
    let mut writer = Writer::new(Vec::with_capacity(xml.len()));
    loop {
        match reader.read_event().map_err(io::Error::other)? {
            Event::Eof => return Ok(writer.into_inner()),
            Event::Start(tag) if tag.name().as_ref() == b"testsuites" => {
                let mut outermost = BytesStart::new("testsuites");
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(io::Error::other)?;
                    if attribute.key.as_ref() != b"skipped" {
                        outermost.push_attribute(attribute);
                    }
                }
                writer.write_event(Event::Start(outermost))?;
            }
            event => writer.write_event(event)?,
        }
    }
}
