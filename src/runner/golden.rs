//! Goldens: the blessed trace of a case, one file each: load, compare, bless, list orphans.
//!
//! The file of a case is `<root>/<target>/<scenario id>.<side>.trace`. Beside them `skipped.txt` lists the cases that the
//! target cannot run, which have no file.
#![expect(clippy::disallowed_methods, reason = "goldens are files: this module does IO")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use thiserror::Error;

use crate::system::input;
use crate::system::sink::{path_name, write_file};
use crate::trace::{
    Canonical, Clock, Form, Meta, TextError, Trace, TraceDiff, canonical, diff_exact, diff_lanes,
    diff_meaning,
};
use crate::yamux::frame::Side;

/// A case whose trace can be blessed: the ids are relative paths with `/`, and never leave the root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoldenKey {
    /// The implementation under test: `hashicorp`.
    pub target: String,
    /// The scenario: `half-close/write-stalls`.
    pub id: String,
    /// The side the subject plays.
    pub side: Side,
}

impl GoldenKey {
    /// Its file below `root`.
    pub fn path(&self, root: &Path) -> PathBuf {
        root.join(&self.target).join(format!("{}.{}.trace", self.id, self.side))
    }

    /// The name of the case inside its file: `half-close/write-stalls.client`.
    pub fn case(&self) -> String {
        format!("{}.{}", self.id, self.side)
    }
}

/// The blessed trace of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// The head of the file.
    pub meta: Meta,
    /// The trace.
    pub body: GoldenBody,
}

/// A blessed trace, in the form it was blessed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoldenBody {
    /// The meaning of the trace.
    Canonical(Canonical),
    /// Every frame, with its time.
    Exact(Trace),
}

impl Golden {
    /// The meaning of the trace.
    pub fn meaning(&self) -> Canonical {
        match &self.body {
            GoldenBody::Canonical(meaning) => meaning.clone(),
            GoldenBody::Exact(trace) => canonical(trace),
        }
    }
}

/// A golden that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct GoldenError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; `None` if the file could not be read at all.
    pub line: Option<u32>,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for GoldenError {
    /// `path:line: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", path_name(&self.path))?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.message)
    }
}

/// What blessing did to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// It has new content.
    Changed,
    /// It is new.
    Created,
    /// It had exactly this content, and was not touched.
    Unchanged,
}

/// Reads the golden of a case; `None` if there is none.
pub fn load(root: &Path, key: &GoldenKey) -> Result<Option<Golden>, GoldenError> {
    let path = key.path(root);
    let error = |line, message| GoldenError { path: path.clone(), line, message };
    let text = input::text_if_there(&path)
        .map_err(|found| error(found.place.map(|(line, _)| line), found.message))?;
    let Some(text) = text else { return Ok(None) };
    let golden = read(&text).map_err(|TextError { line, message }| error(Some(line), message))?;
    let Meta { case, target, .. } = &golden.meta;
    if *case != key.case() || *target != key.target {
        let (expected, other) = (key.case(), &key.target);
        let message = format!(
            "expected case {expected} of {other}, found {case} of {target}; bless it again"
        );
        return Err(error(Some(1), message));
    }
    Ok(Some(golden))
}

/// Reads a trace file of either form.
pub(crate) fn read(text: &str) -> Result<Golden, TextError> {
    let (meta, lines) = Meta::read(text)?;
    let body = match meta.form {
        Form::Canonical => GoldenBody::Canonical(Canonical::read(&lines)?),
        Form::Exact => GoldenBody::Exact(Trace::read(&lines)?),
    };
    Ok(Golden { meta, body })
}

/// How strictly a trace of the virtual clock is compared with an exact golden of that clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closeness {
    /// In everything.
    Entries,
    /// Lane by lane: the order of several threads at the same instant is no difference.
    Lanes,
}

