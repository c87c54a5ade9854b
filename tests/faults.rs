//! What happens to the service when the world around it fails: the input is cut off or made again, the network is slow,
//! broken or silent, brokers of a cluster die, the process runs out of what the system lends it. The real program
//! against Apache Kafka; `tests/exactly_once.rs` holds the faults of the service itself and of a single broker.
//!
//! Scenarios run one after another; an argument runs those whose name contains it. FAULT_ROUNDS repeats the faults of
//! network and cluster that often; SOAK_MINUTES adds the soak.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a scenario stops at what it did not expect, aloud")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use proxy::Proxy;
use rdkafka::admin::{AdminOptions, NewPartitions};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use support::{
    BARE, Broker, Input, Instance, Limits, PATIENCE, Scenario, Topics, articles, bare_at, block_on, feed, flush,
    free_port, get, lags, load, metric, rounds, script, seconds, variable, wait_for_readiness,
};

#[path = "faults/proxy.rs"]
mod proxy;
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

const SCENARIOS: [(&str, Scenario); 15] = [
    ("retention_passes_what_was_read", retention_passes_what_was_read),
    ("retention_passes_a_service_that_stands_still", retention_passes_a_service_that_stands_still),
    ("a_topic_made_again_while_away", a_topic_made_again_while_away),
    ("a_topic_made_again_while_reading", a_topic_made_again_while_reading),
    ("a_topic_gains_partitions", a_topic_gains_partitions),
    ("a_slow_network_that_breaks", a_slow_network_that_breaks),
    ("a_network_that_says_nothing", a_network_that_says_nothing),
    ("brokers_of_a_cluster_die", brokers_of_a_cluster_die),
    ("no_file_descriptors", no_file_descriptors),
    ("a_full_disk_for_the_log", a_full_disk_for_the_log),
    ("the_clock_jumps_back", the_clock_jumps_back),
    ("too_many_dead_letters", too_many_dead_letters),
    ("a_pause_that_ends_by_itself", a_pause_that_ends_by_itself),
    ("a_pause_outlives_a_rebalance_and_a_stop", a_pause_outlives_a_rebalance_and_a_stop),
    ("soak", soak),
];

fn main() -> ExitCode {
    support::run("faults", &SCENARIOS)
}

fn produce(topics: &Topics, inputs: &[Input]) {
    let producer = topics.producer();
    topics.produce(&producer, inputs);
    flush(&producer);
}

/// Deletes the raw records below `offset` in every partition, as retention does.
fn retain_from(topics: &Topics, offset: i64) {
    let mut list = TopicPartitionList::new();
    for partition in 0..topics.partitions {
        list.add_partition_offset(&topics.topic("raw"), partition, Offset::Offset(offset)).unwrap();
    }
    let deleted = block_on(topics.admin().delete_records(&list, &AdminOptions::new())).unwrap();
    for element in deleted.elements() {
        element.error().unwrap();
    }
}

