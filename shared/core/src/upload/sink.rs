//! From rows in the file's order to a sorted part. In flow cleaned rows; out flows one Parquet part, and what can only be
//! told of all rows together: doubles, linked cancellations. Rows of large files wait in spill files by range of buckets,
//! so that no more than one range is in memory at a time.
use super::UploadError;
use super::link;
use super::report::{Rule, UploadReport};
use crate::customer::{BUCKETS, CustomerHash};
use crate::money::Money;
use crate::table::encode::{self, Provenance};
use crate::table::part::PartWriter;
use crate::table::row::{Acquisition, Customer, Indicator, Kind, Spend, Transaction};
use crate::table::{Table, TableError};
use arrow::array::RecordBatch;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of an upload, as text, that one spill file is meant for.
const BYTES_PER_SPILL: u64 = 24 << 20;
const MOST_SPILLS: u64 = 256;
const BATCH_ROWS: usize = 16_384;

/// A row of some table, as sorting and counting see it.
pub(crate) trait PartRow: Serialize + DeserializeOwned {
    /// Its table.
    const TABLE: Table;
    /// Whose it is, in tables of customers.
    fn customer_id(&self) -> Option<&str>;
    /// Its amount.
    fn money(&self) -> Money;
    /// The currency of that.
    fn currency(&self) -> Option<&str>;
    /// What kind of transaction it is, where it is one.
    fn kind(&self) -> Option<Kind> {
        None
    }
    /// When it happened: UTC microseconds in tables of customers, else those of the day's start.
    fn at(&self) -> Option<i64>;
    /// Its order among the rows of one bucket.
    fn compare(&self, other: &Self) -> Ordering;
    /// The rows as a batch.
    fn encode(rows: &[Self], provenance: &Provenance) -> Result<RecordBatch, TableError>
    where
        Self: Sized;
    /// What is done to sorted rows before they are written; returns those it was done to.
    fn settle(_rows: &mut [Self]) -> Vec<usize>
    where
        Self: Sized,
    {
        Vec::new()
    }
}

impl PartRow for Transaction {
    const TABLE: Table = Table::Transactions;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        self.amount
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
    fn kind(&self) -> Option<Kind> {
        Some(self.kind)
    }
    fn at(&self) -> Option<i64> {
        Some(self.occurred_at)
    }
    fn compare(&self, other: &Transaction) -> Ordering {
        let key = |row: &Transaction| (row.occurred_at, row.line, row.kind);
        self.customer_id.cmp(&other.customer_id).then_with(|| key(self).cmp(&key(other)))
    }
    fn encode(rows: &[Transaction], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::transactions(rows, provenance)
    }
    fn settle(rows: &mut [Transaction]) -> Vec<usize> {
        link::link(rows)
    }
}

impl PartRow for Customer {
    const TABLE: Table = Table::Customers;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        Money::ZERO
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        self.acquired_at
    }
    fn compare(&self, other: &Customer) -> Ordering {
        self.customer_id.cmp(&other.customer_id).then_with(|| self.line.cmp(&other.line))
    }
    fn encode(rows: &[Customer], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::customers(rows, provenance)
    }
}

impl PartRow for Acquisition {
    const TABLE: Table = Table::Acquisition;
    fn customer_id(&self) -> Option<&str> {
        Some(&self.customer_id)
    }
    fn money(&self) -> Money {
        self.revenue
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        None
    }
    fn compare(&self, other: &Acquisition) -> Ordering {
        self.customer_id.cmp(&other.customer_id).then_with(|| self.line.cmp(&other.line))
    }
    fn encode(rows: &[Acquisition], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::acquisition(rows, provenance)
    }
}

impl PartRow for Spend {
    const TABLE: Table = Table::Spend;
    fn customer_id(&self) -> Option<&str> {
        None
    }
    fn money(&self) -> Money {
        self.spend
    }
    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * 86_400_000_000)
    }
    fn compare(&self, other: &Spend) -> Ordering {
        (self.date, self.line).cmp(&(other.date, other.line))
    }
    fn encode(rows: &[Spend], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::spend(rows, provenance)
    }
}

impl PartRow for Indicator {
    const TABLE: Table = Table::Indicators;
    fn customer_id(&self) -> Option<&str> {
        None
    }
    fn money(&self) -> Money {
        Money::ZERO
    }
    fn currency(&self) -> Option<&str> {
        None
    }
    fn at(&self) -> Option<i64> {
        Some(i64::from(self.date.0) * 86_400_000_000)
    }
    fn compare(&self, other: &Indicator) -> Ordering {
        (self.date, self.line).cmp(&(other.date, other.line))
    }
    fn encode(rows: &[Indicator], provenance: &Provenance) -> Result<RecordBatch, TableError> {
        encode::indicators(rows, provenance)
    }
}

/// A row on its way: its bucket, and the fingerprint of the line it came from.
#[derive(Serialize, Deserialize)]
struct Waiting<R> {
    bucket: u16,
    fingerprint: u64,
    /// Is it the first row of its line? Doubles are counted by line.
    leads: bool,
    row: R,
}

/// Rows that share a range of buckets.
enum Range<R> {
    Memory(Vec<Waiting<R>>),
    Spill { path: PathBuf, writer: BufWriter<File> },
}

/// Gathers rows and writes them sorted.
pub(crate) struct Sink<R> {
    ranges: Vec<Range<R>>,
    scratch: PathBuf,
    rows: u64,
}

