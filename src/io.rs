//! The two doors of the service: an intake that articles come in by, an outlet that messages leave by.
//!
//! `service` runs on any pair of them: [`kafka`] is the real one, [`memory`] a Kafka in memory with which the run
//! loop is tested under injected faults. Each door is owned by one thread for its whole life.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::{Message, Partition, Position, RawArticle};

pub mod kafka;
pub mod memory;

/// What a reader of the output can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Records and offsets are committed in one transaction: a `read_committed` reader sees each article once.
    ExactlyOnce,
    /// Offsets are committed after their records: nothing is lost, some articles come twice after a fault.
    AtLeastOnce,
}

/// What an intake has to tell.
#[derive(Debug)]
pub enum Event {
    /// An article of a partition that is assigned to us.
    Article(RawArticle),
    /// Partitions that are ours from now on, beyond those we have; none if the group has no work for us.
    Assigned(Vec<Partition>),
    /// Partitions to give up. They stay ours, and no further rebalance begins, until [`Intake::release`].
    Revoked {
        /// The partitions, all of them ours.
        partitions: Vec<Partition>,
        /// They may belong to another member already: whatever is uncommitted of them must be aborted.
        lost: bool,
        /// The group waits no longer than this before it goes on without us.
        within: Duration,
    },
    /// The broker no longer has, or not yet, the record to go on with at this position; reading goes on at the oldest
    /// record there is.
    Reset(Position),
    /// The intake cannot do its work at present and goes on trying; the text says why and names the mend.
    Waiting(String),
    /// How the input stands.
    Report(Report),
}

/// How the input stands, told every few seconds.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Whether any broker can be reached.
    pub reachable: bool,
    /// Per assigned partition, the offset after the last record that can be read.
    pub ends: Vec<Position>,
}

/// Where articles come in. Every call returns within moments, but for [`Intake::close`].
pub trait Intake {
    /// The next event, or none after at most `wait`.
    ///
    /// # Errors
    /// When the intake can never go on (it is fenced, or not allowed to read).
    fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<Event>>;

    /// Gives up the partitions of the last [`Event::Revoked`].
    ///
    /// # Errors
    /// When the group refuses; the intake can not go on.
    fn release(&mut self) -> anyhow::Result<()>;

    /// Stops fetching from `partitions`; an article polled before may still come.
    fn pause(&mut self, partitions: &[Partition]);

    /// Fetches from `partitions` again.
    fn resume(&mut self, partitions: &[Partition]);

    /// Goes back, or on, to `position`: once this has succeeded the next article of its partition is the first at or
    /// after it.
    ///
    /// # Errors
    /// When the position could not be taken; the caller tries again.
    fn seek(&mut self, position: &Position) -> anyhow::Result<()>;

    /// Leaves the group, so that other members take over at once.
    fn close(self);
}

/// Where messages leave. Calls may take seconds, each is bounded; waits within a call beat the [`Pulse`].
pub trait Outlet {
    /// Makes ready to publish, with a fresh client, and ends whatever a predecessor left open.
    ///
    /// # Errors
    /// [`Fault::Retry`] while that is not possible yet, [`Fault::Fatal`] if it never will be.
    fn open(&mut self) -> Result<(), Fault>;

    /// Publishes `message` after those sent before; begins a transaction if none is open.
    ///
    /// # Errors
    /// Any but [`Fault::Retry`].
    fn send(&mut self, message: Message) -> Result<(), Fault>;

    /// Waits until everything sent has been taken by the broker.
    ///
    /// # Errors
    /// Any but [`Fault::Retry`].
    fn settle(&mut self) -> Result<(), Fault>;

    /// Settles, and ends the transaction: everything sent, together with `next`, the offsets to go on from.
    ///
    /// # Errors
    /// Any but [`Fault::Retry`]. After [`Fault::Replace`] the transaction may have been committed or not.
    fn commit(&mut self, next: &[Position]) -> Result<(), Fault>;

    /// Takes back everything since the last commit.
    ///
    /// # Errors
    /// [`Fault::Replace`] or [`Fault::Fatal`].
    fn abort(&mut self) -> Result<(), Fault>;

    /// The offsets to go on from in `partitions`, as far as any were ever committed.
    ///
    /// # Errors
    /// [`Fault::Retry`] while they cannot be told, [`Fault::Fatal`] if they never will be.
    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<Position>, Fault>;

    /// Closes the client; what is uncommitted is taken back.
    fn close(self);
}

/// Why an outlet's call failed, told as what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing has changed; the same call may succeed later.
    #[error("{0}")]
    Retry(String),
    /// The transaction must be aborted and its articles read again.
    #[error("{0}")]
    Abort(String),
    /// The client is of no more use: a fresh one must be opened and the articles read again.
    #[error("{0}")]
    Replace(String),
    /// The broker refuses messages for what they are. Abort, and do not send those again.
    #[error("refused: {why}")]
    Refused {
        /// Which, counted from 0 in the order sent since the last commit or abort; those of a batch are refused
        /// together, so that not all of them need be at fault.
        which: Vec<usize>,
        /// They are too large, rather than invalid in another way.
        too_large: bool,
        /// The broker's words.
        why: String,
    },
    /// No later attempt can succeed.
    #[error("{0}")]
    Fatal(String),
}

/// Proof that a thread's loop turns: the thread beats it, a watchdog looks how long ago that was.
#[derive(Debug)]
pub struct Pulse {
    born: Instant,
    millis: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { born: Instant::now(), millis: AtomicU64::new(0) }
    }
}

impl Pulse {
    /// The thread is at work.
    pub fn beat(&self) {
        let millis = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    /// How long ago the last beat was.
    pub fn age(&self) -> Duration {
        self.born.elapsed().saturating_sub(Duration::from_millis(self.millis.load(Ordering::Relaxed)))
    }
}
