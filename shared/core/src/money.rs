//! Money as exact decimal: in goes text or `Decimal128(18, 6)`, out comes a sum that equals its inputs to the cent.
//! Never a float, until a feature asks for one.
mod total;

pub use total::Total;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Digits behind the point that [`Money`] holds, as the canonical tables do.
pub const SCALE: i8 = 6;
/// Digits that [`Money`] holds in all, as the canonical tables do.
pub const PRECISION: u8 = 18;
const UNIT: i64 = 1_000_000;
const LARGEST: i64 = 999_999_999_999_999_999;

/// An amount of the account's currency in millionths, signed; refunds are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money(i64);

/// Text that is no amount, or one too large for `Decimal128(18, 6)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an amount of at most 12 digits before the point")]
pub struct MoneyError {
    /// The text at fault.
    pub text: String,
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// An amount of `micros` millionths; `None` where it has more than 18 digits.
    pub fn from_micros(micros: i64) -> Option<Money> {
        (-LARGEST..=LARGEST).contains(&micros).then_some(Money(micros))
    }

    /// An amount of whole `cents`.
    pub fn from_cents(cents: i32) -> Money {
        Money(i64::from(cents) * (UNIT / 100))
    }

    /// The millionths, as `Decimal128(18, 6)` stores them.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// The amount as a feature sees it.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / UNIT as f64
    }

    /// The amount nearest to `value`; `None` where it is not finite or too large.
    pub fn from_f64(value: f64) -> Option<Money> {
        let micros = (value * UNIT as f64).round();
        (micros.abs() <= LARGEST as f64).then_some(Money(micros as i64))
    }

    /// Sum, or `None` beyond 18 digits.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).and_then(Money::from_micros)
    }

    /// This amount times a decimal `quantity` given in millionths, rounded half away from zero; `None` beyond 18 digits.
    pub fn checked_mul_micros(self, quantity: i64) -> Option<Money> {
        if let Some(product) =
            self.0.checked_mul(quantity).filter(|product| product.unsigned_abs() < (i64::MAX - UNIT) as u64)
        {
            return Money::from_micros((product + UNIT / 2 * product.signum()) / UNIT);
        }
        let product = i128::from(self.0) * i128::from(quantity);
        let half = i128::from(UNIT) / 2 * product.signum();
        i64::try_from((product + half) / i128::from(UNIT)).ok().and_then(Money::from_micros)
    }

    /// Is it below nothing?
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Is it above nothing?
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Its size without its sign.
    pub fn abs(self) -> Money {
        Money(self.0.abs())
    }

    /// Reads a plain decimal, `-12.5`, with a point and no separators; digits beyond the sixth are rounded half away
    /// from zero. What locales add around numbers is taken off in [`crate::upload`] before this is called.
    ///
    /// # Errors
    /// Text that is no plain decimal, or too large.
    pub fn parse(text: &str) -> Result<Money, MoneyError> {
        let error = || MoneyError { text: text.to_owned() };
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        if let Some(micros) = micros_of(digits) {
            return Ok(Money(if negative { -micros } else { micros }));
        }
        let mut micros: i64 = 0;
        let mut decimals: Option<u32> = None;
        let mut any = false;
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    let digit = i64::from(byte - b'0');
                    match decimals {
                        Some(6) => {
                            micros += i64::from(digit >= 5);
                            decimals = Some(7);
                        }
                        Some(7) => {}
                        _ => {
                            // Of so few digits no sum overflows.
                            micros = if digits.len() <= 18 {
                                micros * 10 + digit
                            } else {
                                micros.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or_else(error)?
                            };
                            decimals = decimals.map(|d| d + 1);
                        }
                    }
                }
                b'.' if decimals.is_none() => decimals = Some(0),
                _ => return Err(error()),
            }
        }
        if !any {
            return Err(error());
        }
        let missing = 6 - decimals.unwrap_or(0).min(6);
        let micros = micros.checked_mul(10_i64.pow(missing)).ok_or_else(error)?;
        Money::from_micros(if negative { -micros } else { micros }).ok_or_else(error)
    }
}

/// The millionths of a number of at most 12 signs and 6 decimals, as nearly all are; `None` for any other text.
fn micros_of(digits: &[u8]) -> Option<i64> {
    const POWERS: [i64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    if digits.len() > 12 {
        return None;
    }
    let (mut number, mut point) = (0, None);
    for (place, byte) in digits.iter().enumerate() {
        match byte.wrapping_sub(b'0') {
            digit @ 0..=9 => number = number * 10 + i64::from(digit),
            _ if *byte == b'.' && point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    let has_digits = digits.len() > usize::from(point.is_some());
    POWERS.get(decimals).filter(|_| has_digits).map(|power| number * power)
}

impl fmt::Display for Money {
    /// At least two digits behind the point, and no more than there are: `12.50`, `-0.123456`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Total::from(*self).fmt(f)
    }
}

/// Saturating: what adds up many amounts of strangers takes [`Total`].
impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(-self.0)
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_is_read_exactly_and_rounded_behind_the_sixth_digit() {
        assert_eq!(Money::parse("2.55").unwrap().micros(), 2_550_000);
        assert_eq!(Money::parse("-11062.06").unwrap().micros(), -11_062_060_000);
        assert_eq!(Money::parse(".5").unwrap().micros(), 500_000);
        assert_eq!(Money::parse("0.0000005").unwrap().micros(), 1);
        assert_eq!(Money::parse("1.00000049").unwrap().micros(), 1_000_000);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", ".", "1,5", "1.2.3", "NaN", "1e5", "1000000000000", " 1"] {
            assert!(Money::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(micros in -LARGEST..=LARGEST) {
            let money = Money::from_micros(micros).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
        }

        #[test]
        fn one_of_a_thing_costs_its_price(micros in -LARGEST..=LARGEST) {
            let price = Money::from_micros(micros).unwrap();
            prop_assert_eq!(price.checked_mul_micros(UNIT), Some(price));
        }
    }
}
