//! What is in flight, from poll to commit: how many articles, how many bytes, since when.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Articles and bytes in flight, shared by all threads.
#[derive(Debug, Default)]
pub struct Budget {
    articles: AtomicUsize,
    bytes: AtomicUsize,
    finished: AtomicUsize,
    loads: AtomicU64,
    since: Mutex<BTreeMap<u64, Instant>>,
}

impl Budget {
    /// Articles in flight.
    pub fn articles(&self) -> usize {
        self.articles.load(Ordering::Acquire)
    }

    /// Bytes in flight: of an article until it is enriched, of its messages from then on.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Those of the bytes that are messages, and wait for the outlet or for their commit.
    pub fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    /// How long the oldest article in flight has been so.
    pub fn oldest(&self) -> Option<Duration> {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.first_key_value().map(|(_, since)| since.elapsed())
    }

    /// An empty load, whose articles count as in flight until it is dropped.
    pub fn load(self: &Arc<Self>) -> Load {
        let id = self.loads.fetch_add(1, Ordering::Relaxed);
        self.since.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Instant::now());
        Load { budget: Arc::clone(self), id, articles: 0, bytes: 0, finished: 0 }
    }
}

/// A part of the budget, given back when dropped: however its articles end, they are not counted for ever.
#[derive(Debug)]
pub struct Load {
    budget: Arc<Budget>,
    id: u64,
    articles: usize,
    bytes: usize,
    finished: usize,
}

impl Load {
    /// Takes up one more article of `bytes`.
    pub fn add(&mut self, bytes: usize) {
        self.articles += 1;
        self.bytes += bytes;
        self.budget.articles.fetch_add(1, Ordering::AcqRel);
        self.budget.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Its articles have become messages of `bytes` together.
    pub fn finish(&mut self, bytes: usize) {
        self.budget.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.finished.fetch_add(bytes, Ordering::Relaxed);
        self.budget.finished.fetch_sub(self.finished, Ordering::Relaxed);
        (self.bytes, self.finished) = (bytes, bytes);
    }

    /// Articles in it.
    pub fn articles(&self) -> usize {
        self.articles
    }

    /// Bytes in it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.budget.since.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.budget.articles.fetch_sub(self.articles, Ordering::AcqRel);
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.budget.finished.fetch_sub(self.finished, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A load that is not given back would pause the intake for ever.
    #[test]
    fn whatever_becomes_of_a_load_it_is_given_back() {
        let budget = Arc::new(Budget::default());
        let mut first = budget.load();
        let mut second = budget.load();
        first.add(10);
        first.add(5);
        second.add(1);
        first.finish(100);
        assert_eq!((budget.articles(), budget.bytes(), budget.finished()), (3, 101, 100));
        assert!(budget.oldest().is_some());
        drop(first);
        assert_eq!((budget.articles(), budget.bytes(), budget.finished()), (1, 1, 0));
        drop(second);
        assert_eq!((budget.articles(), budget.bytes(), budget.oldest()), (0, 0, None));
    }
}
