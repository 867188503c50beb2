//! `yamux-conform fuzz`: long stories drawn from a seed.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::analysis::explore::{Draw, Player, StoryOrigin, Totals, fuzz, text};
use crate::cli::ExitCode;
use crate::cli::explore::progress::StoryProgress;
use crate::cli::explore::stories::{Findings, StoryArgs, StoryCommand, StoryTargets};
use crate::cli::run::limits::duration;
use crate::cli::shell::signals::Signals;
use crate::report::{Portion, Shard};
use crate::runner::{InterruptHandle, PlannedTarget, Refused};

/// Draw long stories of calls, frames, faults and time, and play them on an implementation
///
/// The same seed and number give the same story. A model of yamux judges every frame, the result of every call, and what is still
/// owed once nothing moves any more. A surprise is a story that breaks a clause that binds the target, or in which the target
/// crashes or gets stuck; it is shrunk to the smallest story that fails alike, and --save writes it as a scenario. Later stories
/// that fail alike are only counted.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct FuzzArgs {
    /// The targets, and what is done with surprises.
    #[command(flatten)]
    pub stories: StoryArgs,

    /// How long to play on each target, such as 10m [default: 60s, unless --runs or --story says how many]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub time: Option<Duration>,

    /// How many stories to play on each target at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: Option<u64>,

    /// What the stories are drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,

    /// Only every N-th story, from the K-th on. `yamux-conform report merge` joins the JSON reports of all shards
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,

    /// Only the story with this number
    #[arg(long, value_name = "N", conflicts_with_all = ["runs", "shard", "time"])]
    pub story: Option<u64>,

    /// What to write to stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub format: FuzzFormat,
}

/// What `fuzz` writes to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FuzzFormat {
    /// Each surprise in full as soon as it is found, and the totals of all stories
    #[default]
    Text,
    /// The events of a run, as of run --format json, at the end
    Json,
}

impl FuzzArgs {
    /// Plays, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let common = format!("{} {STORY_FORMAT} {}", env!("CARGO_PKG_VERSION"), self.seed);
        let command = StoryCommand {
            name: "fuzz",
            options: self.options(),
            seed: self.seed,
            portion: Portion::of_stories(&common, self.shard),
            beside: None,
            is_text: self.format == FuzzFormat::Text,
        };
        self.stories.run(command, signals, &|prepared, target, interrupt, findings| {
            self.fuzz(prepared, target, interrupt, findings)
        })
    }

    fn fuzz(
        &self,
        prepared: &StoryTargets,
        target: &PlannedTarget,
        interrupt: &InterruptHandle,
        mut findings: Findings<'_>,
    ) -> (Totals, Vec<String>) {
        let mut player = Player::of_target(target, &prepared.selected.clauses, interrupt);
        let progress = StoryProgress::stderr();
        let fuzzed = fuzz(&mut player, self.draw(), &mut |fuzzed, found| {
            if let Some(found) = found {
                let (number, turns) = (found.number, found.turns);
                let origin = StoryOrigin::Drawn { seed: self.seed, number, turns };
                progress.aside(|| findings.add(found.surprise.clone(), origin, 0));
            }
            progress.show(&format!(
                "{}: {} stories, {} clauses reached, {} surprises",
                target.info.name,
                text::grouped(fuzzed.stories),
                fuzzed.tally.reached.len(),
                findings.all.len()
            ));
        });
        progress.finish();
        let totals = Totals::of_drawn(fuzzed, findings.all, findings.began.elapsed());
        (totals, findings.problems)
    }

    fn draw(&self) -> Draw {
        let is_limited = self.runs.is_some() || self.story.is_some();
        let time = self.time.or_else(|| (!is_limited).then_some(USUAL_TIME));
        Draw {
            seed: self.seed,
            shard: self.shard,
            only: self.story,
            runs: self.runs,
            until: time.map(|time| Instant::now() + time),
        }
    }

    /// The options that decide which stories are played.
    fn options(&self) -> String {
        let mut options = format!(" --seed {}", self.seed);
        for (name, value) in [
            ("story", self.story.map(|story| story.to_string())),
            ("runs", self.runs.map(|runs| runs.to_string())),
            ("shard", self.shard.map(|shard| shard.to_string())),
        ] {
            options += &value.map_or_else(String::new, |value| format!(" --{name} {value}"));
        }
        options
    }
}

/// If neither --time, --runs nor --story limits it.
const USUAL_TIME: Duration = Duration::from_secs(60);

/// Raised when a seed and a number begin to give another story: shards of different formats cannot be merged.
const STORY_FORMAT: u32 = 1;

const EXAMPLES: &str = "\
Examples:
  yamux-conform fuzz
  yamux-conform fuzz --target 'mine=shim:./my-shim' --time 10m --save found
  yamux-conform fuzz go-hashicorp --seed 7 --shard 2/4 --json target/shard-2.jsonl
  yamux-conform fuzz --target go-hashicorp --seed 7 --story 1234";
