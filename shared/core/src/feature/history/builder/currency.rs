//! Which currency counts: in flow the currencies of lines and spend, out flows one of them; rows of the others are
//! counted and left out, because amounts are never added across currencies.
use super::super::NONE;
use super::HistoryBuilder;
use std::collections::BTreeMap;

/// More currencies than this are no longer told apart.
const UNTOLD: u8 = u8::MAX;
/// Code of amounts that name no currency.
const UNNAMED: u8 = u8::MAX - 1;

impl HistoryBuilder {
    /// The code of a currency's name.
    pub(super) fn currency_code(&mut self, name: Option<&str>) -> u8 {
        match self.currencies.code(name) {
            NONE => UNNAMED,
            code => u8::try_from(code).ok().filter(|code| *code < UNNAMED).unwrap_or(UNTOLD),
        }
    }

    /// The currency that counts, and whether each code is left out: the account's; unset, the one of most order lines.
    pub(super) fn settle_currency(&self) -> (Option<String>, [bool; 256]) {
        let mut lines = [0_u64; 256];
        for line in self.slices.iter().flatten() {
            lines[usize::from(line.currency)] += 1;
        }
        for (_, currency) in &self.spend {
            lines[usize::from(*currency)] += u64::from(lines[usize::from(*currency)] == 0);
        }
        let named = self.currencies.all().iter().enumerate().take(usize::from(UNNAMED));
        let most = named.max_by_key(|(code, name)| (lines[*code], std::cmp::Reverse(name.as_str())));
        let chosen = self.currency.clone().or_else(|| most.map(|(_, name)| name.clone()));
        let mut left_out = [true; 256];
        left_out[usize::from(UNNAMED)] = false;
        for (code, name) in self.currencies.all().iter().enumerate().take(usize::from(UNNAMED)) {
            left_out[code] = chosen.as_deref() != Some(name);
        }
        (chosen, left_out)
    }

    /// Drops the rows of currencies that are left out; how many of each.
    pub(super) fn drop_other_currencies(&mut self, left_out: &[bool; 256]) -> BTreeMap<String, u64> {
        let mut dropped = BTreeMap::new();
        let names = &self.currencies;
        let mut stays = |currency: u8| {
            if left_out[usize::from(currency)] {
                let name = names.name(u32::from(currency)).unwrap_or("further currencies");
                *dropped.entry(name.to_owned()).or_insert(0) += 1;
            }
            !left_out[usize::from(currency)]
        };
        for slice in &mut self.slices {
            slice.retain(|line| stays(line.currency));
        }
        self.spend.retain(|(_, currency)| stays(*currency));
        self.lift_tests.retain(|(_, currency)| stays(*currency));
        dropped
    }
}
