//! All keys of a bucket in, one page of a listing out: sorted by UTF-8 bytes, rolled up at a delimiter, resumable.
//!
//! `ListObjectsV2`: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>. It knows no objects,
//! only keys.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The largest page.
pub(crate) const LARGEST_PAGE: usize = 1000;

/// What `encoding-type=url` leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// What to list.
#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    /// Keys that hold it after the prefix are rolled up into one entry that ends with it.
    pub(crate) delimiter: Option<&'a str>,
    /// Only keys after this one.
    pub(crate) start_after: Option<&'a str>,
    /// The last entry of the page before, as [`Page::next`] gave it.
    pub(crate) resume_after: Option<&'a str>,
    pub(crate) max_keys: usize,
}

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    pub(crate) common_prefixes: Vec<String>,
    /// The last entry of this page when there are more.
    pub(crate) next: Option<String>,
}

impl Query<'_> {
    /// Selects from `keys`, which need not be sorted or filtered.
    pub(crate) fn page(&self, mut keys: Vec<String>) -> Page {
        keys.retain(|key| key.starts_with(self.prefix) && self.start_after.is_none_or(|after| key.as_str() > after));
        keys.sort_unstable();

        let max_keys = self.max_keys.min(LARGEST_PAGE);
        let mut page = Page::default();
        let mut last: Option<String> = None;
        for key in keys {
            let rolled_up = self.common_prefix(&key);
            let entry = rolled_up.unwrap_or(&key);
            if self.resume_after.is_some_and(|after| entry <= after) || last.as_deref() == Some(entry) {
                continue;
            }
            if page.keys.len() + page.common_prefixes.len() == max_keys {
                // A page of no entries is never truncated: there would be no way to go on.
                page.next = last;
                return page;
            }
            last = Some(entry.to_owned());
            match rolled_up {
                Some(prefix) => page.common_prefixes.push(prefix.to_owned()),
                None => page.keys.push(key),
            }
        }
        page
    }

    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.filter(|delimiter| !delimiter.is_empty())?;
        let found = key[self.prefix.len()..].find(delimiter)?;
        Some(&key[..self.prefix.len() + found + delimiter.len()])
    }
}

/// A key as `encoding-type=url` wants it in a response.
pub(crate) fn url_encoded(key: &str) -> String {
    utf8_percent_encode(key, ENCODED).to_string()
}

/// The continuation token after the entry `last`: opaque to clients.
pub(crate) fn token(last: &str) -> String {
    hex::encode(last)
}

/// The entry that a continuation token stands for, or `None` for a token that this server never gave.
pub(crate) fn entry_of(token: &str) -> Option<String> {
    String::from_utf8(hex::decode(token).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|&key| key.to_owned()).collect()
    }

    #[test]
    fn keys_are_sorted_by_their_bytes_and_rolled_up_at_the_delimiter() {
        let all = keys(&["b/2", "a", "é", "b/1", "Z", "b/c/3", "b"]);
        let page = Query { delimiter: Some("/"), max_keys: 1000, ..Query::default() }.page(all.clone());
        assert_eq!(page.keys, ["Z", "a", "b", "é"]);
        assert_eq!(page.common_prefixes, ["b/"]);
        let page = Query { prefix: "b/", delimiter: Some("/"), max_keys: 1000, ..Query::default() }.page(all);
        assert_eq!((page.keys, page.common_prefixes), (keys(&["b/1", "b/2"]), keys(&["b/c/"])));
    }

    #[test]
    fn a_page_of_no_keys_is_not_truncated() {
        assert_eq!(Query { max_keys: 0, ..Query::default() }.page(keys(&["a"])), Page::default());
    }

    #[test]
    fn encoded_keys_decode_to_themselves() {
        assert_eq!(url_encoded("my table/a b+c.csv"), "my%20table/a%20b%2Bc.csv");
    }

    proptest! {
        #[test]
        fn pages_of_any_size_add_up_to_the_whole_listing(
            all in proptest::collection::hash_set("[ab/é]{1,5}", 0..40),
            prefix in "[ab/]{0,2}",
            delimiter in proptest::option::of(Just("/")),
            start_after in proptest::option::of("[ab/]{1,3}"),
            max_keys in 1usize..5,
        ) {
            let all: Vec<String> = all.into_iter().collect();
            let page_after = |max_keys, resume_after: Option<&str>| {
                let start_after = start_after.as_deref();
                Query { prefix: &prefix, delimiter, start_after, resume_after, max_keys }.page(all.clone())
            };
            let whole = page_after(1000, None);
            let mut joined = Page::default();
            let mut resume: Option<String> = None;
            loop {
                let token = resume.as_deref().map(token);
                let resume_after = token.as_deref().map(|token| entry_of(token).unwrap());
                let page = page_after(max_keys, resume_after.as_deref());
                prop_assert!(page.keys.len() + page.common_prefixes.len() <= max_keys);
                joined.keys.extend(page.keys);
                joined.common_prefixes.extend(page.common_prefixes);
                resume = page.next;
                if resume.is_none() {
                    break;
                }
            }
            prop_assert_eq!(joined, whole);
        }
    }
}
