//! `copydesk health`

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::local::{Request, ask};
use crate::config::Config;

/// Ask the service that runs here how it is: exit status 0 if it lives, 1 if not
///
/// The address is that of its configuration (`http.listen`), so that a health check needs no other program.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask whether it is ready for work (/readyz), not only whether it lives (/healthz)
    #[arg(long)]
    ready: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let page = if arguments.ready { "readyz" } else { "healthz" };
    ask(&Config::load(arguments.config.as_deref())?, &Request::Get(page))
}
