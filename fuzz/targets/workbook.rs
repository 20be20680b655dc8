//! Workbooks: the bytes are the file, which is a zip archive of XML, or a compound file.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltv_fuzz::upload("customers/fuzz.xlsx", bytes));
