//! The stages: `mod` lines, their settings, and the one list that says in which order they run.

pub mod claims;
pub mod dates;
pub mod encoder;
pub mod entities;
pub mod focus;
pub mod language;
pub mod links;
pub mod places;
pub mod quotes;
pub mod readings;
pub mod segments;
pub mod sentences;
pub mod sentiment;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stage::{Entry, Stage, Switch};

/// `[stages]`: one section a stage.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The parts of the article: title, byline, credit, dateline, paragraphs. Every other stage builds on them.
    pub segments: Switch,
    /// The language of the article, so that articles in others than English are left alone.
    pub language: Switch,
    /// The sentences of the story. The stages from here on read sentence by sentence.
    pub sentences: Switch,
    /// Persons, organisations and places, found by the model.
    pub entities: Switch,
    /// Where the places are.
    pub places: places::Settings,
    /// How the names of places are meant: the place, or who acts for it.
    pub readings: Switch,
    /// The ids of entities in the files that knowledge.authorities names, and of places and countries.
    pub links: Switch,
    /// How the article speaks of each entity; the model reads the article once for both.
    pub sentiment: Switch,
    /// What people are reported to have said, and who speaks.
    pub quotes: Switch,
    /// Dates and times, placed by the day of publication.
    pub dates: Switch,
    /// Quantities, and who claims them.
    pub claims: Switch,
    /// The places that the story is about.
    pub focus: Switch,
}

impl Settings {
    /// The list of stages, in the order in which they run. One is off where a stage that it builds on is off: without
    /// the entities nobody need turn off what is said of them.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        let mut entries = vec![
            Entry::of::<segments::FindSegments>(&self.segments),
            Entry::of::<language::Identify>(&self.language),
            Entry::of::<sentences::Split>(&self.sentences),
            Entry::of::<encoder::Encode>(&()),
            Entry::of::<entities::FindEntities>(&self.entities),
            Entry::of::<places::Locate>(&self.places),
            Entry::of::<readings::ReadPlaces>(&self.readings),
            Entry::of::<links::Look>(&self.links),
            Entry::of::<sentiment::Weigh>(&self.sentiment),
            Entry::of::<quotes::FindQuotes>(&self.quotes),
            Entry::of::<dates::Find>(&self.dates),
            Entry::of::<claims::FindClaims>(&self.claims),
            Entry::of::<focus::FindFocus>(&self.focus),
        ];
        let mut off: Vec<&str> = Vec::new();
        for entry in &mut entries {
            entry.enabled &= !entry.requires.iter().any(|name| off.contains(name));
            off.extend((!entry.enabled).then_some(entry.name));
        }
        // The encoder has no switch of its own: it reads where somebody listens.
        let heard = entries.iter().any(|entry| entry.enabled && entry.requires.contains(&ENCODER));
        entries.iter_mut().filter(|entry| entry.name == ENCODER).for_each(|entry| entry.enabled &= heard);
        entries
    }

    /// Whether any stage that is on needs the model.
    pub fn need_model(&self) -> bool {
        self.entries().iter().any(|entry| entry.enabled && entry.name == ENCODER)
    }
}

const ENCODER: &str = <encoder::Encode as Stage>::NAME;
