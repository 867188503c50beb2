//! `for_each`: checks, beyond its schema, steps that are written once and carried out in every round. Pure.

use crate::scenario::read::problem::Finding;
use crate::scenario::read::syntax::{Member, Node, NodeKind};
use crate::scenario::read::written::MARK;

/// Checks the rounds of a document that has the right form.
pub(crate) fn check(root: &Node) -> Result<(), Vec<Finding>> {
    let mut findings = Vec::new();
    for step in items(root, "steps") {
        match step.member(KEY) {
            Some(block) => check_rounds(step, &block.value, &mut findings),
            None => report_stray(step, &mut findings),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn check_rounds(step: &Node, block: &Node, findings: &mut Vec<Finding>) {
    for member in ["name", "clause", "if_supported"].iter().filter_map(|key| step.member(key)) {
        let message =
            format!("{:?} goes with a step in \"{KEY}\", not with all of them", member.key);
        findings.push(Finding::new(member.position, message));
    }
    for nested in items(block, "steps").iter().filter_map(|step| step.member(KEY)) {
        let message = format!("a \"{KEY}\" cannot stand in another one");
        findings.push(Finding::new(nested.position, message));
    }
}

/// Reports a round mark in a step without rounds.
fn report_stray(node: &Node, findings: &mut Vec<Finding>) {
    match &node.kind {
        NodeKind::String(text) if text.contains(MARK) => {
            let message = format!(
                "expected a name, found {text:?}: \"{MARK}\" is the number of a round, and stands only in \"{KEY}\""
            );
            findings.push(Finding::new(node.position, message));
        }
        NodeKind::Array(items) => items.iter().for_each(|item| report_stray(item, findings)),
        NodeKind::Object(members) => {
            let is_prose =
                |member: &&Member| ["note", "question", "because"].contains(&&*member.key);
            let names = members.iter().filter(|member| !is_prose(member));
            names.for_each(|member| report_stray(&member.value, findings));
        }
        _ => {}
    }
}

fn items<'a>(object: &'a Node, key: &str) -> &'a [Node] {
    match object.member(key).map(|member| &member.value.kind) {
        Some(NodeKind::Array(items)) => items,
        _ => &[],
    }
}

const KEY: &str = "for_each";

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use crate::scenario::{Scenario, load_text};

    fn scenario(steps: &str) -> Scenario {
        let head = r#""title": "t", "clauses": ["A-1"], "peer": "app""#;
        load_text("a/b", &format!("{{ {head}, \"steps\": [{steps}, {{ \"probe\": \"ping\" }}] }}"))
            .expect("it is a scenario")
    }

    #[test]
    fn each_round_has_its_number_in_every_name() {
        let scenario = scenario(
            r##"{ "wait": "1s" }, { "for_each": { "count": 2, "steps": [
                { "subject": { "open": { "stream": "s#-#", "or": [ { "error": "deadline", "because": "# stays" } ] } }, "name": "n#" },
                { "wait": "2s" } ] } }"##,
        );
        let [_, first, second, third, fourth, _] = &scenario.steps[..] else { panic!("six steps") };
        for (step, round) in [(first, 1), (third, 2)] {
            assert_eq!(step.round, Some(round));
            assert_eq!(step.name.as_deref(), Some(&*format!("n{round}")));
            let told = format!("{:?}", step.kind);
            assert!(told.contains(&format!("\"s{round}-{round}\"")), "{told}");
            assert!(told.contains("\"# stays\""), "{told}");
        }
        assert_eq!((second.round, fourth.round), (Some(1), Some(2)));
        assert_eq!(second.kind, fourth.kind);
    }

    #[test]
    fn rounds_may_begin_with_another_number() {
        let steps = r##"{ "for_each": { "count": 3, "first": 0, "steps": [{ "wait": "1s", "name": "n#" }] } }"##;
        let scenario = scenario(steps);
        let names: Vec<_> = scenario.steps.iter().filter_map(|step| step.name.as_deref()).collect();
        assert_eq!(names, ["n0", "n1", "n2"]);
    }

    #[test]
    fn far_too_many_rounds_take_no_time() {
        let many = vec![r#"{ "wait": "1s" }"#; 10_000].join(",");
        let steps = format!(r#"{{ "for_each": {{ "count": 10000, "steps": [{many}] }} }}"#);
        let text =
            format!(r#"{{ "title": "t", "clauses": ["A-1"], "peer": "app", "steps": [{steps}] }}"#);
        assert!(load_text("a/b", &text).expect_err("they are too many").len() == 1);
    }
}
