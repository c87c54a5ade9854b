//! `copydesk explain`

mod trace;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use self::trace::{Seen, Trace};
use super::compare::{self, Difference, Outcome};
use super::{Exit, print, topic, width};
use crate::config::{Config, Problems};
use crate::dead_letter;
use crate::io::kafka::Reader;
use crate::message::{Enrich, Position, RawArticle};
use crate::settings::Problem;
use crate::telemetry::log;
use crate::view;

/// Tell what became of the article at a position, and what would become of it now
///
/// The position is one of the input; one of the enriched records or dead letters stands for the article that it was made
/// of. The exit status is 1 if the fate cannot be told: nothing was ever there, or retention took what told it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Topic, partition and offset: articles.raw 0 42, or articles.raw/0/42 as headers and logs have it
    #[arg(value_name = "POSITION", num_args = 1..=3, required = true, allow_negative_numbers = true)]
    position: Vec<String>,
    /// One JSON object instead of text for people
    #[arg(long)]
    json: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What became of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    /// An enriched record was published.
    Enriched,
    /// It was given up, and its dead letter was published.
    DeadLetter,
    /// The service has not come to it yet.
    Pending,
    /// The service has come past it, and what it published is no longer there.
    Gone,
    /// There is no article at this position, and the service has not come past it.
    Missing,
}

/// All that can be told about an article.
#[derive(Debug, Serialize)]
struct Story {
    position: String,
    fate: Fate,
    /// The fate in a sentence.
    summary: String,
    article: Option<Received>,
    enriched: Option<Enriched>,
    dead_letter: Option<Letter>,
    superseded_by: Option<Successor>,
    /// The group, and the offset that it goes on from in the article's partition.
    group: String,
    committed: Option<i64>,
    now: Option<Now>,
}

/// The article as it was received.
#[derive(Debug, Serialize)]
struct Received {
    at: Option<String>,
    key: Option<String>,
    bytes: usize,
    /// The position that it was replayed from, and how often it was given up before.
    replay_of: Option<String>,
    attempt: Option<String>,
}

/// The record made of it.
#[derive(Debug, Serialize)]
struct Enriched {
    position: String,
    at: Option<String>,
    /// From the timestamp of the article to that of its record.
    latency_seconds: Option<f64>,
    /// How often it was published; more than once only with delivery at least once.
    times: usize,
    id: Value,
    version: Value,
    status: Value,
    title: Value,
    stages: Value,
    pipeline: Value,
}

/// The dead letter made of it.
#[derive(Debug, Serialize)]
struct Letter {
    position: String,
    at: Option<String>,
    latency_seconds: Option<f64>,
    reason: String,
    detail: String,
    stage: String,
    attempt: String,
    version: String,
}

/// The last record with the same id.
#[derive(Debug, Serialize)]
struct Successor {
    position: String,
    source: String,
    version: Option<Value>,
    /// It takes the article out of the topic.
    tombstone: bool,
}

/// What the present configuration makes of the article.
#[derive(Debug, Serialize)]
struct Now {
    fate: Fate,
    reason: Option<String>,
    detail: Option<String>,
    config: String,
    model: String,
    /// Whether it would come out as it did; not known if nothing has come out, or is there no more.
    same: Option<bool>,
    differences: Vec<Difference>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.config.as_deref())?;
    log::start(&config.log);
    let position = topic::position(&arguments.position).map_err(|error| Problems {
        source: "arguments".into(),
        found: vec![Problem::new("POSITION", error.to_string())],
    })?;
    let story = tell(position, &config)?;
    match arguments.json {
        true => print(&format!("{}\n", serde_json::to_string(&story)?))?,
        false => print(&story.page())?,
    };
    Ok(if matches!(story.fate, Fate::Gone | Fate::Missing) { Exit::Failed } else { Exit::Done })
}

/// All that can be told about the article at `position`.
fn tell(position: Position, config: &Config) -> anyhow::Result<Story> {
    let topics = &config.kafka.topics;
    let mut position = position;
    if [&topics.enriched, &topics.dead].contains(&&position.partition.topic.to_string()) {
        position = trace::source(&config.kafka, &position)?;
    }
    let mut reader = Reader::open(&config.kafka, &position.partition.topic)?;
    let (seen, raw) = trace::look(&mut reader, &position)?;
    let committed = reader.committed()?.into_iter().find(|(partition, _)| *partition == position.partition.number);
    let committed = committed.and_then(|(_, offset)| offset);

    let (pipeline, model) = super::pipeline(config)?;
    let outcome = raw.as_ref().map(|raw| Outcome::of(&pipeline.enrich(raw))).transpose()?;
    let id = match &outcome {
        Some(Outcome::Record(record)) => record["id"].as_str().map(str::to_owned),
        _ => None,
    };
    let done = committed.is_some_and(|committed| committed > position.offset);
    let trace = match seen {
        Seen::NotYet => Trace::default(),
        _ => trace::follow(&config.kafka, &position, raw.as_ref(), id.as_deref(), done)?,
    };
    let enriched = trace.record.as_ref().map(|record| Enriched::of(record, trace.times, raw.as_ref())).transpose()?;
    let dead_letter = trace.letter.as_ref().map(|letter| Letter::of(letter, raw.as_ref()));
    let fate = match (&enriched, &dead_letter, done, &raw) {
        (Some(_), ..) => Fate::Enriched,
        (None, Some(_), ..) => Fate::DeadLetter,
        (None, None, true, _) => Fate::Gone,
        (None, None, false, Some(_)) => Fate::Pending,
        (None, None, false, None) => Fate::Missing,
    };
    let now = outcome.as_ref().map(|outcome| Now::of(outcome, &trace, config, &model)).transpose()?;
    Ok(Story {
        summary: summary(fate, &seen, &trace, &position, committed),
        position: position.to_string(),
        fate,
        article: raw.as_ref().map(Received::of),
        enriched,
        dead_letter,
        // Of one that has not come out yet, those before it have the same id as well.
        superseded_by: trace.successor.as_ref().filter(|_| done).map(Successor::of),
        group: config.kafka.group.clone(),
        committed,
        now,
    })
}

