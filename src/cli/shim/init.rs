//! `yamux-conform shim init`: a shim to start from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::ExitCode;
use crate::cli::shell::output::{self};
use crate::runner::Refused;
use crate::shim::init::{InitError, Skeleton};

/// Write a shim that speaks the protocol, for you to fill in the calls of your library
///
/// It passes `shim check` as it stands, which skips what needs a library. What each call must do is in
/// docs/writing-a-shim.md.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ShimInitArgs {
    /// The language of the library
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: ShimLanguage,

    /// The folder to write to: an empty one, or one that is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// A language of `shim init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShimLanguage {
    /// Go, with the standard library alone
    Go,
    /// Rust, on tokio
    Rust,
    /// Python, with the standard library alone
    Python,
    /// JavaScript for Node.js
    Js,
}

impl From<ShimLanguage> for Skeleton {
    fn from(language: ShimLanguage) -> Self {
        match language {
            ShimLanguage::Go => Self::Go,
            ShimLanguage::Rust => Self::Rust,
            ShimLanguage::Python => Self::Python,
            ShimLanguage::Js => Self::Js,
        }
    }
}

impl ShimInitArgs {
    /// Writes the shim, prints the next steps, and returns the exit code.
    pub(crate) fn execute(&self) -> Result<ExitCode, Refused> {
        match Skeleton::from(self.lang).write(&self.folder) {
            Ok(()) => {
                output::print(|out| self.next().iter().try_for_each(|line| out.line(&**line)))
            }
            Err(error @ (InitError::NotEmpty(_) | InitError::NotAFolder(_))) => {
                Err(Refused::bad_input([error]))
            }
            Err(error @ InitError::Io { .. }) => Err(Refused::unusable([error])),
        }
    }

    /// The next steps.
    fn next(&self) -> [String; 3] {
        let skeleton = Skeleton::from(self.lang);
        let folder = self.folder.display().to_string();
        let start = shell_words::join(skeleton.start(&self.folder));
        let build = skeleton.build().map_or_else(String::new, |build| {
            format!("(cd {} && {build}) && ", shell_words::quote(&folder))
        });
        let file = self.folder.join(skeleton.to_fill_in()).display().to_string();
        let target = format!("mine=shim:{start}");
        [
            format!("fill in:  {file}, one call after the other"),
            format!("check:    {build}yamux-conform shim check -- {start}"),
            format!("run:      yamux-conform run --target {}", shell_words::quote(&target)),
        ]
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform shim init --lang go my-shim
  yamux-conform shim init --lang python .";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Command;
    use crate::cli::shim::{ShimArgs, ShimCommand};
    use crate::cli::tests::{assert_usage_error, parse};

    fn parsed(line: &str) -> ShimInitArgs {
        let Ok(Command::Shim(ShimArgs { command: Some(ShimCommand::Init(args)) })) = parse(line)
        else {
            panic!("{line}");
        };
        args
    }

    #[test]
    fn what_comes_next_can_be_copied_into_a_shell() {
        let args = parsed("yamux-conform shim init --lang go a");
        assert_eq!(
            args.next(),
            [
                "fill in:  a/library.go, one call after the other",
                "check:    (cd a && go build -o shim .) && yamux-conform shim check -- a/shim",
                "run:      yamux-conform run --target 'mine=shim:a/shim'",
            ]
        );
        let args = ShimInitArgs { lang: ShimLanguage::Python, folder: "my shim".into() };
        let [_, check, run] = args.next();
        assert_eq!(check, "check:    yamux-conform shim check -- python3 'my shim/shim.py'");
        let target = run.split_once("--target ").map(|(_, target)| target).unwrap();
        assert_eq!(shell_words::split(target).unwrap(), ["mine=shim:python3 'my shim/shim.py'"]);
    }

    #[test]
    fn language_and_folder_are_needed() {
        assert_usage_error("yamux-conform shim init a", "--lang <LANGUAGE>");
        assert_usage_error("yamux-conform shim init --lang go", "<DIR>");
        assert_usage_error("yamux-conform shim init --lang cobol a", "go, rust, python, js");
    }
}
