//! How an upload was read: in go its report, the account's settings, adapters and exchange rates, out comes a short
//! text that changes whenever reading the same bytes again could give something else. A newer adapter does that, any edit of
//! one of the user's own, and another time zone.
use crate::rates;
use ltv_core::account::Account;
use ltv_core::upload::UploadReport;
use ltv_core::upload::adapter::Adapters;
use sha2::{Digest, Sha256};

/// Not at all: the object lay in an archive storage class. Never equal to a present way, so that every reconcile looks
/// whether it was restored, of which neither its tag nor its time tells.
pub(crate) const IN_ARCHIVE: &str = "in an archive";

/// Counts changes of how any adapter's cells are read, such as which ids are hashed.
const CLEANING: u8 = 5;

/// The present way to read the upload that `report` is of. A file that no adapter could read may be read by any new one.
pub(crate) fn of(report: &UploadReport, account: &Account, adapters: &Adapters, rates: &[impl AsRef<str>]) -> String {
    let mut digest = Sha256::new();
    digest.update([CLEANING]);
    digest.update(&account.timezone);
    digest.update([0]);
    digest.update(account.currency.as_deref().unwrap_or_default());
    let is_own = |place: usize| place < adapters.own().len();
    for (place, adapter) in adapters.iter().enumerate() {
        // A user's goes before those built in, and may take any file from another.
        if is_own(place) || report.read_by.as_ref().is_none_or(|by| by.adapter == adapter.name) {
            digest.update([0]);
            digest.update(&adapter.name);
            digest.update(adapter.version.to_be_bytes());
            if is_own(place) {
                // Whoever edits a mapping may not think of raising its version.
                digest.update(serde_json::to_vec(adapter.as_ref()).unwrap_or_default());
            }
        }
    }
    if rates::matter_to(report) {
        for part in rates {
            digest.update([1]);
            digest.update(part.as_ref());
        }
    }
    hex::encode(&digest.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[&str] = &[];

    #[test]
    fn an_adapter_of_the_users_own_may_take_any_file_from_another() {
        let own = br#"{"name":"till","version":1,"title":"","table":"spend","columns":{"spend":["a"]},"required":[["spend"]]}"#;
        let read_by = serde_json::json!({"adapter": "transactions", "version": 1, "why": "", "table": "transactions",
            "columns": {}, "ignored": [], "format": {"container": "text"}, "conventions": {"decimal_mark": "point"}});
        let read_by = Some(serde_json::from_value(read_by).unwrap());
        let (report, account) = (UploadReport { read_by, ..UploadReport::default() }, Account::default());
        let with = Adapters::built_in().with(vec![ltv_core::upload::adapter::Adapter::from_json(own).unwrap()]);
        assert_ne!(of(&report, &account, &Adapters::built_in(), NONE), of(&report, &account, &with, NONE));
    }

    #[test]
    fn an_edit_of_a_users_adapter_is_another_reading_whether_its_version_was_raised_or_not() {
        let told = |column: &str| {
            let own = format!(
                r#"{{"name":"till","version":1,"title":"","table":"spend","columns":{{"spend":["{column}"]}},"required":[["spend"]]}}"#
            );
            let own = ltv_core::upload::adapter::Adapter::from_json(own.as_bytes()).unwrap();
            of(&UploadReport::default(), &Account::default(), &Adapters::built_in().with(vec![own]), NONE)
        };
        assert_eq!(told("Gross"), told("Gross"));
        assert_ne!(told("Gross"), told("Net"));
    }

    #[test]
    fn another_time_zone_or_currency_is_another_reading() {
        let (report, account) = (UploadReport::default(), Account::default());
        let berlin = Account { timezone: "Europe/Berlin".to_owned(), ..Account::default() };
        let euro = Account { currency: Some("EUR".to_owned()), ..Account::default() };
        let margin = Account { margin: Some(0.3), ..Account::default() };
        let known = Adapters::built_in();
        assert_ne!(of(&report, &account, &known, NONE), of(&report, &berlin, &known, NONE));
        assert_ne!(of(&report, &account, &known, NONE), of(&report, &euro, &known, NONE));
        assert_eq!(of(&report, &account, &known, NONE), of(&report, &margin, &known, NONE));
    }
}
