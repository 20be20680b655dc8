//! The settings of a deployment: in go environment variables, out comes a checked [`Config`]. The only place that
//! reads settings; nothing else in the bundle looks at the environment for them.
use ltv_core::account::{Account, AccountError};
use ltv_core::time::Horizon;
use std::str::FromStr;

/// Which buckets, and the account's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The bucket that people and connectors write to: `LTV_UPLOADS_BUCKET`.
    pub uploads_bucket: String,
    /// The bucket that only the bundle writes to: `LTV_LAKE_BUCKET`.
    pub lake_bucket: String,
    /// `LTV_TIMEZONE`, `LTV_CURRENCY`, `LTV_MARGIN`, `LTV_DISCOUNT_RATE`, `LTV_HORIZON_DAYS`; unset or empty ones
    /// keep their defaults.
    pub account: Account,
}

/// A setting that is missing or cannot be worked with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that has no default.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable of the wrong form.
    #[error("the environment variable {name} is {value:?}, which is not {expected}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// Both buckets are one: outputs would trigger inputs.
    #[error("uploads and lake are the same bucket {0:?}; outputs would trigger inputs")]
    OneBucket(String),
    /// An account setting out of its range.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl Config {
    /// The settings of this process's environment.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_environment() -> Result<Config, ConfigError> {
        Config::from_lookup(|name| std::env::var(name).ok())
    }

    /// The settings that `lookup` gives by variable name.
    ///
    /// # Errors
    /// The first variable that is missing or malformed.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let text = |name: &'static str| lookup(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let required = |name: &'static str| text(name).ok_or(ConfigError::Missing(name));
        let uploads_bucket = required("LTV_UPLOADS_BUCKET")?;
        let lake_bucket = required("LTV_LAKE_BUCKET")?;
        if uploads_bucket == lake_bucket {
            return Err(ConfigError::OneBucket(lake_bucket));
        }
        let defaults = Account::default();
        let horizon_days: Option<u16> = parsed("LTV_HORIZON_DAYS", text("LTV_HORIZON_DAYS"), "a number of days")?;
        let horizon = horizon_days.map(Horizon::try_from).transpose().map_err(|error| ConfigError::Malformed {
            name: "LTV_HORIZON_DAYS",
            value: error.0.to_string(),
            expected: "between 1 and 3650 days",
        })?;
        let account = Account {
            timezone: text("LTV_TIMEZONE").unwrap_or(defaults.timezone),
            currency: currency(text("LTV_CURRENCY"))?,
            margin: parsed("LTV_MARGIN", text("LTV_MARGIN"), "a number such as 0.35")?,
            discount_rate: parsed("LTV_DISCOUNT_RATE", text("LTV_DISCOUNT_RATE"), "a number such as 0.08")?
                .unwrap_or(defaults.discount_rate),
            horizon,
        };
        Ok(Config { uploads_bucket, lake_bucket, account: account.checked()? })
    }
}

fn parsed<T: FromStr>(
    name: &'static str,
    value: Option<String>,
    expected: &'static str,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(_) => Err(ConfigError::Malformed { name, value, expected }),
    }
}

fn currency(value: Option<String>) -> Result<Option<String>, ConfigError> {
    match value {
        Some(code) if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Err(ConfigError::Malformed { name: "LTV_CURRENCY", value: code, expected: "a currency code such as EUR" })
        }
        code => Ok(code.map(|code| code.to_ascii_uppercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let pair = pairs.iter().rev().find(|(n, _)| *n == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    const BUCKETS: [(&str, &str); 2] = [("LTV_UPLOADS_BUCKET", "up"), ("LTV_LAKE_BUCKET", "lake")];

    #[test]
    fn unset_and_empty_settings_keep_their_defaults() {
        let with_empty = [BUCKETS[0], BUCKETS[1], ("LTV_MARGIN", ""), ("LTV_HORIZON_DAYS", " ")];
        assert_eq!(read(&with_empty).unwrap().account, Account::default());
        assert_eq!(read(&BUCKETS[..1]), Err(ConfigError::Missing("LTV_LAKE_BUCKET")));
    }

    #[test]
    fn a_malformed_setting_is_named_with_its_value() {
        for (name, value) in [
            ("LTV_MARGIN", "a third"),
            ("LTV_HORIZON_DAYS", "0"),
            ("LTV_HORIZON_DAYS", "-3"),
            ("LTV_CURRENCY", "euro"),
            ("LTV_MARGIN", "1.5"),
            ("LTV_TIMEZONE", "Mars/Olympus"),
            ("LTV_LAKE_BUCKET", "up"),
        ] {
            let error = read(&[BUCKETS[0], BUCKETS[1], (name, value)]).unwrap_err().to_string();
            assert!(error.contains(value), "{name}={value}: {error}");
        }
    }

    #[test]
    fn every_setting_is_read() {
        let pairs = [
            BUCKETS[0],
            BUCKETS[1],
            ("LTV_TIMEZONE", "Europe/Berlin"),
            ("LTV_CURRENCY", "eur"),
            ("LTV_MARGIN", "0.35"),
            ("LTV_DISCOUNT_RATE", "0.08"),
            ("LTV_HORIZON_DAYS", "90"),
        ];
        let account = read(&pairs).unwrap().account;
        assert_eq!(account.timezone, "Europe/Berlin");
        assert_eq!(account.currency.as_deref(), Some("EUR"));
        assert_eq!((account.margin, account.discount_rate), (Some(0.35), 0.08));
        assert_eq!(account.horizon.map(Horizon::days), Some(90));
    }
}
