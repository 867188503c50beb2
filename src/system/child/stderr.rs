//! `LastWords`: the tail of a child's stderr, read on a thread of its own. A full pipe would stop the child, and one that
//! never stops writing must not use all memory.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The last lines of a child's stderr.
pub(crate) struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Closed at the end of the stream; nothing is ever sent.
    end: Receiver<()>,
}

impl LastWords {
    /// Reads from now on.
    pub(crate) fn of(stderr: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        let (until_end, end) = channel();
        thread::spawn(move || {
            let _until_end: std::sync::mpsc::Sender<()> = until_end;
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            loop {
                line.clear();
                match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == MAX_LINES {
                    kept.pop_front();
                }
                kept.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        });
        Self { lines, end }
    }

    /// The last lines, once the stream has ended or `patience` is over.
    pub(crate) fn within(&self, patience: Duration) -> Vec<String> {
        // It can only end; nothing is sent.
        let _ = self.end.recv_timeout(patience);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// A dump of every goroutine or thread fits.
const MAX_LINES: usize = 5000;
const MAX_LINE: u64 = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_only_the_end_is_kept() {
        let flood: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
        let words = LastWords::of(std::io::Cursor::new(flood)).within(Duration::from_secs(60));
        assert_eq!(
            (words.len(), words.last().map(String::as_str)),
            (MAX_LINES, Some("line 19999"))
        );
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let words =
            LastWords::of(std::io::repeat(b'x').take(10_000)).within(Duration::from_secs(60));
        assert!(words.iter().all(|line| line.len() as u64 <= MAX_LINE));
    }
}
