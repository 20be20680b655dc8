//! Merged tables of a snapshot: in go its parts, as scratch files; out come the rows of one truth, for all customers
//! or one range of buckets after the other, so that memory need not grow with the lake.
use crate::erase::Tombstones;
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::record::AT_ONCE;
use crate::scratch::{self, ScratchFile};
use crate::snapshot::Snapshot;
use crate::store::StoreError;
use arrow::array::RecordBatch;
use futures::stream::{StreamExt, TryStreamExt, iter};
use ltv_core::customer::{BUCKETS, Bucket};
use ltv_core::table::merge::{self, Merged, Newest, NewestBuilder, OBSERVED_COLUMNS};
use ltv_core::table::read::{ALL_BUCKETS, PartReader, bucket_range_of};
use ltv_core::table::{Table, TableError};
use std::ops::RangeInclusive;
use tempfile::TempDir;

/// The parts of one table, on this machine's scratch space until dropped.
pub struct TableParts {
    table: Table,
    parts: Vec<PartReader<ScratchFile>>,
    newest: Newest,
    erased: Tombstones,
    _folder: TempDir,
}

impl Lake {
    /// Fetches the parts of `table` in `snapshot`. Customers erased since are left out all the same.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where a part was swept or erased since: take a new snapshot. A failed request.
    pub async fn open_table(&self, snapshot: &Snapshot, table: Table) -> LakeResult<TableParts> {
        let folder = scratch::folder()?;
        let fetch = |(number, key): (usize, String)| {
            let path = folder.path().join(format!("{number}.parquet"));
            async move {
                let Some(head) = self.store.head(&key).await? else {
                    return Err(StoreError::NotFound { bucket: self.store.bucket().to_owned(), key });
                };
                self.store.download(&key, &head.etag, &path).await?;
                Ok((number, path))
            }
        };
        let keys: Vec<String> = snapshot.parts(table).map(|part| part.key.clone()).collect();
        let mut files: Vec<_> =
            iter(keys.into_iter().enumerate().map(fetch)).buffer_unordered(AT_ONCE).try_collect().await?;
        files.sort();
        let erased = self.tombstones().await?;
        let known = erased.clone();
        let opened = scratch::blocking(move || {
            let mut parts = Vec::with_capacity(files.len());
            for (_, path) in &files {
                parts.push(PartReader::open(ScratchFile::open(path)?, table)?);
            }
            let newest = if table == Table::Transactions { newest_of(&parts, &known)? } else { Newest::default() };
            Ok::<_, TableError>((parts, newest))
        });
        let (parts, newest) = opened.await.map_err(|error| LakeError::file(folder.path(), error))?;
        Ok(TableParts { table, parts, newest, erased, _folder: folder })
    }
}

/// One part cannot overlap with itself: lines of one upload are all kept.
fn newest_of(parts: &[PartReader<ScratchFile>], erased: &Tombstones) -> Result<Newest, TableError> {
    let mut newest = NewestBuilder::default();
    if parts.len() > 1 {
        for part in parts {
            for batch in part.read_columns(&OBSERVED_COLUMNS)? {
                newest.observe(&batch?, erased.hashes())?;
            }
        }
    }
    Ok(newest.build())
}

impl TableParts {
    /// The table.
    pub fn table(&self) -> Table {
        self.table
    }

    /// Is there no part at all?
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All rows, merged, in the table's order. Blocks; for transactions of many customers prefer
    /// [`TableParts::ranges`] and [`TableParts::transactions`].
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn merged(&self) -> Result<Merged, TableError> {
        let batches = self.batches(&ALL_BUCKETS)?;
        let erased = self.erased.hashes();
        match self.table {
            Table::Transactions => merge::transactions_of(&ALL_BUCKETS, &batches, &self.newest, erased),
            Table::Customers => merge::customers(&batches, erased),
            Table::Spend => merge::spend(&batches),
            Table::Acquisition => merge::acquisition(&batches, erased),
            Table::Indicators => merge::indicators(&batches),
            Table::LiftTests => merge::lift_tests(&batches),
        }
    }

