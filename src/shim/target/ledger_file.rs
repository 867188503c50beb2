//! `LedgerFile`: the value of `--known`: a ledger, and its target.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::shim::target::check_name;

/// `NAME=FILE`, or `FILE`, which is named after its target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LedgerFile {
    /// The target.
    pub target: String,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for LedgerFile {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some((name, file)) = text.split_once('=')
            && check_name(name).is_ok()
        {
            return Ok(Self { target: name.to_owned(), path: file.into() });
        }
        let path = PathBuf::from(text);
        let target = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { target, path })
    }
}

impl fmt::Display for LedgerFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.file_stem() {
            Some(stem) if *stem == *self.target => write!(f, "{}", self.path.display()),
            _ => write!(f, "{}={}", self.target, self.path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_names_its_target_or_is_named_after_it() {
        let read = |text: &str| {
            let LedgerFile { target, path } = text.parse().unwrap();
            (target, path.display().to_string())
        };
        let both = |target: &str, path: &str| (target.to_owned(), path.to_owned());
        assert_eq!(read("known/mine.json"), both("mine", "known/mine.json"));
        assert_eq!(read("mine=a=b.json"), both("mine", "a=b.json"));
        assert_eq!(read("a/b=c.json"), both("b=c", "a/b=c.json"));
    }
}
