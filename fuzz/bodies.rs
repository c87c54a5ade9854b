//! What must hold whatever comes in: the bodies of the fuzz targets, each a function of bytes that panics if it does not.

use std::sync::LazyLock;

use copydesk::config::Config;
use copydesk::dead_letter::{self, Reason};
use copydesk::message::{Destination, Header, Message, Partition, Position, RawArticle};
use copydesk::pipeline::{Pipeline, Settings};
use copydesk::text::OffsetUnit;
use copydesk::{article as reading, record, stages};
use serde_json::Value;

/// A body by the name of its target.
pub(crate) type Body = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const BODIES: [Body; 5] = [
    ("article", article),
    ("native", native),
    ("segments", segments),
    ("configuration", configuration),
    ("headers", headers),
];

/// Any bytes at all, of whatever form they look like.
pub(crate) fn article(data: &[u8]) {
    let messages = processed(&raw(data, Vec::new()), &CODEPOINTS);
    assert!(!messages.is_empty(), "an article came to nothing");
}

/// Native articles: the parts of `data` between zero bytes are the values of their fields, in turn.
pub(crate) fn native(data: &[u8]) {
    const FIELDS: [&str; 9] =
        ["body", "title", "id", "version", "status", "published_at", "byline", "language", "an unknown one"];
    let text = String::from_utf8_lossy(data);
    let value = |part: &str| serde_json::from_str(part).unwrap_or_else(|_| Value::from(part));
    let fields = FIELDS.iter().zip(text.split('\0')).map(|(name, part)| ((*name).to_owned(), value(part)));
    let json = Value::Object(fields.collect()).to_string();
    article(json.as_bytes());
    // What is cut short anywhere is refused, and nothing worse.
    let cut = data.first().map_or(0, |byte| usize::from(*byte) % json.len());
    article(&json.as_bytes()[..cut]);
}

/// Prose in any layout: its spans cut out the same words in every unit of offsets.
pub(crate) fn segments(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let plain = Header { name: "content-type".into(), value: Some(b"text/plain".to_vec()) };
    let raw = raw(text.as_bytes(), vec![plain]);
    let pipelines: [&Pipeline; 3] = [&CODEPOINTS, &BYTES, &UTF16];
    let read = pipelines.map(|pipeline| processed(&raw, pipeline).iter().find_map(record));
    let slices = read.map(|record| record.map(|record| slices(&record)));
    assert!(slices.windows(2).all(|two| two[0] == two[1]), "units disagree: {slices:?}");
}

/// A configuration: TOML, and after each zero byte a variable as `NAME=value`.
pub(crate) fn configuration(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (file, variables) = text.split_once('\0').unwrap_or((&text, ""));
    let variables = variables.split('\0').filter_map(|line| line.split_once('='));
    let variables: Vec<_> = variables.map(|(name, value)| (format!("COPYDESK_{name}"), value.to_owned())).collect();
    match Config::read(file, variables) {
        Ok(config) => {
            let shown = config.shown().expect("what was read can be shown");
            // Options of the client are not shown, so that they are not the same when read again.
            let again = Config::read(&shown, []).unwrap_or_default();
            assert!(config.hash() == again.hash() || !config.kafka.client.is_empty(), "{shown}");
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|problem| !problem.key.is_empty() && !problem.what.is_empty()), "{problems:?}");
        }
    }
}

/// Headers of any name and value before an article: parts of `data` between zero bytes, in turn name, value, …, article.
pub(crate) fn headers(data: &[u8]) {
    let mut parts: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    let payload = parts.pop().unwrap_or_default();
    let header = |pair: &[&[u8]]| Header {
        name: String::from_utf8_lossy(pair[0]).into_owned(),
        value: pair.get(1).map(|value| value.to_vec()),
    };
    let raw = raw(payload, parts.chunks(2).map(header).collect());
    for message in processed(&raw, &CODEPOINTS).iter().filter(|message| message.destination == Destination::Dead) {
        assert_eq!(theirs(&message.headers), theirs(&raw.headers), "a dead letter keeps the headers that came in");
    }
}

