//! Forms of dates that sources really write, and text that is none.
use super::*;
use proptest::prelude::*;

fn utc(text: &str, order: Option<DateOrder>) -> Result<String, DateFault> {
    let micros = parse(text, order)?.micros(&TimeZone::UTC);
    Ok(jiff::Timestamp::from_microsecond(micros).unwrap().to_string())
}

#[test]
fn a_dozen_forms_are_one_moment() {
    for text in [
        "2025-07-08",
        "2025/07/08",
        "2025.07.08",
        "20250708",
        "8.7.2025",
        "08.07.25",
        "8 July 2025",
        "8-Jul-2025",
        "Jul 8, 2025",
        "July 8 2025",
        "Tue, 8 Jul 2025",
        "'2025-07-08",
        "8/Jul/2025",
        "8. Juli 2025",
        "8 juillet 2025",
        "8 de julio de 2025",
        "8 de jul. de 2025",
        "20250708000000",
        "20250708T000000Z",
        "20250708T0000",
        "202507080000",
        "2025070800",
        "2025-07-08T00:00:00Z",
        "2025-07-08 00:00:00 UTC",
        "1751932800",
        "1751932800000",
        "1751932800000000",
        "1751932800000000000",
        "1751932800.000",
        "2025-07-08 12:00 AM",
        "08.07.2025 0:00 Uhr",
        "Tue Jul  8 00:00:00 2025",
        "Tue Jul 08 00:00:00 +0000 2025",
        "Tue Jul  8 02:00:00 CEST 2025",
    ] {
        assert_eq!(utc(text, None), Ok("2025-07-08T00:00:00Z".to_owned()), "{text}");
    }
    assert_eq!(utc("2012-01-01 11:13:25 -0500", None), Ok("2012-01-01T16:13:25Z".to_owned()));
    assert_eq!(utc("2025-07-08T11:13:25.123+02:00", None), Ok("2025-07-08T09:13:25.123Z".to_owned()));
    assert_eq!(utc("1. März 2025", None), Ok("2025-03-01T00:00:00Z".to_owned()));
    assert_eq!(utc("31 août 2025", None), Ok("2025-08-31T00:00:00Z".to_owned()));
    assert_eq!(utc("2999-01-01", None), Ok("2999-01-01T00:00:00Z".to_owned()));
    assert_eq!(utc("2025070811", None), Ok("2025-07-08T11:00:00Z".to_owned()));
    assert_eq!(utc("202507081142", None), Ok("2025-07-08T11:42:00Z".to_owned()));
    assert_eq!(utc("2024-03-12 09:14", None), Ok("2024-03-12T09:14:00Z".to_owned()));
    assert_eq!(utc("12/31/2024 2:05 PM", None), Ok("2024-12-31T14:05:00Z".to_owned()));
    assert_eq!(utc("8/7/2025, 2:05 p. m.", Some(DateOrder::DayFirst)), Ok("2025-07-08T14:05:00Z".to_owned()));
    assert_eq!(utc("1751932800.25", None), Ok("2025-07-08T00:00:00.25Z".to_owned()));
    assert_eq!(utc("2024-03", None), Ok("2024-03-01T00:00:00Z".to_owned()));
}

#[test]
fn day_and_month_are_not_guessed() {
    assert_eq!(utc("03/04/2025", None), Err(DateFault::Ambiguous));
    assert_eq!(utc("03/04/2025", Some(DateOrder::DayFirst)), Ok("2025-04-03T00:00:00Z".to_owned()));
    assert_eq!(utc("03/04/2025", Some(DateOrder::MonthFirst)), Ok("2025-03-04T00:00:00Z".to_owned()));
    assert_eq!(utc("04-04-2025", None), Ok("2025-04-04T00:00:00Z".to_owned()));
    assert_eq!(utc("13/04/2025", Some(DateOrder::MonthFirst)), Ok("2025-04-13T00:00:00Z".to_owned()));
    assert_eq!(evidence("13/04/2025"), Some(DateOrder::DayFirst));
    assert_eq!(evidence("04/13/2025 10:00"), Some(DateOrder::MonthFirst));
    assert_eq!(evidence("03/04/2025"), None);
    assert!(is_ambiguous("03/04/2025") && !is_ambiguous("04/04/2025") && !is_ambiguous("2025-03-04"));
}

