//! Checks of errors and ends that are provoked: each has a class of the list.

use crate::scenario::{Action, ErrorClass};
use crate::shim::check::bench::{Bench, Pair, on, read, write};
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::check::raw::RawRequest;
use crate::shim::protocol::OperationName::{Accept, Close, CloseSession, Open, Ping, Read, Write};
use crate::shim::protocol::{Operation, ShimEvent};

/// A read on a stream that the peer resets.
pub(super) async fn stream_reset(bench: Bench) -> Checked {
    bench.needs(&[Read])?;
    let pair = bench.pair().await?;
    pair.stream("a").await?;
    let reading = pair.send(read("a", 10));
    pair.far.act(Action::Reset { stream: "a".into() }).await?;
    pair.reply(reading).await?.err()?;
    if bench.has(Write) {
        pair.ask(&write("a", 10, 0)).await?.done_or_classified()?;
    }
    pair.end().await
}

/// The peer loses its transport in the middle of it all.
pub(super) async fn transport_lost(bench: Bench) -> Checked {
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    pair.far.cut();
    ended(&bench, pair, blocked, "after a TCP reset").await
}

/// The peer ends the session in order.
pub(super) async fn peer_ends(bench: Bench) -> Checked {
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    pair.far.act(Action::CloseSession).await?;
    ended(&bench, pair, blocked, "after the peer ended the session").await
}

/// The application ends the session.
pub(super) async fn application_ends(bench: Bench) -> Checked {
    bench.needs(&[CloseSession])?;
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    pair.ask(Operation::CloseSession).await?.ok()?;
    ended(&bench, pair, blocked, "after close_session").await
}

/// A read that waits, where the shim can read.
async fn begin_blocked(bench: &Bench, pair: &Pair) -> Result<Option<u64>, Stop> {
    if !bench.has(Read) {
        return Ok(None);
    }
    pair.stream("a").await?;
    Ok(Some(pair.send(read("a", 10))))
}

/// A session that has ended said so once, answers its calls, and says no in words of the list.
async fn ended(bench: &Bench, pair: Pair, blocked: Option<u64>, when: &str) -> Checked {
    let of_it = |event: &ShimEvent| match event {
        ShimEvent::SessionEnd { session, class, native } if *session == pair.name => {
            Some((*class, native.clone()))
        }
        _ => None,
    };
    let Some((_, (class, native))) = bench.program.event(of_it).await else {
        let expected = format!("a session_end event {when}");
        return Err(Stop::failed(expected, bench.program.silence()));
    };
    if class == ErrorClass::Unclassified {
        let expected = format!("session_end with a class of the list {when}");
        return Err(Stop::failed(expected, format!("an unclassified one: {native}")));
    }
    if let Some(blocked) = blocked {
        pair.reply(blocked).await?.err().map_err(|stop| stop.about(when))?;
    }
    for request in [RawRequest::new(Ping), on(Open, "z"), on(Accept, "y")] {
        if bench.able.actions.known().any(|name| name.to_string() == request.op) {
            pair.ask(&request).await?.done_or_classified().map_err(|stop| stop.about(when))?;
        }
    }
    let name = pair.name.clone();
    pair.end().await?;
    let is_such = |event: &ShimEvent| matches!(event, ShimEvent::SessionEnd { session, .. } if *session == name);
    match bench.program.count_events(is_such) {
        1 => Ok(()),
        count => Err(Stop::failed("one session_end event", format!("{count} of them"))),
    }
}

/// Calls on a stream that the application has closed.
pub(super) async fn after_close(bench: Bench) -> Checked {
    bench.needs(&[Close, Write])?;
    let pair = bench.pair().await?;
    pair.stream("a").await?;
    pair.ask(&on(Close, "a")).await?.ok()?;
    pair.ask(&write("a", 10, 0)).await?.done_or_classified()?;
    pair.ask(&on(Close, "a")).await?.done_or_classified()?;
    pair.end().await
}

/// An open after the peer said go away.
pub(super) async fn go_away(bench: Bench) -> Checked {
    bench.needs(&[Open, Ping])?;
    let pair = bench.pair().await?;
    pair.far.act(Action::GoAway).await?;
    // Its pong comes behind the go away. The library may end the session instead.
    pair.ask(Operation::Ping).await?.done_or_classified()?;
    pair.ask(&on(Open, "a")).await?.done_or_classified()?;
    pair.end().await
}
