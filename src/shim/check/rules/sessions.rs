//! Checks of sessions: how they begin and end, and that they are independent.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::endpoint::Habit;
use crate::shim::check::bench::{Bench, Pair, Promptness, read, refusing, session, write};
use crate::shim::check::checked::{Cause, Checked, Stop, equal};
use crate::shim::check::rules::payload::{crc, echoed};
use crate::shim::protocol::OperationName::{Read, Write};
use crate::shim::protocol::{Operation, ShimAnswer};
use crate::yamux::frame::{Decoder, FrameType, Piece};

/// A session dials, on each side, and sends nothing that is not yamux.
pub(crate) async fn dials(bench: Bench) -> Checked {
    let mut pings = false;
    for side in bench.sides() {
        let name = bench.name();
        let mut socket = bench.connect(&name, side).await?;
        let mut said = BytesMut::new();
        let reading =
            async { while socket.read_buf(&mut said).await.is_ok_and(|read| read > 0) {} };
        // Until then there is nothing to send.
        let _ = timeout(SILENCE, reading).await;
        let said = said.freeze();
        only_frames(&said).map_err(|stop| stop.about(&format!("as {side}")))?;
        pings |= has_ping(&said);
        bench.end_bare(&name, socket).await?;
    }
    if pings && !bench.able.habits.contains(Habit::OwnPings) {
        let evidence =
            Stop::failed("no ping that was not asked for", "a ping as the session began");
        return Err(
            evidence.by_library("pings unasked, which hello tells with the habit own_pings")
        );
    }
    Ok(())
}

/// Whether one of these frames is a ping.
fn has_ping(said: &Bytes) -> bool {
    let (mut decoder, mut left) = (Decoder::default(), said.clone());
    let is_ping = |piece| matches!(piece, Piece::Header(header) if header.lawful_type() == Some(FrameType::Ping));
    std::iter::from_fn(|| decoder.decode(&mut left)).any(is_ping)
}

/// Nothing but frames of the session itself: nobody has asked for a stream.
fn only_frames(said: &Bytes) -> Checked {
    use FrameType::{GoAway, Ping, WindowUpdate};
    let mut decoder = Decoder::default();
    let mut left = said.clone();
    while let Some(piece) = decoder.decode(&mut left) {
        let Piece::Header(header) = piece else { break };
        if !matches!(header.lawful_type(), Some(Ping | GoAway | WindowUpdate)) {
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
pub(crate) async fn names_its_address(bench: Bench) -> Checked {
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
        bench.end_bare(&name, socket).await?;
    }
    Ok(())
}

/// A session that cannot be dialled is a fault, and the name stays free.
pub(crate) async fn refused_dial(bench: Bench) -> Checked {
    let (_held, nowhere) = refusing()?;
    let Some(side) = bench.sides().first().copied() else { return Ok(()) };
    let name = bench.name();
    bench.program.ask(&session(side, &nowhere), Some(&name)).await?.fault()?;
    bench.pair_named(&name, side).await?.end().await
}

/// What is written in one session is not read in another, under the same label.
pub(crate) async fn two_sessions(bench: Bench) -> Checked {
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
pub(crate) async fn many_sessions(bench: Bench) -> Checked {
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
    let told = echoed(&pair, seed).await?.crc.unwrap_or_default();
    equal("crc32 of the answer", &crc(seed, 0, 1000), &told)?;
    pair.end().await
}

/// `end` is answered after its session's calls and its session_end, and frees the name.
pub(crate) async fn end_comes_last(bench: Bench) -> Checked {
    let pair = bench.pair().await?;
    let reading = match bench.has_stream_to(Read) {
        true => {
            pair.stream("a").await?;
            Some(pair.waiting(read("a", 10)).await)
        }
        false => None,
    };
    let id = pair.send(Operation::End);
    let (end, promptness) = match pair.parted(id).await {
        Ok(parted) => parted,
        Err(stop) => return Err(unanswered(&bench, &pair, reading, stop).await),
    };
    end.ok()?;
    let last = "end answered after everything about its session";
    if let Some(reading) = reading {
        let reply = pair.reply(reading).await?;
        reply.err().map_err(|stop| stop.about("a read that waits, then end"))?;
        if reply.order > end.order {
            return Err(Stop::failed(last, "the answer to a read that waited came after it"));
        }
    }
    match bench.program.event(pair.is_over()).await {
        Some((order, _)) if order < end.order => {}
        Some(_) => return Err(Stop::failed(last, "the session_end event came after it")),
        None => return Err(Stop::failed("a session_end event before end", "none")),
    }
    let again = bench.pair_named(&pair.name, pair.side).await;
    again.map_err(|stop| stop.about("the name of an ended session"))?.end().await?;
    match promptness {
        Promptness::Prompt => Ok(()),
        Promptness::AfterPeer => {
            let observed = "it is answered once the peer has ended the session, too";
            let evidence = Stop::failed("end answered within 3 s", observed);
            Err(evidence.by_library("waits for its peer before a session is closed"))
        }
    }
}

/// Why `end` is not answered: a call that the end of the session does not free is the library's fault, if the session has
/// ended in every other way.
async fn unanswered(bench: &Bench, pair: &Pair, reading: Option<u64>, stop: Stop) -> Stop {
    let Some(reading) = reading.filter(|id| !bench.program.has_replied(*id)) else {
        bench.memory.note(Cause::EndUnanswered);
        return stop.caused_by(Cause::EndUnanswered);
    };
    let has_ended = pair.far.has_seen_end() && bench.program.event(pair.is_over()).await.is_some();
    if has_ended && bench.program.can_answer(reading) && bench.is_well().await {
        let stop = stop.about("a read that waits, then end");
        return stop.by_library("does not return a read when its session ends");
    }
    stop
}

/// How long to watch for lines that should not be sent.
const SILENCE: Duration = Duration::from_millis(200);
const SESSIONS: u32 = 64;
const SIZE: u64 = 65536;
