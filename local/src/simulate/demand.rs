//! Ad spend and the new customers it brings. In flow the calendar, the constants and the seed; out flow, for every day
//! and channel, spend by campaign, carry-over, saturated response, demand noise and the number of new customers, which
//! add up to the number asked for. No customer is known here, only how many there are.
use super::calendar::Calendar;
use super::constants::{CAMPAIGNS, CHANNELS, DARK_SPEND, DARK_WEEKS, DEMAND_NOISE, EXPORT_HOUR, GROWTH, ORGANIC, PAID};
use super::response::{Curve, curves};
use super::stream::{Purpose, Streams, happens, normal};
use ltv_core::time::Day;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution};

/// One channel's day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ChannelDay {
    /// Spend by campaign, in cents.
    pub(crate) spend_cents: [i64; CAMPAIGNS],
    /// What spend has left behind by today, in currency units a day.
    pub(crate) adstock: f64,
    /// Expected new customers whom no spend brought.
    pub(crate) baseline: f64,
    /// Expected new customers whom spend brought.
    pub(crate) response: f64,
    /// Factor of chance that both are multiplied by.
    pub(crate) noise: f64,
    /// The customers who did come.
    pub(crate) new_customers: u32,
}

impl ChannelDay {
    /// Spend of all campaigns, in currency units.
    pub(crate) fn spend(&self) -> f64 {
        self.spend_cents.iter().sum::<i64>() as f64 / 100.0
    }
}

/// All days of all channels.
pub(crate) struct Demand {
    /// The paid channels' curves.
    pub(crate) curves: [Curve; PAID],
    days: Vec<[ChannelDay; CHANNELS.len()]>,
    /// Customers up to and including each cell, cells in order of day, then channel.
    arrived: Vec<u32>,
    first: Day,
}

impl Demand {
    /// Draws a business of `customers`.
    pub(crate) fn draw(streams: &Streams, calendar: &Calendar, customers: u32) -> Demand {
        let levels = spend_levels(streams, calendar);
        // A business of one new customer a day first; everything is then scaled to the size asked for, which leaves
        // cost per customer, saturation and carry-over as they were.
        let unit = curves(1.0);
        let total: f64 = fill(streams, calendar, &unit, &levels, 1.0).iter().flatten().map(expected).sum();
        let scale = f64::from(customers) / total;
        let curves = curves(scale);
        let mut days = fill(streams, calendar, &curves, &levels, scale);
        add_noise(streams, &mut days, customers);
        allocate(streams, &mut days, customers);
        let mut sum = 0;
        let arrived = days.iter().flatten().map(|cell| {
            sum += cell.new_customers;
            sum
        });
        let arrived = arrived.collect();
        Demand { curves, days, arrived, first: calendar.first() }
    }

    /// Every observed day with its channels.
    pub(crate) fn days(&self) -> impl Iterator<Item = (Day, &[ChannelDay; CHANNELS.len()])> {
        self.days.iter().enumerate().map(|(number, channels)| (self.first + number as i32, channels))
    }

    /// The day and the channel by which a customer comes; customers are numbered in order of arrival.
    pub(crate) fn arrival(&self, customer: u32) -> (Day, usize) {
        let cell = self.arrived.partition_point(|&sum| sum <= customer);
        (self.first + (cell / CHANNELS.len()) as i32, cell % CHANNELS.len())
    }
}

fn expected(cell: &ChannelDay) -> f64 {
    cell.baseline + cell.response
}

/// How much of a day is over when the exports are taken.
pub(crate) fn share_of_day(calendar: &Calendar, day: Day) -> f64 {
    if day == calendar.last() { f64::from(EXPORT_HOUR) / 24.0 } else { 1.0 }
}

