//! Ids that become parts of keys: in goes text, out comes a value that cannot leave its place in a key.
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Text that cannot be an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind} id: {expected}")]
pub struct IdError {
    /// The text at fault.
    pub text: String,
    /// What it should have identified.
    pub kind: &'static str,
    /// What such an id looks like.
    pub expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<$name, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(IdError { text: text.to_owned(), kind: $kind, expected: $expected })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<$name, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// An upload: the first 128 bits of its key's SHA-256, as 32 hexadecimal digits.
    SourceId,
    "source",
    "32 hexadecimal digits",
    |text| text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);

id!(
    /// A model.
    ModelId,
    "model",
    "1 to 64 letters, digits, hyphens or underscores",
    is_name
);

id!(
    /// A training with the scoring that follows it, or a scoring alone.
    RunId,
    "run",
    "1 to 64 letters, digits, hyphens or underscores",
    is_name
);

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

impl SourceId {
    /// The id of the upload under `key`.
    pub fn of(key: &str) -> SourceId {
        SourceId(hex::encode(&Sha256::digest(key.as_bytes())[..16]))
    }
}

impl RunId {
    /// A new id: the second it was made and 32 random bits, so that ids sort by time and do not repeat.
    pub fn new(now: jiff::Timestamp) -> RunId {
        RunId(format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%SZ"), fastrand::u32(..)))
    }
}

impl ModelId {
    /// The model that the training `run` makes.
    pub fn of(run: &RunId) -> ModelId {
        ModelId(run.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place_in_a_key() {
        for text in ["", "../x", "a/b", "a.b", "ä", &"x".repeat(65)] {
            assert!(text.parse::<RunId>().is_err(), "{text:?}");
            assert!(serde_json::from_str::<ModelId>(&format!("{text:?}")).is_err(), "{text:?}");
        }
        let run = RunId::new(jiff::Timestamp::UNIX_EPOCH);
        assert!(run.as_str().starts_with("19700101T000000Z-"), "{run}");
        assert_eq!(run.as_str().parse(), Ok(run.clone()));
    }

    #[test]
    fn a_source_id_follows_from_the_key_alone() {
        assert_eq!(SourceId::of("a"), SourceId::of("a"));
        assert_ne!(SourceId::of("a"), SourceId::of("A"));
        assert_eq!(SourceId::of("a").as_str().parse(), Ok(SourceId::of("a")));
    }
}
