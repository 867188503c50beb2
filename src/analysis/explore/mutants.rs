//! Which mutants stories find without any scenario: a measure of what the model sees.

use crate::analysis::explore::breadth::{Breadth, explore};
use crate::analysis::explore::fuzz::{side_of, write};
use crate::analysis::explore::player::Player;
use crate::analysis::story::{Story, Symbol};
use crate::endpoint::mutant::{Mutant, all};
use crate::runner::InterruptHandle;
use crate::scenario::Clauses;
use crate::yamux::frame::Side;

/// How a mutant was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Catch {
    /// By a short story with this many symbols.
    Short(usize),
    /// By the drawn story with this number.
    Drawn(u64),
    /// Not at all.
    None,
}

/// The section of `docs/strength.md` on the mutants that stories find. All short stories are played on each mutant, and then
/// drawn ones, until one breaks a clause.
pub fn found_by_stories(clauses: &Clauses) -> String {
    let interrupt = InterruptHandle::default();
    let drawn: Vec<Story> = (0..DRAWN).map(|number| write(SEED, number)).collect();
    let find = |mutant: &Mutant| {
        let player = Player::of_mutant(mutant, clauses, &interrupt);
        (mutant.name, find(&player, &drawn))
    };
    markdown(&all().iter().map(find).collect::<Vec<_>>())
}

fn find(player: &Player<'_>, drawn: &[Story]) -> Catch {
    let breadth = Breadth { depth: DEPTH, sides: &[Side::Client], ends_at_first: true };
    let exploration = explore(player, None, breadth, &mut |_| {});
    if exploration.has_broken() {
        let lengths = exploration.surprises.values().map(|(one, _)| one.story.turns.len());
        return Catch::Short(lengths.min().unwrap_or(DEPTH));
    }
    let stories: Vec<(&Story, Side)> = drawn.iter().map(|story| (story, side_of(story))).collect();
    let played = player.play(&stories);
    let first = played.iter().position(|played| played.surprise.is_some());
    first.map_or(Catch::None, |at| Catch::Drawn(at as u64))
}

/// The section for these mutants, each with how it was found.
fn markdown(mutants: &[(&str, Catch)]) -> String {
    let count =
        |is_so: &dyn Fn(&Catch) -> bool| mutants.iter().filter(|(_, catch)| is_so(catch)).count();
    let short = count(&|catch| matches!(catch, Catch::Short(_)));
    let drawn = count(&|catch| matches!(catch, Catch::Drawn(_)));
    let mut out = format!(
        "\n## Without any scenario\n\n\
         **{} of {} mutants are found by stories alone**, judged by the model ([exploring](exploring.md)): {short} by all stories of at\n\
         most {DEPTH} of the {} symbols, {drawn} more by the first {DRAWN} stories of seed {SEED}. The others need settings, timeouts that are\n\
         exact to the millisecond, frames cut in pieces or longer stories, or do what the model accepts too.\n\n\
         | symbols | mutants |\n|---|---|\n",
        short + drawn,
        mutants.len(),
        Symbol::ALL.len(),
    );
    for length in 1..=DEPTH {
        let of_length = count(&|catch| *catch == Catch::Short(length));
        out += &format!("| {length} | {of_length} |\n");
    }
    out += "\n";
    let missed = mutants.iter().filter(|(_, catch)| *catch == Catch::None);
    let missed: Vec<String> = missed.map(|(name, _)| format!("`{name}`")).collect();
    out + &format!("Not found: {}.\n", missed.join(", "))
}

/// How many symbols the longest short stories have.
const DEPTH: usize = 3;

/// How many stories are drawn, and their seed.
const DRAWN: u64 = 16;
const SEED: u64 = 1;
