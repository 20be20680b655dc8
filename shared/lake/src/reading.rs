//! How an upload was read: in go its report and the account's settings, out comes a short text that changes whenever
//! reading the same bytes again could give something else. A newer adapter does that, and so does another time zone.
use ltv_core::account::Account;
use ltv_core::upload::UploadReport;
use ltv_core::upload::adapter::adapters;
use sha2::{Digest, Sha256};

/// The present way to read the upload that `report` is of. A file that no adapter could read may be read by any new one.
pub(crate) fn of(report: &UploadReport, account: &Account) -> String {
    let mut digest = Sha256::new();
    digest.update(&account.timezone);
    digest.update([0]);
    digest.update(account.currency.as_deref().unwrap_or_default());
    for adapter in adapters() {
        if report.read_by.as_ref().is_none_or(|by| by.adapter == adapter.name) {
            digest.update([0]);
            digest.update(&adapter.name);
            digest.update(adapter.version.to_be_bytes());
        }
    }
    hex::encode(&digest.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_time_zone_or_currency_is_another_reading() {
        let (report, account) = (UploadReport::default(), Account::default());
        let berlin = Account { timezone: "Europe/Berlin".to_owned(), ..Account::default() };
        let euro = Account { currency: Some("EUR".to_owned()), ..Account::default() };
        let margin = Account { margin: Some(0.3), ..Account::default() };
        assert_ne!(of(&report, &account), of(&report, &berlin));
        assert_ne!(of(&report, &account), of(&report, &euro));
        assert_eq!(of(&report, &account), of(&report, &margin));
    }
}
