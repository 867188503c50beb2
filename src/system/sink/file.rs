//! `write_file`: report and trace files. A file is replaced as a whole or not at all; anything else at the path keeps its
//! kind, and is written to.

use std::fs::{self, File, FileType, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fstat};
use rustix::io::Errno;

/// Makes these bytes the content of `path`. The error does not name the path.
///
/// Missing folders are created. A file keeps its permissions, and nobody ever reads half of a new one or loses the old one to
/// a full disk. A link is followed, even to a file that does not exist yet. Devices and FIFOs are written to as they are; one
/// that accepts nothing for ten seconds, or has no reader, is an error.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_file_with(path, &mut |out| out.write_all(bytes))
}

/// The same for everything that `write` writes, which need not be in memory as a whole.
pub(crate) fn write_file_with(path: &Path, write: &mut Content<'_>) -> io::Result<()> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return replace(&end_of_links(path)?, write, None);
        }
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "expected a file, found a folder"));
    }
    if !metadata.is_file() {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        return write_through(path, metadata.file_type(), &bytes, PATIENCE);
    }
    // `/dev/stdout` of a run whose output goes to a file: replacing it would lose what was printed.
    if is_open_as(&metadata, &io::stdout()) {
        return write(&mut io::stdout());
    }
    if is_open_as(&metadata, &io::stderr()) {
        return write(&mut io::stderr());
    }
    // Read, write and execute only: as a file of ours it must not run as us.
    let permissions = Permissions::from_mode(metadata.mode() & 0o777);
    replace(&fs::canonicalize(path)?, write, Some(permissions))
}

/// Appends `bytes` to the file at `path`, which is created if missing. The error does not name the path.
pub(crate) fn append_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return write_file(path, bytes);
    }
    OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)
}

/// How many bytes may be appended to the file at `path`, if it may have `max` in all.
pub(crate) fn room_behind(path: &Path, max: usize) -> usize {
    let used = fs::metadata(path).map_or(0, |metadata| metadata.len());
    max.saturating_sub(usize::try_from(used).unwrap_or(usize::MAX))
}

/// The path of an existing file relative to the folder `root` above it.
pub(crate) fn path_below(root: &Path, path: &Path) -> Option<PathBuf> {
    let (root, path) = (fs::canonicalize(root).ok()?, fs::canonicalize(path).ok()?);
    path.strip_prefix(root).ok().map(Path::to_owned)
}

/// Writes the content of a file.
type Content<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// The end of a chain of links that leads to nothing.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut end = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&end) {
            Ok(next) => end = folder_of(&end).join(next),
            Err(_) => return Ok(end),
        }
    }
    Err(io::Error::other("too many links, each to the next"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Writes beside the file first, then renames.
fn replace(
    path: &Path,
    write: &mut Content<'_>,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // A temporary file is private, a report is for everyone who may read the owner's files.
    builder.prefix(".").suffix(".tmp").permissions(Permissions::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path)?;
    Ok(())
}

fn is_open_as(metadata: &Metadata, stream: &impl std::os::fd::AsFd) -> bool {
    fstat(stream).is_ok_and(|open| (open.st_dev, open.st_ino) == (metadata.dev(), metadata.ino()))
}

/// Writes to something that is not a file, without waiting for ever.
fn write_through(path: &Path, kind: FileType, bytes: &[u8], patience: Timespec) -> io::Result<()> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let mut file =
        OpenOptions::new().write(true).custom_flags(flags).open(path).map_err(|error| {
            match Errno::from_io_error(&error) {
                Some(Errno::NXIO) if kind.is_fifo() => io::Error::other("nobody reads this FIFO"),
                _ => error,
            }
        })?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => await_room(&file, patience)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn await_room(file: &File, patience: Timespec) -> io::Result<()> {
    match poll(&mut [PollFd::new(file, PollFlags::OUT)], Some(&patience)) {
        Ok(0) => {
            let message = format!("nothing of it was read for {} s", patience.tv_sec);
            Err(io::Error::new(ErrorKind::TimedOut, message))
        }
        // Errors show when it is written to.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// By then a live reader has read something.
const PATIENCE: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// As many as Linux follows.
const MAX_LINKS: u32 = 40;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().display().to_string()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_with_its_folders_and_replaced_with_its_mode() {
        let folder = folder();
        let path = folder.path().join("a/b/report.xml");
        write_file(&path, b"one").unwrap();
        fs::write(folder.path().join("plain"), "").unwrap();
        assert_eq!(mode(&path), mode(&folder.path().join("plain")), "as readable as any other");
        fs::set_permissions(&path, Permissions::from_mode(0o4640)).unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"two".to_vec(), 0o640));
        assert_eq!(names(path.parent().unwrap()), ["report.xml"], "nothing else is left");
    }

    #[test]
    fn a_link_stays_a_link_and_its_file_is_replaced() {
        let folder = folder();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "old").unwrap();
        symlink("file", at("link")).unwrap();
        symlink("link", at("link-to-link")).unwrap();
        symlink("new/file", at("dangling")).unwrap();
        for (link, target) in [("link", "file"), ("link-to-link", "file"), ("dangling", "new/file")]
        {
            write_file(&at(link), link.as_bytes()).unwrap();
            assert!(at(link).is_symlink(), "{link}");
            assert_eq!(fs::read_to_string(at(target)).unwrap(), link);
        }
        symlink("loop", at("loop")).unwrap();
        write_file(&at("loop"), b"x").unwrap_err();
    }

    #[test]
    fn a_folder_is_an_error_that_says_so() {
        let folder = folder();
        let error = write_file(folder.path(), b"x").unwrap_err();
        assert_eq!(error.to_string(), "expected a file, found a folder");
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_stays_a_device_and_is_written_to() {
        let folder = folder();
        // Where a device is replaced by a file, only this link to it may be lost.
        let link = folder.path().join("full");
        symlink("/dev/full", &link).unwrap();
        let error = write_file(&link, b"x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        write_file(Path::new("/dev/null"), b"x").unwrap();
        for device in ["/dev/full", "/dev/null"] {
            assert!(fs::metadata(device).unwrap().file_type().is_char_device(), "{device}");
        }
    }

    #[cfg(target_os = "linux")]
    mod fifo {
        use std::io::Read;
        use std::thread;

        use rustix::fs::{CWD, FileType, Mode, mknodat};

        use super::*;

        fn fifo(folder: &Path) -> PathBuf {
            let path = folder.join("fifo");
            mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a FIFO");
            path
        }

        /// Open at both ends, so that opening it does not block.
        fn reader(path: &Path) -> File {
            File::options().read(true).write(true).open(path).expect("a FIFO")
        }

        #[test]
        fn without_a_reader_it_is_an_error_at_once() {
            let folder = folder();
            let path = fifo(folder.path());
            let error = write_file(&path, b"x").unwrap_err();
            assert_eq!(error.to_string(), "nobody reads this FIFO");
            assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        }

        #[test]
        fn a_reader_gets_all_of_it_and_one_that_stalls_is_an_error() {
            let folder = folder();
            let path = fifo(folder.path());
            let bytes = vec![7; 1 << 20];
            let mut reading = reader(&path);
            let writing = {
                let (path, bytes) = (path.clone(), bytes.clone());
                thread::spawn(move || write_file(&path, &bytes))
            };
            let mut read = vec![0; bytes.len()];
            reading.read_exact(&mut read).unwrap();
            writing.join().unwrap().unwrap();
            assert!(read == bytes);
            let kind = fs::metadata(&path).unwrap().file_type();
            let patience = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
            let error = write_through(&path, kind, &bytes, patience).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        }
    }
}
