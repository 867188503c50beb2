//! The events that a scenario expects on the wire, as the peer of a test records them. Pure.

use crate::analysis::repro::stage::PeerEvent;
use crate::analysis::repro::stream_numbers::StreamNumbers;
use crate::scenario::{Amount, ExpectedEvent, ForbiddenEvent, Label};

/// The event; a stream that the library opens gets its number here.
pub(super) fn expected(
    event: &ExpectedEvent,
    numbers: &mut StreamNumbers,
) -> Result<PeerEvent, String> {
    Ok(match event {
        ExpectedEvent::Opened(label) => plain("opened", numbers.opened(label)),
        ExpectedEvent::Acked(label) => plain("acked", numbers.of(label)?),
        ExpectedEvent::Data(label, Amount::Exactly(bytes)) => {
            counted("data", numbers.of(label)?, *bytes)?
        }
        ExpectedEvent::Data(_, Amount::AtLeast(_)) => {
            return Err("all data that is there, however much".to_owned());
        }
        ExpectedEvent::Fin(label) => plain("fin", numbers.of(label)?),
        ExpectedEvent::Reset(label) => plain("reset", numbers.of(label)?),
        ExpectedEvent::ResetWith(..) => return Err("the code of a reset".to_owned()),
        ExpectedEvent::Credit(label, Amount::Exactly(bytes) | Amount::AtLeast(bytes)) => {
            counted("credit", numbers.of(label)?, *bytes)?
        }
        ExpectedEvent::Pong(value) => PeerEvent { what: "pong", stream: 0, number: *value },
        ExpectedEvent::Ping => plain("ping", 0),
        ExpectedEvent::GoAway(code) => {
            PeerEvent { what: "go away", stream: 0, number: code.number() }
        }
        ExpectedEvent::SessionEnd => plain("end", 0),
    })
}

/// The events none of which may occur.
pub(super) fn forbidden(
    event: &ForbiddenEvent,
    numbers: &StreamNumbers,
) -> Result<Vec<PeerEvent>, String> {
    let on = |label: &Label, kinds: &[&'static str]| {
        let stream = numbers.of(label)?;
        Ok(kinds.iter().map(|what| plain(what, stream)).collect())
    };
    match event {
        ForbiddenEvent::Acked(label) => on(label, &["acked"]),
        ForbiddenEvent::Anything(label) => on(label, &["data", "fin", "reset"]),
        ForbiddenEvent::Credit(label) => on(label, &["credit"]),
        ForbiddenEvent::Data(label) => on(label, &["data"]),
        ForbiddenEvent::Fin(label) => on(label, &["fin"]),
        ForbiddenEvent::Reset(label) => on(label, &["reset"]),
        ForbiddenEvent::GoAway => Ok(vec![plain("go away", 0)]),
        ForbiddenEvent::Opened => Err("that no stream is opened, whatever its number".to_owned()),
        ForbiddenEvent::Pong(value) => {
            Ok(vec![PeerEvent { what: "pong", stream: 0, number: *value }])
        }
        ForbiddenEvent::SessionEnd => Ok(vec![plain("end", 0)]),
    }
}

/// Whether the session may be over after this event.
pub(super) const fn ends_session(event: &ExpectedEvent) -> bool {
    matches!(event, ExpectedEvent::SessionEnd | ExpectedEvent::GoAway(_))
}

const fn plain(what: &'static str, stream: u32) -> PeerEvent {
    PeerEvent { what, stream, number: 0 }
}

fn counted(what: &'static str, stream: u32, bytes: u64) -> Result<PeerEvent, String> {
    let number = u32::try_from(bytes).map_err(|_| format!("{bytes} bytes are more than fit"))?;
    Ok(PeerEvent { what, stream, number })
}
