//! Reports of advertising platforms: banners, totals, periods and currencies in headers.
use super::*;

const GOOGLE: &str = "\
Campaign report
\"July 8, 2025 - July 9, 2025\"
Campaign status,Campaign,Day,Campaign ID,Currency code,Cost,Impr.,Interactions,Clicks,Conversions,Conv. value
Enabled,Brand,2025-07-08,111,EUR,\"1,172.45\",\"12,000\",900,800,\"4,838.80\",\"9,000.00\"
Enabled,Brand,2025-07-09,111,EUR,€10.05,100,9,8, --, --
Enabled,Generic,2025-07-09,1.20253E+17,EUR,0,0,0,0,0,0
Total: Campaigns, --, --, --,EUR,\"1,182.50\",\"12,100\",909,808,\"4,838.80\",\"9,000.00\"
Total: Account, --, --, --,EUR,\"1,200.00\",\"13,000\",950,850,\"4,900.00\",\"9,100.00\"
";

#[test]
fn a_google_ads_report_is_read_between_its_banner_and_its_totals() {
    let done = upload("spend/google.csv", GOOGLE);
    assert_eq!(done.adapter(), "google_ads");
    assert_eq!((done.report.kept, done.reasons()), (3, vec![(Reason::SummaryRow, 2)]));
    let batch = done.batch();
    let view = SpendColumns::of(&batch).unwrap();
    assert_eq!(money_at(view.spend, 0).unwrap().to_string(), "1172.45");
    assert_eq!((view.clicks.value(0), view.conversions.value(0)), (800.0, 4838.8));
    assert_eq!((view.channel.get(0), text_at(view.campaign_id, 0)), (Some("google_ads"), Some("111")));
    assert!(view.conversions.is_null(1));
    assert!(view.campaign_id.is_null(2), "an id that a spreadsheet has rounded is blanked");
    assert_eq!(done.report.money_kept.to_string(), "1182.50");
}

#[test]
fn the_variant_for_excel_is_the_same_report() {
    let tabbed =
        GOOGLE.replace("\"1,172.45\"", "1172.45").replace("\"12,000\"", "12000").replace("\"4,838.80\"", "4838.80");
    let tabbed =
        tabbed.lines().map(|line| if line.starts_with('"') { line.to_owned() } else { line.replace(',', "\t") });
    let text = tabbed.collect::<Vec<_>>().join("\r\n");
    let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let done = upload_as("spend/google.csv", &bytes, &Account::default());
    let format = &done.report.read_by.as_ref().unwrap().format;
    assert_eq!((format.encoding, format.delimiter), (Some(Encoding::Utf16le), Some(Delimiter::Tab)));
    assert_eq!((done.report.kept, done.report.money_kept.to_string()), (3, "1182.50".to_owned()));
}

#[test]
fn a_google_ads_report_without_days_is_spread_over_its_period_or_refused() {
    let with = |period: &str| {
        let text = format!("Campaign report\n{period}\nCampaign,Cost,Currency code\nBrand,10.00,EUR\n");
        upload("spend/google.csv", &text)
    };
    let spread = with("\"July 8, 2025 - July 10, 2025\"");
    assert_eq!((spread.report.kept, spread.report.table_rows), (1, 3));
    assert_eq!(spread.report.money_kept.to_string(), "10.00");
    let batch = spread.batch();
    let view = SpendColumns::of(&batch).unwrap();
    let days: Vec<String> = (0..3).map(|row| day_at(view.date, row).unwrap().to_string()).collect();
    assert_eq!(days, ["2025-07-08", "2025-07-09", "2025-07-10"]);
    assert_eq!(with("All time").reasons(), [(Reason::MissingDate, 1)]);
}

#[test]
fn a_meta_report_has_its_currency_in_the_header_and_a_summary_without_a_campaign() {
    let done = upload(
        "spend/meta.csv",
        "Reporting starts,Reporting ends,Campaign name,Amount spent (USD),Impressions,Link clicks,Clicks (all),Purchases\n\
         2025-07-01,2025-07-31,,310.00,1000,100,150,10\n\
         2025-07-01,2025-07-31,Prospecting,310.00,1000,100,150,10\n",
    );
    assert_eq!(done.adapter(), "meta_ads");
    assert_eq!((done.report.kept, done.report.table_rows), (1, 31));
    assert_eq!(done.reasons(), [(Reason::SummaryRow, 1)]);
    let batch = done.batch();
    let view = SpendColumns::of(&batch).unwrap();
    assert_eq!((view.currency.get(0), view.channel.get(0)), (Some("USD"), Some("meta")));
    assert_eq!(money_at(view.spend, 0).unwrap().to_string(), "10.00");
    assert!((view.clicks.value(0) - 100.0 / 31.0).abs() < 1e-12);
}

#[test]
fn a_french_meta_report_is_the_same() {
    let done = upload(
        "spend/meta.csv",
        "Jour;Nom de la campagne;Montant dépensé (EUR);Impressions\n2025-07-01;Été;1 234,56;1 000\n",
    );
    assert_eq!(done.adapter(), "meta_ads");
    assert_eq!(done.report.money_kept.to_string(), "1234.56");
    assert_eq!(done.report.currencies.keys().collect::<Vec<_>>(), ["EUR"]);
}

