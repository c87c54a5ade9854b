//! The one pass of the model over an article; its layer stays inside and serves entities and sentiment alike.

use std::ops::Range;
use std::sync::Arc;

use super::language;
use super::sentences::Sentences;
use crate::document::{Document, Layer};
use crate::model::{self, Model};
pub use crate::model::{Kind, Name, Polarity};
use crate::stage::{Resources, Stage, no_news};
use crate::text::Span;

/// What reads sentences: the model, or a script in tests.
pub trait Reader: Send + Sync {
    /// What it is, for the record.
    fn identity(&self) -> &str;
    /// The words of a text as byte ranges.
    fn words(&self, text: &str) -> Vec<Range<usize>>;
    /// Reads the words of sentences, in order.
    fn read(&self, sentences: &[Vec<&str>]) -> anyhow::Result<Box<dyn Reading>>;
}

/// What was read.
pub trait Reading: Send + Sync {
    /// The names, in order, none inside another.
    fn names(&self) -> &[Name];
    /// How the text speaks of each target, given as its words.
    fn sentiment(&self, targets: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>>;
}

impl Reader for Model {
    fn identity(&self) -> &str {
        self.identity()
    }

    fn words(&self, text: &str) -> Vec<Range<usize>> {
        model::words::split(text)
    }

    fn read(&self, sentences: &[Vec<&str>]) -> anyhow::Result<Box<dyn Reading>> {
        Ok(Box::new(self.read(sentences)?))
    }
}

impl Reading for model::Reading {
    fn names(&self) -> &[Name] {
        self.names()
    }

    fn sentiment(&self, targets: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>> {
        self.sentiment(targets)
    }
}

/// The article as the model read it.
pub struct Encoding {
    /// The words of all sentences, in order.
    pub words: Vec<Span>,
    /// The sentence of each word, by its place in [`Sentences`].
    pub sentence: Vec<usize>,
    /// The names, and what can be asked about targets.
    pub reading: Box<dyn Reading>,
}

impl Layer for Encoding {}

/// The stage; on where any stage that needs the model is on.
pub struct Encode {
    reader: Arc<dyn Reader>,
}

impl Stage for Encode {
    const NAME: &'static str = "encoder";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["language", "sentences"];
    type Settings = ();
    type Output = Encoding;

    fn load((): &(), resources: &Resources) -> anyhow::Result<Self> {
        let reader = resources.reader.clone();
        let reader = reader.ok_or_else(|| anyhow::anyhow!("entities are on, but no model is loaded"))?;
        Ok(Self { reader })
    }

    fn unfit(&self, document: &Document) -> Option<String> {
        no_news(document).or_else(|| language::not_read(document))
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Encoding> {
        let text = document.text();
        let (mut words, mut sentence) = (Vec::new(), Vec::new());
        let mut input = Vec::new();
        for (index, span) in document.required::<Sentences>()?.spans.iter().enumerate() {
            let ranges = self.reader.words(text.slice(*span));
            let first = words.len();
            words.extend(ranges.into_iter().filter_map(|range| text.span_in(*span, range)));
            sentence.resize(words.len(), index);
            if let Some(new) = words.get(first..).filter(|new| !new.is_empty()) {
                input.push(new.iter().map(|word| text.slice(*word)).collect::<Vec<_>>());
            }
        }
        let reading = self.reader.read(&input)?;
        Ok(Encoding { words, sentence, reading })
    }
}
