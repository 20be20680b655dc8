//! What the parameters of all estimators have in common: setters of binning and sampling, and linfa's two stages, first
//! unchecked, then checked. It holds no parameter itself.

/// linfa's check of parameters that wrap their checked form, by its `verify`.
macro_rules! guard {
    ($params:ident, $checked:ident) => {
        impl linfa::ParamGuard for $params {
            type Checked = $checked;
            type Error = crate::error::TreesError;

            fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
                self.0.verify()?;
                Ok(&self.0)
            }

            fn check(self) -> Result<Self::Checked, Self::Error> {
                self.check_ref()?;
                Ok(self.0)
            }
        }
    };
}

/// Setters of the fields `column_fraction`, `seed`, `max_bins` and `categorical`, and what a fit needs for binning.
macro_rules! common_settings {
    ($params:ident, $checked:ident) => {
        impl $params {
            /// Seed of all sampling. The same seed gives the same model at any number of threads.
            pub fn seed(mut self, seed: u64) -> Self {
                self.0.seed = seed;
                self
            }

            /// Bins of a feature, the missing one included, 3 to 256; only where `fit` does the binning.
            pub fn max_bins(mut self, bins: usize) -> Self {
                self.0.max_bins = bins;
                self
            }

            /// Which columns hold category codes; only where `fit` does the binning.
            pub fn categorical(mut self, columns: &[usize]) -> Self {
                self.0.categorical = columns.to_vec();
                self
            }
        }

        impl $checked {
            /// Categorical columns and bins, for fits that do their own binning.
            pub(crate) fn binning(&self) -> (&[usize], usize) {
                (&self.categorical, self.max_bins)
            }
        }
    };
}

pub(crate) use {common_settings, guard};
