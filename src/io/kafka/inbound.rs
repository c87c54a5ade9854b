//! The intake on Kafka.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::Group;
use super::context::{Happening, IntakeContext, unassign};
use super::errors::{denied, mend};
use super::options;
use super::settings::Settings;
use crate::io::{Event, Intake};
use crate::message::{Header, Partition, Position, RawArticle};

/// The longest that a seek may take; it needs no broker.
const SEEK: Duration = Duration::from_secs(2);

/// The wait before a group that refused us is joined anew.
const REJOIN: Duration = Duration::from_secs(1);

/// How often a lasting trouble is said again.
const REPEAT: Duration = Duration::from_secs(30);

/// The intake on Kafka.
pub struct KafkaIntake {
    consumer: Arc<BaseConsumer<IntakeContext>>,
    group: Group,
    settings: Settings,
    topic: Arc<str>,
    revoked: Option<TopicPartitionList>,
    reachable: bool,
    /// When to join the group anew, the consumer being of no more use.
    rejoin: Option<Instant>,
    said: Option<(String, Instant)>,
}

impl KafkaIntake {
    pub(super) fn new(settings: &Settings, group: Group) -> anyhow::Result<Self> {
        let topic: Arc<str> = settings.topics.raw.as_str().into();
        let consumer = join(settings, &topic, &group)?;
        let (settings, revoked, rejoin) = (settings.clone(), None, None);
        Ok(Self { consumer, group, settings, topic, revoked, reachable: false, rejoin, said: None })
    }

    fn happened(&mut self) -> anyhow::Result<Option<Event>> {
        Ok(match self.consumer.context().next() {
            None => None,
            Some(Happening::Assigned(partitions)) => Some(Event::Assigned(partitions)),
            Some(Happening::Revoked(list, lost)) => {
                let partitions = self.consumer.context().partitions(&list);
                self.revoked = Some(list);
                Some(Event::Revoked { partitions, lost, within: self.settings.session_timeout.0 / 2 })
            }
            Some(Happening::Report(report)) => {
                if report.reachable && !self.reachable {
                    self.said = None;
                    self.consumer.context().login.forget();
                }
                self.reachable = report.reachable;
                Some(Event::Report(report))
            }
            Some(Happening::Reset(position)) => Some(Event::Reset(position)),
            Some(Happening::Failed(why)) => bail!("{why}"),
        })
    }

    /// What an error out of `poll` means; most mend themselves.
    fn trouble(&mut self, error: &KafkaError) -> anyhow::Result<Option<Event>> {
        let code = error.rdkafka_error_code();
        let mend = mend(code, &self.settings);
        let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        let why = match code {
            Some(Code::FencedInstanceId) if fatal => bail!(
                "the group.instance.id {} is used by another process; give each instance its own kafka.instance",
                self.settings.instance()
            ),
            Some(Code::UnreleasedInstanceId) if fatal => {
                self.rejoin = Some(Instant::now() + REJOIN);
                format!(
                    "the group still has a member {}; a predecessor that crashed is given up after its session, \
                     another process needs its own kafka.instance",
                    self.settings.instance()
                )
            }
            _ if fatal => bail!("the consumer can not go on: {error}{mend}"),
            Some(code) if denied(code) => bail!("not allowed to read: {error}{mend}"),
            Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => {
                format!("the topic {} does not exist{mend}", self.topic)
            }
            Some(Code::AllBrokersDown) => {
                self.reachable = false;
                let refusal = self.consumer.context().login.refusal(&self.settings);
                refusal.unwrap_or_else(|| format!("no broker can be reached{mend}"))
            }
            Some(Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL) => {
                let refusal = self.consumer.context().login.refusal(&self.settings);
                refusal.unwrap_or_else(|| format!("the brokers refuse the connection: {error}{mend}"))
            }
            _ => {
                tracing::debug!("consumer: {error}");
                return Ok(None);
            }
        };
        if self.said.as_ref().is_none_or(|(what, at)| *what != why || at.elapsed() > REPEAT) {
            tracing::warn!("waiting: {why}");
            self.said = Some((why.clone(), Instant::now()));
        }
        Ok(Some(Event::Waiting(why)))
    }
}

