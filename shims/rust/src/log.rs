//! The library's log goes to stderr.

use log::{LevelFilter, Log, Metadata, Record};

/// Lets the library's warnings and errors be seen.
pub(crate) fn to_stderr() {
    if log::set_logger(&Stderr).is_ok() {
        // The levels below tell of each frame, and take longer than the frame.
        log::set_max_level(LevelFilter::Warn);
    }
}

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        eprintln!("{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}
