//! Claims: the quantities of the story, what bounds them, what they count, who says so, and how far that is verified.
//!
//! Rules of English newswire over the words of a sentence: [`numbers`] reads what a number is worth, [`quantities`]
//! tells numbers that count from those that name (dates, ages, scores, types of aircraft), [`units`] finds what is
//! counted, [`verification`] the words that say how far it is confirmed. Who says so is the speaker of the quote that the
//! number stands in; where there is none, whom the words of the sentence name ([`sources`]).
//! What is counted is a noun phrase without a parse: it ends at the noun in the plural, or at a word of grammar.

mod numbers;
mod quantities;
mod sources;
mod tokens;
mod units;
mod verification;
mod words;

use self::numbers::Worth;
pub use self::quantities::Comparator;
pub use self::units::Kind;
pub use self::verification::Verification;
use super::dates::{self, Dates};
use super::entities::{self, Entities};
use super::language;
use super::quotes::{Quote, Quotes};
use super::sentences::Sentences;
use crate::document::{Document, Evidence, Layer, Wire};
use crate::json::{Object, array};
use crate::stage::{Resources, Stage, Switch, no_news};
use crate::text::{Span, Text};

/// The claims, in order.
pub struct Claims {
    /// Each of them; none overlaps another.
    pub claims: Vec<Claim>,
}

/// A quantity that the story states.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Comparator, number and unit.
    pub span: Span,
    /// What sort of quantity it is.
    pub kind: Kind,
    /// The number; none of a range or of an indefinite amount.
    pub value: Option<f64>,
    /// The least of a range, or of an indefinite amount.
    pub low: Option<f64>,
    /// The most of a range.
    pub high: Option<f64>,
    /// How the number bounds what is claimed.
    pub comparator: Comparator,
    /// A code, or the words that say what is counted.
    pub unit: Option<String>,
    /// What a sum or a part is of.
    pub of: Option<Span>,
    /// Who says so.
    pub source: Option<Source>,
    /// What the article says of its standing.
    pub verification: Option<Verification>,
    /// What all that rests on.
    pub evidence: Vec<Evidence>,
}

/// Who makes a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The words that name it.
    pub span: Span,
    /// Its place among the entities, if it is one.
    pub entity: Option<usize>,
}

impl Layer for Claims {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        array(out, &self.claims, |claim, out| {
            let mut object = Object::open(out);
            wire.words(&mut object, claim.span)?;
            object.field("kind", &claim.kind)?;
            match claim.value {
                Some(value) => number(&mut object, "value", value)?,
                None => object.field("value", &())?,
            }
            if let Some(low) = claim.low {
                number(&mut object, "low", low)?;
            }
            if let Some(high) = claim.high {
                number(&mut object, "high", high)?;
            }
            object.field("comparator", &claim.comparator)?;
            object.field("unit", &claim.unit)?;
            if let Some(of) = claim.of {
                let mut part = Object::open(object.value("of")?);
                wire.words(&mut part, of)?;
                part.close()?;
            }
            if let Some(source) = claim.source {
                object.known("attributed_to", source.entity.map(entities::id).as_ref())?;
                let mut part = Object::open(object.value("source")?);
                wire.words(&mut part, source.span)?;
                part.close()?;
            }
            object.known("verification", claim.verification.as_ref())?;
            wire.evidence(&mut object, FindClaims::NAME, &claim.evidence)?;
            object.close()
        })?;
        Ok(true)
    }
}

/// Writes a whole number without a point.
fn number(object: &mut Object<'_>, name: &str, value: f64) -> serde_json::Result<()> {
    match value.fract() == 0.0 {
        true => object.field(name, &(value as i64)),
        false => object.field(name, &crate::json::score(value)),
    }
}

/// The stage.
pub struct FindClaims;

