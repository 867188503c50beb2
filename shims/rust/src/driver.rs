//! `Driver`: the task of a session, which polls the library whatever else happens.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::mpsc::UnboundedReceiver;

use crate::failure::{Class, Failure, Over};
use crate::library::Library;

/// What the session is asked for. Calls of one kind are made in the order in which they come.
pub(crate) enum Command<S> {
    Accept(Deliver<S>),
    Close(Deliver<()>),
    Count(Deliver<u64>),
    End,
    GoAway(Deliver<()>),
    Open(Deliver<S>),
    Ping(Deliver<()>),
}

/// Takes the result of a call.
pub(crate) type Deliver<T> = Box<dyn FnOnce(Result<T, Failure>) + Send>;

/// Takes the end of the session.
pub(crate) type Report = Box<dyn FnOnce(&Failure) + Send>;

pub(crate) struct Driver<L: Library> {
    /// `None` once the session has ended: who has been told so drops it.
    library: Option<L>,
    commands: UnboundedReceiver<Command<L::Stream>>,
    over: Over,
    report: Option<Report>,
    opens: VecDeque<Deliver<L::Stream>>,
    accepts: VecDeque<Deliver<L::Stream>>,
    go_aways: VecDeque<Deliver<()>>,
    closes: VecDeque<Deliver<()>>,
    pings: VecDeque<Deliver<()>>,
    counts: VecDeque<Deliver<u64>>,
    /// Streams that no `accept` has asked for.
    inbound: VecDeque<L::Stream>,
    is_ending: bool,
    /// Whether the library was asked to close the session, which is done once.
    is_closing: bool,
}

/// Results that are still to be told.
type News = Vec<Box<dyn FnOnce() + Send>>;

impl<L: Library> Driver<L> {
    pub(crate) fn new(
        library: L,
        commands: UnboundedReceiver<Command<L::Stream>>,
        over: Over,
        report: Report,
    ) -> Self {
        Self {
            library: Some(library),
            commands,
            over,
            report: Some(report),
            opens: VecDeque::new(),
            accepts: VecDeque::new(),
            go_aways: VecDeque::new(),
            closes: VecDeque::new(),
            pings: VecDeque::new(),
            counts: VecDeque::new(),
            inbound: VecDeque::new(),
            is_ending: false,
            is_closing: false,
        }
    }

    /// Does what can be done, and is ready after `Command::End` when the session has ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(command)) = self.commands.poll_recv(cx) {
            self.take_up(command);
        }
        let mut news = News::new();
        self.poll_library(cx, &mut news);
        for tell in news {
            tell();
        }
        while !self.inbound.is_empty() && !self.accepts.is_empty() {
            if let (Some(accept), Some(stream)) =
                (self.accepts.pop_front(), self.inbound.pop_front())
            {
                accept(Ok(stream));
            }
        }
        let Some(end) = self.over.cause() else { return Poll::Pending };
        if let Some(report) = self.report.take() {
            report(&end);
        }
        self.refuse(&end);
        if self.is_ending { Poll::Ready(()) } else { Poll::Pending }
    }

    fn take_up(&mut self, command: Command<L::Stream>) {
        match command {
            Command::Accept(deliver) => self.accepts.push_back(deliver),
            Command::Close(deliver) => {
                self.is_closing = true;
                self.closes.push_back(deliver);
            }
            Command::Count(deliver) => self.counts.push_back(deliver),
            Command::End => {
                self.is_ending = true;
                if !mem::replace(&mut self.is_closing, true) {
                    self.closes.push_back(Box::new(drop));
                }
            }
            Command::GoAway(deliver) => self.go_aways.push_back(deliver),
            Command::Open(deliver) => self.opens.push_back(deliver),
            Command::Ping(deliver) => self.pings.push_back(deliver),
        }
    }

    /// Polls everything that waits. Whoever asks whether the session is over waits until this has returned: the calls that an
    /// end wakes must not be quicker than the end.
    fn poll_library(&mut self, cx: &mut Context<'_>, news: &mut News) {
        let over = self.over.clone();
        let mut cause = over.lock();
        let Some(library) = &mut self.library else { return };
        serve(&mut self.opens, news, || library.poll_open(cx));
        serve(&mut self.go_aways, news, || library.poll_go_away(cx));
        serve(&mut self.pings, news, || library.poll_ping(cx));
        serve(&mut self.counts, news, || Poll::Ready(Ok(library.count_streams())));
        serve(&mut self.closes, news, || library.poll_close(cx));
        while let Poll::Ready(next) = library.poll_inbound(cx) {
            match next {
                Ok(stream) => self.inbound.push_back(stream),
                Err(end) => {
                    *cause = Some(Arc::new(end));
                    self.library = None;
                    return;
                }
            }
        }
        let is_closed = self.is_ending && self.closes.is_empty();
        if is_closed && library.poll_drained(cx).is_ready() {
            *cause = Some(Arc::new(Failure::new(Class::SessionShutdown, "closed and dropped")));
            self.library = None;
        }
    }

    /// Answers what waits for a session that has ended.
    fn refuse(&mut self, end: &Failure) {
        for accept in self.accepts.drain(..) {
            accept(Err(end.clone()));
        }
        let shutdown = Failure::new(Class::SessionShutdown, &end.native);
        for open in self.opens.drain(..) {
            open(Err(shutdown.clone()));
        }
        for call in self.go_aways.drain(..).chain(self.pings.drain(..)) {
            call(Err(shutdown.clone()));
        }
        for count in self.counts.drain(..) {
            count(Err(shutdown.clone()));
        }
        for close in self.closes.drain(..) {
            close(Ok(()));
        }
    }
}

/// Makes calls of one kind until one must wait.
fn serve<T: Send + 'static>(
    waiting: &mut VecDeque<Deliver<T>>,
    news: &mut News,
    mut call: impl FnMut() -> Poll<Result<T, Failure>>,
) {
    while !waiting.is_empty() {
        let Poll::Ready(result) = call() else { return };
        if let Some(deliver) = waiting.pop_front() {
            news.push(Box::new(move || deliver(result)));
        }
    }
}
