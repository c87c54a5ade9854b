//! A reader that leaves no trace: it joins no group and commits nothing, so that people can look into a topic while the
//! service runs.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{IsError, KafkaError, RDKafkaErrorCode as Code};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::context;
use super::errors::{denied, mend};
use super::inbound::article;
use super::login::Login;
use super::options;
use super::settings::Settings;
use crate::message::RawArticle;

/// The longest wait for an answer to a question.
const WAIT: Duration = Duration::from_secs(10);

/// The longest wait for the next record of a range that is known to hold one.
const STILL: Duration = Duration::from_secs(30);

/// Reads a topic without joining a group and without committing anything. Records of transactions that are open or were
/// aborted are not seen.
pub struct Reader {
    consumer: BaseConsumer<ReaderContext>,
    settings: Settings,
    topic: Arc<str>,
}

/// What a poll brought.
enum Polled {
    Record(RawArticle),
    /// The end of this partition, as far as it can be read now.
    End(i32),
    Nothing,
}

impl Reader {
    /// A reader of `topic`; [`Reader::seek`] says where it begins.
    ///
    /// # Errors
    /// When no broker answers, or there is no such topic.
    pub fn open(settings: &Settings, topic: &str) -> anyhow::Result<Self> {
        let consumer: BaseConsumer<ReaderContext> = options::reader(settings)?
            .create_with_context(ReaderContext::new(settings))
            .context("creating the consumer")?;
        consumer.context().login.hand(&consumer, WAIT);
        let reader = Self { consumer, settings: settings.clone(), topic: topic.into() };
        reader.partitions()?;
        Ok(reader)
    }

    /// The topic that it reads.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The numbers of the topic's partitions, in order.
    ///
    /// # Errors
    /// When no broker answers, or there is no such topic.
    pub fn partitions(&self) -> anyhow::Result<Vec<i32>> {
        let metadata = self
            .consumer
            .fetch_metadata(Some(&self.topic), WAIT)
            .with_context(|| self.consumer.context().silence(&self.consumer, &self.settings))?;
        let Some(topic) = metadata.topics().first() else { bail!("the brokers do not know the topic {}", self.topic) };
        if let Some(code) = topic.error().filter(IsError::is_error).map(Code::from) {
            bail!("the topic {} cannot be read: {code}{}", self.topic, mend(Some(code), &self.settings));
        }
        let mut partitions: Vec<i32> = topic.partitions().iter().map(|partition| partition.id()).collect();
        partitions.sort_unstable();
        Ok(partitions)
    }

    /// The first offset of `partition` that is still there, and the one after the last that can be read.
    ///
    /// # Errors
    /// When the brokers do not tell.
    pub fn range(&self, partition: i32) -> anyhow::Result<(i64, i64)> {
        let range = self.consumer.fetch_watermarks(&self.topic, partition, WAIT);
        self.told(range, || format!("the range of partition {partition} of {}", self.topic))
    }

    /// Per partition the offset of the first record from `time` on; the end of the partition if there is none.
    ///
    /// # Errors
    /// When the brokers do not tell.
    pub fn at_time(&self, time: jiff::Timestamp) -> anyhow::Result<Vec<(i32, i64)>> {
        let from = |partition| (partition, Offset::Offset(time.as_millisecond()));
        let asked = self.list(self.partitions()?.into_iter().map(from))?;
        let answer = self.consumer.offsets_for_times(asked, WAIT);
        let answer = self.told(answer, || format!("the offsets in {} at {time}", self.topic))?;
        let offset = |(partition, offset)| match offset {
            Offset::Offset(offset) => Ok((partition, offset)),
            _ => Ok((partition, self.range(partition)?.1)),
        };
        elements(&answer)?.into_iter().map(offset).collect()
    }

    /// Per partition the offset that `kafka.group` would go on from; `None` where it has committed none. Disturbs no
    /// member of the group.
    ///
    /// # Errors
    /// When the brokers do not tell.
    pub fn committed(&self) -> anyhow::Result<Vec<(i32, Option<i64>)>> {
        let asked = self.list(self.partitions()?.into_iter().map(|partition| (partition, Offset::Invalid)))?;
        let answer = self.consumer.committed_offsets(asked, WAIT);
        let answer = self.told(answer, || format!("the offsets that {} has committed", self.settings.group))?;
        Ok(elements(&answer)?
            .into_iter()
            .map(|(partition, offset)| (partition, offset.to_raw().filter(|n| *n >= 0)))
            .collect())
    }

    /// Reads these partitions from these offsets on, and no others. An offset that is no longer there stands for the
    /// first that is.
    ///
    /// # Errors
    /// When the client refuses.
    pub fn seek(&mut self, from: &[(i32, i64)]) -> anyhow::Result<()> {
        let list = self.list(from.iter().map(|(partition, offset)| (*partition, Offset::Offset(*offset))))?;
        self.consumer.assign(&list).with_context(|| format!("reading {}", self.topic))
    }

