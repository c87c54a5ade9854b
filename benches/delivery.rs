//! What the service costs around the enrichment, against Apache Kafka: processor time, latency, memory, start.
//!
//! `cargo bench --bench delivery [-- plumbing|latency|memory|ready]` runs one measurement, or all. `interval=TIME` sets
//! `service.commit_interval`, `partitions=N` how many partitions the topics have, `articles=N` how long the backlog of
//! `plumbing` is. The broker is that of `scripts/kafka`, or of `KAFKA_BOOTSTRAP`. Everything shares the machine's cores, the
//! broker included.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is missing")]
#![allow(dead_code, reason = "the support of the tests is used in part")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use support::{BARE, Broker, Input, Instance, Limits, Topics, flush};

#[path = "../tests/support/mod.rs"]
mod support;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [command, address, name] = &arguments[..]
        && command == "bare-loop"
    {
        bare_loop(address, name);
        return;
    }
    let (options, names): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|argument| argument.contains('='));
    let mut setup = Setup::default();
    for (name, value) in options.iter().filter_map(|option| option.split_once('=')) {
        match name {
            "interval" => setup.interval = value.to_owned(),
            "partitions" => setup.partitions = value.parse().unwrap(),
            "articles" => setup.articles = value.parse().unwrap(),
            _ => panic!("no such option: {name}"),
        }
    }
    let chosen = |name: &str| names.is_empty() || names.iter().any(|argument| argument == name);
    let broker = Broker::find("bench").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let benches: [(&str, Bench); 4] =
        [("ready", ready), ("plumbing", plumbing), ("latency", latency), ("memory", memory)];
    for (name, bench) in benches {
        if chosen(name) {
            println!("\n## {name}");
            bench(&broker, directory.path(), &setup);
        }
    }
}

/// A bench: a broker, a folder for what it writes, what is to be measured.
type Bench = fn(&Broker, &Path, &Setup);

/// What an operator can choose.
struct Setup {
    interval: String,
    partitions: i32,
    articles: i64,
}

impl Default for Setup {
    fn default() -> Self {
        Self { interval: "200ms".into(), partitions: 6, articles: 120_000 }
    }
}

impl Setup {
    /// The section of the service, to be gone on with.
    fn service(&self) -> String {
        format!("[service]\ncommit_interval = \"{}\"\n", self.interval)
    }
}

