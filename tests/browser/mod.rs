//! A headless browser, if one is installed: how it renders a page.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::harness::{finish, start};

/// The browser that is there; without one a line says what is not tested.
pub(crate) fn browser(what: &str) -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|version| version.status.success())
    });
    if found.is_none() {
        // Not by a macro: what a test prints that passes is shown to nobody.
        let line =
            format!("skipped, because no chromium is there (ci/tools installs it): {what}\n");
        std::io::stderr().write_all(line.as_bytes()).expect("stderr");
    }
    found
}

/// The elements of the page once its script has run; `fragment` is the part of its address behind the `#`.
pub(crate) fn elements(browser: &str, page: &Path, fragment: &str) -> String {
    let profile = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(browser);
    // As root there is no sandbox to be had, and a container has little shared memory.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
    command.args([
        "--no-first-run",
        "--disable-background-networking",
        "--virtual-time-budget=20000",
    ]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.arg("--dump-dom").arg(format!("file://{}#{fragment}", page.display()));
    let ran = finish(start(&mut command));
    assert!(ran.stdout.contains("</html>"), "no page: {ran:#?}");
    ran.stdout
}

/// A copy of the page with one more script, which its policy lets run; what the script does to the page can be seen.
pub(crate) fn driven(page: &Path, script: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(page).expect("a page");
    let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
    let allowed = text.replacen("script-src ", &format!("script-src 'sha256-{hash}' "), 1);
    let body = format!("<script type=\"module\">{script}</script>\n</body>");
    let (before, after) = allowed.rsplit_once("</body>").expect("the end of the body");
    let copy = page.with_extension("driven.html");
    fs::write(&copy, [before, &body, after].concat()).expect("it can be written");
    copy
}
