//! Plans of the coming periods.
use super::*;

#[test]
fn the_coming_periods_begin_with_what_is_carried_over_and_settle() {
    let mut known = unit_check(0.0);
    for channel in &mut known.fitted.channels {
        channel.carried = vec![0.0; DRAWS];
    }
    let advice = known.advise(&Request { periods: Some(4), ..Request::default() }).unwrap();
    let values: Vec<f64> = advice.periods.iter().map(|period| period.value.mean).collect();
    assert_eq!((values.len(), advice.periods[0].from), (4, Day(20_000)));
    assert_eq!(advice.periods[3].to, Day(20_000 + 4 * PERIOD_DAYS));
    assert!(values[0] < values[1] && (values[3] - advice.value.mean).abs() < 0.01 * values[3], "{values:?}");
}

#[test]
fn a_plan_by_week_follows_the_season_and_spends_every_channels_share_to_the_last_cent() {
    let mut known = unit_check(0.0);
    // A wave of the year that rises through the coming weeks.
    known.fitted.season[0] = 0.8;
    let request = Request { periods: Some(12), pace: Pace::Week, total: Some(104.0 * 28.0), ..Request::default() };
    let advice = known.advise(&request).unwrap();
    assert_eq!((advice.decision, advice.periods.len()), (Decision::Change, 12));
    let weeks = 12.0 / 4.0;
    for (number, channel) in advice.channels.iter().enumerate() {
        let spend: Vec<f64> = advice.periods.iter().map(|period| period.channels[number].spend).collect();
        assert!((spend.iter().sum::<f64>() - weeks * channel.recommended).abs() < 1e-6, "{spend:?}");
        let (low, high) = (0.7 * channel.current / 4.0, 1.3 * channel.current / 4.0);
        assert!(spend.iter().all(|spend| (low - 1e-6..=high + 1e-6).contains(spend)), "{spend:?}");
    }
    let total: f64 = advice.periods.iter().map(|period| period.spend).sum();
    assert!((total - weeks * advice.total).abs() < 1e-6);
    let search = |number: usize| advice.periods[number].channels[0].spend;
    let (least, most) = advice.periods.iter().enumerate().fold((0, 0), |(least, most), (number, period)| {
        let season = |of: usize| advice.periods[of].season;
        (
            if period.season < season(least) { number } else { least },
            if period.season > season(most) { number } else { most },
        )
    });
    assert!(search(most) > 1.05 * search(least), "{:?}", advice.periods);
}

#[test]
fn going_on_as_before_is_planned_with_the_present_spend_in_every_period() {
    let twins = budgeting(vec![channel("a", 100.0, 50.0, 50.0, 0.8), channel("bbbb", 100.0, 50.0, 50.0, 0.8)]);
    let advice = twins.advise(&Request { pace: Pace::Week, ..Request::default() }).unwrap();
    assert_eq!(advice.decision, Decision::NoChange);
    let spends = advice.periods.iter().flat_map(|period| &period.channels);
    assert!(spends.into_iter().all(|channel| (channel.spend - 350.0).abs() < 1e-9), "{:?}", advice.periods);
}
