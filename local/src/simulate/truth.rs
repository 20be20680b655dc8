//! What nobody in the business knows. In flow the parameters, the customers' futures, the days of the channels and the
//! accounts of the files; out flow `truth/customers.parquet` and its twin `customers.csv.gz`, `channel_days.csv`,
//! `uploads.csv` and `business.json`. The pipeline never reads them.
use super::calendar::{Calendar, day_of};
use super::constants::{CHANNELS, Channel, EXPORT_HOUR, HORIZONS, PAID, PROPORTIONS, Proportions};
use super::customer::Customer;
use super::customers::{campaign, country};
use super::demand::{Demand, share_of_day};
use super::future::{Expected, Realised};
use super::ledger::FileAccount;
use super::response::Curve;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, RecordBatch, StringArray, UInt32Array};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use ltv_core::time::Day;
use serde::Serialize;
use std::sync::Arc;

/// The truth about one customer.
pub(crate) struct CustomerTruth {
    pub(crate) customer: Customer,
    pub(crate) first_order_on: Option<Day>,
    pub(crate) lost_on: Option<Day>,
    pub(crate) alive: bool,
    pub(crate) realised: Realised,
    pub(crate) expected: Option<Expected>,
}

impl CustomerTruth {
    /// Puts together what is known of a customer. Days behind the longest horizon are `None`.
    pub(crate) fn of(
        calendar: &Calendar,
        customer: Customer,
        realised: Realised,
        expected: Option<Expected>,
    ) -> CustomerTruth {
        let day = |clock: f64| (clock < calendar.clock_at_end()).then(|| day_of(calendar.instant(clock)));
        CustomerTruth {
            first_order_on: day(customer.first_order),
            lost_on: day(customer.lost),
            alive: customer.lost > calendar.clock(calendar.last()),
            customer,
            realised,
            expected,
        }
    }
}

/// One batch of customers in the columns of `customers.parquet`. Money is in currency units.
pub(crate) fn batch(truths: &[CustomerTruth]) -> Result<RecordBatch, ArrowError> {
    fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }
    let number = |of: &dyn Fn(&CustomerTruth) -> f64| -> ArrayRef {
        Arc::new(truths.iter().map(|truth| Some(of(truth))).collect::<Float64Array>())
    };
    let count = |of: &dyn Fn(&CustomerTruth) -> u32| -> ArrayRef {
        Arc::new(truths.iter().map(|truth| Some(of(truth))).collect::<UInt32Array>())
    };
    let day = |of: &dyn Fn(&CustomerTruth) -> Option<Day>| -> ArrayRef {
        Arc::new(truths.iter().map(|truth| of(truth).map(|day| day.0)).collect::<Date32Array>())
    };
    let mut columns: Vec<(String, ArrayRef, bool)> = vec![
        ("customer_id".into(), text(truths.iter().map(|t| Some(t.customer.id()))), false),
        ("channel".into(), text(truths.iter().map(|t| Some(CHANNELS[usize::from(t.customer.channel)].name))), false),
        ("campaign".into(), text(truths.iter().map(|t| campaign(&t.customer))), true),
        ("country".into(), text(truths.iter().map(|t| Some(country(&t.customer)))), false),
        ("acquired_on".into(), day(&|t| Some(day_of(t.customer.acquired_at))), false),
        ("first_order_on".into(), day(&|t| t.first_order_on), true),
        ("lost_on".into(), day(&|t| t.lost_on), true),
        ("alive".into(), Arc::new(truths.iter().map(|t| Some(t.alive)).collect::<BooleanArray>()), false),
        ("purchase_rate".into(), number(&|t| t.customer.purchase_rate), false),
        ("dropout_rate".into(), number(&|t| t.customer.dropout_rate), false),
        ("mean_order".into(), number(&|t| t.customer.mean_order), false),
        ("past_orders".into(), count(&|t| t.realised.past_orders), false),
        ("past_spend".into(), number(&|t| t.realised.past_cents as f64 / 100.0), false),
    ];
    let expected = |of: &dyn Fn(&Expected) -> f64| -> ArrayRef {
        Arc::new(truths.iter().map(|truth| truth.expected.as_ref().map(of)).collect::<Float64Array>())
    };
    for (h, horizon) in HORIZONS.into_iter().enumerate() {
        columns.push((format!("realised_orders_{horizon}"), count(&|t| t.realised.orders[h]), false));
        columns.push((format!("realised_spend_{horizon}"), number(&|t| t.realised.cents[h] as f64 / 100.0), false));
        columns.push((format!("expected_orders_{horizon}"), expected(&|e| e.orders[h]), true));
        columns.push((format!("expected_spend_{horizon}"), expected(&|e| e.spend[h]), true));
    }
    RecordBatch::try_from_iter_with_nullable(columns)
}

