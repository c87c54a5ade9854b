//! The configuration: one TOML file, environment variables over it, all mistakes at once.
//!
//! A section's struct, its defaults with their reasons and its `problems()` live with its owner; this file puts them
//! together. With `cli`, it is the only reader of files and environment.

mod manual;
mod options;
mod read;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::Problem;
use crate::telemetry;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where health, readiness and metrics are answered.
    pub http: telemetry::http::Settings,
    /// What is logged, and how. Logs go to standard error and never hold the text of an article.
    pub log: telemetry::log::Settings,
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
    /// [`Problems`] with every mistake found; or that the file cannot be read.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let usual = || Path::new(USUAL_FILE).is_file().then_some(Path::new(USUAL_FILE));
        let (text, source) = match file.or_else(usual) {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the configuration {}", path.display()))?;
                (text, Some(path.to_path_buf()))
            }
            None => (String::new(), None),
        };
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Ok(Self::read(&text, environment).map_err(|found| Problems { source, found })?)
    }

    /// Reads a file's `text`, and `variables` over it.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn read(text: &str, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Problem>> {
        let (config, mut found) =
            read::read::<Self>(text, variables).map_err(|error| vec![Problem::new("TOML", error.to_string())])?;
        for problem in config.problems() {
            if found.iter().all(|known| known.key != problem.key) {
                found.push(problem);
            }
        }
        if found.is_empty() { Ok(config) } else { Err(found) }
    }

    /// What its sections find wrong with themselves.
    pub fn problems(&self) -> Vec<Problem> {
        [self.http.problems(), self.log.problems()].concat()
    }

    /// Every option with its default and the reason for it, as a TOML file.
    pub fn manual() -> String {
        manual::write(&options::Section::of::<Self>(), PREFACE)
    }
}

/// What is wrong with a configuration.
#[derive(Debug)]
pub struct Problems {
    /// The file that was read, if there was one.
    pub source: Option<PathBuf>,
    /// One after another, in the order of the file.
    pub found: Vec<Problem>,
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(file) => write!(f, "{}", file.display())?,
            None => write!(f, "the configuration")?,
        }
        match self.found.len() {
            1 => write!(f, " has a problem:")?,
            n => write!(f, " has {n} problems:")?,
        }
        self.found.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
