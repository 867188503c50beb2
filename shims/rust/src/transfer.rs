//! `read` and `write`: the calls that move bytes.

use std::future::poll_fn;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::failure::{Class, Failure};
use crate::giving_up::GivingUp;
use crate::handle::Handle;
use crate::library::Stream;
use crate::output::{Answer, Output};
use crate::pattern;
use crate::request::{Fields, needed};

/// How much a write writes, and of which pattern.
pub(crate) struct Write {
    bytes: usize,
    times: u64,
    seed: u32,
    offset: u64,
}

/// How much a read reads.
pub(crate) enum Read {
    /// So many bytes, so many times.
    Exactly(usize, u64),
    /// Up to the end of the stream, so many bytes at once.
    ToEnd(usize),
}

impl Write {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, String> {
        let (bytes, times) = amount(fields)?;
        let (seed, offset) = (fields.seed.unwrap_or(0), fields.offset.unwrap_or(0));
        Ok(Self { bytes, times, seed, offset })
    }

    /// Each write goes on until the library has taken all its bytes, as `write_all` does. One of no bytes is one call.
    pub(crate) async fn run<S: Stream>(
        self,
        handle: Arc<Handle<S>>,
        mut giving_up: GivingUp,
        id: u64,
        out: Output,
    ) -> Answer {
        let mut written = 0;
        let sum = |written: u64| json!({"bytes": written});
        if let Err(failure) = handle.refuse_if_gone() {
            return Answer::Err(failure, sum(0));
        }
        let total = self.bytes as u64 * self.times;
        let mut buf = vec![0; self.bytes];
        for _ in 0..self.times {
            pattern::fill(&mut buf, self.seed, self.offset.wrapping_add(written));
            let mut left = buf.as_slice();
            loop {
                match poll_fn(|cx| giving_up.poll(cx, |cx| handle.poll_write(cx, left))).await {
                    Ok(0) if !left.is_empty() => {
                        let failure = Failure::new(Class::Unclassified, "poll_write took 0 bytes");
                        return Answer::Err(failure, sum(written));
                    }
                    Ok(count) => {
                        written += count as u64;
                        left = &left[count..];
                        if count > 0 && written < total {
                            out.progress(id, written);
                        }
                    }
                    Err(failure) => return Answer::Err(failure, sum(written)),
                }
                if left.is_empty() {
                    break;
                }
            }
        }
        Answer::Ok(sum(written))
    }
}

impl Read {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, String> {
        if fields.to_end == Some(true) {
            let chunk = fields.chunk.unwrap_or(USUAL_CHUNK);
            return match size(chunk)? {
                0 => Err("chunk must be 1 or more".to_owned()),
                chunk => Ok(Self::ToEnd(chunk)),
            };
        }
        let (bytes, times) = amount(fields)?;
        Ok(Self::Exactly(bytes, times))
    }

    pub(crate) async fn run<S: Stream>(
        self,
        handle: Arc<Handle<S>>,
        mut giving_up: GivingUp,
        id: u64,
        out: Output,
    ) -> Answer {
        let mut got = Got::default();
        if let Err(failure) = handle.refuse_if_gone() {
            return Answer::Err(failure, got.told());
        }
        let (most, total) = match self {
            Self::Exactly(bytes, times) => (bytes, Some(bytes as u64 * times)),
            Self::ToEnd(chunk) => (chunk, None),
        };
        let mut buf = vec![0; most];
        // A read of no bytes is one call, which 0 bytes end.
        if most == 0
            && let Err(failure) =
                poll_fn(|cx| giving_up.poll(cx, |cx| handle.poll_read(cx, &mut buf))).await
        {
            return Answer::Err(failure, got.told());
        }
        while total.is_none_or(|total| got.bytes < total) {
            // Never into more than what is left of the current one of the reads.
            let taken = if total.is_some() { (got.bytes % most as u64) as usize } else { 0 };
            let room = &mut buf[taken..];
            match poll_fn(|cx| giving_up.poll(cx, |cx| handle.poll_read(cx, room))).await {
                Ok(0) if total.is_none() => break,
                Ok(0) => {
                    let failure = Failure::new(Class::Eof, "poll_read returned 0 bytes");
                    return Answer::Err(failure, got.told());
                }
                Ok(count) => {
                    got.add(&room[..count]);
                    if total != Some(got.bytes) {
                        out.progress(id, got.bytes);
                    }
                }
                Err(failure) => return Answer::Err(failure, got.told()),
            }
        }
        Answer::Ok(got.told())
    }
}

/// What a read has read.
#[derive(Default)]
struct Got {
    bytes: u64,
    crc: crc32fast::Hasher,
}

impl Got {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.crc.update(bytes);
    }

    fn told(&self) -> Value {
        json!({"bytes": self.bytes, "crc32": self.crc.clone().finalize()})
    }
}

fn amount(fields: &Fields) -> Result<(usize, u64), String> {
    let bytes = size(*needed(&fields.bytes, "bytes")?)?;
    match fields.times.unwrap_or(1) {
        times if times <= u64::from(u32::MAX) => Ok((bytes, times)),
        times => Err(format!("{times} times is too often: at most {}", u32::MAX)),
    }
}

fn size(bytes: u64) -> Result<usize, String> {
    match usize::try_from(bytes) {
        Ok(size) if bytes <= MOST_BYTES => Ok(size),
        _ => Err(format!("{bytes} bytes is too much: at most {MOST_BYTES}")),
    }
}

/// Bounds the one buffer that a call needs.
const MOST_BYTES: u64 = 1 << 28;

/// The buffer of a read to the end that names none.
const USUAL_CHUNK: u64 = 65536;
