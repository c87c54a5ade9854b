//! Asks the brokers whether the service could run: topics, rights, limits.

use std::time::Duration;

use anyhow::Context;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigEntry, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{IsError, RDKafkaErrorCode as Code};
use rdkafka::producer::{Producer, ThreadedProducer};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::context::OutletContext;
use super::errors::mend;
use super::options;
use super::reader::ReaderContext;
use super::settings::{SaslMechanism, Settings};
use crate::io::Delivery;
use crate::settings::{Bytes, Problem};

/// The longest wait for an answer.
const WAIT: Duration = Duration::from_secs(10);

/// Room that a record needs in its topic beyond its value: key, headers, framing.
const FRAME: u64 = 4096;

/// What stands in the way of running with `settings` and records of up to `max_record`, as far as the brokers tell:
/// topics that are missing, rights, sizes that do not fit. Changes nothing, and disturbs no service that runs.
///
/// # Errors
/// When no broker answers, or a client refuses its configuration.
pub fn probe(settings: &Settings, delivery: Delivery, max_record: Bytes) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let consumer = options::consumer(settings)?
        .create_with_context::<_, BaseConsumer<_>>(ReaderContext::new(settings))
        .context("creating the consumer")?;
    consumer.context().login.hand(&consumer, WAIT);
    let topics = &settings.topics;
    let named = [("raw", &topics.raw), ("enriched", &topics.enriched), ("dead", &topics.dead)];
    let mut present = Vec::new();
    for (key, topic) in named {
        let metadata = consumer
            .fetch_metadata(Some(topic), WAIT)
            .with_context(|| consumer.context().silence(&consumer, settings))?;
        let error = metadata.topics().iter().find_map(rdkafka::metadata::MetadataTopic::error);
        match error.filter(IsError::is_error).map(Code::from) {
            None => present.push((key, topic.as_str())),
            Some(code) => {
                let what = format!("{topic}: {code}{}", mend(Some(code), settings));
                problems.push(Problem::new(format!("kafka.topics.{key}"), what));
            }
        }
    }
    problems.extend(limits(settings, max_record, &present)?);

    let mut partition = TopicPartitionList::new();
    partition.add_partition(&topics.raw, 0);
    if let Err(error) = consumer.committed_offsets(partition, WAIT) {
        let login = &consumer.context().login;
        login.hear(&consumer);
        let told = || format!("{error}{}", mend(error.rdkafka_error_code(), settings));
        problems.push(Problem::new("kafka.group", login.refusal(settings).unwrap_or_else(told)));
    }
    if delivery == Delivery::ExactlyOnce {
        // An id of its own: that of the service would fence one that runs.
        let id = format!("{}-check", settings.transactional_id());
        let mut config = options::producer(settings, delivery)?;
        let producer: ThreadedProducer<_> = config
            .set("transactional.id", id)
            .create_with_context(OutletContext::new(settings))
            .context("creating the producer")?;
        if let Err(error) = producer.init_transactions(WAIT) {
            let mend = mend(error.rdkafka_error_code(), settings);
            problems.push(Problem::new("kafka.instance", format!("no transaction can be begun: {error}{mend}")));
        }
    }
    Ok(problems)
}

/// Sizes of the topics that do not fit the settings, or each other.
fn limits(settings: &Settings, max_record: Bytes, topics: &[(&str, &str)]) -> anyhow::Result<Vec<Problem>> {
    if settings.sasl_mechanism == Some(SaslMechanism::OauthBearer) {
        // This client has no way to be given a token; the service runs without knowing the limits.
        return Ok(Vec::new());
    }
    let client: AdminClient<DefaultClientContext> =
        options::common(settings)?.create().context("creating the admin client")?;
    let resources: Vec<ResourceSpecifier<'_>> =
        topics.iter().map(|(_, topic)| ResourceSpecifier::Topic(topic)).collect();
    if resources.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let options = AdminOptions::new().request_timeout(Some(WAIT));
    let answers = runtime.block_on(client.describe_configs(&resources, &options)).context("asking for topic limits")?;
    let limit = |key: &str| {
        let (_, answer) = topics.iter().zip(&answers).find(|((name, _), _)| *name == key)?;
        // Not allowed to ask is no problem of the service.
        let entry: &ConfigEntry = answer.as_ref().ok()?.get("max.message.bytes")?;
        entry.value.as_ref()?.parse::<u64>().ok()
    };
    let mut problems = Vec::new();
    if let Some(bytes) = limit("enriched")
        && bytes < max_record.0
    {
        let what = format!(
            "more than the {bytes} bytes that {} takes; lower it, or raise max.message.bytes of the topic",
            settings.topics.enriched
        );
        problems.push(Problem::new("record.max_bytes", what));
    }
    if let (Some(raw), Some(dead)) = (limit("raw"), limit("dead"))
        && dead < raw + FRAME
    {
        let what = format!(
            "{} takes records of {dead} bytes, {} of {raw}: the largest would not fit with its headers; raise \
             max.message.bytes of the dead letters to {}",
            settings.topics.dead,
            settings.topics.raw,
            raw + FRAME
        );
        problems.push(Problem::new("kafka.topics.dead", what));
    }
    Ok(problems)
}
