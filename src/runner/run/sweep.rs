//! Compares a variation with its plain case: whatever the wire does, the verdict must be the same.

use std::sync::Arc;

use crate::runner::plan::Case;
use crate::runner::run::Run;
use crate::runner::verdict::Verdict;
use crate::scenario::Varied;

impl Run<'_> {
    /// Compares the verdict of a variation with that of its plain case; a difference is a problem of the run. A negative
    /// verdict is reported only once.
    pub(super) fn beside_plain(&mut self, case: &Case, verdict: Verdict) -> Verdict {
        let told = essence(&verdict);
        let key = (Arc::clone(case.scenario.plain_id()), case.side, case.target, case.repeat);
        let Some(varied) = &case.scenario.varied else {
            self.plain.insert(key, told);
            return verdict;
        };
        match self.plain.get(&key) {
            Some(plain) if *plain == told && verdict.is_negative() => Verdict::Skip {
                reason: format!("as negative under {} as without", varied.variation),
            },
            Some(plain) if *plain != told && varied.passed_over.is_none() => {
                let name = case.run_id(&self.plan.targets[case.target].info);
                let problem = changed(varied, &name.to_string(), plain, &told);
                self.summary.problems.push(problem);
                verdict
            }
            _ => verdict,
        }
    }
}

fn changed(varied: &Varied, name: &str, plain: &str, told: &str) -> String {
    let variation = varied.variation;
    format!("{name}: expected what the plain case gives, {plain}; found under {variation}: {told}")
}

/// The part of a verdict that must be the same: its kind, and the failed step. All lawful outcomes count as equal.
fn essence(verdict: &Verdict) -> String {
    let label = match verdict {
        Verdict::WeakPass { .. } => Verdict::Pass.label(),
        _ => verdict.label(),
    };
    match verdict.failure() {
        Some(failure) => {
            let step = failure.step.map_or_else(String::new, |step| format!("step {step}, "));
            format!("{label} ({step}{})", failure.fingerprint())
        }
        None => label.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn two_failures_differ_by_their_step_and_two_passes_do_not() {
        let failed = |step| match sample::failed().verdict {
            Verdict::Fail(mut failure) => {
                failure.step = Some(step);
                essence(&Verdict::Fail(failure))
            }
            _ => panic!("expected a failure"),
        };
        assert_ne!(failed(1), failed(2));
        assert_ne!(failed(1), essence(&Verdict::Pass));
        let weak = Verdict::WeakPass { because: vec!["it is late".to_owned()] };
        assert_eq!(essence(&weak), essence(&Verdict::Pass));
    }
}
