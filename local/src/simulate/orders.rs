//! The shops' monthly order exports. In flow the entries of one shop, sorted by time; out flow CSV files, one a month,
//! each repeating the last days of the month before, and the account of every file: what a reader must keep, refuse
//! and supersede. Nothing is written that happened at or after the moment of the export.
use super::basket::{Basket, Line, order_entity};
use super::calendar::{Calendar, SECONDS_A_DAY, day_of, seconds};
use super::constants::{CHANNELS, CURRENCY, OVERLAP_DAYS, PROPORTIONS};
use super::customer::customer_id;
use super::dirt::{Dirt, Edition, Event, Flaw};
use super::ledger::FileAccount;
use super::stream::{Purpose, Streams, uniform};
use ltv_core::time::Day;
use std::io::{self, Write};

/// An order, refund or cancellation of an export, to be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Seconds since 1970 of the entry itself.
    pub(crate) at: i64,
    /// Number of the customer.
    pub(crate) customer: u32,
    /// Number of the customer's order.
    pub(crate) order: u16,
    /// What happened to it.
    pub(crate) event: Event,
    /// Number of the channel by which the customer came.
    pub(crate) channel: u8,
    /// Seconds by which the order precedes the entry.
    pub(crate) since_order: u32,
    /// Amount of the order.
    pub(crate) cents: u32,
}

/// How a file writes its dates, all in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DateFormat {
    Iso,
    IsoZoned,
    DayFirst,
    MonthFirst,
    Dotted,
}

impl DateFormat {
    const ALL: [DateFormat; 5] =
        [DateFormat::Iso, DateFormat::IsoZoned, DateFormat::DayFirst, DateFormat::MonthFirst, DateFormat::Dotted];

    fn name(self) -> &'static str {
        match self {
            DateFormat::Iso => "YYYY-MM-DD hh:mm:ss",
            DateFormat::IsoZoned => "YYYY-MM-DDThh:mm:ssZ",
            DateFormat::DayFirst => "DD/MM/YYYY hh:mm",
            DateFormat::MonthFirst => "MM/DD/YYYY hh:mm",
            DateFormat::Dotted => "DD.MM.YYYY hh:mm",
        }
    }

    fn write(self, out: &mut impl Write, at: i64) -> io::Result<()> {
        let date = day_of(at).date();
        let (year, month, day) = (date.year(), date.month(), date.day());
        let second = at.rem_euclid(SECONDS_A_DAY);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        match self {
            DateFormat::Iso => write!(out, "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            DateFormat::IsoZoned => write!(out, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
            DateFormat::DayFirst => write!(out, "{day:02}/{month:02}/{year} {hour:02}:{minute:02}"),
            DateFormat::MonthFirst => write!(out, "{month:02}/{day:02}/{year} {hour:02}:{minute:02}"),
            DateFormat::Dotted => write!(out, "{day:02}.{month:02}.{year} {hour:02}:{minute:02}"),
        }
    }
}

/// The entries of one shop and what is needed to write them down.
pub(crate) struct Exports<'a> {
    pub(crate) streams: &'a Streams,
    pub(crate) calendar: &'a Calendar,
    /// Number of the shop, from 1.
    pub(crate) shop: u32,
    /// Sorted.
    pub(crate) entries: &'a [Entry],
}

/// The key of a shop's export of a month, whose first day is given.
pub(crate) fn key(shop: u32, month: Day) -> String {
    let date = month.date();
    format!("transactions/orders-{}-{:02}-shop{shop}.csv", date.year(), date.month())
}

