//! Wrong framing: segments taken for frames, lengths for bodies, unlawful headers sent and accepted. Pure.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::frames::{ACK, FIN, SYN, any};
use crate::endpoint::mutant::vocabulary::shapes::{heard, incoming, sent};
use crate::endpoint::mutant::{Mutant, Tamper, WholeFrame};
use crate::yamux::frame::{Flags, FrameType, HEADER_LEN, RawHeader, StreamId};
use crate::yamux::time::Time;

/// The mutants of this area.
pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "half-headers-dropped",
        clause: "FRM-14",
        wrong: "throws away a header that does not arrive in one segment",
        make: || Box::new(Segments { keep: whole_headers }),
    },
    Mutant {
        name: "half-bodies-dropped",
        clause: "FRM-15",
        wrong: "throws away a frame whose body does not arrive in one segment with its header",
        make: || Box::new(Segments { keep: whole_frames }),
    },
    Mutant {
        name: "later-frames-of-a-segment-dropped",
        clause: "FRM-16",
        wrong: "sees only the first 1000 bytes of what arrives at once",
        make: || Box::new(Segments { keep: |segment| segment.len().min(1000) }),
    },
    Mutant {
        name: "slow-body-ends-the-session",
        clause: "FRM-15",
        wrong: "gives a body ten seconds to arrive, and ends the session then",
        make: || Box::new(SlowBodies::default()),
    },
    Mutant {
        name: "bodies-awaited-whole",
        clause: "FRM-20",
        wrong: "looks at a Data frame only once its whole body is there",
        make: || Box::new(WholeOnly::default()),
    },
    Mutant {
        name: "version-ignored",
        clause: "FRM-06",
        wrong: "acts on frames of every version",
        make: || heard(any).changed(|frame| frame.header.version = 0),
    },
    Mutant {
        name: "unknown-types-skipped",
        clause: "FRM-08",
        wrong: "skips the header of a frame of unknown type and goes on",
        make: || heard(|frame| FrameType::from_number(frame.header.frame_type).is_none()).dropped(),
    },
    Mutant {
        name: "unknown-flags-hide-known-ones",
        clause: "FRM-09",
        wrong: "takes a frame with unknown flags for one without any flags",
        make: || heard(has_unknown_flags).changed(|frame| frame.header.flags = Flags::NONE),
    },
    Mutant {
        name: "unknown-flags-end-the-session",
        clause: "FRM-10",
        wrong: "ends the session for an unknown flag",
        make: || heard(has_unknown_flags).changed(|frame| frame.header.version = 1),
    },
    Mutant {
        name: "one-flag-at-a-time",
        clause: "FRM-12",
        wrong: "ignores the flags of a frame that has more than one",
        make: || heard(WholeFrame::has_several).changed(|frame| frame.header.flags = Flags::NONE),
    },
    Mutant {
        name: "update-with-body",
        clause: "FRM-13",
        wrong: "skips as many bytes behind a window update as it says of credit, up to the next frame",
        make: update_with_body,
    },
    Mutant {
        name: "empty-data-ends-the-stream",
        clause: "FRM-17",
        wrong: "takes a Data frame without body and flags for the end of the stream",
        make: || {
            heard(|frame| frame.is_data() && frame.body.is_empty() && frame.only(Flags::NONE))
                .with(FIN)
        },
    },
    Mutant {
        name: "frames-up-to-128-kib",
        clause: "FRM-18",
        wrong: "ends the session for a Data frame of more than 128 KiB",
        make: || refuse_beyond(128 << 10),
    },
    Mutant {
        name: "frames-up-to-1-mib",
        clause: "FRM-19",
        wrong: "ends the session for a Data frame of more than 1 MiB",
        make: || refuse_beyond(1 << 20),
    },
    Mutant {
        name: "eof-inside-a-frame-overlooked",
        clause: "FRM-23",
        wrong: "does not notice that the transport has ended",
        make: || wrong::<()>().ending(|(), _, _| None).boxed(),
    },
    Mutant {
        name: "sends-version-1",
        clause: "FRM-02",
        wrong: "sends version 1 in its Data frames",
        make: || sent(WholeFrame::is_data).changed(|frame| frame.header.version = 1),
    },
    Mutant {
        name: "sends-unknown-type",
        clause: "FRM-03",
        wrong: "sends window updates as type 5",
        make: || sent(WholeFrame::is_update).changed(|frame| frame.header.frame_type = 5),
    },
    Mutant {
        name: "sends-unknown-flag",
        clause: "FRM-04",
        wrong: "sets flag 0x8000 on its SYN and ACK",
        make: || sent(|frame| frame.has(SYN) || frame.has(ACK)).with(Flags::from_bits(0x8000)),
    },
    Mutant {
        name: "fin-on-pongs",
        clause: "FRM-05",
        wrong: "sets FIN on its pongs",
        make: || sent(WholeFrame::is_pong).with(FIN),
    },
    Mutant {
        name: "body-short-by-one",
        clause: "FRM-01",
        wrong: "leaves out the last byte of its bodies",
        make: || sent(any).changed(|frame| frame.body.truncate(frame.body.len().saturating_sub(1))),
    },
    Mutant {
        name: "lengths-little-endian",
        clause: "FRM-01",
        wrong: "writes the length of its frames in little-endian order",
        make: || sent(any).changed(|frame| frame.header.length = frame.header.length.swap_bytes()),
    },
];

