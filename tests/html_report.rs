//! The HTML report in a browser: filters, an open case, keys, malicious text, and many cases.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use yamux_conform::harness::report::{HtmlCase, HtmlColumn, HtmlHead, HtmlPage};
use yamux_conform::harness::scenario::CaseId;
use yamux_conform::harness::verdict::{Again, CaseReport, Clock, Comparison, RunId, Verdict};
use yamux_conform::yamux::frame::Side;
use yamux_conform::yamux::time::Time;

use crate::browser::{browser, driven, elements};
use crate::harness::Workspace;
use crate::reports::WRONG;

/// A scenario in which a stream is opened and written to.
const WRITTEN: &str = r#"{
  "title": "What is written arrives",
  "clauses": ["DATA-01"],
  "peer": "app",
  "steps": [
    { "subject": { "open": { "stream": "s" } } },
    { "peer": { "accept": { "stream": "s" } } },
    { "subject": { "write": { "stream": "s", "bytes": 1000 } } },
    { "peer": { "read": { "stream": "s", "bytes": 1000 } } }
  ]
}"#;

/// A report with passed and failed cases.
fn report() -> (Workspace, PathBuf) {
    let workspace = Workspace::with_echo();
    workspace.write("scenarios/ping/wrong.json", WRONG);
    workspace.write("scenarios/data/written.json", WRITTEN);
    workspace.run(&["run", "--target", "built-in", "--html", "out/report.html"]).assert_code(1);
    let page = workspace.path().join("out/report.html");
    (workspace, page)
}

/// What stands between the first `from` and the next `to`.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to} in {rest}")).0
}

#[test]
fn the_page_allows_its_own_script_and_style_and_nothing_else() {
    let (_workspace, page) = report();
    let text = fs::read_to_string(&page).expect("a page");
    let policy =
        between(&text, "Content-Security-Policy\" content=\"", "\">").replace("&#x27;", "'");
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    for foreign in ["src=", "<link", "@import", "url(", "fetch(", "innerHTML", "eval("] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    assert!(text.contains("2 failed") && text.contains("<dt>seed</dt><dd>0</dd>"), "the head");
}

#[test]
fn a_report_that_cannot_be_written_is_no_success() {
    let workspace = Workspace::with_echo();
    workspace.write("out", "a file where a folder should be");
    let arguments =
        ["run", "--target", "built-in", "--html", "out/a.html", "--pcap", "out/a.pcapng"];
    let ran = workspace.run(&arguments);
    ran.assert_code(1).assert_stderr("a report could not be written: out/a.html");
    let ran =
        workspace.run(&["interop", "built-in", "--html", "out/a.html", "--scenarios", "scenarios"]);
    // The echo has no application at its other end.
    ran.assert_code(4);
    workspace.write("scenarios/data/written.json", WRITTEN);
    let ran = workspace.run(&["interop", "built-in", "--html", "out/a.html"]);
    ran.assert_code(1).assert_stderr("a report could not be written: out/a.html");
}

#[test]
fn the_matrix_has_headers_and_a_button_for_each_case() {
    let Some(browser) = browser("the matrix of the HTML report") else { return };
    let (_workspace, page) = report();
    let shown = elements(browser, &page, "");
    let matrix = between(&shown, "<section id=\"matrix\"", "</main>");
    assert_eq!(matrix.matches("<button type=\"button\" class=\"case").count(), 6, "{matrix}");
    assert_eq!(matrix.matches("class=\"case bad\"").count(), 2, "{matrix}");
    assert!(matrix.contains("<th scope=\"col\" data-column=\"0\">built-in<small>virtual</small>"));
    assert!(matrix.contains("<th scope=\"row\" title=\"What is written arrives\">written</th>"));
    assert!(matrix.contains("aria-label=\"client: fail\""), "{matrix}");
    assert_eq!(matrix.matches("tabindex=\"0\"").count(), 1, "one stop of the tab key: {matrix}");
    let negative = between(&shown, "<section id=\"negative\"", "</section>");
    assert!(negative.contains("PING-"), "why it failed: {negative}");
}

