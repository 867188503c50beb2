//! `yamux-conform explore`: all short stories.

use clap::{Args, ValueEnum};

use crate::analysis::explore::{
    Breadth, Player, StoryOrigin, Totals, explore, smallest, symbols_markdown, symbols_text,
};
use crate::cli::ExitCode;
use crate::cli::explore::progress::StoryProgress;
use crate::cli::explore::stories::{Findings, StoryArgs, StoryCommand, StoryTargets};
use crate::cli::selection::filters::side;
use crate::cli::shell::output::print;
use crate::cli::shell::signals::Signals;
use crate::report::Portion;
use crate::runner::{InterruptHandle, PlannedTarget, Refused};
use crate::shim::target::Target;
use crate::yamux::frame::Side;

/// Play all short stories of calls, frames and time on an implementation
///
/// A story is a sequence of symbols, each a call of the application, a frame of the peer, or time that passes. A model of yamux
/// judges every frame, the result of every call, and what is still owed once nothing moves any more. A story is extended only if
/// it led to a new state. A surprise is a story that breaks a clause that binds the target, or in which the target crashes or gets
/// stuck; it is shrunk to the smallest story that fails alike.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ExploreArgs {
    /// The targets, and what is done with surprises.
    #[command(flatten)]
    pub stories: StoryArgs,

    /// The length of the longest stories; each further symbol takes about ten times as long
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub depth: u8,

    /// The side that the target plays [default: both]
    #[arg(long, value_name = "SIDE", value_parser = side())]
    pub side: Option<Side>,

    /// Play each story on this implementation too, and compare the frames in meaning
    #[arg(long, value_name = "TARGET")]
    pub beside: Option<Target>,

    /// List the symbols that stories are made of, and play nothing
    #[arg(long, conflicts_with_all = ["targets", "more_targets", "beside", "save", "json"])]
    pub alphabet: bool,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: ExploreFormat,
}

/// What `explore` writes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExploreFormat {
    /// Each surprise in full, and the totals of all stories
    #[default]
    Text,
    /// With --alphabet: the table of docs/exploring.md
    Markdown,
    /// The events of a run, as of run --format json
    Json,
}

impl ExploreArgs {
    /// Plays, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        match (self.alphabet, self.format) {
            (true, ExploreFormat::Text) => return print(|out| out.text(&symbols_text())),
            (true, ExploreFormat::Markdown) => return print(|out| out.text(&symbols_markdown())),
            (true, ExploreFormat::Json) => {
                return Err(Refused::usage(["--alphabet: expected --format text or markdown"]));
            }
            (false, ExploreFormat::Markdown) => {
                return Err(Refused::usage(["--format markdown: only the --alphabet has it"]));
            }
            (false, _) => {}
        }
        let command = StoryCommand {
            name: "explore",
            options: self.options(),
            seed: 0,
            portion: Portion::of_stories(&self.options(), None),
            beside: self.beside.as_ref(),
            is_text: self.format == ExploreFormat::Text,
        };
        self.stories.run(command, signals, &|prepared, target, interrupt, findings| {
            self.explore(prepared, target, interrupt, findings)
        })
    }

    fn explore(
        &self,
        prepared: &StoryTargets,
        target: &PlannedTarget,
        interrupt: &InterruptHandle,
        mut findings: Findings<'_>,
    ) -> (Totals, Vec<String>) {
        let clauses = &prepared.selected.clauses;
        let player = Player::of_target(target, clauses, interrupt);
        let beside =
            prepared.beside.as_ref().map(|beside| Player::of_target(beside, clauses, interrupt));
        let progress = StoryProgress::stderr();
        let sides = self.side.map_or_else(|| vec![Side::Client, Side::Server], |side| vec![side]);
        let breadth = Breadth { depth: self.depth.into(), sides: &sides, ends_at_first: false };
        let mut exploration = explore(&player, beside.as_ref(), breadth, &mut |text| {
            progress.show(&format!("{}: {text}", target.info.name));
        });
        for (surprise, more) in std::mem::take(&mut exploration.surprises).into_values() {
            let surprise = smallest(&player, surprise, None);
            progress.aside(|| findings.add(surprise, StoryOrigin::Short, more));
        }
        progress.finish();
        let totals = Totals::of_short(exploration, findings.all, findings.began.elapsed());
        (totals, findings.problems)
    }

    /// The options that decide which stories are played.
    fn options(&self) -> String {
        let side = self.side.map_or_else(String::new, |side| format!(" --side {side}"));
        let beside = self.beside.as_ref();
        let beside = beside.map_or_else(String::new, |target| format!(" --beside {target}"));
        format!(" --depth {}{side}{beside}", self.depth)
    }
}

const EXAMPLES: &str = "\
Examples:
  yamux-conform explore
  yamux-conform explore go-hashicorp --depth 2 --beside built-in
  yamux-conform explore --target 'mine=shim:./my-shim' --side server --save found
  yamux-conform explore --alphabet";
