//! Metrics in the form of Prometheus, read from the service's status at each scrape: nothing is counted twice, and a
//! partition that was given up leaves no series behind.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::traces::Spans;
use crate::dead_letter::Reason;
use crate::pipeline::{Observer, Report};
use crate::service::{Durations, Progress, Status};

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics(Registry);

impl Metrics {
    /// The media type of [`Metrics::page`].
    pub const CONTENT_TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Metrics of a service that runs with this model and configuration.
    pub fn new(status: Arc<Status>, stages: &Stages, spans: &Spans, model: &str, config: &str) -> Self {
        let mut registry = Registry::with_prefix("copydesk");
        let build = [("version", env!("CARGO_PKG_VERSION")), ("model", model), ("config", config)];
        let build = build.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let help = "What runs: program, model, and the configuration as far as it changes records";
        registry.register("build", help, Info::new(build));
        registry.register("stage_duration_seconds", "Time that a stage took", stages.durations.clone());
        registry.register("stage_runs", "Articles that a stage was asked about, by how it ended", stages.runs.clone());
        registry.register("trace_spans_sent", "Spans that a collector took", spans.sent.clone());
        registry.register("trace_spans_dropped", "Spans that no collector took", spans.dropped.clone());
        registry.register_collector(Box::new(Service(status)));
        Self(registry)
    }

    /// What a scrape gets.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn page(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        encode(&mut page, &self.0)?;
        Ok(page)
    }
}

/// Histograms told apart by one label.
type Histograms = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

/// Measures the stages of the pipeline.
#[derive(Debug)]
pub struct Stages {
    durations: Histograms,
    runs: Family<[(&'static str, &'static str); 2], Counter>,
}

/// A rule takes microseconds, the model a long article a minute.
const STAGE_BOUNDS: [f64; 10] = [0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

impl Default for Stages {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(STAGE_BOUNDS);
        Self { durations: Family::new_with_constructor(durations), runs: Family::default() }
    }
}

