//! Reads and writes of a served stream: payload patterns, checksums, progress and deadlines.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::endpoint::{CallResult, Done};
use crate::scenario::{ErrorClass, ReadAmount};
use crate::shim::serve::stream::{GivingUp, ServedStream, cut_short, dropped, failed};
use crate::yamux::payload::Pattern;
use crate::yamux::session::Error;

/// Why a transfer stopped before its end.
enum TransferStop {
    Cancelled,
    Deadline,
    Dropped,
    Failed(Error),
}

/// Makes `times` writes of `bytes` bytes each; the payload is the pattern of a seed from an offset on. `progress` receives
/// the number of bytes written so far.
pub(super) async fn write(
    (stream, giving_up): (&ServedStream, &GivingUp),
    (bytes, times): (u64, u32),
    pattern: Pattern,
    progress: impl Fn(u64),
) -> Result<CallResult, CallResult> {
    let wanted = bytes.saturating_mul(u64::from(times));
    let _turn = stream.writes.lock().await;
    let mut done = 0;
    while done < wanted {
        let written = done % bytes;
        // A large write is produced in pieces, never as a whole.
        let piece = (bytes - written).min(MAX_PIECE - written % MAX_PIECE) as usize;
        let mut data = pattern.skip(done).bytes(piece);
        while !data.is_empty() {
            let limit = (&stream.write_deadline, giving_up);
            match until(limit, |cx| poll_write(stream, cx, &mut data)).await {
                Ok(taken) => done += taken as u64,
                Err(stop) => {
                    let told = told(stream, &stop);
                    return stopped(stop, Done { bytes: done, told, ..Done::default() });
                }
            }
            if done < wanted {
                progress(done);
            }
        }
    }
    Ok(CallResult::Done(Done { bytes: done, ..Done::default() }))
}

/// Reads `bytes` bytes. `progress` receives the number of bytes read so far.
pub(super) async fn read(
    (stream, giving_up): (&ServedStream, &GivingUp),
    amount: ReadAmount,
    progress: impl Fn(u64),
) -> Result<CallResult, CallResult> {
    let (one, wanted) = match amount {
        ReadAmount::ToEnd { chunk } => (chunk, None),
        ReadAmount::Exactly { bytes, times } => {
            (bytes, Some(bytes.saturating_mul(u64::from(times))))
        }
    };
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
        let limit = (&stream.read_deadline, giving_up);
        match until(limit, |cx| poll_read(stream, cx, &mut buffer[..room])).await {
            Ok(0) if wanted.is_none() => break None,
            Ok(0) => break Some(TransferStop::Failed(Error::Eof)),
            Ok(len) => {
                hasher.update(&buffer[..len]);
                done += len as u64;
                if wanted != Some(done) {
                    progress(done);
                }
            }
            Err(stop) => break Some(stop),
        }
    };
    let done = Done { bytes: done, crc: Some(hasher.finalize()), ..Done::default() };
    match stop {
        None => Ok(CallResult::Done(done)),
        Some(stop) => {
            let told = told(stream, &stop);
            stopped(stop, Done { told, ..done })
        }
    }
}

fn poll_write(
    stream: &ServedStream,
    cx: &mut Context<'_>,
    data: &mut Bytes,
) -> Poll<Result<usize, TransferStop>> {
    match stream.handle.borrow_mut().as_mut() {
        Some(handle) => handle.poll_write_bytes(cx, data).map_err(TransferStop::Failed),
        None => Poll::Ready(Err(TransferStop::Dropped)),
    }
}

/// One read call, which takes everything available that fits: the amount decides how much credit it gives.
fn poll_read(
    stream: &ServedStream,
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<Result<usize, TransferStop>> {
    let mut handle = stream.handle.borrow_mut();
    let Some(handle) = handle.as_mut() else { return Poll::Ready(Err(TransferStop::Dropped)) };
    let mut buffer = ReadBuf::new(buffer);
    Pin::new(handle).poll_read(cx, &mut buffer).map(|result| match result {
        Ok(()) => Ok(buffer.filled().len()),
        Err(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
            Err(TransferStop::Failed(inner.copied().unwrap_or(Error::Transport)))
        }
    })
}

/// Polls until there is a result or the deadline passes, which may be moved meanwhile.
async fn until<T>(
    (deadline, giving_up): (&watch::Sender<Option<Instant>>, &GivingUp),
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Result<T, TransferStop>>,
) -> Result<T, TransferStop> {
    let mut deadline = deadline.subscribe();
    loop {
        let moment = *deadline.borrow_and_update();
        tokio::select! {
            biased;
            result = poll_fn(&mut poll) => return result,
            () = giving_up.given_up() => return Err(TransferStop::Cancelled),
            _ = deadline.changed() => {}
            () = async { match moment {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            } } => return Err(TransferStop::Deadline),
        }
    }
}

/// The code that the caller of a transfer with this end sees.
fn told(stream: &ServedStream, stop: &TransferStop) -> Option<u32> {
    let TransferStop::Failed(error) = stop else { return None };
    stream.handle.borrow().as_ref()?.told_code(*error)
}

fn stopped(stop: TransferStop, done: Done) -> Result<CallResult, CallResult> {
    Ok(match stop {
        TransferStop::Dropped => return Err(dropped()),
        TransferStop::Cancelled => cut_short(ErrorClass::Cancelled, "given up by its caller", done),
        TransferStop::Deadline => cut_short(ErrorClass::Deadline, "deadline passed", done),
        TransferStop::Failed(error) => failed(&error, done),
    })
}

/// One library call reads or writes at most this much.
const MAX_PIECE: u64 = 16 << 20;
