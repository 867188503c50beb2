//! `Session`: a yamux session and the streams that the harness has labels for.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_util::task::TaskTracker;

use crate::driver::{Command, Deliver, Driver};
use crate::failure::{Failure, Over};
use crate::giving_up::GiversUp;
use crate::handle::Handle;
use crate::library::{Library, Stream};
use crate::output::{Answer, Output};
use crate::pool::Spawner;

pub(crate) struct Session<S> {
    pub(crate) name: String,
    pub(crate) out: Output,
    spawner: Spawner,
    commands: UnboundedSender<Command<S>>,
    over: Over,
    /// `None` for a label whose `open` or `accept` is not over.
    streams: Mutex<HashMap<String, Option<Arc<Handle<S>>>>>,
    pub(crate) givers_up: Arc<GiversUp>,
    /// The driver, and the calls that are not answered yet.
    calls: TaskTracker,
}

impl<S: Stream> Session<S> {
    /// A session, and the driver that must run for it.
    pub(crate) fn begin<L: Library<Stream = S>>(
        name: String,
        library: L,
        out: Output,
        spawner: Spawner,
    ) -> (Arc<Self>, impl Future<Output = ()> + Send + use<L, S>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let over = Over::default();
        let (to, of) = (out.clone(), name.clone());
        let report = Box::new(move |end: &Failure| to.session_end(&of, end));
        let mut driver = Driver::new(library, receiver, over.clone(), report);
        let calls = TaskTracker::new();
        let driver = calls.track_future(async move { poll_fn(|cx| driver.poll(cx)).await });
        let (streams, givers_up) = (Mutex::default(), Arc::default());
        let session = Self { name, out, spawner, commands, over, streams, givers_up, calls };
        (Arc::new(session), driver)
    }

    /// Makes a call as a task of its own, and answers it.
    pub(crate) fn spawn(&self, id: u64, call: impl Future<Output = Answer> + Send + 'static) {
        let out = self.out.clone();
        let call = async move { out.answer(id, call.await) };
        self.spawner.spawn(self.calls.track_future(call));
    }

    /// Asks for a stream, which gets the label.
    pub(crate) fn name_stream(
        self: &Arc<Self>,
        id: u64,
        label: &str,
        ask: fn(Deliver<S>) -> Command<S>,
    ) -> Result<(), String> {
        if self.streams().contains_key(label) {
            return Err(format!(
                "stream {label:?} is already there: a label names one stream until it is dropped"
            ));
        }
        self.streams().insert(label.to_owned(), None);
        let (session, label, token) = (self.clone(), label.to_owned(), self.calls.token());
        self.command(ask(Box::new(move |result| {
            let answer = match result {
                Ok(stream) => {
                    let number = stream.number();
                    let handle = Handle::new(stream, session.over.clone());
                    session.streams().insert(label, Some(Arc::new(handle)));
                    Answer::Ok(json!({"stream_number": number}))
                }
                Err(failure) => {
                    session.streams().remove(&label);
                    Answer::Err(failure, json!({}))
                }
            };
            session.out.answer(id, answer);
            drop(token);
        })));
        Ok(())
    }

    /// Asks for something that is about no stream; `tell` says what there is to tell of it.
    pub(crate) fn ask<T: 'static>(
        &self,
        id: u64,
        ask: fn(Deliver<T>) -> Command<S>,
        tell: fn(T) -> Value,
    ) {
        let (out, token) = (self.out.clone(), self.calls.token());
        self.command(ask(Box::new(move |result| {
            out.answer(
                id,
                match result {
                    Ok(done) => Answer::Ok(tell(done)),
                    Err(failure) => Answer::Err(failure, json!({})),
                },
            );
            drop(token);
        })));
    }

    /// The stream that a request is about.
    pub(crate) fn stream(&self, label: &str) -> Result<Arc<Handle<S>>, String> {
        let name = &self.name;
        match self.streams().get(label) {
            Some(Some(handle)) => Ok(handle.clone()),
            Some(None) => Err(format!(
                "stream {label:?} is not there yet: wait for the answer to its request"
            )),
            None => Err(format!("there is no stream {label:?} in session {name:?}")),
        }
    }

    /// Frees a label.
    pub(crate) fn forget(&self, label: &str) {
        self.streams().remove(label);
    }

    /// Closes the session, and returns when its calls are answered and nothing more will be said about it.
    pub(crate) async fn end(&self) {
        self.command(Command::End);
        self.calls.close();
        self.calls.wait().await;
        self.streams().clear();
    }

    fn command(&self, command: Command<S>) {
        // The driver lives until `end`, after which no request finds the session.
        let _ = self.commands.send(command);
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<String, Option<Arc<Handle<S>>>>> {
        self.streams.lock().expect("no panic is survived")
    }
}
