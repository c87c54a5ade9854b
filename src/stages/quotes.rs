//! What people are reported to have said: direct quotations, indirect speech and what mixes both, each with its content,
//! its cue and its speaker.
//!
//! There is no grammar behind it, only words: quotation marks ([`marks`]), verbs that report ([`verbs`]) with their
//! subjects ([`cues`], [`subjects`]), and what stands before and after them ([`reports`]); in an interview, who has the
//! turn ([`turns`]). A subject is an entity, a pronoun, a role, or nobody that the text names; quotations without a cue go on with who spoke before
//! ([`speakers`]). English only. Words in quotation marks that nobody is said to have spoken are left out: titles,
//! nicknames, words that the author keeps at a distance.
//!
//! The evidence of a quote names its rule: `cue_after` (“…,” she said), `cue_before` (She said: “…”), `cue_inside`
//! (“…,” she said, “…”), `according_to`, `that_clause`, `question_clause`, `bare_clause` (said it was), `infinitive`
//! (vowed to), `object` (denied the charge), `naming` (called it a mistake), `demand` (called for), `this` (reports this), `colon`,
//! `clause_before_cue`, `clause_around_cue`,
//! `as_said` (As she said, …), `headline_colon`, `paragraph_goes_on`, `same_speaker_goes_on` (no cue of its
//! own), `name_after` and
//! `comma_before` (with another verb), `sentence_before` (after a sentence about who speaks),
//! `quoted_words` (quoted in a sentence without a cue), `turn` (Q: …, Berg: …); and beside it `antecedent`, `author` (of the statement), `interviewee`, `same_speaker` or
//! `person_before` for the speaker, and `never_closed`.

mod cues;
mod marks;
mod reports;
mod speakers;
mod subjects;
mod turns;
mod verbs;
mod words;

use serde::Serialize;

use super::entities::{self, Entities};
use super::language;
use super::segments::{self, Segments};
use super::sentences::Sentences;
use crate::document::{Document, Evidence, Layer, Wire};
use crate::json::{Object, array, score};
use crate::stage::{Resources, Stage, Switch, no_news};
use crate::text::{Span, Text};
pub use verbs::Class;

/// What is reported in an article, in the order in which it begins.
pub struct Quotes {
    /// Each quote; the record counts them on from q1.
    pub quotes: Vec<Quote>,
}

/// Words that somebody is reported to have spoken, written or thought.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    /// How they are reported.
    pub kind: Kind,
    /// The words, at least one stretch of them, in order; several where a cue or the end of a paragraph stands between.
    /// Without the quotation marks around them, and without "that".
    pub parts: Vec<Span>,
    /// What says that somebody spoke.
    pub cue: Option<Cue>,
    /// Who spoke.
    pub speaker: Speaker,
    /// How sure content and speaker are together, 0 to 1, by the rules that found them.
    pub confidence: f64,
    /// What both rest on.
    pub evidence: Vec<Evidence>,
}

impl Quote {
    /// From its first word to its last.
    pub fn span(&self, text: &Text) -> Option<Span> {
        Some(text.join(*self.parts.first()?, *self.parts.last()?))
    }

    /// Whether a span stands in its words.
    pub fn holds(&self, span: Span) -> bool {
        self.parts.iter().any(|part| part.contains(span))
    }
}

/// How words are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Between quotation marks.
    Direct,
    /// In a clause of the author's.
    Indirect,
    /// In a clause of the author's that quotes some of them.
    Mixed,
}

/// What says that somebody spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cue {
    /// The verb, or "according to".
    pub span: Span,
    /// What it says of the words.
    pub class: Class,
}

/// Who spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// By what sort of words the cue names who spoke.
    pub form: Form,
    /// The entity, by its place in the entities layer; none of a source that has no name, or none that was found.
    pub entity: Option<usize>,
    /// Those words.
    pub span: Option<Span>,
}

/// By what sort of words a speaker is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A name.
    Name,
    /// A pronoun.
    Pronoun,
    /// What somebody is: the minister, two officials, a report.
    Role,
    /// Not at all.
    Unknown,
}

impl Layer for Quotes {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        let text = wire.document.text();
        let whole = self.quotes.iter().filter_map(|quote| Some((quote, quote.span(text)?)));
        array(out, whole.enumerate(), |(index, (quote, whole)), out| {
            let mut object = Object::open(out);
            object.field("id", &format_args!("q{}", index + 1))?;
            object.field("kind", &quote.kind)?;
            wire.words(&mut object, whole)?;
            if quote.parts.len() > 1 {
                object.list("parts", &quote.parts, |part, out| {
                    let mut object = Object::open(out);
                    wire.words(&mut object, *part)?;
                    object.close()
                })?;
            }
            if let Some(cue) = &quote.cue {
                let mut inner = Object::open(object.value("cue")?);
                wire.words(&mut inner, cue.span)?;
                inner.field("class", &cue.class)?;
                inner.close()?;
            }
            let mut speaker = Object::open(object.value("speaker")?);
            speaker.known("entity", quote.speaker.entity.map(entities::id).as_ref())?;
            speaker.field("form", &quote.speaker.form)?;
            if let Some(span) = quote.speaker.span {
                wire.words(&mut speaker, span)?;
            }
            speaker.close()?;
            object.field("confidence", &score(quote.confidence))?;
            wire.evidence(&mut object, FindQuotes::NAME, &quote.evidence)?;
            object.close()
        })?;
        Ok(true)
    }
}

