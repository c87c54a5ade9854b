//! A real broker, real topics and the real program, for tests and benches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// What the environment says; only tests read it directly.
#[expect(clippy::disallowed_methods, reason = "config.rs reads it for the program; a test is configured by it alone")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What is played against a broker, with a folder for configurations and logs.
pub(crate) type Scenario = fn(&Broker, &Path);

/// Plays scenarios one after another against one broker; an argument chooses those whose name contains it. Without a
/// broker they are skipped aloud, which counts as a failure in CI.
pub(crate) fn run(suite: &str, scenarios: &[(&str, Scenario)]) -> ExitCode {
    run_on(suite, scenarios, |_| Broker::find(suite))
}

/// The same against the broker that `find` gives, which may keep its files in the folder of the scenarios.
#[allow(clippy::print_stdout, reason = "it takes the place of the usual harness")]
pub(crate) fn run_on(
    suite: &str,
    scenarios: &[(&str, Scenario)],
    find: impl FnOnce(&Path) -> Result<Broker, String>,
) -> ExitCode {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let chosen: Vec<_> = scenarios.iter().filter(|(name, _)| name.contains(&filter)).collect();
    if chosen.is_empty() {
        return ExitCode::SUCCESS;
    }
    let directory = tempfile::tempdir().unwrap();
    let broker = match find(directory.path()) {
        Ok(broker) => broker,
        Err(why) => {
            println!("{suite}: skipped, no broker can be had: {why}");
            return if variable("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    let mut failed = 0;
    for (name, scenario) in chosen {
        let began = Instant::now();
        let passed = catch_unwind(AssertUnwindSafe(|| scenario(&broker, directory.path()))).is_ok();
        let outcome = if passed { "ok" } else { "FAILED" };
        println!("scenario {name} ... {outcome} ({:.1} s)", began.elapsed().as_secs_f64());
        failed += usize::from(!passed);
    }
    println!("{suite}: {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `count` short articles over three partitions, with two poisoned ones of different kinds in each hundred.
pub(crate) fn articles(count: usize) -> Vec<Input> {
    let article = |number: usize| {
        let id = format!("article-{number}");
        let value = match number % 200 {
            13 => b"\xff\xfe no text of any kind".to_vec(),
            63 => format!(r#"{{"id": "{id}", "body": "cut sho"#).into_bytes(),
            113 => Vec::new(),
            163 => format!(r#"{{"id": "{id}", "body": "{}"}}"#, "x".repeat(1_100_000)).into_bytes(),
            _ => format!(
                r#"{{"id": "{id}", "title": "Council meets, part {number}", "body": "The council of Lindau met on Monday."}}"#
            )
            .into_bytes(),
        };
        let partition = i32::try_from(number % 3).unwrap();
        let headers = vec![("number".to_owned(), Some(number.to_string().into_bytes())), ("null".to_owned(), None)];
        (partition, Some(id.into_bytes()), Some(value), headers)
    };
    (0..count).map(article).collect()
}

/// Produces `inputs` evenly over `time`, in a thread of its own.
pub(crate) fn feed(topics: &Topics, inputs: &[Input], time: Duration) -> JoinHandle<()> {
    let topics = topics.clone();
    let inputs = inputs.to_vec();
    std::thread::spawn(move || {
        let producer = topics.producer();
        let parts: Vec<&[Input]> = inputs.chunks(inputs.len().div_ceil(100)).collect();
        for part in &parts {
            topics.produce(&producer, part);
            std::thread::sleep(time / u32::try_from(parts.len()).unwrap());
        }
        flush(&producer);
    })
}

/// How often faults come: the long form of a suite, `FAULT_ROUNDS` times that of every day, with as many times the
/// articles.
pub(crate) fn rounds() -> usize {
    variable("FAULT_ROUNDS").map_or(1, |text| text.parse().unwrap())
}

/// As many articles, over as many seconds, for each round of faults.
pub(crate) fn load(count: usize, time: u32) -> (Vec<Input>, Duration) {
    (articles(count * rounds()), seconds(1) * time * u32::try_from(rounds()).unwrap())
}

/// Far beyond what anything takes that a scenario waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A port that nobody listens at, for the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A configuration without the model whose HTTP port is `port`.
pub(crate) fn bare_at(port: u16) -> String {
    BARE.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"))
}

/// Status and body of a page of the service; none while nobody answers.
pub(crate) fn get(port: u16, page: &str) -> Option<(u16, String)> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(seconds(5))).build().into();
    let mut answer = agent.get(format!("http://127.0.0.1:{port}/{page}")).call().ok()?;
    Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
}

/// A metric without labels.
pub(crate) fn metric(port: u16, name: &str) -> f64 {
    let (_, page) = get(port, "metrics").expect("metrics");
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("copydesk_{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in\n{page}")).parse().unwrap()
}

/// The partitions of which the service tells how far behind it is.
pub(crate) fn lags(port: u16) -> BTreeSet<i32> {
    let page = get(port, "metrics").map_or_else(String::new, |(_, page)| page);
    let series = page.lines().filter_map(|line| line.strip_prefix("copydesk_partition_lag_records{"));
    series.filter_map(|line| line.split("partition=\"").nth(1)?.split('"').next()?.parse().ok()).collect()
}

/// Waits until the service says with `status` whether it is ready.
pub(crate) fn wait_for_readiness(port: u16, status: u16) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = get(port, "readyz");
        if answer.as_ref().is_some_and(|answer| answer.0 == status) {
            return;
        }
        assert!(Instant::now() < deadline, "/readyz never said {status}, but {answer:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

pub(crate) fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Apache Kafka, of our own or that of `KAFKA_BOOTSTRAP`.
pub(crate) struct Broker {
    name: Option<String>,
    pub(crate) address: String,
    /// On how many brokers a topic lies.
    replicas: i32,
}

impl Broker {
    /// The broker that `KAFKA_BOOTSTRAP` names, or one started for the occasion.
    ///
    /// # Errors
    /// When none can be had.
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        if let Some(address) = variable("KAFKA_BOOTSTRAP") {
            return Ok(Self { name: None, address, replicas: 1 });
        }
        Self::own(name, &[])
    }

    /// A broker started for the occasion, by a script that sees these `variables`.
    ///
    /// # Errors
    /// When none can be had.
    pub(crate) fn own(name: &str, variables: &[(&str, &str)]) -> Result<Self, String> {
        let name = format!("{name}-{}", std::process::id());
        let address = script_with(&["start", &name], variables)?;
        Ok(Self { name: Some(name), address, replicas: 1 })
    }

    /// Three brokers of one cluster, by their ids less one.
    pub(crate) fn cluster(name: &str) -> Vec<Self> {
        let name = format!("{name}-{}", std::process::id());
        let all = script(&["cluster", &name]).unwrap();
        (1..=3).map(|id| Self { name: Some(format!("{name}-{id}")), address: all.clone(), replicas: 3 }).collect()
    }

    /// Whether it can be killed and started at will.
    pub(crate) fn is_ours(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) fn kill(&self) {
        script(&["kill", self.name.as_deref().unwrap()]).unwrap();
    }

    pub(crate) fn start(&self) {
        script(&["start", self.name.as_deref().unwrap()]).unwrap();
    }

    /// Topics of a name of their own, with `partitions` each.
    pub(crate) fn topics(&self, name: &str, partitions: i32, limits: Limits) -> Topics {
        let topics = Topics {
            address: self.address.clone(),
            name: format!("{name}-{}-{}", std::process::id(), millis()),
            partitions,
            replicas: self.replicas,
        };
        topics.create("raw", limits.raw);
        topics.create("enriched", limits.enriched);
        topics.create("dead", limits.dead);
        topics
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Err(error) = script(&["remove", name])
        {
            println!("{error}");
        }
    }
}

/// Runs `scripts/kafka` and returns what it prints.
pub(crate) fn script(arguments: &[&str]) -> Result<String, String> {
    script_with(arguments, &[])
}

fn script_with(arguments: &[&str], variables: &[(&str, &str)]) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/kafka");
    // Its errors go where ours go; a pipe would stay open as long as the broker lives.
    let output = Command::new(path)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("scripts/kafka: {error}"))?;
    if !output.status.success() {
        return Err(format!("scripts/kafka {} failed", arguments.join(" ")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn millis() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

/// What each topic takes at most, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) raw: u32,
    pub(crate) enriched: u32,
    pub(crate) dead: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { raw: 11 << 20, enriched: 1 << 20, dead: 12 << 20 }
    }
}

/// The topics of one test.
#[derive(Clone)]
pub(crate) struct Topics {
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) partitions: i32,
    pub(crate) replicas: i32,
}

/// A record to produce: partition, key, value, headers.
pub(crate) type Input = (i32, Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

/// A record read back.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) partition: i32,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) dead: bool,
}

impl Output {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(header, _)| header == name)?;
        Some(String::from_utf8_lossy(value.as_deref()?).into_owned())
    }

    /// Partition and offset of the article it was made of.
    pub(crate) fn source(&self) -> (i32, i64) {
        let source = self.header("copydesk-source").expect("every record names its source");
        let mut parts = source.rsplit('/');
        let offset = parts.next().unwrap().parse().unwrap();
        (parts.next().unwrap().parse().unwrap(), offset)
    }
}

impl Topics {
    pub(crate) fn topic(&self, kind: &str) -> String {
        format!("{}.{kind}", self.name)
    }

    pub(crate) fn admin(&self) -> AdminClient<DefaultClientContext> {
        ClientConfig::new().set("bootstrap.servers", &self.address).create().unwrap()
    }

    pub(crate) fn create(&self, kind: &str, limit: u32) {
        let (topic, limit) = (self.topic(kind), limit.to_string());
        let new = NewTopic::new(&topic, self.partitions, TopicReplication::Fixed(self.replicas))
            .set("max.message.bytes", &limit);
        let created = block_on(self.admin().create_topics([&new], &AdminOptions::new())).unwrap();
        for result in created {
            result.unwrap();
        }
    }

    pub(crate) fn delete(&self, kind: &str) {
        let topic = self.topic(kind);
        for result in block_on(self.admin().delete_topics(&[&topic], &AdminOptions::new())).unwrap() {
            result.unwrap();
        }
    }

    pub(crate) fn set_limit(&self, kind: &str, limit: u32) {
        let (topic, limit) = (self.topic(kind), limit.to_string());
        let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("max.message.bytes", &limit);
        for result in block_on(self.admin().alter_configs([&change], &AdminOptions::new())).unwrap() {
            result.unwrap();
        }
    }

    pub(crate) fn producer(&self) -> BaseProducer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.address)
            .set("enable.idempotence", "true")
            .set("message.max.bytes", "20000000")
            .set("linger.ms", "5")
            .create()
            .unwrap()
    }

    /// Writes `records` to the raw topic, in order; their offsets count from 0 in each partition.
    pub(crate) fn produce(&self, producer: &BaseProducer, records: &[Input]) {
        let topic = self.topic("raw");
        for (partition, key, value, headers) in records {
            let all = headers.iter().fold(OwnedHeaders::new(), |all, (name, value)| {
                all.insert(Header { key: name, value: value.as_deref() })
            });
            let mut record = BaseRecord::<[u8], [u8]>::to(&topic).partition(*partition).headers(all);
            record.key = key.as_deref();
            record.payload = value.as_deref();
            while let Err((error, again)) = producer.send(record) {
                assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
                producer.poll(Duration::from_millis(10));
                record = again;
            }
        }
        producer.poll(Duration::ZERO);
    }

    pub(crate) fn reader(&self) -> Reader {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.address)
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "5")
            .set("fetch.message.max.bytes", "20000000")
            .create()
            .unwrap();
        let mut all = TopicPartitionList::new();
        for topic in [self.topic("enriched"), self.topic("dead")] {
            for partition in 0..self.partitions {
                all.add_partition_offset(&topic, partition, Offset::Beginning).unwrap();
            }
        }
        consumer.assign(&all).unwrap();
        Reader { consumer, dead: self.topic("dead"), read: Vec::new(), sources: BTreeSet::new() }
    }

    /// A configuration for the program, with `more` TOML at its end.
    pub(crate) fn config(&self, directory: &Path, instance: &str, more: &str) -> PathBuf {
        let file = directory.join(format!("{}-{instance}.toml", self.name));
        let Self { address, name, .. } = self;
        let text = format!(
            "[kafka]\nbrokers = \"{address}\"\ngroup = \"{name}\"\ninstance = \"{instance}\"\n\
             session_timeout = \"2s\"\ntransaction_timeout = \"6s\"\n\
             topics = {{ raw = \"{name}.raw\", enriched = \"{name}.enriched\", dead = \"{name}.dead\" }}\n\
             {more}"
        );
        std::fs::write(&file, text).unwrap();
        file
    }
}

