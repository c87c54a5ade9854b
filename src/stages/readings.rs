//! How the name of a place is meant where it stands: the place itself, who acts for it, or what it only describes.
//!
//! | reading | as in |
//! | --- | --- |
//! | literal | an attack on Moscow; born in Ukraine |
//! | metonym | Moscow claimed; talks with Ukraine: who governs there, or plays for it |
//! | modifier | a Moscow suburb; US troops; Paris-based |
//! | demonym | Ukrainian officials |
//!
//! A modifier is told by the word that follows, and where a name can only be the place (the capital Lima, fled Peru) the
//! words beside it say so. Else a linear model decides between literal and metonym, over the words around the name
//! ([`context`]); it has seen no marked examples, only where persons and organisations stand and where small towns do.
//! It sees one sentence: what "there" or "it" refers to later is not followed.

pub mod context;
mod lexicon;

use serde::Serialize;
use serde_json::{Value, json};

use self::context::Words;
use self::lexicon::{
    ACTS, ATTACKS, DEALINGS, DEALT_WITH, DESCRIBED, HELD_IN, SPORT, SPORT_BESIDE, SPORT_TOO, TIMES, WAYS, WILLS,
    is_noun_of,
};
use super::encoder::{Encoding, Kind};
use super::entities::{self, Entities, Entity, Form, Mention};
use super::places::Places;
use crate::document::{About, Document, Evidence, Implied, Layer};
use crate::knowledge::{countries::Countries, places};
use crate::stage::{Resources, Stage, Switch};
use crate::text::Span;

/// How the name of a place is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// The place.
    Literal,
    /// Who acts for it.
    Metonym,
    /// It describes what follows.
    Modifier,
    /// Somebody or something from there.
    Demonym,
}

/// How one mention is meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its reading.
    pub reading: Reading,
    /// The entity that acts, where it is a metonym: its place among those of the document, implied ones counted on.
    pub stands_for: Option<usize>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// The readings of all names of places.
pub struct Readings {
    /// Of each mention, as the entities layer lists them; none of what is no place or no name.
    pub mentions: Vec<Vec<Option<Read>>>,
    /// Who acts in metonyms.
    pub implied: Vec<Implied>,
}

impl Readings {
    /// The reading of a mention.
    pub fn of(&self, entity: usize, mention: usize) -> Option<&Read> {
        self.mentions.get(entity)?.get(mention)?.as_ref()
    }
}

impl Layer for Readings {
    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        let About::Mention(entity, mention) = about else { return Vec::new() };
        let Some(read) = self.of(entity, mention) else { return Vec::new() };
        let mut facts = vec![("reading", json!(read.reading))];
        facts.extend(read.stands_for.map(|index| ("stands_for", json!(entities::id(index)))));
        facts
    }

    fn evidence(&self, about: About) -> Vec<Evidence> {
        let About::Mention(entity, mention) = about else { return Vec::new() };
        self.of(entity, mention).map(|read| read.evidence.clone()).unwrap_or_default()
    }

    fn implied(&self) -> &[Implied] {
        &self.implied
    }
}

/// From this score on the name of a country, a capital or another seat of power is a metonym.
const METONYM: f64 = -0.3;
/// The same for places that seldom act.
const METONYM_OF_OTHERS: f64 = 2.0;

/// The stage.
pub struct ReadPlaces {
    weights: Weights,
}

