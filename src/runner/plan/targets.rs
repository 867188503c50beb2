//! From target names on the command line to implementations that run: found, built, and asked for their capabilities.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::report::TargetInfo;
use crate::runner::known::{self, Known, Scope};
use crate::runner::live::inquire::inquire;
use crate::runner::plan::{How, PlannedTarget, Plays, Refused};
use crate::runner::verdict::Clock;
use crate::scenario::Dialect;
use crate::shim::protocol::{Capabilities, ShimClock};
use crate::shim::target::{self, Edition, LedgerFile, Manifest, Target, Unavailable, check_name};
use crate::system::sink::path_name;

/// What is wanted of the targets.
#[derive(Clone)]
pub(crate) struct Wanted<'a> {
    /// The names given; none means the built-in implementation and the reference.
    pub names: &'a [Target],
    /// The implementation at the other end, if one was given.
    pub peer: Option<&'a Target>,
    /// The only clock, if one was given.
    pub clock: Option<Clock>,
    /// The programs of the toolchains that must not be missing, or `all`.
    pub required: &'a [String],
    /// Ledgers given by name; none means `<target>.json` in `known_root`.
    pub known: &'a [LedgerFile],
    /// Where ledgers are looked for, if the scenarios have any of their own.
    pub known_root: Option<PathBuf>,
    /// The cases that ledgers are checked against.
    pub scope: Arc<Scope>,
    /// Where the search for the Go shim's sources begins.
    pub start: &'a Path,
    /// The factor for the time limit of a shim's start.
    pub timeout_scale: f64,
    /// The dialect for a target of this name, or for every target of unknown dialect.
    pub dialects: &'a [(Option<String>, Dialect)],
}

impl<'a> Wanted<'a> {
    /// These targets on each clock, without ledgers and peers, judged by their known dialects.
    pub(crate) fn of(names: &'a [Target], start: &'a Path) -> Self {
        Self {
            names,
            peer: None,
            clock: None,
            required: &[],
            known: &[],
            known_root: None,
            scope: Arc::default(),
            start,
            timeout_scale: 1.0,
            dialects: &[],
        }
    }
}

impl Wanted<'_> {
    /// The value of `required` for every toolchain.
    pub(crate) const EVERY_TOOLCHAIN: &'static str = "all";

    /// Whether it is an error that this is unavailable.
    fn requires(&self, unavailable: &Unavailable) -> bool {
        let is_it = |required: &String| match unavailable {
            Unavailable::NoToolchain { program, .. } => {
                [program.as_str(), Self::EVERY_TOOLCHAIN].contains(&required.as_str())
            }
            _ => true,
        };
        self.required.iter().any(is_it)
    }

    /// The dialect that was given for the target of this name.
    fn dialect_of(&self, name: &str) -> Option<Dialect> {
        let named = |of: &str| {
            let mut given = self.dialects.iter().rev();
            given.find(|(target, _)| target.as_deref().unwrap_or("") == of).map(|(_, given)| *given)
        };
        // A dialect given for all is for targets of unknown dialect.
        named(name).or_else(|| if Target::bundled().contains(&name) { None } else { named("") })
    }
}

