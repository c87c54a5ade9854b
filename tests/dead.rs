//! `copydesk dead`: dead letters found, shown and read again, by the real program against Apache Kafka. Only a real broker
//! shows that a replay is seen whole or not at all, and that the service counts its attempts on.
//!
//! Scenarios run one after another against one broker; an argument runs those whose name contains it. Without a broker
//! they are skipped aloud, which counts as a failure in CI.

#![allow(clippy::unwrap_used, reason = "a scenario stops at what it did not expect")]

use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;
use support::{BARE, Broker, Input, Instance, Limits, Reader, Scenario, Topics, flush};

#[allow(dead_code, clippy::print_stdout, reason = "other tests use the rest; it takes the place of the usual harness")]
mod support;

const SCENARIOS: [(&str, Scenario); 5] = [
    ("dead_letters_are_found_and_shown", dead_letters_are_found_and_shown),
    ("a_replay_to_the_input_ends_enriched_or_is_given_up", a_replay_to_the_input_ends_enriched_or_is_given_up),
    ("a_replay_to_the_output_keeps_the_position", a_replay_to_the_output_keeps_the_position),
    ("a_long_article_keeps_no_transaction_open", a_long_article_keeps_no_transaction_open),
    ("a_replay_that_is_cut_off_goes_on_without_a_gap", a_replay_that_is_cut_off_goes_on_without_a_gap),
];

