//! Everything about the simulated business that is fixed: its channels, its products and the stated proportions of
//! dirt in its exports. Nothing flows in; what stands here is written to `truth/business.json`, so that a judge needs
//! no source code. The seed decides the rest; it never changes a constant.
use serde::Serialize;

/// The last day of the observed period. Its exports are taken at noon, so it is a partial day: the `E` of the split
/// protocol, which counts no event of that day as history.
pub(crate) const LAST_DAY: jiff::civil::Date = jiff::civil::date(2026, 6, 30);
/// Hour of the last day (UTC) at which every export is taken.
pub(crate) const EXPORT_HOUR: u8 = 12;
/// Windows behind the last day for which the truth is stated, in days.
pub(crate) const HORIZONS: [i32; 4] = [30, 90, 180, 365];
/// The one currency of the business.
pub(crate) const CURRENCY: &str = "USD";

/// Customers of one shop: each shop exports its orders by itself, which bounds the memory of a run.
pub(crate) const CUSTOMERS_PER_SHOP: u32 = 250_000;

/// Most lines of an order.
pub(crate) const MOST_LINES: usize = 4;
/// Shares of orders with one, two, three and four lines.
pub(crate) const LINES: [f64; MOST_LINES] = [0.55, 0.25, 0.12, 0.08];
/// Products in the catalogue; low numbers sell most.
pub(crate) const PRODUCTS: u32 = 400;
/// Largest amount of one order, in cents. Heavy tails end here.
pub(crate) const LARGEST_ORDER_CENTS: u32 = 100_000_000;
/// Refunds are booked a whole number of days after the order, each number up to this one equally likely.
pub(crate) const LONGEST_REFUND_DAYS: i32 = 21;

/// Days at the end of a month (orders) or of a quarter (spend) that the next export repeats.
pub(crate) const OVERLAP_DAYS: i32 = 7;
/// Months that one export of ad spend covers.
pub(crate) const SPEND_EXPORT_MONTHS: usize = 3;

/// Mean clock days from registration to the first order, for customers who do not order at once.
pub(crate) const LATE_FIRST_ORDER_DAYS: f64 = 45.0;

/// The stated proportions of what happens to customers, orders and rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proportions {
    /// Customers who register without ordering at once.
    pub late_first_order: f64,
    /// Orders cancelled, on their own day.
    pub cancelled_orders: f64,
    /// Refunds that give back the whole order; the others give back one of its lines, each equally likely.
    pub whole_refunds: f64,
    /// Orders, refunds and cancellations whose rows carry no customer id.
    pub missing_customer: f64,
    /// Orders (neither cancelled nor refunded) recorded at [`Proportions::outlier_factor`] times their amount.
    pub outliers: f64,
    /// How much too large an outlier is recorded.
    pub outlier_factor: u32,
    /// Rows whose date is garbage.
    pub garbage_date: f64,
    /// Rows whose amount is garbage.
    pub garbage_amount: f64,
    /// Rows that appear twice, identical, in one file.
    pub duplicated_rows: f64,
    /// Re-exported orders whose older export had the first line a tenth too high.
    pub provisional_orders: f64,
    /// Share by which the platforms' cost of an export's last days exceeds what they state in the next export.
    pub provisional_cost: f64,
    /// Customers rows without an acquisition date.
    pub customers_without_date: f64,
    /// Customers rows without a channel (and campaign).
    pub customers_without_channel: f64,
    /// Customers rows without a country.
    pub customers_without_country: f64,
    /// Customers rows without an email address.
    pub customers_without_email: f64,
    /// Customers rows that appear twice, identical.
    pub duplicated_customers: f64,
}

/// The proportions of every simulated business.
pub const PROPORTIONS: Proportions = Proportions {
    late_first_order: 0.04,
    cancelled_orders: 0.02,
    whole_refunds: 0.7,
    missing_customer: 0.005,
    outliers: 0.0001,
    outlier_factor: 25,
    garbage_date: 0.0005,
    garbage_amount: 0.0005,
    duplicated_rows: 0.003,
    provisional_orders: 0.02,
    provisional_cost: 0.02,
    customers_without_date: 0.01,
    customers_without_channel: 0.02,
    customers_without_country: 0.01,
    customers_without_email: 0.05,
    duplicated_customers: 0.002,
};

/// A channel's customers: Pareto/NBD (Schmittlein, Morrison & Colombo 1987, in clock days) and their spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// Shape of the gamma distribution of purchase rates.
    pub r: f64,
    /// Its rate, in clock days.
    pub alpha: f64,
    /// Shape of the gamma distribution of dropout rates.
    pub s: f64,
    /// Its rate, in clock days.
    pub beta: f64,
    /// Mean over customers of their mean order.
    pub mean_order: f64,
    /// Tail index of the customers' mean orders, which are inverse-gamma distributed as in Gamma-Gamma (Fader, Hardie
    /// & Lee 2005): moments of this order and above are infinite.
    pub order_tail: f64,
    /// Standard deviation of an order's logarithm around its customer's.
    pub order_sigma: f64,
    /// Share of orders refunded, wholly or in part.
    pub refunds: f64,
}

