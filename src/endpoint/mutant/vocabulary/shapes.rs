//! Shapes that many mutants share. Pure.

use std::collections::BTreeSet;

use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::frames::take_of;
use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::endpoint::{CallResult, Request};
use crate::scenario::Settings;
use crate::yamux::frame::{Flags, StreamId};
use crate::yamux::time::Time;

/// A tamper that only looks at frames the peer sends.
pub(crate) fn outgoing(
    change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    Box::new(Outgoing(change))
}

/// A tamper that only looks at frames on their way to the peer.
pub(crate) fn incoming(
    change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    Box::new(Incoming(change))
}

/// A peer that is configured wrongly: what its timers and limits come to.
pub(crate) fn configured(change: impl Fn(&mut Settings) + 'static) -> Box<dyn Tamper> {
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

/// A tamper that changes frames on their way to the peer.
pub(crate) fn hears_changed(change: fn(&mut WholeFrame)) -> Box<dyn Tamper> {
    incoming(move |mut frame, pass| {
        change(&mut frame);
        pass.push(frame);
    })
}

/// A tamper that changes frames the peer sends.
pub(crate) fn sends_changed(change: fn(&mut WholeFrame)) -> Box<dyn Tamper> {
    outgoing(move |mut frame, pass| {
        change(&mut frame);
        pass.push(frame);
    })
}

/// Changes how calls end.
pub(crate) fn results(change: fn(&Request, CallResult) -> Option<CallResult>) -> Box<dyn Tamper> {
    wrong::<()>().result(move |(), _, request, result| change(request, result)).boxed()
}

/// Hangs up once it has sent such a frame.
pub(crate) fn hangs_up_after(what: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    Box::new(HangsUpAfter { what, hangs_up: false })
}

struct HangsUpAfter {
    what: fn(&WholeFrame) -> bool,
    hangs_up: bool,
}

impl Tamper for HangsUpAfter {
    fn outgoing(&mut self, _now: Time, frame: WholeFrame, pass: &mut Vec<WholeFrame>) {
        self.hangs_up |= (self.what)(&frame);
        pass.push(frame);
    }

    fn hangs_up(&mut self) -> bool {
        self.hangs_up
    }
}

/// Holds data back on a stream on which this flag was sent, until such a frame comes on it.
pub(crate) fn holds_data(begins: Flags, until: fn(&WholeFrame) -> bool) -> Box<dyn Tamper> {
    wrong::<(BTreeSet<StreamId>, Vec<WholeFrame>)>()
        .outgoing(move |(waiting, held), _, frame, pass| {
            if frame.is_of_stream() && frame.has(begins) {
                waiting.insert(frame.header.stream);
            }
            if frame.is_data() && waiting.contains(&frame.header.stream) {
                held.push(frame);
            } else {
                pass.push(frame);
            }
        })
        .incoming(move |(waiting, held), own, frame, pass| {
            if frame.is_of_stream() && until(&frame) {
                waiting.remove(&frame.header.stream);
                take_of(held, frame.header.stream).into_iter().for_each(|frame| own.send(frame));
            }
            pass.push(frame);
        })
        .boxed()
}
