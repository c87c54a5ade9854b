//! The options of the client library: those we set, those we own, those passed through.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::settings::{GroupProtocol, Settings};
use crate::io::Delivery;
use crate::settings::{Problem, Time};

/// The value of a passed-through option; a table holds the options whose names begin with its own and a dot.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Any text.
    Text(String),
    /// `socket.timeout.ms = 1` without quotes is such a table to TOML.
    Table(BTreeMap<String, Value>),
}

/// Does not show the value, which may be a secret of an option we do not know.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(set)")
    }
}

/// Nor when the configuration is written out.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(set)")
    }
}

/// The most that is asked for at once, in bytes, but for a single batch that is larger. The client library allows no less.
const FETCH: usize = 1 << 20;

/// Why an option cannot be passed through.
const OWNED: [(&str, &str); 37] = [
    ("bootstrap.servers", "set kafka.brokers"),
    ("metadata.broker.list", "set kafka.brokers"),
    ("group.id", "set kafka.group"),
    ("group.instance.id", "set kafka.static_membership and kafka.instance"),
    ("group.protocol", "set kafka.group_protocol"),
    ("session.timeout.ms", "set kafka.session_timeout"),
    ("client.id", "made of kafka.group and kafka.instance"),
    ("transactional.id", "made of kafka.group and kafka.instance, which must tell instances apart"),
    ("transaction.timeout.ms", "set kafka.transaction_timeout"),
    ("enable.auto.commit", "offsets are committed with the records made of them; anything else loses articles"),
    ("auto.commit.enable", "offsets are committed with the records made of them; anything else loses articles"),
    ("enable.auto.offset.store", "offsets are committed with the records made of them; anything else loses articles"),
    ("auto.offset.reset", "a new partition is read from its beginning; anything else loses articles"),
    ("isolation.level", "articles of an aborted transaction were never published"),
    ("enable.idempotence", "without it a retry writes records twice or out of order"),
    ("enable.gapless.guarantee", "a failed record ends the transaction already"),
    ("acks", "all replicas must have a record before it counts as written"),
    ("request.required.acks", "all replicas must have a record before it counts as written"),
    ("retries", "the transaction timeout bounds retries; fewer would abort for a passing fault"),
    ("message.send.max.retries", "the transaction timeout bounds retries; fewer would abort for a passing fault"),
    ("delivery.timeout.ms", "set kafka.transaction_timeout, which bounds it"),
    ("message.timeout.ms", "set kafka.transaction_timeout, which bounds it"),
    ("message.max.bytes", "set record.max_bytes; dead letters may be larger"),
    ("queued.max.messages.kbytes", "set kafka.prefetch"),
    ("queue.buffering.max.kbytes", "set kafka.send_buffer"),
    ("linger.ms", "set kafka.linger"),
    ("queue.buffering.max.ms", "set kafka.linger"),
    ("compression.codec", "set kafka.compression"),
    ("compression.type", "set kafka.compression"),
    ("statistics.interval.ms", "the service reads the statistics for its own state"),
    ("enable.partition.eof", "the end of a partition is no event to the service"),
    ("security.protocol", "set kafka.tls and kafka.sasl_mechanism"),
    ("sasl.mechanism", "set kafka.sasl_mechanism, or sasl.mechanisms for one that it does not know"),
    ("sasl.username", "set kafka.sasl_username"),
    ("sasl.password", "set kafka.sasl_password, which is never shown, or kafka.sasl_password_file"),
    ("ssl.key.password", "set kafka.tls_key_password, which is never shown, or kafka.tls_key_password_file"),
    ("ssl.ca.location", "set kafka.tls_ca_file"),
];

/// The passed-through options by their full names.
fn passed(settings: &Settings) -> Vec<(String, String)> {
    fn walk(prefix: &str, options: &BTreeMap<String, Value>, all: &mut Vec<(String, String)>) {
        for (name, value) in options {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                Value::Flag(flag) => all.push((name, flag.to_string())),
                Value::Number(number) => all.push((name, number.to_string())),
                Value::Text(text) => all.push((name, text.clone())),
                Value::Table(table) => walk(&name, table, all),
            }
        }
    }
    let mut all = Vec::new();
    walk("", &settings.client, &mut all);
    all
}

