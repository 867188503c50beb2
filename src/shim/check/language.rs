//! Checks of the language: hello, lines that are no request, requests that are wrong.

use serde_json::Map;

use crate::frame::Side;
use crate::shim::check::bench::{Bench, hello, on, read, session};
use crate::shim::check::checked::{Checked, Stop};
use crate::shim::check::raw::RawRequest;
use crate::shim::protocol::OperationName::{Read, Write};
use crate::shim::protocol::{
    Capabilities, Operation, OperationName, PROTOCOL, ShimClock, ShimSettings,
};

/// What hello says can be acted on: sides, clocks, and every action and setting on one list or the other.
pub(super) async fn hello_says_all(bench: Bench) -> Checked {
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

/// A version nobody speaks is refused; among several the known one is chosen.
pub(super) async fn unknown_protocol(bench: Bench) -> Checked {
    let refused = bench.program.ask(hello(&[UNKNOWN_PROTOCOL]), None).await?;
    refused.unsupported().map_err(|stop| stop.about("protocols [65535]"))?;
    let chosen = bench.program.ask(hello(&[UNKNOWN_PROTOCOL, PROTOCOL]), None).await?;
    chosen.ok().map(drop).map_err(|stop| stop.about("protocols [65535,1]"))
}

/// An operation nobody knows is unsupported.
pub(super) async fn unknown_operation(bench: Bench) -> Checked {
    bench.program.ask(RawRequest::new("make_coffee"), None).await?.unsupported()
}

/// A line that is no request is complained of, and the next is answered.
pub(super) async fn malformed_lines(bench: Bench) -> Checked {
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

/// A request without what it needs is a fault, and so is one about what is not there.
pub(super) async fn wrong_requests(bench: Bench) -> Checked {
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
pub(super) async fn long_line(bench: Bench) -> Checked {
    let long = hello(&[PROTOCOL]).with("padding", "x".repeat(1 << 20));
    bench.program.ask(&long, None).await?.ok().map(drop)
}

/// A setting nobody knows is unsupported, unless it asks for nothing.
pub(super) async fn unknown_settings(bench: Bench) -> Checked {
    let with = |name: &str, value: serde_json::Value| {
        serde_json::Value::Object(Map::from_iter([(name.to_owned(), value)]))
    };
    let about = |name: &str, value: &str| format!("settings {{{name:?}:{value}}}");
    let unknown = bench.try_settings(with("colour", 7.into())).await?;
    unknown.unsupported().map_err(|stop| stop.about(&about("colour", "7")))?;
    for name in ShimSettings::all_names() {
        let name = name.as_str();
        let is_flag = name == "close_resets";
        if bench.able.settings.contains(name) {
            let nothing = bench.try_settings(with(name, serde_json::Value::Null)).await?;
            nothing.ok().map_err(|stop| stop.about(&about(name, "null")))?;
            continue;
        }
        let asked = if is_flag { true.into() } else { ORDINARY.into() };
        let reply = bench.try_settings(with(name, asked)).await?;
        reply.unsupported().map_err(|stop| stop.about(&about(name, "something")))?;
        let nothing = bench.try_settings(with(name, serde_json::Value::Null)).await?;
        nothing.ok().map_err(|stop| stop.about(&about(name, "null")))?;
    }
    Ok(())
}

/// Every setting that is listed is taken.
pub(super) async fn listed_settings(bench: Bench) -> Checked {
    let value = |name: &str| match name {
        "accept_backlog" => 16.into(),
        "close_resets" => true.into(),
        "keep_alive_interval_us" => 30_000_000.into(),
        "socket_buffer" => 65536.into(),
        _ => serde_json::Value::from(ORDINARY),
    };
    let settings = bench.able.settings.iter().map(|name| (name.clone(), value(name)));
    let reply = bench.try_settings(serde_json::Value::Object(settings.collect())).await?;
    reply.ok().map(drop)
}

/// A version that no harness speaks.
const UNKNOWN_PROTOCOL: u32 = 65535;

/// A value that suits every setting that is a size or a time: 10 s, and more than the smallest window.
const ORDINARY: u32 = 10_000_000;
