//! Two listings of the uploads bucket in, the changes between them out: what bucket notifications are in the
//! deployment. A file that changes while it is read is a change of the next listing.

use std::collections::BTreeMap;

use crate::event::Change;

/// Every upload with its entity tag, as a listing shows it.
pub(crate) type Listing = BTreeMap<String, String>;

/// The changes from `before` to `now`, ordered by key.
pub(crate) fn changes(before: &Listing, now: &Listing) -> Vec<Change> {
    let created = now.iter().filter(|&(key, etag)| before.get(key) != Some(etag));
    let removed = before.keys().filter(|&key| !now.contains_key(key));
    let mut changes: Vec<Change> = created.map(|(key, _)| Change::Created(key.clone())).collect();
    changes.extend(removed.map(|key| Change::Removed(key.clone())));
    changes.sort_by(|a, b| a.key().cmp(b.key()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listing() -> impl Strategy<Value = Listing> {
        proptest::collection::btree_map("[a-e]", "[12]", 0..5)
    }

    proptest! {
        #[test]
        fn applying_the_changes_to_the_earlier_listing_gives_the_later_one(before in listing(), now in listing()) {
            let mut state = before.clone();
            for change in changes(&before, &now) {
                match change {
                    Change::Created(key) => {
                        let etag = now[&key].clone();
                        prop_assert!(state.insert(key, etag.clone()) != Some(etag), "nothing had changed");
                    }
                    Change::Removed(key) => prop_assert!(state.remove(&key).is_some()),
                }
            }
            prop_assert_eq!(state, now);
        }
    }
}
