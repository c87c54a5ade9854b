//! The parts of an article: title, byline, credit, dateline, paragraphs, sign-off and what else newswires write.
//!
//! What follows tells prose from the rest, so that a credit, a byline or a sign-off never becomes an entity of the
//! story. [`lines`] cuts the body into lines and blocks, [`kinds`] says what a line is, [`staff`] reads the names of
//! those who made the article.

mod dateline;
mod kinds;
mod lines;
mod staff;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::article::markers::{self, Marker};
use crate::document::{About, Document, Layer, Wire};
use crate::json::{Object, array};
use crate::stage::{Resources, Stage, Switch};
use crate::text::{Span, Text};
pub use dateline::Dateline;
pub use staff::Staff;

/// What a part of an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The title, with its markers.
    Title,
    /// Who made a picture, with its caption; a copyright line.
    Credit,
    /// Who wrote it.
    Byline,
    /// Where and when it was written, with the dash that ends it.
    Dateline,
    /// A paragraph of the story.
    Paragraph,
    /// An item of a list, with its bullet.
    ListItem,
    /// A title inside the story.
    Subhead,
    /// Lines with columns.
    Table,
    /// What changed since the version before: `(Adds …)`.
    Note,
    /// A message to editors, or a mark that ends the story.
    Notice,
    /// Until when it must not be published.
    Embargo,
    /// Who reported, wrote and edited it; a note on currencies; initials.
    Signoff,
    /// What stands under every article of an outlet.
    Boilerplate,
}

/// A part of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub span: Span,
}

/// The parts of an article in order; between them lies white space only.
pub struct Segments {
    /// The parts.
    pub segments: Vec<Segment>,
    /// Markers in the title, with their spans.
    pub markers: Vec<(Marker, Span)>,
    /// Who made the article.
    pub staff: Staff,
    /// The dateline of the article, and further ones of its parts.
    pub datelines: Vec<Dateline>,
    /// Credits, each without its label.
    pub credits: Vec<String>,
    /// Whether the article holds news.
    story: bool,
    has_paragraph: bool,
}

impl Segments {
    /// The parts that tell the story: title, paragraphs, list items and sub-heads. None of a message to editors.
    pub fn prose(&self) -> impl Iterator<Item = &Segment> {
        let tells = |kind| matches!(kind, Kind::Title | Kind::Paragraph | Kind::ListItem | Kind::Subhead);
        self.segments.iter().filter(move |segment| self.story && tells(segment.kind))
    }
}

impl Layer for Segments {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        array(out, &self.segments, |segment, out| {
            let mut object = Object::open(out);
            object.field("kind", &segment.kind)?;
            wire.span(&mut object, segment.span)?;
            if segment.kind == Kind::Title && !self.markers.is_empty() {
                object.list("markers", &self.markers, |(marker, span), out| {
                    let mut object = Object::open(out);
                    object.field("kind", &marker.kind)?;
                    wire.span(&mut object, *span)?;
                    object.close()
                })?;
            }
            object.close()
        })?;
        Ok(true)
    }

    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        if about != About::Article {
            return Vec::new();
        }
        let mut facts = Vec::new();
        if let Some(byline) = &self.staff.line {
            facts.push(("byline", json!(byline)));
        }
        if !self.credits.is_empty() {
            facts.push(("credit", json!(self.credits.join("; "))));
        }
        if let Some(dateline) = self.datelines.first() {
            facts.push(("dateline", dateline.json(self.datelines.get(1..).unwrap_or_default())));
        }
        if !self.staff.is_empty() {
            facts.push(("staff", self.staff.json()));
        }
        facts
    }
}

/// The stage.
pub struct FindSegments;

impl Stage for FindSegments {
    const NAME: &'static str = "segments";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &[];
    type Settings = Switch;
    type Output = Segments;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    /// Also a retracted article has parts.
    fn unfit(&self, _: &Document) -> Option<String> {
        None
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Segments> {
        let (article, text) = (document.article(), document.text());
        let mut segments = Vec::new();
        let mut markers = Vec::new();
        if let Some(title) = text.title() {
            let span = text.trim(title, crate::article::is_blank);
            segments.push(Segment { kind: Kind::Title, span });
            let located =
                article.markers.iter().map(|marker| Some((marker.clone(), text.span_in(title, marker.range.clone())?)));
            markers = located.flatten().collect();
        }
        let lines = lines::of(text, text.body());
        let kinds = kinds::of(text, &lines, article.is_story());
        let mut found = Segments {
            segments,
            markers,
            staff: Staff::declared(article.byline.as_deref()),
            datelines: Vec::new(),
            credits: Vec::new(),
            story: article.is_story(),
            has_paragraph: false,
        };
        for (kind, span) in kinds {
            found.add(text, kind, span);
        }
        Ok(found)
    }
}

impl Segments {
    /// Adds a part, and what is read out of it.
    fn add(&mut self, text: &Text, kind: Kind, span: Span) {
        let slice = text.slice(span);
        match kind {
            Kind::Byline => self.staff.read_byline(slice),
            Kind::Signoff => self.staff.read_signoff(slice),
            Kind::Credit => self.credits.extend(kinds::credit(slice)),
            Kind::Paragraph => {
                let first = !std::mem::replace(&mut self.has_paragraph, true);
                if let Some((dateline, end)) = dateline::of(slice, first, !self.datelines.is_empty()) {
                    let cut = text.span_in(span, 0..end);
                    let rest =
                        text.span_in(span, end..slice.len()).map(|rest| text.trim(rest, crate::article::is_blank));
                    if let (Some(cut), Some(rest)) = (cut, rest) {
                        self.datelines.push(dateline);
                        self.segments.push(Segment { kind: Kind::Dateline, span: cut });
                        self.segments.extend((!rest.is_empty()).then_some(Segment { kind, span: rest }));
                        return;
                    }
                }
            }
            _ => {}
        }
        self.segments.push(Segment { kind, span });
    }
}
