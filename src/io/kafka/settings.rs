//! How the service is connected to Kafka.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::options::{self, Value};
use crate::settings::{Bytes, Problem, Time};

/// How the service is connected to Kafka.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Brokers to ask first, as `host:port`, separated by commas.
    pub brokers: String,
    /// The consumer group: all instances of one service have the same, and share the partitions.
    pub group: String,
    /// What tells this instance from the others of its group, and stays the same when it is started anew: the broker
    /// then ends at once what the predecessor left open. Not set: the host name, which suits containers with stable
    /// names and hosts with one instance.
    pub instance: Option<String>,
    /// Keep the partitions of this instance for it through a restart (Kafka's static membership). Rebalances become
    /// rare; an instance that is gone for good is missed only after `session_timeout`.
    pub static_membership: bool,
    /// How the group shares its partitions. `consumer` is the newer protocol, of brokers from 4.0 on; the classic one
    /// is the default as the client has more practice in it.
    pub group_protocol: GroupProtocol,
    /// An instance not heard of for so long loses its partitions. Shorter finds a crash sooner, longer bears a slower
    /// network. Only with the classic protocol; the other takes the broker's.
    pub session_timeout: Time,
    /// The broker aborts a transaction after so long, should the instance be gone. Readers wait no longer than this for
    /// what comes after it.
    pub transaction_timeout: Time,
    /// The three topics.
    pub topics: Topics,
    /// What the client fetches ahead of need.
    pub prefetch: Bytes,
    /// What may wait in the client to be sent.
    pub send_buffer: Bytes,
    /// How long a record waits for others to be sent with it. Longer compresses better and costs latency.
    pub linger: Time,
    /// How records are compressed: `none`, `gzip`, `snappy`, `lz4` or `zstd`. lz4 costs the least time.
    pub compression: String,
    /// Encrypt the connection.
    pub tls: bool,
    /// File with the certificates of authorities to trust, PEM. Not set: those of the system.
    pub tls_ca_file: Option<PathBuf>,
    /// File with the certificate of this client, PEM, if the brokers ask for one.
    pub tls_certificate_file: Option<PathBuf>,
    /// File with the private key of that certificate, PEM.
    pub tls_key_file: Option<PathBuf>,
    /// Password of the private key. Better set in the environment, or in a file by `tls_key_password_file`.
    pub tls_key_password: Option<Secret>,
    /// File that holds the password of the private key.
    pub tls_key_password_file: Option<PathBuf>,
    /// How to log in. Not set: not at all.
    pub sasl_mechanism: Option<SaslMechanism>,
    /// The user to log in as.
    pub sasl_username: Option<String>,
    /// Password of that user. Better set in the environment, or in a file by `sasl_password_file`.
    pub sasl_password: Option<Secret>,
    /// File that holds the password of that user.
    pub sasl_password_file: Option<PathBuf>,
    /// File that holds the token for OAUTHBEARER. It is read again whenever a new one is needed, so whoever writes it
    /// must renew it before it ends.
    pub sasl_token_file: Option<PathBuf>,
    /// Any other option of the client library, librdkafka, by its own name; for both consumer and producer. Those that
    /// the service depends on are refused with the reason.
    pub client: BTreeMap<String, Value>,
}

/// The three topics; they must exist.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// Where raw articles are read.
    pub raw: String,
    /// Where enriched records go.
    pub enriched: String,
    /// Where articles go that could not be enriched, as they came. It must take records as large as the raw topic
    /// does, and 4 KiB more for headers.
    pub dead: String,
}

impl Default for Topics {
    fn default() -> Self {
        Self { raw: "articles.raw".into(), enriched: "articles.enriched".into(), dead: "articles.dead".into() }
    }
}

/// A protocol of consumer groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// Members agree among themselves; cooperative, so that a rebalance stops only the partitions that move.
    Classic,
    /// The broker decides (KIP-848).
    Consumer,
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SaslMechanism {
    /// User and password as they are; only over TLS.
    #[serde(rename = "PLAIN")]
    Plain,
    /// User and salted password.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// User and salted password.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
    /// A token, most often a JSON Web Token, from `sasl_token_file`; only over TLS.
    #[serde(rename = "OAUTHBEARER")]
    OauthBearer,
}

impl SaslMechanism {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }
}

