//! Tables of one row a period, with a column for every channel or series, as media mix models are fed. In flow the headers
//! of such a table; out flow the channels and series that its columns are. The names are the headers' own,
//! hashed where they hold an address or phone number.
use super::super::field::{Columns, Field};
use super::super::identity::screened;
use serde::{Deserialize, Serialize};

/// How columns of channels and series are called. `*` stands for any text, which is the name of the channel or series;
/// capitals count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wide {
    /// What was spent on a channel.
    pub spend: Vec<String>,
    /// What is called as channels are, but is all of them together, in whatever case.
    #[serde(default)]
    pub totals: Vec<String>,
    /// How often a channel was shown.
    #[serde(default)]
    pub impressions: Vec<String>,
    /// Clicks that a channel got.
    #[serde(default)]
    pub clicks: Vec<String>,
    /// Series of other numbers, outcomes and what else may explain them; they become indicators of the header's name.
    #[serde(default)]
    pub series: Vec<String>,
    /// A series `revenue` worked out as the product of two columns.
    #[serde(default)]
    pub revenue_is: Option<(String, String)>,
}

/// A channel's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WideChannel {
    pub(crate) name: String,
    pub(crate) spend: usize,
    pub(crate) impressions: Option<usize>,
    pub(crate) clicks: Option<usize>,
}

/// The columns of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WideColumns {
    pub(crate) channels: Vec<WideChannel>,
    /// Name and column of each series.
    pub(crate) series: Vec<(String, usize)>,
    /// Two columns whose product is the revenue.
    pub(crate) revenue: Option<(usize, usize)>,
}

impl Wide {
    /// The columns of a header; `None` where it has no channel. Columns that are a field of their own are no series.
    pub(crate) fn fit(&self, header: &[String], known: &Columns) -> Option<WideColumns> {
        let named = |patterns: &[String], cell: &str| patterns.iter().find_map(|pattern| matched(pattern, cell));
        let column = |patterns: &[String], channel: &str| {
            header.iter().position(|cell| named(patterns, cell).is_some_and(|name| name == channel))
        };
        let mut channels = Vec::new();
        for (spend, cell) in header.iter().enumerate() {
            let Some(name) = named(&self.spend, cell) else { continue };
            if self.totals.iter().any(|total| total.eq_ignore_ascii_case(&name)) {
                continue;
            }
            channels.push(WideChannel {
                spend,
                impressions: column(&self.impressions, &name),
                clicks: column(&self.clicks, &name),
                name: screened(&name).unwrap_or(name),
            });
        }
        let is_known = |place: usize| known.found().iter().any(|(_, found)| *found == place);
        let series = header
            .iter()
            .enumerate()
            .filter(|(place, cell)| !is_known(*place) && named(&self.series, cell).is_some())
            .map(|(place, cell)| (screened(cell).unwrap_or_else(|| cell.clone()), place))
            .collect();
        let place = |name: &String| header.iter().position(|cell| cell == name);
        let revenue = self.revenue_is.as_ref().and_then(|(left, right)| Some((place(left)?, place(right)?)));
        let has_channel = !channels.is_empty() && known.place(Field::Channel).is_none();
        has_channel.then_some(WideColumns { channels, series, revenue })
    }
}

impl WideColumns {
    /// Every column that means something.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        let channels = self
            .channels
            .iter()
            .flat_map(|channel| [Some(channel.spend), channel.impressions, channel.clicks].into_iter().flatten());
        channels.chain(self.series.iter().map(|(_, place)| *place))
    }
}

/// What `*` stands for where `cell` is of the pattern; the pattern itself where it has none.
fn matched(pattern: &str, cell: &str) -> Option<String> {
    let Some((before, after)) = pattern.split_once('*') else {
        return (pattern == cell).then(|| cell.to_owned());
    };
    let name = cell.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_what_their_columns_have_in_common() {
        let wide = Wide {
            totals: vec!["all".to_owned()],
            spend: vec!["*_S".to_owned()],
            impressions: vec!["*_I".to_owned()],
            clicks: vec!["*_clicks_P".to_owned()],
            series: vec!["revenue".to_owned(), "*_B".to_owned()],
            revenue_is: None,
        };
        let header: Vec<String> =
            ["DATE", "revenue", "tv_S", "All_S", "search_clicks_P", "search_S", "rivals_B", "events"]
                .map(str::to_owned)
                .to_vec();
        let found = wide.fit(&header, &Columns::default()).unwrap();
        let names: Vec<(&str, Option<usize>)> =
            found.channels.iter().map(|channel| (channel.name.as_str(), channel.clicks)).collect();
        assert_eq!(names, [("tv", None), ("search", Some(4))]);
        assert_eq!(found.series, [("revenue".to_owned(), 1), ("rivals_B".to_owned(), 6)]);
        assert_eq!(wide.fit(&header[..2], &Columns::default()), None);
    }
}
