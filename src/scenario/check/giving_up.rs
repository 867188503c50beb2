//! Calls that are given up, by their caller or by a deadline, and what an endpoint takes up. Pure.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::check::{Script, the};
use crate::scenario::read::document::StatsCall;
use crate::scenario::read::syntax::Place;
use crate::scenario::read::written::Span;
use crate::scenario::{Actor, Figures, Label, Position, StatsUse};

impl Script<'_> {
    /// How long an open or accept may take.
    pub(super) fn deadline(
        &mut self,
        deadline: Option<&Span>,
        place: Place<'_>,
    ) -> Option<Duration> {
        let Span(deadline) = deadline?;
        if deadline.is_zero() {
            self.report(place.get("deadline").value(), "expected more than no time");
        }
        Some(*deadline)
    }

    /// The caller of a running call gives it up.
    pub(super) fn check_cancel(
        &mut self,
        actor: Actor,
        label: &Label,
        position: Position,
    ) -> Option<()> {
        self.running(label, position, false)?;
        let call = self.calls.get(label)?;
        if call.actor != actor {
            let message = format!("{label:?} is a call of {}", the(call.actor));
            self.report(position, message);
        } else if !call.may_be_cancelled {
            let message = "only an open, accept, read or write can be cancelled";
            self.report(position, message);
        }
        Some(())
    }

    /// What is done with the figures of an endpoint.
    pub(super) fn stats(
        &mut self,
        actor: Actor,
        call: &StatsCall,
        place: Place<'_>,
    ) -> Option<StatsUse> {
        let growth = Figures {
            streams: call.streams,
            tasks: call.tasks,
            heap: call.heap.map(|size| size.0),
            descriptors: call.descriptors,
        };
        let is_bare = growth == Figures::default();
        if let Some(name) = &call.remember {
            if !is_bare {
                self.report(place.value(), "figures are compared with \"since\", not remembered");
            }
            self.remembered.insert((actor, Arc::clone(&name.0)));
            return Some(StatsUse::Remember(Arc::clone(&name.0)));
        }
        let since = call.since.as_ref()?;
        let position = place.get("since").value();
        if !self.remembered.contains(&(actor, Arc::clone(&since.0))) {
            let message = format!("{} has remembered no figures {:?} before", the(actor), since.0);
            self.report(position, message);
        }
        if is_bare {
            let message = "say which of \"streams\", \"tasks\", \"heap\" and \"descriptors\" may have grown, and by how much";
            self.report(place.value(), message);
        }
        Some(StatsUse::Since { before: Arc::clone(&since.0), growth })
    }
}
