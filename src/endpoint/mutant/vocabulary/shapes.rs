//! Shapes of mutants that mishandle frames: which frames, when, and how. Pure.
//!
//! `heard(WholeFrame::is_data).once_sent(FIN).dropped()` drops data that arrives after its own FIN.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::endpoint::mutant::decorator::wrong::{Own, wrong};
use crate::endpoint::mutant::vocabulary::conditions::{Condition, Past, remembering};
use crate::endpoint::mutant::vocabulary::frames::take_of;
use crate::endpoint::mutant::{Tamper, WholeFrame};
use crate::scenario::Action;
use crate::yamux::frame::{Flags, StreamId};

/// Frames that a mutant mishandles.
pub(crate) struct FrameShape {
    which: Box<dyn FnMut(&WholeFrame) -> bool>,
    are_sent: bool,
    conditions: Vec<Condition>,
}

/// Selects frames sent by the peer behind the decorator.
pub(crate) fn sent(which: impl FnMut(&WholeFrame) -> bool + 'static) -> FrameShape {
    FrameShape { which: Box::new(which), are_sent: true, conditions: Vec::new() }
}

/// Selects frames on their way to the peer behind the decorator.
pub(crate) fn heard(which: impl FnMut(&WholeFrame) -> bool + 'static) -> FrameShape {
    FrameShape { which: Box::new(which), are_sent: false, conditions: Vec::new() }
}

/// The conditions.
impl FrameShape {
    /// Only on streams on which this flag was sent before.
    pub(crate) fn once_sent(self, flag: Flags) -> Self {
        self.when(Condition::Sent(flag))
    }

    /// Only on streams on which this flag was received before.
    pub(crate) fn once_heard(self, flag: Flags) -> Self {
        self.when(Condition::Heard(flag))
    }

    /// Only on streams on which this flag was not sent yet.
    pub(crate) fn before_sent(self, flag: Flags) -> Self {
        self.when(Condition::NotSent(flag))
    }

    /// Only on streams on which this flag was not received yet.
    pub(crate) fn before_heard(self, flag: Flags) -> Self {
        self.when(Condition::NotHeard(flag))
    }

    /// Only on streams that one end has opened before.
    pub(crate) fn once_opened(self) -> Self {
        self.when(Condition::Opened)
    }

    /// Only on streams that nobody has opened.
    pub(crate) fn never_opened(self) -> Self {
        self.when(Condition::NotOpened)
    }

    /// Only once the application has made such a call.
    pub(crate) fn once_called(self, kind: fn(&Action) -> bool) -> Self {
        self.when(Condition::Called(kind))
    }

    /// Only once the application has made such a call while the transport was stalled.
    pub(crate) fn once_called_in_a_stall(self, kind: fn(&Action) -> bool) -> Self {
        self.when(Condition::CalledInStall(kind))
    }

    /// Only while the transport is stalled.
    pub(crate) fn in_a_stall(self) -> Self {
        self.when(Condition::Stuck)
    }

    fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// The defects.
impl FrameShape {
    /// They are lost.
    pub(crate) fn dropped(self) -> Box<dyn Tamper> {
        self.treated(|_, _, _| {})
    }

    /// They pass twice.
    pub(crate) fn doubled(self) -> Box<dyn Tamper> {
        self.treated(|_, frame, pass| pass.extend([frame.clone(), frame]))
    }

    /// They pass changed.
    pub(crate) fn changed(
        self,
        mut change: impl FnMut(&mut WholeFrame) + 'static,
    ) -> Box<dyn Tamper> {
        self.treated(move |_, mut frame, pass| {
            change(&mut frame);
            pass.push(frame);
        })
    }

    /// They pass with these flags as well.
    pub(crate) fn with(self, flags: Flags) -> Box<dyn Tamper> {
        self.changed(move |frame| frame.header.flags |= flags)
    }

    /// They pass without this flag.
    pub(crate) fn without(self, flag: Flags) -> Box<dyn Tamper> {
        self.changed(move |frame| frame.clear(flag))
    }

    /// A WindowUpdate with this flag passes instead.
    pub(crate) fn replaced_by(self, flag: Flags) -> Box<dyn Tamper> {
        self.changed(move |frame| *frame = WholeFrame::update(flag, frame.header.stream, 0))
    }

    /// A WindowUpdate with this flag passes after them.
    pub(crate) fn followed_by(self, flag: Flags) -> Box<dyn Tamper> {
        self.treated(move |_, frame, pass| {
            let next = WholeFrame::update(flag, frame.header.stream, 0);
            pass.extend([frame, next]);
        })
    }

    /// They are delayed by this much.
    pub(crate) fn delayed(self, by: Duration) -> Box<dyn Tamper> {
        let mut which = self.which;
        wrong::<()>().delay(move |(), frame| if which(frame) { by } else { Duration::ZERO }).boxed()
    }

    /// A WindowUpdate with this flag answers them.
    pub(crate) fn answered_with(self, flag: Flags) -> Box<dyn Tamper> {
        self.answered_after(Duration::ZERO, flag)
    }

    /// A WindowUpdate with this flag answers them after this wait.
    pub(crate) fn answered_after(self, wait: Duration, flag: Flags) -> Box<dyn Tamper> {
        self.answered(move |own, frame| own.update_in(wait, flag, frame.header.stream, 0))
    }

    /// They are dropped, and RST answers them.
    pub(crate) fn refused(self) -> Box<dyn Tamper> {
        self.treated(|own, frame, _| own.update(Flags::RST, frame.header.stream, 0))
    }

    /// They are treated as a protocol error.
    pub(crate) fn fatal(self) -> Box<dyn Tamper> {
        self.answered(|own, _| own.give_up())
    }

    /// They end the transport.
    pub(crate) fn last(self) -> Box<dyn Tamper> {
        self.answered(|own, _| own.hang_up())
    }

    /// They pass, and `act` is called as well.
    pub(crate) fn answered(
        self,
        mut act: impl FnMut(&mut Own, &WholeFrame) + 'static,
    ) -> Box<dyn Tamper> {
        self.treated(move |own, frame, pass| {
            act(own, &frame);
            pass.push(frame);
        })
    }

    fn treated(
        self,
        mut treat: impl FnMut(&mut Own, WholeFrame, &mut Vec<WholeFrame>) + 'static,
    ) -> Box<dyn Tamper> {
        let Self { mut which, are_sent, conditions } = self;
        let base = remembering(&conditions);
        let hook = move |past: &mut Past, own: &mut Own, frame: WholeFrame, pass: &mut Vec<_>| {
            let stream = Some(frame.header.stream);
            let is_due = which(&frame) && past.has(&conditions, own, stream);
            if are_sent {
                past.sends(&frame);
            } else {
                past.hears(&frame);
            }
            if is_due && past.lacks(&conditions, stream) {
                treat(own, frame, pass);
            } else {
                pass.push(frame);
            }
        };
        if are_sent { base.outgoing(hook).boxed() } else { base.incoming(hook).boxed() }
    }
}

/// Holds back data on a stream after this flag was sent, until such a frame arrives on it.
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

/// Changes frames the peer sends in a way that no shape above covers.
pub(crate) fn outgoing(
    mut change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    wrong::<()>().outgoing(move |(), _, frame, pass| change(frame, pass)).boxed()
}

/// Changes frames on their way to the peer in a way that no shape above covers.
pub(crate) fn incoming(
    mut change: impl FnMut(WholeFrame, &mut Vec<WholeFrame>) + 'static,
) -> Box<dyn Tamper> {
    wrong::<()>().incoming(move |(), _, frame, pass| change(frame, pass)).boxed()
}
