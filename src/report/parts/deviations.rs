//! Verdicts that are neither a plain pass nor negative: each reason once, with its cases.

use std::collections::BTreeMap;
use std::io;

use crate::report::terminal::table::{DIM, HEAD, PLAIN};
use crate::system::sink::{Line, Terminal};
use crate::verdict::{CaseReport, QuotedClause, Verdict};

/// Writes them in lines of at most `width` columns, with `most` cases for each reason; `place` says where a case ran.
pub(crate) fn write(
    out: &mut Terminal<impl io::Write>,
    reports: &[CaseReport],
    place: impl Fn(&CaseReport) -> String,
    (width, most): (usize, usize),
) -> io::Result<()> {
    for (heading, reasons) in [
        ("weak passes", weak_reasons as fn(&CaseReport) -> Vec<String>),
        ("differs, lawfully", differs_reasons),
        (
            "not reached: unproved, as the implementation lawfully did otherwise before",
            not_reached_reasons,
        ),
        ("known deviations", known_reasons),
        ("skipped", skip_reasons),
    ] {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for report in reports {
            for reason in reasons(report) {
                let case = format!("{} ({})", report.run.name(), place(report));
                groups.entry(reason).or_default().push(case);
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

fn weak_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::WeakPass { because } => because.clone(),
        _ => Vec::new(),
    }
}

fn differs_reasons(report: &CaseReport) -> Vec<String> {
    if matches!(report.verdict, Verdict::Differs(_)) { broken(report) } else { Vec::new() }
}

fn not_reached_reasons(report: &CaseReport) -> Vec<String> {
    if matches!(report.verdict, Verdict::NotReached(_)) { broken(report) } else { Vec::new() }
}

/// The clause that does not bind the implementation, as a reason.
fn broken(report: &CaseReport) -> Vec<String> {
    let quote = |(id, statement, level): &QuotedClause| format!("{id}: {statement} ({level})");
    report.broken.iter().map(quote).collect()
}

fn known_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::KnownFail { reason, link: Some(link), .. } => vec![format!("{reason} <{link}>")],
        Verdict::KnownFail { reason, link: None, .. } => vec![reason.clone()],
        _ => Vec::new(),
    }
}

fn skip_reasons(report: &CaseReport) -> Vec<String> {
    match &report.verdict {
        Verdict::Skip { reason } => vec![reason.clone()],
        _ => Vec::new(),
    }
}
