//! Who bears a name, and which of them is meant.
//!
//! - The name an authority gives counts for more than an alias.
//! - In a file of the newsroom every row is meant to be found, so that its only bearer of a name is the one. A table of
//!   the world lacks most people who are in the news: there a bearer must be well known, or described by words that
//!   stand in the article.
//! - Among several bearers those are preferred who are better known and better described by the article.
//!
//! The confidence is the share of the best among them, times how much a match of this sort is worth; below [`SURE`]
//! there is no link.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::Written;
use crate::document::Document;
use crate::knowledge::subjects::{Day, Kind, Subject, Subjects};
use crate::knowledge::{firms, key};
use crate::text::Span;

/// From here on a link is given.
const SURE: f64 = 0.5;

/// The most bearers of a name that are looked at.
const MOST: usize = 256;

/// What the first name in a file is worth, an alias of it, and a name that the article writes a little otherwise.
const BY_NAME: f64 = 0.97;
const BY_ALIAS: f64 = 0.9;
const BY_OTHER: f64 = 0.85;

/// What is left where a place of the article is an organisation of the file: the Kremlin, the White House.
const ACROSS: f64 = 0.8;

/// A description in so many letters of its words is looked for in the article.
const STEM: usize = 6;

/// The fewest letters of a word that says anything.
const SHORTEST: usize = 4;

/// Words of descriptions that fit too many to tell them apart, as stems.
const COMMON: &[&str] = &[
    "politi", "born", "from", "with", "that", "known", "name", "family", "given", "person", "people", "human",
    "former", "based", "organi", "compan", "member", "since", "first", "which", "into", "who", "been", "american",
    "americ",
];

/// An id of an authority for an entity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) authority: String,
    pub(super) id: String,
    pub(super) confidence: f64,
    /// By what it was found.
    pub(super) rule: &'static str,
    /// Where the name stands.
    pub(super) spans: Vec<Span>,
}

/// What the article says beside the name.
pub(super) struct Context<'a> {
    document: &'a Document,
    published: Option<Day>,
    /// The stems of its words; gathered when first asked for.
    stems: OnceCell<BTreeSet<String>>,
}

impl<'a> Context<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let published = document.article().published_at.as_deref().and_then(|at| Day::first(at.get(..10)?));
        Self { document, published, stems: OnceCell::new() }
    }

    /// How many words of a description stand in the article, those of its own name left out.
    fn hits(&self, subject: &Subject<'_>) -> usize {
        if subject.description.is_empty() {
            return 0;
        }
        let own: BTreeSet<String> = subject.names().flat_map(stems).collect();
        let words: BTreeSet<String> = stems(subject.description).collect();
        let all = self.stems.get_or_init(|| stems(self.document.text().as_str()).collect());
        words
            .iter()
            .filter(|stem| !COMMON.contains(&stem.as_str()) && !own.contains(*stem) && all.contains(*stem))
            .count()
    }

    /// Whether the subject can be meant on the day of publication.
    fn exists(&self, subject: &Subject<'_>) -> bool {
        let Some(day) = self.published else { return subject.outlives || subject.to.is_none() };
        let begun = subject.from.is_none_or(|from| from <= day);
        begun && (subject.outlives || subject.to.is_none_or(|to| day <= to))
    }

    /// How likely it is to be written about so long after its end: half after 30 years.
    fn freshness(&self, subject: &Subject<'_>) -> f64 {
        let years = match (self.published, subject.to) {
            (Some(day), Some(to)) => (day.0 - to.0) / 10_000,
            _ => 0,
        };
        if years > 30 { 0.5 } else { 1.0 }
    }
}

/// The beginnings of the words of a text, in lower case and without accents.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= SHORTEST);
    words.map(|word| key(word).chars().take(STEM).collect())
}

/// A bearer of a name.
struct Candidate<'a> {
    subject: Subject<'a>,
    rule: &'static str,
    worth: f64,
    weight: f64,
    hits: usize,
    /// Whether the kinds differ.
    across: bool,
    span: Option<Span>,
}

