//! Does what was seen satisfy what was expected? Pure.

use crate::engine::observe::{Observer, StreamEvent, StreamView};
use crate::scenario::{CreditAmount, ExpectFrame, ExpectedEvent, ForbiddenEvent, Label};
use crate::time::Time;

/// What the observer says of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It came, then; it is taken and cannot satisfy another one.
    Satisfied(Time),
    /// It has not come; what is there instead, in words.
    NotYet(String),
    /// It can no longer come: this came instead.
    Contradicted(String),
}

/// Takes the event out of what was seen, if it is there.
pub(crate) fn take(observer: &mut Observer, event: &ExpectedEvent) -> Match {
    let found = match event {
        ExpectedEvent::Opened(label) => take_opened(observer, label),
        ExpectedEvent::Acked(label) => on_stream(observer, label, take_acked),
        ExpectedEvent::Data(label, bytes) => {
            on_stream(observer, label, |view| take_data(view, *bytes))
        }
        ExpectedEvent::Fin(label) => {
            on_stream(observer, label, |view| take_head(view, StreamEvent::Fin))
        }
        ExpectedEvent::Reset(label) => {
            on_stream(observer, label, |view| take_head(view, StreamEvent::Reset))
        }
        ExpectedEvent::Credit(label, amount) => {
            on_stream(observer, label, |view| take_credit(view, *amount))
        }
        ExpectedEvent::Pong(value) => take_pong(observer, *value),
        ExpectedEvent::Ping => match observer.pings.pop_front() {
            Some((time, _)) => Match::Satisfied(time),
            None => Match::NotYet("no ping".to_owned()),
        },
        ExpectedEvent::GoAway(code) => match observer.go_aways.front() {
            Some((time, seen)) if seen == code => {
                let time = *time;
                observer.go_aways.pop_front();
                Match::Satisfied(time)
            }
            Some((_, seen)) => Match::Contradicted(format!("go away with code {seen}")),
            None => Match::NotYet("no go away".to_owned()),
        },
        ExpectedEvent::SessionEnd => match observer.ended {
            Some((time, _)) => return Match::Satisfied(time),
            None => Match::NotYet("the session goes on".to_owned()),
        },
    };
    match (found, observer.ended) {
        (Match::NotYet(_), Some((time, _))) => {
            Match::Contradicted(format!("the subject ended the transport at {time}"))
        }
        (found, _) => found,
    }
}

/// The next frame of that stream and type, if it has come.
pub(crate) fn take_frame(observer: &mut Observer, expected: &ExpectFrame) -> Match {
    let number = match &expected.stream {
        None => 0,
        Some(label) => match observer.number_of(label) {
            Some(number) => number,
            None => return Match::NotYet(format!("no stream {label} yet")),
        },
    };
    let kind = expected.frame_type.number();
    let Some((time, header)) = observer.frames.peek(number, kind) else {
        return match observer.ended {
            Some((time, _)) => {
                Match::Contradicted(format!("the subject ended the transport at {time}"))
            }
            None => Match::NotYet(format!("no {} frame", expected.frame_type)),
        };
    };
    if header.flags == expected.flags
        && expected.length.is_none_or(|length| length == header.length)
    {
        observer.frames.take(number, kind);
        return Match::Satisfied(time);
    }
    Match::Contradicted(format!(
        "{} with flags {} and length {} at {time}",
        expected.frame_type, header.flags, header.length
    ))
}

