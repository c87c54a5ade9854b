//! Which of its senses a name has in a document: a score that adds up what speaks for each.
//!
//! The scores are logarithms of odds, their weights chosen on open data. The names of a document are weighed several
//! times, each time with the places of the time before as context: what is clear decides what is not.

use std::collections::BTreeMap;

use super::context::{self, Derived, Own, Said, Sort, Tally};
use super::names::{By, Sense};
use crate::knowledge::places::{Kind, Place, Point, Seat};
use crate::text::Span;

/// What speaks for a sense, and how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    country: f64,
    region: f64,
    /// For each power of ten of a region's inhabitants.
    region_people: f64,
    county: f64,
    area: f64,
    elsewhere: f64,
    /// For each power of ten of inhabitants.
    people: f64,
    capital: f64,
    region_seat: f64,
    county_seat: f64,
    part: f64,
    alias: f64,
    /// In a country where English is spoken.
    english: f64,
    stripped: f64,
    /// Its name is only a word for who is from there, and a town's name too.
    derived: f64,
    /// A city that is known everywhere.
    famous: f64,
    /// A region beside a town of the same name in it, which has much of its people.
    shadowed: f64,
    /// A region that is called by a direction.
    vague: f64,
    /// A town beside the country of the same name that it is in: Mexico.
    namesake: f64,
    /// The text says so with a comma: Paris, Texas.
    said: f64,
    /// It says that it is elsewhere.
    unsaid: f64,
    /// The words around say so.
    hinted: f64,
    /// The words beside it say that it is a town, a county, a state.
    sort: f64,
    /// A town or a division that has the name of a river or a range, by the article before it.
    feature: f64,
    in_country: f64,
    in_region: f64,
    in_neighbours: f64,
    same_county: f64,
    near: f64,
    /// Only one place has the name.
    only: f64,
    /// That it is a place that the gazetteer does not know.
    none: f64,
}

/// The weights, tuned on the genres of GUM other than news and on texts of our own.
pub(super) const WEIGHTS: Weights = Weights {
    country: 8.0,
    region: 5.5,
    region_people: 0.4,
    county: 4.0,
    area: 8.6,
    elsewhere: 8.0,
    people: 1.0,
    capital: 2.6,
    region_seat: 0.8,
    county_seat: 0.3,
    part: -0.8,
    alias: -2.0,
    english: 0.7,
    stripped: -0.5,
    derived: -3.0,
    famous: 1.0,
    shadowed: -3.5,
    vague: -4.0,
    namesake: -3.0,
    said: 8.0,
    unsaid: -4.0,
    hinted: 3.0,
    sort: 4.0,
    feature: -6.5,
    in_country: 3.0,
    in_region: 5.0,
    in_neighbours: 1.5,
    same_county: 2.0,
    near: 2.0,
    only: 1.5,
    none: 4.9,
};

/// A name with all that it may mean.
pub(super) struct Name {
    pub(super) senses: Vec<Sense>,
    pub(super) said: Vec<Said>,
    /// What sort of place the words beside it say it is.
    pub(super) sort: Option<Sort>,
    /// Whether it has an article as those of rivers and ranges have: across the Po, the Po valley.
    pub(super) feature: bool,
    /// How much it counts as context.
    pub(super) weight: f64,
}

/// The sense that was chosen, how sure that is, and why.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) sense: Sense,
    /// Its share among all senses, that of being none of them included.
    pub(super) confidence: f64,
    pub(super) reasons: Vec<Reason>,
}

/// What spoke for a choice.
#[derive(Debug, Clone)]
pub(super) struct Reason {
    pub(super) rule: &'static str,
    pub(super) score: f64,
    pub(super) spans: Vec<Span>,
}

/// Where most of what is written in English happens.
const ENGLISH: [&str; 6] = ["AU", "CA", "GB", "IE", "NZ", "US"];

/// Regions of several countries are called so, and much else is.
const DIRECTIONS: [&str; 10] =
    ["Central", "East", "Eastern", "North", "Northern", "South", "Southern", "West", "Western", "Centre"];

