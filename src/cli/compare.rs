//! Two records of the same article side by side: where they differ, and how many items of each layer do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::dead_letter;
use crate::message::{Destination, Message};
use crate::view;

/// What became of an article.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// An enriched record, without [`MADE_BY`].
    Record(Value),
    /// A dead letter.
    Letter {
        /// The code of its reason.
        reason: String,
        /// What was wrong, in words.
        detail: String,
    },
}

/// The field of a record that says what made it: it differs between configurations by intent.
const MADE_BY: &str = "pipeline";

impl Outcome {
    /// The outcome that `messages`, all those made of one article, amount to.
    ///
    /// # Errors
    /// If there is none among them, or its record is no JSON.
    pub(super) fn of(messages: &[Message]) -> anyhow::Result<Self> {
        for message in messages {
            match (message.destination, message.payload.as_deref()) {
                (Destination::Enriched, Some(record)) => return Self::record(record),
                (Destination::Enriched, None) => {}
                (Destination::Dead, _) => {
                    let [reason, detail] =
                        [dead_letter::REASON, dead_letter::DETAIL].map(|name| message.header(name).into_owned());
                    return Ok(Self::Letter { reason, detail });
                }
            }
        }
        anyhow::bail!("neither a record nor a dead letter came out")
    }

    /// The outcome that an enriched record is.
    ///
    /// # Errors
    /// If it is no JSON.
    pub(super) fn record(payload: &[u8]) -> anyhow::Result<Self> {
        let mut record: Value = serde_json::from_slice(payload)?;
        if let Some(fields) = record.as_object_mut() {
            fields.remove(MADE_BY);
        }
        Ok(Self::Record(record))
    }
}

/// A place at which two records differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Difference {
    /// JSON pointer; into the old record for what is missing in the new one, else into the new one.
    pub(super) at: String,
    /// What the old record has there.
    pub(super) old: Option<Value>,
    /// What the new record has there.
    pub(super) new: Option<Value>,
}

/// Where two records differ, in the order of their fields' names.
///
/// Items of a list are matched by what they are about, not by their place in it: an entity that is found in addition is
/// one difference, whatever it does to the numbers of those after it.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(old), Some(new), &mut found);
    found
}

fn walk(at: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Difference>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let name_at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                walk(&name_at, old.get(name), new.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for (old, new) in pairs(old, new) {
                let index = new.or(old).map_or(0, |(index, _)| index);
                let [old, new] = [old, new].map(|item| item.map(|(_, item)| unnumbered(item)));
                walk(&format!("{at}/{index}"), old.as_ref(), new.as_ref(), found);
            }
        }
        (old, new) => found.push(Difference { at: at.to_owned(), old: old.cloned(), new: new.cloned() }),
    }
}

/// How many items of a layer differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Only the new record has them.
    pub(super) added: usize,
    /// Only the old record has them.
    pub(super) removed: usize,
    /// Both have them, with other contents.
    pub(super) changed: usize,
}

impl Counts {
    /// Whether any item differs.
    pub(super) fn any(self) -> bool {
        self != Self::default()
    }
}

/// How many items differ in each field at the top of two records. What is no list counts as one item.
pub(super) fn layers<'a>(old: &'a Value, new: &'a Value) -> BTreeMap<&'a str, Counts> {
    let fields = |record: &'a Value| record.as_object().into_iter().flat_map(Map::keys);
    let names: BTreeSet<&str> = fields(old).chain(fields(new)).map(String::as_str).collect();
    let counted = names.into_iter().map(|name| (name, count(old.get(name), new.get(name))));
    counted.filter(|(_, counts)| counts.any()).collect()
}

fn count(old: Option<&Value>, new: Option<&Value>) -> Counts {
    let mut counts = Counts::default();
    let mut one = |old: Option<&Value>, new: Option<&Value>| match (old, new) {
        (None, Some(_)) => counts.added += 1,
        (Some(_), None) => counts.removed += 1,
        (old, new) if old != new => counts.changed += 1,
        _ => {}
    };
    match (old.and_then(Value::as_array), new.and_then(Value::as_array)) {
        (None, None) => one(old.filter(|old| !old.is_null()), new.filter(|new| !new.is_null())),
        (old, new) => {
            for (old, new) in pairs(old.map_or(&[], Vec::as_slice), new.map_or(&[], Vec::as_slice)) {
                let [old, new] = [old, new].map(|item| item.map(|(_, item)| unnumbered(item)));
                one(old.as_ref(), new.as_ref());
            }
        }
    }
    counts
}

