//! From waiting rows to a sorted part. In flow spilled rows, range by range; out flows one Parquet file, and what can only
//! be told of all rows of a customer together: doubles, linked cancellations. Ranges are sorted and encoded on all cores,
//! each by itself, so that no more of them than there are cores are in memory at a time.
use super::UploadError;
use super::out::HEADER;
use super::part_row::{PartRow, TableRows};
use super::pipeline::{cores, in_order};
use super::report::Tally;
use super::spill::Spilled;
use crate::money::Money;
use crate::table::TableError;
use crate::table::encode::Provenance;
use crate::table::part::ROW_GROUP_ROWS;
use crate::table::part::assemble::{Assembler, Encoder, Group, groups_of};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const BATCH_ROWS: usize = 16_384;

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

/// Writes the rows of a table into the file `path`.
pub(crate) fn write_part<T: TableRows>(
    spilled: &Spilled,
    provenance: &Provenance,
    path: &Path,
) -> Result<Written, UploadError> {
    let failed = |fault| UploadError::io(path, fault);
    let file = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    let (mut assembler, encoder) = Assembler::new(file, <T::Row<'_> as PartRow>::TABLE)?;
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
    assembler.finish()?.flush().map_err(failed)?;
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
    Encoding(postcard::Error),
    Table(TableError),
}

impl Unsorted {
    fn at(self, path: &Path) -> UploadError {
        match self {
            Unsorted::Encoding(fault) => UploadError::io(path, io::Error::other(fault)),
            Unsorted::Table(fault) => fault.into(),
        }
    }
}

/// An encoded row and what it is sorted by.
struct Waiting<'a> {
    bucket: u16,
    at: i64,
    fingerprint: u64,
    leads: bool,
    row: &'a [u8],
}

fn sort_range<T: TableRows>(bytes: &[u8], encoder: &Encoder, provenance: &Provenance) -> Result<SortedRange, Unsorted> {
    let waiting = waiting(bytes);
    let by_customer = <T::Row<'_> as PartRow>::TABLE.is_by_customer();
    let ranks = if by_customer { ranks(&waiting).map_err(Unsorted::Encoding)? } else { vec![0; waiting.len()] };
    // Rows come in the order of their lines, which decides between equals.
    let mut order: Vec<(u32, i64, u32)> =
        ranks.iter().enumerate().map(|(place, rank)| (*rank, waiting[place].at, place as u32)).collect();
    order.sort_unstable();
    let mut rows: Vec<T::Row<'_>> = Vec::with_capacity(order.len());
    let mut buckets: Vec<u16> = Vec::with_capacity(order.len());
    let mut written = Written::default();
    let mut lines: Vec<(u64, Money)> = Vec::new();
    let mut group = None;
    for (rank, at, place) in order {
        let waiting = &waiting[place as usize];
        let row: T::Row<'_> = postcard::from_bytes(waiting.row).map_err(Unsorted::Encoding)?;
        if group != Some((rank, at)) {
            written.doubles += repeats(&mut lines);
            lines.clear();
            group = Some((rank, at));
        }
        if waiting.leads && by_customer {
            lines.push((waiting.fingerprint, row.money()));
        }
        let told = by_customer
            && rows.last().is_some_and(|last| last.customer_id() == row.customer_id() && T::is_told_by(last, &row));
        if !told {
            rows.push(row);
            buckets.push(waiting.bucket);
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

fn waiting(mut bytes: &[u8]) -> Vec<Waiting<'_>> {
    let mut all = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
        let [l0, l1, l2, l3, b0, b1, t0, t1, t2, t3, t4, t5, t6, t7, f0, f1, f2, f3, f4, f5, f6, f7, leads] = *header;
        let (row, behind) = rest.split_at(u32::from_le_bytes([l0, l1, l2, l3]) as usize);
        all.push(Waiting {
            bucket: u16::from_le_bytes([b0, b1]),
            at: i64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            fingerprint: u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]),
            leads: leads == 1,
            row,
        });
        bytes = behind;
    }
    all
}

/// The place of each row's customer among all customers of the range, by bucket and id.
fn ranks(waiting: &[Waiting<'_>]) -> Result<Vec<u32>, postcard::Error> {
    let mut places: HashMap<&str, u32, FixedState> = HashMap::default();
    let mut customers: Vec<(u16, &str, u32)> = Vec::new();
    let mut numbers = Vec::with_capacity(waiting.len());
    for row in waiting {
        let (id, _) = postcard::take_from_bytes::<&str>(row.row)?;
        let number = *places.entry(id).or_insert_with(|| {
            customers.push((row.bucket, id, customers.len() as u32));
            customers.len() as u32 - 1
        });
        numbers.push(number);
    }
    customers.sort_unstable();
    let mut ranks = vec![0; customers.len()];
    for (rank, (_, _, number)) in customers.iter().enumerate() {
        ranks[*number as usize] = rank as u32;
    }
    Ok(numbers.into_iter().map(|number| ranks[number as usize]).collect())
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
            let mut lines: Vec<(u64, Money)> = entries
                .iter()
                .map(|entry| {
                    let [f0, f1, f2, f3, f4, f5, f6, f7, m0, m1, m2, m3, m4, m5, m6, m7] = *entry;
                    let micros = i64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]);
                    let fingerprint = u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]);
                    (fingerprint, Money::from_micros(micros).unwrap_or_default())
                })
                .collect();
            Ok(repeats(&mut lines))
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