/// The fate in a sentence.
fn summary(fate: Fate, seen: &Seen, trace: &Trace, position: &Position, committed: Option<i64>) -> String {
    match (fate, seen) {
        (Fate::Enriched, _) if trace.letter.is_some() => "given up at first, and enriched by a replay".into(),
        (Fate::Enriched, _) => "enriched".into(),
        (Fate::DeadLetter, _) => "given up: it lies among the dead letters".into(),
        (Fate::Pending, _) => match committed {
            Some(committed) => format!(
                "not yet: the service is at offset {committed}, {} before it; see `copydesk top` for whether it moves",
                position.offset - committed
            ),
            None => "not yet: the service has committed nothing in this partition; is it running?".into(),
        },
        (Fate::Gone, _) if trace.successor.is_some() => {
            "superseded: a later record with the same id is there, and compaction has taken this one".into()
        }
        (Fate::Gone, Seen::Nothing) => {
            "no article: a mark of a transaction, or compaction has taken it from the input; nothing came out".into()
        }
        (Fate::Gone, _) => "gone: the service has come past it, and retention has taken what it published".into(),
        (Fate::Missing, Seen::NotYet) => "nothing has been written there yet".into(),
        (Fate::Missing, Seen::Before(first)) => {
            format!("gone: retention has taken the input up to offset {first}, before the service came to it")
        }
        (Fate::Missing, _) => "no article: a mark of a transaction, or compaction has taken it".into(),
    }
}

fn moment(record: &RawArticle) -> Option<String> {
    topic::time(record.timestamp).map(|time| time.to_string())
}

/// Seconds from the timestamp of `raw` to that of what was made of it.
fn latency(raw: Option<&RawArticle>, made: &RawArticle) -> Option<f64> {
    Some((made.timestamp? - raw?.timestamp?) as f64 / 1e3)
}

/// The value of a header, if it has one.
fn known(record: &RawArticle, name: &str) -> Option<String> {
    Some(record.header(name)).filter(|value| !value.is_empty()).map(Into::into)
}

impl Received {
    fn of(raw: &RawArticle) -> Self {
        Self {
            at: moment(raw),
            key: raw.key.as_deref().map(|key| String::from_utf8_lossy(key).into_owned()),
            bytes: raw.payload.as_ref().map_or(0, Vec::len),
            replay_of: known(raw, dead_letter::SOURCE),
            attempt: known(raw, dead_letter::ATTEMPT),
        }
    }
}

impl Enriched {
    fn of(record: &RawArticle, times: usize, raw: Option<&RawArticle>) -> anyhow::Result<Self> {
        let mut read: Value = serde_json::from_slice(record.payload.as_deref().unwrap_or_default())?;
        Ok(Self {
            position: record.position.to_string(),
            at: moment(record),
            latency_seconds: latency(raw, record),
            times,
            id: read["id"].take(),
            version: read["version"].take(),
            status: read["status"].take(),
            title: read["article"]["title"].take(),
            stages: read["stages"].take(),
            pipeline: read["pipeline"].take(),
        })
    }
}

impl Letter {
    fn of(letter: &RawArticle, raw: Option<&RawArticle>) -> Self {
        let header = |name| letter.header(name).into_owned();
        Self {
            position: letter.position.to_string(),
            at: moment(letter),
            latency_seconds: latency(raw, letter),
            reason: header(dead_letter::REASON),
            detail: header(dead_letter::DETAIL),
            stage: header(dead_letter::STAGE),
            attempt: header(dead_letter::ATTEMPT),
            version: header(dead_letter::VERSION),
        }
    }
}

impl Successor {
    fn of(record: &RawArticle) -> Self {
        let read = record.payload.as_deref().and_then(|payload| serde_json::from_slice::<Value>(payload).ok());
        Self {
            position: record.position.to_string(),
            source: record.header(dead_letter::SOURCE).into_owned(),
            version: read.map(|mut record| record["version"].take()).filter(|version| !version.is_null()),
            tombstone: record.payload.is_none(),
        }
    }
}