/// An item with its place in its list.
type Item<'a> = Option<(usize, &'a Value)>;

/// The items of two lists, those about the same thing together, in the order of the new list; the old one's rest last.
fn pairs<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<(Item<'a>, Item<'a>)> {
    let mut left: BTreeMap<String, Vec<(usize, &Value)>> = BTreeMap::new();
    for (index, item) in old.iter().enumerate().rev() {
        left.entry(subject(index, item)).or_default().push((index, item));
    }
    let matched = |(index, item)| (left.get_mut(&subject(index, item)).and_then(Vec::pop), Some((index, item)));
    let mut pairs: Vec<(Item<'_>, Item<'_>)> = new.iter().enumerate().map(matched).collect();
    let mut rest: Vec<_> = left.into_values().flatten().collect();
    rest.sort_unstable_by_key(|(index, _)| *index);
    pairs.extend(rest.into_iter().map(|item| (Some(item), None)));
    pairs
}

/// What an item of a list is about: an entity its type and name, a span its place in the text, a stage its name.
fn subject(index: usize, item: &Value) -> String {
    let fields = |names: [&str; 2]| {
        let [first, second] = names.map(|name| item.get(name));
        (first.is_some() && second.is_some()).then(|| serde_json::json!([first, second]).to_string())
    };
    let known = fields(["type", "name"]).or_else(|| fields(["start", "end"]));
    known.or_else(|| item.get("name").map(Value::to_string)).unwrap_or_else(|| index.to_string())
}

/// An item without the number that it has in its record, which says nothing about it.
fn unnumbered(item: &Value) -> Value {
    let mut item = item.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.remove("id");
    }
    item
}

/// A value as it stands in a line for people.
pub(super) fn short(value: Option<&Value>) -> String {
    match value {
        None => "nothing".into(),
        Some(value) => view::cut(&value.to_string(), 24),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entity(id: &str, name: &str, salience: f64) -> Value {
        json!({"id": id, "type": "place", "name": name, "salience": salience})
    }

    /// An entity more, in front, renumbers all others; a person wants to read of the one.
    #[test]
    fn an_item_more_is_one_difference() {
        let old = json!({"entities": [entity("e1", "Oslo", 0.5), entity("e2", "Bergen", 0.5)]});
        let new =
            json!({"entities": [entity("e1", "Rome", 0.2), entity("e2", "Oslo", 0.5), entity("e3", "Bergen", 0.3)]});
        let found = differences(&old, &new);
        let places: Vec<&str> = found.iter().map(|difference| difference.at.as_str()).collect();
        assert_eq!(places, ["/entities/0", "/entities/2/salience"]);
        assert_eq!((&found[1].old, &found[1].new), (&Some(json!(0.5)), &Some(json!(0.3))));
        assert_eq!(layers(&old, &new), BTreeMap::from([("entities", Counts { added: 1, removed: 0, changed: 1 })]));
        assert_eq!(layers(&new, &old)["entities"], Counts { added: 0, removed: 1, changed: 1 });
    }

    /// A layer that is gone as a whole counts with all its items; a sentiment is one.
    #[test]
    fn a_layer_is_counted_whole() {
        let old = json!({"sentences": [{"start": 0, "end": 3}, {"start": 4, "end": 9}], "sentiment": null, "a/b": 1});
        let new = json!({"sentiment": {"label": "neutral"}, "a/b": 2});
        let counts = layers(&old, &new);
        assert_eq!(counts["sentences"], Counts { removed: 2, ..Counts::default() });
        assert_eq!(counts["sentiment"], Counts { added: 1, ..Counts::default() });
        let places: Vec<String> = differences(&old, &new).into_iter().map(|difference| difference.at).collect();
        assert_eq!(places, ["/a~1b", "/sentences", "/sentiment"]);
    }

    #[test]
    fn the_same_twice_is_no_difference_and_the_maker_is_not_compared() {
        let record = |config: &str| {
            let record = json!({"text": "a", "pipeline": {"config": config}, "entities": [{"x": 1}, {"x": 1}]});
            Outcome::record(record.to_string().as_bytes()).unwrap()
        };
        assert_eq!(record("old"), record("new"));
        let Outcome::Record(record) = record("old") else { panic!("a record") };
        assert!(differences(&record, &record).is_empty() && layers(&record, &record).is_empty());
    }
}
