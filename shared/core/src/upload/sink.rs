//! From waiting rows to a sorted part. In flow spilled rows, range by range; out flows one Parquet file, and what can only
//! be told of all rows of a customer together: doubles, linked cancellations. Ranges are sorted and encoded on all cores,
//! each by itself, so that no more of them than there are cores are in memory at a time.
use super::UploadError;
use super::delivery::{Delivery, Output};
use super::part_row::{PartRow, TableRows};
use super::pipeline::{cores, in_order};
use super::report::Tally;
use super::spill::Spilled;
use super::waiting::{self, Damaged, Waiting};
use crate::money::Money;
use crate::table::TableError;
use crate::table::encode::Provenance;
use crate::table::part::ROW_GROUP_ROWS;
use crate::table::part::assemble::{Assembler, Encoder, Group, groups_of};
use foldhash::fast::FixedState;
use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::Path;

/// Rows that are encoded at once: few enough that a core's cache holds them while each column is made of them.
const BATCH_ROWS: usize = 4096;

/// What a part holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    /// Lines that stand in the upload once more.
    pub(crate) doubles: Tally,
    /// Rows that were settled with earlier ones of their customer.
    pub(crate) settled: Tally,
}

/// A range, sorted and encoded.
struct SortedRange {
    groups: Vec<Group>,
    written: Written,
}

/// Writes the rows of a table to its part.
pub(crate) fn write_part<T: TableRows>(
    spilled: &Spilled,
    provenance: &Provenance,
    delivery: &dyn Delivery,
) -> Result<Written, UploadError> {
    let table = <T::Row<'_> as PartRow>::TABLE;
    let output = Output::Part(table);
    let undelivered = |source| UploadError::Delivery { output, source };
    let (mut assembler, encoder) = Assembler::new(delivery.begin(output).map_err(undelivered)?, table)?;
    let mut whole = Written::default();
    each_range(
        spilled,
        |bytes| sort_range::<T>(bytes, &encoder, provenance).map_err(|fault| fault.at(spilled.path())),
        |sorted| {
            for group in sorted.groups {
                assembler.append(group)?;
            }
            whole.rows += sorted.written.rows;
            whole.doubles += sorted.written.doubles;
            whole.settled += sorted.written.settled;
            Ok(())
        },
    )?;
    assembler.finish()?.finish().map_err(undelivered)?;
    Ok(whole)
}

/// Works on the bytes of every range on all cores, and hands the results to `take` in the order of the ranges.
fn each_range<R: Send>(
    spilled: &Spilled,
    work: impl Fn(&[u8]) -> Result<R, UploadError> + Sync,
    take: impl FnMut(R) -> Result<(), UploadError> + Send,
) -> Result<(), UploadError> {
    let mut next = 0..spilled.ranges();
    let read_and_work = |(): &mut (), range| {
        let bytes = spilled.read(range).map_err(|fault| UploadError::io(spilled.path(), fault))?;
        work(&bytes)
    };
    in_order(cores(), || Ok(next.next()), || (), read_and_work, take)
}

/// Why a range could not be sorted.
enum Unsorted {
    Damaged(Damaged),
    Table(TableError),
}

impl From<Damaged> for Unsorted {
    fn from(fault: Damaged) -> Unsorted {
        Unsorted::Damaged(fault)
    }
}

impl Unsorted {
    fn at(self, path: &Path) -> UploadError {
        match self {
            Unsorted::Damaged(fault) => UploadError::io(path, io::Error::other(fault)),
            Unsorted::Table(fault) => fault.into(),
        }
    }
}

