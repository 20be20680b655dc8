//! One customer's true parameters and life. In flow the seed, the arrivals and the clock; out flow the parameters, the
//! first order, the dropout and the orders in time order, up to the end of the longest horizon. Later draws never
//! change earlier ones, so what is observed cannot depend on the future.
//!
//! Purchases are Pareto/NBD in clock days, starting with the first order; a customer's mean order is inverse-gamma
//! distributed and independent of both rates, as in Gamma-Gamma, and single orders are lognormal around it.
use super::calendar::Calendar;
use super::constants::{CHANNELS, COUNTRIES, LARGEST_ORDER_CENTS, LATE_FIRST_ORDER_DAYS, PROPORTIONS, Quality};
use super::demand::Demand;
use super::stream::{Purpose, Streams, gamma, happens, normal, pick, uniform, waiting};
use rand_chacha::ChaCha8Rng;

/// A customer as nobody observes one.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    /// Number in order of arrival, from 0.
    pub(crate) number: u32,
    /// Number of the channel.
    pub(crate) channel: u8,
    /// Number of the campaign, where the channel has any.
    pub(crate) campaign: Option<u8>,
    /// Number of the country.
    pub(crate) country: u8,
    /// Seconds since 1970 of the acquisition.
    pub(crate) acquired_at: i64,
    /// Clock days of the first order, which starts the customer's life.
    pub(crate) first_order: f64,
    /// Orders per clock day while alive (λ).
    pub(crate) purchase_rate: f64,
    /// Dropouts per clock day (μ).
    pub(crate) dropout_rate: f64,
    /// Clock days at which the customer drops out.
    pub(crate) lost: f64,
    /// Mean amount of an order, before refunds.
    pub(crate) mean_order: f64,
}

/// An order as it was placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placed {
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// Amount of all lines.
    pub(crate) cents: u32,
}

impl Customer {
    /// Draws a customer, and leaves in the generator what draws the orders.
    pub(crate) fn draw(streams: &Streams, calendar: &Calendar, demand: &Demand, number: u32) -> (Customer, ChaCha8Rng) {
        let mut rng = streams.of(Purpose::Customer, u64::from(number));
        let (day, channel) = demand.arrival(number);
        let quality = &CHANNELS[channel].quality;
        let country = pick(uniform(&mut rng), COUNTRIES.map(|c| c.1));
        let campaign =
            pick(uniform(&mut rng), CHANNELS[channel].response.map_or([1.0, 0.0, 0.0], |r| r.campaigns.map(|c| c.1)));
        let from = calendar.clock(day);
        let to = if day == calendar.last() { calendar.clock_at_export() } else { calendar.clock(day + 1) };
        let acquired = from + (to - from) * uniform(&mut rng);
        let late = happens(&mut rng, PROPORTIONS.late_first_order) && day != calendar.last();
        let delay = waiting(&mut rng, 1.0 / LATE_FIRST_ORDER_DAYS);
        let first_order = if late { acquired + delay } else { acquired };
        let (purchase_rate, dropout_rate, lifetime) = rates_and_lifetime(&mut rng, quality);
        let customer = Customer {
            number,
            channel: channel as u8,
            campaign: CHANNELS[channel].response.map(|_| campaign as u8),
            country: country as u8,
            acquired_at: calendar.instant(acquired),
            first_order,
            purchase_rate,
            dropout_rate,
            lost: first_order + lifetime,
            mean_order: quality.mean_order * (quality.order_tail - 1.0) / gamma(&mut rng, quality.order_tail, 1.0),
        };
        (customer, rng)
    }

    /// The id that exports carry.
    pub(crate) fn id(&self) -> String {
        customer_id(self.number)
    }

    /// The orders placed before the clock shows `until`, in time order.
    pub(crate) fn orders(&self, mut rng: ChaCha8Rng, calendar: &Calendar, until: f64) -> Vec<Placed> {
        let sigma = CHANNELS[usize::from(self.channel)].quality.order_sigma;
        let mut orders = Vec::new();
        let mut clock = self.first_order;
        while clock < until.min(self.lost) && orders.len() < usize::from(u16::MAX) {
            let amount = self.mean_order * (sigma * normal(&mut rng) - sigma * sigma / 2.0).exp();
            let cents = (amount * 100.0).round().clamp(1.0, f64::from(LARGEST_ORDER_CENTS)) as u32;
            orders.push(Placed { at: calendar.instant(clock), cents });
            clock += waiting(&mut rng, self.purchase_rate);
        }
        orders
    }
}

