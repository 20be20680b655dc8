//! Work on all cores whose results come in order: in flow items from one source, out go results to one taker, in the
//! order of the items, whatever core was faster. No more items are under way than twice the workers, so memory does not
//! grow with their number.
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where items come from.
struct Intake<F> {
    source: F,
    next: usize,
    ended: bool,
}

/// Where results go.
struct Outlet<F, R, E> {
    taker: F,
    turn: usize,
    /// Results, by the place of their item, that came before their turn.
    parked: BTreeMap<usize, Result<R, E>>,
    failure: Option<E>,
    /// A worker panicked: its turn never comes.
    broken: bool,
}

impl<F: FnMut(R) -> Result<(), E>, R, E> Outlet<F, R, E> {
    /// Hands over what is there without a gap. Behind a failure nothing is taken.
    fn take_turns(&mut self) {
        while let Some(result) = self.parked.remove(&self.turn) {
            self.turn += 1;
            if self.failure.is_none() {
                self.failure = result.and_then(&mut self.taker).err();
            }
        }
    }
}

/// How many workers make use of this machine's cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(16)
}

/// Takes items from `source` until it has none, works on them with `workers` threads, each with a state of its own, and
/// hands the results to `taker` in order. The first failure of any of the three, in that order, ends it.
pub(crate) fn in_order<S, T: Send, R: Send, E: Send>(
    workers: usize,
    source: impl FnMut() -> Result<Option<T>, E> + Send,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> Result<R, E> + Sync,
    taker: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let intake = Mutex::new(Intake { source, next: 0, ended: false });
    let outlet = Mutex::new(Outlet { taker, turn: 0, parked: BTreeMap::new(), failure: None, broken: false });
    let turned = Condvar::new();
    let worker = || {
        let watch = Watch { outlet: &outlet, turned: &turned };
        let mut state = state();
        while let Some((place, item)) = next_item(&intake) {
            let result = item.and_then(|item| work(&mut state, item));
            let mut outlet = lock(&outlet);
            // Whose turn it is never waits, and takes those along that wait for it.
            while outlet.turn != place && outlet.parked.len() >= workers && !outlet.broken {
                outlet = turned.wait(outlet).unwrap_or_else(PoisonError::into_inner);
            }
            if outlet.broken {
                break;
            }
            outlet.parked.insert(place, result);
            outlet.take_turns();
            turned.notify_all();
            if outlet.failure.is_some() {
                drop(outlet);
                lock(&intake).ended = true;
            }
        }
        drop(watch);
    };
    std::thread::scope(|scope| {
        for _ in 1..workers.max(1) {
            scope.spawn(worker);
        }
        worker();
    });
    let outlet = outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
    outlet.failure.map_or(Ok(()), Err)
}

fn next_item<T, E, F: FnMut() -> Result<Option<T>, E>>(intake: &Mutex<Intake<F>>) -> Option<(usize, Result<T, E>)> {
    let mut intake = lock(intake);
    if intake.ended {
        return None;
    }
    let item = (intake.source)().transpose();
    intake.ended = !matches!(item, Some(Ok(_)));
    let place = intake.next;
    intake.next += 1;
    item.map(|item| (place, item))
}

/// What the mutex holds, also after a panic: what it guards here is whole at every moment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the others when its worker panics, so that none waits for a turn that never comes.
struct Watch<'a, F, R, E> {
    outlet: &'a Mutex<Outlet<F, R, E>>,
    turned: &'a Condvar,
}

impl<F, R, E> Drop for Watch<'_, F, R, E> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.outlet).broken = true;
            self.turned.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn results_come_in_the_order_of_their_items(items in 0_u64..200, workers in 1_usize..6) {
            let (mut next, mut taken) = (0, Vec::new());
            let done = in_order(
                workers,
                || Ok::<_, ()>((next < items).then(|| { next += 1; next })),
                || (),
                |(), item| {
                    if item % 3 == 0 {
                        std::thread::yield_now();
                    }
                    Ok(item)
                },
                |item| { taken.push(item); Ok(()) },
            );
            prop_assert_eq!(done, Ok(()));
            prop_assert_eq!(taken, (1..=items).collect::<Vec<_>>());
        }

        #[test]
        fn the_first_failure_in_order_is_the_one_that_is_told(fails in 1_u64..50, workers in 1_usize..6) {
            let (mut next, mut taken) = (0, 0);
            let done = in_order(
                workers,
                || { next += 1; Ok::<_, u64>(Some(next)) },
                || (),
                |(), item| if item >= fails { Err(item) } else { Ok(item) },
                |item| { taken = item; Ok(()) },
            );
            prop_assert_eq!((done, taken), (Err(fails), fails - 1));
        }
    }

    #[test]
    fn a_panic_of_one_worker_ends_the_others() {
        let mut next = 0;
        let work = std::panic::AssertUnwindSafe(|| {
            in_order(
                4,
                || {
                    next += 1;
                    Ok::<_, ()>((next < 100).then_some(next))
                },
                || (),
                |(), item| {
                    assert!(item != 7, "seven");
                    Ok(item)
                },
                |_| Ok(()),
            )
        });
        assert!(std::panic::catch_unwind(work).is_err());
    }
}
