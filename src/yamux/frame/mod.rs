//! Frames: the twelve-byte header, flags, stream ids, go-away codes and an incremental decoder. Pure.
//!
//! ```text
//!  0       1       2       3       4               8               12
//! | version | type  |     flags     |   stream id   |    length     |  then `length` bytes, if Data
//! ```
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod decoder;
mod flags;
mod go_away;
mod header;
mod stream_id;

pub use decoder::{Decoder, Piece};
pub use flags::Flags;
pub use go_away::GoAwayCode;
pub use header::{FrameType, HEADER_LEN, RawHeader};
pub use stream_id::{Side, StreamId};

/// The initial window of every stream, at both ends, in bytes. Spec, "Flow control".
pub const INITIAL_WINDOW: u32 = 256 * 1024;
