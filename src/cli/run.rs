//! `copydesk run`

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Exit, signals};
use crate::config::Config;
use crate::message::Enrich;
use crate::service::{Shutdown, Status};
use crate::settings::Bytes;
use crate::telemetry::metrics::{Metrics, Stages};
use crate::telemetry::{http, log, notify, traces};

/// Run the service: articles from Kafka in, enriched records and dead letters out
///
/// SIGTERM or SIGINT ends it in good order, a second one at once. It waits for a broker that is away.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.config.as_deref())?;
    log::start(&config.log);
    let runtime = super::runtime()?;
    let shutdown = Shutdown::default();
    signals::listen(&runtime, shutdown.clone())?;
    let listener = http::bind(&config.http)?;

    let stages = Arc::new(Stages::default());
    let (pipeline, model) = super::pipeline(&config)?;
    let pipeline = pipeline.observed(stages.clone());
    let spans = traces::Spans::default();
    let traces = traces::start(&config.traces, &config.kafka.instance(), &spans)?;
    let enrich: Arc<dyn Enrich> = match &traces {
        Some(traces) => Arc::new(traces.around(pipeline.observed(traces.observer()), &config.kafka.group)),
        None => Arc::new(pipeline),
    };
    let status = Arc::new(Status::new(config.service.stall_deadline.0));
    let metrics = Metrics::new(Arc::clone(&status), &stages, &spans, &model, &config.hash());
    let answers = http::serve(listener, Arc::clone(&status), metrics, config.shown()?);
    runtime.spawn(async { answers.await.inspect_err(|error| tracing::error!("{error:#}")) });
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        model,
        config = config.hash(),
        brokers = config.kafka.brokers,
        // What articles and records can take at most; the model and the program come on top.
        memory = %Bytes(config.kafka.buffers() + config.service.max_in_flight.0),
        "starting"
    );

    let running = super::start(&config, enrich, Arc::clone(&status), shutdown)?;
    let notifier = notify::start(status)?;
    let exit = super::ended(running.join());
    drop(notifier);
    drop(traces);
    if let Ok(Exit::Done) = exit {
        tracing::info!("stopped in good order");
    }
    // The HTTP server has nothing to finish.
    runtime.shutdown_background();
    exit
}
