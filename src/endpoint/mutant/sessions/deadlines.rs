//! Mutants that mishandle deadlines, above all those set while a call is blocked. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::done;
use crate::endpoint::mutant::{Mutant, Tamper};
use crate::endpoint::{CallResult, Done, Request};
use crate::scenario::{Action, ErrorClass, Label};
use crate::yamux::payload::Pattern;
use crate::yamux::time::Time;

/// The calls that a deadline applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CallHalf {
    Reads,
    Writes,
}

use CallHalf::{Reads, Writes};

/// A deadline that is being set.
struct Setting {
    half: CallHalf,
    now: Time,
    /// The previous deadline.
    before: Option<Time>,
    /// The new deadline.
    after: Option<Time>,
    /// Whether a call that it applies to is running.
    is_awaited: bool,
}

impl Setting {
    fn is_first(&self) -> bool {
        self.is_awaited && self.before.is_none() && self.after.is_some_and(|at| at > self.now)
    }

    fn is_later(&self) -> bool {
        self.is_awaited
            && self.before.is_some_and(|before| self.after.is_some_and(|at| at > before))
    }

    fn is_earlier(&self) -> bool {
        self.is_awaited
            && self.before.is_some_and(|before| self.after.is_some_and(|at| at < before))
    }

    fn is_cleared(&self) -> bool {
        self.is_awaited && self.before.is_some() && self.after.is_none()
    }

    fn is_now(&self) -> bool {
        self.after == Some(self.now)
    }
}

/// A mutant that ignores the deadlines of this half that satisfy the predicate.
macro_rules! misses {
    ($name:literal, $clause:literal, $half:ident, $wrong:literal, $which:expr) => {
        Mutant {
            name: $name,
            clause: $clause,
            wrong: $wrong,
            make: || {
                let which: fn(&Setting) -> bool = $which;
                misses(move |setting| setting.half == $half && which(setting))
            },
        }
    };
}

#[rustfmt::skip]
pub(crate) const MUTANTS: &[Mutant] = &[
    misses!("read-deadline-set-while-waiting-is-not-seen", "TMO-06", Reads,
        "looks for a deadline only when a read begins", Setting::is_first),
    misses!("write-deadline-set-while-waiting-is-not-seen", "TMO-06", Writes,
        "looks for a deadline only when a write begins to wait for credit", Setting::is_first),
    misses!("read-deadline-moved-later-still-fires", "TMO-10", Reads,
        "does not stop the timer of a read whose deadline is put off", Setting::is_later),
    misses!("write-deadline-moved-later-still-fires", "TMO-10", Writes,
        "does not stop the timer of a write whose deadline is put off", Setting::is_later),
    misses!("read-deadline-moved-earlier-is-not-seen", "TMO-06", Reads,
        "looks at the deadline again only when the timer of the old one goes off, for reads", Setting::is_earlier),
    misses!("write-deadline-moved-earlier-is-not-seen", "TMO-06", Writes,
        "looks at the deadline again only when the timer of the old one goes off, for writes", Setting::is_earlier),
    misses!("read-deadline-cleared-still-fires", "TMO-10", Reads,
        "does not stop the timer of a read whose deadline is cleared", Setting::is_cleared),
    misses!("write-deadline-cleared-still-fires", "TMO-10", Writes,
        "does not stop the timer of a write whose deadline is cleared", Setting::is_cleared),
    misses!("read-deadline-of-now-wakes-nobody", "TMO-06", Reads,
        "starts no timer for a deadline that is not ahead, so that the read goes on waiting",
        |setting| setting.is_awaited && setting.is_now()),
    misses!("write-deadline-of-now-wakes-nobody", "TMO-06", Writes,
        "starts no timer for a deadline that is not ahead, so that the write goes on waiting",
        |setting| setting.is_awaited && setting.is_now()),
    misses!("read-deadline-of-now-is-none", "TMO-08", Reads,
        "takes a deadline of now for none, so that the next read waits for ever",
        |setting| !setting.is_awaited && setting.is_now()),
    misses!("write-deadline-of-now-is-none", "TMO-08", Writes,
        "takes a deadline of now for none, so that the next write waits for ever",
        |setting| !setting.is_awaited && setting.is_now()),
    Mutant {
        name: "read-deadline-ends-writes",
        clause: "TMO-07",
        wrong: "has one deadline for both directions, that of reads",
        make: || changes(|read, write| if read.is_some() { *write = *read }),
    },
    Mutant {
        name: "write-deadline-ends-reads",
        clause: "TMO-07",
        wrong: "has one deadline for both directions, that of writes",
        make: || changes(|read, write| if write.is_some() { *read = *write }),
    },
    Mutant {
        name: "deadline-of-one-stream-ends-reads-of-all",
        clause: "TMO-07",
        wrong: "has one read deadline for the whole session",
        make: one_for_all,
    },
    Mutant {
        name: "passed-read-deadline-hits-one-call",
        clause: "TMO-08",
        wrong: "forgets a read deadline once it has ended a read",
        make: || forgets_passed(Reads),
    },
    Mutant {
        name: "passed-write-deadline-hits-one-call",
        clause: "TMO-08",
        wrong: "forgets a write deadline once it has ended a write",
        make: || forgets_passed(Writes),
    },
    Mutant {
        name: "passed-deadline-fails-a-read-that-need-not-wait",
        clause: "TMO-09",
        wrong: "refuses a read after its deadline although the bytes are there",
        make: || refuses_passed(Reads),
    },
    Mutant {
        name: "passed-deadline-fails-a-write-that-need-not-wait",
        clause: "TMO-09",
        wrong: "refuses a write after its deadline although there is credit",
        make: || refuses_passed(Writes),
    },
];

