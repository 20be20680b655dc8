//! One lock per key, from a fixed number of them.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Keys share locks by hash: two keys may wait for each other, but no two writers of one key ever run at once.
const LOCKS: usize = 256;

/// Locks of keys. A writer holds its key's lock while it checks its condition and renames, never while it
/// receives a body; a reader while it opens the file and reads what is known of it.
pub(crate) struct KeyLocks {
    hasher: RandomState,
    locks: Vec<RwLock<()>>,
}

impl KeyLocks {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), locks: (0..LOCKS).map(|_| RwLock::new(())).collect() }
    }

    /// Waits until nobody writes `key`. Poisoning means nothing here: the files are the state, not the lock.
    pub(crate) fn read(&self, key: &str) -> RwLockReadGuard<'_, ()> {
        self.of(key).read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else reads or writes `key`.
    pub(crate) fn write(&self, key: &str) -> RwLockWriteGuard<'_, ()> {
        self.of(key).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, key: &str) -> &RwLock<()> {
        &self.locks[self.hasher.hash_one(key) as usize % LOCKS]
    }
}