    /// The transactions of a range of buckets, merged, sorted by bucket, customer and time. Blocks.
    ///
    /// # Errors
    /// A part that cannot be read, or parts of another table.
    pub fn transactions(&self, buckets: &RangeInclusive<Bucket>) -> Result<Merged, TableError> {
        let batches = self.batches(buckets)?;
        merge::transactions_of(buckets, &batches, &self.newest, self.erased.hashes())
    }

    fn batches(&self, buckets: &RangeInclusive<Bucket>) -> Result<Vec<RecordBatch>, TableError> {
        let mut batches = Vec::new();
        for part in &self.parts {
            for batch in part.read(buckets)? {
                batches.push(batch?);
            }
        }
        Ok(batches)
    }

    /// Ranges of buckets, in order and without gaps, that hold about `rows` rows each, by the parts' footers.
    pub fn ranges(&self, rows: u64) -> Vec<RangeInclusive<Bucket>> {
        let mut held = vec![0_u64; usize::from(BUCKETS)];
        for part in &self.parts {
            for group in part.metadata().row_groups() {
                let Some((first, last)) = bucket_range_of(group) else { continue };
                let (first, last) = (usize::from(first.0), usize::from(last.0));
                let each = u64::try_from(group.num_rows()).unwrap_or(0).div_ceil((last - first + 1) as u64);
                held[first..=last].iter_mut().for_each(|count| *count += each);
            }
        }
        let (mut ranges, mut start, mut sum) = (Vec::new(), 0, 0);
        for (bucket, count) in (0..BUCKETS).zip(held) {
            if sum > 0 && sum + count > rows {
                ranges.push(Bucket(start)..=Bucket(bucket - 1));
                (start, sum) = (bucket, 0);
            }
            sum += count;
        }
        ranges.push(Bucket(start)..=Bucket(BUCKETS - 1));
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Removal;
    use crate::memory::{Memory, UPLOADS};
    use jiff::Timestamp;
    use ltv_core::account::Account;
    use std::fmt::Write;

    fn orders(customers: usize, first: usize, amount: &str) -> String {
        let mut csv = "customer_id,transaction_id,occurred_at,amount\n".to_owned();
        for n in first..first + customers {
            let _ = writeln!(csv, "c{},o{n},2023-01-{:02}T10:00:00Z,{amount}", n % 700, n % 28 + 1);
        }
        csv
    }

    #[tokio::test]
    async fn ranges_of_buckets_together_are_the_whole_merged_table() {
        let memory = Memory::new(0);
        let lake = memory.lake(Account::default());
        for (number, csv) in [orders(3000, 0, "1.00"), orders(2000, 2000, "2.00")].into_iter().enumerate() {
            let key = format!("transactions/{number}.csv");
            memory.put(UPLOADS, &key, csv);
            lake.ingest(&key, &Removal::default()).await.unwrap();
        }
        let snapshot = lake.snapshot(Timestamp::now()).await.unwrap();
        assert_eq!(snapshot.rows(Table::Transactions), 5000);
        let parts = lake.open_table(&snapshot, Table::Transactions).await.unwrap();
        let whole = parts.merged().unwrap();
        assert_eq!(whole.overlap.superseded, 1000);
        let mut ranged = Vec::new();
        let ranges = parts.ranges(600);
        assert!(ranges.len() > 4, "{ranges:?}");
        assert_eq!((ranges[0].start().0, ranges[ranges.len() - 1].end().0), (0, BUCKETS - 1));
        assert!(ranges.windows(2).all(|pair| pair[0].end().0 + 1 == pair[1].start().0));
        for range in &ranges {
            ranged.extend(parts.transactions(range).unwrap().batches);
        }
        let join = |batches: &[RecordBatch]| {
            let schema = ltv_core::table::schema::schema(Table::Transactions);
            arrow::compute::concat_batches(&schema, batches).unwrap()
        };
        let (whole, ranged) = (join(&whole.batches), join(&ranged));
        assert_eq!(whole.num_rows(), 4000);
        for name in ["customer_id", "transaction_id", "amount", "line"] {
            assert_eq!(whole.column_by_name(name), ranged.column_by_name(name), "{name}");
        }
        let spend = lake.open_table(&snapshot, Table::Spend).await.unwrap();
        assert!(spend.is_empty() && spend.merged().unwrap().batches.is_empty());
    }
}