/// Daily spend of every paid channel relative to its mean level, by campaign: growth, season, a common and an own
/// slow movement, daily and campaign noise, and dark weeks.
fn spend_levels(streams: &Streams, calendar: &Calendar) -> Vec<[[f64; CAMPAIGNS]; PAID]> {
    let mut common_rng = streams.of(Purpose::CommonDemand, 0);
    let mut own_rng: [ChaCha8Rng; PAID] = std::array::from_fn(|c| streams.of(Purpose::Demand, c as u64));
    let (mut common, mut own, mut dark) = (0.0, [0.0; PAID], [false; PAID]);
    (0..calendar.days())
        .map(|number| {
            let day = calendar.first() + number;
            common = slow(common, &mut common_rng);
            let trend = GROWTH * (f64::from(number) - f64::from(calendar.days()) / 2.0) / 365.0;
            let season = calendar.season(day).ln();
            std::array::from_fn(|c| {
                let rng = &mut own_rng[c];
                own[c] = slow(own[c], rng);
                if number % 7 == 0 {
                    dark[c] = happens(rng, DARK_WEEKS);
                }
                let log = trend + 0.8 * season + 0.40 * common + 0.32 * own[c] + 0.10 * normal(rng);
                let level = log.exp() * if dark[c] { DARK_SPEND } else { 1.0 } * share_of_day(calendar, day);
                let campaigns = CHANNELS[c].response.expect("the first channels are paid").campaigns;
                campaigns.map(|(_, share)| level * share * (0.08 * normal(rng)).exp())
            })
        })
        .collect()
}

/// A step of a stationary autoregression of unit variance, whose memory halves in about three weeks.
fn slow(before: f64, rng: &mut ChaCha8Rng) -> f64 {
    const KEPT: f64 = 0.97;
    KEPT * before + (1.0 - KEPT * KEPT).sqrt() * normal(rng)
}

/// Spend, adstock and expected customers of every day, without noise and without customers.
fn fill(
    streams: &Streams,
    calendar: &Calendar,
    curves: &[Curve; PAID],
    levels: &[[[f64; CAMPAIGNS]; PAID]],
    scale: f64,
) -> Vec<[ChannelDay; CHANNELS.len()]> {
    let mut unpaid_rng: Vec<ChaCha8Rng> =
        (PAID..CHANNELS.len()).map(|c| streams.of(Purpose::Demand, c as u64)).collect();
    let mut unpaid = [0.0; CHANNELS.len()];
    let mut adstock = [None; PAID];
    let mut days = Vec::with_capacity(levels.len());
    for (number, levels) in levels.iter().enumerate() {
        let day = calendar.first() + number as i32;
        let season = calendar.season(day) * share_of_day(calendar, day);
        let growth = (GROWTH * (number as f64 - f64::from(calendar.days()) / 2.0) / 365.0).exp();
        days.push(std::array::from_fn(|c| {
            let mut cell = ChannelDay { noise: 1.0, ..ChannelDay::default() };
            if c < PAID {
                let curve = &curves[c];
                let mean = curve.half_saturation / CHANNELS[c].response.map_or(1.0, |r| r.half_saturation);
                cell.spend_cents = levels[c].map(|level| (level * mean * 100.0).round() as i64);
                let yesterday = adstock[c].unwrap_or(cell.spend());
                cell.adstock = curve.adstock(yesterday, cell.spend());
                adstock[c] = Some(cell.adstock);
                cell.baseline = season * growth * curve.baseline;
                cell.response = season * curve.response(cell.adstock);
            } else {
                unpaid[c] = slow(unpaid[c], &mut unpaid_rng[c - PAID]);
                cell.baseline = season * growth * CHANNELS[c].share * scale * (0.15 * unpaid[c]).exp();
            }
            cell
        }));
    }
    days
}

/// Draws each cell's factor of chance, and scales all of them so that the expected customers add up to `customers`.
fn add_noise(streams: &Streams, days: &mut [[ChannelDay; CHANNELS.len()]], customers: u32) {
    let mut rng = streams.of(Purpose::Arrivals, 1);
    for cell in days.iter_mut().flatten() {
        cell.noise = (DEMAND_NOISE * normal(&mut rng) - DEMAND_NOISE * DEMAND_NOISE / 2.0).exp();
    }
    let total: f64 = days.iter().flatten().map(|cell| expected(cell) * cell.noise).sum();
    for cell in days.iter_mut().flatten() {
        cell.noise *= f64::from(customers) / total;
    }
}

