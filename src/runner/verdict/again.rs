//! `Again`: the options with which a rerun of one case reaches the same verdict, and how they are written.

use std::fmt;
use std::path::PathBuf;

use crate::scenario::Dialect;
use crate::shim::target::LedgerFile;
use crate::system::sink::is_harmless;

/// What a verdict depends on besides the case, its target, peer and clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Again {
    /// The seed of everything random.
    pub seed: u64,
    /// The factor of the live clock's slack, if it is not 1.
    pub timeout_scale: Option<String>,
    /// Ledgers that were named, as far as they are about the target or the reference.
    pub known: Vec<LedgerFile>,
    /// The value of `--target` for the reference, if it ran beside the target.
    pub reference: Option<String>,
    /// Whether the case belongs to the suite inside this program, in which its id is its name on every machine.
    pub is_built_in_suite: bool,
    /// The folder of golden traces, if it was named.
    pub golden: Option<PathBuf>,
    /// The dialect the target was judged by, if one was given.
    pub dialect: Option<(String, Dialect)>,
    /// Whether targets of every dialect were compared with the reference.
    pub compares_all: bool,
    /// The whole command, if the case is from a report.
    pub told: Option<String>,
}

impl Again {
    /// ` --golden DIR`, or nothing.
    pub(super) fn golden_option(&self) -> String {
        self.golden.as_ref().map_or_else(String::new, |folder| {
            format!(" --golden {}", shell_word(&folder.display().to_string()))
        })
    }
}

impl fmt::Display for Again {
    /// The options, with `--seed` as the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ledger in &self.known {
            write!(f, "--known {} ", shell_word(&ledger.to_string()))?;
        }
        write!(f, "{}", self.golden_option().trim_start())?;
        if self.golden.is_some() {
            f.write_str(" ")?;
        }
        if let Some((target, dialect)) = &self.dialect {
            write!(f, "--dialect {} ", shell_word(&format!("{target}={dialect}")))?;
        }
        if self.compares_all {
            f.write_str("--compare ")?;
        }
        if let Some(factor) = &self.timeout_scale {
            write!(f, "--timeout-scale {factor} ")?;
        }
        write!(f, "--seed {}", self.seed)
    }
}

/// `text` as one word of a shell; an unprintable character is written as bash, ksh and zsh read it.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if text.chars().all(is_harmless) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if is_harmless(c) => c.to_string(),
            // Three digits, so that a digit after them is not taken for a fourth.
            c => c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\{byte:03o}")).collect(),
        })
        .collect();
    format!("$'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_the_shell_would_split_is_quoted() {
        assert_eq!(shell_word("scenarios/ping/a-b.json"), "scenarios/ping/a-b.json");
        assert_eq!(shell_word("shim:./my shim"), "'shim:./my shim'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a\n1'\\\u{9b}"), r"$'a\0121\'\\\302\233'");
    }

    #[test]
    fn only_what_was_named_is_named_again() {
        let mut again = Again { seed: 7, ..Again::default() };
        assert_eq!(again.to_string(), "--seed 7");
        let read = |text: &str| text.parse().unwrap();
        again.known = vec![read("my ledgers/built-in.json"), read("mine=known/a.json")];
        again.golden = Some("g".into());
        again.timeout_scale = Some("2.5".to_owned());
        assert_eq!(
            again.to_string(),
            "--known 'my ledgers/built-in.json' --known mine=known/a.json --golden g --timeout-scale 2.5 --seed 7"
        );
    }
}
