//! The export of customers. In flows a customer; out flows its row (twice, where the export stutters), with cells
//! missing in the stated proportions, and the account of the file. No parameter of the customer is written.
use super::calendar::{SECONDS_A_DAY, day_of};
use super::constants::{CHANNELS, COUNTRIES, PROPORTIONS};
use super::customer::Customer;
use super::ledger::FileAccount;
use super::stream::{Purpose, Streams, happens};
use std::io::{self, Write};

/// The key of the one export of customers.
pub(crate) const KEY: &str = "customers/customers.csv";
/// Its header.
pub(crate) const HEADER: &[u8] = b"customer_id,acquired_at,acquisition_channel,acquisition_campaign,country,email\n";

/// The account of a part of the export.
pub(crate) fn account() -> FileAccount {
    FileAccount::new(KEY.to_owned(), "customers", "YYYY-MM-DD hh:mm:ss")
}

/// Writes a customer's row.
pub(crate) fn write(
    streams: &Streams,
    customer: &Customer,
    out: &mut impl Write,
    account: &mut FileAccount,
) -> io::Result<()> {
    let mut rng = streams.of(Purpose::CustomerRow, u64::from(customer.number));
    let no_date = happens(&mut rng, PROPORTIONS.customers_without_date);
    let no_channel = happens(&mut rng, PROPORTIONS.customers_without_channel);
    let no_country = happens(&mut rng, PROPORTIONS.customers_without_country);
    let no_email = happens(&mut rng, PROPORTIONS.customers_without_email);
    let twice = happens(&mut rng, PROPORTIONS.duplicated_customers);
    for copy in 0..=u64::from(twice) {
        write!(out, "{},", customer.id())?;
        if !no_date {
            let second = customer.acquired_at.rem_euclid(SECONDS_A_DAY);
            let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
            write!(out, "{} {hour:02}:{minute:02}:{second:02}", day_of(customer.acquired_at))?;
        }
        out.write_all(b",")?;
        if no_channel {
            out.write_all(b",")?;
        } else {
            write!(out, "{},{}", CHANNELS[usize::from(customer.channel)].name, campaign(customer).unwrap_or(""))?;
        }
        out.write_all(b",")?;
        if !no_country {
            out.write_all(country(customer).as_bytes())?;
        }
        out.write_all(b",")?;
        if !no_email {
            write!(out, "{}@example.com", customer.id().to_lowercase())?;
        }
        out.write_all(b"\n")?;
        account.rows += 1;
        account.kept += 1;
        account.duplicates += copy;
    }
    Ok(())
}

/// The campaign by which a customer came.
pub(crate) fn campaign(customer: &Customer) -> Option<&'static str> {
    let response = CHANNELS[usize::from(customer.channel)].response?;
    customer.campaign.map(|number| response.campaigns[usize::from(number)].0)
}

/// The country of a customer.
pub(crate) fn country(customer: &Customer) -> &'static str {
    COUNTRIES[usize::from(customer.country)].0
}
