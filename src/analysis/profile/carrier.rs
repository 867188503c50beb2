//! Frames and sizes in words.

use crate::analysis::profile::behaviour::What;
use crate::trace::TransportEnd;
use crate::yamux::frame::{FrameType, RawHeader};

/// The frame that carries a flag.
pub(super) fn carrier(frame_type: FrameType, header: &RawHeader) -> String {
    match (frame_type, header.length) {
        (FrameType::Data, 0) => "an empty data frame".to_owned(),
        (FrameType::Data, _) => "a data frame".to_owned(),
        (FrameType::WindowUpdate, 0) => "a window update".to_owned(),
        (FrameType::WindowUpdate, credit) => format!("a window update of {}", size(credit)),
        (FrameType::Ping | FrameType::GoAway, _) => frame_type.to_string(),
    }
}

/// What was sent, in a few words: `FIN, go away (normal), end of transport`.
pub(super) fn words(what: &What) -> String {
    let (frame_type, header) = match what {
        What::End(TransportEnd::Eof) => return "end of transport".to_owned(),
        What::End(TransportEnd::Reset) => return "reset of the transport".to_owned(),
        What::Frame(frame_type, header) => (frame_type, header),
    };
    match frame_type {
        FrameType::GoAway => match header.length {
            0 => "go away (normal)".to_owned(),
            1 => "go away (protocol error)".to_owned(),
            2 => "go away (internal error)".to_owned(),
            code => format!("go away ({code})"),
        },
        FrameType::Ping => format!("ping {}", header.flags),
        FrameType::Data | FrameType::WindowUpdate if !header.flags.is_empty() => {
            header.flags.to_string()
        }
        FrameType::Data => "data".to_owned(),
        FrameType::WindowUpdate => "credit".to_owned(),
    }
}

/// `256 KiB`, `65524 B`.
pub(super) fn size(bytes: u32) -> String {
    match bytes {
        0 => "0 B".to_owned(),
        bytes if bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} B"),
    }
}
