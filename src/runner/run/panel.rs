//! One case on all targets: it is judged once the reference's run of it is known.

use crate::engine::Outcome;
use crate::runner::judge::{self, Reference};
use crate::runner::known::Deviation;
use crate::runner::plan::How;
use crate::runner::run::Run;
use crate::runner::{CaseRun, golden};

impl Run<'_> {
    /// Handles the end of a case. It is judged once the reference's run of the same case is known.
    pub(super) fn over(&mut self, number: usize, run: CaseRun) {
        let case = &self.plan.cases[number];
        let key = (case.id(), case.repeat);
        let mut panel = self.panels.remove(&key).unwrap_or_default();
        panel.held.push((number, run));
        if panel.reference.is_none() {
            panel.reference = self.choose_reference(&panel.held);
        }
        if let Some((chosen, reference)) = panel.reference.clone() {
            panel.held.sort_by_key(|(number, _)| Some(*number) != chosen);
            for (number, run) in std::mem::take(&mut panel.held) {
                panel.reported += 1;
                if Some(number) == chosen {
                    let none = Reference::None("it is the reference".to_owned());
                    self.report(number, &run, &none);
                } else {
                    self.report(number, &run, &reference);
                }
            }
        }
        let running = self.plan.targets.iter().filter(|target| target.how != How::Absent).count();
        if panel.reported < running {
            self.panels.insert(key, panel);
        }
    }

    /// The reference of a case, and the number of its case if it ran: the first of the reference's targets with a usable
    /// trace. `None` while it is not over.
    fn choose_reference(
        &mut self,
        over: &[(usize, CaseRun)],
    ) -> Option<(Option<usize>, Reference)> {
        if let Some(peer) = self.peer() {
            return Some((None, Reference::None(format!("the peer is {peer}"))));
        }
        let mut last = None;
        for (index, _) in self
            .plan
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| target.is_reference && target.how != How::Absent)
        {
            let (number, run) =
                over.iter().find(|(number, _)| self.plan.cases[*number].target == index)?;
            let clock = self.plan.targets[index].info.clock;
            last = Some((Some(*number), judge::reference_of(run, clock)));
            if !matches!(run.outcome, Outcome::Skipped { .. } | Outcome::Broken { .. }) {
                break;
            }
        }
        if last.is_some() {
            return last;
        }
        let (number, _) = over.first()?;
        let case = &self.plan.cases[*number];
        let Some(target) = self.plan.reference() else {
            return Some((None, Reference::None("there is no reference".to_owned())));
        };
        let reference = judge::golden_reference(&self.goldens, &target.implementation, case);
        let reference = reference.unwrap_or_else(|error| {
            self.bad_golden(error);
            Reference::None("the reference's golden trace cannot be read".to_owned())
        });
        if matches!(reference, Reference::None(_)) {
            self.missing_reference(*number);
        }
        Some((None, reference))
    }

    /// If the reference does not run, its golden trace should be there, unless it cannot pass the case.
    fn missing_reference(&mut self, number: usize) {
        let case = &self.plan.cases[number];
        let Some(target) = self.plan.reference() else { return };
        let key = case.golden_key(&target.implementation);
        let Some(root) = self.goldens.root().filter(|root| root.join(&key.target).is_dir()) else {
            return;
        };
        let is_there = key.path(root).symlink_metadata().is_ok();
        if is_there || target.known.entry_for(Deviation::Verdict, &key.id, key.side).is_some() {
            return;
        }
        match golden::skipped(root, &key.target) {
            Ok(skipped) if skipped.contains_key(&key.case()) => {}
            Ok(_) => _ = self.missing.insert(golden::missing(root, &key)),
            Err(error) => self.bad_golden(error.to_string()),
        }
    }
}
