//! Stretches that end where records do, and records that end.
use super::*;
use proptest::prelude::*;

fn all(mut chunks: Chunks, delimiter: Delimiter) -> Vec<(u64, Vec<String>)> {
    let mut found = Vec::new();
    while let Some(chunk) = chunks.next().unwrap() {
        let mut splitter = Splitter::new(&chunk.text, chunk.line, delimiter);
        let mut record = Record::default();
        let mut place = 0;
        while splitter.read(&mut record) {
            let line = chunk.numbers.as_ref().map_or(record.line, |numbers| numbers[place]);
            found.push((line, record.cells.iter().map(|cell| cell.clone().into_owned()).collect()));
            place += 1;
        }
    }
    found
}

#[test]
fn a_record_that_is_no_utf_8_is_read_as_windows_1252_and_the_others_are_not() {
    let bytes = b"M\xfcller;5\nM\xc3\xbcller;6\n\xe4".to_vec();
    let mut chunks = Chunks::of_text(Box::new(io::Cursor::new(bytes)), Delimiter::Semicolon);
    let chunk = chunks.next().unwrap().unwrap();
    assert_eq!(chunk.text, "Müller;5\nMüller;6\nä");
    assert_eq!(chunk.windows_1252, [0, 20]);
}

#[test]
fn a_quote_that_is_never_closed_takes_its_line_only_however_long_the_file() {
    let lines = RECORD_BYTES / 2 + 3;
    let text = format!("a,b\n\"{}", "x\n".repeat(lines));
    let mut chunks = Chunks::of_text(Box::new(io::Cursor::new(text.into_bytes())), Delimiter::Comma);
    let (mut read, mut unbalanced) = (0, Vec::new());
    while let Some(chunk) = chunks.next().unwrap() {
        let mut splitter = Splitter::new(&chunk.text, chunk.line, Delimiter::Comma);
        let mut record = Record::default();
        while splitter.read(&mut record) {
            read += 1;
            unbalanced.extend(record.unbalanced.then_some(record.line));
        }
    }
    assert_eq!((read, unbalanced), (lines + 1, vec![2]));
}

#[test]
fn a_line_is_not_gathered_without_end() {
    let text = format!("a,b\n{}", "x".repeat(RECORD_BYTES + 1));
    let mut chunks = Chunks::of_text(Box::new(io::Cursor::new(text.into_bytes())), Delimiter::Comma);
    assert_eq!(chunks.next().unwrap().unwrap().text, "a,b\n");
    assert!(chunks.next().unwrap_err().to_string().contains("line 2 is longer"));
}

#[test]
fn a_line_of_cells_without_end_is_not_taken_apart() {
    for (cells, is_read) in [(MOST_CELLS - 1, true), (MOST_CELLS, false)] {
        let text = format!("a,b\n1{}\n2,3\n", ",".repeat(cells));
        let mut chunks = Chunks::of_text(Box::new(io::Cursor::new(text.into_bytes())), Delimiter::Comma);
        assert_eq!(chunks.next().unwrap().unwrap().text, "a,b\n");
        let next = chunks.next().map_err(|fault| fault.to_string());
        assert_eq!(next.is_ok(), is_read, "{:?}", next.err());
    }
}

#[test]
fn records_across_the_ends_of_chunks_are_whole_and_keep_their_lines() {
    let row = |number: usize| format!("{number},\"a \"\"long\"\"\ncell {}\"\n", "x".repeat(number % 97));
    let text: String = (0..40_000).map(row).collect();
    assert!(text.len() > 2 * CHUNK_BYTES);
    let found = all(Chunks::of_text(Box::new(io::Cursor::new(text.into_bytes())), Delimiter::Comma), Delimiter::Comma);
    assert_eq!(found.len(), 40_000);
    for (number, (line, cells)) in found.iter().enumerate() {
        assert_eq!((*line, cells[0].as_str(), cells.len()), (2 * number as u64 + 1, number.to_string().as_str(), 2));
    }
}

proptest! {
    #[test]
    fn rows_are_read_back_with_their_numbers(rows in proptest::collection::vec(
        proptest::collection::vec("[a-z \"',;\n]{1,6}x", 3), 1..8)
    ) {
        let numbered: Vec<(u64, Vec<String>)> =
            rows.into_iter().enumerate().map(|(place, cells)| (place as u64 * 3, cells)).collect();
        let rows = numbered.clone().into_iter().map(|(number, cells)| Ok(Row::whole(number, cells)));
        let chunks = Chunks::Rows(Box::new(rows));
        prop_assert_eq!(all(chunks, Delimiter::Comma), numbered);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), which in 0_usize..5) {
        let _ = all(Chunks::of_text(Box::new(io::Cursor::new(bytes)), Delimiter::ALL[which]), Delimiter::ALL[which]);
    }
}
