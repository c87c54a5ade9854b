//! Persons, organisations and places: the names that the model found, tidied and grouped into entities.
//!
//! A mention is a name in the text, without title, article or possessive around it. An entity is what several mentions
//! name: the same name, a surname after the full name, an acronym after the long name ([`grouping`]).
//! The document decides what an entity is: the kinds its mentions were read as, each weighed by how sure the model was,
//! the body before the title; where the words around a name or the tables of countries say what it is, they do
//! ([`kinds`]).
//! Pronouns are mentions of persons where it is clear of whom they speak ([`references`]), roles such as "the president"
//! where the story has told who that is ([`roles`]), and "Norwegian" is a mention of Norway ([`demonyms`]). A name that
//! the model passed over is found where the same words were read elsewhere ([`repeats`]), and X where it is the site
//! ([`sites`]).

mod acronyms;
mod classes;
mod demonyms;
mod gender;
mod grouping;
mod kinds;
mod names;
mod people;
mod references;
mod repeats;
mod roles;
mod salience;
mod sites;
mod variants;
mod words;

use serde::Serialize;

use self::words::Words;
use super::encoder::{Encoding, Kind};
use super::segments::Segments;
use crate::document::{About, Document, Evidence, Layer, Wire};
use crate::json::{Object, array, score};
use crate::stage::{Resources, Stage, Switch};
use crate::text::Span;

/// The entities, in the order of their first mentions.
pub struct Entities {
    /// Each entity; [`id`] names it in the record.
    pub entities: Vec<Entity>,
}

/// What several mentions name.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Its most complete mention, on one line and composed (NFC).
    pub name: String,
    /// Its share in the story, 0 to 1; all of an article's sum to 1, but for rounding down. How it is reckoned,
    /// `salience` says.
    pub salience: f64,
    /// How sure the surest of its mentions is, 0 to 1.
    pub confidence: f64,
    /// Its mentions, in order.
    pub mentions: Vec<Mention>,
}

/// Words that speak of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Where.
    pub span: Span,
    /// Its words, as the encoding counts them.
    pub words: std::ops::Range<usize>,
    /// What sort of words they are.
    pub form: Form,
    /// How sure it is that these words speak of this entity, 0 to 1; of a name, that it is one and of this kind.
    pub confidence: f64,
    /// Why it is one of this entity's.
    pub evidence: Evidence,
}

/// By what an entity is mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A name, or a part of one.
    Name,
    /// A pronoun: he, her, themselves.
    Pronoun,
    /// A title or post that stands for its holder: the president.
    Role,
}

/// The id of an entity in the record, by its place in the layer; those that are implied are counted on.
pub fn id(index: usize) -> String {
    format!("e{}", index + 1)
}

/// The name of a kind in the record.
pub fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::Organisation => "organisation",
        Kind::Place => "place",
    }
}

impl Layer for Entities {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        let implied = wire.document.implied().map(Err);
        array(out, self.entities.iter().map(Ok).chain(implied).enumerate(), |(index, entity), out| {
            let mut object = Object::open(out);
            object.field("id", &id(index))?;
            match entity {
                Ok(entity) => {
                    object.field("type", type_name(entity.kind))?;
                    object.field("name", &entity.name)?;
                    object.field("salience", &entity.salience)?;
                    object.field("confidence", &score(entity.confidence))?;
                }
                Err(implied) => {
                    object.field("type", implied.kind)?;
                    object.field("name", &implied.name)?;
                    object.field("implied", &true)?;
                }
            }
            // No link is an answer.
            let linked = |layer: &dyn Layer| layer.facts(About::Entity(index)).iter().any(|(name, _)| *name == "links");
            if !wire.document.layers().any(|(_, layer)| linked(layer)) {
                object.field("links", &[(); 0])?;
            }
            wire.facts(&mut object, About::Entity(index))?;
            let mentions = entity.map_or(&[][..], |entity| &entity.mentions);
            object.list("mentions", mentions.iter().enumerate(), |(place, mention), out| {
                let mut object = Object::open(out);
                wire.words(&mut object, mention.span)?;
                object.field("form", &mention.form)?;
                object.field("confidence", &score(mention.confidence))?;
                wire.facts(&mut object, About::Mention(index, place))?;
                object.close()
            })?;
            object.close()
        })?;
        Ok(true)
    }

    fn evidence(&self, about: About) -> Vec<Evidence> {
        let About::Mention(entity, mention) = about else { return Vec::new() };
        let mention = self.entities.get(entity).and_then(|entity| entity.mentions.get(mention));
        mention.map(|mention| mention.evidence.clone()).into_iter().collect()
    }
}

/// The stage.
pub struct FindEntities;

impl Stage for FindEntities {
    const NAME: &'static str = "entities";
    const VERSION: &'static str = "2";
    const REQUIRES: &'static [&'static str] = &["segments", "encoder"];
    type Settings = Switch;
    type Output = Entities;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Entities> {
        let text = document.text();
        let segments = document.required::<Segments>()?;
        let encoding = document.required::<Encoding>()?;
        let words = Words::new(text, encoding, segments);
        let mut names: Vec<_> =
            names::joined(text, encoding).iter().filter_map(|name| names::tidy(text, encoding, name)).collect();
        kinds::mend(&words, &mut names);
        names.extend(sites::missed(&words, &names));
        names.extend(repeats::missed(&words, &names));
        names.sort_by_key(|found| found.span);
        for name in &mut names {
            name.title = words.is_title(name.words.start);
        }
        let groups = grouping::group(&words, &names);
        let references = references::all(&words, &names, &groups);
        let entities = groups.into_iter().map(|group| {
            let own = group.mentions.iter().filter_map(|index| names.get(*index));
            Entity {
                kind: group.kind,
                salience: 0.0,
                confidence: own.map(|found| found.confidence).fold(0.0, f64::max),
                mentions: group.mentions(&names).collect(),
                name: group.name,
            }
        });
        let mut entities: Vec<Entity> = entities.collect();
        for (entity, mention) in references {
            if let Some(entity) = entities.get_mut(entity) {
                entity.mentions.push(mention);
            }
        }
        for entity in &mut entities {
            entity.mentions.sort_by_key(|mention| mention.span);
        }
        salience::share_out(segments, encoding, &mut entities);
        Ok(Entities { entities })
    }
}
