//! A test in Rust. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::analysis::repro::heading::{Heading, is_taken};
use crate::analysis::repro::sent::{Sent, SentBody, flags};
use crate::analysis::repro::stage::{
    PeerEvent, ReproStage, Span, StageKind, Ways, is_from_start, is_met, used_streams,
};
use crate::analysis::repro::{Foreign, Reproduction, Shown};
use crate::scenario::{Action, Label, ReadAmount};
use crate::yamux::frame::Side;

/// The test of these stages.
pub(super) fn write(
    heading: &Heading,
    stages: &[ReproStage],
    library: &Foreign,
    shown: Shown<'_>,
) -> Reproduction {
    let name = snake(&heading.name);
    let mode = match shown.side {
        Side::Client => "Client",
        Side::Server => "Server",
    };
    let mut body =
        vec![format!("let (session, peer) = Session::start(Mode::{mode});"), String::new()];
    if is_from_start(stages) {
        body.push("let at0 = Instant::now();".to_owned());
    }
    let used = used_streams(stages);
    for stage in stages {
        lines_of(stage, stages, &used, &mut body);
    }
    let body: String = body
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") })
        .collect();
    let test = format!(
        "//! Written by yamux-conform repro.\n\n#![allow(dead_code)]\n\n{IMPORTS}\n{}#[test]\nfn {name}() {{\n{body}}}\n\n{HELPER}",
        heading.comment("//", 96),
    );
    let (crate_name, version) = library.module();
    let project = format!(
        "[package]\nname = \"repro\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dev-dependencies]\n{crate_name} = \"={version}\"\n{DEPENDENCIES}"
    );
    Reproduction {
        path: format!("tests/{name}.rs"),
        test,
        project: vec![
            ("Cargo.toml", project),
            ("src/lib.rs", "//! Only its tests matter.\n".to_owned()),
        ],
        command: format!("cargo test --test {name}"),
    }
}

/// The lines of a stage.
fn lines_of(
    stage: &ReproStage,
    stages: &[ReproStage],
    used: &BTreeSet<&Label>,
    body: &mut Vec<String>,
) {
    if stage.is_marked {
        body.push(format!("let at{} = Instant::now();", stage.step));
    }
    let name = format!("{:?}", stage.name());
    match &stage.kind {
        StageKind::Call {
            action: Action::Reset { stream, .. } | Action::Drop { stream }, ..
        } => {
            // The handle is the only reference to the stream.
            body.extend([format!("drop({});", variable(stream)), "settle();".to_owned()]);
        }
        StageKind::Call { action, runs_as, ways } => {
            let run = format!("session.run({})", calling(action));
            let call = match runs_as {
                Some(label) if !is_met(label, stages) => {
                    // Dropping it does not end the call.
                    body.push(format!("let _ = {run};"));
                    return;
                }
                Some(label) => call_variable(label),
                None => "call".to_owned(),
            };
            body.push(format!("let {call} = {run};"));
            if runs_as.is_none() {
                body.push(invoked(&format!("{call}.ends"), &ends(&name, ways)));
                body.extend(not_before(&name, ways.span));
                body.extend(taken(action, ways, used, &call));
            }
        }
        StageKind::Join { call: label, ways } => {
            let call = call_variable(label);
            body.push(invoked(&format!("{call}.ends"), &ends(&name, ways)));
            body.extend(not_before(&name, ways.span));
            body.extend(begun(label, stages).and_then(|action| taken(action, ways, used, &call)));
        }
        StageKind::Waits { call, during } => {
            let call = call_variable(call);
            body.push(invoked(&format!("{call}.waits"), &[name, duration(*during)]));
        }
        StageKind::Send(sent) => {
            body.push(invoked("peer.send", &[format!("&{}", frames(sent))]));
        }
        StageKind::SendBytes(bytes) => {
            body.push(invoked("peer.send", &[format!("&{}", array(hex(bytes)))]));
        }
        StageKind::Expect { events, span } => {
            let events = format!("&{}", array(list(events)));
            body.push(invoked("peer.expect", &[name.clone(), limit(*span), events]));
            body.extend(not_before(&name, *span));
        }
        StageKind::Never { events, during } => {
            let events = format!("&{}", array(list(events)));
            body.push(invoked("peer.never", &[name, duration(*during), events]));
        }
        StageKind::Sleep(length) => body.push(invoked("thread::sleep", &[duration(*length)])),
        StageKind::Cut(_) => body.push("peer.hang_up();".to_owned()),
        StageKind::PassedOver(why) => {
            body.push(format!("// {}: left out, for {why}.", stage.words));
        }
    }
}

/// The line that keeps the stream a call returns, if it is used.
fn begun<'a>(label: &Label, stages: &'a [ReproStage]) -> Option<&'a Action> {
    stages.iter().find_map(|stage| match &stage.kind {
        StageKind::Call { action, runs_as, .. } if runs_as.as_ref() == Some(label) => Some(action),
        _ => None,
    })
}

fn opens(action: &Action) -> Option<&Label> {
    match action {
        Action::Open { stream, .. } | Action::Accept { stream, .. } => Some(stream),
        _ => None,
    }
}

