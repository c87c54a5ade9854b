//! Traces: a span for each article and one for each of its stages, sent to a collector as OTLP over HTTP.
//!
//! The trace that a record carries in its headers (W3C Trace Context: `traceparent`, `tracestate`) is continued, and
//! handed on with the enriched record. A dead letter keeps the headers that came, so that a replay continues the same
//! trace. A collector that is slow or away costs spans, which are counted, and never an article.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanKind, TraceContextExt, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter,
    SpanProcessor,
};
use prometheus_client::metrics::counter::Counter;
use prost::Message as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ureq::http::{StatusCode, Uri};

use crate::dead_letter::Reason;
use crate::message::{Destination, Enrich, Header, Message, RawArticle};
use crate::pipeline::{self, Observer, Report};
use crate::settings::Problem;

/// The most spans that wait to be sent; one more is dropped.
const QUEUE: usize = 4096;

/// The most spans in one request.
const BATCH: usize = 512;

/// The longest that a span waits for others to be sent with.
const WAIT: Duration = Duration::from_secs(1);

/// The longest that one request may take.
const REQUEST: Duration = Duration::from_secs(5);

/// How long a batch is tried again before its spans are dropped: a collector that is started anew takes seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest that the end of the service waits for the last spans.
const LAST: Duration = Duration::from_secs(3);

/// Where a collector takes spans, below its endpoint.
const PATH: &str = "/v1/traces";

/// What the service calls itself where the environment does not say.
const NAME: &str = "copydesk";

/// `[traces]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where an OpenTelemetry collector takes OTLP over HTTP, as `http://localhost:4318`. Not set: no traces. Without
    /// TLS, since a collector belongs beside the service; it passes traces on to anywhere.
    pub endpoint: Option<String>,
    /// The share of articles that are traced, 0 to 1, of those whose headers do not say. Where they do, they are obeyed.
    pub sample: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { endpoint: None, sample: 1.0 }
    }
}

impl Settings {
    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        // Not quoted: who writes a password into it must not read it in a log.
        let uri = self.endpoint.as_ref().map(|endpoint| endpoint.parse::<Uri>().ok());
        let bare = |uri: &Uri| uri.query().is_none() && uri.authority().is_some_and(|to| !to.as_str().contains('@'));
        let what = match uri.map(|uri| uri.filter(bare)) {
            None => None,
            Some(Some(uri)) if uri.path().trim_end_matches('/').ends_with(PATH) => {
                Some("/v1/traces is added to it; leave that out, as in \"http://localhost:4318\"")
            }
            Some(Some(uri)) if uri.scheme_str() == Some("http") => None,
            Some(Some(uri)) if uri.scheme_str() == Some("https") => {
                Some("a collector is spoken to without TLS; name one beside the service, by http://")
            }
            Some(_) => Some("no address of a collector; write it as \"http://localhost:4318\""),
        };
        problems.extend(what.map(|what| Problem::new("traces.endpoint", what)));
        if !(0.0..=1.0).contains(&self.sample) {
            let what = format!("{} is no share; set 0 to 1", self.sample);
            problems.push(Problem::new("traces.sample", what));
        }
        problems
    }
}

/// Counts spans; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    /// Those that a collector took.
    pub sent: Counter,
    /// Those that no collector took.
    pub dropped: Counter,
}

/// The traces of this process.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Begins to trace, if a collector is named. `instance` tells this process from others of the service.
///
/// # Errors
/// When the client for HTTP can not be made of the endpoint.
pub fn start(settings: &Settings, instance: &str, spans: &Spans) -> anyhow::Result<Option<Traces>> {
    let Some(endpoint) = &settings.endpoint else { return Ok(None) };
    let url: Uri = format!("{}{PATH}", endpoint.trim_end_matches('/')).parse().context("traces.endpoint")?;
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter = Exporter {
        agent: ureq::Agent::config_builder()
            .timeout_global(Some(REQUEST))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into(),
        url,
        resource: ResourceAttributesWithSchema::default(),
        waiting: Arc::clone(&waiting),
        spans: spans.clone(),
        away: AtomicBool::new(false),
    };
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(WAIT)
        .build();
    let queue = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let provider = SdkTracerProvider::builder()
        .with_resource(resource(instance))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample))))
        .with_span_processor(Bounded { queue, waiting, spans: spans.clone() })
        .build();
    let tracer = provider.tracer(NAME);
    Ok(Some(Traces { provider, tracer }))
}

