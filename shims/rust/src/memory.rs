//! A connection in memory: `NearEnd` is the library's socket in lockstep, `FarEnd` is for whoever stands in for the network.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

/// The library's end. Letting go of it closes it.
pub(crate) struct NearEnd(Arc<Link>);

/// The other end.
#[derive(Clone)]
pub(crate) struct FarEnd(Arc<Link>);

/// How the library's input ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputEnd {
    /// In order; it may go on writing.
    Eof,
    /// By a reset, after which it cannot write either.
    Reset,
}

/// Both ends of a connection on which `capacity` bytes may wait to be taken.
pub(crate) fn connect(capacity: usize) -> (NearEnd, FarEnd) {
    let state = State {
        capacity,
        input: VecDeque::new(),
        input_end: None,
        output: Vec::new(),
        is_closed: false,
        reader: None,
        writer: None,
    };
    let link = Arc::new(Link(Mutex::new(state)));
    (NearEnd(link.clone()), FarEnd(link))
}

struct Link(Mutex<State>);

struct State {
    capacity: usize,
    input: VecDeque<Piece>,
    input_end: Option<InputEnd>,
    output: Vec<u8>,
    /// Whether the library writes no more.
    is_closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// Input of which one read returns `segment` bytes at most.
struct Piece {
    bytes: Vec<u8>,
    read: usize,
    segment: usize,
}

impl Link {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic is survived")
    }

    /// Changes something, and wakes whoever waits for that.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let changed = change(&mut state);
        let wakers = [state.reader.take(), state.writer.take()];
        drop(state);
        wakers.into_iter().flatten().for_each(Waker::wake);
        changed
    }
}

impl NearEnd {
    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.0.state();
        let state = &mut *state;
        let Some(first) = state.input.front_mut() else {
            return match state.input_end {
                Some(InputEnd::Eof) => Poll::Ready(Ok(())),
                Some(InputEnd::Reset) => Poll::Ready(Err(system_error(libc::ECONNRESET))),
                None => {
                    state.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        };
        let left = &first.bytes[first.read..];
        let count = left.len().min(first.segment).min(buf.remaining());
        buf.put_slice(&left[..count]);
        first.read += count;
        if first.read == first.bytes.len() {
            state.input.pop_front();
        }
        Poll::Ready(Ok(()))
    }

    /// Takes as much as there is room for.
    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.state();
        if state.is_closed || state.input_end == Some(InputEnd::Reset) {
            return Poll::Ready(Err(system_error(libc::EPIPE)));
        }
        let count = buf.len().min(state.capacity.saturating_sub(state.output.len()));
        if count == 0 && !buf.is_empty() {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        state.output.extend_from_slice(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    /// Ends the output; reading goes on.
    pub(crate) fn close(&self) {
        self.0.change(|state| state.is_closed = true);
    }
}

impl Drop for NearEnd {
    fn drop(&mut self) {
        self.close();
    }
}

impl FarEnd {
    /// Gives the library bytes to read, at most `segment` of them at once.
    pub(crate) fn deliver(&self, bytes: Vec<u8>, segment: usize) {
        self.0.change(|state| {
            if !bytes.is_empty() && state.input_end.is_none() {
                state.input.push_back(Piece { bytes, read: 0, segment });
            }
        });
    }

    /// Ends what the library reads, behind what was delivered.
    pub(crate) fn end_input(&self, end: InputEnd) {
        self.0.change(|state| {
            if state.input_end.is_none() || end == InputEnd::Reset {
                state.input_end = Some(end);
            }
        });
    }

    /// How many bytes wait to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.0.state().output.len()
    }

    /// Takes at most so many of them.
    pub(crate) fn take(&self, most: usize) -> Vec<u8> {
        if most == 0 || self.waiting() == 0 {
            return Vec::new();
        }
        self.0.change(|state| {
            let rest = state.output.split_off(most.min(state.output.len()));
            mem::replace(&mut state.output, rest)
        })
    }

    /// Whether the library writes no more, and everything was taken.
    pub(crate) fn has_ended(&self) -> bool {
        let state = self.0.state();
        state.is_closed && state.output.is_empty()
    }
}

/// The error of a socket, which libraries tell from their own by its number.
fn system_error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(near: &NearEnd, most: usize) -> Poll<io::Result<Vec<u8>>> {
        let mut buf = vec![0; most];
        let mut buf = ReadBuf::new(&mut buf);
        let read = near.poll_read(&mut Context::from_waker(Waker::noop()), &mut buf);
        read.map_ok(|()| buf.filled().to_vec())
    }

    fn write(near: &NearEnd, buf: &[u8]) -> Poll<io::Result<usize>> {
        near.poll_write(&mut Context::from_waker(Waker::noop()), buf)
    }

    fn number<T>(poll: Poll<io::Result<T>>) -> Option<i32> {
        match poll {
            Poll::Ready(Err(error)) => error.raw_os_error(),
            _ => None,
        }
    }

    #[test]
    fn a_read_returns_no_more_than_a_segment() {
        let (near, far) = connect(10);
        assert!(read(&near, 10).is_pending());
        far.deliver(vec![1, 2, 3, 4, 5], 2);
        far.deliver(vec![6, 7], 7);
        far.end_input(InputEnd::Eof);
        let mut pieces = Vec::new();
        for most in [10, 1, 10, 10, 10, 10] {
            let Poll::Ready(Ok(piece)) = read(&near, most) else { panic!("no bytes") };
            pieces.push(piece);
        }
        assert_eq!(pieces, [vec![1, 2], vec![3], vec![4, 5], vec![6, 7], vec![], vec![]]);
    }

    #[test]
    fn a_write_takes_what_there_is_room_for() {
        let (near, far) = connect(3);
        assert!(matches!(write(&near, &[1, 2, 3, 4]), Poll::Ready(Ok(3))));
        assert!(write(&near, &[4]).is_pending());
        assert_eq!((far.take(2), far.waiting()), (vec![1, 2], 1));
        assert!(matches!(write(&near, &[4]), Poll::Ready(Ok(1))));
        drop(near);
        assert!(!far.has_ended());
        assert_eq!(far.take(usize::MAX), [3, 4]);
        assert!(far.has_ended());
    }

    #[test]
    fn a_reset_ends_both_directions_and_a_close_one() {
        let (near, far) = connect(3);
        near.close();
        assert_eq!(number(write(&near, &[1])), Some(libc::EPIPE));
        far.deliver(vec![1], 1);
        assert!(matches!(read(&near, 1), Poll::Ready(Ok(read)) if read == [1]));
        let (near, far) = connect(3);
        far.deliver(vec![1], 1);
        far.end_input(InputEnd::Reset);
        assert!(matches!(read(&near, 1), Poll::Ready(Ok(read)) if read == [1]));
        assert_eq!(number(read(&near, 1)), Some(libc::ECONNRESET));
        assert_eq!(number(write(&near, &[1])), Some(libc::EPIPE));
    }
}
