//! The configuration: one TOML file, environment variables over it, all mistakes at once.
//!
//! A section's struct, its defaults with their reasons and its `problems()` live with its owner; this file puts them
//! together. With `cli`, it is the only reader of files and environment.

mod manual;
mod options;
mod read;

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::options::Section;
use crate::settings::Problem;
use crate::{article, io, knowledge, model, record, service, stages, telemetry};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the service runs.
    pub service: service::Settings,
    /// The brokers and topics that it works with.
    pub kafka: io::kafka::Settings,
    /// What is accepted as an article.
    pub article: article::Settings,
    /// How enriched records are written.
    pub record: record::Settings,
    /// The model that reads the articles.
    pub model: model::Settings,
    /// What is known beside the articles. These files are read again on SIGHUP.
    pub knowledge: knowledge::Settings,
    /// What is added to an article, a section a stage.
    pub stages: stages::Settings,
    /// Where health, readiness and metrics are answered.
    pub http: telemetry::http::Settings,
    /// What is logged, and how. Logs go to standard error and never hold the text of an article.
    pub log: telemetry::log::Settings,
    /// Traces for a collector of OpenTelemetry.
    pub traces: telemetry::traces::Settings,
}

/// The file that is read when no other is named, if it is there.
const USUAL_FILE: &str = "copydesk.toml";

const PREFACE: &str = "\
Configuration of Copydesk: every option with its default and the reason for it.
This file is what `copydesk config` prints; an empty file means the same.

Each option can be set by an environment variable as well, which wins over the file: its section and name in
capitals, joined by underscores, as COPYDESK_KAFKA_BROKERS or COPYDESK_KAFKA_TOPICS_RAW. Lists are separated by commas.
`copydesk check` names everything that is wrong with a configuration.";

impl Config {
    /// Reads `file`, or `copydesk.toml` of the working directory if that is there, and the environment over it.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn load(file: Option<&Path>) -> Result<Self, Problems> {
        let (config, problems) = Self::inspect(file);
        if problems.found.is_empty() { Ok(config) } else { Err(problems) }
    }

    /// The same, with options that are wrong left at their defaults, and what is wrong.
    pub fn inspect(file: Option<&Path>) -> (Self, Problems) {
        let usual = || Path::new(USUAL_FILE).is_file().then_some(Path::new(USUAL_FILE));
        let Some(path) = file.or_else(usual) else {
            let (config, found) = Self::assemble("", environment());
            return (config, Problems { source: "defaults and environment".into(), found });
        };
        let source = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let (config, found) = Self::assemble(&text, environment());
                (config, Problems { source, found })
            }
            Err(error) => {
                let found = vec![Problem::new("--config", format!("the file cannot be read: {error}"))];
                (Self::default(), Problems { source, found })
            }
        }
    }

    /// Reads a file's `text`, and `variables` over it.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn read(text: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Problem>> {
        let (config, problems) = Self::assemble(text, variables);
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }

    fn assemble(text: &str, variables: impl IntoIterator<Item = (String, String)>) -> (Self, Vec<Problem>) {
        let (config, mut found) = match read::read::<Self>(text, variables) {
            Ok(read) => read,
            // As it is, the error quotes the line, which may hold a secret.
            Err(error) => {
                let line =
                    error.span().and_then(|span| text.get(..span.start)).map_or(1, |before| before.split('\n').count());
                (Self::default(), vec![Problem::new("TOML", format!("line {line}: {}", error.message()))])
            }
        };
        for problem in config.problems() {
            if found.iter().all(|known| known.key != problem.key) {
                found.push(problem);
            }
        }
        (config, found)
    }

    /// What its sections find wrong with themselves.
    pub fn problems(&self) -> Vec<Problem> {
        let mut between = Vec::new();
        if self.service.stall_deadline <= self.kafka.transaction_timeout {
            let what = "must exceed kafka.transaction_timeout, or a transaction that times out would end the service";
            between.push(Problem::new("service.stall_deadline", what));
        }
        [
            between,
            self.service.problems(),
            self.kafka.problems(),
            self.article.problems(),
            self.record.problems(),
            self.http.problems(),
            self.log.problems(),
            self.traces.problems(),
        ]
        .concat()
    }

    /// Names the configuration as far as it changes records, as `sha256:` and hex. Brokers, paths and threads do not,
    /// and the model and the files of knowledge have identities of their own: instances of one service write the same bytes.
    pub fn hash(&self) -> String {
        let what = serde_json::json!({"article": self.article, "record": self.record, "stages": self.stages});
        let digest = Sha256::digest(what.to_string());
        digest.iter().fold("sha256:".to_owned(), |hash, byte| hash + &format!("{byte:02x}"))
    }

    /// What is configured, as a TOML file that shows no secret.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn shown(&self) -> anyhow::Result<String> {
        toml::to_string(self).context("writing the configuration")
    }

    /// Every option with its default and the reason for it, as a TOML file.
    pub fn manual() -> String {
        manual::write(&Section::of::<Self>(), PREFACE)
    }

    /// The environment variable of every option.
    pub fn variables() -> Vec<String> {
        Section::of::<Self>().leaves().iter().map(|(path, _)| read::variable_of(path)).collect()
    }
}

fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// What is wrong with a configuration.
#[derive(Debug)]
pub struct Problems {
    /// Where it was read from.
    pub source: String,
    /// One after another, those of the file first.
    pub found: Vec<Problem>,
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match self.found.len() {
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        };
        write!(f, "{}: {count}", self.source)?;
        self.found.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