/// Divisions that have an article as rivers have.
const WITH_ARTICLE: [&str; 12] = [
    "Algarve", "Alentejo", "Ardennes", "Aosta", "Bronx", "Crimea", "Jura", "Marche", "Punjab", "Saarland", "Tyrol",
    "Vendée",
];

/// How often names are weighed. What is clear is so at once; the rest follows within few rounds.
const ROUNDS: usize = 4;

/// Rows of one name are one place up to this distance, in kilometres.
const SAME: f64 = 60.0;

/// Below this share no sense is chosen: too many others are as likely.
const WEAK: f64 = 0.3;

/// As many places as context for how far away a sense is, the first ones of a document; fewer where there are so many
/// names that the time would grow with their square.
fn anchors(names: usize) -> usize {
    (10_000 / names.max(1)).clamp(4, 48)
}

/// The choice for each name; none where it is none of the places that the gazetteer knows.
pub(super) fn choose(weights: &Weights, names: &[Name], derived: &[Derived]) -> Vec<Option<Choice>> {
    let mut ground = Tally::default();
    for word in derived {
        ground.add(&word.place, 0.6 * (1.0 + f64::from(word.times).ln()));
    }
    let priors: Vec<Vec<f64>> = names.iter().map(|name| prior(weights, name)).collect();
    let mut chosen: Vec<Option<Choice>> = vec![None; names.len()];
    for _ in 0..ROUNDS {
        let own: Vec<Own> = names
            .iter()
            .zip(&chosen)
            .map(|(name, choice)| choice.as_ref().map_or(Own::default(), |choice| counted(name, choice)))
            .collect();
        let mut tally = ground.clone();
        for (name, choice) in names.iter().zip(&chosen) {
            if let Some(choice) = choice {
                tally.add(&choice.sense.place, name.weight * choice.confidence);
            }
        }
        let anchors: Vec<(usize, Point)> = chosen
            .iter()
            .enumerate()
            .filter_map(|(index, choice)| {
                let choice = choice.as_ref().filter(|choice| is_town(&choice.sense.place))?;
                Some((index, choice.sense.place.point?))
            })
            .take(anchors(names.len()))
            .collect();
        let counties: BTreeMap<(&str, &str), usize> =
            chosen.iter().flatten().map(|choice| choice.sense.place).fold(BTreeMap::new(), |mut counties, place| {
                if !place.admin2.is_empty() {
                    *counties.entry((place.admin1, place.admin2)).or_default() += 1;
                }
                counties
            });
        let around = Around { tally: &tally, anchors: &anchors, counties: &counties };
        let next: Vec<Option<Choice>> = names
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let own = own.get(index).copied().unwrap_or_default();
                let before = chosen.get(index).and_then(Option::as_ref);
                best(weights, name, priors.get(index)?, &around, (index, &own, before))
            })
            .collect();
        let row = |choice: &Option<Choice>| choice.as_ref().map(|choice| choice.sense.place.number());
        let settled = chosen.iter().map(row).eq(next.iter().map(row));
        chosen = next;
        if settled {
            break;
        }
    }
    chosen
}

fn counted(name: &Name, choice: &Choice) -> Own {
    Own::of(&choice.sense.place, name.weight * choice.confidence)
}

fn is_town(place: &Place<'_>) -> bool {
    matches!(place.kind, Kind::Town | Kind::Part | Kind::County)
}

/// Whether it is a town that needs its state beside it to be known.
fn is_small(place: &Place<'_>) -> bool {
    is_town(place) && place.seat != Seat::Country && place.population < 500_000
}

/// What the other names of a document say.
struct Around<'a> {
    tally: &'a Tally,
    anchors: &'a [(usize, Point)],
    counties: &'a BTreeMap<(&'a str, &'a str), usize>,
}

