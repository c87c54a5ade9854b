//! What the running service tells about itself. The service writes it, telemetry reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::PATIENCE_WITH_WORKERS;
use super::budget::Budget;
use crate::dead_letter::Reason;
use crate::io::Pulse;
use crate::message::{Partition, Position};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts `n` more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that has been counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Articles polled, those read again after an abort included.
    pub received: Counter,
    /// Bytes of the values of those.
    pub received_bytes: Counter,
    /// Articles committed, whatever became of them.
    pub committed: Counter,
    /// Enriched records committed.
    pub enriched: Counter,
    /// Bytes of their values.
    pub enriched_bytes: Counter,
    /// Bytes of the values of dead letters committed.
    pub dead_bytes: Counter,
    dead: [Counter; Reason::ALL.len()],
    /// Articles dropped in flight, to be read again by us or by another member.
    pub dropped: Counter,
    /// Transactions committed.
    pub commits: Counter,
    /// How long commits took.
    pub commit_durations: Durations,
    /// Transactions aborted.
    pub aborts: Counter,
    /// Producers replaced.
    pub replacements: Counter,
    /// Assignments and revocations.
    pub rebalances: Counter,
    /// Times that the offset to go on from was not there.
    pub resets: Counter,
    /// Offsets skipped because their records were gone before they were read.
    pub skipped: Counter,
    /// Times that the service paused because too many articles ended as dead letters.
    pub trips: Counter,
    /// Times that another enrichment took the place of the one before.
    pub exchanges: Counter,
    /// Times that one was asked for and could not be loaded.
    pub refusals: Counter,
    /// Times that fetching was paused because too much was in flight.
    pub pauses: Counter,
}

impl Counters {
    /// Dead letters committed for `reason`.
    pub fn dead(&self, reason: Reason) -> &Counter {
        // `ALL` is in the order of declaration, and so of the discriminants.
        &self.dead[reason as usize]
    }
}

/// How long something took, counted by how long it took at most.
#[derive(Debug, Default)]
pub struct Durations {
    counts: [Counter; Self::BOUNDS.len() + 1],
    micros: Counter,
}

impl Durations {
    /// The most that counts in each bucket, seconds; what took longer is in one more.
    pub const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

    /// Counts one that took so long.
    pub fn add(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = Self::BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(Self::BOUNDS.len());
        self.counts[bucket].add(1);
        self.micros.add(u64::try_from(took.as_micros()).unwrap_or(0));
    }

    /// How many are in each bucket, the last the longest.
    pub fn counts(&self) -> [u64; Self::BOUNDS.len() + 1] {
        std::array::from_fn(|bucket| self.counts[bucket].get())
    }

    /// How long all of them took together, seconds.
    pub fn sum(&self) -> f64 {
        self.micros.get() as f64 / 1e6
    }
}

/// The longest of what was noted in this minute and the one before; one thread notes.
#[derive(Debug, Default)]
struct Longest {
    minute: AtomicU64,
    /// Milliseconds, of this minute and of the one before.
    longest: [AtomicU64; 2],
}

impl Longest {
    fn note(&self, minute: u64, took: Duration) {
        let [this, before] = &self.longest;
        let last = self.minute.swap(minute, Ordering::Relaxed);
        if minute != last {
            let ended = this.swap(0, Ordering::Relaxed);
            before.store(if minute == last + 1 { ended } else { 0 }, Ordering::Relaxed);
        }
        this.fetch_max(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_millis(self.longest.iter().map(|millis| millis.load(Ordering::Relaxed)).max().unwrap_or(0))
    }
}

/// What the service is doing, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has not joined the group yet.
    Starting,
    /// It is a member of the group and works when there is work.
    Running,
    /// It cannot work and goes on trying; the text says why and names the mend.
    Waiting(String),
    /// It finishes what is in flight.
    Stopping,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting => f.write_str("starting"),
            Self::Running => f.write_str("running"),
            Self::Waiting(why) => write!(f, "waiting: {why}"),
            Self::Stopping => f.write_str("stopping"),
        }
    }
}

