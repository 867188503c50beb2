//! `reap`: waits for a child's exit, with a deadline and without spinning.

use std::process::{Child, ExitStatus};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// How the child ended, if it did before `deadline`.
pub(crate) fn reap(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    if let Ok(Some(status)) = child.try_wait() {
        return Some(status);
    }
    let ended = pidfd_open(Pid::from_raw(child.id().cast_signed())?, PidfdFlags::empty()).ok()?;
    let mut files = [PollFd::new(&ended, PollFlags::IN)];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match poll(&mut files, Timespec::try_from(left).ok().as_ref()) {
            Err(Errno::INTR) => {}
            Ok(1) => return child.try_wait().ok().flatten(),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_end_is_told_and_a_deadline_is_kept() {
        let mut child = Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let status = reap(&mut child, Instant::now() + Duration::from_secs(60));
        assert_eq!(status.and_then(|status| status.code()), Some(7));
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert_eq!(reap(&mut child, Instant::now() + Duration::from_millis(20)), None);
        child.kill().unwrap();
        assert!(reap(&mut child, Instant::now() + Duration::from_secs(60)).is_some());
    }
}