/// Draws the customers of every cell: independent Poisson numbers, given that they add up to `customers`, are
/// multinomial, which a chain of binomials draws. The last day gets at least one: its morning is the period's end.
fn allocate(streams: &Streams, days: &mut [[ChannelDay; CHANNELS.len()]], customers: u32) {
    let mut rng = streams.of(Purpose::Arrivals, 0);
    let mut weight: f64 = days.iter().flatten().map(|cell| expected(cell) * cell.noise).sum();
    let mut left = u64::from(customers);
    let mut largest = (0, 0);
    for number in 0..days.len() {
        for channel in 0..CHANNELS.len() {
            let cell = &mut days[number][channel];
            let share = (expected(cell) * cell.noise / weight).clamp(0.0, 1.0);
            weight -= expected(cell) * cell.noise;
            let drawn = Binomial::new(left, share).expect("a share is a probability").sample(&mut rng);
            left -= drawn;
            cell.new_customers = drawn as u32;
            if drawn as u32 > days[largest.0][largest.1].new_customers {
                largest = (number, channel);
            }
        }
    }
    let last = days.len() - 1;
    // Rounding of the remaining weight can leave a customer or two.
    days[last][ORGANIC].new_customers += left as u32;
    if days[last].iter().all(|cell| cell.new_customers == 0) {
        days[largest.0][largest.1].new_customers -= 1;
        days[last][ORGANIC].new_customers = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(customers: u32, months: u32) -> (Calendar, Demand) {
        let calendar = Calendar::new(months);
        let demand = Demand::draw(&Streams::new(3), &calendar, customers);
        (calendar, demand)
    }

    #[test]
    fn as_many_customers_come_as_were_asked_for_and_one_of_them_on_the_last_day() {
        for (customers, months) in [(1, 1), (40, 6), (10_000, 24), (1_000_000, 36)] {
            let (calendar, demand) = demand(customers, months);
            let sum: u32 = demand.days().flat_map(|(_, cells)| cells).map(|cell| cell.new_customers).sum();
            assert_eq!(sum, customers);
            assert_eq!(demand.arrival(customers - 1).0, calendar.last());
        }
    }

    #[test]
    fn arrivals_count_the_customers_of_every_cell() {
        let (_, demand) = demand(3_000, 12);
        let mut counted = std::collections::BTreeMap::new();
        for customer in 0..3_000 {
            *counted.entry(demand.arrival(customer)).or_insert(0_u32) += 1;
        }
        for (day, cells) in demand.days() {
            for (channel, cell) in cells.iter().enumerate() {
                assert_eq!(counted.get(&(day, channel)).copied().unwrap_or(0), cell.new_customers);
            }
        }
    }

    #[test]
    fn the_stated_response_is_recovered_from_what_was_spent() {
        let (calendar, demand) = demand(200_000, 24);
        for (c, curve) in demand.curves.iter().enumerate() {
            let mut adstock = None;
            let (mut expected, mut came) = (0.0, 0.0);
            for (day, cells) in demand.days() {
                let spend = cells[c].spend();
                let today = curve.adstock(adstock.unwrap_or(spend), spend);
                adstock = Some(today);
                let season = calendar.season(day) * share_of_day(&calendar, day);
                assert!((cells[c].response - season * curve.response(today)).abs() < 1e-9);
                expected += (cells[c].response + cells[c].baseline) * cells[c].noise;
                came += f64::from(cells[c].new_customers);
            }
            // A multinomial count's standard deviation is below the root of its expectation.
            assert!((came - expected).abs() < 5.0 * f64::sqrt(expected), "{}: {came} of {expected}", CHANNELS[c].name);
        }
    }

    #[test]
    fn spend_moves_enough_to_tell_a_curve() {
        let (_, demand) = demand(100_000, 24);
        for c in 0..PAID {
            let logs: Vec<f64> = demand.days().map(|(_, cells)| cells[c].spend().max(0.01).ln()).collect();
            let mean = logs.iter().sum::<f64>() / logs.len() as f64;
            let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64).sqrt();
            assert!((0.3..1.2).contains(&deviation), "{}: {deviation}", CHANNELS[c].name);
        }
    }

    #[test]
    fn cost_per_customer_does_not_depend_on_the_size_of_the_business() {
        let cost = |customers| {
            let (_, demand) = demand(customers, 24);
            let cells = || demand.days().map(|(_, cells)| cells[0]);
            cells().map(|cell| cell.spend()).sum::<f64>() / cells().map(|cell| expected(&cell)).sum::<f64>()
        };
        assert!((cost(5_000) / cost(500_000) - 1.0).abs() < 0.01);
    }
}
