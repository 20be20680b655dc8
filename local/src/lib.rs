//! The whole of ltv on one machine: an embedded S3, the functions' handlers called as Lambda would call them, and
//! the commands of the `ltv` program.

pub mod s3;
pub mod simulate;
