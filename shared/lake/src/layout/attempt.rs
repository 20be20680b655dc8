//! Names of what one attempt writes: in go source, generation and tag, out come keys that no other attempt has.
use super::{REJECTED, SourceId, TABLES};
use ltv_core::table::Table;
use ltv_core::upload::Output;

/// One attempt to make parts of one version of one upload. Names of different attempts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    stem: String,
}

impl Attempt {
    /// The next attempt for `source` to become `generation`, from the object tagged `etag`.
    pub(crate) fn new(source: &SourceId, generation: u64, etag: &str) -> Attempt {
        let tag: String = etag.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
        Attempt { stem: format!("{source}.{generation}.{tag}.{:016x}", fastrand::u64(..)) }
    }

    /// The `number`th part of `table`; the first carries no number.
    pub(crate) fn part(&self, table: Table, number: usize) -> String {
        let suffix = if number == 0 { String::new() } else { format!("-{number}") };
        format!("{TABLES}{table}/{}{suffix}.parquet", self.stem)
    }

    /// What a conversion made.
    pub(crate) fn key(&self, output: Output) -> String {
        match output {
            Output::Part(table) => self.part(table, 0),
            Output::Rejected => self.rejected(),
        }
    }

    /// The refused rows.
    pub(crate) fn rejected(&self) -> String {
        format!("{REJECTED}{}.csv", self.stem)
    }
}

/// Source and generation that the key of a part or of refused rows names.
pub(crate) fn attempt_of(key: &str) -> Option<(SourceId, u64)> {
    let mut fields = key.rsplit('/').next()?.split('.');
    let source = fields.next()?.parse().ok()?;
    Some((source, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_part_says_source_generation_and_etag_and_never_repeats() {
        let source = SourceId::of("transactions/你好/a b+c.csv");
        let attempt = Attempt::new(&source, 7, "d41d8cd9-3");
        let key = attempt.part(Table::Transactions, 0);
        assert!(key.starts_with(&format!("tables/transactions/{source}.7.d41d8cd9-3.")), "{key}");
        assert_eq!(attempt_of(&key), Some((source.clone(), 7)));
        assert_eq!(attempt_of(&attempt.rejected()), Some((source.clone(), 7)));
        assert_eq!(attempt_of(&attempt.part(Table::Spend, 2)), Some((source.clone(), 7)));
        assert_ne!(Attempt::new(&source, 7, "d41d8cd9-3"), attempt);
    }

    #[test]
    fn an_etag_cannot_leave_its_place_in_the_name() {
        let key = Attempt::new(&SourceId::of("a"), 1, "../x.9/\"y").part(Table::Spend, 0);
        assert!(key.contains(".1.x9y."), "{key}");
    }

    #[test]
    fn what_is_no_part_names_no_source() {
        for key in ["tables/spend/", "tables/spend/readme.txt", "tables/spend/0123.x.y.parquet", ""] {
            assert_eq!(attempt_of(key), None, "{key}");
        }
    }
}
