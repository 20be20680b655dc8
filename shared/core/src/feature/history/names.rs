//! Names as small numbers: in flow texts, out flow codes that stand for them in events and facts, and back.
use std::collections::HashMap;

/// The code of no name.
pub(crate) const NONE: u32 = u32::MAX;

/// Distinct names, numbered in the order in which they were first met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    list: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Names {
    /// The code of `name`, a new one where it has none; [`NONE`] for nothing or blanks.
    pub(super) fn code(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return NONE };
        if let Some(code) = self.codes.get(name) {
            return *code;
        }
        let code = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        code
    }

    /// The name behind a code.
    pub(crate) fn name(&self, code: u32) -> Option<&str> {
        self.list.get(code as usize).map(String::as_str)
    }

    /// The place of every code's name in the order of the alphabet.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.list.len() as u32).collect();
        order.sort_unstable_by_key(|code| &self.list[*code as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, code) in order.into_iter().enumerate() {
            ranks[code as usize] = rank as u32;
        }
        ranks
    }

    /// Every name, in the order of the codes.
    pub(crate) fn all(&self) -> &[String] {
        &self.list
    }
}

/// A channel's name as all tables share it: `Google Ads`, `google-ads` and `google_ads` are one channel.
pub(crate) fn channel_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    key.truncate(key.trim_end_matches('_').len());
    key
}

/// Customer ids in one piece of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    text: String,
    ends: Vec<usize>,
}

impl Ids {
    pub(super) fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    pub(super) fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.text[start..self.ends[number]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_channel_share_a_key() {
        for spelling in ["Google Ads", "google-ads", " google_ads ", "GOOGLE  ADS."] {
            assert_eq!(channel_key(spelling), "google_ads");
        }
        assert_eq!(channel_key("你好"), "你好");
        assert_eq!(channel_key(" - "), "");
    }

    #[test]
    fn a_name_keeps_its_code_and_blanks_have_none() {
        let mut names = Names::default();
        let codes: Vec<u32> = ["a", "b", " a "].into_iter().map(|n| names.code(Some(n))).collect();
        assert_eq!(codes, [0, 1, 0]);
        assert_eq!((names.code(None), names.code(Some(" "))), (NONE, NONE));
        assert_eq!(names.name(1), Some("b"));
    }
}