/// How ad spend brings customers, for a business of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Response {
    /// Spend per labelled new customer at the mean level of spend.
    pub cost_per_customer: f64,
    /// Share of the labelled customers at that level who would have come anyway.
    pub baseline: f64,
    /// Daily spend at which half the saturated response is reached, as a multiple of the mean level.
    pub half_saturation: f64,
    /// Slope of the Hill curve.
    pub slope: f64,
    /// Share of yesterday's effect that is left today (geometric adstock).
    pub carry_over: f64,
    /// Campaign names and their shares of the spend.
    pub campaigns: [(&'static str, f64); CAMPAIGNS],
    /// Cost of a thousand impressions.
    pub cpm: f64,
    /// Cost of a click.
    pub cpc: f64,
}

/// Campaigns of every paid channel.
pub(crate) const CAMPAIGNS: usize = 3;

/// A channel as it is written to the exports and to the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Channel {
    /// The name that exports carry.
    pub name: &'static str,
    /// Share of the new customers at the mean level of spend.
    pub share: f64,
    /// Who comes through it.
    pub quality: Quality,
    /// How its spend brings them; `None` where nothing is spent.
    pub response: Option<Response>,
}

const fn quality(r: f64, alpha: f64, s: f64, beta: f64, mean_order: f64, order_tail: f64, refunds: f64) -> Quality {
    Quality { r, alpha, s, beta, mean_order, order_tail, order_sigma: 0.55, refunds }
}

/// The channels; the first three are paid. The best customers come unpaid, and the cheapest clicks bring the worst.
pub const CHANNELS: [Channel; 6] = [
    Channel {
        name: "google_ads",
        share: 0.30,
        quality: quality(0.80, 90.0, 1.30, 240.0, 62.0, 3.5, 0.050),
        response: Some(Response {
            cost_per_customer: 70.0,
            baseline: 0.30,
            half_saturation: 1.2,
            slope: 1.0,
            carry_over: 0.30,
            campaigns: [("Brand search", 0.30), ("Generic search", 0.45), ("Shopping", 0.25)],
            cpm: 14.0,
            cpc: 1.9,
        }),
    },
    Channel {
        name: "meta",
        share: 0.25,
        quality: quality(0.60, 95.0, 1.40, 180.0, 55.0, 3.2, 0.070),
        response: Some(Response {
            cost_per_customer: 62.0,
            baseline: 0.30,
            half_saturation: 0.8,
            slope: 1.3,
            carry_over: 0.55,
            campaigns: [("Prospecting", 0.50), ("Lookalikes", 0.30), ("Retargeting", 0.20)],
            cpm: 9.0,
            cpc: 1.2,
        }),
    },
    Channel {
        name: "tiktok",
        share: 0.12,
        quality: quality(0.50, 100.0, 1.60, 140.0, 38.0, 3.0, 0.100),
        response: Some(Response {
            cost_per_customer: 45.0,
            baseline: 0.30,
            half_saturation: 2.0,
            slope: 0.9,
            carry_over: 0.40,
            campaigns: [("Spark", 0.60), ("Creators", 0.25), ("Catalogue", 0.15)],
            cpm: 5.0,
            cpc: 0.7,
        }),
    },
    Channel {
        name: "organic",
        share: 0.18,
        quality: quality(0.90, 80.0, 1.20, 300.0, 68.0, 3.8, 0.045),
        response: None,
    },
    Channel { name: "email", share: 0.07, quality: quality(1.10, 75.0, 1.20, 400.0, 74.0, 4.0, 0.035), response: None },
    Channel {
        name: "referral",
        share: 0.08,
        quality: quality(1.00, 85.0, 1.25, 320.0, 66.0, 3.8, 0.040),
        response: None,
    },
];
/// Channels that money is spent on: the first of [`CHANNELS`].
pub(crate) const PAID: usize = 3;
/// The channel that takes the customer without whom the last day would hold no event.
pub(crate) const ORGANIC: usize = 3;

/// Countries and their shares of the customers.
pub(crate) const COUNTRIES: [(&str, f64); 6] =
    [("US", 0.50), ("GB", 0.16), ("DE", 0.12), ("FR", 0.10), ("CA", 0.07), ("NL", 0.05)];

/// Standard deviation of the logarithm of each channel's daily demand noise.
pub(crate) const DEMAND_NOISE: f64 = 0.20;
/// Growth of spend and of unpaid demand, in logarithms a year.
pub(crate) const GROWTH: f64 = 0.15;
/// Share of weeks in which a paid channel is turned down.
pub(crate) const DARK_WEEKS: f64 = 0.03;
/// What is still spent in such a week, as a share.
pub(crate) const DARK_SPEND: f64 = 0.25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_the_paid_channels_come_first() {
        let close = |sum: f64| (sum - 1.0).abs() < 1e-12;
        assert!(close(CHANNELS.iter().map(|c| c.share).sum()));
        assert!(close(LINES.iter().sum()) && close(COUNTRIES.iter().map(|c| c.1).sum()));
        for (number, channel) in CHANNELS.iter().enumerate() {
            assert_eq!(channel.response.is_some(), number < PAID, "{}", channel.name);
            if let Some(response) = channel.response {
                assert!(close(response.campaigns.iter().map(|c| c.1).sum()));
            }
        }
        assert_eq!(CHANNELS[ORGANIC].name, "organic");
    }

    #[test]
    fn customers_have_finite_mean_orders_and_no_parameter_hits_a_pole() {
        for channel in CHANNELS {
            assert!(channel.quality.order_tail > 2.0 && (channel.quality.s - 1.0).abs() > 0.05, "{}", channel.name);
        }
    }
}
