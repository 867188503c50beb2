//! Reads and writes of a served stream: payload patterns, checksums, progress and deadlines.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::payload;
use crate::peer::error_class;
use crate::session::Error;
use crate::shim::serve::request::Request;
use crate::shim::serve::session::{ServedStream, dropped};
use crate::shim::serve::{Output, Reply};

/// Why a transfer stopped before its end.
enum Stop {
    Deadline,
    Dropped,
    Failed(Error),
}

/// Writes `times` times `bytes` bytes of the pattern.
pub(super) async fn write(
    stream: &ServedStream,
    request: &Request,
    out: &Output,
) -> Result<Reply, Reply> {
    let one = size(request.bytes, "bytes")?;
    let wanted = one.saturating_mul(request.times.unwrap_or(1));
    let _turn = stream.writes.lock().await;
    let mut done = 0;
    while done < wanted {
        let written = done % one;
        // A large write is made in pieces: none is ever there as a whole.
        let piece = (one - written).min(MAX_PIECE - written % MAX_PIECE) as usize;
        let mut data = payload::pattern(request.seed, request.offset + done, piece);
        while !data.is_empty() {
            match until(&stream.write_deadline, |cx| poll_write(stream, cx, &mut data)).await {
                Ok(taken) => done += taken as u64,
                Err(stop) => return stopped(stop, json!({ "bytes": done })),
            }
            if done < wanted {
                progress(out, request.id, done);
            }
        }
    }
    Ok(Reply::Ok(json!({ "bytes": done })))
}

/// Reads `times` times `bytes` bytes, or everything up to the end.
pub(super) async fn read(
    stream: &ServedStream,
    request: &Request,
    out: &Output,
) -> Result<Reply, Reply> {
    let one = if request.to_end {
        request.chunk.unwrap_or(64 * 1024)
    } else {
        size(request.bytes, "bytes")?
    };
    let wanted = (!request.to_end).then(|| one.saturating_mul(request.times.unwrap_or(1)));
    let _turn = stream.reads.lock().await;
    let mut buffer = vec![0; usize::try_from(one.min(MAX_PIECE)).unwrap_or(usize::MAX)];
    let mut hasher = crc32fast::Hasher::new();
    let mut done = 0;
    let stop = loop {
        if wanted == Some(done) {
            break None;
        }
        let rest = if wanted.is_some() { one - done % one } else { one };
        let room = usize::try_from(rest.min(MAX_PIECE)).unwrap_or(usize::MAX);
        match until(&stream.read_deadline, |cx| poll_read(stream, cx, &mut buffer[..room])).await {
            Ok(0) if wanted.is_none() => break None,
            Ok(0) => break Some(Stop::Failed(Error::Eof)),
            Ok(len) => {
                hasher.update(&buffer[..len]);
                done += len as u64;
                if wanted != Some(done) {
                    progress(out, request.id, done);
                }
            }
            Err(stop) => break Some(stop),
        }
    };
    let moved = json!({ "bytes": done, "crc32": hasher.finalize() });
    match stop {
        None => Ok(Reply::Ok(moved)),
        Some(stop) => stopped(stop, moved),
    }
}

fn poll_write(
    stream: &ServedStream,
    cx: &mut Context<'_>,
    data: &mut Bytes,
) -> Poll<Result<usize, Stop>> {
    match stream.handle.borrow_mut().as_mut() {
        Some(handle) => handle.poll_write_bytes(cx, data).map_err(Stop::Failed),
        None => Poll::Ready(Err(Stop::Dropped)),
    }
}

/// One read call, which takes all that is there and fits: that decides how much credit it gives.
fn poll_read(
    stream: &ServedStream,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<Result<usize, Stop>> {
    let mut handle = stream.handle.borrow_mut();
    let Some(handle) = handle.as_mut() else { return Poll::Ready(Err(Stop::Dropped)) };
    let mut buffer = ReadBuf::new(buffer);
    Pin::new(handle).poll_read(cx, &mut buffer).map(|result| match result {
        Ok(()) => Ok(buffer.filled().len()),
        Err(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
            Err(Stop::Failed(inner.copied().unwrap_or(Error::Transport)))
        }
    })
}

/// Polls until there is a result or the deadline passes, wherever it is moved meanwhile.
async fn until<T>(
    deadline: &watch::Sender<Option<Instant>>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, Stop>>,
) -> Result<T, Stop> {
    let mut deadline = deadline.subscribe();
    loop {
        let moment = *deadline.borrow_and_update();
        tokio::select! {
            biased;
            result = poll_fn(&mut poll) => return result,
            _ = deadline.changed() => {}
            () = async { match moment {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            } } => return Err(Stop::Deadline),
        }
    }
}

fn stopped(stop: Stop, mut moved: Value) -> Result<Reply, Reply> {
    let (class, native) = match stop {
        Stop::Dropped => return Err(dropped()),
        Stop::Deadline => (json!("deadline"), "deadline passed".to_owned()),
        Stop::Failed(error) => (json!(error_class(&error)), error.to_string()),
    };
    moved["class"] = class;
    moved["native"] = native.into();
    Ok(Reply::Err(moved))
}

fn progress(out: &Output, id: u64, bytes: u64) {
    out.event(&json!({ "event": "progress", "of": id, "bytes": bytes }));
}

fn size(given: Option<u64>, name: &str) -> Result<u64, Reply> {
    match given {
        Some(bytes) if bytes > 0 && bytes <= MAX_SIZE => Ok(bytes),
        Some(bytes) => {
            Err(Reply::Fault(format!("expected {name:?} from 1 to {MAX_SIZE}, found {bytes}")))
        }
        None => Err(Reply::Fault(format!("the request has no {name:?}"))),
    }
}

/// One library call reads or writes at most this much.
const MAX_PIECE: u64 = 16 << 20;

/// One read or write of the protocol.
const MAX_SIZE: u64 = 256 << 20;
