//! `Refused`: why a command cannot continue, and its exit code.

use crate::runner::verdict::ExitCode;

/// Why a command cannot continue: every problem. Its kind decides the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    exit_code: ExitCode,
    messages: Vec<String>,
}

impl Refused {
    /// The command line asks for something impossible.
    pub(crate) fn usage(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::Usage, messages)
    }

    /// Files are wrong.
    pub(crate) fn bad_input(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::BadInput, messages)
    }

    /// Nothing is selected.
    pub(crate) fn nothing_selected(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::NothingSelected, messages)
    }

    /// Something that is needed cannot be used: a shim, a toolchain, stdout.
    pub(crate) fn unusable(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::Unusable, messages)
    }

    /// Cases or files must be right for the command to make sense, and are not.
    pub(crate) fn negative(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::Negative, messages)
    }

    fn new(exit_code: ExitCode, messages: impl IntoIterator<Item: ToString>) -> Self {
        let messages = messages.into_iter().map(|message| message.to_string()).collect();
        Self { exit_code, messages }
    }

    /// `result` if there are no such messages. Otherwise they make it negative, or follow the problems that are there
    /// already.
    pub(crate) fn unless_none<T>(
        messages: Vec<String>,
        result: Result<T, Self>,
    ) -> Result<T, Self> {
        match result {
            Ok(_) if !messages.is_empty() => Err(Self::negative(messages)),
            Ok(value) => Ok(value),
            Err(mut refused) => {
                refused.messages.extend(messages);
                Err(refused)
            }
        }
    }

    /// The exit code.
    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.exit_code
    }

    /// The problems, one message each.
    pub(crate) fn messages(&self) -> &[String] {
        &self.messages
    }
}
