//! `yamux-conform fuzz`: long stories drawn from a seed.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::analysis::explore::{Account, Draw, Stage, StoryOrigin, fuzz, told};
use crate::cli::ExitCode;
use crate::cli::explore::progress::StoryProgress;
use crate::cli::explore::stories::{Intake, Programme, StoryArgs, Troupe};
use crate::cli::run::limits::duration;
use crate::cli::shell::signals::Signals;
use crate::report::{Portion, Shard};
use crate::runner::{InterruptHandle, PlannedTarget, Refused};

/// Draw long stories of calls, frames, faults and time, and play them on an implementation
///
/// Stories come from a seed: the same seed and number give the same story. A model of yamux judges every frame, every end of a
/// call, and what is owed once all is at rest. A surprise is a story that breaks a clause that binds the target, or kills it; it
/// is made as small as possible, and --save keeps it as a scenario. Others that are like it are only counted.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct FuzzArgs {
    /// On what, and what becomes of surprises.
    #[command(flatten)]
    pub stories: StoryArgs,

    /// How long on each target, such as 10m [default: 60s, unless --runs or --story says how many]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub time: Option<Duration>,

    /// How many stories on each target at most
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
    /// Each surprise in full as soon as it is found, and what all stories came to
    #[default]
    Text,
    /// The events of a run, as of run --format json, at the end
    Json,
}

impl FuzzArgs {
    /// Plays, reports, and returns the exit code.
    pub(crate) fn execute(&self, signals: &Signals) -> Result<ExitCode, Refused> {
        let common = format!("{} {STORY_FORMAT} {}", env!("CARGO_PKG_VERSION"), self.seed);
        let programme = Programme {
            command: "fuzz",
            options: self.options(),
            seed: self.seed,
            portion: Portion::of_stories(&common, self.shard),
            beside: None,
            is_text: self.format == FuzzFormat::Text,
        };
        self.stories.perform(programme, signals, &|troupe, target, interrupt, intake| {
            self.fuzz(troupe, target, interrupt, intake)
        })
    }

    fn fuzz(
        &self,
        troupe: &Troupe,
        target: &PlannedTarget,
        interrupt: &InterruptHandle,
        mut intake: Intake<'_>,
    ) -> (Account, Vec<String>) {
        let mut stage = Stage::of_target(target, &troupe.selected.clauses, interrupt);
        let progress = StoryProgress::stderr();
        let fuzzed = fuzz(&mut stage, self.draw(), &mut |fuzzed, found| {
            if let Some(found) = found {
                let (number, turns) = (found.number, found.turns);
                let origin = StoryOrigin::Drawn { seed: self.seed, number, turns };
                progress.aside(|| intake.take(found.surprise.clone(), origin, 0));
            }
            progress.show(&format!(
                "{}: {} stories, {} clauses reached, {} surprises",
                target.info.name,
                told::grouped(fuzzed.stories),
                fuzzed.reached.len(),
                intake.findings.len()
            ));
        });
        progress.finish();
        let account = Account::of_drawn(fuzzed, intake.findings, intake.began.elapsed());
        (account, intake.problems)
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

    /// What decides which stories are played.
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

/// Without any limit.
const USUAL_TIME: Duration = Duration::from_secs(60);

/// Grows when a seed and a number give another story.
const STORY_FORMAT: u32 = 1;

const EXAMPLES: &str = "\
Examples:
  yamux-conform fuzz
  yamux-conform fuzz --target 'mine=shim:./my-shim' --time 10m --save found
  yamux-conform fuzz go-hashicorp --seed 7 --shard 2/4 --json target/shard-2.jsonl
  yamux-conform fuzz --target go-hashicorp --seed 7 --story 1234";
