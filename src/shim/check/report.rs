//! `Report`: the result of each check, as lines for people or for programs.

use std::collections::HashMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shim::check::checked::{Cause, Checked, Evidence, Stop};
use crate::shim::check::list::Check;
use crate::system::sink::{Terminal, json_line};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckFormat {
    /// A line for each check, more for one that is not ok, and the counts.
    #[default]
    Human,
    /// A `CheckLine` for each check.
    Json,
}

/// What came out of one check: one line of `shim check --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckLine {
    /// What the check is called.
    pub check: String,
    /// What came out.
    pub result: CheckResult,
    /// What a right shim does, in plain words.
    pub promise: String,
    /// What should have been seen; with `library` and `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen; with `library` and `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// What to do about it; with `library` and `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why the check was not made, or not to its end; with `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last lines of the shim's stderr; with `library` and `failed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
}

/// What came out of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// The shim does what the check promises.
    Ok,
    /// It does, as far as can be seen, and its library does not: that is for the scenarios to judge.
    Library,
    /// The shim does not do what the check promises.
    Failed,
    /// There was nothing to look at, or a check before has failed for the same reason.
    Skipped,
}

/// Where the results go, and how many there are.
pub(crate) struct Report<'a> {
    out: Terminal<&'a mut dyn Write>,
    format: CheckFormat,
    counts: HashMap<CheckResult, usize>,
    /// The check that a cause has failed first.
    first: HashMap<Cause, &'static str>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, format: CheckFormat) -> Self {
        let out = Terminal::new(out);
        Self { out, format, counts: HashMap::new(), first: HashMap::new() }
    }

    /// Reports the result of a check.
    pub(crate) fn tell(
        &mut self,
        check: &Check,
        checked: Checked,
        stderr: impl FnOnce() -> Vec<String>,
    ) -> io::Result<()> {
        let told = self.line(check, checked, stderr);
        *self.counts.entry(told.result).or_default() += 1;
        match self.format {
            CheckFormat::Json => self.out.line(json_line(&told)?)?,
            CheckFormat::Human => self.tell_people(&told)?,
        }
        self.out.flush()
    }

    fn line(
        &mut self,
        check: &Check,
        checked: Checked,
        stderr: impl FnOnce() -> Vec<String>,
    ) -> CheckLine {
        let told = CheckLine {
            check: check.name.to_owned(),
            result: CheckResult::Ok,
            promise: check.promise.to_owned(),
            expected: None,
            observed: None,
            next: None,
            reason: None,
            stderr: Vec::new(),
        };
        let found = |result, Evidence { expected, observed }, next| CheckLine {
            result,
            expected: Some(expected),
            observed: Some(observed),
            next: Some(next),
            stderr: stderr(),
            ..told.clone()
        };
        match checked {
            Ok(()) => told,
            Err(Stop::Failed(evidence)) => {
                found(CheckResult::Failed, evidence, check.next.to_owned())
            }
            Err(Stop::Library { evidence, does }) => {
                let next = format!("your shim is right: the library {does}; scenarios judge that");
                found(CheckResult::Library, evidence, next)
            }
            Err(Stop::Caused(cause, evidence)) => match self.first.get(&cause) {
                None => {
                    self.first.insert(cause, check.name);
                    found(CheckResult::Failed, evidence, check.next.to_owned())
                }
                Some(first) => {
                    let reason = format!("{}, for which {first} has failed", cause.words());
                    CheckLine { result: CheckResult::Skipped, reason: Some(reason), ..told }
                }
            },
            Err(Stop::Skipped(reason)) => {
                CheckLine { result: CheckResult::Skipped, reason: Some(reason), ..told }
            }
        }
    }

    fn tell_people(&mut self, told: &CheckLine) -> io::Result<()> {
        let word = match told.result {
            CheckResult::Ok => "ok",
            CheckResult::Library => "library",
            CheckResult::Failed => "FAILED",
            CheckResult::Skipped => "skipped",
        };
        let about = told.reason.as_ref().unwrap_or(&told.promise);
        self.out.line(format!("{word:<8} {:<18} {about}", told.check))?;
        let parts =
            [("expected:", &told.expected), ("observed:", &told.observed), ("next:", &told.next)];
        for (name, text) in parts {
            if let Some(text) = text {
                self.out.line(format!("           {name:<9} {text}"))?;
            }
        }
        for line in &told.stderr {
            self.out.line(format!("           stderr:   {line}"))?;
        }
        Ok(())
    }

    /// How many checks had this result.
    pub(crate) fn count(&self, result: CheckResult) -> usize {
        self.counts.get(&result).copied().unwrap_or_default()
    }

    /// Prints the counts.
    pub(crate) fn sum_up(&mut self, shim: &str, unmade: usize) -> io::Result<()> {
        if self.format == CheckFormat::Json {
            return Ok(());
        }
        let count = |result| self.count(result);
        let mut line = format!(
            "{shim}: {} ok, {} library, {} failed, {} skipped",
            count(CheckResult::Ok),
            count(CheckResult::Library),
            count(CheckResult::Failed),
            count(CheckResult::Skipped),
        );
        if unmade > 0 {
            line += &format!(", {unmade} not made for want of a hello");
        }
        self.out.line("")?;
        self.out.line(line)
    }
}

