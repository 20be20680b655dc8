//! Rows as they wait to be sorted. In flow rows, each with what it will be sorted and counted by; out flow bytes, and from
//! these the rows again, borrowed from them. Lines of orders have a layout of their own, as there may be millions of them;
//! rows of other tables wait as postcard has them.
use super::part_row::PartRow;
use crate::money::Money;
use crate::table::row::{Kind, Transaction};
use serde::{Deserialize, Serialize};

/// Bytes before each row: length, bucket, time, fingerprint, and whether the row is the first of its line.
const HEADER: usize = 4 + 2 + 8 + 8 + 1;
/// A text's length is one byte below these: a length of four bytes follows, or there is no text.
const LONG: u8 = 254;
const ABSENT: u8 = 255;

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
    pub(crate) row: &'a [u8],
}

/// Writes a row behind `bytes`.
pub(crate) fn append<R: PartRow>(bytes: &mut Vec<u8>, row: &R, bucket: u16, fingerprint: u64, leads: bool) {
    let start = bytes.len();
    let mut header = [0; HEADER];
    header[4..6].copy_from_slice(&bucket.to_le_bytes());
    header[6..14].copy_from_slice(&row.at().unwrap_or(i64::MIN).to_le_bytes());
    header[14..22].copy_from_slice(&fingerprint.to_le_bytes());
    header[22] = u8::from(leads);
    bytes.extend_from_slice(&header);
    row.write(bytes);
    let length = (bytes.len() - start - HEADER) as u32;
    bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// All rows in `bytes`, in the order in which they were written.
pub(crate) fn all(mut bytes: &[u8]) -> Result<Vec<Waiting<'_>>, Damaged> {
    let mut all = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
        let [l0, l1, l2, l3, b0, b1, t0, t1, t2, t3, t4, t5, t6, t7, f0, f1, f2, f3, f4, f5, f6, f7, leads] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let (row, behind) = rest.split_at_checked(length).ok_or(Damaged)?;
        all.push(Waiting {
            bucket: u16::from_le_bytes([b0, b1]),
            at: i64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            fingerprint: u64::from_le_bytes([f0, f1, f2, f3, f4, f5, f6, f7]),
            leads: leads == 1,
            row,
        });
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

/// Writes a line of an order behind `bytes`: numbers, the lengths of its texts, then the texts.
pub(crate) fn write_line<Text: AsRef<str>>(row: &Transaction<Text>, bytes: &mut Vec<u8>) {
    let texts = [
        Some(&row.customer_id),
        row.transaction_id.as_ref(),
        row.currency.as_ref(),
        row.cancels.as_ref(),
        row.product_id.as_ref(),
        row.channel.as_ref(),
    ]
    .map(|text| text.map(AsRef::as_ref));
    let mut numbers = [0; 34];
    numbers[0] = row.kind as u8;
    numbers[1] = u8::from(row.quantity.is_some());
    numbers[2..10].copy_from_slice(&row.occurred_at.to_le_bytes());
    numbers[10..18].copy_from_slice(&row.amount.micros().to_le_bytes());
    numbers[18..26].copy_from_slice(&row.line.to_le_bytes());
    numbers[26..34].copy_from_slice(&row.quantity.unwrap_or_default().to_le_bytes());
    bytes.extend_from_slice(&numbers);
    for text in texts {
        match text.map(|text: &str| text.len()) {
            None => bytes.push(ABSENT),
            Some(length) if length < usize::from(LONG) => bytes.push(length as u8),
            Some(length) => {
                bytes.push(LONG);
                bytes.extend_from_slice(&(length as u32).to_le_bytes());
            }
        }
    }
    for text in texts.into_iter().flatten() {
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// Reads what [`write_line`] wrote.
pub(crate) fn read_line(bytes: &[u8]) -> Result<Transaction<&str>, Damaged> {
    let (numbers, mut rest) = bytes.split_first_chunk::<34>().ok_or(Damaged)?;
    let number = |at: usize| <[u8; 8]>::try_from(&numbers[at..at + 8]).unwrap_or_default();
    let mut lengths = [None; 6];
    for length in &mut lengths {
        (*length, rest) = length_in(rest)?;
    }
    let mut text = std::str::from_utf8(rest).map_err(|_| Damaged)?;
    let mut texts = [None; 6];
    for (place, length) in lengths.into_iter().enumerate() {
        let Some(length) = length else { continue };
        let (this, behind) = text.split_at_checked(length).ok_or(Damaged)?;
        (texts[place], text) = (Some(this), behind);
    }
    let [customer_id, transaction_id, currency, cancels, product_id, channel] = texts;
    Ok(Transaction {
        customer_id: customer_id.ok_or(Damaged)?,
        transaction_id,
        occurred_at: i64::from_le_bytes(number(2)),
        amount: Money::from_micros(i64::from_le_bytes(number(10))).ok_or(Damaged)?,
        currency,
        kind: KINDS.into_iter().find(|kind| *kind as u8 == numbers[0]).ok_or(Damaged)?,
        cancels,
        product_id,
        quantity: (numbers[1] == 1).then(|| f64::from_le_bytes(number(26))),
        channel,
        line: u64::from_le_bytes(number(18)),
    })
}

const KINDS: [Kind; 3] = [Kind::Order, Kind::Refund, Kind::Cancellation];

/// The bytes of the customer of what [`write_line`] wrote.
pub(crate) fn customer_of_line(bytes: &[u8]) -> Result<&[u8], Damaged> {
    let (length, mut rest) = length_in(bytes.get(34..).ok_or(Damaged)?)?;
    for _ in 1..6 {
        (_, rest) = length_in(rest)?;
    }
    rest.get(..length.ok_or(Damaged)?).ok_or(Damaged)
}

fn length_in(bytes: &[u8]) -> Result<(Option<usize>, &[u8]), Damaged> {
    match bytes {
        [ABSENT, rest @ ..] => Ok((None, rest)),
        [LONG, l0, l1, l2, l3, rest @ ..] => Ok((Some(u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize), rest)),
        [length, rest @ ..] if *length < LONG => Ok((Some(usize::from(*length)), rest)),
        _ => Err(Damaged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::option;
    use proptest::prelude::*;

    fn lines() -> impl Strategy<Value = Transaction> {
        let text = "\\PC{0,300}";
        let texts = (text, option::of(text), option::of(text), option::of(text), option::of(text), option::of(text));
        let numbers =
            (any::<i64>(), -1_000_000_000..1_000_000_000_i32, any::<u64>(), option::of(-1e9..1e9), 0_usize..3);
        (texts, numbers).prop_map(|((customer_id, transaction_id, currency, cancels, product_id, channel), numbers)| {
            let (occurred_at, cents, line, quantity, kind) = numbers;
            let (amount, kind) = (Money::from_cents(cents), KINDS[kind]);
            Transaction {
                customer_id,
                transaction_id,
                occurred_at,
                amount,
                currency,
                kind,
                cancels,
                product_id,
                quantity,
                channel,
                line,
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lines_that_waited_are_what_they_were(
            rows in proptest::collection::vec((lines(), any::<u16>(), any::<u64>(), any::<bool>()), 0..5)
        ) {
            let mut bytes = Vec::new();
            for (row, bucket, fingerprint, leads) in &rows {
                append(&mut bytes, row, *bucket, *fingerprint, *leads);
            }
            let waiting = all(&bytes).unwrap();
            prop_assert_eq!(waiting.len(), rows.len());
            for (found, (row, bucket, fingerprint, leads)) in waiting.iter().zip(&rows) {
                prop_assert_eq!((found.bucket, found.fingerprint, found.leads), (*bucket, *fingerprint, *leads));
                prop_assert_eq!(found.at, row.occurred_at);
                prop_assert_eq!(customer_of_line(found.row).unwrap(), row.customer_id.as_bytes());
                let mut again = Vec::new();
                write_line(&read_line(found.row).unwrap(), &mut again);
                prop_assert_eq!(&again, found.row);
                prop_assert_eq!(read_line(found.row).unwrap().transaction_id, row.transaction_id.as_deref());
            }
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let rows = all(&bytes).unwrap_or_default();
            for bytes in rows.iter().map(|row| row.row).chain([bytes.as_slice()]) {
                let _ = (read_line(bytes), customer_of_line(bytes), read_first(bytes));
            }
        }
    }
}
