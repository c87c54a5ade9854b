//! The outlet on Kafka.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{IsError, KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::Group;
use super::context::{OutletContext, mark};
use super::errors::{Call, Class, Facts, Undelivered, class, mend, undelivered};
use super::options;
use super::settings::Settings;
use crate::io::{Delivery, Fault, Outlet, Pulse};
use crate::message::{Destination, Header, Message, Partition, Position};

/// The longest wait for the answer to a question that changes nothing.
const QUESTION: Duration = Duration::from_secs(5);

/// The wait between two looks at what the client has done.
const STEP: Duration = Duration::from_millis(100);

/// A producer fenced twice within this time shares its id with another process.
const FENCED_TWICE: Duration = Duration::from_secs(60);

/// A commit that takes longer may have been sent twice by the client; a late copy could end a later transaction.
const SLOW_COMMIT: Duration = Duration::from_secs(5);

/// The outlet on Kafka.
pub struct KafkaOutlet {
    settings: Settings,
    delivery: Delivery,
    group: Group,
    pulse: Arc<Pulse>,
    producer: Option<ThreadedProducer<OutletContext>>,
    round: u32,
    sent: usize,
    in_transaction: bool,
    fenced: Option<Instant>,
    /// A late request of the last commit may be on its way.
    haunted: bool,
}

impl KafkaOutlet {
    pub(super) fn new(
        settings: &Settings,
        delivery: Delivery,
        group: Group,
        pulse: Arc<Pulse>,
    ) -> anyhow::Result<Self> {
        options::producer(settings, delivery)?;
        Ok(Self {
            settings: settings.clone(),
            delivery,
            group,
            pulse,
            producer: None,
            round: 0,
            sent: 0,
            in_transaction: false,
            fenced: None,
            haunted: false,
        })
    }

    fn producer(&self) -> Result<&ThreadedProducer<OutletContext>, Fault> {
        self.producer.as_ref().ok_or_else(|| Fault::Replace("the producer is not open".into()))
    }

    fn context(&self) -> Result<Arc<OutletContext>, Fault> {
        Ok(Arc::clone(self.producer()?.client().context()))
    }

    /// The longest that a call which ends a transaction may take.
    fn patience(&self) -> Duration {
        self.settings.transaction_timeout.0 / 2
    }

    /// Forgets the messages of this round.
    fn begin_round(&mut self) -> Result<(), Fault> {
        self.round = self.context()?.next_round();
        self.sent = 0;
        self.in_transaction = false;
        Ok(())
    }

    /// Checks that the topics we write to are there.
    fn look(&mut self, producer: &ThreadedProducer<OutletContext>) -> Result<(), Fault> {
        for topic in [self.settings.topics.enriched.clone(), self.settings.topics.dead.clone()] {
            self.pulse.beat();
            let metadata = producer.client().fetch_metadata(Some(&topic), QUESTION).map_err(|error| {
                tracing::debug!("asking for {topic}: {error}");
                Fault::Retry(producer.client().context().login.silence(&self.settings))
            })?;
            let error = metadata.topics().iter().find_map(rdkafka::metadata::MetadataTopic::error);
            match error.filter(IsError::is_error).map(Code::from) {
                None => {}
                Some(code @ (Code::UnknownTopic | Code::UnknownTopicOrPartition)) => {
                    let mend = mend(Some(code), &self.settings);
                    return Err(Fault::Retry(format!("the topic {topic} does not exist{mend}")));
                }
                Some(code) => return Err(self.fault(Call::Init, &KafkaError::MetadataFetch(code))),
            }
        }
        Ok(())
    }

    /// What to do about `error` of `call`.
    fn fault(&mut self, call: Call, error: &KafkaError) -> Fault {
        let facts = Facts::of(error);
        let why = format!("{error}{}", mend(error.rdkafka_error_code(), &self.settings));
        self.of_class(class(call, facts), why)
    }

