//! Fuzz targets: each takes any bytes, and panics where it finds a state that no input may cause. `fuzz/` drives them with
//! cargo-fuzz, `tests/fuzz_targets.rs` with a fixed seed. Pure.

mod codec;
mod pair;
mod readers;
mod session;
mod source;

pub use codec::frame_decoder;
pub use pair::two_sessions;
pub use readers::{golden_reader, ledger_reader, scenario_loader, shim_lines};
pub use session::one_session;

/// A target: its name, and what it does with an input.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// Every target, by the name of its file in `fuzz/fuzz_targets`.
pub const TARGETS: [FuzzTarget; 7] = [
    ("frame_decoder", frame_decoder),
    ("one_session", one_session),
    ("two_sessions", two_sessions),
    ("scenario_loader", scenario_loader),
    ("golden_reader", golden_reader),
    ("ledger_reader", ledger_reader),
    ("shim_lines", shim_lines),
];
