//! Input files: the only way to read a scenario, register, ledger, golden or any other file.
//!
//! Reading ends whatever is at the path: a FIFO does not hang, a device is not read, and no file uses more than
//! [`MAX_BYTES`].

use std::fmt;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// The largest file that is read: far above any that a person writes.
pub(crate) const MAX_BYTES: u64 = 16 << 20;

/// Why a file was not read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) struct InputError {
    /// Line and column, both from 1, of the first byte that is not text; `None` if the file itself is the problem.
    pub place: Option<(u32, u32)>,
    /// What was expected and what was found, without the path.
    pub message: String,
}

impl fmt::Display for InputError {
    /// The message alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl InputError {
    fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    fn io(error: &io::Error) -> Self {
        Self::new(format!("cannot be read: {error}"))
    }
}

/// The text of the file at `path`. A link counts as the file it leads to.
pub(crate) fn text(path: &Path) -> Result<String, InputError> {
    into_text(bytes(path)?)
}

/// The text of the file at `path`; `None` if there is nothing at that path, not even a link to nothing.
pub(crate) fn text_if_there(path: &Path) -> Result<Option<String>, InputError> {
    bytes_if_there(path)?.map(into_text).transpose()
}

/// The bytes of the file at `path`. A link counts as the file it leads to.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, InputError> {
    bytes_if_there(path)?.ok_or_else(|| InputError::new("expected a file, found nothing"))
}

/// The bytes of the file at `path`; `None` if there is nothing at that path, not even a link to nothing.
pub(crate) fn bytes_if_there(path: &Path) -> Result<Option<Vec<u8>>, InputError> {
    // Checked before it is opened, because opening a device may have effects.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match is_link_to_nothing(path) {
                true => Err(InputError::new("expected a file, found a link to nothing")),
                false => Ok(None),
            };
        }
        Err(error) => return Err(InputError::io(&error)),
    };
    expect_small_file(&metadata)?;
    let file = open(path).map_err(|error| InputError::io(&error))?;
    // Checked again, because the path may lead elsewhere by now.
    let metadata = file.metadata().map_err(|error| InputError::io(&error))?;
    expect_small_file(&metadata)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // It may grow while it is read.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| InputError::io(&error))?;
    match bytes.len() as u64 {
        read if read > MAX_BYTES => Err(too_large("more")),
        _ => Ok(Some(bytes)),
    }
}

/// Whether `path`, or the nearest folder above it that is there, is a link to nothing.
fn is_link_to_nothing(path: &Path) -> bool {
    path.ancestors().find(|above| above.symlink_metadata().is_ok()).is_some_and(|above| {
        above.metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    })
}

/// Opens without blocking on the other end of a FIFO, or a terminal.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;

        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}

fn expect_small_file(metadata: &Metadata) -> Result<(), InputError> {
    if !metadata.is_file() {
        let kind = kind(metadata.file_type());
        return Err(InputError::new(format!("expected a file, found {kind}")));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large(&metadata.len().to_string()));
    }
    Ok(())
}

fn too_large(found: &str) -> InputError {
    InputError::new(format!(
        "expected at most {MAX_BYTES} bytes ({} MiB), found {found}",
        MAX_BYTES >> 20
    ))
}

/// The kind of file at the path.
fn kind(file_type: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;

        let special = [
            (file_type.is_fifo(), "a FIFO"),
            (file_type.is_socket(), "a socket"),
            (file_type.is_char_device(), "a character device"),
            (file_type.is_block_device(), "a block device"),
        ];
        if let Some((_, name)) = special.into_iter().find(|(is_it, _)| *is_it) {
            return name;
        }
    }
    if file_type.is_dir() { "a folder" } else { "something else" }
}

