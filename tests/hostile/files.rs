//! Wrong files: text that is not JSON, JSON that is not a scenario, values that no scenario may have.

use super::{assert_refused, workspace};

const ECHO: &str =
    r#"{ "title": "t", "clauses": ["PING-01"], "peer": "wire", "steps": [ { "probe": "ping" } ] }"#;

/// `ECHO` with another value for one of its keys, or one key more.
fn with(key: &str, value: &str) -> Vec<u8> {
    let mut members = vec![
        ("title", r#""t""#),
        ("clauses", r#"["PING-01"]"#),
        ("peer", r#""wire""#),
        ("steps", r#"[ { "probe": "ping" } ]"#),
    ];
    members.retain(|(name, _)| *name != key);
    members.push((key, value));
    let members: Vec<String> =
        members.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
    format!("{{\n{}\n}}", members.join(",\n")).into_bytes()
}

/// A scenario of one step. It begins at 5:12.
fn step(step: &str) -> Vec<u8> {
    with("steps", &format!("[ {step}, {{ \"probe\": \"ping\" }} ]"))
}

fn around(before: &str, after: &str) -> Vec<u8> {
    format!("{before}{ECHO}{after}").into_bytes()
}

/// What is said of these bytes, whichever file of the suite has them: each is JSON.
fn no_json() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let utf16 = ECHO.encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        ("nothing", vec![], ":1:1: expected a JSON object, found nothing"),
        ("blank lines", b" \n\n".to_vec(), ":3:1: expected a JSON object, found nothing"),
        (
            "a byte order mark",
            around("\u{feff}", ""),
            ":1:1: expected JSON, found a byte order mark: save the file as UTF-8 without one",
        ),
        (
            "UTF-16",
            [vec![0xff, 0xfe], utf16.collect()].concat(),
            ":1:1: expected UTF-8 text, found byte 0xff at offset 0",
        ),
        ("a NUL behind it", around("", "\n\0"), ":2:1: expected JSON, found '\\0'"),
        ("a comment", around("// c\n", ""), ":1:1: comments are not allowed"),
        ("two values", around("", ECHO), "text cannot contain more than one JSON value"),
        ("a word behind it", around("", " x"), "text cannot contain more than one JSON value"),
        ("brackets without end", b"[".repeat(200_000), "maximum nesting depth exceeded"),
        ("objects without end", b"{\"a\":".repeat(200_000), "maximum nesting depth exceeded"),
        (
            "a hundred thousand levels",
            [b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
            "maximum nesting depth exceeded",
        ),
        ("null", b"null".to_vec(), ":1:1: expected an object, found null"),
        ("a number", b"12".to_vec(), ":1:1: expected an object, found 12"),
        ("a string", b"\"x\"".to_vec(), ":1:1: expected an object, found \"x\""),
        ("an array", b"[]".to_vec(), ":1:1: expected an object, found an array"),
        ("half a file", ECHO.as_bytes()[..40].to_vec(), ":1:"),
        (
            "a key twice",
            around("", "").replace_first(b"\"peer\"", b"\"title\""),
            "is already at 1:3",
        ),
        ("bytes of no text", b"{ \"title\": \"\xff\" }".to_vec(), ":1:13: expected UTF-8 text"),
        ("an overlong slash", b"{ \"title\": \"\xc0\xaf\" }".to_vec(), ":1:13: expected UTF-8"),
        ("half a character", br#"{ "title": "\ud800" }"#.to_vec(), ":1:13: invalid unicode escape"),
        (
            "a string over two lines",
            b"{ \"title\": \"a\nb\" }".to_vec(),
            ":1:13: control character",
        ),
        ("a string without end", b"{ \"title\": \"a".to_vec(), ":1:12: unterminated string"),
        (
            "a key of 100,000 letters",
            format!("{{ \"{}\": 1 }}", "k".repeat(100_000)).into_bytes(),
            ":1:3: unknown key",
        ),
        (
            "five thousand unknown keys",
            format!(
                "{{ {} }}",
                (0..5000).map(|n| format!("\"k{n}\": 1")).collect::<Vec<_>>().join(", ")
            )
            .into_bytes(),
            "more problems from here on",
        ),
    ]
}

/// What is said of a scenario with these bytes.
fn no_scenario() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let ping = |value: &str| step(&format!(r#"{{ "peer": {{ "send": {{ "ping": {value} }} }} }}"#));
    let data = |bytes: &str| {
        step(&format!(r#"{{ "peer": {{ "send": {{ "data": "s", "bytes": {bytes} }} }} }}"#))
    };
    let hex = |hex: &str| step(&format!(r#"{{ "peer": {{ "send_bytes": "{hex}" }} }}"#));
    let wait = |wait: &str| step(&format!(r#"{{ "wait": {wait} }}"#));
    let nines = "9".repeat(50_000);
    let nested = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    vec![
        ("not a number", wait("NaN"), ":5:22: unexpected word"),
        ("infinity", ping("1e999"), ":5:42: expected a number that fits 64 bits, found 1e999"),
        ("less than nothing", ping("-1"), "expected a whole number from 0 to 4294967295, found -1"),
        ("a fraction", ping("1.5"), ":5:42: expected a whole number, found 1.5"),
        ("one too many", ping("4294967296"), "expected a whole number from 0 to 4294967295"),
        ("very many digits", ping(&nines), ":5:42: expected a number that fits 64 bits, found 99"),
        ("hexadecimal", ping("0x10"), ":5:42: hexadecimal numbers are not allowed"),
        ("a plus", ping("+1"), ":5:42: unary plus on numbers is not allowed"),
        ("a leading zero", ping("01"), ":5:43: expected comma"),
        ("steps in steps", with("steps", &nested), "maximum nesting depth exceeded"),
        ("no steps", with("steps", "[]"), ":5:10: expected at least 1 item, found none"),
        ("no title", with("title", "\"\""), "the title is empty"),
        (
            "a title of a megabyte",
            with("title", &format!("\"{}\"", "x".repeat(1 << 20))),
            "expected a title of at most 200 characters, found 1048576",
        ),
        ("a clause twice", with("clauses", r#"["PING-01", "PING-01"]"#), "is there twice"),
        ("no clause", with("clauses", "[null]"), "expected a string, found null"),
        ("no schema", with("$schema", "5"), "expected a string, found 5"),
        (
            "a wait beyond all numbers",
            wait(r#""99999999999999999999y""#),
            ":5:22: expected a duration such as",
        ),
        ("a wait of all time", wait(r#""584542046090y""#), ":5:22: expected at most a year"),
        ("a size beyond all numbers", data(r#""99999999999999999999GiB""#), "expected a size such"),
        ("a size of all numbers", data(r#""17179869183GiB""#), "expected at most 1024 GiB"),
        ("half a byte", hex("0"), "expected pairs of hexadecimal digits, found \"0\""),
        ("letters", hex("zz"), "expected pairs of hexadecimal digits, found \"zz\""),
        ("a letter of two bytes", hex("é0"), "expected pairs of hexadecimal digits, found \"é0\""),
        (
            "a label with a letter of two bytes",
            step(r#"{ "subject": { "open": { "stream": "ß" } } }"#),
            "expected a name of a-z, 0-9",
        ),
    ]
}

/// Every file of a suite that is JSON, and the commands that read it.
const READ: [(&str, &[&[&str]]); 4] = [
    ("scenarios/ping/x.json", &[&["check"], &["run", "--target", "built-in"], &["list"]]),
    ("scenarios/clauses.json", &[&["check"], &["run", "--target", "built-in"]]),
    ("known/built-in.json", &[&["check"], &["run", "--target", "built-in"]]),
    ("mutants.json", &[&["check"], &["mutants", "--only", "ping-zero-unanswered"]]),
];

#[test]
fn text_that_is_no_json_is_refused_wherever_it_stands() {
    for (about, bytes, message) in no_json() {
        for (file, commands) in READ {
            let workspace = workspace(file, &bytes);
            for command in commands {
                let ran = workspace.run(command);
                let about = format!("{about} in {file}, {command:?}");
                assert_refused(&ran, 3, message, &about);
                assert!(ran.stderr.contains(&format!("{file}:")), "{about}: {ran:#?}");
            }
        }
    }
}

#[test]
fn values_that_no_scenario_may_have_are_refused_at_their_place() {
    let (file, commands) = READ[0];
    for (about, bytes, message) in no_scenario() {
        let workspace = workspace(file, &bytes);
        for command in commands {
            assert_refused(&workspace.run(command), 3, message, &format!("{about}, {command:?}"));
        }
    }
}

#[test]
fn text_that_is_harmless_is_taken() {
    let steps = ECHO.replace(", ", ",\r\n");
    for (about, bytes) in [
        ("lines that end with CR LF", steps.as_bytes().to_vec()),
        ("lines that end with CR", steps.replace('\n', "").into_bytes()),
        ("characters beyond 16 bits", with("title", r#""\ud83d\ude00""#)),
    ] {
        let ran = workspace("scenarios/ping/x.json", &bytes).run(&["check"]);
        assert_eq!(ran.code, Some(0), "{about}: {ran:#?}");
    }
}

#[test]
fn a_file_name_that_is_no_id_is_refused() {
    for name in ["a b", "ü", "%s", "a:b", "a'b", "a\"b", "a\nb", "x~y", "a#b", "*", "A", "a.b"] {
        let ran =
            workspace(&format!("scenarios/ping/{name}.json"), ECHO.as_bytes()).run(&["check"]);
        assert_refused(&ran, 3, "expected a path of a-z, 0-9 and \"-\"", name);
    }
}

#[test]
fn a_golden_that_is_no_trace_is_refused_with_its_line() {
    const GOLDEN: &str = "golden/built-in/ping/echo.client.trace";
    for (about, bytes, message) in [
        ("nothing", vec![], ":1: expected \"# yamux-conform trace v1\""),
        ("zeros", vec![0; 100], ":1: expected \"# yamux-conform trace v1\""),
        ("every byte", (0..=255).collect(), ":2"),
        ("one long line", vec![b'x'; 1 << 20], ":1: expected \"# yamux-conform trace v1\""),
        ("many lines", b"x\n".repeat(100_000), ":1: expected \"# yamux-conform trace v1\""),
        ("a head and no body", b"# yamux-conform trace v1\n\0\n".to_vec(), ":2: "),
    ] {
        let workspace = workspace(GOLDEN, &bytes);
        for command in [&["check"][..], &["run", "--target", "built-in"], &["diff", GOLDEN, GOLDEN]]
        {
            let about = format!("{about}, {command:?}");
            assert_refused(&workspace.run(command), 3, &format!("{GOLDEN}{message}"), &about);
        }
    }
}

#[test]
fn a_report_that_is_none_is_refused_with_its_line() {
    let none = "expected a line of run --format json, found none";
    for (about, bytes, message) in [
        ("nothing", vec![], "r.jsonl:1: expected the lines of run --format json, found nothing"),
        ("null", b"null\n".to_vec(), none),
        ("brackets without end", b"[".repeat(100_000), none),
        ("no JSON", b"x\n".to_vec(), none),
        ("a NUL", b"\0\n".to_vec(), none),
        ("an object", b"{}\n".to_vec(), none),
        ("an event nobody knows", b"{\"event\":\"nonsense\"}\n".to_vec(), "expected the lines"),
        ("half a case", b"{\"event\":\"case_finished\"}\n".to_vec(), none),
        ("a megabyte of a word", [b"\"".to_vec(), vec![b'x'; 1 << 20]].concat(), none),
        ("too much of it", vec![b' '; (16 << 20) + 1], "expected at most 16777216 bytes"),
        ("every byte", (0..=255).collect(), "expected UTF-8 text, found byte 0x80"),
    ] {
        let workspace = workspace("r.jsonl", &bytes);
        for command in [
            &["report", "merge", "r.jsonl"][..],
            &["compare", "r.jsonl", "r.jsonl"],
            &["run", "--rerun", "failed", "--report", "r.jsonl"],
        ] {
            assert_refused(&workspace.run(command), 3, message, &format!("{about}, {command:?}"));
        }
    }
}

/// One replacement in bytes, so that a row can be written as what differs.
trait ReplaceFirst {
    fn replace_first(self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl ReplaceFirst for Vec<u8> {
    fn replace_first(self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = self.windows(from.len()).position(|window| window == from).expect("it is there");
        [&self[..at], to, &self[at + from.len()..]].concat()
    }
}
