//! `Spawned`: a shim's process behind its three pipes, non-blocking: lines to stdin, lines from stdout, the tail of stderr,
//! and its exit.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::process::{self, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Notify;
use tokio::sync::mpsc::{
    Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel,
};
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::shim::process::hold;
use crate::shim::protocol::ShimLine;
use crate::system::child::ProcessGroup;

/// A running process and its operations. It is killed on drop, with everything in its group.
pub(crate) struct Spawned {
    /// `None` once stdin is closed.
    stdin: RefCell<Option<UnboundedSender<String>>>,
    stderr: RefCell<VecDeque<String>>,
    group: Option<ProcessGroup>,
    kill: Rc<Notify>,
}

/// Something that a process writes, or its end.
#[derive(Debug)]
pub(crate) enum Said {
    /// A line of stdout, without its line feed.
    Line(String),
    /// A line of stdout that is longer than any of the protocol; its rest is not read.
    Endless,
    /// Its stdout has ended.
    Closed,
    /// It has ended, and nothing more comes.
    Ended(ExitStatus),
}

/// The process that a shim's command starts, with pipes and a group of its own.
pub(crate) fn command(words: &[String]) -> io::Result<process::Command> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| io::Error::other("an empty command"))?;
    let mut command = process::Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}

/// A line that a shim has printed; the error says that it is none.
pub(crate) fn line(text: &str) -> Result<ShimLine, String> {
    ShimLine::parse(text).map_err(|error| {
        let shown: String = text.chars().take(200).collect();
        format!("the shim printed something that is no line of its protocol ({error}): {shown}")
    })
}

impl Spawned {
    /// Starts the process. Must be called inside a `LocalSet`.
    pub(crate) fn start(words: &[String]) -> io::Result<(Rc<Self>, Receiver<Said>)> {
        let mut child = Command::from(command(words)?).kill_on_drop(true).spawn()?;
        hold::started(child.id(), words);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("it has no pipes"));
        };
        let (lines, outgoing) = unbounded_channel();
        // A process that floods its stdout waits for the harness.
        let (says, said) = channel(AHEAD);
        let kill = Rc::new(Notify::new());
        let spawned = Rc::new(Self {
            stdin: RefCell::new(Some(lines)),
            stderr: RefCell::default(),
            group: child.id().map(ProcessGroup::of),
            kill: Rc::clone(&kill),
        });
        spawn_local(write_lines(stdin, outgoing));
        let listening = spawn_local(keep_stderr(Rc::downgrade(&spawned), stderr));
        spawn_local(async move {
            let ended = listen(child, stdout, &says, &kill).await;
            // Its last words often say why it ended; a child of its own may hold stderr open for ever.
            let _ = timeout(LAST_WORDS, listening).await;
            if let Ok(status) = ended {
                // A reader that has gone needs no word.
                let _ = says.send(Said::Ended(status)).await;
            }
        });
        Ok((spawned, said))
    }

    /// Writes a line, which ends with its line feed. That a process is gone shows in its output.
    pub(crate) fn send(&self, line: String) {
        if let Some(stdin) = &*self.stdin.borrow() {
            let _ = stdin.send(line);
        }
    }

    /// Closes its stdin, once everything is written.
    pub(crate) fn close_stdin(&self) {
        self.stdin.borrow_mut().take();
    }

    /// Asks it to dump its state: Go and Java print their threads on SIGQUIT.
    pub(crate) fn quit(&self) {
        if let Some(group) = &self.group {
            group.quit();
        }
    }

    /// Kills it, and everything in its process group.
    pub(crate) fn kill(&self) {
        if let Some(group) = &self.group {
            group.kill();
        }
        self.kill.notify_one();
    }

    /// Whether a process of its group is left.
    pub(crate) fn has_left_children(&self) -> bool {
        self.group.as_ref().is_some_and(ProcessGroup::has_members)
    }

    /// The last lines it wrote on stderr, at most 2000.
    pub(crate) fn stderr(&self) -> Vec<String> {
        self.stderr.borrow().iter().cloned().collect()
    }

    /// Puts a line among those of stderr.
    pub(crate) fn keep(&self, mut line: String) {
        line.truncate(line.floor_char_boundary(MAX_KEPT));
        let mut kept = self.stderr.borrow_mut();
        if kept.len() == STDERR_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

async fn write_lines(mut stdin: ChildStdin, mut lines: UnboundedReceiver<String>) {
    let mut batch = Vec::new();
    while let Some(line) = lines.recv().await {
        batch.clear();
        batch.extend_from_slice(line.as_bytes());
        while let Ok(line) = lines.try_recv() {
            batch.extend_from_slice(line.as_bytes());
        }
        if stdin.write_all(&batch).await.is_err() {
            // The process is gone; the reader of its stdout says so.
            return;
        }
    }
}

/// Keeps the end of its stderr: text or not, in lines of any length.
async fn keep_stderr(spawned: std::rc::Weak<Spawned>, stderr: impl AsyncRead + Unpin) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_KEPT as u64).read_until(b'\n', &mut line).await;
        let Some(spawned) = spawned.upgrade() else { return };
        match read {
            Ok(0) | Err(_) => return,
            Ok(_) => spawned.keep(String::from_utf8_lossy(&line).trim_end().to_owned()),
        }
    }
}

/// Passes on the lines of stdout until the process has ended or is killed, then reaps it.
async fn listen(
    mut child: Child,
    stdout: ChildStdout,
    says: &Sender<Said>,
    kill: &Notify,
) -> io::Result<ExitStatus> {
    let mut reading = std::pin::pin!(read_lines(stdout, says));
    let mut is_reading = true;
    loop {
        tokio::select! {
            () = &mut reading, if is_reading => is_reading = false,
            status = child.wait() => {
                if is_reading {
                    // A child of its own may hold stdout open for ever.
                    let _ = timeout(LAST_WORDS, reading).await;
                }
                return status;
            }
            () = kill.notified() => {
                // Without a group to kill, there is still the process itself.
                let _ = child.start_kill();
                return child.wait().await;
            }
        }
    }
}

async fn read_lines(stdout: ChildStdout, says: &Sender<Said>) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        let said = match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => Said::Closed,
            Ok(read) if read as u64 == MAX_LINE => Said::Endless,
            Ok(_) => Said::Line(String::from_utf8_lossy(&line).trim_end().to_owned()),
        };
        let is_last = !matches!(said, Said::Line(_));
        if says.send(said).await.is_err() || is_last {
            return;
        }
    }
}

/// How many lines of stdout may wait.
const AHEAD: usize = 1024;
/// A dump of many goroutines or threads fits.
const STDERR_LINES: usize = 2000;
const MAX_KEPT: usize = 2048;
/// Longer than any answer on the live clock.
const MAX_LINE: u64 = 4 << 20;
const LAST_WORDS: Duration = Duration::from_millis(300);
