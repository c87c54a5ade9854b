//! The commands that look into topics while the service runs: the real program against Apache Kafka. Only a real broker
//! shows that they join no group, see committed records alone, and find their way by time and offset.
//!
//! Scenarios run one after another against one broker; an argument runs those whose name contains it. Without a broker
//! they are skipped aloud, which counts as a failure in CI.

#![allow(clippy::unwrap_used, reason = "a scenario stops at what it did not expect")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use support::{BARE, Broker, Input, Instance, Limits, Scenario, Topics, flush};

#[allow(dead_code, clippy::print_stdout, reason = "other tests use the rest; it takes the place of the usual harness")]
mod support;

const SCENARIOS: [(&str, Scenario); 4] = [
    ("explain_tells_each_fate", explain_tells_each_fate),
    ("explain_after_retention", explain_after_retention),
    ("tap_shows_what_fits_and_joins_no_group", tap_shows_what_fits_and_joins_no_group),
    ("diff_counts_what_would_change_and_writes_nothing", diff_counts_what_would_change_and_writes_nothing),
];

fn main() -> ExitCode {
    support::run("tools", &SCENARIOS)
}

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A native article for partition 0.
fn article(id: &str, version: u32, body: &str) -> Input {
    let value = json!({"id": id, "version": version.to_string(), "title": format!("Title of {id}"), "body": body});
    (0, None, Some(value.to_string().into_bytes()), Vec::new())
}

fn produce(topics: &Topics, inputs: &[Input]) {
    let producer = topics.producer();
    topics.produce(&producer, inputs);
    flush(&producer);
}

/// Produces `inputs` to fresh topics and lets a service without the model work on all of them.
fn served(topics: &Topics, config: &Path, inputs: &[Input]) {
    produce(topics, inputs);
    let service = Instance::start(config);
    topics.reader().wait_for(inputs.len(), PATIENCE);
    service.stop();
}

fn command(config: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.args(arguments).stdin(Stdio::null());
    // Of `diff`, the configuration is the old one.
    command.arg(if arguments[0] == "diff" { "--old" } else { "--config" }).arg(config);
    command
}

