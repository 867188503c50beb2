//! `Lab`: a session in which every turn takes effect at once, for the tests of stories. Pure.

use crate::analysis::story::CallLabels;
use crate::analysis::story::rules::{end, find, is_running};
use crate::analysis::story::turn::{AppCall, Cancellable, PeerFrame, Turn, WireFault};
use crate::model::{Snapshot, StreamSnapshot};
use crate::scenario::{Action, Actor, Label, StepKind};
use crate::yamux::frame::{Flags, INITIAL_WINDOW};

/// A session of two ends that answer at once, roughly as yamux does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lab {
    snapshot: Snapshot,
    names: CallLabels,
    /// Whether the peer is an application, whose unread data counts.
    has_app: bool,
    /// The reads and writes that go on: who, whether it writes, where, and how much is left.
    moving: Vec<(Actor, bool, Label, u64)>,
    /// How many bytes were read.
    pub(crate) read: u64,
}

impl Lab {
    /// A session of two applications.
    pub(crate) fn of_applications() -> Self {
        Self { has_app: true, ..Self::default() }
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Carries out a turn.
    pub(crate) fn play(&mut self, turn: &Turn) {
        assert!(turn.is_possible(&self.snapshot), "{turn}: {:#?}", self.snapshot);
        let steps = turn.steps(&mut self.names);
        match turn {
            Turn::Call(actor, call) => {
                let StepKind::Call(step) = &steps[0].kind else { panic!("{turn} is a call") };
                if let Some(label) = &step.label {
                    self.snapshot.running.push((label.clone(), *actor, step.action.clone()));
                }
                self.call(*actor, call);
            }
            Turn::Frame(frame) => {
                self.snapshot.is_over |= !turn.is_lawful(&self.snapshot);
                self.frame(frame);
            }
            Turn::Fault(WireFault::Stall(_)) => self.snapshot.is_held_up = true,
            Turn::Fault(WireFault::Resume(_)) => self.snapshot.is_held_up = false,
            Turn::Fault(WireFault::Cut { .. } | WireFault::End(_)) => self.snapshot.is_over = true,
            Turn::Fault(_) => {}
            Turn::Wait(time) => self.snapshot.time = self.snapshot.time + *time,
        }
        self.move_on();
    }

    fn call(&mut self, actor: Actor, call: &AppCall) {
        let own = end(actor);
        match call {
            AppCall::Open(label) => {
                self.add(label, actor);
                self.stream(label).is_held[own] = true;
                self.stream(label).was_held[own] = true;
            }
            AppCall::Accept(_) => {}
            AppCall::Write(label, bytes) => {
                self.moving.push((actor, true, label.clone(), *bytes));
            }
            AppCall::Read(label, bytes) => {
                self.moving.push((actor, false, label.clone(), *bytes));
            }
            AppCall::ReadToEnd(label) => {
                self.moving.push((actor, false, label.clone(), u64::MAX));
            }
            AppCall::HalfClose(label) | AppCall::Close(label) => {
                let stream = self.stream(label);
                stream.is_closed[own] = true;
                stream.is_finished[own] = true;
            }
            AppCall::Reset(label) | AppCall::Drop(label) => {
                let stream = self.stream(label);
                stream.is_held[own] = false;
                stream.is_reset = true;
            }
            AppCall::Cancel(kind, label) => self.end_calls(|(by, action)| {
                *by == actor
                    && Cancellable::of(action) == Some(*kind)
                    && action.stream() == Some(label)
            }),
            AppCall::GoAway => self.snapshot.said_go_away[own] = true,
            AppCall::CloseSession => self.snapshot.is_over = true,
            AppCall::Ping if !self.has_app => self.snapshot.unanswered_pings.push(1),
            AppCall::Ping | AppCall::CloseRead(_) | AppCall::SetDeadline { .. } => {}
        }
    }

    fn frame(&mut self, frame: &PeerFrame) {
        let (flags, credit, bytes) = match frame {
            PeerFrame::Update { flags, credit, .. } => (*flags, u64::from(*credit), 0),
            PeerFrame::Data { flags, bytes, .. } => (*flags, 0, u64::from(*bytes)),
            PeerFrame::FillWindow { stream, .. } => (Flags::NONE, 0, self.stream(stream).credit[1]),
            PeerFrame::Pong => return self.snapshot.unanswered_pings.clear(),
            PeerFrame::GoAway(_) => return self.snapshot.said_go_away[1] = true,
            _ => return,
        };
        let Some(label) = frame.stream() else { return };
        if find(&self.snapshot, label).is_none() {
            self.add(label, Actor::Peer);
        }
        let stream = self.stream(label);
        stream.is_acknowledged |= flags.contains(Flags::ACK);
        stream.is_finished[1] |= flags.contains(Flags::FIN);
        stream.is_reset |= flags.contains(Flags::RST);
        stream.credit[0] += credit;
        stream.credit[1] = stream.credit[1].saturating_sub(bytes);
        stream.unread[0] += bytes;
    }

    fn add(&mut self, label: &Label, opener: Actor) {
        assert!(find(&self.snapshot, label).is_none(), "{label} is there already");
        self.snapshot.streams.push(StreamSnapshot {
            label: label.clone(),
            opener,
            is_announced: true,
            is_acknowledged: false,
            is_held: [false; 2],
            was_held: [false; 2],
            is_closed: [false; 2],
            is_finished: [false; 2],
            is_reset: false,
            credit: [u64::from(INITIAL_WINDOW); 2],
            unread: [0; 2],
        });
    }

    fn stream(&mut self, label: &Label) -> &mut StreamSnapshot {
        let found = self.snapshot.streams.iter_mut().find(|stream| stream.label == *label);
        found.unwrap_or_else(|| panic!("{label} is on the snapshot"))
    }

    fn end_calls(&mut self, is_over: impl Fn(&(Actor, Action)) -> bool) {
        self.snapshot.running.retain(|(_, by, action)| !is_over(&(*by, action.clone())));
        let snapshot = &self.snapshot;
        self.moving.retain(|(actor, writes, label, _)| {
            let kind = if *writes { Cancellable::Write } else { Cancellable::Read };
            is_running(snapshot, *actor, kind, label)
        });
    }

    /// Moves what can move, and ends the calls that are over.
    fn move_on(&mut self) {
        for stream in &mut self.snapshot.streams {
            let acceptor = stream.opener.other();
            self.snapshot.running.retain(|(_, by, action)| {
                let accepts = Cancellable::of(action) == Some(Cancellable::Accept)
                    && *by == acceptor
                    && action.stream() == Some(&stream.label);
                if accepts {
                    stream.is_held[end(acceptor)] = true;
                    stream.was_held[end(acceptor)] = true;
                    stream.is_acknowledged = true;
                }
                !accepts
            });
        }
        for _ in 0..3 {
            for at in 0..self.moving.len() {
                let (actor, writes, label, left) = self.moving[at].clone();
                let (own, other, has_app) = (end(actor), end(actor.other()), self.has_app);
                let stream = self.stream(&label);
                let moved = left.min(if writes { stream.credit[own] } else { stream.unread[own] });
                if writes {
                    stream.credit[own] -= moved;
                    stream.unread[other] += if has_app || other == 0 { moved } else { 0 };
                } else {
                    stream.unread[own] -= moved;
                    stream.credit[other] += moved;
                    self.read += moved;
                }
                self.moving[at].3 -= moved;
            }
        }
        let over: Vec<_> = self
            .moving
            .iter()
            .filter(|(actor, writes, label, left)| {
                let stream = find(&self.snapshot, label).expect("it is on the snapshot");
                *left == 0 || stream.is_reset || (!writes && stream.is_finished[end(actor.other())])
            })
            .map(|(actor, writes, label, _)| {
                (
                    *actor,
                    if *writes { Cancellable::Write } else { Cancellable::Read },
                    label.clone(),
                )
            })
            .collect();
        let is_over = self.snapshot.is_over;
        self.end_calls(|(by, action)| match Cancellable::of(action) {
            None | Some(Cancellable::Open) => true,
            Some(Cancellable::Accept) => is_over,
            Some(kind) => {
                is_over
                    || over.iter().any(|(actor, ended, label)| {
                        actor == by && kind == *ended && action.stream() == Some(label)
                    })
            }
        });
    }
}
