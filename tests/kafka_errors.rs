//! What the service does about each class of error, on a mock broker that answers with errors on demand: a real one
//! cannot be made to. The mock keeps no offsets of transactions and hides nothing that was aborted, so that these tests
//! ask only whether every article comes out and by which way; `exactly_once.rs` asks for the rest.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk::io::{Delivery, kafka};
use copydesk::message::{Destination, Enrich, Message, RawArticle};
use copydesk::service::{self, Exit, Running, Shutdown, State, Status};
use copydesk::settings::Time;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message as _;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Error};

/// The longest that anything here may take; a wait ends when what it waits for has come.
const PATIENCE: Duration = Duration::from_secs(90);

/// Passes every article on.
struct Pass;

impl Enrich for Pass {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        let (key, payload) = (article.key.clone(), article.payload.clone());
        vec![Message { destination: Destination::Enriched, key, payload, headers: Vec::new() }]
    }
}

/// The service at work on a mock cluster.
struct Scene {
    producer: BaseProducer,
    reader: BaseConsumer,
    running: Option<Running>,
    status: Arc<Status>,
    sent: usize,
    seen: BTreeSet<Vec<u8>>,
    /// Dropped last: clients without a broker take long to close.
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Scene {
    /// Starts the service; `prepare` may spoil the cluster before.
    fn start(delivery: Delivery, prepare: impl Fn(&MockCluster<'_, DefaultProducerContext>)) -> Self {
        let cluster = MockCluster::new(1).unwrap();
        let topics = kafka::Topics::default();
        for topic in [&topics.raw, &topics.enriched, &topics.dead] {
            cluster.create_topic(topic, 1, 1).unwrap();
        }
        prepare(&cluster);
        let client = || {
            let mut config = ClientConfig::new();
            config.set("bootstrap.servers", cluster.bootstrap_servers()).set("log_level", "0");
            config
        };
        let producer = client().create().unwrap();
        let reader: BaseConsumer = client().set("group.id", "test").set("fetch.wait.max.ms", "10").create().unwrap();
        let mut start = TopicPartitionList::new();
        start.add_partition_offset(&topics.enriched, 0, Offset::Beginning).unwrap();
        reader.assign(&start).unwrap();

        let settings = kafka::Settings {
            brokers: cluster.bootstrap_servers(),
            instance: Some("a".into()),
            // The mock rebalances a group no sooner than a second before a member's session ends.
            session_timeout: Time::seconds(6),
            // It does not wake a fetch that waits when there is news.
            client: [("fetch.wait.max.ms".to_owned(), kafka::Value::Number(10))].into(),
            ..kafka::Settings::default()
        };
        let service = service::Settings { delivery, workers: Some(1), ..service::Settings::default() };
        let status = Arc::new(Status::new(service.stall_deadline.0));
        let group = kafka::Group::default();
        let intake = {
            let (settings, group) = (settings.clone(), group.clone());
            move || kafka::intake(&settings, &group)
        };
        let pulse = Arc::clone(&status.outlet);
        let outlet = move || kafka::outlet(&settings, delivery, &group, pulse);
        let running =
            service::start(&service, (intake, outlet), Arc::new(Pass), Arc::clone(&status), Shutdown::default());
        let running = Some(running.unwrap());
        Self { producer, reader, running, status, sent: 0, seen: BTreeSet::new(), cluster }
    }

    /// Sends `count` articles more.
    fn send(&mut self, count: usize) {
        for _ in 0..count {
            let payload = format!("article {}", self.sent);
            let record = BaseRecord::<(), str>::to("articles.raw").payload(&payload);
            self.producer.send(record).map_err(|(error, _)| error).unwrap();
            self.sent += 1;
        }
        self.producer.flush(PATIENCE).unwrap();
    }

    /// Waits until all articles that were sent have come out.
    fn await_all(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.seen.len() < self.sent {
            let state = self.status.state();
            assert!(Instant::now() < deadline, "{} of {} came out; {state:?}", self.seen.len(), self.sent);
            if let Some(Ok(record)) = self.reader.poll(Duration::from_millis(50)) {
                self.seen.insert(record.payload().unwrap().to_vec());
            }
        }
    }

    /// Sends some articles, spoils the cluster once they have come out, and sends some more.
    fn spoil(&mut self, spoil: impl Fn(&MockCluster<'_, DefaultProducerContext>)) {
        self.send(20);
        self.await_all();
        spoil(&self.cluster);
        self.send(20);
        self.await_all();
    }

    fn await_state(&self, what: &str, right: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !right(&self.status.state()) {
            assert!(Instant::now() < deadline, "not {what}: {}", self.status.state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for counts of aborts and replacements. The mock shows records before their transaction ends, so that all may
    /// have come out while the outlet has yet to hear of an error.
    fn await_counts(&self, right: impl Fn(u64, u64) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !right(self.aborts(), self.replacements()) {
            let (aborts, replacements) = (self.aborts(), self.replacements());
            assert!(Instant::now() < deadline, "{aborts} aborts, {replacements} replacements");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn aborts(&self) -> u64 {
        self.status.counters.aborts.get()
    }

    fn replacements(&self) -> u64 {
        self.status.counters.replacements.get()
    }

    /// Ends the service, which must end well.
    fn finish(mut self) {
        let running = self.running.take().unwrap();
        running.shutdown().begin();
        let exit = running.join();
        assert!(matches!(exit, Exit::Finished), "{exit:?}");
    }

    /// Waits for the service to give up, and returns what it says.
    fn failure(mut self) -> String {
        match self.running.take().unwrap().join() {
            Exit::Failed(error) => format!("{error:#}"),
            other => panic!("it should have failed: {other:?}"),
        }
    }
}

#[test]
fn a_retriable_error_costs_nothing() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.spoil(|cluster| {
        let loading = Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
        cluster.request_errors(Api::EndTxn, &[loading, loading]);
        cluster.request_errors(Api::TxnOffsetCommit, &[loading]);
        cluster.request_errors(Api::Produce, &[Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION]);
    });
    assert_eq!((scene.aborts(), scene.replacements()), (0, 0));
    scene.finish();
}

#[test]
fn an_abortable_error_has_the_articles_read_again_with_the_same_producer() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.spoil(|cluster| {
        cluster.request_errors(Api::TxnOffsetCommit, &[Error::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION]);
    });
    scene.await_counts(|aborts, replacements| (aborts, replacements) == (1, 0));
    scene.finish();
}

#[test]
fn a_fatal_error_replaces_the_producer() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.spoil(|cluster| {
        cluster.request_errors(Api::EndTxn, &[Error::RD_KAFKA_RESP_ERR_INVALID_TXN_STATE]);
    });
    scene.await_counts(|_, replacements| replacements >= 1);
    scene.finish();
}

/// Each attempt to commit is swallowed for longer than the service waits: nobody knows what became of it, so a fresh
/// producer ends the transaction, whichever way, before anything else is published.
#[test]
fn a_commit_that_is_never_answered_replaces_the_producer() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.send(20);
    scene.await_all();
    scene.cluster.request_errors(Api::EndTxn, &[Error::RD_KAFKA_RESP_ERR__TRANSPORT; 10_000]);
    scene.send(20);
    scene.await_counts(|_, replacements| replacements >= 1);
    scene.cluster.clear_request_errors(Api::EndTxn);
    scene.await_all();
    scene.finish();
}

#[test]
fn a_producer_fenced_once_is_replaced() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.spoil(|cluster| {
        cluster.request_errors(Api::EndTxn, &[Error::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH]);
    });
    scene.await_counts(|_, replacements| replacements == 1);
    scene.finish();
}

/// Two processes with one transactional id would fence each other for ever.
#[test]
fn a_producer_fenced_again_soon_ends_the_service_which_names_the_id() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.send(5);
    scene.await_all();
    scene.cluster.request_errors(Api::EndTxn, &[Error::RD_KAFKA_RESP_ERR_PRODUCER_FENCED; 4]);
    scene.send(5);
    let said = scene.failure();
    assert!(said.contains("copydesk-a"), "{said}");
}

#[test]
fn a_transactional_id_that_is_not_allowed_ends_the_service() {
    let denied = Error::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    let scene =
        Scene::start(Delivery::ExactlyOnce, |cluster| cluster.request_errors(Api::InitProducerId, &[denied; 8]));
    let said = scene.failure();
    assert!(said.contains("copydesk-a"), "{said}");
}

/// Whoever reads the message knows which right is missing; no wait mends it.
#[test]
fn a_missing_right_ends_the_service_and_is_named() {
    let cases = [
        (Api::TxnOffsetCommit, Error::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "read the group copydesk"),
        (Api::AddPartitionsToTxn, Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "write articles.enriched"),
    ];
    for (api, error, right) in cases {
        let mut scene = Scene::start(Delivery::ExactlyOnce, |cluster| cluster.request_errors(api, &[error]));
        scene.send(5);
        let said = scene.failure();
        assert!(said.contains(right), "{said}");
    }
}

/// An outage is no stall: the service is live, says what it waits for, is not ready, and goes on by itself.
#[test]
fn a_broker_that_goes_and_comes_is_waited_for() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.send(20);
    scene.await_all();
    scene.cluster.broker_down(1).unwrap();
    scene.await_state("waiting", |state| matches!(state, State::Waiting(_)));
    assert!(!scene.status.ready());
    assert_eq!(scene.status.live(), Ok(()));
    scene.cluster.broker_up(1).unwrap();
    scene.await_state("running", |state| *state == State::Running);
    scene.send(20);
    scene.await_all();
    scene.finish();
}

/// An orchestrator that moves the service away from an outage must not have to kill it.
#[test]
fn the_service_ends_in_good_order_while_the_broker_is_away() {
    let mut scene = Scene::start(Delivery::ExactlyOnce, |_| {});
    scene.send(20);
    scene.await_all();
    scene.cluster.broker_down(1).unwrap();
    scene.await_state("waiting", |state| matches!(state, State::Waiting(_)));
    scene.finish();
}

#[test]
fn offsets_that_are_refused_at_least_once_are_committed_later() {
    let mut scene = Scene::start(Delivery::AtLeastOnce, |_| {});
    scene.spoil(|cluster| {
        cluster.request_errors(Api::OffsetCommit, &[Error::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS]);
        cluster.request_errors(Api::Produce, &[Error::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT]);
    });
    scene.finish();
}
