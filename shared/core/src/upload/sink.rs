//! From rows in the file's order to a sorted part. In flow cleaned rows; out flows one Parquet part, and what can only be
//! told of all rows together: doubles, linked cancellations. Rows of large files wait in spill files by range of buckets,
//! so that no more than one range is in memory at a time.
use super::UploadError;
use super::part_row::PartRow;
use super::report::{Rule, UploadReport};
use crate::customer::{BUCKETS, CustomerHash};
use crate::money::Money;
use crate::table::encode::Provenance;
use crate::table::part::PartWriter;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of an upload, as text, that one spill file is meant for.
const BYTES_PER_SPILL: u64 = 24 << 20;
const MOST_SPILLS: u64 = 256;
const BATCH_ROWS: usize = 16_384;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;
    use crate::table::read::read_all;
    use crate::table::row::Customer;
    use arrow::array::RecordBatch;
    use arrow::compute::concat_batches;
    use proptest::prelude::*;

    /// The part of some customers' rows, which waited in spill files where `bytes` are many.
    fn part_of(customers: &[u16], bytes: u64) -> (RecordBatch, UploadReport) {
        let scratch = tempfile::tempdir().unwrap();
        let mut sink = Sink::new(scratch.path(), bytes).unwrap();
        for (line, customer) in customers.iter().enumerate() {
            let row = Customer { customer_id: format!("c{customer}"), line: line as u64, ..Customer::default() };
            sink.push(&mut vec![row], u64::from(*customer)).unwrap();
        }
        let mut report = UploadReport::default();
        let source = Provenance { source_id: "s".to_owned(), uploaded_at: 0 };
        let path = sink.finish(&source, &mut report).unwrap().unwrap();
        let batches = read_all(File::open(&path).unwrap(), Table::Customers).unwrap();
        let names: Vec<_> =
            std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["customers.parquet"], "spill files are removed");
        (concat_batches(&batches[0].schema(), &batches).unwrap(), report)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn it_does_not_show_whether_rows_waited_in_memory_or_in_files(
            customers in proptest::collection::vec(0..400_u16, 1..300)
        ) {
            let (in_memory, spilled) = (part_of(&customers, 1), part_of(&customers, 7 * BYTES_PER_SPILL));
            prop_assert_eq!(in_memory.0, spilled.0);
            let distinct: std::collections::HashSet<&u16> = customers.iter().collect();
            let doubles = (customers.len() - distinct.len()) as u64;
            prop_assert_eq!(in_memory.1.rule(Rule::DuplicateLine).rows, doubles);
            prop_assert_eq!(in_memory.1, spilled.1);
        }
    }
}
