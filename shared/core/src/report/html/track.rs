//! The page's part on past scorings: in flows a report, out flows a table of what was predicted and what came true, or
//! nothing where nothing was ever scored before.
use super::{Report, amount, count, heading, paragraph, table};
use crate::model::card::{percent, shown};

/// Scorings that the page shows at most, the latest cutoffs.
const SHOWN: usize = 24;

pub(super) fn held(report: &Report, page: &mut String) {
    let Some(record) = &report.track_record else { return };
    heading(page, "What past scorings came to");
    if record.scorings.is_empty() {
        let text = "No scoring's horizon has passed yet: this fills as time goes on.";
        return paragraph(page, "quiet", text);
    }
    let text = "What everyone scored was expected to spend, and did spend, once all of the predicted days had passed.";
    paragraph(page, "quiet", text);
    let rows = record.scorings.iter().take(SHOWN).map(|line| {
        let [gini, _, _, mae, _, level, _] = shown(&line.metrics).map(|(_, value)| value);
        let cells = [
            format!("{} for {}", line.scoring.cutoff, line.scoring.horizon),
            count(line.customers),
            amount(line.predicted),
            amount(line.realised),
            level,
            mae,
            gini,
            percent(line.inside, 1),
            line.scoring.model_id.clone(),
        ];
        (false, cells)
    });
    let heads =
        ["from", "customers", "predicted", "realised", "predicted ÷ realised", "MAE", "Gini", "inside 80 %", "model"];
    table(page, heads, rows);
}
