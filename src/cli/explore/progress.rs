//! `StoryProgress`: a line on stderr while stories are played, if that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::system::sink::{escape, is_stderr_terminal};

/// A progress line; hidden if stderr is no terminal.
pub(crate) struct StoryProgress(ProgressBar);

impl StoryProgress {
    pub(crate) fn stderr() -> Self {
        if !is_stderr_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("[{elapsed_precise}] {msg}");
        bar.set_style(style.expect("a template with known keys"));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Replaces the text of the line.
    pub(crate) fn show(&self, text: &str) {
        self.0.set_message(escape(text).into_owned());
    }

    /// Runs `write` while the line is hidden, so that its output does not mix with it.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Removes the line.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
