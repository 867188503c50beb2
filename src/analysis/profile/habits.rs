//! `TRAITS`: the traits of a profile, each read off the behaviour of one probe. Step numbers are those of the probe's file.

use crate::analysis::profile::Probed;
use crate::analysis::profile::behaviour::{Behaviour, What};
use crate::analysis::profile::carrier::{carrier, size, words};
use crate::yamux::frame::{Flags, FrameType, RawHeader};

/// One behaviour that yamux leaves open, or leaves to a setting.
pub(crate) struct Trait {
    /// Its name in a table.
    pub name: &'static str,
    /// The probe that shows it.
    pub probe: &'static str,
    /// Reads it off the probe; `None` if it was not seen.
    pub(super) read: fn(&Probed<'_>) -> Option<String>,
}

/// Every trait, in the order of the table.
pub(crate) const TRAITS: &[Trait] = &[
    told("sent unasked at the beginning", "start", at_the_beginning),
    told("a stream begins on the wire", "opening", first_sign),
    told("SYN travels on", "opening", |probed| flag(probed, Flags::SYN)),
    told("a stream is acknowledged", "accepting", acknowledged),
    told("ACK travels on", "accepting", |probed| flag(probed, Flags::ACK)),
    told("receive window of a stream", "accepting", window),
    told("largest data frame of 1 MiB", "opening", largest),
    told("credit comes", "credit", credit),
    told("FIN travels on", "opening", |probed| flag(probed, Flags::FIN)),
    told("RST travels on", "resetting", |probed| flag(probed, Flags::RST)),
    told("its own end of a session", "ending", |probed| from(probed, 5)),
    told("its answer to a wrong version", "mistake", |probed| from(probed, 1)),
    told("its answer to go away", "go-away", to_go_away),
    told("an open stream after go away", "go-away", after_go_away),
    told("a stream that nobody acknowledges", "unacknowledged", answer),
    told("a writer whose peer has closed and reads no more", "stalled-writer", answer),
];

const fn told(
    name: &'static str,
    probe: &'static str,
    read: fn(&Probed<'_>) -> Option<String>,
) -> Trait {
    Trait { name, probe, read }
}

fn at_the_beginning(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let frames = behaviour.frames().filter(|(step, ..)| *step == 1);
    let told = listed(frames.map(|(_, kind, header)| What::Frame(kind, header)));
    told.or_else(|| Some("nothing".to_owned()))
}

fn first_sign(probed: &Probed<'_>) -> Option<String> {
    let (step, ..) = first(probed, Flags::SYN)?;
    Some(if step <= 2 { "with open" } else { "with the first data" }.to_owned())
}

fn flag(probed: &Probed<'_>, flag: Flags) -> Option<String> {
    first(probed, flag).map(|(_, frame_type, header)| carrier(frame_type, &header))
}

/// Steps 1 and 2 are the SYN, 3 and 4 the accept, 5 to 7 the first bytes, which are read in 6, and 8 the subject's first
/// byte.
fn acknowledged(probed: &Probed<'_>) -> Option<String> {
    let Some((step, ..)) = first(probed, Flags::ACK) else { return Some("not at all".to_owned()) };
    let when = match step {
        ..=2 => "when SYN comes",
        3 | 4 => "when it is accepted",
        5..=7 => "when its first bytes are read",
        _ => "with its own first data",
    };
    Some(when.to_owned())
}

/// The initial window of every stream, and the credit that was added before a byte was sent.
fn window(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let updates =
        behaviour.frames().filter(|(step, kind, _)| *step <= 4 && *kind == FrameType::WindowUpdate);
    let credit: u32 = updates.map(|(.., header)| header.length).fold(0, u32::saturating_add);
    Some(size(INITIAL_WINDOW.saturating_add(credit)))
}

fn largest(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let data = behaviour.frames().filter(|(_, kind, _)| *kind == FrameType::Data);
    data.map(|(.., header)| header.length).max().map(size)
}

/// From step 3 on, 16 KiB arrive in every odd step and are read in the next one.
fn credit(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let mut updates = behaviour.frames().filter(|(step, kind, header)| {
        *step >= 3 && *kind == FrameType::WindowUpdate && header.length > 0
    });
    let Some((step, _, header)) = updates.next() else {
        return Some("not within 224 KiB".to_owned());
    };
    let read = (step - 1) / 2 * CHUNK;
    let (read, credit) = (size(read.min(14 * CHUNK)), size(header.length));
    Some(format!("{credit} after {read}"))
}

fn to_go_away(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let is_ending = |what: &What| match what {
        What::End(_) => true,
        What::Frame(kind, header) => {
            *kind == FrameType::GoAway
                || header.flags.contains(Flags::FIN)
                || header.flags.contains(Flags::RST)
        }
    };
    let words: Vec<String> = behaviour.from(5).filter(is_ending).map(|what| words(&what)).collect();
    Some(if words.is_empty() { "none".to_owned() } else { words.join(", ") })
}

/// Step 7 writes a byte.
fn after_go_away(probed: &Probed<'_>) -> Option<String> {
    let behaviour = Behaviour::of(probed.trace);
    let goes_on = behaviour
        .frames()
        .any(|(step, kind, header)| step >= 7 && kind == FrameType::Data && header.length > 0);
    Some(if goes_on { "goes on" } else { "sends nothing more" }.to_owned())
}

fn answer(probed: &Probed<'_>) -> Option<String> {
    probed.answers.first().map(ToString::to_string)
}

/// Everything from a step on except pings, which have a rhythm of their own.
fn from(probed: &Probed<'_>, step: u32) -> Option<String> {
    let is_ping = |what: &What| matches!(what, What::Frame(FrameType::Ping, _));
    listed(Behaviour::of(probed.trace).from(step).filter(|what| !is_ping(what)))
}

/// What was sent, in words, with repetitions merged; `None` if nothing was.
fn listed(what: impl Iterator<Item = What>) -> Option<String> {
    let mut told: Vec<String> = what.map(|what| words(&what)).collect();
    told.dedup();
    (!told.is_empty()).then(|| told.join(", "))
}

fn first(probed: &Probed<'_>, flag: Flags) -> Option<(u32, FrameType, RawHeader)> {
    let behaviour = Behaviour::of(probed.trace);
    behaviour.frames().find(|(_, kind, header)| {
        matches!(kind, FrameType::Data | FrameType::WindowUpdate) && header.flags.contains(flag)
    })
}

/// Spec, "Flow Control".
const INITIAL_WINDOW: u32 = 256 << 10;

/// What the peer of the probe `credit` sends at a time.
const CHUNK: u32 = 16 << 10;
