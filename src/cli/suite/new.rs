//! `yamux-conform new scenario`: a scenario to start from.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::cli::ExitCode;
use crate::cli::shell::{complete, output};
use crate::runner::Refused;
use crate::runner::verdict::shell_word;
use crate::scenario::{Clauses, load, nearest};
use crate::system::sink::path_name;

/// Write something new to begin with
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct NewArgs {
    /// What to write.
    #[command(subcommand)]
    pub command: NewCommand,
}

/// What to write.
#[derive(Clone, Debug, Subcommand)]
pub enum NewCommand {
    Scenario(NewScenarioArgs),
}

/// Write a scenario that is right and passes as it stands, for you to change
///
/// It never replaces a file. What to do next is printed.
#[derive(Args, Clone, Debug)]
#[command(after_help = SCENARIO_EXAMPLES)]
pub struct NewScenarioArgs {
    /// Its id, AREA/NAME: the rule in words, in small letters with - between them
    #[arg(value_name = "ID", value_parser = id)]
    pub id: String,

    /// What provokes the subject
    #[arg(long, value_name = "KIND", default_value = "wire")]
    pub peer: NewPeer,

    /// A clause that it tests. May be given several times [default: DATA-01, which the steps written here test]
    #[arg(long = "clause", value_name = "ID", add = ArgValueCompleter::new(complete::clauses))]
    pub clauses: Vec<String>,

    /// The folder of the scenarios
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    pub root: PathBuf,
}

/// What provokes the subject in a new scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NewPeer {
    /// Frames as the scenario spells them out
    Wire,
    /// An application with a yamux of its own
    App,
}

impl NewArgs {
    /// Writes it, prints the next steps, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        let NewCommand::Scenario(scenario) = &self.command;
        let path = scenario.write()?;
        output::print(|out| scenario.next(&path).iter().try_for_each(|line| out.line(&**line)))
    }
}

impl NewScenarioArgs {
    fn write(&self) -> Result<PathBuf, Refused> {
        let bad = |message: String| Refused::bad_input([message]);
        if !self.root.is_dir() {
            let root = path_name(&self.root);
            return Err(bad(format!(
                "{root}: there is no such folder; name yours with --root, or begin with the suite: yamux-conform export DIR"
            )));
        }
        let text = self.text(&self.clauses()?);
        let path = self.root.join(format!("{}.json", self.id));
        let unusable =
            |error: std::io::Error| Refused::unusable([format!("{}: {error}", path_name(&path))]);
        fs::create_dir_all(path.parent().unwrap_or(&self.root)).map_err(unusable)?;
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        match created {
            Ok(mut file) => file.write_all(text.as_bytes()).map_err(unusable)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(bad(format!("{}: it is there already", path_name(&path))));
            }
            Err(error) => return Err(unusable(error)),
        }
        Ok(path)
    }

    /// The clauses to name, each of which must be in the register.
    fn clauses(&self) -> Result<Vec<String>, Refused> {
        let library = load(std::slice::from_ref(&self.root)).map_err(Refused::bad_input)?;
        let register = &library.clauses;
        if !register.is_there() {
            let usual = vec![USUAL_CLAUSE.to_owned()];
            return Ok(if self.clauses.is_empty() { usual } else { self.clauses.clone() });
        }
        let unknown = self.clauses.iter().filter(|id| register.find(id).is_none());
        let unknown: Vec<String> = unknown.map(|id| is_unknown(id, register)).collect();
        if !unknown.is_empty() {
            return Err(Refused::bad_input(unknown));
        }
        if !self.clauses.is_empty() {
            return Ok(self.clauses.clone());
        }
        // A user's own register may have none of ours.
        let first = register.iter().next().map(|clause| clause.id.clone());
        let usual = register.find(USUAL_CLAUSE).map(|clause| clause.id.clone());
        Ok(usual.or(first).into_iter().collect())
    }

    fn text(&self, clauses: &[String]) -> String {
        let up = "../".repeat(self.id.matches('/').count() + 1);
        let clauses: Vec<String> = clauses.iter().map(|id| format!("\"{id}\"")).collect();
        let (peer, steps) = match self.peer {
            NewPeer::Wire => ("wire", WIRE_STEPS),
            NewPeer::App => ("app", APP_STEPS),
        };
        format!(
            "{{\n  \"$schema\": \"{up}{SCHEMA}\",\n  \"title\": \"To be said in one sentence: what an implementation must do\",\n  \"clauses\": [{}],\n  \"peer\": \"{peer}\",\n  \"steps\": [\n{steps}  ]\n}}\n",
            clauses.join(", ")
        )
    }

    /// The next steps.
    fn next(&self, path: &Path) -> Vec<String> {
        let file = shell_word(&path.display().to_string());
        let (id, root) = (&self.id, &self.root);
        let mut next = vec![
            format!("edit:          {}", path_name(path)),
            format!("check:         yamux-conform check {file}"),
            format!("run:           yamux-conform run {file}"),
            format!(
                "can it fail:   yamux-conform mutants {} --scenario {id}",
                shell_word(&root.display().to_string())
            ),
            format!("then:          yamux-conform bless {file}"),
        ];
        let schema = match root.parent() {
            Some(folder) if *folder != *Path::new("") => folder.join(SCHEMA),
            _ => PathBuf::from(SCHEMA),
        };
        if !schema.exists() {
            let schema = shell_word(&schema.display().to_string());
            next.insert(1, format!("for an editor: yamux-conform schema scenario > {schema}"));
        }
        next
    }
}

