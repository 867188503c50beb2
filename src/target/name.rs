//! `Target`: an implementation as the command line names it. Pure.

use std::fmt;
use std::str::FromStr;

/// What `--target` names; prints as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `built-in`: the yamux inside this program.
    BuiltIn,
    /// `go-hashicorp`: hashicorp/yamux, the reference, by its Go shim.
    GoHashicorp,
    /// `shim:COMMAND`: whatever this command serves. Never empty.
    Shim(String),
}

impl Target {
    /// The reference's name.
    pub const REFERENCE: &'static str = GO_HASHICORP;

    /// Its folder of goldens and the name of its ledger: for a shim, its program without folders.
    pub fn folder(&self) -> &str {
        match self {
            Self::BuiltIn => BUILT_IN,
            Self::GoHashicorp => GO_HASHICORP,
            Self::Shim(command) => {
                let program = command.split_whitespace().next().unwrap_or(command);
                program.rsplit('/').next().unwrap_or(program)
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.pad(BUILT_IN),
            Self::GoHashicorp => f.pad(GO_HASHICORP),
            Self::Shim(command) => write!(f, "{SHIM}{command}"),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix(SHIM).map(str::trim) {
            Some("") => {
                return Err(format!("expected a command behind {SHIM}, such as {SHIM}./my-shim"));
            }
            Some(command) => return Ok(Self::Shim(command.to_owned())),
            None => {}
        }
        match text {
            BUILT_IN => Ok(Self::BuiltIn),
            GO_HASHICORP => Ok(Self::GoHashicorp),
            _ => Err(format!(
                "expected {BUILT_IN}, {GO_HASHICORP} or {SHIM}COMMAND, did you mean {}?",
                suggestion(text)
            )),
        }
    }
}

/// The nearest name; for what looks like none of them, the command it may be.
fn suggestion(text: &str) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(text, name);
    let is_part = |name: &&str| text.len() > 1 && name.contains(text);
    let names = [BUILT_IN, GO_HASHICORP];
    let near = names
        .into_iter()
        .find(is_part)
        .or_else(|| names.into_iter().min_by_key(distance).filter(|name| distance(name) <= NEAR));
    near.map_or_else(|| format!("{SHIM}{text}"), str::to_owned)
}

const BUILT_IN: &str = "built-in";
const GO_HASHICORP: &str = "go-hashicorp";
const SHIM: &str = "shim:";

/// So many slips of the finger still make the same name.
const NEAR: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_prints_as_it_is_written() {
        for text in ["built-in", "go-hashicorp", "shim:./my-shim --fast"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_name_gets_the_nearest_right_one() {
        let suggestion = |text: &str| text.parse::<Target>().unwrap_err();
        assert!(suggestion("builtin").ends_with("did you mean built-in?"));
        assert!(suggestion("go").ends_with("did you mean go-hashicorp?"));
        assert!(suggestion("go-hashicrop").ends_with("did you mean go-hashicorp?"));
        assert!(suggestion("./my-shim").ends_with("did you mean shim:./my-shim?"));
        assert!(suggestion("shim: ").ends_with("such as shim:./my-shim"));
    }
}