/// Finds, builds and asks all that run. `say` receives messages about slow steps.
pub(super) fn prepare(
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PlannedTarget>, Refused> {
    let (names, may_lack) = named(wanted.names);
    let mut lacking = String::from("not asked for");
    let mut targets: Vec<PlannedTarget> = Vec::new();
    told_apart(&names)?;
    for name in &names {
        let planned = match name {
            Target::BuiltIn => built_in(wanted)?,
            Target::All => Vec::new(),
            Target::Bundled { name: bundled, variant, edition } => {
                match target::prepare(bundled, variant.as_deref(), edition, wanted.start, say) {
                    Ok(programs) => {
                        let able = ask(wanted, name, &programs.live)?;
                        // The shim cannot stop the clock, although its manifest has a command for that.
                        let lockstep =
                            programs.lockstep.filter(|_| able.clocks.contains(ShimClock::Lockstep));
                        let commands = (lockstep, Some(programs.live));
                        shims(wanted, name, &able, commands)?
                    }
                    Err(unavailable)
                        if may_lack(name)
                            && unavailable.is_missing()
                            && !wanted.requires(&unavailable) =>
                    {
                        if Manifest::reference().is_some_and(|(name, _)| name == bundled) {
                            lacking = unavailable.to_string();
                        } else {
                            let next = unavailable.next().unwrap_or_default();
                            say(&format!("{name} does not run: {unavailable}; {next}"));
                        }
                        continue;
                    }
                    Err(unavailable) => return Err(refuse(name, &unavailable)),
                }
            }
            Target::Shim { command, .. } => {
                let able = ask(wanted, name, command)?;
                let on = |clock| able.clocks.contains(clock).then(|| command.clone());
                let commands = (on(ShimClock::Lockstep), on(ShimClock::Live));
                shims(wanted, name, &able, commands)?
            }
        };
        if let (Some(new), Some(old)) = (planned.first(), same_name(&targets, &planned)) {
            return Err(called_the_same(&old.info.asked, &new.info.asked, &new.info.name));
        }
        targets.extend(planned);
    }
    match reference(&names, &targets) {
        Some(title) => {
            for target in &mut targets {
                target.is_reference = target.info.name == title;
            }
        }
        None => targets.extend(continue_without(wanted, &lacking)?),
    }
    has_each_its_target(wanted.known, &targets)?;
    Ok(targets)
}

/// Every ledger that was given must belong to a target.
fn has_each_its_target(files: &[LedgerFile], targets: &[PlannedTarget]) -> Result<(), Refused> {
    for file in files {
        if !targets.iter().any(|target| target.implementation == file.target) {
            let mut names: Vec<&str> =
                targets.iter().map(|target| &*target.implementation).collect();
            names.dedup();
            let (path, names) = (path_name(&file.path), names.join(", "));
            let message = format!(
                "--known {path}: a ledger is named after its target, here one of: {names}; or say which: --known TARGET={path}"
            );
            return Err(Refused::usage([message]));
        }
    }
    Ok(())
}

/// The targets of these names, and which of them may lack their toolchain: those that were not named themselves. No names
/// mean the yamux inside this program and the reference.
fn named(names: &[Target]) -> (Vec<Target>, impl Fn(&Target) -> bool) {
    let pinned = |name: &str| match name {
        Target::BUILT_IN => Target::BuiltIn,
        name => Target::Bundled { name: name.to_owned(), variant: None, edition: Edition::Pinned },
    };
    let mut expanded = Vec::new();
    if names.is_empty() {
        let reference = Manifest::reference().map(|(name, _)| pinned(name));
        expanded.extend(std::iter::once(Target::BuiltIn).chain(reference));
    }
    for name in names {
        let bundled = || Target::bundled().into_iter().map(pinned);
        let others = bundled().filter(|target| !names.contains(target));
        match name {
            Target::All => expanded.extend(others),
            name => expanded.push(name.clone()),
        }
    }
    let own = names.to_vec();
    (expanded, move |target: &Target| !own.contains(target))
}

/// The target the others are compared with: of several editions of the reference the pinned one, else the first.
fn reference(names: &[Target], targets: &[PlannedTarget]) -> Option<String> {
    let pinned = names.iter().find(|name| {
        matches!(name, Target::Bundled { variant: None, edition: Edition::Pinned, .. })
            && targets.iter().any(|target| {
                target.is_reference && Some(&target.info.name) == name.title().as_ref()
            })
    });
    let first = targets.iter().find(|target| target.is_reference);
    pinned.and_then(Target::title).or_else(|| first.map(|target| target.info.name.clone()))
}

/// Two targets of one title are refused before anything starts, if the titles are known.
fn told_apart(names: &[Target]) -> Result<(), Refused> {
    for (index, name) in names.iter().enumerate() {
        let mut others = names[..index].iter();
        if let Some(title) = name.title()
            && let Some(other) = others.find(|other| other.title().as_ref() == Some(&title))
        {
            return Err(called_the_same(other, name, &title));
        }
    }
    Ok(())
}

/// A target with the name of a new one: nobody could tell their reports apart, and their traces are one file.
fn same_name<'a>(targets: &'a [PlannedTarget], new: &[PlannedTarget]) -> Option<&'a PlannedTarget> {
    let name = &new.first()?.info.name;
    targets.iter().find(|target| target.info.name == *name)
}

fn called_the_same(old: impl Display, new: impl Display, name: &str) -> Refused {
    let message = format!(
        "--target {old} and --target {new} are both called {name}, by which reports and traces tell targets apart: run one at a time, or name a shim of your own with NAME=shim:COMMAND"
    );
    Refused::usage([message])
}

/// A bundled implementation cannot be run.
pub(super) fn refuse(name: &Target, unavailable: &Unavailable) -> Refused {
    let next = unavailable.next().map_or_else(String::new, |next| format!("; {next}"));
    let mut message = format!("{name} cannot run: {unavailable}{next}");
    if unavailable.is_missing() {
        message.push_str(", or leave the target out to compare with its golden traces");
    }
    Refused::unusable([message])
}

