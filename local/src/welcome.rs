//! What a newcomer reads when the stack is up: where everything is, and two commands to paste.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::s3::{ACCESS_KEY, REGION, SECRET_KEY};
use crate::site::{LAKE, Site, UPLOADS};

/// The text. `upload` is a file to upload as an example, if there is one.
pub(crate) fn text(site: &Site, api: SocketAddr, upload: Option<&std::path::Path>) -> String {
    let endpoint = site.s3.endpoint();
    let mut text = String::new();
    let mut line = |line: &str| writeln!(text, "{line}").expect("writing to a String cannot fail");
    line("");
    line(&format!("API        http://{api}   (the dashboard; /openapi.json lists what it answers)"));
    line(&format!("S3         {endpoint}   (buckets {UPLOADS} and {LAKE}; files in {})", site.data.display()));
    line("");
    match (&site.uploads, upload) {
        (Some(folder), _) => line(&format!("Upload: put a file into {} and watch this window.", folder.display())),
        (None, upload) => {
            let file = upload.map_or_else(|| "YOUR_FILE.csv".to_owned(), |path| path.display().to_string());
            line("Upload:");
            line(&format!(
                "  AWS_ACCESS_KEY_ID={ACCESS_KEY} AWS_SECRET_ACCESS_KEY={SECRET_KEY} aws --region {REGION} \
                 --endpoint-url {endpoint} s3 cp '{file}' s3://{UPLOADS}/transactions/"
            ));
        }
    }
    line("Predict:");
    line(&format!("  curl -s http://{api}/predict -H 'Content-Type: application/json' -d '{}'", example_request()));
    line("");
    line("Ctrl-C stops it; the next start goes on from here.");
    text
}

/// A customer with three orders.
fn example_request() -> serde_json::Value {
    serde_json::json!({"transactions": [
        {"customer_id": "new-customer", "transaction_id": "1", "occurred_at": "2026-04-02", "amount": 41.50},
        {"customer_id": "new-customer", "transaction_id": "2", "occurred_at": "2026-05-11", "amount": 28.00},
        {"customer_id": "new-customer", "transaction_id": "3", "occurred_at": "2026-06-20", "amount": 63.20},
    ]})
}