#[test]
fn filters_leave_what_they_say() {
    let Some(browser) = browser("the filters of the HTML report") else { return };
    let (_workspace, page) = report();
    for (fragment, count) in [
        ("", "6 of 6 cases"),
        ("q=another+value", "2 of 6 cases"),
        ("q=DATA-01", "2 of 6 cases"),
        ("q=PING+answered", "4 of 6 cases"),
        ("area=ping", "4 of 6 cases"),
        ("verdict=fail", "2 of 6 cases"),
        ("verdict=fail&verdict=pass&area=ping", "4 of 6 cases"),
        ("target=built-in+(virtual)", "6 of 6 cases"),
        ("q=nothing+like+it", "0 of 6 cases"),
    ] {
        let shown = elements(browser, &page, fragment);
        assert!(shown.contains(&format!(">{count}</output>")), "{fragment}: {shown}");
        let hidden = shown.matches("<tr hidden=\"\">").count();
        let left: usize = count.split(' ').next().and_then(|left| left.parse().ok()).unwrap_or(0);
        assert_eq!(hidden, 3 - left / 2, "{fragment}");
    }
}

#[test]
fn an_open_case_tells_everything_about_it() {
    let Some(browser) = browser("an open case of the HTML report") else { return };
    let (_workspace, page) = report();
    let shown = elements(browser, &page, "case=ping/wrong/client");
    let case = between(&shown, "<dialog id=\"case\"", "</dialog>");
    for told in [
        "open=\"\"",
        ">ping/wrong/client</h2>",
        "A ping is answered with another value",
        "<dt>step 2</dt><dd>scenarios/ping/wrong.json:7:5</dd>",
        "<dt>expected</dt><dd>pong 8",
        "<dt>observed</dt>",
        "yamux-conform run scenarios/ping/wrong.json --side client --target built-in",
        "<span class=\"badge bad\">broken</span>",
        "aria-label=\"Calls and frames, ",
        "ping SYN #7",
        "ping ACK #7",
        "In step 2 nothing happened any more.",
    ] {
        assert!(case.contains(told), "{told}: {case}");
    }
    let shown = elements(browser, &page, "case=data/written/client");
    let case = between(&shown, "<dialog id=\"case\"", "</dialog>");
    assert!(case.contains("subject: sent 1,000 B, window at least 261,144 B"), "{case}");
    assert!(case.contains("peer: sent 0 B, window at least 256 KiB"), "{case}");
    assert!(
        case.contains("write s 1000 bytes -&gt; success"),
        "calls of a case that passed: {case}"
    );
}

#[test]
fn what_differs_stands_beside_what_was_expected() {
    let Some(browser) = browser("differences in the HTML report") else { return };
    let workspace = Workspace::with_echo();
    workspace.run(&["bless", "--target", "built-in"]).assert_code(0);
    let golden = "golden/built-in/ping/echo.client.trace";
    let trace = fs::read_to_string(workspace.path().join(golden)).expect("a golden trace");
    workspace.write(
        golden,
        &trace.replace("S>P  ping           ACK      #7", "S>P  ping           ACK      #8"),
    );
    workspace.run(&["run", "--target", "built-in", "--html", "report.html"]).assert_code(1);
    let page = workspace.path().join("report.html");
    let shown = elements(browser, &page, "case=ping/echo/client");
    let case = between(&shown, "<dialog id=\"case\"", "</dialog>");
    assert!(case.contains("<span class=\"badge bad\">trace changed</span>"), "{case}");
    let beside = between(case, "<section class=\"beside\"", "</section>");
    assert_eq!(beside.matches("class=\"shade\"").count(), 2, "{beside}");
    let (observed, expected) = beside.split_once("expected: golden").expect("both");
    assert!(observed.contains("ping ACK #7") && !observed.contains("ping ACK #8"), "{observed}");
    assert!(expected.contains("ping ACK #8") && !expected.contains("ping ACK #7"), "{expected}");
    assert!(case.contains("yamux-conform bless scenarios/ping/echo.json"), "{case}");
}

#[test]
fn keys_move_open_and_close() {
    let Some(browser) = browser("the keys of the HTML report") else { return };
    let (_workspace, page) = report();
    let script = r##"
const said = [];
const at = () => document.activeElement.getAttribute("aria-label") + " in " + document.activeElement.closest("tr")?.firstChild.textContent;
const key = (name) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
document.querySelector('#matrix button[tabindex="0"]').focus();
said.push(at());
for (const name of ["ArrowRight", "ArrowDown", "ArrowDown", "Home", "ArrowUp", "End"]) { key(name); said.push(at()); }
document.activeElement.click();
said.push(document.querySelector("#case").open + " " + document.activeElement.textContent);
said.push(decodeURIComponent(location.hash));
document.querySelector("#case .close").click();
await new Promise((done) => setTimeout(done, 50));
said.push(document.querySelector("#case").open + " " + at());
const search = document.querySelector('[name="q"]');
search.value = "another";
search.dispatchEvent(new Event("input", { bubbles: true }));
said.push(document.querySelector("output").textContent + " " + location.hash);
const made = document.createElement("pre");
made.id = "said";
made.textContent = said.join("\n");
document.body.append(made);
"##;
    let shown = elements(browser, &driven(&page, script), "");
    let said = between(&shown, "<pre id=\"said\">", "</pre>");
    let expected = "client: pass in written
server: pass in written
server: pass in echo
server: fail in wrong
client: fail in wrong
client: pass in echo
server: pass in echo
true ping/echo/server
#case=ping/echo/server+built-in+(virtual)
false server: pass in echo
2 of 6 cases #q=another";
    assert_eq!(said, expected);
}