/// How far an assigned partition has been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Offset after the last article committed by us; that of the first one polled until there is one, and none until then.
    pub committed: Option<i64>,
    /// Offset after the last record that can be read; none until the broker told.
    pub end: Option<i64>,
    /// Up to when the partition has been read, in milliseconds since the Unix epoch: the time of the last article
    /// committed (of the first one polled until there is one), or when nothing was left to read, if that was later.
    pub reached: Option<i64>,
}

impl Progress {
    /// Records between the two, as far as both are known.
    pub fn lag(self) -> Option<i64> {
        Some((self.end? - self.committed?).max(0))
    }

    /// How far behind that is in time; nought if nothing is left to read.
    pub fn lag_time(self) -> Option<Duration> {
        match self.lag()? {
            0 => Some(Duration::ZERO),
            _ => Some(Duration::from_millis(u64::try_from(epoch_millis() - self.reached?).unwrap_or(0))),
        }
    }

    fn look(&mut self) {
        if self.lag() == Some(0) {
            self.reached = self.reached.max(Some(epoch_millis()));
        }
    }
}

/// What the running service tells about itself.
#[derive(Debug)]
pub struct Status {
    /// Beats when the intake polls.
    pub intake: Pulse,
    /// Beats when the outlet looks for work or waits for the broker within a call.
    pub outlet: Arc<Pulse>,
    /// What is in flight.
    pub in_flight: Arc<Budget>,
    /// What has been counted.
    pub counters: Counters,
    stall_deadline: Duration,
    started: Instant,
    /// Milliseconds after `started` at which work was last committed, or began after none was there.
    progress: AtomicU64,
    /// Workers that have a chunk in hand.
    working: AtomicUsize,
    outlet_open: AtomicBool,
    joined: AtomicBool,
    stopping: AtomicBool,
    transaction_open: AtomicI64,
    intake_waits: Mutex<Option<String>>,
    outlet_waits: Mutex<Option<String>>,
    /// Why the circuit breaker is open.
    breaker: Mutex<Option<String>>,
    resume: AtomicBool,
    poll_gap: Longest,
    partitions: Mutex<BTreeMap<Partition, Progress>>,
}

impl Status {
    /// The status of a service about to start, which counts as stalled when it stands still past `stall_deadline`.
    pub fn new(stall_deadline: Duration) -> Self {
        Self {
            intake: Pulse::default(),
            outlet: Arc::default(),
            in_flight: Arc::default(),
            counters: Counters::default(),
            stall_deadline,
            started: Instant::now(),
            progress: AtomicU64::new(0),
            working: AtomicUsize::new(0),
            outlet_open: AtomicBool::new(false),
            joined: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            transaction_open: AtomicI64::new(-1),
            intake_waits: Mutex::default(),
            outlet_waits: Mutex::default(),
            breaker: Mutex::default(),
            resume: AtomicBool::new(false),
            poll_gap: Longest::default(),
            partitions: Mutex::default(),
        }
    }

    /// What the service is doing.
    pub fn state(&self) -> State {
        if self.stopping.load(Ordering::Relaxed) {
            return State::Stopping;
        }
        for waits in [&self.intake_waits, &self.outlet_waits, &self.breaker] {
            if let Some(why) = lock(waits).clone() {
                return State::Waiting(why);
            }
        }
        let running = self.joined.load(Ordering::Relaxed) && self.outlet_open.load(Ordering::Relaxed);
        if running { State::Running } else { State::Starting }
    }

    /// Whether the service can take on work: a member of the group in good standing, with an open outlet.
    pub fn ready(&self) -> bool {
        self.state() == State::Running
    }

    /// Whether it is worth to let the service go on; if not, which part stands still and for how long.
    ///
    /// A service that waits for the broker is live: starting it anew would not help.
    ///
    /// # Errors
    /// What stands still.
    pub fn live(&self) -> Result<(), String> {
        for (what, pulse) in [("intake", &self.intake), ("outlet", &*self.outlet)] {
            if pulse.age() > self.stall_deadline {
                return Err(format!("the {what} has stood still for {} s", pulse.age().as_secs()));
            }
        }
        let idle = self.since_progress();
        let patience = if self.working.load(Ordering::Relaxed) > 0 { PATIENCE_WITH_WORKERS } else { 1 };
        if self.state() == State::Running && self.in_flight.articles() > 0 && idle > patience * self.stall_deadline {
            return Err(format!("articles are in flight and none has ended for {} s", idle.as_secs()));
        }
        Ok(())
    }

