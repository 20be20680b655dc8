//! The cells of a sheet that hold something. In flows a sheet as its reader gives it out; out flow its rows. Takes memory
//! for cells that are filled only: a single one in the far corner of a sheet spans seventeen billion.
use calamine::{Cell, Data, DataRef, Reader, Sheets};
use std::io::{Read, Seek};

/// Rows and columns of the largest sheet that any program writes; readers believe whatever place a cell names.
const LARGEST: (u32, u32) = (1 << 20, 1 << 16);
/// How many filled cells a sheet may have; each takes 40 bytes beside its text.
const MOST_CELLS: usize = 1 << 24;
/// How many cells rows may be padded to, all together.
const PADDED_CELLS: usize = 1 << 26;
/// Of a sheet that would take more, its first rows say how wide it is.
const TELLING_ROWS: usize = 1000;

/// A cell under its row and column.
type Placed = ((u32, u32), Data);

/// The filled cells of a sheet, by row and then by column, as the sheet counts them from 0.
#[derive(Debug)]
pub(super) struct Filled {
    cells: Vec<Placed>,
    /// Where each row begins among the cells.
    starts: Vec<usize>,
    /// The first column that has cells.
    first: u32,
    /// How many cells a row has at least, from that column on.
    width: usize,
}

impl Filled {
    /// Those of the sheet called `name`; `None` where it cannot be read or has none. `Err` is a sentence: it has too many.
    pub(super) fn of<S: Read + Seek>(workbook: &mut Sheets<S>, name: &str) -> Result<Option<Filled>, String> {
        let mut cells = Vec::new();
        let whole = match workbook {
            Sheets::Xlsx(book) => book.worksheet_cells_reader(name).ok().map(|mut reader| {
                let next = || reader.next_cell().map_err(|_| ());
                gather(next, &mut cells)
            }),
            Sheets::Xlsb(book) => book.worksheet_cells_reader(name).ok().map(|mut reader| {
                let next = || reader.next_cell().map_err(|_| ());
                gather(next, &mut cells)
            }),
            Sheets::Xls(_) | Sheets::Ods(_) => workbook.worksheet_range(name).ok().map(|range| {
                let (top, left) = range.start().unwrap_or_default();
                let at = |row: usize, column: usize| (top + row as u32, left + column as u32);
                cells.extend(range.used_cells().map(|(row, column, cell)| (at(row, column), cell.clone())));
                Gathered::All
            }),
        };
        match whole {
            Some(Gathered::All) if !cells.is_empty() => Ok(Some(Filled::by_row(cells))),
            Some(Gathered::TooMany) => {
                Err(format!("A sheet of the workbook has more than {MOST_CELLS} filled cells: save it as CSV."))
            }
            _ => Ok(None),
        }
    }

    fn by_row(mut cells: Vec<Placed>) -> Filled {
        // Mostly they are. Of two cells in one place the later counts, as their order is kept.
        if !cells.is_sorted_by_key(|(place, _)| *place) {
            cells.sort_by_key(|(place, _)| *place);
        }
        let begins = |place: &usize| *place == 0 || cells[place - 1].0.0 != cells[*place].0.0;
        let starts: Vec<usize> = (0..cells.len()).filter(begins).collect();
        let first = cells.iter().map(|((_, column), _)| *column).min().unwrap_or_default();
        let last_of = |row: usize| {
            let end = starts.get(row + 1).copied().unwrap_or(cells.len());
            (cells[end - 1].0.1 - first) as usize + 1
        };
        let widest = |rows: usize| (0..rows).map(last_of).max().unwrap_or_default();
        let mut width = widest(starts.len());
        if width.saturating_mul(starts.len()) > PADDED_CELLS {
            width = widest(starts.len().min(TELLING_ROWS));
        }
        Filled { cells, starts, first, width }
    }

    /// How many rows have cells.
    pub(super) fn rows(&self) -> usize {
        self.starts.len()
    }

    /// The row at `place` among those that have cells, with its number in the sheet, counted from 1.
    pub(super) fn row(&self, place: usize) -> (u64, &[Placed]) {
        let end = self.starts.get(place + 1).copied().unwrap_or(self.cells.len());
        let row = &self.cells[self.starts[place]..end];
        (u64::from(row[0].0.0) + 1, row)
    }

    /// How many cells a row has, filled or not.
    pub(super) fn width_of(&self, row: &[Placed]) -> usize {
        let last = row.last().map_or(0, |((_, column), _)| (column - self.first) as usize + 1);
        last.max(self.width)
    }

    /// The cells of a row with their places in it.
    pub(super) fn places<'a>(&self, row: &'a [Placed]) -> impl Iterator<Item = (usize, &'a Data)> {
        let first = self.first;
        row.iter().map(move |((_, column), cell)| ((column - first) as usize, cell))
    }
}

enum Gathered {
    All,
    TooMany,
    Broken,
}

/// Takes cells until there are no more.
fn gather<'a>(mut next: impl FnMut() -> Result<Option<Cell<DataRef<'a>>>, ()>, cells: &mut Vec<Placed>) -> Gathered {
    loop {
        match next() {
            Ok(Some(cell)) if *cell.get_value() == DataRef::Empty => {}
            Ok(Some(_)) if cells.len() == MOST_CELLS => return Gathered::TooMany,
            Ok(Some(cell)) if cell.get_position().0 >= LARGEST.0 || cell.get_position().1 >= LARGEST.1 => {
                return Gathered::Broken;
            }
            Ok(Some(cell)) => cells.push((cell.get_position(), Data::from(cell.get_value().clone()))),
            Ok(None) => return Gathered::All,
            Err(()) => return Gathered::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: &str) -> Data {
        Data::String(cell.to_owned())
    }

    #[test]
    fn rows_come_in_order_and_are_as_wide_as_the_sheet() {
        let filled =
            Filled::by_row(vec![((4, 2), text("c")), ((1, 1), text("a")), ((1, 3), text("b")), ((4, 2), text("d"))]);
        assert_eq!((filled.rows(), filled.width), (2, 3));
        let (number, row) = filled.row(0);
        assert_eq!((number, filled.width_of(row)), (2, 3));
        assert_eq!(filled.places(row).collect::<Vec<_>>(), [(0, &text("a")), (2, &text("b"))]);
        let (number, row) = filled.row(1);
        assert_eq!((number, filled.places(row).last()), (5, Some((1, &text("d")))));
    }

    #[test]
    fn a_cell_in_a_place_that_no_sheet_has_breaks_its_sheet() {
        for (place, is_read) in [((1_048_575, 16_383), true), ((1_048_576, 0), false), ((0, 308_915_775), false)] {
            let (mut told, mut cells) = (Some(Cell::new(place, DataRef::Int(1))), Vec::new());
            let gathered = gather(|| Ok(told.take()), &mut cells);
            assert_eq!(matches!(gathered, Gathered::All), is_read, "{place:?}");
        }
    }

    #[test]
    fn a_cell_far_away_makes_its_own_row_wide_and_no_other() {
        let mut cells: Vec<Placed> = (0..5000).map(|row| ((row, 0), text("a"))).collect();
        cells.push(((1_048_575, 16_383), text("z")));
        let filled = Filled::by_row(cells);
        assert_eq!((filled.rows(), filled.width), (5001, 1));
        let (number, row) = filled.row(5000);
        assert_eq!((number, filled.width_of(row)), (1_048_576, 16_384));
    }
}