    fn of_class(&mut self, class: Class, why: String) -> Fault {
        match class {
            Class::Retry => Fault::Retry(why),
            Class::Abort => Fault::Abort(why),
            Class::Replace => Fault::Replace(why),
            Class::Fatal => Fault::Fatal(why),
            Class::Fenced if self.fenced.is_some_and(|at| at.elapsed() < FENCED_TWICE) => Fault::Fatal(format!(
                "the transactional.id {} is used by another process; give each instance its own kafka.instance",
                self.settings.transactional_id()
            )),
            Class::Fenced => {
                self.fenced = Some(Instant::now());
                Fault::Replace(format!("{why}; its transaction timed out, or another process uses its id"))
            }
        }
    }

    /// Makes `call` until it answers anything but to try again, for as long as a transaction may take.
    fn bounded(
        &mut self,
        call: Call,
        what: impl Fn(&ThreadedProducer<OutletContext>, Duration) -> Result<KafkaResult<()>, Fault>,
    ) -> Result<(), Fault> {
        let deadline = Instant::now() + self.patience();
        loop {
            self.pulse.beat();
            let left = deadline.saturating_duration_since(Instant::now()).max(STEP);
            let Err(error) = what(self.producer()?, left)? else { return Ok(()) };
            match self.fault(call, &error) {
                Fault::Retry(why) if Instant::now() > deadline => return Err(Fault::Replace(why)),
                Fault::Retry(_) => std::thread::sleep(STEP),
                fault => return Err(fault),
            }
        }
    }

    /// What follows from the messages of this round that were not delivered: the gravest of their faults.
    fn undelivered(&mut self) -> Result<(), Fault> {
        let mut failed: Option<(Class, String)> = None;
        let mut refused: Option<(Vec<usize>, bool, String)> = None;
        for message in self.context()?.undelivered() {
            let mend = mend(Some(message.code), &self.settings);
            match undelivered(message.code) {
                Undelivered::Purged => {}
                Undelivered::Failed(class) => {
                    let why = format!("a record for {} was not written: {}{mend}", message.topic, message.code);
                    if failed.as_ref().is_none_or(|(worst, _)| weight(class) > weight(*worst)) {
                        failed = Some((class, why));
                    }
                }
                Undelivered::Refused { too_large } => {
                    let why = self.refusal(&message.topic, message.bytes, &message.code.to_string());
                    let (which, ..) = refused.get_or_insert((Vec::new(), too_large, why));
                    which.push(message.index);
                }
            }
        }
        match (failed, refused) {
            (Some((class, why)), _) if weight(class) > weight(Class::Abort) => Err(self.of_class(class, why)),
            (_, Some((which, too_large, why))) => Err(Fault::Refused { which, too_large, why }),
            (Some((class, why)), None) => Err(self.of_class(class, why)),
            (None, None) => Ok(()),
        }
    }

    fn refusal(&self, topic: &str, bytes: usize, why: &str) -> String {
        let mend = if topic == self.settings.topics.dead { "; raise max.message.bytes of that topic" } else { "" };
        format!("the topic {topic} refuses a record of {bytes} bytes: {why}{mend}")
    }

    /// Sends the offsets in the name of the group member, within the transaction.
    fn send_offsets(&mut self, next: &[Position]) -> Result<(), Fault> {
        let offsets = Arc::new(list(next)?);
        // Just before: after a rebalance an older one would be refused.
        let Some(member) = self.group.metadata().map(Arc::new) else {
            return Err(Fault::Abort("the consumer has left the group".into()));
        };
        self.bounded(Call::End, |producer, left| {
            let (offsets, member) = (Arc::clone(&offsets), Arc::clone(&member));
            aside(producer, left + QUESTION, move |producer| {
                producer.send_offsets_to_transaction(&offsets, &member, left)
            })
        })
    }

    fn commit_transaction(&mut self, next: &[Position]) -> Result<(), Fault> {
        self.send_offsets(next)?;
        let context = self.context()?;
        context.disturbed.store(false, Ordering::Release);
        let began = Instant::now();
        self.bounded(Call::End, |producer, left| Ok(producer.commit_transaction(left)))?;
        self.haunted = context.disturbed.load(Ordering::Acquire) || began.elapsed() > SLOW_COMMIT;
        Ok(())
    }

