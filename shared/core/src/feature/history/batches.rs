//! Fills a history from the lake: in flow merged batches of the canonical tables, out flow the rows of a
//! [`HistoryBuilder`]. What a batch lacks is refused, nothing is repaired.
use super::HistoryBuilder;
use super::builder::Sale;
use crate::money::Money;
use crate::table::columns::{
    CustomerColumns, IndicatorColumns, SpendColumns, TransactionColumns, day_at, instant_at, kind_at, money_at,
    number_at, text_at,
};
use crate::table::row::{Customer, Indicator, Spend};
use crate::table::{Table, TableError};
use crate::time::Day;
use arrow::array::RecordBatch;

impl HistoryBuilder {
    /// Adds every row of a merged batch of `table`. The cross-section has no dates and so no place in a history: its
    /// rows are passed over.
    ///
    /// # Errors
    /// A batch that is not of this table.
    pub fn batch(&mut self, table: Table, batch: &RecordBatch) -> Result<(), TableError> {
        match table {
            Table::Transactions => self.transactions(&TransactionColumns::of(batch)?),
            Table::Customers => self.customers(&CustomerColumns::of(batch)?),
            Table::Spend => self.spends(&SpendColumns::of(batch)?),
            Table::Indicators => self.indicators(&IndicatorColumns::of(batch)?),
            Table::Acquisition => {}
        }
        Ok(())
    }

    fn transactions(&mut self, columns: &TransactionColumns<'_>) {
        for row in 0..columns.len() {
            self.sale(&Sale {
                customer_id: columns.customer_id.value(row),
                transaction_id: text_at(columns.transaction_id, row),
                occurred_at: columns.occurred_at.value(row),
                amount: money_at(columns.amount, row).unwrap_or(Money::ZERO),
                currency: columns.currency.get(row),
                kind: kind_at(columns.kind, row),
                cancels: text_at(columns.cancels, row),
                product_id: text_at(columns.product_id, row),
                quantity: number_at(columns.quantity, row),
                channel: columns.channel.get(row),
            });
        }
    }

    fn customers(&mut self, columns: &CustomerColumns<'_>) {
        for row in 0..columns.len() {
            self.customer(&Customer {
                customer_id: columns.customer_id.value(row).to_owned(),
                acquired_at: instant_at(columns.acquired_at, row),
                acquisition_channel: columns.acquisition_channel.get(row).map(str::to_owned),
                acquisition_campaign: columns.acquisition_campaign.get(row).map(str::to_owned),
                country: columns.country.get(row).map(str::to_owned),
                ..Customer::default()
            });
        }
    }

    fn spends(&mut self, columns: &SpendColumns<'_>) {
        for row in 0..columns.len() {
            self.spend(&Spend {
                date: Day(columns.date.value(row)),
                account: None,
                channel: columns.channel.get(row).unwrap_or_default().to_owned(),
                campaign_id: None,
                campaign_name: None,
                spend: money_at(columns.spend, row).unwrap_or(Money::ZERO),
                currency: columns.currency.get(row).map(str::to_owned),
                impressions: number_at(columns.impressions, row),
                clicks: number_at(columns.clicks, row),
                conversions: None,
                conversion_value: None,
                line: 0,
            });
        }
    }

    fn indicators(&mut self, columns: &IndicatorColumns<'_>) {
        for row in 0..columns.len() {
            self.indicator(&Indicator {
                date: Day(columns.date.value(row)),
                name: columns.name.get(row).unwrap_or_default().to_owned(),
                value: columns.value.value(row),
                published_at: day_at(columns.published_at, row),
                line: 0,
            });
        }
    }
}
