//! What mutants do while their transport is stalled. Pure.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::endpoint::mutant::decorator::wrong::{Wrong, wrong};
use crate::endpoint::mutant::vocabulary::calls::{
    failed, fails_with, is_half_close, is_open, is_read, is_write,
};
use crate::endpoint::mutant::vocabulary::frames::SYN;
use crate::endpoint::mutant::vocabulary::numbers::Numbers;
use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::{Action, ErrorClass, Label};
use crate::yamux::frame::{Flags, FrameType, HEADER_LEN, StreamId};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// Drops one such frame for each such call that begins while the transport is stalled.
pub(crate) fn loses(
    concerns: fn(&Action) -> bool,
    what: fn(&WholeFrame) -> bool,
) -> Box<dyn Tamper> {
    wrong::<u32>()
        .on_call(move |left, own, call| *left += u32::from(own.is_stuck && concerns(call)))
        .outgoing(move |left, _, frame, pass| {
            if *left > 0 && what(&frame) {
                *left -= 1;
            } else {
                pass.push(frame);
            }
        })
        .boxed()
}

/// Drops the rest of the frame in progress once a write fails with this error.
pub(crate) fn cuts_off_after_a_write(class: ErrorClass) -> Box<dyn Tamper> {
    cutting()
        .on_result(move |cuts, own, request, result| {
            *cuts |= own.is_stuck && is_write(&request.action) && fails_with(result, class);
        })
        .boxed()
}

/// Drops the rest of the frame in progress once such a call begins.
pub(crate) fn cuts_off_at(concerns: fn(&Action) -> bool) -> Box<dyn Tamper> {
    cutting().on_call(move |cuts, own, call| *cuts |= own.is_stuck && concerns(call)).boxed()
}

/// Drops the rest of the frame in progress once such a frame arrives.
pub(crate) fn cuts_off_when_comes(which: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    cutting().on_heard(move |cuts, own, frame| *cuts |= own.is_stuck && which(frame)).boxed()
}

/// Drops the rest of a partly sent frame once the state is set.
fn cutting() -> Wrong<bool> {
    wrong::<bool>().rest(|cuts, _, rest| {
        if std::mem::take(cuts) {
            rest.clear();
        }
    })
}

/// A mutant that records stream numbers by label, and a set of streams.
fn knowing() -> Wrong<(Numbers, BTreeSet<StreamId>)> {
    wrong::<(Numbers, BTreeSet<StreamId>)>()
        .on_result(|(numbers, _), _, request, result| numbers.note(request, result))
}

/// Sends the flag of such a call at once if the transport is stalled, and drops it in its turn.
pub(crate) fn overtakes(concerns: fn(&Action) -> bool, flag: Flags) -> Box<dyn Tamper> {
    knowing()
        .on_call(move |(numbers, hasty), own, call| {
            if own.is_stuck
                && concerns(call)
                && let Some(stream) = call.stream().and_then(|name| numbers.get(name))
            {
                hasty.insert(stream);
                own.update(flag, stream, 0);
            }
        })
        .drops_sent(move |(_, hasty), _, frame| {
            frame.has(flag) && hasty.contains(&frame.header.stream)
        })
        .boxed()
}

/// Drops the queued data of a stream when it is half-closed.
pub(crate) fn close_forgets_data() -> Box<dyn Tamper> {
    knowing()
        .on_call(|(numbers, closed), own, call| {
            if own.is_stuck
                && is_half_close(call)
                && let Some(stream) = call.stream().and_then(|name| numbers.get(name))
            {
                closed.insert(stream);
            }
        })
        .drops_sent(|(_, closed), _, frame| {
            frame.is_data() && closed.contains(&frame.header.stream)
        })
        .boxed()
}

/// Drops the next data frame of a stream whose write has reached its deadline.
pub(crate) fn deadline_loses_data() -> Box<dyn Tamper> {
    wrong::<(Numbers, BTreeSet<StreamId>)>()
        .on_result(|(numbers, late), own, request, result| {
            numbers.note(request, result);
            if own.is_stuck
                && fails_with(result, ErrorClass::Deadline)
                && let Action::Write { stream, .. } = &request.action
            {
                late.extend(numbers.get(stream));
            }
        })
        .drops_sent(|(_, late), _, frame| frame.is_data() && late.remove(&frame.header.stream))
        .boxed()
}

