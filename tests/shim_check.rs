//! `shim check` against the Go shim, which keeps the protocol, and against the same shim broken in one way each by
//! a shell script between it and the harness. Some do what a library may do; `shim check` must then say so.
//!
//! This program is also the one in between: with `library BEHAVIOUR COMMAND…` it holds back what a library would.

mod held_calls;

use std::env;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};
use yamux_conform::harness::shim::check::{CheckFormat, CheckLine, CheckResult, Conclusion, check};
use yamux_conform::harness::shim::target::{Edition, prepare};

/// A shim that is wrong in one way.
struct Wrong {
    /// What it does.
    name: &'static str,
    /// Shell code that sees each request as `$line`.
    requests: &'static str,
    /// Shell code that sees each answer and event as `$line`.
    answers: &'static str,
    /// Shell code that runs first.
    before: &'static str,
    /// Shell code that runs last.
    after: &'static str,
    /// The checks that find it, and no others.
    found_by: &'static [&'static str],
    /// The checks that take it for what the library does, and no others.
    library: &'static [&'static str],
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    if let [first, behaviour, command @ ..] = &words[..]
        && first == "library"
    {
        return held_calls::stand_between(behaviour, command);
    }
    let mut arguments = Arguments::from_args();
    // Most of a check of a wrong shim is waiting for what does not come.
    arguments.test_threads.get_or_insert(6);
    let mut trials = vec![
        Trial::test("a_program_that_is_not_there_cannot_be_started", missing_program),
        Trial::test("a_program_that_says_nothing_fails_at_hello", silent_program),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (right, missing) = match prepare("go-hashicorp", None, &Edition::Pinned, root, &mut |_| {})
    {
        // The one that offers every clock.
        Ok(programs) => (programs.lockstep.unwrap_or(programs.live), None),
        Err(error) if error.is_missing() => (Vec::new(), Some(error.to_string())),
        Err(error) => panic!("{error}"),
    };
    let needs_go = |trial: Trial| match &missing {
        Some(why) => trial.with_ignored_flag(true).with_kind(why),
        None => trial,
    };
    let command = right.clone();
    trials.push(needs_go(Trial::test("the_go_shim_keeps_the_protocol", move || {
        finds(&command, &[], &[])
    })));
    trials.push(needs_go(Trial::test("the_shim_of_go_libp2p_keeps_the_protocol", move || {
        let programs = prepare("go-libp2p", None, &Edition::Pinned, root, &mut |_| {})?;
        let command = programs.lockstep.unwrap_or(programs.live);
        // The library itself loses the end of a write now and then when it closes: docs/findings/go-libp2p.md.
        let run = || finds(&command, &[], &[]);
        run().or_else(|_| run()).or_else(|_| run())
    })));
    for (name, test, library) in LIBRARIES {
        trials.push(Trial::test(*test, move || {
            let programs = prepare(name, None, &Edition::Pinned, root, &mut |_| {})?;
            finds(&programs.live, &[], library)
        }));
    }
    let command = right.clone();
    trials.push(needs_go(Trial::test("the_page_on_shims_shows_what_is_printed", move || {
        is_documented(&command)
    })));
    for wrong in WRONG {
        let mut command = vec!["sh".into(), "-c".into(), wrong.script()];
        command.extend(right.iter().cloned());
        trials.push(needs_go(Trial::test(wrong.name, move || {
            finds(&command, wrong.found_by, wrong.library)
        })));
    }
    let itself = env::current_exe().expect("a program").display().to_string();
    for (behaviour, found_by, library) in HELD {
        let mut command = vec![itself.clone(), "library".into(), (*behaviour).into()];
        command.extend(right.iter().cloned());
        trials.push(needs_go(Trial::test(*behaviour, move || finds(&command, found_by, library))));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// Whether exactly these checks fail, and exactly these find what the library does.
fn finds(command: &[String], failed: &[&str], library: &[&str]) -> Result<(), Failed> {
    let mut out = Vec::new();
    let conclusion =
        check(command, CheckFormat::Json, &mut out).map_err(|error| error.to_string())?;
    let out = String::from_utf8_lossy(&out);
    let lines: Vec<CheckLine> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let named = |result| -> Vec<&str> {
        let such = lines.iter().filter(|line| line.result == result);
        such.map(|line| &*line.check).collect()
    };
    let found = [named(CheckResult::Failed), named(CheckResult::Library)];
    let concluded = if failed.is_empty() { Conclusion::Keeps } else { Conclusion::Breaks };
    if found == [failed, library] && conclusion == concluded {
        return Ok(());
    }
    let expected = [failed, library];
    Err(format!(
        "expected [failed, library]: {expected:?}\nfound: {found:?}\n{conclusion:?}\n{out}"
    )
    .into())
}

/// Whether the page shows the checks of a right shim, all but the line with its versions.
fn is_documented(command: &[String]) -> Result<(), Failed> {
    const PAGE: &str = include_str!("../docs/writing-a-shim.md");
    let mut out = Vec::new();
    check(command, CheckFormat::Human, &mut out).map_err(|error| error.to_string())?;
    let out = String::from_utf8_lossy(&out);
    match out.split_once("\n\n") {
        Some((checks, _)) if PAGE.contains(checks) => Ok(()),
        _ => Err(format!("docs/writing-a-shim.md is stale: put this there\n{out}").into()),
    }
}

fn missing_program() -> Result<(), Failed> {
    ends_with(&["there-is-no-such-shim"], 5, "cannot start there-is-no-such-shim")
}

fn silent_program() -> Result<(), Failed> {
    ends_with(&["sh", "-c", "exit 7"], 1, "the process has ended (exit status: 7)")
}

fn ends_with(command: &[&str], code: i32, said: &str) -> Result<(), Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_yamux-conform"))
        .args(["shim", "check", "--"])
        .args(command)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(code) && text.contains(said) {
        return Ok(());
    }
    Err(format!("expected status {code} and {said:?}, found {}:\n{text}", output.status).into())
}

impl Wrong {
    /// A shell script that runs the shim `$0` with a filter on one side or both.
    fn script(&self) -> String {
        let Self { requests, answers, before, after, .. } = self;
        let mut parts = Vec::new();
        if !requests.is_empty() {
            // The end of the shim does not end this loop, so bye must.
            let bye = "case $line in *'\"op\":\"bye\"'*) break;; esac";
            parts.push(format!("while {READ}; do\n{requests}\n{PRINT}\n{bye}\ndone"));
        }
        parts.push("\"$0\"".to_owned());
        if !answers.is_empty() {
            parts.push(format!("while {READ}; do\n{answers}\n{PRINT}\ndone"));
        }
        format!("{SWAP}\n{before}\n{}\n{after}", parts.join(" |\n"))
    }
}

const READ: &str = "IFS= read -r line";
const PRINT: &str = "printf '%s\\n' \"$line\"";

/// Puts one text into a line for another.
const SWAP: &str =
    r#"swap() { case $line in *"$1"*) line="${line%%"$1"*}$2${line#*"$1"}";; esac; }"#;

const RIGHT: Wrong = Wrong {
    name: "",
    requests: "",
    answers: "",
    before: "",
    after: "",
    found_by: &[],
    library: &[],
};

/// Bundled shims, each with the name of its test and the checks that find what its library does.
const LIBRARIES: &[(&str, &str, &[&str])] = &[
    ("rust-yamux", "the_shim_of_rust_yamux_keeps_the_protocol", &["end", "ended-here"]),
    ("rust-tokio", "the_shim_of_tokio_yamux_keeps_the_protocol", &["progress", "ended-here"]),
];

/// Behaviours of `held_calls`, each with the checks that fail, and those that find what the library does.
const HELD: &[(&str, &[&str], &[&str])] = &[
    ("reads_are_not_woken", &[], &["end", "transport-lost", "ended-by-peer", "ended-here"]),
    ("the_end_waits_for_the_peer", &[], &["end"]),
    // It is one cause, whatever else ends with the end of a session.
    ("no_end_is_answered", &["wrong-request"], &[]),
];

const WRONG: &[Wrong] = &[
    Wrong {
        name: "has_a_library_that_keeps_a_closed_session",
        requests: r#"swap '"op":"close_session"' '"op":"go_away"'"#,
        library: &["ended-here"],
        ..RIGHT
    },
    Wrong {
        name: "has_a_library_that_forgets_a_writer",
        requests: r#"swap '"times":6' '"times":4'"#,
        answers: r#"case $line in *'"ok":{"bytes":262144}'*) continue;; esac"#,
        library: &["progress"],
        ..RIGHT
    },
    Wrong {
        name: "has_a_library_that_pings_unasked",
        requests: r#"case $line in
            *'"settings"'*) ;;
            *'"dial"'*) line="${line%\}},\"settings\":{\"keep_alive_interval_us\":50000}}";;
        esac"#,
        library: &["dials"],
        ..RIGHT
    },
    Wrong {
        name: "refuses_what_it_lists",
        requests: r#"swap '"max_window":' '"window_max":'"#,
        found_by: &["listed-settings"],
        ..RIGHT
    },
    Wrong {
        name: "counts_time_from_another_moment",
        answers: r#"swap '"now_ns":' '"now_ns":1'"#,
        found_by: &["lockstep-deliver", "lockstep-time", "lockstep-news", "lockstep-pair"],
        ..RIGHT
    },
    Wrong {
        name: "stands_still",
        requests: r#"swap '"until_ns":' '"until":'"#,
        found_by: &["lockstep-time", "lockstep-news", "lockstep-repeat", "lockstep-pair"],
        ..RIGHT
    },
    Wrong {
        name: "gives_out_all_it_has",
        requests: r#"swap '"room":' '"space":'"#,
        found_by: &["lockstep-room"],
        ..RIGHT
    },
    Wrong {
        name: "loses_the_first_part_of_a_frame",
        requests: r#"case $line in *'"segment"'*) n=x$n; [ $n = x ] && swap '"deliver"' '"lost"';; esac"#,
        found_by: &["lockstep-parts"],
        ..RIGHT
    },
    Wrong {
        name: "tells_the_library_no_end",
        requests: r#"swap '"end":"eof"' '"ended":"eof"'"#,
        found_by: &["lockstep-end"],
        ..RIGHT
    },
    Wrong {
        name: "answers_another_ping_now_and_then",
        answers: r#"case $line in
            *AAAAAAAAACAAIAAg*) n=x$n; [ $n = xxxxx ] && swap AAAAAAAAACAAIAAg AAAAAAAAAJAAIAAg;;
        esac"#,
        found_by: &["lockstep-repeat"],
        ..RIGHT
    },
    Wrong {
        name: "declares_pairs_and_refuses_them",
        requests: r#"case $line in
            *'"op":"session"'*) sessions=x$sessions; [ ${#sessions} -gt 1 ] && swap lockstep other;;
            *'"op":"end"'*) sessions=${sessions#x};;
        esac"#,
        found_by: &["lockstep-pair"],
        ..RIGHT
    },
    Wrong {
        name: "names_another_address",
        answers: r#"swap '"local":"127.0.0.1:' '"local":"127.0.0.2:'"#,
        found_by: &["local-address"],
        ..RIGHT
    },
    Wrong {
        name: "names_no_address",
        answers: r#"swap '"local":' '"port":'"#,
        found_by: &["local-address"],
        ..RIGHT
    },
    Wrong {
        name: "prints_to_stdout",
        answers: r#"case $line in '{"id":2,'*) echo listening;; esac"#,
        found_by: &["stdout"],
        ..RIGHT
    },
    Wrong {
        name: "answers_twice",
        answers: r#"case $line in '{"id":9,'*) printf '%s\n' "$line";; esac"#,
        found_by: &["one-answer"],
        ..RIGHT
    },
    Wrong {
        name: "says_a_session_ended_after_end",
        answers: r#"case $line in
            *'"session_end"'*) held=$line;;
            '{"id"'*) if [ -n "$held" ]; then printf '%s\n' "$line"; line=$held; held=; fi;;
        esac"#,
        found_by: &["transport-lost", "ended-by-peer", "ended-here", "quiet-after-end"],
        ..RIGHT
    },
    Wrong {
        name: "never_says_that_a_session_ended",
        answers: r#"case $line in *'"session_end"'*) continue;; esac"#,
        found_by: &["end", "transport-lost", "ended-by-peer", "ended-here"],
        ..RIGHT
    },
    Wrong {
        name: "has_no_class_for_a_reset",
        answers: r#"swap '"class":"stream_reset"' '"class":"unclassified"'"#,
        found_by: &["reset-by-peer"],
        ..RIGHT
    },
    Wrong {
        name: "has_a_class_of_its_own_for_the_end",
        answers: r#"swap '"class":"eof"' '"class":"finished"'"#,
        found_by: &["end", "end-of-stream", "transport-lost", "ended-by-peer", "ended-here"],
        ..RIGHT
    },
    Wrong {
        name: "has_no_class_for_a_closed_session",
        answers: r#"swap '"class":"session_shutdown"' '"class":"unclassified"'"#,
        found_by: &["transport-lost", "ended-by-peer", "ended-here"],
        ..RIGHT
    },
    Wrong {
        name: "has_no_class_for_go_away",
        answers: r#"swap '"class":"remote_go_away"' '"class":"unclassified"'"#,
        found_by: &["go-away"],
        ..RIGHT
    },
    Wrong {
        name: "has_no_class_for_a_closed_stream",
        answers: r#"swap '"class":"stream_closed"' '"class":"unclassified"'"#,
        found_by: &["after-close"],
        ..RIGHT
    },
    Wrong {
        name: "adds_up_wrong",
        answers: r#"swap '"crc32":' '"crc32":1'"#,
        found_by: &[
            "two-sessions",
            "many-sessions",
            "read-checksum",
            "times-and-offset",
            "exact-read",
            "end-of-stream",
            "second-process",
        ],
        ..RIGHT
    },
    Wrong {
        name: "tells_no_progress",
        answers: r#"case $line in *'"progress"'*) continue;; esac"#,
        found_by: &["progress"],
        ..RIGHT
    },
    Wrong {
        name: "counts_streams_itself",
        answers: r#"swap '"stream_number":1}' '"stream_number":7}'"#,
        found_by: &["stream-numbers"],
        ..RIGHT
    },
    Wrong {
        name: "says_not_why_it_lacks_an_action",
        answers: r#"swap '"ping",' ''"#,
        found_by: &["hello", "unlisted-actions"],
        ..RIGHT
    },
    Wrong {
        name: "lists_what_it_lacks",
        answers: r#"swap '"read",' '"read","reset",'; swap '"name":"reset"' '"name":"other"'"#,
        found_by: &["listed-actions"],
        ..RIGHT
    },
    Wrong {
        name: "lists_not_what_it_has",
        answers: r#"swap '"go_away",' ''
            swap '"unsupported":[' '"unsupported":[{"name":"go_away","reason":"forgotten"},'"#,
        found_by: &["unlisted-actions"],
        ..RIGHT
    },
    Wrong {
        name: "speaks_any_protocol",
        requests: "swap 65535 1",
        found_by: &["unknown-protocol"],
        ..RIGHT
    },
    Wrong {
        name: "dies_of_a_line_that_is_no_request",
        requests: "case $line in '{'*'}') ;; *) exit;; esac",
        found_by: &["malformed-line"],
        ..RIGHT
    },
    Wrong {
        name: "passes_over_a_line_that_is_no_request",
        requests: "case $line in '{'*'}') ;; *) continue;; esac",
        found_by: &["malformed-line"],
        ..RIGHT
    },
    Wrong {
        name: "reads_short_lines_only",
        requests: "if [ ${#line} -gt 65536 ]; then continue; fi",
        found_by: &["long-line"],
        ..RIGHT
    },
    Wrong {
        name: "takes_any_operation_for_hello",
        requests: r#"swap '"op":"make_coffee"' '"op":"hello","protocols":[1]'"#,
        found_by: &["unknown-operation"],
        ..RIGHT
    },
    Wrong {
        name: "takes_a_missing_field_for_zero",
        requests: r#"case $line in
            *'"bytes":'* | *'"to_end":'*) ;;
            *'"op":"write"'*) line="${line%\}},\"bytes\":0}";;
        esac"#,
        found_by: &["wrong-request"],
        ..RIGHT
    },
    Wrong {
        name: "begins_every_write_at_zero",
        requests: r#"swap '"offset":65533' '"offset":0'"#,
        found_by: &["times-and-offset"],
        ..RIGHT
    },
    Wrong {
        name: "reads_more_than_it_is_asked_to",
        requests: r#"swap '"bytes":39' '"bytes":40'"#,
        found_by: &["exact-read"],
        ..RIGHT
    },
    Wrong {
        name: "knows_only_one_seed",
        requests: r#"swap '"seed":22' '"seed":11'"#,
        found_by: &["two-sessions", "many-sessions"],
        ..RIGHT
    },
    Wrong {
        name: "forgets_a_deadline",
        requests: r#"swap '"read_us":150000' '"read_us":null'"#,
        found_by: &["deadline"],
        ..RIGHT
    },
    Wrong {
        name: "ends_a_read_before_its_deadline",
        requests: r#"swap '"read_us":150000' '"read_us":1000'"#,
        found_by: &["deadline"],
        ..RIGHT
    },
    Wrong {
        name: "keeps_a_deadline_that_was_taken_away",
        requests: r#"swap '"read_us":null' '"read_us":100000'"#,
        found_by: &["deadline"],
        ..RIGHT
    },
    Wrong {
        name: "takes_any_setting",
        requests: r#"swap '"colour":7' '"colour":null'"#,
        found_by: &["unknown-settings"],
        ..RIGHT
    },
    Wrong {
        name: "ends_with_an_error",
        answers: ":",
        after: "exit 3",
        found_by: &["bye", "end-of-stdin"],
        ..RIGHT
    },
    Wrong {
        name: "leaves_a_child_behind",
        before: "sleep 60 </dev/null >/dev/null 2>&1 &",
        found_by: &["bye", "end-of-stdin"],
        ..RIGHT
    },
    Wrong {
        name: "stays_after_bye",
        answers: ":",
        after: "sleep 60",
        found_by: &["bye", "end-of-stdin"],
        ..RIGHT
    },
];
