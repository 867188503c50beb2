//! `Capabilities`: a shim's answer to `hello`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::endpoint::Habit;
use crate::scenario::{Action, Actor, Call, Label, Need, Scenario, SettingName, StepKind};
use crate::shim::protocol::settings::protocol_name;
use crate::shim::protocol::{Ability, Names, OperationName, PROTOCOL, ShimAnswer, text};
use crate::yamux::frame::Side;

/// The `ok` of `hello`: what a shim drives and can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The version of the protocol that the shim chose of those offered.
    pub protocol: u32,
    /// What it drives.
    pub implementation: Implementation,
    /// The sides it plays.
    pub sides: Names<Side>,
    /// The clocks it runs on.
    pub clocks: Names<ShimClock>,
    /// Whether both ends of a connection may be its sessions at once, in lockstep.
    #[serde(default)]
    pub lockstep_pairs: bool,
    /// The actions it carries out.
    pub actions: Names<OperationName>,
    /// What of these actions it can do, where they alone do not say it.
    #[serde(default)]
    pub abilities: Names<Ability>,
    /// The settings it takes.
    pub settings: BTreeSet<String>,
    /// What the library cannot have, and why.
    #[serde(default)]
    pub unsupported: Vec<Lack>,
    /// What the library lawfully does and the harness must know to wait for the right thing.
    #[serde(default)]
    pub habits: Names<Habit>,
}

/// The implementation behind a shim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Implementation {
    /// A short name for reports and folders.
    #[serde(deserialize_with = "text::deserialize")]
    pub name: String,
    /// The library as its package registry calls it.
    #[serde(deserialize_with = "text::deserialize")]
    pub library: String,
    /// The version that is really linked.
    #[serde(deserialize_with = "text::deserialize")]
    pub version: String,
    /// The language and its version.
    #[serde(deserialize_with = "text::deserialize")]
    pub language: String,
}

/// An action or a setting that the library cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lack {
    /// The action or setting.
    #[serde(deserialize_with = "text::deserialize")]
    pub name: String,
    /// Why; shown wherever a case is skipped for it.
    #[serde(deserialize_with = "text::deserialize")]
    pub reason: String,
}

/// A clock that a shim runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[derive(Serialize, Deserialize, JsonSchema, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ShimClock {
    /// Real time, over a socket.
    #[default]
    Live,
    /// Virtual time, which passes in steps.
    Lockstep,
}

impl ShimClock {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) const fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }
}

impl Capabilities {
    /// Reads the answer to `hello`; the error says what is wrong with it.
    pub fn read(answer: ShimAnswer) -> Result<Self, String> {
        let value = match answer {
            ShimAnswer::Ok(value) => value,
            refusal => return Err(format!("it refused hello: {refusal}")),
        };
        // First, because the fields of another version need not make sense in this one.
        let protocol = &value["protocol"];
        if *protocol != PROTOCOL {
            return Err(format!(
                "its hello chose protocol {}, expected {PROTOCOL}, the only one offered: a shim chooses one of \"protocols\" or answers unsupported",
                text::brief(protocol)
            ));
        }
        serde_json::from_value(value).map_err(|error| format!("its hello: {}", text::brief(&error)))
    }

    /// Whether it has this setting.
    pub fn takes(&self, name: SettingName) -> bool {
        self.settings.contains(&protocol_name(name))
    }

    /// Why this end of a scenario, on this side, cannot be run on the shim, if so: what is not declared is not sent.
    pub fn lacks(&self, scenario: &Scenario, end: Actor, side: Side) -> Option<String> {
        if !self.sides.contains(side) {
            return Some(format!("it does not play the {side}"));
        }
        let calls = || {
            scenario.steps.iter().filter_map(|step| match &step.kind {
                StepKind::Call(call) if call.actor == end && !step.is_optional => {
                    Some(&call.action)
                }
                _ => None,
            })
        };
        let tells = |call: &Call| call.actor == end && call.result.told.is_some();
        let must_tell = scenario.steps.iter().any(|step| match &step.kind {
            StepKind::Call(call) => tells(call),
            StepKind::Join(join) if join.result.told.is_some() => {
                begun(&join.label, scenario).is_some_and(|call| call.actor == end)
            }
            _ => false,
        });
        let settings = match end {
            Actor::Subject => &scenario.live_subject,
            Actor::Peer => &scenario.live_peer,
        };
        let mut actions = calls().map(OperationName::of);
        let action = actions.find(|name| !self.actions.contains(*name));
        let ability = || {
            let told = must_tell.then_some(Ability::ToldCodes);
            let mut abilities = calls().flat_map(|action| abilities(action, scenario)).chain(told);
            abilities.find(|ability| !self.abilities.contains(*ability))
        };
        let missing = action.map(|name| name.to_string());
        let missing = missing.or_else(|| ability().map(|name| name.to_string())).or_else(|| {
            let needed = settings
                .asked
                .iter()
                .filter(|(name, need)| **need == Need::Needed && settings.asks_something(**name));
            let mut names = needed.map(|(name, _)| *name);
            names.find(|name| !self.takes(*name)).map(protocol_name)
        })?;
        Some(match self.reason_for(&missing) {
            Some(reason) => reason.to_owned(),
            None => format!("it does not declare {missing:?}"),
        })
    }

    /// Why the library lacks this action or setting, according to the shim.
    pub fn reason_for(&self, name: &str) -> Option<&str> {
        let missing = self.unsupported.iter().find(|missing| missing.name == name)?;
        Some(&missing.reason)
    }
}

/// The abilities that an action of a scenario needs.
fn abilities(action: &Action, scenario: &Scenario) -> Vec<Ability> {
    match action {
        Action::Cancel { label } => {
            let begun = begun(label, scenario);
            begun.and_then(|call| Ability::to_cancel(&call.action)).into_iter().collect()
        }
        action => Ability::of(action),
    }
}

/// The call of that label.
fn begun<'s>(label: &Label, scenario: &'s Scenario) -> Option<&'s Call> {
    scenario.steps.iter().find_map(|step| match &step.kind {
        StepKind::Call(call) if call.label.as_ref() == Some(label) => Some(call),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_hello_may_choose_only_what_was_offered() {
        let hello = |protocol: Value| {
            let made = json!({ "name": "n", "library": "l", "version": "1", "language": "c" });
            Capabilities::read(ShimAnswer::Ok(json!({
                "protocol": protocol, "implementation": made, "sides": ["client"],
                "clocks": ["live"], "actions": [], "settings": [],
            })))
        };
        assert!(hello(1.into()).is_ok());
        for wrong in [json!(99), json!(0), json!("1"), Value::Null] {
            let error = hello(wrong.clone()).unwrap_err();
            assert!(error.contains(&format!("chose protocol {wrong}, expected 1")), "{error}");
        }
    }
}
