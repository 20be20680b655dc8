//! gzip, Zstandard and zip around anything: the bytes are the file.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltv_fuzz::upload("orders/fuzz.gz", bytes));
