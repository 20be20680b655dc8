//! Lines of orders as they wait. In flows a line; out flow two stretches of bytes, and from these the line again: the head,
//! which is the same for most lines of an order, and the rest. Nothing here knows what stands before or behind them.
use super::{Damaged, Waiting};
use crate::money::Money;
use crate::table::row::{Kind, Transaction};

/// A text's length is one byte below these: a length of four bytes follows, or there is no text.
const LONG: u8 = 254;
const ABSENT: u8 = 255;

const KINDS: [Kind; 3] = [Kind::Order, Kind::Refund, Kind::Cancellation];

/// The texts of a head; the customer comes first.
fn texts_of<Text: AsRef<str>>(row: &Transaction<Text>) -> [Option<&str>; 5] {
    let Transaction { customer_id, transaction_id, currency, cancels, channel, .. } = row;
    [Some(customer_id), transaction_id.as_ref(), currency.as_ref(), cancels.as_ref(), channel.as_ref()]
        .map(|text| text.map(AsRef::as_ref))
}

/// Writes the head behind `bytes`: the kind, the lengths of the texts, then the texts.
pub(crate) fn write_head<Text: AsRef<str>>(row: &Transaction<Text>, bytes: &mut Vec<u8>) {
    let texts = texts_of(row);
    bytes.push(row.kind as u8);
    for text in texts {
        write_length(text, bytes);
    }
    for text in texts.into_iter().flatten() {
        bytes.extend_from_slice(text.as_bytes());
    }
}

/// Writes what stands in no head behind `bytes`: numbers, the length of the product's name, then the name.
pub(crate) fn write<Text: AsRef<str>>(row: &Transaction<Text>, bytes: &mut Vec<u8>) {
    let mut numbers = [0; 25];
    numbers[0] = u8::from(row.quantity.is_some());
    numbers[1..9].copy_from_slice(&row.amount.micros().to_le_bytes());
    numbers[9..17].copy_from_slice(&row.line.to_le_bytes());
    numbers[17..25].copy_from_slice(&row.quantity.unwrap_or_default().to_le_bytes());
    bytes.extend_from_slice(&numbers);
    let product_id = row.product_id.as_ref().map(AsRef::as_ref);
    write_length(product_id, bytes);
    bytes.extend_from_slice(product_id.unwrap_or_default().as_bytes());
}

/// The line; `before` is the one whose head it has, where that was read.
pub(crate) fn read<'a>(
    waiting: &Waiting<'a>,
    before: Option<&Transaction<&'a str>>,
) -> Result<Transaction<&'a str>, Damaged> {
    let (numbers, rest) = waiting.row.split_first_chunk::<25>().ok_or(Damaged)?;
    let number = |at: usize| <[u8; 8]>::try_from(&numbers[at..at + 8]).unwrap_or_default();
    let (length, mut rest) = length_in(rest)?;
    let amount = Money::from_micros(i64::from_le_bytes(number(1))).ok_or(Damaged)?;
    Ok(Transaction {
        amount,
        product_id: text_in(&mut rest, length)?,
        quantity: (numbers[0] == 1).then(|| f64::from_le_bytes(number(17))),
        line: u64::from_le_bytes(number(9)),
        ..before.map_or_else(|| read_head(waiting), |before| Ok(before.clone()))?
    })
}

/// What the head says; the rest is left out.
fn read_head<'a>(waiting: &Waiting<'a>) -> Result<Transaction<&'a str>, Damaged> {
    let (kind, mut rest) = waiting.head.split_first().ok_or(Damaged)?;
    let mut lengths = [None; 5];
    for length in &mut lengths {
        (*length, rest) = length_in(rest)?;
    }
    let [customer_id, transaction_id, currency, cancels, channel] = lengths;
    Ok(Transaction {
        customer_id: text_in(&mut rest, customer_id)?.ok_or(Damaged)?,
        transaction_id: text_in(&mut rest, transaction_id)?,
        currency: text_in(&mut rest, currency)?,
        cancels: text_in(&mut rest, cancels)?,
        channel: text_in(&mut rest, channel)?,
        occurred_at: waiting.at,
        kind: KINDS.into_iter().find(|known| *known as u8 == *kind).ok_or(Damaged)?,
        amount: Money::ZERO,
        product_id: None,
        quantity: None,
        line: 0,
    })
}

