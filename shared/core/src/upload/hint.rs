//! What a key says about its file, before anybody looks into it. In flows a key; out flows the table that a folder asks for,
//! or that the file's name speaks of. Decides only between tables whose header the file has.
use super::field::key_of;
use crate::table::Table;

/// A table that a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) table: Table,
    /// Is it a folder that asks for the table? A file's name says less: it never overrules a header that is another's.
    pub(crate) by_folder: bool,
}

/// The table that the innermost folder asks for that asks for any: `2025/orders/x.csv` is of transactions; else the one
/// that the file's name speaks of, where it speaks of one: `customers_export.csv` is of customers.
pub(crate) fn of(key: &str) -> Option<Hint> {
    let (folders, name) = key.rsplit_once('/').unwrap_or(("", key));
    if let Some(table) = folders.rsplit('/').find_map(table_of) {
        return Some(Hint { table, by_folder: true });
    }
    let mut tables = name.split(|c: char| !c.is_alphanumeric()).filter_map(table_of);
    let table = tables.next()?;
    tables.all(|other| other == table).then_some(Hint { table, by_folder: false })
}

fn table_of(word: &str) -> Option<Table> {
    match key_of(word).as_str() {
        "transactions" | "transaction" | "orders" | "order" | "sales" | "purchases" | "payments" => {
            Some(Table::Transactions)
        }
        "customers" | "customer" | "contacts" | "users" => Some(Table::Customers),
        "spend" | "ads" | "adspend" | "costs" | "media" | "marketing" => Some(Table::Spend),
        "acquisition" | "acquisitions" => Some(Table::Acquisition),
        "indicators" | "indicator" | "economics" | "economy" => Some(Table::Indicators),
        "lifttests" | "lifttest" | "experiments" | "experiment" => Some(Table::LiftTests),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_folder_asks_for_a_table_and_a_name_only_where_no_folder_does() {
        let found = |key| of(key).map(|hint| (hint.table, hint.by_folder));
        assert_eq!(found("orders/x.csv"), Some((Table::Transactions, true)));
        assert_eq!(found("2025/Orders/march/customers.csv"), Some((Table::Transactions, true)));
        assert_eq!(found("orders/customers/x.csv"), Some((Table::Customers, true)));
        assert_eq!(found("shop/customers_export.csv.gz"), Some((Table::Customers, false)));
        assert_eq!(found("Lift-Tests/x.csv"), Some((Table::LiftTests, true)));
        assert_eq!(found("orders and customers.csv"), None);
        assert_eq!(found("reorders/x.csv"), None);
    }
}
