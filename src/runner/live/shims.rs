//! `CaseShims`: the processes that play the ends of live cases, one for each end outside this program.

use std::time::Duration;

use crate::shim::process::ShimProcess;
use crate::shim::protocol::Capabilities;

/// The processes of a case.
#[derive(Clone)]
pub(crate) struct CaseShims {
    /// Plays the subject.
    pub(crate) subject: ShimProcess,
    /// Plays the peer, if that is another implementation.
    pub(crate) peer: Option<ShimProcess>,
}

/// The commands that start them.
#[derive(Clone)]
pub(crate) struct ShimCommands {
    /// The subject's.
    pub(crate) subject: Vec<String>,
    /// The peer's, if that is another implementation.
    pub(crate) peer: Option<Vec<String>>,
}

impl CaseShims {
    /// Fresh processes.
    pub(crate) async fn start(commands: &ShimCommands, timeout_scale: f64) -> Result<Self, String> {
        let (subject, _) = begin(&commands.subject, timeout_scale).await?;
        let peer = match &commands.peer {
            Some(command) => Some(begin(command, timeout_scale).await?.0),
            None => None,
        };
        Ok(Self { subject, peer })
    }

    /// Whether one of them can no longer be used.
    pub(crate) fn are_gone(&self) -> bool {
        self.all().any(|process| process.gone().is_some())
    }

    /// The useful part of their stderr.
    pub(crate) fn stderr(&self) -> Vec<String> {
        self.all().flat_map(ShimProcess::stderr).collect()
    }

    /// Ends them politely.
    pub(crate) async fn stop(&self, patience: Duration) {
        for process in self.all() {
            process.stop(patience).await;
        }
    }

    /// Makes them dump their state, and kills them.
    pub(crate) async fn kill_with_dump(&self, why: &str) {
        for process in self.all() {
            process.kill_with_dump(why).await;
        }
    }

    fn all(&self) -> impl Iterator<Item = &ShimProcess> {
        std::iter::once(&self.subject).chain(&self.peer)
    }
}

/// A fresh process. It is tried twice, because a busy machine starts one slowly.
pub(crate) async fn begin(
    command: &[String],
    timeout_scale: f64,
) -> Result<(ShimProcess, Capabilities), String> {
    let patience = START_PATIENCE.mul_f64(timeout_scale);
    if let Ok(begun) = ShimProcess::start(command, patience).await {
        return Ok(begun);
    }
    let again = ShimProcess::start(command, patience).await;
    again.map_err(|error| {
        format!("{error} (in two starts, of up to {} s each)", patience.as_secs_f64())
    })
}

/// How long a process may take to answer its first request.
const START_PATIENCE: Duration = Duration::from_secs(30);
