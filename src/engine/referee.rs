//! The passive rules: what no frame of the subject may do, in any scenario. Pure.

use crate::engine::observe::{Observer, StreamView};
use crate::frame::{Flags, FrameType, RawHeader, Side, StreamId};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// The clause in the register.
    pub(crate) clause: &'static str,
    /// The rule.
    pub(crate) expected: &'static str,
    /// What the subject did.
    pub(crate) observed: String,
}

/// Judges a header the subject sends, against everything seen before it.
pub(crate) fn judge(
    observer: &Observer,
    header: &RawHeader,
    subject: Side,
    max_window: u32,
) -> Result<(), Breach> {
    judge_header(header)?;
    match header.lawful_type() {
        Some(FrameType::Ping | FrameType::GoAway) => judge_session_frame(header),
        Some(_) => judge_stream_frame(observer, header, subject, max_window),
        None => Ok(()),
    }
}

/// Judges the end of the transport: it must fall between two frames.
pub(crate) fn judge_end(is_at_boundary: bool) -> Result<(), Breach> {
    if is_at_boundary {
        return Ok(());
    }
    breach(
        "FRM-01",
        "every byte belongs to a whole frame",
        "the transport ends inside a frame".to_owned(),
    )
}

fn judge_header(header: &RawHeader) -> Result<(), Breach> {
    if header.version != 0 {
        return breach(
            "FRM-02",
            "version 0 in every header",
            format!("version {}", header.version),
        );
    }
    if FrameType::from_number(header.frame_type).is_none() {
        return breach("FRM-03", "a frame type from 0 to 3", format!("type {}", header.frame_type));
    }
    if header.flags.unknown() != 0 {
        return breach(
            "FRM-04",
            "only the flags SYN, ACK, FIN and RST",
            format!("flags {}", header.flags),
        );
    }
    Ok(())
}

fn judge_session_frame(header: &RawHeader) -> Result<(), Breach> {
    if header.stream != StreamId::SESSION {
        return breach(
            "SID-06",
            "ping and go away on stream 0",
            format!("stream {}", header.stream),
        );
    }
    let is_ping = header.lawful_type() == Some(FrameType::Ping);
    let is_fine = match header.flags {
        Flags::NONE => !is_ping,
        Flags::SYN | Flags::ACK => is_ping,
        _ => false,
    };
    if is_fine {
        return Ok(());
    }
    let observed = format!(
        "{} with flags {}",
        header
            .lawful_type()
            .map_or_else(|| "frame".to_owned(), |frame_type| frame_type.to_string()),
        header.flags
    );
    breach("FRM-05", "SYN or ACK on a ping, no flag on a go away", observed)
}

fn judge_stream_frame(
    observer: &Observer,
    header: &RawHeader,
    subject: Side,
    max_window: u32,
) -> Result<(), Breach> {
    let view = observer.streams.get(&header.stream.0);
    let name = name(view, header.stream);
    judge_opening(view, header, subject)?;
    // The first frame of a stream has the initial window, like any other.
    let fresh = StreamView::new();
    let view = view.unwrap_or(&fresh);
    let sent = &view.sent;
    if sent.rst > 0 {
        let observed =
            format!("{header_type} on {name} after its reset", header_type = type_words(header));
        return breach("RST-10", "nothing more on a stream that was reset", observed);
    }
    if header.flags.contains(Flags::FIN) && sent.fin > 0 {
        return breach("FIN-04", "one fin per stream", format!("a second fin on {name}"));
    }
    if header.body_len() > 0 && sent.fin > 0 {
        return breach(
            "FIN-03",
            "no data after the fin",
            format!("{} bytes after the fin of {name}", header.length),
        );
    }
    if sent.payload + u64::from(header.body_len()) > sent.allowed {
        let observed = format!(
            "{} bytes on {name} where {} were allowed",
            sent.payload + u64::from(header.body_len()),
            sent.allowed
        );
        return breach("FLOW-01", "no payload beyond the window", observed);
    }
    judge_credit(view, header, max_window)
}

fn judge_opening(
    view: Option<&StreamView>,
    header: &RawHeader,
    subject: Side,
) -> Result<(), Breach> {
    let number = header.stream;
    let name = name(view, number);
    let (syns, acks, peer_syns) =
        view.map_or((0, 0, 0), |view| (view.sent.syn, view.sent.ack, view.received.syn));
    if header.flags.contains(Flags::SYN) {
        if number.opener() != Some(subject) {
            let clause = match (number.opener(), subject) {
                (None, _) => "SID-04",
                (_, Side::Client) => "SID-01",
                (_, Side::Server) => "SID-02",
            };
            return breach(
                clause,
                "odd streams from the client, even ones from the server",
                format!("syn on {name}"),
            );
        }
        if syns > 0 && !view.is_some_and(StreamView::is_over) {
            return breach("OPEN-02", "one syn per stream", format!("a second syn on {name}"));
        }
    } else if syns == 0 && peer_syns == 0 {
        // An answer to a frame for a stream nobody opened can only be a reset.
        if !header.flags.contains(Flags::RST) {
            return breach(
                "OPEN-01",
                "syn first on a new stream",
                format!("{} on {name}, which nobody opened", type_words(header)),
            );
        }
    }
    if header.flags.contains(Flags::ACK) && acks >= peer_syns {
        let observed = format!("ack number {} on {name}, syns of the peer: {peer_syns}", acks + 1);
        return breach("ACC-06", "one acknowledgement for each syn of the peer", observed);
    }
    Ok(())
}

fn judge_credit(view: &StreamView, header: &RawHeader, max_window: u32) -> Result<(), Breach> {
    if header.lawful_type() != Some(FrameType::WindowUpdate) {
        return Ok(());
    }
    let outstanding =
        (view.received.allowed + u64::from(header.length)).saturating_sub(view.received.payload);
    if outstanding > u64::from(max_window) {
        let observed = format!(
            "{outstanding} bytes of credit on {} with a window of {max_window}",
            name(Some(view), header.stream)
        );
        return breach("FLOW-17", "never more credit than the window", observed);
    }
    Ok(())
}

fn type_words(header: &RawHeader) -> String {
    let name = header
        .lawful_type()
        .map_or_else(|| "frame".to_owned(), |frame_type| frame_type.to_string());
    if header.flags.is_empty() { name } else { format!("{name} {}", header.flags) }
}

fn breach(clause: &'static str, expected: &'static str, observed: String) -> Result<(), Breach> {
    Err(Breach { clause, expected, observed })
}

/// What the script calls a stream, so that the same failure reads the same on both sides.
fn name(view: Option<&StreamView>, number: StreamId) -> String {
    match view.and_then(|view| view.label.as_ref()) {
        Some(label) => label.to_string(),
        None => format!("stream {number}"),
    }
}
