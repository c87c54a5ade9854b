//! `copydesk run`

use std::path::PathBuf;
use std::sync::{Arc, Weak};

use clap::Args;

use super::reload::{self, Reload};
use super::{Exit, signals};
use crate::config::Config;
use crate::message::Enrich;
use crate::pipeline::Pipeline;
use crate::service::{Shutdown, Status};
use crate::settings::Bytes;
use crate::telemetry::metrics::{Metrics, Stages};
use crate::telemetry::{http, log, notify, traces};

/// Run the service: articles from Kafka in, enriched records and dead letters out
///
/// SIGTERM or SIGINT ends it in good order, a second one at once; SIGHUP has it read the files of knowledge again. It
/// waits for a broker that is away.
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
    let hangups = signals::hangups(&runtime)?;
    let listener = http::bind(&config.http)?;

    let stages = Arc::new(Stages::default());
    let resources = super::resources(&config)?;
    let model = resources.reader.as_ref().map_or("none", |reader| reader.identity()).to_owned();
    let pipeline = super::pipeline_of(&config, &resources)?;
    let spans = traces::Spans::default();
    let traces = traces::start(&config.traces, &config.kafka.instance(), &spans)?.map(Arc::new);
    let around = around(&config, Arc::clone(&stages), traces.as_ref());
    let enrich = around(pipeline);
    let status = Arc::new(Status::new(config.service.stall_deadline.0));
    let metrics = Metrics::new(Arc::clone(&status), &stages, &spans, &model, &config.hash());
    let answers = http::serve(listener, Arc::clone(&status), metrics, config.shown()?);
    runtime.spawn(async { answers.await.inspect_err(|error| tracing::error!("{error:#}")) });
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        model,
        config = config.hash(),
        brokers = config.kafka.brokers,
        knowledge = resources.knowledge.identity(),
        // What articles and records can take at most; the model and the program come on top.
        memory = %Bytes(config.kafka.buffers() + config.service.max_in_flight.0),
        "starting"
    );

    reload::tell(&resources.knowledge);

    let running = super::start(&config, enrich, Arc::clone(&status), shutdown)?;
    let enrichment = running.enrichment().clone();
    let mut reload = Reload { config, resources, around, enrichment, status: Arc::clone(&status) };
    signals::at_hangups(&runtime, hangups, move || reload.again());
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

/// What measures a pipeline and, where there are traces, puts them around it. It keeps no traces alive: the last spans
/// are sent when the service drops them.
fn around(
    config: &Config,
    stages: Arc<Stages>,
    traces: Option<&Arc<traces::Traces>>,
) -> Box<dyn Fn(Pipeline) -> Arc<dyn Enrich> + Send> {
    let (traces, group) = (traces.map(Arc::downgrade), config.kafka.group.clone());
    Box::new(move |pipeline| {
        let pipeline = pipeline.observed(Arc::clone(&stages) as _);
        match traces.as_ref().and_then(Weak::upgrade) {
            Some(traces) => Arc::new(traces.around(pipeline.observed(traces.observer()), &group)),
            None => Arc::new(pipeline),
        }
    })
}
