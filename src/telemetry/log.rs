//! Logs: readable lines on a terminal, one JSON object a line otherwise; always on standard error.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::Problem;

/// `[log]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, for all or for parts, as `info,copydesk=debug`.
    /// The default tells what an operator acts on: start, stop, rebalances, dead letters, trouble with the broker.
    pub level: String,
    /// How it is written. The default suits people at a terminal and collectors behind a pipe without being told.
    pub format: Format,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `text` on a terminal, `json` otherwise.
    Auto,
    /// Readable lines.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self { level: "info".into(), format: Format::Auto }
    }
}

impl Settings {
    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        // A word that is no level would be taken for the name of a part, and switch all others off.
        let is_level = |part: &str| !part.is_empty() && part.parse::<LevelFilter>().is_ok();
        let level = |part: &str| part.contains('=') || is_level(part.trim());
        if self.level.split(',').all(level) && EnvFilter::try_new(&self.level).is_ok() {
            return Vec::new();
        }
        let what = format!(
            "{:?} is no level; write error, warn, info, debug, trace or off, for all or for parts as in \
             \"info,copydesk=debug\"",
            self.level
        );
        vec![Problem::new("log.level", what)]
    }
}

/// Starts logging, once in a process; a later call changes nothing.
pub fn start(settings: &Settings) {
    let terminal = std::io::stderr().is_terminal();
    let filter = EnvFilter::try_new(&settings.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written, as on a full disk, is lost; to complain of it in the same place would panic.
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    let readable = match settings.format {
        Format::Auto => terminal,
        Format::Text => true,
        Format::Json => false,
    };
    let started = match readable {
        true => builder.with_ansi(terminal).with_target(false).try_init(),
        false => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    if started.is_ok() {
        std::panic::set_hook(Box::new(report_panic));
    }
}

/// Says where a thread panicked and not what it said: the message may quote an article.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(
        thread = thread.name().unwrap_or("unnamed"),
        place,
        "a thread panicked; report the place and the version"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A misspelt level must not end in a service that logs nothing.
    #[test]
    fn a_level_is_one_of_those_there_are() {
        let problems = |level: &str| Settings { level: level.into(), ..Settings::default() }.problems().len();
        for level in ["error", "INFO", "off", "info,copydesk=debug", "warn,copydesk::service=trace"] {
            assert_eq!(problems(level), 0, "{level}");
        }
        for level in ["verbose", "", "info,loud", "copydesk=loud"] {
            assert_eq!(problems(level), 1, "{level}");
        }
    }
}
