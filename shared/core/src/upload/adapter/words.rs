//! Words that sources share, stated once in `words.json`: in flows an adapter that names lists of them, out flows the same
//! with their words. What an adapter says itself of a word goes before them.
use super::{Adapter, Meaning};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// What rows of totals begin with.
    Totals,
    /// Statuses of orders that were never paid, and of payments that failed.
    NeverPaid,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    totals: Vec<String>,
    never_paid: Vec<String>,
}

static LISTS: LazyLock<Lists> =
    LazyLock::new(|| serde_json::from_str(include_str!("words.json")).expect("the lists are checked by a test"));

impl Adapter {
    /// With the words of the lists that it names.
    pub(super) fn spelled_out(mut self) -> Adapter {
        for words in self.words.clone() {
            match words {
                Words::Totals => self.totals.extend(LISTS.totals.iter().cloned()),
                Words::NeverPaid => {
                    for status in &LISTS.never_paid {
                        self.statuses.entry(status.clone()).or_insert(Meaning::Incomplete);
                    }
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_has_the_words_of_the_lists_it_names_behind_its_own() {
        let text = r#"{"name":"till","version":1,"title":"","table":"transactions","columns":{"amount":["Sum"]},
            "required":[["amount"]],"words":["totals","never_paid"],"totals":["Kassensturz"],"statuses":{"void":"test"}}"#;
        let adapter = Adapter::from_json(text.as_bytes()).unwrap();
        assert_eq!(adapter.totals[..2], ["Kassensturz", "Total"]);
        assert_eq!(adapter.meaning_of("Void"), Some(Meaning::Test));
        assert_eq!(adapter.meaning_of("declined"), Some(Meaning::Incomplete));
        let without = Adapter { words: Vec::new(), ..serde_json::from_str(text).unwrap() };
        assert_eq!((without.clone().spelled_out(), without.meaning_of("declined")), (without, None));
    }
}
