//! One shop: a slice of the customers small enough for memory. In flow the world and the customers' numbers; out flow
//! the shop's rows of the customers' export and of the truth, and its monthly order exports. Customers are simulated on
//! all cores and written in order of their numbers, so that threads never show in a file.
use super::basket::Basket;
use super::calendar::{Calendar, seconds};
use super::customer::{Customer, Placed};
use super::demand::Demand;
use super::dirt::Event;
use super::folder::{Folder, Sink};
use super::future::{expected, realised};
use super::ledger::FileAccount;
use super::orders::{Entry, Exports};
use super::stream::Streams;
use super::truth::{CustomerTruth, batch, csv_rows};
use super::{SimulateError, customers};
use arrow::array::RecordBatch;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as ParquetCompression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;
use std::io::{self, Write};

/// Customers of one batch of the truth, simulated by one thread.
const BATCH: usize = 4_096;
/// Batches that are simulated before they are written.
const BATCHES: usize = 16;

/// What all customers share.
pub(crate) struct World {
    pub(crate) streams: Streams,
    pub(crate) calendar: Calendar,
    pub(crate) demand: Demand,
    pub(crate) customers: u32,
    /// At most so many customers to a shop.
    pub(crate) customers_per_shop: u32,
}

impl World {
    /// How many shops the business has.
    pub(crate) fn shops(&self) -> u32 {
        self.customers.div_ceil(self.customers_per_shop)
    }

    /// The customers of a shop, counted from 1: every so manieth, so that each shop has customers of all days.
    fn customers_of(&self, shop: u32) -> Vec<u32> {
        (shop - 1..self.customers).step_by(self.shops() as usize).collect()
    }
}

/// The files that all shops append to.
pub(crate) struct Shared {
    customers: Sink,
    truth_csv: Sink,
    truth: ArrowWriter<Sink>,
    account: FileAccount,
}

/// A batch of customers, simulated.
struct Part {
    entries: Vec<Entry>,
    truth: RecordBatch,
    truth_csv: Vec<u8>,
    customers: Vec<u8>,
    account: FileAccount,
}

pub(crate) const TRUTH: &str = "truth/customers.parquet";
pub(crate) const TRUTH_CSV: &str = "truth/customers.csv.gz";

impl Shared {
    /// Begins the files.
    pub(crate) fn create(folder: &Folder) -> Result<Shared, SimulateError> {
        let encode = |source: Box<dyn std::error::Error + Send + Sync>| SimulateError::Encode {
            path: folder.path(TRUTH),
            source,
        };
        let schema = batch(&[]).map_err(|error| encode(error.into()))?.schema();
        let properties = WriterProperties::builder()
            .set_compression(ParquetCompression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(BATCH * BATCHES))
            .build();
        let truth = ArrowWriter::try_new(folder.create(TRUTH)?, schema.clone(), Some(properties));
        let mut customers = folder.create(&format!("uploads/{}", customers::KEY))?;
        customers.append(customers::HEADER)?;
        let mut truth_csv = folder.create(TRUTH_CSV)?;
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        truth_csv.append(&gzip((names.join(",") + "\n").as_bytes()))?;
        Ok(Shared {
            customers,
            truth_csv,
            truth: truth.map_err(|error| encode(error.into()))?,
            account: customers::account(),
        })
    }

    fn append(&mut self, folder: &Folder, part: &Part) -> Result<(), SimulateError> {
        self.customers.append(&part.customers)?;
        self.truth_csv.append(&part.truth_csv)?;
        let written = self.truth.write(&part.truth);
        written.map_err(|error| SimulateError::Encode { path: folder.path(TRUTH), source: error.into() })?;
        self.account.add(&part.account);
        Ok(())
    }

    /// Ends the files and returns the account of the customers' export.
    pub(crate) fn finish(self, folder: &Folder, exported_at: i64) -> Result<FileAccount, SimulateError> {
        self.customers.finish(exported_at)?;
        self.truth_csv.finish(exported_at)?;
        let sink = self.truth.into_inner();
        let sink = sink.map_err(|error| SimulateError::Encode { path: folder.path(TRUTH), source: error.into() })?;
        sink.finish(exported_at)?;
        Ok(self.account)
    }
}

