//! What kind of bytes an upload is. In flows a file; out flows text that can be opened again and again, a workbook, or
//! the reason why it is neither. Knows nothing of columns.
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How many bytes of the text are looked at to recognise it.
const SAMPLE_BYTES: u64 = 256 * 1024;
/// How large a workbook may be behind its compression.
const WORKBOOK_BYTES: u64 = 1 << 30;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without byte order mark; lines that are not UTF-8 are read as Windows-1252.
    Utf8,
    /// UTF-16, little end first.
    Utf16le,
    /// UTF-16, big end first.
    Utf16be,
}

/// An upload's bytes, told apart.
#[derive(Debug)]
pub(crate) enum Content {
    /// Lines.
    Text(TextFile),
    /// A workbook, and whether it was behind gzip.
    Workbook(Workbook),
    /// Neither, and why.
    Unreadable(String),
}

/// A spreadsheet.
#[derive(Debug)]
pub(crate) struct Workbook {
    pub(crate) path: PathBuf,
    pub(crate) gzip: bool,
}

/// Text that can be opened several times.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    path: PathBuf,
    pub(crate) gzip: bool,
    pub(crate) encoding: Encoding,
    /// The first bytes as UTF-8, cut behind the last whole line where the file is longer.
    pub(crate) sample: Vec<u8>,
}

impl TextFile {
    /// The text's bytes from the start, as UTF-8 but for stray Windows-1252 lines, without byte order mark.
    pub(crate) fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
        open_as(&self.path, self.gzip, self.encoding)
    }
}

fn open_as(path: &Path, gzip: bool, encoding: Encoding) -> io::Result<Box<dyn BufRead + Send>> {
    let bytes = open_bytes(path, gzip)?;
    let label = match encoding {
        Encoding::Utf8 => {
            let mut bytes = BufReader::with_capacity(1 << 18, bytes);
            if bytes.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
                bytes.consume(3);
            }
            return Ok(Box::new(bytes));
        }
        Encoding::Utf16le => encoding_rs::UTF_16LE,
        Encoding::Utf16be => encoding_rs::UTF_16BE,
    };
    let decoded = DecodeReaderBytesBuilder::new().encoding(Some(label)).strip_bom(true).build(bytes);
    Ok(Box::new(BufReader::with_capacity(1 << 16, decoded)))
}

fn open_bytes(path: &Path, gzip: bool) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    if gzip {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, file))));
    }
    Ok(Box::new(file))
}

/// Looks at the first bytes of `path`. A workbook behind gzip is unpacked into `scratch`.
pub(crate) fn look(path: &Path, scratch: &Path) -> io::Result<Content> {
    let unreadable = |reason: &str| Ok(Content::Unreadable(reason.to_owned()));
    let mut magic = [0_u8; 4];
    let read = read_up_to(&mut File::open(path)?, &mut magic)?;
    let gzip = magic[..read].starts_with(b"\x1f\x8b");
    let mut start = vec![0_u8; 4096];
    let read = match read_up_to(&mut open_bytes(path, gzip)?, &mut start) {
        Ok(read) => read,
        Err(fault) if is_of_the_content(&fault) => {
            return Ok(Content::Unreadable(format!("The gzip data are damaged: {fault}.")));
        }
        Err(fault) => return Err(fault),
    };
    start.truncate(read);
    if start.is_empty() {
        return unreadable("The file is empty.");
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0") {
        return unpack_workbook(path, gzip, scratch);
    }
    if start.starts_with(b"PAR1") || start.starts_with(b"\x28\xb5\x2f\xfd") || start.starts_with(b"\x1f\x8b") {
        return unreadable(
            "Parquet, zstd and doubly compressed files are not read; upload CSV, TSV or XLSX, plain or gzip.",
        );
    }
    if matches!(start.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'[')) {
        return unreadable("JSON files are not read; upload CSV, TSV or XLSX, plain or gzip.");
    }
    let encoding = encoding_of(&start);
    if encoding == Encoding::Utf8 && start.contains(&0) {
        return unreadable("The file holds binary data, not a table.");
    }
    let sample = match sample_of(path, gzip, encoding) {
        Ok(sample) => sample,
        Err(fault) if is_of_the_content(&fault) => {
            return Ok(Content::Unreadable(format!("The gzip data are damaged: {fault}.")));
        }
        Err(fault) => return Err(fault),
    };
    if sample.iter().all(u8::is_ascii_whitespace) {
        return unreadable("The file is empty.");
    }
    Ok(Content::Text(TextFile { path: path.to_owned(), gzip, encoding, sample }))
}

