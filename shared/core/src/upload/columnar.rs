//! Parquet files of any schema: in flow columns, out flow rows of text, batch by batch. Decimals and times keep every
//! digit, bytes that are UTF-8 are text; what stands inside of lists and structs is no cell. Bounded as other packed files
//! are: a dictionary of one word may stand for more text than there is memory.
use super::chunk::{Row, Rows};
use super::content::RowsFile;
use super::unpack::most_for;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

const BATCH_ROWS: usize = 4096;
/// How much text is made of a batch at once.
const PIECE_BYTES: u64 = 1 << 20;

/// The rows of a Parquet file; `Err` says, in a sentence, why there are none.
pub(crate) fn open(path: &Path) -> io::Result<Result<RowsFile, String>> {
    let damaged = |fault: &dyn std::fmt::Display| Ok(Err(format!("The Parquet file cannot be read: {fault}.")));
    let file = File::open(path)?;
    let metadata = match guarded(|| Ok(ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())?)) {
        Ok(metadata) => metadata,
        Err(fault) => return damaged(&fault),
    };
    if metadata.schema().fields().is_empty() {
        return damaged(&"it has no columns");
    }
    let most = most_for(file.metadata()?.len());
    if unpacked_bytes(&metadata) > most {
        return Ok(Err(out_of_proportion(most)));
    }
    if let Some(codec) = unread_codec(&metadata) {
        return Ok(Err(format!(
            "The Parquet file is compressed with {codec}, which is not read here. Write it with Snappy, Zstandard, gzip or \
             LZ4."
        )));
    }
    let path = path.to_owned();
    let open = move || {
        let header: Vec<String> = metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(&path)?, metadata.clone());
        let mut reader = guarded(|| Ok(builder.with_batch_size(BATCH_ROWS).build()?)).map_err(of_the_content)?;
        // Damage ends the file: what a reader says behind it is worth nothing.
        let mut ended = false;
        let (mut batch, mut left) = (Batch::default(), most);
        let mut piece = move || {
            loop {
                if !batch.left.is_empty() {
                    let (cells, bytes) = guarded(|| batch.rows()).map_err(of_the_content)?;
                    left = left.checked_sub(bytes).ok_or_else(|| of_the_content(TooMuch(most)))?;
                    batch.left.start += cells.len();
                    return Ok(Some(cells));
                }
                let next = guarded(|| reader.next().map(|rows| Batch::of(&rows?)).transpose());
                match next.map_err(of_the_content)? {
                    Some(next) => batch = next,
                    None => return Ok(None),
                }
            }
        };
        let pieces = std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let rows = piece().transpose();
            ended = !matches!(rows, Some(Ok(_)));
            rows
        });
        let mut next = 1;
        let rows = pieces.flat_map(move |rows| {
            let first = next;
            next += rows.as_ref().map_or(0, |rows: &Vec<Vec<String>>| rows.len() as u64);
            numbered(rows, first)
        });
        Ok(Box::new(std::iter::once(Ok(Row::whole(0, header))).chain(rows)) as Rows)
    };
    Ok(Ok(RowsFile { container: "parquet", sheet: None, open: Box::new(open) }))
}

/// What `read` finds. The reader of the format looks for most of what may be wrong with a file, and panics at some of the
/// rest: that is damage like any other.
fn guarded<T>(read: impl FnOnce() -> Result<T, ArrowError>) -> Result<T, ArrowError> {
    let damaged = |_| Err(ArrowError::ParquetError("what it says of its columns contradicts itself".to_owned()));
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(damaged)
}

/// The first codec of a file that this program is built without: rarely used ones would make every function larger.
fn unread_codec(metadata: &ArrowReaderMetadata) -> Option<&'static str> {
    let groups = metadata.metadata().row_groups().iter();
    groups.flat_map(RowGroupMetaData::columns).find_map(|column| match column.compression() {
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
        _ => None,
    })
}

fn of_the_content(fault: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault)
}

fn numbered(rows: io::Result<Vec<Vec<String>>>, first: u64) -> Vec<io::Result<Row>> {
    match rows {
        Ok(rows) => (first..).zip(rows).map(|(number, cells)| Ok(Row::whole(number, cells))).collect(),
        Err(fault) => vec![Err(fault)],
    }
}

/// How many bytes the columns have behind their compression, as the file says.
fn unpacked_bytes(metadata: &ArrowReaderMetadata) -> u64 {
    let columns = metadata.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
    columns.fold(0, |sum, column| sum.saturating_add(column.uncompressed_size().unsigned_abs()))
}

/// The rows of a file are more text than its size lets expect.
#[derive(Debug, thiserror::Error)]
#[error("its rows are more than {} MiB of text, out of proportion to its size", .0 >> 20)]
struct TooMuch(u64);

fn out_of_proportion(most: u64) -> String {
    format!("The Parquet file unpacks to more than {} MiB, out of proportion to its size.", most >> 20)
}

/// Rows on their way to text.
#[derive(Default)]
struct Batch {
    /// Each with what stands behind its cells.
    columns: Vec<(ArrayRef, &'static str)>,
    /// The rows of which no text was made yet.
    left: Range<usize>,
}

impl Batch {
    fn of(rows: &RecordBatch) -> Result<Batch, ArrowError> {
        Ok(Batch { columns: rows.columns().iter().map(readable).collect::<Result<_, _>>()?, left: 0..rows.num_rows() })
    }

