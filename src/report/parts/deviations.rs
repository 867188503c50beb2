//! Verdicts that are neither a plain pass nor negative: each reason once, with its cases.

use std::collections::BTreeMap;
use std::io;

use crate::report::terminal::table::{DIM, HEAD, PLAIN};
use crate::runner::verdict::{CaseReport, QuotedClause, Verdict};
use crate::system::sink::{Line, Terminal};

/// Writes them in lines of at most `width` columns, with `most` cases for each reason; `place` says where a case ran.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    reports: &[CaseReport],
    place: impl Fn(&CaseReport) -> String,
    (width, most): (usize, usize),
) -> io::Result<()> {
    for heading in [WEAK, DIFFERS, NOT_REACHED, KNOWN, SKIPPED] {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for report in reports {
            let case = || format!("{} ({})", report.run.name(), place(report));
            let (own, reasons) = reasons(report);
            for reason in reasons.into_iter().filter(|_| own == heading) {
                groups.entry(reason).or_default().push(case());
            }
        }
        if !groups.is_empty() {
            out.line("")?;
            out.wrapped(HEAD, heading, width, 2)?;
        }
        for (reason, cases) in groups {
            out.wrapped(PLAIN, &format!("  {reason}"), width, 2)?;
            for case in cases.iter().take(most) {
                out.wrapped(DIM, &format!("    {case}"), width, 2)?;
            }
            match cases.len().saturating_sub(most) {
                0 => {}
                more => out.line(
                    Line::from("    ").and_styled(DIM, format!("and {more} more (-vv names them)")),
                )?,
            }
        }
    }
    Ok(())
}

/// The heading under which the case stands, and why; others have no reason.
fn reasons(report: &CaseReport) -> (&'static str, Vec<String>) {
    // The clause that does not bind the implementation.
    let quote = |(id, statement, level): &QuotedClause| format!("{id}: {statement} ({level})");
    let broken = || report.broken.iter().map(quote).collect();
    match &report.verdict {
        Verdict::WeakPass { because } => (WEAK, because.clone()),
        Verdict::Differs(_) => (DIFFERS, broken()),
        Verdict::NotReached(_) => (NOT_REACHED, broken()),
        Verdict::KnownFail { reason, link: Some(link), .. } => {
            (KNOWN, vec![format!("{reason} <{link}>")])
        }
        Verdict::KnownFail { reason, .. } => (KNOWN, vec![reason.clone()]),
        Verdict::Skip { reason } => (SKIPPED, vec![reason.clone()]),
        _ => ("", Vec::new()),
    }
}

const WEAK: &str = "weak passes";
const DIFFERS: &str = "differs, lawfully";
const NOT_REACHED: &str =
    "not reached: unproved, as the implementation lawfully did otherwise before";
const KNOWN: &str = "known deviations";
const SKIPPED: &str = "skipped";