fn is_unknown(id: &str, register: &Clauses) -> String {
    let near = nearest(id, register.iter().map(|clause| &*clause.id));
    let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
    format!("--clause {id}: there is no such clause{near}")
}

/// Reads an id that can become a file in a folder.
fn id(text: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && !part.starts_with('-') && part.chars().all(is_letter)
    };
    if text.contains('/') && text.split('/').all(is_part) {
        return Ok(text.to_owned());
    }
    Err("expected AREA/NAME in small letters, digits and -, such as ping/value-is-echoed".into())
}

const USUAL_CLAUSE: &str = "DATA-01";

const SCHEMA: &str = "schema/scenario.schema.json";

const WIRE_STEPS: &str = r#"    { "peer": { "send": { "window_update": "s", "flags": ["SYN"] } } },
    { "subject": { "accept": { "stream": "s" } } },
    { "subject": { "write": { "stream": "s", "bytes": 100 } } },
    { "peer": { "expect": { "data": "s", "bytes": 100 } } },
    { "probe": "stream" }
"#;

const APP_STEPS: &str = r#"    { "subject": { "open": { "stream": "s" } } },
    { "peer": { "accept": { "stream": "s" } } },
    { "subject": { "write": { "stream": "s", "bytes": 100 } } },
    { "peer": { "read": { "stream": "s", "bytes": 100 } } },
    { "probe": "stream" }
"#;

const EXAMPLES: &str = "\
Examples:
  yamux-conform new scenario streams/data-comes-in-order";

const SCENARIO_EXAMPLES: &str = "\
Examples:
  yamux-conform new scenario streams/data-comes-in-order --clause DATA-01
  yamux-conform new scenario streams/credit-comes-back --peer app --root my-scenarios";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::tests::assert_usage_error;

    #[test]
    fn an_id_is_a_file_below_an_area() {
        assert_eq!(id("ping/a-b/c2"), Ok("ping/a-b/c2".to_owned()));
        for text in [
            "",
            "ping",
            "ping/",
            "/ping",
            "ping//a",
            "Ping/a",
            "ping/../a",
            "ping/-a",
            "ping/a.json",
        ] {
            assert!(id(text).is_err(), "{text}");
        }
        assert_usage_error("yamux-conform new scenario Ping", "expected AREA/NAME");
    }
}
