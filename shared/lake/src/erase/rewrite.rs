//! Files without the erased customers: in go a Parquet or CSV file and the tombstones, out comes the file without
//! their rows, or word that it holds none of them. Row groups and order stay as they were.
use super::Tombstones;
use super::contacts::WHO;
use super::taken::Taken;
use crate::error::{LakeError, LakeResult};
use crate::record::Part;
use crate::scratch::{self, ScratchFile};
use crate::store::Store;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::Int32Type;
use ltv_core::customer::CustomerHash;
use ltv_core::table::merge::Erased;
use ltv_core::table::part::PartWriter;
use ltv_core::table::read::{ALL_BUCKETS, PartReader};
use ltv_core::table::{Table, TableError};
use ltv_core::upload::{Converted, Folder, HASH_SEPARATOR, Output};
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Leaves the erased customers out of what a conversion put into `folder`, before anything of it is written to the lake.
pub(crate) async fn without(
    mut converted: Converted,
    folder: &Folder,
    tombstones: &Tombstones,
) -> LakeResult<Converted> {
    let target = folder.path().join("kept");
    for part in converted.parts.iter_mut().filter(|part| part.table.is_by_customer()) {
        let file = folder.file(Output::Part(part.table));
        if let Some(rewritten) = rewrite_part(part.table, &file, &target, tombstones).await? {
            rewritten.taken.enter(part.table, &mut converted.report);
            part.rows = rewritten.rows;
            std::fs::rename(&target, &file).map_err(|error| LakeError::file(&file, error))?;
        }
    }
    if converted.rejected {
        let file = folder.file(Output::Rejected);
        if rewrite_rejected(&file, &target, tombstones).await? > 0 {
            std::fs::rename(&target, &file).map_err(|error| LakeError::file(&file, error))?;
        }
    }
    converted.parts.retain(|part| part.rows > 0);
    Ok(converted)
}

/// A part without the erased customers.
pub(super) struct Rewritten {
    /// The rows left.
    pub(super) rows: u64,
    /// The others.
    pub(super) taken: Taken,
}

/// Writes what `part` holds of others to `target`; `None` where nothing is to be left out.
pub(super) async fn part(
    store: &Store,
    part: &Part,
    tombstones: &Tombstones,
    target: &Path,
) -> LakeResult<Option<Rewritten>> {
    if !part.table.is_by_customer() {
        return Ok(None);
    }
    let file = fetch(store, &part.key, target).await?;
    rewrite_part(part.table, &file, target, tombstones).await
}

/// Writes the refused rows of others to `target` and returns how many were left out.
pub(super) async fn rejected(store: &Store, key: &str, tombstones: &Tombstones, target: &Path) -> LakeResult<u64> {
    let file = fetch(store, key, target).await?;
    rewrite_rejected(&file, target, tombstones).await
}

/// Downloads what stands under `key` beside `target`.
pub(super) async fn fetch(store: &Store, key: &str, target: &Path) -> LakeResult<PathBuf> {
    let Some(head) = store.head(key).await? else {
        return Err(crate::store::StoreError::NotFound { bucket: store.bucket().to_owned(), key: key.to_owned() })?;
    };
    let file = target.with_extension("fetched");
    store.download(key, &head.etag, &file).await?;
    Ok(file)
}

async fn rewrite_part(
    table: Table,
    file: &Path,
    target: &Path,
    tombstones: &Tombstones,
) -> LakeResult<Option<Rewritten>> {
    let (source, path, erased) = (file.to_owned(), target.to_owned(), tombstones.hashes().clone());
    let rewritten = scratch::blocking(move || copy_part(table, &source, &path, &erased)).await;
    rewritten.map_err(|error| LakeError::file(file, error))
}

fn copy_part(table: Table, file: &Path, target: &Path, erased: &Erased) -> Result<Option<Rewritten>, TableError> {
    let reader = PartReader::open(ScratchFile::open(file)?, table)?;
    let held = reader.read_columns(&WHO)?;
    let mut found = false;
    for batch in held {
        found = found || kept(&batch?, erased).is_some();
    }
    if !found {
        return Ok(None);
    }
    let output = File::create(target).map_err(parquet::errors::ParquetError::from)?;
    let mut writer = PartWriter::new(output, table)?;
    let mut taken = Taken::default();
    for batch in reader.read(&ALL_BUCKETS)? {
        let batch = batch?;
        let Some(keep) = kept(&batch, erased) else {
            writer.write(&batch)?;
            continue;
        };
        writer.write(&filter_record_batch(&batch, &keep)?)?;
        taken.add(table, &filter_record_batch(&batch, &not(&keep)?)?)?;
    }
    let rows = writer.rows();
    writer.finish()?;
    Ok(Some(Rewritten { rows, taken }))
}

