//! Economic series beside the business. In flow the calendar and the seed; out flow monthly values with the days on
//! which they became known, as far as that was before the exports. They move nothing in the simulated business: a model
//! that finds a signal in them has found noise.
use super::calendar::Calendar;
use super::ledger::FileAccount;
use super::stream::{Purpose, Streams, normal};

/// The key of the upload.
pub(crate) const KEY: &str = "indicators/economy.csv";
/// Name, level, monthly movement and days from a month's end to publication.
const SERIES: [(&str, f64, f64, i32); 2] = [("inflation", 2.4, 0.15, 14), ("consumer_confidence", 101.0, 1.1, 3)];

/// The file and its account.
///
/// # Errors
/// Only what writing to memory can fail with.
pub(crate) fn file(streams: &Streams, calendar: &Calendar) -> Result<(Vec<u8>, FileAccount), csv::Error> {
    let mut account = FileAccount::new(KEY.to_owned(), "indicators", "YYYY-MM-DD");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["date", "name", "value", "published_at"])?;
    for (number, (name, level, movement, lag)) in SERIES.into_iter().enumerate() {
        let mut rng = streams.of(Purpose::Indicator, number as u64);
        let mut value = level;
        for months in calendar.months.windows(2) {
            value += 0.1 * (level - value) + movement * normal(&mut rng);
            let published = months[1] + lag;
            if published < calendar.last() {
                writer.write_record([&months[0].to_string(), name, &format!("{value:.2}"), &published.to_string()])?;
                account.rows += 1;
                account.kept += 1;
            }
        }
    }
    Ok((writer.into_inner().map_err(csv::IntoInnerError::into_error)?, account))
}
