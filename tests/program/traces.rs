//! Traces: what a collector gets, what later readers get, and what it costs when there is no collector.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::BaseRecord;

use crate::http::nobody;
use crate::mock::{Mock, RAW};
use crate::support::{Background, PATIENCE, folder, get, program, run, until};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Takes OTLP over HTTP, as a collector does.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collector {
    fn start(listener: TcpListener) -> Self {
        let collector = Self::default();
        let taken = collector.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                taken.0.lock().expect("requests").push(body(stream));
            }
        });
        collector
    }

    /// The spans so far, and whose they are said to be.
    fn spans(&self) -> (Vec<Span>, Vec<KeyValue>) {
        let (mut spans, mut whose) = (Vec::new(), Vec::new());
        for body in self.0.lock().expect("requests").iter() {
            for resource in ExportTraceServiceRequest::decode(body.as_slice()).expect("OTLP").resource_spans {
                whose = resource.resource.expect("a resource").attributes;
                spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        (spans, whose)
    }
}

/// The body of a request, which is answered.
fn body(stream: TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(&stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        reader.read_until(b'\n', &mut head).expect("a head");
    }
    let head = String::from_utf8(head).expect("a head in ASCII").to_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{head}");
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()).expect("a length");
    let mut body = vec![0; length.parse().expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("answered");
    body
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    match attribute(attributes, key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key}: {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn produce(mock: &Mock, payload: &str, headers: &[(&str, &str)]) {
    let headers = headers
        .iter()
        .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value.as_bytes()) }));
    mock.send_records([BaseRecord::to(RAW).payload(payload).headers(headers)]);
}

fn traced(mock: &Mock, folder: &tempfile::TempDir, collector: &str) -> std::process::Command {
    let mut command = mock.service(folder);
    command
        .env_remove("OTEL_SERVICE_NAME")
        .env_remove("OTEL_RESOURCE_ATTRIBUTES")
        .env("COPYDESK_TRACES_ENDPOINT", format!("http://{collector}"))
        .env("COPYDESK_SERVICE_BREAKER_LIMIT", "1");
    command
}

/// The headers of the records of a topic that speak of traces.
fn contexts(mock: &Mock, topic: &str, count: usize) -> Vec<Vec<(String, String)>> {
    let reader = mock.reader(topic);
    let mut contexts = Vec::new();
    until(|| {
        if let Some(message) = reader.poll(PATIENCE) {
            let message = message.expect("a record");
            let headers = message.headers().expect("headers");
            let ours = headers.iter().filter(|header| header.key.starts_with("trace"));
            let value = |value: Option<&[u8]>| String::from_utf8(value.expect("a value").to_vec()).expect("ASCII");
            contexts.push(ours.map(|header| (header.key.to_owned(), value(header.value))).collect());
        }
        (contexts.len() == count).then_some(())
    })
    .expect("all records");
    contexts
}

