//! Kafka: the only place that knows its client.
//!
//! [`intake`] and [`outlet`] make the two doors of the service. They share the consumer in one respect: the offsets of a
//! transaction are sent in the name of the group member, whose identity only the consumer knows. [`Reader`] and
//! [`Writer`] are for people who look in and who repair.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};

pub use self::inbound::KafkaIntake;
pub use self::options::Value;
pub use self::outbound::KafkaOutlet;
pub use self::probe::probe;
pub use self::reader::Reader;
pub use self::settings::{GroupProtocol, SaslMechanism, Secret, Settings, Topics};
pub use self::writer::Writer;
use crate::io::{Delivery, Pulse};

mod context;
mod errors;
mod inbound;
mod login;
mod options;
mod outbound;
mod probe;
mod reader;
mod settings;
mod writer;

/// The consumer, as far as the outlet needs it.
///
/// The outlet uses it only while it holds the lock, and the intake takes it away before it closes: the thread that
/// drops the consumer last is always the one that polls it.
#[derive(Clone, Default)]
pub struct Group(Arc<Mutex<Option<Arc<BaseConsumer<context::IntakeContext>>>>>);

impl Group {
    fn join(&self, consumer: &Arc<BaseConsumer<context::IntakeContext>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(consumer));
    }

    fn leave(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What `call` answers about the consumer, if there is one.
    fn ask<T>(&self, call: impl FnOnce(&BaseConsumer<context::IntakeContext>) -> T) -> Option<T> {
        let consumer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        consumer.as_deref().map(call)
    }

    fn metadata(&self) -> Option<ConsumerGroupMetadata> {
        self.ask(Consumer::group_metadata).flatten()
    }
}

/// The intake of the service; it joins the consumer group.
///
/// # Errors
/// When the client refuses its configuration.
pub fn intake(settings: &Settings, group: &Group) -> anyhow::Result<KafkaIntake> {
    KafkaIntake::new(settings, group.clone())
}

/// The outlet of the service; `pulse` beats while it waits for the broker.
///
/// # Errors
/// When the client refuses its configuration.
pub fn outlet(
    settings: &Settings,
    delivery: Delivery,
    group: &Group,
    pulse: Arc<Pulse>,
) -> anyhow::Result<KafkaOutlet> {
    KafkaOutlet::new(settings, delivery, group.clone(), pulse)
}
