//! Matches observations against expectations. Pure.

use crate::engine::observe::{Observer, StreamView};
use crate::engine::{Instead, Shortfall, StreamEvent, Unwanted};
use crate::model::NamedStream;
use crate::scenario::{Actor, Amount, ExpectFrame, ExpectedEvent, ForbiddenEvent, Label};
use crate::yamux::time::Time;

/// The observer's answer to an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It occurred at this time; it is taken and satisfies no other expectation.
    Satisfied(Time),
    /// It has not occurred; the observed state.
    NotYet(Shortfall),
    /// It can no longer occur, because of this event.
    Contradicted(Instead),
}

/// Takes the event from the observations, if present.
pub(crate) fn take(observer: &mut Observer, event: &ExpectedEvent) -> Match {
    let found = match event {
        ExpectedEvent::Opened(label) => take_opened(observer, label),
        ExpectedEvent::Acked(label) => on_stream(observer, label, take_acked),
        ExpectedEvent::Data(label, amount) => {
            on_stream(observer, label, |view| take_data(view, *amount))
        }
        ExpectedEvent::Fin(label) => {
            on_stream(observer, label, |view| take_head(view, StreamEvent::Fin, Shortfall::Fin))
        }
        ExpectedEvent::Reset(label) => {
            on_stream(observer, label, |view| take_head(view, StreamEvent::Reset, Shortfall::Reset))
        }
        ExpectedEvent::ResetWith(label, code) => {
            on_stream(observer, label, |view| match view.events.front() {
                Some((time, StreamEvent::Reset)) if view.reset_code != *code => {
                    Match::Contradicted(Instead::ResetWith(view.reset_code, *time))
                }
                _ => take_head(view, StreamEvent::Reset, Shortfall::Reset),
            })
        }
        ExpectedEvent::Credit(label, amount) => {
            on_stream(observer, label, |view| take_credit(view, *amount))
        }
        ExpectedEvent::Pong(value) => take_pong(observer, *value),
        ExpectedEvent::Ping => match observer.pings.pop_front() {
            Some((time, _)) => Match::Satisfied(time),
            None => Match::NotYet(Shortfall::Ping),
        },
        ExpectedEvent::GoAway(code) => match observer.go_aways.front() {
            Some((time, seen)) if seen == code => {
                let time = *time;
                observer.go_aways.pop_front();
                Match::Satisfied(time)
            }
            Some((_, seen)) => Match::Contradicted(Instead::GoAway(*seen)),
            None => Match::NotYet(Shortfall::GoAway),
        },
        ExpectedEvent::SessionEnd => match observer.ended {
            Some((time, _)) => return Match::Satisfied(time),
            None => Match::NotYet(Shortfall::SessionEnd),
        },
    };
    match (found, observer.ended) {
        (Match::NotYet(_), Some((time, _))) => Match::Contradicted(Instead::End(time)),
        (found, _) => found,
    }
}

/// How much payload of other streams preceded the data or pong that an expectation has just taken.
pub(crate) fn behind(observer: &mut Observer, event: &ExpectedEvent) -> u64 {
    let ExpectedEvent::Data(label, _) = event else {
        return observer.pongs.taken_behind();
    };
    let Some(number) = observer.number_of(label) else { return 0 };
    let view = observer.stream(number);
    let left = |(_, event): &(_, StreamEvent)| match event {
        StreamEvent::Data(len) => *len,
        _ => 0,
    };
    let left = view.events.iter().map(left).sum::<u64>();
    let sent = observer.model.stream_mut(number).sent_by(Actor::Subject).payload;
    let taken = sent - left;
    observer.order.others_before(number, taken)
}

/// The next frame of that stream and type, if it has arrived.
pub(crate) fn take_frame(observer: &mut Observer, expected: &ExpectFrame) -> Match {
    let number = match &expected.stream {
        None => 0,
        Some(label) => match observer.number_of(label) {
            Some(number) => number,
            None => return Match::NotYet(Shortfall::StreamYet(Label::clone(label))),
        },
    };
    let kind = expected.frame_type.number();
    let Some((time, header)) = observer.frames.peek(number, kind) else {
        return match observer.ended {
            Some((time, _)) => Match::Contradicted(Instead::End(time)),
            None => Match::NotYet(Shortfall::Frame(expected.frame_type)),
        };
    };
    if header.flags == expected.flags
        && expected.length.is_none_or(|length| length == header.length)
    {
        observer.frames.take(number, kind);
        return Match::Satisfied(time);
    }
    Match::Contradicted(Instead::Frame(expected.frame_type, header, time))
}

/// The forbidden event that occurred, and when.
pub(crate) fn forbidden(
    observer: &mut Observer,
    event: &ForbiddenEvent,
) -> Option<(Unwanted, Time)> {
    let head = |observer: &mut Observer, label: &Label, wanted: fn(StreamEvent) -> bool| {
        let view = observer.labelled(label)?;
        let (time, event) = view.events.iter().find(|(_, event)| wanted(*event))?;
        Some((Unwanted::Event(*event, NamedStream::Label(Label::clone(label))), *time))
    };
    match event {
        ForbiddenEvent::Acked(label) => {
            let time = observer.labelled(label)?.acked?;
            Some((Unwanted::Ack(Label::clone(label)), time))
        }
        ForbiddenEvent::Anything(label) => head(observer, label, |_| true),
        ForbiddenEvent::Data(label) => {
            head(observer, label, |event| matches!(event, StreamEvent::Data(_)))
        }
        ForbiddenEvent::Fin(label) => head(observer, label, |event| event == StreamEvent::Fin),
        ForbiddenEvent::Reset(label) => head(observer, label, |event| event == StreamEvent::Reset),
        ForbiddenEvent::Credit(label) => {
            let (time, credit) = observer.labelled(label)?.credit?;
            Some((Unwanted::Credit(credit, Label::clone(label)), time))
        }
        ForbiddenEvent::GoAway => {
            observer.go_aways.front().map(|(time, code)| (Unwanted::GoAway(*code), *time))
        }
        ForbiddenEvent::Opened => {
            observer.opened.front().map(|(time, number)| (Unwanted::NewStream(*number), *time))
        }
        ForbiddenEvent::Pong(value) => {
            observer.pongs.find(*value).map(|time| (Unwanted::Pong(*value), time))
        }
        ForbiddenEvent::SessionEnd => observer.ended.map(|(time, _)| (Unwanted::End, time)),
    }
}