/// Simulates a shop, counted from 1, and returns how many entries its exports tell of and the accounts of its files.
pub(crate) fn run(
    world: &World,
    folder: &Folder,
    shop: u32,
    shared: &mut Shared,
    mut simulated: impl FnMut(u32),
) -> Result<(u64, Vec<FileAccount>), SimulateError> {
    let customers = world.customers_of(shop);
    let mut entries = Vec::new();
    for group in customers.chunks(BATCH * BATCHES) {
        let parts: Result<Vec<Part>, SimulateError> = group
            .par_chunks(BATCH)
            .map(|numbers| {
                let part = Part::simulate(world, numbers);
                part.map_err(|source| SimulateError::Encode { path: folder.path(TRUTH), source })
            })
            .collect();
        for part in parts? {
            shared.append(folder, &part)?;
            entries.extend(part.entries);
        }
        simulated(group.len() as u32);
    }
    entries.par_sort_unstable();
    let exports = Exports { streams: &world.streams, calendar: &world.calendar, shop, entries: &entries };
    let months = 0..world.calendar.months.len() - 1;
    let accounts: Result<Vec<Option<FileAccount>>, SimulateError> =
        months.into_par_iter().map(|month| export(&exports, folder, month)).collect();
    Ok((entries.len() as u64, accounts?.into_iter().flatten().collect()))
}

/// Writes a month's export, unless nothing happened.
fn export(exports: &Exports<'_>, folder: &Folder, month: usize) -> Result<Option<FileAccount>, SimulateError> {
    if exports.entries_of(month).is_empty() {
        return Ok(None);
    }
    let mut sink = folder.create(&format!("uploads/{}", exports.key(month)))?;
    let account = sink.fill(|out| exports.write(month, out))?;
    sink.finish(seconds(exports.calendar.months[month + 1]).min(exports.calendar.export_at()))?;
    Ok(Some(account))
}

impl Part {
    fn simulate(world: &World, numbers: &[u32]) -> Result<Part, Box<dyn std::error::Error + Send + Sync>> {
        let calendar = &world.calendar;
        let (mut entries, mut truths, mut rows) = (Vec::new(), Vec::with_capacity(numbers.len()), Vec::new());
        let mut account = customers::account();
        for &number in numbers {
            let (customer, rng) = Customer::draw(&world.streams, calendar, &world.demand, number);
            let placed = customer.orders(rng, calendar, calendar.clock_at_end());
            let basket = |(order, placed): (usize, Placed)| {
                let basket =
                    Basket::draw(&world.streams, number, order as u16, customer.channel, placed.at, placed.cents);
                (placed, basket)
            };
            let orders: Vec<(Placed, Basket)> = placed.into_iter().enumerate().map(basket).collect();
            observe(calendar, &customer, &orders, &mut entries);
            customers::write(&world.streams, &customer, &mut rows, &mut account)?;
            let (realised, expected) = (realised(calendar, &orders), expected(calendar, &customer, &orders));
            truths.push(CustomerTruth::of(calendar, customer, realised, expected));
        }
        let truth = batch(&truths)?;
        let truth_csv = gzip(&csv_rows(&truth)?);
        Ok(Part { entries, truth, truth_csv, customers: rows, account })
    }
}

/// Adds the entries of a customer's orders that happened before the exports were taken.
fn observe(calendar: &Calendar, customer: &Customer, orders: &[(Placed, Basket)], entries: &mut Vec<Entry>) {
    for (number, (placed, basket)) in orders.iter().enumerate() {
        if placed.at >= calendar.export_at() {
            break;
        }
        let order = Entry {
            at: placed.at,
            customer: customer.number,
            order: number as u16,
            event: Event::Order,
            channel: customer.channel,
            since_order: 0,
            cents: placed.cents,
        };
        entries.push(order);
        if let Some((at, _)) = basket.given_back().filter(|(at, _)| *at < calendar.export_at()) {
            let event = if basket.is_cancelled() { Event::Cancellation } else { Event::Refund };
            entries.push(Entry { at, event, since_order: (at - placed.at) as u32, ..order });
        }
    }
}

/// One member of a gzip file; members can be joined, so that batches are compressed on all cores.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let done: io::Result<Vec<u8>> = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.expect("memory takes all bytes")
}
