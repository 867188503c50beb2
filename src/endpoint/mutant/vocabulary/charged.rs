//! Mutants that miscount bytes of data, and act on the count. Pure.

use std::collections::BTreeMap;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::yamux::frame::StreamId;

/// Payload bytes, or credit, by stream.
pub(crate) type PerStream = BTreeMap<StreamId, u64>;

/// Sends no more data on a stream than `most`, counted by `charge`.
pub(crate) fn stops_at(most: u64, charge: fn(&WholeFrame) -> u64) -> Box<dyn Tamper> {
    wrong::<PerStream>()
        .outgoing(move |charged, _, mut frame, pass| {
            if frame.is_data() {
                let charged = charged.entry(frame.header.stream).or_default();
                *charged += charge(&frame);
                let beyond = charged.saturating_sub(most).min(frame.body.len() as u64) as usize;
                frame.body.truncate(frame.body.len() - beyond);
                frame.header.length = frame.body.len() as u32;
            }
            pass.push(frame);
        })
        .boxed()
}

/// Ends the session when more than `most` is unread, counted by `charge`, for a stream or for the session.
pub(crate) fn gives_up_beyond(
    most: u64,
    charge: fn(&WholeFrame) -> (StreamId, u64),
) -> Box<dyn Tamper> {
    wrong::<PerStream>()
        .on_heard(move |unread, own, frame| {
            if frame.is_data() {
                let (window, charged) = charge(frame);
                let unread = unread.entry(window).or_default();
                *unread += charged;
                if *unread > most {
                    own.give_up();
                }
            }
        })
        .on_sent(|unread, _, frame| {
            if frame.is_update() {
                for window in [frame.header.stream, StreamId::SESSION] {
                    let unread = unread.entry(window).or_default();
                    *unread = unread.saturating_sub(frame.header.length.into());
                }
            }
        })
        .boxed()
}
