//! `Pairs`: every implementation against every other and itself, each once as the subject and once as the peer.

use crate::runner::known::Known;
use crate::runner::plan::seats::{Guest, invite};
use crate::runner::plan::targets::{Wanted, prepare, refuse};
use crate::runner::plan::{How, PlannedTarget, Refused};
use crate::runner::verdict::Clock;
use crate::scenario::Dialect;
use crate::shim::target::{self, Edition, Target};

/// Implementations, and how every two of them meet.
pub(crate) struct Pairs {
    /// The implementations.
    pub players: Vec<Entrant>,
    /// How they meet: each as the subject with each as the peer.
    pub seats: Vec<Pairing>,
    /// Those that were not named and cannot run here, and why.
    pub left_out: Vec<String>,
}

/// One implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entrant {
    /// Its name.
    pub name: String,
    /// Its name on the command line.
    pub asked: String,
    /// Its description, with versions.
    pub description: String,
    /// The dialect it is judged by.
    pub dialect: Dialect,
}

/// Two implementations that meet, by their places among the players.
pub(crate) struct Pairing {
    /// The one whose application makes the subject's calls.
    pub subject: usize,
    /// The one whose application makes the peer's calls.
    pub peer: usize,
    /// Both of them, as a run takes them.
    pub target: PlannedTarget,
}

/// Finds, builds and asks the implementations, and seats each with each. Without names, the built-in one and every bundled
/// one whose toolchain is installed.
pub(crate) fn pairs(wanted: &Wanted<'_>, say: &mut dyn FnMut(&str)) -> Result<Pairs, Refused> {
    let (names, left_out) = match wanted.names {
        [] => everyone(wanted, say)?,
        names => (names.to_vec(), Vec::new()),
    };
    let wanted = Wanted { names: &names, ..wanted.clone() };
    let hosts = hosts(&wanted, say)?;
    let guests: Vec<Guest> =
        names.iter().map(|name| invite(name, &wanted, say)).collect::<Result<_, _>>()?;
    let players = guests.iter().zip(&hosts).map(|(guest, host)| player(guest, host)).collect();
    let mut seats = Vec::new();
    for (subject, host) in hosts.iter().enumerate() {
        for (peer, guest) in guests.iter().enumerate() {
            let seated = guest.sit_with(host.iter().map(without_ledger).collect(), wanted.clock)?;
            seats.extend(seated.into_iter().map(|target| Pairing { subject, peer, target }));
        }
    }
    Ok(Pairs { players, seats, left_out })
}

/// The built-in implementation and all bundled ones, except those whose toolchain is missing, and why.
fn everyone(
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<(Vec<Target>, Vec<String>), Refused> {
    let (mut names, mut left_out) = (vec![Target::BuiltIn], Vec::new());
    for name in Target::bundled().into_iter().filter(|name| *name != Target::BUILT_IN) {
        let bundled =
            Target::Bundled { name: name.to_owned(), variant: None, edition: Edition::Pinned };
        match target::prepare(name, None, &Edition::Pinned, wanted.start, say) {
            Ok(_) => names.push(bundled),
            Err(unavailable) if unavailable.is_missing() => {
                left_out.push(format!("{name} is left out: {unavailable}"));
            }
            Err(unavailable) => return Err(refuse(&bundled, &unavailable)),
        }
    }
    Ok((names, left_out))
}

/// Each implementation as the subject, on each clock that it has.
fn hosts(
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Vec<PlannedTarget>>, Refused> {
    let mut all = prepare(wanted, say)?;
    if wanted.clock.is_none() && wanted.names.contains(&Target::BuiltIn) {
        // To meet one that has only the live clock, the built-in yamux is a shim too.
        let live = Wanted { names: &[Target::BuiltIn], clock: Some(Clock::Live), ..wanted.clone() };
        all.extend(prepare(&live, say)?);
    }
    let hosts: Vec<Vec<PlannedTarget>> = wanted
        .names
        .iter()
        .map(|name| {
            let asked = name.to_string();
            let of_it = all.iter().filter(|one| one.info.asked == asked && one.how != How::Absent);
            of_it.map(without_ledger).collect()
        })
        .collect();
    match hosts.iter().position(Vec::is_empty) {
        Some(place) => {
            let message = format!("{} runs on no clock that was asked for", wanted.names[place]);
            Err(Refused::usage([message]))
        }
        None => Ok(hosts),
    }
}

/// The same without its ledger. Known deviations are reported here like all others.
fn without_ledger(one: &PlannedTarget) -> PlannedTarget {
    PlannedTarget {
        info: one.info.clone(),
        implementation: one.implementation.clone(),
        how: one.how.clone(),
        able: one.able.clone(),
        peer: one.peer.clone(),
        known: Known::default(),
        ..*one
    }
}

fn player(guest: &Guest, host: &[PlannedTarget]) -> Entrant {
    Entrant {
        name: guest.peer.name.clone(),
        asked: guest.peer.asked.clone(),
        description: host.first().map_or_else(String::new, |one| one.info.description.clone()),
        dialect: guest.peer.judged_by.unwrap_or_default(),
    }
}
