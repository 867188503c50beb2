//! `ShimGroup`: a shim's process group, which is killed as a whole, so that what the shim started goes with it.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The group of a shim that leads its own; killed when this goes.
pub(crate) struct ShimGroup(Cell<Option<Pid>>);

impl ShimGroup {
    /// The group of the process with this id.
    pub(crate) fn of(id: u32) -> Self {
        let group = Pid::from_raw(id.cast_signed());
        groups().extend(group);
        Self(Cell::new(group))
    }

    /// Kills it, once.
    pub(crate) fn kill(&self) {
        if let Some(group) = self.0.take() {
            groups().retain(|live| *live != group);
            // A group that is empty already needs no killing.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for ShimGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills every shim that is running, for a program that ends without waiting for them.
pub fn kill_shims() {
    for group in std::mem::take(&mut *groups()) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The process groups of the shims that are running.
fn groups() -> MutexGuard<'static, Vec<Pid>> {
    static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