impl Stage for ReadPlaces {
    const NAME: &'static str = "readings";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["encoder", "entities"];
    type Settings = Switch;
    type Output = Readings;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self { weights: Weights::built_in()? })
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Readings> {
        let encoding = document.required::<Encoding>()?;
        let entities = document.required::<Entities>()?;
        let words = Words::of(document.text(), encoding, entities);
        let mut powers = Powers::of(document, entities);
        let mut mentions = Vec::with_capacity(entities.entities.len());
        for (index, entity) in entities.entities.iter().enumerate() {
            let mut read = |mention: &Mention| {
                (entity.kind == Kind::Place && mention.form == Form::Name).then(|| {
                    let governed = powers.is_governed(index);
                    let mut read = self.read(&words, document.text().slice(mention.span), mention, governed);
                    if read.reading == Reading::Metonym {
                        let (power, evidence) = powers.behind(index, entity, sport(&words, mention));
                        read.stands_for = power;
                        read.evidence.push(evidence);
                    }
                    read
                })
            };
            mentions.push(entity.mentions.iter().map(&mut read).collect());
        }
        Ok(Readings { mentions, implied: powers.implied })
    }
}

impl ReadPlaces {
    /// The reading of a mention whose words are `name`, without what it may stand for; `governed` is whether the place is
    /// known as one that has a government.
    fn read(&self, words: &Words<'_>, name: &str, mention: &Mention, governed: bool) -> Read {
        let own = |reading, evidence| Read { reading, stands_for: None, evidence: vec![evidence] };
        let countries = Countries::built_in();
        if countries.named(name).is_none() && countries.demonym(name).is_some() {
            return own(Reading::Demonym, Evidence::of("demonym", [mention.span]));
        }
        if let Some(noun) = modified(words, &self.weights, mention, governed) {
            return own(Reading::Modifier, Evidence::of("noun_follows", words.span(noun)));
        }
        if owns(words, mention, name) {
            // Whoever owns streets and borders is a place; whoever refuses is not.
            return match owned_act(words, mention) {
                Some(act) => own(Reading::Metonym, Evidence::of("owns_an_act", words.span(act))),
                None => own(Reading::Literal, Evidence::of("owns", [mention.span])),
            };
        }
        if let Some((noun, preposition)) = context::governor(words, &mention.words) {
            let (dealt, at) = (words.word(noun), words.word(preposition));
            let evidence = |rule| Evidence::of(rule, words.span(noun..preposition + 1));
            if is_noun_of(dealt, &WAYS) && matches!(at, "between" | "to" | "from" | "through" | "via" | "into") {
                return own(Reading::Literal, evidence("way"));
            }
            if is_noun_of(dealt, &DEALINGS) && DEALT_WITH.contains(at) {
                return own(Reading::Metonym, evidence("dealings"));
            }
            if is_noun_of(dealt, &WILLS) && at == "of" {
                return own(Reading::Metonym, evidence("act_of"));
            }
            if is_noun_of(dealt, &ATTACKS) && matches!(at, "on" | "at" | "over" | "against" | "near" | "in") {
                return own(Reading::Literal, evidence("target_of_an_attack"));
            }
            if matches!(at, "in" | "near" | "inside" | "outside" | "across" | "throughout" | "around")
                && !is_noun_of(dealt, &HELD_IN)
            {
                return own(Reading::Literal, evidence("stands_in"));
            }
        }
        if let Some((rule, around)) = context::is_where(words, &mention.words) {
            return own(Reading::Literal, Evidence::of(rule, words.span(around)));
        }
        let score = self.weights.score(&context::features(words, &mention.words));
        let governs = countries.named(name).is_some() || countries.seat(name).is_some();
        let least = if governs { METONYM } else { METONYM_OF_OTHERS };
        let reading = if score >= least { Reading::Metonym } else { Reading::Literal };
        own(reading, Evidence::of("words_around", words.span(words.around(&mention.words))).scored(score))
    }
}

/// Who acts where a name of a place does.
struct Powers<'a> {
    entities: &'a Entities,
    places: Option<&'a Places>,
    /// Where the entities that this layer implies are counted on from.
    first: usize,
    implied: Vec<Implied>,
}

impl<'a> Powers<'a> {
    fn of(document: &'a Document, entities: &'a Entities) -> Self {
        let places = document.layer::<Places>();
        Self { entities, places, first: entities.entities.len() + document.implied().count(), implied: Vec::new() }
    }

