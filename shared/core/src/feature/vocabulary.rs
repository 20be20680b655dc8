//! Names as feature codes that never look ahead. In flow names with the days on which customers came by them; out
//! flow codes. A name has its own code from the day on which enough customers carried it, and codes are given in the
//! order of these days: so the vocabulary of an earlier cutoff is the beginning of a later one's, a code means the
//! same at every cutoff, and what happens behind a cutoff cannot change the codes in front of it.
use crate::time::{Cutoff, Day};
use serde::{Deserialize, Serialize};

/// How many customers make a name worth a code of its own.
pub(crate) const CUSTOMERS_NEEDED: usize = 20;
/// Most codes, `other` included: a byte of a binned column holds them.
const CODES: usize = 250;
/// The code of names that are rare or unheard of.
pub(crate) const OTHER: f32 = 0.0;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    name: String,
    /// The day on which enough customers carried the name.
    since: Day,
}

/// Names with codes of their own: 1, 2, … in the order in which they became frequent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vocabulary {
    entries: Vec<Entry>,
}

impl Vocabulary {
    /// Learns from the `names` of a history and, for every customer, the code and the day the customer came.
    pub(crate) fn learn(names: &[String], customers: impl Iterator<Item = (u32, Day)>) -> Vocabulary {
        let mut days: Vec<Vec<Day>> = vec![Vec::new(); names.len()];
        for (code, day) in customers {
            if let Some(days) = days.get_mut(code as usize) {
                days.push(day);
            }
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (name, days) in names.iter().zip(&mut days) {
            if days.len() >= CUSTOMERS_NEEDED {
                let (_, since, _) = days.select_nth_unstable(CUSTOMERS_NEEDED - 1);
                entries.push(Entry { name: name.clone(), since: *since });
            }
        }
        entries.sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
        entries.truncate(CODES - 1);
        Vocabulary { entries }
    }

    /// The codes that a history's `names` have at `cutoff`.
    pub(crate) fn codes(&self, names: &[String], cutoff: Cutoff) -> Vec<f32> {
        let code = |name: &String| {
            let place = self.entries.iter().position(|entry| entry.name == *name && cutoff.is_after(entry.since));
            place.map_or(OTHER, |place| (place + 1) as f32)
        };
        names.iter().map(code).collect()
    }

    /// The name behind a code; `other` behind 0.
    pub fn name(&self, code: usize) -> &str {
        match code.checked_sub(1).and_then(|place| self.entries.get(place)) {
            Some(entry) => &entry.name,
            None => "other",
        }
    }

    /// How many codes there are, `other` included.
    pub fn codes_in_use(&self) -> usize {
        self.entries.len() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Vec<String> {
        ["search", "social", "mail"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_name_has_its_code_from_the_day_behind_its_twentieth_customer() {
        let customers = (0..30).map(|n| (1, Day(n))).chain((0..5).map(|n| (0, Day(n))));
        let vocabulary = Vocabulary::learn(&names(), customers);
        assert_eq!(vocabulary.codes(&names(), Cutoff(Day(19))), [OTHER, OTHER, OTHER]);
        assert_eq!(vocabulary.codes(&names(), Cutoff(Day(20))), [OTHER, 1.0, OTHER]);
        assert_eq!((vocabulary.name(1), vocabulary.name(0), vocabulary.name(9)), ("social", "other", "other"));
    }

    proptest! {
        #[test]
        fn later_customers_never_change_earlier_codes(
            past in prop::collection::vec((0..3_u32, 0..50_i32), 0..150),
            future in prop::collection::vec((0..3_u32, 50..90_i32), 0..150),
        ) {
            let days = |customers: &[(u32, i32)]| customers.iter().map(|(c, d)| (*c, Day(*d))).collect::<Vec<_>>();
            let before = Vocabulary::learn(&names(), days(&past).into_iter());
            let all = Vocabulary::learn(&names(), days(&past).into_iter().chain(days(&future)));
            for cutoff in [10, 30, 50] {
                let cutoff = Cutoff(Day(cutoff));
                prop_assert_eq!(before.codes(&names(), cutoff), all.codes(&names(), cutoff));
            }
        }
    }
}
