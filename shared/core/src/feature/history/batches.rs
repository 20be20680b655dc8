//! Fills a history from the lake: in flow merged batches of the canonical tables, out flow the rows of a
//! [`HistoryBuilder`]. What a batch lacks is refused, nothing is repaired.
use super::HistoryBuilder;
use super::builder::Sale;
use crate::money::Money;
use crate::table::columns::{
    CustomerColumns, IndicatorColumns, LiftTestColumns, SpendColumns, TransactionColumns, day_at, instant_at, kind_at,
    measure_at, money_at, number_at, text_at,
};
use crate::table::row::{Customer, Indicator, LiftTest, Spend};
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
            Table::LiftTests => self.lift_tests(&LiftTestColumns::of(batch)?),
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

    fn lift_tests(&mut self, columns: &LiftTestColumns<'_>) {
        for row in 0..columns.len() {
            self.lift_test(&LiftTest {
                start: Day(columns.start.value(row)),
                end: Day(columns.end.value(row)),
                channel: columns.channel.get(row).unwrap_or_default().to_owned(),
                spend_change: money_at(columns.spend_change, row).unwrap_or(Money::ZERO),
                currency: columns.currency.get(row).map(str::to_owned),
                measure: measure_at(columns.measure, row),
                incremental: columns.incremental.value(row),
                standard_error: columns.standard_error.value(row),
                line: 0,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::feature::History;
    use crate::feature::signal::published::Published;
    use crate::table::encode::{self, Provenance};
    use crate::table::row::{Kind, Measure, Transaction};
    use crate::time::Cutoff;

    fn provenance() -> Provenance {
        Provenance { source_id: "source".to_owned(), uploaded_at: 0 }
    }

    fn transaction(customer: &str, kind: Kind, cents: i32, currency: &str) -> Transaction {
        Transaction {
            customer_id: customer.to_owned(),
            transaction_id: Some(format!("{kind:?}")),
            occurred_at: 86_400_000_000,
            amount: Money::from_cents(cents),
            currency: Some(currency.to_owned()),
            kind,
            cancels: (kind != Kind::Order).then(|| "Order".to_owned()),
            product_id: Some("mug".to_owned()),
            quantity: Some(2.0),
            channel: Some("Google Ads".to_owned()),
            line: 1,
        }
    }

    fn spend(channel: &str, cents: i32) -> Spend {
        Spend {
            date: Day(3),
            account: None,
            channel: channel.to_owned(),
            campaign_id: None,
            campaign_name: None,
            spend: Money::from_cents(cents),
            currency: Some("EUR".to_owned()),
            impressions: Some(10.0),
            clicks: None,
            conversions: None,
            conversion_value: None,
            line: 1,
        }
    }

    #[test]
    fn batches_and_rows_make_the_same_history() {
        let transactions =
            [transaction("a", Kind::Order, 500, "EUR"), transaction("a", Kind::Cancellation, -500, "EUR")];
        let customers = [Customer {
            customer_id: "b".to_owned(),
            acquired_at: Some(5 * 86_400_000_000),
            acquisition_channel: Some("mail".to_owned()),
            country: Some("France".to_owned()),
            ..Customer::default()
        }];
        let spends = [spend("google_ads", 700), spend("Google Ads", 50)];
        let indicators = [
            Indicator { date: Day(1), name: "inflation".to_owned(), value: 2.0, published_at: None, line: 1 },
            Indicator { date: Day(2), name: "inflation".to_owned(), value: 3.0, published_at: Some(Day(9)), line: 2 },
        ];
        let account = Account::default();
        let mut from_rows = History::builder(&account).unwrap();
        for row in &transactions {
            from_rows.transaction(row);
        }
        from_rows.customer(&customers[0]);
        for row in &spends {
            from_rows.spend(row);
        }
        for row in &indicators {
            from_rows.indicator(row);
        }
        let mut from_batches = History::builder(&account).unwrap();
        for (table, batch) in [
            (Table::Transactions, encode::transactions(&transactions, &provenance())),
            (Table::Customers, encode::customers(&customers, &provenance())),
            (Table::Spend, encode::spend(&spends, &provenance())),
            (Table::Indicators, encode::indicators(&indicators, &provenance())),
        ] {
            from_batches.batch(table, &batch.unwrap()).unwrap();
        }
        let (rows, batches) = (from_rows.finish(), from_batches.finish());
        for history in [&rows, &batches] {
            assert_eq!((history.len(), history.lines(), history.currency()), (2, 2, Some("EUR")));
            let spent: Vec<_> = history.spend().map(|(channel, day)| (channel, day.spend, day.impressions)).collect();
            assert_eq!(spent, [("google_ads", Money::from_cents(750), Some(20.0))]);
            let inflation = Published::of(history, "inflation");
            let as_of = |day: i32| inflation.as_of(Cutoff(Day(day))).map(|value| value.value);
            assert_eq!([as_of(1), as_of(9), as_of(10)], [None, Some(2.0), Some(3.0)]);
        }
        for customer in 0..2 {
            assert_eq!(rows.id(customer), batches.id(customer));
            assert_eq!(rows.events(customer), batches.events(customer));
            assert_eq!(rows.facts(customer), batches.facts(customer));
        }
    }

    #[test]
    fn rows_of_another_currency_are_counted_and_left_out() {
        let mut builder = History::builder(&Account::default()).unwrap();
        builder.transaction(&transaction("a", Kind::Order, 500, "USD"));
        builder.transaction(&transaction("b", Kind::Order, 500, "EUR"));
        builder.transaction(&transaction("c", Kind::Order, 500, "EUR"));
        let history = builder.finish();
        assert_eq!((history.currency(), history.lines()), (Some("EUR"), 2));
        assert_eq!(history.other_currencies().get("USD"), Some(&1));
    }

    #[test]
    fn spend_and_experiments_in_another_currency_are_never_added_to_the_accounts() {
        let account = Account { currency: Some("EUR".to_owned()), ..Account::default() };
        let mut builder = History::builder(&account).unwrap();
        let test = |currency: &str| LiftTest {
            start: Day(1),
            end: Day(28),
            channel: "Mail".to_owned(),
            spend_change: Money::from_cents(100),
            currency: Some(currency.to_owned()),
            measure: Measure::Revenue,
            incremental: 3.0,
            standard_error: 1.0,
            line: 1,
        };
        builder.spend(&spend("mail", 1));
        builder.spend(&Spend { currency: Some("USD".to_owned()), ..spend("mail", 2) });
        builder
            .batch(Table::LiftTests, &encode::lift_tests(&[test("EUR"), test("USD")], &provenance()).unwrap())
            .unwrap();
        let history = builder.finish();
        assert_eq!((history.spend().count(), history.other_currencies().get("USD")), (1, Some(&2)));
        // The name is written as that of the channel's spend is.
        let kept: Vec<&str> = history.lift_tests().iter().map(|test| test.channel.as_str()).collect();
        assert_eq!(kept, ["mail"]);
    }

    #[test]
    fn a_batch_of_another_table_is_refused() {
        let batch = encode::spend(&[spend("mail", 1)], &provenance()).unwrap();
        assert!(History::builder(&Account::default()).unwrap().batch(Table::Transactions, &batch).is_err());
    }
}
