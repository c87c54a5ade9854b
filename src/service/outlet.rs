//! The outlet thread: sends what has finished, in order, and commits it together with its offsets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::breaker::{Breaker, PROBE};
use super::budget::Load;
use super::enrichment::Enrichment;
use super::intake::Answer;
use super::lane::{Condemned, Ended, Epoch, Finished, Lane, Verdict};
use super::status::Status;
use super::tracker::Tracker;
use super::{Settings, Shutdown, TICK};
use crate::dead_letter::Reason;
use crate::io::{Fault, Outlet};
use crate::message::{Destination, Message, Partition, Position};

/// What the outlet is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Send and commit this in its turn.
    Finished(Finished),
    /// End the open transaction if it holds anything of these lanes, which have been given up.
    Revoke { number: u64, lanes: Vec<Arc<Lane>>, lost: bool },
    /// Commit what is still in flight, as far as time allows, and end.
    Drain,
}

/// The wait after the first abort that follows an abort; doubled at each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The longest distance between two commits that are made for want of other work.
const QUIET_DISTANCE: Duration = Duration::from_millis(50);

/// How long a test of the breaker waits for more articles than have come.
const PROBE_WAIT: Duration = Duration::from_secs(1);

/// What the outlet thread works with.
pub(super) struct Publisher<O> {
    pub(super) outlet: O,
    pub(super) settings: Settings,
    pub(super) enrichment: Enrichment,
    pub(super) epoch: Arc<Epoch>,
    pub(super) condemned: Arc<Condemned>,
    pub(super) status: Arc<Status>,
    pub(super) shutdown: Shutdown,
    pub(super) orders: Receiver<Order>,
    pub(super) intake: Sender<Answer>,
    pub(super) work: Work,
}

/// What the outlet has in hand.
#[derive(Debug)]
pub(super) struct Work {
    tracker: Tracker<Finished>,
    transaction: Transaction,
    /// Positions that were refused together with others, and are sent alone to find out which is at fault.
    suspects: BTreeSet<Position>,
    breaker: Breaker,
    /// What waits for the judgement of the breaker's test.
    probed: Vec<Finished>,
    probed_since: Option<Instant>,
    /// Aborts since the last commit, and when the last of them was.
    failures: u32,
    failed: Instant,
    committed: Instant,
    drain: Option<Instant>,
}

impl Work {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            tracker: Tracker::default(),
            transaction: Transaction::default(),
            suspects: BTreeSet::new(),
            breaker: Breaker::new(settings.breaker.clone()),
            probed: Vec::new(),
            probed_since: None,
            failures: 0,
            failed: Instant::now(),
            committed: Instant::now(),
            drain: None,
        }
    }
}

/// What has been sent and not committed.
#[derive(Debug, Default)]
struct Transaction {
    began: Option<Instant>,
    /// Each message: whose it is, and what.
    sent: Vec<(Arc<Lane>, i64, Sent)>,
    enriched_bytes: usize,
    dead_bytes: usize,
    /// By lane, the offset after the last article that has ended.
    next: BTreeMap<u64, (Arc<Lane>, i64)>,
    /// By partition, the timestamp of that article.
    reached: BTreeMap<Partition, i64>,
    articles: usize,
    bytes: usize,
    loads: Vec<Load>,
    /// Articles of the loads, which count as in flight.
    in_flight: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Enriched,
    Dead(Option<Reason>),
}

impl Transaction {
    fn next(&self) -> Vec<Position> {
        let position =
            |(lane, offset): &(Arc<Lane>, i64)| Position { partition: lane.partition.clone(), offset: *offset };
        self.next.values().map(position).collect()
    }
}

/// Whether the loop goes on.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Go,
    End,
}

