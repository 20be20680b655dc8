//! Which adapters there are: those built in, and those that a user put beside them. In flows the JSON of adapters; out flow
//! adapters whose parts fit together. A user's adapter goes before a built-in one, and replaces one of the same name.
use super::Adapter;
use std::sync::{Arc, LazyLock};

/// Sources before the canonical shapes: of two that fit a header equally well, the earlier is taken.
const BUILT_IN: &[&str] = &[
    include_str!("uci_online_retail.json"),
    include_str!("cdnow.json"),
    include_str!("google_ads.json"),
    include_str!("google_ads_api.json"),
    include_str!("meta_ads.json"),
    include_str!("meta_ads_api.json"),
    include_str!("linkedin_ads.json"),
    include_str!("tiktok_ads.json"),
    include_str!("microsoft_ads.json"),
    include_str!("pinterest_ads.json"),
    include_str!("shopify_orders.json"),
    include_str!("shopify_api.json"),
    include_str!("shopify_customers.json"),
    include_str!("stripe_payments.json"),
    include_str!("salesforce_opportunities.json"),
    include_str!("hubspot_deals.json"),
    include_str!("hubspot_contacts.json"),
    include_str!("ga4_purchases.json"),
    include_str!("ga4_ads.json"),
    include_str!("robyn.json"),
    include_str!("meridian.json"),
    include_str!("exchange_rates.json"),
    include_str!("lift_tests.json"),
    include_str!("acquisition.json"),
    include_str!("transactions.json"),
    include_str!("customers.json"),
    include_str!("spend.json"),
    include_str!("indicators.json"),
];

static KNOWN: LazyLock<Vec<Arc<Adapter>>> = LazyLock::new(|| {
    let read =
        |text: &&str| -> Adapter { serde_json::from_str(text).expect("built-in adapters are checked by a test") };
    BUILT_IN.iter().map(read).map(|adapter| Arc::new(adapter.spelled_out())).collect()
});

/// The adapters that uploads are read with, in order of preference.
#[derive(Clone, Debug)]
pub struct Adapters {
    all: Vec<Arc<Adapter>>,
    /// How many of them, from the first on, are a user's.
    own: usize,
}

/// A user's adapter that cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// It is no JSON, or has members that adapters do not have.
    #[error("the adapter is not of the form that docs/uploads.md describes")]
    Malformed(#[from] serde_json::Error),
    /// It requires what it has no header for.
    #[error("the adapter {adapter} requires {field}, for which it has neither a header nor a constant")]
    NotFound {
        /// Its name.
        adapter: String,
        /// The field.
        field: &'static str,
    },
    /// It would fit every file.
    #[error("the adapter {0} requires nothing, and would fit every file")]
    RequiresNothing(String),
}

impl Default for Adapters {
    fn default() -> Adapters {
        Adapters::built_in()
    }
}

impl Adapters {
    /// Those that are built in.
    pub fn built_in() -> Adapters {
        Adapters { all: KNOWN.clone(), own: 0 }
    }

    /// These and, before them, a user's.
    #[must_use]
    pub fn with(self, own: Vec<Adapter>) -> Adapters {
        let mut all: Vec<Arc<Adapter>> = own.into_iter().map(Arc::new).collect();
        let count = all.len();
        let others = self.all.into_iter().filter(|known| !all.iter().any(|own| own.name == known.name));
        let others: Vec<Arc<Adapter>> = others.collect();
        all.extend(others);
        Adapters { all, own: count }
    }

    /// A user's own.
    pub fn own(&self) -> &[Arc<Adapter>] {
        &self.all[..self.own]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Adapter>> {
        self.all.iter()
    }
}

impl Adapter {
    /// Reads a user's adapter.
    ///
    /// # Errors
    /// [`AdapterError`].
    pub fn from_json(text: &[u8]) -> Result<Adapter, AdapterError> {
        let adapter: Adapter = serde_json::from_slice(text)?;
        let known = |field| adapter.columns.contains_key(field) || adapter.constants.contains_key(field);
        if let Some(field) = adapter.required.iter().flatten().find(|field| !known(field)) {
            return Err(AdapterError::NotFound { adapter: adapter.name.clone(), field: field.name() });
        }
        if adapter.required.is_empty() && adapter.wide.is_none() {
            return Err(AdapterError::RequiresNothing(adapter.name));
        }
        Ok(adapter.spelled_out())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_adapter_is_whole_and_has_a_name_of_its_own() {
        let mut names: Vec<String> =
            BUILT_IN.iter().map(|text| Adapter::from_json(text.as_bytes()).unwrap().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BUILT_IN.len());
    }

    #[test]
    fn a_users_adapter_goes_first_and_replaces_its_namesake() {
        let own = r#"{"name":"spend","version":7,"title":"Ours","table":"spend","columns":{"spend":["Outlay"]},
            "required":[["spend"]],"constants":{"channel":"radio"}}"#;
        let all = Adapters::built_in().with(vec![Adapter::from_json(own.as_bytes()).unwrap()]);
        let versions: Vec<u32> = all.iter().filter(|one| one.name == "spend").map(|one| one.version).collect();
        assert_eq!((versions, all.iter().count()), (vec![7], BUILT_IN.len()));
    }

    #[test]
    fn an_adapter_that_cannot_work_is_refused() {
        for text in [
            "{",
            r#"{"name":"x","version":1,"title":"","table":"spend","columns":{},"required":[["spend"]]}"#,
            r#"{"name":"x","version":1,"title":"","table":"spend","columns":{},"required":[]}"#,
            r#"{"name":"x","version":1,"title":"","table":"spend","columns":{},"required":[],"code":"rm"}"#,
            r#"{"name":"x","version":1,"title":"","table":"spend","columns":{"spend":["x"]},"required":[["spend"]],
                "zone":"Mars/Base"}"#,
        ] {
            assert!(Adapter::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