/// The rows of a batch as they stand in `customers.csv.gz`.
pub(crate) fn csv_rows(batch: &RecordBatch) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let options = FormatOptions::default();
    let columns: Result<Vec<_>, ArrowError> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect();
    let columns = columns?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut cell = String::new();
    for row in 0..batch.num_rows() {
        for column in &columns {
            cell.clear();
            column.value(row).write(&mut cell)?;
            writer.write_field(&cell)?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// One day of one channel, as `channel_days.csv` states it.
#[derive(Serialize)]
struct ChannelDayRow {
    date: Day,
    channel: &'static str,
    spend: f64,
    adstock: f64,
    season: f64,
    share_of_day: f64,
    expected_baseline: f64,
    expected_response: f64,
    noise: f64,
    new_customers: u32,
}

/// `channel_days.csv`: `expected_response = season × share_of_day × saturated × adstockˢ / (adstockˢ + half_saturationˢ)`
/// with `s = slope`, and `new_customers` is drawn around `(expected_baseline + expected_response) × noise`.
pub(crate) fn channel_days(calendar: &Calendar, demand: &Demand) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (date, cells) in demand.days() {
        for (channel, cell) in CHANNELS.iter().zip(cells) {
            writer.serialize(ChannelDayRow {
                date,
                channel: channel.name,
                spend: cell.spend(),
                adstock: cell.adstock,
                season: calendar.season(date),
                share_of_day: share_of_day(calendar, date),
                expected_baseline: cell.baseline,
                expected_response: cell.response,
                noise: cell.noise,
                new_customers: cell.new_customers,
            })?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// `uploads.csv`: what each upload holds and what must become of it.
pub(crate) fn uploads(accounts: &[FileAccount]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for account in accounts {
        writer.serialize(account)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// What merging all uploads must yield.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Merged {
    /// Rows of transactions.
    pub transactions: u64,
    /// Their amounts, in cents.
    pub transactions_cents: i64,
    /// Rows of spend.
    pub spend: u64,
    /// Spend, in cents.
    pub spend_cents: i64,
}

impl Merged {
    /// Adds up the accounts of all uploads.
    pub(crate) fn of(accounts: &[FileAccount]) -> Merged {
        let mut merged = Merged::default();
        for account in accounts {
            let (rows, cents) = (account.kept - account.superseded, account.kept_cents - account.superseded_cents);
            match account.table {
                "transactions" => {
                    merged.transactions += rows;
                    merged.transactions_cents += cents;
                }
                "spend" => {
                    merged.spend += rows;
                    merged.spend_cents += cents;
                }
                _ => {}
            }
        }
        merged
    }
}

/// `business.json`: everything about the business that is not about one customer, day or file.
#[derive(Serialize)]
pub(crate) struct Business<'a> {
    pub(crate) customers: u32,
    pub(crate) months: u32,
    pub(crate) seed: u64,
    pub(crate) first_day: Day,
    /// The last day that holds events: the cutoff of a prediction made from the exports.
    pub(crate) last_day: Day,
    pub(crate) export_hour_utc: u8,
    pub(crate) horizons: [i32; HORIZONS.len()],
    pub(crate) merged: Merged,
    pub(crate) proportions: Proportions,
    pub(crate) channels: Vec<ChannelBusiness<'a>>,
}

/// A channel's constants, and its curve at the size of this business.
#[derive(Serialize)]
pub(crate) struct ChannelBusiness<'a> {
    #[serde(flatten)]
    channel: &'a Channel,
    curve: Option<Curve>,
    new_customers: u32,
    spend: f64,
}

impl Business<'_> {
    /// Puts together what is written to `business.json`.
    pub(crate) fn of(calendar: &Calendar, demand: &Demand, seed: u64, merged: Merged) -> Business<'static> {
        let channels = CHANNELS.iter().enumerate().map(|(c, channel)| ChannelBusiness {
            channel,
            curve: (c < PAID).then(|| demand.curves[c]),
            new_customers: demand.days().map(|(_, cells)| cells[c].new_customers).sum(),
            spend: demand.days().map(|(_, cells)| cells[c].spend_cents.iter().sum::<i64>()).sum::<i64>() as f64 / 100.0,
        });
        let channels: Vec<ChannelBusiness<'static>> = channels.collect();
        Business {
            customers: channels.iter().map(|channel| channel.new_customers).sum(),
            months: calendar.months.len() as u32 - 1,
            seed,
            first_day: calendar.first(),
            last_day: calendar.last(),
            export_hour_utc: EXPORT_HOUR,
            horizons: HORIZONS,
            merged,
            proportions: PROPORTIONS,
            channels,
        }
    }
}
