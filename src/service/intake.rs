//! The intake thread: polls, hands articles on in chunks, and sees to rebalances, rewinds and pauses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use crossbeam_channel::{Receiver, Sender, TryRecvError};

use super::lane::{Chunk, Epoch, Lane};
use super::outlet::Order;
use super::status::Status;
use super::workers::Pace;
use super::{MAX_ARTICLES, Shutdown, TICK};
use crate::io::{Event, Intake};
use crate::message::{Partition, Position, RawArticle};

/// What the outlet has to tell the intake.
#[derive(Debug)]
pub(super) enum Answer {
    /// A transaction was aborted: read again from the floor of every lane, in this epoch.
    Rewind(u64),
    /// Nothing of the revocation with this number is uncommitted any more.
    Released(u64),
    /// Everything in flight has been committed or given up; the outlet has ended.
    Drained,
}

/// The most bytes in a chunk of more than one article.
const CHUNK_BYTES: usize = 256 * 1024;

/// The longest that an article waits for its chunk to fill.
const CHUNK_WAIT: Duration = Duration::from_millis(5);

/// The wait for an event while something else may need the intake.
const SHORT_WAIT: Duration = Duration::from_millis(5);

/// The longest that polling waits for too much in flight to become less, without a pause.
const HOLD: Duration = Duration::from_millis(200);

/// The wait between two looks at what is in flight.
const HOLD_STEP: Duration = Duration::from_millis(1);

/// What the intake thread works with.
pub(super) struct Reader<I> {
    intake: I,
    epoch: Arc<Epoch>,
    pace: Arc<Pace>,
    status: Arc<Status>,
    shutdown: Shutdown,
    max_in_flight: usize,
    chunks: Sender<Chunk>,
    outlet: Sender<Order>,
    answers: Receiver<Answer>,
    /// The epoch that the lanes are of; behind the common one from an abort until the rewind.
    read_epoch: u64,
    lanes: u64,
    partitions: BTreeMap<Partition, Reading>,
    paused: bool,
    /// Since when too much has been in flight without a pause.
    full: Option<Instant>,
    revocations: u64,
    releasing: Option<Instant>,
    draining: bool,
    flushed: Instant,
}

/// An assigned partition.
#[derive(Debug, Default)]
struct Reading {
    /// Everything below has ended.
    floor: Option<i64>,
    /// The offset after the last article polled.
    polled: Option<i64>,
    lane: Option<Arc<Lane>>,
    chunks: u64,
    building: Option<Chunk>,
    /// Where to seek before anything polled counts again.
    seek: Option<i64>,
    /// The offset that the broker did not have; the next article tells where reading goes on.
    missed: Option<i64>,
}

/// How the intake thread is connected.
pub(super) struct Connections {
    pub(super) chunks: Sender<Chunk>,
    pub(super) outlet: Sender<Order>,
    pub(super) answers: Receiver<Answer>,
}

impl<I: Intake> Reader<I> {
    pub(super) fn new(
        intake: I,
        (epoch, pace): (Arc<Epoch>, Arc<Pace>),
        status: Arc<Status>,
        shutdown: Shutdown,
        max_in_flight: usize,
        connections: Connections,
    ) -> Self {
        let Connections { chunks, outlet, answers } = connections;
        Self {
            read_epoch: epoch.now(),
            intake,
            epoch,
            pace,
            status,
            shutdown,
            max_in_flight,
            chunks,
            outlet,
            answers,
            lanes: 0,
            partitions: BTreeMap::new(),
            paused: false,
            full: None,
            revocations: 0,
            releasing: None,
            draining: false,
            flushed: Instant::now(),
        }
    }