thread_local! {
    /// When the stage that runs on this thread began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

impl Observer for Stages {
    fn begins(&self, _: &'static str) {
        BEGAN.set(Some(Instant::now()));
    }

    fn ended(&self, report: &Report) {
        let took = BEGAN.take().map_or(0.0, |began| began.elapsed().as_secs_f64());
        self.durations.get_or_create(&[("stage", report.name)]).observe(took);
        self.runs.get_or_create(&[("stage", report.name), ("status", report.status.name())]).inc();
    }
}

#[derive(Debug)]
struct Service(Arc<Status>);

impl Collector for Service {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = &self.0;
        let counters = &status.counters;
        let mut page = Page(encoder);
        page.counter(
            "articles_received",
            "Articles polled, those read again after an abort included",
            counters.received.get(),
        )?;
        page.counter("received_bytes", "Bytes of their values", counters.received_bytes.get())?;
        page.counter("articles_committed", "Articles done with, whatever became of them", counters.committed.get())?;
        page.counter("articles_dropped", "Articles dropped in flight, to be read again", counters.dropped.get())?;
        page.counter("records_enriched", "Enriched records published", counters.enriched.get())?;
        page.counter("enriched_bytes", "Bytes of their values", counters.enriched_bytes.get())?;
        let dead = Reason::ALL.map(|reason| ([("reason", reason.code().to_owned())], counters.dead(reason).get()));
        page.counters("dead_letters", "Dead letters published", dead)?;
        page.counter("dead_letter_bytes", "Bytes of their values", counters.dead_bytes.get())?;
        page.counter("commits", "Commits", counters.commits.get())?;
        page.durations("commit_duration_seconds", "Time that a commit took", &counters.commit_durations)?;
        page.counter("transactions_aborted", "Transactions aborted", counters.aborts.get())?;
        page.counter("producers_replaced", "Producers given up for a fresh one", counters.replacements.get())?;
        page.counter("rebalances", "Assignments and revocations", counters.rebalances.get())?;
        page.counter("breaker_trips", "Pauses for too many dead letters", counters.trips.get())?;
        page.counter("offset_resets", "Times that the offset to go on from was not there", counters.resets.get())?;
        page.counter(
            "offsets_skipped",
            "Offsets whose records were gone before they were read",
            counters.skipped.get(),
        )?;
        page.counter("exchanges", "Times that changed files of knowledge came into force", counters.exchanges.get())?;
        page.counter("refusals", "Times that they were read again and refused", counters.refusals.get())?;
        page.counter(
            "intake_pauses",
            "Times that fetching was paused as too much was in flight",
            counters.pauses.get(),
        )?;

        let oldest = status.in_flight.oldest().unwrap_or_default();
        page.gauge("in_flight_articles", "Articles polled and not committed", status.in_flight.articles() as f64)?;
        page.gauge("in_flight_bytes", "Bytes of what is in flight", status.in_flight.bytes() as f64)?;
        page.gauge("in_flight_oldest_seconds", "Age of the oldest article in flight", oldest.as_secs_f64())?;
        let open = status.transaction_age().unwrap_or_default();
        page.gauge("transaction_open_seconds", "Age of the open transaction", open.as_secs_f64())?;
        let open = f64::from(u8::from(status.breaker_open()));
        page.gauge("breaker_open", "1 while the service pauses for too many dead letters", open)?;
        page.gauge("live", "1 if /healthz says so", f64::from(u8::from(status.live().is_ok())))?;
        page.gauge("ready", "1 if /readyz says so", f64::from(u8::from(status.ready())))?;
        page.gauge("uptime_seconds", "Time since the start", status.uptime().as_secs_f64())?;
        page.gauge("intake_idle_seconds", "Time since the intake last polled", status.intake.age().as_secs_f64())?;
        let gap = status.poll_gap().as_secs_f64();
        page.gauge("intake_poll_gap_seconds", "Longest time between two polls, of the last minute or two", gap)?;
        page.gauge("outlet_idle_seconds", "Time since the outlet last turned", status.outlet.age().as_secs_f64())?;

        let partitions = status.partitions();
        page.gauge("assigned_partitions", "Partitions assigned to this instance", partitions.len() as f64)?;
        let of_each = |value: fn(Progress) -> Option<f64>| {
            partitions.iter().filter_map(move |(partition, progress)| {
                let labels = [("topic", partition.topic.to_string()), ("partition", partition.number.to_string())];
                Some((labels, value(*progress)?))
            })
        };
        let records = of_each(|progress| Some(progress.lag()? as f64));
        page.gauges("partition_lag_records", "Records behind the end of an assigned partition", records)?;
        let seconds = of_each(|progress| Some(progress.lag_time()?.as_secs_f64()));
        page.gauges("partition_lag_seconds", "How long the oldest of them has waited, at the most", seconds)
    }
}

/// Writes one metric after another.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter<N>(&mut self, name: &str, help: &str, value: N) -> fmt::Result
    where
        ConstCounter<N>: EncodeMetric,
    {
        self.one(name, help, &ConstCounter::new(value))
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.one(name, help, &ConstGauge::new(value))
    }

    fn durations(&mut self, name: &str, help: &str, durations: &Durations) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        let counts = durations.counts();
        let bounds = Durations::BOUNDS.into_iter().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        encoder.encode_histogram::<NoLabelSet>(durations.sum(), counts.iter().sum(), &buckets, None)
    }

    fn counters<const L: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, String); L], u64)>,
    ) -> fmt::Result {
        self.family(name, help, values.into_iter().map(|(labels, value)| (labels, ConstCounter::new(value))))
    }

    fn gauges<const L: usize>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, String); L], f64)>,
    ) -> fmt::Result {
        self.family(name, help, values.into_iter().map(|(labels, value)| (labels, ConstGauge::new(value))))
    }

    fn one(&mut self, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
        metric.encode(self.0.encode_descriptor(name, help, None, metric.metric_type())?)
    }

    /// Metrics of one name, told apart by labels; none at all without a value.
    fn family<const L: usize, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        metrics: impl Iterator<Item = ([(&'static str, String); L], M)>,
    ) -> fmt::Result {
        let mut metrics = metrics.peekable();
        let Some((_, first)) = metrics.peek() else { return Ok(()) };
        let mut encoder = self.0.encode_descriptor(name, help, None, first.metric_type())?;
        metrics.try_for_each(|(labels, metric)| metric.encode(encoder.encode_family(&labels)?))
    }
}