/// An event of the subject that no expectation took, and when. Credit, acknowledgements and pings are exempt.
pub(crate) fn leftovers(observer: &Observer) -> Option<(Unwanted, Time)> {
    if let Some((time, number)) = observer.opened.front() {
        return Some((Unwanted::Opened(*number), *time));
    }
    for (number, view) in &observer.streams {
        if let Some((time, event)) = view.events.front() {
            let stream = observer.model.name(*number);
            return Some((Unwanted::Event(*event, stream), *time));
        }
    }
    observer.go_aways.front().map(|(time, code)| (Unwanted::GoAway(*code), *time))
}

fn on_stream(
    observer: &mut Observer,
    label: &Label,
    take: impl FnOnce(&mut StreamView) -> Match,
) -> Match {
    match observer.labelled(label) {
        Some(view) => take(view),
        None => Match::NotYet(Shortfall::Stream(Label::clone(label))),
    }
}

fn take_opened(observer: &mut Observer, label: &Label) -> Match {
    let claimed = observer.number_of(label).filter(|number| {
        let stream = observer.model.stream(*number);
        stream.is_some_and(|stream| stream.sent_by(Actor::Subject).syn > 0)
    });
    let unclaimed = observer.opened.front().copied();
    match (claimed, unclaimed) {
        // The result of the open call has already bound the label.
        (Some(number), _) => {
            observer.opened.retain(|(_, opened)| *opened != number);
            Match::Satisfied(observer.frames.first(number).unwrap_or_default())
        }
        (None, Some((time, number))) => {
            observer.opened.pop_front();
            observer.bind(label, number);
            Match::Satisfied(time)
        }
        (None, None) => Match::NotYet(Shortfall::Open),
    }
}

fn take_acked(view: &mut StreamView) -> Match {
    match (view.acked.take(), view.events.front()) {
        (Some(time), _) => Match::Satisfied(time),
        (None, Some((time, event @ StreamEvent::Reset))) => {
            Match::Contradicted(Instead::Event(*event, *time))
        }
        (None, _) => Match::NotYet(Shortfall::Ack),
    }
}

fn take_data(view: &mut StreamView, amount: Amount) -> Match {
    let (Amount::Exactly(wanted) | Amount::AtLeast(wanted)) = amount;
    let mut sum = 0;
    let mut other = None;
    for (time, event) in &view.events {
        match event {
            StreamEvent::Data(len) => sum += len,
            _ => {
                other = Some((*event, *time));
                break;
            }
        }
        if sum >= wanted {
            break;
        }
    }
    if sum < wanted {
        return match other {
            Some((event, time)) => Match::Contradicted(Instead::DataThen(sum, event, time)),
            None => Match::NotYet(Shortfall::Data(sum)),
        };
    }
    let mut left = wanted;
    let mut last = Time::ZERO;
    while let Some((time, StreamEvent::Data(len))) = view.events.front_mut() {
        if left == 0 {
            match amount {
                Amount::Exactly(_) => break,
                // Takes all data present; the time is when it sufficed.
                Amount::AtLeast(_) => {
                    view.events.pop_front();
                    continue;
                }
            }
        }
        last = *time;
        let taken = left.min(*len);
        *len -= taken;
        left -= taken;
        if *len == 0 {
            view.events.pop_front();
        }
    }
    Match::Satisfied(last)
}

fn take_head(view: &mut StreamView, wanted: StreamEvent, lack: Shortfall) -> Match {
    match view.events.front() {
        Some((time, event)) if *event == wanted => {
            let time = *time;
            view.events.pop_front();
            Match::Satisfied(time)
        }
        Some((time, event)) => Match::Contradicted(Instead::Event(*event, *time)),
        None => Match::NotYet(lack),
    }
}

fn take_credit(view: &mut StreamView, amount: Amount) -> Match {
    let (time, credit) = view.credit.unwrap_or_default();
    let enough = match amount {
        Amount::Exactly(bytes) if credit > bytes => {
            return Match::Contradicted(Instead::Credit(credit, time));
        }
        Amount::Exactly(bytes) => credit == bytes,
        Amount::AtLeast(bytes) => credit >= bytes,
    };
    if enough {
        view.credit = None;
        return Match::Satisfied(time);
    }
    match view.events.front() {
        Some((time, StreamEvent::Reset)) => {
            Match::Contradicted(Instead::CreditThenReset(credit, *time))
        }
        _ => Match::NotYet(Shortfall::Credit(credit)),
    }
}

fn take_pong(observer: &mut Observer, value: u32) -> Match {
    match observer.pongs.take(value) {
        Some(time) => Match::Satisfied(time),
        None => match observer.pongs.first() {
            Some((time, other)) => Match::NotYet(Shortfall::OtherPong(other, time)),
            None => Match::NotYet(Shortfall::Pong),
        },
    }
}
