//! Every fuzz target on inputs from a fixed seed: the files of the repository with small changes, and noise.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use yamux_conform::harness::analysis::fuzzing::{FuzzTarget, TARGETS};

/// So many inputs has each target, unless a variable says for how many seconds it runs.
const INPUTS: u64 = 300;

/// `YAMUX_CONFORM_FUZZ_SECONDS=60 cargo test --test main fuzz_targets -- --nocapture --test-threads 1` tells how many inputs a
/// second there are.
const SECONDS: &str = "YAMUX_CONFORM_FUZZ_SECONDS";

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Files that are right inputs of a target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let (folder, kind) = match target {
        "scenario_loader" => ("scenarios", "json"),
        "ledger_reader" => ("known", "json"),
        "golden_reader" => ("golden", "trace"),
        "shim_lines" => return LINES.iter().map(|line| line.as_bytes().to_vec()).collect(),
        _ => return Vec::new(),
    };
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == kind) {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| fs::read(path).expect("a file");
    files.into_iter().step_by(7).map(read).filter(|text| text.len() < 20_000).collect()
}

const LINES: [&str; 5] = [
    r#"{"id":1,"ok":{"protocol":1,"implementation":{"name":"n","library":"l","version":"1","language":"c"},"sides":["client"],"clocks":["live"],"actions":["open"],"settings":[]}}"#,
    r#"{"id":7,"err":{"class":"stream_reset","native":"gone","wrote":12}}"#,
    r#"{"event":"ended","session":"1","class":"transport","native":"eof"}"#,
    r#"{"id":2,"session":"1","op":"write","stream":"s","bytes":100,"seed":4,"offset":0}"#,
    r#"{"id":3,"op":"step","session":"1","room":4096,"deliver":"00020001","until_ns":9}"#,
];

/// Noise, or one of the corpus with a few bytes changed, taken out, doubled, or put in from another one.
fn input(dice: &mut Dice, corpus: &[Vec<u8>]) -> Vec<u8> {
    if corpus.is_empty() {
        let len = dice.below(600);
        // Small numbers reach more states than large ones.
        let small = dice.below(2) == 0;
        return (0..len)
            .map(|_| dice.next() as u8 >> if small { dice.below(8) } else { 0 })
            .collect();
    }
    let mut bytes = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len());
        let end = (at + dice.below(24)).min(bytes.len());
        match dice.below(6) {
            _ if bytes.is_empty() => bytes.push(dice.next() as u8),
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = b"\"{}[],:0-9~ \n\\"[dice.below(14)],
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let other = &corpus[dice.below(corpus.len())];
                let from = dice.below(other.len());
                let piece = other[from..(from + dice.below(40)).min(other.len())].to_vec();
                bytes.splice(at..end, piece);
            }
            _ => {
                let number = dice.next() >> dice.below(64);
                bytes.splice(at..end, number.to_string().into_bytes());
            }
        }
    }
    bytes
}

/// Feeds a target; the message of a panic has the input that brought it about.
#[expect(clippy::print_stdout, reason = "who asks for seconds asks for a rate")]
fn feed((name, target): FuzzTarget) {
    let corpus = corpus(name);
    for right in &corpus {
        target(right);
    }
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok());
    let mut dice = Dice(name.bytes().map(u64::from).sum());
    let (begun, mut inputs) = (Instant::now(), 0);
    loop {
        let enough = match seconds {
            Some(seconds) => begun.elapsed() >= Duration::from_secs(seconds),
            None => inputs >= INPUTS,
        };
        if enough {
            break;
        }
        let input = input(&mut dice, &corpus);
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!("{name} on input {inputs}: {:?}", String::from_utf8_lossy(&input));
        }
        inputs += 1;
    }
    if seconds.is_some() {
        let rate = inputs as f64 / begun.elapsed().as_secs_f64();
        println!("{name}: {inputs} inputs, {rate:.0} a second");
    }
}

macro_rules! fed {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            let target = TARGETS.into_iter().find(|(other, _)| *other == name);
            feed(target.expect("a target of this name"));
        }
    )*};
}

fed! {
    frame_decoder
    one_session
    two_sessions
    scenario_loader
    golden_reader
    ledger_reader
    shim_lines
}

#[test]
fn every_target_has_its_file_of_three_lines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<String> = fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let mut names = TARGETS.map(|(name, _)| format!("{name}.rs")).to_vec();
    files.sort();
    names.sort();
    assert_eq!(files, names);
    let manifest = fs::read_to_string(folder.join("../Cargo.toml")).expect("a manifest");
    for (name, _) in TARGETS {
        let text = fs::read_to_string(folder.join(format!("{name}.rs"))).expect("a file");
        assert!(
            text.contains(&format!("yamux_conform::harness::analysis::fuzzing::{name}(input)")),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3, "{name}");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
