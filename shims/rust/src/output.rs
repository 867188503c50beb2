//! `Output`: the lines to the harness. On the live clock a thread of its own writes them, so that no call waits for a pipe; in
//! lockstep they wait until the harness has sent all that it has to say.

use std::io::Write;
use std::mem;
use std::process;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::settings::Refused;

/// Where all lines go, in order.
#[derive(Clone)]
pub(crate) enum Output {
    Thread(Sender<Message>),
    Buffer(Arc<Mutex<Buffer>>),
}

#[derive(Debug)]
pub(crate) enum Message {
    Line(Value),
    /// To be answered once everything before it is written.
    Flush(Sender<()>),
}

/// Lines that are not written yet.
pub(crate) struct Buffer {
    lines: Vec<u8>,
    /// Whether there was a line since somebody asked last.
    has_news: bool,
    out: Box<dyn Write + Send>,
}

/// An answer to a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The library did it.
    Ok(Value),
    /// The library said no; with what it had done before.
    Err(Failure, Value),
    /// The library has no such thing.
    Unsupported(String),
    /// The request is wrong.
    Fault(String),
}

impl Output {
    /// Begins to write.
    pub(crate) fn to(out: impl Write + Send + 'static) -> Self {
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || write(&messages, out));
        Self::Thread(sender)
    }

    /// Lets lines wait for `flush`.
    pub(crate) fn buffered(out: impl Write + Send + 'static) -> Self {
        let out = Box::new(out);
        Self::Buffer(Arc::new(Mutex::new(Buffer { lines: Vec::new(), has_news: false, out })))
    }

    /// Whether there was a line since `forget_news`.
    pub(crate) fn has_news(&self) -> bool {
        matches!(self, Self::Buffer(buffer) if locked(buffer).has_news)
    }

    pub(crate) fn forget_news(&self) {
        if let Self::Buffer(buffer) = self {
            locked(buffer).has_news = false;
        }
    }

    pub(crate) fn answer(&self, id: u64, answer: Answer) {
        self.line(match answer {
            Answer::Ok(done) => json!({"id": id, "ok": done}),
            Answer::Err(Failure { class, native }, mut done) => {
                done["class"] = json!(class);
                done["native"] = json!(native);
                json!({"id": id, "err": done})
            }
            Answer::Unsupported(reason) => json!({"id": id, "unsupported": {"reason": reason}}),
            Answer::Fault(message) => json!({"id": id, "fault": {"message": message}}),
        });
    }

    pub(crate) fn progress(&self, of: u64, bytes: u64) {
        self.line(json!({"event": "progress", "of": of, "bytes": bytes}));
    }

    pub(crate) fn session_end(&self, session: &str, Failure { class, native }: &Failure) {
        let event = "session_end";
        self.line(json!({"event": event, "session": session, "class": class, "native": native}));
    }

    pub(crate) fn fault(&self, message: &str) {
        self.line(json!({"event": "fault", "message": message}));
    }

    /// Returns once everything is written.
    pub(crate) fn flush(&self) {
        match self {
            Self::Thread(writer) => {
                let (done, written) = mpsc::channel();
                let _ = writer.send(Message::Flush(done));
                let _ = written.recv();
            }
            Self::Buffer(buffer) => {
                let mut buffer = locked(buffer);
                let lines = mem::take(&mut buffer.lines);
                put(&mut buffer.out, &lines);
            }
        }
    }

    fn line(&self, line: Value) {
        match self {
            // The thread at the other end lives as long as the process.
            Self::Thread(writer) => drop(writer.send(Message::Line(line))),
            Self::Buffer(_) => self.write(&line.to_string()),
        }
    }

    /// Puts a line into the buffer as it is.
    pub(crate) fn write(&self, line: &str) {
        if let Self::Buffer(buffer) = self {
            let mut buffer = locked(buffer);
            buffer.has_news = true;
            buffer.lines.extend_from_slice(line.as_bytes());
            buffer.lines.push(b'\n');
        }
    }
}

impl Answer {
    /// The answer to a call that either worked or did not, and has nothing else to tell.
    pub(crate) fn plain(result: Result<(), Failure>) -> Self {
        match result {
            Ok(()) => Self::Ok(json!({})),
            Err(failure) => Self::Err(failure, json!({})),
        }
    }
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fault(message) => Self::Fault(message),
            Refused::Unsupported(reason) => Self::Unsupported(reason),
        }
    }
}

fn write(messages: &Receiver<Message>, mut out: impl Write) {
    for message in messages {
        match message {
            Message::Line(line) => put(&mut out, format!("{line}\n").as_bytes()),
            Message::Flush(done) => drop(done.send(())),
        }
    }
}

fn put(out: &mut impl Write, lines: &[u8]) {
    if let Err(error) = out.write_all(lines).and_then(|()| out.flush()) {
        eprintln!("cannot write to the harness: {error}");
        process::exit(1);
    }
}

fn locked(buffer: &Mutex<Buffer>) -> MutexGuard<'_, Buffer> {
    buffer.lock().expect("no panic is survived")
}
