//! Cleaning, table by table: in flows one record, out flow the rows it is, or the reason for which it is refused. What a
//! source's files are like stands in its adapter; here stands what is true of a table whatever the source.
pub(crate) mod acquisition;
pub(crate) mod customer;
pub(crate) mod indicator;
pub(crate) mod spend;
pub(crate) mod transaction;

use super::cells::Cells;
use super::part_row::PartRow;
use super::reject::Reject;

/// What became of a record that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is one or several rows of the table.
    Kept,
    /// It belongs to the row of an earlier record.
    Merged,
}

/// Turns records into rows of one table.
pub(crate) trait Clean {
    /// A row of the table.
    type Row: PartRow;

    /// Appends the rows of one record.
    ///
    /// # Errors
    /// The reason for which the record is refused; nothing is appended then.
    fn clean(&mut self, cells: &mut Cells<'_>, rows: &mut Vec<Self::Row>) -> Result<Verdict, Reject>;
}