impl Stage for FindClaims {
    const NAME: &'static str = "claims";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments", "language", "sentences"];
    type Settings = Switch;
    type Output = Claims;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn unfit(&self, document: &Document) -> Option<String> {
        no_news(document).or_else(|| language::not_read(document))
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Claims> {
        let sentences = document.required::<Sentences>()?;
        let text = document.text();
        let mentions = Mentions::of(document.layer::<Entities>());
        let reported = Reported::of(document.layer::<Quotes>());
        let times = Times::of(document.layer::<Dates>());
        let mut claims: Vec<Claim> = Vec::new();
        // Where the claims of the sentence before begin: what follows may say how far they are verified.
        let mut previous = 0;
        for span in &sentences.spans {
            let first = claims.len();
            let sentence = Sentence::of(text, *span);
            let found = sentence.claims(&mentions, &reported);
            claims.extend(found.into_iter().filter(|claim| !times.hold(claim.span)));
            sentence.verify(&mut claims, previous, first);
            previous = first;
        }
        Ok(Claims { claims })
    }
}

/// The mentions of all entities, in order.
struct Mentions {
    all: Vec<(Span, usize)>,
}

impl Mentions {
    fn of(entities: Option<&Entities>) -> Self {
        let entities = entities.iter().flat_map(|layer| layer.entities.iter().enumerate());
        let mut all: Vec<(Span, usize)> = entities
            .flat_map(|(index, entity)| entity.mentions.iter().map(move |mention| (mention.span, index)))
            .collect();
        all.sort_unstable();
        Self { all }
    }

    /// The entity that a noun phrase speaks of: the last one named in it, as in "Ukraine's president, Anna Petrenko",
    /// if the phrase ends with it.
    fn spoken_of(&self, text: &Text, phrase: Span) -> Option<usize> {
        let until = self.all.partition_point(|(span, _)| span.end() <= phrase.end());
        let (span, entity) = self.all.get(until.checked_sub(1)?)?;
        let tail = text.span(span.end()..phrase.end())?;
        let rest = text.slice(tail);
        // "Authorities in Peru" are not Peru.
        let head = text.span(phrase.start()..span.start()).map_or("", |head| text.slice(head).trim_end());
        let elsewhere = [" in", " at", " near", " from"].iter().any(|place| head.ends_with(place));
        (phrase.contains(*span) && rest.trim().is_empty() && !elsewhere).then_some(*entity)
    }
}

/// The dates and times of the text, in order. A length of time is a quantity all the same.
struct Times {
    spans: Vec<Span>,
}

impl Times {
    fn of(dates: Option<&Dates>) -> Self {
        let dates = dates.iter().flat_map(|layer| &layer.dates);
        Self { spans: dates.filter(|date| date.kind != dates::Kind::Duration).map(|date| date.span).collect() }
    }

    /// Whether words are, or are part of, one of them.
    fn hold(&self, words: Span) -> bool {
        let after = self.spans.partition_point(|span| span.end() <= words.start());
        self.spans.get(after).is_some_and(|span| span.start() < words.end())
    }
}

/// The stretches of all quotes, in order.
struct Reported<'a> {
    parts: Vec<(Span, &'a Quote)>,
}

impl<'a> Reported<'a> {
    /// Quotes stand inside one another, but not deeper than this.
    const DEEPEST: usize = 16;

    fn of(quotes: Option<&'a Quotes>) -> Self {
        let quotes = quotes.iter().flat_map(|layer| &layer.quotes);
        let mut parts: Vec<(Span, &Quote)> =
            quotes.flat_map(|quote| quote.parts.iter().map(move |part| (*part, quote))).collect();
        parts.sort_by_key(|(part, _)| *part);
        Self { parts }
    }

    /// The innermost quote around a number whose speaker the text names.
    fn around(&self, number: Span) -> Option<&'a Quote> {
        let until = self.parts.partition_point(|(part, _)| part.start() <= number.start());
        let before = self.parts.get(..until)?.iter().rev().take(Self::DEEPEST);
        let mut around = before.filter(|(part, quote)| part.contains(number) && quote.speaker.span.is_some());
        around.next().map(|(_, quote)| *quote)
    }
}

/// A sentence as the rules see it.
struct Sentence<'a> {
    text: &'a Text,
    span: Span,
    tokens: Vec<tokens::Token<'a>>,
}

impl<'a> Sentence<'a> {
    fn of(text: &'a Text, span: Span) -> Self {
        Self { text, span, tokens: tokens::split(text.slice(span)) }
    }

    /// The stretch from the first to the last of some tokens.
    fn stretch(&self, range: &std::ops::Range<usize>) -> Option<Span> {
        let tokens = self.tokens.get(range.clone())?;
        self.text.span_in(self.span, tokens.first()?.start..tokens.last()?.end)
    }