/// The rows of a batch that are of nobody erased, by `customer_hash` (32 bytes), else by `customer_id`, `email_sha256` and
/// `phone_sha256` (texts); `None` where that is all of them. A batch without these columns names no customer.
pub(crate) fn keep_rows(batch: &RecordBatch, erased: &Erased) -> Result<Option<RecordBatch>, arrow::error::ArrowError> {
    kept(batch, erased).map(|keep| filter_record_batch(batch, &keep)).transpose()
}

/// Which rows those are.
fn kept(batch: &RecordBatch, erased: &Erased) -> Option<BooleanArray> {
    let mut keep = vec![true; batch.num_rows()];
    let mut leave_out = |hashes: Vec<Option<CustomerHash>>| {
        for (keep, hash) in keep.iter_mut().zip(hashes) {
            *keep &= !hash.is_some_and(|hash| erased.contains(&hash));
        }
    };
    if let Some(column) = batch.column_by_name("customer_hash") {
        let hash = |bytes: Option<&[u8]>| Some(CustomerHash(bytes?.try_into().ok()?));
        leave_out(
            column.as_fixed_size_binary_opt().map(|column| column.iter().map(hash).collect()).unwrap_or_default(),
        );
    } else {
        for column in WHO.iter().filter_map(|name| batch.column_by_name(name)) {
            leave_out(hashes(column.as_ref()));
        }
    }
    let keep = BooleanArray::from(keep);
    (keep.true_count() < keep.len()).then_some(keep)
}

/// The hashes of a column of ids.
pub(super) fn hashes(column: &dyn Array) -> Vec<Option<CustomerHash>> {
    texts(column).into_iter().map(|id| id.map(CustomerHash::of)).collect()
}

fn texts(column: &dyn Array) -> Vec<Option<&str>> {
    if let Some(strings) = column.as_string_opt::<i32>() {
        return strings.iter().collect();
    }
    let Some(words) = column.as_dictionary_opt::<Int32Type>() else { return Vec::new() };
    let Some(values) = words.values().as_string_opt::<i32>() else { return Vec::new() };
    words.keys().iter().map(|key| Some(values.value(usize::try_from(key?).ok()?))).collect()
}

async fn rewrite_rejected(file: &Path, target: &Path, tombstones: &Tombstones) -> LakeResult<u64> {
    let (source, path, erased) = (file.to_owned(), target.to_owned(), tombstones.hashes().clone());
    let copied = scratch::blocking(move || {
        let input = io::BufReader::new(File::open(source)?);
        copy_csv(input, io::BufWriter::new(File::create(path)?), &erased)
    });
    copied.await.map_err(|error| LakeError::file(file, error))
}

/// Copies a CSV without the rows of erased customers, and counts those. Customers are known by the
/// columns `customer_hash` (hexadecimal; several with semicolons) and `customer_id`, wherever they stand.
pub(crate) fn copy_csv(input: impl io::Read, output: impl io::Write, erased: &Erased) -> Result<u64, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(input);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(output);
    let hashes: HashSet<String> = erased.iter().map(CustomerHash::to_hex).collect();
    let mut columns: Option<Vec<(usize, bool)>> = None;
    let mut found = 0;
    for record in reader.byte_records() {
        let record = record?;
        match &columns {
            None => columns = Some(customer_columns(&record)),
            Some(columns) => {
                let cell = |place: usize| String::from_utf8_lossy(record.get(place).unwrap_or_default()).into_owned();
                if columns.iter().any(|(place, hashed)| {
                    let cell = cell(*place);
                    let mut several = cell.split(HASH_SEPARATOR);
                    if *hashed { several.any(|hash| hashes.contains(hash)) } else { is_erased(&cell, erased) }
                }) {
                    found += 1;
                    continue;
                }
            }
        }
        writer.write_byte_record(&record)?;
    }
    writer.flush()?;
    Ok(found)
}

/// Places of the columns that say who a row is about, and whether each holds hashes.
fn customer_columns(header: &csv::ByteRecord) -> Vec<(usize, bool)> {
    let mut columns = Vec::new();
    for (place, name) in header.iter().enumerate() {
        match name {
            b"customer_hash" => columns.push((place, true)),
            b"customer_id" => columns.push((place, false)),
            _ => {}
        }
    }
    columns
}

/// Is it the id of an erased customer, as the lake writes it or with the apostrophe that exports put before formulas?
fn is_erased(id: &str, erased: &Erased) -> bool {
    let is = |id: &str| erased.contains(&CustomerHash::of(id));
    is(id) || id.strip_prefix('\'').is_some_and(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_row_goes_with_any_of_those_it_may_be_about() {
        let [first, second] = ["K42", "K43"].map(CustomerHash::of);
        let text = format!("line,customer_hash\n2,{};{}\n3,\n", first.to_hex(), second.to_hex());
        for erased in [first, second] {
            let mut left = Vec::new();
            assert_eq!(copy_csv(text.as_bytes(), &mut left, &Erased::from([erased])).unwrap(), 1);
            assert_eq!(left, b"line,customer_hash\n3,\n");
        }
    }
}