/// The headers that are not the service's own.
fn theirs(headers: &[Header]) -> Vec<&Header> {
    headers.iter().filter(|header| !header.name.starts_with("copydesk-")).collect()
}

static CODEPOINTS: LazyLock<Pipeline> = LazyLock::new(|| pipeline(OffsetUnit::Codepoint));
static BYTES: LazyLock<Pipeline> = LazyLock::new(|| pipeline(OffsetUnit::Utf8));
static UTF16: LazyLock<Pipeline> = LazyLock::new(|| pipeline(OffsetUnit::Utf16));

/// The pipeline without the stages that need a model.
fn pipeline(offset_unit: OffsetUnit) -> Pipeline {
    let mut stages = stages::Settings::default();
    stages.entities.enabled = false;
    stages.sentiment.enabled = false;
    let record = record::Settings { offset_unit, ..record::Settings::default() };
    let settings = Settings { article: &reading::Settings::default(), record: &record, stages: &stages, digest: "" };
    Pipeline::with_reader(settings, None).expect("a pipeline")
}

fn raw(payload: &[u8], headers: Vec<Header>) -> RawArticle {
    let partition = Partition { topic: "articles.raw".into(), number: 0 };
    RawArticle {
        position: Position { partition, offset: 7 },
        key: None,
        payload: Some(payload.to_vec()),
        headers,
        timestamp: None,
    }
}

/// The messages made of an article: the same each time, whole if a dead letter, without a fault of ours in any case.
fn processed(raw: &RawArticle, pipeline: &Pipeline) -> Vec<Message> {
    let messages = pipeline.messages(raw, &pipeline.process(raw));
    let again = pipeline.messages(raw, &pipeline.process(raw));
    assert_eq!(format!("{messages:?}"), format!("{again:?}"), "the same article came out differently");
    for message in &messages {
        if message.destination == Destination::Dead {
            assert_eq!(message.payload, raw.payload, "a dead letter is what came in");
            let reason = Reason::of(message).expect("a dead letter has a reason");
            assert_ne!(reason, Reason::Internal, "{:?}", message.header(dead_letter::DETAIL));
        }
        if let Some(record) = record(message) {
            let stages = record["stages"].as_array().expect("stages");
            let failed = stages.iter().find(|stage| stage["status"] == "failed");
            assert!(failed.is_none(), "{failed:?}");
            slices(&record);
        }
    }
    messages
}

/// The record in a message, if it holds one.
fn record(message: &Message) -> Option<Value> {
    let payload = message.payload.as_deref().filter(|_| message.destination == Destination::Enriched)?;
    Some(serde_json::from_slice(payload).expect("a record is JSON"))
}

/// What every span of a record cuts out of its text.
fn slices(record: &Value) -> Vec<String> {
    let text = record["text"].as_str().expect("the text");
    let unit = record["offset_unit"].as_str().expect("the unit");
    // Byte offsets by offsets in the unit.
    let width = |c: char| match unit {
        "codepoint" => 1,
        "utf8" => c.len_utf8(),
        _ => c.len_utf16(),
    };
    let mut bytes = vec![Some(0)];
    for (at, c) in text.char_indices() {
        bytes.resize(bytes.len() + width(c) - 1, None);
        bytes.push(Some(at + c.len_utf8()));
    }
    let mut found = Vec::new();
    cut(
        record,
        &|start, end| {
            let at = |offset: u64| usize::try_from(offset).ok().and_then(|at| bytes.get(at).copied().flatten());
            let (start, end) = (at(start).expect("a start"), at(end).expect("an end"));
            text.get(start..end).expect("a span in order").to_owned()
        },
        &mut found,
    );
    found
}

fn cut(value: &Value, slice: &impl Fn(u64, u64) -> String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let (Some(start), Some(end)) = (object.get("start"), object.get("end")) {
                found.push(slice(start.as_u64().expect("an offset"), end.as_u64().expect("an offset")));
            }
            // What an article brought with it is passed on as it is.
            object.iter().filter(|(name, _)| *name != "extra").for_each(|(_, value)| cut(value, slice, found));
        }
        Value::Array(values) => values.iter().for_each(|value| cut(value, slice, found)),
        _ => {}
    }
}
