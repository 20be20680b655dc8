//! What a chunk becomes. In flow the rows that its records are, one table's or several's; out flow those rows encoded, by
//! range of buckets, ready to wait in spill files until all rows of a range can be sorted. Rows are borrowed from the
//! chunk and written down at once: none is ever held.
use super::books::Books;
use super::part_row::PartRow;
use super::waiting;
use crate::customer::{BUCKETS, CustomerHash};
use crate::money::Money;
use crate::table::Table;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// How many customers' buckets are remembered.
const REMEMBERED: usize = 1 << 16;

/// Buckets of the customers seen last: working out a hash for every line of theirs would take longer than all else.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    known: HashMap<Box<str>, u16, FixedState>,
    /// Lines of one customer mostly stand together.
    last: Option<(String, u16)>,
}

impl Buckets {
    fn of(&mut self, customer_id: &str) -> u16 {
        if let Some((last, bucket)) = &self.last
            && last == customer_id
        {
            return *bucket;
        }
        let bucket = self.known.get(customer_id).copied().unwrap_or_else(|| {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            let bucket = CustomerHash::of(customer_id).bucket().0;
            self.known.insert(customer_id.into(), bucket);
            bucket
        });
        let (mut last, _) = self.last.take().unwrap_or_default();
        last.clear();
        last.push_str(customer_id);
        self.last = Some((last, bucket));
        bucket
    }
}

/// Encoded rows by table and range.
pub(crate) type Encoded = [Vec<Vec<u8>>; Table::ALL.len()];

/// What a row of orders says of its customer, as written: country, address, phone number.
pub(crate) type Told<Text> = [Text; 3];

/// Where the row with this stamp went.
struct Stamped {
    stamp: u64,
    bucket: u16,
    range: usize,
}

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
    /// The customer that was told of last, and what.
    told_last: (String, Told<String>),
    /// Room for putting together what is told.
    telling: String,
    /// How many bytes of rows a range is likely to take.
    expected: usize,
    /// The row of `primary` that came last, where it had a stamp.
    last: Option<Stamped>,
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
            told_last: Default::default(),
            telling: String::new(),
            expected: 0,
            last: None,
            fingerprint: 0,
            leads: true,
            line_money: Money::ZERO,
            books: Books::default(),
        }
    }

    /// The chunk has so many bytes of text; its rows take about as many and half of them.
    pub(crate) fn expect(mut self, bytes: usize) -> Out<'a> {
        self.expected = bytes * 3 / 2 / self.ranges;
        self
    }

    /// The rows to come are those of the line with this fingerprint.
    pub(crate) fn begin_line(&mut self, fingerprint: u64) {
        self.books.read();
        (self.fingerprint, self.leads, self.line_money) = (fingerprint, true, Money::ZERO);
    }

    /// Has this chunk not yet told this of the customer? Chunks are cut by bytes alone, so that the answers are the same
    /// in every run.
    pub(crate) fn is_news(&mut self, customer_id: &str, told: &Told<&str>) -> bool {
        let (last, last_told) = &mut self.told_last;
        if last == customer_id && last_told == told {
            return false;
        }
        self.telling.clear();
        for (text, now) in [&mut *last].into_iter().chain(last_told).zip([&customer_id].into_iter().chain(told)) {
            text.clear();
            text.push_str(now);
        }
        for text in told {
            self.telling.push_str(text);
            self.telling.push('\0');
        }
        match self.told.get_mut(customer_id) {
            Some(known) if **known == *self.telling => false,
            Some(known) => {
                *known = self.telling.as_str().into();
                true
            }
            None => {
                self.told.insert(customer_id.into(), self.telling.as_str().into());
                true
            }
        }
    }

    /// Takes a row.
    pub(crate) fn push<R: PartRow>(&mut self, row: &R) {
        self.push_stamped(row, None);
    }

    /// Takes a row. Those of this chunk that have one `stamp` have one customer, one time and one head (what
    /// [`PartRow::write_head`] writes): where they follow each other it is not looked at again.
    pub(crate) fn push_stamped<R: PartRow>(&mut self, row: &R, stamp: Option<u64>) {
        let is_primary = R::TABLE == self.primary;
        let before = self.last.as_ref().filter(|last| is_primary && Some(last.stamp) == stamp);
        let follows = before.is_some();
        let (bucket, range) = match (before, row.customer_id()) {
            (Some(last), _) => (last.bucket, last.range),
            (None, Some(id)) => {
                let bucket = self.buckets.of(id);
                (bucket, range_of(bucket, self.ranges))
            }
            (None, None) => (0, self.stretch),
        };
        if is_primary {
            self.line_money += row.money();
            self.books.enter(row.money(), row.currency(), row.at(), self.leads);
            if row.is_order() {
                self.books.order(row.money());
            }
            self.last = stamp.map(|stamp| Stamped { stamp, bucket, range });
        }
        let ranges = &mut self.encoded[R::TABLE as usize];
        if ranges.is_empty() {
            let expected = if is_primary { self.expected } else { 0 };
            ranges.resize_with(self.ranges, || Vec::with_capacity(expected));
        }
        let leads = self.leads && is_primary;
        waiting::append(&mut ranges[range], row, bucket, self.fingerprint, leads, follows);
        self.leads = self.leads && !is_primary;
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
    pub(crate) fn finish(self) -> (Encoded, Books) {
        (self.encoded, self.books)
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
