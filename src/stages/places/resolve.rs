//! From the names of a document to places: candidates, what the text says about them, the choice.

use super::{choice, context, names};
use crate::document::Evidence;
use crate::knowledge::countries::Countries;
use crate::knowledge::places::{Code, Kind, Place, Places, Point};
use crate::text::{Span, Text};

/// A place that an entity means.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Its id in GeoNames; areas have none, but for continents.
    pub id: Option<u32>,
    /// Its name in the gazetteer.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The ISO code of its country; none of an area of several.
    pub country: Option<Code>,
    /// Its first-level region: GeoNames' code inside the country, and the name.
    pub admin1: Option<(&'static str, &'static str)>,
    /// Where it is; of a country or a region, its middle.
    pub point: Point,
    /// How likely it is that this place is meant, 0 to 1.
    pub confidence: f64,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

/// A name whose place is asked for.
pub(super) struct Asked {
    /// The entity that bears it; none of what stands beside the story.
    pub(super) entity: Option<usize>,
    /// As the document writes it, the most complete first.
    written: Vec<String>,
    mentions: Vec<Span>,
    /// How much it counts as context.
    weight: f64,
}

/// Of an entity with more different names, or more mentions, the first are read.
const NAMES: usize = 6;
const MENTIONS: usize = 12;

impl Asked {
    /// The name of an entity and where it is named.
    pub(super) fn of(text: &Text, entity: usize, name: &str, mentions: impl Iterator<Item = Span>) -> Self {
        let named: Vec<Span> = mentions.collect();
        let mut written = vec![name.to_owned()];
        for span in named.iter().take(MENTIONS) {
            let slice = text.slice(*span);
            if written.len() < NAMES && !written.iter().any(|name| name == slice) {
                written.push(slice.to_owned());
            }
        }
        let weight = 1.0 + (named.len().max(1) as f64).ln();
        Self { entity: Some(entity), written, mentions: named.into_iter().take(MENTIONS).collect(), weight }
    }

    /// A place that stands beside the story.
    pub(super) fn beside(name: &str, weight: f64) -> Self {
        Self { entity: None, written: vec![name.to_owned()], mentions: Vec::new(), weight }
    }
}

/// The place of each name, where there is one.
pub(super) fn resolve(
    gazetteer: &'static Places,
    text: &Text,
    asked: &[Asked],
    parts: impl Iterator<Item = Span>,
) -> Vec<Option<Resolved>> {
    let names: Vec<choice::Name> = asked.iter().map(|asked| candidates(gazetteer, text, asked)).collect();
    let derived = context::demonyms(gazetteer, text, parts);
    let choices = choice::choose(&choice::WEIGHTS, &names, &derived);
    let witnesses = witnesses(asked, &choices, &derived);
    let found = choices.into_iter().enumerate().zip(asked).map(|((index, choice), asked)| {
        let choice = choice?;
        let place = choice.sense.place;
        let first = asked.mentions.first().copied();
        let evidence = choice.reasons.into_iter().map(|reason| {
            let others =
                witnesses.iter().filter(|witness| witness.name != Some(index) && witness.says(reason.rule, &place));
            let spans = match reason.spans.is_empty() {
                true if reason.rule.ends_with("_context") => others.map(|witness| witness.span).take(3).collect(),
                true => first.into_iter().collect(),
                false => reason.spans,
            };
            Evidence::of(reason.rule, spans).scored(reason.score)
        });
        Resolved::of(gazetteer, &place, choice.confidence, evidence.collect())
    });
    found.collect()
}

impl Resolved {
    /// A place of the gazetteer, if it is known where it is.
    pub(super) fn of(
        gazetteer: &'static Places,
        place: &Place<'static>,
        confidence: f64,
        evidence: Vec<Evidence>,
    ) -> Option<Self> {
        let region = place.country.filter(|_| !place.admin1.is_empty()).and_then(|country| {
            let region = gazetteer.region(country, place.admin1)?;
            Some((place.admin1, region.name()))
        });
        Some(Self {
            id: place.id,
            name: place.name(),
            kind: place.kind,
            country: place.country,
            admin1: region,
            point: place.point?,
            confidence,
            evidence,
        })
    }
}

/// Words that speak of a country or a region, and of which.
struct Witness {
    /// The name that they are, by its place among those asked for.
    name: Option<usize>,
    span: Span,
    country: Option<Code>,
    admin1: &'static str,
}

impl Witness {
    fn of(name: Option<usize>, span: Span, place: &Place<'static>) -> Self {
        Self { name, span, country: place.country, admin1: place.admin1 }
    }

    /// Whether they are a reason of this rule for a place.
    fn says(&self, rule: &str, place: &Place<'_>) -> bool {
        let same = self.country == place.country;
        match rule {
            "country_context" => same,
            "region_context" => same && self.admin1 == place.admin1,
            "neighbour_context" => !same && borders(self.country, place.country),
            _ => false,
        }
    }
}

/// Whether two countries have a border in common.
fn borders(one: Option<Code>, other: Option<Code>) -> bool {
    let Some((one, other)) = one.zip(other) else { return false };
    let known = Countries::built_in().by_code(one.as_str());
    known.is_some_and(|country| country.neighbours.contains(&other.as_str()))
}

