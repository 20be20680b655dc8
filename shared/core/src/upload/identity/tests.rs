//! Who a cell names, however it is written, and what of it may be kept.
use super::*;

fn id(text: &str) -> Option<String> {
    customer_id(text).map(|found| found.id)
}

#[test]
fn what_spreadsheets_add_to_ids_is_taken_off() {
    assert_eq!(customer_id("17850.0"), Some(CustomerId { id: "17850".to_owned(), change: Change::Tidied }));
    assert_eq!(id("'0042").as_deref(), Some("0042"));
    assert_eq!(id("=\"0042\"").as_deref(), Some("0042"));
    assert_eq!((id("=\"\""), id("=\"").as_deref()), (None, Some("=\"")));
    assert_eq!(customer_id("00001"), Some(CustomerId { id: "00001".to_owned(), change: Change::None }));
    assert_eq!(id("v1.0").as_deref(), Some("v1.0"));
    assert_eq!(id("1.5").as_deref(), Some("1.5"));
}

#[test]
fn nothing_and_what_was_rounded_away_are_no_ids() {
    for text in ["", "  ", "NaN", "null", " --", "#N/A", "1.20253E+17", "1.2e17", "1,20253E+17", "1E+17"] {
        assert_eq!(id(text), None, "{text:?}");
    }
    for (float, text) in [(1.202_53e17, "1.20253E+17"), (1e17, "1E+17"), (17850.0, "17850"), (0.5, "0.5")] {
        assert_eq!(float_text(float), text);
    }
    assert_eq!(id("9007199254740994.0"), None);
    for text in ["4E7", "9007199254740994", "12E-5"] {
        assert_eq!(id(text).as_deref(), Some(text));
    }
}

#[test]
fn an_email_is_one_customer_however_it_is_written() {
    let hash = id("ada@example.org").unwrap();
    assert_eq!(id("  Ada@Example.ORG "), Some(hash.clone()));
    assert_eq!(hash, "cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d");
    assert_eq!(email_sha256("ada@example.org"), Some(hash));
    assert_eq!(email_sha256("no address"), None);
    assert_eq!(email_sha256("a@b"), None);
}

#[test]
fn a_phone_number_is_one_customer_and_a_plain_number_is_an_id() {
    assert_eq!(id("+1 (555) 123-4567"), id("+15551234567"));
    assert_eq!(id("+15551234567").unwrap().len(), 64);
    assert_eq!(id("555-123-4567").unwrap().len(), 64);
    assert_eq!(id("15551234567").as_deref(), Some("15551234567"));
    assert_eq!(phone_sha256("123"), None);
    assert_eq!(phone_sha256("555-CALL-NOW"), None);
}

#[test]
fn whoever_stands_in_a_column_of_contacts_is_found_by_what_stood_there() {
    for text in ["15551234567", "walk-in", "Ada Lovelace (ada@example.org)", "ada@localhost", "06 12 34 56 78"] {
        let stored = contact_id(text).unwrap();
        assert!(is_sha256(&stored) && ids_of(text).contains(&stored), "{text}");
    }
    assert_eq!(contact_id("'+1 555 123 4567"), contact_id("15551234567.0"));
    assert_eq!(contact_id(" Walk-In "), contact_id("walk-in"));
    assert_eq!(ids_of("17850")[0], "17850");
    for written in ["Ada <ada@example.org>", "ada＠example.org", "ada%40example.org"] {
        assert_eq!(ids_of(written), ids_of("ada@example.org"));
    }
    assert_eq!((contact_id("1.5551E+10"), contact_id("n/a"), ids_of(" ")), (None, None, Vec::new()));
}

#[test]
fn signs_that_programs_put_into_numbers_and_addresses_make_no_difference() {
    let (phone, address) = (id("+442079460958"), id("ada@example.org"));
    for text in [
        "\u{202a}+44 20 7946 0958\u{202c}",
        "+44\u{202f}20\u{202f}7946\u{202f}0958",
        "+44\u{2011}20\u{2011}7946\u{2011}0958",
        "(+44) 20 7946–0958",
        "＋４４（２０）７９４６ ０９５８",
        "+٤٤ ٢٠ ٧٩٤٦ ٠٩٥٨",
    ] {
        assert_eq!((id(text), phone_sha256(text)), (phone.clone(), phone.clone()), "{text}");
        assert!(mentions_contact(text) && holds_contact(text), "{text}");
    }
    for text in ["ada@example.org\u{200b}", "\u{feff}ada@example.org", "ada@\u{ad}example.org"] {
        assert_eq!((id(text), email_sha256(text)), (address.clone(), address.clone()), "{text:?}");
    }
    assert_eq!(id("Zürich–Süd 2024").as_deref(), Some("Zürich–Süd 2024"));
}

#[test]
fn what_could_say_who_somebody_is_never_stays_an_id() {
    for text in [
        "Ada Lovelace <ada@example.org>",
        "ada@example.org,bob@example.org",
        "ada@localhost",
        "ada@example.org.",
        "06 12 34 56 78",
        "0171 1234567",
        "+1 555 123 4567 ext 5",
        "@ada",
        "a@b@c",
        "ada＠example.org",
        "ada%40example.org",
        "ada(at)example.org",
    ] {
        assert!(is_sha256(&id(text).unwrap()), "{text}");
        assert!(may_be_personal(text), "{text}");
    }
    assert!(["Ada", "ada_1985", "4930123456", "C 1"].iter().all(|text| may_be_personal(text)));
    assert!(!["K42", "AB-1001", "17850", "1.20253E+17"].iter().any(|text| may_be_personal(text)));
}
