//! From an outcome to the messages to publish: the envelope's names, the headers, the size.
//!
//! The shape of the record is `schemas/enriched.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Result, Value};

use crate::article::{Article, Rejection, Status};
use crate::dead_letter::{self, Reason};
use crate::document::{About, Wire};
use crate::json::Object;
use crate::message::{Destination, Header, Message, RawArticle};
use crate::pipeline::{Enriched, Outcome};
use crate::settings::{Bytes, Problem};
use crate::text::OffsetUnit;

/// The version of the record's shape; it changes only if a field is renamed or removed.
pub const SCHEMA: &str = "copydesk.enriched/1";

/// `[record]`: how enriched records are written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What the offsets of spans count: `codepoint` (Python, Go runes), `utf8` (bytes) or `utf16` (JavaScript, Java).
    /// Code points are what most newsroom tools slice by.
    pub offset_unit: OffsetUnit,
    /// The source of the events, a URI reference (`ce_source`). Give each deployment its own where records of several
    /// meet; the default names the service.
    pub source: String,
    /// Whether each answer carries what it rests on: the rules, the words that they saw, their scores. Records grow by
    /// half; `copydesk annotate --explain` shows the same for one article.
    pub explain: bool,
    /// The largest enriched record with key and headers; a larger one becomes a dead letter with reason `too_large`.
    /// A topic takes 1 MiB by default; the rest is room for the batch around the record.
    pub max_bytes: Bytes,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            offset_unit: OffsetUnit::Codepoint,
            source: "/copydesk".to_owned(),
            explain: false,
            max_bytes: Bytes(1_000_000),
        }
    }
}

impl Settings {
    /// What cannot work.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.source.is_empty() || self.source.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let what =
                "must be a URI or a path without blanks, as in \"/copydesk\" or \"https://desk.example/copydesk\"";
            problems.push(Problem::new("record.source", what));
        }
        if self.max_bytes < Bytes::kib(4) {
            problems
                .push(Problem::new("record.max_bytes", "must be at least 4KiB; a record without entities needs that"));
        }
        problems
    }
}

/// What made the record, beside the program's version.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The configuration, as `sha256:` and hex.
    pub config: String,
    /// The model, if one is loaded.
    pub model: Option<String>,
    /// The files of `[knowledge]`, if any are configured.
    pub knowledge: Option<String>,
}

/// The article, unless its text alone is too large for a record: then no stage need read it.
pub fn room(article: Article, settings: &Settings) -> std::result::Result<Article, Rejection> {
    let size = article.text.as_str().len();
    if size > settings.max_bytes.as_usize() { Err(too_large(size, settings)) } else { Ok(article) }
}

fn too_large(size: usize, settings: &Settings) -> Rejection {
    let allowed = settings.max_bytes.as_usize();
    let detail = format!("the enriched record has {size} bytes or more; [record] max_bytes allows {allowed}");
    Rejection { reason: Reason::TooLarge, detail, stage: "record" }
}

/// The messages for an outcome: one, or two where the article is canceled: its record and then a tombstone with the
/// same key, so that a compacted topic ends without it.
pub fn encode(raw: &RawArticle, outcome: &Outcome, settings: &Settings, identity: &Identity) -> Vec<Message> {
    let result = match outcome {
        Outcome::Enriched(enriched) => enriched_messages(raw, enriched, settings, identity),
        Outcome::Rejected(rejection) => Err(rejection.clone()),
    };
    result.unwrap_or_else(|Rejection { reason, detail, stage }| {
        vec![dead_letter::letter(raw, reason, &detail, Some(stage))]
    })
}

fn enriched_messages(
    raw: &RawArticle,
    enriched: &Enriched,
    settings: &Settings,
    identity: &Identity,
) -> std::result::Result<Vec<Message>, Rejection> {
    let payload = json(enriched, settings, identity).map_err(|error| Rejection {
        reason: Reason::Internal,
        detail: format!("the record cannot be written as JSON: {error}"),
        stage: "record",
    })?;
    let article = enriched.document.article();
    let event = |kind: &str, id: String, payload: Option<Vec<u8>>| {
        let ours = [
            ("ce_specversion", "1.0".to_owned()),
            ("ce_type", format!("copydesk.article.{kind}")),
            ("ce_source", settings.source.clone()),
            ("ce_id", id),
            ("ce_subject", article.id.clone()),
            ("content-type", "application/json".to_owned()),
            (dead_letter::SOURCE, raw.position.to_string()),
        ];
        let ours = ours.map(|(name, value)| Header { name: name.to_owned(), value: Some(value.into_bytes()) });
        let theirs = raw.headers.iter().filter(|header| !is_ours(&header.name)).cloned();
        let key = Some(article.id.clone().into_bytes());
        Message { destination: Destination::Enriched, key, payload, headers: theirs.chain(ours).collect() }
    };
    let record = event("enriched", raw.position.to_string(), Some(payload));
    // A record must not be one for the topic without traces and a dead letter with them.
    let size = size(&record) + TRACEPARENT.saturating_sub(part(&record, "traceparent"));
    if size > settings.max_bytes.as_usize() {
        return Err(too_large(size, settings));
    }
    let mut messages = vec![record];
    if article.status == Status::Canceled {
        messages.push(event("canceled", format!("{}/tombstone", raw.position), None));
    }
    Ok(messages)
}

