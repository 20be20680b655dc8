//! Encodings, containers and what is no table.
use super::*;
use crate::upload::Incoming;
use crate::upload::sheet;
use std::io::Write;

fn look_at(bytes: &[u8]) -> Result<Content, String> {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("upload");
    std::fs::write(&path, bytes).unwrap();
    let packed = Packed::of(&Incoming::here(&path), sheet::is_workbook).map_err(|fault| format!("{fault}."))??;
    match look(&packed, scratch.path(), &|_| true).map_err(|fault| format!("{fault}."))? {
        Content::Unreadable(reason) => Err(reason),
        content => Ok(content),
    }
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn encodings_are_told_with_and_without_byte_order_mark() {
    let text = "customer_id,amount\nMüller,1\n";
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        ([b"\xef\xbb\xbf", text.as_bytes()].concat(), Encoding::Utf8),
        (utf16(text, true), Encoding::Utf16le),
        (utf16(text, false), Encoding::Utf16be),
        ([b"\xff\xfe".to_vec(), utf16(text, true)].concat(), Encoding::Utf16le),
        ([b"\xfe\xff".to_vec(), utf16(text, false)].concat(), Encoding::Utf16be),
    ] {
        let Ok(Content::Text(found)) = look_at(&bytes) else { panic!("{encoding:?} is text") };
        assert_eq!(found.encoding, encoding);
        assert_eq!(found.sample, text);
    }
}

#[test]
fn what_is_no_table_is_refused_with_a_reason() {
    for bytes in [&b""[..], b" \n\r\n", b"{\"a\":", b"PAR1xxxx", b"\x00\x01\x02\x03", b"\x1f\x8bbroken", b"PK\x03\x04x"]
    {
        let reason = look_at(bytes).map(|_| ()).unwrap_err();
        assert!(reason.ends_with('.'), "{reason}");
    }
}

#[test]
fn what_is_known_and_not_read_is_named_and_a_stray_zero_is_still_text() {
    let endless = "customer_id,order_date,amount,".repeat(10_000).into_bytes();
    let tar = [&[b'x'; 257][..], b"ustar\x0000"].concat();
    for (bytes, what) in [
        (&b"%PDF-1.7\n1 0 obj\n"[..], "a PDF"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"PK\x05\x06\0\0", "empty zip"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        (&tar, "tar archive"),
        (&endless, "longer than 256 KiB"),
    ] {
        let reason = look_at(bytes).map(|_| ()).unwrap_err();
        assert!(reason.contains(what) && reason.ends_with('.'), "{reason}");
    }
    let text = b"customer_id,order_date,amount\n1,2025-01-01,5\n2\0,2025-01-01,6\n";
    assert!(matches!(look_at(text), Ok(Content::Text(_))));
}

#[test]
fn gzip_is_opened_and_a_torn_one_refused() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"a,b\n1,2\n").unwrap();
    let whole = gzip.finish().unwrap();
    let Ok(Content::Text(found)) = look_at(&whole) else { panic!("gzip of text is text") };
    assert_eq!(found.sample, "a,b\n1,2\n");
    assert!(look_at(&whole[..whole.len() - 9]).is_err());
}

#[test]
fn a_web_page_is_named_as_one_whatever_its_name() {
    let reason = look_at(b"\r\n<html><table><tr><td>customer_id</td></tr></table></html>").map(|_| ()).unwrap_err();
    assert!(reason.contains("web page"), "{reason}");
}
