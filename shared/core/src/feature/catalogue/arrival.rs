//! When and from where a customer came, and where in the year the cutoff stands.
use super::{Definition, categorical, numeric};
use crate::time::Day;
use jiff::civil::Date;
use std::f64::consts::TAU;

fn month_angle(day: Day) -> f64 {
    f64::from(day.date().month() - 1) / 12.0 * TAU
}

fn code(code: f32) -> Option<f64> {
    (!code.is_nan()).then_some(f64::from(code))
}

pub(super) const ARRIVAL: &[Definition] = &[
    numeric("cutoff_month_sin", "sine", "Month of the cutoff on the circle of the year, sine.", |k| {
        Some(month_angle(k.cutoff.0).sin())
    }),
    numeric("cutoff_month_cos", "cosine", "Month of the cutoff on the circle of the year, cosine.", |k| {
        Some(month_angle(k.cutoff.0).cos())
    }),
    numeric("days_to_year_end", "days", "Days from the cutoff to the end of its year.", |k| {
        let date = k.cutoff.0.date();
        Some(f64::from(date.days_in_year() - date.day_of_year()))
    }),
    numeric("acquired_month_sin", "sine", "Month of acquisition on the circle of the year, sine.", |k| {
        Some(month_angle(k.acquired).sin())
    }),
    numeric("acquired_month_cos", "cosine", "Month of acquisition on the circle of the year, cosine.", |k| {
        Some(month_angle(k.acquired).cos())
    }),
    categorical("first_purchase_weekday", "Weekday of the first purchase, Monday 0 to Sunday 6.", |k| {
        let date: Date = k.first()?.day.date();
        Some(f64::from(date.weekday().to_monday_zero_offset()))
    }),
    numeric("days_to_first_purchase", "days", "Days from acquisition to the first purchase.", |k| {
        Some(f64::from(k.first()?.day.since(k.acquired)))
    }),
    numeric(
        "left_censored",
        "flag",
        "1 where the customer may be older than the file: first seen in its first 90 days.",
        |k| Some(f64::from(u8::from(k.origin.left_censored))),
    ),
    categorical("channel", "Acquisition channel; 0 stands for rare and unheard-of ones.", |k| code(k.origin.channel)),
    categorical("campaign", "Acquisition campaign; 0 stands for rare and unheard-of ones.", |k| {
        code(k.origin.campaign)
    }),
    categorical("country", "Country; 0 stands for rare and unheard-of ones.", |k| code(k.origin.country)),
    numeric(
        "channel_cac",
        "currency",
        "The channel's spend ÷ its new customers in the month of acquisition and the two before it, up to the cutoff.",
        |k| code(k.origin.channel_cac),
    ),
];
