//! Currencies as cells name them. In flows what stands around a number; out flows which currency that may be, or that it
//! is no currency's name. Converts nothing and assumes no dollar to be one of the United States.

/// ISO 4217, codes of currencies in use.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK \
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD \
    MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RMB RON RSD RUB RWF \
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED \
    VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

/// Signs and abbreviations, with the codes that they may stand for; a blank first says that none of them is meant as a
/// rule.
const SIGNS: &[(&str, &[&str])] = &[
    ("€", &["EUR"]),
    ("£", &["GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SSP", "SYP"]),
    (
        "$",
        &[
            "", "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "BRL", "BBD",
            "BMD", "BND", "BSD", "BZD", "DOP", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD",
        ],
    ),
    ("¥", &["", "JPY", "CNY", "RMB"]),
    ("₹", &["INR"]),
    ("₽", &["RUB"]),
    ("₩", &["KRW", "KPW"]),
    ("₺", &["TRY"]),
    ("₫", &["VND"]),
    ("₪", &["ILS"]),
    ("₴", &["UAH"]),
    ("₱", &["PHP"]),
    ("฿", &["THB"]),
    ("₦", &["NGN"]),
    ("US$", &["USD"]),
    ("R$", &["BRL"]),
    ("C$", &["CAD", "NIO"]),
    ("CA$", &["CAD"]),
    ("A$", &["AUD"]),
    ("AU$", &["AUD"]),
    ("NZ$", &["NZD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("S$", &["SGD"]),
    ("MX$", &["MXN"]),
    ("Fr", &["CHF"]),
    ("SFr", &["CHF"]),
    ("kr", &["", "SEK", "NOK", "DKK", "ISK"]),
    ("zł", &["PLN"]),
    ("Kč", &["CZK"]),
    ("Ft", &["HUF"]),
    ("lei", &["RON", "MDL"]),
    ("лв", &["BGN"]),
    ("руб", &["RUB"]),
    ("TL", &["TRY"]),
    ("RM", &["MYR"]),
    ("Rp", &["IDR"]),
    ("Rs", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("R", &["ZAR"]),
    ("S/", &["PEN"]),
];

/// A currency's name in a cell: a code or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a>(&'a str);

impl<'a> Named<'a> {
    fn of(text: &'a str) -> Option<Named<'a>> {
        (codes_of(text).is_some() || is_code(text)).then_some(Named(text))
    }

    /// May it be the currency with this code?
    pub(crate) fn fits(self, code: &str) -> bool {
        match codes_of(self.0) {
            Some(codes) => codes.iter().any(|one| !one.is_empty() && one.eq_ignore_ascii_case(code)),
            None => self.0.eq_ignore_ascii_case(code),
        }
    }

    /// The code of the currency, where the name says which it is.
    pub(crate) fn code(self) -> Option<&'a str> {
        match codes_of(self.0) {
            Some(codes) => codes.first().copied().filter(|code| !code.is_empty()),
            None => Some(self.0),
        }
    }

    /// May both names be of one currency?
    pub(crate) fn agrees(self, other: Named<'_>) -> bool {
        self == other
            || self.code().is_some_and(|code| other.fits(code))
            || other.code().is_some_and(|code| self.fits(code))
    }
}

/// Is it the code of a currency in use, in whatever case?
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 3 && CODES.split(' ').any(|code| code.eq_ignore_ascii_case(text))
}

fn codes_of(sign: &str) -> Option<&'static [&'static str]> {
    SIGNS.iter().find(|(known, _)| known.eq_ignore_ascii_case(sign)).map(|(_, codes)| *codes)
}

/// What else people call a currency in a column of its own.
const WORDS: &[(&str, &str)] = &[
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("us dollar", "USD"),
    ("us dollars", "USD"),
    ("pound sterling", "GBP"),
    ("british pound", "GBP"),
    ("swiss franc", "CHF"),
];

/// The code of the currency that a cell of nothing else names: a three-letter code in whatever case, a word, or a sign; one
/// that may stand for several is that of the `expected` currency, where it may be.
pub(crate) fn code_in<'a>(cell: &'a str, expected: Option<&'a str>) -> Option<&'a str> {
    if cell.len() == 3 && cell.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(cell);
    }
    if let Some((_, code)) = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(cell)) {
        return Some(code);
    }
    let named = Named::of(cell)?;
    named.code().or_else(|| expected.filter(|code| named.fits(code)))
}

