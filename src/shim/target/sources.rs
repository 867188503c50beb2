//! `Sources`: the folders that a shim is built from, copied and hashed.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::shim::target::Edition;
use crate::shim::target::content::{self, hash_folder};

/// The folder of a shim, and those beside it that it shares with others.
pub(super) struct Sources {
    own: PathBuf,
    shared: Vec<PathBuf>,
}

impl Sources {
    /// Those of the shim in `own`.
    pub(super) fn of(own: PathBuf, shares: &[String]) -> Self {
        let shared = shares.iter().map(|name| own.with_file_name(name)).collect();
        Self { own, shared }
    }

    fn all(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.own).chain(&self.shared)
    }

    /// Copies all of them into a folder, under their own names; returns where the shim's is then.
    pub(super) fn copy(&self, to: &Path) -> io::Result<PathBuf> {
        let there = |folder: &Path| to.join(folder.file_name().unwrap_or_default());
        for folder in self.all() {
            copy_folder(folder, &there(folder))?;
        }
        Ok(there(&self.own))
    }

    /// A hash of the toolchain, of the environment, of everything in these folders, and of the library if it is not pinned
    /// there.
    pub(super) fn hash(
        &self,
        toolchain: &str,
        environment: &BTreeMap<String, String>,
        edition: &Edition,
    ) -> io::Result<u64> {
        let mut hasher = std::hash::DefaultHasher::new();
        (toolchain, environment).hash(&mut hasher);
        for setting in ["GOFLAGS", "GOEXPERIMENT", "GOARCH", "GOOS", "RUSTFLAGS"] {
            hasher.write(env::var_os(setting).unwrap_or_default().as_encoded_bytes());
        }
        for folder in self.all() {
            hash_folder(folder, &mut hasher)?;
        }
        match edition {
            Edition::Pinned => {}
            Edition::Version(version) => hasher.write(version.as_bytes()),
            Edition::Checkout(path) => hash_folder(&fs::canonicalize(path)?, &mut hasher)?,
        }
        Ok(hasher.finish())
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for path in entries(from)? {
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// The files and folders in a folder, except links and special files.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = content::sources(folder)?;
    paths.retain(|path| {
        path.symlink_metadata().is_ok_and(|found| found.is_file() || found.is_dir())
    });
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shim, a folder that it shares, and one that it does not.
    fn shims() -> (tempfile::TempDir, Sources) {
        let shims = tempfile::tempdir().unwrap();
        for name in ["mine", "shared", "other"] {
            fs::create_dir(shims.path().join(name)).unwrap();
            write(&shims.path().join(name), "package main");
        }
        let sources = Sources::of(shims.path().join("mine"), &["shared".to_owned()]);
        (shims, sources)
    }

    fn write(folder: &Path, text: &str) {
        fs::write(folder.join("main.go"), text).unwrap();
    }

    #[test]
    fn what_is_shared_is_copied_beside_the_shim() {
        let (_shims, sources) = shims();
        let to = tempfile::tempdir().unwrap();
        let copy = sources.copy(&to.path().join("copy")).unwrap();
        assert_eq!(copy, to.path().join("copy/mine"));
        assert!(copy.join("main.go").is_file() && copy.join("../shared/main.go").is_file());
        assert!(!copy.join("../other").exists());
    }

    #[test]
    fn what_is_shared_and_not_there_is_an_error() {
        let (shims, sources) = shims();
        fs::remove_dir_all(shims.path().join("shared")).unwrap();
        assert!(sources.hash("", &BTreeMap::new(), &Edition::Pinned).is_err());
    }

    #[test]
    fn the_hash_follows_sources_toolchain_and_library() {
        let ((shims, sources), library) = (shims(), tempfile::tempdir().unwrap());
        let checkout = Edition::Checkout(library.path().to_owned());
        write(library.path(), "package yamux");
        let all = || {
            let none = BTreeMap::new();
            let of = |toolchain, edition| sources.hash(toolchain, &none, edition).unwrap();
            let version = Edition::Version("1".to_owned());
            let checked = BTreeMap::from([("CHECKED".to_owned(), "yes".to_owned())]);
            vec![
                of("a", &Edition::Pinned),
                of("b", &Edition::Pinned),
                of("a", &version),
                sources.hash("a", &checked, &Edition::Pinned).unwrap(),
                of("a", &checkout),
            ]
        };
        let first = all();
        assert_eq!(all(), first);
        write(library.path(), "package yamux // changed");
        let second = all();
        assert_eq!(first[..4], second[..4]);
        assert_ne!(first[4], second[4]);
        let mut hashes = [first, second].concat();
        for changed in ["mine", "shared"] {
            write(&shims.path().join(changed), "package main // changed");
            hashes.extend(all());
        }
        write(&shims.path().join("other"), "package main // changed");
        assert_eq!(all(), hashes[hashes.len() - 5..]);
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 16, "each is another");
    }
}
