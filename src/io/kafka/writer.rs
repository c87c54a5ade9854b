//! A writer for people: records to any topic in transactions of its own, beside the running service.

use std::time::Duration;

use anyhow::{Context, bail};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header as KafkaHeader, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};

use super::context::OutletContext;
use super::errors::mend;
use super::options;
use super::settings::Settings;
use crate::io::Delivery;
use crate::message::Header;

/// The wait while the client's buffer is full.
const FULL: Duration = Duration::from_millis(10);

/// Writes records that readers see when they are committed, and else never.
pub struct Writer {
    producer: ThreadedProducer<OutletContext>,
    settings: Settings,
    open: bool,
}

impl Writer {
    /// A writer whose transactional id is that of the service's instance with `-` and `purpose` after it, so that it fences
    /// an earlier one of its kind and never the service.
    ///
    /// # Errors
    /// When no broker answers, or writing is not allowed.
    pub fn open(settings: &Settings, purpose: &str) -> anyhow::Result<Self> {
        let own = Settings { instance: Some(format!("{}-{purpose}", settings.instance())), ..settings.clone() };
        let producer: ThreadedProducer<OutletContext> = options::producer(&own, Delivery::ExactlyOnce)?
            .create_with_context(OutletContext::new(&own))
            .context("creating the producer")?;
        let writer = Self { producer, settings: own, open: false };
        writer.done("beginning", writer.producer.init_transactions(writer.patience()))?;
        Ok(writer)
    }

    /// Writes a record, to `partition` or where its key belongs.
    ///
    /// # Errors
    /// When the client refuses it.
    pub fn write(
        &mut self,
        (topic, partition): (&str, Option<i32>),
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        headers: &[Header],
    ) -> anyhow::Result<()> {
        if !self.open {
            self.done("beginning a transaction", self.producer.begin_transaction())?;
            self.open = true;
        }
        let headers = headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), |all, header| {
            all.insert(KafkaHeader { key: &header.name, value: header.value.as_deref() })
        });
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, 0).headers(headers);
        (record.key, record.payload, record.partition) = (key, payload, partition);
        while let Err((error, again)) = self.producer.send(record) {
            if error.rdkafka_error_code() != Some(Code::QueueFull) {
                bail!("a record for {topic} is refused: {error}{}", mend(error.rdkafka_error_code(), &self.settings));
            }
            std::thread::sleep(FULL);
            record = again;
        }
        Ok(())
    }

    /// Makes everything written since the last commit visible at once.
    ///
    /// # Errors
    /// When it cannot be; then none of it is visible, unless the answer of the brokers was late or lost: they may have
    /// committed all the same.
    pub fn commit(&mut self) -> anyhow::Result<()> {
        if std::mem::take(&mut self.open) {
            self.done("committing", self.producer.commit_transaction(self.patience()))?;
        }
        Ok(())
    }

    fn patience(&self) -> Duration {
        self.settings.transaction_timeout.0
    }

    fn done(&self, what: &str, result: Result<(), KafkaError>) -> anyhow::Result<()> {
        result.map_err(|error| {
            let mend = mend(error.rdkafka_error_code(), &self.settings);
            anyhow::anyhow!("{what} as {} failed: {error}{mend}", self.settings.transactional_id())
        })
    }
}
