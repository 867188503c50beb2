//! Checks of abandoned calls, and of how a shim announces that it picks up streams.

use tokio::time::Instant;

use crate::scenario::{ErrorClass, FigureName};
use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::{Bench, on, read};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::check::rules::calls::{DEADLINE, is_not_early};
use crate::shim::protocol::OperationName::{Accept, Cancel, Read, Stats};
use crate::shim::protocol::{Ability, ShimEvent, micros};

/// A cancelled call ends with that class, and takes nothing that arrives later.
pub(crate) async fn cancelled_calls(bench: Bench) -> Checked {
    bench.needs(&[Cancel])?;
    let can = |ability| bench.able.abilities.contains(ability);
    let cancel = |of: u64| RawRequest::new(Cancel).with("of", of);
    if can(Ability::CancelAccept) {
        let pair = bench.pair().await?;
        let accepting = pair.send(on(Accept, "a"));
        pair.ask(&cancel(accepting)).await?.ok()?;
        let (class, _) = pair.reply(accepting).await?.err()?;
        equal("class of the accept", &ErrorClass::Cancelled, &class)?;
        let next = pair.send(on(Accept, "b"));
        pair.far.open("b").await?;
        pair.reply(next).await?.ok().map_err(|stop| stop.about("the next accept"))?;
        pair.end().await?;
    }
    if can(Ability::CancelRead) && bench.has(Accept) {
        let pair = bench.pair().await?;
        pair.stream("a").await?;
        let reading = pair.send(read("a", 20));
        pair.far.write("a", 10, 0).await?;
        let ten = ShimEvent::Progress { of: reading, bytes: 10 };
        let has_ten = |event: &ShimEvent| (*event == ten).then_some(());
        if bench.program.event(has_ten).await.is_none() {
            let expected = "progress of 10 bytes while a read of 20 waits";
            return Err(Stop::failed(expected, bench.program.silence()));
        }
        pair.ask(&cancel(reading)).await?.ok()?;
        let (class, done) = pair.reply(reading).await?.err()?;
        equal("class of the read", &ErrorClass::Cancelled, &class)?;
        equal("bytes of the read", &10, &done.bytes)?;
        pair.end().await?;
    }
    Ok(())
}

/// An accept with a deadline ends by it.
pub(crate) async fn limited_accepts(bench: Bench) -> Checked {
    bench.needs(&[Accept, Read])?;
    if !bench.able.abilities.contains(Ability::DeadlineAccept) {
        return Err(Stop::Skipped("hello does not list deadline_accept".to_owned()));
    }
    let pair = bench.pair().await?;
    let began = Instant::now();
    let reply = pair.ask(&on(Accept, "a").with("deadline_us", micros(DEADLINE))).await?;
    let (class, _) = reply.err()?;
    equal("class", &ErrorClass::Deadline, &class)?;
    is_not_early(began)?;
    pair.end().await
}

/// Every listed figure is in the answer.
pub(crate) async fn figures(bench: Bench) -> Checked {
    bench.needs(&[Stats])?;
    let pair = bench.pair().await?;
    let reply = pair.ask(&RawRequest::new(Stats)).await?;
    let figures = reply.ok()?.figures;
    for (ability, name) in [
        (Ability::StatsStreams, FigureName::Streams),
        (Ability::StatsTasks, FigureName::Tasks),
        (Ability::StatsHeap, FigureName::Heap),
        (Ability::StatsDescriptors, FigureName::Descriptors),
    ] {
        let is_told = figures.get(name).is_some();
        if bench.able.abilities.contains(ability) && !is_told {
            let expected = format!("{:?} in the figures of stats, as hello says", name.key());
            return Err(Stop::failed(expected, reply.text));
        }
    }
    pair.end().await
}
