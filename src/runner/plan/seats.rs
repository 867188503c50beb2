//! `--peer`: another implementation at the other end, on the virtual clock if both can share one, else on the live clock.

use crate::runner::plan::targets::{Wanted, ask, called, dialect_for, own_command, refuse, title};
use crate::runner::plan::{How, PlannedPeer, PlannedTarget, Plays, Refused};
use crate::runner::verdict::Clock;
use crate::shim::protocol::ShimClock;
use crate::shim::target::{self, Target};

/// The implementation at the other end: its commands and capabilities.
pub(super) struct Guest {
    asked: Target,
    lockstep: Option<Vec<String>>,
    live: Option<Vec<String>>,
    pub(super) peer: PlannedPeer,
}

/// Puts `peer` at the other end of each target, on the virtual clock or else on the live one.
pub(super) fn seat(
    peer: &Target,
    targets: Vec<PlannedTarget>,
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PlannedTarget>, Refused> {
    if *peer == Target::BuiltIn {
        // It is there anyway.
        return Ok(targets);
    }
    invite(peer, wanted, say)?.sit_with(targets, wanted.clock)
}

impl Guest {
    /// Seats the guest with each implementation on one clock. `only` is the clock that was asked for.
    pub(super) fn sit_with(
        &self,
        targets: Vec<PlannedTarget>,
        only: Option<Clock>,
    ) -> Result<Vec<PlannedTarget>, Refused> {
        let mut seated: Vec<PlannedTarget> = Vec::new();
        let mut refusal = None;
        for mut target in targets {
            let is_seated = seated.iter().any(|other| other.info.name == target.info.name);
            let how = match target.info.clock {
                _ if target.how == How::Absent || is_seated => continue,
                Clock::Virtual => self.in_lockstep_with(&target),
                Clock::Live => self.live_with(&target),
            };
            match how {
                Ok(how) => target.how = how,
                Err(why) => {
                    refusal.get_or_insert(why);
                    continue;
                }
            }
            target.info.description.push_str(&format!("; peer {}", self.asked));
            target.peer = Some(self.peer.clone());
            seated.push(target);
        }
        if seated.is_empty() {
            let clock = only.map_or_else(String::new, |clock| format!(" on the {clock} clock"));
            let no_target = || format!("--peer {} needs a target{clock}", self.asked);
            let message = refusal.unwrap_or_else(no_target);
            return Err(Refused::usage([message]));
        }
        Ok(seated)
    }

    /// The built-in implementation can share a clock with any shim in lockstep. Two shims can if they are one process, which
    /// makes them the same implementation: when time stops in one is not known before it has passed in the other.
    fn in_lockstep_with(&self, target: &PlannedTarget) -> Result<How, String> {
        if self.asked == Target::BuiltIn {
            return Ok(target.how.clone());
        }
        let Some(command) = &self.lockstep else {
            let lack = format!("{} has no {} clock", self.asked, Clock::Virtual);
            return Err(self.not_with(target, &lack));
        };
        let plays = match &target.how {
            How::InProcess => Plays::Peer,
            How::Lockstep { command: own, .. } if own != command => {
                let why = "two programs have two clocks; on the virtual one, one of them must be built-in, or both the same";
                return Err(self.not_with(target, why));
            }
            How::Lockstep { .. } if !self.peer.able.lockstep_pairs => {
                let why = "its shim does not declare lockstep_pairs, two sessions on one clock";
                return Err(self.not_with(target, why));
            }
            How::Lockstep { .. } => Plays::Both,
            How::Shim { .. } | How::Absent => {
                let name = &target.info.asked;
                return Err(format!("{name} does not run on the {} clock", Clock::Virtual));
            }
        };
        Ok(How::Lockstep { command: command.clone(), plays })
    }

    fn live_with(&self, target: &PlannedTarget) -> Result<How, String> {
        let (How::Shim { command, .. }, Some(peer)) = (&target.how, &self.live) else {
            let why = format!("one of them does not run on the {} clock", Clock::Live);
            return Err(self.not_with(target, &why));
        };
        Ok(How::Shim { command: command.clone(), peer: Some(peer.clone()) })
    }

    fn not_with(&self, target: &PlannedTarget, why: &str) -> String {
        format!("--peer {} with --target {}: {why}", self.asked, target.info.asked)
    }
}

/// Builds the implementation for the other end and asks for its capabilities.
pub(super) fn invite(
    peer: &Target,
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Guest, Refused> {
    let (lockstep, live) = match peer {
        Target::BuiltIn => (None, own_command()?),
        Target::All => return Err(one_only(peer)),
        Target::Bundled { name, variant, edition } => {
            let programs = target::prepare(name, variant.as_deref(), edition, wanted.start, say)
                .map_err(|unavailable| refuse(peer, &unavailable))?;
            (programs.lockstep, programs.live)
        }
        Target::Shim { command, .. } => (Some(command.clone()), command.clone()),
    };
    let able = ask(wanted, peer, &live)?;
    // A bundled implementation has a program for the clock or not.
    let offers = |clock| !matches!(peer, Target::Shim { .. }) || able.clocks.contains(clock);
    let lockstep = lockstep.filter(|_| offers(ShimClock::Lockstep));
    let live = Some(live).filter(|_| offers(ShimClock::Live));
    let judged_by = Some(dialect_for(wanted, peer, &called(peer, &able)?));
    let name = title(peer, &able)?;
    let seated = PlannedPeer { name, asked: peer.to_string(), able, judged_by };
    Ok(Guest { asked: peer.clone(), lockstep, live, peer: seated })
}

/// Only one implementation can sit at the other end.
fn one_only(peer: &Target) -> Refused {
    let message =
        format!("--peer {peer}: expected one implementation; interop tries each against each");
    Refused::usage([message])
}
