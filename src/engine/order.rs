//! `Order`: how much payload of the subject's came before what. Pure.

use std::collections::HashMap;

/// Where each stream's payload stands among that of all streams.
#[derive(Debug, Default)]
pub(crate) struct Order {
    total: u64,
    /// By stream number, in the order they came.
    stretches: HashMap<u32, Vec<Stretch>>,
}

/// Payload of one stream with none of another in between.
#[derive(Debug)]
struct Stretch {
    /// Bytes of the stream up to its end.
    own: u64,
    /// Bytes of other streams before it.
    others: u64,
}

impl Order {
    /// So many bytes have come on a stream.
    pub(crate) fn push(&mut self, number: u32, len: u64) {
        let stretches = self.stretches.entry(number).or_default();
        let own = stretches.last().map_or(0, |last| last.own);
        let others = self.total - own;
        self.total += len;
        match stretches.last_mut() {
            Some(last) if last.others == others => last.own += len,
            _ => stretches.push(Stretch { own: own + len, others }),
        }
    }

    /// The number stands for a new stream from now on.
    pub(crate) fn begin_anew(&mut self, number: u32) {
        self.stretches.remove(&number);
    }

    /// How many bytes have come on all streams.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes of other streams came before the stream's byte with that number, counted from 1.
    pub(crate) fn others_before(&self, number: u32, own: u64) -> u64 {
        let stretches = self.stretches.get(&number).map_or(&[][..], Vec::as_slice);
        let index = stretches.partition_point(|stretch| stretch.own < own);
        stretches.get(index).map_or(0, |stretch| stretch.others)
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
        assert_eq!(order.stretches[&3].len(), 2, "what lies together is one stretch");
        assert_eq!(before(7, 1), 0);
        order.begin_anew(1);
        order.push(1, 5);
        assert_eq!(order.others_before(1, 5), 186, "the earlier stream was another one");
    }
}
