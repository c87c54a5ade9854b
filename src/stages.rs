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
use crate::stage::{Resources, Slot};

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

/// Loads every stage, in the order in which they run.
pub fn load(settings: &Settings, resources: &Resources) -> anyhow::Result<Vec<Slot>> {
    Ok(vec![
        Slot::of::<segments::FindSegments>(&settings.segments, resources)?,
        Slot::of::<language::Identify>(&settings.language, resources)?,
        Slot::of::<sentences::Split>(&settings.sentences, resources)?,
        Slot::of::<encoder::Encode>(settings, resources)?,
        Slot::of::<entities::FindEntities>(&settings.entities, resources)?,
        Slot::of::<sentiment::Weigh>(&settings.sentiment, resources)?,
    ])
}

impl Settings {
    /// Whether any stage that is on needs the model.
    pub fn need_model(&self) -> bool {
        self.entities.enabled || self.sentiment.enabled
    }

    /// A stage that is on while one it builds on is off would be skipped for every article.
    pub fn problems(&self) -> Vec<Problem> {
        let on = [
            ("segments", self.segments.enabled),
            ("language", self.language.enabled),
            ("sentences", self.sentences.enabled),
            ("entities", self.entities.enabled),
            ("sentiment", self.sentiment.enabled),
        ];
        let needs: [(&str, &[&str]); 4] = [
            ("language", &["segments"]),
            ("sentences", &["segments"]),
            ("entities", &["segments", "language", "sentences"]),
            ("sentiment", &["entities"]),
        ];
        let is_on = |name: &str| on.iter().any(|(stage, on)| *stage == name && *on);
        let pairs = needs.iter().flat_map(|(stage, needs)| needs.iter().map(move |need| (*stage, *need)));
        let missing = pairs.filter(|(stage, need)| is_on(stage) && !is_on(need));
        missing
            .map(|(stage, need)| {
                let what = format!("needs stages.{need}, which is off; turn it on, or turn {stage} off too");
                Problem::new(format!("stages.{stage}.enabled"), what)
            })
            .collect()
    }
}
