//! The sizes and times of turns, as numbers that can be made smaller. Pure.

use std::time::Duration;

use crate::analysis::story::turn::{AppCall, PeerFrame, Turn, WireFault};
use crate::yamux::frame::Flags;

/// Values at which an end may behave differently; the smaller ones are tried first.
pub(super) fn landmarks(turn: &Turn) -> &'static [u64] {
    match turn {
        Turn::Wait(_) => &[1, 1000, 10_000, 30_000, 75_000, 300_000],
        _ => &[0, 1, 1000, 131_072, 262_144, 262_145],
    }
}

/// The size of the turn in bytes, its length in milliseconds, or the value of its ping.
pub(super) fn size(turn: &Turn) -> Option<u64> {
    match turn {
        Turn::Call(_, AppCall::Write(_, size) | AppCall::Read(_, size)) => Some(*size),
        Turn::Call(_, AppCall::SetDeadline { after, .. }) => after.map(millis),
        Turn::Frame(
            PeerFrame::Update { credit: size, .. }
            | PeerFrame::Data { bytes: size, .. }
            | PeerFrame::FillWindow { beyond: size, .. }
            | PeerFrame::Ping(size)
            | PeerFrame::UnaskedPong(size),
        ) => Some(u64::from(*size)),
        Turn::Wait(time) => Some(millis(*time)),
        Turn::Fault(WireFault::Delay { by, .. }) => Some(millis(*by)),
        _ => None,
    }
}

/// The turn with another size, which is no larger than its own; a wait takes at least a millisecond.
pub(super) fn resized(turn: &Turn, new: u64) -> Turn {
    let mut turn = turn.clone();
    let new_time = Duration::from_millis(new);
    match &mut turn {
        Turn::Call(_, AppCall::Write(_, size) | AppCall::Read(_, size)) => *size = new,
        Turn::Call(_, AppCall::SetDeadline { after, .. }) => *after = Some(new_time),
        Turn::Frame(
            PeerFrame::Update { credit: size, .. }
            | PeerFrame::Data { bytes: size, .. }
            | PeerFrame::FillWindow { beyond: size, .. }
            | PeerFrame::Ping(size)
            | PeerFrame::UnaskedPong(size),
        ) => *size = u32::try_from(new).unwrap_or(u32::MAX),
        Turn::Wait(time) => *time = new_time.max(Duration::from_millis(1)),
        Turn::Fault(WireFault::Delay { by, .. }) => *by = new_time,
        _ => {}
    }
    turn
}

/// Turns that do less than this one, the plainest first.
pub(super) fn plainer(turn: &Turn) -> Vec<Turn> {
    let frame = |frame| vec![Turn::Frame(frame)];
    match turn {
        Turn::Frame(PeerFrame::Data { stream, flags, .. }) if !flags.is_empty() => {
            frame(PeerFrame::Update { stream: stream.clone(), flags: *flags, credit: 0 })
        }
        Turn::Frame(PeerFrame::Update { stream, flags, credit }) => {
            let several = [Flags::SYN, Flags::ACK, Flags::FIN, Flags::RST].into_iter();
            let several = several.filter(|flag| flags.contains(*flag) && flags != flag);
            let alone =
                |flags| PeerFrame::Update { stream: stream.clone(), flags, credit: *credit };
            several.map(|flag| Turn::Frame(alone(flag))).collect()
        }
        Turn::Fault(WireFault::Delay { to, by, jitter }) if !jitter.is_zero() => {
            vec![Turn::Fault(WireFault::Delay { to: *to, by: *by, jitter: Duration::ZERO })]
        }
        _ => Vec::new(),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
