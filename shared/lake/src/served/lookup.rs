//! Finding one customer: in goes a hash, out comes the record, by the footer that is kept and one page of each column.
use crate::error::{LakeError, LakeResult};
use crate::lake::Lake;
use crate::layout::{self, RunId, Served};
use crate::store::{Etag, Store, StoreError};
use arrow::array::{Array, AsArray, RecordBatch};
use bytes::Bytes;
use futures::future::try_join_all;
use ltv_core::customer::CustomerHash;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelector};
use parquet::arrow::push_decoder::ParquetPushDecoderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes of the file's end that are fetched first: the whole footer of some 100,000 customers.
const TAIL: u64 = 128 << 10;

/// The customers of a run, with the footer of their file at hand.
#[derive(Debug)]
pub struct Customers {
    store: Store,
    key: String,
    opened: RwLock<Arc<Opened>>,
}

#[derive(Debug)]
struct Opened {
    etag: Etag,
    metadata: ArrowReaderMetadata,
}

impl Lake {
    /// Fetches the footer of a run's customers.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the run has none, [`LakeError::Malformed`], or a failed request.
    pub async fn customers(&self, run: &RunId) -> LakeResult<Customers> {
        let (store, key) = (self.store.clone(), layout::served(run, Served::Customers));
        let opened = RwLock::new(Arc::new(open(&store, &key).await?));
        Ok(Customers { store, key, opened })
    }
}

impl Customers {
    /// The customer's record as JSON; `None` where the run has no such customer. At most two ranged GETs, at once.
    ///
    /// # Errors
    /// A failed request, or [`LakeError::Malformed`].
    pub async fn find(&self, customer: &CustomerHash) -> LakeResult<Option<Bytes>> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner).clone();
        match self.find_in(&opened, customer).await {
            // Rewritten since, by an erasure.
            Err(LakeError::Store(StoreError::Precondition { .. })) => {
                let opened = Arc::new(open(&self.store, &self.key).await?);
                *self.opened.write().unwrap_or_else(PoisonError::into_inner) = opened.clone();
                self.find_in(&opened, customer).await
            }
            result => result,
        }
    }

    /// How many customers the run has.
    pub fn count(&self) -> u64 {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        u64::try_from(opened.metadata.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    async fn find_in(&self, opened: &Opened, customer: &CustomerHash) -> LakeResult<Option<Bytes>> {
        let malformed = |error: ParquetError| malformed(&self.key, error);
        let Some((group, rows)) = page_of(opened.metadata.metadata(), customer) else { return Ok(None) };
        let selection =
            RowSelection::from(vec![RowSelector::skip(rows.start), RowSelector::select(rows.end - rows.start)]);
        let mut decoder = ParquetPushDecoderBuilder::new_with_metadata(opened.metadata.clone())
            .with_row_groups(vec![group])
            .with_row_selection(selection)
            .build()
            .map_err(malformed)?;
        loop {
            match decoder.try_decode().map_err(malformed)? {
                DecodeResult::NeedsData(ranges) => {
                    let fetched = self.fetch(&opened.etag, &ranges).await?;
                    decoder.push_ranges(ranges, fetched).map_err(malformed)?;
                }
                DecodeResult::Data(batch) => {
                    if let Some(record) = record_of(&batch, customer) {
                        return Ok(Some(record));
                    }
                }
                DecodeResult::Finished => return Ok(None),
            }
        }
    }

    /// The bytes of each range, neighbours in one request.
    async fn fetch(&self, etag: &Etag, ranges: &[Range<u64>]) -> LakeResult<Vec<Bytes>> {
        let mut joined: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => joined.push(range.clone()),
            }
        }
        let requests = joined.iter().map(|range| self.store.get_range(&self.key, range.clone(), Some(etag)));
        let objects = try_join_all(requests).await?;
        let slice = |range: &Range<u64>| {
            let (whole, object) = joined.iter().zip(&objects).find(|(whole, _)| whole.contains(&range.start))?;
            let start = usize::try_from(range.start - whole.start).ok()?;
            let end = usize::try_from(range.end - whole.start).ok()?;
            (end <= object.bytes.len()).then(|| object.bytes.slice(start..end))
        };
        let short = || malformed(&self.key, ParquetError::EOF("the file is shorter than its footer says".to_owned()));
        ranges.iter().map(|range| slice(range).ok_or_else(short)).collect()
    }
}

/// Row group and rows of the one page that may hold the customer.
fn page_of(metadata: &ParquetMetaData, customer: &CustomerHash) -> Option<(usize, Range<usize>)> {
    let last = |group: usize| metadata.row_group(group).column(0).statistics()?.max_bytes_opt();
    let groups: Vec<usize> = (0..metadata.num_row_groups()).collect();
    let before = |group: &usize| last(*group).is_some_and(|last| last < customer.0.as_slice());
    let group = groups.partition_point(before);
    if group == groups.len() {
        return None;
    }
    let index = metadata.page_index_for_row_group(group);
    let Some(ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(hashes)) = index.column_index(0) else { return None };
    let page = hashes.max_values_iter().position(|last| last.is_some_and(|last| last >= customer.0.as_slice()))?;
    let pages = index.offset_index(0)?.page_locations();
    let row = |page: usize| usize::try_from(pages.get(page)?.first_row_index).ok();
    let rows = usize::try_from(metadata.row_group(group).num_rows()).ok()?;
    Some((group, row(page)?..row(page + 1).unwrap_or(rows)))
}

fn record_of(batch: &RecordBatch, customer: &CustomerHash) -> Option<Bytes> {
    let hashes = batch.column(0).as_fixed_size_binary_opt()?;
    let row = (0..hashes.len()).find(|row| hashes.value(*row) == customer.0)?;
    Some(Bytes::copy_from_slice(batch.column(1).as_string_opt::<i32>()?.value(row).as_bytes()))
}

async fn open(store: &Store, key: &str) -> LakeResult<Opened> {
    let malformed = |error| malformed(key, error);
    let tail = store.get_tail(key, TAIL).await?;
    let start = tail.size - tail.bytes.len() as u64;
    let mut decoder = ParquetMetaDataPushDecoder::try_new(tail.size)
        .map_err(malformed)?
        .with_page_index_policy(PageIndexPolicy::Required);
    decoder.push_range(start..tail.size, tail.bytes).map_err(malformed)?;
    loop {
        match decoder.try_decode().map_err(malformed)? {
            DecodeResult::NeedsData(ranges) => {
                for range in ranges {
                    let object = store.get_range(key, range.clone(), Some(&tail.etag)).await?;
                    decoder.push_range(range, object.bytes).map_err(malformed)?;
                }
            }
            DecodeResult::Data(metadata) => {
                let metadata =
                    ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).map_err(malformed)?;
                return Ok(Opened { etag: tail.etag, metadata });
            }
            DecodeResult::Finished => {
                return Err(malformed(ParquetError::EOF("the footer ended before it began".to_owned())));
            }
        }
    }
}

fn malformed(key: &str, error: ParquetError) -> LakeError {
    LakeError::Malformed { key: key.to_owned(), kind: "file of customers", source: error.into() }
}
