//! Quoting, line numbers and cuts between records, held against the `csv` crate.
use super::*;
use proptest::prelude::*;

fn records(text: &str, delimiter: Delimiter) -> Vec<Record<'static>> {
    let mut records = Splitter::new(text, 1, delimiter);
    let (mut record, mut all) = (Record::default(), Vec::new());
    while records.read(&mut record) {
        all.push(record.clone().into_owned());
    }
    all
}

fn cells(record: Record<'_>) -> Vec<String> {
    record.cells.into_iter().map(Cow::into_owned).collect()
}

fn read(text: &str, delimiter: Delimiter) -> Vec<(u64, Vec<String>)> {
    records(text, delimiter).into_iter().map(|record| (record.line, cells(record))).collect()
}

#[test]
fn padded_columns_lose_their_padding_and_blank_lines_are_no_records() {
    let found = read(" 00001 19970101  1   11.77\r\n\r\n 00002 19970112  1   12.00\r\n", Delimiter::Spaces);
    assert_eq!(found[0], (1, vec!["00001", "19970101", "1", "11.77"].into_iter().map(str::to_owned).collect()));
    assert_eq!(found[1].0, 3);
    assert_eq!(found.len(), 2);
}

#[test]
fn lines_that_only_a_carriage_return_ends_are_counted() {
    let found = read("a,b\r\"x\ry\",1\rc,d\r\ne,f", Delimiter::Comma);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 4, 5]);
}

#[test]
fn lines_are_counted_over_blank_lines_and_quoted_line_ends() {
    let found = read("a,b\r\n\r\n\"x\ny\",1\r\nc,d\r\n", Delimiter::Comma);
    assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3, 5]);
}

#[test]
fn a_quote_that_closes_in_another_line_swallows_none() {
    let found = records("1,\"17 inch,10\n2,cable,20\n3,\"19 inch,30\n4,\"x\ny\" ,40\n", Delimiter::Comma);
    let told: Vec<_> = found.iter().map(|record| (record.line, record.unbalanced, record.cells.len())).collect();
    assert_eq!(told, [(1, true, 3), (2, false, 3), (3, true, 3), (4, false, 3)]);
    assert_eq!(found[3].cell(1), "x\ny ");
}

/// Text that is mostly structure.
fn structure() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just("\""), Just(","), Just("\n"), Just("\r\n"), Just("a"), Just("é ")],
        0..60,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cells_are_those_that_the_csv_crate_reads(text in structure()) {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .filter(|cells: &Vec<String>| cells.iter().any(|cell| !cell.trim().is_empty()))
            .collect();
        // Behind a quote that is not closed, every line is read on its own, which that crate does not.
        let mut found = records(&text, Delimiter::Comma);
        let balanced = found.iter().position(|record| record.unbalanced);
        found.truncate(balanced.unwrap_or(found.len()));
        let expected = &expected[..balanced.unwrap_or(expected.len())];
        prop_assert_eq!(found.into_iter().map(cells).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_record_that_holds_an_unbalanced_quote_goes_beyond_its_line(text in structure()) {
        for record in records(&text, Delimiter::Comma).iter().filter(|record| record.unbalanced) {
            let last = record.cells.last().unwrap();
            prop_assert!(!last.contains(['\n', '\r']));
            prop_assert!(record.quoted && record.cells.iter().any(|cell| cell.starts_with('"')));
        }
    }

    #[test]
    fn text_cut_behind_a_whole_record_has_the_same_records(text in structure(), cut in 0_usize..80) {
        let cut = (0..=cut.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap();
        let end = last_end(&text.as_bytes()[..cut], Delimiter::Comma);
        let lines = memchr_iter(b'\n', &text.as_bytes()[..end]).count() as u64;
        let mut found = read(&text[..end], Delimiter::Comma);
        found.extend(read(&text[end..], Delimiter::Comma).into_iter().map(|(line, cells)| (line + lines, cells)));
        prop_assert_eq!(found, read(&text, Delimiter::Comma));
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,200}", which in 0_usize..5) {
        let _ = (read(&text, Delimiter::ALL[which]), last_end(text.as_bytes(), Delimiter::ALL[which]));
    }
}
