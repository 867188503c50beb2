//! `Signals`: SIGINT, SIGTERM and SIGHUP end the program cleanly at any time, and leave no child behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, io, process, thread};

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::cli::ExitCode;
use crate::cli::shell::output::note;
use crate::runner::InterruptHandle;
use crate::runner::verdict::Signal;
use crate::system::child::{end_children, kill_children};
use crate::system::sink::is_stderr_terminal;

/// How signals are handled while a command runs.
pub(crate) struct Signals {
    /// Triggered by the first signal.
    interrupt: InterruptHandle,
    /// Whether the command ends by itself after a signal, with a report of what was done.
    is_in_order: Arc<AtomicBool>,
}

impl Signals {
    /// Starts listening. Until `in_order` the first signal ends the program; a second one always does.
    pub(crate) fn listen() -> Self {
        let signals = Self {
            interrupt: InterruptHandle::new(),
            is_in_order: Arc::new(AtomicBool::new(false)),
        };
        let (interrupt, is_in_order) =
            (signals.interrupt.clone(), Arc::clone(&signals.is_in_order));
        if let Err(error) = spawn_listener(interrupt, is_in_order) {
            note(&format!("Ctrl-C will end the program without a report: {error}"));
        }
        signals
    }

    /// From now on the command ends by itself after a signal. All children are ended then, which wakes it.
    pub(crate) fn in_order(&self) -> InterruptHandle {
        self.is_in_order.store(true, Ordering::SeqCst);
        self.interrupt.clone()
    }
}

fn spawn_listener(interrupt: InterruptHandle, is_in_order: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let within = runtime.enter();
    let mut int = signal(SignalKind::interrupt())?;
    let mut term = signal(SignalKind::terminate())?;
    // A program under nohup outlives its terminal.
    let mut hup = (!ignores_hangup()).then(|| signal(SignalKind::hangup())).transpose()?;
    drop(within);
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            loop {
                let next = async {
                    let hung_up = async {
                        match &mut hup {
                            Some(hup) => hup.recv().await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        _ = int.recv() => Signal::Int,
                        _ = term.recv() => Signal::Term,
                        _ = hung_up => Signal::Hup,
                    }
                };
                let signal = if interrupt.signal().is_some() {
                    // Some children end by themselves, but not all that were asked to.
                    let Ok(second) = timeout(GRACE, next).await else {
                        kill_children();
                        continue;
                    };
                    second
                } else {
                    next.await
                };
                let is_first = interrupt.signal().is_none();
                interrupt.interrupt(signal);
                end_children();
                if !is_first || !is_in_order.load(Ordering::SeqCst) {
                    kill_children();
                    process::exit(i32::from(ExitCode::Signalled(signal).number()));
                }
                if signal == Signal::Int && is_stderr_terminal() {
                    note("ending; press Ctrl-C again to end at once");
                }
            }
        });
    })?;
    Ok(())
}

/// Whether this program was started with SIGHUP ignored, if the system tells.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is number 1, the lowest bit.
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// How long a child may take to clean up.
const GRACE: Duration = Duration::from_millis(100);
