//! The settings of one account: what an operator chooses and no upload can say.
use crate::time::Horizon;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Settings that every station reads and none changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// IANA name of the zone that event days are counted in, and that reads times without a zone.
    pub timezone: String,
    /// ISO 4217 code of amounts that carry none. Unset: such amounts are taken to be of one unnamed currency.
    pub currency: Option<String>,
    /// Contribution margin in `(0, 1]`. Unset: contribution figures are absent, never computed with margin 1.
    pub margin: Option<f64>,
    /// Yearly discount rate for contribution figures.
    pub discount_rate: f64,
    /// Days to predict. Unset: the longest of [`Horizon::DEFAULTS`] that the history allows.
    pub horizon: Option<Horizon>,
}

impl Default for Account {
    fn default() -> Account {
        Account { timezone: "UTC".to_owned(), currency: None, margin: None, discount_rate: 0.0, horizon: None }
    }
}

/// A setting that cannot be worked with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    /// The zone is not in the IANA database.
    #[error("{0:?} is not a time zone of the IANA database, such as Europe/Berlin")]
    UnknownTimezone(String),
    /// The margin is not a share.
    #[error("a margin of {0} is not between 0 (exclusive) and 1")]
    Margin(f64),
    /// The discount rate is not a rate.
    #[error("a discount rate of {0} a year is not between 0 and 1")]
    DiscountRate(f64),
}

impl Account {
    /// Checks the settings that serde cannot.
    ///
    /// # Errors
    /// The first setting that cannot be worked with.
    pub fn checked(self) -> Result<Account, AccountError> {
        self.zone()?;
        if let Some(margin) = self.margin.filter(|m| !(*m > 0.0 && *m <= 1.0)) {
            return Err(AccountError::Margin(margin));
        }
        if !(0.0..=1.0).contains(&self.discount_rate) {
            return Err(AccountError::DiscountRate(self.discount_rate));
        }
        Ok(self)
    }

    /// The account's time zone.
    ///
    /// # Errors
    /// A name that the IANA database does not hold.
    pub fn zone(&self) -> Result<TimeZone, AccountError> {
        TimeZone::get(&self.timezone).map_err(|_| AccountError::UnknownTimezone(self.timezone.clone()))
    }
}