fn built_in(wanted: &Wanted<'_>) -> Result<Vec<PlannedTarget>, Refused> {
    let name = &Target::BuiltIn;
    if wanted.clock == Some(Clock::Live) {
        let command = own_command()?;
        let able = ask(wanted, name, &command)?;
        return shims(wanted, name, &able, (None, Some(command)));
    }
    Ok(vec![PlannedTarget {
        info: TargetInfo {
            name: Target::BUILT_IN.to_owned(),
            asked: name.to_string(),
            clock: Clock::Virtual,
            description: format!("the yamux of yamux-conform {}", env!("CARGO_PKG_VERSION")),
            ran: true,
            note: None,
        },
        implementation: Target::BUILT_IN.to_owned(),
        dialect: wanted.dialect_of(Target::BUILT_IN).unwrap_or(Dialect::Hashicorp),
        is_reference: false,
        how: How::InProcess,
        able: None,
        peer: None,
        known: ledger(wanted, Target::BUILT_IN)?.for_clock(Clock::Virtual),
    }])
}

/// The command that starts this program as a shim.
pub(super) fn own_command() -> Result<Vec<String>, Refused> {
    let program = env::current_exe().map_err(|error| {
        let message = format!("this program cannot find itself to serve as a shim: {error}");
        Refused::unusable([message])
    })?;
    Ok(vec![program.display().to_string(), "shim".to_owned()])
}

/// Starts a shim once, to ask for its capabilities.
pub(super) fn ask(
    wanted: &Wanted<'_>,
    name: &Target,
    command: &[String],
) -> Result<Capabilities, Refused> {
    inquire(command, wanted.timeout_scale).map_err(|error| {
        let next = format!("try: yamux-conform shim check -- {}", shell_words::join(command));
        Refused::unusable([format!("{name} cannot be used: {error}; {next}")])
    })
}

/// A shim on each wanted clock that it has: its commands are for lockstep and for the live clock.
fn shims(
    wanted: &Wanted<'_>,
    name: &Target,
    able: &Capabilities,
    commands: (Option<Vec<String>>, Option<Vec<String>>),
) -> Result<Vec<PlannedTarget>, Refused> {
    let implementation = &able.implementation;
    let called = called(name, able)?;
    let manifest = name.name().and_then(Manifest::named);
    // A checkout is judged by the dialect of the version it replaces.
    let version = match (name, &manifest) {
        (Target::Bundled { edition: Edition::Checkout(_), .. }, Some(manifest)) => {
            &manifest.version
        }
        _ => &implementation.version,
    };
    let (lockstep, live) = commands;
    let hows = [
        (Clock::Virtual, lockstep.map(|command| How::Lockstep { command, plays: Plays::Subject })),
        (Clock::Live, live.map(|command| How::Shim { command, peer: None })),
    ];
    let dialect = dialect_for(wanted, name, &called);
    let mut words = Vec::new();
    if dialect != Dialect::Hashicorp {
        words.push(format!("judged by: {dialect}"));
    }
    if able.habits.known().next().is_some() {
        words.push(format!("habits: {}", able.habits));
    }
    let note = (!words.is_empty()).then(|| words.join("; "));
    let mut targets = Vec::new();
    for (clock, how) in hows {
        let Some(how) = how.filter(|_| wanted.clock.is_none_or(|only| only == clock)) else {
            continue;
        };
        targets.push(PlannedTarget {
            info: TargetInfo {
                name: title(name, able)?,
                asked: name.to_string(),
                clock,
                description: format!(
                    "{} {}, {}",
                    implementation.library, implementation.version, implementation.language
                ),
                ran: true,
                note: note.clone(),
            },
            implementation: called.clone(),
            dialect,
            is_reference: manifest.as_ref().is_some_and(|manifest| manifest.reference),
            how,
            able: Some(able.clone()),
            peer: None,
            known: ledger(wanted, &called)?.for_clock(clock).for_version(Some(version)),
        });
    }
    if targets.is_empty() {
        let clock = wanted.clock.map_or_else(String::new, |clock| format!(" with --clock {clock}"));
        let clocks = &able.clocks;
        let message = format!("{name} cannot run{clock}: the clocks of its shim are: {clocks}");
        return Err(Refused::usage([message]));
    }
    Ok(targets)
}

/// The dialect of a target: from the command line, or its known one.
pub(super) fn dialect_for(wanted: &Wanted<'_>, name: &Target, called: &str) -> Dialect {
    let own = match name {
        Target::BuiltIn => Some(Dialect::Hashicorp),
        _ => name.name().and_then(Manifest::named).map(|manifest| manifest.dialect),
    };
    wanted.dialect_of(called).or(own).unwrap_or_default()
}

