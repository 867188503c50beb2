//! `Target`: an implementation as the command line names it.

use std::path::PathBuf;
use std::str::FromStr;
use std::{fmt, fs};

use crate::shim::target::manifest::Manifest;

/// What `--target` and `--peer` name; prints so that it can be read again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `built-in`: the yamux inside this program.
    BuiltIn,
    /// `all`: `built-in`, and everything bundled.
    All,
    /// `NAME[+VARIANT]`, `NAME@VERSION` or `NAME=PATH`: a bundled implementation.
    Bundled {
        /// Its name.
        name: String,
        /// The build of its shim, if not the default: one of its manifest's variants.
        variant: Option<String>,
        /// The version of its library.
        edition: Edition,
    },
    /// `shim:COMMAND` or `NAME=shim:COMMAND`: the implementation that this command serves.
    Shim {
        /// Its name; `None` means the one in its `hello`.
        name: Option<String>,
        /// The words of the command; never empty.
        command: Vec<String>,
    },
}

/// Which library a bundled implementation uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// The version that its shim pins.
    Pinned,
    /// This version, from its package manager.
    Version(String),
    /// A checkout on this machine.
    Checkout(PathBuf),
}

impl Target {
    /// The name of the yamux inside this program.
    pub const BUILT_IN: &'static str = "built-in";

    /// The implementation's name, as far as it is known before its shim has started: goldens and ledgers are filed under it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::BuiltIn => Some(Self::BUILT_IN),
            Self::All => None,
            Self::Bundled { name, .. } => Some(name),
            Self::Shim { name, .. } => name.as_deref(),
        }
    }

    /// Its name in reports, as far as known before its shim has started: its name, with the edition and variant that were
    /// asked for. A checkout is called by the last name in its path.
    pub fn title(&self) -> Option<String> {
        match self {
            Self::Bundled { name, variant, edition: Edition::Checkout(path) } => {
                let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
                let folder = path.file_name().unwrap_or_default().to_string_lossy();
                Some(format!("{}={folder}", built(name, variant.as_deref())))
            }
            Self::Bundled { .. } => Some(self.to_string()),
            Self::BuiltIn | Self::All | Self::Shim { .. } => self.name().map(str::to_owned),
        }
    }

    /// The names that always exist: the yamux inside this program, then the bundled implementations.
    pub fn bundled() -> Vec<&'static str> {
        let bundled = Manifest::all().into_iter().map(|(name, _)| name);
        std::iter::once(Self::BUILT_IN).chain(bundled).collect()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.pad(Self::BUILT_IN),
            Self::All => f.pad(ALL),
            Self::Bundled { name, variant, edition } => {
                let name = built(name, variant.as_deref());
                match edition {
                    Edition::Pinned => f.pad(&name),
                    Edition::Version(version) => write!(f, "{name}@{version}"),
                    Edition::Checkout(path) => write!(f, "{name}={}", path.display()),
                }
            }
            Self::Shim { name, command } => {
                if let Some(name) = name {
                    write!(f, "{name}=")?;
                }
                write!(f, "{SHIM}{}", shell_words::join(command))
            }
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(command) = text.strip_prefix(SHIM) {
            return Ok(Self::Shim { name: None, command: words(command)? });
        }
        if let Some((name, rest)) = text.split_once('=') {
            if let Some(command) = rest.strip_prefix(SHIM) {
                let name = Some(free_name(name)?);
                return Ok(Self::Shim { name, command: words(command)? });
            }
            let what =
                "a folder of this machine is named behind = for bundled implementations only";
            if rest.is_empty() {
                return Err(format!("expected a folder behind {name}="));
            }
            return bundled(name, Edition::Checkout(rest.into()))
                .map_err(|error| format!("{what}; {error}"));
        }
        if let Some((name, version)) = text.split_once('@') {
            if version.is_empty() {
                return Err(format!("expected a version behind {name}@"));
            }
            check_version(version)
                .map_err(|why| format!("expected {why} behind {name}@, found {version:?}"))?;
            return bundled(name, Edition::Version(version.to_owned()));
        }
        match text {
            Self::BUILT_IN => Ok(Self::BuiltIn),
            ALL => Ok(Self::All),
            _ => bundled(text, Edition::Pinned),
        }
    }
}

fn words(command: &str) -> Result<Vec<String>, String> {
    let words = shell_words::split(command)
        .map_err(|error| format!("{SHIM}{command}: {error}; words are split as a shell does"))?;
    if words.is_empty() {
        return Err(format!("expected a command behind {SHIM}, such as {SHIM}./my-shim"));
    }
    Ok(words)
}

/// A name that goldens, ledgers and reports can be filed under.
fn free_name(name: &str) -> Result<String, String> {
    check_name(name)?;
    if Target::bundled().contains(&name) || name == ALL {
        let what = if name == ALL { "everything that is bundled" } else { "bundled" };
        return Err(format!("{name} is {what}: call your own shim something else"));
    }
    Ok(name.to_owned())
}

/// Whether the name can be that of a file.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(is_part) {
        return Err(format!(
            "expected a name of at most 64 letters, digits, '-', '_' and '.', not beginning with '.', found {name:?}"
        ));
    }
    Ok(())
}

/// Whether this is a fixed version: builds are kept under it, and a branch or `latest` would never be updated.
fn check_version(version: &str) -> Result<(), &'static str> {
    let number = version.strip_prefix('v').unwrap_or(version);
    let core = number.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-+.".contains(c);
    let is_release = core.split('.').count() == 3
        && core.split('.').all(is_number)
        && number.chars().all(is_part);
    let is_commit =
        (7..=40).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_release || is_commit { Ok(()) } else { Err("a release, such as v0.1.1, or a commit") }
}

