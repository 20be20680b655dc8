//! Parquet: the bytes are the file between its magic numbers, which the fuzzer need not find.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltv_fuzz::upload("orders/fuzz.parquet", &[b"PAR1", bytes].concat()));
