//! Everything about the evaluated businesses that is fixed. The seed decides the rest; it never changes a constant.

/// Two years.
pub(super) const DAYS: usize = 730;
/// The first of them.
pub(super) const FIRST_DAY: i32 = 19_723;
/// Fewest and most paid channels.
pub(super) const CHANNELS: (usize, usize) = (4, 7);
/// Standard deviation of the logarithm of a channel's spend.
pub(super) const SPEND_SPREAD: f64 = 0.44;
/// What of this variance is the season's, all channels' and the channel's own: so the logarithm of spend correlates .5
/// with the season's and .5 between channels, with the daily noise and the weeks in which a channel is all but off.
pub(super) const SPEND_SHARES: [f64; 3] = [0.4, 0.4, 0.2];
/// What is left of yesterday's deviation in the slow movements of spend.
pub(super) const PERSISTENCE: f64 = 0.95;
/// Daily noise of spend on top.
pub(super) const SPEND_NOISE: f64 = 0.1;
/// Share of weeks in which a channel spends a tenth.
pub(super) const DARK_WEEKS: f64 = 0.02;
/// Standard deviation of the logarithm of daily demand: common to all channels, and a channel's own on top.
pub(super) const COMMON_NOISE: (f64, f64) = (0.20, 0.25);
pub(super) const OWN_NOISE: f64 = 0.15;
/// Correlation of demand's noise from day to day.
pub(super) const NOISE_MEMORY: f64 = 0.3;
/// Median and spread (of the logarithm) of labelled customers a day, over all channels.
pub(super) const CUSTOMERS: (f64, f64) = (150.0, 0.8);
/// Share of labelled customers who would have come anyway.
pub(super) const ANYWAY: f64 = 0.3;
/// Customers without a label, as a part of the labelled ones.
pub(super) const UNLABELLED: f64 = 0.4;
/// Median and spread of a customer's worth, by channel.
pub(super) const WORTH: (f64, f64) = (80.0, 0.3);
/// Relative standard error with which the worth is known.
pub(super) const WORTH_ERROR: f64 = 0.05;
/// Spread of channels' sizes.
pub(super) const SIZE_SPREAD: f64 = 0.6;
/// Median and spread of the cost of a labelled customer, as a part of the worth. The spread is small because budgets
/// have been set by observed ROAS before; what differs is how far channels are saturated.
pub(super) const COST: (f64, f64) = (0.4, 0.1);
/// Median and spread of half saturation, in multiples of the mean spend.
pub(super) const HALF_SATURATION: (f64, f64) = (1.0, 0.6);
/// Median and spread of the Hill curve's slope.
pub(super) const SLOPE: (f64, f64) = (1.15, 0.25);
/// Least and most daily carry-over.
pub(super) const CARRY_OVER: (f64, f64) = (0.1, 0.85);
/// Yearly growth of those who come anyway: standard deviation of the logarithm.
pub(super) const GROWTH: f64 = 0.15;
/// Chance of a channel's being locked.
pub(super) const LOCKED: f64 = 0.1;
/// How far advice may move a channel.
pub(super) const CAP: f64 = 0.3;
