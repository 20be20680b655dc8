//! What happened to an upload, in numbers. In flow counts while a file is read; out flows the report that is kept with the
//! upload and shown to people. Every row is in it: kept, rejected with a reason, or merged into another row.
mod read_by;
mod text;

pub use read_by::{Conventions, ReadBy};

use super::named::named;
use crate::money::{Money, Total};
use crate::time::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// How many rows something happened to, and their money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows of the upload.
    pub rows: u64,
    /// Their amounts, summed, with signs: of rows whose amount can be read.
    pub money: Total,
}

impl Tally {
    pub(crate) fn add(&mut self, money: Money) {
        self.rows += 1;
        self.money += money;
    }

    fn is_nothing(&self) -> bool {
        *self == Tally::default()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Tally) {
        self.rows += more.rows;
        self.money += more.money;
    }
}

named! {
    /// Something that was noticed about rows, whether they were kept or rejected; a row may be under several.
    Rule {
        /// The line stands in the file once more, further up. Kept.
        DuplicateLine = "duplicate_line",
        /// The row takes back an order.
        Cancellation = "cancellation",
        /// The order that a cancellation takes back was found by customer, product and quantity.
        CancellationLinked = "cancellation_linked",
        /// The row gives money back.
        Refund = "refund",
        /// More was given back of an order than it came to. Kept.
        RefundAboveOrder = "refund_above_order",
        /// An adjustment for bad debt.
        BadDebt = "bad_debt",
        /// Stock written off: negative quantity without a price, and no cancellation.
        StockWriteOff = "stock_write_off",
        /// Postage, discount, fee: the money is kept, the code is no product.
        NonProduct = "non_product",
        /// The amount is zero. Kept.
        ZeroAmount = "zero_amount",
        /// The amount is negative.
        NegativeAmount = "negative_amount",
        /// The quantity is negative.
        NegativeQuantity = "negative_quantity",
        /// The price is zero.
        ZeroPrice = "zero_price",
        /// The price is negative.
        NegativePrice = "negative_price",
        /// An order far above the others: its logarithm lies more than five robust standard deviations above the median.
        /// Kept.
        Outlier = "outlier",
        /// The customer's id was an email address or phone number, and is now its SHA-256.
        CustomerHashed = "customer_hashed",
        /// A channel, campaign, product, country or order's id was an address or phone number, and is now its SHA-256.
        TextHashed = "text_hashed",
        /// A spreadsheet had rounded the transaction's id away: the row has none, and is never merged.
        MangledTransaction = "mangled_transaction",
        /// A `.0` or apostrophe was taken off the customer's id.
        CustomerTidied = "customer_tidied",
        /// The amount was in another currency, and was converted by an uploaded rate; its money here is before that.
        CurrencyConverted = "currency_converted",
        /// Of several ids in one cell the first was taken.
        FirstOfSeveral = "first_of_several",
        /// A campaign's id that a spreadsheet had rounded was left out.
        MangledCampaign = "mangled_campaign",
        /// A row that covers several days was spread over them evenly.
        SpreadOverPeriod = "spread_over_period",
        /// A status that the adapter does not know was taken for a completed order.
        UnknownStatus = "unknown_status",
        /// A kind of row that the adapter does not know was taken for an order, or for a refund where it is negative.
        UnknownKind = "unknown_kind",
        /// A refund or cancellation was written with a positive amount, and was given its sign.
        SignGiven = "sign_given",
        /// An email address or phone number was no such thing, and was left out.
        ContactLeftOut = "contact_left_out",
        /// A number beside the amount could not be read, and was left out.
        NumberLeftOut = "number_left_out",
        /// The acquisition date could not be read, and was left out.
        DateLeftOut = "date_left_out",
        /// A series has another value of the same day further down in the file, and that one counts: of exchange rates, too.
        ValueReplaced = "value_replaced",
        /// The line was no UTF-8, and was read as Windows-1252.
        Windows1252 = "windows1252",
    }
}