    /// The next rows, and their bytes: all that there are, but no more behind the one with which they have a piece's.
    fn rows(&self) -> Result<(Vec<Vec<String>>, u64), ArrowError> {
        let options = FormatOptions::new().with_null("");
        let columns = self.columns.iter().map(|(column, suffix)| Cells::of(column, suffix, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let (mut rows, mut bytes) = (Vec::with_capacity(self.left.len()), 0);
        for row in self.left.clone() {
            let mut cells = Vec::with_capacity(columns.len());
            for column in &columns {
                let cell = column.text_at(row)?;
                bytes += cell.len() as u64 + 1;
                cells.push(cell);
            }
            rows.push(cells);
            if bytes >= PIECE_BYTES {
                break;
            }
        }
        Ok((rows, bytes))
    }
}

/// A column whose cells are text, or can be written as such.
enum Cells<'a> {
    /// Bytes that nothing says to be text; some writers leave it at that for their texts.
    Bytes(&'a BinaryArray),
    Written {
        cells: ArrayFormatter<'a>,
        suffix: &'static str,
        is_float: bool,
    },
}

impl<'a> Cells<'a> {
    fn of(column: &'a ArrayRef, suffix: &'static str, options: &FormatOptions<'a>) -> Result<Cells<'a>, ArrowError> {
        if let Some(bytes) = column.as_binary_opt::<i32>() {
            return Ok(Cells::Bytes(bytes));
        }
        let is_float = column.data_type().is_floating();
        Ok(Cells::Written { cells: ArrayFormatter::try_new(column, options)?, suffix, is_float })
    }

    fn text_at(&self, row: usize) -> Result<String, ArrowError> {
        let (cells, suffix, is_float) = match self {
            Cells::Bytes(bytes) => {
                let cell = bytes.is_valid(row).then(|| bytes.value(row));
                return Ok(cell.map_or_else(String::new, text_of));
            }
            Cells::Written { cells, suffix, is_float } => (cells, suffix, is_float),
        };
        let mut cell = cells.value(row).try_to_string()?;
        // Written as ids that have gone through a float are known.
        if *is_float && let Some((mantissa, exponent)) = cell.split_once('e').filter(|(_, e)| !e.starts_with('-')) {
            cell = format!("{mantissa}E+{exponent}");
        }
        if !cell.is_empty() {
            cell.push_str(suffix);
        }
        Ok(cell)
    }
}

/// Bytes that are no text are shown as hexadecimal digits, as ids often are.
fn text_of(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| hex::encode(bytes), str::to_owned)
}

/// A column as its cells are read, and what stands behind them: instants of any zone in UTC, which says so, and bytes of any
/// kind as one.
fn readable(column: &ArrayRef) -> Result<(ArrayRef, &'static str), ArrowError> {
    match column.data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, Some(zone.clone())))?;
            let instants = micros.as_primitive::<TimestampMicrosecondType>().clone();
            Ok((Arc::new(instants.with_timezone_opt(None::<Arc<str>>)), "Z"))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Ok((cast(column, &DataType::Binary)?, "")),
        _ => Ok((column.clone(), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, Int32Array, StringArray};
    use arrow::datatypes::Int8Type;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{GzipLevel, ZstdLevel};
    use parquet::file::properties::WriterProperties;

    fn written(compression: Compression) -> tempfile::NamedTempFile {
        let columns: [(&str, ArrayRef); 3] = [
            ("id", Arc::new(BinaryArray::from_opt_vec(vec![Some("é".as_bytes()), Some(&[0xff, 0x01]), None]))),
            ("name", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
            ("number", Arc::new(Int32Array::from(vec![1, 2, 3]))),
        ];
        saved(&RecordBatch::try_from_iter(columns).unwrap(), compression)
    }

    fn saved(batch: &RecordBatch, compression: Compression) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
        file
    }

    #[test]
    fn files_of_every_usual_codec_are_read_and_bytes_that_are_text_are_text() {
        for compression in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::ZSTD(ZstdLevel::default()),
            Compression::LZ4,
            Compression::LZ4_RAW,
        ] {
            let file = written(compression);
            let rows = open(file.path()).unwrap().unwrap();
            let cells: Vec<String> = (rows.open)().unwrap().map(|row| row.unwrap().cells.join(",")).collect();
            assert_eq!(cells, ["id,name,number", "é,a,1", "ff01,b,2", ",c,3"], "{compression}");
        }
    }

    #[test]
    fn rows_out_of_proportion_to_their_file_are_refused_before_they_fill_memory() {
        let note = |column: ArrayRef| {
            let batch = RecordBatch::try_from_iter([("note", column)]).unwrap();
            saved(&batch, Compression::ZSTD(ZstdLevel::default()))
        };
        let word = "x".repeat(1 << 16);
        let column: DictionaryArray<Int8Type> = std::iter::repeat_n(word.as_str(), 5000).collect();
        let file = note(Arc::new(column));
        let rows = open(file.path()).unwrap().unwrap();
        let read: Vec<io::Result<Row>> = (rows.open)().unwrap().collect();
        assert!(read.len() < 1100, "{} of 5000 rows", read.len());
        let fault = read.last().unwrap().as_ref().unwrap_err();
        assert!(fault.to_string().contains("out of proportion"), "{fault}");

        let file = note(Arc::new(StringArray::from(vec![word.repeat(1300)])));
        let reason = open(file.path()).unwrap().err().unwrap();
        assert!(reason.contains("more than 64 MiB"), "{reason}");
    }
}
