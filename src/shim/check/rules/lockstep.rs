//! Checks of the lockstep clock: bytes in, time on, and the results. Each check has a process of its own.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::Habit;
use crate::scenario::ErrorClass;
use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::reply::Reply;
use crate::shim::check::bench::{Bench, on, read};
use crate::shim::check::checked::{Checked, Stop, equal};
use crate::shim::protocol::OperationName::{Accept, Read, SetDeadline};
use crate::shim::protocol::{
    Operation, SessionRequest, ShimAnswer, ShimClock, ShimEvent, ShimSettings, ShimStep, Stepped,
    micros,
};
use crate::trace::TransportEnd;
use crate::yamux::frame::{Flags, FrameType, HEADER_LEN, RawHeader, Side, StreamId};

/// A session in lockstep, and the process it is in.
struct Stepper {
    bench: Bench,
    name: String,
    side: Side,
}

impl Stepper {
    /// The first session of a fresh process.
    async fn fresh(bench: &Bench) -> Result<Self, Stop> {
        if !bench.able.clocks.contains(ShimClock::Lockstep) {
            return Err(Stop::Skipped("the shim does not list the clock lockstep".to_owned()));
        }
        let side = bench.sides().first().copied().unwrap_or(Side::Client);
        Self::begin(bench.another().await?, side).await
    }

    async fn begin(bench: Bench, side: Side) -> Result<Self, Stop> {
        let name = bench.name();
        let clock = ShimClock::Lockstep;
        let settings = ShimSettings::default();
        let session = Operation::Session(SessionRequest { side, clock, dial: None, settings });
        bench.program.ask(session, Some(&name)).await?.ok()?;
        let begun = Self { bench, name, side };
        begun.answer_pings().await?;
        Ok(begun)
    }

    /// Answers the pings with which a library may begin a session, so that none of its own frames are in flight.
    async fn answer_pings(&self) -> Checked {
        let stepped = self.deliver(&[]).await?;
        let Some(pongs) = pongs_to(&stepped.out) else {
            return is_out(&stepped, &[]).map_err(|stop| stop.about("before anything is asked"));
        };
        is_out(&self.deliver(&pongs).await?, &[])
    }

    fn send(&self, request: RawRequest) -> u64 {
        self.bench.program.send(request, Some(&self.name))
    }

    async fn step(&self, step: ShimStep) -> Result<(Stepped, Reply), Stop> {
        let reply = self.bench.program.ask(Operation::Step(step), Some(&self.name)).await?;
        let expected = "step answered with ok and fields that are right";
        match &reply.answer {
            ShimAnswer::Ok(ok) => match Stepped::deserialize(ok) {
                Ok(stepped) => Ok((stepped, reply)),
                Err(error) => Err(Stop::failed(expected, format!("{} ({error})", reply.text))),
            },
            _ => Err(Stop::failed(expected, &reply.text)),
        }
    }

    async fn deliver(&self, bytes: &[u8]) -> Result<Stepped, Stop> {
        let deliver = bytes.to_vec();
        Ok(self.step(ShimStep { deliver, ..ShimStep::default() }).await?.0)
    }

    /// Lets time pass. A library's own pings get their pongs, and time goes on.
    async fn until(&self, time: Duration) -> Result<(Stepped, Reply), Stop> {
        let until_ns = nanoseconds(time);
        let pings_at_will = self.bench.able.habits.contains(Habit::OwnPings);
        loop {
            let step = ShimStep { until_ns: Some(until_ns), ..ShimStep::default() };
            let (stepped, reply) = self.step(step).await?;
            let pongs = pongs_to(&stepped.out).filter(|pongs| !pongs.is_empty());
            match pongs {
                Some(pongs) if pings_at_will && stepped.now_ns < until_ns => {
                    is_out(&self.deliver(&pongs).await?, &[])?;
                }
                _ => return Ok((stepped, reply)),
            }
        }
    }

    /// A stream the peer has opened.
    async fn stream(&self, label: &str) -> Checked {
        self.bench.needs(&[Accept])?;
        let number = self.side.other().first_stream();
        let syn = RawHeader::new(FrameType::WindowUpdate, Flags::SYN, number, 0);
        let accept = self.send(on(Accept, label));
        self.deliver(&syn.encode()).await?;
        self.bench.program.reply(accept).await?.ok().map(drop)
    }

