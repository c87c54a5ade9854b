//! How much of a story each entity is.

use std::collections::BTreeMap;

use super::{Entity, Form};
use crate::stages::encoder::Encoding;
use crate::stages::segments::{Kind, Segments};

/// Gives each entity its share in the story; the mentions of each must be in order.
///
/// A sentence counts once for an entity, by its strongest mention: a name weighs 1, another mention a half; both twice
/// that in the title and in the first segment after it; and that divided by `1 + s / 10`, where `s` counts the segments
/// between the title and the mention. The share is the weight of the entity over that of all.
pub(super) fn share_out(segments: &Segments, encoding: &Encoding, entities: &mut [Entity]) {
    let prose: Vec<_> = segments.prose().collect();
    let titled = prose.first().is_some_and(|segment| segment.kind == Kind::Title);
    let weights: Vec<f64> = entities
        .iter()
        .map(|entity| {
            let mut sentences: BTreeMap<usize, f64> = BTreeMap::new();
            for mention in &entity.mentions {
                let place = prose.partition_point(|segment| segment.span.end() <= mention.span.start());
                let after_title = place.saturating_sub(usize::from(titled));
                let form = if mention.form == Form::Name { 1.0 } else { 0.5 };
                // The title and what follows it are both the first.
                let front = if after_title == 0 { 2.0 } else { 1.0 };
                let weight = form * front / (1.0 + after_title as f64 / 10.0);
                let sentence = encoding.sentence.get(mention.words.start).copied().unwrap_or_default();
                let strongest = sentences.entry(sentence).or_insert(0.0);
                *strongest = strongest.max(weight);
            }
            sentences.values().sum()
        })
        .collect();
    let total: f64 = weights.iter().sum();
    for (entity, weight) in entities.iter_mut().zip(weights) {
        // Rounded down, so that the sum of all is at most 1.
        entity.salience = if total > 0.0 { (weight / total * 1e4).floor() / 1e4 } else { 0.0 };
    }
}