impl Exports<'_> {
    /// The instants between which the export of a month holds entries.
    fn span(&self, month: usize) -> (i64, i64) {
        let overlap = if month == 0 { 0 } else { OVERLAP_DAYS };
        let from = seconds(self.calendar.months[month] - overlap);
        (from, seconds(self.calendar.months[month + 1]).min(self.calendar.export_at()))
    }

    /// The entries that the export of a month holds.
    pub(crate) fn entries_of(&self, month: usize) -> &[Entry] {
        let (from, to) = self.span(month);
        let start = self.entries.partition_point(|entry| entry.at < from);
        let end = self.entries.partition_point(|entry| entry.at < to);
        &self.entries[start..end]
    }

    /// The key of the export of a month.
    pub(crate) fn key(&self, month: usize) -> String {
        key(self.shop, self.calendar.months[month])
    }

    /// Writes the export of a month and returns its account.
    pub(crate) fn write(&self, month: usize, out: &mut impl Write) -> io::Result<FileAccount> {
        let entries = self.entries_of(month);
        let format = self.date_format(month, entries);
        let mut account = FileAccount::new(self.key(month), "transactions", format.name());
        out.write_all(
            b"order_id,customer_id,order_date,amount,currency,status,product_id,quantity,channel,refund_of\n",
        )?;
        let repeated_from = seconds(self.calendar.months[month + 1] - OVERLAP_DAYS);
        let is_last = month + 2 == self.calendar.months.len();
        for entry in entries {
            let edition = if entry.at >= repeated_from && !is_last { Edition::Older } else { Edition::Newest };
            self.write_entry(entry, edition, format, out, &mut account)?;
        }
        Ok(account)
    }

    /// Day and month are told apart by a file's own evidence; where a small file may have none, its dates are ISO.
    fn date_format(&self, month: usize, entries: &[Entry]) -> DateFormat {
        let mut rng = self.streams.of(Purpose::File, u64::from(self.shop) << 16 | month as u64);
        let drawn = DateFormat::ALL[(uniform(&mut rng) * DateFormat::ALL.len() as f64) as usize];
        let evidence = entries.iter().filter(|entry| day_of(entry.at).date().day() > 12).count();
        if evidence >= 20 { drawn } else { DateFormat::Iso }
    }

    fn write_entry(
        &self,
        entry: &Entry,
        edition: Edition,
        format: DateFormat,
        out: &mut impl Write,
        account: &mut FileAccount,
    ) -> io::Result<()> {
        let placed = entry.at - i64::from(entry.since_order);
        let basket = Basket::draw(self.streams, entry.customer, entry.order, entry.channel, placed, entry.cents);
        let lines = if entry.event == Event::Order { basket.lines() } else { basket.returned() };
        let last_day = day_of(entry.at) == self.calendar.last();
        let entity = order_entity(entry.customer, entry.order);
        let dirt = Dirt::draw(self.streams, entity, entry.event, &basket, last_day);
        let superseded = edition == Edition::Older && dirt.is_readable(Edition::Newest, lines.len());
        for (number, (line, row)) in lines.iter().zip(dirt.rows(edition)).enumerate() {
            let cents = recorded_cents(line, &dirt, edition, number);
            let signed = if entry.event == Event::Order { cents } else { -cents };
            for copy in 0..=usize::from(row.twice) {
                write_row(entry, format, line, &dirt, row.flaw, signed, out)?;
                account.rows += 1;
                account.duplicates += u64::from(copy > 0);
                match row.flaw {
                    _ if dirt.no_customer => account.missing_customer += 1,
                    Flaw::Date(_) => account.garbage_date += 1,
                    Flaw::Amount(_) => account.garbage_amount += 1,
                    Flaw::None => {
                        account.keep(signed, superseded);
                        account.outliers += u64::from(dirt.outlier);
                    }
                }
            }
        }
        Ok(())
    }
}

/// A line's amount as this edition records it.
fn recorded_cents(line: &Line, dirt: &Dirt, edition: Edition, number: usize) -> i64 {
    let cents = i64::from(line.cents);
    if dirt.outlier {
        return cents * i64::from(PROPORTIONS.outlier_factor);
    }
    if dirt.provisional && edition == Edition::Older && number == 0 { cents + (cents + 5) / 10 } else { cents }
}

fn write_row(
    entry: &Entry,
    format: DateFormat,
    line: &Line,
    dirt: &Dirt,
    flaw: Flaw,
    cents: i64,
    out: &mut impl Write,
) -> io::Result<()> {
    let order = |out: &mut _| write_order_id(out, entry);
    let (suffix, status) = match entry.event {
        Event::Order => ("", "completed"),
        Event::Cancellation => ("-C", "cancelled"),
        Event::Refund => ("-R", "refunded"),
    };
    order(out)?;
    write!(out, "{suffix},")?;
    if !dirt.no_customer {
        out.write_all(customer_id(entry.customer).as_bytes())?;
    }
    out.write_all(b",")?;
    match flaw {
        Flaw::Date(garbage) => out.write_all(garbage.as_bytes())?,
        _ => format.write(out, entry.at)?,
    }
    out.write_all(b",")?;
    match flaw {
        Flaw::Amount(garbage) => out.write_all(garbage.as_bytes())?,
        _ => write!(out, "{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)?,
    }
    let sign = if entry.event == Event::Order { "" } else { "-" };
    write!(out, ",{CURRENCY},{status},P{:04},{sign}{},{},", line.product, line.quantity, order_channel(entry))?;
    if entry.event != Event::Order {
        order(out)?;
    }
    out.write_all(b"\n")
}

fn write_order_id(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    write!(out, "O{:07}-{}", entry.customer + 1, entry.order + 1)
}

/// First orders come through the channel of acquisition; later ones through that, email or none, in turn.
fn order_channel(entry: &Entry) -> &'static str {
    match entry.order % 4 {
        0 => CHANNELS[usize::from(entry.channel)].name,
        2 => "email",
        _ => "direct",
    }
}
