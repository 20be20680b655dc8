//! Parquet: the bytes are the file between its magic numbers, which the fuzzer need not find.
#![no_main]
libfuzzer_sys::fuzz_target!(
    init: {
        // The fuzzer's hook ends the program at every panic, also at those of the reader that are caught. Without it, only
        // one that nobody catches does.
        let _ = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
    },
    |bytes: &[u8]| ltv_fuzz::upload("orders/fuzz.parquet", &[b"PAR1", bytes].concat())
);