/// Is the fault one of the bytes, which trying again does not mend?
pub(crate) fn is_of_the_content(fault: &io::Error) -> bool {
    matches!(fault.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
}

fn sample_of(path: &Path, gzip: bool, encoding: Encoding) -> io::Result<Vec<u8>> {
    let mut sample = Vec::new();
    open_as(path, gzip, encoding)?.take(SAMPLE_BYTES).read_to_end(&mut sample)?;
    if sample.len() as u64 == SAMPLE_BYTES {
        let end = sample.iter().rposition(|byte| *byte == b'\n').map_or(sample.len(), |place| place + 1);
        sample.truncate(end);
    }
    Ok(sample)
}

/// By the byte order mark, else by where the zero bytes of Latin text in UTF-16 stand.
fn encoding_of(start: &[u8]) -> Encoding {
    if start.starts_with(b"\xff\xfe") {
        return Encoding::Utf16le;
    }
    if start.starts_with(b"\xfe\xff") {
        return Encoding::Utf16be;
    }
    let zeros = |offset: usize| start.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = start.len() / 2;
    if odd * 2 > half && even * 10 < half {
        return Encoding::Utf16le;
    }
    if even * 2 > half && odd * 10 < half {
        return Encoding::Utf16be;
    }
    Encoding::Utf8
}

fn unpack_workbook(path: &Path, gzip: bool, scratch: &Path) -> io::Result<Content> {
    if !gzip {
        return Ok(Content::Workbook(Workbook { path: path.to_owned(), gzip }));
    }
    let mut unpacked = tempfile::Builder::new().prefix("workbook").tempfile_in(scratch)?;
    let copied = io::copy(&mut open_bytes(path, true)?.take(WORKBOOK_BYTES + 1), &mut unpacked);
    match copied {
        Ok(bytes) if bytes > WORKBOOK_BYTES => {
            Ok(Content::Unreadable("The workbook is larger than 1 GiB behind its compression.".to_owned()))
        }
        Ok(_) => {
            unpacked.seek(SeekFrom::Start(0))?;
            let (_, path) = unpacked.keep().map_err(|kept| kept.error)?;
            Ok(Content::Workbook(Workbook { path, gzip }))
        }
        Err(fault) if is_of_the_content(&fault) => {
            Ok(Content::Unreadable(format!("The gzip data are damaged: {fault}.")))
        }
        Err(fault) => Err(fault),
    }
}

fn read_up_to(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn look_at(bytes: &[u8]) -> Content {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("upload");
        std::fs::write(&path, bytes).unwrap();
        look(&path, scratch.path()).unwrap()
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
            let Content::Text(found) = look_at(&bytes) else { panic!("{encoding:?} is text") };
            assert_eq!(found.encoding, encoding);
            assert_eq!(String::from_utf8(found.sample).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_table_is_refused_with_a_reason() {
        for bytes in [&b""[..], b" \n\r\n", b"{\"a\":1}", b"PAR1xxxx", b"\x00\x01\x02\x03", b"\x1f\x8bbroken"] {
            let Content::Unreadable(reason) = look_at(bytes) else { panic!("{bytes:?} is no table") };
            assert!(reason.ends_with('.'), "{reason}");
        }
    }

    #[test]
    fn gzip_is_opened_and_a_torn_one_refused() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"a,b\n1,2\n").unwrap();
        let whole = gzip.finish().unwrap();
        let Content::Text(found) = look_at(&whole) else { panic!("gzip of text is text") };
        assert!(found.gzip && found.sample == b"a,b\n1,2\n");
        assert!(matches!(look_at(&whole[..whole.len() - 9]), Content::Unreadable(_)));
    }
}
