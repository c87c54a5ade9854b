//! What the client tells us by itself: rebalances, delivery reports, errors, statistics, log lines.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use serde::Deserialize;

use super::login::Login;
use super::settings::Settings;
use crate::io::Report;
use crate::message::{Partition, Position};

/// Something that happened to the consumer while it was polled.
pub(super) enum Happening {
    Assigned(Vec<Partition>),
    Revoked(TopicPartitionList, bool),
    Report(Report),
    Reset(Position),
    Failed(String),
}

/// The consumer's side.
pub(super) struct IntakeContext {
    topic: Arc<str>,
    any: AtomicBool,
    happened: Mutex<VecDeque<Happening>>,
    /// Set when the consumer is being closed, and nobody will answer a revocation.
    pub(super) closing: AtomicBool,
    pub(super) login: Login,
}

impl IntakeContext {
    pub(super) fn new(topic: Arc<str>, settings: &Settings) -> Self {
        Self {
            topic,
            any: AtomicBool::new(false),
            happened: Mutex::default(),
            closing: AtomicBool::new(false),
            login: Login::new(settings),
        }
    }

    /// What happened since, the oldest first.
    pub(super) fn next(&self) -> Option<Happening> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut happened = lock(&self.happened);
        let next = happened.pop_front();
        self.any.store(!happened.is_empty(), Ordering::Release);
        next
    }

    fn add(&self, happening: Happening) {
        lock(&self.happened).push_back(happening);
        self.any.store(true, Ordering::Release);
    }

    /// The partitions of ours in `list`.
    pub(super) fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let partition = |number| Partition { topic: Arc::clone(&self.topic), number };
        list.elements().iter().map(|element| partition(element.partition())).collect()
    }
}

/// Takes `partitions` away from the assignment.
pub(super) fn unassign(consumer: &BaseConsumer<IntakeContext>, partitions: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.unassign(),
    }
}

impl ConsumerContext for IntakeContext {
    /// Takes assignments at once. A revocation is left open until the outlet has ended its transaction: the consumer
    /// stays a member and is polled meanwhile, so that nothing waits in this callback.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let assigned = match consumer.rebalance_protocol() {
                    RebalanceProtocol::Cooperative => consumer.incremental_assign(list),
                    RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(list),
                };
                self.add(match assigned {
                    Ok(()) => Happening::Assigned(self.partitions(list)),
                    Err(error) => Happening::Failed(format!("the partitions assigned could not be taken: {error}")),
                });
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS if !self.closing.load(Ordering::Acquire) => {
                self.add(Happening::Revoked(list.clone(), consumer.assignment_lost()));
            }
            _ => {
                if let Err(error) = unassign(consumer, list) {
                    tracing::debug!("partitions could not be given up: {error}");
                }
            }
        }
    }
}

impl ClientContext for IntakeContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.login.token()
    }

    /// The client tells of an offset that is not there in its log alone.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match reset(text, &self.topic) {
            Some(position) if facility == "OFFSET" => self.add(Happening::Reset(position)),
            _ => log(level, facility, text),
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        match serde_json::from_slice::<Statistics>(statistics) {
            Ok(statistics) => self.add(Happening::Report(statistics.report(&self.topic))),
            Err(error) => tracing::debug!("statistics of the client cannot be read: {error}"),
        }
    }

    /// The same errors come out of `poll`.
    fn error(&self, error: KafkaError, reason: &str) {
        self.login.note(&error, reason);
        tracing::debug!("consumer: {error}: {reason}");
    }
}

/// The position that `text`, a line of the client's log, says to be out of the range of offsets that there are:
/// `[…]: TOPIC [PARTITION]: offset reset (at offset OFFSET (…), broker …) to …`.
fn reset(text: &str, topic: &Arc<str>) -> Option<Position> {
    let (_, rest) = text.split_once(&**topic)?;
    let (number, rest) = rest.strip_prefix(" [")?.split_once("]: offset reset (at offset ")?;
    let offset = rest.split([' ', ',', ')']).next()?.parse().ok()?;
    Some(Position { partition: Partition { topic: Arc::clone(topic), number: number.parse().ok()? }, offset })
}