    /// Commits the offsets by themselves, their records being written.
    fn commit_offsets(&mut self, next: &[Position]) -> Result<(), Fault> {
        let offsets = list(next)?;
        // The client bounds this by its socket timeout. Asked without waiting, it never tells the outcome.
        let committed = self.group.ask(|consumer| consumer.commit(&offsets, CommitMode::Sync));
        let error = match committed {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) => error,
            None => return Err(Fault::Abort("the consumer has left the group".into())),
        };
        let why = format!("{error}{}", mend(error.rdkafka_error_code(), &self.settings));
        Err(match class(Call::End, Facts::of(&error)) {
            Class::Fatal => Fault::Fatal(why),
            _ => Fault::Abort(why),
        })
    }
}

impl Outlet for KafkaOutlet {
    fn open(&mut self) -> Result<(), Fault> {
        if let Some(old) = self.producer.take() {
            // Destroying a client can take long, and nothing depends on it: the new one fences it.
            let reaper = std::thread::Builder::new().name("reaper".into());
            reaper.spawn(move || drop(old)).map_err(|error| Fault::Retry(error.to_string()))?;
        }
        self.haunted = false;
        let config =
            options::producer(&self.settings, self.delivery).map_err(|error| Fault::Fatal(format!("{error:#}")))?;
        let producer: ThreadedProducer<OutletContext> = config
            .create_with_context(OutletContext::new(&self.settings))
            .map_err(|error| Fault::Fatal(format!("creating the producer: {error}")))?;
        self.look(&producer)?;
        if self.delivery == Delivery::ExactlyOnce {
            self.pulse.beat();
            producer.init_transactions(self.patience()).map_err(|error| self.fault(Call::Init, &error))?;
        }
        self.producer = Some(producer);
        self.begin_round()
    }

    fn send(&mut self, message: Message) -> Result<(), Fault> {
        if self.delivery == Delivery::ExactlyOnce && !self.in_transaction {
            if self.haunted {
                return Err(Fault::Replace("the last commit met with trouble, and a copy of it may come late".into()));
            }
            self.bounded(Call::Begin, |producer, _| Ok(producer.begin_transaction()))?;
        }
        self.in_transaction = true;
        let topic = match message.destination {
            Destination::Enriched => self.settings.topics.enriched.clone(),
            Destination::Dead => self.settings.topics.dead.clone(),
        };
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(&topic, mark(self.round, self.sent));
        record.key = message.key.as_deref();
        record.payload = message.payload.as_deref();
        record.headers = headers(&message.headers);
        let deadline = Instant::now() + self.settings.transaction_timeout.0;
        loop {
            let refused = match self.producer()?.send(record) {
                Ok(()) => break,
                Err(refused) => refused,
            };
            let (error, again) = refused;
            let outstanding = self.sent > self.context()?.reported();
            match error.rdkafka_error_code() {
                Some(Code::QueueFull) if outstanding && Instant::now() < deadline => {
                    self.pulse.beat();
                    let reported = self.context()?.reported();
                    self.context()?.await_reports(reported + 1, STEP);
                }
                Some(Code::QueueFull) if outstanding => {
                    return Err(Fault::Replace("no record was written for as long as a transaction may take".into()));
                }
                Some(Code::QueueFull | Code::MessageSizeTooLarge) => {
                    let why = self.refusal(&topic, message.bytes(), "larger than kafka.send_buffer");
                    return Err(Fault::Refused { which: vec![self.sent], too_large: true, why });
                }
                _ => {
                    // The transaction has failed, mostly over an earlier message, which knows better why.
                    self.settle()?;
                    let why = format!("{error}{}", mend(error.rdkafka_error_code(), &self.settings));
                    return Err(if Facts::of(&error).is_fatal() { Fault::Replace(why) } else { Fault::Abort(why) });
                }
            }
            record = again;
        }
        self.sent += 1;
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Fault> {
        let context = self.context()?;
        // The client gives up on a message after the transaction timeout, and reports that.
        let deadline = Instant::now() + self.settings.transaction_timeout.0 + QUESTION;
        while !context.await_reports(self.sent, STEP) {
            self.pulse.beat();
            if Instant::now() > deadline {
                return Err(Fault::Replace("messages were neither written nor given up in time".into()));
            }
        }
        self.undelivered()
    }

    fn commit(&mut self, next: &[Position]) -> Result<(), Fault> {
        self.settle()?;
        match self.delivery {
            Delivery::ExactlyOnce => self.commit_transaction(next)?,
            Delivery::AtLeastOnce => self.commit_offsets(next)?,
        }
        self.begin_round()
    }

    fn abort(&mut self) -> Result<(), Fault> {
        match self.delivery {
            Delivery::ExactlyOnce if self.in_transaction => {
                self.bounded(Call::End, |producer, left| Ok(producer.abort_transaction(left)))?;
            }
            Delivery::ExactlyOnce => {}
            // What is written cannot be taken back; what is not yet, must not come in among what is sent again.
            Delivery::AtLeastOnce => {
                if let Err(fault @ (Fault::Replace(_) | Fault::Fatal(_))) = self.settle() {
                    return Err(fault);
                }
            }
        }
        self.begin_round()
    }

    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<Position>, Fault> {
        let mut asked = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            asked.add_partition(&partition.topic, partition.number);
        }
        let answered = self.group.ask(|consumer| consumer.committed_offsets(asked, QUESTION));
        let Some(answered) = answered else {
            return Err(Fault::Fatal("the consumer has left the group".into()));
        };
        let failed = |error: KafkaError| Fault::Retry(format!("the committed offsets cannot be read: {error}"));
        let mut committed = Vec::new();
        for element in answered.map_err(failed)?.elements() {
            element.error().map_err(failed)?;
            let partition =
                partitions.iter().find(|known| known.number == element.partition() && *known.topic == *element.topic());
            if let (Some(partition), Offset::Offset(offset)) = (partition, element.offset()) {
                committed.push(Position { partition: partition.clone(), offset });
            }
        }
        Ok(committed)
    }