    /// The entity that acts in the name of the place `entity`, and what says so; in sports a team of that name.
    fn behind(&mut self, index: usize, entity: &Entity, sport: Option<Span>) -> (Option<usize>, Evidence) {
        let countries = Countries::built_in();
        let country = countries.named(&entity.name);
        if let Some(word) = sport {
            let team = if country.is_some() { "national team" } else { "team" };
            return (self.number(format!("{} {team}", entity.name)), Evidence::of("sport", [word]));
        }
        let government = country.and_then(|country| country.government);
        let seat = || countries.seat(&entity.name).filter(|seat| !self.is_elsewhere(index, seat.country));
        if let Some(power) = government.or_else(|| seat()?.stands_for) {
            return (self.number(power.to_owned()), Evidence::of("seat_of_power", []));
        }
        if country.is_some() || self.is_governed(index) {
            return (self.number(format!("Government of {}", entity.name)), Evidence::of("own_government", []));
        }
        // Somebody acts in the name of the West, but no body that has one.
        (None, Evidence::of("acts", []))
    }

    /// Whether the gazetteer knows the place as one that has a government: a country, a region, a county or a town.
    fn is_governed(&self, index: usize) -> bool {
        let place = self.places.and_then(|places| places.resolved.get(index)?.as_ref());
        place.is_some_and(|place| place.kind <= places::Kind::Town)
    }

    /// Whether the document speaks of a namesake in another country: Moscow, Idaho.
    fn is_elsewhere(&self, index: usize, country: &str) -> bool {
        let place = self.places.and_then(|places| places.resolved.get(index)?.as_ref());
        place.and_then(|place| place.country.as_ref()).is_some_and(|other| other.as_str() != country)
    }

    /// The place of the entity of this name among those of the document.
    fn number(&mut self, name: String) -> Option<usize> {
        let same = |entity: &Entity| entity.kind == Kind::Organisation && entity.name.eq_ignore_ascii_case(&name);
        if let Some(known) = self.entities.entities.iter().position(same) {
            return Some(known);
        }
        let place = self.implied.iter().position(|implied| implied.name == name).unwrap_or_else(|| {
            self.implied.push(Implied { kind: entities::type_name(Kind::Organisation), name });
            self.implied.len() - 1
        });
        Some(self.first + place)
    }
}

/// A word near a mention that belongs to sports; one that is used of other things too needs another beside it.
fn sport(words: &Words<'_>, mention: &Mention) -> Option<Span> {
    let around = words.around(&mention.words);
    let lower = |index: usize| words.word(index).to_lowercase();
    let near = |index: &usize| SPORT.contains(lower(*index).as_str());
    let beside = |index: usize| {
        let word = lower(index);
        SPORT.contains(word.as_str()) || SPORT_BESIDE.contains(word.as_str())
    };
    let sure = |index: &usize| {
        !SPORT_TOO.contains(lower(*index).as_str()) || around.clone().any(|other| other != *index && beside(other))
    };
    let first = around.clone().filter(near).take(8).find(sure)?;
    words.span(first..first + 1)
}

/// Whether a name has something: Moscow's envoy, the United States' court.
fn owns(words: &Words<'_>, mention: &Mention, name: &str) -> bool {
    let next = mention.words.end;
    if context::is_possessive(words.word(next)) {
        return true;
    }
    let around = words.around(&mention.words);
    // The mark may close a quotation.
    let opened = || (around.start..mention.words.start).any(|index| matches!(words.word(index), "'" | "‘"));
    matches!(words.word(next), "'" | "’")
        && name.ends_with('s')
        && next + 1 < around.end
        && words.touches(next - 1, next)
        && !words.touches(next, next + 1)
        && !opened()
}