fn main() -> ExitCode {
    support::run("dead", &SCENARIOS)
}

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Six articles over two partitions: one cut short, one too large for the configuration, one that is no text.
fn inputs() -> Vec<Input> {
    let whole = |id: usize, words: usize| {
        format!(r#"{{"id": "{id}", "title": "T", "body": "{}"}}"#, "The council met. ".repeat(words)).into_bytes()
    };
    let values =
        [whole(0, 1), b"{\"id\": \"1\", \"body\": \"secret words".to_vec(), whole(2, 400), b"\xff\x00\xfe".to_vec()];
    let input = |(number, value): (usize, Vec<u8>)| {
        let headers = vec![("desk".to_owned(), Some(b"foreign".to_vec())), ("null".to_owned(), None)];
        (i32::try_from(number % 2).unwrap(), Some(number.to_string().into_bytes()), Some(value), headers)
    };
    values.into_iter().chain([whole(4, 1), whole(5, 1)]).enumerate().map(input).collect()
}

/// What the small limit makes of [`inputs`]: three of six are dead letters.
fn served(topics: &Topics, directory: &Path) -> (std::path::PathBuf, Reader) {
    let small = format!("{BARE}[article]\nmax_bytes = \"4KiB\"\n");
    let config = topics.config(directory, "only", &small);
    let producer = topics.producer();
    topics.produce(&producer, &inputs());
    flush(&producer);
    let mut reader = topics.reader();
    let service = Instance::start(&config);
    reader.wait_for(6, PATIENCE);
    service.stop();
    assert_eq!(reader.read.iter().filter(|output| output.dead).count(), 3);
    (config, reader)
}

fn dead(config: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.arg("dead").args(arguments).arg("--config").arg(config).output().unwrap()
}

/// Standard output of a command that succeeds.
fn said(config: &Path, arguments: &[&str]) -> String {
    let output = dead(config, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(config: &Path, arguments: &[&str]) -> Vec<Value> {
    let said = said(config, &[arguments, &["--json"]].concat());
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each filter finds its own, a list holds no text of an article, and what is shown is what was received.
fn dead_letters_are_found_and_shown(broker: &Broker, directory: &Path) {
    let topics = broker.topics("letters", 2, Limits::default());
    let (config, _) = served(&topics, directory);
    let all = json(&config, &["list"]);
    assert_eq!(all.len(), 3);
    let text = said(&config, &["list"]);
    assert!(text.lines().count() == 3 && !text.contains("secret words"), "{text}");

    let reasons = |arguments: &[&str]| -> Vec<String> {
        let found = json(&config, &[&["list"], arguments].concat());
        let mut reasons: Vec<_> = found.iter().map(|one| one["reason"].as_str().unwrap().to_owned()).collect();
        reasons.sort();
        reasons
    };
    assert_eq!(reasons(&["--reason", "invalid_json"]), ["invalid_json"]);
    assert_eq!(reasons(&["--reason", "not_utf8,too_large"]), ["not_utf8", "too_large"]);
    let raw = topics.topic("raw");
    assert_eq!(reasons(&["--source", &format!("{raw}/0")]), ["too_large"]);
    assert_eq!(reasons(&["--source", &format!("{raw}/1/0")]), ["invalid_json"]);
    assert_eq!(reasons(&["--since", "1h"]).len(), 3);
    assert!(reasons(&["--until", "1h"]).is_empty() && reasons(&["--stage", "nowhere"]).is_empty());
    assert_eq!(reasons(&["--stage", "article"]).len(), 3);
    assert!(reasons(&["--stage", "record"]).is_empty(), "the stage at which others are given up");
    assert_eq!(reasons(&["--limit", "1"]).len(), 1);
    assert!(!dead(&config, &["list", "--reason", "nonsense"]).status.success());

    let summary = json(&config, &["list", "--summary"]);
    assert_eq!(summary.iter().map(|group| group["count"].as_u64().unwrap()).sum::<u64>(), 3);

    // By the position of the article, and by its own.
    let source = format!("{raw}/1/1");
    let output = dead(&config, &["show", &source, "--raw"]);
    assert_eq!(output.stdout, b"\xff\x00\xfe");
    let shown = &json(&config, &["show", &source])[0];
    assert_eq!((&shown["reason"], &shown["attempt"], &shown["key"]), (&"not_utf8".into(), &1.into(), &"3".into()));
    let own = shown["position"].as_str().unwrap().to_owned();
    assert_eq!(json(&config, &["show", &own])[0]["source"], source.as_str());
    let page = said(&config, &["show", &raw, "1", "0"]);
    assert!(page.contains("secret words") && page.contains("desk: foreign"), "{page}");
    assert_eq!(dead(&config, &["show", &format!("{raw}/0/0")]).status.code(), Some(1));
}

/// The ends of a topic's partitions; the marks of transactions count.
fn ends(topics: &Topics, kind: &str) -> Vec<i64> {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &topics.address).create().unwrap();
    let end = |partition| consumer.fetch_watermarks(&topics.topic(kind), partition, PATIENCE).unwrap().1;
    (0..topics.partitions).map(end).collect()
}

/// What was mended is enriched; what was not is a dead letter again, one attempt further, until the guard leaves it out.
fn a_replay_to_the_input_ends_enriched_or_is_given_up(broker: &Broker, directory: &Path) {
    let topics = broker.topics("again", 2, Limits::default());
    let (config, mut reader) = served(&topics, directory);
    let before = ends(&topics, "raw");
    let planned = &json(&config, &["replay", "--dry-run"])[0];
    assert_eq!(planned["replayed"]["too_large"], 1, "{planned}");
    assert_eq!(ends(&topics, "raw"), before, "a dry run wrote");

    // The limit was the mistake.
    let text = std::fs::read_to_string(&config).unwrap().replace("4KiB", "1MiB");
    std::fs::write(&config, text).unwrap();
    let service = Instance::start(&config);
    // The first letters are still there, and the second time they are replayed with those of the first.
    for (attempt, expected, fixed) in [(2, 3, 1), (3, 5, 0)] {
        let done = &json(&config, &["replay", "--rate", "50"])[0];
        let count: u64 = done["replayed"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(count, expected, "{done}");
        let before = reader.read.len();
        let deadline = std::time::Instant::now() + PATIENCE;
        while reader.read.len() < before + usize::try_from(count).unwrap() {
            assert!(std::time::Instant::now() < deadline, "{} of {count} came out", reader.read.len() - before);
            reader.poll(Duration::from_millis(100));
        }
        let new = &reader.read[before..];
        assert!(new.iter().filter(|output| !output.dead).count() >= fixed);
        let most = new.iter().filter_map(|output| output.header("copydesk-attempt")?.parse::<u32>().ok()).max();
        assert_eq!(most, Some(attempt));
    }
    service.stop();
    let guarded = &json(&config, &["replay", "--dry-run"])[0];
    assert!(guarded["too_often"].as_u64().unwrap() >= 2, "{guarded}");
    let letters: Vec<_> = reader.read.iter().filter(|output| output.dead).collect();
    for letter in letters {
        let number: usize = String::from_utf8_lossy(letter.key.as_ref().unwrap()).parse().unwrap();
        let (_, _, value, headers) = &inputs()[number];
        assert_eq!(&letter.value, value, "a replayed article is not what was received");
        assert_eq!(letter.headers.get(..2), Some(headers.as_slice()));
    }
}

/// Enriched here and now, a record tells where its article stood, so that a reader sees it as the same event; what still
/// cannot be enriched is said and not written.
fn a_replay_to_the_output_keeps_the_position(broker: &Broker, directory: &Path) {
    let topics = broker.topics("straight", 2, Limits::default());
    let (config, mut reader) = served(&topics, directory);
    let text = std::fs::read_to_string(&config).unwrap().replace("4KiB", "1MiB");
    std::fs::write(&config, text).unwrap();
    let before = reader.read.len();
    let planned = said(&config, &["replay", "--to", "output", "--dry-run"]);
    assert!(planned.contains("1 would be replayed (too_large 1)") && planned.contains("2 still cannot"), "{planned}");
    reader.drain();
    assert_eq!(reader.read.len(), before, "a dry run wrote");
    let done = said(&config, &["replay", "--to", "output"]);
    assert!(done.contains("1 replayed (too_large 1)") && done.contains("--from "), "{done}");
    reader.drain();
    let new = &reader.read[before..];
    assert_eq!(new.len(), 1);
    assert_eq!((new[0].dead, new[0].source()), (false, (0, 1)));
    let header = |name: &str| new[0].header(name);
    assert_eq!(header("ce_id"), Some(format!("{}/0/1", topics.topic("raw"))));
    assert_eq!((header("desk").as_deref(), header("copydesk-attempt")), (Some("foreign"), None));
}

/// To enrich a long article can take longer than a transaction may last: what was replayed before it is committed first.
fn a_long_article_keeps_no_transaction_open(broker: &Broker, directory: &Path) {
    let topics = broker.topics("long", 1, Limits::default());
    let config = topics.config(directory, "only", &format!("{BARE}[article]\nmax_bytes = \"4KiB\"\n"));
    let sentence = "The council met. ";
    let article = |(id, words): (usize, usize)| {
        let value = format!(r#"{{"id": "{id}", "title": "T", "body": "{}"}}"#, sentence.repeat(words));
        (0, None, Some(value.into_bytes()), Vec::new())
    };
    let producer = topics.producer();
    topics.produce(&producer, &[400, 400, 4_000].into_iter().enumerate().map(article).collect::<Vec<Input>>());
    flush(&producer);
    let service = Instance::start(&config);
    topics.reader().wait_for(3, PATIENCE);
    service.stop();
    let text = std::fs::read_to_string(&config).unwrap().replace("4KiB", "1MiB");
    std::fs::write(&config, text).unwrap();
    assert!(said(&config, &["replay", "--to", "output"]).contains("3 replayed"));

    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &topics.address).set("group.id", "look").create().unwrap();
    let mut all = TopicPartitionList::new();
    all.add_partition_offset(&topics.topic("enriched"), 0, Offset::Beginning).unwrap();
    consumer.assign(&all).unwrap();
    let offsets: Vec<i64> = (0..3).map(|_| consumer.poll(PATIENCE).unwrap().unwrap().offset()).collect();
    // Between them stands the mark of a commit.
    assert!(offsets[2] > offsets[1] + 1, "the long one was enriched within the transaction of the others: {offsets:?}");
}

/// Partitions are read one after the other, not in the order of time: what a replay says to go on with must leave out no
/// letter of the partition that it had not come to, and take none twice.
fn a_replay_that_is_cut_off_goes_on_without_a_gap(broker: &Broker, directory: &Path) {
    let topics = broker.topics("cut", 2, Limits::default());
    let config = topics.config(directory, "only", BARE);
    // Not text, and nothing that compression makes small enough for the topic.
    let noise = |seed: u64, length: usize| {
        let mut state = seed + 1;
        let mut byte = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        [0xff].into_iter().chain((0..length).map(&mut byte)).collect::<Vec<u8>>()
    };
    // Written in turns, so that both partitions have letters of the same time; the ninth of each is one too large.
    let input = |number: i32| {
        let value = noise(u64::try_from(number).unwrap(), if number / 2 == 8 { 50_000 } else { 20 });
        (number % 2, Some(number.to_string().into_bytes()), Some(value), Vec::new())
    };
    let inputs: Vec<Input> = (0..24).map(input).collect();
    let producer = topics.producer();
    let mut reader = topics.reader();
    let service = Instance::start(&config);
    for both in inputs.chunks(2) {
        topics.produce(&producer, both);
        flush(&producer);
        reader.wait_for(reader.sources.len() + 2, PATIENCE);
    }
    service.stop();

    topics.set_limit("raw", 10_000);
    let output = dead(&config, &["replay", "--rate", "4", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let cut: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = cut["replayed"]["not_utf8"].as_u64().unwrap();
    assert!(first > 0 && first < 24 && cut["whole"] == false, "{cut}");
    topics.set_limit("raw", 1_000_000);

    // Stopped by hand, once something of it can be read; offsets alone also grow by the marks of transactions.
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &topics.address)
        .set("group.id", "look")
        .set("isolation.level", "read_committed")
        .create()
        .unwrap();
    let mut from = TopicPartitionList::new();
    for (end, partition) in ends(&topics, "raw").into_iter().zip(0..) {
        from.add_partition_offset(&topics.topic("raw"), partition, Offset::Offset(end)).unwrap();
    }
    consumer.assign(&from).unwrap();
    let replay = Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .args(["dead", "replay", "--rate", "4", "--json", "--from", cut["next"].as_str().unwrap(), "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    consumer.poll(PATIENCE).expect("something of it can be read").unwrap();
    assert!(Command::new("kill").args(["-INT", &replay.id().to_string()]).status().unwrap().success());
    let output = replay.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stopped: Value = serde_json::from_slice(&output.stdout).unwrap();
    let second = stopped["replayed"]["not_utf8"].as_u64().unwrap();
    assert!(second > 0 && first + second < 24 && stopped["whole"] == false, "{stopped}");

    let rest = &json(&config, &["replay", "--from", stopped["next"].as_str().unwrap()])[0];
    assert_eq!(rest["replayed"]["not_utf8"].as_u64(), Some(24 - first - second), "{cut}, {stopped}, then {rest}");
    let none = &json(&config, &["replay", "--from", rest["next"].as_str().unwrap()])[0];
    assert_eq!((&none["replayed"], &none["next"]), (&serde_json::json!({}), &rest["next"]), "{none}");
    assert_eq!(dead(&config, &["replay", "--from", "7:0"]).status.code(), Some(1));
}