named! {
    /// Why a row was rejected.
    Reason {
        /// No customer.
        MissingCustomer = "missing_customer",
        /// A spreadsheet has rounded the customer's id away, as in `1.2E+17`.
        MangledCustomer = "mangled_customer",
        /// No date.
        MissingDate = "missing_date",
        /// No date in any known form.
        UnparsableDate = "unparsable_date",
        /// Day and month could be either way round, and nothing in the file tells.
        AmbiguousDate = "ambiguous_date",
        /// Later than the upload.
        FutureDate = "future_date",
        /// No amount.
        MissingAmount = "missing_amount",
        /// No amount in any known form, or one of more than 12 digits before the point.
        UnparsableAmount = "unparsable_amount",
        /// `1.234` could be a thousand or a little more than one, and nothing in the file tells.
        AmbiguousNumber = "ambiguous_number",
        /// A number, other than an amount, that cannot be read.
        UnparsableNumber = "unparsable_number",
        /// A share outside of 0 to 1.
        ShareOutOfRange = "share_out_of_range",
        /// An exchange rate that is not above 0.
        RateOutOfRange = "rate_out_of_range",
        /// A currency that is neither a three-letter code nor another name that leaves no doubt.
        UnparsableCurrency = "unparsable_currency",
        /// A currency other than the account's, or than the file's first where the account has none, and no uploaded
        /// exchange rate of the 31 days before.
        OtherCurrency = "other_currency",
        /// No channel, or no name of a series.
        MissingName = "missing_name",
        /// More cells than the header.
        TooManyCells = "too_many_cells",
        /// Fewer cells than the header, in columns that only spaces separate: which is missing cannot be told.
        TooFewCells = "too_few_cells",
        /// A quote that is not closed, or that text follows where it would be: every line is then read on its own, and none
        /// goes into the cell of another.
        UnbalancedQuote = "unbalanced_quote",
        /// A line of a JSON file that is no JSON object; no other line is read into it.
        TornObject = "torn_object",
        /// A total, a summary or a footer.
        SummaryRow = "summary_row",
        /// The header once more.
        RepeatedHeader = "repeated_header",
        /// An adjustment for bad debt: no customer made it.
        BadDebt = "bad_debt",
        /// Stock written off: no customer bought it.
        StockWriteOff = "stock_write_off",
        /// An order that was never paid, or a payment that failed.
        Incomplete = "incomplete",
        /// An order that was taken back as a whole, shown by its status only.
        TakenBack = "taken_back",
        /// A test order.
        Test = "test",
        /// A period that ends before it begins, or is longer than ten years.
        BadPeriod = "bad_period",
        /// A lift test without a change of spend, or without a standard error above 0.
        SaysNothing = "says_nothing",
    }
}

/// What happened to one upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadReport {
    /// The upload's key.
    pub key: String,
    /// Why nothing of it could be read, in a sentence; everything below is empty then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// Which adapter read it, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_by: Option<ReadBy>,
    /// Rows behind the header: kept + rejected + merged + erased.
    pub rows: u64,
    /// Rows that are in the canonical table.
    pub kept: u64,
    /// Rows that are in the rejects, with a reason.
    pub rejected: u64,
    /// Rows that were folded into another row of the same order.
    pub merged: u64,
    /// The money of all rows whose amount can be read.
    pub money_in: Total,
    /// The money of the rows in the canonical table; `money_in` less that of the rejects and of erased rows.
    pub money_kept: Total,
    /// Rows that were kept until their customer was erased, or would have been. Refused rows of erased customers are
    /// removed, too, but stay counted as refused, and rules and days stay those of the file as it was read.
    #[serde(default, skip_serializing_if = "Tally::is_nothing")]
    pub erased: Tally,
    /// Rows of the canonical table: more than `kept` where a row covers several days, fewer where customers are repeated
    /// word for word.
    pub table_rows: u64,
    /// What was noticed, by rule.
    pub rules: BTreeMap<Rule, Tally>,
    /// What was rejected, by reason.
    pub rejects: BTreeMap<Reason, Tally>,
    /// The first event's day in the account's zone, of kept rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_day: Option<Day>,
    /// The last event's day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Day>,
    /// Kept rows and their money by currency; the empty name is that of amounts without one.
    pub currencies: BTreeMap<String, Tally>,
}

impl UploadReport {
    /// How many rows a rule applied to.
    pub fn rule(&self, rule: Rule) -> Tally {
        self.rules.get(&rule).copied().unwrap_or_default()
    }

    /// How many rows were rejected for a reason.
    pub fn reject(&self, reason: Reason) -> Tally {
        self.rejects.get(&reason).copied().unwrap_or_default()
    }

    /// Moves rows of erased customers, by currency, from what was kept to what was erased; `table_rows` rows of the table
    /// were made of them.
    pub fn erase(&mut self, table_rows: u64, by_currency: &BTreeMap<String, Tally>) {
        self.table_rows = self.table_rows.saturating_sub(table_rows);
        for (currency, erased) in by_currency {
            self.erased += *erased;
            self.kept = self.kept.saturating_sub(erased.rows);
            self.money_kept -= erased.money;
            if let Some(kept) = self.currencies.get_mut(currency) {
                kept.rows = kept.rows.saturating_sub(erased.rows);
                kept.money -= erased.money;
            }
        }
        self.currencies.retain(|_, kept| !kept.is_nothing());
    }
}
