//! `copydesk demo`

use std::sync::Arc;

use clap::Args;

use super::{Exit, signals};
use crate::config::Config;
use crate::demo::{self, Plan};
use crate::service::{Shutdown, Status};
use crate::telemetry::log;

/// Show the service at work: an embedded broker, a feed of articles, and what comes out
///
/// Nothing has to be installed, and nothing is kept. The embedded broker knows no transactions, so this shows delivery
/// at least once; `copydesk run` with a real broker delivers exactly once.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// End after so many articles; without it the feed goes round until Ctrl-C
    #[arg(long, value_name = "N")]
    articles: Option<u64>,
    /// Articles a second at most
    #[arg(long, value_name = "R", default_value_t = 4.0, value_parser = rate)]
    rate: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && f64::is_finite(rate) => Ok(rate),
        _ => Err("must be a number above 0".into()),
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut config = Config::default();
    // Logs would tear the picture; what matters is shown in it.
    config.log.level = "error".into();
    log::start(&config.log);
    let runtime = super::runtime()?;
    let shutdown = Shutdown::default();
    signals::listen(&runtime, shutdown.clone())?;
    let (pipeline, _) = super::pipeline(&config)?;
    let plan = Plan { articles: arguments.articles, rate: arguments.rate };
    let service = |config: &Config| {
        let status = Arc::new(Status::new(config.service.stall_deadline.0));
        super::start(config, Arc::new(pipeline), status, shutdown.clone())
    };
    let exit = super::ended(demo::run(&plan, config, service, &shutdown)?);
    runtime.shutdown_background();
    exit
}
