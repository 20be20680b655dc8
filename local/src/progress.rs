//! What happens, shown to people on stderr: bars and spinners on a terminal, plain lines elsewhere. stdout is never
//! touched: it belongs to the JSON.

use std::fmt::Display;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The place where progress is shown. Cheap to clone.
#[derive(Clone)]
pub struct Progress {
    bars: Option<MultiProgress>,
}

/// One piece of work that is shown while it lasts.
pub struct Task {
    bar: Option<ProgressBar>,
    progress: Progress,
}

impl Progress {
    /// Progress on stderr.
    pub fn on_stderr() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(MultiProgress::new) }
    }

    /// No progress at all.
    pub fn silent() -> Self {
        let bars = MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::hidden());
        Self { bars: Some(bars) }
    }

    /// A line that stays.
    pub fn say(&self, line: impl Display) {
        match &self.bars {
            // A closed stderr is no reason to stop working.
            Some(bars) => drop(bars.println(line.to_string())),
            None => eprintln!("{line}"),
        }
    }

    /// Work on `of` things.
    pub fn counted(&self, name: &str, of: u64) -> Task {
        self.task(name, ProgressBar::new(of), "{spinner} {prefix:<10} {wide_bar} {pos}/{len} {msg}")
    }

    /// Work of unknown length.
    pub fn uncounted(&self, name: &str) -> Task {
        self.task(name, ProgressBar::new_spinner(), "{spinner} {prefix:<10} {elapsed} {wide_msg}")
    }

    fn task(&self, name: &str, bar: ProgressBar, template: &str) -> Task {
        let Some(bars) = &self.bars else {
            eprintln!("{name} …");
            return Task { bar: None, progress: self.clone() };
        };
        let style = ProgressStyle::with_template(template).expect("the templates above are valid");
        let bar = bars.add(bar.with_style(style).with_prefix(name.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(120));
        Task { bar: Some(bar), progress: self.clone() }
    }
}

impl Task {
    /// Says what is being done right now.
    pub fn now(&self, message: impl Display) {
        if let Some(bar) = &self.bar {
            bar.set_message(message.to_string());
        }
    }

    /// Counts one more thing done.
    pub fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Sets how many things are done.
    pub fn reach(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }

    /// Sets how many things there are.
    pub fn plan(&self, of: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
        }
    }

    /// Leaves one line about the work.
    pub fn say(&self, line: impl Display) {
        self.progress.say(line);
    }

    /// Ends the work, leaving one line about it.
    pub fn done(self, line: impl Display) {
        self.say(line);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
