//! Valid scenario files: their heads, whole folders of them, and the guide to writing them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pretty_assertions::assert_eq;
use yamux_conform::harness::scenario::{
    Actor, Clocks, Level, Need, PeerKind, SettingName, Settings, WireControl, load,
};
use yamux_conform::yamux::frame::Side;

use crate::scenario_support::{file, scenario, write};

#[test]
fn the_head_of_a_file_says_what_it_is_about() {
    let scenario = scenario(HEAD);
    assert_eq!((&*scenario.id, scenario.title.as_str()), ("x", "x does y"));
    assert_eq!(scenario.note.as_deref(), Some("because"));
    assert_eq!(scenario.clauses, [Arc::from("A-1"), Arc::from("B-2")]);
    assert_eq!((scenario.links, scenario.tags), (vec!["https://a".into()], vec!["slow".into()]));
    assert_eq!(scenario.sides, [Side::Client, Side::Server]);
    assert_eq!((scenario.peer, scenario.clocks), (PeerKind::App, Clocks::Any));
    let subject = Settings {
        accept_backlog: 3,
        keep_alive_interval: Some(Duration::from_secs(30)),
        connection_write_timeout: Duration::from_secs(2),
        max_window: 1 << 20,
        stream_open_timeout: None,
        stream_close_timeout: None,
        close_resets: true,
        asked: SettingName::ALL.iter().copied().map(|name| (name, Need::Needed)).collect(),
        max_streams: Some(7),
        max_frame_size: Some(4096),
        next_stream_id: Some(9),
    };
    assert_eq!(scenario.subject, subject);
    let fast = Some(Duration::from_millis(100));
    assert_eq!(scenario.live_subject, Settings { keep_alive_interval: fast, ..subject });
    let asked: BTreeMap<_, _> = [(SettingName::StreamCloseTimeout, Need::Wished)].into();
    assert_eq!(scenario.peer_settings, Settings { asked: asked.clone(), ..Settings::default() });
    let fast = Some(Duration::from_millis(300));
    let live_peer = Settings { stream_close_timeout: fast, asked, ..Settings::default() };
    assert_eq!(scenario.live_peer, live_peer);
    assert_eq!(
        scenario.wire,
        [
            WireControl::Segment(Actor::Subject, Some(1)),
            WireControl::Buffer(Actor::Peer, 4096),
            WireControl::Delay {
                to: Actor::Peer,
                by: Duration::from_millis(5),
                jitter: Duration::ZERO
            },
        ]
    );
    assert_eq!(scenario.steps[0].position.to_string(), "15:5");
}

#[test]
fn what_is_not_given_has_its_default() {
    let scenario = scenario(
        r#"{ "title": "t", "clauses": ["A-1"], "peer": "wire", "steps": [ { "probe": "ping" } ],
             "sides": ["server"], "clock": { "virtual_only": "it takes an hour" } }"#,
    );
    assert_eq!(scenario.sides, [Side::Server]);
    assert_eq!(scenario.clocks, Clocks::VirtualOnly("it takes an hour".into()));
    assert_eq!(scenario.live_subject, Settings::default());
    assert!(scenario.note.is_none() && scenario.wire.is_empty() && scenario.tags.is_empty());
}

#[test]
fn a_library_is_sorted_and_ids_are_relative_to_the_register() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let register = r#"{ "$schema": "s", "texts": { "hashicorp-spec": { "url": "u", "revision": "r" },
        "libp2p-spec": { "url": "u", "revision": "r" } }, "clauses": [ { "id": "A-1", "statement": "a", "level": "should",
        "provenance": { "source": "libp2p-spec", "section": "Ack" } } ] }"#;
    write(root, "clauses.json", register);
    let text = file("app", r#"{"probe": "ping"}"#);
    for path in ["go-away/b.json", "data/deep/c.json", "a.json"] {
        write(root, path, &text);
    }
    let ids = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|path| root.join(path)).collect();
        let library = load(&paths).expect("the files are right");
        assert_eq!(library.root, root);
        library.scenarios.iter().map(|scenario| scenario.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[""]), ["a", "data/deep/c", "go-away/b"]);
    assert_eq!(ids(&["go-away", "data/deep/c.json", "data"]), ["data/deep/c", "go-away/b"]);

    let library = load(&[root.to_owned()]).expect("the files are right");
    let clause = library.clauses.find("A-1").expect("it is registered");
    assert_eq!(
        (clause.level, clause.provenance.to_string().as_str()),
        (Level::Should, "libp2p-spec, \"Ack\"")
    );
    assert_eq!(library.clauses.iter().count(), 1);
}

#[test]
fn every_example_of_the_authors_guide_is_right() {
    let guide = include_str!("../docs/writing-scenarios.md");
    let examples: Vec<_> = guide.split("```json\n").skip(1).collect();
    assert!(examples.len() > 1, "the guide has lost its examples");
    for example in examples {
        scenario(example.split("```").next().expect("split gives at least one part"));
    }
}

#[test]
fn every_step_of_the_authors_guide_has_the_right_form() {
    let guide = include_str!("../docs/writing-scenarios.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `{ ")?.split_once("` |"));
    let steps: Vec<_> = rows.map(|(step, _)| format!("{{ {step}")).collect();
    assert!(steps.len() > 40, "the guide has lost its tables");
    for step in steps {
        // Out of their order most rows lack what comes before them, so only the form can be judged.
        let wrong_form = text_problems(&file("wire", &step));
        let wrong_form: Vec<_> = wrong_form.iter().filter(|text| is_about_form(text)).collect();
        assert!(wrong_form.is_empty(), "{step}: {wrong_form:?}");
    }
}