/// What speaks for each sense of a name before the document is looked at.
fn prior(weights: &Weights, name: &Name) -> Vec<f64> {
    let towns: Vec<&Place<'_>> =
        name.senses.iter().map(|sense| &sense.place).filter(|place| place.kind == Kind::Town).collect();
    let of = |sense: &Sense| {
        let place = &sense.place;
        let people = weights.people * (place.population.max(1) as f64).log10();
        let kind = match place.kind {
            Kind::Country => weights.country + 0.2 * people,
            Kind::Region => {
                // New York, Kyiv, Lagos: the town is meant.
                let shadowed = sense.by == By::Name
                    && towns.iter().any(|town| {
                        town.country == place.country
                            && town.admin1 == place.admin1
                            && town.population > 200_000
                            && town.population.saturating_mul(4) > place.population
                    });
                let people = weights.region_people * (place.population.max(1) as f64).log10();
                let vague = DIRECTIONS.contains(&place.name());
                let lost = if shadowed { weights.shadowed } else { 0.0 } + if vague { weights.vague } else { 0.0 };
                weights.region + people + lost
            }
            Kind::County => weights.county,
            Kind::Area => weights.area,
            Kind::Elsewhere => weights.elsewhere,
            Kind::Part => people + weights.part,
            Kind::Town => {
                let namesake = name
                    .senses
                    .iter()
                    .any(|other| other.place.kind == Kind::Country && other.place.country == place.country);
                let famous = if place.population > 500_000 { weights.famous } else { 0.0 };
                people + famous + if namesake { weights.namesake } else { 0.0 }
            }
        };
        let seat = match place.seat {
            Seat::Country => weights.capital,
            Seat::Region => weights.region_seat,
            Seat::County => weights.county_seat,
            Seat::None => 0.0,
        };
        let by = match sense.by {
            By::Demonym if name.senses.len() > 1 => weights.derived,
            By::Name | By::Demonym => 0.0,
            By::Alias if is_town(place) => weights.alias,
            By::Alias => 0.0,
            By::Part => weights.stripped,
        };
        let english = place.kind != Kind::Country && place.country.is_some_and(|code| ENGLISH.contains(&code.as_str()));
        let english = if english { weights.english } else { 0.0 };
        let only = if name.senses.len() == 1 && sense.by != By::Alias { weights.only } else { 0.0 };
        let sort = if name.sort.is_some_and(|sort| sort.allows(place.kind)) { weights.sort } else { 0.0 };
        let settled = matches!(place.kind, Kind::Region | Kind::County | Kind::Town | Kind::Part);
        let own = || place.names().any(|name| name.starts_with("The ") || WITH_ARTICLE.contains(&name));
        let feature = if name.feature && settled && !own() { weights.feature } else { 0.0 };
        kind + seat + by + english + only + sort + feature
    };
    name.senses.iter().map(of).collect()
}

/// The best sense of a name.
fn best(
    weights: &Weights,
    name: &Name,
    priors: &[f64],
    around: &Around<'_>,
    (index, own, before): (usize, &Own, Option<&Choice>),
) -> Option<Choice> {
    let strict = name.said.iter().find(|said| said.strict);
    let mut scores: Vec<f64> = Vec::with_capacity(name.senses.len());
    for (sense, prior) in name.senses.iter().zip(priors) {
        scores.push(prior + context(weights, name, sense, around, (index, own, before), |_, _, _| {}));
    }
    let (at, top) =
        scores.iter().copied().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    // A text that says where a place is speaks of a place, also where the gazetteer does not know it.
    let none = weights.none;
    let most = top.max(none);
    let all: f64 = scores.iter().map(|score| (score - most).exp()).sum::<f64>() + (none - most).exp();
    let sense = *name.senses.get(at)?;
    // One place has several rows where a town and its district share a name.
    let same = |place: &Place<'_>| {
        let near = place.point.zip(sense.place.point).is_some_and(|(point, other)| point.distance(other) < SAME);
        place.country == sense.place.country && near
    };
    let rows = name.senses.iter().zip(&scores).filter(|(other, _)| same(&other.place));
    let confidence = rows.map(|(_, score)| (score - most).exp()).sum::<f64>() / all;
    if top < none || sense.place.kind == Kind::Elsewhere {
        return None;
    }
    // "Weston, Vermont" is not the Weston of Florida.
    let contradicted = strict.is_some_and(|said| {
        said.sure && is_small(&sense.place) && !said.within.iter().any(|place| context::lies_in(&sense.place, place))
    });
    if confidence < WEAK || contradicted && !has_equal(name, strict) {
        return None;
    }
    let first = priors.get(at).copied().unwrap_or(0.0);
    let mut reasons = vec![Reason { rule: rule_of(&sense), score: first, spans: Vec::new() }];
    context(weights, name, &sense, around, (index, own, before), |rule, score, span| {
        reasons.push(Reason { rule, score, spans: span.into_iter().collect() });
    });
    Some(Choice { sense, confidence, reasons })
}

