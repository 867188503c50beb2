//! `Turns`: whose shims work now. More at once than the machine has room for make each other slow, and one that is slow may
//! be taken for one that is stuck.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A line of workers, of which so many work at a time, in the order in which they have lined up. Clones are the same line.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Line>);

struct Line {
    room: usize,
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Default)]
struct Count {
    lined_up: usize,
    over: usize,
}

/// A place in the line, until it is dropped.
pub(crate) struct Turn {
    line: Arc<Line>,
    number: usize,
}

impl Turns {
    /// A line of which `room` work at a time, at least 1.
    pub(crate) fn of(room: usize) -> Self {
        Self(Arc::new(Line { room, count: Mutex::default(), changed: Condvar::new() }))
    }

    /// Takes the last place in the line.
    pub(crate) fn line_up(&self) -> Turn {
        let mut count = self.0.lock();
        count.lined_up += 1;
        Turn { line: Arc::clone(&self.0), number: count.lined_up - 1 }
    }

    /// Waits until everybody who has lined up works or has worked.
    pub(crate) fn wait_until_all_work(&self) {
        self.0.wait_while(|count| count.lined_up > count.over + self.0.room);
    }
}

impl Turn {
    /// Waits until it comes.
    pub(crate) fn wait(&self) {
        self.line.wait_while(|count| self.number >= count.over + self.line.room);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.line.lock().over += 1;
        self.line.changed.notify_all();
    }
}

impl Line {
    fn wait_while(&self, must_wait: impl Fn(&Count) -> bool) {
        let waited = self.changed.wait_while(self.lock(), |count| must_wait(count));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_more_work_at_a_time_than_there_is_room_for_and_in_order() {
        let turns = Turns::of(2);
        let (at_work, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let places: Vec<Turn> = (0..8).map(|_| turns.line_up()).collect();
        let begun = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for (number, turn) in places.into_iter().enumerate() {
                let (at_work, most, begun) = (&at_work, &most, &begun);
                scope.spawn(move || {
                    turn.wait();
                    begun.lock().unwrap().push(number);
                    most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    at_work.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        let begun = begun.into_inner().unwrap();
        // Two that have their turns at the same moment may come in any order.
        assert!(begun.iter().enumerate().all(|(place, number)| place.abs_diff(*number) <= 1));
    }

    #[test]
    fn who_waits_for_a_line_goes_on_when_its_last_one_works() {
        let turns = Turns::of(1);
        let (first, last) = (turns.line_up(), turns.line_up());
        let (gone_on, heard) = channel();
        let others = turns.clone();
        let waiting = thread::spawn(move || {
            others.wait_until_all_work();
            gone_on.send(()).unwrap();
        });
        assert!(heard.recv_timeout(Duration::from_millis(20)).is_err());
        drop(first);
        heard.recv_timeout(Duration::from_secs(60)).expect("the last one works");
        last.wait();
        waiting.join().unwrap();
    }
}
