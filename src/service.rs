//! The running service: an intake thread, worker threads and an outlet thread, and a watchdog beside them.
//!
//! ```text
//!  intake ── chunks of articles ──▶ workers ── chunks of messages ──▶ outlet
//!    ▲                                                                   │
//!    └──────────────────── rewind, released, drained ◀───────────────────┘
//! ```
//!
//! - The **intake** polls and never blocks. It hands articles on in chunks, each of one partition and numbered, and
//!   pauses when too much is in flight.
//! - **Workers** enrich; a panic costs an article its enrichment and never the article.
//! - The **outlet** puts the chunks of a partition back in order, sends them and commits their offsets with them. It
//!   alone decides what is committed, and so what is to be read again.
//! - The **watchdog** ends the service when one of the others stands still: calls of a client can hang for ever.
//!
//! No channel can grow without bound or block its sender: the articles in flight are counted from poll to commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::enrichment::Enrichment;
pub use self::status::{Counter, Counters, Durations, Progress, State, Status};
pub use self::watchdog::Running;
use crate::io::{Delivery, Intake, Outlet};
use crate::message::Enrich;
use crate::settings::{Bytes, Problem, Time};

pub mod breaker;
mod budget;
mod enrichment;
mod intake;
mod lane;
mod outlet;
mod status;
mod tracker;
mod watchdog;
mod workers;

/// How the service runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What readers of the output can rely on. `exactly_once` commits records and offsets in one transaction; its
    /// readers must set `isolation.level=read_committed`. `at_least_once` has less latency, and repeats some articles
    /// after a fault.
    pub delivery: Delivery,
    /// Threads that enrich articles. Not set: one for each core, as enrichment is bound by computing.
    pub workers: Option<usize>,
    /// The most that may be in flight from poll to commit; fetching pauses there and goes on at half of it. Enough to
    /// keep every core busy through a commit or a short outage, little enough to be read again after an abort.
    pub max_in_flight: Bytes,
    /// The longest that a finished article waits for its commit. Longer means fewer, larger transactions; the wait is
    /// the latency that readers see while the feed is busy. When nothing else is in flight a commit comes sooner.
    pub commit_interval: Time,
    /// Commit when this many articles wait for it.
    pub commit_records: usize,
    /// Commit when this many bytes wait for it.
    pub commit_bytes: Bytes,
    /// The time from the first signal to the end of the process: half of it to finish what is in flight, the rest to
    /// commit and close. Keep it below the grace that the orchestrator gives (Kubernetes: 30 s).
    pub shutdown_deadline: Time,
    /// A thread that stands still for this long ends the process, with exit code 70: calls of the Kafka client can
    /// hang past their own timeout, and only a new process gets out of that. Must exceed `kafka.transaction_timeout`,
    /// which bounds the longest wait in a healthy thread. An article may take ten times as long.
    pub stall_deadline: Time,
    /// `[service.breaker]`
    pub breaker: breaker::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delivery: Delivery::ExactlyOnce,
            workers: None,
            max_in_flight: Bytes::mib(64),
            commit_interval: Time::millis(200),
            commit_records: 1000,
            commit_bytes: Bytes::mib(8),
            shutdown_deadline: Time::seconds(20),
            stall_deadline: Time::seconds(60),
            breaker: breaker::Settings::default(),
        }
    }
}

impl Settings {
    /// What is wrong with these settings.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut demand = |right: bool, key: &str, what: &str| {
            if !right {
                problems.push(Problem::new(format!("service.{key}"), what));
            }
        };
        demand(self.workers != Some(0), "workers", "no thread would enrich anything; set at least 1, or leave it out");
        demand(self.max_in_flight >= Bytes::mib(1), "max_in_flight", "too small to work with; set at least 1MiB");
        demand(self.commit_records > 0, "commit_records", "nothing would ever be committed; set at least 1");
        demand(self.commit_bytes.0 > 0, "commit_bytes", "nothing would ever be committed; set at least 1KiB");
        demand(
            self.commit_bytes <= self.max_in_flight,
            "commit_bytes",
            "more than service.max_in_flight, so it would never be reached; set it lower",
        );
        demand(
            self.commit_interval <= Time::seconds(10),
            "commit_interval",
            "so long a transaction holds up its readers and times out; set at most 10s",
        );
        demand(
            self.shutdown_deadline >= Time::seconds(2),
            "shutdown_deadline",
            "too short to commit and leave the group; set at least 2s",
        );
        demand(
            self.stall_deadline >= Time::seconds(10),
            "stall_deadline",
            "a slow broker would end the service; set at least 10s",
        );
        problems.extend(self.breaker.problems());
        problems
    }

    /// The number of worker threads.
    pub fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
    }
}

/// Ends the service in good order; clones end the same one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// Begins the end: no further article is read, what is in flight is finished and committed.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the end has begun.
    pub fn begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How the service ended.
#[derive(Debug)]
pub enum Exit {
    /// As it was told to, with everything committed or left to be read again.
    Finished,
    /// By an error that no further attempt can mend.
    Failed(anyhow::Error),
    /// A thread stood still, or the end took too long; the process must end, as the thread cannot be joined. Nothing
    /// is lost: what was not committed is read again.
    Stalled(String),
}

impl Exit {
    /// The exit code of the process.
    pub fn code(&self) -> u8 {
        match self {
            Self::Finished => 0,
            Self::Failed(_) => 1,
            Self::Stalled(_) => 70,
        }
    }
}

/// Starts the service; it runs until `shutdown` begins or it can not go on.
///
/// `intake` and `outlet` are opened on the threads that own them, so that a client never changes hands. `status` must
/// be a fresh one.
///
/// # Errors
/// When a thread can not be started.
pub fn start<I, O>(
    settings: &Settings,
    (intake, outlet): (
        impl FnOnce() -> anyhow::Result<I> + Send + 'static,
        impl FnOnce() -> anyhow::Result<O> + Send + 'static,
    ),
    enrich: Arc<dyn Enrich>,
    status: Arc<Status>,
    shutdown: Shutdown,
) -> anyhow::Result<Running>
where
    I: Intake,
    O: Outlet,
{
    watchdog::start(settings, (intake, outlet), enrich, status, shutdown)
}

/// How many stall deadlines an article may take: a long one is slow by itself, and to start anew would not help it.
const PATIENCE_WITH_WORKERS: u32 = 10;

/// The longest pause of a loop between two looks at its channels.
const TICK: Duration = Duration::from_millis(100);

/// The most articles in flight, however small they are; also the capacity of the channels, which therefore never
/// block their senders.
const MAX_ARTICLES: usize = 16 * 1024;
