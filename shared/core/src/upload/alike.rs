//! Tables of one file that are read as one: the sheets of a workbook with the same header. In flow the file's tables; out
//! flows which of them are read, and their rows one behind the other. Cleans nothing.
use super::adapter::Adapters;
use super::chunk::{Chunk, Chunks, Row, Rows};
use super::content::RowsFile;
use super::hint::Hint;
use super::recognise::{self, Recognised};
use super::record::{Delimiter, Record, Splitter};
use std::io;

/// What lines of the second table that is read have added to their number, those of the third twice, so that no two rows
/// of a file have the same: a sheet has a million lines at most.
pub(super) const SHEET_LINES: u64 = 10_000_000;

/// A table that is read.
pub(super) struct Alike {
    /// Which of the file's.
    pub(super) place: usize,
    /// Records before its first row.
    header: usize,
}

/// The first of some tables that an adapter knows, before all others one that the key asks for, and those with the same
/// header. `Ok(Err(reason))`, a sentence, where none is known.
pub(super) fn find(
    files: &[RowsFile],
    adapters: &Adapters,
    hint: Option<Hint>,
) -> io::Result<Result<(Recognised, Vec<Alike>), String>> {
    let (mut known, mut reason) = (Vec::new(), String::new());
    for (place, file) in files.iter().enumerate() {
        let chunk = Chunks::Rows((file.open)()?).next()?;
        let start = chunk.map(|chunk| start_of(&chunk)).unwrap_or_default();
        match recognise::rows(&start, adapters, hint) {
            Ok(recognised) => known.push((place, recognised)),
            Err(why) => reason = why,
        }
    }
    let is_asked_for = |(_, one): &(usize, Recognised)| hint.is_some_and(|hint| hint.table == one.adapter.table);
    let Some((_, first)) = known.iter().find(|one| is_asked_for(one)).or(known.first()).cloned() else {
        return Ok(Err(reason));
    };
    let alike = known.iter().filter(|(_, one)| one.is_read_as(&first));
    let alike = alike.map(|(place, one)| Alike { place: *place, header: one.before_the_first() }).collect();
    Ok(Ok((first, alike)))
}

fn start_of(chunk: &Chunk) -> Vec<Record<'static>> {
    let mut splitter = Splitter::new(&chunk.text, 1, Delimiter::Comma);
    let (mut start, mut record) = (Vec::new(), Record::default());
    while start.len() < recognise::HEADER_WITHIN && splitter.read(&mut record) {
        let line = chunk.numbers.as_ref().and_then(|numbers| numbers.get(start.len())).copied();
        start.push(Record { line: line.unwrap_or(record.line), ..record.clone() }.into_owned());
    }
    start
}

/// The rows of all tables that are read, with the banner and header of the first only.
pub(super) fn one_behind_the_other(files: &[RowsFile], alike: &[Alike]) -> io::Result<Chunks> {
    let is_filled = |row: &io::Result<Row>| match row {
        Ok(row) => row.cells.iter().any(|cell| !cell.trim().is_empty()),
        Err(_) => true,
    };
    let mut rows: Rows = Box::new(std::iter::empty());
    for (number, sheet) in alike.iter().enumerate() {
        let skipped = if number == 0 { 0 } else { sheet.header };
        let before = number as u64 * SHEET_LINES;
        let numbered = move |row: io::Result<Row>| row.map(|row| Row { number: before + row.number, ..row });
        rows = Box::new(rows.chain((files[sheet.place].open)()?.filter(is_filled).skip(skipped).map(numbered)));
    }
    Ok(Chunks::Rows(rows))
}
