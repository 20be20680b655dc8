//! Rows as they wait to be sorted. In flow rows, each with what it will be sorted and counted by; out flow bytes, and from
//! these the rows again, borrowed from them. What lines of one order have in common, their head, is written once while
//! they follow each other. Lines of orders have a layout of their own (`line`), as there may be millions of them; rows of
//! other tables wait as postcard has them.
pub(crate) mod line;

use super::part_row::PartRow;
use serde::{Deserialize, Serialize};

/// Bytes before each row: marks, fingerprint, how many bytes the row has.
const HEADER: usize = 1 + 8 + 4;
/// Bytes before each head: bucket, time, how many bytes the head has.
const HEAD_HEADER: usize = 2 + 8 + 4;
/// About how many bytes a row takes.
const LIKELY: usize = 48;
/// The row is the first of its line.
const LEADS: u8 = 1;
/// The row's head stands before it; otherwise it is that of the row before.
const HAS_HEAD: u8 = 2;

/// A row's bytes are not those that were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a row that waits on the disk is damaged")]
pub(crate) struct Damaged;

/// A waiting row and what it is sorted by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) bucket: u16,
    /// UTC microseconds, the least number where the row has no time.
    pub(crate) at: i64,
    /// That of its line.
    pub(crate) fingerprint: u64,
    /// Is it the first row of its line?
    pub(crate) leads: bool,
    /// Has it bucket, time and head of the row before?
    pub(crate) follows: bool,
    pub(crate) head: &'a [u8],
    pub(crate) row: &'a [u8],
}

/// Writes a row behind `bytes`, and its head where it does not follow one that has the same.
pub(crate) fn append<R: PartRow>(
    bytes: &mut Vec<u8>,
    row: &R,
    bucket: u16,
    fingerprint: u64,
    leads: bool,
    follows: bool,
) {
    let start = bytes.len();
    let mut header = [0; HEADER];
    header[0] = if leads { LEADS } else { 0 } | if follows { 0 } else { HAS_HEAD };
    header[1..9].copy_from_slice(&fingerprint.to_le_bytes());
    bytes.extend_from_slice(&header);
    if !follows {
        let mut header = [0; HEAD_HEADER];
        header[..2].copy_from_slice(&bucket.to_le_bytes());
        header[2..10].copy_from_slice(&row.at().unwrap_or(i64::MIN).to_le_bytes());
        bytes.extend_from_slice(&header);
        let head = bytes.len();
        row.write_head(bytes);
        let length = (bytes.len() - head) as u32;
        bytes[head - 4..head].copy_from_slice(&length.to_le_bytes());
    }
    let behind = bytes.len();
    row.write(bytes);
    let length = (bytes.len() - behind) as u32;
    bytes[start + 9..start + HEADER].copy_from_slice(&length.to_le_bytes());
}

/// All rows in `bytes`, in the order in which they were written.
pub(crate) fn all(mut bytes: &[u8]) -> Result<Vec<Waiting<'_>>, Damaged> {
    let mut all = Vec::with_capacity(bytes.len() / LIKELY);
    let mut last: Option<(u16, i64, &[u8])> = None;
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
        let [marks, f0, f1, f2, f3, f4, f5, f6, f7, l0, l1, l2, l3] = *header;
        let (has_head, mut rest) = (marks & HAS_HEAD != 0, rest);
        if has_head {
            let (header, behind) = rest.split_first_chunk::<HEAD_HEADER>().ok_or(Damaged)?;
            let [b0, b1, t0, t1, t2, t3, t4, t5, t6, t7, h0, h1, h2, h3] = *header;
            let length = u32::from_le_bytes([h0, h1, h2, h3]) as usize;
            let (head, behind) = behind.split_at_checked(length).ok_or(Damaged)?;
            let at = i64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
            (last, rest) = (Some((u16::from_le_bytes([b0, b1]), at, head)), behind);
        }
        let (bucket, at, head) = last.ok_or(Damaged)?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let (row, behind) = rest.split_at_checked(length).ok_or(Damaged)?;
        let fingerprint = u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]);
        all.push(Waiting { bucket, at, fingerprint, leads: marks & LEADS != 0, follows: !has_head, head, row });
        bytes = behind;
    }
    Ok(all)
}

/// Writes a row of any table behind `bytes`, as postcard has it.
pub(crate) fn write_row<R: Serialize>(row: &R, bytes: &mut Vec<u8>) {
    // Rows have no field that postcard cannot write; one that had would be found damaged.
    bytes.extend_from_slice(&postcard::to_allocvec(row).unwrap_or_default());
}

/// Reads what [`write_row`] wrote.
pub(crate) fn read_row<'a, R: Deserialize<'a>>(bytes: &'a [u8]) -> Result<R, Damaged> {
    postcard::from_bytes(bytes).map_err(|_| Damaged)
}

/// The first field of a row that [`write_row`] wrote, a text.
pub(crate) fn read_first(bytes: &[u8]) -> Result<&str, Damaged> {
    postcard::take_from_bytes(bytes).map(|(first, _)| first).map_err(|_| Damaged)
}
