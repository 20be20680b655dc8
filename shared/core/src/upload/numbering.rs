//! Whether customers are counted from 0. In flow the ids of a file's first rows; out flows whether 0 is a customer of its
//! own, or what shops write where an order has none. Doubt is for the latter.
use super::identity::{is_missing, tidy_id};
use std::collections::HashMap;

/// The ids that were seen, as far as they are numbers.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    counts: HashMap<u32, u32>,
    /// Was there an id that is no number of a count?
    others: bool,
}

impl Numbering {
    /// Takes a customer's id.
    pub(super) fn take(&mut self, id: &str) {
        let id = tidy_id(id);
        if self.others || is_missing(id) {
            return;
        }
        match id.parse::<u32>() {
            Ok(number) if id.len() == 1 || !id.starts_with(['0', '+']) => *self.counts.entry(number).or_default() += 1,
            _ => self.others = true,
        }
    }

    /// Is 0 one of numbers that stand close together, among them 1, 2 and 3, and no more frequent than the most frequent
    /// other? Guests are many, and numbers that shops give begin above.
    pub(super) fn counts_from_zero(&self) -> bool {
        let Some(zeros) = self.counts.get(&0).filter(|_| !self.others) else { return false };
        let highest = self.counts.keys().max().copied().unwrap_or_default();
        let most = self.counts.iter().filter(|(number, _)| **number > 0).map(|(_, count)| *count).max();
        (1..=3).all(|number| self.counts.contains_key(&number))
            && u64::from(highest) < 2 * self.counts.len() as u64
            && most.is_some_and(|most| *zeros <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts_from_zero(ids: &[&str]) -> bool {
        let mut numbering = Numbering::default();
        for id in ids {
            numbering.take(id);
        }
        numbering.counts_from_zero()
    }

    #[test]
    fn zero_is_a_customer_among_dense_numbers_and_nobody_elsewhere() {
        assert!(counts_from_zero(&["0", "1", "2", "3", "3", "0"]));
        assert!(counts_from_zero(&["0.0", "1.0", "2.0", "", "3.0"]));
        for ids in [
            &["1", "2", "3"][..],
            &["0", "0", "1", "2", "3"],
            &["0", "17850", "13047", "1", "2", "3"],
            &["0", "1", "2", "3", "guest"],
            &["0", "01", "1", "2", "3"],
            &["0", "1", "2"],
            &["0"],
        ] {
            assert!(!counts_from_zero(ids), "{ids:?}");
        }
    }
}
