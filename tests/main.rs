//! The tests that libtest runs from outside, in one program: it is linked once, and they run in parallel. Those of the
//! driver, which run in real time, have one of their own.

#[cfg(unix)]
mod again;
mod bless;
mod blocked_call;
mod bounds;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod captures;
mod cli;
mod coverage;
mod daily;
mod documents;
mod dying;
mod fuzz_targets;
mod gate;
mod generated;
mod goodput;
mod harness;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod hostile_text;
#[cfg(unix)]
mod html_report;
#[cfg(unix)]
mod input_files;
mod judging;
mod layers;
mod leeway;
#[cfg(unix)]
mod linear;
mod model;
mod register;
#[cfg(unix)]
mod reports;
#[cfg(unix)]
mod repro;
mod scenario_files;
mod scenario_problems;
mod scenario_steps;
mod scenario_support;
mod scenario_words;
mod seen_failing;
mod self_contained;
mod shim_protocol;
#[cfg(target_os = "linux")]
mod signals;
mod stability;
#[cfg(unix)]
mod stories;
mod support;
mod survey;
mod sweep;
#[cfg(unix)]
mod told;
mod ways_in;
mod xml;
