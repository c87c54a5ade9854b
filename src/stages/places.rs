//! The one place of the gazetteer that a name means in this document, or none.
//!
//! Candidates come by name from [`crate::knowledge::places`]; the document decides among them: what the text says after
//! or before a name (Paris, Texas), countries and regions that it names or derives words from, its dateline and its
//! source's home, how near the other places are, how many people live there. A country or a first-level region goes
//! before a town of its name unless the document says otherwise. One name has one sense in a document. Where little
//! speaks for any candidate the answer is none; a wrong town is worse than none.
//!
//! It knows no buildings, streets or rivers, and of areas such as "the West" only that they are no town.

mod choice;
mod context;
mod names;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::encoder::Kind as EntityKind;
use super::entities::{Entities, Entity, Form};
use super::links;
use super::segments::Segments;
use crate::article::Article;
use crate::document::{About, Document, Evidence, Layer};
use crate::json::score;
use crate::knowledge::countries::Countries;
use crate::knowledge::overrides::{Named, Sense};
use crate::knowledge::places::{Kind, Places as Gazetteer};
use crate::knowledge::{Knowledge, subjects};
use crate::stage::{Resources, Stage, Switched};

use resolve::Asked;
pub use resolve::Resolved;

/// `[stages.places]`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether places get their coordinates.
    pub enabled: bool,
    /// Where a source is at home, by its name as articles give it: `"Valley Herald" = "Paris, Texas"`. Of two towns with
    /// one name the nearer is the likelier.
    pub homes: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, homes: BTreeMap::new() }
    }
}

impl Switched for Settings {
    fn enabled(&self) -> bool {
        self.enabled
    }
}

/// The places of a document.
pub struct Places {
    /// Of each entity, as the entities layer lists them; none of what is no place or none that is known.
    pub resolved: Vec<Option<Resolved>>,
}

impl Layer for Places {
    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        self.about(about).map(|resolved| ("geo", resolved.json())).into_iter().collect()
    }

    fn evidence(&self, about: About) -> Vec<Evidence> {
        self.about(about).map(|resolved| resolved.evidence.clone()).unwrap_or_default()
    }
}

impl Places {
    fn about(&self, about: About) -> Option<&Resolved> {
        let About::Entity(index) = about else { return None };
        self.resolved.get(index)?.as_ref()
    }
}

impl Resolved {
    fn json(&self) -> Value {
        let mut geo = Map::new();
        geo.insert("latitude".to_owned(), json!(score(self.point.latitude)));
        geo.insert("longitude".to_owned(), json!(score(self.point.longitude)));
        if let Some(country) = &self.country {
            geo.insert("country".to_owned(), json!(country.as_str()));
        }
        if let Some((code, name)) = self.admin1 {
            geo.insert("admin1".to_owned(), json!({"code": code, "name": name}));
        }
        let kind = match self.kind {
            Kind::Country => "country",
            Kind::Region => "region",
            Kind::County => "county",
            Kind::Town | Kind::Part => "city",
            Kind::Area | Kind::Elsewhere => "area",
        };
        geo.insert("kind".to_owned(), json!(kind));
        geo.insert("confidence".to_owned(), json!(score(self.confidence)));
        Value::Object(geo)
    }
}

/// The stage.
pub struct Locate {
    gazetteer: &'static Gazetteer,
    homes: BTreeMap<String, String>,
    knowledge: Arc<Knowledge>,
    /// The rows of the places that editors have pinned, by their ids.
    pinned: BTreeMap<u32, usize>,
}

impl Stage for Locate {
    const NAME: &'static str = "places";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments", "entities"];
    type Settings = Settings;
    type Output = Places;

