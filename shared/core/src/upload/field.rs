//! What a column of an upload can mean, and which column of one file means it. In flow header cells; out flows, for
//! every field, the position of its column. Never reads a data row.
use super::adapter::WideColumns;
use super::named::named;
use serde::{Deserialize, Serialize};
use std::fmt;

named! {
    /// A field of some canonical table, or one that a canonical field is worked out from.
    Field {
        /// Who bought.
        CustomerId = "customer_id",
        /// An email address: hashed, and the customer's id where there is no other.
        Email = "email",
        /// A phone number: hashed.
        Phone = "phone",
        /// The order's id.
        TransactionId = "transaction_id",
        /// When it happened.
        OccurredAt = "occurred_at",
        /// The line's amount.
        Amount = "amount",
        /// Price of one unit; times the quantity it is the amount, where there is no amount.
        UnitPrice = "unit_price",
        /// Units.
        Quantity = "quantity",
        /// What was given back of this order.
        RefundedAmount = "refunded_amount",
        /// ISO 4217 code.
        Currency = "currency",
        /// What the row is: order, refund, cancellation.
        Kind = "kind",
        /// What became of the order.
        Status = "status",
        /// Is it a test order? Says so, or names the means of payment of tests.
        Test = "test",
        /// Tags, of which one may say that it is a test order.
        Tags = "tags",
        /// When the order was cancelled, where it was.
        CancelledAt = "cancelled_at",
        /// The transaction that this one takes back.
        Cancels = "cancels",
        /// The product.
        ProductId = "product_id",
        /// The marketing channel.
        Channel = "channel",
        /// When the customer was won.
        AcquiredAt = "acquired_at",
        /// Channel that brought the customer.
        AcquisitionChannel = "acquisition_channel",
        /// Campaign that brought the customer.
        AcquisitionCampaign = "acquisition_campaign",
        /// Country.
        Country = "country",
        /// A calendar day.
        Date = "date",
        /// First day of the period that a row covers.
        PeriodStart = "period_start",
        /// Last day of the period that a row covers.
        PeriodEnd = "period_end",
        /// The week that a row covers, by its first day.
        Week = "week",
        /// The month that a row covers, by its name or first day.
        Month = "month",
        /// The quarter that a row covers.
        Quarter = "quarter",
        /// The year that a row covers.
        Year = "year",
        /// The ad account.
        Account = "account",
        /// The campaign's id.
        CampaignId = "campaign_id",
        /// The campaign's name.
        CampaignName = "campaign_name",
        /// What was spent.
        Spend = "spend",
        /// Times shown.
        Impressions = "impressions",
        /// Clicks.
        Clicks = "clicks",
        /// Conversions.
        Conversions = "conversions",
        /// Their value.
        ConversionValue = "conversion_value",
        /// What winning a customer cost.
        Cost = "cost",
        /// Share of visits that converted.
        ConversionRate = "conversion_rate",
        /// What a customer brought in.
        Revenue = "revenue",
        /// What an experiment spent more than its control.
        SpendChange = "spend_change",
        /// What came more for it, in customers.
        Incremental = "incremental",
        /// What came more for it, in money.
        IncrementalRevenue = "incremental_revenue",
        /// The standard error of what came more.
        StandardError = "standard_error",
        /// The name of a series.
        Name = "name",
        /// The value of a series.
        Value = "value",
        /// The currency of which one unit is priced.
        BaseCurrency = "base_currency",
        /// The currency that the price is in.
        QuoteCurrency = "quote_currency",
        /// When the value became known.
        PublishedAt = "published_at",
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Field {
    /// May a reject show what stands in this column?
    pub(crate) fn is_personal(self) -> bool {
        matches!(self, Field::Email | Field::Phone | Field::Tags)
    }

    /// Does the column hold dates or times?
    pub(crate) fn is_date(self) -> bool {
        matches!(
            self,
            Field::OccurredAt
                | Field::AcquiredAt
                | Field::Date
                | Field::PeriodStart
                | Field::PeriodEnd
                | Field::Week
                | Field::Month
                | Field::Quarter
                | Field::Year
                | Field::PublishedAt
        )
    }

    /// Does the column hold amounts of money?
    pub(crate) fn is_money(self) -> bool {
        matches!(
            self,
            Field::Amount
                | Field::UnitPrice
                | Field::RefundedAmount
                | Field::Spend
                | Field::ConversionValue
                | Field::Cost
                | Field::Revenue
                | Field::SpendChange
                | Field::IncrementalRevenue
        )
    }

    /// Does the column hold decimals?
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Field::Amount
                | Field::UnitPrice
                | Field::Quantity
                | Field::RefundedAmount
                | Field::Spend
                | Field::Impressions
                | Field::Clicks
                | Field::Conversions
                | Field::ConversionValue
                | Field::Cost
                | Field::ConversionRate
                | Field::Revenue
                | Field::SpendChange
                | Field::Incremental
                | Field::IncrementalRevenue
                | Field::StandardError
                | Field::Value
        )
    }
}

