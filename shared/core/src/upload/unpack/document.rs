//! A document that is an archive, such as a workbook, before it is trusted: in flows its file, out flows whether each of its
//! entries unpacks to what can be read. What archives and documents say about their sizes may be wrong.
use super::repeated;
use super::{MOST_ENTRIES, is_hidden, most_for, named_files, names_in};
use memchr::memmem;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// How many texts the cells of a workbook may share, by its own claim: readers take memory for so many beforehand.
const MOST_TEXTS: u64 = 1 << 24;

/// How many cells a sheet may have of which most may be written once and repeated.
const MOST_CELLS: u64 = 1 << 23;

/// Checks a document that is an archive, such as a workbook, by unpacking each of its entries: what archives say about
/// sizes may be wrong. `Err` is a sentence, also where `is_document` says that it is none: archives within archives are
/// not opened.
pub(crate) fn check_document(
    path: &Path,
    most: u64,
    is_document: fn(&[String]) -> bool,
) -> io::Result<Result<(), String>> {
    let too_much =
        || format!("The file unpacks to more than {} MiB, which is more than is read of a workbook.", most >> 20);
    let mut archive = match zip::ZipArchive::new(BufReader::new(File::open(path)?)) {
        Ok(archive) => archive,
        Err(fault) => return Ok(Err(format!("The workbook cannot be read: {fault}."))),
    };
    if archive.len() > MOST_ENTRIES {
        return Ok(Err(format!("The workbook lists more than {MOST_ENTRIES} files.")));
    }
    let names = names_in(&archive);
    if !is_document(&names) {
        let files: Vec<&str> = names.iter().map(String::as_str).filter(|name| !is_hidden(name)).collect();
        let reason = format!("The file is a zip archive ({}) within another archive", named_files(&files));
        return Ok(Err(format!("{reason}; upload what it holds by itself.")));
    }
    if let Ok(xml) = archive.by_name("content.xml")
        && repeated::cells(BufReader::new(xml.take(most))) > MOST_CELLS
    {
        return Ok(Err(format!("A sheet of the workbook repeats cells to more than {MOST_CELLS}: save it as CSV.")));
    }
    let most = most.min(most_for(std::fs::metadata(path)?.len()));
    let mut left = most;
    for place in 0..archive.len() {
        let entry = match archive.by_index(place) {
            Ok(entry) => entry,
            Err(fault) => return Ok(Err(format!("The workbook cannot be read: {fault}."))),
        };
        let mut claims = Claims::default();
        match io::copy(&mut entry.take(left + 1), &mut claims) {
            Ok(read) if read > left => return Ok(Err(too_much())),
            Ok(_) if claims.most > MOST_TEXTS => {
                return Ok(Err(format!(
                    "The workbook claims to hold {} texts, which is more than is read.",
                    claims.most
                )));
            }
            Ok(read) => left -= read,
            Err(fault) => return Ok(Err(format!("The workbook cannot be read: {fault}."))),
        }
    }
    Ok(Ok(()))
}

/// Bytes that are read for what they claim: the largest `uniqueCount` in them (ECMA-376, 18.4.9), which is how many texts
/// cells share.
#[derive(Default)]
struct Claims {
    most: u64,
    /// The end of what was read before, in which a claim may begin.
    rest: Vec<u8>,
}

impl Claims {
    const NAME: &[u8] = b"uniqueCount";
    /// A name, its equals sign and quote and white space between them, and digits.
    const LONGEST: usize = 64;
}

impl Write for Claims {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        for place in memmem::find_iter(&self.rest, Self::NAME) {
            let behind = self.rest[place + Self::NAME.len()..].iter().take(Self::LONGEST);
            let digits = behind
                .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\''))
                .take_while(|byte| byte.is_ascii_digit());
            let claimed =
                digits.fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
            self.most = self.most.max(claimed);
        }
        let kept = self.rest.len().saturating_sub(Self::NAME.len() + Self::LONGEST);
        self.rest.drain(..kept);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_claim_is_found_wherever_reads_cut_it() {
        let text = format!("{}<sst count=\"7\" uniqueCount = '4294967295'>{}", " ".repeat(100), "x".repeat(100));
        for length in 1..text.len() {
            let mut claims = Claims::default();
            for bytes in text.as_bytes().chunks(length) {
                claims.write_all(bytes).unwrap();
            }
            assert_eq!(claims.most, 4_294_967_295, "{length}");
        }
    }
}