/// The line that keeps the stream of a call, if it gives one that is used.
fn taken(action: &Action, ways: &Ways, used: &BTreeSet<&Label>, call: &str) -> Option<String> {
    let stream = opens(action)?;
    let is_kept = ways.ends.iter().any(|(how, _)| *how == "ok");
    let name =
        if used.contains(stream) { variable(stream) } else { format!("_{}", variable(stream)) };
    is_kept.then(|| format!("let {name} = {call}.stream();"))
}

fn calling(action: &Action) -> String {
    match action {
        Action::Open { .. } => "session.open()".to_owned(),
        Action::Accept { .. } => "session.accept()".to_owned(),
        Action::CloseSession { .. } => "session.close()".to_owned(),
        Action::Write { stream, bytes, times } => {
            format!("{}.write({bytes}, {times})", variable(stream))
        }
        Action::Read { stream, amount: ReadAmount::Exactly { bytes, times } } => {
            format!("{}.read({bytes}, {times})", variable(stream))
        }
        Action::Read { stream, amount: ReadAmount::ToEnd { .. } } => {
            format!("{}.read_all()", variable(stream))
        }
        Action::HalfClose { stream } | Action::Close { stream } => {
            format!("{}.close()", variable(stream))
        }
        // The library has none of these, and a reset cannot block.
        Action::Reset { .. }
        | Action::Drop { .. }
        | Action::SetDeadline { .. }
        | Action::Ping
        | Action::GoAway { .. }
        | Action::CountStreams
        | Action::CloseRead { .. }
        | Action::Cancel { .. }
        | Action::Forget { .. }
        | Action::Stats(_) => String::new(),
    }
}

fn ends(name: &str, ways: &Ways) -> [String; 3] {
    let ends = ways.ends.iter().map(|(how, bytes)| match bytes {
        Some(bytes) => format!("({how:?}, Some({bytes}))"),
        None => format!("({how:?}, None)"),
    });
    [name.to_owned(), limit(ways.span), format!("&{}", array(ends.collect()))]
}

fn limit(span: Span) -> String {
    match span.within {
        None => "PATIENCE".to_owned(),
        Some((None, length)) => duration(length),
        Some((Some(step), length)) => format!("left(at{step}, {})", duration(length)),
    }
}

fn not_before(name: &str, span: Span) -> Option<String> {
    let (step, length) = span.not_before?;
    Some(invoked("not_before", &[name.to_owned(), format!("at{step}"), duration(length)]))
}

fn list(events: &[PeerEvent]) -> Vec<String> {
    let event = |PeerEvent { what, stream, number }: &PeerEvent| {
        format!("Event({what:?}, {stream}, {number})")
    };
    events.iter().map(event).collect()
}

fn frames(sent: &Sent) -> String {
    let names = |set| flags(set, str::to_uppercase, " | ");
    let with_body = |header: String, body: &SentBody| match body {
        SentBody::Zeros(zeros) => format!("with_body({header}, vec![0; {zeros}])"),
        SentBody::Bytes(bytes) => format!("with_body({header}, vec!{})", array(hex(bytes))),
    };
    let frame = sent.frame.written(["window_update", "go_away"], names, with_body);
    if sent.times == 1 { frame } else { format!("{frame}.repeat({})", sent.times) }
}

fn hex(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(|byte| format!("{byte:#04x}")).collect()
}

fn duration(length: Duration) -> String {
    match length.as_micros() {
        micros if micros % 1_000_000 == 0 => format!("Duration::from_secs({})", micros / 1_000_000),
        micros if micros % 1000 == 0 => format!("Duration::from_millis({})", micros / 1000),
        micros => format!("Duration::from_micros({micros})"),
    }
}

/// A call as rustfmt breaks it: on one line if it is short, else one argument a line.
fn invoked(function: &str, arguments: &[String]) -> String {
    let all = arguments.join(", ");
    let is_short = all.chars().count() <= 60 && !all.contains('\n');
    if is_short && function.len() + all.len() + 7 <= 100 {
        return format!("{function}({all});");
    }
    let lines: String = arguments
        .iter()
        .map(|argument| format!("    {},\n", argument.replace('\n', "\n    ")))
        .collect();
    format!("{function}(\n{lines});")
}

/// An array as rustfmt breaks it.
fn array(items: Vec<String>) -> String {
    let all = items.join(", ");
    if all.chars().count() <= 60 {
        return format!("[{all}]");
    }
    let lines: String = items.iter().map(|item| format!("    {item},\n")).collect();
    format!("[\n{lines}]")
}

fn variable(stream: &Label) -> String {
    let name = snake(stream);
    if is_taken(&name) { format!("{name}_stream") } else { name }
}

fn call_variable(call: &Label) -> String {
    format!("{}_call", snake(call))
}

fn snake(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect()
}

/// The imports of the helper.
const IMPORTS: &str = include_str!("rust/imports.rs.txt");

const DEPENDENCIES: &str = "\
futures = \"0.3\"
tokio = { version = \"1\", features = [\"full\"] }
tokio-util = { version = \"0.7\", features = [\"compat\"] }
";

/// The peer, calls with a limit, and the task that polls the connection.
const HELPER: &str = include_str!("rust/helper.rs.txt");