/// The stage.
pub struct FindQuotes {
    lexicon: words::Lexicon,
}

impl Stage for FindQuotes {
    const NAME: &'static str = "quotes";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments", "sentences"];
    type Settings = Switch;
    type Output = Quotes;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self { lexicon: words::Lexicon::new() })
    }

    fn unfit(&self, document: &Document) -> Option<String> {
        no_news(document).or_else(|| language::not_read(document))
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Quotes> {
        let text = document.text();
        let segments = document.required::<Segments>()?;
        let sentences = document.required::<Sentences>()?;
        let (mentions, references) = words::mentions(document.layer::<Entities>());
        let known = words::known(text, &mentions);
        let sentences = &sentences.spans;
        let source = words::Source { text, lexicon: &self.lexicon, mentions: &mentions, known: &known, sentences };
        let mut speakers = speakers::Speakers::new(text, &mentions, &references, sentences);
        let mut quotes: Vec<Quote> = Vec::new();
        let mut never_closed: Vec<usize> = Vec::new();
        // The quote that the paragraph before has left open.
        let mut open: Option<usize> = None;
        let prose = turns::cut(text, segments.prose(), &mentions);
        for segment in &prose {
            if let Some(turn) = &segment.turn {
                turn.read(&mut speakers, &mut quotes);
                speakers.leave(segment.span);
                open = None;
                continue;
            }
            let mut stretches = marks::stretches(text, segment.span);
            let first = stretches.first().copied();
            let resumes = first.filter(|first| open.is_some() && first.outer.start() == segment.span.start());
            stretches.retain(|stretch| stretch.opened || resumes.is_some() && open.is_some());
            let words = source.words(segment.span, &stretches);
            let paragraph = reports::Paragraph {
                text,
                span: segment.span,
                title: segment.kind == segments::Kind::Title,
                phrases: subjects::Phrases { words: &words, mentions: &mentions },
                stretches: &stretches,
                goes_on: resumes.is_some(),
            };
            let known = quotes.len();
            paragraph.read(&mut speakers, &mut quotes, &mut never_closed);
            if let (Some(stretch), Some(earlier)) = (resumes, open) {
                let ends = stretch.closed || stretches.len() > 1;
                join(&mut quotes, &mut never_closed, earlier, known, stretch.inner);
                open = if ends { None } else { Some(earlier) };
            }
            let last = stretches.last().filter(|last| !last.closed && last.outer.end() == segment.span.end());
            if let Some(last) = last.filter(|last| resumes.is_none_or(|first| first != **last)) {
                let holder = |quote: &Quote| quote.parts.last().is_some_and(|part| part.end() == last.inner.end());
                open = quotes.get(known..).and_then(|new| new.iter().rposition(holder)).map(|new| known + new);
            } else if resumes.is_none() {
                open = None;
            }
            speakers.leave(segment.span);
        }
        for index in never_closed {
            if let Some(quote) = quotes.get_mut(index) {
                quote.confidence *= 0.5;
                quote.evidence.push(Evidence::of("never_closed", quote.parts.first().copied()));
            }
        }
        Ok(Quotes { quotes })
    }
}

/// Adds to the quote `earlier` the part with which the next paragraph goes on; that part was read as a quote of its own,
/// at `known` or later, which says who speaks if the earlier one does not.
fn join(quotes: &mut Vec<Quote>, never_closed: &mut Vec<usize>, earlier: usize, known: usize, part: Span) {
    let own =
        (known..quotes.len()).find(|index| quotes.get(*index).is_some_and(|quote| quote.parts.first() == Some(&part)));
    let Some(own) = own else { return };
    let later = quotes.remove(own);
    // Those of this paragraph stand at the end.
    let first = never_closed.partition_point(|index| *index < earlier);
    let recent = never_closed.split_off(first.min(never_closed.len()));
    let still_open = recent.contains(&own);
    let others = recent.into_iter().filter(|index| *index != earlier && *index != own);
    never_closed.extend(others.map(|index| if index > own { index - 1 } else { index }));
    let Some(quote) = quotes.get_mut(earlier) else { return };
    quote.parts.extend(later.parts);
    if quote.cue.is_none() && later.cue.is_some() {
        (quote.cue, quote.speaker, quote.confidence) = (later.cue, later.speaker, later.confidence);
        quote.evidence = later.evidence;
    } else {
        quote.evidence.push(Evidence::of("paragraph_goes_on", [part]));
    }
    if still_open {
        let place = never_closed.partition_point(|index| *index < earlier);
        never_closed.insert(place, earlier);
    }
}