impl Now {
    fn of(outcome: &Outcome, trace: &Trace, config: &Config, model: &str) -> anyhow::Result<Self> {
        let then =
            trace.record.as_ref().and_then(|record| record.payload.as_deref()).map(Outcome::record).transpose()?;
        let then = then.or_else(|| {
            trace.letter.as_ref().map(|letter| Outcome::Letter {
                reason: letter.header(dead_letter::REASON).into_owned(),
                detail: letter.header(dead_letter::DETAIL).into_owned(),
            })
        });
        let (fate, reason, detail) = match outcome {
            Outcome::Record(_) => (Fate::Enriched, None, None),
            Outcome::Letter { reason, detail } => (Fate::DeadLetter, Some(reason.clone()), Some(detail.clone())),
        };
        let differences = match (&then, outcome) {
            (Some(Outcome::Record(then)), Outcome::Record(now)) => compare::differences(then, now),
            _ => Vec::new(),
        };
        let same = then.map(|then| then == *outcome);
        Ok(Self { fate, reason, detail, config: config.hash(), model: model.to_owned(), same, differences })
    }
}

/// How many differences a person is shown.
const SHOWN: usize = 5;

impl Story {
    /// The story in lines for people.
    fn page(&self) -> String {
        let mut page = format!("{}\n", view::bold(&self.position));
        let mut line = |name: &str, what: &str| {
            let room = width().saturating_sub(14);
            for (index, words) in view::wrap(what, room).lines().enumerate() {
                let name = if index == 0 { name } else { "" };
                page.push_str(&format!("  {name:12}{words}\n"));
            }
        };
        line("fate", &self.summary);
        if let Some(Received { at, key, bytes, replay_of, attempt }) = &self.article {
            let at = at.as_deref().unwrap_or("at a time unknown");
            let key = key.as_ref().map_or("no key".into(), |key| format!("key {key:?}"));
            line("received", &format!("{at}, {bytes} bytes, {key}"));
            if let Some(source) = replay_of {
                line("replay", &format!("of {source}, given up {} before", times(attempt.as_deref().unwrap_or("?"))));
            }
        }
        if let Some(letter) = &self.dead_letter {
            line("dead letter", &format!("{}{}", letter.position, after(letter.latency_seconds)));
            line("reason", &format!("{} at {}: {}", letter.reason, letter.stage, letter.detail));
            line("attempts", &letter.attempt);
        }
        if let Some(record) = &self.enriched {
            let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
            let often = if record.times > 1 { format!(", published {} times", record.times) } else { String::new() };
            line("record", &format!("{}{}{often}", record.position, after(record.latency_seconds)));
            line("article", &format!("{:?}, {}", text(&record.title), text(&record.status)));
            line("id", &format!("{}, version {}", text(&record.id), text(&record.version)));
            let stages = || record.stages.as_array().into_iter().flatten();
            let ok: Vec<String> =
                stages().filter(|stage| stage["status"] == "ok").map(|stage| text(&stage["name"])).collect();
            line("layers", &ok.join(", "));
            for stage in stages().filter(|stage| stage["status"] != "ok") {
                let reason = stage["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
                line(&text(&stage["status"]), &format!("{}{reason}", text(&stage["name"])));
            }
            let by = &record.pipeline;
            line("made by", &format!("copydesk {}, model {}", text(&by["version"]), text(&by["model"])));
            line("", &format!("configuration {}", text(&by["config"])));
        }
        if let Some(Successor { position, source, version, tombstone }) = &self.superseded_by {
            let what = match (tombstone, version.as_ref().and_then(Value::as_str)) {
                (true, _) => "a tombstone".to_owned(),
                (false, Some(version)) => format!("version {version}"),
                (false, None) => "a later record".to_owned(),
            };
            line("superseded", &format!("by {what} at {position}, made of {source}"));
        }
        let committed = self.committed.map_or("nothing in this partition".into(), |offset| format!("up to {offset}"));
        line("committed", &format!("{committed} by the group {}", self.group));
        if let Some(now) = &self.now {
            line("now", &now.words());
            for Difference { at, old, new } in now.differences.iter().take(SHOWN) {
                line("", &format!("{at}: {} → {}", compare::short(old.as_ref()), compare::short(new.as_ref())));
            }
            if now.differences.len() > SHOWN {
                line("", &format!("and {} more; --json names all", now.differences.len() - SHOWN));
            }
        }
        page
    }
}

impl Now {
    fn words(&self) -> String {
        let would = match (&self.reason, &self.detail) {
            (Some(reason), Some(detail)) => format!("it would be given up: {reason}: {detail}"),
            _ => "it would be enriched".to_owned(),
        };
        match self.same {
            Some(true) => "the same would come out".into(),
            Some(false) if self.differences.is_empty() => would,
            Some(false) => format!("a record with {} would come out", count(self.differences.len(), "difference")),
            None => would,
        }
    }
}

fn after(latency: Option<f64>) -> String {
    latency.map(|seconds| format!(", {seconds:.3} s after the article")).unwrap_or_default()
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn times(attempt: &str) -> String {
    if attempt == "1" { "once".into() } else { format!("{attempt} times") }
}
