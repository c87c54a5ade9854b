//! An article, its text, and the layers known about it.

use std::any::Any;

use anyhow::Context as _;
use serde_json::{Result, Value};

use crate::article::Article;
use crate::json::{Object, score};
use crate::text::{Locator, OffsetUnit, Span, Text};

/// What one stage knows about an article.
pub trait Layer: Any + Send + Sync {
    /// Writes the value of the record's field that is named after the stage, and says whether it did.
    /// A layer that writes nothing stays inside, or shows only in its [`facts`](Self::facts).
    fn write(&self, _wire: &Wire<'_>, _out: &mut Vec<u8>) -> Result<bool> {
        Ok(false)
    }

    /// What the layer adds to a part of the record that another one writes.
    fn facts(&self, _about: About) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// What those facts rest on.
    fn evidence(&self, _about: About) -> Vec<Evidence> {
        Vec::new()
    }

    /// Entities that the story does not name but speaks of: in the record they follow those that it names.
    fn implied(&self) -> &[Implied] {
        &[]
    }
}

/// What one answer of a stage rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The rule or feature, in snake case; the documentation of its stage says what it means.
    pub rule: &'static str,
    /// The words that it saw.
    pub spans: Vec<Span>,
    /// How much it counted, where it was weighed against others.
    pub score: Option<f64>,
}

impl Evidence {
    /// A rule that held for these words.
    pub fn of(rule: &'static str, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { rule, spans: spans.into_iter().collect(), score: None }
    }

    /// The same with a score.
    pub fn scored(self, score: f64) -> Self {
        Self { score: Some(score), ..self }
    }
}

/// An entity that the story speaks of without a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implied {
    /// What it is, as the record names types.
    pub kind: &'static str,
    /// What to call it, as in "Government of Ukraine".
    pub name: String,
}

/// A part of the record that any layer may add fields to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The field `article`; a fact replaces the field of that name.
    Article,
    /// An entity, by its place in the entities layer; those that are implied are counted on.
    Entity(usize),
    /// A mention: entity, and place among its mentions.
    Mention(usize, usize),
}

/// An article on its way through the stages.
pub struct Document {
    article: Article,
    layers: Vec<(&'static str, Box<dyn Layer>)>,
}

impl Document {
    /// A document without layers.
    pub fn new(article: Article) -> Self {
        Self { article, layers: Vec::new() }
    }

    /// The article as read.
    pub fn article(&self) -> &Article {
        &self.article
    }

    /// The text that all spans of all layers point into.
    pub fn text(&self) -> &Text {
        &self.article.text
    }

    /// The layer of a type, if its stage has run.
    pub fn layer<L: Layer>(&self) -> Option<&L> {
        self.layers.iter().find_map(|(_, layer)| (layer.as_ref() as &dyn Any).downcast_ref())
    }

    /// The layer of a stage on which another builds.
    ///
    /// # Errors
    /// If it is missing, which the pipeline rules out for those that a stage requires.
    pub fn required<L: Layer>(&self) -> anyhow::Result<&L> {
        self.layer().with_context(|| format!("the layer {} is missing", std::any::type_name::<L>()))
    }

    /// All layers with the names of their stages, in the order of the stages.
    pub fn layers(&self) -> impl Iterator<Item = (&'static str, &dyn Layer)> {
        self.layers.iter().map(|(name, layer)| (*name, layer.as_ref()))
    }

    /// The entities that layers imply, in the order in which they are counted on after those of the entities layer.
    pub fn implied(&self) -> impl Iterator<Item = &Implied> {
        self.layers.iter().flat_map(|(_, layer)| layer.implied())
    }

    /// Adds the layer of the stage `name`.
    pub fn add(&mut self, name: &'static str, layer: Box<dyn Layer>) {
        self.layers.push((name, layer));
    }
}

/// What a layer needs to write itself: the document around it, and offsets as the consumer counts them.
pub struct Wire<'a> {
    /// The document with all its layers.
    pub document: &'a Document,
    locator: Locator<'a>,
    explain: bool,
}

impl<'a> Wire<'a> {
    /// Offsets into `document`'s text in `unit`; `explain` adds to each answer what it rests on.
    pub fn new(document: &'a Document, unit: OffsetUnit, explain: bool) -> Self {
        Self { document, locator: document.text().locator(unit), explain }
    }

    /// The offsets of a span, in the unit of the record.
    pub fn locate(&self, span: Span) -> (u32, u32) {
        self.locator.locate(span)
    }

    /// Writes `start` and `end` of a span.
    pub fn span(&self, object: &mut Object<'_>, span: Span) -> Result<()> {
        let (start, end) = self.locate(span);
        object.field("start", &start)?;
        object.field("end", &end)
    }

    /// Writes `start`, `end` and `text` of a span.
    pub fn words(&self, object: &mut Object<'_>, span: Span) -> Result<()> {
        self.span(object, span)?;
        object.field("text", self.document.text().slice(span))
    }

    /// Writes what every layer adds to a part of the record.
    pub fn facts(&self, object: &mut Object<'_>, about: About) -> Result<()> {
        for (name, value) in self.document.layers().flat_map(|(_, layer)| layer.facts(about)) {
            object.field(name, &value)?;
        }
        if self.explain {
            let all = self
                .document
                .layers()
                .flat_map(|(stage, layer)| layer.evidence(about).into_iter().map(move |evidence| (stage, evidence)));
            self.write_evidence(object, all.collect())?;
        }
        Ok(())
    }

    /// Writes what an answer that `stage` writes by itself rests on, where that is asked for.
    pub fn evidence(&self, object: &mut Object<'_>, stage: &'static str, evidence: &[Evidence]) -> Result<()> {
        match self.explain {
            true => self.write_evidence(object, evidence.iter().map(|one| (stage, one.clone())).collect()),
            false => Ok(()),
        }
    }

    fn write_evidence(&self, object: &mut Object<'_>, all: Vec<(&'static str, Evidence)>) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        object.list("evidence", all, |(stage, evidence), out| {
            let mut object = Object::open(out);
            object.field("stage", stage)?;
            object.field("rule", evidence.rule)?;
            object.known("score", evidence.score.map(score).as_ref())?;
            object.list("spans", evidence.spans, |span, out| {
                let mut object = Object::open(out);
                self.words(&mut object, span)?;
                object.close()
            })?;
            object.close()
        })
    }
}