/// As many words are shown as evidence at most, the first of a document.
const WITNESSES: usize = 64;

/// What a document says of countries and regions, for showing.
fn witnesses(asked: &[Asked], choices: &[Option<choice::Choice>], derived: &[context::Derived]) -> Vec<Witness> {
    let named = asked.iter().zip(choices).enumerate().filter_map(|(index, (asked, choice))| {
        Some(Witness::of(Some(index), *asked.mentions.first()?, &choice.as_ref()?.sense.place))
    });
    let derived = derived.iter().map(|word| Witness::of(None, word.span, &word.place));
    let mut all: Vec<Witness> = derived.chain(named).collect();
    all.sort_by_key(|witness| witness.span);
    all.truncate(WITNESSES);
    all
}

/// What a name may mean, and what the text says about where it is.
fn candidates(gazetteer: &'static Places, text: &Text, asked: &Asked) -> choice::Name {
    let mut said = Vec::new();
    let mut senses = Vec::new();
    // "NJ" after a comma follows a town.
    let follows = asked
        .mentions
        .first()
        .is_some_and(|mention| text.as_str().get(..mention.start()).is_some_and(|before| before.ends_with(", ")));
    let sort = asked.mentions.iter().find_map(|mention| context::sort_of(text, *mention));
    for written in &asked.written {
        senses = names::senses(gazetteer, written, follows);
        if sort == Some(context::Sort::County) {
            senses.extend(names::counties(gazetteer, written));
        }
        // "Paris, Texas" as one name.
        if senses.is_empty()
            && let Some((head, tail)) = written.split_once(", ")
        {
            senses = names::senses(gazetteer, head, false);
            let within = names::containers(gazetteer, tail);
            if let Some(span) = asked.mentions.first().copied().or_else(|| text.span(0..0)) {
                said.extend((!within.is_empty()).then_some(context::Said {
                    within,
                    span,
                    strict: true,
                    short: false,
                    sure: false,
                }));
            }
        }
        if !senses.is_empty() {
            break;
        }
    }
    // The West Bank and the Gaza Strip have their articles from what they are.
    let one = asked.written.iter().all(|name| !name.contains(' '));
    let feature =
        one && !asked.mentions.is_empty() && asked.mentions.iter().all(|mention| context::is_feature(text, *mention));
    for mention in &asked.mentions {
        said.extend(context::said_after(gazetteer, text, *mention));
        said.extend(context::said_before(gazetteer, text, *mention));
    }
    choice::Name { senses, said, sort, feature, weight: asked.weight }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The places of names wherever they stand in a text.
    fn resolved(body: &str, names: &[&str]) -> Vec<Option<Resolved>> {
        let text = Text::new(None, body).unwrap();
        let asked: Vec<Asked> = names
            .iter()
            .enumerate()
            .map(|(entity, name)| {
                let spans = body.match_indices(name).filter_map(|(at, _)| text.span(at..at + name.len()));
                Asked::of(&text, entity, name, spans)
            })
            .collect();
        resolve(Places::built_in().unwrap(), &text, &asked, std::iter::once(text.body()))
    }

    fn regions(body: &str, names: &[&str]) -> Vec<Option<(&'static str, String)>> {
        let place = |place: Resolved| (place.name, place.admin1.map_or(String::new(), |(code, _)| code.to_owned()));
        resolved(body, names).into_iter().map(|found| found.map(place)).collect()
    }

    /// A comma does not always say where a place is.
    #[test]
    fn what_begins_after_a_comma_is_no_container() {
        let washington = || Some(("Washington", "DC".to_owned()));
        assert_eq!(regions("In Washington, Georgia Sen. Ann Cole objected.", &["Washington"]), [washington()]);
        assert_eq!(regions("In Washington, Israel’s envoy objected.", &["Washington"]), [washington()]);
        let kabul = regions("In Kabul, Pakistan’s minister spoke.", &["Kabul"]);
        assert_eq!(kabul.first().cloned().flatten().map(|(name, _)| name), Some("Kabul"));
    }

    /// News names towns with their states; where the gazetteer does not know that town, another one would be wrong.
    #[test]
    fn a_town_of_another_state_is_not_taken() {
        assert_eq!(regions("The mill of Pasadena, Vermont, burned down.", &["Pasadena"]), [None]);
    }

    #[test]
    fn ten_thousand_names_are_read() {
        let names: Vec<String> = (0..10_000).map(|number| format!("Springfield{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).chain(["Springfield", "Paris", "Of"]).collect();
        assert_eq!(resolved(&names.join(", "), &names).len(), names.len());
    }

    proptest! {
        /// Any text may stand around any name.
        #[test]
        fn no_text_makes_it_panic(before in "(\\PC|, |in |’s |\n){0,40}", name in "(\\PC|Paris|Of| County|, Texas){1,12}",
            after in "(, |\\(| in |’s|\\PC|Texas|Ga\\.|\n){0,40}") {
            for place in resolved(&format!("{before}{name}{after}"), &[name.as_str(), "Paris", "Texas"]) {
                prop_assert!(place.is_none_or(|place| (0.0..=1.0 + 1e-9).contains(&place.confidence)));
            }
        }
    }
}
