//! Layers that are opened, and archives that are refused before they fill a disk.
use super::*;
use std::io::Write;

fn peel(bytes: &[u8]) -> (tempfile::TempDir, io::Result<Result<Packed, String>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("upload");
    std::fs::write(&path, bytes).unwrap();
    let packed = Packed::of(&Incoming::here(&path), |_| false);
    (folder, packed)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn the_same_bytes_are_behind_every_layer_and_behind_two() {
    let text = b"a,b\n1,2\n";
    let zstd = zstd::encode_all(&text[..], 1).unwrap();
    for (bytes, layers) in [
        (text.to_vec(), &[][..]),
        (gzip(text), &[Packing::Gzip]),
        (zstd, &[Packing::Zstd]),
        (zip_of(&[("__MACOSX/._x.csv", b"junk"), ("x.csv", text)]), &[Packing::Zip]),
        (
            zip_of(&[("README.txt", b"about"), ("Thumbs.db", b"\0"), ("x.csv", text), ("terms.pdf", b"%PDF")]),
            &[Packing::Zip],
        ),
        (zip_of(&[("readme_orders.csv", text)]), &[Packing::Zip]),
        (zip_of(&[("folder/x.csv.gz", &gzip(text))]), &[Packing::Zip, Packing::Gzip]),
    ] {
        let (_folder, packed) = peel(&bytes);
        let packed = packed.unwrap().unwrap();
        assert_eq!(packed.packing(), layers);
        assert_eq!(packed.start(100).unwrap(), text);
    }
}

#[test]
fn an_archive_of_several_files_or_none_is_refused_in_a_sentence() {
    for bytes in [zip_of(&[("a.csv", b"a"), ("b.csv", b"b")]), zip_of(&[]), zip_of(&[(".hidden", b"a")])] {
        let (_folder, packed) = peel(&bytes);
        let reason = match packed {
            Ok(Err(reason)) => reason,
            // An empty archive has no local header, so that it is not taken for one.
            Ok(Ok(packed)) => {
                assert!(packed.packing().is_empty());
                continue;
            }
            Err(fault) => panic!("{fault}"),
        };
        assert!(reason.ends_with('.'), "{reason}");
    }
    let (_folder, packed) = peel(&zip_of(&[("a.csv", b"a"), ("of ada@example.org.csv", b"b"), ("read me.txt", b"")]));
    assert_eq!(packed.unwrap().unwrap_err(), "The zip archive holds 2 files (a.csv, ***); upload them one by one.");
    let (_folder, packed) = peel(&gzip(&gzip(&gzip(b"a,b\n"))));
    assert!(packed.unwrap().unwrap_err().contains("more than 2 times"));
}

#[test]
fn a_small_file_that_unpacks_without_end_is_refused() {
    let bomb = gzip(&vec![b'a'; (ALWAYS_BYTES + (1 << 20)) as usize]);
    let (_folder, packed) = peel(&bomb);
    let packed = packed.unwrap().unwrap();
    let fault = io::copy(&mut packed.open().unwrap(), &mut io::sink()).unwrap_err();
    assert_eq!(fault.kind(), io::ErrorKind::InvalidData);
    assert!(fault.to_string().contains("out of proportion"), "{fault}");
}

#[test]
fn a_workbook_is_unpacked_to_the_end_before_it_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.xlsx");
    std::fs::write(&path, zip_of(&[("xl/workbook.xml", &vec![b' '; 3 << 20])])).unwrap();
    assert_eq!(check_document(&path, 4 << 20, |_| true).unwrap(), Ok(()));
    assert!(check_document(&path, 2 << 20, |_| true).unwrap().unwrap_err().contains("more than 2 MiB"));
}

#[test]
fn an_archive_within_another_is_refused_by_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unpacked");
    std::fs::write(&path, zip_of(&[("a.csv", b"a"), (".hidden", b""), ("of ada@example.org.csv", b"b")])).unwrap();
    assert_eq!(
        check_document(&path, 4 << 20, |_| false).unwrap().unwrap_err(),
        "The file is a zip archive (a.csv, ***) within another archive; upload what it holds by itself."
    );
}

#[test]
fn a_workbook_that_claims_more_texts_than_it_can_hold_is_refused_before_a_reader_believes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.xlsx");
    let texts = |claimed: u64| format!("<sst count=\"1\" uniqueCount=\"{claimed}\"><si><t>a</t></si></sst>");
    for (claimed, is_read) in [(1, true), (u64::from(u32::MAX), false), (u64::MAX, false)] {
        std::fs::write(&path, zip_of(&[("xl/sharedStrings.xml", texts(claimed).as_bytes())])).unwrap();
        let checked = check_document(&path, 4 << 20, |_| true).unwrap();
        assert_eq!(checked.is_ok(), is_read, "{checked:?}");
    }
}

#[test]
fn a_sheet_that_repeats_a_row_without_end_is_refused_before_a_reader_writes_it_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("book.ods");
    for (times, is_read) in [(1000, true), (1_000_000, false)] {
        let rows = format!("<table:table-row table:number-rows-repeated=\"{times}\">");
        let cells = "<table:table-cell table:number-columns-repeated=\"90\"><text:p>5</text:p></table:table-cell>";
        let xml = format!("<table:table>{rows}{cells}</table:table-row></table:table>");
        std::fs::write(&path, zip_of(&[("content.xml", xml.as_bytes())])).unwrap();
        let checked = check_document(&path, 4 << 20, |_| true).unwrap();
        assert_eq!(checked.is_ok(), is_read, "{checked:?}");
    }
}