/// What retention took while the service was away is counted and said; what is left is read, each once.
fn retention_passes_what_was_read(broker: &Broker, directory: &Path) {
    let topics = broker.topics("retention", 3, Limits::default());
    let inputs = articles(900);
    let port = free_port();
    let config = topics.config(directory, "only", &bare_at(port));
    let (early, late) = inputs.split_at(450);
    produce(&topics, early);
    let first = Instance::start(&config);
    let mut reader = topics.reader();
    reader.wait_for(early.len(), PATIENCE);
    first.stop();
    produce(&topics, late);
    // 150 of each partition had been read.
    retain_from(&topics, 200);
    let second = Instance::start(&config);
    reader.wait_for(inputs.len() - 3 * 50, PATIENCE);
    second.wait_for_log("offsets were skipped", PATIENCE);
    assert_eq!((metric(port, "offset_resets_total"), metric(port, "offsets_skipped_total")), (3.0, 150.0));
    second.stop();
    reader.drain();
    assert_eq!(reader.read.len(), reader.sources.len(), "articles came out twice");
    let expected = (0..3).flat_map(|partition| (0..150).chain(200..300).map(move |offset| (partition, offset)));
    assert_eq!(reader.sources.into_iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// Retention can overtake a service that runs, too: it goes on behind the gap, and says so.
fn retention_passes_a_service_that_stands_still(broker: &Broker, directory: &Path) {
    let topics = broker.topics("overtaken", 3, Limits::default());
    let port = free_port();
    let instance = Instance::start(&topics.config(directory, "only", &bare_at(port)));
    let mut reader = topics.reader();
    let inputs = articles(600);
    let (early, late) = inputs.split_at(150);
    produce(&topics, early);
    reader.wait_for(early.len(), PATIENCE);
    instance.signal("STOP");
    produce(&topics, late);
    retain_from(&topics, 120);
    instance.signal("CONT");
    instance.wait_for_log("offsets were skipped", PATIENCE);
    // 50 of each partition had been read; a few more may have been fetched before the gap opened.
    let expected = inputs.len() - 3 * (120 - 50);
    reader.wait_for(expected, PATIENCE);
    let skipped = metric(port, "offsets_skipped_total");
    instance.stop();
    reader.drain();
    assert_eq!(reader.read.len(), reader.sources.len(), "articles came out twice");
    assert_eq!(reader.sources.len(), inputs.len() - skipped as usize, "a gap is neither lost nor counted");
}

/// The group's position is forgotten with the topic: a new one of the same name is read from its beginning.
fn a_topic_made_again_while_away(broker: &Broker, directory: &Path) {
    let topics = broker.topics("again", 3, Limits::default());
    let config = topics.config(directory, "only", BARE);
    produce(&topics, &articles(300));
    let first = Instance::start(&config);
    topics.reader().wait_for(300, PATIENCE);
    first.stop();
    topics.delete("raw");
    for kind in ["enriched", "dead"] {
        topics.delete(kind);
    }
    std::thread::sleep(seconds(2));
    topics.create("raw", Limits::default().raw);
    topics.create("enriched", Limits::default().enriched);
    topics.create("dead", Limits::default().dead);
    let inputs = articles(210);
    produce(&topics, &inputs);
    let second = Instance::start(&config);
    let mut reader = topics.reader();
    reader.wait_for(inputs.len(), PATIENCE);
    second.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The same under the eyes of the service: it goes on at the beginning of the new topic, or ends saying why, and then the
/// next start does.
fn a_topic_made_again_while_reading(broker: &Broker, directory: &Path) {
    let topics = broker.topics("swapped", 3, Limits::default());
    let config = topics.config(directory, "only", BARE);
    let before = articles(300);
    produce(&topics, &before);
    let mut instance = Instance::start(&config);
    let mut reader = topics.reader();
    reader.wait_for(before.len(), PATIENCE);
    topics.delete("raw");
    std::thread::sleep(seconds(2));
    topics.create("raw", Limits::default().raw);
    let after = articles(210);
    produce(&topics, &after);
    // The articles of both topics have the same positions, so they are told apart by how many came.
    let deadline = Instant::now() + PATIENCE;
    while reader.read.len() < before.len() + after.len() {
        assert!(Instant::now() < deadline, "{} of {} came", reader.read.len(), before.len() + after.len());
        reader.poll(Duration::from_millis(100));
        if !instance.running() {
            instance.wait_for_log("deleted and made again", seconds(1));
            instance = Instance::start(&config);
        }
    }
    instance.stop();
    reader.drain();
    assert_eq!(reader.read.len(), before.len() + after.len());
}

/// Partitions that come later are found and read from their beginning.
fn a_topic_gains_partitions(broker: &Broker, directory: &Path) {
    let topics = broker.topics("gains", 3, Limits::default());
    let inputs = articles(900);
    let mut reader = topics.reader();
    let first = Instance::start(&topics.config(directory, "first", BARE));
    let second = Instance::start(&topics.config(directory, "second", BARE));
    let feeding = feed(&topics, &inputs, seconds(5));
    reader.wait_for(100, PATIENCE);
    let raw = topics.topic("raw");
    let more = NewPartitions::new(&raw, 6);
    for result in block_on(topics.admin().create_partitions([&more], &AdminOptions::new())).unwrap() {
        result.unwrap();
    }
    feeding.join().unwrap();
    let late: Vec<Input> = articles(900).into_iter().map(|input| (input.0 + 3, input.1, input.2, input.3)).collect();
    produce(&topics, &late);
    let all: Vec<Input> = inputs.into_iter().chain(late).collect();
    reader.wait_for(all.len(), PATIENCE);
    first.stop();
    second.stop();
    reader.drain();
    reader.check_exactly_once(&all);
}

/// A broker behind a proxy, and topics whose service goes through it.
fn behind_proxy(name: &str) -> (Broker, Proxy, Topics) {
    let listen = free_port();
    let proxy = Proxy::start(listen);
    let broker = Broker::own(name, &[("KAFKA_PROXIED", &format!("{listen}:{}", proxy.port))]).unwrap();
    let topics = broker.topics(name, 3, Limits::default());
    (broker, proxy, topics)
}

/// The configuration of a service that reaches the broker by the proxy alone.
fn through(proxy: &Proxy, topics: &Topics, directory: &Path, more: &str) -> std::path::PathBuf {
    let topics = Topics { address: format!("127.0.0.1:{}", proxy.port), ..topics.clone() };
    topics.config(directory, "through", more)
}

/// Answers that come late and connections that break in the middle of a transaction cost time, and nothing else.
fn a_slow_network_that_breaks(_: &Broker, directory: &Path) {
    let (_broker, proxy, topics) = behind_proxy("breaks");
    let (inputs, time) = load(1200, 12);
    let mut reader = topics.reader();
    let instance = Instance::start(&through(&proxy, &topics, directory, BARE));
    let feeding = feed(&topics, &inputs, time);
    for round in 1..=6 * rounds() {
        reader.wait_for(round * 100, PATIENCE);
        proxy.delay(Duration::from_millis(if round % 2 == 0 { 0 } else { 150 }));
        proxy.cut();
    }
    proxy.delay(Duration::ZERO);
    feeding.join().unwrap();
    reader.wait_for(inputs.len(), PATIENCE);
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// A network that swallows everything for longer than a transaction may last: the broker ends the transaction, the
/// service finds its producer of no more use, and takes a fresh one.
fn a_network_that_says_nothing(_: &Broker, directory: &Path) {
    let (_broker, proxy, topics) = behind_proxy("silent");
    let (inputs, time) = load(900, 10);
    let mut reader = topics.reader();
    let port = free_port();
    let instance = Instance::start(&through(&proxy, &topics, directory, &bare_at(port)));
    let feeding = feed(&topics, &inputs, time);
    for round in 0..rounds() {
        reader.wait_for(900 * round + 200, PATIENCE);
        // Each request of a commit takes its time now, so that the silence falls into one that has begun.
        proxy.delay(Duration::from_millis(150));
        let deadline = Instant::now() + PATIENCE;
        while metric(port, "transaction_open_seconds") < 0.1 {
            assert!(Instant::now() < deadline, "no transaction takes long");
            std::thread::sleep(Duration::from_millis(5));
        }
        proxy.silent(true);
        // Twice the timeout of transactions, six times that of the session.
        std::thread::sleep(seconds(12));
        proxy.silent(false);
        proxy.delay(Duration::ZERO);
    }
    feeding.join().unwrap();
    reader.wait_for(inputs.len(), PATIENCE);
    wait_for_readiness(port, 200);
    let replaced = metric(port, "producers_replaced_total");
    assert!(replaced >= rounds() as f64, "{replaced} producers were replaced\n{}", instance.log());
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// One of three brokers may go at any time: any, that of the transactions, that of the group. Two are too many, and then
/// the service says that it is not ready, waits, and goes on.
fn brokers_of_a_cluster_die(_: &Broker, directory: &Path) {
    let brokers = Broker::cluster("three");
    let topics = brokers[0].topics("three", 3, Limits::default());
    let (inputs, time) = load(3000, 60);
    let mut reader = topics.reader();
    let port = free_port();
    let instance = Instance::start(&topics.config(directory, "only", &bare_at(port)));
    let feeding = feed(&topics, &inputs, time);
    reader.wait_for(100, PATIENCE);

    let id = format!("{}-only", topics.name);
    let transactions = ["org.apache.kafka.tools.TransactionsCommand", "describe", "--transactional-id", &id];
    let of_transactions = || describe(&topics, &transactions, |columns| columns.first().copied());
    let command = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
    let group = [command, "--describe", "--state", "--group", &topics.name];
    let of_group = || {
        describe(&topics, &group, |columns| {
            columns.iter().find_map(|column| column.strip_prefix('(')?.strip_suffix(')'))
        })
    };
    for _ in 0..rounds() {
        for broker in [&brokers[0], &brokers[of_transactions() - 1], &brokers[of_group() - 1]] {
            let before = reader.sources.len();
            broker.kill();
            reader.wait_for(inputs.len().min(before + 200), PATIENCE);
            broker.start();
            // Its copies of the partitions have to catch up before the next may go.
            std::thread::sleep(seconds(3));
        }
        let last = of_group();
        let two = [last, last % 3 + 1].map(|id| &brokers[id - 1]);
        two.iter().for_each(|broker| broker.kill());
        wait_for_readiness(port, 503);
        two.iter().for_each(|broker| broker.start());
        wait_for_readiness(port, 200);
    }
    feeding.join().unwrap();
    reader.wait_for(inputs.len(), PATIENCE);
    wait_for_readiness(port, 200);
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// A broker's id out of the table that one of Kafka's own tools prints.
fn describe(topics: &Topics, arguments: &[&str], find: impl for<'a> Fn(&[&'a str]) -> Option<&'a str>) -> usize {
    let address = topics.address.split(',').next().unwrap();
    let table = script(&[&["tool", address], arguments].concat()).unwrap();
    let mut rows =
        table.lines().filter(|line| !line.trim().is_empty()).skip(1).map(|line| line.split_whitespace().collect());
    let found = rows.find_map(|columns: Vec<&str>| find(&columns)?.parse().ok());
    found.unwrap_or_else(|| panic!("no id in\n{table}"))
}

/// Without a free file descriptor neither HTTP nor a broker can be connected to; what is connected works on, and the
/// rest mends itself when there are some again.
fn no_file_descriptors(broker: &Broker, directory: &Path) {
    let topics = broker.topics("descriptors", 3, Limits::default());
    let inputs = articles(900);
    let mut reader = topics.reader();
    let port = free_port();
    let instance = Instance::start(&topics.config(directory, "only", &bare_at(port)));
    let feeding = feed(&topics, &inputs, seconds(10));
    reader.wait_for(100, PATIENCE);
    let open = std::fs::read_dir(format!("/proc/{}/fd", instance.id())).unwrap().count();
    let limit = |most: usize| {
        let arguments = ["--pid", &instance.id().to_string(), &format!("--nofile={most}:1024")];
        assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
    };
    limit(open);
    for _ in 0..5 {
        // Nobody is there to accept it, or it is closed at once; neither may hurt.
        get(port, "healthz");
    }
    reader.wait_for(400, PATIENCE);
    if broker.is_ours() {
        broker.kill();
        broker.start();
    }
    std::thread::sleep(seconds(2));
    limit(1024);
    feeding.join().unwrap();
    reader.wait_for(inputs.len(), PATIENCE);
    wait_for_readiness(port, 200);
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// Where the log cannot be written the articles matter more.
fn a_full_disk_for_the_log(broker: &Broker, directory: &Path) {
    let topics = broker.topics("full", 3, Limits::default());
    let inputs = articles(300);
    produce(&topics, &inputs);
    let full = || Stdio::from(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let instance = Instance::start_as(&topics.config(directory, "only", BARE), |command| {
        command.stdout(full()).stderr(full());
    });
    let mut reader = topics.reader();
    reader.wait_for(inputs.len(), PATIENCE);
    instance.signal("TERM");
    assert!(instance.wait(seconds(25)).success());
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// The Kafka client waits by the time of day, so a jump can make a wait long. Should a thread not come out of it, the
/// watchdog, which goes by a clock that only runs forwards, ends the process with code 70, and the next one goes on.
fn the_clock_jumps_back(broker: &Broker, directory: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/clock.c");
    let (library, time) = (directory.join("clock.so"), directory.join("time"));
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(compiled.success(), "tests/faults/clock.c does not compile");
    // In place: the program has the file mapped.
    let set_back = |hours: i64| {
        let mut file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&time).unwrap();
        file.write_all(&(-3600 * hours).to_le_bytes()).unwrap();
    };
    set_back(0);
    let topics = broker.topics("clock", 3, Limits::default());
    let inputs = articles(900);
    let mut reader = topics.reader();
    let config = topics.config(directory, "only", &format!("{BARE}[service]\nstall_deadline = \"10s\"\n"));
    let start = || {
        Instance::start_as(&config, |command| {
            command.env("LD_PRELOAD", &library).env("CLOCK_OFFSET", &time);
        })
    };
    let mut instance = start();
    let feeding = feed(&topics, &inputs, seconds(10));
    for (count, hours) in [(100, 2), (300, 72), (500, 720), (inputs.len(), 1440)] {
        let deadline = Instant::now() + PATIENCE;
        while reader.sources.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} came out\n{}", reader.sources.len(), instance.log());
            reader.poll(Duration::from_millis(100));
            if !instance.running() {
                println!("the_clock_jumps_back: the watchdog ended it");
                assert_eq!(std::mem::replace(&mut instance, start()).wait(seconds(1)).code(), Some(70));
            }
        }
        set_back(hours);
    }
    feeding.join().unwrap();
    // Nothing more comes that could wake a thread: the end finds it in its wait.
    let (status, log) = instance.end();
    if status.code() == Some(70) {
        println!("the_clock_jumps_back: the watchdog ended it when it was to end");
        start().stop();
    } else {
        assert!(status.success(), "{status}\n{log}");
    }
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// A feed that breaks is not emptied into the dead letters: the service pauses, says so, stays in its group, and goes on
/// when it is told to or when what it reads is whole again.
fn too_many_dead_letters(broker: &Broker, directory: &Path) {
    let topics = broker.topics("flood", 1, Limits::default());
    let mut inputs = articles(1200);
    inputs.iter_mut().for_each(|input| input.0 = 0);
    for input in &mut inputs[300..700] {
        input.2 = Some(b"{\"id\": \"cut sho".to_vec());
    }
    let port = free_port();
    let breaker = "[service.breaker]\nprobe_every = \"1s\"\nwindow = \"5s\"\n";
    let config = topics.config(directory, "only", &format!("{}{breaker}", bare_at(port)));
    let instance = Instance::start(&config);
    let mut reader = topics.reader();
    // Those before the flood are out before it comes, and count in the window.
    produce(&topics, &inputs[..300]);
    reader.wait_for(300, PATIENCE);
    produce(&topics, &inputs[300..]);
    wait_for_readiness(port, 503);
    let (_, why) = get(port, "readyz").unwrap();
    assert!(why.contains("invalid_json") && why.contains("copydesk resume"), "{why}");
    assert_eq!(get(port, "healthz").unwrap().0, 200);
    assert_eq!((metric(port, "breaker_open"), metric(port, "breaker_trips_total")), (1.0, 1.0));
    // Longer than the session and than several tests, none of which publishes anything.
    std::thread::sleep(seconds(5));
    reader.drain();
    let paused_at = reader.sources.len();
    assert!(paused_at < 650, "{paused_at} came out");
    std::thread::sleep(seconds(2));
    reader.drain();
    assert_eq!(reader.sources.len(), paused_at);

    let resumed =
        Command::new(env!("CARGO_BIN_EXE_copydesk")).args(["resume", "--config"]).arg(&config).output().unwrap();
    assert!(resumed.status.success(), "{resumed:?}");
    reader.wait_for(inputs.len(), PATIENCE);
    wait_for_readiness(port, 200);
    let again =
        Command::new(env!("CARGO_BIN_EXE_copydesk")).args(["resume", "--config"]).arg(&config).output().unwrap();
    assert_eq!(again.status.code(), Some(1), "there was no pause to end: {again:?}");
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// `count` articles of one partition that end enriched or, those of `bad`, as dead letters.
fn feed_of(partition: i32, count: usize, bad: std::ops::Range<usize>) -> Vec<Input> {
    let one = |number| {
        let body = if bad.contains(&number) { "cut sho" } else { "The council met.\"}" };
        let value = format!("{{\"id\": \"{partition}-{number}\", \"title\": \"T\", \"body\": \"{body}");
        (partition, Some(number.to_string().into_bytes()), Some(value.into_bytes()), Vec::new())
    };
    (0..count).map(one).collect()
}

/// A flood that ends is waited out: the test of the pause finds better articles, and nobody has to come.
fn a_pause_that_ends_by_itself(broker: &Broker, directory: &Path) {
    let topics = broker.topics("ebb", 1, Limits::default());
    // The pause comes with the 101st, 51 of them dead; five more lie before the good ones.
    let inputs = feed_of(0, 600, 50..106);
    let port = free_port();
    let breaker = "[service.breaker]\nprobe_every = \"1s\"\n";
    produce(&topics, &inputs);
    let instance = Instance::start(&topics.config(directory, "only", &format!("{}{breaker}", bare_at(port))));
    let mut reader = topics.reader();
    reader.wait_for(inputs.len(), PATIENCE);
    instance.wait_for_log("the pause for dead letters is over", PATIENCE);
    wait_for_readiness(port, 200);
    assert_eq!((metric(port, "breaker_open"), metric(port, "breaker_trips_total")), (0.0, 1.0));
    instance.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// While one partition is flooded another goes on with whoever gets it, and a service that pauses stops in good order.
fn a_pause_outlives_a_rebalance_and_a_stop(broker: &Broker, directory: &Path) {
    let topics = broker.topics("shore", 2, Limits::default());
    let (flood, good) = (feed_of(0, 3000, 0..3000), feed_of(1, 300, 0..0));
    let ports = [free_port(), free_port()];
    let breaker = "[service.breaker]\nprobe_every = \"5s\"\n";
    let [config, other] = [("first", ports[0]), ("second", ports[1])]
        .map(|(name, port)| topics.config(directory, name, &format!("{}{breaker}", bare_at(port))));
    let first = Instance::start(&config);
    // Not before it is ready, or what is waited for next is there already.
    wait_for_readiness(ports[0], 200);
    produce(&topics, &flood);
    wait_for_readiness(ports[0], 503);
    produce(&topics, &good);
    let second = Instance::start(&other);
    let mut reader = topics.reader();
    let deadline = Instant::now() + PATIENCE;
    let of = |reader: &support::Reader, partition| reader.sources.iter().filter(|source| source.0 == partition).count();
    while of(&reader, 1) < good.len() {
        assert!(Instant::now() < deadline, "{} of the good ones came out", of(&reader, 1));
        reader.poll(Duration::from_millis(100));
    }
    // Whoever has the flood now pauses, or does so soon, and then lets none of it out, however often it is tested.
    let pauses =
        || ports.into_iter().filter(|port| metric(*port, "breaker_open") > 0.0 && lags(*port).contains(&0)).count();
    while pauses() == 0 {
        assert!(Instant::now() < deadline, "nobody pauses\n{}\n{}", first.log(), second.log());
        reader.poll(Duration::from_millis(100));
    }
    reader.drain();
    let stood = of(&reader, 0);
    assert!(stood < flood.len(), "the flood was let through");
    std::thread::sleep(seconds(7));
    reader.drain();
    assert_eq!((of(&reader, 0), pauses()), (stood, 1));
    first.stop();
    second.stop();

    let third = Instance::start(&topics.config(directory, "third", &format!("{BARE}[service.breaker]\nlimit = 1.0\n")));
    let inputs: Vec<Input> = flood.into_iter().chain(good).collect();
    reader.wait_for(inputs.len(), PATIENCE);
    third.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
}

/// Two instances with the model under a steady feed, for as long as SOAK_MINUTES says: one is killed again and
/// again, the broker now and then; the other is watched, and must take no more memory, files or threads than at first.
fn soak(_: &Broker, directory: &Path) {
    let Some(minutes) = variable("SOAK_MINUTES").map(|text| text.parse::<usize>().unwrap()) else {
        println!("soak: not asked for (SOAK_MINUTES)");
        return;
    };
    const A_MINUTE: usize = 1800;
    let broker = Broker::find("soak").unwrap();
    let topics = broker.topics("soak", 3, Limits::default());
    // An oversized article is a megabyte, and all of them are kept for the comparison.
    let large = |input: &Input| input.2.as_ref().is_some_and(|value| value.len() > 10_000);
    let inputs: Vec<Input> = articles(A_MINUTE * minutes).into_iter().filter(|input| !large(input)).collect();
    let mut reader = topics.reader();
    let model = "[http]\nlisten = \"127.0.0.1:0\"\n";
    let mut watched = Instance::start(&topics.config(directory, "watched", model));
    let mut other = Instance::start(&topics.config(directory, "other", model));
    let feeding = feed(&topics, &inputs, seconds(60) * u32::try_from(minutes).unwrap());
    println!("| minute | articles out | resident | descriptors | threads |\n| ---: | ---: | ---: | ---: | ---: |");
    let began = Instant::now();
    let mut seen = Vec::new();
    for minute in 1..=minutes {
        let end = began + seconds(60) * u32::try_from(minute).unwrap();
        let mut kill = Instant::now() + seconds(15);
        while Instant::now() < end {
            reader.poll(Duration::from_millis(20));
            if Instant::now() > kill {
                other = other.kill_and_replace();
                kill += seconds(15);
            }
        }
        if minute % 5 == 0 && broker.is_ours() {
            broker.kill();
            broker.start();
        }
        assert!(watched.running(), "it ended\n{}", watched.log());
        let use_now = Use::of(&watched);
        println!(
            "| {minute} | {} | {:.0} MB | {} | {} |",
            reader.sources.len(),
            use_now.resident as f64 / 1024.0,
            use_now.descriptors,
            use_now.threads
        );
        seen.push(use_now);
    }
    feeding.join().unwrap();
    reader.wait_for(inputs.len(), 5 * PATIENCE);
    watched.stop();
    other.stop();
    reader.drain();
    reader.check_exactly_once(&inputs);
    println!("{} articles, each once", inputs.len());
    // The first quarter is the time in which buffers find their size.
    let (early, late) = seen.split_at(seen.len().div_ceil(4));
    let most = |of: &[Use], what: fn(&Use) -> usize| of.iter().map(what).max().unwrap_or_default();
    assert!(most(late, |one| one.resident) <= most(early, |one| one.resident) * 11 / 10, "memory grows");
    assert!(most(late, |one| one.descriptors) <= most(early, |one| one.descriptors) + 4, "descriptors leak");
    assert!(most(late, |one| one.threads) <= most(early, |one| one.threads) + 2, "threads leak");
}

/// What a process takes of the system.
struct Use {
    /// KiB.
    resident: usize,
    descriptors: usize,
    threads: usize,
}

impl Use {
    fn of(instance: &Instance) -> Self {
        let folder = Path::new("/proc").join(instance.id().to_string());
        let status = std::fs::read_to_string(folder.join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let descriptors = std::fs::read_dir(folder.join("fd")).unwrap().count();
        Self { resident: field("VmRSS:"), descriptors, threads: field("Threads:") }
    }
}
