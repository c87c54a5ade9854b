//! The worker threads: chunks of articles in, chunks of messages out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::enrichment::Enrichment;
use super::lane::{Chunk, Condemned, Ended, Epoch, Finished};
use super::outlet::Order;
use super::status::Status;
use crate::dead_letter::{Reason, letter};
use crate::message::{Enrich, Message, Position, RawArticle};

/// How long enriching takes, so that the intake can make chunks of about the same work.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// Work for one chunk: long enough that handing it over costs next to nothing beside it, short enough to be spread
    /// evenly over the workers.
    const CHUNK_NANOS: u64 = 2_000_000;

    /// How many articles make a chunk; one until the first was timed.
    pub(super) fn articles(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            0 => 1,
            nanos => usize::try_from((Self::CHUNK_NANOS / nanos).clamp(1, 64)).unwrap_or(1),
        }
    }

    /// Counts in that `articles` took `nanos` together; later chunks weigh more.
    fn add(&self, articles: usize, nanos: u64) {
        let one = (nanos / u64::try_from(articles.max(1)).unwrap_or(1)).max(1);
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(if before == 0 { one } else { (7 * before + one) / 8 }, Ordering::Relaxed);
    }
}

/// What a worker has in hand, for the watchdog to see.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<Option<(Instant, Position)>>);

impl Desk {
    /// How long the worker has been at one article, and at which.
    pub(super) fn busy(&self) -> Option<(Duration, Position)> {
        let article = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        article.as_ref().map(|(since, position)| (since.elapsed(), position.clone()))
    }

    fn set(&self, article: Option<&Position>) {
        let now = article.map(|position| (Instant::now(), position.clone()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

/// What a worker thread works with.
pub(super) struct Worker {
    pub(super) enrichment: Enrichment,
    pub(super) epoch: Arc<Epoch>,
    pub(super) condemned: Arc<Condemned>,
    pub(super) pace: Arc<Pace>,
    pub(super) status: Arc<Status>,
    /// Bytes of finished messages at which workers wait for the outlet.
    pub(super) max_finished: usize,
    pub(super) desk: Arc<Desk>,
    pub(super) chunks: Receiver<Chunk>,
    pub(super) outlet: Sender<Order>,
}

impl Worker {
    /// Works until no chunk can come any more, or nobody takes the results.
    pub(super) fn run(self) {
        loop {
            // Not with a chunk in hand: those that have finished may wait for just that one.
            while self.status.in_flight.finished() > self.max_finished {
                std::thread::sleep(Duration::from_millis(2));
            }
            let Ok(chunk) = self.chunks.recv() else { return };
            self.status.work_begins();
            let finished = self.work(chunk);
            self.status.work_ends();
            if let Some(finished) = finished
                && self.outlet.send(Order::Finished(finished)).is_err()
            {
                return;
            }
        }
    }

    /// The chunk, finished; nothing if its lane ended, as its articles are then read again by whoever has the
    /// partition.
    fn work(&self, chunk: Chunk) -> Option<Finished> {
        let Chunk { lane, number, articles, mut load } = chunk;
        let began = Instant::now();
        // One for the whole chunk: the border between two lies between lanes.
        let enrich = self.enrichment.now();
        let mut ended = Vec::with_capacity(articles.len());
        let mut bytes = 0;
        for article in articles {
            if !lane.open(&self.epoch) {
                self.desk.set(None);
                self.status.counters.dropped.add(u64::try_from(load.articles()).unwrap_or(0));
                return None;
            }
            self.desk.set(Some(&article.position));
            let messages = self.messages(&*enrich, &article);
            bytes += messages.iter().map(Message::bytes).sum::<usize>();
            ended.push(Ended { offset: article.position.offset, timestamp: article.timestamp, messages });
        }
        self.desk.set(None);
        self.pace.add(ended.len(), u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
        load.finish(bytes);
        Some(Finished { lane, number, articles: ended, load })
    }

    /// What to publish for `article`: at least one message, whatever happens.
    fn messages(&self, enrich: &dyn Enrich, article: &RawArticle) -> Vec<Message> {
        if let Some(verdict) = self.condemned.find(&article.position) {
            let reason = if verdict.too_large { Reason::TooLarge } else { Reason::Internal };
            return vec![letter(article, reason, &verdict.why, None)];
        }
        let enriched = catch_unwind(AssertUnwindSafe(|| enrich.enrich(article)));
        let fault = match enriched {
            Ok(messages) if !messages.is_empty() => return messages,
            Ok(_) => "enrichment gave no record",
            Err(_) => "enrichment failed with a panic",
        };
        tracing::error!(position = %article.position, "{fault}; the article goes to the dead letters, where `copydesk dead show` has it for a report");
        vec![letter(article, Reason::Internal, fault, None)]
    }
}
