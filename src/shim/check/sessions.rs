//! Checks of sessions: how they begin and end, and that they keep apart.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::frame::{Decoder, FrameType, Piece};
use crate::shim::check::bench::{Bench, address, listen, read, session, write};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::check::payload::crc;
use crate::shim::protocol::OperationName::{Read, Write};
use crate::shim::protocol::{Operation, ShimAnswer, ShimEvent};

/// A session dials, on each side, and says nothing that is not yamux.
pub(super) async fn dials(bench: Bench) -> Checked {
    for side in bench.sides() {
        let name = bench.name();
        let mut socket = bench.connect(&name, side).await?;
        let mut said = BytesMut::new();
        let reading =
            async { while socket.read_buf(&mut said).await.is_ok_and(|read| read > 0) {} };
        // Until then there is nothing to be said.
        let _ = timeout(SILENCE, reading).await;
        only_frames(&said.freeze()).map_err(|stop| stop.about(&format!("as {side}")))?;
        bench.program.ask(Operation::End, Some(&name)).await?.ok()?;
    }
    Ok(())
}

/// Nothing but frames of the session itself: nobody has asked for a stream.
fn only_frames(said: &Bytes) -> Checked {
    let mut decoder = Decoder::default();
    let mut left = said.clone();
    while let Some(piece) = decoder.decode(&mut left) {
        let is_frame = match piece {
            Piece::Header(header) => matches!(
                header.lawful_type(),
                Some(FrameType::Ping | FrameType::GoAway | FrameType::WindowUpdate)
            ),
            Piece::Body(_) => false,
        };
        if !is_frame {
            break;
        }
        if left.is_empty() && decoder.is_at_boundary() {
            return Ok(());
        }
    }
    if said.is_empty() {
        return Ok(());
    }
    let shown: String = said.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
    let expected = "no bytes on the socket but what yamux itself sends unasked";
    Err(Stop::failed(expected, format!("{} bytes: {shown}", said.len())))
}

/// The answer to a session request names the address the shim dialled from.
pub(super) async fn names_its_address(bench: Bench) -> Checked {
    for side in bench.sides() {
        let name = bench.name();
        let (socket, reply) = bench.dial_in(&name, side).await?;
        let from = socket.peer_addr().map_err(|error| {
            Stop::failed("a connection that lasts as long as its session", error.to_string())
        })?;
        let named = match &reply.answer {
            ShimAnswer::Ok(ok) => ok["local"].as_str().and_then(|local| local.parse().ok()),
            _ => None,
        };
        if named != Some(from) {
            let expected = format!("session answered with \"local\":\"{from}\"");
            return Err(Stop::failed(expected, reply.text).about(&format!("as {side}")));
        }
        bench.program.ask(Operation::End, Some(&name)).await?.ok()?;
    }
    Ok(())
}

/// A session that cannot be dialled is a fault, and the name stays free.
pub(super) async fn refused_dial(bench: Bench) -> Checked {
    let listener = listen().await?;
    let nowhere = address(&listener)?;
    drop(listener);
    let Some(side) = bench.sides().first().copied() else { return Ok(()) };
    let name = bench.name();
    bench.program.ask(&session(side, &nowhere), Some(&name)).await?.fault()?;
    bench.pair_named(&name, side).await?.end().await
}

/// What is written in one session is not read in another, under the same label.
pub(super) async fn two_sessions(bench: Bench) -> Checked {
    bench.needs(&[Write, Read])?;
    let sides = bench.sides();
    let (Some(first), Some(last)) = (sides.first(), sides.last()) else { return Ok(()) };
    let one = bench.pair_named(&bench.name(), *first).await?;
    let two = bench.pair_named(&bench.name(), *last).await?;
    let seeds = [(&one, 11, 22), (&two, 22, 11)];
    for (pair, ..) in seeds {
        pair.stream("a").await?;
    }
    let mut asked = Vec::new();
    for (pair, theirs, ours) in seeds {
        asked.push((pair.send(write("a", SIZE, theirs)), pair.send(read("a", SIZE))));
        pair.far.write("a", SIZE, ours).await?;
    }
    for ((pair, theirs, ours), (writing, reading)) in seeds.into_iter().zip(asked) {
        let arrived = pair.far.read("a", SIZE).await?.crc.unwrap_or_default();
        let what = format!("crc32 of what session {} wrote", pair.name);
        equal(&what, &crc(theirs, 0, SIZE), &arrived)?;
        bench.program.reply(writing).await?.ok()?;
        let told = bench.program.reply(reading).await?.ok()?.crc.unwrap_or_default();
        equal(&format!("crc32 of what session {} read", pair.name), &crc(ours, 0, SIZE), &told)?;
    }
    one.end().await?;
    two.end().await
}

/// Sixty-four sessions at once.
pub(super) async fn many_sessions(bench: Bench) -> Checked {
    bench.needs(&[Write, Read])?;
    let mut sessions = JoinSet::new();
    for seed in 0..SESSIONS {
        sessions.spawn_local(echo(bench.clone(), seed));
    }
    while let Some(ended) = sessions.join_next().await {
        ended.map_err(|error| Stop::failed("a session of many", error.to_string()))??;
    }
    Ok(())
}

async fn echo(bench: Bench, seed: u32) -> Checked {
    let pair = bench.pair().await?;
    pair.stream("a").await?;
    let writing = pair.send(write("a", 1000, seed));
    let arrived = pair.far.read("a", 1000).await?.crc.unwrap_or_default();
    equal("crc32 of what arrived", &crc(seed, 0, 1000), &arrived)?;
    bench.program.reply(writing).await?.ok()?;
    pair.far.write("a", 1000, seed).await?;
    let told = pair.ask(&read("a", 1000)).await?.ok()?.crc.unwrap_or_default();
    equal("crc32 of the answer", &crc(seed, 0, 1000), &told)?;
    pair.end().await
}

/// `end` is answered after its session's calls and its session_end, and frees the name.
pub(super) async fn end_comes_last(bench: Bench) -> Checked {
    bench.needs(&[Read])?;
    let pair = bench.pair().await?;
    pair.stream("a").await?;
    let reading = pair.send(read("a", 10));
    let end = pair.ask(Operation::End).await?;
    end.ok()?;
    let last = "end answered after everything about its session";
    let reply = pair.reply(reading).await?;
    reply.err().map_err(|stop| stop.about("a read that waits, then end"))?;
    if reply.order > end.order {
        return Err(Stop::failed(last, "the answer to a read that waited came after it"));
    }
    let of_it = |event: &ShimEvent| match event {
        ShimEvent::SessionEnd { session, .. } if *session == pair.name => Some(()),
        _ => None,
    };
    match bench.program.event(of_it).await {
        Some((order, ())) if order < end.order => {}
        Some(_) => return Err(Stop::failed(last, "the session_end event came after it")),
        None => return Err(Stop::failed("a session_end event before end", "none")),
    }
    let again = bench.pair_named(&pair.name, pair.side).await;
    again.map_err(|stop| stop.about("the name of an ended session"))?.end().await
}

/// How long to listen for what should not come.
const SILENCE: Duration = Duration::from_millis(200);
const SESSIONS: u32 = 64;
const SIZE: u64 = 65536;
