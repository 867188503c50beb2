//! One JSON object per event and line, for programs. `json_schema` describes the lines.

mod conversion;
mod file;
mod read_back;
mod record;

use std::io;

use crate::report::{Reporter, RunEvent};
use crate::system::sink::json_line;

pub(crate) use file::JsonFile;
#[cfg(test)]
pub(crate) use record::{BlamedEnd, PlaceName, RungRecord};
pub use record::{
    CaseFinished, ComparisonRecord, FailureRecord, Record, RunFinished, RunStarted, SuiteRecord,
    VerdictRecord,
};
pub(crate) use record::{ClauseRecord, OpenEntry, TargetRecord, VerdictCounts};

/// Writes each event as a `Record` on a line of its own, and flushes it.
#[derive(Debug)]
pub(crate) struct Json<W> {
    out: W,
}

impl<W: io::Write> Json<W> {
    /// A reporter that writes to `out`.
    pub(crate) const fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: io::Write> Reporter for Json<W> {
    fn report(&mut self, event: &RunEvent<'_>) -> io::Result<()> {
        writeln!(self.out, "{}", json_line(&Record::from(event))?)?;
        self.out.flush()
    }
}

/// The JSON Schema of one line.
pub(crate) fn json_schema() -> schemars::Schema {
    schemars::schema_for!(Record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn lines() -> Vec<String> {
        let text = sample::text(|out| sample::run(&mut Json::new(out), &sample::cases()));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_reads_back_as_the_record_it_was() {
        let lines = lines();
        assert_eq!(lines.len(), 2 * sample::cases().len() + 3);
        for line in &lines {
            let record: Record = serde_json::from_str(line).unwrap();
            assert_eq!(&serde_json::to_string(&record).unwrap(), line);
        }
    }

    #[test]
    fn a_case_has_the_documented_names() {
        let line = lines().into_iter().find(|line| line.contains(r#""kind":"fail""#)).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["event"], "case_finished");
        assert_eq!(value["id"], "half-close/write-stalls");
        assert_eq!(value["side"], "client");
        assert_eq!(value["clock"], "live");
        assert_eq!(value["virtual_ns"], 300_001_000_000_u64);
        assert_eq!(value["real_ns"], 1_900_000_000_u64);
        assert_eq!(value["verdict"]["failure"]["line"], 31);
        assert_eq!(value["verdict"]["failure"]["rungs"][1]["place"], "subject_to_peer");
        assert_eq!(value["comparison"]["kind"], "differs");
        assert!(value["again"].as_str().unwrap().ends_with("--seed 7"));
    }

    #[test]
    fn the_schema_names_every_event() {
        let schema = serde_json::to_string(&json_schema()).unwrap();
        for event in ["run_started", "case_started", "case_finished", "note", "run_finished"] {
            assert!(schema.contains(&format!(r#""const":"{event}""#)), "{event}");
        }
    }
}
