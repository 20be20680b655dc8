//! A page of channels: in flow `channels.json` as a run wrote it, and which page of it; out flows the same document with
//! only the channels and campaigns of the page, in the period as in every month. No figure is read or written anew.
//!
//! Figures grow with channels and campaigns times months, and an answer of more than 6 MB does not leave a function.
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of figures on a page at most, unless those of one channel and one campaign are more. The gateway escapes every
/// quote once more.
const MOST_BYTES: usize = 4_000_000;
/// The lists that are paged.
const LISTS: [&str; 2] = ["channels", "campaigns"];

/// Which part of a document. Both lists begin at the same place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part<'a> {
    /// Only this channel, and its campaigns.
    pub(crate) channel: Option<&'a str>,
    /// How many channels, and how many campaigns, come before.
    pub(crate) begin: usize,
    /// How many of each at most.
    pub(crate) limit: usize,
}

/// An object of the document, or a month of it, as it stands there.
type Fields<'a> = BTreeMap<&'a str, Cow<'a, RawValue>>;

/// Whose figures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow, default)]
    campaign: Option<Cow<'a, str>>,
}

/// Figures as they stand in the document.
struct Figures<'a> {
    name: Name<'a>,
    raw: &'a RawValue,
}

/// The part of a document; `None` where it asks for a channel that the document does not know.
///
/// # Errors
/// A document that holds something else.
pub(crate) fn page(document: &[u8], part: Part<'_>) -> serde_json::Result<Option<Vec<u8>>> {
    let raw: BTreeMap<&str, &RawValue> = serde_json::from_slice(document)?;
    let months: Vec<BTreeMap<&str, &RawValue>> = match raw.get("cohorts") {
        Some(cohorts) => serde_json::from_str(cohorts.get())?,
        None => Vec::new(),
    };
    let by_month = months.iter().map(|month| Ok([figures(month, "channels")?, figures(month, "campaigns")?]));
    let by_month: Vec<[Vec<Figures<'_>>; 2]> = by_month.collect::<serde_json::Result<_>>()?;
    let mut bytes: BTreeMap<&Name<'_>, usize> = BTreeMap::new();
    for figures in by_month.iter().flatten().flatten() {
        *bytes.entry(&figures.name).or_default() += figures.raw.get().len();
    }
    let asked = |figures: &Figures<'_>| part.channel.is_none_or(|channel| figures.name.channel == channel);
    let mut lists = [figures(&raw, "channels")?, figures(&raw, "campaigns")?];
    for list in &mut lists {
        list.retain(asked);
    }
    if part.channel.is_some() && lists[0].is_empty() {
        return Ok(None);
    }
    let [channels, campaigns] = [lists[0].len(), lists[1].len()];
    let begin = part.begin.min(channels.max(campaigns));
    let end = end_of(&lists, &bytes, begin, part.limit);
    let shown = lists.iter().map(|list| &list[begin.min(list.len())..end.min(list.len())]);
    let shown: Vec<&[Figures<'_>]> = shown.collect();
    let names: BTreeSet<&Name<'_>> = shown.iter().copied().flatten().map(|figures| &figures.name).collect();

    let mut answer: Fields<'_> = raw.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
    for (name, list) in LISTS.into_iter().zip(shown) {
        set(&mut answer, name, &list.iter().map(|figures| figures.raw).collect::<Vec<_>>())?;
    }
    let mut cohorts = Vec::with_capacity(months.len());
    for (month, figures) in months.iter().zip(&by_month) {
        let mut cohort: Fields<'_> = month.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
        for (name, list) in LISTS.into_iter().zip(figures) {
            let on_page = list.iter().filter(|figures| names.contains(&figures.name));
            set(&mut cohort, name, &on_page.map(|figures| figures.raw).collect::<Vec<_>>())?;
        }
        cohorts.push(cohort);
    }
    set(&mut answer, "cohorts", &cohorts)?;
    set(&mut answer, "channels_total", &channels)?;
    set(&mut answer, "campaigns_total", &campaigns)?;
    set(&mut answer, "next", &(end < channels.max(campaigns)).then(|| end.to_string()))?;
    serde_json::to_vec(&answer).map(Some)
}

/// Where the page ends that begins at `begin`, by its length and by its bytes, months included.
fn end_of(lists: &[Vec<Figures<'_>>; 2], of_months: &BTreeMap<&Name<'_>, usize>, begin: usize, limit: usize) -> usize {
    let most = lists[0].len().max(lists[1].len()).min(begin + limit);
    let mut sum = 0;
    for place in begin..most {
        let at = lists.iter().filter_map(|list| list.get(place));
        let bytes =
            |figures: &Figures<'_>| figures.raw.get().len() + of_months.get(&figures.name).copied().unwrap_or(0);
        sum += at.map(bytes).sum::<usize>();
        if sum > MOST_BYTES && place > begin {
            return place;
        }
    }
    most
}

/// The figures of a list, in its order.
fn figures<'a>(fields: &BTreeMap<&str, &'a RawValue>, list: &str) -> serde_json::Result<Vec<Figures<'a>>> {
    let Some(list) = fields.get(list) else { return Ok(Vec::new()) };
    let list: Vec<&RawValue> = serde_json::from_str(list.get())?;
    list.into_iter().map(|raw| Ok(Figures { name: serde_json::from_str(raw.get())?, raw })).collect()
}

fn set<T: Serialize>(fields: &mut Fields<'_>, name: &'static str, value: &T) -> serde_json::Result<()> {
    fields.insert(name, Cow::Owned(to_raw_value(value)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ltv_core::channel::economics::{ChannelFigures, Cohort, Economics};
    use ltv_core::channel::quantile::Interval;
    use ltv_core::time::{Day, Horizon};
    use serde_json::Value;

    /// Figures of which every one is there, with all digits.
    fn figures(number: usize, campaign: bool) -> ChannelFigures {
        let value = Some(1e5 / (number as f64 + 7.0));
        let interval = value.map(|mean| Interval { mean, low: mean / 3.0, high: mean / 0.7 });
        ChannelFigures {
            channel: format!("paid social {}", if campaign { number % 10 } else { number }),
            campaign: campaign.then(|| format!("2026 summer sale, lookalikes, video {number}")),
            spend: value,
            impressions: value,
            clicks: value,
            new_customers: Some(1_000),
            cac: value,
            paid_cac: value,
            conversion_rate: value,
            average_order: value,
            ltv_to_date: value,
            predicted_ltv: interval,
            observed_revenue: value,
            predicted_revenue: value,
            observed_roas: value,
            predicted_roas: value,
            contribution_roas: value,
            marginal_roas: interval,
            incremental_roas: interval,
            break_even_roas: value,
            acquisition_revenue: value,
            acquisition_revenue_error: value,
            acquisition_ltv: value,
            ltv_to_cac: value,
            acquisition: None,
            payback_days: Some(100),
        }
    }

    fn document(channels: usize, campaigns: usize, months: i32) -> Vec<u8> {
        let list =
            |count: usize, campaign: bool| (0..count).map(|number| figures(number, campaign)).collect::<Vec<_>>();
        let (channels, campaigns) = (list(channels, false), list(campaigns, true));
        let cohort = |month: i32| {
            let mut cohort = Cohort {
                from: Day(30 * month),
                to: Day(30 * month + 30),
                channels: channels.clone(),
                total: figures(0, false),
                campaigns: campaigns.clone(),
            };
            // Another order in every month.
            cohort.campaigns.rotate_left(month as usize % campaigns.len().max(1));
            cohort
        };
        let economics = Economics {
            from: Day(0),
            to: Day(30 * months),
            horizon: Horizon::try_from(90).unwrap(),
            cohorts: (0..months).map(cohort).collect(),
            total: figures(0, false),
            left_censored: 3,
            channels,
            campaigns,
        };
        serde_json::to_vec(&economics).unwrap()
    }

    fn answer(document: &[u8], part: Part<'_>) -> Value {
        serde_json::from_slice(&page(document, part).unwrap().unwrap()).unwrap()
    }

    const WHOLE: Part<'static> = Part { channel: None, begin: 0, limit: 100 };

    #[test]
    fn an_answer_stays_below_5_mb_with_1000_campaigns_over_36_months() {
        let document = document(200, 1_000, 36);
        assert!(document.len() > 40_000_000, "{}", document.len());
        for begin in [0, 950] {
            let page = page(&document, Part { begin, ..WHOLE }).unwrap().unwrap();
            // As the function hands it to the gateway: text in JSON.
            let sent = serde_json::to_vec(std::str::from_utf8(&page).unwrap()).unwrap();
            assert!((2_000_000..5_000_000).contains(&sent.len()), "{}", sent.len());
        }
    }

    #[test]
    fn pages_hold_every_channel_and_campaign_once_in_order_with_their_months() {
        let document = document(7, 25, 3);
        let whole: Value = serde_json::from_slice(&document).unwrap();
        let (mut channels, mut campaigns, mut of_month) = (Vec::new(), Vec::new(), Vec::new());
        let mut begin = 0;
        loop {
            let page = answer(&document, Part { begin, limit: 10, ..WHOLE });
            assert_eq!((&page["total"], &page["left_censored"]), (&whole["total"], &whole["left_censored"]));
            assert_eq!((&page["channels_total"], &page["campaigns_total"]), (&7.into(), &25.into()));
            let list = |value: &Value| value.as_array().unwrap().clone();
            let cohorts = list(&page["cohorts"]);
            assert_eq!(cohorts.len(), 3);
            assert!(cohorts.iter().all(|cohort| cohort["total"] == whole["total"]));
            assert_eq!(list(&cohorts[1]["campaigns"]).len(), list(&page["campaigns"]).len());
            channels.extend(list(&page["channels"]));
            campaigns.extend(list(&page["campaigns"]));
            of_month.extend(list(&cohorts[2]["campaigns"]));
            let Some(next) = page["next"].as_str() else { break };
            begin = next.parse().unwrap();
        }
        assert_eq!(
            (Value::from(channels), Value::from(campaigns)),
            (whole["channels"].clone(), whole["campaigns"].clone())
        );
        let sorted = |list: &[Value]| {
            let mut names: Vec<String> = list.iter().map(|figures| figures["campaign"].to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(sorted(&of_month), sorted(whole["cohorts"][2]["campaigns"].as_array().unwrap()));
    }

    #[test]
    fn a_channel_is_answered_alone_with_its_campaigns_and_an_unknown_one_not_at_all() {
        let document = document(10, 25, 2);
        let only = |channel| Part { channel: Some(channel), ..WHOLE };
        let page = answer(&document, only("paid social 3"));
        assert_eq!((&page["channels_total"], &page["campaigns_total"]), (&1.into(), &3.into()));
        assert!(
            page["cohorts"][1]["campaigns"].as_array().unwrap().iter().all(|row| row["channel"] == "paid social 3")
        );
        assert_eq!(page["cohorts"][1]["channels"].as_array().unwrap().len(), 1);
        assert_eq!(super::page(&document, only("radio")).unwrap(), None);
    }

    #[test]
    fn a_document_without_campaigns_or_months_is_answered_as_it_is() {
        let page = answer(br#"{"cross_section": true, "channels": [{"channel": "a\"b", "roas": 2.50}]}"#, WHOLE);
        assert_eq!((&page["cross_section"], &page["channels"][0]["roas"]), (&true.into(), &2.5.into()));
        assert_eq!(
            (&page["next"], &page["channels_total"], &page["cohorts"]),
            (&Value::Null, &1.into(), &Value::Array(vec![]))
        );
        assert!(super::page(b"[]", WHOLE).is_err());
    }
}
