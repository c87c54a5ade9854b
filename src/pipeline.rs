//! The stages in order over one article: what is skipped, what failed, and what became of it.
//!
//! Pure and total: no clock, no thread, no state between articles; the same record gets the same outcome.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use crate::article::{self, Article, Rejection};
use crate::document::Document;
use crate::message::{Enrich, Message, RawArticle};
use crate::model::Model;
use crate::record;
use crate::stage::{Resources, Slot};
use crate::stages::{self, encoder::Reader};

/// The stages, loaded and in order.
pub struct Pipeline {
    article: article::Settings,
    record: record::Settings,
    identity: record::Identity,
    slots: Vec<Slot>,
    observers: Vec<Arc<dyn Observer>>,
}

/// The parts of the configuration that shape records.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// `[article]`
    pub article: &'a article::Settings,
    /// `[record]`
    pub record: &'a record::Settings,
    /// `[stages]`
    pub stages: &'a stages::Settings,
    /// Names the configuration in each record: `sha256:` and hex.
    pub digest: &'a str,
}

/// What became of an article.
pub enum Outcome {
    /// It was read; what each stage could say is in it.
    Enriched(Box<Enriched>),
    /// It is no article that can be read.
    Rejected(Rejection),
}

/// An article that went through the stages.
pub struct Enriched {
    /// The article and its layers.
    pub document: Document,
    /// What each stage did, in their order.
    pub stages: Vec<Report>,
}

/// What a stage did with an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The stage.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How it ended.
    pub status: Status,
    /// Why it gave no layer.
    pub reason: Option<String>,
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// With its layer.
    Ok,
    /// With an error or a panic.
    Failed,
    /// It does not fit the article, or a layer it needs is missing.
    Skipped,
    /// It was not asked: the configuration turns it off.
    Off,
}

impl Status {
    /// Its name in the record and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Off => "off",
        }
    }
}

/// Who measures stages; called on the thread that processes the article, so that one observer can keep a stopwatch
/// a thread.
pub trait Observer: Send + Sync {
    /// A stage begins.
    fn begins(&self, stage: &'static str);
    /// The stage that began last on this thread has ended.
    fn ended(&self, report: &Report);
}

impl Pipeline {
    /// Loads a profile of the model in the folder `model`, if a stage that is on needs it, and every stage that is on.
    ///
    /// # Errors
    /// If the model or a stage cannot be loaded.
    pub fn build(settings: Settings<'_>, model: &Path, profile: &str) -> anyhow::Result<Self> {
        let reader: Option<Arc<dyn Reader>> = match settings.stages.need_model() {
            true => Some(Arc::new(Model::load(model, profile)?)),
            false => None,
        };
        Self::with_reader(settings, reader)
    }

    /// The same with a reader that is loaded.
    ///
    /// # Errors
    /// If a stage cannot be loaded, or needs a reader and there is none.
    pub fn with_reader(settings: Settings<'_>, reader: Option<Arc<dyn Reader>>) -> anyhow::Result<Self> {
        Self::with_resources(settings, &Resources { reader, ..Resources::default() })
    }

    /// The same with all that stages share.
    ///
    /// # Errors
    /// If a stage cannot be loaded, or needs a reader and there is none.
    pub fn with_resources(settings: Settings<'_>, resources: &Resources) -> anyhow::Result<Self> {
        let model = resources.reader.as_ref().map(|reader| reader.identity().to_owned());
        let knowledge = resources.knowledge.identity().map(str::to_owned);
        Ok(Self {
            article: settings.article.clone(),
            record: settings.record.clone(),
            identity: record::Identity { config: settings.digest.to_owned(), model, knowledge },
            slots: settings
                .stages
                .entries()
                .into_iter()
                .map(|entry| entry.load(resources))
                .collect::<Result<_, _>>()?,
            observers: Vec::new(),
        })
    }

    /// The same pipeline, measured by one more.
    pub fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// Reads an article and lets every stage that is on and fits add its layer.
    pub fn process(&self, raw: &RawArticle) -> Outcome {
        let read = || Article::read(raw, &self.article).and_then(|article| record::room(article, &self.record));
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(article)) => Outcome::Enriched(Box::new(self.annotate(article))),
            Ok(Err(rejection)) => Outcome::Rejected(rejection),
            Err(panic) => Outcome::Rejected(Rejection::internal(format!("reading it panicked: {}", words(&*panic)))),
        }
    }

    /// The messages for an outcome: an enriched record (and a tombstone after it where the article is canceled),
    /// or a dead letter.
    pub fn messages(&self, raw: &RawArticle, outcome: &Outcome) -> Vec<Message> {
        record::encode(raw, outcome, &self.record, &self.identity)
    }

    /// The enriched record as JSON.
    pub fn json(&self, enriched: &Enriched) -> serde_json::Result<Vec<u8>> {
        record::json(enriched, &self.record, &self.identity)
    }

    /// The names of the stages in their order, and whether each is on.
    pub fn stages(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.slots.iter().map(|slot| (slot.name, slot.stage.is_some()))
    }

    fn annotate(&self, article: Article) -> Enriched {
        let mut document = Document::new(article);
        let mut stages: Vec<Report> = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            for observer in &self.observers {
                observer.begins(slot.name);
            }
            let (status, reason) = run(slot, &mut document, &stages);
            let report = Report { name: slot.name, version: slot.version, status, reason };
            for observer in &self.observers {
                observer.ended(&report);
            }
            stages.push(report);
        }
        Enriched { document, stages }
    }
}

impl Enrich for Pipeline {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        self.messages(article, &self.process(article))
    }
}

/// Lets one stage add its layer, or says why it does not.
fn run(slot: &Slot, document: &mut Document, before: &[Report]) -> (Status, Option<String>) {
    let Some(stage) = slot.stage.as_deref() else { return (Status::Off, None) };
    let missing = before.iter().find(|report| slot.requires.contains(&report.name) && report.status != Status::Ok);
    if let Some(Report { name, status, reason, .. }) = missing {
        let why = match (status, reason) {
            (Status::Skipped, Some(reason)) => reason.clone(),
            _ => format!("needs {name}, which is {}", status.name()),
        };
        return (Status::Skipped, Some(why));
    }
    let result = catch_unwind(AssertUnwindSafe(|| match stage.unfit(document) {
        Some(why) => Ok(Err(why)),
        None => stage.annotate(document).map(Ok),
    }));
    match result {
        Ok(Ok(Ok(layer))) => {
            document.add(slot.name, layer);
            (Status::Ok, None)
        }
        Ok(Ok(Err(why))) => (Status::Skipped, Some(why)),
        Ok(Err(error)) => (Status::Failed, Some(format!("{error:#}"))),
        Err(panic) => (Status::Failed, Some(format!("panicked: {}", words(&*panic)))),
    }
}

/// The start of what a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    words.unwrap_or("no message").chars().take(200).collect()
}
