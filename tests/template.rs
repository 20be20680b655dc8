//! The deployment as the template states it, held to what the code does. In flow `template.yaml` and the code's own
//! lists; nothing is deployed and nobody is asked.
use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};

mod machine;
mod roles;
mod routes;
mod settings;

/// A file beside the workspace's `Cargo.toml`.
fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The template with the short forms of its functions written out: `!Ref X` is `{"Ref": "X"}`, `!Sub` is `Fn::Sub`.
fn template() -> Value {
    let documents = YamlOwned::load_from_str(&file("template.yaml")).unwrap();
    long_form(&documents[0])
}

/// The resources of a type, by name.
fn resources(kind: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, resource) in template()["Resources"].as_object().unwrap() {
        if resource["Type"] == kind {
            found.push((name.clone(), resource["Properties"].clone()));
        }
    }
    assert!(!found.is_empty(), "{kind}");
    found
}

fn long_form(node: &YamlOwned) -> Value {
    match node {
        YamlOwned::Tagged(tag, value) => {
            let name = if tag.suffix == "Ref" { "Ref".to_owned() } else { format!("Fn::{}", tag.suffix) };
            Value::Object(Map::from_iter([(name, long_form(value))]))
        }
        YamlOwned::Sequence(items) => items.iter().map(long_form).collect(),
        YamlOwned::Mapping(fields) => {
            let field = |(name, value): (&YamlOwned, &YamlOwned)| (text(&long_form(name)), long_form(value));
            Value::Object(fields.iter().map(field).collect())
        }
        YamlOwned::Value(ScalarOwned::Null) => Value::Null,
        YamlOwned::Value(ScalarOwned::Boolean(value)) => json!(value),
        YamlOwned::Value(ScalarOwned::Integer(value)) => json!(value),
        YamlOwned::Value(ScalarOwned::FloatingPoint(value)) => json!(value.into_inner()),
        YamlOwned::Value(ScalarOwned::String(value)) => json!(value),
        other => panic!("{other:?} has no place in a template"),
    }
}

/// A string, or what stands for one, as `Fn::Sub` would write it: `${UploadsBucket.Arn}/*`.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(call) if call.len() == 1 => {
            let (name, argument) = call.iter().next().unwrap();
            match name.as_str() {
                "Ref" | "Fn::GetAtt" => format!("${{{}}}", text(argument)),
                "Fn::Sub" => text(argument),
                _ => panic!("{value} does not stand for one string"),
            }
        }
        other => other.to_string(),
    }
}

/// One or several strings.
fn texts(value: &Value) -> Vec<String> {
    value.as_array().map_or_else(|| vec![text(value)], |items| items.iter().map(text).collect())
}
