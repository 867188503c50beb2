//! The clock of the process, and its source of random bytes, which in lockstep are the harness's.
//!
//! A library takes the time from `std`, be it through another crate or through tokio, and `std` takes it from
//! `clock_gettime`. The two functions here stand before those of the system's C library in whatever is linked into the shim.
//! So the library is the one that was released, whichever way it asks.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Whether the clock can be stopped here: on a system where these functions are the ones that `std` calls.
pub(crate) fn can_stop() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let before = system::passed();
        system::set_passed(Some(Duration::ZERO));
        let begun = Instant::now();
        system::set_passed(Some(PROBE));
        let elapsed = begun.elapsed();
        system::set_passed(before);
        elapsed == PROBE
    })
}

/// Stops the clock for good, unless it stands still. Random bytes are the same from here on.
pub(crate) fn stop() {
    if system::passed().is_none() {
        system::set_passed(Some(Duration::ZERO));
    }
    system::begin_random_bytes();
}

/// How much time has passed since the clock was stopped.
pub(crate) fn passed() -> Duration {
    system::passed().unwrap_or_default()
}

/// Sets the clock to that.
pub(crate) fn set_passed(passed: Duration) {
    system::set_passed(Some(passed));
}

/// No real clock moves by this between two looks.
const PROBE: Duration = Duration::from_secs(1 << 20);

/// Not forbidden here, because a function under a name of the C library is `unsafe`.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[allow(unsafe_code)]
mod system {
    use std::ffi::{c_int, c_long, c_uint, c_void};
    use std::slice;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use libc::{clockid_t, size_t, ssize_t, timespec};

    use crate::pattern;

    /// How many nanoseconds have passed since the clock was stopped.
    static PASSED: AtomicU64 = AtomicU64::new(RUNNING);
    /// What the clock said when it was stopped.
    static STOPPED_AT: AtomicU64 = AtomicU64::new(0);
    /// How many random bytes were drawn.
    static DRAWN: AtomicU64 = AtomicU64::new(0);

    const RUNNING: u64 = u64::MAX;

    pub(super) fn passed() -> Option<Duration> {
        match PASSED.load(Ordering::Relaxed) {
            RUNNING => None,
            passed => Some(Duration::from_nanos(passed)),
        }
    }

    pub(super) fn set_passed(passed: Option<Duration>) {
        if PASSED.load(Ordering::Relaxed) == RUNNING {
            // The clock goes on from here, so that no moment from before lies ahead.
            STOPPED_AT.store(monotonic(), Ordering::Relaxed);
        }
        let passed = passed.map_or(RUNNING, |passed| passed.as_nanos() as u64);
        PASSED.store(passed, Ordering::Relaxed);
    }

    pub(super) fn begin_random_bytes() {
        DRAWN.store(0, Ordering::Relaxed);
    }

    fn monotonic() -> u64 {
        let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `now` can be written to.
        unsafe { system_time(libc::CLOCK_MONOTONIC, &raw mut now) };
        now.tv_sec as u64 * NANOS + now.tv_nsec as u64
    }

    /// SAFETY: `to` can be written to.
    unsafe fn system_time(clock: clockid_t, to: *mut timespec) -> c_int {
        // SAFETY: these are the arguments of that call.
        unsafe { libc::syscall(libc::SYS_clock_gettime, clock, to) as c_int }
    }

    /// What time it is.
    ///
    /// SAFETY: `to` can be written to, as the C library asks too.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn clock_gettime(clock: clockid_t, to: *mut timespec) -> c_int {
        let passed = PASSED.load(Ordering::Relaxed);
        if passed == RUNNING {
            // SAFETY: the caller says so.
            return unsafe { system_time(clock, to) };
        }
        let since = match clock {
            libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => EPOCH,
            _ => STOPPED_AT.load(Ordering::Relaxed),
        };
        let now = since + passed;
        let now = timespec { tv_sec: (now / NANOS) as i64, tv_nsec: (now % NANOS) as c_long };
        // SAFETY: the caller says so.
        unsafe { to.write(now) };
        0
    }

    /// Random bytes, from the system or, once the clock stands still, always the same.
    ///
    /// SAFETY: `count` bytes from `to` on can be written to, as the C library asks too.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn getrandom(to: *mut c_void, count: size_t, flags: c_uint) -> ssize_t {
        if PASSED.load(Ordering::Relaxed) == RUNNING {
            // SAFETY: these are the arguments of that call, and the caller says that they are right.
            return unsafe { libc::syscall(libc::SYS_getrandom, to, count, flags) as ssize_t };
        }
        if count > 0 {
            let drawn = DRAWN.fetch_add(count as u64, Ordering::Relaxed);
            // SAFETY: the caller says so; zeros are written first, because there may be nothing yet.
            let bytes = unsafe {
                to.cast::<u8>().write_bytes(0, count);
                slice::from_raw_parts_mut(to.cast::<u8>(), count)
            };
            pattern::fill(bytes, SEED, drawn);
        }
        count as ssize_t
    }

    const NANOS: u64 = 1_000_000_000;

    /// The calendar begins at 2000-01-01.
    const EPOCH: u64 = 946_684_800 * NANOS;

    const SEED: u32 = 0;
}

/// Where nobody has tried it, the clock cannot be stopped.
#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
mod system {
    use std::time::Duration;

    pub(super) fn passed() -> Option<Duration> {
        None
    }

    pub(super) fn set_passed(_: Option<Duration>) {}

    pub(super) fn begin_random_bytes() {}
}