/// A peer that ends the session for a Data frame longer than `limit`.
fn refuse_beyond(limit: u32) -> Box<dyn Tamper> {
    incoming(move |frame, pass| {
        if frame.header.body_len() > limit {
            pass.push(WholeFrame::bare(RawHeader { frame_type: 9, ..frame.header }));
        } else {
            pass.push(frame);
        }
    })
}

/// Keeps the first bytes of each segment.
struct Segments {
    /// How many bytes to keep.
    keep: fn(&[u8]) -> usize,
}

impl Tamper for Segments {
    fn segment(&mut self, mut bytes: Bytes) -> Bytes {
        bytes.truncate((self.keep)(&bytes));
        bytes
    }
}

/// The length of a segment without a partial header at its end, if its first byte begins a frame.
fn whole_headers(segment: &[u8]) -> usize {
    let (whole, rest) = frames(segment);
    if begins_frame(segment) && rest.len() < HEADER_LEN { whole } else { segment.len() }
}

/// The length of a segment without a partial frame at its end, if its first byte begins a frame.
fn whole_frames(segment: &[u8]) -> usize {
    if begins_frame(segment) { frames(segment).0 } else { segment.len() }
}

/// Whether the segment may begin with a header; a body occasionally looks like one.
fn begins_frame(segment: &[u8]) -> bool {
    segment.first() == Some(&0) && segment.get(1).is_none_or(|kind| *kind < 4)
}

/// How many bytes at the beginning are whole frames, and the rest.
fn frames(bytes: &[u8]) -> (usize, &[u8]) {
    let mut end = 0;
    while let Some(header) = bytes.get(end..end + HEADER_LEN) {
        let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]) as usize;
        let next = end + HEADER_LEN + if header[1] == 0 { length } else { 0 };
        if next > bytes.len() {
            break;
        }
        end = next;
    }
    (end, &bytes[end..])
}

/// Holds bytes back until they form whole frames.
#[derive(Default)]
struct WholeOnly(BytesMut);

impl Tamper for WholeOnly {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        self.0.extend_from_slice(&bytes);
        let end = frames(&self.0).0;
        self.0.split_to(end).freeze()
    }
}

/// Ends the transport over a frame that takes too long.
#[derive(Default)]
struct SlowBodies {
    /// The bytes received of the latest frame.
    begun: BytesMut,
    since: Option<Time>,
    has_given_up: bool,
}

impl Tamper for SlowBodies {
    fn segment(&mut self, bytes: Bytes) -> Bytes {
        self.begun.extend_from_slice(&bytes);
        let end = frames(&self.begun).0;
        if end > 0 {
            self.since = None;
        }
        drop(self.begun.split_to(end));
        bytes
    }

    fn poll_frame(&mut self, now: Time) -> Option<WholeFrame> {
        if self.begun.is_empty() {
            self.since = None;
        } else {
            let since = *self.since.get_or_insert(now);
            self.has_given_up |= now.since(since) > PATIENCE;
        }
        None
    }

    fn hangs_up(&mut self) -> bool {
        self.has_given_up
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

const fn has_unknown_flags(frame: &WholeFrame) -> bool {
    frame.header.flags.unknown() != 0
}

/// Treats the length of a window update as that of a body, and skips the frames in it.
fn update_with_body() -> Box<dyn Tamper> {
    let mut left = 0_u32;
    incoming(move |frame, pass| {
        if left > 0 {
            left = left.saturating_sub(HEADER_LEN as u32 + frame.header.body_len());
            return;
        }
        if frame.is_update() && frame.header.stream != StreamId::SESSION {
            left = frame.header.length;
        }
        pass.push(frame);
    })
}
