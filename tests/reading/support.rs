//! What the tests of the reading wing share: articles as records, a scripted reader, a check of every record.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use copydesk::message::{Header, Message, Partition, Position, RawArticle};
use copydesk::pipeline::{Enriched, Outcome, Pipeline, Settings};
use copydesk::stage::Resources;
use copydesk::stages::encoder::{Kind, Name, Polarity, Reader, Reading};
use copydesk::text::OffsetUnit;
use copydesk::{article, record, stages};
use serde_json::Value;

pub(crate) use crate::record_check::{check, file};

/// A record without key and headers.
pub(crate) fn raw(payload: impl Into<Vec<u8>>) -> RawArticle {
    RawArticle {
        position: Position { partition: Partition { topic: "articles.raw".into(), number: 0 }, offset: 7 },
        key: None,
        payload: Some(payload.into()),
        headers: Vec::new(),
        timestamp: Some(1_700_000_000_000),
    }
}

/// The same record with one more header.
pub(crate) fn with_header(mut raw: RawArticle, name: &str, value: Option<&str>) -> RawArticle {
    raw.headers.push(Header { name: name.to_owned(), value: value.map(|value| value.as_bytes().to_vec()) });
    raw
}

/// Value of a header of a message.
pub(crate) fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let header = message.headers.iter().find(|header| header.name == name)?;
    std::str::from_utf8(header.value.as_deref()?).ok()
}

/// Finds the names it was told, wherever they stand as whole words, and finds everybody praised.
pub(crate) struct Script(pub(crate) BTreeMap<String, (Kind, f32)>);

impl Script {
    pub(crate) fn of(names: &[(&str, Kind)]) -> Arc<dyn Reader> {
        Arc::new(Self(names.iter().map(|(name, kind)| ((*name).to_owned(), (*kind, 0.9))).collect()))
    }
}

impl Reader for Script {
    fn identity(&self) -> &str {
        "script 1"
    }

    /// Runs of letters and digits, and every other mark alone.
    fn words(&self, text: &str) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut inside = false;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            match (c.is_alphanumeric(), inside) {
                (true, true) => words.last_mut().unwrap().end = end,
                (letter, _) if !c.is_whitespace() => {
                    words.push(at..end);
                    inside = letter;
                }
                _ => inside = false,
            }
        }
        words
    }

    fn read(&self, sentences: &[Vec<&str>]) -> anyhow::Result<Box<dyn Reading>> {
        let longest = self.0.keys().map(|name| self.words(name).len()).max().unwrap_or(0);
        let mut names = Vec::new();
        let mut offset = 0;
        for words in sentences {
            let mut at = 0;
            while at < words.len() {
                let found = (1..=longest.min(words.len() - at)).rev().find_map(|length| {
                    let (kind, confidence) = self.0.get(&words[at..at + length].join(" "))?;
                    Some(Name { words: offset + at..offset + at + length, kind: *kind, confidence: *confidence })
                });
                at += found.as_ref().map_or(1, |name| name.words.len());
                names.extend(found);
            }
            offset += words.len();
        }
        Ok(Box::new(Scripted(names)))
    }
}

struct Scripted(Vec<Name>);

impl Reading for Scripted {
    fn names(&self) -> &[Name] {
        &self.0
    }

    fn sentiment(&self, targets: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>> {
        Ok(targets.iter().map(|_| Polarity { negative: 0.1, neutral: 0.2, positive: 0.7 }).collect())
    }
}

/// Settings without the stages that need a model.
pub(crate) fn modelless() -> stages::Settings {
    let mut settings = stages::Settings::default();
    settings.entities.enabled = false;
    settings.sentiment.enabled = false;
    settings
}

/// A pipeline with these stages and settings of the record.
pub(crate) fn pipeline(
    stages: &stages::Settings,
    record: &record::Settings,
    reader: Option<Arc<dyn Reader>>,
) -> Pipeline {
    let settings = Settings { article: &article::Settings::default(), record, stages, digest: "sha256:0" };
    Pipeline::with_reader(settings, reader).unwrap()
}

/// A pipeline with all stages, of what is loaded.
pub(crate) fn with_resources(resources: &Resources) -> Pipeline {
    let (article, record, stages) = Default::default();
    let settings = Settings { article: &article, record: &record, stages: &stages, digest: "sha256:0" };
    Pipeline::with_resources(settings, resources).unwrap()
}

/// A pipeline with all stages.
pub(crate) fn reading(reader: Arc<dyn Reader>) -> Pipeline {
    pipeline(&stages::Settings::default(), &record::Settings::default(), Some(reader))
}

/// A pipeline without the stages that need a model.
pub(crate) fn plain_pipeline() -> Pipeline {
    pipeline(&modelless(), &record::Settings::default(), None)
}

/// A pipeline with all stages and a scripted reader.
pub(crate) fn scripted(names: &[(&str, Kind)]) -> Pipeline {
    reading(Script::of(names))
}

/// The same, with offsets in `unit`.
pub(crate) fn scripted_in(names: &[(&str, Kind)], offset_unit: OffsetUnit) -> Pipeline {
    let record = record::Settings { offset_unit, ..record::Settings::default() };
    pipeline(&stages::Settings::default(), &record, Some(Script::of(names)))
}

/// The enriched article, or a panic with the rejection.
pub(crate) fn enriched(pipeline: &Pipeline, raw: &RawArticle) -> Box<Enriched> {
    match pipeline.process(raw) {
        Outcome::Enriched(enriched) => enriched,
        Outcome::Rejected(rejection) => panic!("rejected: {rejection:?}"),
    }
}

/// The record of an article, checked against the schema and its own text.
pub(crate) fn json(pipeline: &Pipeline, raw: &RawArticle) -> Value {
    let bytes = pipeline.json(&enriched(pipeline, raw)).unwrap();
    let record: Value = serde_json::from_slice(&bytes).unwrap();
    check(&record);
    record
}
