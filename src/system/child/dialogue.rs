//! `Dialogue`: lines to a child's stdin and from its stdout on one thread, under one deadline for both directions.

use std::io::{self, Write};
use std::process::{ChildStdin, ChildStdout};
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::pipe::fcntl_setpipe_size;

/// Why there is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// None came before the deadline.
    Late,
    /// None will: stdout has ended.
    Ended,
    /// The line is too long.
    Endless,
}

/// The two pipes of a child. Neither ever blocks: output that the child does not read is queued here.
pub(crate) struct Dialogue {
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// The unwritten text, and how much of it was written.
    unsent: Vec<u8>,
    sent: usize,
    /// Input without a whole line yet, and how much of it was searched.
    unread: Vec<u8>,
    seen: usize,
}

impl Dialogue {
    /// Takes over the pipes.
    pub(crate) fn new(stdin: ChildStdin, stdout: ChildStdout) -> io::Result<Self> {
        // A long line in one piece saves a switch between the processes for every 64 KiB. Without it everything still works.
        let _ = fcntl_setpipe_size(&stdin, PIPE_SIZE);
        let _ = fcntl_setpipe_size(&stdout, PIPE_SIZE);
        ioctl_fionbio(&stdin, true)?;
        ioctl_fionbio(&stdout, true)?;
        let (unsent, unread) = (Vec::new(), Vec::new());
        Ok(Self { stdin, stdout, unsent, sent: 0, unread, seen: 0 })
    }

    /// Queues text for writing.
    pub(crate) fn say(&mut self, text: &str) {
        self.unsent.extend_from_slice(text.as_bytes());
    }

    /// The next line that is not blank. Writes the queued text meanwhile.
    pub(crate) fn hear(&mut self, deadline: Instant) -> Result<String, Silence> {
        self.write();
        loop {
            // A child that writes endlessly must not keep this from ending.
            if Instant::now() > deadline {
                return Err(Silence::Late);
            }
            if let Some(line) = self.line() {
                if !line.trim().is_empty() {
                    return Ok(line);
                }
                continue;
            }
            if self.unread.len() > MAX_LINE {
                return Err(Silence::Endless);
            }
            self.wait(deadline)?;
            self.write();
            self.unread.reserve(READ_SIZE);
            match rustix::io::read(&self.stdout, spare_capacity(&mut self.unread)) {
                Ok(0) => return Err(Silence::Ended),
                Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => return Err(Silence::Ended),
            }
        }
    }

    /// The first whole line.
    fn line(&mut self) -> Option<String> {
        let Some(at) = self.unread[self.seen..].iter().position(|byte| *byte == b'\n') else {
            self.seen = self.unread.len();
            return None;
        };
        let rest = self.unread.split_off(self.seen + at + 1);
        let line = std::mem::replace(&mut self.unread, rest);
        self.seen = 0;
        let lossy = |wrong: std::string::FromUtf8Error| {
            String::from_utf8_lossy(wrong.as_bytes()).into_owned()
        };
        Some(String::from_utf8(line).unwrap_or_else(lossy))
    }

    /// Writes as much as the pipe accepts.
    fn write(&mut self) {
        while self.sent < self.unsent.len() {
            match self.stdin.write(&self.unsent[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A child that cannot be written to has nothing more to say either, as its stdout will show.
                Err(_) => break,
            }
        }
        self.unsent.clear();
        self.sent = 0;
    }

    /// Waits until a pipe is ready for one of the wanted operations.
    fn wait(&self, deadline: Instant) -> Result<(), Silence> {
        let mut files =
            [PollFd::new(&self.stdout, PollFlags::IN), PollFd::new(&self.stdin, PollFlags::OUT)];
        let wanted = if self.unsent.is_empty() { 1 } else { 2 };
        let left = deadline.saturating_duration_since(Instant::now());
        match poll(&mut files[..wanted], Timespec::try_from(left).ok().as_ref()) {
            Ok(0) => Err(Silence::Late),
            // Errors of a pipe show when it is used.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

const READ_SIZE: usize = 64 * 1024;

/// The most an unprivileged process may ask for.
const PIPE_SIZE: usize = 1 << 20;

/// Longer than the output of one step, for which the room is limited.
const MAX_LINE: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use super::*;

    fn start(script: &str) -> (Child, Dialogue) {
        let mut child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let dialogue = Dialogue::new(child.stdin.take().unwrap(), child.stdout.take().unwrap());
        (child, dialogue.unwrap())
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn more_than_a_pipe_crosses_both_ways() {
        let (mut child, mut dialogue) = start("cat");
        let line = "x".repeat(6 << 20) + "\n";
        dialogue.say(&line);
        dialogue.say("\nlast\n");
        assert_eq!(dialogue.hear(late()).map(|heard| heard == line), Ok(true));
        assert_eq!(dialogue.hear(late()).as_deref(), Ok("last\n"));
        drop(dialogue);
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn a_child_that_does_not_read_is_late() {
        let (mut child, mut dialogue) = start("exec sleep 600");
        dialogue.say(&"x".repeat(8 << 20));
        assert_eq!(dialogue.hear(soon()), Err(Silence::Late));
        child.kill().unwrap();
        assert_eq!(dialogue.hear(late()), Err(Silence::Ended));
        child.wait().unwrap();
    }

    #[test]
    fn a_child_that_never_stops_talking_is_late() {
        let (mut child, mut dialogue) = start("exec yes");
        let deadline = soon();
        let silence = std::iter::from_fn(|| dialogue.hear(deadline).err().or(Some(Silence::Ended)));
        assert!(silence.take(1_000_000_000).any(|silence| silence == Silence::Late));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
