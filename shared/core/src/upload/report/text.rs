//! The report for people. In flows a report; out flow a few lines of plain text. Says nothing that is not in it.
use super::UploadReport;
use std::fmt::Write;

impl UploadReport {
    /// The report for people: a few lines of plain text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.key);
        if let Some(reason) = &self.unreadable {
            let _ = writeln!(text, "  not read: {reason}");
            return text;
        }
        if let Some(by) = &self.read_by {
            let _ = writeln!(text, "  read as {} ({} version {}): {}", by.table, by.adapter, by.version, by.why);
        }
        let by = self.read_by.as_ref().map(|by| &by.conventions);
        if by.is_some_and(|by| by.from_zero) {
            let _ = writeln!(text, "  customers are counted from 0: 0 is one of them");
        }
        if by.is_some_and(|by| by.counted_days) {
            let _ = writeln!(text, "  dates like 45658 were read as a spreadsheet counts days: 2025-01-01");
        }
        for (sheets, what) in self.read_by.iter().flat_map(|by| {
            [(&by.format.sheets_alike, "sheets read as well"), (&by.format.sheets_left, "sheets not read")]
        }) {
            if !sheets.is_empty() {
                let _ = writeln!(text, "  {what}: {}", sheets.join(", "));
            }
        }
        let Self { rows, kept, rejected, merged, .. } = self;
        let _ = write!(text, "  {rows} rows = {kept} kept + {rejected} rejected + {merged} merged");
        let _ = match self.erased.rows {
            0 => writeln!(text),
            erased => writeln!(text, " + {erased} erased, {}", self.erased.money),
        };
        if self.erased.rows > 0 && *rejected > 0 {
            let _ =
                writeln!(text, "  rejected rows of who was erased are removed as well, and stay counted as rejected");
        }
        let _ = writeln!(text, "  {} of {} in money kept", self.money_kept, self.money_in);
        if let (Some(first), Some(last)) = (self.first_day, self.last_day) {
            let _ = writeln!(text, "  from {first} to {last}");
        }
        for (reason, tally) in &self.rejects {
            let _ = writeln!(text, "  rejected: {} {} rows, {}", reason.name(), tally.rows, tally.money);
        }
        for (rule, tally) in &self.rules {
            let _ = writeln!(text, "  noticed: {} {} rows, {}", rule.name(), tally.rows, tally.money);
        }
        text
    }
}
