//! The rows of one upload, gathered. In flow chunks, on any thread; out flow their rows to spill files, range by range and
//! in the order of their lines, and from there the parts. Keeps nothing but what waits to be written.
use super::books::Books;
use super::cells::{Cells, Reading};
use super::chunk::Chunk;
use super::clean::{Clean, Verdict};
use super::delivery::Delivery;
use super::out::{Buckets, Encoded, Out, encode_line};
use super::part_row::{AcquisitionRows, CustomerRows, IndicatorRows, LiftTestRows, SpendRows, TransactionRows};
use super::record::{Delimiter, Record, Splitter};
use super::reject::{Reject, Rejects, Shown};
use super::report::{Reason, Rule};
use super::sink::{Written, count_doubles, write_part};
use super::spill::{Spill, Spilled};
use super::{Part, Source, UploadError};
use crate::money::Money;
use crate::table::Table;
use crate::table::encode::Provenance;
use foldhash::quality::FixedState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// What every thread needs to work on a chunk.
pub(super) struct Worker<'a, C> {
    pub(super) cleaner: &'a C,
    pub(super) reading: &'a Reading,
    pub(super) shown: &'a Shown,
    pub(super) delimiter: Delimiter,
    pub(super) ranges: usize,
}

/// What a thread keeps from chunk to chunk.
pub(super) struct State<C> {
    cleaner: C,
    buckets: Buckets,
    plain: String,
}

/// What a chunk became.
pub(super) struct Done {
    encoded: Encoded,
    /// Lines whose doubles are counted apart: refused ones, and those of tables that are not sorted by customer.
    lines: Vec<Vec<u8>>,
    pub(super) rejects: Vec<u8>,
    pub(super) books: Books,
}

impl<C: Clean> Worker<'_, C> {
    pub(super) fn state(&self) -> State<C> {
        State { cleaner: self.cleaner.clone(), buckets: Buckets::default(), plain: String::new() }
    }

    /// Cleans the records of a chunk behind the first `skip`.
    pub(super) fn work(&self, state: &mut State<C>, chunk: &Chunk, skip: usize, stretch: usize) -> Done {
        let table = self.reading.adapter.table;
        let mut out = Out::new(table, self.ranges, stretch, &mut state.buckets).expect(chunk.text.len());
        let mut lines = vec![Vec::new(); self.ranges];
        let mut rejects = Rejects::new(self.shown, &self.reading.columns, chunk.text.len());
        let mut splitter = Splitter::new(&chunk.text, chunk.line, self.delimiter);
        let mut record = Record::default();
        let mut read = 0;
        state.cleaner.begin_chunk();
        loop {
            if !splitter.read(&mut record) {
                break;
            }
            read += 1;
            if read <= skip {
                continue;
            }
            if let Some(number) = chunk.numbers.as_ref().and_then(|numbers| numbers.get(read - 1)) {
                record.line = *number;
            }
            out.begin_line(fingerprint(splitter.last()));
            let mut cells = Cells { record: &record, reading: self.reading, out: &mut out, plain: &mut state.plain };
            let mut money = Money::ZERO;
            let cleaned = match chunk.torn.binary_search(&(read - 1)) {
                Ok(_) => Err(Reject::of(Reason::TornObject)),
                Err(_) => state.cleaner.clean(&mut cells),
            };
            match cleaned {
                Ok(Verdict::Kept) => {
                    money = out.line_money();
                    out.books.keep();
                    if !table.is_by_customer() {
                        encode_line(out.fingerprint(), out.line_money(), &mut lines);
                    }
                }
                Ok(Verdict::Merged) => out.books.merge_row(),
                Err(reject) => {
                    money = reject.money;
                    rejects.write(&record, &reject);
                    out.books.reject(&reject);
                    encode_line(out.fingerprint(), money, &mut lines);
                }
            }
            if chunk.windows_1252.binary_search(&splitter.last_start()).is_ok() {
                out.books.notice(Rule::Windows1252, money);
            }
        }
        let (encoded, books) = out.finish();
        Done { encoded, lines, rejects: rejects.finish(), books }
    }
}

/// Equal lines have equal fingerprints; of ten million different lines, two share one with a probability of about three
/// in a million.
fn fingerprint(line: &str) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(line.as_bytes());
    hasher.finish()
}

/// Rows waiting to be sorted, by table.
pub(super) struct Gathering {
    scratch: PathBuf,
    ranges: usize,
    spills: [Option<Spill>; Table::ALL.len()],
    lines: Spill,
}

impl Gathering {
    pub(super) fn new(scratch: &Path, ranges: usize) -> Gathering {
        let lines = Spill::new(scratch.join("lines"), ranges);
        Gathering { scratch: scratch.to_owned(), ranges, spills: Default::default(), lines }
    }

    /// Takes the rows of the next chunk.
    pub(super) fn take(&mut self, done: &Done) -> io::Result<()> {
        for ((table, rows), spill) in Table::ALL.iter().zip(&done.encoded).zip(&mut self.spills) {
            for (range, bytes) in rows.iter().enumerate().filter(|(_, bytes)| !bytes.is_empty()) {
                let path = || self.scratch.join(format!("{table}.rows"));
                spill.get_or_insert_with(|| Spill::new(path(), self.ranges)).append(range, bytes)?;
            }
        }
        for (range, bytes) in done.lines.iter().enumerate() {
            self.lines.append(range, bytes)?;
        }
        Ok(())
    }

    /// Writes a part for each table that has rows, the one of `primary` first, and enters in the books what can only be
    /// told now.
    pub(super) fn finish(
        self,
        primary: Table,
        source: &Source,
        delivery: &dyn Delivery,
        books: &mut Books,
    ) -> Result<Vec<Part>, UploadError> {
        books.notice_all(Rule::DuplicateLine, count_doubles(&self.lines.finish())?);
        let provenance = Provenance { source_id: source.source_id.clone(), uploaded_at: source.uploaded_at };
        let mut parts = Vec::new();
        std::thread::scope(|scope| {
            for (table, spill) in Table::ALL.into_iter().zip(self.spills) {
                let Some(spill) = spill else { continue };
                let spilled = spill.finish();
                let written = write(table, &spilled, &provenance, delivery)?;
                // Removing a large file takes the system a while.
                scope.spawn(move || drop(spilled));
                books.notice_all(Rule::DuplicateLine, written.doubles);
                let settled = if table == Table::Indicators { Rule::ValueReplaced } else { Rule::CancellationLinked };
                books.notice_all(settled, written.settled);
                if table == primary {
                    books.table_holds(written.rows);
                }
                parts.push(Part { table, rows: written.rows });
            }
            Ok::<_, UploadError>(())
        })?;
        parts.sort_by_key(|part| part.table != primary);
        Ok(parts)
    }
}

fn write(
    table: Table,
    spilled: &Spilled,
    provenance: &Provenance,
    delivery: &dyn Delivery,
) -> Result<Written, UploadError> {
    match table {
        Table::Transactions => write_part::<TransactionRows>(spilled, provenance, delivery),
        Table::Customers => write_part::<CustomerRows>(spilled, provenance, delivery),
        Table::Spend => write_part::<SpendRows>(spilled, provenance, delivery),
        Table::Acquisition => write_part::<AcquisitionRows>(spilled, provenance, delivery),
        Table::Indicators => write_part::<IndicatorRows>(spilled, provenance, delivery),
        Table::LiftTests => write_part::<LiftTestRows>(spilled, provenance, delivery),
    }
}
