//! The place that the story is about: where what it tells happens, not every place that it names.
//!
//! Each place weighs what its mentions weigh in the story, a mention that says where something happens more than one
//! that speaks of a government or describes a thing. What a town weighs, its country weighs with it. The heaviest country
//! is in focus if it has a fair share of all that, and beside it those that come near; each is given by its town or region
//! where that holds most of the country's weight, else by the country itself. News says at its head where it happens:
//! what neither title, first paragraph nor dateline names must be named three times. A dateline counts as half a mention;
//! where the source is at home does not count. Places that no table knows stand for themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::encoder::Kind;
use super::entities::{self, Entities, Entity, Form};
use super::places::Places;
use super::readings::{Reading, Readings};
use super::segments::{self, Segments};
use crate::document::{Document, Evidence, Layer, Wire};
use crate::json::{Object, array, score};
use crate::knowledge::countries::Countries;
use crate::stage::{Resources, Stage, Switch};
use crate::text::{Span, Text};

/// The places that the story is about, the foremost first.
pub struct Focus {
    /// None where it is about no place.
    pub places: Vec<Focal>,
}

/// A place that the story is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Focal {
    /// Its place among the entities.
    pub entity: usize,
    /// The ISO 3166-1 alpha-2 code of its country, if that is known.
    pub country: Option<String>,
    /// Its share of what all places weigh, 0 to 1.
    pub score: f64,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

impl Layer for Focus {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        if self.places.is_empty() {
            serde_json::to_writer(out, &())?;
            return Ok(true);
        }
        array(out, &self.places, |focal, out| {
            let mut object = Object::open(out);
            object.field("entity", &entities::id(focal.entity))?;
            object.known("country", focal.country.as_ref())?;
            object.field("score", &score(focal.score))?;
            wire.evidence(&mut object, FindFocus::NAME, &focal.evidence)?;
            object.close()
        })?;
        Ok(true)
    }
}

/// The share of all places that the heaviest country must have to be in focus.
const FAIR: f64 = 0.2;
/// How much of what the heaviest weighs another one must weigh to be in focus beside it.
const BESIDE: f64 = 0.6;
/// The share of its country that a town must have to stand for it.
const MOST: f64 = 0.5;
/// What all places must weigh of the story: one that names a place in passing is about none.
const ENOUGH: f64 = 0.03;
/// Mentions that a country needs which the head of the story does not name.
const OFTEN: usize = 3;

/// The stage.
pub struct FindFocus;

impl Stage for FindFocus {
    const NAME: &'static str = "focus";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments", "entities"];
    type Settings = Switch;
    type Output = Focus;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Focus> {
        let segments = document.required::<Segments>()?;
        let entities = document.required::<Entities>()?;
        let datelines: BTreeSet<&str> = segments
            .datelines
            .iter()
            .flat_map(|line| &line.places)
            .map(|place| place.split(',').next().unwrap_or(place))
            .collect();
        // The title and the first segment after it.
        let head = segments.prose().find(|segment| segment.kind != segments::Kind::Title);
        let head = head.map_or(document.text().as_str().len(), |segment| segment.span.end());
        let mut realms: BTreeMap<Realm, Vec<Weighed>> = BTreeMap::new();
        for (index, entity) in entities.entities.iter().enumerate().filter(|(_, entity)| entity.kind == Kind::Place) {
            let (country, whole) = whereabouts(document, index, entity);
            let mut weighed = weigh(document, index, entity, whole);
            weighed.head = entity.mentions.first().is_some_and(|mention| mention.span.start() < head);
            if datelines.contains(entity.name.as_str()) {
                weighed.weight += weighed.mention / 2.0;
                weighed.dateline = true;
            }
            realms.entry(country.map_or(Realm::Unknown(index), Realm::Country)).or_default().push(weighed);
        }
        Ok(Focus { places: focal(&realms) })
    }
}

/// What several places lie in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Realm {
    /// A country, by its code.
    Country(String),
    /// An entity that no table knows.
    Unknown(usize),
}

/// What a place weighs.
struct Weighed {
    entity: usize,
    /// Whether it is a country.
    whole: bool,
    /// Whether the head of the story names it.
    head: bool,
    /// How often it is named.
    named: usize,
    weight: f64,
    /// What one plain mention of it weighs.
    mention: f64,
    dateline: bool,
    /// Mentions that say where something happens.
    scenes: Vec<Span>,
}

/// The country that a place lies in, and whether it is one: as [`Places`] says, else by its name alone.
fn whereabouts(document: &Document, index: usize, entity: &Entity) -> (Option<String>, bool) {
    if let Some(places) = document.layer::<Places>() {
        let Some(place) = places.resolved.get(index).and_then(Option::as_ref) else { return (None, false) };
        let country = place.country.map(|code| code.as_str().to_owned());
        return (country, place.kind == crate::knowledge::places::Kind::Country);
    }
    let countries = Countries::built_in();
    if let Some(country) = countries.named(&entity.name) {
        return (Some(country.iso2.to_owned()), true);
    }
    (countries.of_capital(&entity.name).map(|country| country.iso2.to_owned()), false)
}