    fn claims(&self, mentions: &Mentions, reported: &Reported<'_>) -> Vec<Claim> {
        let quantities = quantities::all(&self.tokens);
        if quantities.is_empty() {
            return Vec::new();
        }
        let sources = sources::all(&self.tokens);
        quantities.iter().filter_map(|quantity| self.claim(quantity, &sources, mentions, reported)).collect()
    }

    fn claim(
        &self,
        quantity: &quantities::Quantity,
        sources: &[sources::Source],
        mentions: &Mentions,
        reported: &Reported<'_>,
    ) -> Option<Claim> {
        let span = self.stretch(&quantity.tokens)?;
        let mut evidence = vec![Evidence::of("number", self.stretch(&quantity.number))];
        if !quantity.bound.is_empty() {
            evidence.push(Evidence::of("comparator", self.stretch(&quantity.bound)));
        }
        let unit = self.stretch(&quantity.unit);
        evidence.extend(unit.map(|unit| Evidence::of("unit", [unit])));
        let quote = self.stretch(&quantity.number).and_then(|number| reported.around(number));
        let quoted = quote.and_then(|quote| {
            evidence.extend(quote.cue.map(|cue| Evidence::of("quote", [cue.span])));
            Some(Source { span: quote.speaker.span?, entity: quote.speaker.entity })
        });
        let source = sources::of(sources, quantity.number.start).filter(|_| quoted.is_none());
        let named = source.and_then(|source| {
            let span = self.stretch(&source.words)?;
            evidence.push(Evidence::of("source_cue", self.stretch(&(source.cue..source.cue + 1))));
            Some(Source { span, entity: mentions.spoken_of(self.text, span) })
        });
        let (value, low, high) = match quantity.worth {
            Worth::Number(value) | Worth::Share(value) => (Some(value), None, None),
            Worth::Range(low, high) => (None, Some(low), Some(high)),
            Worth::Indefinite(low) => (None, Some(low), None),
        };
        let words = |span| self.text.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Claim {
            span,
            kind: quantity.kind,
            value,
            low,
            high,
            comparator: quantity.comparator,
            unit: quantity.code.map(str::to_owned).or_else(|| unit.map(words)),
            of: self.stretch(&quantity.of),
            source: quoted.or(named),
            verification: None,
            evidence,
        })
    }

    /// Says of the claims from `first` on, those of this sentence, how far they are verified, and of those from
    /// `previous` on, of the sentence before, if this one speaks of them.
    fn verify(&self, claims: &mut [Claim], previous: usize, first: usize) {
        if previous == claims.len() {
            return;
        }
        let wordings = verification::all(&self.tokens);
        let Some(wording) = wordings.iter().max_by_key(|wording| wording.strong) else { return };
        let own = first < claims.len();
        let (from, to) = match own {
            true => (first, claims.len()),
            false
                if wording.looks_back
                    && (verification::refers_back(&self.tokens)
                        || wording.verification == Verification::Unconfirmed) =>
            {
                (previous, first)
            }
            false => return,
        };
        for claim in claims.get_mut(from..to).into_iter().flatten() {
            // What somebody has confirmed is not what "the reports" are that nobody could verify.
            if !own && claim.verification == Some(Verification::Confirmed) {
                continue;
            }
            claim.verification = Some(wording.verification);
            claim.evidence.push(Evidence::of("verification_wording", self.stretch(&wording.tokens)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number looks at its neighbours; that must not become a look at the whole sentence.
    #[test]
    fn a_long_sentence_is_read_in_one_pass() {
        for unit in [
            "12 ",
            "1-",
            "3 to ",
            "at least ",
            "one hundred and ",
            "police said 12 men, ",
            "dozens of ",
            "1,000",
            "no ",
        ] {
            let sentence = unit.repeat(100_000);
            let tokens = tokens::split(&sentence);
            let sources = sources::all(&tokens);
            for quantity in quantities::all(&tokens) {
                assert!(quantity.tokens.end <= tokens.len());
                sources::of(&sources, quantity.number.start);
            }
            verification::all(&tokens);
        }
    }
}