/// The deadlines in force, and the running calls.
#[derive(Debug, Default)]
struct DeadlinesInForce {
    set: BTreeMap<(Label, CallHalf), Time>,
    running: Vec<(Label, CallHalf)>,
    /// The halves whose deadline has ended a call.
    fired: BTreeSet<(Label, CallHalf)>,
}

impl DeadlinesInForce {
    fn put(&mut self, key: (Label, CallHalf), at: Option<Time>) {
        self.fired.remove(&key);
        match at {
            Some(at) => _ = self.set.insert(key, at),
            None => _ = self.set.remove(&key),
        }
    }

    /// Records the deadlines that a call sets.
    fn note(&mut self, now: Time, action: &Action) {
        if let Action::SetDeadline { stream, read, write } = action {
            for (half, after) in [(Reads, read), (Writes, write)] {
                if let Some(after) = after {
                    self.put((Label::clone(stream), half), after.map(|after| now + after));
                }
            }
        }
    }

    /// Records the end of a call.
    fn end(&mut self, action: &Action, result: &CallResult) {
        let Some(key) = half_of(action) else { return };
        if let Some(index) = self.running.iter().position(|other| *other == key) {
            self.running.remove(index);
        }
        if matches!(result, CallResult::Failed { class: ErrorClass::Deadline, .. }) {
            self.fired.insert(key);
        }
    }

    fn has_passed(&self, now: Time, action: &Action) -> bool {
        half_of(action).and_then(|key| self.set.get(&key)).is_some_and(|at| *at <= now)
    }
}

/// The half of a stream that a call uses.
fn half_of(action: &Action) -> Option<(Label, CallHalf)> {
    match action {
        Action::Read { stream, .. } => Some((Label::clone(stream), Reads)),
        Action::Write { stream, .. } => Some((Label::clone(stream), Writes)),
        _ => None,
    }
}

