//! Checks application calls, joins and their expected results. Pure.

use std::sync::Arc;

use crate::scenario::check::Script;
use crate::scenario::read::document::{
    ActionBlock, DeadlineCall, Ending, EnteringCall, JoinBlock, LeavingCall, MeasureBlock,
    PeerBlock, ReadCall, ResetCall, SessionCall, SightBlock, StatsName, StillBlockedBlock,
    StreamCall, WriteCall,
};
use crate::scenario::read::place::Place;
use crate::scenario::read::written::{LabelText, Size};
use crate::scenario::{
    Action, Actor, Call, ErrorClass, ExpectedResult, Join, Label, Measure, Origin, PeerKind,
    Position, ReadAmount, StepKind, WeakerResult,
};

/// A labelled call.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartedCall {
    moves: Moves,
    pub(super) actor: Actor,
    /// Whether its caller can cancel it.
    pub(super) may_be_cancelled: bool,
    position: Position,
    joined: Option<Position>,
}

/// The bytes that a call moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moves {
    /// No bytes.
    Nothing,
    /// It writes this many bytes.
    Writes(u64),
    /// It reads this many bytes; `None` means up to the end.
    Reads(Option<u64>),
}

impl Script<'_> {
    /// Checks a step under `peer`.
    pub(super) fn peer_step(&mut self, block: &PeerBlock, place: Place<'_>) -> Option<StepKind> {
        let sight = match block {
            PeerBlock::Call(action) => {
                if self.peer == PeerKind::Wire {
                    let key = action.as_ref();
                    let message = format!(
                        "a wire peer has no application to {key}: it can send, send_bytes and expect, or make the peer \"app\""
                    );
                    self.report(place.get(key).key(), message);
                }
                return self.call(Actor::Peer, action, place).map(StepKind::Call);
            }
            PeerBlock::Wire(sight) => sight,
        };
        let place = place.get(sight.as_ref());
        let sends = matches!(sight, SightBlock::Send(_) | SightBlock::SendBytes(_));
        if self.peer == PeerKind::App && sends {
            let key = sight.as_ref();
            let message = format!("an application peer cannot {key}: make the peer \"wire\"");
            self.report(place.key(), message);
        }
        self.expects |= matches!(sight, SightBlock::ExpectFrame(_) | SightBlock::ExpectNone(_));
        match sight {
            SightBlock::Send(block) => self.send(block, place).map(StepKind::Send),
            SightBlock::SendBytes(block) => self.send_bytes(block, place),
            SightBlock::Expect(block) => self.expect(block, place).map(StepKind::Expect),
            SightBlock::ExpectFrame(block) => {
                self.expect_frame(block, place).map(StepKind::ExpectFrame)
            }
            SightBlock::ExpectNone(block) => {
                Some(StepKind::ExpectNone(self.expect_none(block, place)))
            }
        }
    }

    /// Checks an application's call; `place` is the object that names it.
    pub(super) fn call(
        &mut self,
        actor: Actor,
        written: &ActionBlock,
        place: Place<'_>,
    ) -> Option<Call> {
        let place = place.get(written.as_ref());
        let (action, call, moves) = self.action(actor, written, place)?;
        let mut result = ExpectedResult::default();
        let bytes = match written {
            ActionBlock::Write(call) => call.wrote,
            ActionBlock::Read(call) => call.read,
            ActionBlock::CountStreams(call) => {
                self.expects = true;
                result.streams = Some(call.is);
                None
            }
            ActionBlock::Stats(call) => {
                self.expects |= matches!(call.figures, StatsName::Since(_));
                None
            }
            _ => None,
        };
        let Some(SessionCall { label, ending }) = call else {
            return Some(Call { actor, action, label: None, result });
        };
        let label = label.as_ref().map(|label| self.label(label));
        if let Some(label) = &label {
            self.call_begins((actor, &action), label, moves, place);
        } else {
            self.expects |= ENDING_KEYS.iter().any(|key| place.has(key))
                || matches!(action, Action::Read { .. } | Action::Ping | Action::Accept { .. });
            result = self.result(ending, bytes, moves, place);
        }
        Some(Call { actor, action, label, result })
    }

    /// The action, its label and expected result, and the bytes it moves.
    fn action<'b>(
        &mut self,
        actor: Actor,
        written: &'b ActionBlock,
        place: Place<'_>,
    ) -> Option<(Action, Option<&'b SessionCall>, Moves)> {
        let step = self.steps.len();
        let (action, call) = match written {
            ActionBlock::Open(EnteringCall { stream, deadline, call }) => {
                self.opens.push(actor, step);
                let stream = self.label(stream);
                self.stream_opened(actor, &stream, place.get("stream").value());
                let deadline = self.deadline(deadline.as_ref(), place);
                (Action::Open { stream, deadline }, Some(call))
            }
            ActionBlock::Accept(EnteringCall { stream, deadline, call }) => {
                let may_wait =
                    call.label.is_some() || call.ending.error.is_some() || deadline.is_some();
                let stream = self.label(stream);
                self.stream_accepted(actor, &stream, may_wait, place.get("stream").value());
                let deadline = self.deadline(deadline.as_ref(), place);
                (Action::Accept { stream, deadline }, Some(call))
            }
            ActionBlock::HalfClose(StreamCall { stream, call }) => {
                self.closes.push(actor, step);
                (Action::HalfClose { stream: self.used(actor, stream, place) }, Some(call))
            }
            ActionBlock::Close(StreamCall { stream, call }) => {
                self.closes.push(actor, step);
                (Action::Close { stream: self.used(actor, stream, place) }, Some(call))
            }
            ActionBlock::CloseRead(StreamCall { stream, call }) => {
                (Action::CloseRead { stream: self.used(actor, stream, place) }, Some(call))
            }
            ActionBlock::Drop(StreamCall { stream, call }) => {
                (Action::Drop { stream: self.used(actor, stream, place) }, Some(call))
            }
            ActionBlock::Forget(StreamCall { stream, call }) => {
                (Action::Forget { stream: self.used(actor, stream, place) }, Some(call))
            }
            ActionBlock::Reset(ResetCall { stream, leaving: LeavingCall { code, call } }) => {
                let stream = self.used(actor, stream, place);
                (Action::Reset { stream, code: *code }, Some(call))
            }
            ActionBlock::Write(block) => return Some(self.write(actor, block, place)),
            ActionBlock::Read(block) => return Some(self.read(actor, block, place)),
            ActionBlock::SetDeadline(block) => (self.set_deadline(actor, block, place), None),
            ActionBlock::Ping(call) => (Action::Ping, Some(call)),
            ActionBlock::GoAway(LeavingCall { code, call }) => {
                (Action::GoAway { code: *code }, Some(call))
            }
            ActionBlock::CloseSession(LeavingCall { code, call }) => {
                (Action::CloseSession { code: *code }, Some(call))
            }
            ActionBlock::CountStreams(_) => (Action::CountStreams, None),
            ActionBlock::Cancel(block) => (self.cancel(actor, block, place)?, None),
            ActionBlock::Stats(block) => (Action::Stats(self.stats(actor, block, place)), None),
        };
        Some((action, call, Moves::Nothing))
    }

    fn set_deadline(&mut self, actor: Actor, call: &DeadlineCall, place: Place<'_>) -> Action {
        if call.read.is_none() && call.write.is_none() {
            self.report(place.value(), "expected \"read\", \"write\" or both, found neither");
        }
        Action::SetDeadline {
            stream: self.used(actor, &call.stream, place),
            read: call.read.as_ref().map(|deadline| deadline.0),
            write: call.write.as_ref().map(|deadline| deadline.0),
        }
    }

    fn used(&mut self, actor: Actor, stream: &LabelText, place: Place<'_>) -> Label {
        let stream = self.label(stream);
        self.stream_used(actor, &stream, place.get("stream").value());
        stream
    }

    fn write<'b>(
        &mut self,
        actor: Actor,
        block: &'b WriteCall,
        place: Place<'_>,
    ) -> (Action, Option<&'b SessionCall>, Moves) {
        let stream = self.used(actor, &block.stream, place);
        let (bytes, times) = (block.bytes.0, block.times.unwrap_or(1));
        self.sum_bytes(bytes, times, place);
        let moves = Moves::Writes(bytes.saturating_mul(times.into()));
        (Action::Write { stream, bytes, times }, Some(&block.call), moves)
    }

    fn read<'b>(
        &mut self,
        actor: Actor,
        block: &'b ReadCall,
        place: Place<'_>,
    ) -> (Action, Option<&'b SessionCall>, Moves) {
        let stream = self.used(actor, &block.stream, place);
        let (key, with) =
            if block.to_end.is_some() { ("times", "bytes") } else { ("chunk", "to_end") };
        if place.has(key) {
            self.report(place.get(key).key(), format!("{key:?} goes only with {with:?}"));
        }
        let (amount, moves) = if let Some(bytes) = block.bytes {
            let (bytes, times) = (bytes.0, block.times.unwrap_or(1));
            if times > 1 {
                self.sum_pieces(bytes, place.get("bytes").value());
            }
            let all = bytes.saturating_mul(times.into());
            (ReadAmount::Exactly { bytes, times }, Moves::Reads(Some(all)))
        } else {
            let chunk = block.chunk.map_or(CHUNK, |chunk| {
                let place = place.get("chunk");
                self.sum_pieces(chunk.0, place.value());
                self.some_bytes(chunk, place)
            });
            (ReadAmount::ToEnd { chunk }, Moves::Reads(None))
        };
        (Action::Read { stream, amount }, Some(&block.call), moves)
    }

    /// A labelled call runs on: its step must say nothing about its end.
    fn call_begins(
        &mut self,
        (actor, action): (Actor, &Action),
        label: &Label,
        moves: Moves,
        place: Place<'_>,
    ) {
        for key in ENDING_KEYS {
            if place.has(key) {
                let message =
                    format!("move {key:?} to the join of {label:?}: a labelled call runs on");
                self.report(place.get(key).key(), message);
            }
        }
        let position = place.get("label").value();
        if let Some(earlier) = self.calls.get(label) {
            let message = format!("call label {label:?} is already at {}", earlier.position);
            return self.report(position, message);
        }
        let may_be_cancelled = matches!(
            action,
            Action::Open { .. }
                | Action::Accept { .. }
                | Action::Read { .. }
                | Action::Write { .. }
        );
        let call = StartedCall { moves, actor, may_be_cancelled, position, joined: None };
        self.calls.insert(Arc::clone(label), call);
    }

    /// A running call must end.
    pub(super) fn join(&mut self, block: &JoinBlock, place: Place<'_>) -> Option<Join> {
        self.expects = true;
        let label = self.label(&block.label);
        let moves = self.running(&label, place.get("label").value(), true)?;
        let bytes = match moves {
            Moves::Writes(_) => block.wrote,
            Moves::Reads(_) => block.read,
            Moves::Nothing => None,
        };
        self.check_bytes_key(moves, place);
        let result = self.result(&block.ending, bytes, moves, place);
        Some(Join { label, result })
    }

    /// A running call must go on.
    pub(super) fn still_blocked(
        &mut self,
        block: &StillBlockedBlock,
        place: Place<'_>,
    ) -> Option<StepKind> {
        self.expects = true;
        let duration = block.duration.0;
        if duration.is_zero() {
            self.report(place.get("for").value(), "expected more than no time");
        }
        self.sum_time(duration, place.get("for").value());
        let label = self.label(&block.label);
        self.running(&label, place.get("label").value(), false)?;
        Some(StepKind::StillBlocked { label, duration })
    }

    /// The end of a running call must be measured.
    pub(super) fn measure(&mut self, block: &MeasureBlock, place: Place<'_>) -> Option<Measure> {
        if block.question.trim().is_empty() {
            let message = "say which question is answered so, found nothing";
            self.report(place.get("question").value(), message);
        }
        let duration = block.duration.0;
        self.sum_time(duration, place.get("for").value());
        let label = self.label(&block.label);
        self.running(&label, place.get("label").value(), true)?;
        let from = match &block.from {
            Some(name) => self.origin(&self.label(name), place.get("from"))?,
            None => Origin::ThisStep,
        };
        Some(Measure { label, duration, from, question: block.question.clone() })
    }

    /// Looks up a call that was started and is not joined yet.
    pub(super) fn running(
        &mut self,
        label: &Label,
        position: Position,
        joins: bool,
    ) -> Option<Moves> {
        let Some(call) = self.calls.get_mut(label) else {
            let near = self.hints.suggestion(label, self.calls.keys().map(AsRef::as_ref));
            self.report(position, format!("no call has the label {label:?} here{near}"));
            return None;
        };
        let moves = call.moves;
        if let Some(earlier) = call.joined {
            self.report(position, format!("call {label:?} was joined at {earlier}"));
            return None;
        }
        if joins {
            call.joined = Some(position);
        }
        Some(moves)
    }

    /// Every labelled call must be joined, or its result would never be checked.
    pub(super) fn report_unjoined(&mut self) {
        let unjoined = self.calls.iter().filter(|(_, call)| call.joined.is_none());
        let mut unjoined: Vec<_> =
            unjoined.map(|(label, call)| (Arc::clone(label), call.position)).collect();
        // The calls of several rounds have the same position.
        unjoined.sort_by_key(|(_, position)| *position);
        unjoined.dedup_by_key(|(_, position)| *position);
        for (label, position) in unjoined {
            self.report(position, format!("no step joins {label:?}: say how the call must end"));
        }
    }

    fn result(
        &mut self,
        ending: &Ending,
        bytes: Option<Size>,
        moves: Moves,
        place: Place<'_>,
    ) -> ExpectedResult {
        self.check_class(ending.error, place);
        if ending.told.is_some() && ending.error.is_none() {
            let message = "a call that succeeds is told no code: say its \"error\"";
            self.report(place.get("told").key(), message);
        }
        let key = bytes_key(moves);
        if let Some(Size(bytes)) = bytes {
            self.check_count(bytes, ending.error, moves, place.get(key));
        }
        let bytes = bytes.map(|size| size.0);
        let mut weaker = Vec::new();
        for (i, other) in ending.or.iter().enumerate() {
            let place = place.get("or").item(i);
            self.check_class(other.error, place);
            self.check_bytes_key(moves, place);
            self.check_because(&other.because, place);
            let count = match moves {
                Moves::Writes(_) => other.wrote,
                Moves::Reads(_) => other.read,
                Moves::Nothing => None,
            };
            if let Some(Size(count)) = count {
                self.check_count(count, other.error, moves, place.get(key));
            }
            let count = count.map(|size| size.0);
            if other.error == ending.error && (count == bytes || bytes.is_none()) {
                self.report(place.value(), "this is already the primary outcome");
            }
            let because = other.because.clone();
            weaker.push(WeakerResult { error: other.error, bytes: count, because });
        }
        let timing = self.timing(&ending.times, place);
        let (error, told) = (ending.error, ending.told);
        ExpectedResult { error, bytes, streams: None, told, timing, weaker }
    }

    fn check_class(&mut self, error: Option<ErrorClass>, place: Place<'_>) {
        if error == Some(ErrorClass::Unclassified) {
            let message = "\"unclassified\" is always a failure: no scenario can expect it";
            self.report(place.get("error").value(), message);
        }
    }

    /// `wrote` goes with writes and `read` with reads.
    fn check_bytes_key(&mut self, moves: Moves, place: Place<'_>) {
        for (key, what) in [("wrote", "writes"), ("read", "reads")] {
            if place.has(key) && bytes_key(moves) != key {
                self.report(
                    place.get(key).key(),
                    format!("{key:?} is for {what}, and this call is none"),
                );
            }
        }
    }

    fn check_count(
        &mut self,
        bytes: u64,
        error: Option<ErrorClass>,
        moves: Moves,
        place: Place<'_>,
    ) {
        let (Moves::Writes(all) | Moves::Reads(Some(all))) = moves else { return };
        if bytes > all {
            self.report(place.value(), format!("the call asks for {all} bytes, found {bytes}"));
        } else if bytes < all && error.is_none() {
            let message = format!("a call that succeeds moves all {all} bytes, found {bytes}");
            self.report(place.value(), message);
        }
    }

    /// A weaker outcome needs a reason.
    pub(super) fn check_because(&mut self, because: &str, place: Place<'_>) {
        if because.trim().is_empty() {
            self.report(place.get("because").value(), "say why this is lawful, found nothing");
        }
    }

    /// Checks that a number of bytes is not zero.
    pub(super) fn some_bytes(&mut self, size: Size, place: Place<'_>) -> u64 {
        if size.0 == 0 {
            self.report(place.value(), "expected at least 1 byte, found 0");
        }
        size.0
    }
}

const fn bytes_key(moves: Moves) -> &'static str {
    match moves {
        Moves::Nothing => "",
        Moves::Writes(_) => "wrote",
        Moves::Reads(_) => "read",
    }
}

/// The keys that only a join may give for a labelled call.
const ENDING_KEYS: [&str; 9] =
    ["error", "told", "wrote", "at", "not_before", "within", "from", "or", "read"];

/// The buffer size of a read to the end: the size of most writes in scenarios.
const CHUNK: u64 = 64 * 1024;
