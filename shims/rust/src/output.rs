//! `Output`: the lines to the harness, written by a thread of its own, so that no call waits for a pipe.

use std::io::Write;
use std::process;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::settings::Refused;

/// Where all lines go, in order.
#[derive(Clone, Debug)]
pub(crate) struct Output(Sender<Message>);

#[derive(Debug)]
enum Message {
    Line(Value),
    /// To be answered once everything before it is written.
    Flush(Sender<()>),
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
        Self(sender)
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
        let (done, written) = mpsc::channel();
        let _ = self.0.send(Message::Flush(done));
        let _ = written.recv();
    }

    fn line(&self, line: Value) {
        // The thread at the other end lives as long as the process.
        let _ = self.0.send(Message::Line(line));
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
            Message::Line(line) => {
                let written =
                    out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
                if let Err(error) = written {
                    eprintln!("cannot write to the harness: {error}");
                    process::exit(1);
                }
            }
            Message::Flush(done) => drop(done.send(())),
        }
    }
}