/// The id of a customer's number.
pub(crate) fn customer_id(number: u32) -> String {
    format!("C{:07}", number + 1)
}

/// λ, μ and the lifetime that μ draws, in clock days.
fn rates_and_lifetime(rng: &mut ChaCha8Rng, quality: &Quality) -> (f64, f64, f64) {
    let purchase_rate = gamma(rng, quality.r, quality.alpha);
    let dropout_rate = gamma(rng, quality.s, quality.beta);
    let lifetime = waiting(rng, dropout_rate);
    (purchase_rate, dropout_rate, lifetime)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u32 = 60_000;

    fn business() -> (Streams, Calendar, Demand) {
        let (streams, calendar) = (Streams::new(11), Calendar::new(24));
        let demand = Demand::draw(&streams, &calendar, MANY);
        (streams, calendar, demand)
    }

    /// Repeat orders within `t` clock days of the first: Schmittlein, Morrison & Colombo (1987), equation 17.
    fn expected_repeats(q: &Quality, t: f64) -> f64 {
        q.r * q.beta / (q.alpha * (q.s - 1.0)) * (1.0 - (q.beta / (q.beta + t)).powf(q.s - 1.0))
    }

    #[test]
    fn repeat_orders_have_the_mean_that_pareto_nbd_gives_them() {
        let (streams, calendar, demand) = business();
        for days in [60.0, 365.0] {
            let mut repeats = vec![Vec::new(); CHANNELS.len()];
            for number in 0..MANY {
                let (customer, rng) = Customer::draw(&streams, &calendar, &demand, number);
                let until = customer.first_order + days;
                if until < calendar.clock_at_end() {
                    let orders = customer.orders(rng, &calendar, until).len();
                    repeats[usize::from(customer.channel)].push(orders as f64 - 1.0);
                }
            }
            for (channel, repeats) in CHANNELS.iter().zip(repeats) {
                let count = repeats.len() as f64;
                let mean = repeats.iter().sum::<f64>() / count;
                let variance = repeats.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
                let theory = expected_repeats(&channel.quality, days);
                let error = (variance / count).sqrt();
                assert!(
                    (mean - theory).abs() < 4.5 * error,
                    "{} {days}: {mean} ± {error} against {theory}",
                    channel.name
                );
            }
        }
    }

    #[test]
    fn lifetimes_are_pareto_distributed() {
        let mut rng = Streams::new(5).of(Purpose::Customer, 0);
        let quality = &CHANNELS[1].quality;
        let alive = (0..20_000).filter(|_| rates_and_lifetime(&mut rng, quality).2 > 200.0).count();
        let theory = (quality.beta / (quality.beta + 200.0)).powf(quality.s);
        let error = (theory * (1.0 - theory) / 20_000.0).sqrt();
        assert!((alive as f64 / 20_000.0 - theory).abs() < 4.5 * error);
    }

    #[test]
    fn what_was_observed_does_not_depend_on_how_far_the_future_is_simulated() {
        let (streams, calendar, demand) = business();
        for number in (0..MANY).step_by(97) {
            let (customer, rng) = Customer::draw(&streams, &calendar, &demand, number);
            let observed = customer.orders(rng.clone(), &calendar, calendar.clock_at_export());
            let all = customer.orders(rng, &calendar, calendar.clock_at_end());
            assert_eq!(all[..observed.len()], observed);
            assert!(observed.is_sorted_by_key(|order| order.at));
            assert!(all[observed.len()..].iter().all(|order| order.at >= calendar.export_at()));
        }
    }

    #[test]
    fn mean_orders_average_to_the_channels() {
        let (streams, calendar, demand) = business();
        for (c, channel) in CHANNELS.iter().enumerate() {
            let customers = (0..MANY).filter(|&number| demand.arrival(number).1 == c);
            let means: Vec<f64> =
                customers.map(|number| Customer::draw(&streams, &calendar, &demand, number).0.mean_order).collect();
            let count = means.len() as f64;
            let mean = means.iter().sum::<f64>() / count;
            let deviation = (means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / count).sqrt();
            let error = deviation / count.sqrt();
            assert!((mean - channel.quality.mean_order).abs() < 4.5 * error, "{}: {mean} ± {error}", channel.name);
        }
    }
}
