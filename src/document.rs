//! An article, its text, and the layers known about it.

use std::any::Any;

use serde_json::{Result, Value};

use crate::article::Article;
use crate::json::Object;
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
}

/// A part of the record that any layer may add fields to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The field `article`; a fact replaces the field of that name.
    Article,
    /// An entity, by its place in the entities layer.
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

    /// All layers with the names of their stages, in the order of the stages.
    pub fn layers(&self) -> impl Iterator<Item = (&'static str, &dyn Layer)> {
        self.layers.iter().map(|(name, layer)| (*name, layer.as_ref()))
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
}

impl<'a> Wire<'a> {
    /// Offsets into `document`'s text in `unit`.
    pub fn new(document: &'a Document, unit: OffsetUnit) -> Self {
        Self { document, locator: document.text().locator(unit) }
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

    /// Writes what every layer adds to a part of the record.
    pub fn facts(&self, object: &mut Object<'_>, about: About) -> Result<()> {
        for (name, value) in self.document.layers().flat_map(|(_, layer)| layer.facts(about)) {
            object.field(name, &value)?;
        }
        Ok(())
    }
}