/// Articles of about `bytes`, in English words.
fn articles(count: usize, bytes: usize, partitions: i32) -> Vec<Input> {
    const SENTENCE: &str =
        "The harbour council of Marlow Bay met on Tuesday to hear what the new ferry line will cost. ";
    let article = |number: usize| {
        let body = SENTENCE.repeat(bytes / SENTENCE.len());
        let value =
            format!(r#"{{"id":"a-{number}","title":"Ferry line, part {number}","body":"{body}"}}"#).into_bytes();
        (i32::try_from(number).unwrap() % partitions, Some(format!("a-{number}").into_bytes()), Some(value), Vec::new())
    };
    (0..count).map(article).collect()
}

fn backlog(broker: &Broker, count: usize, bytes: usize, partitions: i32) -> Topics {
    let topics = broker.topics("bench", partitions, Limits::default());
    let producer = topics.producer();
    for part in articles(count, bytes, partitions).chunks(1000) {
        topics.produce(&producer, part);
    }
    flush(&producer);
    topics
}

/// Processor seconds that a process has used.
fn processor_seconds(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    // After the name, which may hold anything: user and system time are the fields 14 and 15, in hundredths.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// A line of `/proc/ID/status`, in megabytes.
fn megabytes(id: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// How many articles the group has committed.
fn committed(topics: &Topics, consumer: &BaseConsumer) -> i64 {
    let mut asked = TopicPartitionList::new();
    asked.add_partition_range(&topics.topic("raw"), 0, topics.partitions - 1);
    // A coordinator that is not there yet is asked again by the caller.
    let Ok(answered) = consumer.committed_offsets(asked, Duration::from_secs(10)) else { return 0 };
    answered.elements().iter().filter_map(|element| element.offset().to_raw()).filter(|offset| *offset > 0).sum()
}

fn observer(topics: &Topics) -> BaseConsumer {
    ClientConfig::new().set("bootstrap.servers", &topics.address).set("group.id", &topics.name).create().unwrap()
}

/// Records per processor second of `id` between a tenth and the end of `count`, and per second of the clock.
fn rate(topics: &Topics, id: u32, count: i64) -> (f64, f64) {
    let consumer = observer(topics);
    let reach = |goal: i64| loop {
        let now = committed(topics, &consumer);
        if now >= goal {
            break (now, processor_seconds(id), Instant::now());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let (first, processor, clock) = reach(count / 10);
    let (last, processor_end, clock_end) = reach(count);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let records = (last - first) as f64;
    (records / (processor_end - processor), records / (clock_end - clock).as_secs_f64())
}

/// The service without stages beside a bare loop with the same transactions, which parses the JSON and adds one field.
fn plumbing(broker: &Broker, directory: &Path, setup: &Setup) {
    let Setup { interval, partitions, articles } = setup;
    println!(
        "{articles} articles of 3.2 KB over {partitions} partitions, exactly once, one worker, commits of the service after \
         {interval} at the latest, three runs of each in turn"
    );
    let count = usize::try_from(*articles).unwrap();
    let mut ratios = Vec::new();
    for _ in 0..3 {
        let topics = backlog(broker, count, 3_200, *partitions);
        let mut bare = Command::new(std::env::current_exe().unwrap())
            .args(["bare-loop", &topics.address, &topics.name])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let (loop_rate, loop_clock) = rate(&topics, bare.id(), *articles);
        bare.kill().unwrap();
        bare.wait().unwrap();

        let topics = backlog(broker, count, 3_200, *partitions);
        let stages = stages_off();
        let service = Instance::start(&topics.config(
            directory,
            "plumbing",
            &format!("[http]\nlisten = \"127.0.0.1:0\"\n{stages}{}workers = 1\n", setup.service()),
        ));
        let (service_rate, service_clock) = rate(&topics, service.id(), *articles);
        service.stop();
        println!(
            "bare loop {loop_rate:.0} records per processor second ({loop_clock:.0}/s), service {service_rate:.0} \
             ({service_clock:.0}/s): ratio {:.2}",
            service_rate / loop_rate
        );
        ratios.push(service_rate / loop_rate);
    }
    ratios.sort_by(f64::total_cmp);
    println!("ratio, the middle one: {:.2} (to reach: 0.6)", ratios[1]);
}

/// Every stage off.
fn stages_off() -> String {
    let stages = ["segments", "language", "sentences", "entities", "sentiment"];
    stages.map(|stage| format!("[stages.{stage}]\nenabled = false\n")).concat()
}

#[derive(Default)]
struct Delivered(AtomicUsize);

impl ClientContext for Delivered {}

impl ProducerContext for Delivered {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        assert!(result.is_ok());
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The least program that does the same: one thread, one consumer, one transactional producer.
fn bare_loop(address: &str, name: &str) {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", name)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.queue.backoff.ms", "20")
        .create()
        .unwrap();
    consumer.subscribe(&[&format!("{name}.raw")]).unwrap();
    let producer: BaseProducer<Delivered> = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("transactional.id", name)
        .set("queue.buffering.max.kbytes", "32768")
        .set("linger.ms", "5")
        .set("compression.codec", "lz4")
        .set("partitioner", "murmur2_random")
        .create_with_context(Delivered::default())
        .unwrap();
    let patience = Duration::from_secs(30);
    producer.init_transactions(patience).unwrap();
    let output = format!("{name}.enriched");
    loop {
        let mut next = BTreeMap::<i32, i64>::new();
        let (mut records, mut bytes) = (0, 0);
        let mut began = Instant::now();
        producer.client().context().0.store(0, Ordering::Relaxed);
        while records == 0 || (records < 1000 && bytes < 8 << 20 && began.elapsed() < Duration::from_millis(200)) {
            let Some(message) = consumer.poll(Duration::from_millis(5)) else { continue };
            let message = message.unwrap();
            if records == 0 {
                began = Instant::now();
                producer.begin_transaction().unwrap();
            }
            let mut article: serde_json::Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
            article["added"] = 1.into();
            let article = serde_json::to_vec(&article).unwrap();
            let mut record = BaseRecord::to(&output).key(message.key().unwrap()).payload(&article);
            while let Err((_, again)) = producer.send(record) {
                producer.poll(Duration::from_millis(1));
                record = again;
            }
            next.insert(message.partition(), message.offset() + 1);
            records += 1;
            bytes += article.len();
        }
        while producer.client().context().0.load(Ordering::Relaxed) < records {
            producer.poll(Duration::from_millis(1));
        }
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            offsets.add_partition_offset(&format!("{name}.raw"), partition, Offset::Offset(offset)).unwrap();
        }
        let member = consumer.group_metadata().unwrap();
        producer.send_offsets_to_transaction(&offsets, &member, patience).unwrap();
        producer.commit_transaction(patience).unwrap();
    }
}

/// From produced to visible for a `read_committed` reader.
fn latency(broker: &Broker, directory: &Path, setup: &Setup) {
    for (rate, time) in [(200_u32, 30), (10, 20)] {
        let partitions = setup.partitions;
        let topics = broker.topics("latency", partitions, Limits::default());
        let service = Instance::start(&topics.config(directory, "latency", &format!("{BARE}{}", setup.service())));
        let count = usize::try_from(rate).unwrap() * time;
        let feed = {
            let topics = topics.clone();
            std::thread::spawn(move || {
                let producer = topics.producer();
                let began = Instant::now();
                for (number, mut article) in articles(count, 3_200, partitions).into_iter().enumerate() {
                    let due = Duration::from_secs(1) / rate * u32::try_from(number).unwrap();
                    std::thread::sleep(due.saturating_sub(began.elapsed()));
                    article.3.push(("sent".into(), Some(micros().to_string().into_bytes())));
                    topics.produce(&producer, &[article]);
                }
                flush(&producer);
            })
        };
        let mut reader = topics.reader();
        let mut waits = Vec::new();
        while waits.len() < count {
            if reader.poll(Duration::from_millis(100)) {
                let sent: u64 = reader.read.last().unwrap().header("sent").unwrap().parse().unwrap();
                waits.push(micros() - sent);
            }
        }
        feed.join().unwrap();
        // The first seconds belong to the start.
        let mut waits = waits.split_off(count / 10);
        waits.sort_unstable();
        let part = |percent: usize| Duration::from_micros(waits[waits.len() * percent / 100]).as_secs_f64() * 1000.0;
        println!(
            "{rate}/s, commits after {} at the latest: p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms",
            setup.interval,
            part(50),
            part(90),
            part(99)
        );
        service.stop();
    }
}

fn micros() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

/// The most memory under a backlog, with two workers: without the model to its end, with the model for a minute.
fn memory(broker: &Broker, directory: &Path, setup: &Setup) {
    const BACKLOG: usize = 50_000;
    for (what, stages, longest) in
        [("without the model", BARE, 600), ("with the model, first 60 s", "[http]\nlisten = \"127.0.0.1:0\"\n", 60)]
    {
        let topics = backlog(broker, BACKLOG, 4_000, setup.partitions);
        let service = Instance::start(&topics.config(
            directory,
            what.split(',').next().unwrap(),
            &format!("{stages}{}workers = 2\n", setup.service()),
        ));
        let consumer = observer(&topics);
        let began = Instant::now();
        let mut samples = Vec::new();
        let done = loop {
            std::thread::sleep(Duration::from_millis(100));
            samples.push(megabytes(service.id(), "VmRSS"));
            let done = committed(&topics, &consumer);
            if usize::try_from(done).unwrap() >= BACKLOG || began.elapsed() > Duration::from_secs(longest) {
                break done;
            }
        };
        let quarter =
            |n: usize| samples[samples.len() * n / 4..samples.len() * (n + 1) / 4].iter().copied().fold(0.0, f64::max);
        println!(
            "{what}: {done} of {BACKLOG} articles of 4 KB in {:.0} s, peak {:.0} MB; peak of each quarter {:.0}, {:.0}, {:.0}, {:.0} MB (to reach: 600)",
            began.elapsed().as_secs_f64(),
            megabytes(service.id(), "VmHWM"),
            quarter(0),
            quarter(1),
            quarter(2),
            quarter(3)
        );
        service.stop();
    }
}

/// From the start of the process, model and all, to ready.
fn ready(broker: &Broker, directory: &Path, setup: &Setup) {
    let topics = broker.topics("ready", setup.partitions, Limits::default());
    for start in 1..=3 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = topics.config(directory, &format!("ready-{start}"), &format!("[http]\nlisten = \"{port}\"\n"));
        let began = Instant::now();
        let service = Instance::start(&config);
        while !answers_ready(&port.to_string()) {
            assert!(began.elapsed() < Duration::from_secs(60), "{}", service.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        println!("start {start}: ready after {:.2} s (to reach: 2)", began.elapsed().as_secs_f64());
        service.stop();
    }
}

fn answers_ready(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
