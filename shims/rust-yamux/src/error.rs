//! `failure`: what the errors of a connection mean.

use yamux::{ConnectionError, FrameDecodeError};
use yamux_shim::{Class, Failure};

/// An error of the connection in the protocol's word and its own.
pub(crate) fn failure(error: &ConnectionError) -> Failure {
    Failure::new(class(error), error)
}

fn class(error: &ConnectionError) -> Class {
    match error {
        ConnectionError::Closed => Class::SessionShutdown,
        ConnectionError::Decode(FrameDecodeError::Io(_)) | ConnectionError::Io(_) => {
            Class::Transport
        }
        ConnectionError::Decode(
            FrameDecodeError::FrameTooLarge(_) | FrameDecodeError::Header(_),
        ) => Class::Protocol,
        // The second is no lack of numbers, but the list has no nearer word: nothing more can be opened.
        ConnectionError::NoMoreStreamIds | ConnectionError::TooManyStreams => {
            Class::StreamsExhausted
        }
        // The list is open. `InvalidWindowUpdate`, which only some versions have, never leaves the library.
        _ => Class::Unclassified,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;
    use std::path::Path;
    use std::process::Command;

    use yamux::HeaderDecodeError;

    use super::*;

    /// Every error that the library can make, under its name there.
    fn errors() -> Vec<(&'static str, ConnectionError, Class)> {
        let io = || io::Error::from(io::ErrorKind::ConnectionReset);
        let decode = ConnectionError::Decode;
        let header = |error| decode(FrameDecodeError::Header(error));
        vec![
            ("ConnectionError::Closed", ConnectionError::Closed, Class::SessionShutdown),
            ("ConnectionError::Io", ConnectionError::Io(io()), Class::Transport),
            (
                "ConnectionError::NoMoreStreamIds",
                ConnectionError::NoMoreStreamIds,
                Class::StreamsExhausted,
            ),
            (
                "ConnectionError::TooManyStreams",
                ConnectionError::TooManyStreams,
                Class::StreamsExhausted,
            ),
            (
                "FrameDecodeError::FrameTooLarge",
                decode(FrameDecodeError::FrameTooLarge(1)),
                Class::Protocol,
            ),
            ("FrameDecodeError::Io", decode(FrameDecodeError::Io(io())), Class::Transport),
            ("HeaderDecodeError::Type", header(HeaderDecodeError::Type(4)), Class::Protocol),
            ("HeaderDecodeError::Version", header(HeaderDecodeError::Version(1)), Class::Protocol),
        ]
    }

    #[test]
    fn every_error_has_its_class() {
        for (name, error, expected) in errors() {
            let Failure { class, native } = failure(&error);
            assert_eq!(class, expected, "{name}");
            assert_eq!(native, error.to_string());
        }
    }

    #[test]
    fn no_error_of_the_library_is_left_out() {
        let mut named: Vec<String> = errors().iter().map(|(name, ..)| (*name).to_owned()).collect();
        // These two only hold others; the third only some versions have, and none gives it out.
        named.extend(["ConnectionError::Decode", "FrameDecodeError::Header"].map(str::to_owned));
        named.push("ConnectionError::InvalidWindowUpdate".to_owned());
        let sources = library_sources();
        let mut count = 0;
        for (file, list) in [
            ("error.rs", "ConnectionError"),
            ("frame/io.rs", "FrameDecodeError"),
            ("frame/header.rs", "HeaderDecodeError"),
        ] {
            let text = fs::read_to_string(Path::new(&sources).join(file)).unwrap();
            let (_, body) = text.split_once(&format!("pub enum {list} {{")).unwrap();
            let (body, _) = body.split_once("\n}").unwrap();
            for line in body.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
                let variant = line.split(['(', ',']).next().unwrap();
                if !variant.is_empty() {
                    count += 1;
                    assert!(named.contains(&format!("{list}::{variant}")), "{list}::{variant}");
                }
            }
        }
        assert!(count >= 10, "found only {count} of the library's errors");
    }

    /// The folder of the library that is linked.
    fn library_sources() -> String {
        // Crates for other platforms need not have been downloaded.
        let metadata = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--offline", "--locked"])
            .args(["--filter-platform", env!("TARGET")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
        let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let library = packages.iter().find(|package| package["name"] == "yamux").unwrap();
        let manifest = Path::new(library["manifest_path"].as_str().unwrap());
        manifest.with_file_name("src").display().to_string()
    }
}
