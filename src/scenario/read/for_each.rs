//! `for_each`: steps that stand once in the file and are carried out once for each round, spelled out. Pure.
//!
//! It works on the syntax tree, so that all that comes after it sees plain steps, each with the place where it is written.

use crate::scenario::check::MAX_STEPS;
use crate::scenario::read::problem::Finding;
use crate::scenario::read::syntax::{Member, Node, NodeKind};
use crate::scenario::read::written::MARK;

/// A scenario without `for_each`, and for each of its steps the round it belongs to, if any.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) root: Node,
    pub(crate) rounds: Vec<Option<u32>>,
}

/// Spells out a document of the right form.
pub(crate) fn expand(mut root: Node) -> Result<Expanded, Vec<Finding>> {
    let mut expansion = Expansion::default();
    if let NodeKind::Object(members) = &mut root.kind
        && let Some(steps) = members.iter_mut().find(|member| member.key == "steps")
        && let NodeKind::Array(items) = &mut steps.value.kind
    {
        for step in std::mem::take(items) {
            expansion.step(step);
        }
        *items = expansion.steps;
    }
    if expansion.findings.is_empty() {
        Ok(Expanded { root, rounds: expansion.rounds })
    } else {
        Err(expansion.findings)
    }
}

#[derive(Default)]
struct Expansion {
    steps: Vec<Node>,
    rounds: Vec<Option<u32>>,
    findings: Vec<Finding>,
}

impl Expansion {
    fn step(&mut self, step: Node) {
        let Some(Member { value: block, .. }) = step.member(KEY) else {
            self.report_stray(&step);
            self.push(step, None);
            return;
        };
        for key in ["name", "clause", "if_supported"] {
            if let Some(member) = step.member(key) {
                let message =
                    format!("{key:?} goes with a step in \"{KEY}\", not with all of them");
                self.findings.push(Finding::new(member.position, message));
            }
        }
        let Some(NodeKind::Array(steps)) = block.member("steps").map(|member| &member.value.kind)
        else {
            return;
        };
        for nested in steps.iter().filter_map(|step| step.member(KEY)) {
            let message = format!("a \"{KEY}\" cannot stand in another one");
            self.findings.push(Finding::new(nested.position, message));
        }
        let (count, first) = (number(block, "count", 0), number(block, "first", 1));
        for round in (first..).take(count as usize) {
            // What goes beyond the limit is told by the checker, and needs no memory.
            if self.steps.len() > MAX_STEPS {
                return;
            }
            for step in steps {
                self.push(in_round(step, &round.to_string()), Some(round));
            }
        }
    }

    fn push(&mut self, step: Node, round: Option<u32>) {
        self.steps.push(step);
        self.rounds.push(round);
    }

    /// A mark in a step that has no rounds.
    fn report_stray(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::String(text) if text.contains(MARK) => {
                let message = format!(
                    "expected a name, found {text:?}: \"{MARK}\" is the number of a round, and stands only in \"{KEY}\""
                );
                self.findings.push(Finding::new(node.position, message));
            }
            NodeKind::Array(items) => items.iter().for_each(|item| self.report_stray(item)),
            NodeKind::Object(members) => {
                let members = members.iter().filter(|member| !is_prose(&member.key));
                members.for_each(|member| self.report_stray(&member.value));
            }
            _ => {}
        }
    }
}

/// The same with the number of the round for each mark.
fn in_round(node: &Node, round: &str) -> Node {
    let kind = match &node.kind {
        NodeKind::String(text) => NodeKind::String(text.replace(MARK, round)),
        NodeKind::Array(items) => {
            NodeKind::Array(items.iter().map(|item| in_round(item, round)).collect())
        }
        NodeKind::Object(members) => {
            let members = members.iter().map(|member| Member {
                position: member.position,
                key: member.key.clone(),
                value: match is_prose(&member.key) {
                    true => member.value.clone(),
                    false => in_round(&member.value, round),
                },
            });
            NodeKind::Object(members.collect())
        }
        kind => kind.clone(),
    };
    Node { position: node.position, kind }
}

/// Whether the value of this key is for people.
fn is_prose(key: &str) -> bool {
    ["note", "question", "because"].contains(&key)
}

fn number(block: &Node, key: &str, otherwise: u32) -> u32 {
    let number = block.member(key).and_then(|member| match &member.value.kind {
        NodeKind::Number(number) => number.as_u64(),
        _ => None,
    });
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
}

const KEY: &str = "for_each";

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use super::*;
    use crate::scenario::read::syntax::parse;

    fn expanded(steps: &Value) -> Result<(Value, Vec<Option<u32>>), Vec<String>> {
        let root = parse(&json!({ "steps": steps }).to_string()).expect("it is JSON");
        let told = |findings: Vec<Finding>| {
            findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        let Expanded { root, rounds } = expand(root).map_err(told)?;
        Ok((root.to_value()["steps"].clone(), rounds))
    }

    #[test]
    fn each_round_has_its_number_in_every_name() {
        let steps = json!([
            { "wait": "1s" },
            { "for_each": { "count": 2, "steps": [
                { "subject": { "open": { "stream": "s#-#" } }, "note": "# stays", "name": "n#" },
                { "wait": "2s" },
            ] } },
        ]);
        let round = |number| {
            let (stream, name) = (format!("s{number}-{number}"), format!("n{number}"));
            json!({ "subject": { "open": { "stream": stream } }, "note": "# stays", "name": name })
        };
        let spelled =
            json!([{ "wait": "1s" }, round(1), { "wait": "2s" }, round(2), { "wait": "2s" }]);
        let rounds = vec![None, Some(1), Some(1), Some(2), Some(2)];
        assert_eq!(expanded(&steps), Ok((spelled, rounds)));
    }

    #[test]
    fn rounds_may_begin_with_another_number() {
        let steps =
            json!([{ "for_each": { "count": 3, "first": 0, "steps": [{ "name": "n#" }] } }]);
        let spelled = json!([{ "name": "n0" }, { "name": "n1" }, { "name": "n2" }]);
        assert_eq!(expanded(&steps), Ok((spelled, vec![Some(0), Some(1), Some(2)])));
    }

    #[test]
    fn far_too_many_rounds_take_no_memory() {
        let step = json!({ "wait": "1s" });
        let many = vec![step; 100];
        let steps = json!([{ "for_each": { "count": 10_000, "steps": many } }]);
        let (spelled, _) = expanded(&steps).expect("the checker tells of it");
        let steps = spelled.as_array().map_or(0, Vec::len);
        assert!(steps > MAX_STEPS && steps <= MAX_STEPS + 101, "{steps}");
    }
}
