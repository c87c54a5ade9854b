//! A broker that the client library plays, and the service on it; it knows no transactions.

use std::process::Command;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tempfile::TempDir;

use crate::http::service;
use crate::support::PATIENCE;

/// The topic of what is to be read.
pub(crate) const RAW: &str = "articles.raw";

/// The broker with the topics of the service, and a producer of articles.
pub(crate) struct Mock {
    broker: MockCluster<'static, DefaultProducerContext>,
    producer: ThreadedProducer<DefaultProducerContext>,
    partitions: i32,
}

impl Mock {
    pub(crate) fn new(partitions: i32) -> Self {
        let broker = MockCluster::new(1).expect("a mock broker");
        for topic in [RAW, "articles.enriched", "articles.dead"] {
            broker.create_topic(topic, partitions, 1).expect("a topic");
        }
        let producer =
            ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().expect("a producer");
        Self { broker, producer, partitions }
    }

    /// The service in `folder`, to be started: it delivers at least once.
    pub(crate) fn service(&self, folder: &TempDir) -> Command {
        let mut command = service(folder, &self.broker.bootstrap_servers());
        command
            .env("COPYDESK_SERVICE_DELIVERY", "at_least_once")
            .env("COPYDESK_KAFKA_CLIENT_FETCH_WAIT_MAX_MS", "10")
            .env("COPYDESK_KAFKA_SESSION_TIMEOUT", "6s");
        command
    }

    /// Sends articles to a partition each.
    pub(crate) fn send<'a>(&self, articles: impl IntoIterator<Item = (i32, &'a str)>) {
        let record = |(partition, payload)| BaseRecord::to(RAW).partition(partition).payload(payload);
        self.send_records(articles.into_iter().map(record));
    }

    /// Sends records, which begin as [`RAW`] records do.
    pub(crate) fn send_records<'a>(&self, records: impl IntoIterator<Item = BaseRecord<'a, str, str>>) {
        for record in records {
            self.producer.send(record).map_err(|(error, _)| error).expect("sent");
        }
        self.producer.flush(PATIENCE).expect("flushed");
    }

    /// A reader of a topic from its beginning.
    pub(crate) fn reader(&self, topic: &str) -> BaseConsumer {
        let reader: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.broker.bootstrap_servers())
            .set("group.id", "reader")
            .create()
            .expect("a consumer");
        let mut all = TopicPartitionList::new();
        for partition in 0..self.partitions {
            all.add_partition_offset(topic, partition, Offset::Beginning).expect("a partition");
        }
        reader.assign(&all).expect("assigned");
        reader
    }
}
