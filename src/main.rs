//! The `yamux-conform` program: parse, run, exit code.

use std::process::ExitCode;

use yamux_conform::harness::cli::Cli;

fn main() -> ExitCode {
    Cli::of_process().map_or_else(|code| code, |cli| cli.execute()).into()
}