/// What forbidden thing is there, in words.
pub(crate) fn forbidden(observer: &mut Observer, event: &ForbiddenEvent) -> Option<String> {
    let head = |observer: &mut Observer, label: &Label, wanted: fn(StreamEvent) -> bool| {
        let view = observer.labelled(label)?;
        let (time, event) = view.events.iter().find(|(_, event)| wanted(*event))?;
        Some(format!("{} on {label} at {time}", words(*event)))
    };
    match event {
        ForbiddenEvent::Acked(label) => observer
            .labelled(label)?
            .acked
            .map(|time| format!("acknowledgement of {label} at {time}")),
        ForbiddenEvent::Anything(label) => head(observer, label, |_| true),
        ForbiddenEvent::Data(label) => {
            head(observer, label, |event| matches!(event, StreamEvent::Data(_)))
        }
        ForbiddenEvent::Fin(label) => head(observer, label, |event| event == StreamEvent::Fin),
        ForbiddenEvent::Reset(label) => head(observer, label, |event| event == StreamEvent::Reset),
        ForbiddenEvent::Credit(label) => observer
            .labelled(label)?
            .credit
            .map(|(time, credit)| format!("credit of {credit} bytes on {label} at {time}")),
        ForbiddenEvent::GoAway => observer
            .go_aways
            .front()
            .map(|(time, code)| format!("go away with code {code} at {time}")),
        ForbiddenEvent::Opened => {
            observer.opened.front().map(|(time, number)| format!("new stream {number} at {time}"))
        }
        ForbiddenEvent::Pong(value) => {
            observer.pongs.find(*value).map(|time| format!("pong {value} at {time}"))
        }
        ForbiddenEvent::SessionEnd => {
            observer.ended.map(|(time, _)| format!("end of the transport at {time}"))
        }
    }
}

/// What the subject did that no expectation took, in words. Credit, acknowledgements and pings may go unnamed.
pub(crate) fn leftovers(observer: &Observer) -> Option<String> {
    if let Some((time, number)) = observer.opened.front() {
        return Some(format!("stream {number} opened at {time}"));
    }
    for (number, view) in &observer.streams {
        if let Some((time, event)) = view.events.front() {
            let name =
                view.label.as_deref().map_or_else(|| format!("stream {number}"), str::to_owned);
            return Some(format!("{} on {name} at {time}", words(*event)));
        }
    }
    if let Some((time, code)) = observer.go_aways.front() {
        return Some(format!("go away with code {code} at {time}"));
    }
    None
}

/// The event as a report names it.
pub(crate) fn describe(event: &ExpectedEvent) -> String {
    match event {
        ExpectedEvent::Opened(label) => format!("the subject opens stream {label}"),
        ExpectedEvent::Acked(label) => format!("acknowledgement of {label}"),
        ExpectedEvent::Data(label, bytes) => format!("{bytes} bytes of data on {label}"),
        ExpectedEvent::Fin(label) => format!("fin on {label}"),
        ExpectedEvent::Reset(label) => format!("reset of {label}"),
        ExpectedEvent::Credit(label, CreditAmount::Exactly(bytes)) => {
            format!("credit of exactly {bytes} bytes on {label}")
        }
        ExpectedEvent::Credit(label, CreditAmount::AtLeast(bytes)) => {
            format!("credit of at least {bytes} bytes on {label}")
        }
        ExpectedEvent::Pong(value) => format!("pong {value}"),
        ExpectedEvent::Ping => "a ping".to_owned(),
        ExpectedEvent::GoAway(code) => format!("go away with code {code}"),
        ExpectedEvent::SessionEnd => "the subject ends the session".to_owned(),
    }
}

/// The forbidden event as a report names it.
pub(crate) fn describe_forbidden(event: &ForbiddenEvent) -> String {
    match event {
        ForbiddenEvent::Acked(label) => format!("no acknowledgement of {label}"),
        ForbiddenEvent::Anything(label) => format!("nothing on {label}"),
        ForbiddenEvent::Credit(label) => format!("no credit on {label}"),
        ForbiddenEvent::Data(label) => format!("no data on {label}"),
        ForbiddenEvent::Fin(label) => format!("no fin on {label}"),
        ForbiddenEvent::GoAway => "no go away".to_owned(),
        ForbiddenEvent::Opened => "no new stream".to_owned(),
        ForbiddenEvent::Pong(value) => format!("no pong {value}"),
        ForbiddenEvent::Reset(label) => format!("no reset of {label}"),
        ForbiddenEvent::SessionEnd => "the session goes on".to_owned(),
    }
}

