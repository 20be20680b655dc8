//! The shapes of the platforms' exports. In flow the rows of a file; out flow its bytes, with whatever the platform puts
//! around rows: banner, totals, summary. What stands in the rows is not decided here.
use super::Row;
use crate::simulate::constants::{CHANNELS, CURRENCY};
use crate::simulate::ledger::FileAccount;
use ltv_core::time::Day;

fn plain_cents(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `4838` as `4,838`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `4838.8` as `4,838.80`, and nothing as the interface's dashes.
fn thousands_decimal(number: f64) -> String {
    if number <= 0.0 {
        return " --".to_owned();
    }
    let hundredths = (number * 100.0).round() as u64;
    format!("{}.{:02}", thousands(hundredths / 100), hundredths % 100)
}

/// The Google Ads interface's campaign report, segmented by day; `excel` is its "Excel .csv".
pub(super) fn google(rows: &[Row], excel: bool, account: &mut FileAccount) -> Result<Vec<u8>, csv::Error> {
    let mut text = "Campaign report\n".to_owned();
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        let long = |day: Day| day.date().strftime("%B %-d, %Y").to_string();
        let quote = if excel { "" } else { "\"" };
        text = format!("{text}{quote}{} - {}{quote}\n", long(first.day), long(last.day));
    }
    let mut writer = csv::WriterBuilder::new().delimiter(if excel { b'\t' } else { b',' }).from_writer(Vec::new());
    writer.write_record([
        "Day",
        "Campaign",
        "Campaign ID",
        "Currency code",
        "Cost",
        "Impr.",
        "Clicks",
        "Conversions",
        "Conv. value",
    ])?;
    let numbers = |cents: i64, impressions: u64, clicks: u64, conversions: f64, value: f64| {
        let (conversions, value) = (thousands_decimal(conversions), thousands_decimal(value));
        [plain_cents(cents), thousands(impressions), thousands(clicks), conversions, value]
    };
    for row in rows {
        let head = [row.day.to_string(), row.campaign.to_owned(), row.id.clone(), CURRENCY.to_owned()];
        writer.write_record(head.iter().chain(&numbers(
            row.cents,
            row.impressions,
            row.clicks,
            row.conversions,
            row.value,
        )))?;
    }
    let sum = |of: fn(&Row) -> f64| rows.iter().map(of).sum::<f64>();
    let cents: i64 = rows.iter().map(|row| row.cents).sum();
    let (impressions, clicks) = (rows.iter().map(|r| r.impressions).sum(), rows.iter().map(|r| r.clicks).sum());
    // The account's total holds removed campaigns too, and so differs from the campaigns' sum.
    for (name, cents) in [("Total: Campaigns", cents), ("Total: Account", cents + cents / 70)] {
        let head = [name.to_owned(), " --".to_owned(), " --".to_owned(), CURRENCY.to_owned()];
        let total = numbers(cents, impressions, clicks, sum(|row| row.conversions), sum(|row| row.value));
        writer.write_record(head.iter().chain(&total))?;
        account.totals_rows += 1;
    }
    let table = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    text += &String::from_utf8_lossy(&table);
    if !excel {
        return Ok(text.into_bytes());
    }
    account.date_format = "YYYY-MM-DD, UTF-16LE, tabs";
    Ok(std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect())
}

/// Meta Ads Manager's campaign report, broken down by day, with its summary row first or last.
pub(super) fn meta(rows: &[Row], summary_first: bool, account: &mut FileAccount) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let spent = format!("Amount spent ({CURRENCY})");
    writer.write_record([
        "Campaign name",
        "Campaign ID",
        "Day",
        "Reporting starts",
        "Reporting ends",
        &spent,
        "Impressions",
        "Link clicks",
        "Purchases",
        "Purchases conversion value",
    ])?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return writer.into_inner().map_err(|error| error.into_error().into());
    };
    let sum = |of: fn(&Row) -> f64| rows.iter().map(of).sum::<f64>();
    let summary = [
        String::new(),
        String::new(),
        String::new(),
        first.day.to_string(),
        last.day.to_string(),
        plain_cents(rows.iter().map(|row| row.cents).sum()),
        rows.iter().map(|row| row.impressions).sum::<u64>().to_string(),
        rows.iter().map(|row| row.clicks).sum::<u64>().to_string(),
        format!("{:.2}", sum(|row| row.conversions)),
        format!("{:.2}", sum(|row| row.value)),
    ];
    if summary_first {
        writer.write_record(&summary)?;
    }
    for row in rows {
        writer.write_record([
            row.campaign,
            &row.id,
            &row.day.to_string(),
            &row.day.to_string(),
            &row.day.to_string(),
            &plain_cents(row.cents),
            &row.impressions.to_string(),
            &row.clicks.to_string(),
            &format!("{:.2}", row.conversions),
            &format!("{:.2}", row.value),
        ])?;
    }
    if !summary_first {
        writer.write_record(&summary)?;
    }
    account.totals_rows += 1;
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A table in canonical column names.
pub(super) fn plain(rows: &[Row], channel: usize) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "date",
        "channel",
        "campaign_id",
        "campaign_name",
        "spend",
        "currency",
        "impressions",
        "clicks",
        "conversions",
        "conversion_value",
    ])?;
    for row in rows {
        writer.write_record([
            &row.day.to_string(),
            CHANNELS[channel].name,
            &row.id,
            row.campaign,
            &plain_cents(row.cents),
            CURRENCY,
            &row.impressions.to_string(),
            &row.clicks.to_string(),
            &format!("{:.2}", row.conversions),
            &format!("{:.2}", row.value),
        ])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_as_the_interface_groups_them() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(4_838), "4,838");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands_decimal(4_838.8), "4,838.80");
        assert_eq!(thousands_decimal(0.0), " --");
    }
}
