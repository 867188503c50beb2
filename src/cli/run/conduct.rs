//! `ConductArgs`: how cases are carried out and judged, the options that several commands have.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::run::limits::duration;
use crate::cli::selection::Selected;
use crate::runner::verdict::Clock;
use crate::runner::{Named, Options, PlannedTarget, Refused, Wanted};
use crate::scenario::{Dialect, nearest};
use crate::shim::target::Target;

// Not a doc comment: clap would use it as the help of the command that has these arguments.
#[derive(Args, Clone, Debug)]
pub struct ConductArgs {
    /// What to judge targets by beyond what every yamux must do: spec (nothing), hashicorp (what hashicorp/yamux does) or
    /// libp2p (what its specification adds); with TARGET= for that target alone. May be given several times
    /// [default: what the target is known to speak, else spec]
    #[arg(long = "dialect", value_name = "[TARGET=]DIALECT", value_parser = dialect)]
    pub dialects: Vec<(Option<String>, Dialect)>,

    /// Only this clock [default: each that the target has; of two implementations, the virtual one if they can share it]
    #[arg(long, value_parser = clock())]
    pub clock: Option<Clock>,

    /// How many cases run at a time [default: 24 for each processor, at most 48; twice that between implementations]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Multiply the slack of the live clock, and the 30 s that a shim has to start, for slow machines
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = timeout_scale)]
    pub timeout_scale: f64,

    /// How long an attempt at a case may take in real time, such as 30s: one that takes longer is broken or stuck
    /// [default: 6.5s on the live clock, and what the scenario measures on top; 4s in lockstep]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,

    /// What everything random comes from; the same seed gives the same run
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

impl ConductArgs {
    /// What is wanted of these targets, without ledgers and peers. `start` is the library root of the scenarios.
    pub(crate) fn wanted<'a>(
        &'a self,
        names: &'a [Target],
        selected: &Selected,
        start: &'a Path,
    ) -> Wanted<'a> {
        Wanted {
            clock: self.clock,
            scope: selected.scope(),
            timeout_scale: self.timeout_scale,
            dialects: &self.dialects,
            ..Wanted::of(names, start)
        }
    }

    /// Refuses a dialect for a target that is neither in the run nor bundled.
    pub(crate) fn has_each_dialect_its_target(
        &self,
        targets: &[PlannedTarget],
    ) -> Result<(), Refused> {
        let mut names: Vec<&str> = targets.iter().map(|target| &*target.implementation).collect();
        names.dedup();
        for given in self.dialects.iter().filter_map(|(target, _)| target.as_deref()) {
            if !names.contains(&given) && !Target::bundled().contains(&given) {
                let message = format!(
                    "--dialect {given}: expected one of the targets {}, found {given:?}",
                    names.join(", ")
                );
                return Err(Refused::usage([message]));
            }
        }
        Ok(())
    }

    /// How cases run, without golden traces.
    pub(crate) fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            jobs: self.jobs.map_or(usual.jobs, NonZeroUsize::get),
            timeout_scale: self.timeout_scale,
            case_timeout: self.timeout,
            seed: self.seed,
            named: Named { dialects: self.dialects.clone(), ..Named::default() },
            ..usual
        }
    }
}

/// Reads a dialect, and the target that speaks it; without one it is for all targets of unknown dialect.
pub(crate) fn dialect(text: &str) -> Result<(Option<String>, Dialect), String> {
    let (target, name) = match text.rsplit_once('=') {
        Some(("", _)) => return Err(format!("expected a target before \"=\", found {text:?}")),
        Some((target, name)) => (Some(target.to_owned()), name),
        None => (None, text),
    };
    let dialects = [Dialect::Spec, Dialect::Hashicorp, Dialect::Libp2p];
    match dialects.into_iter().find(|dialect| dialect.to_string() == name) {
        Some(dialect) => Ok((target, dialect)),
        None => {
            let names = dialects.map(|dialect| dialect.to_string());
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
            Err(format!("expected spec, hashicorp or libp2p, found {name:?}{near}"))
        }
    }
}

/// Reads a clock, with both values for help and completions.
pub(crate) fn clock() -> impl TypedValueParser<Value = Clock> {
    PossibleValuesParser::new(["virtual", "live"]).map(|name| match name.as_str() {
        "virtual" => Clock::Virtual,
        _ => Clock::Live,
    })
}

/// Reads the factor: waiting not at all is as wrong as waiting for ever.
fn timeout_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if factor > 0.0 && factor <= MAX_TIMEOUT_SCALE => Ok(factor),
        _ => Err(format!("expected a number above 0 and at most {MAX_TIMEOUT_SCALE}, such as 2.5")),
    }
}

/// A slack of 250 ms becomes four minutes; more would only hide a hang.
const MAX_TIMEOUT_SCALE: f64 = 1000.0;
