//! Stored models: those of every past format are read and predict what they did, and bytes of another kind are refused.
use super::Training;
use super::tests::{Business, history, quartiles, searched};
use crate::model::Recipe;
use crate::model::fitted::{Model, StoredModelError};
use crate::model::gate::Decision;

#[test]
fn bytes_that_are_no_model_of_this_program_are_refused() {
    assert!(matches!(Model::from_bytes(b"PAR1"), Err(StoredModelError::NotAModel { bytes: 4 })));
    assert!(matches!(Model::from_bytes(b"LTVM\xff"), Err(StoredModelError::Newer { found: 255 })));
    assert!(matches!(Model::from_bytes(b"LTVM\x01"), Err(StoredModelError::Damaged { format: 1, .. })));
}

/// Models of every format that was ever written, with what they predict: `(bytes, predictions)`.
const STORED: [(&[u8], &str); 2] = [
    (include_bytes!("../stored/format-1.bin"), include_str!("../stored/format-1.json")),
    (include_bytes!("../stored/format-2.bin"), include_str!("../stored/format-2.json")),
];

/// A row of features in which nothing is missing, and a customer to go with it.
fn probe(columns: usize) -> (Vec<f32>, ltv_btyd::Summary) {
    let row = (0..columns).map(|column| (column % 7) as f32 + 1.0).collect();
    (row, ltv_btyd::Summary { frequency: 3, recency: 20.0, age: 30.0, monetary: 25.0 })
}

#[test]
fn models_of_every_past_format_are_read_and_predict_what_they_did() {
    for (bytes, predicted) in STORED {
        let model = Model::decode(bytes).unwrap();
        let (row, customer) = probe(model.context.features.len());
        let expected: crate::model::Prediction = serde_json::from_str(predicted).unwrap();
        let found = model.predict_row(&row, &customer);
        // the last digits are the libm's
        for (found, expected) in
            [(found.predicted_spend, expected.predicted_spend), (found.low, expected.low), (found.high, expected.high)]
        {
            assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{found} is not {expected}");
        }
    }
}

#[test]
#[ignore = "writes the artefact of the current format: run it once, before FORMAT is raised"]
fn the_current_format_is_kept() {
    let business = Business::of(&history(120, 12), 60, 3, None);
    let mut training = Training::new(&business.plan, &business.windows);
    let results = searched(&business.plan, &mut training);
    let (mut evaluation, _) = training.evaluate(&results).unwrap();
    evaluation.decision = Decision::Promote;
    let tree = Box::new(results[2].recipe.clone());
    evaluation.subject = Recipe::Blend { tree, btyd: crate::model::recipe::Btyd::BgNbd, weight: 0.5 };
    let model = training.deploy(&evaluation, &business.context, quartiles).unwrap().model.unwrap();
    let (row, customer) = probe(model.context.features.len());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/stored");
    let format = crate::model::fitted::FORMAT;
    std::fs::write(folder.join(format!("format-{format}.bin")), model.to_bytes().unwrap()).unwrap();
    let predicted = serde_json::to_string(&model.predict_row(&row, &customer)).unwrap();
    std::fs::write(folder.join(format!("format-{format}.json")), predicted).unwrap();
}