const HOSTILE: &str = "</script><script>document.documentElement.dataset.harm = 1</script>\
    <img src=x onerror=\"document.documentElement.dataset.harm = 2\"><!-- <script> {{ 7 * 7 }} ${7*7} &lt;b&gt;";

#[test]
fn text_that_means_harm_is_text() {
    let workspace = Workspace::new();
    let clauses = include_str!("../scenarios/clauses.json");
    let mut all: serde_json::Value = serde_json::from_str(clauses).expect("the register");
    for clause in all["clauses"].as_array_mut().expect("clauses") {
        clause["statement"] = HOSTILE.into();
    }
    workspace.write("scenarios/clauses.json", &all.to_string());
    let wrong =
        WRONG.replace("A ping is answered with another value", &HOSTILE.replace('"', "\\\""));
    workspace.write("scenarios/ping/wrong.json", &wrong);
    workspace.run(&["run", "--target", "built-in", "--html", "report.html"]).assert_code(1);
    let page = workspace.path().join("report.html");
    let text = fs::read_to_string(&page).expect("a page");
    // Neither in a tag nor in JSON anything of it begins.
    for markup in ["<img", "</script><script>document", "<!-- "] {
        assert!(!text.contains(markup), "{markup}");
    }
    let Some(browser) = browser("text that means harm in the HTML report") else { return };
    let shown = elements(browser, &page, "case=ping/wrong/client");
    let root = between(&shown, "<html", ">");
    assert!(root.contains("data-ready") && !root.contains("data-harm"), "{root}");
    assert!(!shown.contains("<img"), "{shown}");
    let case = between(&shown, "<dialog id=\"case\"", "</dialog>");
    let visible = HOSTILE.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    assert_eq!(case.matches(&visible).count(), 2, "title and clause: {case}");
}

fn case(number: usize) -> CaseReport {
    let scenario: Arc<str> = format!("area-{}/scenario-{number}", number / 100).into();
    CaseReport {
        run: RunId {
            case: CaseId { scenario, side: Side::Client },
            target: "built-in".to_owned(),
            clock: Clock::Virtual,
            repeat: 1,
        },
        asked: "built-in".to_owned(),
        peer: None,
        title: format!("The rule number {number}"),
        path: format!("scenarios/{number}.json").into(),
        clauses: vec![("PING-01".into(), "A ping is answered.".into(), "must; spec".into())],
        broken: None,
        verdict: Verdict::Pass,
        answers: Vec::new(),
        virtual_duration: Time::ZERO,
        duration: Duration::from_millis(1),
        comparison: Comparison::Agrees,
        again: Arc::new(Again::default()),
    }
}

/// How many milliseconds the browser's script takes until the page stands.
fn time_of(browser: &str, cases: usize) -> f64 {
    let mut page = HtmlPage::default();
    for number in 0..cases {
        let report = case(number);
        let column = HtmlColumn::of(&report, 0);
        page.take(HtmlCase { report: &report, column, sequence: None, end: None });
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report.html");
    let text = page.write(&HtmlHead::default()).expect("a page");
    fs::write(&path, text).expect("it can be written");
    let shown = elements(browser, &path, "");
    assert_eq!(shown.matches("<button type=\"button\" class=\"case good\"").count(), cases);
    between(&shown, "data-ready=\"", "\"").parse().expect("a number")
}

#[test]
fn ten_times_the_cases_take_about_ten_times_as_long() {
    let Some(browser) = browser("many cases in the HTML report") else { return };
    let least = |cases| (0..3).map(|_| time_of(browser, cases)).fold(f64::MAX, f64::min);
    let (few, many) = (least(500), least(5_000));
    println!("500 cases stand after {few} ms, 5000 after {many} ms");
    // A walk over all cases for each of them would take a hundred times as long.
    assert!(many < 40.0 * few.max(5.0), "{few} ms, {many} ms");
    assert!(many < 5_000.0, "{many} ms");
}