/// Whether name and container may stand side by side in a list: "Georgia, Alabama and Florida".
fn has_equal(name: &Name, said: Option<&Said>) -> bool {
    let Some(said) = said.filter(|said| !said.short) else { return false };
    let equal = |place: &Place<'_>| {
        said.within
            .iter()
            .any(|other| other.kind == place.kind && (place.kind == Kind::Country || other.country == place.country))
    };
    name.senses.iter().any(|sense| !is_town(&sense.place) && equal(&sense.place))
}

fn rule_of(sense: &Sense) -> &'static str {
    match (sense.by, sense.place.kind) {
        (By::Demonym, _) => "demonym",
        (_, Kind::Country) => "country",
        (_, Kind::Region) => "region",
        (_, Kind::County) => "county",
        (_, Kind::Area) => "area",
        _ if sense.place.seat == Seat::Country => "capital",
        _ => "population",
    }
}

/// Whether two points can be so near that it counts, told without trigonometry.
fn may_be_near(one: Point, other: Point) -> bool {
    (one.latitude - other.latitude).abs() < 4.0 && (one.longitude - other.longitude).abs() < 12.0
}

/// What the document says for a sense.
fn context(
    weights: &Weights,
    name: &Name,
    sense: &Sense,
    around: &Around<'_>,
    (index, own, before): (usize, &Own, Option<&Choice>),
    mut note: impl FnMut(&'static str, f64, Option<Span>),
) -> f64 {
    let place = &sense.place;
    let mut add = |rule: &'static str, score: f64, span: Option<Span>| {
        if score != 0.0 {
            note(rule, score, span);
        }
        score
    };
    let mut sum = 0.0;
    let inside = |said: &&Said| said.within.iter().any(|container| context::lies_in(place, container));
    let strict = name.said.iter().find(|said| said.strict);
    if let Some(said) = strict {
        let equal = has_equal(name, Some(said));
        if inside(&said) {
            sum += add("said", if equal { weights.hinted } else { weights.said }, Some(said.span));
        } else if !equal && said.sure && is_small(place) {
            sum += add("said_elsewhere", weights.unsaid, Some(said.span));
        }
    }
    if let Some(said) = name.said.iter().filter(|said| !said.strict).find(inside) {
        sum += add("hinted", weights.hinted, Some(said.span));
    }
    if let Some(country) = place.country {
        let share = around.tally.country(country, own);
        sum += add("country_context", weights.in_country * share, None);
        if place.kind == Kind::Country {
            let share = around.tally.neighbours(country, own);
            sum += add("neighbour_context", weights.in_neighbours * share, None);
        } else {
            let share = around.tally.region(country, place.admin1, own);
            sum += add("region_context", weights.in_region * share, None);
        }
    }
    if is_town(place)
        && let Some(point) = place.point
    {
        let others = around.anchors.iter().filter(|(other, anchor)| *other != index && may_be_near(point, *anchor));
        let near: f64 = others.map(|(_, anchor)| (-point.distance(*anchor) / 100.0).exp()).sum();
        sum += add("near", weights.near * near.min(1.0), None);
        let mine = before.is_some_and(|before| before.sense.place.admin2 == place.admin2);
        let county = around.counties.get(&(place.admin1, place.admin2)).copied().unwrap_or(0);
        if !place.admin2.is_empty() && county > usize::from(mine) {
            sum += add("same_county", weights.same_county, None);
        }
    }
    sum
}