#[test]
fn purchases_of_the_meta_api_are_those_of_the_first_name_that_a_row_has() {
    let done = upload(
        "spend/m.json",
        r#"[{"date_start":"2025-07-01","date_stop":"2025-07-01","campaign_name":"A","spend":"10","account_currency":"EUR",
             "actions":[{"action_type":"omni_purchase","value":"4"},
                        {"action_type":"offsite_conversion.fb_pixel_purchase","value":"3"}]},
            {"date_start":"2025-07-02","date_stop":"2025-07-02","campaign_name":"A","spend":"10","account_currency":"EUR",
             "actions":[{"action_type":"offsite_conversion.fb_pixel_purchase","value":"2"}]}]"#,
    );
    assert_eq!(done.adapter(), "meta_ads_api");
    let batch = done.batch();
    let view = SpendColumns::of(&batch).unwrap();
    assert_eq!((view.conversions.value(0), view.conversions.value(1)), (4.0, 2.0));
}

/// Day and spend of every row of the table.
fn by_day(done: &Done) -> Vec<String> {
    let batch = done.batch();
    let view = SpendColumns::of(&batch).unwrap();
    let row = |row| format!("{} {}", day_at(view.date, row).unwrap(), money_at(view.spend, row).unwrap());
    let mut rows: Vec<String> = (0..view.len()).map(row).collect();
    rows.sort();
    rows
}

#[test]
fn rows_of_weeks_are_spread_over_their_own_week() {
    let done = upload(
        "spend/g.csv",
        "Campaign report\n\"July 7, 2025 - July 19, 2025\"\nWeek,Campaign,Currency code,Cost\n\
         2025-07-07,A,EUR,7\n2025-07-14,A,EUR,12\n",
    );
    let found = by_day(&done);
    assert_eq!((found.len(), done.report.rule(Rule::SpreadOverPeriod).rows), (13, 2));
    assert_eq!((found[0].as_str(), found[6].as_str()), ("2025-07-07 1.00", "2025-07-13 1.00"));
    assert_eq!(
        (found[7].as_str(), found[12].as_str()),
        ("2025-07-14 2.00", "2025-07-19 2.00"),
        "as far as the report goes"
    );
}

#[test]
fn months_and_quarters_are_known_by_name_and_by_first_day() {
    for (unit, cell, days, each) in [
        ("Monat", "Juli 2025", 31, "2025-07-31 3.00"),
        ("Month", "2025-07-01", 31, "2025-07-31 3.00"),
        ("Month", "07/2025", 31, "2025-07-31 3.00"),
        ("Mois", "2025-07", 31, "2025-07-31 3.00"),
        ("Quarter", "Q3 2025", 92, "2025-09-30 1.010869"),
        ("Year", "2024", 366, "2024-12-31 0.254098"),
        ("Week", "2025-07-07 - 2025-07-13", 7, "2025-07-13 13.285714"),
    ] {
        let done = upload("spend/g.csv", &format!("{unit},Campaign,Currency code,Cost\n{cell},A,EUR,93\n"));
        let found = by_day(&done);
        assert_eq!((found.len(), found.last().map(String::as_str)), (days, Some(each)), "{unit} {cell}");
    }
}

#[test]
fn a_week_that_goes_on_ends_with_the_day_of_the_upload_and_a_cell_that_is_none_is_refused() {
    let done = upload("spend/g.csv", "Week,Campaign,Currency code,Cost\n2026-06-29,A,EUR,8\n27,A,EUR,1\n,A,EUR,1\n");
    assert_eq!(by_day(&done), ["2026-06-29 4.00", "2026-06-30 4.00"]);
    assert_eq!(done.reasons(), [(Reason::MissingDate, 1), (Reason::UnparsableDate, 1)]);
}

#[test]
fn an_accounts_number_is_no_phone_number_and_an_address_there_is_still_hashed() {
    let done = upload(
        "spend/x.csv",
        "Campaign report\nAll time\nDay,Account,Campaign,Cost\n2025-01-01,123-456-7890,Brand,5\n\
         2025-01-01,ada@example.org,Brand,6\n2025-01-01,+1 555 123 4567,Brand,6\n",
    );
    assert_eq!((done.adapter(), done.report.kept), ("google_ads", 3));
    assert_eq!(done.report.rule(Rule::TextHashed).rows, 2);
    let batch = done.batch();
    let accounts = SpendColumns::of(&batch).unwrap().account;
    assert!((0..3).any(|row| accounts.get(row) == Some("123-456-7890")));
}

#[test]
fn a_channel_called_total_is_the_sum_of_the_others() {
    let done =
        upload("spend/x.csv", "date,channel,spend\n2025-01-01,meta,5\n2025-01-01,Total Wine,1\n2025-01-01,total,6\n");
    assert_eq!(
        (done.report.money_kept.to_string(), done.reasons()),
        ("6.00".to_owned(), vec![(Reason::SummaryRow, 1)])
    );
}

#[test]
fn costs_of_campaigns_without_a_channel_are_nobodys_but_where_a_header_is_googles() {
    let adapter = |header: &str| {
        let done = upload("spend/x.csv", &format!("{header}\n2025-01-01,Brand,5.00,3\n"));
        done.report.read_by.as_ref().map(|by| by.adapter.clone()).ok_or(done.report.unreadable.clone())
    };
    assert_eq!(adapter("Day,Campaign,Cost,Clicks"), Ok("google_ads".to_owned()));
    let reason = adapter("date,campaign,cost,clicks").unwrap_err().unwrap();
    assert!(reason.ends_with("as spend they lack channel."), "{reason}");
}
