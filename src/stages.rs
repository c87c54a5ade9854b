//! The stages: `mod` lines, their settings, and the one list that says in which order they run.

pub mod encoder;
pub mod entities;
pub mod language;
pub mod segments;
pub mod sentences;
pub mod sentiment;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::Problem;
use crate::stage::Entry;

/// `[stages]`: one section a stage.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The parts of the article: title, byline, credit, dateline, paragraphs.
    pub segments: segments::Settings,
    /// The language of the article.
    pub language: language::Settings,
    /// The sentences of the story.
    pub sentences: sentences::Settings,
    /// Persons, organisations and places.
    pub entities: entities::Settings,
    /// How the article speaks of each of them.
    pub sentiment: sentiment::Settings,
}

impl Settings {
    /// The list of stages, in the order in which they run.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        vec![
            Entry::of::<segments::FindSegments>(&self.segments),
            Entry::of::<language::Identify>(&self.language),
            Entry::of::<sentences::Split>(&self.sentences),
            Entry::of::<encoder::Encode>(self),
            Entry::of::<entities::FindEntities>(&self.entities),
            Entry::of::<sentiment::Weigh>(&self.sentiment),
        ]
    }

    /// Whether any stage that is on needs the model.
    pub fn need_model(&self) -> bool {
        self.entities.enabled || self.sentiment.enabled
    }

    /// A stage that is on while one it builds on is off would be skipped for every article.
    pub fn problems(&self) -> Vec<Problem> {
        let entries = self.entries();
        let off = entries.iter().filter(|entry| !entry.enabled);
        let needed = off.filter_map(|off| {
            let by: Vec<_> =
                entries.iter().filter(|on| on.enabled && on.requires.contains(&off.name)).map(|on| on.name).collect();
            (!by.is_empty()).then(|| (off.name, by.join(", ")))
        });
        needed
            .map(|(off, by)| {
                let what = format!("is off, but {by} needs it; turn {off} on, or turn off what needs it");
                Problem::new(format!("stages.{off}.enabled"), what)
            })
            .collect()
    }
}
