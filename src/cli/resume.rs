//! `copydesk resume`

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::local::{Request, ask};
use crate::config::Config;

/// Let articles pass again in the service that runs here, after it paused for too many dead letters
///
/// They pass for the length of service.breaker.window, whatever becomes of them. Exit status 1 if there was no pause.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    ask(&Config::load(arguments.config.as_deref())?, &Request::Post("breaker/resume"))
}
