//! `run --debug-shim`: one case whose shims are held for a debugger, without time limits.

use crate::runner::{Case, How, Options, PlannedTarget, Refused};
use crate::shim::process::hold_each;

/// Holds each shim from now on. Those started before, to ask for capabilities, were not held.
pub(crate) fn hold_shims(cases: &[Case], targets: &[PlannedTarget]) -> Result<(), Refused> {
    let refused = |message: String| Refused::usage([message]);
    let [case] = cases else {
        return Err(refused(format!(
            "--debug-shim: expected one case on one target, found {}; choose one with ID/client or ID/server, --target and --clock: run --list shows them",
            cases.len()
        )));
    };
    let target = &targets[case.target];
    if target.how == How::InProcess {
        return Err(refused(format!(
            "--debug-shim: {} runs inside this program on the virtual clock; with --clock live it is a shim",
            target.info.name
        )));
    }
    hold_each();
    Ok(())
}

/// One case at a time, without time limits on the shim.
pub(crate) fn options(options: Options) -> Options {
    Options { jobs: 1, is_debugged: true, ..options }
}