/// What we read of the client's statistics.
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    brokers: BTreeMap<String, Broker>,
    #[serde(default)]
    topics: BTreeMap<String, Topic>,
}

#[derive(Deserialize)]
struct Broker {
    state: String,
}

#[derive(Deserialize)]
struct Topic {
    partitions: BTreeMap<i32, TopicPartition>,
}

#[derive(Deserialize)]
struct TopicPartition {
    /// The end for `read_committed` readers; negative while unknown.
    ls_offset: i64,
}

impl Statistics {
    fn report(self, topic: &Arc<str>) -> Report {
        let partitions = self.topics.get(&**topic).into_iter().flat_map(|topic| &topic.partitions);
        let end = |(number, partition): (&i32, &TopicPartition)| Position {
            partition: Partition { topic: Arc::clone(topic), number: *number },
            offset: partition.ls_offset,
        };
        Report {
            reachable: self.brokers.values().any(|broker| broker.state == "UP"),
            ends: partitions.map(end).filter(|end| end.offset >= 0).collect(),
        }
    }
}

/// The producer's side: which of the messages sent have been delivered.
#[derive(Debug, Default)]
pub(super) struct OutletContext {
    round: Mutex<Round>,
    settled: Condvar,
    /// A connection broke since this was last cleared.
    pub(super) disturbed: AtomicBool,
    pub(super) login: Login,
}

/// The messages since the last commit or abort. Reports of earlier ones are ignored.
#[derive(Debug, Default)]
pub(super) struct Round {
    number: u32,
    reported: usize,
    awaited: usize,
    pub(super) undelivered: Vec<Undelivered>,
}

/// A message that was not delivered.
#[derive(Debug, Clone)]
pub(super) struct Undelivered {
    pub(super) index: usize,
    pub(super) code: Code,
    pub(super) topic: String,
    pub(super) bytes: usize,
}

/// Tells a message in its delivery report: its round, and its place in it.
pub(super) fn mark(round: u32, index: usize) -> usize {
    ((round as usize) << 32) | (index & 0xFFFF_FFFF)
}

impl OutletContext {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { login: Login::new(settings), ..Self::default() }
    }

    /// Begins the next round, and gives its number.
    pub(super) fn next_round(&self) -> u32 {
        let mut round = lock(&self.round);
        let number = round.number.wrapping_add(1);
        *round = Round { number, ..Round::default() };
        number
    }

    /// Waits until `count` messages of the round have been reported, or for `wait`; true if they have.
    pub(super) fn await_reports(&self, count: usize, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        let mut round = lock(&self.round);
        round.awaited = count;
        while round.reported < count {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            round = self.settled.wait_timeout(round, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// How many messages of the round have been reported.
    pub(super) fn reported(&self) -> usize {
        lock(&self.round).reported
    }

    /// The messages of the round that were not delivered.
    pub(super) fn undelivered(&self) -> Vec<Undelivered> {
        lock(&self.round).undelivered.clone()
    }
}

impl ClientContext for OutletContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.login.token()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log(level, facility, text);
    }

    fn stats_raw(&self, _: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        self.disturbed.store(true, Ordering::Release);
        self.login.note(&error, reason);
        tracing::debug!("producer: {error}: {reason}");
    }
}

impl ProducerContext for OutletContext {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, mark: usize) {
        let mut round = lock(&self.round);
        if mark >> 32 != round.number as usize {
            return;
        }
        round.reported += 1;
        if let Err((error, message)) = result {
            round.undelivered.push(Undelivered {
                index: mark & 0xFFFF_FFFF,
                code: error.rdkafka_error_code().unwrap_or(Code::Unknown),
                topic: message.topic().to_owned(),
                bytes: message.payload_len() + message.key_len(),
            });
        }
        if round.reported >= round.awaited {
            self.settled.notify_all();
        }
    }
}

/// A log line of the client. Lines about broken connections repeat for as long as a broker is away; the service says
/// that itself, once.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, text: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "librdkafka", "{facility} {text}");
        }
        // About options that belong to the other one of our two clients.
        _ if facility == "CONFWARN" => {}
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning if facility != "FAIL" => {
            tracing::warn!(target: "librdkafka", "{facility} {text}");
        }
        _ => tracing::debug!(target: "librdkafka", "{facility} {text}"),
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
