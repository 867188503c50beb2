//! The `yamux-conform` program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser;
use yamux_conform::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().execute().into()
}
