//! The output of `shim init` keeps the current protocol, in every language whose toolchain is installed.
#![expect(clippy::disallowed_methods, reason = "a test reads and writes files")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use yamux_conform::harness::shim::check::{CheckFormat, CheckLine, CheckResult, Conclusion, check};
use yamux_conform::harness::shim::init::Skeleton;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("a_folder_with_something_in_it_is_refused_and_left_alone", full_folder),
        Trial::test("what_a_shim_must_not_have_is_not_given_out", is_clean),
        Trial::test("the_file_to_fill_in_is_short", is_short),
    ];
    for (name, skeleton, lang, toolchain) in LANGUAGES {
        let trial = Trial::test(*name, move || keeps_the_protocol(*skeleton, lang));
        let missing = Command::new(toolchain[0]).args(&toolchain[1..]).output();
        trials.push(match missing {
            Ok(output) if output.status.success() => trial,
            _ => trial.with_ignored_flag(true).with_kind(format!("{} is missing", toolchain[0])),
        });
    }
    let model = Trial::test("the_model_of_the_page_on_shims_keeps_the_protocol", model_keeps_it);
    trials.push(match Command::new("go").arg("version").output() {
        Ok(output) if output.status.success() => model,
        _ => model.with_ignored_flag(true).with_kind("go is missing"),
    });
    libtest_mimic::run(&arguments, trials).exit();
}

/// The name of the rule, the shim, what the command line calls it, and what tells whether its toolchain is here.
type Language = (&'static str, Skeleton, &'static str, &'static [&'static str]);

const LANGUAGES: &[Language] = &[
    ("the_go_shim_keeps_the_protocol", Skeleton::Go, "go", &["go", "version"]),
    ("the_rust_shim_keeps_the_protocol", Skeleton::Rust, "rust", &["cargo", "--version"]),
    ("the_python_shim_keeps_the_protocol", Skeleton::Python, "python", &["python3", "--version"]),
    ("the_js_shim_keeps_the_protocol", Skeleton::Js, "js", &["node", "--version"]),
];

/// The command writes it and says what comes next, which works, and no check finds anything.
fn keeps_the_protocol(skeleton: Skeleton, lang: &str) -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("my shim");
    let output = init(lang, &folder)?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || said.lines().count() != 3 {
        return Err(format!("{output:?}").into());
    }
    let (_, next) = said.split_once("check:").ok_or("no next step")?;
    let (build, _) = next.split_once("yamux-conform shim check").ok_or("no check")?;
    if let Some(build) = build.trim().strip_suffix("&&") {
        if skeleton == Skeleton::Rust {
            // What it is built of is built once.
            symlink(env!("CARGO_TARGET_TMPDIR"), folder.join("target"))?;
        }
        // Without a network if what it needs is here.
        let mut offline = sh(build);
        if run(offline.env("CARGO_NET_OFFLINE", "true")).is_err() {
            run(&mut sh(build))?;
        }
    }
    let mut out = Vec::new();
    let concluded = check(&skeleton.start(&folder), CheckFormat::Json, &mut out)?;
    let out = String::from_utf8_lossy(&out);
    let lines: Vec<CheckLine> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let is_fine = |line: &CheckLine| match line.result {
        CheckResult::Ok => true,
        CheckResult::Skipped => !NEEDS_NO_LIBRARY.contains(&&*line.check),
        CheckResult::Library | CheckResult::Failed => false,
    };
    if concluded == Conclusion::Keeps && lines.iter().all(is_fine) {
        return Ok(());
    }
    Err(out.into_owned().into())
}

fn sh(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env_remove("CARGO_TARGET_DIR");
    command
}

