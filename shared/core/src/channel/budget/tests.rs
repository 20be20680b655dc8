//! Advice over curves that are known exactly.
