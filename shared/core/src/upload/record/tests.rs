//! Quoting, line numbers and cuts between records, held against the `csv` crate.
use super::*;
use proptest::prelude::*;

fn read(text: &str, delimiter: Delimiter) -> Vec<(u64, Vec<String>)> {
    let mut records = Splitter::new(text, 1, delimiter);
    let (mut record, mut all) = (Record::default(), Vec::new());
    while records.read(&mut record) {
        all.push((record.line, record.cells.iter().map(|cell| cell.clone().into_owned()).collect()));
    }
    all
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
        let found: Vec<Vec<String>> = read(&text, Delimiter::Comma).into_iter().map(|(_, cells)| cells).collect();
        prop_assert_eq!(found, expected);
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