/// The first difference between a golden (expected) and a trace recorded on `clock` (observed): by `closeness` if both are
/// from the virtual clock and nothing was dropped from the golden, else in meaning.
pub(crate) fn compare(
    golden: &Golden,
    trace: &Trace,
    clock: Clock,
    closeness: Closeness,
) -> Option<TraceDiff> {
    match &golden.body {
        GoldenBody::Exact(expected)
            if (golden.meta.clock, clock) == (Clock::Virtual, Clock::Virtual) =>
        {
            match closeness {
                Closeness::Entries => diff_exact(expected, trace),
                Closeness::Lanes => diff_lanes(expected, trace),
            }
        }
        GoldenBody::Exact(expected) => diff_meaning(&canonical(expected), &canonical(trace)),
        GoldenBody::Canonical(expected) => diff_meaning(expected, &canonical(trace)),
    }
}

/// Makes `trace` the golden of a case. The file is replaced as a whole or not at all; an error names the path.
pub(crate) fn bless(
    root: &Path,
    key: &GoldenKey,
    clock: Clock,
    trace: &Trace,
    form: Form,
) -> io::Result<Change> {
    let meta = Meta { case: key.case(), target: key.target.clone(), clock, form };
    let text = match form {
        Form::Canonical => canonical(trace).write(&meta),
        Form::Exact => trace.write(&meta),
    };
    let path = key.path(root);
    let change = change(&path, &text)?;
    if change != Change::Unchanged {
        write_file(&path, text.as_bytes()).map_err(|error| cannot("write", &path, &error))?;
    }
    Ok(change)
}

/// Cases that a target cannot run, as `<scenario id>.<side>`, each with the reason.
pub(crate) type Skipped = BTreeMap<String, String>;

/// The cases that a target has no golden of because it cannot run them; none without a list.
pub(crate) fn skipped(root: &Path, target: &str) -> Result<Skipped, GoldenError> {
    let path = root.join(target).join(SKIPPED);
    let error = |line, message| GoldenError { path: path.clone(), line, message };
    let Some(text) = input::text_if_there(&path).map_err(|found| error(None, found.message))?
    else {
        return Ok(Skipped::new());
    };
    let numbered = (1..).zip(text.lines());
    numbered
        .map(|(line, text)| match text.split_once(": ") {
            Some((case, reason)) => Ok((case.to_owned(), reason.to_owned())),
            None => Err(error(Some(line), format!("expected \"CASE: REASON\", found {text:?}"))),
        })
        .collect()
}

/// Writes the list of the cases that a target cannot run, or removes it if there are none.
pub(crate) fn write_skipped(root: &Path, target: &str, skipped: &Skipped) -> io::Result<Change> {
    let path = root.join(target).join(SKIPPED);
    let text: String = skipped.iter().map(|(case, why)| format!("{case}: {why}\n")).collect();
    let change = change(&path, &text)?;
    let written = match change {
        Change::Unchanged => Ok(()),
        _ if text.is_empty() => fs::remove_file(&path),
        _ => write_file(&path, text.as_bytes()),
    };
    written.map_err(|error| cannot("write", &path, &error))?;
    Ok(change)
}

/// The message that a case lacks its golden.
pub(crate) fn missing(root: &Path, key: &GoldenKey) -> String {
    let path = key.path(root);
    format!("{}: there is no such golden trace; bring it back, or bless the case", path_name(path))
}

