//! The mutants that stories find without any scenario: how much the model sees.

use std::fmt::Write as _;

use crate::analysis::explore::breadth::{Breadth, explore};
use crate::analysis::explore::fuzz::write;
use crate::analysis::explore::stage::Stage;
use crate::analysis::story::{Story, Symbol};
use crate::endpoint::mutant::Mutant;
use crate::runner::InterruptHandle;
use crate::scenario::Clauses;
use crate::yamux::frame::Side;

/// What became of the mutants.
pub(crate) struct Hunt {
    /// Each mutant's name, and how it was found.
    pub(crate) mutants: Vec<(&'static str, Catch)>,
}

/// How a mutant was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Catch {
    /// By a short story with this many symbols.
    Short(usize),
    /// By the drawn story with this number.
    Drawn(u64),
    /// Only in that its frames are not those of the right yamux.
    Frames,
    /// Not at all.
    None,
}

/// Plays all short stories, and then drawn ones, on each mutant until one breaks a clause.
pub(crate) fn hunt(mutants: &[Mutant], clauses: &Clauses, interrupt: &InterruptHandle) -> Hunt {
    let drawn: Vec<Story> = (0..DRAWN).map(|number| write(SEED, number)).collect();
    let find = |mutant: &Mutant| {
        let stage = Stage::of_mutant(mutant, clauses, interrupt);
        (mutant.name, find(&stage, &drawn))
    };
    Hunt { mutants: mutants.iter().map(find).collect() }
}

fn find(stage: &Stage<'_>, drawn: &[Story]) -> Catch {
    let sides = [Side::Client, Side::Server];
    let breadth = Breadth { depth: DEPTH, sides: &sides, ends_at_first: true };
    let exploration = explore(stage, None, breadth, &mut |_| {});
    if exploration.has_broken() {
        let lengths = exploration.surprises.values().map(|(one, _)| one.story.turns.len());
        return Catch::Short(lengths.min().unwrap_or(DEPTH));
    }
    let stories: Vec<(&Story, Side)> =
        drawn.iter().map(|story| (story, story.side.unwrap_or(Side::Client))).collect();
    let played = stage.play(&stories);
    let first = played.iter().position(|played| played.surprise.is_some());
    first.map_or(Catch::None, |at| Catch::Drawn(at as u64))
}

impl Hunt {
    /// The figures as a section of a document.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        let count =
            |is_so: fn(&Catch) -> bool| self.mutants.iter().filter(|(_, one)| is_so(one)).count();
        let short = count(|one| matches!(one, Catch::Short(_)));
        let long = count(|one| matches!(one, Catch::Drawn(_)));
        let _ = writeln!(
            out,
            "{} short {short} drawn {long} of {} symbols {}",
            short + long,
            self.mutants.len(),
            Symbol::ALL.len()
        );
        for (name, catch) in &self.mutants {
            let _ = writeln!(out, "{name} {catch:?}");
        }
        out
    }
}

/// How many symbols the longest short stories have.
const DEPTH: usize = 3;

/// How many stories are drawn, and their seed.
const DRAWN: u64 = 64;
const SEED: u64 = 1;
