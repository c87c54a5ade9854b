//! The promise of the service, kept by the real program against Apache Kafka while everything around it is killed,
//! stopped, moved and taken away. Only a real broker shows fencing, isolation and offsets in transactions.
//!
//! Scenarios run one after another against one broker; an argument runs those whose name contains it. Without a broker
//! they are skipped aloud, which counts as a failure in CI. FAULT_ROUNDS repeats the faults that often.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a scenario stops at what it did not expect, aloud")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use copydesk::io::Delivery;
use copydesk::io::kafka::{Settings, Topics as Names, probe};
use copydesk::settings::Bytes;
use support::{
    BARE, Broker, Input, Instance, JOINED, Limits, PATIENCE, Reader, Scenario, Topics, articles, bare_at, feed, flush,
    free_port, lags, load, rounds, seconds, wait_for_readiness,
};

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

const SCENARIOS: [(&str, Scenario); 14] = [
    ("kills_and_a_broker_restart", kills_and_a_broker_restart),
    ("an_instance_that_hangs_and_comes_back", an_instance_that_hangs_and_comes_back),
    ("scaling_out_and_in", scaling_out_and_in),
    ("a_signal_ends_it_in_good_order", a_signal_ends_it_in_good_order),
    ("two_instances_of_one_id", two_instances_of_one_id),
    ("at_least_once_loses_nothing", at_least_once_loses_nothing),
    ("records_that_the_broker_refuses", records_that_the_broker_refuses),
    ("dead_letters_that_the_broker_refuses", dead_letters_that_the_broker_refuses),
    ("odd_records", odd_records),
    ("the_newer_group_protocol", the_newer_group_protocol),
    ("the_model_at_work", the_model_at_work),
    ("a_probe_before_the_start", a_probe_before_the_start),
    ("a_topic_that_is_missing", a_topic_that_is_missing),
    ("a_broker_that_is_away_at_start", a_broker_that_is_away_at_start),
];

fn main() -> ExitCode {
    support::run("exactly_once", &SCENARIOS)
}

/// Two instances at work on 3,000 articles; five kills and the death of the broker between, while which neither is ready.
fn kills_and_a_broker_restart(broker: &Broker, directory: &Path) {
    let topics = broker.topics("kills", 3, Limits::default());
    let (inputs, time) = load(3000, 15);
    let mut reader = topics.reader();
    let ports = [free_port(), free_port()];
    let mut first = Instance::start(&topics.config(directory, "first", &bare_at(ports[0])));
    let mut second = Instance::start(&topics.config(directory, "second", &bare_at(ports[1])));
    let feed = feed(&topics, &inputs, time);
    for kill in 1..=5 * rounds() {
        reader.wait_for(kill * 400, seconds(60));
        if kill % 2 == 0 {
            second = second.kill_and_replace();
        } else {
            first = first.kill_and_replace();
        }
        if kill % 5 == 3 && broker.is_ours() {
            broker.kill();
            ports.iter().for_each(|port| wait_for_readiness(*port, 503));
            broker.start();
            ports.iter().for_each(|port| wait_for_readiness(*port, 200));
        }
    }
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(90));
    first.stop();
    second.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
    let dead = reader.read.iter().filter(|output| output.dead).count();
    assert_eq!(dead, inputs.len() / 50);
}

/// An instance that stood still past its session must not publish what others have taken over.
fn an_instance_that_hangs_and_comes_back(broker: &Broker, directory: &Path) {
    let topics = broker.topics("hang", 3, Limits::default());
    let (inputs, time) = load(1500, 12);
    let mut reader = topics.reader();
    let first = Instance::start(&topics.config(directory, "first", BARE));
    let second = Instance::start(&topics.config(directory, "second", BARE));
    let feed = feed(&topics, &inputs, time);
    for round in 0..rounds() {
        reader.wait_for(1500 * round + 200, seconds(60));
        first.signal("STOP");
        // Twice the session timeout.
        std::thread::sleep(seconds(4));
        first.signal("CONT");
    }
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(60));
    first.stop();
    second.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// Members that come and go under load take nothing with them and bring nothing twice. A partition moves once or not at