impl<R: PartRow> Sink<R> {
    /// For an upload of about `bytes` bytes of text.
    pub(crate) fn new(scratch: &Path, bytes: u64) -> Result<Sink<R>, UploadError> {
        let spills = if R::TABLE.is_by_customer() { (bytes / BYTES_PER_SPILL + 1).min(MOST_SPILLS) } else { 1 };
        let mut ranges = Vec::with_capacity(spills as usize);
        if spills == 1 {
            ranges.push(Range::Memory(Vec::new()));
        } else {
            for number in 0..spills {
                let path = scratch.join(format!("spill-{number}"));
                let file = File::create_new(&path).map_err(|fault| UploadError::io(&path, fault))?;
                ranges.push(Range::Spill { path, writer: BufWriter::with_capacity(1 << 15, file) });
            }
        }
        Ok(Sink { ranges, scratch: scratch.to_owned(), rows: 0 })
    }

    /// Takes the rows of one line.
    pub(crate) fn push(&mut self, rows: &mut Vec<R>, fingerprint: u64) -> Result<(), UploadError> {
        for (place, row) in rows.drain(..).enumerate() {
            let bucket = row.customer_id().map_or(0, |id| CustomerHash::of(id).bucket().0);
            let range = usize::from(bucket) * self.ranges.len() / usize::from(BUCKETS);
            let waiting = Waiting { bucket, fingerprint, leads: place == 0, row };
            self.rows += 1;
            match &mut self.ranges[range] {
                Range::Memory(rows) => rows.push(waiting),
                Range::Spill { path, writer } => {
                    write_row(&waiting, writer).map_err(|fault| UploadError::io(path, fault))?;
                }
            }
        }
        Ok(())
    }

    /// Writes the part; `None` where there is no row.
    pub(crate) fn finish(
        self,
        provenance: &Provenance,
        report: &mut UploadReport,
    ) -> Result<Option<PathBuf>, UploadError> {
        report.table_rows = self.rows;
        let path = self.scratch.join(format!("{}.parquet", R::TABLE));
        if self.rows == 0 {
            for range in self.ranges {
                if let Range::Spill { path, .. } = range {
                    std::fs::remove_file(&path).map_err(|fault| UploadError::io(&path, fault))?;
                }
            }
            return Ok(None);
        }
        let file = File::create(&path).map_err(|fault| UploadError::io(&path, fault))?;
        let mut part = PartWriter::new(BufWriter::with_capacity(1 << 18, file), R::TABLE)?;
        for range in self.ranges {
            let mut waiting = read_range(range)?;
            waiting.sort_unstable_by(|left, right| {
                left.bucket.cmp(&right.bucket).then_with(|| left.row.compare(&right.row))
            });
            count_doubles(&waiting, report);
            let mut rows: Vec<R> = waiting.into_iter().map(|waiting| waiting.row).collect();
            for place in R::settle(&mut rows) {
                report.rules.entry(Rule::CancellationLinked).or_default().add(rows[place].money());
            }
            for batch in rows.chunks(BATCH_ROWS) {
                part.write(&R::encode(batch, provenance)?)?;
            }
        }
        part.finish()?.flush().map_err(|fault| UploadError::io(&path, fault))?;
        Ok(Some(path))
    }
}

fn write_row<R: Serialize>(waiting: &Waiting<R>, writer: &mut BufWriter<File>) -> std::io::Result<()> {
    let bytes = postcard::to_allocvec(waiting).map_err(std::io::Error::other)?;
    writer.write_all(&(bytes.len() as u32).to_le_bytes())?;
    writer.write_all(&bytes)
}

fn read_range<R: PartRow>(range: Range<R>) -> Result<Vec<Waiting<R>>, UploadError> {
    let (path, mut writer) = match range {
        Range::Memory(rows) => return Ok(rows),
        Range::Spill { path, writer } => (path, writer),
    };
    let mut read = || -> std::io::Result<Vec<Waiting<R>>> {
        writer.flush()?;
        let mut reader = BufReader::with_capacity(1 << 18, File::open(&path)?);
        let (mut rows, mut bytes, mut length) = (Vec::new(), Vec::new(), [0_u8; 4]);
        loop {
            match reader.read_exact(&mut length) {
                Ok(()) => {}
                Err(fault) if fault.kind() == std::io::ErrorKind::UnexpectedEof => break,
                Err(fault) => return Err(fault),
            }
            bytes.resize(u32::from_le_bytes(length) as usize, 0);
            reader.read_exact(&mut bytes)?;
            rows.push(postcard::from_bytes(&bytes).map_err(std::io::Error::other)?);
        }
        std::fs::remove_file(&path)?;
        Ok(rows)
    };
    read().map_err(|fault| UploadError::io(&path, fault))
}

/// Identical lines are of one customer, hence in one range: every line but the first of its kind is a double.
fn count_doubles<R: PartRow>(rows: &[Waiting<R>], report: &mut UploadReport) {
    let mut lines: Vec<(u64, Money)> =
        rows.iter().filter(|waiting| waiting.leads).map(|waiting| (waiting.fingerprint, waiting.row.money())).collect();
    count_repeats(&mut lines, report);
}

/// Counts all but the first of equal fingerprints.
pub(crate) fn count_repeats(lines: &mut [(u64, Money)], report: &mut UploadReport) {
    lines.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
    for pair in lines.windows(2) {
        if pair[0].0 == pair[1].0 {
            report.rules.entry(Rule::DuplicateLine).or_default().add(pair[1].1);
        }
    }
}
