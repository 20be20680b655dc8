//! What the function is asked for. In flows an event; out flows an action with its options, or a sentence that says
//! what is wrong with it.
use ltv_core::model::search::Strategy;
use ltv_core::time::Horizon;
use serde::Deserialize;
use serde_json::Value;
use std::num::NonZeroUsize;

/// A request to the train function. A schedule's event, or an empty one, asks for [`Request::Train`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The next steps of a training, until it is done.
    Train(TrainOptions),
    /// Score everyone with the model that is live; where none that predicts is, the next steps of a training instead.
    Score(TrainOptions),
    /// Remove a customer from every table, run and export.
    Erase {
        /// The id as the uploads have it, an email address or phone number included.
        customer_id: String,
    },
    /// Make the model before the present one live again.
    Rollback,
}

/// How a training is carried out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// Steps of this invocation at most; unset, as many as it takes.
    pub trials: Option<usize>,
    /// Days to predict, instead of the account's setting.
    pub horizon_days: Option<Horizon>,
    /// Recipes that the search tries at most, the baselines among them; unset, 40.
    pub search_trials: Option<NonZeroUsize>,
    /// How the search spends its trials, instead of by successive halving.
    pub search: Strategy,
    /// Train although neither data nor settings have changed since the live run.
    pub force: bool,
    /// Who asks, where that is one over several invocations (an execution of the state machine). It may take over from
    /// an invocation of its own that was killed, without waiting for the lease to expire.
    pub holder: Option<String>,
}

/// An event that asks for nothing this function does.
#[derive(Debug, thiserror::Error)]
#[error(
    "the event is no request of this function: {source}. Send {{\"action\": \"train\"}}, or score, rollback, \
     or erase with a customer_id"
)]
pub struct RequestError {
    source: serde_json::Error,
}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    /// An event with an `action` that is not known, or with options that are not its own.
    pub fn of(event: Value) -> Result<Request, RequestError> {
        // EventBridge events carry no action of ours: their coming is the request.
        if event.get("action").is_none() {
            return Ok(Request::Train(TrainOptions::default()));
        }
        serde_json::from_value(event).map_err(|source| RequestError { source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schedule_asks_for_a_training() {
        let schedule =
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": {}});
        for event in [schedule, json!({}), json!({"action": "train"}), Value::Null] {
            assert_eq!(Request::of(event).unwrap(), Request::Train(TrainOptions::default()));
        }
    }

    #[test]
    fn options_are_read_and_what_is_unknown_is_refused_by_name() {
        let event = json!({
            "action": "train", "trials": 2, "horizon_days": 90, "search": "grid", "search_trials": 12, "force": true,
        });
        let horizon_days = Some(Horizon::try_from(90).unwrap());
        assert_eq!(
            Request::of(event).unwrap(),
            Request::Train(TrainOptions {
                trials: Some(2),
                horizon_days,
                search: Strategy::Grid,
                search_trials: NonZeroUsize::new(12),
                force: true,
                holder: None
            })
        );
        for (event, named) in [
            (json!({"action": "fly"}), "fly"),
            (json!({"action": "train", "horizon_days": 0}), "0 days"),
            (json!({"action": "train", "search_trials": 0}), "nonzero"),
            (json!({"action": "erase"}), "customer_id"),
        ] {
            let message = Request::of(event).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }
}
