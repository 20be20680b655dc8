//! Outside series of a history: in flow their values as they were uploaded, out flows each series with its values in order.
//! What of them a cutoff may see is decided in [`crate::feature::signal`].
use super::History;
use crate::table::row::Indicator;

/// By name, the day a value is of, and the day it became known; of these the lower value first.
pub(super) fn sort(values: &mut [Indicator]) {
    values.sort_by(|a, b| {
        let days = |value: &Indicator| (value.date, value.known_on());
        a.name.cmp(&b.name).then(days(a).cmp(&days(b))).then(a.value.total_cmp(&b.value))
    });
}

impl History {
    /// Every value of the economic series, by name, the day it is of, and the day it became known.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// Every series with its values, which are in order; by name.
    pub(crate) fn series(&self) -> impl Iterator<Item = (&str, &[Indicator])> {
        self.indicators.chunk_by(|a, b| a.name == b.name).map(|values| (values[0].name.as_str(), values))
    }

    /// The values of the series `name`, in order; none where there is no such series.
    pub(crate) fn series_named(&self, name: &str) -> &[Indicator] {
        let begin = self.indicators.partition_point(|value| value.name.as_str() < name);
        let count = self.indicators[begin..].partition_point(|value| value.name == name);
        &self.indicators[begin..begin + count]
    }
}
