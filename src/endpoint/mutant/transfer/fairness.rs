//! Mutants that let one writer, or one write, hold up everything else. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::endpoint::Request;
use crate::endpoint::mutant::decorator::wrong::{Own, wrong};
use crate::endpoint::mutant::vocabulary::frames::FIN;
use crate::endpoint::mutant::vocabulary::numbers::Numbers;
use crate::endpoint::mutant::vocabulary::shapes::{heard, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::scenario::Action;
use crate::yamux::frame::{INITIAL_WINDOW, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "first-writer-goes-on",
        clause: "FAIR-01",
        wrong: "lets nobody else write before the first writer has written everything",
        make: || held_back(|_| true, 1, WholeFrame::is_data),
    },
    Mutant {
        name: "two-writers-go-on",
        clause: "FAIR-01",
        wrong: "lets two writers take turns and a third one wait until they have written everything",
        make: || held_back(|_| true, 2, WholeFrame::is_data),
    },
    Mutant {
        name: "large-write-goes-on",
        clause: "FAIR-02",
        wrong: "sends the whole of a large write before anything of another stream",
        make: || held_back(is_large, 1, WholeFrame::is_data),
    },
    Mutant {
        name: "pong-waits-for-large-write",
        clause: "FAIR-03",
        wrong: "sends the whole of a large write before a pong",
        make: || held_back(is_large, 1, WholeFrame::is_pong),
    },
    Mutant {
        name: "keep-alive-waits-for-writers",
        clause: "KA-03",
        wrong: "sends a keep-alive ping only once its writers have written everything",
        make: || held_back(|_| true, 1, WholeFrame::asks),
    },
    Mutant {
        name: "late-credit-beyond-32-bits-ends-the-session",
        clause: "FLOW-37",
        wrong: "ends the session when credit that it can no longer use does not fit 32 bits",
        make: || {
            heard(|frame| {
                frame.is_update() && frame.header.length.checked_add(INITIAL_WINDOW).is_none()
            })
            .once_sent(FIN)
            .fatal()
        },
    },
    Mutant {
        name: "keep-alive-hears-pongs-only",
        clause: "KA-04",
        wrong: "hears nothing but its pong while a keep-alive ping is unanswered",
        make: hears_pongs_only,
    },
    Mutant {
        name: "keep-alive-loses-its-pings",
        clause: "KA-01",
        wrong: "loses its keep-alive pings after the first hundred",
        make: || {
            let mut count = 0;
            sent(move |frame| {
                count += u32::from(frame.asks());
                frame.asks() && count > 100
            })
            .dropped()
        },
    },
    Mutant {
        name: "keep-alive-trusts-the-shortest-round-trip",
        clause: "KA-03",
        wrong: "gives a keep-alive ping twice the time of the shortest round trip so far",
        make: trusts_the_shortest_round_trip,
    },
];

/// Whether a single write exceeds a reasonable frame.
fn is_large(write: &Request) -> bool {
    matches!(write.action, Action::Write { bytes, .. } if bytes > 1 << 20)
}

/// The writers, and the frames that wait for them.
#[derive(Default)]
struct Writers {
    numbers: Numbers,
    /// Streams with a write in progress, in the order the writes began.
    writing: Vec<StreamId>,
    /// Payload sent and allowed, by stream.
    sent: BTreeMap<StreamId, u64>,
    allowed: BTreeMap<StreamId, u64>,
    held: Vec<WholeFrame>,
}

impl Writers {
    /// The first writers that can continue without new credit.
    fn first(&self, count: usize) -> Vec<StreamId> {
        let has_credit = |id: &&StreamId| {
            let allowed = self.allowed.get(id).copied().unwrap_or_else(|| INITIAL_WINDOW.into());
            self.sent.get(id).copied().unwrap_or(0) < allowed
        };
        self.writing.iter().filter(has_credit).take(count).copied().collect()
    }

    fn release(&mut self, own: &mut Own) {
        for frame in self.held.drain(..) {
            own.send(frame);
        }
    }
}

/// Holds these frames back while `count` earlier writers, chosen by `counts`, could continue.
fn held_back(
    counts: fn(&Request) -> bool,
    count: usize,
    is_held: fn(&WholeFrame) -> bool,
) -> Box<dyn Tamper> {
    wrong::<Writers>()
        .call(move |writers, _, request| {
            if let Action::Write { stream, .. } = &request.action
                && counts(request)
                && let Some(id) = writers.numbers.get(stream)
            {
                writers.writing.push(id);
            }
            None
        })
        .on_result(move |writers, own, request, result| {
            writers.numbers.note(request, result);
            if let Action::Write { stream, .. } = &request.action
                && counts(request)
            {
                let id = writers.numbers.get(stream);
                if let Some(place) = writers.writing.iter().position(|at| Some(*at) == id) {
                    writers.writing.remove(place);
                }
                if writers.first(count).is_empty() {
                    writers.release(own);
                }
            }
        })
        .outgoing(move |writers, own, frame, pass| {
            let first = writers.first(count);
            let id = frame.header.stream;
            if frame.is_data() {
                *writers.sent.entry(id).or_default() += frame.body.len() as u64;
            }
            let goes_on = first.is_empty() || first.contains(&id) || first.len() < count;
            if goes_on || !is_held(&frame) {
                pass.push(frame);
            } else {
                writers.held.push(frame);
            }
            if writers.first(count).is_empty() {
                writers.release(own);
            }
        })
        .on_heard(|writers, _, frame| {
            if frame.is_update() {
                let allowed = writers
                    .allowed
                    .entry(frame.header.stream)
                    .or_insert_with(|| INITIAL_WINDOW.into());
                *allowed += u64::from(frame.header.length);
            }
        })
        .boxed()
}

#[derive(Default)]
struct Deaf {
    is_pinging: bool,
    unheard: Vec<WholeFrame>,
}

fn hears_pongs_only() -> Box<dyn Tamper> {
    wrong::<Deaf>()
        .on_sent(|deaf, _, frame| deaf.is_pinging |= frame.asks())
        .incoming(|deaf, _, frame, pass| {
            if frame.is_pong() {
                deaf.is_pinging = false;
                pass.append(&mut deaf.unheard);
            }
            if deaf.is_pinging {
                deaf.unheard.push(frame);
            } else {
                pass.push(frame);
            }
        })
        .boxed()
}

/// When the unanswered ping was sent, and the shortest round trip so far.
type RoundTrips = (Option<Time>, Option<Duration>);

/// Ends the session over a pong that takes more than twice the shortest round trip.
fn trusts_the_shortest_round_trip() -> Box<dyn Tamper> {
    wrong::<RoundTrips>()
        .on_sent(|(sent, _), own, frame| {
            if frame.asks() {
                *sent = Some(own.now);
            }
        })
        .on_heard(|(sent, shortest), own, frame| {
            if frame.is_pong()
                && let Some(sent) = sent.take()
            {
                let took = own.now.since(sent);
                let least = shortest.get_or_insert(took);
                *least = took.min(*least);
                if !least.is_zero() && took > *least * 2 {
                    own.give_up();
                }
            }
        })
        .boxed()
}