    /// Whether the service pauses because too many articles ended as dead letters.
    pub fn breaker_open(&self) -> bool {
        lock(&self.breaker).is_some()
    }

    /// Ends such a pause as soon as possible; false if there is none.
    pub fn resume(&self) -> bool {
        let open = self.breaker_open();
        self.resume.store(open, Ordering::Relaxed);
        open
    }

    /// How long the open transaction has been open.
    pub fn transaction_age(&self) -> Option<Duration> {
        let opened = u64::try_from(self.transaction_open.load(Ordering::Relaxed)).ok()?;
        Some(self.started.elapsed().saturating_sub(Duration::from_millis(opened)))
    }

    /// The assigned partitions and how far each has been read.
    pub fn partitions(&self) -> BTreeMap<Partition, Progress> {
        lock(&self.partitions).clone()
    }

    /// Whether no partition is assigned.
    pub(super) fn idle(&self) -> bool {
        lock(&self.partitions).is_empty()
    }

    /// The longest time between two polls of the intake in this minute and the one before.
    pub fn poll_gap(&self) -> Duration {
        self.poll_gap.get()
    }

    /// The intake is about to poll.
    pub(super) fn polls(&self) {
        self.poll_gap.note(self.started.elapsed().as_secs() / 60, self.intake.age());
        self.intake.beat();
    }