/// What a place weighs by its mentions: its salience, shared among them, each as far as it is a scene.
fn weigh(document: &Document, index: usize, entity: &Entity, whole: bool) -> Weighed {
    let text = document.text();
    let mention = entity.salience / entity.mentions.len().max(1) as f64;
    let mut weighed = Weighed {
        entity: index,
        whole,
        head: false,
        named: 0,
        weight: 0.0,
        mention,
        dateline: false,
        scenes: Vec::new(),
    };
    let readings = document.layer::<Readings>();
    for (place, found) in entity.mentions.iter().enumerate().filter(|(_, found)| found.form == Form::Name) {
        let reading = readings.and_then(|readings| readings.of(index, place)).map(|read| read.reading);
        let scene = is_scene(text, found.span) && reading.is_none_or(|reading| reading == Reading::Literal);
        weighed.named += 1;
        weighed.weight += mention
            * match reading {
                _ if scene => 1.5,
                Some(Reading::Literal) => 1.0,
                Some(Reading::Metonym | Reading::Modifier | Reading::Demonym) => 0.5,
                None => 0.75,
            };
        if scene && weighed.scenes.len() < SHOWN {
            weighed.scenes.push(found.span);
        }
    }
    weighed
}

/// Scenes that are shown as evidence.
const SHOWN: usize = 5;

/// Whether a name stands after a word that says where: in, near, outside.
fn is_scene(text: &Text, span: Span) -> bool {
    const WHERE: &[&str] = &[
        "in",
        "at",
        "near",
        "outside",
        "across",
        "throughout",
        "inside",
        "around",
        "into",
        "entering",
        "reached",
        "through",
        "within",
        "off",
        "leaving",
    ];
    let from = span.start().saturating_sub(40);
    let before = (from..span.start()).find_map(|from| text.span(from..span.start()));
    let mut words = before.map(|before| text.slice(before)).unwrap_or_default().rsplit(|c: char| !c.is_alphabetic());
    // "Outside the city of Lviv", "in eastern Ukraine": up to two words stand between.
    let mut seen = words.by_ref().filter(|word| !word.is_empty()).take(3).map(str::to_lowercase);
    let first = seen.next().unwrap_or_default();
    let between = |word: &str| {
        word.ends_with("ern")
            || matches!(
                word,
                "the"
                    | "central"
                    | "of"
                    | "city"
                    | "north"
                    | "south"
                    | "east"
                    | "west"
                    | "southeast"
                    | "northeast"
                    | "upper"
                    | "lower"
                    | "downtown"
                    | "greater"
            )
    };
    if WHERE.contains(&first.as_str()) {
        return true;
    }
    between(&first)
        && seen
            .find(|word| !between(word))
            .is_some_and(|word| WHERE.contains(&word.as_str()) || first == "of" && word == "city")
}

/// The places in focus.
fn focal(realms: &BTreeMap<Realm, Vec<Weighed>>) -> Vec<Focal> {
    let sum = |places: &[Weighed]| places.iter().map(|place| place.weight).sum::<f64>();
    let placed = |places: &[Weighed]| {
        let named: usize = places.iter().map(|place| place.named).sum();
        named >= OFTEN || places.iter().any(|place| place.head || place.dateline)
    };
    let total: f64 = realms.values().map(|places| sum(places)).sum();
    if total < ENOUGH {
        return Vec::new();
    }
    let heaviest = realms.values().filter(|places| placed(places)).map(|places| sum(places)).fold(0.0, f64::max);
    if heaviest < FAIR * total {
        return Vec::new();
    }
    let mut found: Vec<Focal> = realms
        .iter()
        .filter(|(_, places)| sum(places) >= BESIDE * heaviest && placed(places))
        .filter_map(|(realm, places)| {
            let all = sum(places);
            let foremost = |whole: bool| {
                let some = places.iter().filter(move |place| place.whole == whole);
                // Of equals the first named.
                some.min_by(|one, other| other.weight.total_cmp(&one.weight).then(one.entity.cmp(&other.entity)))
            };
            let (town, country) = (foremost(false), foremost(true));
            let chosen = match (town, country) {
                (Some(town), Some(_)) if town.weight >= MOST * all => town,
                (_, Some(country)) => country,
                (Some(town), None) => town,
                (None, None) => return None,
            };
            let scenes = places
                .iter()
                .filter(|place| place.entity == chosen.entity)
                .flat_map(|place| place.scenes.iter().copied());
            let mut evidence = vec![Evidence::of("scene", scenes).scored(chosen.weight / total)];
            let others = places.iter().filter(|place| place.entity != chosen.entity);
            let within: Vec<Span> = others.flat_map(|place| place.scenes.iter().copied()).take(SHOWN).collect();
            if all > chosen.weight {
                evidence.push(Evidence::of("same_country", within).scored((all - chosen.weight) / total));
            }
            if chosen.dateline {
                evidence.push(Evidence::of("dateline", []));
            }
            let country = match realm {
                Realm::Country(code) => Some(code.clone()),
                Realm::Unknown(_) => None,
            };
            Some(Focal { entity: chosen.entity, country, score: all / total, evidence })
        })
        .collect();
    found.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.entity.cmp(&other.entity)));
    found
}
