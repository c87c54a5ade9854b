//! The embedded broker and its clients. Besides `io::kafka`, the only place that names `rdkafka`.

use std::time::Duration;

use anyhow::Context;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header as Pair, Headers, Message as _, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::feed::Sample;
use crate::config::Config;
use crate::io::{Delivery, kafka};
use crate::message::{Destination, Header, Message};
use crate::settings::Time;

/// Partitions of each topic: the mock keeps 5 MiB of each.
const PARTITIONS: i32 = 4;

/// Header by which an article is known again when it comes out.
const NUMBER: &str = "demo-number";

/// A broker inside this process, with a producer for the feed and a reader of what comes out.
pub(super) struct Broker {
    topics: kafka::Topics,
    producer: ThreadedProducer<DefaultProducerContext>,
    reader: BaseConsumer,
    /// Dropped last: clients without a broker take long to close.
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Broker {
    /// Starts it on a free port of this machine.
    pub(super) fn start() -> anyhow::Result<Self> {
        let cluster = MockCluster::new(1)?;
        let topics = kafka::Topics::default();
        let mut assigned = TopicPartitionList::new();
        for topic in [&topics.raw, &topics.enriched, &topics.dead] {
            cluster.create_topic(topic, PARTITIONS, 1)?;
        }
        for topic in [&topics.enriched, &topics.dead] {
            for partition in 0..PARTITIONS {
                assigned.add_partition_offset(topic, partition, Offset::Beginning)?;
            }
        }
        let client = || {
            let mut config = ClientConfig::new();
            config.set("bootstrap.servers", cluster.bootstrap_servers()).set("log_level", "3");
            config
        };
        let producer = client().set("partitioner", "random").create()?;
        let reader: BaseConsumer =
            client().set("group.id", "copydesk-demo-screen").set("fetch.wait.max.ms", "10").create()?;
        reader.assign(&assigned)?;
        Ok(Self { topics, producer, reader, cluster })
    }

    /// `config` changed so that the service works with this broker.
    pub(super) fn configure(&self, config: &mut Config) {
        config.service.delivery = Delivery::AtLeastOnce;
        config.kafka = kafka::Settings {
            brokers: self.cluster.bootstrap_servers(),
            // The mock rebalances a group no sooner than a second before a member's session ends.
            session_timeout: Time::seconds(6),
            // It does not wake a fetch that waits when there is news.
            client: [("fetch.wait.max.ms".to_owned(), kafka::Value::Number(10))].into(),
            ..kafka::Settings::default()
        };
    }

    /// Publishes an article.
    pub(super) fn publish(&self, sample: &Sample, number: u64) -> anyhow::Result<()> {
        let number = number.to_string();
        let headers = OwnedHeaders::new().insert(Pair { key: NUMBER, value: Some(&number) });
        let record = BaseRecord::<(), [u8]>::to(&self.topics.raw).payload(sample.bytes).headers(headers);
        self.producer.send(record).map_err(|(error, _)| error).context("cannot publish an article of the feed")
    }

    /// What comes out next, and of which article, after `wait` at most.
    pub(super) fn read(&self, wait: Duration) -> anyhow::Result<Option<(u64, Message)>> {
        let Some(record) = self.reader.poll(wait) else { return Ok(None) };
        let record = record.context("cannot read what came out")?;
        let dead = record.topic() == self.topics.dead;
        let headers = record.headers().into_iter().flat_map(|headers| headers.iter());
        let message = Message {
            destination: if dead { Destination::Dead } else { Destination::Enriched },
            key: record.key().map(Into::into),
            payload: record.payload().map(Into::into),
            headers: headers.map(|pair| Header { name: pair.key.into(), value: pair.value.map(Into::into) }).collect(),
        };
        let number = message.header(NUMBER).parse().ok();
        Ok(number.map(|number| (number, message)))
    }
}