/// all; one that stays where it is goes on meanwhile.
fn scaling_out_and_in(broker: &Broker, directory: &Path) {
    let topics = broker.topics("scale", 6, Limits::default());
    let (mut inputs, time) = load(3000, 25);
    inputs.iter_mut().zip((0..6).cycle()).for_each(|(input, partition)| input.0 = partition);
    let mut reader = topics.reader();
    let ports = [free_port(), free_port(), free_port()];
    let first = Instance::start(&topics.config(directory, "first", &bare_at(ports[0])));
    let feed = feed(&topics, &inputs, time);
    for round in 0..rounds() {
        reader.wait_for(3000 * round + 200, seconds(60));
        let [revoked, assigned] = ["revoked", "assigned"].map(|what| moves(&first, what).len());
        let before = reader.sources.clone();
        let second = Instance::start(&topics.config(directory, "second", &bare_at(ports[1])));
        let third = Instance::start(&topics.config(directory, "third", &bare_at(ports[2])));
        let kept = shared_out(&mut reader, ports, [2, 2, 2]);
        let gone: BTreeSet<i32> = (0..6).filter(|partition| !kept.contains(partition)).collect();
        let left = moves(&first, "revoked").split_off(revoked);
        assert_eq!((left.len(), &left.into_iter().collect()), (4, &gone), "{}", first.log());
        assert_eq!(moves(&first, "assigned").len(), if round == 0 { 6 } else { assigned }, "{}", first.log());
        let new = |partition: &i32| reader.sources.difference(&before).any(|(of, _)| of == partition);
        assert!(kept.iter().all(new), "one of {kept:?} stood still");

        second.stop();
        third.stop();
        assert_eq!(shared_out(&mut reader, ports, [6, 0, 0]).len(), 6);
        assert_eq!(moves(&first, "revoked").len(), revoked + 4, "{}", first.log());
        let back = moves(&first, "assigned").split_off(assigned);
        assert_eq!((back.len(), back.into_iter().collect()), (4, gone), "{}", first.log());
    }
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(60));
    first.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The partitions that were, in turn, `assigned` to `instance` or `revoked` from it, as its log says.
fn moves(instance: &Instance, what: &str) -> Vec<i32> {
    let (log, words) = (instance.log(), format!("partitions {what}"));
    let lines = log.lines().filter(|line| line.contains(&words));
    let listed = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["partitions"].clone());
    let listed: Vec<String> = listed.map(|list| list.as_str().unwrap().to_owned()).collect();
    let names = listed.iter().flat_map(|list| list.split_whitespace());
    names.map(|name| name.rsplit('/').next().unwrap().parse().unwrap()).collect()
}

/// Waits until of six partitions each has its lag told by one instance alone, so many of them by each; gives those of the
/// first.
fn shared_out(reader: &mut Reader, ports: [u16; 3], shares: [usize; 3]) -> BTreeSet<i32> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told = ports.map(lags);
        let all: BTreeSet<i32> = told.iter().flatten().copied().collect();
        if all.len() == 6 && told.each_ref().map(BTreeSet::len) == shares {
            let [first, ..] = told;
            return first;
        }
        assert!(Instant::now() < deadline, "not {shares:?}: {told:?}");
        reader.poll(Duration::from_millis(100));
    }
}

/// What is in flight when the signal comes is finished, the exit code says so, and the group is left at once.
fn a_signal_ends_it_in_good_order(broker: &Broker, directory: &Path) {
    let topics = broker.topics("signal", 3, Limits::default());
    let inputs = articles(2000);
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    let first = Instance::start(&topics.config(directory, "first", BARE));
    reader.wait_for(1, seconds(60));
    first.stop();
    // A session timeout that nobody waits out: the group was left, not abandoned.
    let patient = topics.config(directory, "second", BARE);
    let text =
        std::fs::read_to_string(&patient).unwrap().replace("session_timeout = \"2s\"", "session_timeout = \"60s\"");
    std::fs::write(&patient, text).unwrap();
    let second = Instance::start(&patient);
    reader.wait_for(inputs.len(), seconds(30));
    // The log tells of the service, not of articles: however many there are, good or bad, it stays short.
    let lines = second.log().lines().count();
    assert!(lines < 10, "{lines} lines\n{}", second.log());
    // Not before it listens to signals: until then one that its parent ignores is lost, and any other kills it.
    second.wait_for_log(JOINED, seconds(60));
    second.signal("INT");
    assert!(second.wait(seconds(25)).success());
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// Two processes of one transactional id would fence each other for ever; one of them must end and say why.
fn two_instances_of_one_id(broker: &Broker, directory: &Path) {
    let topics = broker.topics("twins", 3, Limits::default());
    let inputs = articles(2000);
    let config = topics.config(directory, "twin", BARE);
    let mut reader = topics.reader();
    let mut twins = vec![Instance::start(&config), Instance::start(&config)];
    let feed = feed(&topics, &inputs, seconds(10));
    let deadline = Instant::now() + seconds(40);
    let ended = loop {
        if let Some(ended) = twins.iter_mut().position(|twin| !twin.running()) {
            break twins.remove(ended);
        }
        assert!(Instant::now() < deadline, "both go on\n{}", twins[0].log());
        reader.poll(Duration::from_millis(50));
    };
    ended.wait_for_log("is used by another process", seconds(1));
    assert_eq!(ended.wait(seconds(1)).code(), Some(1));
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(60));
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The switch gives up uniqueness and nothing else.
fn at_least_once_loses_nothing(broker: &Broker, directory: &Path) {
    let topics = broker.topics("at-least-once", 3, Limits::default());
    let (inputs, time) = load(1500, 8);
    let mut reader = topics.reader();
    let more = format!("{BARE}[service]\ndelivery = \"at_least_once\"\n");
    let mut first = Instance::start(&topics.config(directory, "first", &more));
    let feed = feed(&topics, &inputs, time);
    for kill in 1..=2 * rounds() {
        reader.wait_for(kill * 300, seconds(60));
        first = first.kill_and_replace();
    }
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(60));
    first.stop();
    reader.drain();
    reader.check_complete(&inputs);
}