fn sort_range<T: TableRows>(bytes: &[u8], encoder: &Encoder, provenance: &Provenance) -> Result<SortedRange, Unsorted> {
    let waiting = waiting::all(bytes)?;
    let by_customer = <T::Row<'_> as PartRow>::TABLE.is_by_customer();
    let mut rows: Vec<T::Row<'_>> = Vec::with_capacity(waiting.len());
    let mut buckets: Vec<u16> = Vec::with_capacity(waiting.len());
    let mut written = Written::default();
    let mut lines: Vec<(u64, Money)> = Vec::new();
    let mut group = None;
    for (customer, at, places) in runs::<T>(&waiting)? {
        if group != Some((customer, at)) {
            written.doubles += repeats(&mut lines);
            lines.clear();
            group = Some((customer, at));
        }
        for waiting in &waiting[places] {
            let row = T::read(waiting, rows.last().filter(|_| waiting.follows))?;
            if waiting.leads && by_customer {
                lines.push((waiting.fingerprint, row.money()));
            }
            if !(by_customer && rows.last().is_some_and(|last| T::is_told_by(last, &row))) {
                rows.push(row);
                buckets.push(waiting.bucket);
            }
        }
    }
    written.doubles += repeats(&mut lines);
    for place in T::settle(&mut rows) {
        written.settled.add(rows[place].money());
    }
    written.rows = rows.len() as u64;
    let mut groups = Vec::new();
    for range in groups_of(&buckets, ROW_GROUP_ROWS) {
        let batches = rows[range].chunks(BATCH_ROWS).map(|batch| T::encode(batch, provenance));
        groups.push(encoder.encode(batches).map_err(Unsorted::Table)?);
    }
    Ok(SortedRange { groups, written })
}

/// Rows of one customer and one instant that stand together: the customer's rank, the instant, the rows' places.
type Stretch = (u32, i64, Range<usize>);

/// The rows, sorted: by bucket, customer and time, and by the order of their lines between equals. Lines of one order
/// stand together, so that there are far fewer stretches to sort than rows.
fn runs<T: TableRows>(waiting: &[Waiting<'_>]) -> Result<Vec<Stretch>, Damaged> {
    let by_customer = <T::Row<'_> as PartRow>::TABLE.is_by_customer();
    let mut numbers: HashMap<&[u8], u32, FixedState> = HashMap::default();
    let mut customers: Vec<(u16, &[u8], u32)> = Vec::new();
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut last: Option<&[u8]> = None;
    for (place, row) in waiting.iter().enumerate() {
        let id = match last {
            Some(last) if row.follows => last,
            _ if by_customer => T::customer(row)?,
            _ => &[],
        };
        if let Some((_, at, places)) = stretches.last_mut()
            && *at == row.at
            && (row.follows || last == Some(id))
        {
            places.end = place + 1;
            continue;
        }
        let number = *numbers.entry(id).or_insert_with(|| {
            customers.push((row.bucket, id, customers.len() as u32));
            customers.len() as u32 - 1
        });
        stretches.push((number, row.at, place..place + 1));
        last = Some(id);
    }
    customers.sort_unstable();
    let mut ranks = vec![0; customers.len()];
    for (rank, (_, _, number)) in customers.iter().enumerate() {
        ranks[*number as usize] = rank as u32;
    }
    for (customer, ..) in &mut stretches {
        *customer = ranks[*customer as usize];
    }
    stretches.sort_unstable_by_key(|(customer, at, places)| (*customer, *at, places.start));
    Ok(stretches)
}

/// How many lines are the same as an earlier one: all but the first of equal fingerprints.
fn repeats(lines: &mut [(u64, Money)]) -> Tally {
    let mut doubles = Tally::default();
    if lines.len() > 1 {
        lines.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
        for pair in lines.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            doubles.add(pair[1].1);
        }
    }
    doubles
}

/// Doubles among lines that wait as fingerprint and money.
pub(crate) fn count_doubles(spilled: &Spilled) -> Result<Tally, UploadError> {
    let mut whole = Tally::default();
    each_range(
        spilled,
        |bytes| {
            let (entries, _) = bytes.as_chunks::<16>();
            let mut seen = HashSet::with_capacity_and_hasher(entries.len(), FixedState::default());
            let mut doubles = Tally::default();
            for entry in entries {
                let [f0, f1, f2, f3, f4, f5, f6, f7, m0, m1, m2, m3, m4, m5, m6, m7] = *entry;
                if !seen.insert(u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7])) {
                    let micros = i64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]);
                    doubles.add(Money::from_micros(micros).unwrap_or_default());
                }
            }
            Ok(doubles)
        },
        |doubles| {
            whole += doubles;
            Ok(())
        },
    )?;
    Ok(whole)
}

#[cfg(test)]
mod tests;
