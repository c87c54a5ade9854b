//! What workers enrich with, and how another takes its place while the service runs: the outlet puts it there between
//! two transactions, takes back what is in flight and has it read again, so that no transaction holds the work of both.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::message::Enrich;

/// What workers enrich with; clones are the same one.
#[derive(Clone)]
pub struct Enrichment(Arc<Shared>);

struct Shared {
    now: RwLock<Arc<dyn Enrich>>,
    next: Mutex<Option<Arc<dyn Enrich>>>,
}

impl Enrichment {
    pub(super) fn new(enrich: Arc<dyn Enrich>) -> Self {
        Self(Arc::new(Shared { now: RwLock::new(enrich), next: Mutex::new(None) }))
    }

    /// Has `next` take the place of what there is, at the next border between two transactions. Where several come
    /// before it, the last one counts.
    pub fn replace(&self, next: Arc<dyn Enrich>) {
        *self.0.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(next);
    }

    pub(super) fn now(&self) -> Arc<dyn Enrich> {
        Arc::clone(&self.0.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether another one waits for the border.
    pub(super) fn waits(&self) -> bool {
        self.0.next.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Puts it in its place.
    pub(super) fn turn(&self) {
        if let Some(next) = self.0.next.lock().unwrap_or_else(PoisonError::into_inner).take() {
            *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
    }
}

impl fmt::Debug for Enrichment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrichment").field("waits", &self.waits()).finish_non_exhaustive()
    }
}
