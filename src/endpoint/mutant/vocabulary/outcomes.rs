//! Shapes of mutants that mishandle calls: which calls, when, and how. Pure.
//!
//! `ended(is_read).with(ErrorClass::StreamReset).withheld()` leaves a reader blocked when its stream is reset.

use crate::endpoint::mutant::Tamper;
use crate::endpoint::mutant::decorator::wrong::wrong;
use crate::endpoint::mutant::vocabulary::calls::{failed, fails_with};
use crate::endpoint::mutant::vocabulary::conditions::{Condition, remembering};
use crate::endpoint::{CallResult, Done, Request};
use crate::scenario::{Action, ErrorClass, Settings};
use crate::yamux::frame::Flags;

/// Calls that a mutant mishandles as they begin.
pub(crate) struct CallShape {
    which: Box<dyn FnMut(&Action) -> bool>,
    conditions: Vec<Condition>,
}

/// Selects calls.
pub(crate) fn called(which: impl FnMut(&Action) -> bool + 'static) -> CallShape {
    CallShape { which: Box::new(which), conditions: Vec::new() }
}

impl CallShape {
    /// Only once this flag was sent on some stream.
    pub(crate) fn once_sent(self, flag: Flags) -> Self {
        self.when(Condition::Sent(flag))
    }

    /// Only once this flag was received on some stream.
    pub(crate) fn once_heard(self, flag: Flags) -> Self {
        self.when(Condition::Heard(flag))
    }

    /// Only as long as this flag was neither sent nor received on any stream.
    pub(crate) fn before(self, flag: Flags) -> Self {
        self.when(Condition::NotSent(flag)).when(Condition::NotHeard(flag))
    }

    /// Only once the application has made such a call.
    pub(crate) fn once_called(self, kind: fn(&Action) -> bool) -> Self {
        self.when(Condition::Called(kind))
    }

    /// They fail with this error.
    pub(crate) fn failing(self, class: ErrorClass) -> Box<dyn Tamper> {
        self.answered(move || failed(class))
    }

    /// They end with this result, and never reach the peer.
    pub(crate) fn answered(self, result: impl Fn() -> CallResult + 'static) -> Box<dyn Tamper> {
        let Self { mut which, conditions } = self;
        remembering(&conditions)
            .call(move |past, own, request| {
                past.calls(&conditions, own, &request.action);
                let is_due = which(&request.action)
                    && past.has(&conditions, own, None)
                    && past.lacks(&conditions, None);
                is_due.then(&result)
            })
            .boxed()
    }

    fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// Calls that a mutant mishandles as they end.
pub(crate) struct ResultShape {
    which: fn(&Action) -> bool,
    how: Box<dyn Fn(&CallResult) -> bool>,
    conditions: Vec<Condition>,
}

/// Selects calls.
pub(crate) fn ended(which: fn(&Action) -> bool) -> ResultShape {
    ResultShape { which, how: Box::new(|_| true), conditions: Vec::new() }
}

impl ResultShape {
    /// Only those that fail with this error.
    pub(crate) fn with(self, class: ErrorClass) -> Self {
        self.so(move |result| fails_with(result, class))
    }

    /// Only those that fail.
    pub(crate) fn in_failure(self) -> Self {
        self.so(|result| matches!(result, CallResult::Failed { .. }))
    }

    /// Only those with such a result.
    pub(crate) fn so(mut self, how: impl Fn(&CallResult) -> bool + 'static) -> Self {
        self.how = Box::new(how);
        self
    }

    /// Only once this flag was sent on some stream.
    pub(crate) fn once_sent(self, flag: Flags) -> Self {
        self.when(Condition::Sent(flag))
    }

    /// Only while the transport is stalled.
    pub(crate) fn in_a_stall(self) -> Self {
        self.when(Condition::Stuck)
    }

    /// The application never learns of it.
    pub(crate) fn withheld(self) -> Box<dyn Tamper> {
        self.treated(|_| None)
    }

    /// If they fail, the application gets a changed account of what was done.
    pub(crate) fn retold(self, change: impl Fn(&mut Done) + 'static) -> Box<dyn Tamper> {
        self.treated(move |mut result| {
            if let CallResult::Failed { done, .. } = &mut result {
                change(done);
            }
            Some(result)
        })
    }

    /// They end the transport.
    pub(crate) fn last(self) -> Box<dyn Tamper> {
        let Self { which, how, .. } = self;
        wrong::<()>()
            .on_result(move |(), own, request, result| {
                if which(&request.action) && how(result) {
                    own.hang_up();
                }
            })
            .boxed()
    }

    fn treated(
        self,
        treat: impl Fn(CallResult) -> Option<CallResult> + 'static,
    ) -> Box<dyn Tamper> {
        let Self { which, how, conditions } = self;
        remembering(&conditions)
            .result(move |past, own, request, result| {
                let is_due = which(&request.action)
                    && how(&result)
                    && past.has(&conditions, own, None)
                    && past.lacks(&conditions, None);
                if is_due { treat(result) } else { Some(result) }
            })
            .boxed()
    }

    fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }
}

/// Changes the calls of the application.
pub(crate) fn calls_changed(change: fn(&mut Action)) -> Box<dyn Tamper> {
    wrong::<()>().on_call(move |(), _, call| change(call)).boxed()
}

/// Changes the results of calls.
pub(crate) fn results(change: fn(&Request, CallResult) -> Option<CallResult>) -> Box<dyn Tamper> {
    wrong::<()>().result(move |(), _, request, result| change(request, result)).boxed()
}

/// Changes the configuration of the peer.
pub(crate) fn configured(change: impl Fn(&mut Settings) + 'static) -> Box<dyn Tamper> {
    wrong::<()>().configure(change).boxed()
}
