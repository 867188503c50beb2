//! `Refused`: why a command cannot continue, and its exit code.

use crate::verdict::ExitCode;

/// Why a command cannot go on: everything that is wrong. Whose fault it is decides the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    exit_code: ExitCode,
    messages: Vec<String>,
}

impl Refused {
    /// The command line asks for something that cannot be.
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

    /// Something that was asked for cannot be used: a shim, a toolchain, stdout.
    pub(crate) fn unusable(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::Unusable, messages)
    }

    /// Cases or files do not do what they must for the command to mean anything.
    pub(crate) fn negative(messages: impl IntoIterator<Item: ToString>) -> Self {
        Self::new(ExitCode::Negative, messages)
    }

    fn new(exit_code: ExitCode, messages: impl IntoIterator<Item: ToString>) -> Self {
        let messages = messages.into_iter().map(|message| message.to_string()).collect();
        Self { exit_code, messages }
    }

    /// `result` if there are no such messages. Otherwise they make it negative, or stand behind what is wrong already.
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

    /// How the program ends.
    pub(crate) const fn exit_code(&self) -> ExitCode {
        self.exit_code
    }

    /// What is wrong, one message each.
    pub(crate) fn messages(&self) -> &[String] {
        &self.messages
    }
}
