//! `Order`: how much of the subject's payload preceded a given byte or frame. Pure.

use std::collections::HashMap;

/// The position of each stream's payload among that of all streams.
#[derive(Debug, Default)]
pub(crate) struct Order {
    total: u64,
    /// By stream number, in order of arrival.
    runs: HashMap<u32, Vec<PayloadRun>>,
}

/// Payload of one stream without any of another in between.
#[derive(Debug)]
struct PayloadRun {
    /// Bytes of the stream up to the end of the run.
    own: u64,
    /// Bytes of other streams before the run.
    others: u64,
}

impl Order {
    /// Adds payload of a stream.
    pub(crate) fn push(&mut self, number: u32, len: u64) {
        let runs = self.runs.entry(number).or_default();
        let own = runs.last().map_or(0, |last| last.own);
        let others = self.total - own;
        self.total += len;
        match runs.last_mut() {
            Some(last) if last.others == others => last.own += len,
            _ => runs.push(PayloadRun { own: own + len, others }),
        }
    }

    /// Forgets the number's previous stream.
    pub(crate) fn begin_anew(&mut self, number: u32) {
        self.runs.remove(&number);
    }

    /// The bytes received on all streams.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes of other streams preceded this byte of the stream, counted from 1.
    pub(crate) fn others_before(&self, number: u32, own: u64) -> u64 {
        let runs = self.runs.get(&number).map_or(&[][..], Vec::as_slice);
        let index = runs.partition_point(|run| run.own < own);
        runs.get(index).map_or(0, |run| run.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_knows_how_much_of_the_others_came_before_it() {
        let mut order = Order::default();
        for (number, len) in [(1, 100), (1, 50), (3, 10), (1, 5), (3, 20), (3, 1)] {
            order.push(number, len);
        }
        assert_eq!(order.total(), 186);
        let before = |number, byte| order.others_before(number, byte);
        assert_eq!((before(1, 1), before(1, 150), before(1, 151), before(1, 155)), (0, 0, 10, 10));
        assert_eq!(
            (before(3, 1), before(3, 10), before(3, 11), before(3, 31)),
            (150, 150, 155, 155)
        );
        assert_eq!(order.runs[&3].len(), 2, "what lies together is one run");
        assert_eq!(before(7, 1), 0);
        order.begin_anew(1);
        order.push(1, 5);
        assert_eq!(order.others_before(1, 5), 186, "the earlier stream was another one");
    }
}