/// The links that a source gives an entity of these names: one for each of its authorities at most.
pub(super) fn links(source: &Subjects, names: &[Written<'_>], kind: Kind, context: &Context<'_>) -> Vec<Link> {
    let mut candidates = Vec::new();
    for name in names {
        candidates = bearers(source, name, &name.key, None, kind, context);
        if !candidates.is_empty() {
            break;
        }
    }
    if candidates.is_empty() {
        for name in names {
            let Some(other) = otherwise(name, kind) else { continue };
            candidates = bearers(source, name, &other, Some(BY_OTHER), kind, context);
            if !candidates.is_empty() {
                break;
            }
        }
    }
    let mut links = Vec::new();
    for authority in source.authorities() {
        let of_it = || candidates.iter().filter(|candidate| candidate.subject.authority == *authority);
        let total: f64 = of_it().map(|candidate| candidate.weight).sum();
        let best = of_it().reduce(|best, next| if next.weight > best.weight { next } else { best });
        let Some(best) = best else { continue };
        let known = if source.is_curated() {
            1.0
        } else {
            let fame = (1.0 + best.subject.sitelinks as f64).ln() + 2.0 * best.hits as f64;
            fame / (fame + 1.0)
        };
        let confidence = best.worth * known * best.weight / total;
        if confidence >= SURE {
            links.push(Link {
                authority: authority.clone(),
                id: best.subject.id.to_owned(),
                confidence,
                rule: best.rule,
                spans: best.span.into_iter().collect(),
            });
        }
    }
    links
}

/// Those who can be meant by a name, each id once.
fn bearers<'a>(
    source: &'a Subjects,
    name: &Written<'_>,
    key: &str,
    worth: Option<f64>,
    kind: Kind,
    context: &Context<'_>,
) -> Vec<Candidate<'a>> {
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for (subject, place) in source.find(key).take(MOST) {
        let across = match (kind, subject.kind) {
            (wanted, found) if wanted == found => false,
            (Kind::Place, Kind::Organisation) if source.is_curated() => true,
            _ => continue,
        };
        if !context.exists(&subject) || is_part(key, &subject, kind) || is_word(name.text, &subject, place) {
            continue;
        }
        let (rule, by) = match (worth, place) {
            (Some(worth), _) => ("otherwise", worth),
            (None, 0) => ("name", BY_NAME),
            (None, _) => ("alias", BY_ALIAS),
        };
        let worth = if across { by * ACROSS } else { by };
        let hits = context.hits(&subject);
        let fame = if source.is_curated() { 1.0 } else { (2.0 + subject.sitelinks as f64).ln() };
        let weight = worth * fame * (1 + 2 * hits.min(3)) as f64 * context.freshness(&subject);
        let candidate = Candidate { subject, rule, worth, weight, hits, across, span: name.span };
        let same = candidates
            .iter_mut()
            .find(|before| before.subject.authority == subject.authority && before.subject.id == subject.id);
        match same {
            Some(before) if before.weight < candidate.weight => *before = candidate,
            Some(_) => {}
            None => candidates.push(candidate),
        }
    }
    // Only where none is of the kind that was read.
    if candidates.iter().any(|candidate| !candidate.across) {
        candidates.retain(|candidate| !candidate.across);
    }
    candidates
}

/// Whether a single word is only a part of a person's name: a surname says nothing of who bears it.
fn is_part(key: &str, subject: &Subject<'_>, kind: Kind) -> bool {
    let single = !key.contains(' ');
    let part = |name: &str| {
        let whole = crate::knowledge::key(name);
        whole.contains(' ') && whole.split(' ').any(|word| word == key)
    };
    kind == Kind::Person && single && subject.names().any(part)
}

/// Whether it was found by a short acronym that the article does not write as one: "Who" is no health organisation.
fn is_word(text: &str, subject: &Subject<'_>, place: usize) -> bool {
    let acronym =
        |name: &str| name.chars().filter(|c| c.is_uppercase()).count() <= 3 && !name.contains(char::is_lowercase);
    subject.names().nth(place).is_some_and(acronym) && text.contains(char::is_lowercase)
}

/// A name as an authority may have it: without the initials within a person's name, without the legal form of a company,
/// and with the article that the name of a body may begin with.
fn otherwise(name: &Written<'_>, kind: Kind) -> Option<String> {
    let words: Vec<&str> = name.key.split(' ').collect();
    match (kind, words.as_slice()) {
        (Kind::Person, [first, within @ .., last]) => {
            let full = within.iter().filter(|word| word.chars().count() > 1);
            let kept: Vec<&str> = [first].into_iter().chain(full).chain([last]).copied().collect();
            (kept.len() < words.len()).then(|| kept.join(" "))
        }
        (Kind::Organisation, ["the", rest @ ..]) => Some(rest.join(" ")),
        // No legal form but here: people are called Co, too.
        (Kind::Organisation, [rest @ .., "co"]) => Some(rest.join(" ")),
        (Kind::Organisation, _) => {
            let bare = firms::without_form(name.text);
            Some(if bare.len() < name.text.len() { key(bare) } else { format!("the {}", name.key) })
        }
        _ => None,
    }
}