    /// Reads until the service ends, then leaves the group.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        while self.turn()? {}
        let Self { intake, chunks, outlet, .. } = self;
        // The workers end with these, while the client closes.
        drop((chunks, outlet));
        intake.close();
        Ok(())
    }

    /// One turn of the loop; false when the outlet has ended.
    fn turn(&mut self) -> anyhow::Result<bool> {
        self.status.polls();
        loop {
            match self.answers.try_recv() {
                Ok(Answer::Rewind(epoch)) => self.rewind(epoch),
                Ok(Answer::Released(number)) if self.releasing.is_some() && number == self.revocations => {
                    self.release()?;
                }
                Ok(Answer::Released(_)) => {}
                Ok(Answer::Drained) | Err(TryRecvError::Disconnected) => return Ok(false),
                Err(TryRecvError::Empty) => break,
            }
        }
        if self.releasing.is_some_and(|deadline| Instant::now() > deadline) {
            tracing::warn!(
                "the open transaction did not end before the partitions had to be given up; its articles are read again by \
                 whoever has them now; if that happens at every rebalance, raise kafka.session_timeout"
            );
            self.release()?;
        }
        if self.shutdown.begun() && !self.draining {
            self.drain();
        }
        self.seek();
        if self.throttle() {
            std::thread::sleep(HOLD_STEP);
            return Ok(true);
        }
        let wait = if self.partitions.values().any(|reading| reading.building.is_some()) {
            Duration::ZERO
        } else if self.paused || self.draining || self.releasing.is_some() || self.held() {
            SHORT_WAIT
        } else {
            TICK
        };
        match self.intake.poll(wait).context("reading from Kafka")? {
            Some(Event::Article(article)) => self.take(article)?,
            Some(Event::Assigned(partitions)) => self.assigned(&partitions),
            Some(Event::Revoked { partitions, lost, within }) => self.revoked(&partitions, lost, within)?,
            Some(Event::Reset(position)) => self.reset(&position),
            Some(Event::Waiting(why)) => self.status.intake_waits(Some(why)),
            Some(Event::Report(report)) => {
                self.status.ends(&report.ends);
                if report.reachable {
                    self.status.intake_waits(None);
                }
            }
            None => self.flush(),
        }
        if self.flushed.elapsed() > CHUNK_WAIT {
            self.flush();
        }
        Ok(true)
    }

    /// Whether articles polled now would be dropped, as a rewind is to come.
    fn held(&self) -> bool {
        self.read_epoch != self.epoch.now()
    }

    fn take(&mut self, article: RawArticle) -> anyhow::Result<()> {
        self.status.intake_waits(None);
        let held = self.held();
        let Position { partition, offset } = article.position.clone();
        let Some(reading) = self.partitions.get_mut(&partition) else { return Ok(()) };
        if reading.seek.is_some() || self.draining {
            return Ok(());
        }
        if let Some(skipped) = reading.found_again(&partition, offset)? {
            self.status.counters.skipped.add(skipped);
        }
        let floor = *reading.floor.get_or_insert_with(|| {
            self.status.begins(&article.position, article.timestamp);
            offset
        });
        reading.polled = Some(offset + 1);
        if held {
            return Ok(());
        }
        if self.status.in_flight.articles() == 0 {
            self.status.moved();
        }
        self.status.counters.received.add(1);
        let bytes = article.payload.as_ref().map_or(0, Vec::len);
        self.status.counters.received_bytes.add(u64::try_from(bytes).unwrap_or(0));
        let lane = reading.lane.get_or_insert_with(|| {
            self.lanes += 1;
            Arc::new(Lane::new(self.lanes, partition, self.read_epoch, Some(floor)))
        });
        let number = reading.chunks;
        let chunk = reading.building.get_or_insert_with(|| {
            let load = self.status.in_flight.load();
            Chunk { lane: Arc::clone(lane), number, articles: Vec::new(), load }
        });
        chunk.load.add(article.bytes());
        chunk.articles.push(article);
        if chunk.articles.len() >= self.pace.articles() || chunk.load.bytes() >= CHUNK_BYTES {
            reading.hand_on(&self.chunks);
        }
        Ok(())
    }

    /// A gap in the input, or another topic of the same name: never passed over in silence.
    fn reset(&mut self, position: &Position) {
        let Position { partition, offset } = position;
        tracing::warn!(
            %partition,
            offset,
            "the record to go on with is not there: retention has deleted it, or the topic was made again; reading goes \
             on at the oldest record there is; compare the topic's retention with how long the service was away or behind"
        );
        self.status.counters.resets.add(1);
        if let Some(reading) = self.partitions.get_mut(partition) {
            reading.missed = Some(*offset);
        }
    }

    /// Hands on all chunks that have begun.
    fn flush(&mut self) {
        for reading in self.partitions.values_mut() {
            reading.hand_on(&self.chunks);
        }
        self.flushed = Instant::now();
    }

    fn assigned(&mut self, partitions: &[Partition]) {
        tracing::info!(partitions = %list(partitions), "partitions assigned");
        self.status.intake_waits(None);
        self.status.assigned(partitions);
        for partition in partitions {
            self.partitions.insert(partition.clone(), Reading::default());
        }
        // A client may remember a pause from an earlier assignment.
        if self.paused || self.draining { self.intake.pause(partitions) } else { self.intake.resume(partitions) }
    }

    fn revoked(&mut self, partitions: &[Partition], lost: bool, within: Duration) -> anyhow::Result<()> {
        tracing::info!(partitions = %list(partitions), lost, "partitions revoked");
        self.status.revoked(partitions, lost);
        let revoked = partitions.iter().filter_map(|partition| self.partitions.remove(partition));
        let lanes: Vec<Arc<Lane>> = revoked.filter_map(|reading| reading.lane).collect();
        if lanes.is_empty() {
            return self.release();
        }
        for lane in &lanes {
            lane.give_up();
        }
        self.revocations += 1;
        self.releasing = Some(Instant::now() + within);
        // Only fails when the outlet has ended, and then the answers end too.
        self.outlet.send(Order::Revoke { number: self.revocations, lanes, lost }).ok();
        Ok(())
    }

    fn release(&mut self) -> anyhow::Result<()> {
        self.releasing = None;
        self.intake.release().context("giving up revoked partitions")
    }

    /// Ends all lanes and goes back to their floors.
    fn rewind(&mut self, epoch: u64) {
        self.read_epoch = epoch;
        for reading in self.partitions.values_mut() {
            reading.building = None;
            reading.chunks = 0;
            if let Some(lane) = reading.lane.take() {
                reading.floor = lane.floor().max(reading.floor);
            }
            if reading.polled > reading.floor {
                reading.seek = reading.floor;
            }
        }
    }

    /// Makes up for the seeks that are due.
    fn seek(&mut self) {
        if self.held() {
            return;
        }
        for (partition, reading) in &mut self.partitions {
            let Some(offset) = reading.seek else { continue };
            match self.intake.seek(&Position { partition: partition.clone(), offset }) {
                Ok(()) => {
                    reading.seek = None;
                    reading.polled = Some(offset);
                }
                Err(error) => tracing::debug!(%partition, offset, "could not go back yet: {error:#}"),
            }
        }
    }

    /// Keeps what is in flight within bounds: true if the next poll has to wait a moment for that.
    ///
    /// A pause makes the client throw away what it has fetched, and costs up to a second until the next article comes.
    /// So a short excess is waited out, and only a lasting one is a pause, until half of what is in flight has ended.
    fn throttle(&mut self) -> bool {
        if self.draining {
            return false;
        }
        let (articles, bytes) = (self.status.in_flight.articles(), self.status.in_flight.bytes());
        // Half of what the channels hold: an article or two may still come after a pause.
        let full = bytes >= self.max_in_flight || articles >= MAX_ARTICLES / 2 || self.held();
        let low = bytes <= self.max_in_flight / 2 && articles <= MAX_ARTICLES / 4 && !self.held();
        let owned = || self.partitions.keys().cloned().collect::<Vec<_>>();
        if self.paused && low {
            self.intake.resume(&owned());
            self.paused = false;
        }
        if self.paused || !full {
            self.full = None;
            return false;
        }
        let since = *self.full.get_or_insert_with(Instant::now);
        if since.elapsed() < HOLD {
            self.flush();
            return true;
        }
        self.full = None;
        self.intake.pause(&owned());
        self.status.counters.pauses.add(1);
        self.paused = true;
        false
    }

    /// Stops reading; what has been read is still finished.
    fn drain(&mut self) {
        self.status.stopping();
        self.flush();
        self.draining = true;
        self.intake.pause(&self.partitions.keys().cloned().collect::<Vec<_>>());
        self.outlet.send(Order::Drain).ok();
    }
}