impl Intake for KafkaIntake {
    fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        if let Some(event) = self.happened()? {
            return Ok(Some(event));
        }
        if let Some(at) = self.rejoin {
            if Instant::now() < at {
                std::thread::sleep(wait);
                return Ok(None);
            }
            self.rejoin = None;
            self.consumer = join(&self.settings, &self.topic, &self.group)?;
        }
        let polled = match self.consumer.poll(wait) {
            None => None,
            Some(Ok(message)) => return Ok(Some(Event::Article(article(&message, &self.topic)))),
            Some(Err(error)) => Some(error),
        };
        match polled {
            None => self.happened(),
            Some(error) => self.trouble(&error),
        }
    }

    fn release(&mut self) -> anyhow::Result<()> {
        let Some(list) = self.revoked.take() else { return Ok(()) };
        if let Err(error) = unassign(&self.consumer, &list) {
            // They may have been lost in the meantime, and the rest with them.
            tracing::warn!(
                "partitions could not be given up one by one, so all are and come back; if that goes on, see to the \
                 brokers: {error}"
            );
            self.consumer.unassign().context("giving up all partitions")?;
        }
        Ok(())
    }

    fn pause(&mut self, partitions: &[Partition]) {
        if let Err(error) = self.consumer.pause(&list(partitions)) {
            tracing::debug!("pausing: {error}");
        }
    }

    fn resume(&mut self, partitions: &[Partition]) {
        if let Err(error) = self.consumer.resume(&list(partitions)) {
            tracing::debug!("resuming: {error}");
        }
    }

    fn seek(&mut self, position: &Position) -> anyhow::Result<()> {
        let mut target = TopicPartitionList::new();
        let Position { partition: Partition { topic, number }, offset } = position;
        target.add_partition_offset(topic, *number, Offset::Offset(*offset))?;
        // Waits for the client's own thread, so that nothing fetched before comes out of a later poll.
        for element in self.consumer.seek_partitions(target, SEEK)?.elements() {
            element.error()?;
        }
        Ok(())
    }

    fn close(self) {
        self.consumer.context().closing.store(true, Ordering::Release);
        self.group.leave();
        if self.reachable {
            drop(self.consumer);
        } else {
            // Leaving a group whose coordinator is away takes for ever, and can crash the client. The process ends
            // next; the broker will miss the member after its session timeout.
            let _left_open = ManuallyDrop::new(self.consumer);
        }
    }
}

/// A consumer that joins the group.
fn join(settings: &Settings, topic: &Arc<str>, group: &Group) -> anyhow::Result<Arc<BaseConsumer<IntakeContext>>> {
    let consumer: BaseConsumer<IntakeContext> = options::consumer(settings)?
        .create_with_context(IntakeContext::new(Arc::clone(topic), settings))
        .context("creating the consumer")?;
    consumer.subscribe(&[topic]).with_context(|| format!("subscribing to {topic}"))?;
    let consumer = Arc::new(consumer);
    group.join(&consumer);
    Ok(consumer)
}

/// Copies `message`, so that the client can free what it fetched.
pub(super) fn article(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> RawArticle {
    let partition = Partition { topic: Arc::clone(topic), number: message.partition() };
    let position = Position { partition, offset: message.offset() };
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        (0..headers.count())
            .map(|index| {
                // The client panics over a name that is not UTF-8, and gives no other way to it.
                let header = catch_unwind(AssertUnwindSafe(|| headers.get(index)));
                let (name, value) =
                    header.map_or(("copydesk-unreadable-name", None), |header| (header.key, header.value));
                Header { name: name.to_owned(), value: value.map(<[u8]>::to_vec) }
            })
            .collect()
    });
    RawArticle {
        position,
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        headers,
        timestamp: message.timestamp().to_millis(),
    }
}

fn list(partitions: &[Partition]) -> TopicPartitionList {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition(&partition.topic, partition.number);
    }
    list
}
