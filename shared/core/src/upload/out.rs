//! What a chunk becomes. In flow the rows that its records are, one table's or several's; out flow those rows encoded, by
//! range of buckets, ready to wait in spill files until all rows of a range can be sorted. Rows are borrowed from the
//! chunk and written down at once: none is ever held.
use super::books::Books;
use super::part_row::PartRow;
use crate::customer::{BUCKETS, CustomerHash};
use crate::money::Money;
use crate::table::Table;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Bytes before each encoded row: length, bucket, time, fingerprint, and whether the row is the first of its line.
pub(crate) const HEADER: usize = 4 + 2 + 8 + 8 + 1;
/// How many customers' buckets are remembered.
const REMEMBERED: usize = 1 << 16;

/// Buckets of the customers seen last: working out a hash for every line of theirs would take longer than all else.
#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<Box<str>, u16, FixedState>);

impl Buckets {
    fn of(&mut self, customer_id: &str) -> u16 {
        if let Some(bucket) = self.0.get(customer_id) {
            return *bucket;
        }
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let bucket = CustomerHash::of(customer_id).bucket().0;
        self.0.insert(customer_id.into(), bucket);
        bucket
    }
}

/// Encoded rows by table and range.
pub(crate) type Encoded = [Vec<Vec<u8>>; Table::ALL.len()];

/// Takes the rows of one chunk.
pub(crate) struct Out<'a> {
    primary: Table,
    ranges: usize,
    /// The range of rows that are no customer's: those of one stretch of the file.
    stretch: usize,
    buckets: &'a mut Buckets,
    encoded: Encoded,
    /// What this chunk has told of customers so far.
    told: HashMap<Box<str>, Box<str>, FixedState>,
    fault: Option<postcard::Error>,
    fingerprint: u64,
    leads: bool,
    line_money: Money,
    pub(crate) books: Books,
}

impl<'a> Out<'a> {
    /// For a chunk of an upload whose rows go to `primary`, cut into `ranges`; those that are no customer's belong to
    /// the range `stretch`.
    pub(crate) fn new(primary: Table, ranges: usize, stretch: usize, buckets: &'a mut Buckets) -> Out<'a> {
        let encoded = Encoded::default();
        Out {
            primary,
            ranges,
            stretch: stretch.min(ranges - 1),
            buckets,
            encoded,
            told: HashMap::default(),
            fault: None,
            fingerprint: 0,
            leads: true,
            line_money: Money::ZERO,
            books: Books::default(),
        }
    }

    /// The rows to come are those of the line with this fingerprint.
    pub(crate) fn begin_line(&mut self, fingerprint: u64) {
        self.books.read();
        (self.fingerprint, self.leads, self.line_money) = (fingerprint, true, Money::ZERO);
    }

    /// Has this chunk not yet told this of the customer? Chunks are cut by bytes alone, so that the answers are the same
    /// in every run.
    pub(crate) fn is_news(&mut self, customer_id: &str, told: &str) -> bool {
        match self.told.get_mut(customer_id) {
            Some(known) if known.as_ref() == told => false,
            Some(known) => {
                *known = told.into();
                true
            }
            None => {
                self.told.insert(customer_id.into(), told.into());
                true
            }
        }
    }

    /// Takes a row.
    pub(crate) fn push<R: PartRow>(&mut self, row: &R) {
        let bucket = row.customer_id().map_or(0, |id| self.buckets.of(id));
        let range = match row.customer_id() {
            Some(_) => range_of(bucket, self.ranges),
            None => self.stretch,
        };
        if R::TABLE == self.primary {
            self.line_money += row.money();
            self.books.enter(row.money(), row.currency(), row.at(), self.leads);
            if row.is_order() {
                self.books.order(row.money());
            }
        }
        let ranges = &mut self.encoded[R::TABLE as usize];
        if ranges.is_empty() {
            ranges.resize(self.ranges, Vec::new());
        }
        let mut bytes = std::mem::take(&mut ranges[range]);
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&bucket.to_le_bytes());
        bytes.extend_from_slice(&row.at().unwrap_or(i64::MIN).to_le_bytes());
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        bytes.push(u8::from(self.leads && R::TABLE == self.primary));
        match postcard::serialize_with_flavor(row, Appended(bytes)) {
            Ok(mut bytes) => {
                let length = (bytes.len() - start - HEADER) as u32;
                bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
                ranges[range] = bytes;
            }
            Err(fault) => self.fault = Some(fault),
        }
        self.leads = self.leads && R::TABLE != self.primary;
    }

    /// The money of the rows of the line just read.
    pub(crate) fn line_money(&self) -> Money {
        self.line_money
    }

    /// The fingerprint of the line just read.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The rows and the books of the chunk.
    pub(crate) fn finish(self) -> Result<(Encoded, Books), postcard::Error> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.encoded, self.books)),
        }
    }
}

/// Writes behind what a buffer holds; postcard's own way to do so goes byte by byte.
struct Appended(Vec<u8>);

impl postcard::ser_flavors::Flavor for Appended {
    type Output = Vec<u8>;
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }
    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }
    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

fn range_of(bucket: u16, ranges: usize) -> usize {
    usize::from(bucket) * ranges / usize::from(BUCKETS)
}

/// A line's fingerprint and money, as they wait to be counted.
pub(crate) fn encode_line(fingerprint: u64, money: Money, ranges: &mut [Vec<u8>]) {
    // The upper half of the product spreads fingerprints evenly over the ranges.
    let range = ((u128::from(fingerprint) * ranges.len() as u128) >> 64) as usize;
    ranges[range].extend_from_slice(&fingerprint.to_le_bytes());
    ranges[range].extend_from_slice(&money.micros().to_le_bytes());
}
