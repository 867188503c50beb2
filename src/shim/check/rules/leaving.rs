//! Checks of the process: how it ends, that two can run at once, and that it wrote nothing it should not have.

use std::process::ExitStatus;
use std::time::Duration;

use crate::shim::check::bench::Bench;
use crate::shim::check::bench::program::PATIENCE;
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::check::rules::memory::Stray;
use crate::shim::check::rules::payload::echoed;
use crate::shim::protocol::Operation;
use crate::shim::protocol::OperationName::{Read, Write};

/// `bye` is answered, then the process ends.
pub(crate) async fn bye(bench: Bench) -> Checked {
    let other = bench.another().await?;
    other.pair().await?.end().await?;
    other.program.ask(Operation::Bye, None).await?.ok()?;
    leaves(&other, "bye", LEAVING).await
}

/// The end of stdin ends the process.
pub(crate) async fn end_of_stdin(bench: Bench) -> Checked {
    let other = bench.another().await?;
    other.program.close_stdin();
    leaves(&other, "the end of stdin", PATIENCE).await
}

async fn leaves(bench: &Bench, after: &str, within: Duration) -> Checked {
    let exit = bench.program.exit(within).await;
    let has_children = exit.is_some() && bench.program.has_left_children();
    let observed = match exit {
        Some(_) if has_children => "a process it started is left".to_owned(),
        Some(status) if status.success() => return Ok(()),
        Some(status) => status.to_string(),
        None => "it still runs".to_owned(),
    };
    bench.program.kill().await;
    let expected = format!("{} within {} s of {after}", ExitStatus::default(), within.as_secs());
    Err(Stop::failed(format!("{expected}, nothing left behind"), observed))
}

/// A second process runs beside the first.
pub(crate) async fn second_process(bench: Bench) -> Checked {
    bench.needs(&[Write, Read])?;
    let other = bench.another().await?;
    let looked = side_by_side(&bench, &other).await;
    other.program.kill().await;
    looked
}

async fn side_by_side(first: &Bench, second: &Bench) -> Checked {
    let pairs = [(first.pair().await?, 1), (second.pair().await?, 2)];
    for (pair, seed) in &pairs {
        echoed(pair, *seed).await?;
    }
    for (pair, _) in pairs {
        pair.end().await?;
    }
    Ok(())
}

/// Nothing but the protocol was on stdout.
pub(crate) async fn no_noise(bench: Bench) -> Checked {
    none(&bench, Stray::Noise, "nothing but lines of the protocol on stdout")
}

/// No answer, progress or fault without a reason.
pub(crate) async fn one_answer(bench: Bench) -> Checked {
    none(&bench, Stray::Answer, "one answer for each request, progress before it, no idle fault")
}

/// Nothing about a session after its end was answered.
pub(crate) async fn quiet_after_end(bench: Bench) -> Checked {
    none(&bench, Stray::AfterEnd, "no line about a session whose end is answered")
}

fn none(bench: &Bench, kind: Stray, expected: &str) -> Checked {
    let strays = bench.memory.of(kind);
    let Some(line) = strays.first() else { return Ok(()) };
    let more = match strays.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Err(Stop::failed(expected, format!("{line}{more}")))
}

/// How long a process may take to end after `bye`.
const LEAVING: Duration = Duration::from_secs(1);
