//! Mutants that crash or get stuck: correct peers up to a moment, and dead from then on. Pure.
//!
//! They are not in `all`: one that dies at once is caught by every scenario, and would hide those that catch nothing.

use crate::endpoint::mutant::vocabulary::calls::is_write;
use crate::endpoint::mutant::{Demise, Mutant, Tamper, WholeFrame};
use crate::endpoint::{CallResult, Death, Request};
use crate::scenario::Action;
use crate::yamux::time::Time;

/// Every mutant that crashes or gets stuck.
pub fn dying() -> Vec<Mutant> {
    MUTANTS.to_vec()
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "aborts-at-once",
        clause: ALIVE,
        wrong: "aborts before anything has moved",
        make: || dies(Moment::Begin, Some(CRASH)),
    },
    Mutant {
        name: "aborts-in-a-write",
        clause: ALIVE,
        wrong: "aborts in the first write",
        make: || dies(Moment::Call(is_write), Some(CRASH)),
    },
    Mutant {
        name: "answers-once-and-dies",
        clause: ALIVE,
        wrong: "crashes at whatever comes behind the first thing that it has answered",
        make: || dies(Moment::Answered, Some(CRASH)),
    },
    Mutant {
        name: "deadlocks-at-data",
        clause: ALIVE,
        wrong: "gets stuck at the first Data frame, so that nothing of it moves any more",
        make: || dies(Moment::Frame(WholeFrame::is_data), Some(Demise::Deadlock)),
    },
    Mutant {
        name: "deadlocks-at-once",
        clause: ALIVE,
        wrong: "is stuck from the beginning",
        make: || dies(Moment::Begin, Some(Demise::Deadlock)),
    },
    Mutant {
        name: "dies-in-the-end",
        clause: ALIVE,
        wrong: "crashes when its session is ended",
        make: || dies(Moment::End, Some(CRASH)),
    },
    Mutant {
        name: "ends-unclassified",
        clause: ALIVE,
        wrong: "ends the session at the first frame with an error that it did not see coming",
        make: || dies(Moment::Frame(|_| true), Some(UNFORESEEN)),
    },
    Mutant {
        name: "hangs-in-a-write",
        clause: ALIVE,
        wrong: "never comes back from the first write, not even when its session is ended",
        make: || dies(Moment::Call(is_write), None),
    },
    Mutant {
        name: "hangs-in-the-end",
        clause: ALIVE,
        wrong: "does not come to an end when its session is ended",
        make: || dies(Moment::End, None),
    },
    Mutant {
        name: "panics-at-a-frame",
        clause: ALIVE,
        wrong: "panics at the first frame",
        make: || dies(Moment::Frame(|_| true), Some(CRASH)),
    },
    Mutant {
        name: "panics-at-data",
        clause: ALIVE,
        wrong: "panics at the first Data frame",
        make: || dies(Moment::Frame(WholeFrame::is_data), Some(CRASH)),
    },
];

/// A session stays open until an end closes it.
const ALIVE: &str = "SES-09";
const CRASH: Demise = Demise::Crash("panic: index out of range");
const UNFORESEEN: Demise = Demise::Unclassified("index out of range");

/// The moment of death.
#[derive(Clone, Copy)]
enum Moment {
    Begin,
    Frame(fn(&WholeFrame) -> bool),
    Call(fn(&Action) -> bool),
    /// At the first frame or call after it has answered something.
    Answered,
    End,
}

/// Dies like this at that moment; without a demise only the call of that moment hangs.
fn dies(moment: Moment, demise: Option<Demise>) -> Box<dyn Tamper> {
    let has_come = matches!(moment, Moment::Begin);
    Box::new(Dying { moment, demise, has_come, has_answered: false })
}

struct Dying {
    moment: Moment,
    demise: Option<Demise>,
    has_come: bool,
    has_answered: bool,
}

impl Dying {
    fn hear(&mut self, is_it: bool) {
        self.has_come |= is_it || matches!(self.moment, Moment::Answered) && self.has_answered;
    }
}

impl Tamper for Dying {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        self.has_answered = true;
        pass.push(frame);
    }

    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        self.hear(matches!(self.moment, Moment::Frame(is_it) if is_it(&frame)));
        pass.push(frame);
    }

    fn incoming_in_parts(&mut self, frame: &WholeFrame) {
        self.hear(matches!(self.moment, Moment::Frame(is_it) if is_it(frame)));
    }

    fn call(&mut self, _now: Time, request: &mut Request) -> Option<CallResult> {
        self.hear(matches!(self.moment, Moment::Call(is_it) if is_it(&request.action)));
        None
    }

    fn result(&mut self, _now: Time, request: &Request, result: CallResult) -> Option<CallResult> {
        let hangs = matches!(self.moment, Moment::Call(is_it) if is_it(&request.action));
        self.has_answered = true;
        (!hangs).then_some(result)
    }

    fn demise(&self) -> Option<Demise> {
        self.demise.filter(|_| self.has_come)
    }

    fn at_end(&self) -> Option<Death> {
        let death = match self.demise {
            Some(Demise::Crash(_) | Demise::Unclassified(_)) => Death::Crashed,
            Some(Demise::Deadlock) | None => Death::Stuck,
        };
        let dies = self.has_come || matches!(self.moment, Moment::Answered | Moment::End);
        dies.then_some(death)
    }
}