    /// How long the service has been up.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn stall_deadline(&self) -> Duration {
        self.stall_deadline
    }

    pub(super) fn assigned(&self, partitions: &[Partition]) {
        self.joined.store(true, Ordering::Relaxed);
        self.counters.rebalances.add(1);
        let mut known = lock(&self.partitions);
        for partition in partitions {
            known.insert(partition.clone(), Progress::default());
        }
    }

    pub(super) fn revoked(&self, partitions: &[Partition], lost: bool) {
        if lost {
            self.joined.store(false, Ordering::Relaxed);
        }
        self.counters.rebalances.add(1);
        let mut known = lock(&self.partitions);
        for partition in partitions {
            known.remove(partition);
        }
    }

    /// Reading begins at `position`, whose article has this `timestamp`. A partition of which nothing is ever committed
    /// has a lag all the same: it is the one that somebody must hear of.
    pub(super) fn begins(&self, position: &Position, timestamp: Option<i64>) {
        if let Some(progress) = lock(&self.partitions).get_mut(&position.partition)
            && progress.committed.is_none()
        {
            progress.committed = Some(position.offset);
            progress.reached = progress.reached.max(timestamp);
        }
    }

    /// Everything before `next` is done; `reached` tells the timestamps of the last articles of it.
    pub(super) fn committed(&self, next: &[Position], reached: &BTreeMap<Partition, i64>) {
        self.moved();
        let mut known = lock(&self.partitions);
        for position in next {
            if let Some(progress) = known.get_mut(&position.partition) {
                progress.committed = Some(position.offset);
                progress.reached = progress.reached.max(reached.get(&position.partition).copied());
                progress.look();
            }
        }
    }

    pub(super) fn ends(&self, ends: &[Position]) {
        let mut known = lock(&self.partitions);
        for position in ends {
            if let Some(progress) = known.get_mut(&position.partition) {
                progress.end = Some(position.offset);
                progress.look();
            }
        }
    }

    /// Work went on, or began after there was none.
    pub(super) fn moved(&self) {
        self.progress.store(self.now(), Ordering::Relaxed);
    }

    /// A worker has taken up a chunk.
    pub(super) fn work_begins(&self) {
        self.working.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker has ended with its chunk.
    pub(super) fn work_ends(&self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
        self.moved();
    }

    pub(super) fn transaction(&self, open: bool) {
        let at = if open { i64::try_from(self.now()).unwrap_or(i64::MAX) } else { -1 };
        self.transaction_open.store(at, Ordering::Relaxed);
    }

    pub(super) fn intake_waits(&self, why: Option<String>) {
        *lock(&self.intake_waits) = why;
    }

    pub(super) fn outlet_waits(&self, why: Option<String>) {
        self.outlet_open.store(why.is_none(), Ordering::Relaxed);
        *lock(&self.outlet_waits) = why;
    }

    pub(super) fn breaker(&self, why: Option<String>) {
        *lock(&self.breaker) = why;
    }

    /// Whether the end of a pause has been asked for, once.
    pub(super) fn take_resume(&self) -> bool {
        self.resume.swap(false, Ordering::Relaxed)
    }

    pub(super) fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn since_progress(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.progress.load(Ordering::Relaxed)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The time of day, in milliseconds since the Unix epoch.
fn epoch_millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_remembered_for_a_minute_or_two() {
        let gap = Longest::default();
        gap.note(0, Duration::from_secs(3));
        gap.note(0, Duration::from_secs(1));
        assert_eq!(gap.get(), Duration::from_secs(3));
        gap.note(1, Duration::from_secs(2));
        assert_eq!(gap.get(), Duration::from_secs(3));
        gap.note(2, Duration::ZERO);
        assert_eq!(gap.get(), Duration::from_secs(2));
        gap.note(9, Duration::ZERO);
        assert_eq!(gap.get(), Duration::ZERO);
    }

    /// A partition that stood still for a day has no lag when nothing came, and a second's when something just did.
    #[test]
    fn lag_in_time_counts_from_when_there_was_something_to_read() {
        let mut progress = Progress { committed: Some(5), end: Some(5), reached: Some(epoch_millis() - 86_400_000) };
        assert_eq!(progress.lag_time(), Some(Duration::ZERO));
        progress.look();
        progress.end = Some(6);
        assert!(progress.lag_time().unwrap() < Duration::from_secs(60));
        progress.reached = Some(epoch_millis() - 90_000);
        assert!(progress.lag_time().unwrap() >= Duration::from_secs(90));
        assert_eq!(Progress { reached: None, ..progress }.lag_time(), None);
    }

    /// Two instances must not both speak for a partition that has moved.
    #[test]
    fn a_partition_that_is_given_up_has_no_lag_here_any_more() {
        let status = Status::new(Duration::from_secs(60));
        let of = |number| Partition { topic: "t".into(), number };
        let at = |number, offset| Position { partition: of(number), offset };
        let lag = |(of, progress): (Partition, Progress)| (of.number, progress.lag());
        let lags = || status.partitions().into_iter().map(lag).collect::<BTreeMap<_, _>>();
        status.assigned(&[of(0), of(1)]);
        status.begins(&at(0, 3), Some(0));
        status.ends(&[at(0, 9), at(1, 4)]);
        assert_eq!(lags(), BTreeMap::from([(0, Some(6)), (1, None)]));
        status.committed(&[at(0, 5), at(1, 4)], &BTreeMap::new());
        status.begins(&at(0, 5), Some(0));
        assert_eq!(lags(), BTreeMap::from([(0, Some(4)), (1, Some(0))]));
        status.revoked(&[of(0)], false);
        // What was under way when it went comes too late.
        status.committed(&[at(0, 6)], &BTreeMap::new());
        status.ends(&[at(0, 9)]);
        assert_eq!(lags(), BTreeMap::from([(1, Some(0))]));
        status.revoked(&[of(1)], true);
        assert!(status.partitions().is_empty() && status.idle());
    }

    #[test]
    fn a_duration_is_counted_where_it_belongs() {
        let durations = Durations::default();
        for millis in [5, 6, 20_000] {
            durations.add(Duration::from_millis(millis));
        }
        assert_eq!((durations.counts()[..2].to_vec(), durations.counts()[11]), (vec![1, 1], 1));
        assert!((durations.sum() - 20.011).abs() < 1e-9);
    }
}