/// Headers that describe the event itself: an enriched record has its own.
fn is_ours(name: &str) -> bool {
    const EVENT: [&str; 9] = [
        "ce_specversion",
        "ce_type",
        "ce_source",
        "ce_id",
        "ce_subject",
        "ce_time",
        "ce_datacontenttype",
        "ce_dataschema",
        "content-type",
    ];
    EVENT.iter().any(|ours| name.eq_ignore_ascii_case(ours)) || name.starts_with("copydesk-")
}

/// What the context of a trace takes that is put into a record which came without one.
const TRACEPARENT: usize = "traceparent".len() + "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len() + 4;

/// Bytes of a message on the wire, but for a few of framing.
fn size(message: &Message) -> usize {
    let value = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    value(&message.key) + value(&message.payload) + message.headers.iter().map(header_size).sum::<usize>()
}

/// Bytes of its headers of that name.
fn part(message: &Message, name: &str) -> usize {
    message.headers.iter().filter(|header| header.name == name).map(header_size).sum()
}

fn header_size(header: &Header) -> usize {
    header.name.len() + header.value.as_ref().map_or(0, Vec::len) + 4
}

/// The enriched record.
pub fn json(enriched: &Enriched, settings: &Settings, identity: &Identity) -> Result<Vec<u8>> {
    let document = &enriched.document;
    let article = document.article();
    let wire = Wire::new(document, settings.offset_unit, settings.explain);
    let mut out = Vec::with_capacity(2 * document.text().as_str().len() + 4096);
    let mut record = Object::open(&mut out);
    record.field("schema", SCHEMA)?;
    record.field("id", &article.id)?;
    record.field("version", &article.version)?;
    record.field("status", &article.status)?;
    write_article(article, &wire, record.value("article")?)?;
    record.field("text", document.text().as_str())?;
    record.field("offset_unit", &settings.offset_unit)?;
    for (name, layer) in document.layers() {
        record.optional(name, |out| layer.write(&wire, out))?;
    }
    record.list("stages", &enriched.stages, |report, out| {
        let mut stage = Object::open(out);
        stage.field("name", report.name)?;
        stage.field("version", report.version)?;
        stage.field("status", report.status.name())?;
        stage.known("reason", report.reason.as_deref())?;
        stage.close()
    })?;
    let mut pipeline = Object::open(record.value("pipeline")?);
    pipeline.field("version", env!("CARGO_PKG_VERSION"))?;
    pipeline.field("config", &identity.config)?;
    pipeline.field("model", &identity.model)?;
    pipeline.known("knowledge", identity.knowledge.as_ref())?;
    pipeline.close()?;
    record.close()?;
    Ok(out)
}

/// What is known about the article: as declared, or as a layer read it from the text.
fn write_article(article: &Article, wire: &Wire<'_>, out: &mut Vec<u8>) -> Result<()> {
    let text = &article.text;
    let title = text.title().map(|title| text.slice(title));
    let facts: Vec<(&str, Value)> = wire.document.layers().flat_map(|(_, layer)| layer.facts(About::Article)).collect();
    let mut object = Object::open(out);
    let declared = [
        ("title", title),
        ("byline", article.byline.as_deref()),
        ("credit", None),
        ("published_at", article.published_at.as_deref()),
        ("language", article.language.as_deref()),
        ("source", article.source.as_deref()),
        ("url", article.url.as_deref()),
    ];
    for (name, value) in declared {
        if !facts.iter().any(|(fact, _)| *fact == name) {
            object.field(name, &value)?;
        }
    }
    for (name, value) in &facts {
        object.field(name, value)?;
    }
    object.known("headline", article.headline().filter(|_| !article.markers.is_empty()))?;
    object.known("action", article.markers.first().map(|marker| marker.kind.action()))?;
    object.known("supersedes", article.supersedes.as_deref())?;
    object.known("embargoed_until", article.embargoed_until.as_deref())?;
    object.field("form", article.form)?;
    object.field("extra", &article.extra)?;
    object.close()
}