impl<O: Outlet> Publisher<O> {
    /// Publishes until the service ends.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        let ended = self.publish();
        self.status.transaction(false);
        self.outlet.close();
        self.intake.send(Answer::Drained).ok();
        ended
    }

    fn publish(&mut self) -> anyhow::Result<()> {
        if self.open()? == Next::End {
            return Ok(());
        }
        loop {
            self.status.outlet.beat();
            match self.orders.recv_timeout(self.wait()) {
                Ok(Order::Finished(finished)) => self.finished(finished)?,
                Ok(Order::Revoke { number, lanes, lost }) => self.revoke(number, &lanes, lost)?,
                Ok(Order::Drain) => {
                    self.work.drain = Some(Instant::now() + self.settings.shutdown_deadline.0 / 2);
                }
                Err(RecvTimeoutError::Timeout) => self.forgive(),
                // The intake has failed; its offsets can no longer be committed.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if self.due() {
                self.commit()?;
            }
            self.test()?;
            self.exchange()?;
            if self.drained()? == Next::End {
                return Ok(());
            }
        }
    }

    /// How long to wait for an order: until the transaction is due.
    fn wait(&self) -> Duration {
        let Some(began) = self.work.transaction.began else { return TICK };
        let due = self.settings.commit_interval.0.saturating_sub(began.elapsed());
        if self.quiet() { self.quiet_wait().min(due) } else { due }.min(TICK)
    }

    fn due(&self) -> bool {
        let transaction = &self.work.transaction;
        let Some(began) = transaction.began else { return false };
        began.elapsed() >= self.settings.commit_interval.0
            || self.full()
            || self.quiet() && self.quiet_wait().is_zero() && self.orders.is_empty()
    }

    /// Whether the open transaction has reached its size.
    fn full(&self) -> bool {
        let transaction = &self.work.transaction;
        transaction.articles >= self.settings.commit_records
            || transaction.bytes >= self.settings.commit_bytes.as_usize()
    }

    /// Whether nothing but the open transaction is in flight, so that waiting would gather nothing.
    fn quiet(&self) -> bool {
        self.status.in_flight.articles() == self.work.transaction.in_flight
    }

    /// Commits for want of other work keep this distance, or a slow feed would be all commits.
    fn quiet_wait(&self) -> Duration {
        (self.settings.commit_interval.0 / 4).min(QUIET_DISTANCE).saturating_sub(self.work.committed.elapsed())
    }

    fn finished(&mut self, finished: Finished) -> anyhow::Result<()> {
        if !finished.lane.open(&self.epoch) {
            self.drop(&finished.load);
            return Ok(());
        }
        let (lane, number) = (finished.lane.id, finished.number);
        for due in self.work.tracker.accept(lane, number, finished) {
            if !due.lane.open(&self.epoch) {
                self.drop(&due.load);
            } else if self.work.breaker.probing() {
                self.work.probed_since.get_or_insert_with(Instant::now);
                self.work.probed.push(due);
            } else {
                self.send(due)?;
            }
        }
        Ok(())
    }

    /// Ends a pause of the breaker by order, begins a test when one is due, and ends it when it has seen enough.
    fn test(&mut self) -> anyhow::Result<()> {
        let now = self.status.uptime();
        let probing = self.work.breaker.probing();
        if self.status.take_resume() && self.work.breaker.force(now) {
            tracing::info!("the pause for dead letters ends by order");
            self.let_pass()?;
            if !probing {
                self.intake.send(Answer::Rewind(self.epoch.now())).ok();
            }
        } else if self.work.breaker.probe(now) {
            self.intake.send(Answer::Rewind(self.epoch.now())).ok();
        }
        if !self.work.breaker.probing() {
            return Ok(());
        }
        let (mut ended, mut dead) = (0, 0);
        for article in self.work.probed.iter().flat_map(|chunk| &chunk.articles) {
            ended += 1;
            dead += usize::from(article.dead().is_some());
        }
        // A flood that went to another member with its partition leaves nothing here to be tested on.
        let gone = self.status.idle();
        if gone {
            (ended, dead) = (0, 0);
        }
        let waiting: usize = self.work.probed.iter().map(|chunk| chunk.load.articles()).sum();
        let waited = self.work.probed_since.is_some_and(|since| since.elapsed() > PROBE_WAIT);
        let no_more = waited && self.status.in_flight.articles() == waiting;
        if ended < PROBE && !no_more && !gone {
            return Ok(());
        }
        if self.work.breaker.judge(ended, dead, now) {
            tracing::info!(articles = ended, dead, "the pause for dead letters is over");
            self.let_pass()
        } else {
            tracing::info!(articles = ended, dead, "the pause for dead letters goes on");
            self.hold();
            Ok(())
        }
    }

    /// Sends what waited for the judgement.
    fn let_pass(&mut self) -> anyhow::Result<()> {
        self.status.breaker(None);
        self.work.probed_since = None;
        for chunk in std::mem::take(&mut self.work.probed) {
            if chunk.lane.open(&self.epoch) {
                self.send(chunk)?;
            } else {
                self.drop(&chunk.load);
            }
        }
        Ok(())
    }

    /// Takes back everything in flight. The intake reads nothing until it is told to go back.
    fn hold(&mut self) {
        self.epoch.turn();
        self.work.tracker.clear();
        self.work.probed_since = None;
        for chunk in std::mem::take(&mut self.work.probed) {
            self.drop(&chunk.load);
        }
    }

    /// Commits what has been sent, and reads no more until things look better.
    fn trip(&mut self, why: String) -> anyhow::Result<()> {
        self.commit()?;
        tracing::warn!("paused: {why}");
        self.status.counters.trips.add(1);
        self.status.breaker(Some(why));
        self.hold();
        Ok(())
    }

    /// Lets another enrichment take its place, if one waits for it: what was sent is committed first, and what is in
    /// flight is taken back and read again. At the end of the service nothing is exchanged any more.
    fn exchange(&mut self) -> anyhow::Result<()> {
        if !self.enrichment.waits() || self.work.drain.is_some() {
            return Ok(());
        }
        self.commit()?;
        let paused = self.status.breaker_open() && !self.work.breaker.probing();
        // Before the lanes end: whoever reads on a new one must find it there.
        self.enrichment.turn();
        if !paused {
            self.hold();
            self.intake.send(Answer::Rewind(self.epoch.now())).ok();
        }
        self.status.counters.exchanges.add(1);
        tracing::info!("from here on articles are enriched with what was loaded last");
        Ok(())
    }

    fn drop(&self, load: &Load) {
        self.status.counters.dropped.add(count(load.articles()));
    }

    /// Sends a chunk; after a fault in the middle the rest of it is dropped, as all of it is read again.
    fn send(&mut self, chunk: Finished) -> anyhow::Result<()> {
        let Finished { lane, articles, load, .. } = chunk;
        for article in articles {
            let epoch = self.epoch.now();
            if let Some(why) = self.work.breaker.count(article.dead(), self.status.uptime()) {
                self.trip(why)?;
            } else if let Err(fault) = self.send_article(&lane, article) {
                self.fault(fault)?;
            } else if self.full() {
                self.commit()?;
            }
            if self.epoch.now() != epoch {
                self.drop(&load);
                return Ok(());
            }
        }
        if self.work.transaction.began.is_some() {
            self.work.transaction.in_flight += load.articles();
            self.work.transaction.loads.push(load);
        }
        Ok(())
    }

    fn send_article(&mut self, lane: &Arc<Lane>, article: Ended) -> Result<(), Fault> {
        let position = Position { partition: lane.partition.clone(), offset: article.offset };
        let alone = self.work.suspects.contains(&position);
        if alone {
            self.outlet.settle()?;
        }
        if self.work.transaction.began.is_none() {
            self.work.transaction.began = Some(Instant::now());
            self.status.transaction(true);
        }
        let transaction = &mut self.work.transaction;
        for message in article.messages {
            let kind = kind(&message);
            let value = message.payload.as_ref().map_or(0, Vec::len);
            match kind {
                Sent::Enriched => transaction.enriched_bytes += value,
                Sent::Dead(_) => transaction.dead_bytes += value,
            }
            transaction.sent.push((Arc::clone(lane), article.offset, kind));
            transaction.bytes += message.bytes();
            self.outlet.send(message)?;
        }
        transaction.articles += 1;
        transaction.next.insert(lane.id, (Arc::clone(lane), article.offset + 1));
        if let Some(timestamp) = article.timestamp {
            transaction.reached.insert(lane.partition.clone(), timestamp);
        }
        if alone {
            self.outlet.settle()?;
        }
        Ok(())
    }

    /// Ends the open transaction, one way or the other.
    fn commit(&mut self) -> anyhow::Result<()> {
        if self.work.transaction.began.is_none() {
            return Ok(());
        }
        let next = self.work.transaction.next();
        let began = Instant::now();
        if let Err(fault) = self.outlet.commit(&next) {
            return self.fault(fault);
        }
        let transaction = std::mem::take(&mut self.work.transaction);
        for (lane, offset) in transaction.next.values() {
            lane.raise_floor(*offset);
        }
        let counters = &self.status.counters;
        counters.commits.add(1);
        counters.commit_durations.add(began.elapsed());
        counters.committed.add(count(transaction.articles));
        counters.enriched_bytes.add(count(transaction.enriched_bytes));
        counters.dead_bytes.add(count(transaction.dead_bytes));
        for (_, _, sent) in &transaction.sent {
            match sent {
                Sent::Enriched => counters.enriched.add(1),
                Sent::Dead(reason) => counters.dead(reason.unwrap_or(Reason::Internal)).add(1),
            }
        }
        self.status.committed(&next, &transaction.reached);
        self.status.transaction(false);
        self.condemned.forget(&next);
        self.work.suspects.retain(|suspect| {
            !next.iter().any(|next| next.partition == suspect.partition && next.offset > suspect.offset)
        });
        self.recovered();
        self.work.committed = Instant::now();
        Ok(())
    }

    fn revoke(&mut self, number: u64, lanes: &[Arc<Lane>], lost: bool) -> anyhow::Result<()> {
        let held = lanes.iter().any(|lane| self.work.transaction.next.contains_key(&lane.id));
        for lane in lanes {
            self.work.tracker.forget(lane.id);
        }
        if held && lost {
            self.fault(Fault::Abort("partitions of the open transaction were lost to another member".into()))?;
        } else if held {
            self.commit()?;
        }
        self.intake.send(Answer::Released(number)).ok();
        Ok(())
    }

    /// Whether the end that was ordered has come: everything is committed, or time is up.
    fn drained(&mut self) -> anyhow::Result<Next> {
        let Some(deadline) = self.work.drain else { return Ok(Next::Go) };
        let late = Instant::now() > deadline;
        if self.work.transaction.began.is_some() && (late || self.quiet()) {
            self.commit()?;
        }
        let idle = self.work.transaction.began.is_none() && self.status.in_flight.articles() == 0;
        Ok(if idle || late { Next::End } else { Next::Go })
    }

    /// Takes back the open transaction for `fault`, and has its articles read again.
    ///
    /// # Errors
    /// When no attempt can succeed.
    fn fault(&mut self, fault: Fault) -> anyhow::Result<()> {
        // From here on nothing of the lanes there are counts any more, in any thread.
        self.epoch.turn();
        self.work.tracker.clear();
        self.work.failures += 1;
        self.work.failed = Instant::now();
        let mut wait = self.work.failures > 1;
        let why = fault.to_string();
        match &fault {
            Fault::Refused { which, too_large, why } => wait |= !self.judge(which, *too_large, why),
            Fault::Retry(_) | Fault::Abort(_) | Fault::Replace(_) => {}
            Fault::Fatal(why) => anyhow::bail!("{why}"),
        }
        let held: Vec<Partition> = self.work.transaction.next().into_iter().map(|next| next.partition).collect();
        let lanes = std::mem::take(&mut self.work.transaction.next);
        self.work.transaction = Transaction::default();
        self.status.transaction(false);
        self.status.counters.aborts.add(1);
        tracing::warn!(
            partitions = held.len(),
            "transaction aborted, its articles are read again; if that goes on, see to the brokers: {why}"
        );
        let replace = match &fault {
            Fault::Replace(_) => true,
            _ => match self.outlet.abort() {
                Ok(()) => false,
                Err(Fault::Fatal(why)) => anyhow::bail!("{why}"),
                Err(again) => {
                    tracing::warn!(
                        "the transaction could not be aborted, the producer is replaced; if that goes on, see to the \
                         brokers: {again}"
                    );
                    true
                }
            },
        };
        if wait {
            self.pause(&why);
        }
        if replace {
            self.status.counters.replacements.add(1);
            if self.open()? == Next::End || self.reread(&held, &lanes)? == Next::End {
                return Ok(());
            }
        }
        self.intake.send(Answer::Rewind(self.epoch.now())).ok();
        Ok(())
    }

    /// Finds who is at fault when messages were refused; false if nobody is condemned or suspected for it, because the
    /// topic of dead letters itself refuses.
    fn judge(&mut self, which: &[usize], too_large: bool, why: &str) -> bool {
        let sent = |index: &usize| self.work.transaction.sent.get(*index);
        let refused: BTreeSet<Position> = which
            .iter()
            .filter_map(sent)
            .map(|(lane, offset, _)| Position { partition: lane.partition.clone(), offset: *offset })
            .collect();
        let single = refused.len() == 1;
        if single && which.iter().filter_map(sent).any(|(_, _, sent)| *sent != Sent::Enriched) {
            return false;
        }
        for position in refused {
            if single {
                tracing::warn!(%position, too_large, "the broker refuses the record, a dead letter goes in its place; compare max.message.bytes with record.max_bytes");
                self.condemned.add(position, Verdict { too_large, why: why.to_owned() });
            } else {
                self.work.suspects.insert(position);
            }
        }
        true
    }

    /// Lets time pass between attempts, and says what for.
    fn pause(&mut self, why: &str) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.work.failures.min(10)).min(LONGEST_PAUSE);
        self.status.outlet_waits(Some(why.to_owned()));
        self.sleep(pause);
    }

    /// The last attempt has succeeded.
    fn recovered(&mut self) {
        if self.work.failures > 0 {
            self.work.failures = 0;
            self.status.outlet_waits(None);
        }
    }

    /// A failure is past when nothing is left to try: its partitions may have gone to another member.
    fn forgive(&mut self) {
        if self.work.failed.elapsed() > 2 * LONGEST_PAUSE && self.status.in_flight.articles() == 0 {
            self.recovered();
        }
    }

    fn sleep(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.shutdown.begun() {
            self.status.outlet.beat();
            std::thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Opens the outlet, however long that takes; [`Next::End`] if the service ends meanwhile.
    fn open(&mut self) -> anyhow::Result<Next> {
        self.attempt(Outlet::open).map(|opened| if opened.is_some() { Next::Go } else { Next::End })
    }

    /// Raises the floor of `lanes` to what their partitions were committed to: a commit that seemed to fail may have
    /// succeeded, and its articles must not be published twice.
    fn reread(&mut self, held: &[Partition], lanes: &BTreeMap<u64, (Arc<Lane>, i64)>) -> anyhow::Result<Next> {
        if held.is_empty() {
            return Ok(Next::Go);
        }
        let Some(committed) = self.attempt(|outlet| outlet.committed(held))? else { return Ok(Next::End) };
        for (lane, _) in lanes.values() {
            for position in committed.iter().filter(|position| position.partition == lane.partition) {
                lane.raise_floor(position.offset);
            }
        }
        Ok(Next::Go)
    }

    /// Makes `call` until it succeeds; nothing if the service ends meanwhile.
    fn attempt<T>(&mut self, call: impl Fn(&mut O) -> Result<T, Fault>) -> anyhow::Result<Option<T>> {
        let mut pause = FIRST_PAUSE;
        let mut said = None::<(String, Instant)>;
        loop {
            self.status.outlet.beat();
            if self.shutdown.begun() {
                return Ok(None);
            }
            match call(&mut self.outlet) {
                Ok(answer) => {
                    self.status.outlet_waits(None);
                    return Ok(Some(answer));
                }
                Err(Fault::Fatal(why)) => anyhow::bail!("{why}"),
                Err(fault) => {
                    let why = fault.to_string();
                    if said.as_ref().is_none_or(|(what, at)| *what != why || at.elapsed().as_secs() >= 30) {
                        tracing::warn!("waiting: {why}");
                        said = Some((why.clone(), Instant::now()));
                    }
                    self.status.outlet_waits(Some(why));
                    self.sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE / 10);
                }
            }
        }
    }
}

impl Ended {
    /// Why it is a dead letter, if it is one.
    fn dead(&self) -> Option<Reason> {
        self.messages.iter().find_map(|message| match kind(message) {
            Sent::Enriched => None,
            Sent::Dead(reason) => Some(reason.unwrap_or(Reason::Internal)),
        })
    }
}

fn kind(message: &Message) -> Sent {
    match message.destination {
        Destination::Enriched => Sent::Enriched,
        Destination::Dead => Sent::Dead(Reason::of(message)),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