/// Neither model nor HTTP port: what delivery is tested with.
pub(crate) const BARE: &str =
    "[http]\nlisten = \"127.0.0.1:0\"\n[stages.entities]\nenabled = false\n[stages.sentiment]\nenabled = false\n";

/// Reads both output topics as a `read_committed` reader does.
pub(crate) struct Reader {
    pub(crate) consumer: BaseConsumer,
    dead: String,
    pub(crate) read: Vec<Output>,
    /// Sources of what has been read.
    pub(crate) sources: BTreeSet<(i32, i64)>,
}

impl Reader {
    /// Reads for at most `wait`; true if a record came.
    pub(crate) fn poll(&mut self, wait: Duration) -> bool {
        let Some(polled) = self.consumer.poll(wait) else { return false };
        let message = match polled {
            Ok(message) => message,
            // A broker that is away comes back.
            Err(KafkaError::MessageConsumption(_)) => return false,
            Err(error) => panic!("{error}"),
        };
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
        });
        let output = Output {
            partition: message.partition(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
            dead: message.topic() == self.dead,
        };
        self.sources.insert(output.source());
        self.read.push(output);
        true
    }

    /// Reads until `count` different articles have come out.
    pub(crate) fn wait_for(&mut self, count: usize, within: Duration) {
        let deadline = Instant::now() + within;
        while self.sources.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} articles came out within {within:?}", self.sources.len());
            self.poll(Duration::from_millis(100));
        }
    }

    /// Reads what else there is, for a duplicate that comes late.
    pub(crate) fn drain(&mut self) {
        let mut idle = 0;
        while idle < 10 {
            idle = if self.poll(Duration::from_millis(50)) { 0 } else { idle + 1 };
        }
    }

    /// Checks the promise: each of `inputs` once, enriched or as a dead letter that equals it, in order per partition.
    pub(crate) fn check_exactly_once(&self, inputs: &[Input]) {
        assert_eq!(self.read.len(), self.sources.len(), "articles came out twice: {:?}", self.twice());
        self.check_complete(inputs);
        let mut last = BTreeMap::new();
        for output in &self.read {
            let (partition, offset) = output.source();
            let before = last.insert((partition, output.dead, output.partition), offset);
            assert!(before < Some(offset), "partition {partition}: {offset} came after {before:?}");
        }
    }

    /// Checks that nothing is missing and that dead letters equal what came in.
    pub(crate) fn check_complete(&self, inputs: &[Input]) {
        let by_source = positions(inputs);
        let expected: BTreeSet<(i32, i64)> = by_source.keys().copied().collect();
        let missing: Vec<_> = expected.difference(&self.sources).collect();
        assert!(missing.is_empty(), "lost: {missing:?}");
        assert_eq!(self.sources, expected);
        for output in self.read.iter().filter(|output| output.dead) {
            let (_, key, value, headers) = by_source[&output.source()];
            assert_eq!((&output.key, &output.value), (key, value), "a dead letter differs from what came in");
            assert_eq!(output.headers.get(..headers.len()), Some(headers.as_slice()));
            assert!(output.header("copydesk-error-reason").is_some());
        }
    }

    fn twice(&self) -> Vec<(i32, i64)> {
        let mut seen = BTreeSet::new();
        self.read.iter().map(Output::source).filter(|source| !seen.insert(*source)).collect()
    }
}

