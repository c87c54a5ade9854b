//! A lane: one partition for as long as it is read in one go. After a rebalance or an abort the partition is read
//! on a fresh lane, and what is still on its way on the old one is dropped.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::budget::Load;
use crate::message::{Message, Partition, Position, RawArticle};

/// Counts the rewinds of the whole service. The outlet turns it on when it aborts; every lane opened before then
/// has come to its end.
#[derive(Debug, Default)]
pub(super) struct Epoch(AtomicU64);

impl Epoch {
    /// The present epoch.
    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Ends all lanes there are.
    pub(super) fn turn(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// One partition, read in one go from its floor on.
#[derive(Debug)]
pub(super) struct Lane {
    /// Tells lanes apart, also those of one partition.
    pub(super) id: u64,
    pub(super) partition: Partition,
    epoch: u64,
    given_up: AtomicBool,
    floor: AtomicI64,
}

impl Lane {
    pub(super) fn new(id: u64, partition: Partition, epoch: u64, floor: Option<i64>) -> Self {
        Self { id, partition, epoch, given_up: AtomicBool::new(false), floor: AtomicI64::new(floor.unwrap_or(-1)) }
    }

    /// Whether what is on this lane still counts.
    pub(super) fn open(&self, epoch: &Epoch) -> bool {
        self.epoch == epoch.now() && !self.given_up.load(Ordering::Acquire)
    }

    /// Ends the lane, because the partition was revoked.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// The offset to read on from after an abort; none before the first article.
    pub(super) fn floor(&self) -> Option<i64> {
        Some(self.floor.load(Ordering::Acquire)).filter(|floor| *floor >= 0)
    }

    /// Everything below `offset` has ended.
    pub(super) fn raise_floor(&self, offset: i64) {
        self.floor.fetch_max(offset, Ordering::AcqRel);
    }
}

/// Articles of one lane on their way to a worker, in the order read.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) lane: Arc<Lane>,
    /// Counts the chunks of a lane from 0.
    pub(super) number: u64,
    pub(super) articles: Vec<RawArticle>,
    pub(super) load: Load,
}

/// A chunk whose articles have all been enriched.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) lane: Arc<Lane>,
    /// That of the [`Chunk`].
    pub(super) number: u64,
    pub(super) articles: Vec<Ended>,
    pub(super) load: Load,
}

/// An article that has been enriched or given up.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) offset: i64,
    /// That of the record received.
    pub(super) timestamp: Option<i64>,
    pub(super) messages: Vec<Message>,
}

/// Positions whose messages the broker refuses, which therefore end as dead letters when they are read again.
#[derive(Debug, Default)]
pub(super) struct Condemned {
    any: AtomicBool,
    positions: Mutex<Vec<(Position, Verdict)>>,
}

/// Why a position is condemned.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) too_large: bool,
    pub(super) why: String,
}

impl Condemned {
    /// The verdict on `position`, if there is one.
    pub(super) fn find(&self, position: &Position) -> Option<Verdict> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.iter().find(|(condemned, _)| condemned == position).map(|(_, verdict)| verdict.clone())
    }

    pub(super) fn add(&self, position: Position, verdict: Verdict) {
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.push((position, verdict));
        self.any.store(true, Ordering::Release);
    }

    /// Forgets the positions that have ended, being below the committed offset of their partition.
    pub(super) fn forget(&self, committed: &[Position]) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let mut positions = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        positions.retain(|(condemned, _)| {
            !committed.iter().any(|next| next.partition == condemned.partition && next.offset > condemned.offset)
        });
        self.any.store(!positions.is_empty(), Ordering::Release);
    }
}
