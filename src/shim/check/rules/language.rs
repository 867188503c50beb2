//! Checks of the language: hello, lines that are not requests, wrong requests.

use serde_json::{Map, Value};

use crate::shim::check::bench::raw::RawRequest;
use crate::shim::check::bench::{Bench, hello, on, read, session};
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::protocol::OperationName::{Read, Write};
use crate::shim::protocol::{
    Ability, Capabilities, Operation, OperationName, PROTOCOL, ShimClock, ShimSettings,
};
use crate::yamux::frame::Side;

/// Hello is complete: sides, clocks, and every action and setting on one list or the other.
pub(crate) async fn hello_says_all(bench: Bench) -> Checked {
    let able = &bench.able;
    let failed = |expected: String, found: String| Err(Stop::failed(expected, found));
    if able.protocol != PROTOCOL {
        let expected = format!("protocol {PROTOCOL}, the only one offered");
        return failed(expected, format!("protocol {}", able.protocol));
    }
    let made = &able.implementation;
    for (name, text) in [
        ("name", &made.name),
        ("library", &made.library),
        ("version", &made.version),
        ("language", &made.language),
    ] {
        if text.is_empty() {
            return failed(format!("implementation.{name} says something"), "it is empty".into());
        }
    }
    if bench.sides().is_empty() {
        return failed("\"client\" or \"server\" in sides".into(), format!("{:?}", able.sides));
    }
    if !able.clocks.contains(ShimClock::Live) {
        return failed("\"live\" in clocks".into(), format!("{:?}", able.clocks));
    }
    let actions: Vec<String> = OperationName::actions().map(|name| name.to_string()).collect();
    let listed: Vec<String> = listed_actions(able).collect();
    known("action", &listed, &actions)?;
    let listed: Vec<String> = able.settings.iter().cloned().collect();
    known("setting", &listed, &ShimSettings::all_names())?;
    if let Some(ability) = able.abilities.unknown().next() {
        return failed(
            "no abilities but those of the page on shims".into(),
            format!("{ability:?}"),
        );
    }
    let stray = |ability: &&Ability| !able.actions.contains(ability.action());
    if let Some(ability) = able.abilities.known().find(stray) {
        let expected = format!("{} in actions, as abilities has {ability}", ability.action());
        return failed(expected, "it is not there".into());
    }
    if let Some(habit) = able.habits.unknown().next() {
        return failed("no habits but those of the page on shims".into(), format!("{habit:?}"));
    }
    every_lack_has_a_reason(able)
}

/// Every name on the list of actions, in order.
fn listed_actions(able: &Capabilities) -> impl Iterator<Item = String> {
    let known = able.actions.known().map(ToString::to_string);
    known.chain(able.actions.unknown().map(str::to_owned))
}

fn known(kind: &str, listed: &[String], names: &[String]) -> Checked {
    match listed.iter().find(|name| !names.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let expected = format!("no {kind}s but {}", names.join(", "));
            Err(Stop::failed(expected, format!("{kind} {name:?}")))
        }
    }
}

fn every_lack_has_a_reason(able: &Capabilities) -> Checked {
    let actions = OperationName::actions().map(|name| name.to_string());
    for name in actions.chain(ShimSettings::all_names()) {
        let has =
            listed_actions(able).chain(able.settings.iter().cloned()).any(|able| able == name);
        let lack = able.unsupported.iter().find(|lack| lack.name == name);
        match (has, lack) {
            (true, None) => {}
            (false, Some(lack)) if !lack.reason.is_empty() => {}
            (true, Some(_)) => {
                let expected = format!("{name} on one list");
                return Err(Stop::failed(expected, "it is listed and unsupported at once"));
            }
            (false, _) => {
                let expected = format!("{name} listed, or in unsupported with a reason");
                return Err(Stop::failed(expected, "it is neither"));
            }
        }
    }
    Ok(())
}

/// An unknown version is refused; among several the known one is chosen.
pub(crate) async fn unknown_protocol(bench: Bench) -> Checked {
    let refused = bench.program.ask(hello(&[UNKNOWN_PROTOCOL]), None).await?;
    refused.unsupported().map_err(|stop| stop.about("protocols [65535]"))?;
    let chosen = bench.program.ask(hello(&[UNKNOWN_PROTOCOL, PROTOCOL]), None).await?;
    chosen.ok().map(drop).map_err(|stop| stop.about("protocols [65535,1]"))
}

/// An unknown operation is unsupported.
pub(crate) async fn unknown_operation(bench: Bench) -> Checked {
    bench.program.ask(RawRequest::new("make_coffee"), None).await?.unsupported()
}

