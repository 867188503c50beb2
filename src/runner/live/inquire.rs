//! `inquire`: a shim is started once, to learn what it is.

use std::time::Duration;

use tokio::runtime;
use tokio::task::LocalSet;

use crate::runner::live::shims::begin;
use crate::shim::protocol::Capabilities;

/// Starts the shim once, to learn what it is.
pub fn inquire(command: &[String], timeout_scale: f64) -> Result<Capabilities, String> {
    on_local_runtime(async {
        let (process, capabilities) = begin(command, timeout_scale).await?;
        process.stop(FAREWELL).await;
        Ok(capabilities)
    })
}

/// Runs to the end on a runtime of this thread alone.
pub(crate) fn on_local_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs only a few file descriptors");
    LocalSet::new().block_on(&runtime, work)
}

/// Long enough for a shim that is well.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);
