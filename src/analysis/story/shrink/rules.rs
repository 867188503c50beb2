//! Shrinking finds the smallest story, keeps it whole, and ends. Pure.

use std::time::Duration;

use crate::analysis::story::shrink::shrink;
use crate::analysis::story::trials::lab::Lab;
use crate::analysis::story::trials::text_rules::assert_text_means_the_same;
use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault};
use crate::analysis::story::{Author, Story, StorySetting};
use crate::scenario::{Actor, PeerKind};

fn drawn(number: u64) -> Story {
    let mut author = Author::new(11, number);
    let mut lab = match author.story().peer {
        PeerKind::App => Lab::of_applications(),
        PeerKind::Wire => Lab::default(),
    };
    while let Some(turn) = author.next(lab.snapshot()) {
        lab.play(&turn);
    }
    author.story().clone()
}

/// The first story of which something is true.
fn first(is_so: impl Fn(&Story) -> bool) -> Story {
    (0..).map(drawn).find(is_so).expect("there are many stories")
}

fn shrunk(story: &Story, is_same: impl Fn(&Story) -> bool) -> String {
    assert!(is_same(story));
    shrink(story, &mut |smaller| is_same(smaller), 10_000).to_string()
}

fn writes(story: &Story, least: u64) -> bool {
    let mut turns = story.turns.iter();
    turns.any(|turn| {
        matches!(turn, Turn::Call(Actor::Subject, AppCall::Write(_, bytes)) if *bytes >= least)
    })
}

#[test]
fn one_write_needs_one_stream_and_its_threshold() {
    let is_wire = |story: &Story| story.peer == PeerKind::Wire && story.turns.len() > 30;
    let story = first(|story| is_wire(story) && writes(story, 300_000));
    let small = shrunk(&story, |story| writes(story, 262_200));
    let (_, turns) = small.split_once(": ").expect("a head");
    assert!(
        ["open a; write a 262200", "peer syn a; accept a; write a 262200"].contains(&turns)
            || turns == "accept a; peer syn a; write a 262200",
        "{small}"
    );
}

#[test]
fn two_streams_become_one() {
    let half_closes = |story: &Story| {
        let is = |turn: &Turn| matches!(turn, Turn::Call(Actor::Subject, AppCall::HalfClose(_)));
        story.turns.iter().filter(|turn| is(turn)).count() >= 2
    };
    let closes = |story: &Story| {
        let mut turns = story.turns.iter();
        turns.any(|turn| matches!(turn, Turn::Call(Actor::Peer, AppCall::Close(_))))
    };
    let is_same = |story: &Story| half_closes(story) && closes(story);
    let story = first(|story| is_same(story) && story.turns.len() > 30);
    let small = shrunk(&story, is_same);
    let turns = small.split("; ").count();
    assert!(turns <= 6 && !small.contains(" b"), "{small}");
}

#[test]
fn waits_faults_and_settings_shrink_to_what_is_needed() {
    let waited = |story: &Story| -> Duration {
        let waits = story.turns.iter().filter_map(|turn| match turn {
            Turn::Wait(time) => Some(*time),
            _ => None,
        });
        waits.sum()
    };
    let mut story = first(|story| story.turns.len() > 30 && story.turns.len() < 50);
    story.turns.push(Turn::Wait(Duration::from_secs(600)));
    story.turns.insert(0, Turn::Fault(WireFault::Stall(Actor::Peer)));
    story.turns.insert(3, Turn::Fault(WireFault::Resume(Actor::Peer)));
    story.settings = vec![(Actor::Subject, StorySetting::MaxWindow(1 << 20))];
    let head = Story { turns: Vec::new(), settings: Vec::new(), ..story.clone() };
    let small = shrunk(&story, |story| waited(story) >= Duration::from_millis(300_001));
    assert_eq!(small, format!("{head}: wait 5m 1ms"));
    let small =
        shrunk(&story, |story| story.turns.contains(&Turn::Fault(WireFault::Resume(Actor::Peer))));
    assert_eq!(small, format!("{head}: wire stall peer; wire resume peer"));
}

#[test]
fn every_story_that_is_tried_is_whole_new_and_no_larger() {
    for number in 0..30 {
        let story = drawn(number);
        let is_data = |turn: &Turn| matches!(turn, Turn::Frame(PeerFrame::Data { .. }));
        let data = story.turns.iter().filter(|turn| is_data(turn)).count();
        let mut tries = 0;
        let small = shrink(
            &story,
            &mut |smaller| {
                tries += 1;
                assert_ne!(*smaller, story);
                assert!(smaller.turns.len() <= story.turns.len());
                if tries % 20 == 0 {
                    assert_text_means_the_same(smaller);
                }
                smaller.turns.iter().filter(|turn| is_data(turn)).count() * 2 >= data
            },
            2000,
        );
        assert!(tries <= 2000);
        if data == 0 {
            assert!(small.turns.is_empty(), "{small}");
        }
    }
}

#[test]
fn a_used_up_budget_ends_it_with_the_best_so_far() {
    let story = first(|story| story.turns.len() > 30);
    assert_eq!(shrink(&story, &mut |_| panic!("nothing may be tried"), 0), story);
    let half = shrink(&story, &mut |_| true, 1);
    assert!(half.turns.len() <= story.turns.len() / 2);
    assert_eq!(shrink(&story, &mut |_| false, 100_000), story);
}
