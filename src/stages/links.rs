//! Links: under which ids authorities know an entity. First the pinned word of an editor, then the files of the newsroom
//! and the tables of the world, in the order of the configuration; of a place then the gazetteer, as the places stage read it.
//!
//! A name is looked up as the article writes it in full: a surname alone, which any number of people bear, links nobody.
//! Kinds must agree, and so must dates where a file has them; among several bearers of a name the words around it
//! decide ([`candidates`]). No link is an answer: what stays in doubt, and what no file knows, has none.

mod candidates;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use self::candidates::{Context, Link};
use super::encoder::Kind;
use super::entities::{Entities, Entity, Form};
use super::places::{Places, Resolved};
use crate::document::{About, Document, Evidence, Layer};
use crate::json::score;
use crate::knowledge::overrides::{Named, Sense};
use crate::knowledge::{Knowledge, key, places, subjects};
use crate::stage::{Resources, Stage, Switch};
use crate::text::Span;

/// The links of each entity: those of the entities layer, and after them those that are implied.
pub struct Links {
    entities: Vec<Vec<Link>>,
}

impl Layer for Links {
    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        let About::Entity(index) = about else { return Vec::new() };
        let Some(links) = self.entities.get(index) else { return Vec::new() };
        let links = links
            .iter()
            .map(|link| json!({"authority": link.authority, "id": link.id, "confidence": score(link.confidence)}));
        vec![("links", links.collect())]
    }

    fn evidence(&self, about: About) -> Vec<Evidence> {
        let About::Entity(index) = about else { return Vec::new() };
        let links = self.entities.get(index).into_iter().flatten();
        links.map(|link| Evidence::of(link.rule, link.spans.iter().copied()).scored(link.confidence)).collect()
    }
}

/// The stage.
pub struct Look {
    knowledge: Arc<Knowledge>,
}

impl Stage for Look {
    const NAME: &'static str = "links";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["entities"];
    type Settings = Switch;
    type Output = Links;

    fn load(_: &Switch, resources: &Resources) -> anyhow::Result<Self> {
        Ok(Self { knowledge: Arc::clone(&resources.knowledge) })
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Links> {
        let Entities { entities } = document.required()?;
        let context = Context::of(document);
        let places = document.layer::<Places>();
        let named = entities.iter().enumerate().map(|(index, entity)| {
            let names = names(document, entity);
            let place = places.and_then(|places| places.resolved.get(index)?.as_ref());
            self.links(document, &names, kind_of(entity.kind), place, &context)
        });
        let implied = document.implied().map(|implied| {
            let names = [Written { key: key(&implied.name), text: &implied.name, span: None }];
            subjects::Kind::of(implied.kind)
                .map_or_else(Vec::new, |kind| self.links(document, &names, kind, None, &context))
        });
        Ok(Links { entities: named.chain(implied).collect() })
    }
}

impl Look {
    fn links(
        &self,
        document: &Document,
        names: &[Written<'_>],
        kind: subjects::Kind,
        place: Option<&Resolved>,
        context: &Context<'_>,
    ) -> Vec<Link> {
        let article = document.article();
        let keys: Vec<String> = names.iter().map(|name| name.key.clone()).collect();
        let named = Named { keys: &keys, kind, source: article.source.as_deref(), article: &article.id };
        let overrides = self.knowledge.overrides();
        let spans: Vec<Span> = names.iter().filter_map(|name| name.span).take(1).collect();
        let kind = match overrides.sense(&named) {
            Some(Sense::Links(links)) => {
                let pinned = |link: &crate::knowledge::overrides::Link| Link {
                    authority: link.authority.clone(),
                    id: link.id.clone(),
                    confidence: 1.0,
                    rule: "pinned",
                    spans: spans.clone(),
                };
                return links.iter().map(pinned).collect();
            }
            Some(Sense::Kind(kind)) => *kind,
            None => kind,
        };
        let mut links: Vec<Link> = Vec::new();
        let sources = self.knowledge.sources().iter();
        let found = sources.flat_map(|source| candidates::links(source, names, kind, context));
        // An editor who says that it is no place has the gazetteer left out as well.
        let place = place.filter(|_| kind == subjects::Kind::Place);
        for link in found.chain(place.into_iter().flat_map(|place| of_gazetteer(place, &spans))) {
            let known = links.iter().any(|before| before.authority == link.authority);
            if !known && !overrides.forbids(&named, &link.authority, &link.id) {
                links.push(link);
            }
        }
        links
    }
}

/// What the places stage has resolved, as links: GeoNames, and the code of a country.
fn of_gazetteer(place: &Resolved, spans: &[Span]) -> impl Iterator<Item = Link> {
    let geonames = place.id.map(|id| (GEONAMES, id.to_string()));
    let country = place.country.filter(|_| place.kind == places::Kind::Country);
    let iso = country.map(|code| ("iso3166-1", code.as_str().to_owned()));
    let link = |(authority, id): (&str, String)| Link {
        authority: authority.to_owned(),
        id,
        confidence: place.confidence,
        rule: "gazetteer",
        spans: spans.to_vec(),
    };
    geonames.into_iter().chain(iso).map(link).collect::<Vec<_>>().into_iter()
}

/// A name as the article writes it.
struct Written<'a> {
    key: String,
    text: &'a str,
    span: Option<Span>,
}

/// Whose ids the gazetteer has.
pub const GEONAMES: &str = "geonames";

/// The keys of the names by which a document calls an entity.
pub fn keys(document: &Document, entity: &Entity) -> Vec<String> {
    names(document, entity).into_iter().map(|name| name.key).collect()
}

/// The most names of an entity that are looked up.
const MOST_NAMES: usize = 16;

/// The names of an entity, each once: its most complete one first, then those of more words.
fn names<'a>(document: &'a Document, entity: &Entity) -> Vec<Written<'a>> {
    let text = document.text();
    let mut seen = BTreeSet::new();
    let mut names: Vec<Written<'_>> = Vec::new();
    for mention in entity.mentions.iter().filter(|mention| mention.form == Form::Name) {
        let written = text.slice(mention.span);
        let key = key(written);
        if seen.len() < MOST_NAMES && !key.is_empty() && seen.insert(key.clone()) {
            names.push(Written { key, text: written, span: Some(mention.span) });
        }
    }
    let whole = key(&entity.name);
    names.sort_by_key(|name| (name.key != whole, std::cmp::Reverse(name.key.split(' ').count())));
    names
}

fn kind_of(kind: Kind) -> subjects::Kind {
    match kind {
        Kind::Person => subjects::Kind::Person,
        Kind::Organisation => subjects::Kind::Organisation,
        Kind::Place => subjects::Kind::Place,
    }
}
