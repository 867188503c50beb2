//! From the names on the command line to implementations that run.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::belongings::{self, bundled};
use crate::cli::peers;
use crate::known::{Known, Scope};
use crate::report::TargetInfo;
use crate::runner::{How, PlannedTarget, Plays, inquire};
use crate::shim::protocol::{Capabilities, ShimClock};
use crate::target::{GoShim, Target};
use crate::verdict::{Clock, ExitCode};

/// What is asked of the targets.
pub(super) struct Wanted<'a> {
    /// The names given; none is: the built-in implementation and the reference.
    pub(super) names: &'a [Target],
    /// What stands at the other end, if something was given.
    pub(super) peer: Option<&'a Target>,
    /// The only clock, if one was given.
    pub(super) clock: Option<Clock>,
    /// Whether a missing Go is an error.
    pub(super) requires_go: bool,
    /// Ledgers given by name; none is: `<target>.json` in `known_root`.
    pub(super) known: &'a [PathBuf],
    /// Where ledgers are looked for, if the scenarios have any of their own.
    pub(super) known_root: Option<PathBuf>,
    /// The cases that ledgers are judged by.
    pub(super) scope: Arc<Scope>,
    /// Where the search for the Go shim's sources begins.
    pub(super) start: &'a Path,
    /// How patient to be with a shim that starts.
    pub(super) timeout_scale: f64,
}

/// Why there are no targets, and how the program ends.
pub(super) struct Refused(pub(super) ExitCode, pub(super) Vec<String>);

