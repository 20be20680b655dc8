//! Cutoffs, windows and one matrix: the only implementation of features, for training and prediction alike.
pub mod matrix;
pub mod window;
