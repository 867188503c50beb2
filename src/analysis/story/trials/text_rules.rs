//! The text of a story's scenario means the same steps as the story. Pure.

use std::time::Duration;

use strum::VariantArray;

use crate::analysis::story::scenario::JUDGE;
use crate::analysis::story::turn::{
    AppCall, Cancellable, PeerFrame, Turn, UnopenedFrame, WireFault,
};
use crate::analysis::story::{Story, StoryHead, StorySetting};
use crate::scenario::{
    Action, Actor, Call, Label, PeerKind, Position, Scenario, Settings, Step, StepKind, load_text,
};
use crate::yamux::frame::{Flags, Side};

const HEAD: StoryHead<'_> = StoryHead {
    title: "Whatever two ends do, \"both\" keep the protocol",
    note: Some("It was found by drawing stories."),
    clauses: &["DATA-01", "SES-09"],
};

/// Loads the text as an ordinary scenario: without the line of the judge, with joins, and with the streams of the subject
/// expected before a wire peer sends on them.
pub(crate) fn loaded(story: &Story) -> Scenario {
    let text = story.scenario(&HEAD).replace(JUDGE, "");
    let steps = story.steps();
    let joins = steps.iter().filter_map(|step| match &step.kind {
        StepKind::Call(call) => call.label.as_ref(),
        _ => None,
    });
    let joins: String =
        joins.map(|label| format!(",\n    {{ \"join\": {{ \"label\": \"{label}\" }} }}")).collect();
    let mut text =
        text.replace("\n  ]\n}\n", &format!("{joins},\n    {{ \"probe\": \"ping\" }}\n  ]\n}}\n"));
    for turn in &story.turns {
        if let (Turn::Call(Actor::Subject, AppCall::Open(stream)), PeerKind::Wire) =
            (turn, story.peer)
        {
            let call = format!("\"label\": \"open-{stream}\" }} }} }},\n");
            let expect =
                format!("    {{ \"peer\": {{ \"expect\": {{ \"opened\": \"{stream}\" }} }} }},\n");
            text = text.replace(&call, &format!("{call}{expect}"));
        }
    }
    match load_text("story", &text) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{story}\n{problems:#?}\n{text}"),
    }
}

/// The steps without their positions, and without those that `loaded` added.
fn bare(steps: &[Step]) -> Vec<Step> {
    let own = steps.iter().filter(|step| match &step.kind {
        StepKind::Call(Call { action, label, .. }) => {
            label.is_some() || matches!(action, Action::SetDeadline { .. } | Action::Cancel { .. })
        }
        kind => matches!(kind, StepKind::Send(_) | StepKind::Wire(_) | StepKind::Wait(_)),
    });
    own.map(|step| Step { position: Position { line: 1, column: 1 }, ..step.clone() }).collect()
}

/// Panics if the text of the story means other steps than the story.
pub(crate) fn assert_text_means_the_same(story: &Story) {
    let mut loaded = bare(&loaded(story).steps);
    let steps = bare(&story.steps());
    // The ping of the probe on a wire.
    loaded.truncate(steps.len());
    assert_eq!(loaded, steps, "{story}");
}

pub(crate) fn label(name: &str) -> Label {
    Label::from(name)
}

fn calls(actor: Actor, opened: &str, accepted: &str) -> Vec<Turn> {
    let (a, b) = (|| label(opened), || label(accepted));
    let (some, none) = (Some(Duration::from_millis(1500)), None);
    let calls = vec![
        AppCall::Open(a()),
        AppCall::Accept(b()),
        AppCall::Cancel(Cancellable::Open, a()),
        AppCall::Cancel(Cancellable::Accept, b()),
        AppCall::Write(a(), 262_145),
        AppCall::Cancel(Cancellable::Write, a()),
        AppCall::Read(a(), 0),
        AppCall::ReadToEnd(a()),
        AppCall::Cancel(Cancellable::Read, a()),
        AppCall::SetDeadline { stream: a(), is_for_writes: false, after: some },
        AppCall::SetDeadline { stream: a(), is_for_writes: true, after: none },
        AppCall::CloseRead(a()),
        AppCall::HalfClose(a()),
        AppCall::Close(a()),
        AppCall::Reset(b()),
        AppCall::Drop(a()),
        AppCall::Ping,
        AppCall::Ping,
        AppCall::GoAway,
        AppCall::CloseSession,
    ];
    calls.into_iter().map(|call| Turn::Call(actor, call)).collect()
}