    /// The next record of any partition, or none after at most `wait`.
    ///
    /// # Errors
    /// When reading can not go on: not allowed, or the topic is gone.
    pub fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<RawArticle>> {
        let deadline = Instant::now() + wait;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now()))? {
                Polled::Record(record) => return Ok(Some(record)),
                Polled::End(_) => {}
                Polled::Nothing => return Ok(None),
            }
        }
    }

    /// Hands `each` every record from these offsets up to the present end of their partitions, in order within each.
    /// Ends early on [`ControlFlow::Break`].
    ///
    /// # Errors
    /// When reading can not go on, or no record comes for half a minute.
    pub fn scan(
        &mut self,
        from: &[(i32, i64)],
        mut each: impl FnMut(RawArticle) -> ControlFlow<()>,
    ) -> anyhow::Result<()> {
        let mut ends = BTreeMap::new();
        for (partition, offset) in from {
            let (_, end) = self.range(*partition)?;
            if *offset < end {
                ends.insert(*partition, end);
            }
        }
        self.seek(&from.iter().copied().filter(|(partition, _)| ends.contains_key(partition)).collect::<Vec<_>>())?;
        let mut deadline = Instant::now() + STILL;
        while !ends.is_empty() {
            match self.next(deadline.saturating_duration_since(Instant::now()))? {
                Polled::Record(record) => {
                    deadline = Instant::now() + STILL;
                    let partition = record.position.partition.number;
                    let Some(end) = ends.get(&partition).copied() else { continue };
                    let next = record.position.offset + 1;
                    if next >= end {
                        ends.remove(&partition);
                    }
                    if next <= end && each(record).is_break() {
                        break;
                    }
                }
                // The last offsets of a partition may be marks of transactions, which are no records.
                Polled::End(partition) => {
                    ends.remove(&partition);
                }
                Polled::Nothing if Instant::now() < deadline => {}
                Polled::Nothing => bail!(
                    "no record of {} came for {} s; is the broker at {} still there?",
                    self.topic,
                    STILL.as_secs(),
                    self.settings.brokers
                ),
            }
        }
        self.consumer.unassign().with_context(|| format!("reading {}", self.topic))
    }

    fn next(&mut self, wait: Duration) -> anyhow::Result<Polled> {
        let error = match self.consumer.poll(wait) {
            None => return Ok(Polled::Nothing),
            Some(Ok(message)) => return Ok(Polled::Record(article(&message, &self.topic))),
            Some(Err(KafkaError::PartitionEOF(partition))) => return Ok(Polled::End(partition)),
            Some(Err(error)) => error,
        };
        let code = error.rdkafka_error_code();
        let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
        let lasting = matches!(
            code,
            Some(
                Code::UnknownTopic
                    | Code::UnknownTopicOrPartition
                    | Code::Authentication
                    | Code::SaslAuthenticationFailed
            )
        );
        if fatal || lasting || code.is_some_and(denied) {
            bail!("{} cannot be read: {error}{}", self.topic, mend(code, &self.settings));
        }
        // A broker that is away comes back; who waits for a record has a deadline.
        tracing::debug!("reader: {error}");
        Ok(Polled::Nothing)
    }

    fn list(&self, offsets: impl Iterator<Item = (i32, Offset)>) -> anyhow::Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.topic, partition, offset)
                .with_context(|| format!("partition {partition} of {}", self.topic))?;
        }
        Ok(list)
    }

    fn told<T>(&self, answer: Result<T, KafkaError>, what: impl Fn() -> String) -> anyhow::Result<T> {
        answer.map_err(|error| {
            let mend = mend(error.rdkafka_error_code(), &self.settings);
            anyhow::anyhow!("the brokers do not tell {}: {error}{mend}", what())
        })
    }
}

fn elements(list: &TopicPartitionList) -> anyhow::Result<Vec<(i32, Offset)>> {
    let mut elements = Vec::new();
    for element in list.elements() {
        element.error().with_context(|| format!("partition {} of {}", element.partition(), element.topic()))?;
        elements.push((element.partition(), element.offset()));
    }
    elements.sort_unstable_by_key(|(partition, _)| *partition);
    Ok(elements)
}

/// The login of a consumer that joins no group, and the client's log lines.
pub(super) struct ReaderContext {
    pub(super) login: Login,
}

impl ReaderContext {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { login: Login::new(settings) }
    }

    /// Why no broker answers `consumer`.
    pub(super) fn silence(&self, consumer: &BaseConsumer<Self>, settings: &Settings) -> String {
        self.login.hear(consumer);
        self.login.silence(settings)
    }
}

impl ClientContext for ReaderContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.login.token()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        context::log(level, facility, text);
    }

    /// The same errors come out of `poll`.
    fn error(&self, error: KafkaError, reason: &str) {
        self.login.note(&error, reason);
        tracing::debug!("reader: {error}: {reason}");
    }
}

impl ConsumerContext for ReaderContext {}
