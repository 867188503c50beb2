//! A test in Go. Pure.

use std::time::Duration;

use crate::analysis::repro::heading::{Heading, is_taken};
use crate::analysis::repro::sent::{Sent, SentBody, flags};
use crate::analysis::repro::stage::{
    PeerEvent, ReproStage, Span, StageKind, Ways, is_from_start, is_met, used_streams,
};
use crate::analysis::repro::{Foreign, Reproduction, Shown};
use crate::scenario::{Action, Label, ReadAmount, SettingName};
use crate::trace::TransportEnd;
use crate::yamux::frame::Side;

/// The test of these stages.
pub(super) fn write(
    heading: &Heading,
    stages: &[ReproStage],
    library: &Foreign,
    shown: Shown<'_>,
) -> Reproduction {
    let (module, version) = library.module();
    let name = format!("Test{}", camel(&heading.name, true));
    let mut body = Vec::new();
    set_up(&mut body, library, shown);
    let is_silent = stages.iter().any(|stage| expects_ping(&stage.kind));
    if is_silent {
        body.push("p.isSilent = true".to_owned());
    }
    for label in used_streams(stages) {
        body.push(format!("var {} *yamux.Stream", variable(label)));
    }
    body.push(String::new());
    if is_from_start(stages) {
        body.push("at0 := time.Now()".to_owned());
    }
    for stage in stages {
        lines_of(stage, stages, library, &mut body);
    }
    let needs_context = body.iter().any(|line| line.contains("context."));
    let context = if needs_context { "\t\"context\"\n" } else { "" };
    let body: String = body.iter().map(|line| indented(line)).collect();
    let test = format!(
        "{}package repro\n\nimport (\n{context}{IMPORTS}\n\t{module:?}\n)\n\n{}func {name}(t *testing.T) {{\n{body}}}\n\n{HELPER}",
        "// Written by yamux-conform repro.\n\n",
        heading.comment("//", 80),
    );
    let project = format!("module repro\n\ngo 1.23\n\nrequire {module} {version}\n");
    Reproduction {
        path: format!("{}_test.go", heading.name.replace('-', "_")),
        test,
        project: vec![("go.mod", project)],
        command: format!("go mod tidy && go test -run {name} ."),
    }
}

fn set_up(body: &mut Vec<String>, library: &Foreign, shown: Shown<'_>) {
    let mut line = |text: &str| body.push(text.to_owned());
    line("ours, p := connect(t)");
    line("config := yamux.DefaultConfig()");
    line("config.LogOutput = io.Discard");
    line("config.EnableKeepAlive = false");
    let settings = &shown.scenario.live_subject;
    for name in settings.asked.keys().filter(|name| library.has(**name)) {
        match (name, library) {
            (SettingName::AcceptBacklog, _) => {
                line(&format!("config.AcceptBacklog = {}", settings.accept_backlog));
            }
            (SettingName::ConnectionWriteTimeout, _) => {
                let timeout = duration(settings.connection_write_timeout);
                line(&format!("config.ConnectionWriteTimeout = {timeout}"));
            }
            (SettingName::KeepAliveInterval, _) => {
                if let Some(interval) = settings.keep_alive_interval {
                    line("config.EnableKeepAlive = true");
                    line(&format!("config.KeepAliveInterval = {}", duration(interval)));
                }
            }
            (SettingName::MaxWindow, _) => {
                if matches!(library, Foreign::GoLibp2p(_)) {
                    line(&format!("config.InitialStreamWindowSize = {}", settings.max_window));
                }
                line(&format!("config.MaxStreamWindowSize = {}", settings.max_window));
            }
            (SettingName::StreamOpenTimeout, _) => {
                let timeout = duration(settings.stream_open_timeout.unwrap_or_default());
                line(&format!("config.StreamOpenTimeout = {timeout}"));
            }
            (SettingName::StreamCloseTimeout, _) => {
                let timeout = duration(settings.stream_close_timeout.unwrap_or_default());
                line(&format!("config.StreamCloseTimeout = {timeout}"));
            }
            (
                SettingName::CloseResets
                | SettingName::MaxFrameSize
                | SettingName::MaxStreams
                | SettingName::NextStreamId,
                _,
            ) => {}
        }
    }
    let side = match shown.side {
        Side::Client => "Client",
        Side::Server => "Server",
    };
    let memory = if matches!(library, Foreign::GoLibp2p(_)) { ", nil" } else { "" };
    line(&format!("session, err := yamux.{side}(ours, config{memory})"));
    line("if err != nil {\n\tt.Fatal(err)\n}");
    line("t.Cleanup(func() { session.Close() })");
}

