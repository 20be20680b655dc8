//! The ad platforms' exports. In flow the days' spend and new customers; out flow files in the shapes of the Google Ads
//! interface (banner, quoted thousands, totals rows, one file as UTF-16 with tabs), of Meta Ads Manager (currency in
//! the header, summary row) and of a plain table, each repeating the last days of the export before, which stated a
//! little more cost. Only observed days are written.
use super::calendar::{Calendar, seconds};
use super::constants::{CAMPAIGNS, CHANNELS, CURRENCY, OVERLAP_DAYS, PAID, PROPORTIONS, Response, SPEND_EXPORT_MONTHS};
use super::demand::{ChannelDay, Demand};
use super::ledger::FileAccount;
use super::stream::{Purpose, Streams, normal};
use ltv_core::time::Day;

/// Conversions that a platform claims for each customer who came through it.
const CLAIMED: f64 = 1.15;

/// A file to be written, with the instant of its export.
pub(crate) struct SpendFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) exported_at: i64,
    pub(crate) account: FileAccount,
}

/// A campaign's day as a platform states it.
struct Row {
    day: Day,
    campaign: &'static str,
    id: String,
    cents: i64,
    impressions: u64,
    clicks: u64,
    conversions: f64,
    value: f64,
}

/// Keys of all exports, by channel and number.
pub(crate) fn keys(calendar: &Calendar) -> Vec<String> {
    let exports = (calendar.months.len() - 1).div_ceil(SPEND_EXPORT_MONTHS);
    (0..PAID)
        .flat_map(|channel| (0..exports).map(move |export| (channel, export)))
        .map(|(c, e)| key(calendar, c, e))
        .collect()
}

fn key(calendar: &Calendar, channel: usize, export: usize) -> String {
    let month = calendar.months[export * SPEND_EXPORT_MONTHS].date();
    let name = CHANNELS[channel].name.replace('_', "-");
    format!("spend/{name}-{}-{:02}.csv", month.year(), month.month())
}

/// All exports of all platforms.
///
/// # Errors
/// Only what writing to memory can fail with.
pub(crate) fn files(streams: &Streams, calendar: &Calendar, demand: &Demand) -> Result<Vec<SpendFile>, csv::Error> {
    let days: Vec<(Day, &[ChannelDay; CHANNELS.len()])> = demand.days().collect();
    let boundaries = &calendar.months;
    let mut files = Vec::new();
    for channel in 0..PAID {
        for (export, from) in (0..boundaries.len() - 1).step_by(SPEND_EXPORT_MONTHS).enumerate() {
            let end = boundaries[(from + SPEND_EXPORT_MONTHS).min(boundaries.len() - 1)];
            let is_last = from + SPEND_EXPORT_MONTHS >= boundaries.len() - 1;
            let first = if export == 0 { boundaries[from] } else { boundaries[from] - OVERLAP_DAYS };
            let mut account = FileAccount::new(key(calendar, channel, export), "spend", "YYYY-MM-DD");
            let mut rows = Vec::new();
            for (day, cells) in days.iter().filter(|(day, _)| (first..end).contains(day)) {
                let repeated = !is_last && *day >= end - OVERLAP_DAYS;
                for row in campaign_rows(streams, *day, channel, &cells[channel], repeated) {
                    account.rows += 1;
                    account.keep(row.cents, repeated);
                    rows.push(row);
                }
            }
            let bytes = match channel {
                0 => google(&rows, export == 1, &mut account)?,
                1 => meta(&rows, export % 2 == 0, &mut account)?,
                _ => plain(&rows, channel)?,
            };
            let exported_at = seconds(end).min(calendar.export_at());
            files.push(SpendFile { bytes, exported_at, account });
        }
    }
    Ok(files)
}

fn campaign_rows(streams: &Streams, day: Day, channel: usize, cell: &ChannelDay, repeated: bool) -> [Row; CAMPAIGNS] {
    let response: Response = CHANNELS[channel].response.expect("the first channels are paid");
    let mut rng = streams.of(Purpose::Platform, (day.0 as u64) << 8 | channel as u64);
    std::array::from_fn(|number| {
        let (campaign, share) = response.campaigns[number];
        let cents = cell.spend_cents[number];
        let extra = if repeated { (cents as f64 * PROPORTIONS.provisional_cost).round() as i64 } else { 0 };
        let spend = cents as f64 / 100.0;
        let impressions = (spend / response.cpm * 1_000.0 * (0.1 * normal(&mut rng)).exp()).round();
        let clicks = (spend / response.cpc * (0.1 * normal(&mut rng)).exp()).round().min(impressions);
        let conversions = (f64::from(cell.new_customers) * share * CLAIMED * 100.0).round() / 100.0;
        let value = conversions * CHANNELS[channel].quality.mean_order;
        let id = if channel == 0 {
            format!("{}", 20_113_400_170_u64 + number as u64 * 7_919)
        } else {
            format!("{}", 120_210_400_000_000_000_u64 + (channel * 1_000 + number) as u64 * 104_729)
        };
        let (impressions, clicks) = (impressions as u64, clicks as u64);
        Row { day, campaign, id, cents: cents + extra, impressions, clicks, conversions, value }
    })
}

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
fn google(rows: &[Row], excel: bool, account: &mut FileAccount) -> Result<Vec<u8>, csv::Error> {
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
fn meta(rows: &[Row], summary_first: bool, account: &mut FileAccount) -> Result<Vec<u8>, csv::Error> {
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
fn plain(rows: &[Row], channel: usize) -> Result<Vec<u8>, csv::Error> {
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

    #[test]
    fn the_newest_exports_state_what_was_spent() {
        let (streams, calendar) = (Streams::new(4), Calendar::new(14));
        let demand = Demand::draw(&streams, &calendar, 5_000);
        let files = files(&streams, &calendar, &demand).unwrap();
        let keys: Vec<&String> = files.iter().map(|file| &file.account.key).collect();
        assert_eq!(keys, super::keys(&calendar).iter().collect::<Vec<_>>());
        for (c, channel) in CHANNELS.iter().enumerate().take(PAID) {
            let of_channel = files.iter().filter(|file| file.account.key.contains(&channel.name.replace('_', "-")));
            let stated: i64 = of_channel.map(|file| file.account.kept_cents - file.account.superseded_cents).sum();
            let spent: i64 = demand.days().flat_map(|(_, cells)| cells[c].spend_cents).sum();
            assert_eq!(stated, spent, "{}", channel.name);
        }
    }

    #[test]
    fn totals_of_a_google_export_stand_behind_its_rows() {
        let (streams, calendar) = (Streams::new(4), Calendar::new(2));
        let demand = Demand::draw(&streams, &calendar, 5_000);
        let file = &files(&streams, &calendar, &demand).unwrap()[0];
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Campaign report");
        assert_eq!(lines[1], "\"May 1, 2026 - June 30, 2026\"");
        assert!(lines[2].starts_with("Day,Campaign,"));
        assert_eq!(lines.len() as u64, 3 + file.account.rows + file.account.totals_rows);
        assert!(lines[lines.len() - 2].starts_with("Total: Campaigns,"));
    }
}