/// The implementation of that name, which may say how it is built: `go-hashicorp+race`.
fn bundled(text: &str, edition: Edition) -> Result<Target, String> {
    let (name, variant) = match text.split_once('+') {
        Some((name, variant)) => (name, Some(variant.to_owned())),
        None => (text, None),
    };
    let Some(manifest) = Manifest::named(name) else {
        let mut names = Target::bundled();
        names.push(ALL);
        return Err(format!(
            "expected {}, NAME@VERSION, NAME=PATH or NAME={SHIM}COMMAND, did you mean {}?",
            names.join(", "),
            suggestion(name, &names)
        ));
    };
    if let Some(variant) =
        variant.as_deref().filter(|named| !manifest.variants.contains_key(*named))
    {
        let variants: Vec<_> =
            manifest.variants.keys().map(|known| format!("{name}+{known}")).collect();
        let known = if variants.is_empty() { "no variant".to_owned() } else { variants.join(", ") };
        return Err(format!("expected {known} of {name}, found {variant:?}"));
    }
    Ok(Target::Bundled { name: name.to_owned(), variant, edition })
}

fn built(name: &str, variant: Option<&str>) -> String {
    variant.map_or_else(|| name.to_owned(), |variant| format!("{name}+{variant}"))
}

/// The nearest name; if none is near, the command it may be.
fn suggestion(text: &str, names: &[&str]) -> String {
    let distance = |name: &&&str| strsim::damerau_levenshtein(text, name);
    let is_part = |name: &&&str| text.len() > 1 && name.contains(text);
    let near = names
        .iter()
        .find(is_part)
        .or_else(|| names.iter().min_by_key(distance).filter(|name| distance(name) <= NEAR));
    near.map_or_else(|| format!("{SHIM}{text}"), |name| (*name).to_owned())
}

const SHIM: &str = "shim:";

const ALL: &str = "all";

/// The most typing errors in a name.
const NEAR: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prints_as_it_is_written() {
        for text in [
            "built-in",
            "all",
            "go-hashicorp",
            "go-hashicorp+race",
            "rust-yamux+checked@0.12.1",
            "go-hashicorp@v0.1.1",
            "go-hashicorp=../my yamux",
            "shim:./my-shim --fast",
            "mine=shim:python3 'my dir/shim.py' --fast",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_command_is_split_as_a_shell_does() {
        let target = "mine=shim:python3 \"my dir/shim.py\"".parse::<Target>().unwrap();
        let command = vec!["python3".to_owned(), "my dir/shim.py".to_owned()];
        assert_eq!(target, Target::Shim { name: Some("mine".into()), command });
        assert!("shim:'open".parse::<Target>().is_err());
    }

    #[test]
    fn a_wrong_name_gets_the_nearest_right_one() {
        let error = |text: &str| text.parse::<Target>().unwrap_err();
        assert!(error("builtin").ends_with("did you mean built-in?"));
        assert!(error("go").ends_with("did you mean go-hashicorp?"));
        assert!(error("go-hashicrop").ends_with("did you mean go-hashicorp?"));
        assert!(error("./my-shim").ends_with("did you mean shim:./my-shim?"));
        assert!(error("shim: ").ends_with("such as shim:./my-shim"));
        assert!(error("go-hashicorp@").contains("a version behind"));
        for moving in
            ["none", "latest", "main", "v0", "v0.1", "v0..1", "v0.1.x", "-x", "v0.1.1 ", "abc"]
        {
            let error = error(&format!("go-hashicorp@{moving}"));
            assert!(error.contains("expected a release, such as v0.1.1, or a commit"), "{error}");
        }
        for fixed in ["v0.1.1", "0.13.0", "v1.0.0-rc.1+x", "0123abc"] {
            format!("go-hashicorp@{fixed}").parse::<Target>().unwrap();
        }
        assert!(error("go-hashicorp=").contains("a folder behind"));
        assert!(error("mine=./shim").contains("bundled implementations only"));
        assert!(error("go-hashicorp=shim:x").contains("is bundled"));
        assert!(error("../x=shim:x").contains("expected a name"));
        assert!(error("all=shim:x").contains("is everything that is bundled"));
        assert!(error("go-hashicorp+fast").contains("expected go-hashicorp+race of go-hashicorp"));
        assert!(error("js-libp2p+race").contains("expected no variant of js-libp2p"));
    }

    #[test]
    fn editions_of_one_implementation_have_titles_of_their_own_and_one_name() {
        let checkout = tempfile::tempdir().unwrap();
        let folder = checkout.path().join("fork");
        fs::create_dir(&folder).unwrap();
        for (text, title) in [
            ("go-hashicorp".to_owned(), "go-hashicorp"),
            ("go-hashicorp@v0.1.1".to_owned(), "go-hashicorp@v0.1.1"),
            ("go-hashicorp+race@v0.1.1".to_owned(), "go-hashicorp+race@v0.1.1"),
            (format!("go-hashicorp={}/./", folder.display()), "go-hashicorp=fork"),
        ] {
            let target = text.parse::<Target>().unwrap();
            assert_eq!(target.title().as_deref(), Some(title));
            assert_eq!(target.name(), Some("go-hashicorp"));
        }
    }
}
