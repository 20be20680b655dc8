//! The split protocol: which cutoffs are tested, validated and trained on. In flow the first and last day of a history
//! and perhaps a horizon; out flow cutoffs. It sees no event and no customer, so it cannot leak.
use crate::time::{Cutoff, Day, Horizon};
use serde::{Deserialize, Serialize};

/// How many horizons of history a split needs: one to look back on, one window to train on, one to validate on and one
/// to test on.
const HORIZONS_NEEDED: i32 = 4;
/// Most training windows of one fit, a third of a horizon apart.
const TRAINING_WINDOWS: i32 = 7;
/// How many of these do not overlap: those at none, one and two horizons before the latest.
const APART_IN_USUAL: i32 = 3;
/// Most validation windows, and most rolling tests.
const VALIDATION_WINDOWS: i32 = 2;
const ROLLING_TESTS: i32 = 3;

/// Cutoffs of one training run. A window is named by its cutoff `c` and covers `[c, c + horizon)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// The first day that holds events.
    pub start: Day,
    /// E: the last day that holds events, which is taken as partial, so that history ends at its start.
    pub end: Day,
    /// H: how many days a window covers.
    pub horizon: Horizon,
    /// Training windows of each fit besides the usual ones, older and a horizon apart: none, unless outside signals
    /// can be told from chance by them.
    #[serde(default)]
    pub older: u16,
}

/// A history that no honest split can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// There is no event.
    #[error("there is no transaction yet: upload some orders first")]
    Empty,
    /// The history is shorter than four horizons.
    #[error(
        "{days} days of history ({first} to {last}, the last day not counted) are too short for a horizon of {horizon}: \
         at least {needed} days are needed"
    )]
    TooShort {
        /// The first day with events.
        first: Day,
        /// The last day with events.
        last: Day,
        /// Whole days between them.
        days: i32,
        /// The horizon asked for, or the shortest one that is tried.
        horizon: Horizon,
        /// How many days it takes.
        needed: i32,
    },
}

impl Protocol {
    /// The splits of a history with events from `first` to `last`. Without a `horizon`, the longest of
    /// [`Horizon::DEFAULTS`] of which the history holds four.
    ///
    /// # Errors
    /// A history shorter than four horizons.
    pub fn new(first: Day, last: Day, horizon: Option<Horizon>) -> Result<Protocol, ProtocolError> {
        let days = last.since(first);
        let fits = |h: &Horizon| days >= HORIZONS_NEEDED * h.days();
        let chosen = match horizon {
            Some(given) => Some(given).filter(fits),
            None => Horizon::DEFAULTS.into_iter().find(fits),
        };
        let horizon = chosen.ok_or_else(|| {
            let wanted = horizon.unwrap_or(Horizon::DEFAULTS[Horizon::DEFAULTS.len() - 1]);
            ProtocolError::TooShort { first, last, days, horizon: wanted, needed: HORIZONS_NEEDED * wanted.days() }
        })?;
        Ok(Protocol { start: first, end: last, horizon, older: 0 })
    }

    /// E − H: scored once, and only to gate.
    pub fn test(&self) -> Cutoff {
        self.back(1)
    }

    /// E: where the deployed fit predicts from.
    pub fn deployment(&self) -> Cutoff {
        Cutoff(self.end)
    }

    /// E − 2H and, where a fit for it can be trained, E − 3H; latest first. Parameters, rounds, weights, level and
    /// intervals come from these.
    pub fn validation(&self) -> Vec<Cutoff> {
        self.adjacent(2, VALIDATION_WINDOWS)
    }

    /// Up to three adjacent windows that recipes are tested on to report a mean and a spread: E − H, E − 2H, E − 3H,
    /// latest first.
    pub fn rolling_tests(&self) -> Vec<Cutoff> {
        self.adjacent(1, ROLLING_TESTS)
    }

    /// The training cutoffs of a fit that is used from `cutoff` on, latest first: at most seven, a third of a horizon
    /// apart, and the [`Protocol::older`] ones before them, each with a horizon of history before it, and each window over
    /// at or before `cutoff`. The deployed fit is trained on `training_for(deployment())`.
    pub fn training_for(&self, cutoff: Cutoff) -> Vec<Cutoff> {
        let (latest, earliest) = (cutoff.0 - self.horizon.days(), self.start + self.horizon.days());
        // Thirds of a horizon that is no multiple of three keep every third cutoff exactly one horizon apart.
        let usual = (0..TRAINING_WINDOWS).map(|step| latest - step * self.horizon.days() / 3);
        let older = (0..i32::from(self.older)).map(|step| latest - (APART_IN_USUAL + step) * self.horizon.days());
        let mut cutoffs: Vec<Cutoff> = usual.chain(older).take_while(|day| *day >= earliest).map(Cutoff).collect();
        // Horizons below three days have thirds of no day.
        cutoffs.dedup();
        cutoffs
    }

