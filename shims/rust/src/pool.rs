//! `Pool`: the tasks of a process in lockstep, which run on one thread until none of them can go on.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::stream::{FuturesUnordered, StreamExt};

/// Where the tasks of a server run.
#[derive(Clone)]
pub(crate) enum Spawner {
    /// On the threads of tokio.
    Live,
    /// In a pool.
    Pool(Arc<Waiting>),
}

/// Tasks that a pool has not begun yet.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Vec<Task>>);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks that there are. Each is polled only when it was woken, and in the order in which they were.
pub(crate) struct Pool {
    tasks: FuturesUnordered<Task>,
    waiting: Arc<Waiting>,
    bell: Arc<Bell>,
}

/// Rings when any task of a pool is woken.
#[derive(Default)]
pub(crate) struct Bell {
    has_rung: AtomicBool,
    listener: Mutex<Option<Waker>>,
}

impl Spawner {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match self {
            Self::Live => drop(tokio::spawn(task)),
            Self::Pool(waiting) => waiting.tasks().push(Box::pin(task)),
        }
    }
}

impl Waiting {
    fn tasks(&self) -> MutexGuard<'_, Vec<Task>> {
        self.0.lock().expect("no panic is survived")
    }
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self { tasks: FuturesUnordered::new(), waiting: Arc::default(), bell: Arc::default() }
    }

    pub(crate) fn spawner(&self) -> Spawner {
        Spawner::Pool(self.waiting.clone())
    }

    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Returns once every task waits. A task is woken on this thread only, so what nobody has woken by then stays asleep
    /// until bytes come or time passes. It must not be called in a runtime's `block_on`, where tokio's own
    /// parts put a task off now and then, and wake it later.
    pub(crate) fn rest(&mut self) {
        let waker = Waker::from(self.bell.clone());
        let mut cx = Context::from_waker(&waker);
        loop {
            self.bell.has_rung.store(false, Ordering::Relaxed);
            self.tasks.extend(self.waiting.tasks().drain(..));
            let polled = self.tasks.poll_next_unpin(&mut cx);
            let has_more = self.bell.has_rung() || !self.waiting.tasks().is_empty();
            // One that is over says nothing of the others.
            if !matches!(polled, Poll::Ready(Some(()))) && !has_more {
                return;
            }
        }
    }
}

impl Bell {
    pub(crate) fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Relaxed)
    }

    /// Ready once it has rung since the pool came to rest.
    pub(crate) fn poll_rung(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_rung() {
            return Poll::Ready(());
        }
        *self.listener() = Some(cx.waker().clone());
        Poll::Pending
    }

    fn listener(&self) -> MutexGuard<'_, Option<Waker>> {
        self.listener.lock().expect("no panic is survived")
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.has_rung.store(true, Ordering::Relaxed);
        let listener = self.listener().take();
        if let Some(listener) = listener {
            listener.wake();
        }
    }
}
