//! Checks of writes and reads: what arrives, and what the shim reports of it.

use crate::endpoint::Done;
use crate::scenario::{Action, ErrorClass};
use crate::shim::check::bench::{Bench, Pair, on, read, write};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::protocol::OperationName::{Read, Write};
use crate::shim::protocol::{Operation, ShimEvent};
use crate::yamux::payload::Pattern;

/// A write writes the pattern.
pub(crate) async fn writes_the_pattern(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Write]).await?;
    let id = pair.send(write("a", SIZE, 1));
    let arrived = pair.far.read("a", SIZE).await?;
    let told = bench.program.reply(id).await?.ok()?;
    equal("bytes of the answer", &SIZE, &told.bytes)?;
    equal("crc32 of what arrived", &crc(1, 0, SIZE), &arrived.crc.unwrap_or_default())?;
    pair.end().await
}

/// A read reports what arrived.
pub(crate) async fn reads_what_came(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Read]).await?;
    pair.far.write("a", SIZE, 1).await?;
    let told = pair.ask(&read("a", SIZE)).await?.ok()?;
    is_read(&told, SIZE, crc(1, 0, SIZE))?;
    pair.end().await
}

/// Several writes of one request continue the pattern, and begin at its offset; several reads are added up.
pub(crate) async fn times_and_offset(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Write, Read]).await?;
    let five = write("a", 1001, 7).with("times", 5).with("offset", 65533);
    let id = pair.send(&five);
    let arrived = pair.far.read("a", 5005).await?;
    equal("bytes of the answer", &5005, &bench.program.reply(id).await?.ok()?.bytes)?;
    let expected = crc(7, 65533, 5005);
    equal("crc32 of what five writes sent", &expected, &arrived.crc.unwrap_or_default())?;
    pair.far.write("a", 5005, 7).await?;
    let told = pair.ask(&read("a", 1001).with("times", 5)).await?.ok()?;
    is_read(&told, 5005, crc(7, 0, 5005))?;
    pair.end().await
}

/// A read takes no more bytes than requested out of the stream.
pub(crate) async fn takes_no_more(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Read]).await?;
    pair.far.write("a", 100, 3).await?;
    let mut offset = 0;
    for bytes in [60, 1, 39] {
        let told = pair.ask(&read("a", bytes)).await?.ok()?;
        let about = format!("a read of {bytes} after {offset} of 100 bytes");
        is_read(&told, bytes, crc(3, offset, bytes)).map_err(|stop| stop.about(&about))?;
        offset += bytes;
    }
    pair.end().await
}

/// The end of the stream ends a read to the end with ok, and a read of more with eof and what came before.
pub(crate) async fn end_of_stream(bench: Bench) -> Checked {
    bench.needs(&[Read])?;
    let pair = bench.pair().await?;
    for label in ["a", "b", "c"] {
        pair.stream(label).await?;
        pair.far.write(label, 1000, 5).await?;
        pair.far.act(Action::HalfClose { stream: label.into() }).await?;
    }
    let whole = crc(5, 0, 1000);
    let to_end = on(Read, "a").with("to_end", true);
    is_read(&pair.ask(&to_end).await?.ok()?, 1000, whole)?;
    let chunked = on(Read, "b").with("to_end", true).with("chunk", 7);
    let told = pair.ask(&chunked).await?.ok()?;
    is_read(&told, 1000, whole).map_err(|stop| stop.about("\"chunk\":7"))?;
    let reply = pair.ask(&read("c", 2000)).await?;
    let (class, done) = reply.err()?;
    let about = "a read of 2000 where 1000 bytes come";
    equal("class", &ErrorClass::Eof, &class).map_err(|stop| stop.about(about))?;
    is_read(&done, 1000, whole).map_err(|stop| stop.about(about))?;
    pair.end().await
}

/// A write that gets stuck has reported its progress.
pub(crate) async fn progress(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Write]).await?;
    // Four fill the window; the others must wait until it is read from.
    let id = pair.send(write("a", SIZE, 1).with("times", 6));
    let of_it = |event: &ShimEvent| match event {
        ShimEvent::Progress { of, bytes } if *of == id => Some(*bytes),
        _ => None,
    };
    let stuck = |event: &ShimEvent| of_it(event).filter(|bytes| *bytes >= 3 * SIZE);
    if bench.program.event(stuck).await.is_none() {
        let expected = "progress events up to 196608 or more while six writes of 65536 are stuck";
        return Err(Stop::failed(expected, bench.program.silence()));
    }
    let arrived = match pair.far.read("a", 6 * SIZE).await {
        // A library that answers a ping has processed the credit before it.
        Err(stop) if !bench.program.has_replied(id) && pair.far.is_answered().await => {
            return Err(stop.by_library("does not go on with a write that was given credit"));
        }
        arrived => arrived?,
    };
    equal("bytes of the answer", &(6 * SIZE), &bench.program.reply(id).await?.ok()?.bytes)?;
    equal("crc32 of what arrived", &crc(1, 0, 6 * SIZE), &arrived.crc.unwrap_or_default())?;
    pair.end().await
}

/// What was written reaches the wire before the session ends.
pub(crate) async fn drains(bench: Bench) -> Checked {
    let pair = bench.stream_for(&[Write]).await?;
    pair.ask(&write("a", SIZE, 9)).await?.ok()?;
    let ending = pair.send(Operation::End);
    let arrived = pair.far.read("a", SIZE).await;
    let arrived = arrived.map_err(|stop| stop.about("a write answered with ok, then end"))?;
    equal("crc32 of what arrived", &crc(9, 0, SIZE), &arrived.crc.unwrap_or_default())?;
    pair.ended(ending).await?.ok().map(drop)
}

/// What the read of an echo of 1000 bytes told.
pub(crate) async fn echoed(pair: &Pair, seed: u32) -> Result<Done, Stop> {
    pair.stream("a").await?;
    let writing = pair.send(write("a", 1000, seed));
    let arrived = pair.far.read("a", 1000).await?.crc.unwrap_or_default();
    equal("crc32 of what arrived", &crc(seed, 0, 1000), &arrived)?;
    pair.reply(writing).await?.ok()?;
    pair.far.write("a", 1000, seed).await?;
    pair.ask(&read("a", 1000)).await?.ok()
}

/// A read with this length and this checksum.
fn is_read(told: &Done, bytes: u64, crc: u32) -> Checked {
    equal("bytes of the answer", &bytes, &told.bytes)?;
    match told.crc {
        Some(told) => equal("crc32 of the answer", &crc, &told),
        None => Err(Stop::failed(format!("crc32 of the answer {crc}"), "no crc32")),
    }
}

/// The checksum of a piece of a pattern.
pub(crate) fn crc(seed: u32, offset: u64, bytes: u64) -> u32 {
    Pattern { seed, offset }.crc(bytes)
}

const SIZE: u64 = 65536;
