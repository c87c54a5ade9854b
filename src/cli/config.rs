//! `copydesk config`

use clap::Args;

use super::{Exit, print};
use crate::config::Config;

/// Print every option with its default and the reason for it, as a configuration file
#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> anyhow::Result<Exit> {
    print(&Config::manual())
}
