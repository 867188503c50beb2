//! `hash_folder`: a hash of everything that a build may read of a folder. The targets of links are included, and a file on
//! which a build would block is an error.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::hash::Hasher;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::system::input;
use crate::system::sink::path_name;

/// Hashes the names and content of everything in the folder.
pub(super) fn hash_folder(folder: &Path, hasher: &mut impl Hasher) -> io::Result<()> {
    hash_unseen(folder, &mut HashSet::new(), hasher)
}

/// The same, except for folders that were visited before: links may form cycles.
fn hash_unseen(
    folder: &Path,
    seen: &mut HashSet<(u64, u64)>,
    hasher: &mut impl Hasher,
) -> io::Result<()> {
    let metadata = fs::metadata(folder)?;
    if !seen.insert((metadata.dev(), metadata.ino())) {
        return Ok(());
    }
    for path in sources(folder)? {
        hasher.write(path.as_os_str().as_encoded_bytes());
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => hash_unseen(&path, seen, hasher)?,
            Ok(metadata) => hash_file(&path, &metadata, hasher)?,
            // No build reads a link that leads nowhere.
            Err(_) if path.is_symlink() => {}
            Err(error) => return Err(named(&path, &error)),
        }
    }
    Ok(())
}

fn hash_file(path: &Path, metadata: &Metadata, hasher: &mut impl Hasher) -> io::Result<()> {
    hasher.write_u64(metadata.len());
    if metadata.is_file() && metadata.len() > input::MAX_BYTES {
        // No source is as large, and a change to it changes its time.
        hasher.write_i64(metadata.mtime());
        hasher.write_i64(metadata.mtime_nsec());
        return Ok(());
    }
    let bytes = input::bytes(path).map_err(|error| named(path, &error))?;
    hasher.write(&bytes);
    Ok(())
}

/// The content of a folder, sorted, except hidden files and what tools generate.
pub(super) fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        let is_made = entry.file_type()?.is_dir() && MADE.iter().any(|made| name == *made);
        if !is_hidden && !is_made {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn named(path: &Path, error: &impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {error}", path_name(path)))
}

/// Generated folders.
const MADE: [&str; 3] = ["target", "node_modules", "__pycache__"];

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn hash(folder: &tempfile::TempDir) -> io::Result<u64> {
        let mut hasher = std::hash::DefaultHasher::new();
        hash_folder(folder.path(), &mut hasher)?;
        Ok(hasher.finish())
    }

    #[test]
    fn what_a_link_leads_to_counts() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = elsewhere.path().join("session.go");
        fs::write(&file, "package yamux").unwrap();
        for (at, to) in [("session.go", &*file), ("internal", elsewhere.path())] {
            let link = folder.path().join(at);
            symlink(to, &link).unwrap();
            let before = hash(&folder).unwrap();
            fs::write(&file, format!("package yamux // {at}")).unwrap();
            assert_ne!(hash(&folder).unwrap(), before, "{at}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn links_in_a_circle_or_to_nothing_end() {
        let folder = tempfile::tempdir().unwrap();
        for (at, to) in [("a", "."), ("b", "."), ("c", "c"), ("d", "nothing")] {
            symlink(to, folder.path().join(at)).unwrap();
        }
        assert_eq!(hash(&folder).unwrap(), hash(&folder).unwrap());
    }

    #[test]
    fn a_large_file_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("data")).unwrap();
        let len = input::MAX_BYTES + 1;
        file.set_len(len).unwrap();
        let before = hash(&folder).unwrap();
        file.set_len(len + 1).unwrap();
        assert_ne!(hash(&folder).unwrap(), before);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_build_would_wait_for_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.go");
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let error = hash(&folder).unwrap_err().to_string();
        assert!(error.ends_with("x.go: expected a file, found a FIFO"), "{error}");
    }
}
