//! The populations and totals of two real sets, counted by other programs (see `modelling.md`): CDNOW and Online Retail.
use super::export::write_split;
use super::{Context, FEATURES, History, Protocol, Window, windows};
use crate::account::Account;
use crate::money::Money;
use crate::table::row::{Kind, Transaction};
use crate::time::{Cutoff, Day, Horizon};
use ltv_btyd::PurchaseModel;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Read;
use std::path::PathBuf;

fn data(file: &str) -> Option<PathBuf> {
    let found =
        std::env::var_os("LTV_DATA_DIR").map(|folder| PathBuf::from(folder).join(file)).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: {file} is not in LTV_DATA_DIR");
    }
    found
}

fn day(text: &str) -> Day {
    Day::from(text.parse::<jiff::civil::Date>().unwrap())
}

fn micros(text: &str) -> i64 {
    let time: jiff::civil::DateTime = text.parse().unwrap();
    time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_microsecond()
}

fn window(history: &History, cutoff: &str, days: u16) -> Window {
    let mut context = Context::learn(history, Horizon::try_from(days).unwrap(), &Account::default()).unwrap();
    windows(history, &mut context, &[Cutoff(day(cutoff))]).unwrap().remove(0)
}

fn cdnow() -> Option<History> {
    let path = data("CDNOW_master.txt")?;
    let mut builder = History::builder(&Account::default()).unwrap();
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let date = format!("{}-{}-{}", &fields[1][..4], &fields[1][4..6], &fields[1][6..]);
        builder.transaction(&Transaction::order(fields[0], micros(&date), Money::parse(fields[3]).unwrap()));
    }
    Some(builder.finish())
}

#[test]
fn cdnow_has_23570_customers_in_april_1998_who_spend_211149_in_the_next_90_days() {
    let Some(history) = cdnow() else { return };
    assert_eq!((history.len(), history.lines()), (23_570, 69_659));
    assert_eq!(history.span(), Some((day("1997-01-01"), day("1998-06-30"))));
    let window = window(&history, "1998-04-01", 90);
    assert_eq!(window.len(), 23_570);
    assert!((window.target.iter().sum::<f64>() - 211_149.83).abs() < 0.005);
    assert!(window.later_arrivals.abs() < 1e-9);
    // Customers without a purchase in the window: 86 % of all.
    let zero = window.target.iter().filter(|target| **target == 0.0).count() as f64 / window.len() as f64;
    assert!((zero - 0.86).abs() < 0.01, "{zero}");
}

#[test]
fn cdnows_split_is_written_as_two_tables() {
    let Some(history) = cdnow() else { return };
    let (first, last) = history.span().unwrap();
    let protocol = Protocol::new(first, last, Some(Horizon::try_from(90).unwrap())).unwrap();
    let (mut train, mut test) = (Vec::new(), Vec::new());
    let exported = write_split(&history, &Account::default(), &protocol, &mut train, &mut test).unwrap();
    // Everyone had come by 1997-03-25, a hundred days before the first of the seven training windows.
    assert_eq!((exported.train_rows, exported.test_rows), (7 * 23_570, 23_570));
    let columns = |bytes: Vec<u8>| {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
        reader.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>()
    };
    let (train, test) = (columns(train), columns(test));
    assert_eq!(train, test);
    assert_eq!((train.len(), train.last().unwrap().as_str()), (FEATURES.len() + 3, "target"));
}

/// Published parameters of CDNOW's calibration period reach the features: `modelling.md`, 39 weeks to 1997-09-30.
#[test]
fn the_bg_nbd_of_cdnows_first_39_weeks_is_the_published_one() {
    let Some(history) = cdnow() else { return };
    let cutoff = Cutoff(day("1997-10-01"));
    let mut context = Context::learn(&history, Horizon::try_from(90).unwrap(), &Account::default()).unwrap();
    let window = windows(&history, &mut context, &[cutoff]).unwrap().remove(0);
    let PurchaseModel::BgNbd(model) = context.life(cutoff).unwrap().purchases.model else { panic!("no dropout") };
    // The papers count until the end of 1997-09-30, one day less than to the start of 1997-10-01, which moves a and b
    // together: their mean dropout is what can be compared.
    let dropout = model.a / (model.a + model.b);
    for (found, published) in [(model.r, 0.2516), (model.alpha, 4.789), (dropout, 0.7234 / (0.7234 + 2.161))] {
        assert!((found / published - 1.0).abs() < 0.01, "{model:?}");
    }
    let place = window.features.column_of("p_alive").unwrap();
    assert!(window.features.values.column(place).iter().all(|alive| (0.0..=1.0).contains(alive)));
}

#[test]
fn online_retail_has_3412_customers_in_september_2011_and_its_giant_orders_are_netted() {
    let Some(path) = data("online_retail.csv.gz") else { return };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut builder = History::builder(&Account::default()).unwrap();
    for record in reader.records() {
        let record = record.unwrap();
        let (invoice, product, quantity, time, price, customer) =
            (&record[0], &record[1], &record[3], &record[4], &record[5], &record[6]);
        if customer.is_empty() {
            continue;
        }
        let units = Money::parse(quantity).unwrap().micros();
        builder.transaction(&Transaction {
            transaction_id: Some(invoice.to_owned()),
            kind: if invoice.starts_with('C') { Kind::Cancellation } else { Kind::Order },
            product_id: Some(product.to_owned()),
            quantity: Some(units as f64 / 1e6),
            ..Transaction::order(
                customer,
                micros(&time.replace(' ', "T")),
                Money::parse(price).unwrap().checked_mul_micros(units).unwrap(),
            )
        });
    }
    let history = builder.finish();
    assert_eq!((history.len(), history.lines()), (4_372, 406_829));
    let window = window(&history, "2011-09-10", 91);
    assert_eq!(window.len(), 3_412);
    assert!((window.target.iter().sum::<f64>() - 2_592_745.181).abs() < 0.001);
    assert!((window.later_arrivals - 574_827.191).abs() < 0.001);
    let largest = window.target.iter().copied().fold(0.0, f64::max);
    assert!((largest - 124_206.55).abs() < 0.005, "{largest}");
    assert_eq!(window.target.iter().filter(|target| **target < 0.0).count(), 31);
    // £77,183.60 of 2011-01-18, cancelled sixteen minutes later: the customer bought nothing since.
    let giant = history.position(&crate::customer::CustomerHash::of("12346.0")).unwrap();
    let row = window.customers.iter().position(|customer| *customer == giant).unwrap();
    let value = |name: &str| window.features.values[[row, window.features.column_of(name).unwrap()]];
    assert_eq!((value("orders"), value("spend_to_date"), value("purchase_days")), (0.0, 0.0, 0.0));
}
