//! Captures in tshark: the frames of the trace and no others, right checksums, nothing malformed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use yamux_conform::harness::trace::{Direction, Item, Meta, Trace};

use crate::harness::{Workspace, finish, start};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Whether tshark is there; without it a line says what is not tested.
fn has_tshark(what: &str) -> bool {
    let version = Command::new("tshark").arg("--version").stderr(Stdio::null()).output();
    let is_there = version.is_ok_and(|version| version.status.success());
    if !is_there {
        // Not by a macro: what a test prints that passes is shown to nobody.
        let line = format!("skipped, because no tshark is there (ci/tools installs it): {what}\n");
        std::io::stderr().write_all(line.as_bytes()).expect("stderr");
    }
    is_there
}

/// What tshark says of a capture with this project's dissector; a line for each packet that the filter leaves.
fn tshark(capture: &Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{ROOT}/contrib/wireshark/yamux.lua"));
    command.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-n", "-r"]);
    command.arg(capture).args(["-Y", filter, "-T", "fields", "-E", "separator=|"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let ran = finish(start(&mut command));
    ran.assert_code(0);
    assert!(!ran.stderr.contains("Error") && !ran.stderr.contains("lua"), "{}", ran.stderr);
    ran.stdout.lines().map(str::to_owned).collect()
}

/// The frames of a trace as the fields of the dissector say them.
fn frames(trace: &Trace) -> Vec<String> {
    let line = |direction: Direction, item: Item| match item {
        Item::Frame { header, body_len, .. } if body_len == header.body_len() => Some(format!(
            "{}|{}|0x{:04x}|{}|{}",
            if direction == Direction::SubjectToPeer { 1 } else { 2 },
            header.frame_type,
            header.flags.bits(),
            header.stream,
            header.length
        )),
        _ => None,
    };
    trace.entries.iter().filter_map(|entry| line(entry.direction, entry.item)).collect()
}

fn seen(capture: &Path, conversation: usize) -> Vec<String> {
    let filter = format!("yamux.type && tcp.stream == {conversation}");
    let fields = ["ip.src", "yamux.type", "yamux.flags", "yamux.stream", "yamux.length"];
    let rows = tshark(capture, &filter, &fields);
    // 10.1.0.0/16 is the subject, 10.2.0.0/16 the peer.
    let row = |row: String| {
        let rest = row.strip_prefix("10.").map(str::to_owned).unwrap_or(row);
        let (network, rest) = rest.split_once('.').expect("an address");
        let (_, fields) = rest.split_once('|').expect("fields");
        format!("{network}|{fields}")
    };
    rows.into_iter().map(row).collect()
}

fn read(path: &Path) -> Trace {
    let text = fs::read_to_string(path).expect("a trace");
    let (_, lines) = Meta::read(&text).expect("a head");
    Trace::read(&lines).expect("frames")
}

/// Nothing in it is malformed, and every checksum is right.
fn assert_sound(capture: &Path) {
    let wrong = "_ws.malformed || tcp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\" \
        || tcp.analysis.lost_segment || tcp.analysis.retransmission || tcp.analysis.window_full \
        || tcp.analysis.duplicate_ack || tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment";
    assert_eq!(tshark(capture, wrong, &["frame.number"]), [""; 0]);
    let good = tshark(capture, "tcp.checksum.status == \"Good\"", &["frame.number"]);
    assert_eq!(good.len(), tshark(capture, "frame", &["frame.number"]).len());
}

#[test]
fn golden_traces_come_back_frame_by_frame() {
    if !has_tshark("captures of golden traces") {
        return;
    }
    let workspace = Workspace::new();
    let names = [
        "half-close/writer-stalls-until-the-close-timeout.client",
        "ping/burst.server",
        "framing/eof-inside-a-body.client",
        "framing/body-up-to-the-window.server",
    ];
    let golden = |name: &str| Path::new(ROOT).join(format!("golden/built-in/{name}.trace"));
    let files: Vec<_> = names.map(golden).into_iter().filter(|path| path.exists()).collect();
    assert!(files.len() >= 3, "{files:?}");
    let mut arguments = vec!["trace", "export", "-o", "out.pcapng"];
    let paths: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    arguments.extend(paths.iter().map(String::as_str));
    workspace.run(&arguments).assert_code(0);
    let capture = workspace.path().join("out.pcapng");
    for (number, file) in files.iter().enumerate() {
        assert_eq!(seen(&capture, number), frames(&read(file)), "{}", file.display());
    }
    assert_sound(&capture);
    let comments = tshark(&capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", &["frame.comment"]);
    assert_eq!(comments.len(), files.len());
    assert!(comments[0].contains("half-close/writer-stalls"), "{comments:?}");
}

const BIG: &str = r#"{
  "title": "A body that no segment holds",
  "clauses": ["DATA-01"],
  "peer": "wire",
  "steps": [
    { "peer": { "send": { "window_update": "s", "flags": ["SYN"] } } },
    { "subject": { "accept": { "stream": "s" } } },
    { "peer": { "send": { "data": "s", "bytes": 200000 } } },
    { "subject": { "read": { "stream": "s", "bytes": 200000 } } }
  ]
}"#;

#[test]
fn a_run_is_a_capture_with_calls_and_verdicts_as_comments() {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/data/big.json", BIG);
    let arguments =
        ["run", "--target", "built-in", "--pcap", "out/run.pcapng", "--trace-dir", "traces"];
    workspace.run(&arguments).assert_code(0);
    let capture = workspace.path().join("out/run.pcapng");
    if !has_tshark("the capture of a run") {
        return;
    }
    let cases = ["data/big.client", "data/big.server", "ping/echo.client", "ping/echo.server"];
    for (number, case) in cases.into_iter().enumerate() {
        let path = format!("traces/built-in/virtual/{case}.trace");
        assert_eq!(seen(&capture, number), frames(&read(&workspace.path().join(path))), "{case}");
    }
    assert_sound(&capture);
    let of_first =
        tshark(&capture, "frame.comment && tcp.stream == 0", &["frame.comment"]).join("\n");
    for said in [
        "data/big/client (built-in, virtual clock)",
        "subject: accept s",
        "step 3 settled",
        "PASS data/big/client",
    ] {
        assert!(of_first.contains(said), "{said}: {of_first}");
    }
    // The yamux server has the port.
    let ports =
        tshark(&capture, "tcp.flags.syn == 1 && tcp.flags.ack == 0", &["ip.src", "tcp.dstport"]);
    assert_eq!(ports[0], "10.1.0.0|7777");
    assert_eq!(ports[1], "10.2.0.1|7777");
    // The payload is the one that was sent: its checksum stands in the trace.
    let data = tshark(&capture, "yamux.data && tcp.stream == 0", &["yamux.data"]);
    let bytes: Vec<u8> = (0..data[0].len() / 2)
        .map(|at| u8::from_str_radix(&data[0][2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect();
    let trace =
        fs::read_to_string(workspace.path().join("traces/built-in/virtual/data/big.client.trace"));
    let crc = format!("len=200000 crc={:08x}", crc32fast::hash(&bytes));
    assert!(trace.expect("a trace").contains(&crc), "{crc}");
}

#[test]
fn the_dissector_names_what_it_sees() {
    if !has_tshark("the dissector for Wireshark") {
        return;
    }
    let workspace = Workspace::new();
    let head = "# yamux-conform trace v1\n# case: a/b.server\n# target: x\n# clock: virtual\n# form: exact\n";
    let frames = "0.000  P>S  window_update  SYN  s1  +0\n\
        0.000  S>P  window_update  ACK+0x10  s1  +5\n\
        0.000  P>S  data  FIN  s1  len=3 crc=00000000\n\
        0.500  S>P  go_away  -  code=1\n\
        0.500  P>S  raw  version=7 type=9 flags=- stream=1 length=5\n\
        0.500  P>S  garbage  len=30 crc=00000000\n\
        0.600  S>P  end  reset\n";
    workspace.write("a.trace", &format!("{head}{frames}"));
    workspace.run(&["trace", "export", "a.trace", "-o", "a.pcapng"]).assert_code(0);
    let capture = workspace.path().join("a.pcapng");
    let rows = tshark(&capture, "yamux", &["tcp.time_relative", "_ws.col.Info"]);
    let words: Vec<&str> =
        rows.iter().map(|row| row.split_once('|').expect("two fields").1).collect();
    assert_eq!(words[0], "Window Update [SYN] stream=1 +0");
    assert_eq!(words[1], "Window Update [ACK+0x10] stream=1 +5");
    assert_eq!(words[2], "Data [FIN] stream=1 len=3");
    assert_eq!(words[3], "Go Away protocol error");
    assert!(words[5].contains("no frame"), "{words:?}");
    assert!(rows[3].starts_with("0.500000"), "{rows:?}");
    assert_eq!(tshark(&capture, "yamux.unlawful", &["frame.number"]).len(), 1);
    assert_eq!(tshark(&capture, "tcp.flags.reset == 1", &["frame.number"]).len(), 1);
}

#[test]
fn what_holds_no_frames_is_told() {
    let workspace = Workspace::new();
    let head = "# yamux-conform trace v1\n# case: a/b.client\n# target: x\n# clock: live\n# form: canonical\n";
    workspace.write("a.trace", head);
    let export = |path| workspace.run(&["trace", "export", path, "-o", "a.pcapng"]);
    export("a.trace")
        .assert_code(3)
        .assert_stderr("expected an exact trace, found a canonical one");
    workspace.write("b.trace", &head.replace("canonical", "exact").replace(".client", ""));
    export("b.trace")
        .assert_code(3)
        .assert_stderr("expected a case that ends with .client or .server");
    export("none.trace").assert_code(3).assert_stderr("none.trace");
    workspace.write("empty/x.txt", "");
    export("empty").assert_code(4).assert_stderr("expected traces, found none");
    assert!(!workspace.path().join("a.pcapng").exists());
}
