//! A small simulated business in the lake, for the tests that train.
use super::Bundle;
use ltv_local::simulate;
use std::fs;
use std::path::Path;

impl Bundle {
    /// A bundle whose uploads are a simulated business's, all of them ingested.
    pub(super) async fn with_business(customers: u32, months: u32) -> Bundle {
        let bundle = Bundle::start().await;
        let folder = tempfile::tempdir().unwrap();
        let config = simulate::Config { customers, months, seed: 7, out: folder.path().join("business") };
        simulate::simulate(&config, |_| {}).unwrap();
        let uploads = config.out.join("uploads");
        for path in files_under(&uploads) {
            let key = path.strip_prefix(&uploads).unwrap().to_str().unwrap().replace('\\', "/");
            bundle.upload(&key, fs::read(&path).unwrap()).await;
        }
        bundle
    }
}

fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