    /// A read for which no data comes, with its deadline from now.
    async fn read_until(&self, label: &str, deadline: Duration) -> Result<u64, Stop> {
        self.bench.needs(&[Read, SetDeadline])?;
        self.stream(label).await?;
        let set = self.send(on(SetDeadline, label).with("read_us", micros(deadline)));
        let reading = self.send(read(label, 1));
        self.deliver(&[]).await?;
        self.bench.program.reply(set).await?.ok()?;
        Ok(reading)
    }

    async fn leave(self) -> Checked {
        self.bench.end(&self.name).await?;
        self.bench.program.kill().await;
        Ok(())
    }
}

/// Bytes go in, what the library wrote comes out, and no time passes.
pub(crate) async fn delivers(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    let stepped = session.deliver(&ping(0x0102_0304)).await?;
    is_out(&stepped, &pong(0x0102_0304))?;
    is_now(&stepped, Duration::ZERO)?;
    session.leave().await
}

/// A frame in two deliveries, each in segments of one byte, is one frame.
pub(crate) async fn takes_parts(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    let (frame, segment) = (ping(7), Some(1));
    let part = |bytes: &[u8]| ShimStep { deliver: bytes.to_vec(), segment, ..ShimStep::default() };
    is_out(&session.step(part(&frame[..5])).await?.0, &[])?;
    is_out(&session.step(part(&frame[5..])).await?.0, &pong(7))?;
    session.leave().await
}

/// Output fills the given room, and the rest is announced.
pub(crate) async fn keeps_to_room(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    // One, because a library may answer several pings with one pong.
    let step = ShimStep { deliver: ping(1).to_vec(), room: Some(5), ..ShimStep::default() };
    let (first, _) = session.step(step).await?;
    let (second, _) = session.step(ShimStep::default()).await?;
    equal("bytes of output with room for them", &5, &first.out.len())?;
    equal("bytes left", &7, &first.left)?;
    let all = [first.out, second.out].concat();
    is_out(&Stepped { out: all, ..second }, &pong(1))?;
    session.leave().await
}

/// Time passes up to the given limit, and not at all without one.
pub(crate) async fn lets_time_pass(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    is_now(&session.step(ShimStep::default()).await?.0, Duration::ZERO)?;
    // Less than any interval of keep-alive.
    for seconds in [1, 3] {
        let until = Duration::from_secs(seconds);
        is_now(&session.until(until).await?.0, until)?;
        is_now(&session.step(ShimStep::default()).await?.0, until)?;
    }
    session.leave().await
}

/// Time stops exactly when there is something to report.
pub(crate) async fn stops_at_news(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    // Some libraries take their timers from a runtime that has whole milliseconds only.
    let deadline = Duration::from_millis(1_001);
    let reading = session.read_until("a", deadline).await?;
    let (stepped, step) = session.until(Duration::from_secs(3600)).await?;
    is_now(&stepped, deadline)?;
    let reply = session.bench.program.reply(reading).await?;
    if reply.err()?.0 != ErrorClass::Deadline {
        return Err(Stop::failed("a read that ends at its deadline", reply.text));
    }
    if reply.order >= step.order {
        let expected = format!("{} answered before the step in which it ended", reply.op);
        return Err(Stop::failed(expected, "the step is answered first"));
    }
    session.leave().await
}

/// The library sees the end of the input after the bytes before it.
pub(crate) async fn ends(bench: Bench) -> Checked {
    let session = Stepper::fresh(&bench).await?;
    let (deliver, end) = (ping(9).to_vec(), Some(TransportEnd::Eof));
    let (stepped, _) = session.step(ShimStep { deliver, end, ..ShimStep::default() }).await?;
    // Whether the pong is still sent is up to the library; the first output must be that, and not have waited for the end.
    if !stepped.out.is_empty() {
        let first = stepped.out.iter().take(HEADER_LEN).copied().collect();
        is_out(&Stepped { out: first, ..stepped.clone() }, &pong(9))?;
    }
    // The library may take time of its own to close its half.
    let end = match stepped.end {
        None => session.until(Duration::from_secs(3600)).await?.0.end,
        end => end,
    };
    if end == Some(TransportEnd::Eof) {
        return session.leave().await;
    }
    let stop = Stop::failed("\"end\":\"eof\" once the library has closed", "no end");
    let is_over = |event: &ShimEvent| match event {
        ShimEvent::SessionEnd { session: name, .. } if *name == session.name => Some(()),
        _ => None,
    };
    match session.bench.program.event(is_over).await {
        Some(_) => Err(stop.by_library("ends its session and leaves the transport open")),
        None => Err(stop),
    }
}

