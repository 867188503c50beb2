//! The JSON report of a run, read back.

use serde_json::Value;

use crate::analysis::compare::{Recorded, Sighting};
use crate::report::Record;

/// Why a text is not a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadReport {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// Reads what `run --format json` wrote; `asked` is its name on the command line. Unknown events are skipped, as readers
/// must.
pub(crate) fn read_report(text: &str, asked: &str) -> Result<Recorded, BadReport> {
    let mut report =
        Recorded { asked: asked.to_owned(), is_report: true, is_cut: true, ..Recorded::default() };
    let mut is_begun = false;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |message: String| BadReport { line: index + 1, message };
        let Some(record) = read_line(line).map_err(bad)? else { continue };
        match record {
            Record::RunStarted(started) if started.format > NEWEST => {
                return Err(bad(format!(
                    "expected format {NEWEST} or older, found {}: a later yamux-conform reads it",
                    started.format
                )));
            }
            Record::RunStarted(_) if is_begun => {
                return Err(
                    bad("expected one run, found the beginning of a second one".to_owned()),
                );
            }
            Record::RunStarted(started) => {
                is_begun = true;
                let ran = started.targets.iter().filter(|one| one.ran);
                report.targets = ran.cloned().collect();
                report.started = Some(Box::new(started));
            }
            _ if !is_begun => {
                return Err(bad(
                    "expected run_started first, as run --format json writes it".to_owned()
                ));
            }
            Record::CaseFinished(case) => {
                report.sightings.push(Sighting { case: *case, trace: None, is_told: true });
            }
            Record::RunFinished(finished) => {
                report.is_cut = finished.interrupted;
                report.finished = Some(Box::new(finished));
            }
            Record::CaseStarted(_) | Record::Note { .. } => {}
        }
    }
    if is_begun {
        Ok(report)
    } else {
        let message = "expected the lines of run --format json, found nothing".to_owned();
        Err(BadReport { line: 1, message })
    }
}

/// One line; `None` is an event of a later version.
fn read_line(line: &str) -> Result<Option<Record>, String> {
    let wrong = |error: serde_json::Error| {
        format!("expected a line of run --format json, found none: {error}")
    };
    let value: Value = serde_json::from_str(line).map_err(wrong)?;
    let is_known = match value["event"].as_str() {
        Some(event) => EVENTS.contains(&event),
        None => true,
    };
    match is_known {
        true => serde_json::from_value(value).map(Some).map_err(wrong),
        false => Ok(None),
    }
}

/// The newest format that can be read.
const NEWEST: u32 = 1;

const EVENTS: [&str; 5] = ["run_started", "case_started", "case_finished", "note", "run_finished"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Json, sample};

    fn report() -> String {
        sample::text(|out| sample::run(&mut Json::new(out), &sample::cases()))
    }

    #[test]
    fn what_a_run_wrote_is_read_back() {
        let text = report().replacen('\n', "\n\n{\"event\":\"weather\",\"is\":\"fine\"}\n", 1);
        let read = read_report(&text, "a.json").unwrap();
        assert_eq!(read.sightings.len(), sample::cases().len());
        assert_eq!(read.names().into_iter().collect::<Vec<_>>(), ["built-in", "go-hashicorp"]);
        assert!(read.is_report && !read.is_cut);
        assert!(read.sightings.iter().all(|sighting| sighting.trace.is_none()));
    }

    #[test]
    fn a_report_without_its_last_line_was_cut() {
        let text = report();
        let cut = text.trim_end().rsplit_once('\n').unwrap().0;
        assert!(read_report(cut, "a.json").unwrap().is_cut);
    }

    #[test]
    fn what_is_no_report_is_told_with_its_line() {
        let later = report().replacen("\"format\":1", "\"format\":2", 1);
        for (text, line, message) in [
            ("", 1, "found nothing"),
            ("{}\n", 1, "missing field `event`"),
            ("<xml>", 1, "expected value"),
            (&*later, 1, "expected format 1 or older, found 2"),
            (report().split_once('\n').unwrap().1, 1, "expected run_started first"),
            (&report().repeat(2), report().lines().count() + 1, "a second one"),
        ] {
            let bad = read_report(text, "a.json").unwrap_err();
            assert_eq!(bad.line, line, "{bad:?}");
            assert!(bad.message.contains(message), "{bad:?}");
        }
    }

    #[test]
    fn one_target_of_several_is_picked_by_its_name() {
        let read = || read_report(&report(), "a.json").unwrap();
        let only = read().only("go-hashicorp").unwrap();
        assert_eq!((only.targets.len(), &*only.asked), (1, "a.json:go-hashicorp"));
        assert!(only.sightings.iter().all(|sighting| sighting.case.target == "go-hashicorp"));
        let error = read().only("rust").unwrap_err();
        assert_eq!(error, "a.json has no target \"rust\"; it has: built-in, go-hashicorp");
    }
}
