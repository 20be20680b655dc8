//! Object keys in, relative paths of files out, and back again.
//!
//! A key is any UTF-8 text of at most 1,024 bytes; a path is what a file system can hold. The mapping is one to
//! one, keeps ordinary keys readable (`models/m1/card.json` is `models/m1/card.json`) and can never leave the
//! folder it is joined to: no component it makes starts with a dot, holds a separator or is longer than
//! [`LONGEST_NAME`] bytes. On a file system that ignores case, keys that differ only in case are one object.
//!
//! It never touches the disk.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

/// Bytes a path component may have. File systems allow 255; temporary names beside it need some room.
const LONGEST_NAME: usize = 240;

// Endings that no escaped text can have, because an escape is `%` and two hexadecimal digits.
/// Ends the name of an object's file that holds no dot, so that the object `a` and the folder of `a/b` differ.
const OBJECT: &str = "%o";
/// Ends the name of a folder that is empty or holds a dot (`v1.2/` against an object `v1.2`).
const FOLDER: &str = "%p";
/// Ends a piece of a component that goes on one level deeper, because it is too long for one name.
const CONTINUED: &str = "%c";

/// The file that holds the object `key`, relative to its bucket's folder.
pub(crate) fn path_of(key: &str) -> PathBuf {
    let (folders, leaf) = key.rsplit_once('/').map_or((None, key), |(folders, leaf)| (Some(folders), leaf));
    let mut path = folders.map(folder_path).unwrap_or_default();
    push_component(&mut path, leaf, |name| if name.contains('.') { "" } else { OBJECT });
    path
}

/// The folder under which every key that starts with `prefix` is kept: that of the prefix's complete components.
pub(crate) fn folder_of(prefix: &str) -> PathBuf {
    prefix.rsplit_once('/').map(|(folders, _)| folder_path(folders)).unwrap_or_default()
}

/// The key whose file is `path` (relative to its bucket's folder), or `None` for a file that is no object.
pub(crate) fn key_of(path: &Path) -> Option<String> {
    let mut names = Vec::new();
    for component in path.components() {
        let Component::Normal(name) = component else { return None };
        names.push(name.to_str()?);
    }
    let mut key = Vec::new();
    for (depth, name) in names.iter().enumerate() {
        let is_file = depth + 1 == names.len();
        if let Some(piece) = name.strip_suffix(CONTINUED) {
            if is_file {
                return None;
            }
            unescape(piece, &mut key)?;
        } else if is_file {
            unescape(name.strip_suffix(OBJECT).unwrap_or(name), &mut key)?;
        } else {
            unescape(name.strip_suffix(FOLDER).unwrap_or(name), &mut key)?;
            key.push(b'/');
        }
    }
    let key = String::from_utf8(key).ok()?;
    // A file put there by hand under a name that this mapping would not have chosen could not be found again.
    (path_of(&key) == path).then_some(key)
}

fn folder_path(folders: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for folder in folders.split('/') {
        push_component(&mut path, folder, |name| if name.is_empty() || name.contains('.') { FOLDER } else { "" });
    }
    path
}

/// Appends one component of a key, as several names when it is too long for one.
fn push_component(path: &mut PathBuf, component: &str, ending: impl Fn(&str) -> &'static str) {
    let longest = LONGEST_NAME - CONTINUED.len();
    let mut name = String::new();
    for byte in component.bytes() {
        let escaped = if is_plain(byte, name.is_empty()) { 1 } else { 3 };
        if name.len() + escaped > longest {
            name.push_str(CONTINUED);
            path.push(&name);
            name.clear();
        }
        if is_plain(byte, name.is_empty()) {
            name.push(char::from(byte));
        } else {
            write!(name, "%{byte:02x}").expect("writing to a String cannot fail");
        }
    }
    name.push_str(ending(&name));
    path.push(&name);
}

/// Whether a byte stands for itself: ASCII that every file system and shell takes; no leading dot (`.`, `..`).
fn is_plain(byte: u8, first: bool) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=' | b'+' | b',' | b'@') || (byte == b'.' && !first)
}

fn unescape(name: &str, key: &mut Vec<u8>) -> Option<()> {
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            key.push(byte);
            rest = after;
            continue;
        }
        let digits = after.get(..2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        key.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_keys_stay_readable() {
        for key in ["models/m1/card.json", "predictions/run_date=2026-06-30/run=r1/part-0.parquet", "current.json"] {
            assert_eq!(path_of(key), Path::new(key));
        }
        assert_eq!(path_of("transactions/a b+c.csv"), Path::new("transactions/a%20b+c.csv"));
    }

    #[test]
    fn an_object_and_a_folder_of_the_same_name_do_not_collide() {
        assert_eq!(path_of("a"), Path::new("a%o"));
        assert_eq!(path_of("a/b.csv"), Path::new("a/b.csv"));
        assert_eq!(path_of("a.csv/b.csv"), Path::new("a.csv%p/b.csv"));
        assert_eq!(path_of("folder/"), Path::new("folder/%o"));
        assert_eq!(path_of("a//b.csv"), Path::new("a/%p/b.csv"));
    }

    #[test]
    fn keys_that_look_like_paths_cannot_leave_their_folder() {
        assert_eq!(path_of("../../x"), Path::new("%2e.%p/%2e.%p/x%o"));
        assert_eq!(path_of("/etc/passwd"), Path::new("%p/etc/passwd%o"));
    }

    #[test]
    fn files_that_no_key_maps_to_are_no_objects() {
        for path in ["%zz.csv", "a%20b", ".hidden.csv", "plain", "%41.csv", "a%c", "a.csv/b.csv"] {
            assert_eq!(key_of(Path::new(path)), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn every_key_maps_to_a_safe_bounded_path_and_back(
            key in prop_oneof!["[a./% é😊\\\\]{1,300}", "\\PC{1,250}", "[a-z.]{0,700}/?[A-Z.]{1,300}"]
        ) {
            let path = path_of(&key);
            for component in path.components() {
                let Component::Normal(name) = component else { panic!("{path:?} holds more than names") };
                prop_assert!(name.len() <= LONGEST_NAME);
                prop_assert!(!name.to_str().unwrap().starts_with('.'));
            }
            prop_assert_eq!(key_of(&path), Some(key));
        }

        #[test]
        fn different_keys_have_different_paths_and_none_is_a_folder_of_another(
            keys in proptest::collection::hash_set("[a./%]{1,8}", 2..20)
        ) {
            let paths: Vec<PathBuf> = keys.iter().map(|key| path_of(key)).collect();
            for (i, a) in paths.iter().enumerate() {
                for (j, b) in paths.iter().enumerate() {
                    prop_assert!(i == j || !b.starts_with(a), "{a:?} is, or holds, {b:?}");
                }
            }
        }

        #[test]
        fn keys_with_a_prefix_lie_in_the_prefixs_folder(prefix in "[ab./]{0,6}", rest in "[ab./]{1,6}") {
            let key = format!("{prefix}{rest}");
            prop_assert!(path_of(&key).starts_with(folder_of(&prefix)));
        }
    }
}
