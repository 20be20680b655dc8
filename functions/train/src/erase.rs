//! Erasing a customer. In flows the customer as somebody names one; out flows what the lake found of it, in numbers and in
//! a sentence that says what another erasure would find.
use crate::answer::Answer;
use crate::error::TrainError;
use jiff::Timestamp;
use ltv_core::customer::CustomerHash;
use ltv_core::upload::identity::{self, Change};
use ltv_lake::Lake;
use ltv_lake::erase::Erasure;

/// Erases whoever is meant by `name`, by every id that the lake may have for it.
pub(crate) async fn carry_out(lake: &Lake, name: String) -> Result<Answer, TrainError> {
    let ids = identity::ids_of(&name);
    if ids.is_empty() {
        return Err(TrainError::NoCustomer(name));
    }
    let customers: Vec<CustomerHash> = ids.iter().map(|id| CustomerHash::of(id)).collect();
    let erasure = lake.erase_all(&customers, Timestamp::now()).await?;
    let by_id = identity::customer_id(&name).is_some_and(|known| known.change != Change::Hashed);
    let reason = reason(&erasure, by_id);
    Ok(Answer { erasure: Some(erasure), ..Answer::carried_out(None, reason) })
}

fn reason(erasure: &Erasure, by_id: bool) -> String {
    let Erasure { rows, files, again, .. } = *erasure;
    let found = match (rows + files, again) {
        (0, false) => {
            "nothing was found of this customer in tables, refused rows, runs and exports; write the customer as the \
             uploads do, to the letter; what they bring under this name from now on is left out"
                .to_owned()
        }
        (0, true) => "this was asked for before, and nothing was left to erase".to_owned(),
        _ => format!(
            "erased from tables, runs and exports: {rows} rows, and from {files} files of runs; the uploads that named \
             the customer are yours to remove"
        ),
    };
    let beyond = "; orders under an address or phone number alone are erased by naming that";
    [found.as_str(), if by_id { beyond } else { "" }].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_what_was_found_and_what_else_to_name() {
        let found = Erasure { rows: 3, files: 1, ..Erasure::default() };
        assert!(reason(&found, false).starts_with("erased from tables, runs and exports: 3 rows, and from 1 files"));
        assert!(reason(&Erasure::default(), false).starts_with("nothing was found of this customer"));
        assert!(reason(&Erasure { again: true, ..Erasure::default() }, false).ends_with("nothing was left to erase"));
        for erasure in [found, Erasure::default()] {
            assert!(reason(&erasure, true).ends_with("alone are erased by naming that"));
            assert!(!reason(&erasure, false).contains("alone"));
        }
    }
}
