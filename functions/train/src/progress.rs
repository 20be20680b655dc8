//! What a person who waits is shown. The training tells; whoever called it decides whether anybody listens.

/// Listens to a training's progress.
pub trait Progress: Send + Sync {
    /// `done` of `planned` steps are done; `what` comes next.
    fn step(&self, done: usize, planned: usize, what: &str);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _done: usize, _planned: usize, _what: &str) {}
}
