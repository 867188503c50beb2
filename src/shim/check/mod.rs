//! `yamux-conform shim check`: whether a shim keeps the protocol, before any verdict on its yamux.
//!
//! Each check is a small function with a promise in plain words. They run in order against one process, which is
//! started anew after a failure; the other end of every session is the built-in yamux.

mod bench;
mod calls;
mod checked;
mod errors;
mod far_end;
mod language;
mod leaving;
mod list;
mod lockstep;
mod payload;
mod program;
mod raw;
mod reply;
mod sessions;

use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime;
use tokio::task::LocalSet;

use crate::shim::check::bench::Bench;
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::check::list::{Check, checks};
use crate::shim::check::program::{Program, Strays};
use crate::sink::Terminal;

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// The shim keeps the protocol.
    Keeps,
    /// It does not: a check failed.
    Breaks,
    /// The program cannot be started, and why.
    CannotStart(String),
}

/// Makes every check of the shim that `command` starts, and writes a line on each to `out` as it is made.
///
/// The error is one of `out`.
pub fn check(command: &[String], out: &mut dyn Write) -> io::Result<Conclusion> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report { out: Terminal::new(out), ok: 0, failed: 0, skipped: 0 };
    LocalSet::new().block_on(&runtime, examine(command.into(), &mut report))
}

async fn examine(command: Rc<[String]>, report: &mut Report<'_>) -> io::Result<Conclusion> {
    let strays = Strays::default();
    let mut program = match Program::start(&command, &strays) {
        Ok(program) => program,
        Err(error) => return Ok(Conclusion::CannotStart(error.to_string())),
    };
    let checks = checks();
    let mut left = checks.iter();
    let mut shim = None;
    while !left.as_slice().is_empty() {
        let bench = match Bench::greet(&command, program.clone(), &strays).await {
            Ok(bench) => bench,
            Err(stop) => {
                // The first check is hello itself; without it no other can be made.
                report.tell(&checks[0], Err(stop), &program)?;
                program.kill().await;
                break;
            }
        };
        shim = Some(bench.description());
        make(&mut left, &bench, report).await?;
        program.kill().await;
        if !left.as_slice().is_empty() {
            program = match Program::start(&command, &strays) {
                Ok(program) => program,
                Err(error) => return Ok(Conclusion::CannotStart(error.to_string())),
            };
        }
    }
    report.sum_up(shim.as_deref().unwrap_or("the shim"), left.as_slice().len())?;
    Ok(if report.failed == 0 { Conclusion::Keeps } else { Conclusion::Breaks })
}

/// Makes checks until one fails, which the next should not suffer from, or the process is gone.
async fn make(
    left: &mut std::slice::Iter<'_, Check>,
    bench: &Bench,
    report: &mut Report<'_>,
) -> io::Result<()> {
    for check in left {
        let checked = (check.run)(bench.clone()).await;
        let has_failed = matches!(checked, Err(Stop::Failed { .. }));
        report.tell(check, checked, &bench.program)?;
        if has_failed || bench.program.exit(Duration::ZERO).await.is_some() {
            break;
        }
    }
    Ok(())
}

/// Where the results go, and how many there are.
struct Report<'a> {
    out: Terminal<&'a mut dyn Write>,
    ok: usize,
    failed: usize,
    skipped: usize,
}

impl Report<'_> {
    fn tell(&mut self, check: &Check, checked: Checked, program: &Program) -> io::Result<()> {
        let Check { name, promise, next, .. } = check;
        match checked {
            Ok(()) => {
                self.ok += 1;
                self.out.line(format!("ok       {name:<18} {promise}"))?;
            }
            Err(Stop::Skipped(reason)) => {
                self.skipped += 1;
                self.out.line(format!("skipped  {name:<18} {reason}"))?;
            }
            Err(Stop::Failed { expected, observed }) => {
                self.failed += 1;
                self.out.line(format!("FAILED   {name:<18} {promise}"))?;
                self.out.line(format!("           expected: {expected}"))?;
                self.out.line(format!("           observed: {observed}"))?;
                self.out.line(format!("           next:     {next}"))?;
                for line in program.stderr() {
                    self.out.line(format!("           stderr:   {line}"))?;
                }
            }
        }
        self.out.flush()
    }

    fn sum_up(&mut self, shim: &str, unmade: usize) -> io::Result<()> {
        let Self { ok, failed, skipped, .. } = self;
        let mut line = format!("{shim}: {ok} ok, {failed} failed, {skipped} skipped");
        if unmade > 0 {
            line += &format!(", {unmade} not made for want of a hello");
        }
        self.out.line("")?;
        self.out.line(line)
    }
}