/// The same requests get the same lines, in every session.
pub(crate) async fn repeats(bench: Bench) -> Checked {
    let mut session = Stepper::fresh(&bench).await?;
    let mut first = None;
    for _ in 0..REPETITIONS {
        let reading = session.read_until("a", Duration::from_secs(10)).await?;
        let mut seen = vec![session.deliver(&[ping(1), ping(2), ping(3)].concat()).await?];
        seen.push(session.until(Duration::from_secs(20)).await?.0);
        session.bench.program.reply(reading).await?;
        match &first {
            None => first = Some(seen),
            Some(before) if *before == seen => {}
            Some(before) => {
                return Err(Stop::failed(format!("{before:?}"), format!("{seen:?}")));
            }
        }
        let Stepper { bench, name, side } = session;
        bench.end(&name).await?;
        session = Stepper::begin(bench, side).await?;
    }
    session.leave().await
}

/// Two sessions share the clock: time stops when either has something to report.
pub(crate) async fn pairs(bench: Bench) -> Checked {
    if !bench.able.lockstep_pairs {
        return Err(Stop::Skipped("the shim does not declare lockstep_pairs".to_owned()));
    }
    let first = Stepper::fresh(&bench).await?;
    let second = Stepper::begin(first.bench.clone(), first.side.other()).await?;
    let deadlines = [(&first, Duration::from_secs(2)), (&second, Duration::from_secs(1))];
    for (session, deadline) in deadlines {
        session.read_until("a", deadline).await?;
    }
    for seconds in [1, 2] {
        let now = Duration::from_secs(seconds);
        is_now(&first.until(Duration::from_secs(3600)).await?.0, now)?;
        is_now(&second.step(ShimStep::default()).await?.0, now)?;
    }
    is_out(&second.deliver(&ping(5)).await?, &pong(5))?;
    second.bench.end(&second.name).await?;
    first.leave().await
}

fn is_out(stepped: &Stepped, expected: &[u8]) -> Checked {
    let shown = |bytes: &[u8]| format!("output {}", Value::from(BASE64_STANDARD.encode(bytes)));
    if stepped.out == expected && stepped.left == 0 {
        return Ok(());
    }
    let left = if stepped.left > 0 { format!(", {} left", stepped.left) } else { String::new() };
    Err(Stop::failed(shown(expected), shown(&stepped.out) + &left))
}

fn is_now(stepped: &Stepped, expected: Duration) -> Checked {
    equal("now_ns", &nanoseconds(expected), &stepped.now_ns)
}

/// The answers to frames that are all pings.
fn pongs_to(frames: &[u8]) -> Option<Vec<u8>> {
    let pongs = frames.chunks(HEADER_LEN).map(pong_to).collect::<Option<Vec<_>>>()?;
    Some(pongs.concat())
}

/// The answer to a frame that is a ping.
fn pong_to(frame: &[u8]) -> Option<[u8; HEADER_LEN]> {
    let header = RawHeader::decode(frame.try_into().ok()?);
    (header.encode() == ping(header.length)).then(|| pong(header.length))
}

fn ping(value: u32) -> [u8; HEADER_LEN] {
    RawHeader::new(FrameType::Ping, Flags::SYN, StreamId::SESSION, value).encode()
}

fn pong(value: u32) -> [u8; HEADER_LEN] {
    RawHeader::new(FrameType::Ping, Flags::ACK, StreamId::SESSION, value).encode()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Nondeterminism mostly shows within a few repetitions.
const REPETITIONS: usize = 20;