fn faults() -> Vec<Turn> {
    let (to, by) = (Actor::Subject, Duration::from_millis(50));
    let faults = vec![
        WireFault::Segment(to, Some(1)),
        WireFault::Segment(to, None),
        WireFault::Stall(to),
        WireFault::Resume(to),
        WireFault::Delay { to, by, jitter: Duration::ZERO },
        WireFault::Delay { to, by, jitter: Duration::from_micros(10) },
        WireFault::Rate(Actor::Peer, Some(65_536)),
        WireFault::Rate(Actor::Peer, None),
        WireFault::Buffer(to, 4096),
        WireFault::End(to),
        WireFault::Cut { is_reset: false },
        WireFault::Cut { is_reset: true },
    ];
    let wait = Turn::Wait(Duration::from_secs(301));
    faults.into_iter().map(Turn::Fault).chain([wait]).collect()
}

fn frames() -> Vec<Turn> {
    let (a, c) = (|| label("a"), || label("c"));
    let update = |stream, flags, credit| PeerFrame::Update { stream, flags, credit };
    let mut frames = vec![
        update(a(), Flags::ACK, 0),
        update(a(), Flags::NONE, 1000),
        update(a(), Flags::from_bits(0x10) | Flags::FIN, u32::MAX),
        PeerFrame::Data { stream: c(), flags: Flags::SYN | Flags::FIN, bytes: 1000 },
        PeerFrame::Data { stream: c(), flags: Flags::NONE, bytes: 0 },
        PeerFrame::FillWindow { stream: c(), beyond: 0 },
        PeerFrame::FillWindow { stream: c(), beyond: 1 },
        PeerFrame::Ping(7),
        PeerFrame::Pong,
        PeerFrame::UnaskedPong(9),
        PeerFrame::GoAway(0),
        PeerFrame::GoAway(2),
        PeerFrame::GoAway(77),
        PeerFrame::WrongParity(label("d")),
        PeerFrame::WrongVersion,
        PeerFrame::UnknownType,
        PeerFrame::PingOnStream(a()),
        PeerFrame::GoAwayOnStream(c()),
        update(c(), Flags::RST, 0),
    ];
    frames.extend(UnopenedFrame::VARIANTS.iter().map(|frame| PeerFrame::Unopened(*frame)));
    frames.into_iter().map(Turn::Frame).collect()
}

#[test]
fn every_turn_with_a_wire_peer_is_written_as_it_is_done() {
    let syn = PeerFrame::Update { stream: label("b"), flags: Flags::SYN, credit: 0 };
    let mut story = Story::new(PeerKind::Wire);
    story.turns.push(Turn::Frame(syn));
    story.turns.extend(calls(Actor::Subject, "a", "b"));
    story.turns.extend(frames());
    story.turns.extend(faults());
    assert_text_means_the_same(&story);
}

#[test]
fn every_turn_with_an_application_peer_is_written_as_it_is_done() {
    let mut story = Story::new(PeerKind::App);
    story.turns.extend(calls(Actor::Subject, "a", "b"));
    let peer = calls(Actor::Peer, "b", "a").into_iter();
    story.turns.extend(peer);
    story.turns.extend(faults());
    assert_text_means_the_same(&story);
}

#[test]
fn the_head_says_who_plays_and_how() {
    let mut story = Story::new(PeerKind::App);
    story.side = Some(Side::Server);
    let minute = Duration::from_secs(60);
    let settings = [
        StorySetting::ConnectionWriteTimeout(minute),
        StorySetting::KeepAliveInterval(minute),
        StorySetting::MaxWindow(1 << 20),
        StorySetting::StreamCloseTimeout(None),
        StorySetting::StreamOpenTimeout(Some(minute)),
    ];
    let both = settings.iter().map(|setting| (Actor::Subject, *setting));
    story.settings = both.chain([(Actor::Peer, StorySetting::MaxWindow(1 << 19))]).collect();
    story.turns.push(Turn::Call(Actor::Subject, AppCall::Ping));

    let scenario = loaded(&story);
    assert_eq!((scenario.title.as_str(), scenario.note.as_deref()), (HEAD.title, HEAD.note));
    assert_eq!((scenario.clauses.len(), scenario.sides), (2, vec![Side::Server]));
    let (mut subject, mut peer) = (Settings::default(), Settings::default());
    for (actor, setting) in &story.settings {
        setting.apply(if *actor == Actor::Subject { &mut subject } else { &mut peer });
    }
    assert_eq!((scenario.subject, scenario.peer_settings), (subject, peer));
}

#[test]
fn a_story_is_one_line() {
    let mut story = Story::new(PeerKind::Wire);
    story.side = Some(Side::Client);
    story.settings.push((Actor::Subject, StorySetting::StreamCloseTimeout(None)));
    story.turns.extend(calls(Actor::Subject, "a", "b").into_iter().skip(4).take(6));
    story.turns.extend(frames().into_iter().take(4));
    assert_eq!(
        story.to_string(),
        "wire, client, subject stream_close_timeout off: write a 262145; cancel write a; read a 0; \
         read a to end; cancel read a; set_deadline a read 1s 500ms; peer ack a; peer credit a 1000; \
         peer fin+0x10 a credit 4294967295; peer data+syn+fin c 1000"
    );
}