/// The Go shim with the file that the page on shims shows is built against the library, and every check of the live clock is ok.
fn model_keeps_it() -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("shim");
    Skeleton::Go.write(&folder)?;
    fs::write(folder.join("library.go"), MODEL)?;
    fs::write(folder.join("go.sum"), include_str!("../shims/go-hashicorp/go.sum"))?;
    let module = include_str!("../shims/go-hashicorp/go.mod");
    let mut lines = module.lines().map(|line| line.trim().trim_start_matches("require "));
    let required = lines.find(|line| line.starts_with("github.com/hashicorp/yamux "));
    let mut text = fs::read_to_string(folder.join("go.mod"))?;
    text += &format!("\nrequire {}\n", required.ok_or("the Go shim requires its library")?);
    fs::write(folder.join("go.mod"), text)?;
    let go = |words: &[&str]| {
        run(Command::new("go").args(words).current_dir(&folder).env("CGO_ENABLED", "0"))
    };
    go(&["vet", "."])?;
    go(&["build", "-buildvcs=false", "-o", "shim", "."])?;
    let mut out = Vec::new();
    let concluded = check(&Skeleton::Go.start(&folder), CheckFormat::Json, &mut out)?;
    let out = String::from_utf8_lossy(&out);
    let lines: Vec<CheckLine> = out.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let is_fine = |line: &CheckLine| match line.result {
        CheckResult::Ok => true,
        CheckResult::Skipped => {
            line.check.starts_with("lockstep-") || NOT_IN_THE_MODEL.contains(&&*line.check)
        }
        CheckResult::Library | CheckResult::Failed => false,
    };
    if concluded == Conclusion::Keeps && lines.iter().all(is_fine) {
        return Ok(());
    }
    Err(out.into_owned().into())
}

/// What the model leaves out, so that it is short.
const NOT_IN_THE_MODEL: [&str; 4] = ["accept-deadline", "cancel", "codes", "figures"];

/// What the page on shims shows.
const MODEL: &str = include_str!("../docs/example-shim/library.go");

/// What a shim can show before it has a library.
const NEEDS_NO_LIBRARY: [&str; 20] = [
    "hello",
    "unknown-protocol",
    "unknown-operation",
    "malformed-line",
    "wrong-request",
    "long-line",
    "dials",
    "local-address",
    "refused-dial",
    "listed-settings",
    "unknown-settings",
    "end",
    "unlisted-actions",
    "transport-lost",
    "ended-by-peer",
    "bye",
    "end-of-stdin",
    "stdout",
    "one-answer",
    "quiet-after-end",
];

fn full_folder() -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    fs::write(place.path().join("mine"), "mine")?;
    let output = init("go", place.path())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_told = said.contains("is not empty; name an empty folder, or one that is not there");
    if output.status.code() == Some(3) && is_told && fs::read_dir(place.path())?.count() == 1 {
        return Ok(());
    }
    Err(format!("{output:?}").into())
}

/// What a build has left in a folder of the repository is nobody's.
fn is_clean() -> Result<(), Failed> {
    for skeleton in Skeleton::ALL {
        for (path, text) in skeleton.files() {
            let is_left = path.iter().any(|part| LEFT.iter().any(|left| part == *left));
            if is_left || text.is_empty() || text.contains("/home/") {
                return Err(format!("{skeleton:?} gives out {}", path.display()).into());
            }
        }
    }
    Ok(())
}

const LEFT: [&str; 4] = ["target", "node_modules", "__pycache__", "Cargo.lock"];

/// What an author has to read and to fill in is at most as long as the page on shims says.
fn is_short() -> Result<(), Failed> {
    for skeleton in Skeleton::ALL {
        let files = skeleton.files();
        let file = files.iter().find(|(path, _)| path == Path::new(skeleton.to_fill_in()));
        let lines = file.map_or(usize::MAX, |(_, text)| text.lines().count());
        if lines > MOST_LINES {
            return Err(format!("{skeleton:?} has {lines} lines to fill in").into());
        }
    }
    match MODEL.lines().count() {
        lines if lines > MOST_LINES => Err(format!("the model has {lines} lines").into()),
        _ => Ok(()),
    }
}

const MOST_LINES: usize = 200;

fn init(lang: &str, folder: &Path) -> Result<Output, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yamux-conform"));
    Ok(command.args(["shim", "init", "--lang", lang]).arg(folder).output()?)
}

fn run(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {output:?}").into())
}