/// A text that is never shown, nor written out again.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What must not be shown.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(secret)")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            group: "copydesk".into(),
            instance: None,
            static_membership: false,
            group_protocol: GroupProtocol::Classic,
            session_timeout: Time::seconds(15),
            transaction_timeout: Time::seconds(30),
            topics: Topics::default(),
            prefetch: Bytes::mib(16),
            send_buffer: Bytes::mib(32),
            linger: Time::millis(5),
            compression: "lz4".into(),
            tls: false,
            tls_ca_file: None,
            tls_certificate_file: None,
            tls_key_file: None,
            tls_key_password: None,
            tls_key_password_file: None,
            sasl_mechanism: None,
            sasl_username: None,
            sasl_password: None,
            sasl_password_file: None,
            sasl_token_file: None,
            client: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// What is wrong with these settings, as far as can be told without a broker.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut demand = |right: bool, key: &str, what: &str| {
            if !right {
                problems.push(Problem::new(format!("kafka.{key}"), what));
            }
        };
        demand(!self.brokers.trim().is_empty(), "brokers", "no broker to ask; name one as host:port");
        demand(!self.group.is_empty(), "group", "the group has no name; give it one");
        demand(
            self.instance.as_deref() != Some(""),
            "instance",
            "the instance has no name; give it one or leave it out",
        );
        let Topics { raw, enriched, dead } = &self.topics;
        for (key, topic) in [("topics.raw", raw), ("topics.enriched", enriched), ("topics.dead", dead)] {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
            let right = !topic.is_empty() && topic.len() <= 249 && topic.chars().all(legal);
            demand(
                right,
                key,
                "no legal name of a topic; use at most 249 letters, digits, dots, dashes and underscores",
            );
        }
        demand(
            enriched != raw,
            "topics.enriched",
            "the same as kafka.topics.raw: records would be read again for ever",
        );
        demand(dead != raw, "topics.dead", "the same as kafka.topics.raw: dead letters would be read again for ever");
        demand(dead != enriched, "topics.dead", "the same as kafka.topics.enriched; readers could not tell them apart");
        let timeout = self.transaction_timeout;
        demand(
            (Time::seconds(5)..=Time::seconds(900)).contains(&timeout),
            "transaction_timeout",
            "brokers refuse transactions over 15 minutes, and short ones end in a slow moment; set 5s to 15min",
        );
        demand(
            self.session_timeout >= Time::seconds(1),
            "session_timeout",
            "shorter than a hiccup of the network; brokers demand at least 6s by default",
        );
        demand(self.linger <= Time::seconds(1), "linger", "longer than a commit may wait; set at most 1s");
        let secrets = [
            ("sasl_password", &self.sasl_password, &self.sasl_password_file),
            ("tls_key_password", &self.tls_key_password, &self.tls_key_password_file),
        ];
        for (key, secret, file) in secrets {
            demand(secret.is_none() || file.is_none(), key, "set twice, here and by its file; keep one of the two");
        }
        let password = self.sasl_password.is_some() || self.sasl_password_file.is_some();
        let user = self.sasl_username.is_some() || password;
        let by_token = self.sasl_mechanism == Some(SaslMechanism::OauthBearer);
        demand(
            self.sasl_mechanism.is_none() || by_token || (self.sasl_username.is_some() && password),
            "sasl_mechanism",
            "needs kafka.sasl_username, and kafka.sasl_password or kafka.sasl_password_file",
        );
        demand(
            self.sasl_mechanism.is_some() || !user,
            "sasl_mechanism",
            "not set, so user and password would go unused; set PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
        );
        demand(
            by_token == self.sasl_token_file.is_some(),
            "sasl_token_file",
            "a token and kafka.sasl_mechanism = \"OAUTHBEARER\" only work together; set both or neither",
        );
        demand(
            !(by_token && user),
            "sasl_username",
            "would go unused with OAUTHBEARER, as would a password; leave them out",
        );
        demand(
            self.tls || (self.tls_ca_file.is_none() && self.tls_certificate_file.is_none()),
            "tls",
            "off, so the certificates would go unused; set it to true",
        );
        demand(
            self.tls_certificate_file.is_some() == self.tls_key_file.is_some(),
            "tls_key_file",
            "a certificate and its key only work together; set both or neither",
        );
        problems.extend(options::problems(self));
        problems
    }

    /// What tells this instance from the others of its group.
    pub fn instance(&self) -> String {
        self.instance.clone().unwrap_or_else(host_name)
    }

    /// The id under which this instance writes transactions.
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.group, self.instance())
    }

    /// The most memory that the clients use for records, in bytes.
    pub fn buffers(&self) -> u64 {
        self.prefetch.0 + self.send_buffer.0
    }

    /// The password of the private key.
    pub(super) fn key_password(&self) -> anyhow::Result<Option<Secret>> {
        secret(self.tls_key_password.as_ref(), self.tls_key_password_file.as_ref())
    }

    /// The password of the user.
    pub(super) fn user_password(&self) -> anyhow::Result<Option<Secret>> {
        secret(self.sasl_password.as_ref(), self.sasl_password_file.as_ref())
    }

    pub(super) fn mechanism(&self) -> Option<&'static str> {
        self.sasl_mechanism.map(SaslMechanism::name)
    }
}

fn secret(secret: Option<&Secret>, file: Option<&PathBuf>) -> anyhow::Result<Option<Secret>> {
    let Some(file) = file else { return Ok(secret.cloned()) };
    let text = std::fs::read_to_string(file).with_context(|| format!("reading the password in {}", file.display()))?;
    Ok(Some(Secret(text.trim_end_matches(['\r', '\n']).to_owned())))
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| {
        let answer = std::process::Command::new("hostname").output()?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer.stdout).into_owned())
    });
    match name.as_deref().map(str::trim) {
        Ok(name) if !name.is_empty() => name.to_owned(),
        _ => "localhost".into(),
    }
}
