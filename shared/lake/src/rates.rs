//! Exchange rates that were uploaded: in go commit records, out come the rates in the parts of those that were read as
//! such. Looked up only for uploads of several currencies, as all records have to be read for it.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::record::{Record, State};
use ltv_core::table::Table;
use ltv_core::table::read::read_all;
use ltv_core::upload::report::{Reason, Rule};
use ltv_core::upload::{Rates, UploadReport};

/// The adapter that reads exchange rates.
const ADAPTER: &str = "exchange_rates";

/// Are there amounts in the upload that depend on exchange rates?
pub(crate) fn matter_to(report: &UploadReport) -> bool {
    report.reject(Reason::OtherCurrency).rows > 0 || report.rule(Rule::CurrencyConverted).rows > 0
}

/// The parts that hold rates, from the oldest upload to the newest.
pub(crate) fn parts_among<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<&'a str> {
    let is_of_rates = |record: &&Record| {
        record.state != State::Deleted && record.report.read_by.as_ref().is_some_and(|by| by.adapter == ADAPTER)
    };
    let mut records: Vec<&Record> = records.filter(is_of_rates).collect();
    records.sort_by(|left, right| (left.uploaded_at, &left.key).cmp(&(right.uploaded_at, &right.key)));
    let parts = records.into_iter().flat_map(|record| &record.parts);
    parts.filter(|part| part.table == Table::Indicators).map(|part| part.key.as_str()).collect()
}

impl Lake {
    /// The keys of all parts that hold rates.
    pub(crate) async fn rate_parts(&self) -> LakeResult<Vec<String>> {
        let records = self.records().await?;
        Ok(parts_among(records.iter().map(|record| &record.value)).into_iter().map(str::to_owned).collect())
    }

    /// The rates in these parts. One that was swept meanwhile has been replaced: it is asked for again with the next try.
    pub(crate) async fn rates_in(&self, parts: &[String]) -> LakeResult<Rates> {
        let mut rates = Rates::default();
        for key in parts {
            let object = self.store.get(key).await?;
            let malformed = |source| LakeError::Malformed { key: key.clone(), kind: "part of rates", source };
            let batches = read_all(object.bytes, Table::Indicators);
            for batch in batches.map_err(|error| malformed(Box::new(error)))? {
                rates.observe(&batch).map_err(|error| malformed(Box::new(error)))?;
            }
        }
        Ok(rates)
    }
}