    /// Those of the training cutoffs for `cutoff` that lie whole horizons apart, latest first: their windows do not
    /// overlap.
    pub fn apart_for(&self, cutoff: Cutoff) -> Vec<Cutoff> {
        let latest = cutoff.0 - self.horizon.days();
        let whole = |trained: &Cutoff| latest.since(trained.0) % self.horizon.days() == 0;
        self.training_for(cutoff).into_iter().filter(whole).collect()
    }

    /// Every cutoff that a fit is made for: to deploy, to test, to validate.
    pub fn scored(&self) -> Vec<Cutoff> {
        let mut scored = self.rolling_tests();
        scored.extend(self.validation());
        scored.push(self.deployment());
        scored
    }

    /// Every cutoff that the protocol uses for any purpose, earliest first: what one pass over the history computes.
    pub fn cutoffs(&self) -> Vec<Cutoff> {
        let mut all = self.scored();
        for cutoff in all.clone() {
            all.extend(self.training_for(cutoff));
        }
        all.sort_by_key(|cutoff| cutoff.0);
        all.dedup();
        all
    }

    fn back(&self, horizons: i32) -> Cutoff {
        Cutoff(self.end - horizons * self.horizon.days())
    }

    fn adjacent(&self, nearest: i32, count: i32) -> Vec<Cutoff> {
        (nearest..nearest + count).map(|n| self.back(n)).filter(|c| !self.training_for(*c).is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        Day::from(text.parse::<jiff::civil::Date>().unwrap())
    }

    fn horizon(days: u16) -> Horizon {
        Horizon::try_from(days).unwrap()
    }

    #[test]
    fn cdnow_is_tested_on_april_1998_and_validated_on_the_two_quarters_before() {
        let protocol = Protocol::new(day("1997-01-01"), day("1998-06-30"), Some(horizon(90))).unwrap();
        assert_eq!(protocol.test(), Cutoff(day("1998-04-01")));
        assert_eq!(protocol.validation(), [Cutoff(day("1998-01-01")), Cutoff(day("1997-10-03"))]);
        assert_eq!(protocol.rolling_tests().len(), 3);
        let training = protocol.training_for(protocol.test());
        assert_eq!(training.len(), 7);
        assert_eq!(training[..2], [Cutoff(day("1998-01-01")), Cutoff(day("1997-12-02"))]);
        assert_eq!(protocol.training_for(Cutoff(day("1997-10-03"))).len(), 4);
    }

    #[test]
    fn the_longest_default_horizon_that_fits_four_times_is_chosen() {
        let first = Day(10_000);
        for (days, chosen) in [(1460, 365), (1459, 180), (720, 180), (719, 90), (373, 90), (359, 30), (120, 30)] {
            let protocol = Protocol::new(first, first + days, None).unwrap();
            assert_eq!(protocol.horizon, horizon(chosen), "{days} days");
        }
    }

    #[test]
    fn too_short_a_history_says_how_long_it_must_be() {
        let error = Protocol::new(day("2026-01-01"), day("2026-03-01"), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "59 days of history (2026-01-01 to 2026-03-01, the last day not counted) are too short for a horizon of 30 days: \
             at least 120 days are needed"
        );
        assert!(Protocol::new(day("2026-01-01"), day("2026-12-31"), Some(horizon(100))).is_err());
    }

    proptest! {
        #[test]
        fn no_fit_sees_a_day_at_or_behind_its_cutoff(
            days in 4..4000_i32,
            given in prop::option::of(1..400_u16),
            older in 0..20_u16,
        ) {
            let Ok(protocol) = Protocol::new(Day(1000), Day(1000 + days), given.map(horizon)) else { return Ok(()) };
            let protocol = Protocol { older, ..protocol };
            for cutoff in protocol.scored() {
                let training = protocol.training_for(cutoff);
                prop_assert!((1..=7 + usize::from(older)).contains(&training.len()));
                prop_assert!(training.windows(2).all(|pair| pair[0].0 > pair[1].0));
                let apart = protocol.apart_for(cutoff);
                prop_assert!(apart.windows(2).all(|pair| pair[1].end(protocol.horizon) <= pair[0].0));
                prop_assert!(apart.len() <= 3 + usize::from(older) || protocol.horizon.days() < 3);
                for trained in training {
                    prop_assert!(trained.end(protocol.horizon) <= cutoff.0);
                    prop_assert!(trained.0 >= protocol.start + protocol.horizon.days());
                    prop_assert!(protocol.cutoffs().contains(&trained));
                }
            }
            prop_assert_eq!(protocol.test().end(protocol.horizon), protocol.end);
        }
    }
}
