//! The suite inside this program: an archive, and the folder it is unpacked to on first use.
//!
//! The folder is a read-only copy, named after its content. Files in it that differ from the archive are restored before use.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs};

use flate2::read::GzDecoder;
use tar::Archive;

use crate::system::input;
use crate::system::sink::write_file;
use crate::system::suite::SuiteError;

/// The hash of its scenarios and clauses.
pub const HASH: &str = env!("SUITE_HASH");

/// The path of the unpacked suite, existing or not: the folder that holds `scenarios` and everything beside it.
pub(super) fn folder() -> Result<PathBuf, SuiteError> {
    let named = env::var_os(CACHE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let own = || Some(dirs::cache_dir()?.join("yamux-conform"));
    let root = named.or_else(own).ok_or(SuiteError::NoCache)?;
    let root = std::path::absolute(&root).unwrap_or(root);
    Ok(root.join(format!("{PREFIX}{}-{}", env!("CARGO_PKG_VERSION"), env!("ARCHIVE_HASH"))))
}

/// Makes the folder equal to the archive, and returns it.
pub(super) fn unpacked() -> Result<PathBuf, SuiteError> {
    let folder = folder()?;
    let failed = |error| SuiteError::Unpack(folder.clone(), error);
    let files = files().map_err(failed)?;
    if !is_same(&folder, &files) {
        replace(&folder, &files).map_err(failed)?;
        forget_unused(&folder);
    }
    // Distinguishes it from suites that are no longer used.
    let _ = fs::File::open(&folder).and_then(|file| file.set_modified(SystemTime::now()));
    Ok(folder)
}

/// Writes all of it into a folder that is empty or missing; returns the number of files.
pub(crate) fn export(to: &Path) -> io::Result<usize> {
    if fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(io::Error::other("expected an empty folder or none, found files"));
    }
    let files = files()?;
    write(to, &files)?;
    Ok(files.len())
}

/// Every file of the archive by its path, with `/`.
fn files() -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in Archive::new(GzDecoder::new(ARCHIVE)).entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let mut content = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0));
        entry.read_to_end(&mut content)?;
        files.insert(name, content);
    }
    Ok(files)
}

/// Whether the folder holds these files, and no others that would be taken for a part of the suite.
fn is_same(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> bool {
    let has = |(name, content): (&String, &Vec<u8>)| {
        input::bytes(&folder.join(name)).is_ok_and(|found| found == *content)
    };
    files.iter().all(has) && count(folder, true).is_ok_and(|found| found == files.len())
}

/// How many files are below the folder, except those that builds leave.
fn count(folder: &Path, is_top: bool) -> io::Result<usize> {
    let mut number = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        number += match entry.file_type()?.is_dir() {
            true if is_top && entry.file_name() == BUILDS => 0,
            true => count(&entry.path(), false)?,
            false => 1,
        };
    }
    Ok(number)
}

/// Replaces the folder with the suite.
///
/// One process at a time: a suite that another one has put there meanwhile stays, because that one reads it already.
fn replace(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let root = folder.parent().unwrap_or(folder);
    fs::create_dir_all(root)?;
    // Released when closed, at the latest when the process ends.
    let lock = fs::File::open(root)?;
    lock.lock()?;
    if is_same(folder, files) {
        return Ok(());
    }
    let unfinished = tempfile::Builder::new().prefix("unpacking-").tempdir_in(root)?;
    let (new, old) = (unfinished.path().join("new"), unfinished.path().join("old"));
    write(&new, files)?;
    // Builds from the same sources stay; others are rebuilt.
    let _ = fs::rename(folder.join(BUILDS), new.join(BUILDS));
    match fs::rename(folder, old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(new, folder)
}

fn write(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for (name, content) in files {
        write_file(&folder.join(name), content)?;
    }
    Ok(())
}

/// Removes the suites of other versions that were not used for a month, with their builds.
fn forget_unused(folder: &Path) {
    let is_old = |path: &Path| {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > UNUSED))
    };
    let siblings = folder.parent().and_then(|root| fs::read_dir(root).ok());
    for entry in siblings.into_iter().flatten().flatten() {
        let is_suite = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_suite && entry.path() != folder && is_old(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/suite.tar.gz"));

/// The variable that names another cache folder.
pub(super) const CACHE: &str = "YAMUX_CONFORM_CACHE";

/// The prefix of a suite's folder, before its version.
const PREFIX: &str = "suite-";

/// The output of the shims' builds in it.
const BUILDS: &str = "target";

const UNUSED: Duration = Duration::from_hours(30 * 24);
