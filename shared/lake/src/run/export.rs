//! The CSV twin of a table: in go Arrow batches, out comes gzip CSV that no spreadsheet takes for formulas.
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// A gzip CSV being written.
pub(crate) struct Export {
    writer: Option<csv::Writer<GzEncoder<BufWriter<File>>>>,
}

impl Export {
    /// A file at `path` that begins with the names of the columns.
    pub(crate) fn create(path: &Path, schema: &SchemaRef) -> Result<Export, Box<dyn Error + Send + Sync>> {
        let file = BufWriter::new(File::create(path)?);
        let mut writer = csv::Writer::from_writer(GzEncoder::new(file, Compression::default()));
        writer.write_record(schema.fields().iter().map(|field| field.name()))?;
        Ok(Export { writer: Some(writer) })
    }

    /// Appends rows. Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let options = FormatOptions::default();
        let mut columns = Vec::with_capacity(batch.num_columns());
        for column in batch.columns() {
            columns.push((ArrayFormatter::try_new(column.as_ref(), &options)?, is_text(column.data_type())));
        }
        let mut cell = String::new();
        for row in 0..batch.num_rows() {
            for (column, text) in &columns {
                cell.clear();
                write!(cell, "{}", column.value(row))?;
                let shown = if *text { neutral(&cell) } else { Cow::Borrowed(cell.as_str()) };
                writer.write_field(shown.as_ref())?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let gzip = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
        gzip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_data()?;
        Ok(())
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// Text that begins as a formula does, with an apostrophe in front (OWASP, CSV injection).
fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}