/// Drops each deadline that satisfies the predicate.
fn misses(which: impl Fn(&Setting) -> bool + 'static) -> Box<dyn Tamper> {
    wrong::<DeadlinesInForce>()
        .call(move |deadlines, own, request| {
            deadlines.running.extend(half_of(&request.action));
            let Action::SetDeadline { stream, read, write } = &mut request.action else {
                return None;
            };
            for (half, wanted) in [(Reads, &mut *read), (Writes, &mut *write)] {
                let Some(after) = *wanted else { continue };
                let (key, now) = ((Label::clone(stream), half), own.now);
                let setting = Setting {
                    half,
                    now,
                    before: deadlines.set.get(&key).copied(),
                    after: after.map(|after| now + after),
                    is_awaited: deadlines.running.contains(&key),
                };
                if which(&setting) {
                    *wanted = None;
                } else {
                    deadlines.put(key, setting.after);
                }
            }
            let is_lost = read.is_none() && write.is_none();
            is_lost.then(done)
        })
        .on_result(|deadlines, _, request, result| deadlines.end(&request.action, result))
        .boxed()
}

/// A requested deadline of one half; the outer `None` leaves it unchanged.
type AskedDeadline = Option<Option<Duration>>;

/// Changes the requested deadlines.
fn changes(change: fn(&mut AskedDeadline, &mut AskedDeadline)) -> Box<dyn Tamper> {
    wrong::<()>()
        .on_call(move |(), _, call| {
            if let Action::SetDeadline { read, write, .. } = call {
                change(read, write);
            }
        })
        .boxed()
}

/// Refuses calls of this half after their deadline.
fn refuses_passed(half: CallHalf) -> Box<dyn Tamper> {
    wrong::<DeadlinesInForce>()
        .call(move |deadlines, own, request| {
            deadlines.note(own.now, &request.action);
            let is_hit = half_of(&request.action).is_some_and(|(_, other)| other == half)
                && deadlines.has_passed(own.now, &request.action);
            is_hit.then(|| CallResult::Failed {
                class: ErrorClass::Deadline,
                native: "deadline passed".to_owned(),
                done: Done::default(),
            })
        })
        .boxed()
}

/// A peer that changes deadlines before a call begins, because of other deadlines or past events.
struct Resetting {
    deadlines: DeadlinesInForce,
    /// The deadlines set before this call.
    before: fn(&DeadlinesInForce, Time, &Action) -> Option<Action>,
}

impl Tamper for Resetting {
    fn call(&mut self, now: Time, request: &mut Request) -> Option<CallResult> {
        self.deadlines.note(now, &request.action);
        None
    }

    fn precede(&mut self, now: Time, request: &Request) -> Option<Request> {
        let action = (self.before)(&self.deadlines, now, &request.action)?;
        Some(Request { action, pattern: Pattern::default(), of: None })
    }

    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        self.deadlines.end(&request.action, &result);
        Some(result)
    }
}

/// Forgets a deadline of this half once it has ended a call.
fn forgets_passed(half: CallHalf) -> Box<dyn Tamper> {
    let before: fn(&DeadlinesInForce, Time, &Action) -> Option<Action> = match half {
        Reads => |deadlines, _, action| cleared(deadlines, action, Reads),
        Writes => |deadlines, _, action| cleared(deadlines, action, Writes),
    };
    Box::new(Resetting { deadlines: DeadlinesInForce::default(), before })
}

fn cleared(deadlines: &DeadlinesInForce, action: &Action, half: CallHalf) -> Option<Action> {
    let key = half_of(action).filter(|(_, other)| *other == half)?;
    let is_fired = deadlines.fired.contains(&key);
    let wanted = |this| (half == this).then_some(None);
    let (read, write) = (wanted(Reads), wanted(Writes));
    is_fired.then_some(Action::SetDeadline { stream: key.0, read, write })
}

/// Ends reads without a deadline at the earliest read deadline of any stream.
fn one_for_all() -> Box<dyn Tamper> {
    let before: fn(&DeadlinesInForce, Time, &Action) -> Option<Action> =
        |deadlines, now, action| {
            let key = half_of(action).filter(|(_, half)| *half == Reads)?;
            let elsewhere = deadlines.set.iter().filter(|((_, half), _)| *half == Reads);
            let at = elsewhere.map(|(_, at)| *at).min()?;
            let is_free = !deadlines.set.contains_key(&key);
            let read = Some(Some(at.since(now)));
            is_free.then_some(Action::SetDeadline { stream: key.0, read, write: None })
        };
    Box::new(Resetting { deadlines: DeadlinesInForce::default(), before })
}