/// Finds, builds and asks whatever is to run. `say` hears what takes time.
pub(super) fn prepare(
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PlannedTarget>, Refused> {
    let default = [Target::BuiltIn, Target::GoHashicorp];
    let is_default = wanted.names.is_empty();
    let names = if is_default { &default[..] } else { wanted.names };
    told_apart(names)?;
    let mut targets = Vec::new();
    for name in names {
        match name {
            Target::BuiltIn => targets.extend(built_in(wanted)?),
            Target::GoHashicorp => match GoShim::prepare(wanted.start, say) {
                Ok(shim) => targets.extend(go(wanted, name, &shim)?),
                Err(unavailable)
                    if is_default && !wanted.requires_go && unavailable.is_missing_toolchain() =>
                {
                    let known = ledger(wanted, name)?.for_clock(Clock::Virtual);
                    targets.push(absent(&unavailable.to_string(), known));
                }
                Err(unavailable) => {
                    let next = "install Go from https://go.dev/dl, or leave the target out to compare with its golden traces";
                    return Err(Refused(
                        ExitCode::Unusable,
                        vec![format!("go-hashicorp cannot run: {unavailable}; {next}")],
                    ));
                }
            },
            Target::Shim(command) => {
                let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
                let able = ask(wanted, name, &command)?;
                let on = |clock| able.clocks.contains(clock).then(|| command.clone());
                let commands = (on(ShimClock::Lockstep), on(ShimClock::Live));
                targets.extend(shims(wanted, name, &able, commands)?);
            }
        }
    }
    if !targets.iter().any(|target| target.folder == Target::REFERENCE) {
        let known = ledger(wanted, &Target::GoHashicorp)?.for_clock(Clock::Virtual);
        targets.push(absent("not asked for", known));
    }
    for path in wanted.known {
        let is_of = |target: &PlannedTarget| path.file_stem() == Some(target.folder.as_ref());
        if !targets.iter().any(is_of) {
            let mut folders: Vec<&str> =
                targets.iter().map(|target| target.folder.as_str()).collect();
            folders.dedup();
            let message = format!(
                "--known {}: a ledger is named after its target, here one of: {}",
                path.display(),
                folders.join(", ")
            );
            return Err(Refused(ExitCode::Usage, vec![message]));
        }
    }
    match wanted.peer {
        Some(peer) => peers::seat(peer, targets, wanted, say),
        None => Ok(targets),
    }
}

/// Two targets that are called the same would overwrite each other's traces and share a ledger.
fn told_apart(names: &[Target]) -> Result<(), Refused> {
    for (index, name) in names.iter().enumerate() {
        if let Some(other) = names[..index].iter().find(|other| other.folder() == name.folder()) {
            let folder = name.folder();
            let message = format!(
                "--target {other} and --target {name} are both called {folder}, by which golden traces, ledgers and reports tell targets apart: run one at a time, or give one program another name"
            );
            return Err(Refused(ExitCode::Usage, vec![message]));
        }
    }
    Ok(())
}

fn built_in(wanted: &Wanted<'_>) -> Result<Vec<PlannedTarget>, Refused> {
    let name = &Target::BuiltIn;
    if wanted.clock == Some(Clock::Live) {
        let program = env::current_exe().map_err(|error| {
            Refused(
                ExitCode::Unusable,
                vec![format!("this program cannot find itself to serve as a shim: {error}")],
            )
        })?;
        let command = vec![program.display().to_string(), "shim".to_owned()];
        let able = ask(wanted, name, &command)?;
        return shims(wanted, name, &able, (None, Some(command)));
    }
    Ok(vec![PlannedTarget {
        info: TargetInfo {
            name: name.to_string(),
            clock: Clock::Virtual,
            description: format!("the yamux of yamux-conform {}", env!("CARGO_PKG_VERSION")),
            ran: true,
            note: None,
        },
        folder: name.folder().to_owned(),
        how: How::InProcess,
        able: None,
        peer: None,
        known: ledger(wanted, name)?.for_clock(Clock::Virtual),
    }])
}

/// The reference: a program for each clock, of which the live one knows best what is linked into both.
fn go(wanted: &Wanted<'_>, name: &Target, shim: &GoShim) -> Result<Vec<PlannedTarget>, Refused> {
    let live = vec![shim.program.display().to_string()];
    let able = ask(wanted, name, &live)?;
    let lockstep = shim.lockstep.as_ref().map(|program| vec![program.display().to_string()]);
    shims(wanted, name, &able, (lockstep, Some(live)))
}

/// Starts a shim once, to learn what it can do.
pub(super) fn ask(
    wanted: &Wanted<'_>,
    name: &Target,
    command: &[String],
) -> Result<Capabilities, Refused> {
    inquire(command, wanted.timeout_scale).map_err(|error| {
        let next = format!("try: yamux-conform shim check -- {}", command.join(" "));
        Refused(ExitCode::Unusable, vec![format!("{name} cannot be used: {error}; {next}")])
    })
}

/// A shim on each clock that it has and that is wanted: its commands are for lockstep and for the live clock.
fn shims(
    wanted: &Wanted<'_>,
    name: &Target,
    able: &Capabilities,
    commands: (Option<Vec<String>>, Option<Vec<String>>),
) -> Result<Vec<PlannedTarget>, Refused> {
    let implementation = &able.implementation;
    let (lockstep, live) = commands;
    let hows = [
        (Clock::Virtual, lockstep.map(|command| How::Lockstep { command, plays: Plays::Subject })),
        (Clock::Live, live.map(|command| How::Shim { command })),
    ];
    let mut targets = Vec::new();
    for (clock, how) in hows {
        let Some(how) = how.filter(|_| wanted.clock.is_none_or(|only| only == clock)) else {
            continue;
        };
        targets.push(PlannedTarget {
            info: TargetInfo {
                name: name.to_string(),
                clock,
                description: format!(
                    "{} {}, {}",
                    implementation.library, implementation.version, implementation.language
                ),
                ran: true,
                note: None,
            },
            folder: name.folder().to_owned(),
            how,
            able: Some(able.clone()),
            peer: None,
            known: ledger(wanted, name)?
                .for_clock(clock)
                .for_version(Some(&implementation.version)),
        });
    }
    if targets.is_empty() {
        let clock = wanted.clock.map_or_else(String::new, |clock| format!(" with --clock {clock}"));
        let clocks = &able.clocks;
        let message = format!("{name} cannot run{clock}: the clocks of its shim are: {clocks}");
        return Err(Refused(ExitCode::Usage, vec![message]));
    }
    Ok(targets)
}

fn absent(why: &str, known: Known) -> PlannedTarget {
    PlannedTarget {
        info: TargetInfo {
            name: Target::GoHashicorp.to_string(),
            clock: Clock::Live,
            description: "github.com/hashicorp/yamux v0.1.2".to_owned(),
            ran: false,
            note: Some(format!("not run ({why}): its golden traces stand in for it")),
        },
        folder: Target::GoHashicorp.folder().to_owned(),
        how: How::Absent,
        able: None,
        peer: None,
        known,
    }
}

fn ledger(wanted: &Wanted<'_>, name: &Target) -> Result<Known, Refused> {
    let own = format!("{}.json", name.folder());
    let given =
        wanted.known.iter().find(|path| path.file_name().is_some_and(|file| file == own.as_str()));
    let path = match given {
        Some(path) if path.symlink_metadata().is_err() => {
            return Err(Refused(
                ExitCode::BadInput,
                vec![format!("{}: there is no such ledger", path.display())],
            ));
        }
        Some(path) => path.clone(),
        None => match &wanted.known_root {
            Some(root) => root.join(own),
            None => return Ok(Known::default()),
        },
    };
    if let Some(folder) = path.parent().filter(|_| given.is_none() && !path.exists()) {
        let misspelt = belongings::misspelt(folder, &bundled());
        if !misspelt.is_empty() && bundled().contains(&name.folder()) {
            return Err(Refused(ExitCode::BadInput, misspelt));
        }
    }
    let known = Known::load(&path).map_err(|problems| {
        Refused(ExitCode::BadInput, problems.iter().map(ToString::to_string).collect())
    })?;
    Ok(known.within(Arc::clone(&wanted.scope)))
}
