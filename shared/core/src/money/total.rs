//! Sums of many amounts: in flow amounts, out flows their sum, exactly, and as text that is read back. It never saturates.
use super::{Money, UNIT};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{AddAssign, SubAssign};

/// A sum of amounts, exact however many they are: 18 digits hold one amount, not all of a file. Written as a decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(i128);

impl Total {
    /// Nothing.
    pub const ZERO: Total = Total(0);

    /// The millionths.
    pub fn micros(self) -> i128 {
        self.0
    }

    /// The sum as people are shown it.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / UNIT as f64
    }

    /// Reads what [`Display`](fmt::Display) writes: at least two digits behind the point and at most six.
    fn parse(text: &str) -> Option<Total> {
        let (whole, decimals) = text.split_once('.')?;
        let digits = decimals.bytes().chain(whole.strip_prefix('-').unwrap_or(whole).bytes());
        if !(2..=6).contains(&decimals.len()) || !digits.into_iter().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        format!("{whole}{decimals:0<6}").parse().ok().map(Total)
    }
}

impl fmt::Display for Total {
    /// As [`Money`] is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, micros) = (self.0.unsigned_abs() / UNIT as u128, self.0.unsigned_abs() % UNIT as u128);
        let digits = format!("{micros:06}");
        let kept = digits.trim_end_matches('0').len().max(2);
        write!(f, "{sign}{whole}.{}", &digits[..kept])
    }
}

impl Serialize for Total {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Total {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Total, D::Error> {
        let text = String::deserialize(deserializer)?;
        Total::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no sum of amounts")))
    }
}

impl From<Money> for Total {
    fn from(amount: Money) -> Total {
        Total(i128::from(amount.0))
    }
}

impl PartialEq<Money> for Total {
    fn eq(&self, amount: &Money) -> bool {
        *self == Total::from(*amount)
    }
}

impl SubAssign for Total {
    fn sub_assign(&mut self, less: Total) {
        self.0 -= less.0;
    }
}

impl<T: Into<Total>> AddAssign<T> for Total {
    fn add_assign(&mut self, more: T) {
        // 10^20 amounts of 18 digits fit.
        self.0 += more.into().0;
    }
}

impl<T: Into<Total>> std::iter::Sum<T> for Total {
    fn sum<I: Iterator<Item = T>>(amounts: I) -> Total {
        let mut total = Total::ZERO;
        amounts.for_each(|amount| total += amount);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::super::LARGEST;
    use super::*;

    #[test]
    fn a_sum_of_amounts_as_large_as_can_be_is_exact_and_read_back() {
        let mut total: Total = std::iter::repeat_n(Money(LARGEST), 30).sum();
        assert_eq!(total.to_string(), "29999999999999.99997");
        let json = serde_json::to_string(&total).unwrap();
        assert_eq!(serde_json::from_str::<Total>(&json).unwrap(), total);
        total += -Money(LARGEST);
        assert_eq!(total.micros(), 29 * i128::from(LARGEST));
        for text in ["", "1", "1.2", "1.2345678", "--1.00", "1e3.00", "1.0-0"] {
            assert_eq!(Total::parse(text), None, "{text:?}");
        }
    }
}