/// The trace that came in goes on: through a span for the article and its stages, to whoever reads the record.
#[test]
fn a_trace_is_continued_and_handed_on() {
    let mock = Mock::new(1);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let collector = Collector::start(listener);
    let folder = folder();
    let mut service = Background::start(&mut traced(&mock, &folder, &address));

    let sampled = format!("00-{TRACE}-{PARENT}-01");
    let refused = format!("00-{TRACE}-{PARENT}-00");
    produce(&mock, "Title\n\nQuincunx met Zugzwang.", &[("traceparent", &sampled), ("tracestate", "desk=wire")]);
    produce(&mock, "Title\n\nNobody asked for a trace.", &[]);
    produce(&mock, "Title\n\nThis one is not to be traced.", &[("traceparent", &refused)]);
    produce(&mock, "Title\n\nThis one says nothing that can be read.", &[("traceparent", "00-zz-01")]);
    produce(&mock, "{\"body\": 7}", &[("traceparent", &sampled)]);
    let enriched = contexts(&mock, "articles.enriched", 4);
    let dead = contexts(&mock, "articles.dead", 1);
    // The end of the service sends what is left.
    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());

    let (spans, whose) = collector.spans();
    assert_eq!(text(&whose, "service.name"), "copydesk");
    assert_eq!(text(&whose, "service.version"), env!("CARGO_PKG_VERSION"));
    assert!(!text(&whose, "service.instance.id").is_empty());
    let consumed: Vec<&Span> = spans.iter().filter(|span| span.kind() == SpanKind::Consumer).collect();
    let at = |offset: i64| {
        let here = Value::IntValue(offset);
        consumed.iter().find(|span| attribute(&span.attributes, "messaging.kafka.offset") == Some(&here))
    };
    assert_eq!(consumed.len(), 4, "{consumed:#?}");
    assert!(at(2).is_none(), "the one that was not to be traced");

    let first = at(0).expect("a span of the first article");
    assert_eq!((hex(&first.trace_id), hex(&first.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    assert_eq!(first.name, "process articles.raw");
    for (key, value) in [
        ("messaging.system", "kafka"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "articles.raw"),
        ("messaging.destination.partition.id", "0"),
        ("messaging.consumer.group.name", "copydesk"),
        ("copydesk.outcome", "enriched"),
    ] {
        assert_eq!(text(&first.attributes, key), value, "{key}");
    }
    let of = |span: &Span| spans.iter().filter(|child| child.parent_span_id == span.span_id).collect::<Vec<_>>();
    let stages = of(first);
    let segments = stages.iter().find(|span| span.name == "segments").expect("a span of a stage");
    assert_eq!(text(&segments.attributes, "copydesk.stage.status"), "ok");
    assert!(stages.iter().all(|stage| stage.trace_id == first.trace_id), "{stages:#?}");
    assert!(segments.start_time_unix_nano >= first.start_time_unix_nano, "a stage begins within the article");
    assert!(segments.end_time_unix_nano <= first.end_time_unix_nano, "a stage ends within the article");

    let letter = at(4).expect("a span of the dead letter");
    assert_eq!(text(&letter.attributes, "copydesk.outcome"), "dead");
    assert_eq!(text(&letter.attributes, "error.type"), "invalid_field");
    assert_eq!(hex(&letter.trace_id), TRACE);
    assert!(of(letter).is_empty(), "no stage saw it");

    let context = |span: &Span| format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id));
    let header = |name: &str, value: String| (name.to_owned(), value);
    let (second, fourth) = (at(1).expect("the second"), at(3).expect("the fourth"));
    assert!(second.parent_span_id.is_empty() && fourth.parent_span_id.is_empty(), "traces of their own");
    assert_eq!(
        enriched,
        [
            vec![header("traceparent", context(first)), header("tracestate", "desk=wire".into())],
            vec![header("traceparent", context(second))],
            vec![header("traceparent", refused)],
            vec![header("traceparent", context(fourth))],
        ]
    );
    assert_eq!(dead, [vec![header("traceparent", sampled)]], "a dead letter is what came");

    let sent = collector.0.lock().expect("requests").concat();
    for words in ["Quincunx", "Zugzwang", "Title", "Nobody"] {
        assert!(!sent.windows(words.len()).any(|window| window == words.as_bytes()), "{words} was sent");
    }
}

/// Without a collector spans are lost and counted, with one warning; articles go on as if nothing were.
#[test]
fn a_collector_that_is_away_costs_spans_only() {
    let mock = Mock::new(1);
    let address = nobody();
    let folder = folder();
    let mut command = traced(&mock, &folder, &address);
    let mut service = Background::start(command.env("OTEL_SERVICE_NAME", "newsdesk"));
    let page = service.address();
    let metric = |name: &str| {
        let page = get(&page, "/metrics").1;
        let line = page.lines().find_map(|line| line.strip_prefix(&format!("copydesk_{name}_total ")));
        line.expect("the metric").parse::<u64>().expect("a number")
    };
    let articles: Vec<String> = (0..2000).map(|number| format!("Title {number}\n\nText.")).collect();
    mock.send(articles.iter().map(|article| (0, article.as_str())));
    until(|| (metric("articles_committed") == 2000).then_some(())).expect("all articles are committed");
    // Far more spans than fit the queue: one an article, and one a stage.
    assert!(metric("trace_spans_dropped") > 0, "the queue has no end");
    service.wait_for("spans are dropped, articles are not");
    assert_eq!(metric("trace_spans_sent"), 0);

    let collector = Collector::start(TcpListener::bind(&address).expect("the port"));
    produce(&mock, "Title\n\nText.", &[]);
    service.wait_for("takes spans again");
    until(|| (!collector.spans().0.is_empty()).then_some(())).expect("spans arrive");
    assert_eq!(text(&collector.spans().1, "service.name"), "newsdesk", "the environment is not obeyed");
    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
    assert_eq!(service.said().matches("spans are dropped").count(), 1, "{}", service.said());
}

/// What cannot work is said before the service starts.
#[test]
fn an_endpoint_that_cannot_work_is_named() {
    let folder = folder();
    let cases = [
        ("https://collector:4318", "without TLS"),
        ("localhost:4318", "no address"),
        ("http://", "no address"),
        ("http://collector:4318/v1/traces", "leave that out"),
        ("http://collector:4318/v1/traces/", "leave that out"),
        ("http://user:planted@collector:4318", "no address"),
    ];
    for (endpoint, words) in cases {
        let mut command = program(folder.path(), &["check"]);
        let output = run(command.env("COPYDESK_TRACES_ENDPOINT", endpoint).env("COPYDESK_TRACES_SAMPLE", "2"), b"");
        let said = crate::support::out(&output) + &crate::support::err(&output);
        assert!(said.contains("traces.endpoint") && said.contains(words), "{endpoint}: {said}");
        assert!(said.contains("traces.sample"), "{said}");
        assert!(!said.contains("planted"), "{said}");
        assert_eq!(output.status.code(), Some(64), "{said}");
    }
}
