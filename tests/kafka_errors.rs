//! Faults of brokers, injected on the mock cluster of the client library: each class of error has its effect.
//!
//! The mock cluster proves nothing about duplicates (it shows aborted records and forgets offsets in transactions);
//! that is `exactly_once.rs`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk::io::kafka::{self, Group, Value};
use copydesk::message::{Destination, Enrich, Message, RawArticle};
use copydesk::service::{self, Exit, Running, Shutdown, State, Status};
use copydesk::settings::Time;
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::types::{RDKafkaApiKey as Api, RDKafkaRespErr as Code};

const ARTICLES: u64 = 30;

/// Passes articles through.
struct Pass;

impl Enrich for Pass {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        let RawArticle { key, payload, headers, .. } = article.clone();
        vec![Message { destination: Destination::Enriched, key, payload, headers }]
    }
}

struct Service {
    cluster: MockCluster<'static, DefaultProducerContext>,
    running: Running,
    status: Arc<Status>,
}

/// A service on a mock cluster with three topics, which has joined its group and finished a first article.
fn service() -> Service {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["articles.raw", "articles.enriched", "articles.dead"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    let mut settings = kafka::Settings {
        brokers: cluster.bootstrap_servers(),
        instance: Some("test".into()),
        session_timeout: Time::seconds(3),
        transaction_timeout: Time::seconds(5),
        ..kafka::Settings::default()
    };
    // The mock does not wake a fetch that waits.
    settings.client.insert("fetch.wait.max.ms".into(), Value::Number(10));
    assert_eq!(settings.problems(), []);
    let status = Arc::new(Status::new(Duration::from_secs(60)));
    let group = Group::default();
    let intake = {
        let (settings, group) = (settings.clone(), group.clone());
        move || kafka::intake(&settings, &group)
    };
    let how = service::Settings { workers: Some(2), ..Default::default() };
    let (delivery, pulse) = (how.delivery, Arc::clone(&status.outlet));
    let outlet = move || kafka::outlet(&settings, delivery, &group, pulse);
    let running =
        service::start(&how, (intake, outlet), Arc::new(Pass), Arc::clone(&status), Shutdown::default()).unwrap();
    let service = Service { cluster, running, status };
    service.produce(1);
    service.wait_until("the first article is committed", |status| status.counters.committed.get() == 1);
    service
}

impl Service {
    fn produce(&self, count: u64) {
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", self.cluster.bootstrap_servers()).create().unwrap();
        for number in 0..count {
            let value = format!("article {number}");
            producer.send(BaseRecord::to("articles.raw").key("k").payload(&value)).unwrap();
        }
        producer.flush(Duration::from_secs(10)).unwrap();
    }

    fn wait_until(&self, what: &str, condition: impl Fn(&Status) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !condition(&self.status) {
            assert!(Instant::now() < deadline, "not within 60 s: {what}; {}", self.status.state());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Has `errors` answered to the next requests of kind `api`, and feeds articles into that.
    fn provoke(&self, api: Api, errors: &[Code]) {
        self.cluster.request_errors(api, errors);
        self.produce(ARTICLES);
    }

    /// All articles end, after so many aborts and replacements of the producer.
    fn ends_with(self, aborts: u64, replacements: u64) -> Arc<Status> {
        self.wait_until("all articles are committed", |status| status.counters.committed.get() > ARTICLES);
        let counters = &self.status.counters;
        assert_eq!((counters.aborts.get(), counters.replacements.get()), (aborts, replacements));
        assert_eq!(counters.committed.get(), 1 + ARTICLES);
        assert_eq!(self.status.state(), State::Running);
        self.running.shutdown().begin();
        let exit = self.running.join();
        assert!(matches!(exit, Exit::Finished), "{exit:?}");
        self.status
    }

    /// The service ends by itself and says `what`.
    fn fails_with(self, what: &str) {
        let exit = self.running.join();
        assert!(matches!(&exit, Exit::Failed(error) if format!("{error:#}").contains(what)), "{exit:?}");
    }
}

/// A coordinator that moves is no reason to do work twice.
#[test]
fn retriable_errors_are_waited_out() {
    for api in [Api::TxnOffsetCommit, Api::EndTxn, Api::AddOffsetsToTxn, Api::AddPartitionsToTxn] {
        let service = service();
        let moving = Code::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
        service.provoke(api, &[moving, moving]);
        service.ends_with(0, 0);
    }
}

/// A rebalance that the outlet had not heard of yet: the broker refuses the offsets, and everything is read again.
#[test]
fn abortable_errors_are_aborted_and_read_again() {
    let service = service();
    service.provoke(Api::TxnOffsetCommit, &[Code::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION]);
    let status = service.ends_with(1, 0);
    assert!(status.counters.received.get() > 1 + ARTICLES);
}

/// Fenced once, as after a transaction that timed out.
#[test]
fn a_producer_that_is_fenced_once_is_replaced() {
    let service = service();
    service.provoke(Api::EndTxn, &[Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH]);
    service.ends_with(1, 1);
}

/// Fenced again at once: two processes would go on to fence each other for ever.
#[test]
fn a_producer_that_is_fenced_twice_ends_the_service() {
    let service = service();
    let fenced = Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
    service.provoke(Api::EndTxn, &[fenced, fenced]);
    service.fails_with("the transactional.id copydesk-test is used by another process");
}

/// No wait mends a missing right; who reads the message knows which.
#[test]
fn errors_of_authorisation_end_the_service_and_name_the_right() {
    let cases = [
        (Api::TxnOffsetCommit, Code::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, "read the group copydesk"),
        (Api::AddPartitionsToTxn, Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "write articles.enriched"),
        (Api::EndTxn, Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "transactional.id copydesk-test"),
    ];
    for (api, code, what) in cases {
        let service = service();
        service.provoke(api, &[code]);
        service.fails_with(what);
    }
}

/// An outage is no stall: the service is live, says what it waits for, is not ready, and goes on by itself.
#[test]
fn a_broker_that_goes_away_is_waited_for() {
    let service = service();
    service.cluster.broker_down(1).unwrap();
    service.wait_until("the service waits", |status| matches!(status.state(), State::Waiting(_)));
    assert!(!service.status.ready());
    assert_eq!(service.status.live(), Ok(()));
    service.cluster.broker_up(1).unwrap();
    service.produce(ARTICLES);
    service.wait_until("the service is ready", Status::ready);
    service.wait_until("all articles are committed", |status| status.counters.committed.get() > ARTICLES);
    service.running.shutdown().begin();
    assert!(matches!(service.running.join(), Exit::Finished));
}

/// An end while the broker is away must not wait for it.
#[test]
fn the_service_ends_in_time_while_the_broker_is_away() {
    let service = service();
    service.cluster.broker_down(1).unwrap();
    service.wait_until("the service waits", |status| matches!(status.state(), State::Waiting(_)));
    let began = Instant::now();
    service.running.shutdown().begin();
    let exit = service.running.join();
    assert!(matches!(exit, Exit::Finished), "{exit:?}");
    assert!(began.elapsed() < service::Settings::default().shutdown_deadline.0);
}