fn on_stream(
    observer: &mut Observer,
    label: &Label,
    take: impl FnOnce(&mut StreamView) -> Match,
) -> Match {
    match observer.labelled(label) {
        Some(view) => take(view),
        None => Match::NotYet(format!("no stream {label} on the wire")),
    }
}

fn take_opened(observer: &mut Observer, label: &Label) -> Match {
    let claimed = observer.number_of(label).filter(|number| observer.streams[number].sent.syn > 0);
    let unclaimed = observer.opened.front().copied();
    match (claimed, unclaimed) {
        // The open call has already told which stream it is.
        (Some(number), _) => {
            observer.opened.retain(|(_, opened)| *opened != number);
            Match::Satisfied(observer.frames.first(number).unwrap_or_default())
        }
        (None, Some((time, number))) => {
            observer.opened.pop_front();
            observer.bind(label, number);
            Match::Satisfied(time)
        }
        (None, None) => Match::NotYet("no new stream".to_owned()),
    }
}

fn take_acked(view: &mut StreamView) -> Match {
    match (view.acked.take(), view.events.front()) {
        (Some(time), _) => Match::Satisfied(time),
        (None, Some((time, StreamEvent::Reset))) => Match::Contradicted(format!("reset at {time}")),
        (None, _) => Match::NotYet("no acknowledgement".to_owned()),
    }
}

fn take_data(view: &mut StreamView, wanted: u64) -> Match {
    let mut sum = 0;
    let mut other = None;
    for (time, event) in &view.events {
        match event {
            StreamEvent::Data(len) => sum += len,
            _ => {
                other = Some(format!("{} at {time}", words(*event)));
                break;
            }
        }
        if sum >= wanted {
            break;
        }
    }
    if sum < wanted {
        return match other {
            Some(other) => Match::Contradicted(format!("{sum} bytes of data, then {other}")),
            None => Match::NotYet(format!("{sum} bytes of data")),
        };
    }
    let mut left = wanted;
    let mut last = Time::ZERO;
    while left > 0
        && let Some((time, StreamEvent::Data(len))) = view.events.front_mut()
    {
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

fn take_head(view: &mut StreamView, wanted: StreamEvent) -> Match {
    match view.events.front() {
        Some((time, event)) if *event == wanted => {
            let time = *time;
            view.events.pop_front();
            Match::Satisfied(time)
        }
        Some((time, event)) => Match::Contradicted(format!("{} at {time}", words(*event))),
        None => Match::NotYet(format!("no {}", words(wanted))),
    }
}

fn take_credit(view: &mut StreamView, amount: CreditAmount) -> Match {
    let (time, credit) = view.credit.unwrap_or_default();
    let enough = match amount {
        CreditAmount::Exactly(bytes) if credit > bytes => {
            return Match::Contradicted(format!("credit of {credit} bytes at {time}"));
        }
        CreditAmount::Exactly(bytes) => credit == bytes,
        CreditAmount::AtLeast(bytes) => credit >= bytes,
    };
    if enough {
        view.credit = None;
        return Match::Satisfied(time);
    }
    match view.events.front() {
        Some((time, StreamEvent::Reset)) => {
            Match::Contradicted(format!("credit of {credit} bytes, then reset at {time}"))
        }
        _ => Match::NotYet(format!("credit of {credit} bytes")),
    }
}

fn take_pong(observer: &mut Observer, value: u32) -> Match {
    match observer.pongs.take(value) {
        Some(time) => Match::Satisfied(time),
        None => match observer.pongs.first() {
            Some((time, other)) => Match::NotYet(format!("pong {other} at {time}")),
            None => Match::NotYet("no pong".to_owned()),
        },
    }
}

fn words(event: StreamEvent) -> String {
    match event {
        StreamEvent::Data(len) => format!("{len} bytes of data"),
        StreamEvent::Fin => "fin".to_owned(),
        StreamEvent::Reset => "reset".to_owned(),
    }
}