/// Whose the spans are. What the builder is told wins over what it finds in the environment, so it is not told the name
/// where that has one.
fn resource(instance: &str) -> Resource {
    let found = Resource::builder().build();
    let name = found.get(&Key::from_static_str("service.name")).map(|name| name.to_string());
    let name = name.filter(|name| !name.starts_with("unknown_service"));
    Resource::builder()
        .with_service_name(name.unwrap_or_else(|| NAME.to_owned()))
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", instance.to_owned()),
        ])
        .build()
}

impl Traces {
    /// Makes spans of stages: children of the span of the article that the thread is at.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::new(Stages(self.tracer.clone()))
    }

    /// `enrich`, with a span around each article; `group` is the consumer group.
    pub fn around<E: Enrich>(&self, enrich: E, group: &str) -> impl Enrich + use<E> {
        Traced { enrich, tracer: self.tracer.clone(), group: group.to_owned() }
    }
}

impl Drop for Traces {
    /// Sends what is left, as far as time allows.
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST) {
            tracing::debug!("the last spans: {error}");
        }
    }
}

/// Enrichment with a span around it.
struct Traced<E> {
    enrich: E,
    tracer: SdkTracer,
    group: String,
}

impl<E: Enrich> Enrich for Traced<E> {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Received(&article.headers));
        let span = self
            .tracer
            .span_builder(format!("process {}", article.position.partition.topic))
            .with_kind(SpanKind::Consumer)
            .with_attributes(attributes(article, &self.group))
            .start_with_context(&self.tracer, &parent);
        let traced = span.is_recording();
        let context = parent.with_span(span);
        let mut messages = {
            let _entered = context.clone().attach();
            self.enrich.enrich(article)
        };
        let span = context.span();
        match messages.iter().find_map(Reason::of) {
            None => span.set_attribute(KeyValue::new("copydesk.outcome", "enriched")),
            Some(reason) => {
                span.set_attribute(KeyValue::new("copydesk.outcome", "dead"));
                span.set_attribute(KeyValue::new("error.type", reason.code()));
                span.set_status(opentelemetry::trace::Status::error(reason.code()));
            }
        }
        span.end();
        // Whoever decided against a trace is the last that later readers need to know of.
        if traced || !parent.span().span_context().is_valid() {
            hand_on(&context, &mut messages);
        }
        messages
    }
}

/// What the span of an article says of it, by the names of the semantic conventions 1.43 for Kafka.
fn attributes(article: &RawArticle, group: &str) -> Vec<KeyValue> {
    let position = &article.position;
    let size = article.payload.as_ref().map_or(0, Vec::len);
    let mut attributes = vec![
        KeyValue::new("messaging.system", "kafka"),
        KeyValue::new("messaging.operation.name", "process"),
        KeyValue::new("messaging.operation.type", "process"),
        KeyValue::new("messaging.destination.name", position.partition.topic.to_string()),
        KeyValue::new("messaging.destination.partition.id", position.partition.number.to_string()),
        KeyValue::new("messaging.kafka.offset", position.offset),
        KeyValue::new("messaging.consumer.group.name", group.to_owned()),
        KeyValue::new("messaging.message.body.size", i64::try_from(size).unwrap_or(i64::MAX)),
    ];
    if article.payload.is_none() {
        attributes.push(KeyValue::new("messaging.kafka.message.tombstone", true));
    }
    attributes
}

/// The headers of a record, as a propagator reads them.
struct Received<'a>(&'a [Header]);

impl Extractor for Received<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let header = self.0.iter().rev().find(|header| header.name == key)?;
        str::from_utf8(header.value.as_deref()?).ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|header| header.name.as_str()).collect()
    }
}

/// The headers that a propagator writes.
#[derive(Default)]
struct Written(Vec<Header>);

impl Injector for Written {
    fn set(&mut self, key: &str, value: String) {
        if !value.is_empty() {
            self.0.push(Header { name: key.to_owned(), value: Some(value.into_bytes()) });
        }
    }
}

/// Writes the context into the enriched records, in place of the one that came.
fn hand_on(context: &Context, messages: &mut [Message]) {
    let propagator = TraceContextPropagator::new();
    let mut written = Written::default();
    propagator.inject_context(context, &mut written);
    for message in messages.iter_mut().filter(|message| message.destination == Destination::Enriched) {
        message.headers.retain(|header| propagator.fields().all(|field| field != header.name));
        message.headers.extend(written.0.iter().cloned());
    }
}