    fn close(self) {
        drop(self.producer);
    }
}

/// Makes a call that may outlast its time, on a thread of its own, and waits for it no longer than `within`.
///
/// The client waits for the answers to the requests of some calls without end, and loses them where a coordinator dies
/// (librdkafka 2.12, `rd_kafka_send_offsets_to_transaction`). The thread keeps the producer until its call returns; a
/// fresh one fences it.
fn aside<P: Clone + Send + 'static>(
    producer: &P,
    within: Duration,
    call: impl FnOnce(&P) -> KafkaResult<()> + Send + 'static,
) -> Result<KafkaResult<()>, Fault> {
    let (answer, answered) = mpsc::sync_channel(1);
    let producer = producer.clone();
    let thread = std::thread::Builder::new().name("aside".into());
    let spawned = thread.spawn(move || drop(answer.send(call(&producer))));
    spawned.map_err(|error| Fault::Abort(format!("no thread for a call of the client: {error}")))?;
    answered
        .recv_timeout(within)
        .map_err(|_| Fault::Replace(format!("the client did not come back from a call within {} s", within.as_secs())))
}

/// Which of two faults tells more about what to do.
fn weight(class: Class) -> u8 {
    match class {
        Class::Retry => 0,
        Class::Abort => 1,
        Class::Replace => 2,
        Class::Fenced => 3,
        Class::Fatal => 4,
    }
}

fn headers(headers: &[Header]) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let all = OwnedHeaders::new_with_capacity(headers.len());
    Some(headers.iter().fold(all, |all, header| {
        all.insert(rdkafka::message::Header { key: &header.name, value: header.value.as_deref() })
    }))
}

fn list(next: &[Position]) -> Result<TopicPartitionList, Fault> {
    let mut list = TopicPartitionList::with_capacity(next.len());
    for Position { partition, offset } in next {
        list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(*offset))
            .map_err(|error| Fault::Fatal(format!("the offset {offset} of {partition} is none: {error}")))?;
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client can hang where a coordinator dies, which no mock of it does at will.
    #[test]
    fn a_call_that_does_not_come_back_is_given_up() {
        let (hold, held) = mpsc::channel::<()>();
        let hangs = move |_: &()| {
            held.recv().ok();
            Ok(())
        };
        let given_up = aside(&(), Duration::from_millis(20), hangs);
        assert!(matches!(given_up, Err(Fault::Replace(_))), "{given_up:?}");
        drop(hold);

        let refused = aside(&(), QUESTION, |_| Err(KafkaError::Canceled));
        assert!(matches!(refused, Ok(Err(KafkaError::Canceled))), "{refused:?}");
    }
}
