//! The ad platforms' exports. In flow the days' spend and new customers; out flow files in the shapes of the Google Ads
//! interface (banner, quoted thousands, totals rows, one file as UTF-16 with tabs), of Meta Ads Manager (currency in
//! the header, summary row) and of a plain table, each repeating the last days of the export before, which stated a
//! little more cost. Only observed days are written.
mod export;

use super::calendar::{Calendar, seconds};
use super::constants::{CAMPAIGNS, CHANNELS, OVERLAP_DAYS, PAID, PROPORTIONS, Response, SPEND_EXPORT_MONTHS};
use super::demand::{ChannelDay, Demand};
use super::ledger::FileAccount;
use super::stream::{Purpose, Streams, normal};
use export::{google, meta, plain};
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

#[cfg(test)]
mod tests {
    use super::*;

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