/// The files below `root` that are the golden of no case in `cases`, sorted. Hidden files and `*.md` do not count; a missing
/// root has none.
pub(crate) fn orphans(root: &Path, cases: &BTreeSet<GoldenKey>) -> io::Result<Vec<PathBuf>> {
    let lists = cases.iter().map(|key| root.join(&key.target).join(SKIPPED));
    let known: BTreeSet<PathBuf> = cases.iter().map(|key| key.path(root)).chain(lists).collect();
    let mut orphans = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder == root => break,
            entries => entries.map_err(|error| cannot("read", &folder, &error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| cannot("read", &folder, &error))?;
            let path = entry.path();
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if entry.file_type().map_err(|error| cannot("read", &path, &error))?.is_dir() {
                folders.push(path);
            } else if !is_hidden
                && path.extension() != Some("md".as_ref())
                && !known.contains(&path)
            {
                orphans.push(path);
            }
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// The list of cases without a golden, in the folder of a target.
pub(crate) const SKIPPED: &str = "skipped.txt";

/// What it changes that the file at `path` gets this content, if any.
fn change(path: &Path, text: &str) -> io::Result<Change> {
    let cannot_read = |error| io::Error::other(format!("{}: {error}", path_name(path)));
    Ok(match input::bytes_if_there(path).map_err(cannot_read)? {
        Some(bytes) if bytes == text.as_bytes() => Change::Unchanged,
        Some(_) => Change::Changed,
        None if text.is_empty() => Change::Unchanged,
        None => Change::Created,
    })
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot {what} {}: {error}", path_name(path)))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::trace::{Direction, Entry, Item};
    use crate::yamux::frame::{Flags, FrameType, RawHeader, StreamId};
    use crate::yamux::time::Time;

    fn key(id: &str, side: Side) -> GoldenKey {
        GoldenKey { target: "built-in".to_owned(), id: id.to_owned(), side }
    }

    fn trace(nanos: u64, credit: u32) -> Trace {
        let header = RawHeader::new(FrameType::WindowUpdate, Flags::SYN, StreamId(1), credit);
        let entry = Entry {
            time: Time::from_nanos(nanos),
            direction: Direction::SubjectToPeer,
            item: Item::Frame { header, body_len: 0, crc: 0 },
        };
        Trace { entries: vec![entry] }
    }

    fn loaded(root: &Path, key: &GoldenKey) -> Golden {
        load(root, key).expect("a right file").expect("a file")
    }

    #[test]
    fn what_was_blessed_is_loaded_and_equal() {
        let root = TempDir::new().unwrap();
        let key = key("opening/syn", Side::Client);
        assert_eq!(load(root.path(), &key), Ok(None));
        for form in [Form::Exact, Form::Canonical] {
            bless(root.path(), &key, Clock::Virtual, &trace(0, 0), form).unwrap();
            let golden = loaded(root.path(), &key);
            assert_eq!(golden.meta.form, form);
            assert_eq!(compare(&golden, &trace(0, 0), Clock::Virtual, Closeness::Entries), None);
            assert!(compare(&golden, &trace(0, 7), Clock::Virtual, Closeness::Entries).is_some());
            assert!(compare(&golden, &trace(0, 7), Clock::Live, Closeness::Entries).is_some());
        }
    }

    #[test]
    fn times_count_only_where_golden_and_trace_are_exact_and_virtual() {
        let root = TempDir::new().unwrap();
        let key = key("opening/syn", Side::Server);
        let is_different = |clock, form, other| {
            bless(root.path(), &key, clock, &trace(0, 0), form).unwrap();
            compare(&loaded(root.path(), &key), &trace(9, 0), other, Closeness::Entries).is_some()
        };
        assert!(is_different(Clock::Virtual, Form::Exact, Clock::Virtual));
        assert!(!is_different(Clock::Virtual, Form::Exact, Clock::Live));
        assert!(!is_different(Clock::Live, Form::Exact, Clock::Virtual));
        assert!(!is_different(Clock::Virtual, Form::Canonical, Clock::Virtual));
    }

    #[test]
    fn blessing_says_what_it_did_and_leaves_nothing_else_behind() {
        let root = TempDir::new().unwrap();
        let key = key("opening/syn", Side::Client);
        let bless = |credit| {
            bless(root.path(), &key, Clock::Virtual, &trace(0, credit), Form::Exact).unwrap()
        };
        assert_eq!(
            [bless(0), bless(0), bless(1)],
            [Change::Created, Change::Unchanged, Change::Changed]
        );
        let names: Vec<_> = fs::read_dir(root.path().join("built-in/opening"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["syn.client.trace"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_golden_is_as_readable_as_any_other_file() {
        use std::os::unix::fs::PermissionsExt;

        let root = TempDir::new().unwrap();
        let key = key("a", Side::Client);
        bless(root.path(), &key, Clock::Virtual, &trace(0, 0), Form::Exact).unwrap();
        let plain = root.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&key.path(root.path())), mode(&plain));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named_and_nothing_is_left_behind() {
        let root = TempDir::new().unwrap();
        fs::write(root.path().join("built-in"), "a file where a folder should be").unwrap();
        let key = key("opening/syn", Side::Client);
        let error =
            bless(root.path(), &key, Clock::Virtual, &trace(0, 0), Form::Exact).unwrap_err();
        assert!(error.to_string().contains("opening/syn.client.trace: "), "{error}");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        let blocked = self::key("blocked", Side::Client);
        let root = TempDir::new().unwrap();
        fs::create_dir_all(blocked.path(root.path())).unwrap();
        let error = write_file(&blocked.path(root.path()), b"x").unwrap_err();
        assert!(!error.to_string().is_empty());
        assert_eq!(fs::read_dir(root.path().join("built-in")).unwrap().count(), 1);
    }

    #[test]
    fn a_wrong_file_is_reported_with_its_path_and_line() {
        let root = TempDir::new().unwrap();
        let key = key("a", Side::Client);
        bless(root.path(), &key, Clock::Virtual, &trace(0, 0), Form::Exact).unwrap();
        let path = key.path(root.path());
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("window_update", "window")).unwrap();
        let error = load(root.path(), &key).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{}:6: expected data, ", path.display())));
        fs::write(&path, text.replace("a.client", "b.client")).unwrap();
        let error = load(root.path(), &key).unwrap_err().to_string();
        let message =
            "1: expected case a.client of built-in, found b.client of built-in; bless it again";
        assert!(error.ends_with(message), "{error}");
    }

    #[test]
    fn the_list_of_skipped_cases_is_read_as_it_was_written() {
        let root = TempDir::new().unwrap();
        let write = |skipped: &Skipped| write_skipped(root.path(), "go", skipped).unwrap();
        let skipped = Skipped::from([("reset/a.client".to_owned(), "no reset: none".to_owned())]);
        assert_eq!(write(&Skipped::new()), Change::Unchanged);
        assert_eq!((write(&skipped), write(&skipped)), (Change::Created, Change::Unchanged));
        assert_eq!(super::skipped(root.path(), "go").unwrap(), skipped);
        fs::write(root.path().join("go").join(SKIPPED), "a.client: b\nreset/a\n").unwrap();
        let error = super::skipped(root.path(), "go").unwrap_err().to_string();
        assert!(error.ends_with("skipped.txt:2: expected \"CASE: REASON\", found \"reset/a\""));
        assert_eq!(write(&Skipped::new()), Change::Changed);
        assert_eq!(super::skipped(root.path(), "go").unwrap(), Skipped::new());
    }

    #[test]
    fn a_golden_of_no_case_is_an_orphan() {
        let root = TempDir::new().unwrap();
        assert_eq!(
            orphans(&root.path().join("none"), &BTreeSet::new()).unwrap(),
            [""; 0].map(PathBuf::from)
        );
        let (kept, gone) = (key("area/kept", Side::Client), key("area/kept", Side::Server));
        for key in [&kept, &gone] {
            bless(root.path(), key, Clock::Virtual, &trace(0, 0), Form::Exact).unwrap();
        }
        fs::write(root.path().join("README.md"), "").unwrap();
        fs::write(root.path().join("built-in/stray.txt"), "").unwrap();
        let expected = [gone.path(root.path()), root.path().join("built-in/stray.txt")];
        assert_eq!(orphans(root.path(), &BTreeSet::from([kept])).unwrap(), expected);
    }
}
