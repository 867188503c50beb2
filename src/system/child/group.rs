//! `ProcessGroup`: a child's process group, ended as a whole, so that the processes the child started end with it.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// The group of a child that leads its own; killed on drop.
pub(crate) struct ProcessGroup {
    id: Option<Pid>,
    is_live: Cell<bool>,
}

/// The groups of the running children.
struct Live {
    groups: Vec<(Pid, Signal)>,
    /// Whether this program is ending: a child that starts now is ended at once.
    is_ending: bool,
}

impl ProcessGroup {
    /// The group of the process with this id.
    pub(crate) fn of(id: u32) -> Self {
        Self::ended_by(id, Signal::KILL)
    }

    /// The same for a child that cleans up when told to end.
    pub(crate) fn of_polite(id: u32) -> Self {
        Self::ended_by(id, Signal::TERM)
    }

    fn ended_by(id: u32, signal: Signal) -> Self {
        let id = Pid::from_raw(id.cast_signed());
        let mut live = live();
        if let Some(group) = id {
            live.groups.push((group, signal));
            if live.is_ending {
                let _ = kill_process_group(group, signal);
            }
        }
        Self { id, is_live: Cell::new(id.is_some()) }
    }

    /// Kills it, once.
    pub(crate) fn kill(&self) {
        if let Some(group) = self.id.filter(|_| self.is_live.take()) {
            live().groups.retain(|(live, _)| *live != group);
            // A group that is empty already needs no killing.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Sends SIGQUIT, on which some languages dump every thread.
    pub(crate) fn quit(&self) {
        if let Some(group) = self.id.filter(|_| self.is_live.get()) {
            // A group that is empty already has nothing to say.
            let _ = kill_process_group(group, Signal::QUIT);
        }
    }

    /// Whether a process of it is left.
    pub(crate) fn has_members(&self) -> bool {
        self.id.is_some_and(|group| test_kill_process_group(group).is_ok())
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends every running child, and each that starts from now on: this program is ending. One that cleans up after itself is
/// asked to.
pub(crate) fn end_children() {
    let mut live = live();
    live.is_ending = true;
    for (group, signal) in &live.groups {
        let _ = kill_process_group(*group, *signal);
    }
}

/// Kills every child that is left after `end_children`.
pub(crate) fn kill_children() {
    for (group, _) in &live().groups {
        let _ = kill_process_group(*group, Signal::KILL);
    }
}

fn live() -> MutexGuard<'static, Live> {
    static LIVE: Mutex<Live> = Mutex::new(Live { groups: Vec::new(), is_ending: false });
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