/// The name of a target in reports.
pub(super) fn title(name: &Target, able: &Capabilities) -> Result<String, Refused> {
    name.title().map_or_else(|| called(name, able), Ok)
}

/// The name of an implementation: from the command line, or from its `hello`.
pub(super) fn called(name: &Target, able: &Capabilities) -> Result<String, Refused> {
    if let Some(name) = name.name() {
        return Ok(name.to_owned());
    }
    let called = &able.implementation.name;
    let refuse = |why: String| {
        let next = format!("name it yourself: NAME={name}");
        Refused::usage([format!("{name} calls itself {called:?}: {why}; {next}")])
    };
    check_name(called).map_err(refuse)?;
    if Target::bundled().contains(&called.as_str()) {
        return Err(refuse(format!("{called} is bundled, and this may be another")));
    }
    Ok(called.clone())
}

/// The reference if it does not run: its golden traces replace it.
fn continue_without(wanted: &Wanted<'_>, why: &str) -> Result<Vec<PlannedTarget>, Refused> {
    let Some((name, manifest)) = Manifest::reference() else { return Ok(Vec::new()) };
    Ok(vec![PlannedTarget {
        info: TargetInfo {
            name: name.to_owned(),
            asked: name.to_owned(),
            clock: Clock::Live,
            description: format!("{} {}", manifest.library, manifest.version),
            ran: false,
            note: Some(format!("not run ({why}): its golden traces stand in for it")),
        },
        implementation: name.to_owned(),
        dialect: manifest.dialect,
        is_reference: true,
        how: How::Absent,
        able: None,
        peer: None,
        known: ledger(wanted, name)?.for_clock(Clock::Virtual),
    }])
}

fn ledger(wanted: &Wanted<'_>, name: &str) -> Result<Known, Refused> {
    let own = format!("{name}.json");
    let given = wanted.known.iter().find(|file| file.target == name).map(|file| &file.path);
    let path = match given {
        Some(path) if path.symlink_metadata().is_err() => {
            return Err(Refused::bad_input([format!(
                "{}: there is no such ledger",
                path_name(path)
            )]));
        }
        Some(path) => path.clone(),
        None => match &wanted.known_root {
            Some(root) => root.join(own),
            None => return Ok(Known::default()),
        },
    };
    if let Some(folder) = path.parent().filter(|_| given.is_none() && !path.exists()) {
        let misspelt = known::misspelt(folder, &Target::bundled());
        if !misspelt.is_empty() && Target::bundled().contains(&name) {
            return Err(Refused::bad_input(misspelt));
        }
    }
    let known = Known::load(&path).map_err(Refused::bad_input)?;
    Ok(known.within(Arc::clone(&wanted.scope)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::verdict::ExitCode;

    fn targets(names: &[&str]) -> Vec<Target> {
        names.iter().map(|name| name.parse().expect("a target")).collect()
    }

    fn shown(names: &[&str]) -> Vec<String> {
        named(&targets(names)).0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_is_everything_that_was_not_named_besides() {
        assert_eq!(shown(&[]), ["built-in", "go-hashicorp"]);
        let mut all = shown(&["all"]);
        assert_eq!(all, Target::bundled());
        let with_release = shown(&["go-hashicorp@v0.1.1", "all"]);
        all.insert(0, "go-hashicorp@v0.1.1".to_owned());
        assert_eq!(with_release, all);
        all.remove(0);
        all.retain(|name| name != "rust-yamux");
        all.push("rust-yamux".to_owned());
        assert_eq!(shown(&["all", "rust-yamux"]), all);
    }

    #[test]
    fn only_what_was_not_named_itself_may_lack_its_toolchain() {
        let names = targets(&["all", "go-hashicorp"]);
        let (_, may_lack) = named(&names);
        assert!(may_lack(&"go-libp2p".parse().expect("a target")));
        assert!(!may_lack(&names[1]));
    }

    #[test]
    fn editions_of_one_library_are_told_apart_and_the_same_one_twice_is_not() {
        let lawful = ["go-hashicorp", "go-hashicorp@v0.1.1", "go-hashicorp+race"];
        assert!(told_apart(&targets(&lawful)).is_ok());
        let refused =
            told_apart(&targets(&["go-hashicorp@v0.1.1", "go-hashicorp@v0.1.1"])).unwrap_err();
        assert_eq!(refused.exit_code(), ExitCode::Usage);
        let messages = refused.messages();
        assert!(messages[0].contains("are both called go-hashicorp@v0.1.1"), "{messages:?}");
    }
}
