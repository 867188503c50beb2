//! `shim init`: shims without a library, which speak the whole protocol, as a start for authors of shims.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::system::sink::write_file;

/// A language in which there is a shim to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skeleton {
    /// Go, with the standard library alone.
    Go,
    /// Rust, with the crate that the bundled Rust shims share.
    Rust,
    /// Python, with what the bundled Python shims share.
    Python,
    /// JavaScript for Node.js, with what the bundled shims in JavaScript share and without a package.
    Js,
}

/// Why a shim could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is something in the folder.
    #[error("{0} is not empty; name an empty folder, or one that is not there")]
    NotEmpty(String),
    /// There is something else than a folder.
    #[error("{0} is no folder; name an empty folder, or one that is not there")]
    NotAFolder(String),
    /// It could not be written.
    #[error("{path} cannot be written: {error}")]
    Io {
        /// Where.
        path: String,
        /// Why.
        error: io::Error,
    },
}

impl Skeleton {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::Go, Self::Rust, Self::Python, Self::Js];

    /// The file to fill in.
    pub const fn to_fill_in(self) -> &'static str {
        match self {
            Self::Go => "library.go",
            Self::Rust => "src/main.rs",
            Self::Python => "shim.py",
            Self::Js => "library.mjs",
        }
    }

    /// The command that builds it in its folder, where there is anything to build.
    pub const fn build(self) -> Option<&'static str> {
        match self {
            Self::Go => Some("go build -o shim ."),
            Self::Rust => Some("cargo build --release"),
            Self::Python | Self::Js => None,
        }
    }

    /// The words that start it once it is built.
    pub fn start(self, folder: &Path) -> Vec<String> {
        let (program, file) = match self {
            Self::Go => (None, "shim"),
            Self::Rust => (None, "target/release/my-shim"),
            Self::Python => (Some("python3"), "shim.py"),
            Self::Js => (Some("node"), "shim.mjs"),
        };
        let file = folder.join(file).display().to_string();
        program.map(str::to_owned).into_iter().chain([file]).collect()
    }

    /// Its files: where each goes, and its text.
    pub fn files(self) -> Vec<(PathBuf, &'static str)> {
        let inside = |folder, at: &'static str| {
            files_of(folder).iter().map(move |(path, text)| (Path::new(at).join(path), *text))
        };
        match self {
            Self::Go => inside("go", "").collect(),
            Self::Python => inside("python", "").chain(inside("shims/python", "")).collect(),
            Self::Js => {
                let is_test = |path: &Path| path.to_string_lossy().ends_with(".test.mjs");
                let shared = inside("shims/js", "yamux-shim").filter(|(path, _)| !is_test(path));
                inside("js", "").chain(shared).collect()
            }
            Self::Rust => {
                // A `Cargo.toml` below `src` would be a package of its own.
                let place = |path: PathBuf| match path.extension() {
                    Some(extension) if extension == "in" => path.with_extension(""),
                    _ => Path::new("src").join(path),
                };
                let own = inside("rust", "").map(|(path, text)| (place(path), text));
                own.chain(inside("shims/rust", "yamux-shim")).collect()
            }
        }
    }

    /// Writes all files to a folder that is empty or not there yet. If that fails nothing of it is left.
    pub fn write(self, folder: &Path) -> Result<(), InitError> {
        let shown = folder.display().to_string();
        let is_new = match fs::read_dir(folder) {
            Ok(entries) => match entries.count() {
                0 => false,
                _ => return Err(InitError::NotEmpty(shown)),
            },
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Err(InitError::NotAFolder(shown));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(InitError::Io { path: shown, error }),
        };
        let written = fs::create_dir_all(folder).and_then(|()| self.fill(folder));
        written.map_err(|error| {
            if is_new {
                // It is as empty as it was made, or was not made.
                let _ = fs::remove_dir(folder);
            }
            InitError::Io { path: shown, error }
        })
    }

    /// Writes beside the place first, so that all files come or none.
    fn fill(self, folder: &Path) -> io::Result<()> {
        let stage = tempfile::Builder::new().prefix(".").suffix(".tmp").tempdir_in(folder)?;
        for (path, text) in self.files() {
            write_file(&stage.path().join(path), text.as_bytes())?;
        }
        let names: Vec<_> = fs::read_dir(stage.path())?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<io::Result<_>>()?;
        for name in names {
            fs::rename(stage.path().join(&name), folder.join(&name))?;
        }
        Ok(())
    }
}

/// The files of one of the folders that the build has collected.
fn files_of(folder: &str) -> &'static [(&'static str, &'static str)] {
    FOLDERS.iter().find(|(name, _)| *name == folder).map_or(&[], |(_, files)| files)
}

/// A folder, and the path in it and text of each of its files.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);

/// What the build has collected: the folders beside this file, and what the shims in Rust, JavaScript and Python share.
const FOLDERS: &[Folder] = include!(concat!(env!("OUT_DIR"), "/skeletons.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_file_to_fill_in_and_what_starts_it() {
        for skeleton in Skeleton::ALL {
            let files = skeleton.files();
            let has = |name: &str| files.iter().any(|(path, _)| path == Path::new(name));
            assert!(has(skeleton.to_fill_in()), "{skeleton:?}: {files:?}");
            let start = skeleton.start(Path::new(""));
            assert!(skeleton.build().is_some() || has(&start[1]), "{start:?}");
        }
        let rust = Skeleton::Rust.files();
        for name in ["Cargo.toml", "yamux-shim/Cargo.toml", "yamux-shim/src/lib.rs"] {
            assert!(rust.iter().any(|(path, _)| path == Path::new(name)), "{name}");
        }
        let js = Skeleton::Js.files();
        for (name, is_given) in
            [("yamux-shim/main.mjs", true), ("yamux-shim/pattern.test.mjs", false)]
        {
            assert_eq!(js.iter().any(|(path, _)| path == Path::new(name)), is_given, "{name}");
        }
    }

    #[test]
    fn what_is_there_is_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("mine");
        fs::write(&file, "mine").unwrap();
        let error = Skeleton::Js.write(place.path()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("is not empty; name an empty folder, or one that is not there")
        );
        let error = Skeleton::Js.write(&file).unwrap_err();
        assert!(matches!(error, InitError::NotAFolder(_)), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(file).unwrap(), "mine");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        // A name that is too long for a file system.
        let folder = place.path().join("x".repeat(300));
        assert!(matches!(Skeleton::Js.write(&folder).unwrap_err(), InitError::Io { .. }));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_is_made_or_filled_and_nothing_else_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        for folder in [place.path().join("a/b"), place.path().to_owned().join("c")] {
            if folder.ends_with("c") {
                fs::create_dir(&folder).unwrap();
            }
            Skeleton::Go.write(&folder).unwrap();
            let files = Skeleton::Go.files();
            assert_eq!(fs::read_dir(&folder).unwrap().count(), files.len());
            for (path, text) in files {
                assert_eq!(fs::read_to_string(folder.join(path)).unwrap(), text);
            }
        }
    }
}
