//! `Slots`: which shims may work now. More at once than the machine has room for slow each other down, and a slow one may be
//! taken for a stuck one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Room for a number of workers at a time, in the order of their reservations. Clones share it.
#[derive(Clone)]
pub(crate) struct Slots(Arc<SlotTable>);

struct SlotTable {
    room: usize,
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Default)]
struct Count {
    reserved: usize,
    over: usize,
}

/// The reservation of one worker, until it is dropped.
pub(crate) struct Slot {
    table: Arc<SlotTable>,
    number: usize,
}

impl Slots {
    /// Room for `room` workers at a time, at least 1.
    pub(crate) fn of(room: usize) -> Self {
        Self(Arc::new(SlotTable { room, count: Mutex::default(), changed: Condvar::new() }))
    }

    /// Reserves the next one.
    pub(crate) fn reserve(&self) -> Slot {
        let mut count = self.0.lock();
        count.reserved += 1;
        Slot { table: Arc::clone(&self.0), number: count.reserved - 1 }
    }

    /// Waits until every worker with a reservation works or has worked.
    pub(crate) fn wait_until_all_work(&self) {
        self.0.wait_while(|count| count.reserved > count.over + self.0.room);
    }
}

impl Slot {
    /// Waits until the worker may work.
    pub(crate) fn wait(&self) {
        self.table.wait_while(|count| self.number >= count.over + self.table.room);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.table.lock().over += 1;
        self.table.changed.notify_all();
    }
}

impl SlotTable {
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
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_worker_waits_until_there_is_room() {
        let slots = Slots::of(2);
        let [first, second, third] = [(); 3].map(|()| slots.reserve());
        first.wait();
        second.wait();
        let (begun, heard) = channel();
        let waiting = thread::spawn(move || {
            third.wait();
            begun.send(()).unwrap();
        });
        assert!(heard.recv_timeout(Duration::from_millis(20)).is_err());
        drop(second);
        heard.recv_timeout(Duration::from_secs(60)).expect("the second one is over");
        waiting.join().unwrap();
    }

    #[test]
    fn workers_begin_in_the_order_of_their_slots() {
        let slots = Slots::of(1);
        let reserved: Vec<Slot> = (0..8).map(|_| slots.reserve()).collect();
        let begun = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for (number, slot) in reserved.into_iter().enumerate().rev() {
                let begun = &begun;
                scope.spawn(move || {
                    slot.wait();
                    begun.lock().unwrap().push(number);
                });
            }
        });
        assert_eq!(begun.into_inner().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn who_waits_for_all_goes_on_when_the_last_one_works() {
        let slots = Slots::of(1);
        let (first, last) = (slots.reserve(), slots.reserve());
        let (gone_on, heard) = channel();
        let others = slots.clone();
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
