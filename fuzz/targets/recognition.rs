//! Which source a header is of: the bytes are a header, under each folder that hints at a table, above two rows as wide.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let header = String::from_utf8_lossy(bytes).replace(['\r', '\n'], " ");
    let cells = header.split(',').count();
    let row = |cell: &str| vec![cell; cells].join(",");
    let text = format!("{header}\n{}\n{}\n", row("2025-03-04"), row("12"));
    for folder in ["orders", "customers", "spend", "anything"] {
        ltv_fuzz::upload(&format!("{folder}/fuzz.csv"), text.as_bytes());
    }
});
