//! The same work on many things, by several threads.
//!
//! Threads that wait here do nothing else. A work-stealing pool would run other work meanwhile, and other work may
//! wait for the very thing that is being made: a folder index, for instance, is made once while everybody waits.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to every item with up to `threads` threads; results stand in the order of the items.
///
/// ```
/// assert_eq!(pacto_oci::parallel::map(4, &[1, 2, 3], |number| number * 2), [2, 4, 6]);
/// ```
pub fn map<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if threads <= 1 || items.len() <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(items.len())).map(|_| scope.spawn(worker)).collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Vec<(usize, R)>>| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().flat_map(join).collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Number of processors.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_with_any_number_of_threads() {
        let items: Vec<usize> = (0..1_000).collect();
        for threads in [0, 1, 2, 16, 5_000] {
            assert_eq!(map(threads, &items, |item| item + 1), (1..=1_000).collect::<Vec<_>>());
        }
    }
}