    fn load(settings: &Settings, resources: &Resources) -> anyhow::Result<Self> {
        let (homes, knowledge) = (settings.homes.clone(), Arc::clone(&resources.knowledge));
        let gazetteer = Gazetteer::built_in()?;
        let ids = knowledge.overrides().all_pinned(links::GEONAMES).filter_map(|id| id.parse().ok());
        let pinned = rows(gazetteer, &ids.collect());
        Ok(Self { gazetteer, homes, knowledge, pinned })
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Places> {
        let segments = document.required::<Segments>()?;
        let entities = document.required::<Entities>()?;
        let article = document.article();
        let mut names: Vec<Asked> = entities
            .entities
            .iter()
            .enumerate()
            .filter(|(_, entity)| entity.kind == EntityKind::Place)
            .map(|(index, entity)| {
                let named = entity.mentions.iter().filter(|mention| mention.form == Form::Name);
                Asked::of(document.text(), index, &entity.name, named.map(|mention| mention.span))
            })
            .collect();
        names.extend(self.beside(article, segments, entities));
        let parts = segments.prose().map(|segment| segment.span);
        let choices = resolve::resolve(self.gazetteer, document.text(), &names, parts);
        let mut resolved = vec![None; entities.entities.len()];
        for (asked, found) in names.iter().zip(choices) {
            if let Some(place) = asked.entity.and_then(|index| resolved.get_mut(index)) {
                *place = found;
            }
        }
        for (entity, place) in entities.entities.iter().zip(&mut resolved) {
            if entity.kind == EntityKind::Place && !self.knowledge.overrides().is_empty() {
                self.heed(document, entity, place);
            }
        }
        Ok(Places { resolved })
    }
}

/// The rows of places by their ids.
fn rows(gazetteer: &Gazetteer, ids: &BTreeSet<u32>) -> BTreeMap<u32, usize> {
    if ids.is_empty() {
        return BTreeMap::new();
    }
    let id = |row: usize| gazetteer.place(row)?.id.filter(|id| ids.contains(id));
    (0..gazetteer.len()).filter_map(|row| Some((id(row)?, row))).collect()
}

/// As many datelines, and as many organisations, are heard.
const DATELINES: usize = 8;
const ORGANISATIONS: usize = 40;

impl Locate {
    /// Heeds an editor who says which place an entity is, or which it is not.
    fn heed(&self, document: &Document, entity: &Entity, place: &mut Option<Resolved>) {
        let (article, overrides) = (document.article(), self.knowledge.overrides());
        let keys = links::keys(document, entity);
        let source = article.source.as_deref();
        let named = Named { keys: &keys, kind: subjects::Kind::Place, source, article: &article.id };
        match overrides.sense(&named) {
            Some(Sense::Links(links)) => {
                let Some(pinned) = links.iter().find(|link| link.authority == links::GEONAMES) else { return };
                let found = pinned.id.parse().ok().and_then(|id| self.gazetteer.place(*self.pinned.get(&id)?));
                let spans = entity.mentions.first().map(|mention| mention.span);
                let evidence = vec![Evidence::of("pinned", spans)];
                *place = found.and_then(|found| Resolved::of(self.gazetteer, &found, 1.0, evidence));
            }
            Some(Sense::Kind(kind)) if *kind != subjects::Kind::Place => *place = None,
            _ => {
                let id = place.as_ref().and_then(|place| place.id);
                if id.is_some_and(|id| overrides.forbids(&named, links::GEONAMES, &id.to_string())) {
                    *place = None;
                }
            }
        }
    }

    /// What stands beside the places of a story and says where it is.
    fn beside(&self, article: &Article, segments: &Segments, entities: &Entities) -> Vec<Asked> {
        let gazetteer = self.gazetteer;
        let datelines = segments.datelines.iter().flat_map(|dateline| &dateline.places).take(DATELINES);
        let mut beside: Vec<Asked> = datelines.map(|place| Asked::beside(place, 2.0)).collect();
        if let Some(source) = &article.source {
            let home = self.homes.get(source).map(|home| Asked::beside(home, 2.0));
            let home = home.or_else(|| Some(Asked::beside(names::inside(gazetteer, source, true)?, 1.0)));
            beside.extend(home);
        }
        // Herald.example.co.uk stands in Britain.
        let host = article.url.as_deref().and_then(|url| url.split('/').nth(2)).unwrap_or_default();
        let code = host.rsplit('.').next().unwrap_or_default().to_uppercase();
        let code = if code == "UK" { "GB" } else { &code };
        let country = Countries::built_in().by_code(code).filter(|_| !GENERIC.contains(&code));
        beside.extend(country.map(|country| Asked::beside(country.name, 0.7)));
        let organisations = entities.entities.iter().filter(|entity| entity.kind == EntityKind::Organisation);
        let within =
            organisations.take(ORGANISATIONS).filter_map(|entity| names::inside(gazetteer, &entity.name, false));
        beside.extend(within.map(|place| Asked::beside(place, 0.5)));
        beside
    }
}

/// Codes of countries that sites anywhere use as the end of their names.
const GENERIC: [&str; 8] = ["AI", "CC", "CO", "FM", "IO", "ME", "TV", "LY"];