/// Records by the partition and offset they get.
fn positions(inputs: &[Input]) -> BTreeMap<(i32, i64), &Input> {
    let mut ends = BTreeMap::<i32, i64>::new();
    let mut all = BTreeMap::new();
    for input in inputs {
        let end = ends.entry(input.0).or_default();
        all.insert((input.0, *end), input);
        *end += 1;
    }
    all
}

/// The program, running.
pub(crate) struct Instance {
    child: Child,
    log: PathBuf,
    config: PathBuf,
}

/// What the program logs when it has joined the group.
pub(crate) const JOINED: &str = "partitions assigned";

impl Instance {
    pub(crate) fn start(config: &Path) -> Self {
        Self::start_as(config, |_| {})
    }

    /// Starts it after `change` has had its way with how.
    pub(crate) fn start_as(config: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut log = config.with_extension("log");
        for generation in 1.. {
            if !log.exists() {
                break;
            }
            log = config.with_extension(format!("{generation}.log"));
        }
        let file = File::create(&log).unwrap();
        let binary = variable("TEST_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_copydesk").to_owned());
        let mut command = Command::new(binary);
        command.args(["run", "--config"]).arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        change(&mut command);
        let child = command.spawn().unwrap();
        Self { child, log, config: config.to_owned() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn wait_for_log(&self, text: &str, within: Duration) {
        let deadline = Instant::now() + within;
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "not said within {within:?}: {text}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Kills it, and starts the next in its place.
    pub(crate) fn kill_and_replace(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start(&self.config.clone())
    }

    pub(crate) fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "not ended within {within:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as an orchestrator does.
    pub(crate) fn stop(self) {
        let (status, log) = self.end();
        assert!(status.success(), "{status}\n{log}");
    }

    /// Asks it to end as an orchestrator does, and tells how it ended and what it logged.
    pub(crate) fn end(self) -> (ExitStatus, String) {
        // Not before it listens to signals.
        self.wait_for_log(JOINED, Duration::from_secs(60));
        self.signal("TERM");
        let log = self.log.clone();
        (self.wait(Duration::from_secs(25)), std::fs::read_to_string(log).unwrap())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Waits until all of `producer` is written.
pub(crate) fn flush(producer: &BaseProducer) {
    producer.flush(Duration::from_secs(30)).unwrap();
}