/// A record that grew past what its topic takes ends as a dead letter; the articles around it, sent in the same batch,
/// do not.
fn records_that_the_broker_refuses(broker: &Broker, directory: &Path) {
    let topics = broker.topics("refused", 1, Limits { enriched: 20_000, ..Limits::default() });
    let large = |number: usize| matches!(number, 20 | 21 | 40);
    let article = |number: usize| {
        let body = if large(number) { "The council met. ".repeat(1500) } else { "The council met.".to_owned() };
        let value = format!(r#"{{"id": "{number}", "body": "{body}"}}"#).into_bytes();
        (0, Some(number.to_string().into_bytes()), Some(value), Vec::new())
    };
    let inputs: Vec<Input> = (0..60).map(article).collect();
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    // Uncompressed, or the large ones would shrink to fit.
    let config = topics.config(directory, "only", &format!("compression = \"none\"\n{BARE}"));
    let instance = Instance::start(&config);
    reader.wait_for(inputs.len(), seconds(60));
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
    let dead: Vec<i64> = reader.read.iter().filter(|output| output.dead).map(|output| output.source().1).collect();
    assert_eq!(dead, [20, 21, 40]);
    for output in reader.read.iter().filter(|output| output.dead) {
        assert_eq!(output.header("copydesk-error-reason").as_deref(), Some("too_large"));
    }
}

/// When even the dead letters refuse an article the service waits, names the mend, and goes on when it is done.
fn dead_letters_that_the_broker_refuses(broker: &Broker, directory: &Path) {
    let topics = broker.topics("dead-refused", 1, Limits { dead: 2_000, ..Limits::default() });
    let poison = (0, None, Some(format!("{{{}", "x".repeat(5_000)).into_bytes()), Vec::new());
    let mut inputs = articles(3);
    inputs.iter_mut().for_each(|input| input.0 = 0);
    inputs.insert(1, poison);
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    let config = topics.config(directory, "only", &format!("compression = \"none\"\n{BARE}"));
    let instance = Instance::start(&config);
    instance.wait_for_log("raise max.message.bytes", seconds(60));
    topics.set_limit("dead", 1_000_000);
    reader.wait_for(inputs.len(), seconds(60));
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// Records that are legal to Kafka and odd to anybody else.
fn odd_records(broker: &Broker, directory: &Path) {
    let topics = broker.topics("odd", 1, Limits::default());
    let body = |id: &str| Some(format!(r#"{{"id": "{id}", "body": "The council met."}}"#).into_bytes());
    let many = (0..200).map(|number| (format!("header {number}"), Some(vec![b'v'; 20]))).collect();
    let nulls = vec![("null".to_owned(), None), (String::new(), Some(Vec::new())), ("null".to_owned(), None)];
    let inputs: Vec<Input> = vec![
        (0, None, None, nulls.clone()),
        (0, Some(b"tombstone".to_vec()), None, nulls),
        (0, None, Some(Vec::new()), Vec::new()),
        (0, Some(Vec::new()), body("empty key"), Vec::new()),
        (0, Some(b"\xff\x00".to_vec()), body("key of any bytes"), Vec::new()),
        (0, None, body("no key"), many),
        (0, None, body("twice"), Vec::new()),
        (0, None, body("twice"), Vec::new()),
        (0, None, body(&"long".repeat(2_500)), Vec::new()),
        (0, None, Some(vec![b'x'; 10_000_000]), Vec::new()),
        (0, None, Some(vec![0; 1000]), Vec::new()),
        (0, None, body("last"), vec![("copydesk-source".into(), Some(b"elsewhere/9/9".to_vec()))]),
    ];
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    let instance = Instance::start(&topics.config(directory, "only", BARE));
    reader.wait_for(inputs.len(), seconds(60));
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The broker decides who reads what, and members keep their partitions through a restart.
fn the_newer_group_protocol(broker: &Broker, directory: &Path) {
    let topics = broker.topics("newer", 3, Limits::default());
    let inputs = articles(1000);
    let mut reader = topics.reader();
    let more = format!("group_protocol = \"consumer\"\nstatic_membership = true\n{BARE}");
    let mut first = Instance::start(&topics.config(directory, "first", &more));
    let second = Instance::start(&topics.config(directory, "second", &more));
    let feed = feed(&topics, &inputs, seconds(8));
    reader.wait_for(300, seconds(60));
    first = first.kill_and_replace();
    feed.join().unwrap();
    reader.wait_for(inputs.len(), seconds(90));
    first.stop();
    second.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The whole of it: slow enrichment, killed in the middle, must not tell on what comes out.
fn the_model_at_work(broker: &Broker, directory: &Path) {
    let topics = broker.topics("model", 3, Limits::default());
    let inputs = articles(60);
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    let mut only = Instance::start(&topics.config(directory, "only", "[http]\nlisten = \"127.0.0.1:0\"\n"));
    reader.wait_for(10, seconds(60));
    only = only.kill_and_replace();
    reader.wait_for(inputs.len(), seconds(90));
    only.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
    let entities = |value: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(value).unwrap()["entities"].is_array();
    assert!(reader.read.iter().filter(|output| !output.dead).all(|output| output.value.as_ref().is_some_and(entities)));
}

/// What would stand in the way is told before the service starts, with the key to change.
fn a_probe_before_the_start(broker: &Broker, _: &Path) {
    let probe = |topics: &Topics, brokers: &str| {
        let names = Names { raw: topics.topic("raw"), enriched: topics.topic("enriched"), dead: topics.topic("dead") };
        let settings = Settings { brokers: brokers.into(), topics: names, ..Settings::default() };
        probe(&settings, Delivery::ExactlyOnce, Bytes(1_000_000))
    };
    let keys = |topics: &Topics| -> Vec<String> {
        probe(topics, &topics.address).unwrap().into_iter().map(|problem| problem.key).collect()
    };
    let right = broker.topics("probe", 1, Limits::default());
    assert_eq!(keys(&right), Vec::<String>::new());
    let wrong = broker.topics("probe-wrong", 1, Limits { raw: 2_000_000, enriched: 500_000, dead: 2_000_000 });
    assert_eq!(keys(&wrong), ["record.max_bytes", "kafka.topics.dead"]);
    wrong.delete("dead");
    assert_eq!(keys(&wrong), ["kafka.topics.dead", "record.max_bytes"]);
    let error = probe(&right, "127.0.0.1:1").unwrap_err().to_string();
    assert!(error.contains("is one running at 127.0.0.1:1"), "{error}");
}

/// A topic that is created late, be it for input or for output, is waited for and named.
fn a_topic_that_is_missing(broker: &Broker, directory: &Path) {
    for kind in ["raw", "enriched", "dead"] {
        let topics = broker.topics("missing", 3, Limits::default());
        topics.delete(kind);
        let instance = Instance::start(&topics.config(directory, kind, BARE));
        instance.wait_for_log(&format!("the topic {} does not exist", topics.topic(kind)), seconds(40));
        topics.create(kind, 1 << 20);
        let inputs = articles(10);
        let producer = topics.producer();
        topics.produce(&producer, &inputs);
        flush(&producer);
        let mut reader = topics.reader();
        reader.wait_for(inputs.len(), seconds(60));
        instance.stop();
    }
}

/// A broker that comes later than the service is waited for; nobody has to start the service again.
fn a_broker_that_is_away_at_start(broker: &Broker, directory: &Path) {
    if !broker.is_ours() {
        println!("a_broker_that_is_away_at_start: skipped, the broker of KAFKA_BOOTSTRAP is not ours to stop");
        return;
    }
    let topics = broker.topics("away", 3, Limits::default());
    broker.kill();
    let mut instance = Instance::start(&topics.config(directory, "only", BARE));
    instance.wait_for_log("one running at", seconds(30));
    assert!(instance.running());
    broker.start();
    let inputs = articles(100);
    let producer = topics.producer();
    topics.produce(&producer, &inputs);
    flush(&producer);
    let mut reader = topics.reader();
    reader.wait_for(inputs.len(), seconds(60));
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}
