//! Files that are no tables, by their first bytes. In flows the start of a file; out flows what it is, for people.

/// What files begin with that are not read, and what they are.
const SIGNATURES: [(&[u8], &str); 13] = [
    (b"%PDF", "a PDF"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh9", "packed with bzip2"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"\x04\x22\x4d\x18", "packed with LZ4"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xff\xfe\0\0", "text in UTF-32"),
    (b"\0\0\xfe\xff", "text in UTF-32"),
];
/// Where a tar archive says that it is one.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// What the file is, where it is none that is read.
pub(super) fn unread(start: &[u8]) -> Option<&'static str> {
    if start.get(TAR.0..).is_some_and(|rest| rest.starts_with(TAR.1)) {
        return Some("a tar archive");
    }
    SIGNATURES.iter().find(|(signature, _)| start.starts_with(signature)).map(|(_, what)| *what)
}

/// Is there more than a stray zero or other control character in bytes that no text of one byte a letter has?
pub(super) fn is_binary(start: &[u8]) -> bool {
    const ONE_IN: usize = 50;
    let is_control = |byte: &&u8| **byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    start.contains(&0) && start.iter().filter(is_control).count() * ONE_IN > start.len()
}