/// Withholds read data while a write waits for the transport.
pub(crate) fn read_waits_for_writes() -> Box<dyn Tamper> {
    wrong::<u32>()
        .on_call(|writes, _, call| *writes += u32::from(is_write(call)))
        .result(|writes, own, request, result| {
            *writes -= u32::from(is_write(&request.action));
            let waits = own.is_stuck && *writes > 0 && is_read(&request.action);
            (!(waits && matches!(result, CallResult::Done(_)))).then_some(result)
        })
        .boxed()
}

/// Sends a SYN that was held up by the transport after the data of its stream.
pub(crate) fn data_before_syn() -> Box<dyn Tamper> {
    #[derive(Default)]
    struct Opening {
        is_late: bool,
        syn: Option<WholeFrame>,
    }
    wrong::<Opening>()
        .on_call(|opening, own, call| opening.is_late |= own.is_stuck && is_open(call))
        .outgoing(|opening, _, frame, pass| {
            if opening.is_late && frame.is_update() && frame.has(SYN) {
                opening.syn = Some(frame);
                return;
            }
            pass.push(frame);
            pass.extend(opening.syn.take());
        })
        .boxed()
}

/// Reuses the buffer of a blocked write.
pub(crate) fn later_bytes() -> Box<dyn Tamper> {
    wrong::<Option<Pattern>>()
        .call(|later, own, request| {
            if own.is_stuck && is_write(&request.action) {
                *later = Some(request.pattern);
            }
            None
        })
        .outgoing(|later, _, mut frame, pass| {
            if frame.is_data()
                && let Some(pattern) = later.take()
            {
                frame.body = pattern.bytes(frame.body.len());
            }
            pass.push(frame);
        })
        .boxed()
}

/// Replaces the first data frame that is sent after a write has timed out.
pub(crate) fn after_timeout(instead: fn(WholeFrame) -> Vec<WholeFrame>) -> Box<dyn Tamper> {
    wrong::<bool>()
        .on_result(|is_due, own, request, result| {
            *is_due |= own.is_stuck
                && is_write(&request.action)
                && fails_with(result, ErrorClass::ConnectionWriteTimeout);
        })
        .outgoing(move |is_due, _, frame, pass| {
            if frame.is_data() && std::mem::take(is_due) {
                pass.extend(instead(frame));
            } else {
                pass.push(frame);
            }
        })
        .boxed()
}

/// Fails writes on a stalled transport once another stream has a deadline.
pub(crate) fn one_deadline() -> Box<dyn Tamper> {
    wrong::<BTreeMap<Label, bool>>()
        .call(|armed, own, request| match &request.action {
            Action::SetDeadline { stream, write: Some(deadline), .. } => {
                armed.insert(Label::clone(stream), deadline.is_some());
                None
            }
            Action::Write { stream, .. } if own.is_stuck => {
                let ends = armed.iter().any(|(label, is_armed)| *is_armed && label != stream);
                ends.then(|| failed(ErrorClass::Deadline))
            }
            _ => None,
        })
        .boxed()
}

/// Withholds keep-alive timeouts while a body is incomplete.
pub(crate) fn keep_alive_waits_for_a_body() -> Box<dyn Tamper> {
    Box::new(WaitsForBody(false))
}

/// Whether the latest bytes began an incomplete body.
struct WaitsForBody(bool);

impl Tamper for WaitsForBody {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        if let Some(header) = bytes.get(..HEADER_LEN)
            && let [_, kind, .., a, b, c, d] = *header
        {
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            self.0 = kind == FrameType::Data.number() && bytes.len() - HEADER_LEN < length;
        }
        bytes
    }

    fn result(&mut self, _now: Time, _request: &Request, result: CallResult) -> Option<CallResult> {
        (!(self.0 && fails_with(&result, ErrorClass::KeepaliveTimeout))).then_some(result)
    }
}

/// Never ends writes that were blocked when the transport broke.
pub(crate) fn break_holds_writers() -> Box<dyn Tamper> {
    wrong::<bool>()
        .ending(|is_broken, own, end| {
            *is_broken = own.is_stuck;
            Some(end)
        })
        .result(|is_broken, _, request, result| {
            (!(*is_broken && is_write(&request.action))).then_some(result)
        })
        .boxed()
}
