//! `yamux-conform shim check`: whether a shim keeps the protocol, before any verdict on its yamux.
//!
//! Each check is a small function with a promise in plain words. They run in order against one process, which is
//! restarted after a failure; the other end of every session is the built-in yamux.

mod bench;
mod checked;
mod list;
mod report;
pub(crate) mod rules;

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime;
use tokio::task::LocalSet;

use crate::shim::check::bench::Bench;
use crate::shim::check::bench::program::Program;
use crate::shim::check::checked::Stop;
use crate::shim::check::list::{CHECKS, Check};
use crate::shim::check::report::Report;
use crate::shim::check::rules::memory::Memory;

pub(crate) use report::check_schema;
pub use report::{CheckFormat, CheckLine, CheckResult};

/// The result of all checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// The shim keeps the protocol; what its library does is another matter.
    Keeps,
    /// It does not: a check failed.
    Breaks,
    /// The program cannot be started, and why.
    CannotStart(String),
}

/// Makes every check of the shim that `command` starts, and writes each result to `out` as soon as it is known.
///
/// Errors are those of `out`.
pub fn check(
    command: &[String],
    format: CheckFormat,
    out: &mut dyn Write,
) -> io::Result<Conclusion> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::new(out, format);
    LocalSet::new().block_on(&runtime, examine(command.into(), &mut report))
}

async fn examine(command: Rc<[String]>, report: &mut Report<'_>) -> io::Result<Conclusion> {
    let memory = Memory::default();
    let mut left = CHECKS.iter();
    let mut shim = None;
    while !left.as_slice().is_empty() {
        let program = match Program::start(&command, &memory) {
            Ok(program) => program,
            Err(error) => return Ok(Conclusion::CannotStart(error.to_string())),
        };
        let bench = match Bench::greet(&command, program.clone(), &memory).await {
            Ok(bench) => bench,
            Err(stop) => {
                // The first check is hello itself; without it no other can be made.
                report.tell(&CHECKS[0], Err(stop), || program.stderr())?;
                program.kill().await;
                break;
            }
        };
        shim = Some(bench.description());
        make(&mut left, &bench, report).await?;
        program.kill().await;
    }
    report.sum_up(shim.as_deref().unwrap_or("the shim"), left.as_slice().len())?;
    let has_failed = report.count(CheckResult::Failed) > 0;
    Ok(if has_failed { Conclusion::Breaks } else { Conclusion::Keeps })
}

/// Makes checks until one fails, which the next should not suffer from, or the process is gone.
async fn make(
    left: &mut std::slice::Iter<'_, Check>,
    bench: &Bench,
    report: &mut Report<'_>,
) -> io::Result<()> {
    for check in left {
        let checked = (check.run)(bench.clone()).await;
        let is_clean = matches!(checked, Ok(()) | Err(Stop::Skipped(_)));
        report.tell(check, checked, || bench.program.stderr())?;
        if !is_clean || bench.program.exit(Duration::ZERO).await.is_some() {
            break;
        }
    }
    Ok(())
}
