//! `Turns`: calls of one kind are made one after another, in the order in which they were asked for.

use std::future::Future;

use tokio::sync::oneshot;

/// The order of calls of one kind.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// Ends when the call that was put in last is over; `None` if there was none.
    last: Option<oneshot::Receiver<()>>,
}

impl Turns {
    /// The call as one that waits for its turn.
    pub(crate) fn put<F: Future>(&mut self, call: F) -> impl Future<Output = F::Output> + use<F> {
        let (over, next) = oneshot::channel();
        let before = self.last.replace(next);
        async move {
            if let Some(before) = before {
                // It sends nothing: its end is the news.
                let _ = before.await;
            }
            let result = call.await;
            drop::<oneshot::Sender<()>>(over);
            result
        }
    }
}