/// The lines of a stage.
fn lines_of(stage: &ReproStage, stages: &[ReproStage], library: &Foreign, body: &mut Vec<String>) {
    if stage.is_marked {
        body.push(format!("at{} := time.Now()", stage.step));
    }
    let name = stage.name();
    match &stage.kind {
        StageKind::Call { action: Action::SetDeadline { stream, read, write }, .. } => {
            for (direction, set) in [("Read", read), ("Write", write)] {
                let Some(set) = set else { continue };
                let at = set.map_or_else(
                    || "time.Time{}".to_owned(),
                    |after| format!("time.Now().Add({})", duration(after)),
                );
                body.push(format!("{}.Set{direction}Deadline({at})", variable(stream)));
            }
        }
        StageKind::Call { action, runs_as, ways } => {
            let begin = format!("begin(t, {})", function(action, library, stages));
            match runs_as {
                None => {
                    body.push(format!("{begin}.ends({})", arguments(&name, ways)));
                    body.extend(not_before(&name, ways.span));
                }
                Some(label) if is_met(label, stages) => {
                    body.push(format!("{} := {begin}", call_variable(label)));
                }
                Some(_) => body.push(begin),
            }
        }
        StageKind::Join { call, ways } => {
            body.push(format!("{}.ends({})", call_variable(call), arguments(&name, ways)));
            body.extend(not_before(&name, ways.span));
        }
        StageKind::Waits { call, during } => {
            let call = call_variable(call);
            body.push(format!("{call}.waits({name:?}, {})", argument(*during)));
        }
        StageKind::Send(sent) => body.push(format!("p.send({})", frames(sent))),
        StageKind::SendBytes(bytes) => body.push(format!("p.send([]byte{{{}}})", hex(bytes))),
        StageKind::Expect { events, span } => {
            body.push(format!("p.expect({name:?}, {}, {})", limit(*span), list(events)));
            body.extend(not_before(&name, *span));
        }
        StageKind::Never { events, during } => {
            body.push(format!("p.never({name:?}, {}, {})", argument(*during), list(events)));
        }
        StageKind::Sleep(length) => body.push(format!("time.Sleep({})", duration(*length))),
        StageKind::Cut(end) => {
            if *end == TransportEnd::Reset {
                body.push("p.conn.SetLinger(0)".to_owned());
            }
            body.extend(["p.conn.Close()", "settle()"].map(str::to_owned));
        }
        StageKind::PassedOver(why) => {
            body.push(format!("// {}: left out, for {why}.", stage.words));
        }
    }
}

/// The function that makes a call.
fn function(action: &Action, library: &Foreign, stages: &[ReproStage]) -> String {
    let is_hashicorp = matches!(library, Foreign::Hashicorp(_));
    let one = |call: String| format!("func() (int, error) {{ return {call} }}");
    let error = |call: String| one(format!("0, {call}"));
    let begun = |stream: &Label, call: &str| {
        let used = used_streams(stages).contains(stream);
        let kept = if used { variable(stream) } else { "_".to_owned() };
        format!("func() (n int, err error) {{\n\t{kept}, err = session.{call}\n\treturn 0, err\n}}")
    };
    match action {
        Action::Open { stream, .. } if is_hashicorp => begun(stream, "OpenStream()"),
        Action::Open { stream, .. } => begun(stream, "OpenStream(context.Background())"),
        Action::Accept { stream, .. } => begun(stream, "AcceptStream()"),
        Action::Write { stream, bytes, times } => {
            one(format!("write({}, {bytes}, {times})", variable(stream)))
        }
        Action::Read { stream, amount: ReadAmount::Exactly { bytes, times } } => {
            one(format!("read({}, {bytes}, {times})", variable(stream)))
        }
        Action::Read { stream, amount: ReadAmount::ToEnd { .. } } => {
            one(format!("readAll({})", variable(stream)))
        }
        Action::HalfClose { stream } if !is_hashicorp => {
            error(format!("{}.CloseWrite()", variable(stream)))
        }
        Action::HalfClose { stream } | Action::Close { stream } => {
            error(format!("{}.Close()", variable(stream)))
        }
        Action::Reset { stream, .. } | Action::Drop { stream } => {
            error(format!("{}.Reset()", variable(stream)))
        }
        Action::Ping => {
            "func() (int, error) {\n\t_, err := session.Ping()\n\treturn 0, err\n}".to_owned()
        }
        Action::GoAway { .. } => error("session.GoAway()".to_owned()),
        Action::CloseSession { .. } => error("session.Close()".to_owned()),
        Action::CountStreams => one("session.NumStreams(), nil".to_owned()),
        // This call cannot block, and is a statement of its own.
        Action::SetDeadline { .. }
        | Action::Cancel { .. }
        | Action::Forget { .. }
        | Action::Stats(_) => error("nil".to_owned()),
        Action::CloseRead { stream } => error(format!("{}.CloseRead()", variable(stream))),
    }
}