/// Takes a currency's name off either end of an amount: what is left, and the name. Other letters are left on.
pub(crate) fn taken_off(amount: &str) -> Option<(&str, Named<'_>)> {
    let of_a_name = |c: &char| {
        let is_ascii_sign = matches!(c, '$' | '/');
        is_ascii_sign || c.is_alphabetic() || !c.is_ascii() && is_sign(*c)
    };
    let leading: usize = amount.chars().take_while(of_a_name).map(char::len_utf8).sum();
    if leading > 0
        && let Some(named) = Named::of(&amount[..leading])
    {
        let rest = &amount[leading..];
        return Some((if is_abbreviation(named) { rest.strip_prefix('.').unwrap_or(rest) } else { rest }, named));
    }
    let whole = amount.strip_suffix('.').unwrap_or(amount);
    let trailing: usize = whole.chars().rev().take_while(of_a_name).map(char::len_utf8).sum();
    let (rest, name) = whole.split_at(whole.len() - trailing);
    let named = Named::of(name)?;
    (whole.len() == amount.len() || is_abbreviation(named)).then_some((rest, named))
}

fn is_sign(c: char) -> bool {
    SIGNS.iter().any(|(sign, _)| sign.starts_with(c) && sign.len() == c.len_utf8())
}

/// `Rs. 500` and `500 kr.` have a point that is not the number's.
fn is_abbreviation(named: Named<'_>) -> bool {
    codes_of(named.0).is_some() && named.0.chars().all(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_off_either_end_and_other_letters_are_not() {
        for (amount, rest, code) in [
            ("12.50 USD", "12.50 ", Some("USD")),
            ("eur12.50", "12.50", Some("eur")),
            ("$5", "5", None),
            ("US$5", "5", Some("USD")),
            ("R$ 12,50", " 12,50", Some("BRL")),
            ("5 €", "5 ", Some("EUR")),
            ("Rs.500", "500", Some("INR")),
            ("500 kr.", "500 ", None),
            ("CHF.50", ".50", Some("CHF")),
        ] {
            let (left, named) = taken_off(amount).unwrap();
            assert_eq!((left, named.code()), (rest, code), "{amount}");
        }
        for amount in ["5pcs", "A12", "100 CR", "1.5 Mio", "99¢", "12", "", "."] {
            assert_eq!(taken_off(amount), None, "{amount:?}");
        }
    }

    #[test]
    fn a_column_of_currencies_may_name_them_by_code_word_or_sign() {
        for (cell, code) in [("eur", "eur"), ("€", "EUR"), ("Euro", "EUR"), ("US$", "USD"), ("zł", "PLN")] {
            assert_eq!(code_in(cell, None), Some(code), "{cell}");
        }
        assert_eq!(
            (code_in("$", Some("CAD")), code_in("$", Some("EUR")), code_in("$", None)),
            (Some("CAD"), None, None)
        );
        assert_eq!((code_in("euro cents", None), code_in("5 €", None), code_in("1", None)), (None, None, None));
    }

    #[test]
    fn a_sign_fits_every_currency_that_it_stands_for() {
        let named = |text| Named::of(text).unwrap();
        assert!(named("$").fits("cad") && !named("$").fits("EUR") && !named("$").fits(""));
        assert!(named("USD").fits("usd") && named("£").fits("EGP"));
        assert!(named("$").agrees(named("USD")) && !named("€").agrees(named("USD")));
    }
}
