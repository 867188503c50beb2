//! `--peer`: another implementation at the other end. Both ends must share a clock that the harness steps.

use crate::runner::plan::targets::{Wanted, ask, refuse, title};
use crate::runner::plan::{How, PlannedPeer, PlannedTarget, Plays, Refused};
use crate::shim::protocol::{Capabilities, ShimClock};
use crate::target::{self, Target};
use crate::verdict::{Clock, ExitCode};

/// Puts `peer` at the other end of each target that can share a clock with it, on the virtual clock.
///
/// The built-in implementation can, with any shim in lockstep. Two shims can if they are one process, which makes them
/// the same implementation: where time stops in one is not known before it has passed in the other.
pub(super) fn seat(
    peer: &Target,
    targets: Vec<PlannedTarget>,
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<PlannedTarget>, Refused> {
    let usage = |message: String| Refused(ExitCode::Usage, vec![message]);
    let Some((command, able)) = lockstep(peer, wanted, say)? else { return Ok(targets) };
    let mut seated = Vec::new();
    for mut target in targets {
        let name = &target.info.asked;
        let plays = match &target.how {
            How::InProcess => Plays::Peer,
            How::Lockstep { command: own, .. } if *own != command => {
                return Err(usage(format!(
                    "--peer {peer} with --target {name}: two programs have two clocks; one of them must be built-in, or both the same"
                )));
            }
            How::Lockstep { .. } if !able.lockstep_pairs => {
                return Err(usage(format!(
                    "--peer {peer} with --target {name}: its shim does not declare lockstep_pairs, two sessions on one clock"
                )));
            }
            How::Lockstep { .. } => Plays::Both,
            How::Shim { .. } | How::Absent => continue,
        };
        target.how = How::Lockstep { command: command.clone(), plays };
        target.info.description.push_str(&format!("; peer {peer}"));
        target.peer = Some(PlannedPeer {
            name: title(peer, &able)?,
            asked: peer.to_string(),
            able: able.clone(),
        });
        seated.push(target);
    }
    if seated.is_empty() {
        return Err(usage(format!("--peer {peer} needs a target on the virtual clock")));
    }
    Ok(seated)
}

/// The peer's command in lockstep and what it can do; `None` for the built-in implementation.
fn lockstep(
    peer: &Target,
    wanted: &Wanted<'_>,
    say: &mut dyn FnMut(&str),
) -> Result<Option<(Vec<String>, Capabilities)>, Refused> {
    let unusable = |why: String| {
        Refused(ExitCode::Unusable, vec![format!("--peer {peer} cannot be used: {why}")])
    };
    let command = match peer {
        Target::BuiltIn => return Ok(None),
        Target::All => {
            return Err(unusable("expected one implementation".to_owned()));
        }
        Target::Bundled { name, variant, edition } => {
            let programs = target::prepare(name, variant.as_deref(), edition, wanted.start, say)
                .map_err(|unavailable| refuse(peer, &unavailable))?;
            let lockstep = programs.lockstep;
            lockstep.ok_or_else(|| unusable("this toolchain builds no lockstep".to_owned()))?
        }
        Target::Shim { command, .. } => command.clone(),
    };
    let able = ask(wanted, peer, &command)?;
    if !able.clocks.contains(ShimClock::Lockstep) {
        return Err(unusable(format!(
            "its shim has no {} clock, only: {}",
            Clock::Virtual,
            able.clocks
        )));
    }
    Ok(Some((command, able)))
}