impl Reading {
    /// How many offsets were skipped, once that is known: `offset` is that of an article just polled.
    ///
    /// # Errors
    /// If reading went back behind what has been read, as in a topic that was made again while we read it.
    fn found_again(&mut self, partition: &Partition, offset: i64) -> anyhow::Result<Option<u64>> {
        let Some(missed) = self.missed else { return Ok(None) };
        if offset >= missed {
            self.missed = None;
            tracing::warn!(%partition, from = missed, to = offset, "offsets were skipped: have their articles sent again");
            return Ok(u64::try_from(offset - missed).ok());
        }
        // What had been fetched before still comes in order.
        if self.polled.is_none_or(|polled| offset < polled) {
            self.missed = None;
            ensure!(
                self.polled.is_none(),
                "{partition} goes on at {offset}, before what has been read: its topic was deleted and made again; start \
                 the service again to read it from there"
            );
            tracing::warn!(%partition, offset, "the topic was made again; it is read from its beginning; see that this was meant");
        }
        Ok(None)
    }

    /// Sends the chunk that has begun, if one has.
    fn hand_on(&mut self, chunks: &Sender<Chunk>) {
        if let Some(chunk) = self.building.take() {
            self.chunks += 1;
            // Only fails when all workers have ended, and the outlet with them.
            chunks.send(chunk).ok();
        }
    }
}

fn list(partitions: &[Partition]) -> String {
    let names: Vec<String> = partitions.iter().map(ToString::to_string).collect();
    names.join(" ")
}