/// The JSON Schema of one line of `shim check --format json`.
pub(crate) fn check_schema() -> String {
    format!("{:#}\n", schemars::schema_for!(CheckLine).to_value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::check::list::CHECKS;

    /// The output for these ends of the first checks.
    fn written(format: CheckFormat, ends: &[Checked]) -> String {
        let mut out = Vec::new();
        let mut report = Report::new(&mut out, format);
        for (check, end) in CHECKS.iter().zip(ends) {
            report.tell(check, end.clone(), || vec!["panic".to_owned()]).unwrap();
        }
        report.sum_up("it", 0).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn stop() -> Stop {
        Stop::failed("an answer", "nothing")
    }

    #[test]
    fn the_library_is_told_apart_from_the_shim() {
        let ends = [Ok(()), Err(stop().by_library("waits")), Err(stop())];
        let people = written(CheckFormat::Human, &ends);
        assert!(people.contains("\nlibrary  unknown-protocol   refuses "), "{people}");
        let next = "next:     your shim is right: the library waits; scenarios judge that";
        assert!(people.contains(next) && people.contains("stderr:   panic"), "{people}");
        assert!(people.contains("\nFAILED   unknown-operation  answers"), "{people}");
        assert!(people.ends_with("\nit: 1 ok, 1 library, 1 failed, 0 skipped\n"), "{people}");
    }

    #[test]
    fn one_cause_is_one_failure_and_the_others_name_it() {
        let caused = || Err(stop().caused_by(Cause::EndUnanswered));
        let people = written(CheckFormat::Human, &[caused(), caused(), Err(stop())]);
        let skipped = "skipped  unknown-protocol   end is not answered, for which hello has failed";
        assert!(people.contains(skipped), "{people}");
        assert!(people.ends_with("\nit: 0 ok, 0 library, 2 failed, 1 skipped\n"), "{people}");
    }

    #[test]
    fn a_line_of_json_has_what_its_result_needs() {
        let skipped = Err(Stop::Skipped("no ping".to_owned()));
        let json = written(CheckFormat::Json, &[Ok(()), skipped, Err(stop().by_library("waits"))]);
        let lines: Vec<CheckLine> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let results: Vec<_> = lines.iter().map(|line| line.result).collect();
        assert_eq!(results, [CheckResult::Ok, CheckResult::Skipped, CheckResult::Library]);
        assert_eq!(lines[1].reason.as_deref(), Some("no ping"));
        assert_eq!(lines[2].observed.as_deref(), Some("nothing"));
        assert!(!json.contains("null"), "{json}");
    }
}