/// Exit status, standard output and standard error.
fn run(config: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command(config, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn json(config: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let (code, out, err) = run(config, &[arguments, &["--json"]].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

fn explain(config: &Path, topic: &str, offset: i64) -> (Option<i32>, Value) {
    json(config, &["explain", topic, "0", &offset.to_string()])
}

/// All that can become of an article is told from the topics alone, with the service at rest.
fn explain_tells_each_fate(broker: &Broker, directory: &Path) {
    let topics = broker.topics("explain", 1, Limits::default());
    let config = topics.config(directory, "only", BARE);
    let raw = topics.topic("raw");
    let mut poison: Input =
        (0, Some(b"k".to_vec()), Some(b"{\"id\": \"cut\", \"body\": \"cut sho".to_vec()), Vec::new());
    poison.3.push(("copydesk-attempt".into(), Some(b"2".to_vec())));
    poison.3.push(("copydesk-source".into(), Some(format!("{raw}/0/40").into_bytes())));
    let inputs = [
        article("a", 1, "The council met."),
        poison,
        article("a", 2, "The council met again."),
        article("b", 1, "Rain."),
    ];
    served(&topics, &config, &inputs);
    produce(&topics, &[article("late", 1, "It came after the end of the service.")]);

    let (code, story) = explain(&config, &raw, 0);
    assert_eq!((code, &story["fate"]), (Some(0), &json!("enriched")), "{story}");
    assert_eq!(story["enriched"]["id"], "a");
    assert_eq!((&story["enriched"]["version"], &story["enriched"]["times"]), (&json!("1"), &json!(1)));
    assert!(story["enriched"]["latency_seconds"].is_f64(), "{story}");
    let off = json!({"name": "entities", "status": "off"});
    let stages = story["enriched"]["stages"].as_array().unwrap();
    assert!(stages.iter().any(|stage| stage["name"] == off["name"] && stage["status"] == off["status"]), "{story}");
    assert_eq!(story["superseded_by"]["source"], format!("{raw}/0/2"));
    assert_eq!(
        (&story["superseded_by"]["version"], &story["superseded_by"]["tombstone"]),
        (&json!("2"), &json!(false))
    );
    assert_eq!((&story["now"]["same"], &story["now"]["differences"]), (&json!(true), &json!([])));
    assert_eq!(story["committed"], 4);

    let (code, story) = explain(&config, &raw, 1);
    assert_eq!((code, &story["fate"]), (Some(0), &json!("dead_letter")), "{story}");
    assert_eq!(
        (&story["dead_letter"]["reason"], &story["dead_letter"]["attempt"]),
        (&json!("invalid_json"), &json!("3"))
    );
    assert_eq!((&story["article"]["key"], &story["article"]["attempt"]), (&json!("k"), &json!("2")));
    assert_eq!(story["article"]["replay_of"], format!("{raw}/0/40"));
    assert_eq!((&story["now"]["fate"], &story["now"]["same"]), (&json!("dead_letter"), &json!(true)));

    assert_eq!(explain(&config, &raw, 3).1["superseded_by"], Value::Null);
    let (code, story) = explain(&config, &raw, 4);
    assert_eq!(
        (code, &story["fate"], &story["now"]["fate"]),
        (Some(0), &json!("pending"), &json!("enriched")),
        "{story}"
    );
    let (code, story) = explain(&config, &raw, 5);
    assert_eq!((code, &story["fate"]), (Some(1), &json!("missing")), "{story}");

    // An enriched record or a dead letter leads to the article that it was made of.
    let (_, story) = json(&config, &["explain", &format!("{}/0/0", topics.topic("dead"))]);
    assert_eq!(story["position"], format!("{raw}/0/1"));

    // The present configuration is asked what it would do.
    let other = topics.config(directory, "other", &format!("{BARE}[stages.sentences]\nenabled = false\n"));
    let (_, story) = explain(&other, &raw, 0);
    assert_eq!(story["now"]["same"], false);
    let places: Vec<&str> =
        story["now"]["differences"].as_array().unwrap().iter().map(|it| it["at"].as_str().unwrap()).collect();
    assert!(places.contains(&"/sentences"), "{places:?}");

    // For people, the same in words; a wrong position is a wrong use.
    let (code, page, _) = run(&config, &["explain", &raw, "0", "1"]);
    assert_eq!(code, Some(0));
    for words in ["invalid_json at ", "replay      of", "given up 2 times before", "the same would come out"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(run(&config, &["explain", "no-position"]).0, Some(64));
    let (code, _, complaint) = run(&config, &["explain", "no-such-topic", "0", "0"]);
    assert!(code == Some(1) && complaint.contains("no-such-topic cannot be read"), "{complaint}");
}

/// What retention has taken is said to be gone; whether before or after the service came to it makes the difference
/// between nothing to do and an article lost.
fn explain_after_retention(broker: &Broker, directory: &Path) {
    let topics = broker.topics("retention", 1, Limits::default());
    let config = topics.config(directory, "only", BARE);
    let raw = topics.topic("raw");
    served(&topics, &config, &[article("a", 1, "One."), article("b", 1, "Two.")]);
    produce(&topics, &[article("c", 1, "Three."), article("d", 1, "Four.")]);
    delete_up_to(&topics, "raw", 3);
    let (code, story) = explain(&config, &raw, 0);
    assert_eq!((code, &story["fate"], &story["article"]), (Some(0), &json!("enriched"), &Value::Null), "{story}");
    assert_eq!(story["now"], Value::Null);
    let (code, story) = explain(&config, &raw, 2);
    assert_eq!((code, &story["fate"]), (Some(1), &json!("missing")), "{story}");
    assert!(story["summary"].as_str().unwrap().contains("before the service came to it"), "{story}");

    delete_up_to(&topics, "enriched", 2);
    let (code, story) = explain(&config, &raw, 0);
    assert_eq!((code, &story["fate"]), (Some(1), &json!("gone")), "{story}");
}

/// Deletes the records of partition 0 before `offset`, as retention does.
fn delete_up_to(topics: &Topics, kind: &str, offset: i64) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &topics.address).create().unwrap();
    let mut upto = TopicPartitionList::new();
    upto.add_partition_offset(&topics.topic(kind), 0, Offset::Offset(offset)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deleted = runtime.block_on(admin.delete_records(&upto, &AdminOptions::new())).unwrap();
    deleted.elements()[0].error().unwrap();
}

/// A tap that is running; killed with the test.
struct Tap(Child);

impl Drop for Tap {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A look must not cost the service its partitions, and must show what was asked for and nothing else.
fn tap_shows_what_fits_and_joins_no_group(broker: &Broker, directory: &Path) {
    let topics = broker.topics("tap", 1, Limits::default());
    let config = topics.config(directory, "only", BARE);
    let service = Instance::start(&config);
    service.wait_for_log("partitions assigned", PATIENCE);
    produce(&topics, &[article("before", 1, "It was there before anybody looked.")]);
    topics.reader().wait_for(1, PATIENCE);

    let mut child = command(&config, &["tap", "--limit", "2", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let shown = BufReader::new(child.stdout.take().unwrap());
    let mut tap = Tap(child);
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("tapping"), "{line}");
    assert_eq!(members(&topics), 1, "the tap is in the group");
    let poison: Input = (0, None, Some(b"{\"id\": \"poison\"".to_vec()), Vec::new());
    produce(&topics, &[article("x", 1, "Ferries sail."), poison, article("y", 1, "Trains run.")]);
    let ids = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    let live: Vec<String> = shown.lines().map(|line| ids(&line.unwrap())).collect();
    assert_eq!(live, ["x", "y"], "only what came after it began");
    assert!(tap.0.wait().unwrap().success());
    service.stop();
    topics.reader().wait_for(4, PATIENCE);

    let tap = |arguments: &[&str]| {
        let (code, out, err) = run(&config, &[&["tap", "--from", "earliest"], arguments].concat());
        assert_eq!(code, Some(0), "{err}");
        out
    };
    let found = |arguments: &[&str]| -> Vec<String> { tap(arguments).lines().map(ids).collect() };
    assert_eq!(found(&["--json", "--limit", "1", "--match", "(?i)TRAINS"]), ["y"]);
    assert_eq!(found(&["--json", "--limit", "2", "--sample", "1/2"]), ["before", "y"]);
    assert_eq!(found(&["--json", "--limit", "1", "--stage", "sentences", "--match", "sail"]), ["x"]);
    assert_eq!(found(&["--json", "--limit", "3", "--stage", "entities", "--status", "off"]), ["before", "x", "y"]);
    let letter = tap(&["--json", "--limit", "1", "--dead", "--match", "poison"]);
    let letter: Value = serde_json::from_str(&letter).unwrap();
    assert_eq!(letter["dead_letter"]["reason"], "invalid_json");
    assert_eq!(letter["dead_letter"]["source"], format!("{}/0/2", topics.topic("raw")));
    assert!(!letter.to_string().contains("poison"), "text of the article in {letter}");
    let page = tap(&["--limit", "4", "--dead"]);
    for words in ["✓ Title of x", "✗ dead letter: invalid_json", &format!("from {}/0/1", topics.topic("raw"))] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(tap(&["--limit", "1", "--full", "--match", "Ferries"]).contains("Ferries sail."));
    let (code, _, complaint) = run(&config, &["tap", "--stage", "entitis"]);
    assert!(code == Some(64) && complaint.contains("sentences"), "{complaint}");
}

/// How many members the group has.
fn members(topics: &Topics) -> usize {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &topics.address).create().unwrap();
    let groups = consumer.fetch_group_list(Some(&topics.name), PATIENCE).unwrap();
    groups.groups().iter().map(|group| group.members().len()).sum()
}

/// What an operator reads before a new configuration goes out must be what would happen, and happen to nobody.
fn diff_counts_what_would_change_and_writes_nothing(broker: &Broker, directory: &Path) {
    let topics = broker.topics("diff", 2, Limits::default());
    // What is built on sentences would be missed as well.
    let bare = format!(
        "{BARE}{}",
        ["claims", "dates", "quotes"].map(|stage| format!("[stages.{stage}]\nenabled = false\n")).concat()
    );
    let old = topics.config(directory, "old", &bare);
    let mut inputs: Vec<Input> =
        (0..30).map(|number| article(&format!("a{number}"), 1, "One sentence. And another.")).collect();
    inputs[7] = article("long", 1, &"A long article. ".repeat(200));
    inputs[9].2 = Some(b"{\"id\": 7".to_vec());
    for (number, input) in inputs.iter_mut().enumerate() {
        input.0 = i32::from(number % 3 == 0);
    }
    produce(&topics, &inputs);
    let new = topics.config(
        directory,
        "new",
        &format!("{bare}[stages.sentences]\nenabled = false\n[article]\nmax_bytes = \"2KiB\"\n"),
    );
    let [same, new] = [&old, &new].map(|path| path.to_str().unwrap().to_owned());

    let (code, report) = json(&old, &["diff", "--config", &same]);
    assert_eq!((code, &report["articles"], &report["changed"]), (Some(0), &json!(30), &json!(0)), "{report}");
    let (code, report) = json(&old, &["diff", "--config", &new, "--show", "3"]);
    assert_eq!((code, &report["articles"], &report["changed"]), (Some(1), &json!(30), &json!(29)), "{report}");
    assert_eq!(report["rejections"], json!({"added": {"too_large": 1}, "removed": {}, "changed": {}}));
    // Title and two sentences in each of 28 articles.
    let sentences = json!({"articles": 28, "added": 0, "removed": 84, "changed": 0});
    assert_eq!(report["layers"]["sentences"], sentences, "{report}");
    assert_eq!(report["examples"].as_array().unwrap().len(), 3);
    assert_eq!(report["examples"][0]["differences"][0]["at"], "/sentences");
    assert_eq!(json(&old, &["diff", "--config", &new, "--last", "5"]).1["articles"], 5);
    assert_eq!(json(&old, &["diff", "--config", &new, "--since", "1h"]).1["articles"], 30);
    assert_eq!(json(&old, &["diff", "--config", &new, "--since", "2100-01-01T00:00:00Z"]).1["articles"], 0);

    let (code, page, _) = run(&old, &["diff", "--config", &new]);
    assert_eq!(code, Some(1));
    for words in ["29 of 30 articles", "84 removed", "1 as too_large", "/sentences: "] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(run(&old, &["diff", "--config", "/nowhere.toml"]).0, Some(64));
    let away = directory.join("away.toml");
    std::fs::write(&away, format!("[kafka]\nbrokers = \"127.0.0.1:1\"\n{BARE}")).unwrap();
    let (code, _, complaint) = run(&away, &["diff", "--config", &new]);
    assert!(code == Some(2) && complaint.contains("is one running at 127.0.0.1:1"), "{complaint}");

    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", &topics.address).set("group.id", &topics.name).create().unwrap();
    for kind in ["enriched", "dead"] {
        for partition in 0..2 {
            assert_eq!(consumer.fetch_watermarks(&topics.topic(kind), partition, PATIENCE).unwrap(), (0, 0), "{kind}");
        }
    }
    let mut asked = TopicPartitionList::new();
    asked.add_partition(&topics.topic("raw"), 0);
    let committed = consumer.committed_offsets(asked, PATIENCE).unwrap();
    assert_eq!(committed.elements()[0].offset(), Offset::Invalid, "an offset was committed");
}