/// A line that is not a request is complained of, and the next is answered.
pub(crate) async fn malformed_lines(bench: Bench) -> Checked {
    for line in ["no request", "{\"id\":", "[]", "42", "{\"op\":\"hello\"}"] {
        bench.program.send_malformed(line);
        if bench.program.uncomplained().await > 0 {
            let expected = format!("a fault event after the line {line}");
            return Err(Stop::failed(expected, bench.program.silence()));
        }
        let reply = bench.program.ask(&hello(&[PROTOCOL]), None).await;
        reply?.ok().map_err(|stop| stop.about(&format!("after the line {line}")))?;
    }
    Ok(())
}

/// A request without a required field is a fault, and so is one about something that does not exist.
pub(crate) async fn wrong_requests(bench: Bench) -> Checked {
    let program = &bench.program;
    let side = bench.sides().first().copied().unwrap_or(Side::Client);
    let name = bench.name();
    let no_dial = RawRequest::new(OperationName::Session).with("side", side.to_string());
    let reply = program.ask(&no_dial, Some(&name)).await?;
    reply.fault().map_err(|stop| stop.about("no \"dial\""))?;
    let no_name = program.ask(&session(side, "127.0.0.1:9"), None).await?;
    no_name.fault().map_err(|stop| stop.about("no \"session\""))?;
    let no_session = program.ask(Operation::End, Some("nobody")).await?;
    no_session.fault().map_err(|stop| stop.about("an unknown session"))?;
    if bench.needs(&[Write, Read]).is_err() {
        return Ok(());
    }
    let pair = bench.pair().await?;
    pair.stream("a").await?;
    for (operation, what) in [
        (on(Write, "a"), "no \"bytes\""),
        (on(Read, "a"), "neither \"bytes\" nor \"to_end\""),
        (RawRequest::new(Read).with("bytes", 1), "no \"stream\""),
        (read("nothing", 1), "an unknown stream"),
    ] {
        pair.ask(&operation).await?.fault().map_err(|stop| stop.about(what))?;
    }
    pair.end().await
}

/// A line of a megabyte is a line.
pub(crate) async fn long_line(bench: Bench) -> Checked {
    let long = hello(&[PROTOCOL]).with("padding", "x".repeat(1 << 20));
    bench.program.ask(&long, None).await?.ok().map(drop)
}

/// An unknown setting is unsupported, as is one that is not listed; one that is null asks for nothing.
pub(crate) async fn unknown_settings(bench: Bench) -> Checked {
    let refuses = async |name: &str, value: Value| {
        let reply = bench.try_settings(alone(name, value.clone())).await?;
        reply.unsupported().map_err(|stop| stop.about(&about(name, &value)))
    };
    refuses("colour", 7.into()).await?;
    for name in ShimSettings::all_names() {
        if !bench.able.settings.contains(&name) {
            let is_flag = name == "close_resets";
            refuses(&name, if is_flag { true.into() } else { ORDINARY.into() }).await?;
        }
        let nothing = bench.try_settings(alone(&name, Value::Null)).await?;
        nothing.ok().map_err(|stop| stop.about(&about(&name, &Value::Null)))?;
    }
    Ok(())
}

/// Every listed setting is accepted on its own: a session asks only for the settings of its scenario.
pub(crate) async fn listed_settings(bench: Bench) -> Checked {
    let nothing = bench.try_settings(Value::Object(Map::new())).await?;
    nothing.ok().map_err(|stop| stop.about("settings {}"))?;
    for name in &bench.able.settings {
        takes_one(&bench, name, &values(name)).await?;
    }
    Ok(())
}

/// A library may refuse a value, but not every one.
async fn takes_one(bench: &Bench, name: &str, values: &[Value]) -> Checked {
    let mut refused = Ok(());
    for value in values {
        let reply = bench.try_settings(alone(name, value.clone())).await?;
        refused = reply.ok().map(drop).map_err(|stop| stop.about(&about(name, value)));
        if reply.unsupported().is_err() {
            break;
        }
    }
    refused
}

/// Values of a setting that most libraries can have.
fn values(name: &str) -> Vec<Value> {
    match name {
        "accept_backlog" => vec![16.into(), 256.into()],
        "close_resets" => vec![true.into()],
        "keep_alive_interval_us" => vec![30_000_000.into()],
        "max_frame_size" => vec![4096.into(), 16384.into()],
        "max_streams" => vec![100.into()],
        "next_stream_id" => vec![9.into()],
        "max_window" => vec![1_048_576.into(), 262_144.into(), 16_777_216.into()],
        "socket_buffer" => vec![65536.into()],
        _ => vec![ORDINARY.into()],
    }
}

fn alone(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn about(name: &str, value: &Value) -> String {
    format!("settings {{{name:?}:{value}}}")
}

/// A version that no harness speaks.
const UNKNOWN_PROTOCOL: u32 = 65535;

/// A value that suits every setting that is a time or a size: 10 s, and more than the smallest window.
const ORDINARY: u32 = 10_000_000;
