//! Checks cancelled calls, deadlines and the resource figures of endpoints. Pure.

use std::sync::Arc;
use std::time::Duration;

use crate::scenario::check::{Script, the};
use crate::scenario::read::document::{CancelCall, StatsCall, StatsName};
use crate::scenario::read::place::Place;
use crate::scenario::read::written::Span;
use crate::scenario::{Action, Actor, Figures, StatsUse};

impl Script<'_> {
    /// Checks how long an open or accept may take.
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

    /// Checks the cancellation of a running call by its caller.
    pub(super) fn cancel(
        &mut self,
        actor: Actor,
        block: &CancelCall,
        place: Place<'_>,
    ) -> Option<Action> {
        let (label, position) = (self.label(&block.label), place.get("label").value());
        self.running(&label, position, false)?;
        let call = self.calls.get(&label)?;
        if call.actor != actor {
            let message = format!("{label:?} is a call of {}", the(call.actor));
            self.report(position, message);
        } else if !call.may_be_cancelled {
            let message = "only an open, accept, read or write can be cancelled";
            self.report(position, message);
        }
        Some(Action::Cancel { label })
    }

    /// Checks how the figures of an endpoint are used.
    pub(super) fn stats(&mut self, actor: Actor, call: &StatsCall, place: Place<'_>) -> StatsUse {
        let growth = Figures {
            streams: call.streams,
            tasks: call.tasks,
            heap: call.heap.map(|size| size.0),
            descriptors: call.descriptors,
        };
        let is_bare = growth == Figures::default();
        match &call.figures {
            StatsName::Remember(name) => {
                let name = self.label(name);
                if !is_bare {
                    let message = "figures are compared with \"since\", not remembered";
                    self.report(place.value(), message);
                }
                self.remembered.insert((actor, Arc::clone(&name)));
                StatsUse::Remember(name)
            }
            StatsName::Since(name) => {
                let name = self.label(name);
                if !self.remembered.contains(&(actor, Arc::clone(&name))) {
                    let message =
                        format!("{} has remembered no figures {name:?} before", the(actor));
                    self.report(place.get("since").value(), message);
                }
                if is_bare {
                    let message = "say which of \"streams\", \"tasks\", \"heap\" and \"descriptors\" may have grown, and by how much";
                    self.report(place.value(), message);
                }
                StatsUse::Since { before: name, growth }
            }
        }
    }
}