/// Which column holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    places: Vec<(Field, usize)>,
    /// By field; empty until [`Columns::set`] is called for the first time.
    index: Vec<Option<usize>>,
    /// The currency that a header names, as in `Amount spent (EUR)`.
    pub(crate) currency: Option<String>,
    /// What numbers of a field are divided by.
    divisors: Vec<(Field, u32)>,
    /// Columns of which there is one a channel or series.
    pub(crate) wide: Option<WideColumns>,
}

impl Columns {
    pub(crate) fn set(&mut self, field: Field, place: usize) {
        self.index.resize(Field::ALL.len(), None);
        self.index[field as usize] = Some(place);
        self.places.push((field, place));
    }

    /// Rows whose column of `field` is blank have it at `place`.
    pub(crate) fn fall_back(&mut self, field: Field, place: usize) {
        if !self.places.contains(&(field, place)) {
            self.places.push((field, place));
        }
    }

    /// Where rows have `field` whose column of it is blank, in this order.
    pub(crate) fn fallbacks(&self, field: Field) -> impl Iterator<Item = usize> {
        let others =
            self.places.iter().filter(move |(known, place)| *known == field && self.place(field) != Some(*place));
        others.map(|(_, place)| *place)
    }

    /// Numbers of `field` are divided by `divisor`.
    pub(crate) fn divide(&mut self, field: Field, divisor: u32) {
        self.divisors.push((field, divisor));
    }

    /// What numbers of `field` are divided by, where they are.
    pub(crate) fn divisor(&self, field: Field) -> Option<u32> {
        self.divisors.iter().find(|(known, _)| *known == field).map(|(_, divisor)| *divisor)
    }

    /// Every column that means something.
    pub(crate) fn known(&self) -> impl Iterator<Item = usize> {
        self.places.iter().map(|(_, place)| *place).chain(self.wide.iter().flat_map(WideColumns::places))
    }

    pub(crate) fn place(&self, field: Field) -> Option<usize> {
        self.index.get(field as usize).copied().flatten()
    }

    /// The fields that were found, in the order of [`Field`], with their columns; a field that has several stands there as
    /// often.
    pub(crate) fn found(&self) -> &[(Field, usize)] {
        &self.places
    }

    /// How many columns of the file mean something.
    pub(crate) fn distinct(&self) -> usize {
        let mut places: Vec<usize> = self.known().collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    }
}

/// A header as adapters compare it: letters and digits only, in lower case, so that `Customer ID`, `customer_id` and
/// `CustomerID` are one.
pub(crate) fn key_of(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_header_are_one_key() {
        assert_eq!(key_of("Customer ID"), key_of("customer_id"));
        assert_eq!(key_of("\u{feff}CustomerID"), "customerid");
        assert_ne!(key_of("Clicks (all)"), key_of("Clicks"));
        assert_eq!(key_of("Início dos relatórios"), "iníciodosrelatórios");
    }
}
