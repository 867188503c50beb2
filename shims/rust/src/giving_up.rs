//! `GivingUp`: what drops the future of a call before it is ready.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::failure::{Class, Failure};

/// The calls of a session that can be given up, by their requests.
#[derive(Default)]
pub(crate) struct GiversUp(Mutex<HashMap<u64, oneshot::Sender<()>>>);

/// Tells a call that it is given up.
pub(crate) struct GivingUp {
    told: oneshot::Receiver<()>,
    is_told: bool,
    id: u64,
    all: Arc<GiversUp>,
}

impl GiversUp {
    /// What tells the call of that request.
    pub(crate) fn of(self: &Arc<Self>, id: u64) -> GivingUp {
        let (sender, told) = oneshot::channel();
        self.lock().insert(id, sender);
        GivingUp { told, is_told: false, id, all: self.clone() }
    }

    /// Gives up the call of that request, if it goes on.
    pub(crate) fn give_up(&self, id: u64) {
        if let Some(call) = self.lock().remove(&id) {
            // A call that has just ended needs no word.
            let _ = call.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<()>>> {
        self.0.lock().expect("no panic is survived")
    }
}

impl GivingUp {
    /// Polls one call of the library unless its caller has given it up; then it is dropped, not polled.
    pub(crate) fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Context<'_>) -> Poll<Result<T, Failure>>,
    ) -> Poll<Result<T, Failure>> {
        if !self.is_told {
            self.is_told = pin!(&mut self.told).poll(cx).is_ready();
        }
        match self.is_told {
            true => Poll::Ready(Err(Failure::new(Class::Cancelled, "the future is dropped"))),
            false => call(cx),
        }
    }
}

impl Drop for GivingUp {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
    }
}
