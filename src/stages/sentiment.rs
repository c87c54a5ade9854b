//! How an article speaks of each entity: from the words around each mention, never from the tone of the whole.
//!
//! The sentiment of an entity is the mean of its mentions'; what is said of a metonym is said of who acts, and counts
//! there. That of the article is an aggregate: the mean over its entities, each weighed by its salience.

use serde::Serialize;
use serde_json::{Value, json};

use super::encoder::{Encoding, Polarity};
use super::entities::Entities;
use super::readings::Readings;
use crate::document::{About, Document, Layer, Wire};
use crate::json::score;
use crate::stage::{Resources, Stage, Switch};

/// Scores that sum to 1, with four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scores {
    /// The likeliest.
    pub label: Label,
    /// Against the target.
    pub negative: f64,
    /// Neither.
    pub neutral: f64,
    /// For the target.
    pub positive: f64,
}

/// The likeliest of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// Against the target.
    Negative,
    /// Neither.
    Neutral,
    /// For the target.
    Positive,
}

impl Scores {
    /// Rounded so that they still sum to 1; of equal scores the milder gives the label.
    pub fn of([negative, neutral, positive]: [f64; 3]) -> Self {
        let sum = negative + neutral + positive;
        let (negative, positive) = (score(negative / sum), score(positive / sum));
        let neutral = score(1.0 - negative - positive).max(0.0);
        let label = match () {
            () if neutral >= negative && neutral >= positive => Label::Neutral,
            () if negative > positive => Label::Negative,
            () => Label::Positive,
        };
        Self { label, negative, neutral, positive }
    }
}

/// Sentiment of mentions, entities and the article.
pub struct Sentiment {
    /// Of each mention, as the entities layer lists them.
    pub mentions: Vec<Vec<Scores>>,
    /// Of each entity, implied ones counted on; none where all its mentions are metonyms of another.
    pub entities: Vec<Option<Scores>>,
    /// Of the article; none where it has no entity.
    pub article: Option<Scores>,
}

impl Layer for Sentiment {
    fn write(&self, _: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        serde_json::to_writer(out, &self.article)?;
        Ok(true)
    }

    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        let scores = match about {
            About::Article => None,
            About::Entity(entity) => self.entities.get(entity).and_then(Option::as_ref),
            About::Mention(entity, mention) => self.mentions.get(entity).and_then(|mentions| mentions.get(mention)),
        };
        scores.map(|scores| ("sentiment", json!(scores))).into_iter().collect()
    }
}

/// The stage.
pub struct Weigh;

impl Stage for Weigh {
    const NAME: &'static str = "sentiment";
    const VERSION: &'static str = "2";
    const REQUIRES: &'static [&'static str] = &["encoder", "entities"];
    type Settings = Switch;
    type Output = Sentiment;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Sentiment> {
        let encoding = document.required::<Encoding>()?;
        let entities = document.required::<Entities>()?;
        let entities = &entities.entities;
        let targets: Vec<_> =
            entities.iter().flat_map(|entity| &entity.mentions).map(|mention| mention.words.clone()).collect();
        let scores = encoding.reading.sentiment(&targets)?;
        anyhow::ensure!(scores.len() == targets.len(), "{} scores for {} targets", scores.len(), targets.len());
        let triple = |polarity: Polarity| [polarity.negative, polarity.neutral, polarity.positive].map(f64::from);
        let mut scores = scores.into_iter().map(triple);
        let raw: Vec<Vec<[f64; 3]>> =
            entities.iter().map(|entity| scores.by_ref().take(entity.mentions.len()).collect()).collect();
        let all = |mentions: &[[f64; 3]]| mean(mentions.iter().map(|scores| (1.0, *scores)));
        let weighed = entities.iter().zip(&raw).map(|(entity, mentions)| (entity.salience, all(mentions)));
        let article = mean(weighed);
        let readings = document.layer::<Readings>();
        let mut owned: Vec<Vec<[f64; 3]>> = vec![Vec::new(); entities.len() + document.implied().count()];
        for (entity, mentions) in raw.iter().enumerate() {
            for (mention, scores) in mentions.iter().enumerate() {
                let acts = readings.and_then(|readings| readings.of(entity, mention)?.stands_for);
                owned.get_mut(acts.unwrap_or(entity)).into_iter().for_each(|own| own.push(*scores));
            }
        }
        Ok(Sentiment {
            mentions: raw.into_iter().map(|mentions| mentions.into_iter().map(Scores::of).collect()).collect(),
            article: (article.iter().sum::<f64>() > 0.0).then(|| Scores::of(article)),
            entities: owned.iter().map(|own| (!own.is_empty()).then(|| Scores::of(all(own)))).collect(),
        })
    }
}

/// The mean of weighted scores.
fn mean(scores: impl Iterator<Item = (f64, [f64; 3])>) -> [f64; 3] {
    let (sum, total) = scores.fold(([0.0; 3], 0.0), |(sum, total), (weight, scores)| {
        ([0, 1, 2].map(|index| sum[index] + weight * scores[index]), total + weight)
    });
    if total > 0.0 { sum.map(|value| value / total) } else { sum }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The record promises that scores sum to 1; rounding each by itself would break it.
        #[test]
        fn rounded_scores_sum_to_one(negative in 0.0..1.0f64, neutral in 0.0..1.0f64, positive in 0.001..1.0f64) {
            let scores = Scores::of([negative, neutral, positive]);
            prop_assert!((scores.negative + scores.neutral + scores.positive - 1.0).abs() < 1e-9, "{scores:?}");
        }
    }
}