/// What is wrong with the passed-through options: ours, unknown, or of a value that the client refuses.
pub(super) fn problems(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, value) in passed(settings) {
        let key = format!("kafka.client.{name}");
        if let Some((_, reason)) = OWNED.iter().find(|(owned, _)| *owned == name) {
            problems.push(Problem::new(key, format!("belongs to the service: {reason}")));
            continue;
        }
        let mut config = ClientConfig::new();
        config.set(&name, value);
        if let Err(KafkaError::ClientConfig(_, what, _, _)) = config.create_native_config() {
            problems.push(Problem::new(key, format!("refused by the client: {}", what.trim())));
        }
    }
    let mut config = ClientConfig::new();
    config.set("compression.codec", &settings.compression);
    if config.create_native_config().is_err() {
        let what = format!("{:?} is not known; set none, gzip, snappy, lz4 or zstd", settings.compression);
        problems.push(Problem::new("kafka.compression", what));
    }
    problems
}

/// The options of the consumer.
pub(super) fn consumer(settings: &Settings) -> anyhow::Result<ClientConfig> {
    let mut config = common(settings)?;
    let kib = (settings.prefetch.0 / 1024).max(1024).to_string();
    config
        .set("group.id", &settings.group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("queued.max.messages.kbytes", kib)
        // An answer that does not arrive whole before its request times out is asked for again, without end. With the
        // default of 50 MiB a slow line would bring nothing at all.
        .set("fetch.max.bytes", FETCH.to_string())
        // The default of a second leaves gaps as long when the prefetch is small.
        .set("fetch.queue.backoff.ms", "20")
        // Bounds the commits of at-least-once delivery, which the outlet waits for.
        .set("socket.timeout.ms", millis(settings.transaction_timeout))
        // A topic that is created late is found within this time.
        .set("topic.metadata.refresh.interval.ms", "10000");
    match settings.group_protocol {
        GroupProtocol::Classic => {
            let timeout = settings.session_timeout;
            config
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", millis(timeout))
                .set("heartbeat.interval.ms", (timeout.0.as_millis() / 5).clamp(100, 3000).to_string());
        }
        GroupProtocol::Consumer => {
            config.set("group.protocol", "consumer");
        }
    }
    if settings.static_membership {
        config.set("group.instance.id", settings.instance());
    }
    Ok(pass(config, settings))
}

/// The options of a reader that joins no group.
pub(super) fn reader(settings: &Settings) -> anyhow::Result<ClientConfig> {
    let mut config = common(settings)?;
    config
        // Named to ask what it has committed; without a subscription nobody joins it.
        .set("group.id", &settings.group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("queued.max.messages.kbytes", (settings.prefetch.0 / 1024).max(1024).to_string())
        // People wait for the answer; the default of half a second is for feeds.
        .set("fetch.wait.max.ms", "100")
        .set("statistics.interval.ms", "0")
        .set("enable.partition.eof", "true");
    Ok(pass(config, settings))
}

/// The options of the producer.
pub(super) fn producer(settings: &Settings, delivery: Delivery) -> anyhow::Result<ClientConfig> {
    let mut config = common(settings)?;
    let timeout = millis(settings.transaction_timeout);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // As the Java client does, so that a key is in the same partition whoever writes it.
        .set("partitioner", "murmur2_random")
        .set("message.timeout.ms", &timeout)
        // A dead letter may be as large as what was received. The brokers know their own limit.
        .set("message.max.bytes", settings.send_buffer.0.clamp(1_000_000, 500_000_000).to_string())
        .set("queue.buffering.max.kbytes", (settings.send_buffer.0 / 1024).max(1024).to_string())
        .set("linger.ms", millis(settings.linger))
        .set("compression.codec", &settings.compression);
    if delivery == Delivery::ExactlyOnce {
        config.set("transactional.id", settings.transactional_id()).set("transaction.timeout.ms", &timeout);
    }
    Ok(pass(config, settings))
}

/// The options of any client.
pub(super) fn common(settings: &Settings) -> anyhow::Result<ClientConfig> {
    let mut config = ClientConfig::new();
    let protocol = match (settings.tls, settings.mechanism().is_some()) {
        (false, false) => "plaintext",
        (true, false) => "ssl",
        (false, true) => "sasl_plaintext",
        (true, true) => "sasl_ssl",
    };
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", settings.transactional_id())
        .set("security.protocol", protocol)
        .set("statistics.interval.ms", "1000")
        // Back within seconds after a broker is.
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.keepalive.enable", "true");
    let files = [
        ("ssl.ca.location", &settings.tls_ca_file),
        ("ssl.certificate.location", &settings.tls_certificate_file),
        ("ssl.key.location", &settings.tls_key_file),
    ];
    for (option, file) in files {
        if let Some(file) = file {
            config.set(option, file.to_string_lossy());
        }
    }
    if let Some(password) = settings.key_password()? {
        config.set("ssl.key.password", password.expose());
    }
    if let Some(mechanism) = settings.mechanism() {
        config.set("sasl.mechanisms", mechanism);
    }
    if let Some(user) = &settings.sasl_username {
        config.set("sasl.username", user);
    }
    if let Some(password) = settings.user_password()? {
        config.set("sasl.password", password.expose());
    }
    Ok(config)
}

fn pass(mut config: ClientConfig, settings: &Settings) -> ClientConfig {
    for (name, value) in passed(settings) {
        config.set(name, value);
    }
    config
}

fn millis(time: Time) -> String {
    time.0.as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(options: &str) -> Settings {
        toml::from_str(options).unwrap()
    }

    /// An option that undoes a promise of the service must not slip through, and the user is told what to set instead.
    #[test]
    fn options_of_ours_are_refused_with_the_reason() {
        for (option, reason) in OWNED {
            let problems = problems(&with(&format!("[client]\n\"{option}\" = \"x\"")));
            let [problem] = &problems[..] else { panic!("{option}: {problems:?}") };
            assert_eq!(problem.key, format!("kafka.client.{option}"));
            assert!(problem.what.contains(reason), "{problem}");
        }
    }

    #[test]
    fn unknown_options_and_values_are_found_without_a_broker() {
        let problems =
            problems(&with("compression = \"zip\"\n[client]\nno.such.option = 1\nsocket.timeout.ms = \"soon\""));
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["kafka.client.no.such.option", "kafka.client.socket.timeout.ms", "kafka.compression"]);
    }

    /// TOML reads dots as tables unless the name is quoted; both must reach both clients.
    #[test]
    fn other_options_reach_both_clients() {
        let settings = with("[client]\nsocket.timeout.ms = 1234\n\"socket.nagle.disable\" = true");
        assert!(problems(&settings).is_empty());
        for config in [consumer(&settings).unwrap(), producer(&settings, Delivery::ExactlyOnce).unwrap()] {
            assert_eq!(config.get("socket.timeout.ms"), Some("1234"));
            assert_eq!(config.get("socket.nagle.disable"), Some("true"));
            config.create_native_config().unwrap();
        }
    }

    /// With the newer protocol these are the broker's, and the client refuses to start when they are set.
    #[test]
    fn the_newer_group_protocol_leaves_timeouts_to_the_broker() {
        let config =
            consumer(&with("group_protocol = \"consumer\"\nstatic_membership = true\ninstance = \"a\"")).unwrap();
        assert_eq!(config.get("group.protocol"), Some("consumer"));
        assert_eq!(config.get("group.instance.id"), Some("a"));
        for option in ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"] {
            assert_eq!(config.get(option), None);
        }
    }

    /// A password in a log is a password lost.
    #[test]
    fn secrets_are_never_shown() {
        let mut settings = with("sasl_password = \"swordfish\"\ntls_key_password = \"swordfish\"");
        settings.client.insert("sasl.oauthbearer.client.secret".into(), Value::Text("swordfish".into()));
        assert!(!format!("{settings:?}").contains("swordfish"));
        let written = toml::to_string(&settings).unwrap();
        assert!(!written.contains("swordfish"), "{written}");
        let config = common(&with(
            "tls = true\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"u\"\nsasl_password = \"swordfish\"",
        ));
        assert!(!format!("{:?}", config.unwrap()).contains("swordfish"));
    }

    /// A secret mounted as a file ends with a newline more often than not.
    #[test]
    fn a_password_is_read_from_its_file_without_the_newline() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("password");
        std::fs::write(&file, "sword fish\n").unwrap();
        let mut settings = with("sasl_mechanism = \"SCRAM-SHA-512\"\nsasl_username = \"u\"");
        settings.sasl_password_file = Some(file.clone());
        assert!(settings.problems().is_empty());
        assert_eq!(common(&settings).unwrap().get("sasl.password"), Some("sword fish"));
        std::fs::remove_file(&file).unwrap();
        let error = format!("{:#}", common(&settings).unwrap_err());
        assert!(error.contains("reading the password in"), "{error}");
    }

    #[test]
    fn the_defaults_have_no_problems_and_mistakes_are_all_named() {
        assert!(Settings::default().problems().is_empty());
        let wrong = with(
            "brokers = \"\"\ngroup = \"\"\ntransaction_timeout = \"1s\"\nsasl_mechanism = \"PLAIN\"\n[topics]\nraw = \"a\"\ndead = \"a\"",
        );
        let keys: Vec<String> = wrong.problems().into_iter().map(|problem| problem.key).collect();
        let expected =
            ["kafka.brokers", "kafka.group", "kafka.topics.dead", "kafka.transaction_timeout", "kafka.sasl_mechanism"];
        assert_eq!(keys, expected);
    }
}