/// The word that a name describes, if it does: US *troops*, Paris-*based*.
fn modified(words: &Words<'_>, weights: &Weights, mention: &Mention, governed: bool) -> Option<std::ops::Range<usize>> {
    let around = words.around(&mention.words);
    let next = mention.words.end;
    if next >= around.end {
        return None;
    }
    let word = words.word(next);
    if matches!(word, "-" | "–") && next + 1 < around.end && words.touches(mention.words.end - 1, next) {
        let joined = words.word(next + 1).chars().all(char::is_alphabetic) && words.touches(next, next + 1);
        return joined.then_some(next + 1..next + 2);
    }
    if let Some((name, kind)) = words.name_at(next) {
        return (*kind != Kind::Place).then(|| name.clone());
    }
    // "US and European leaders"
    let second = words.word(next + 1);
    if matches!(word, "and" | "or") && next + 2 < around.end && Countries::built_in().demonym(second).is_some() {
        return weights.is_noun(words.word(next + 2)).then_some(next + 1..next + 3);
    }
    if !word.chars().all(|c| c.is_alphabetic() || c == '-') {
        return None;
    }
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    let described = |word: &str| (weights.is_noun(word) || is_noun_of(word, &DESCRIBED)) && !is_linking(word);
    let noun = capital || described(word) || context::is_described(words, &mention.words, governed);
    // Lima votes to keep its trams.
    let decides = matches!(word, "votes" | "vows" | "pledges" | "refuses" | "moves") && words.word(next + 1) == "to";
    (noun && !decides && !TIMES.contains(word)).then_some(next..next + 1)
}

/// Whether a word ends like a noun but joins what follows: violence in Peru following the vote.
fn is_linking(word: &str) -> bool {
    matches!(
        word,
        "following" | "including" | "according" | "regarding" | "concerning" | "during" | "pending" | "excluding"
    )
}

/// What somebody does, as the words after a possessive name it: Moscow's *refusal* to talk.
fn owned_act(words: &Words<'_>, mention: &Mention) -> Option<std::ops::Range<usize>> {
    let around = words.around(&mention.words);
    let first = mention.words.end + 1;
    let plain = |index: &usize| words.word(*index).chars().all(|c| c.is_lowercase() || c == '-');
    let phrase = (first..around.end.min(first + 4)).take_while(plain);
    let act = phrase.into_iter().find(|index| {
        // "War-torn" is no act.
        is_noun_of(words.word(*index), &ACTS) && !matches!(words.word(*index + 1), "-" | "‑")
    });
    act.map(|index| index..index + 1)
}

/// What the model has learnt, sorted for look-ups.
pub struct Weights {
    bias: f64,
    weights: Vec<(&'static str, f64)>,
    nouns: Vec<&'static str>,
}

impl Weights {
    /// The weights that are built in.
    ///
    /// # Errors
    /// If they cannot be read, which a test of the program would show.
    pub fn built_in() -> anyhow::Result<Self> {
        let mut weights = Vec::new();
        for line in include_str!("readings/weights.tsv").lines() {
            let (feature, weight) = line.split_once('\t').ok_or_else(|| anyhow::anyhow!("weights.tsv: {line:?}"))?;
            weights.push((feature, weight.parse()?));
        }
        let nouns: Vec<_> = include_str!("readings/nouns.txt").lines().collect();
        anyhow::ensure!(weights.is_sorted_by_key(|(feature, _)| *feature), "weights.tsv is not sorted");
        anyhow::ensure!(nouns.is_sorted(), "nouns.txt is not sorted");
        let mut built = Self { bias: 0.0, weights, nouns };
        built.bias = built.weight("bias");
        Ok(built)
    }

    fn weight(&self, feature: &str) -> f64 {
        let at = self.weights.binary_search_by_key(&feature, |(name, _)| *name);
        at.ok().and_then(|at| self.weights.get(at)).map_or(0.0, |(_, weight)| *weight)
    }

    /// The log-odds that somebody acts.
    fn score(&self, features: &[String]) -> f64 {
        self.bias + features.iter().map(|feature| self.weight(feature)).sum::<f64>()
    }

    fn is_noun(&self, word: &str) -> bool {
        self.nouns.binary_search(&word).is_ok()
    }
}
