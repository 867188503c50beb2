//! Which clauses every scenario checks, and by which rule. Pure.

use crate::model::Rule;

/// Each clause that any case can break, whatever its scenario is about, with the rule that checks it.
pub(crate) fn watched() -> impl Iterator<Item = (&'static str, String)> {
    let rules = RULES.iter().map(|(clause, rule)| (*clause, rule.to_string()));
    rules.chain(BESIDES.iter().map(|(clause, words)| (*clause, (*words).to_owned())))
}

/// The clause of each passive rule; a rule has several clauses if one side, or stream 0, has its own.
const RULES: [(&str, Rule); 18] = [
    ("FRM-01", Rule::WholeFrames),
    ("FRM-02", Rule::Version),
    ("FRM-03", Rule::FrameType),
    ("FRM-04", Rule::KnownFlags),
    ("FRM-05", Rule::SessionFlags),
    ("SID-01", Rule::Parity),
    ("SID-02", Rule::Parity),
    ("SID-04", Rule::Parity),
    ("SID-06", Rule::SessionStream),
    ("OPEN-01", Rule::SynFirst),
    ("OPEN-02", Rule::OneSyn),
    ("ACC-06", Rule::OneAck),
    ("FLOW-01", Rule::Window),
    ("FLOW-17", Rule::Credit),
    ("FIN-03", Rule::AfterFin),
    ("FIN-04", Rule::OneFin),
    ("RST-10", Rule::AfterReset),
    ("LIM-45", Rule::FrameSize),
];

/// Checks beyond the headers.
const BESIDES: [(&str, &str); 4] = [
    ("DATA-01", "payload is what the application wrote"),
    ("LIM-09", "no end sends more in a case than a bound that is far beyond what any needs"),
    (
        "SES-09",
        "a pong comes back at the end of each script, unless the session's end was expected",
    ),
    ("SES-10", "no frame is sent that no step takes, where the peer is a wire peer"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    #[test]
    fn every_clause_that_is_watched_is_in_the_register() {
        let library = load(&["scenarios/ping".into()]).unwrap();
        for (clause, _) in watched() {
            assert!(library.clauses.find(clause).is_some(), "{clause}");
        }
    }
}