fn into_text(bytes: Vec<u8>) -> Result<String, InputError> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let (before, wrong) = error.as_bytes().split_at(at);
        let line = before.split(|byte| *byte == b'\n');
        let (number, last) = line.enumerate().last().unwrap_or_default();
        let column = String::from_utf8_lossy(last).chars().count() + 1;
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        InputError {
            place: Some((place(number + 1), place(column))),
            message: format!(
                "expected UTF-8 text, found byte 0x{:02x} at offset {at}",
                wrong.first().copied().unwrap_or_default()
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    /// The result of reading, on a thread of its own, so that a read that hangs fails the test.
    fn read(path: &Path) -> Result<Option<String>, InputError> {
        let (done, is_done) = channel();
        let path: PathBuf = path.to_owned();
        std::thread::spawn(move || done.send(text_if_there(&path)));
        is_done.recv_timeout(Duration::from_secs(20)).expect("reading ends")
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_file_is_read_and_nothing_is_no_file() {
        let folder = folder();
        let path = folder.path().join("a");
        assert_eq!(read(&path), Ok(None));
        assert_eq!(read(&folder.path().join("no/such/folder/a")), Ok(None));
        assert_eq!(
            text(&path).map_err(|e| e.message),
            Err("expected a file, found nothing".into())
        );
        fs::write(&path, "ä\n").expect("a file");
        assert_eq!(read(&path), Ok(Some("ä\n".to_owned())));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_and_the_largest_is_not() {
        let folder = folder();
        let path = folder.path().join("a");
        let file = File::create(&path).expect("a file");
        file.set_len(MAX_BYTES).expect("a sparse file");
        assert_eq!(bytes(&path).map(|bytes| bytes.len() as u64), Ok(MAX_BYTES));
        file.set_len(MAX_BYTES + 1).expect("a sparse file");
        let message = "expected at most 16777216 bytes (16 MiB), found 16777217";
        assert_eq!(read(&path).map_err(|error| error.message), Err(message.to_owned()));
        file.set_len(1 << 40).expect("a sparse file");
        assert!(read(&path).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_a_file_is_read_whatever_else_stands_there() {
        use std::os::unix::fs::symlink;

        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).expect("a folder");
        let made = std::process::Command::new("mkfifo").arg(at("fifo")).status();
        assert!(made.expect("mkfifo").success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        for (link, target) in [
            ("to-folder", "folder"),
            ("to-fifo", "fifo"),
            ("to-zero", "/dev/zero"),
            ("dangling", "nothing"),
            ("to-dangling", "dangling"),
            ("loop", "loop"),
        ] {
            symlink(target, at(link)).expect("a link");
        }
        for (name, expected) in [
            ("folder", "expected a file, found a folder"),
            ("fifo", "expected a file, found a FIFO"),
            ("socket", "expected a file, found a socket"),
            ("to-folder", "expected a file, found a folder"),
            ("to-fifo", "expected a file, found a FIFO"),
            ("to-zero", "expected a file, found a character device"),
            ("dangling", "expected a file, found a link to nothing"),
            ("to-dangling", "expected a file, found a link to nothing"),
            ("dangling/inside", "expected a file, found a link to nothing"),
            ("loop", "cannot be read: "),
            ("socket/inside", "cannot be read: "),
        ] {
            let found = read(&at(name)).expect_err(name);
            assert!(found.message.starts_with(expected), "{name}: {found}");
            assert_eq!(found.place, None, "{name}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_named_with_their_place() {
        let folder = folder();
        let path = folder.path().join("a");
        for (bytes, place, message) in [
            (&b"\xff"[..], (1, 1), "expected UTF-8 text, found byte 0xff at offset 0"),
            (b"a\n\xc3\xa4\xc3", (2, 2), "expected UTF-8 text, found byte 0xc3 at offset 4"),
            (b"\n\n\xed\xa0\x80", (3, 1), "expected UTF-8 text, found byte 0xed at offset 2"),
        ] {
            fs::write(&path, bytes).expect("a file");
            let error = InputError { place: Some(place), message: message.to_owned() };
            assert_eq!(read(&path), Err(error));
        }
    }
}