#[test]
fn zones_are_known_by_their_letters_and_names_where_these_mean_one() {
    for text in [
        "2025-07-08 11:13:25 PDT",
        "2025-07-08T20:13:25+02:00[Europe/Berlin]",
        "2025-07-08 20:13:25 Europe/Berlin",
        "2025-07-08 14:13:25 America/New_York",
        "2025-07-08 2:13:25 PM America/New_York",
        "2025-07-08T20:13:25[Europe/Berlin]",
        "Tue Jul 08 2025 20:13:25 GMT+0200 (Central European Summer Time)",
        "2025-07-08 20:13:25 CEST",
        "2025-07-08 18:13:25 (UTC)",
        "2025-07-08 06:13:25 PM UTC",
    ] {
        assert_eq!(utc(text, None), Ok("2025-07-08T18:13:25Z".to_owned()), "{text}");
    }
    for text in
        ["2025-07-08 11:13 IST", "2025-07-08 11:13 Mars/Base", "2025-07-08 11:13 (later)", "2025-07-08 13:13 PM x"]
    {
        assert_eq!(utc(text, None), Err(DateFault::Unparsable), "{text}");
    }
}

#[test]
fn days_that_a_spreadsheet_counts_are_those_it_shows() {
    let utc = |text: &str| {
        let micros = spreadsheet_day(text)?.micros(&TimeZone::UTC);
        Some(jiff::Timestamp::from_microsecond(micros).unwrap().to_string())
    };
    assert_eq!(utc("45658").as_deref(), Some("2025-01-01T00:00:00Z"));
    assert_eq!(utc("45658.5").as_deref(), Some("2025-01-01T12:00:00Z"));
    assert_eq!(utc("45658,467650463").as_deref(), Some("2025-01-01T11:13:25Z"));
    for text in ["4565", "456580", "12345", "99999", "45658.", "4565a", ""] {
        assert_eq!(utc(text), None, "{text}");
    }
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "yesterday",
        "2025-13-01",
        "2025-02-30",
        "32/01/2025",
        "45123",
        "12:30",
        "2025-07-08 25:00",
        "1899-01-01",
        "2025-07-08 garbage",
        "8 Foo 2025",
        "8 jui 2025",
        "99999999",
    ] {
        assert_eq!(utc(text, Some(DateOrder::DayFirst)), Err(DateFault::Unparsable), "{text:?}");
    }
}

#[test]
fn times_without_an_offset_are_read_in_the_accounts_zone() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let micros = parse("2025-07-08 00:30", None).unwrap().micros(&berlin);
    assert_eq!(jiff::Timestamp::from_microsecond(micros).unwrap().to_string(), "2025-07-07T22:30:00Z");
    let skipped = parse("2025-03-30 02:30", None).unwrap().micros(&berlin);
    assert_eq!(jiff::Timestamp::from_microsecond(skipped).unwrap().to_string(), "2025-03-30T01:30:00Z");
}

proptest! {
    #[test]
    fn every_moment_of_the_last_decades_is_read_back(seconds in 0_i64..2_000_000_000) {
        let moment = jiff::Timestamp::from_second(seconds).unwrap();
        let local = TimeZone::UTC.to_datetime(moment);
        for written in [moment.to_string(), local.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            local.strftime("%d.%m.%Y %H:%M:%S").to_string(), local.strftime("%b %d, %Y %I:%M:%S %p").to_string()]
        {
            prop_assert_eq!(parse(&written, None).unwrap().micros(&TimeZone::UTC), seconds * 1_000_000, "{}", written);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,30}", digits in "[0-9 :/.TZ+-]{0,30}") {
        let _ = (parse(&text, None), evidence(&text), parse(&digits, None), evidence(&digits), is_ambiguous(&digits));
    }
}