/// The bytes of the customer in what [`write_head`] wrote.
pub(crate) fn customer(head: &[u8]) -> Result<&[u8], Damaged> {
    let (length, mut rest) = length_in(head.get(1..).ok_or(Damaged)?)?;
    for _ in 1..5 {
        (_, rest) = length_in(rest)?;
    }
    rest.get(..length.ok_or(Damaged)?).ok_or(Damaged)
}

fn write_length(text: Option<&str>, bytes: &mut Vec<u8>) {
    match text.map(str::len) {
        None => bytes.push(ABSENT),
        Some(length) if length < usize::from(LONG) => bytes.push(length as u8),
        Some(length) => {
            bytes.push(LONG);
            bytes.extend_from_slice(&(length as u32).to_le_bytes());
        }
    }
}

fn length_in(bytes: &[u8]) -> Result<(Option<usize>, &[u8]), Damaged> {
    match bytes {
        [ABSENT, rest @ ..] => Ok((None, rest)),
        [LONG, l0, l1, l2, l3, rest @ ..] => Ok((Some(u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize), rest)),
        [length, rest @ ..] if *length < LONG => Ok((Some(usize::from(*length)), rest)),
        _ => Err(Damaged),
    }
}

/// Takes a text of this `length` off the start of `rest`.
fn text_in<'a>(rest: &mut &'a [u8], length: Option<usize>) -> Result<Option<&'a str>, Damaged> {
    let Some(length) = length else { return Ok(None) };
    let (text, behind) = rest.split_at_checked(length).ok_or(Damaged)?;
    *rest = behind;
    std::str::from_utf8(text).map(Some).map_err(|_| Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upload::waiting::{all, append, read_first};
    use proptest::option;
    use proptest::prelude::*;

    fn lines() -> impl Strategy<Value = Transaction> {
        let text = "\\PC{0,300}";
        // Few, so that lines with one head follow each other.
        let id = "[ab]{0,1}";
        let texts = (id, option::of(id), option::of(id), option::of(id), option::of(text), option::of(text));
        let numbers = (0_i64..2, -1_000_000_000..1_000_000_000_i32, any::<u64>(), option::of(-1e9..1e9), 0_usize..3);
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

    fn shown<Text: AsRef<str>>(row: &Transaction<Text>) -> String {
        let Transaction { occurred_at, amount, kind, product_id, quantity, line, .. } = row;
        let product_id = product_id.as_ref().map(AsRef::as_ref);
        format!("{:?} {occurred_at} {amount} {kind:?} {product_id:?} {quantity:?} {line}", texts_of(row))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn lines_that_waited_are_what_they_were(
            rows in proptest::collection::vec((lines(), 0_u16..2, any::<u64>(), any::<bool>(), 1_usize..4), 0..6)
        ) {
            // Each as often as told: those behind the first have its head.
            let rows: Vec<_> = rows.iter().flat_map(|row| std::iter::repeat_n(row, row.4)).collect();
            let mut bytes = Vec::new();
            let head_of = |row: &Transaction, bucket| {
                let texts = texts_of(row).map(|text| text.map(str::to_owned));
                (bucket, row.occurred_at, row.kind as u8, texts)
            };
            for (place, (row, bucket, fingerprint, leads, _)) in rows.iter().enumerate() {
                let before = place.checked_sub(1).map(|before| head_of(&rows[before].0, rows[before].1));
                let follows = before == Some(head_of(row, *bucket));
                append(&mut bytes, row, *bucket, *fingerprint, *leads, follows);
            }
            let waiting = all(&bytes).unwrap();
            prop_assert_eq!(waiting.len(), rows.len());
            let mut before = None;
            for (place, (found, (row, bucket, fingerprint, leads, _))) in waiting.iter().zip(&rows).enumerate() {
                prop_assert_eq!((found.bucket, found.fingerprint, found.leads), (*bucket, *fingerprint, *leads));
                prop_assert_eq!(customer(found.head).unwrap(), row.customer_id.as_bytes());
                prop_assert!(place == 0 || found.follows || rows[place - 1] != rows[place]);
                let line = read(found, before.as_ref().filter(|_| found.follows)).unwrap();
                prop_assert_eq!(shown(&line), shown(row));
                prop_assert_eq!(shown(&read(found, None).unwrap()), shown(row));
                before = Some(line);
            }
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let rows = all(&bytes).unwrap_or_default();
            let bytes = bytes.as_slice();
            let any = Waiting { bucket: 0, at: 0, fingerprint: 0, leads: false, follows: false, head: bytes, row: bytes };
            for waiting in rows.iter().chain([&any]) {
                let _ = (read(waiting, None), customer(waiting.head), read_first(waiting.row));
            }
        }
    }
}