fn arguments(name: &str, ways: &Ways) -> String {
    let ends = ways.ends.iter().map(|(how, bytes)| {
        let bytes = bytes.map_or_else(|| "-1".to_owned(), |bytes| bytes.to_string());
        format!("end{{{how:?}, {bytes}}}")
    });
    let ends: Vec<String> = ends.collect();
    format!("{name:?}, {}, {}", limit(ways.span), ends.join(", "))
}

fn limit(span: Span) -> String {
    match span.within {
        None => "patience".to_owned(),
        Some((None, length)) => argument(length),
        Some((Some(step), length)) => {
            format!("time.Until(at{step}.Add({}))", argument(length))
        }
    }
}

fn not_before(name: &str, span: Span) -> Option<String> {
    let (step, length) = span.not_before?;
    Some(format!("notBefore(t, {name:?}, at{step}, {})", argument(length)))
}

fn list(events: &[PeerEvent]) -> String {
    let events = events
        .iter()
        .map(|PeerEvent { what, stream, number }| format!("event{{{what:?}, {stream}, {number}}}"));
    events.collect::<Vec<_>>().join(", ")
}

fn frames(sent: &Sent) -> String {
    let names = |set| flags(set, str::to_owned, "|");
    let with_body = |header: String, body: &SentBody| match body {
        SentBody::Zeros(zeros) => format!("append({header}, make([]byte, {zeros})...)"),
        SentBody::Bytes(bytes) => format!("append({header}, {})", hex(bytes)),
    };
    let frame = sent.frame.written(["windowUpdate", "goAway"], names, with_body);
    if sent.times == 1 { frame } else { format!("slices.Repeat({frame}, {})", sent.times) }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:#04x}")).collect::<Vec<_>>().join(", ")
}

/// A duration among several arguments, where gofmt has no spaces.
fn argument(length: Duration) -> String {
    duration(length).replace(' ', "")
}

fn duration(length: Duration) -> String {
    match length.as_micros() {
        micros if micros % 1_000_000 == 0 => format!("{} * time.Second", micros / 1_000_000),
        micros if micros % 1000 == 0 => format!("{} * time.Millisecond", micros / 1000),
        micros => format!("{micros} * time.Microsecond"),
    }
}

fn expects_ping(kind: &StageKind) -> bool {
    let StageKind::Expect { events, .. } = kind else { return false };
    events.first().is_some_and(|event| event.what == "ping")
}

fn variable(stream: &Label) -> String {
    let name = camel(stream, false);
    if is_taken(&name) { format!("{name}Stream") } else { name }
}

fn call_variable(call: &Label) -> String {
    format!("{}Call", camel(call, false))
}

/// `second-fin` as `secondFin`, or `SecondFin`.
fn camel(text: &str, mut is_upper: bool) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            is_upper = true;
        } else if std::mem::take(&mut is_upper) {
            name.push(c.to_ascii_uppercase());
        } else {
            name.push(c);
        }
    }
    name
}

fn indented(line: &str) -> String {
    let indented =
        |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("\t{line}\n") };
    line.split('\n').map(indented).collect()
}

/// The imports of the helper.
const IMPORTS: &str = "\
\t\"encoding/binary\"
\t\"errors\"
\t\"io\"
\t\"net\"
\t\"os\"
\t\"slices\"
\t\"sync\"
\t\"testing\"
\t\"time\"
";

/// The peer, and calls with a limit.
const HELPER: &str = include_str!("go/helper.go.txt");
