//! Which clause a failed step breaks: its own, or the default of its kind. Pure.

use std::sync::Arc;

use crate::engine::{Actual, CallEnd, Engine, Expected};
use crate::scenario::{Action, ExpectedEvent, StepKind};

impl Engine {
    /// The clause that this failure breaks.
    pub(crate) fn clause(&self, expected: &Expected, observed: &Actual) -> Arc<str> {
        if let Some(rule) = rule(observed) {
            return Arc::from(rule);
        }
        let steps = &self.cursor.scenario.steps;
        let step = steps.get(self.cursor.at);
        if let Some(own) = step.or_else(|| steps.last()).and_then(|step| step.clause.as_ref()) {
            return Arc::clone(own);
        }
        // Joined calls and expectations peculiar to a scenario are what it tests.
        let is_joined = step.is_some_and(|step| matches!(step.kind, StepKind::Join(_)));
        let of_kind = if is_joined { None } else { clause_of_kind(expected) };
        match (of_kind, self.cursor.scenario.clauses.first()) {
            (Some(clause), _) => Arc::from(clause),
            (None, Some(first)) => Arc::clone(first),
            (None, None) => Arc::from(ALIVE),
        }
    }
}

/// The clause of a passive rule.
pub(crate) const fn rule(observed: &Actual) -> Option<&'static str> {
    match observed {
        Actual::Breach(breach) => Some(breach.clause()),
        Actual::OtherByte(..) | Actual::Corrupt(..) => Some("DATA-01"),
        Actual::NoEnd => Some("LIM-09"),
        _ => None,
    }
}

/// The clause of an expectation that a scenario relies on but does not test.
const fn clause_of_kind(expected: &Expected) -> Option<&'static str> {
    match expected {
        Expected::CallEnd(call, CallEnd { error: None, .. }, _) => match call.action {
            Action::Write { .. } | Action::Read { .. } => Some("DATA-01"),
            Action::Open { .. } => Some("OPEN-27"),
            Action::Accept { .. } => Some("ACC-19"),
            Action::Ping => Some("PING-13"),
            _ => None,
        },
        Expected::Event(event, _) | Expected::Nth(event, ..) => match event {
            ExpectedEvent::Opened(_) => Some("OPEN-01"),
            ExpectedEvent::Acked(_) => Some("ACC-01"),
            ExpectedEvent::Data(..) => Some("DATA-01"),
            ExpectedEvent::Pong(_) => Some("PING-01"),
            _ => None,
        },
        Expected::Alive | Expected::AliveAtStart | Expected::AliveAtEnd | Expected::LastPong => {
            Some(ALIVE)
        }
        Expected::NothingMore => Some("SES-10"),
        _ => None,
    }
}

/// The session stays alive.
const ALIVE: &str = "SES-09";
