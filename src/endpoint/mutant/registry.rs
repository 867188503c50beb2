//! The list of all mutants, area by area. Pure.

use crate::endpoint::mutant::decorator::carriers;
use crate::endpoint::mutant::sessions::calls;
use crate::endpoint::mutant::sessions::deadlines;
use crate::endpoint::mutant::sessions::giving_up;
use crate::endpoint::mutant::sessions::ping;
use crate::endpoint::mutant::sessions::session;
use crate::endpoint::mutant::streams::accepting;
use crate::endpoint::mutant::streams::close;
use crate::endpoint::mutant::streams::codes;
use crate::endpoint::mutant::streams::half_close;
use crate::endpoint::mutant::streams::letting_go;
use crate::endpoint::mutant::streams::opening;
use crate::endpoint::mutant::streams::reset;
use crate::endpoint::mutant::streams::reuse;
use crate::endpoint::mutant::streams::under_way;
use crate::endpoint::mutant::transfer::data;
use crate::endpoint::mutant::transfer::fairness;
use crate::endpoint::mutant::transfer::flow;
use crate::endpoint::mutant::transfer::framing;
use crate::endpoint::mutant::transfer::limits;
use crate::endpoint::mutant::transfer::stalled;
use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::scenario::Settings;
use crate::yamux::time::Time;

/// A peer that is wrong in one way.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Its name: `no-credit-after-local-close`.
    pub name: &'static str,
    /// The clause it breaks.
    pub clause: &'static str,
    /// What it does wrong, in a sentence.
    pub wrong: &'static str,
    /// Makes one for a case.
    pub make: fn() -> Box<dyn Tamper>,
}

/// Every mutant.
pub fn all() -> Vec<Mutant> {
    [
        accepting::MUTANTS,
        calls::MUTANTS,
        carriers::MUTANTS,
        close::MUTANTS,
        codes::MUTANTS,
        data::MUTANTS,
        deadlines::MUTANTS,
        fairness::MUTANTS,
        flow::MUTANTS,
        framing::MUTANTS,
        giving_up::MUTANTS,
        half_close::MUTANTS,
        letting_go::MUTANTS,
        limits::MUTANTS,
        opening::MUTANTS,
        ping::MUTANTS,
        reset::MUTANTS,
        reuse::MUTANTS,
        session::MUTANTS,
        stalled::MUTANTS,
        under_way::MUTANTS,
    ]
    .concat()
}

/// A tamper that only looks at frames the peer sends.
pub(super) fn outgoing(
    change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    Box::new(Outgoing(change))
}

/// A tamper that only looks at frames on their way to the peer.
pub(super) fn incoming(
    change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    Box::new(Incoming(change))
}

/// A peer that is configured wrongly: what its timers and limits come to.
pub(super) fn configured(change: impl Fn(&mut Settings) + 'static) -> Box<dyn Tamper> {
    Box::new(Configured(change))
}

struct Configured<F>(F);

impl<F: Fn(&mut Settings)> Tamper for Configured<F> {
    fn configure(&self, settings: &mut Settings) {
        (self.0)(settings);
    }
}

struct Outgoing<F>(F);

impl<F: FnMut(WholeFrame, &mut Vec<WholeFrame>)> Tamper for Outgoing<F> {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        (self.0)(frame, pass);
    }
}

struct Incoming<F>(F);

impl<F: FnMut(WholeFrame, &mut Vec<WholeFrame>)> Tamper for Incoming<F> {
    fn incoming(
        &mut self,
        _now: Time,
        frame: WholeFrame,
        pass: &mut Vec<WholeFrame>,
        _answer: &mut Vec<WholeFrame>,
    ) {
        (self.0)(frame, pass);
    }
}
