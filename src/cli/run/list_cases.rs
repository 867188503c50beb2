//! `run --list`: the cases that would run, each with its target and clock.

use serde::Serialize;

use crate::cli::shell::output;
use crate::cli::{ExitCode, Format};
use crate::runner::verdict::Clock;
use crate::runner::{Case, PlannedTarget, Refused};
use crate::system::sink::{MAX_PADDING, json_line};
use crate::yamux::frame::Side;

/// One case on one target.
struct ListedCase<'a> {
    case: &'a Case,
    target: &'a PlannedTarget,
    /// Why it would be skipped, if it would.
    skip: Option<String>,
}

/// Prints the cases in their order.
pub(crate) fn list_cases(
    cases: &[Case],
    targets: &[PlannedTarget],
    format: Format,
) -> Result<ExitCode, Refused> {
    let rows = cases.iter().map(|case| {
        let target = &targets[case.target];
        let skip = case.skip_reason(target.info.clock).or_else(|| target.lacks(case));
        ListedCase { case, target, skip }
    });
    let rows: Vec<ListedCase<'_>> = rows.collect();
    let width = |of: &dyn Fn(&ListedCase<'_>) -> usize| {
        rows.iter().map(of).max().unwrap_or(0).min(MAX_PADDING)
    };
    let name_width = width(&|row| row.name().len());
    let target_width = width(&|row| row.target.info.name.len());
    let printed = output::print(|out| {
        if format == Format::Markdown {
            out.line("| case | target | clock | skipped |")?;
            out.line("|---|---|---|---|")?;
        }
        for row in &rows {
            let (name, info) = (row.name(), &row.target.info);
            let skip = row.skip.as_deref();
            out.line(match format {
                Format::Human => {
                    let skip = skip.map_or_else(String::new, |why| format!("  skip: {why}"));
                    let place = format!("{:target_width$}  {:<7}", info.name, info.clock);
                    format!("{name:name_width$}  {place}{skip}").trim_end().to_owned()
                }
                Format::Markdown => {
                    let cells = [&*name, &*info.name, &info.clock.to_string(), skip.unwrap_or("")];
                    let cells = cells.map(plain);
                    format!("| {} |", cells.join(" | "))
                }
                Format::Json => json_line(&row.record())?,
            })?;
        }
        Ok(())
    });
    Ok(if rows.is_empty() { ExitCode::NothingSelected } else { printed? })
}

/// Untrusted text in a cell of a table, without markup.
fn plain(cell: &str) -> String {
    cell.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|")
}

impl ListedCase<'_> {
    fn name(&self) -> String {
        self.case.run_id(&self.target.info).name()
    }

    fn record(&self) -> ListedCaseRecord<'_> {
        let Self { case, target, skip } = self;
        ListedCaseRecord {
            id: &case.scenario.id,
            side: case.side,
            target: &target.info.name,
            clock: target.info.clock,
            repeat: case.repeat,
            skip: skip.as_deref(),
        }
    }
}

/// A case as a line of JSON.
#[derive(Serialize)]
struct ListedCaseRecord<'a> {
    id: &'a str,
    side: Side,
    target: &'a str,
    clock: Clock,
    repeat: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<&'a str>,
}
