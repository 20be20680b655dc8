//! Text in any encoding, with any delimiter: the bytes are the file.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltv_fuzz::upload("orders/fuzz.csv", bytes));
