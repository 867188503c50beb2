//! Checks of provoked errors and ends: each has a class of the list.

use crate::scenario::{Action, ErrorClass};
use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::{Bench, Pair, on, read, write};
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::protocol::OperationName::{Accept, Close, CloseSession, Open, Ping, Read, Write};
use crate::shim::protocol::{Operation, ShimEvent};

/// A read on a stream that the peer resets.
pub(crate) async fn stream_reset(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Read]).await?;
    let reading = pair.waiting(read("a", 10)).await;
    pair.far.act(Action::Reset { stream: "a".into(), code: None }).await?;
    // Its pong says that the library has seen the reset.
    let has_seen = pair.far.is_answered().await;
    let reply = match has_seen {
        true => pair.freed(reading, "does not return a read when the peer resets the stream").await,
        false => pair.reply(reading).await,
    };
    reply?.err()?;
    if bench.has(Write) {
        let writing = pair.send(write("a", 10, 0));
        let reply = pair.freed(writing, "does not return a write to a stream the peer has reset");
        reply.await?.done_or_classified()?;
    }
    pair.end().await
}

/// The peer loses its transport in the middle of it all.
pub(crate) async fn transport_lost(bench: Bench) -> Checked {
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    pair.far.cut();
    ended(&bench, pair, blocked, "after a TCP reset").await
}

/// The peer ends the session in order.
pub(crate) async fn peer_ends(bench: Bench) -> Checked {
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    pair.far.act(Action::CloseSession { code: None }).await?;
    ended(&bench, pair, blocked, "after the peer ended the session").await
}

/// The application ends the session.
pub(crate) async fn application_ends(bench: Bench) -> Checked {
    bench.needs(&[CloseSession])?;
    let pair = bench.pair().await?;
    let blocked = begin_blocked(&bench, &pair).await?;
    let closing = pair.send(Operation::CloseSession { code: None });
    pair.parted(closing).await?.0.ok()?;
    let is_told = bench.program.event(pair.is_over()).await.is_some();
    // What was received so far shows that the shim has made the call; an ended transport, that the library is done.
    if is_told || pair.far.has_seen_end() || !pair.far.has_seen_goodbye() {
        return ended(&bench, pair, blocked, "after close_session").await;
    }
    pair.far.leave().await;
    ended(&bench, pair, blocked, "after close_session").await?;
    let evidence = Stop::failed(
        "a session_end event after close_session",
        "it comes once the peer has ended the session, too",
    );
    Err(evidence.by_library("keeps a session that was closed until its peer ends it"))
}

/// A read that waits, where the shim can read.
async fn begin_blocked(bench: &Bench, pair: &Pair) -> Result<Option<u64>, Stop> {
    if !bench.has_stream_to(Read) {
        return Ok(None);
    }
    pair.stream("a").await?;
    Ok(Some(pair.waiting(read("a", 10)).await))
}

/// A session that has ended reports that once, answers its calls, and refuses with classes of the list.
async fn ended(bench: &Bench, pair: Pair, blocked: Option<u64>, when: &str) -> Checked {
    let Some((_, (class, native))) = bench.program.event(pair.is_over()).await else {
        let expected = format!("a session_end event {when}");
        return Err(Stop::failed(expected, bench.program.silence()));
    };
    if class == ErrorClass::Unclassified {
        let expected = format!("session_end with a class of the list {when}");
        return Err(Stop::failed(expected, format!("an unclassified one: {native}")));
    }
    let mut held = None;
    let calls = [
        (Ping, RawRequest::new(Ping), "does not return a ping when the session is over"),
        // A label each: where the open succeeds it is taken.
        (Open, on(Open, "y"), "does not return an open when the session is over"),
        (Accept, on(Accept, "z"), "does not return an accept when the session is over"),
    ];
    for (_, request, does) in calls.into_iter().filter(|(action, ..)| bench.has(*action)) {
        let id = pair.send(request);
        match pair.freed(id, does).await {
            Ok(reply) => reply.done_or_classified().map_err(|stop| stop.about(when))?,
            Err(stop @ Stop::Library { .. }) => held = held.or_else(|| Some(stop.about(when))),
            Err(stop) => return Err(stop.about(when)),
        }
    }
    if let Some(blocked) = blocked {
        match pair.freed(blocked, "does not return a read when its session ends").await {
            Ok(reply) => drop(reply.err().map_err(|stop| stop.about(when))?),
            Err(stop @ Stop::Library { .. }) => held = Some(stop.about(when)),
            Err(stop) => return Err(stop.about(when)),
        }
    }
    if let Some(held) = held {
        // Its end waits for the call, too.
        return Err(held);
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
pub(crate) async fn after_close(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Close, Write]).await?;
    pair.ask(&on(Close, "a")).await?.ok()?;
    for (request, does) in [
        (write("a", 10, 0), "does not return a write to a stream that it has closed"),
        (on(Close, "a"), "does not return a second close of a stream"),
    ] {
        pair.freed(pair.send(request), does).await?.done_or_classified()?;
    }
    pair.end().await
}

/// An open after the peer said go away. A library may take that for the end of the session.
pub(crate) async fn go_away(bench: Bench) -> Checked {
    bench.needs(&[Open])?;
    let pair = bench.pair().await?;
    pair.far.act(Action::GoAway { code: None }).await?;
    // Its pong, or the end of the session, comes behind the go away.
    pair.far.is_answered().await;
    let opening = pair.send(on(Open, "a"));
    let reply = pair.freed(opening, "does not return an open after its peer said go away").await?;
    reply.done_or_classified()?;
    pair.end().await
}
