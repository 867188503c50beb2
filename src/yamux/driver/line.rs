//! `WaitLine`: a queue of tasks that wait for the same thing.

use std::collections::BTreeMap;
use std::task::{Context, Waker};

/// Tasks that wait for the same thing, in order of arrival. They are called one at a time, so that no more of them
/// wake than can proceed.
#[derive(Debug, Default)]
pub(super) struct WaitLine {
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

/// A task's place in a queue, once it has one. It keeps its place until it leaves.
#[derive(Debug, Default)]
pub(super) struct LinePlace(Option<u64>);

impl WaitLine {
    /// Whether no task waits to be called.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Waits to be called; a task that was called but could not proceed gets its old place back.
    pub(super) fn wait(&mut self, place: &mut LinePlace, cx: &Context<'_>) {
        let number = *place.0.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        match self.waiting.get_mut(&number) {
            Some(waker) => waker.clone_from(cx.waker()),
            None => _ = self.waiting.insert(number, cx.waker().clone()),
        }
    }

    /// Calls the first task.
    pub(super) fn call(&mut self) -> Option<Waker> {
        self.waiting.pop_first().map(|(_, waker)| waker)
    }

    /// Calls all tasks.
    pub(super) fn call_all(&mut self, wakers: &mut Vec<Waker>) {
        wakers.extend(std::mem::take(&mut self.waiting).into_values());
    }

    /// Removes a task; returns whether it had been called, in which case another must be called in its place.
    pub(super) fn leave(&mut self, place: &mut LinePlace) -> bool {
        place.0.take().is_some_and(|number| self.waiting.remove(&number).is_none())
    }
}