/// Makes spans of stages.
struct Stages(SdkTracer);

thread_local! {
    /// The span of the stage that runs on this thread.
    static STAGE: RefCell<Option<Span>> = const { RefCell::new(None) };
}

impl Observer for Stages {
    fn begins(&self, stage: &'static str) {
        let article = Context::current();
        if article.span().is_recording() {
            STAGE.set(Some(self.0.start_with_context(stage, &article)));
        }
    }

    fn ended(&self, report: &Report) {
        if let Some(mut span) = STAGE.take() {
            span.set_attribute(KeyValue::new("copydesk.stage.status", report.status.name()));
            if report.status == pipeline::Status::Failed {
                span.set_status(opentelemetry::trace::Status::error("failed"));
            }
            span.end();
        }
    }
}

/// The queue of the library, which does not tell what it drops: nothing reaches it that it would have to.
#[derive(Debug)]
struct Bounded {
    queue: BatchSpanProcessor,
    /// Spans that have ended and are neither sent nor dropped.
    waiting: Arc<AtomicUsize>,
    spans: Spans,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.queue.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::AcqRel) < QUEUE {
            self.queue.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            self.spans.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

/// Sends spans to the collector, on the thread of the queue, which may wait.
#[derive(Debug)]
struct Exporter {
    agent: ureq::Agent,
    url: Uri,
    resource: ResourceAttributesWithSchema,
    waiting: Arc<AtomicUsize>,
    spans: Spans,
    /// The collector took nothing when last asked.
    away: AtomicBool,
}

/// Why a collector did not take spans.
struct Refusal {
    why: String,
    /// Whether it may take them later.
    later: bool,
}

impl Exporter {
    /// Asks once; tells how many spans the collector took none of, though it took the others.
    fn send(&self, request: &[u8]) -> Result<u64, Refusal> {
        let later = |error: ureq::Error| Refusal { why: error.to_string(), later: true };
        let post = self.agent.post(&self.url).content_type("application/x-protobuf");
        let mut answer = post.send(request).map_err(later)?;
        let status = answer.status();
        if !status.is_success() {
            // Those that the protocol says to try again on.
            const LATER: [StatusCode; 4] = [
                StatusCode::TOO_MANY_REQUESTS,
                StatusCode::BAD_GATEWAY,
                StatusCode::SERVICE_UNAVAILABLE,
                StatusCode::GATEWAY_TIMEOUT,
            ];
            return Err(Refusal { why: format!("it answers {status}"), later: LATER.contains(&status) });
        }
        let body = answer.body_mut().with_config().limit(1 << 16).read_to_vec().map_err(later)?;
        // An answer that cannot be read is none that refuses anything.
        let told = ExportTraceServiceResponse::decode(body.as_slice()).unwrap_or_default();
        Ok(told.partial_success.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0)))
    }

    /// Asks until the collector takes the spans, or time is up. One that was away the last time is asked once.
    fn insist(&self, request: &[u8]) -> Result<u64, Refusal> {
        let began = Instant::now();
        loop {
            match self.send(request) {
                Err(refusal) if refusal.later && !self.away.load(Ordering::Relaxed) && began.elapsed() < PATIENCE => {
                    std::thread::sleep(PAUSE);
                }
                answer => return answer,
            }
        }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let answer = self.insist(&ExportTraceServiceRequest { resource_spans }.encode_to_vec());
        self.waiting.fetch_sub(count, Ordering::AcqRel);
        let all = u64::try_from(count).unwrap_or(0);
        let dropped = answer.as_ref().map_or(all, |rejected| all.min(*rejected));
        self.spans.dropped.inc_by(dropped);
        self.spans.sent.inc_by(all - dropped);
        let was_away = self.away.swap(answer.is_err(), Ordering::Relaxed);
        match answer {
            Ok(_) => {
                if was_away {
                    tracing::info!("the collector takes spans again");
                }
                Ok(())
            }
            Err(Refusal { why, .. }) => {
                if !was_away {
                    tracing::warn!(
                        "spans are dropped, articles are not: the collector at {} does not take them: {why}; see that \
                         it runs and takes OTLP over HTTP there, or leave out traces.endpoint",
                        self.url
                    );
                }
                Err(OTelSdkError::InternalFailure(why))
            }
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