fn is_about_form(problem: &str) -> bool {
    ["unknown key", "missing key", "expected"].iter().any(|word| problem.contains(word))
}

/// A typo cannot change the meaning of a file: there is no key that another key is one letter away from.
#[test]
fn any_key_with_one_letter_changed_is_a_problem() {
    let text = WHOLE;
    scenario(text);
    let mut changed = 0;
    for (start, key) in keys(text) {
        for at in 0..key.len() {
            for letter in ["x", ""] {
                if &key[at..=at] == letter {
                    continue;
                }
                let at = start + at;
                let typo = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                assert!(
                    !text_problems(&typo).is_empty(),
                    "{key:?} at byte {at} with {letter:?} passes"
                );
                changed += 1;
            }
        }
    }
    assert!(changed > 500, "only {changed} letters were changed");
}

/// Where each key of `text` stands: a string with a colon behind it.
fn keys(text: &str) -> Vec<(usize, &str)> {
    let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
    let strings = quotes.chunks(2).map(|pair| (pair[0] + 1, pair[1]));
    let keys = strings.filter(|(_, end)| text[end + 1..].trim_start().starts_with(':'));
    keys.map(|(start, end)| (start, &text[start..end])).collect()
}

const HEAD: &str = r#"{
  "$schema": "../schema/scenario.schema.json",
  "title": "x does y", "note": "because",
  "clauses": ["A-1", "B-2"], "links": ["https://a"], "tags": ["slow"],
  "sides": ["server", "client"], "peer": "app",
  "settings": { "subject": { "accept_backlog": 3, "keep_alive_interval": "30s", "connection_write_timeout": "2s",
    "max_window": "1MiB", "stream_open_timeout": "off", "stream_close_timeout": "off", "close_resets": true,
    "max_streams": 7, "max_frame_size": "4KiB", "next_stream_id": 9 } },
  "wishes": { "peer": { "stream_close_timeout": "5m" } },
  "live": { "subject": { "keep_alive_interval": "100ms" }, "peer": { "stream_close_timeout": "300ms" } },
  "wire": [ { "segment": { "to": "subject", "bytes": 1 } },
            { "buffer": { "to": "peer", "bytes": "4KiB" } },
            { "delay": { "to": "peer", "by": "5ms" } } ],
  "steps": [
    { "probe": "ping" }
  ]
}"#;

const WHOLE: &str = r#"{
  "$schema": "../schema/scenario.schema.json",
  "title": "t", "note": "n", "clauses": ["A-1"], "links": [], "tags": [], "sides": ["client"], "peer": "wire",
  "settings": { "subject": { "accept_backlog": 3, "keep_alive_interval": "30s", "connection_write_timeout": "2s",
    "max_window": "1MiB", "stream_open_timeout": "1m", "stream_close_timeout": "2m", "close_resets": true } },
  "live": { "subject": { "keep_alive_interval": "100ms" } },
  "wire": [ { "segment": { "to": "subject", "bytes": 1 } }, { "buffer": { "to": "peer", "bytes": 1 } } ],
  "steps": [
    { "subject": { "open": { "stream": "s", "within": "1s", "from": "session" } }, "name": "opening" },
    { "peer": { "expect": { "opened": "s", "at": "0s", "or": [ { "session_end": true, "because": "b" } ] } } },
    { "peer": { "send": { "window_update": "s", "flags": ["ACK"], "credit": 5, "times": 2 } } },
    { "peer": { "send": { "data": "t", "bytes": 5, "id": 9 } } },
    { "peer": { "send": { "ping": { "value": "latest", "answer": true } } } },
    { "peer": { "send": { "raw": { "version": 0, "type": 0, "flags": [], "stream": "s", "length": 1, "body_hex": "00" } } } },
    { "peer": { "send": { "raw": { "type": 0, "stream": "s", "length": 1, "body_bytes": 1 } } } },
    { "peer": { "send_bytes": { "hex": "00" } }, "note": "n" },
    { "peer": { "expect_frame": { "type": "data", "flags": [], "stream": "s", "length": 1 } } },
    { "peer": { "expect_none": { "anything": "s", "for": "1s" } } },
    { "peer": { "expect": { "credit": "s", "at_least": 5 } } },
    { "peer": { "expect": { "go_away": 0 } } },
    { "subject": { "write": { "stream": "s", "bytes": 5, "times": 2, "label": "w" } } },
    { "still_blocked": { "label": "w", "for": "1s" } },
    { "join": { "label": "w", "wrote": 5, "error": "eof", "not_before": "1s", "or": [ { "ok": true, "because": "b" } ] } },
    { "subject": { "read": { "stream": "s", "to_end": true, "chunk": 5, "read": 5 } } },
    { "subject": { "set_deadline": { "stream": "s", "read": "1s", "write": "none" } } },
    { "subject": { "half_close": { "stream": "s" } } },
    { "subject": { "close": { "stream": "s" } } },
    { "subject": { "reset": { "stream": "s" } } },
    { "subject": { "drop": { "stream": "s" } } },
    { "subject": { "accept": { "stream": "a", "error": "session_shutdown" } } },
    { "subject": { "count_streams": { "is": 0 } } },
    { "wire": { "stall": { "to": "peer" } } },
    { "wire": { "resume": { "to": "peer" } } },
    { "wire": { "delay": { "to": "peer", "by": "1s" } } },
    { "wait": "1s" },
    { "probe": "ping" },
    { "subject": { "go_away": {} } },
    { "subject": { "close_session": {} } },
    { "wire": { "cut": "eof" } }
  ]
}"#;

/// The problems of a file.
fn text_problems(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "x.json", text);
    let problems = load(&[folder.path().join("x.json")]).err().unwrap_or_default();
    problems.into_iter().map(|problem| problem.message).collect()
}
