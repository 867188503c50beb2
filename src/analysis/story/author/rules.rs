//! Authors draw stories that can be played, within their bounds, and move data. Pure.

use std::collections::HashSet;
use std::time::Duration;

use crate::analysis::story::author::plot::{MOST_BYTES, MOST_STREAMS, MOST_TIME, MOST_TURNS};
use crate::analysis::story::trials::lab::Lab;
use crate::analysis::story::trials::text_rules::assert_text_means_the_same;
use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault};
use crate::analysis::story::{Author, Story};
use crate::scenario::{Actor, PeerKind};

/// Draws a story on a session that answers at once. How many of its turns were unlawful, and how many bytes were read.
fn draw(seed: u64, number: u64) -> (Story, usize, u64) {
    let mut author = Author::new(seed, number);
    let mut lab = match author.story().peer {
        PeerKind::App => Lab::of_applications(),
        PeerKind::Wire => Lab::default(),
    };
    let mut unlawful = 0;
    while let Some(turn) = author.next(lab.snapshot()) {
        unlawful += usize::from(!turn.is_lawful(lab.snapshot()));
        lab.play(&turn);
    }
    (author.story().clone(), unlawful, lab.read)
}

#[test]
fn a_story_is_the_same_each_time_and_differs_from_the_others() {
    let stories: HashSet<Story> = (0..500).map(|number| draw(7, number).0).collect();
    assert!(stories.len() > 495, "{}", stories.len());
    assert_eq!(draw(7, 123), draw(7, 123));
    assert_ne!(draw(7, 123), draw(8, 123));
}

#[test]
fn the_format_can_say_every_story() {
    for number in 0..300 {
        assert_text_means_the_same(&draw(1, number).0);
    }
}

#[test]
fn stories_keep_their_bounds_and_at_most_one_turn_is_unlawful() {
    let (mut broken, mut stalled) = (0, 0);
    for number in 0..1000 {
        let (story, unlawful, _) = draw(2, number);
        let (mut time, mut bytes, mut streams) = (Duration::ZERO, 0, HashSet::new());
        for turn in &story.turns {
            streams.extend(turn.stream());
            match turn {
                Turn::Wait(wait) => time += *wait,
                Turn::Call(_, AppCall::Write(_, written)) => bytes += written,
                Turn::Frame(PeerFrame::Data { bytes: sent, .. }) => bytes += u64::from(*sent),
                _ => {}
            }
        }
        assert!(time <= MOST_TIME && bytes <= MOST_BYTES, "{story}");
        assert!(streams.len() <= MOST_STREAMS as usize, "{story}");
        assert!((1..=MOST_TURNS as usize).contains(&story.turns.len()), "{story}");
        let count = |is_so: fn(&WireFault) -> bool| {
            let is_so = |turn: &&Turn| matches!(turn, Turn::Fault(fault) if is_so(fault));
            story.turns.iter().filter(is_so).count()
        };
        let stalls = count(|fault| matches!(fault, WireFault::Stall(_)));
        let resumed = count(|fault| matches!(fault, WireFault::Resume(_)));
        let cut = count(|fault| matches!(fault, WireFault::Cut { .. } | WireFault::End(_)));
        stalled += usize::from(stalls > resumed && cut == 0);
        assert!(unlawful == 0 || unlawful == 1 && story.peer == PeerKind::Wire, "{story}");
        broken += unlawful;
    }
    assert!(stalled < 30, "{stalled} of 1000 stories end in a stall");
    assert!((100..300).contains(&broken), "{broken} of 1000 stories break the protocol");
}

#[test]
fn megabytes_move_in_some_stories_of_each_kind_and_reads_keep_up_with_writes() {
    for peer in [PeerKind::App, PeerKind::Wire] {
        let stories: Vec<_> = (0..1000).map(|number| draw(3, number)).collect();
        let stories: Vec<_> = stories.iter().filter(|(story, ..)| story.peer == peer).collect();
        let long = stories.iter().filter(|(.., read)| *read > 2 << 20).count();
        assert!(long * 50 > stories.len(), "{long} of {} with {peer:?}", stories.len());

        let turns = stories.iter().flat_map(|(story, ..)| &story.turns);
        let count = |is_so: fn(&Turn) -> bool| turns.clone().filter(|turn| is_so(turn)).count();
        let reads =
            count(|turn| matches!(turn, Turn::Call(_, AppCall::Read(..) | AppCall::ReadToEnd(_))));
        let writes = count(|turn| match turn {
            Turn::Call(Actor::Subject, AppCall::Write(..)) => false,
            Turn::Call(_, AppCall::Write(..)) => true,
            Turn::Frame(PeerFrame::Data { .. } | PeerFrame::FillWindow { .. }) => true,
            _ => false,
        });
        assert!(reads * 2 > writes && writes * 4 > reads, "{reads} reads and {writes} writes");
    }
}
