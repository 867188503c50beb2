//! Checks of calls: which the shim has, that they do not wait for each other, deadlines.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::scenario::ErrorClass;
use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::{Bench, Pair, Promptness, hello, on, read, write};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::protocol::OperationName::{
    Accept, Cancel, CloseSession, CountStreams, GoAway, Open, Ping, Read, SetDeadline, Stats, Write,
};
use crate::shim::protocol::{Operation, OperationName, PROTOCOL, ShimAnswer, micros};

/// Actions that hello lists exist.
pub(crate) async fn listed_actions(bench: Bench) -> Checked {
    let mut waits = None;
    for action in OperationName::actions().filter(|action| bench.has(*action)) {
        let pair = bench.pair().await?;
        let id = attempt(&pair, action).await?;
        let (reply, promptness) = pair.parted(id).await?;
        if matches!(reply.answer, ShimAnswer::Unsupported(_) | ShimAnswer::Fault(_)) {
            let expected = format!("{action}, which hello lists, answered with ok or err");
            return Err(Stop::failed(expected, reply.text));
        }
        if action == CountStreams && reply.ok()?.streams.is_none() {
            return Err(Stop::failed("\"streams\" in the ok of count_streams", reply.text));
        }
        if promptness == Promptness::AfterPeer {
            let observed = "it is answered once the peer has ended the session";
            let stop = Stop::failed(format!("{action} answered within 3 s"), observed);
            let does = "waits for its peer before the call returns";
            waits = waits.or_else(|| Some(stop.by_library(does)));
        }
        pair.end().await?;
    }
    waits.map_or(Ok(()), Err)
}

/// Actions that hello does not list are unsupported.
pub(crate) async fn unlisted_actions(bench: Bench) -> Checked {
    let can_make_streams = bench.has(Accept) || bench.has(Open);
    let is_of_session = |action| matches!(action, Accept | Open) || is_about_sessions(action);
    let missing: Vec<_> = OperationName::actions()
        .filter(|action| !bench.has(*action) && (can_make_streams || is_of_session(*action)))
        .collect();
    if missing.is_empty() {
        return Err(Stop::Skipped("the shim has every action".to_owned()));
    }
    for action in missing {
        let pair = bench.pair().await?;
        let id = attempt(&pair, action).await?;
        pair.reply(id).await?.unsupported()?;
        pair.end().await?;
    }
    Ok(())
}

fn is_about_sessions(action: OperationName) -> bool {
    matches!(action, Ping | GoAway | CloseSession | CountStreams | Stats)
}

/// Requests an action where it can be carried out.
async fn attempt(pair: &Pair, action: OperationName) -> Result<u64, Stop> {
    match action {
        _ if is_about_sessions(action) => return Ok(pair.send(RawRequest::new(action))),
        Accept => {
            let id = pair.send(on(Accept, "a"));
            pair.far.open("a").await?;
            return Ok(id);
        }
        Open => return Ok(pair.send(on(Open, "a"))),
        // No request has this number: there is nothing to cancel.
        Cancel => return Ok(pair.send(RawRequest::new(Cancel).with("of", 0))),
        _ => drop(pair.stream("a").await?),
    }
    let operation = match action {
        Read => {
            pair.far.write("a", 10, 0).await?;
            read("a", 10)
        }
        Write => write("a", 10, 0),
        SetDeadline => on(action, "a").with("read_us", 60_000_000),
        _ => on(action, "a"),
    };
    Ok(pair.send(operation))
}

/// Opens and accepts return the number that is on the wire.
pub(crate) async fn stream_numbers(bench: Bench) -> Checked {
    if !bench.has(Accept) {
        bench.needs(&[Open])?;
    }
    for side in bench.sides() {
        let pair = bench.pair_named(&bench.name(), side).await?;
        let (theirs, ours) = pair.stream("a").await?;
        same_number(&format!("as {side}"), theirs.stream_number, ours.stream_number)?;
        if bench.has(Open) && bench.has(Write) {
            let theirs = pair.ask(&on(Open, "b")).await?.ok()?;
            // A library may wait for the first write before it sends anything.
            pair.ask(&write("b", 1, 0)).await?.ok()?;
            let ours = pair.far.accept("b").await?;
            same_number(&format!("open as {side}"), theirs.stream_number, ours.stream_number)?;
        }
        pair.end().await?;
    }
    Ok(())
}

fn same_number(what: &str, theirs: Option<u32>, ours: Option<u32>) -> Checked {
    if theirs == ours {
        return Ok(());
    }
    let expected = format!("{what}: stream_number {}, as on the wire", ours.unwrap_or_default());
    let observed = theirs.map_or_else(|| "none".to_owned(), |number| number.to_string());
    Err(Stop::failed(expected, format!("stream_number {observed}")))
}

/// While a read and an accept wait, everything else is answered.
pub(crate) async fn calls_overlap(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Read, Accept]).await?;
    let reading = pair.send(read("a", 10));
    let accepting = pair.send(on(Accept, "b"));
    let while_blocked = |stop: Stop| stop.about("while a read and an accept wait");
    bench.program.ask(&hello(&[PROTOCOL]), None).await.map_err(while_blocked)?.ok()?;
    if bench.has(Ping) {
        pair.ask(Operation::Ping).await.map_err(while_blocked)?.ok()?;
    }
    if bench.has(Write) {
        pair.ask(&write("a", 10, 0)).await.map_err(while_blocked)?.ok()?;
    }
    let other = bench.pair().await.map_err(while_blocked)?;
    other.end().await.map_err(while_blocked)?;
    if bench.program.has_replied(reading) || bench.program.has_replied(accepting) {
        let observed = "one of them is answered, though nothing came";
        return Err(Stop::failed("a read and an accept that wait", observed));
    }
    pair.far.open("b").await?;
    pair.far.write("a", 10, 0).await?;
    bench.program.reply(accepting).await?.ok()?;
    bench.program.reply(reading).await?.ok()?;
    pair.end().await
}

/// A read that waits ends at its deadline, not before; a deadline taken away ends nothing.
pub(crate) async fn deadlines(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[SetDeadline, Read]).await?;
    let began = Instant::now();
    let deadline = on(SetDeadline, "a").with("read_us", micros(DEADLINE));
    pair.ask(&deadline).await?.ok()?;
    let reply = pair.ask(&read("a", 10)).await?;
    let (class, done) = reply.err()?;
    equal("class", &ErrorClass::Deadline, &class)?;
    equal("bytes", &0, &done.bytes)?;
    is_not_early(began)?;
    pair.ask(&deadline).await?.ok()?;
    pair.ask(&on(SetDeadline, "a").with("read_us", ())).await?.ok()?;
    let reading = pair.send(read("a", 10));
    sleep(DEADLINE * 2).await;
    pair.far.write("a", 10, 0).await?;
    let about = |stop: Stop| stop.about("with a deadline that was taken away (null)");
    pair.reply(reading).await?.ok().map_err(about)?;
    pair.end().await
}

/// Whether the deadline of a call that began then had passed when it ended.
pub(crate) fn is_not_early(began: Instant) -> Checked {
    // A library may round to its timer's tick.
    if began.elapsed() >= DEADLINE - Duration::from_millis(20) {
        return Ok(());
    }
    let observed = format!("after {} ms", began.elapsed().as_millis());
    Err(Stop::failed(format!("deadline after {} ms", DEADLINE.as_millis()), observed))
}

/// The deadline of a call that nothing else ends.
pub(crate) const DEADLINE: Duration = Duration::from_millis(150);
