//! What a document says about where it is: countries and regions that it names or derives words from, and what stands
//! around a name.

use std::collections::BTreeMap;

use super::names;
use crate::knowledge::countries::{Countries, Origin};
use crate::knowledge::places::{Code, Kind, Place, Places};
use crate::text::{Span, Text};

/// How much a document speaks of each country and of each first-level region.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    countries: BTreeMap<Code, f64>,
    regions: BTreeMap<(Code, &'static str), f64>,
    /// Of all countries.
    in_countries: f64,
    /// Of all regions.
    in_regions: f64,
}

/// As if the document spoke so much of somewhere else: a single word proves little.
const ELSEWHERE: f64 = 1.5;

impl Tally {
    /// Adds that the document speaks of a place; with a weight below 0, takes it away.
    pub(super) fn add(&mut self, place: &Place<'static>, weight: f64) {
        let Some(country) = place.country else { return };
        *self.countries.entry(country).or_default() += weight;
        self.in_countries += weight;
        if place.kind != Kind::Country && !place.admin1.is_empty() {
            *self.regions.entry((country, place.admin1)).or_default() += weight;
            self.in_regions += weight;
        }
    }

    /// The share of a place's country in what the document speaks of, without `own`.
    pub(super) fn country(&self, country: Code, own: &Own) -> f64 {
        let weight = self.countries.get(&country).copied().unwrap_or(0.0) - own.country(country);
        share(weight, self.in_countries - own.weight)
    }

    /// The share of the countries that have a border with a country.
    pub(super) fn neighbours(&self, country: Code, own: &Own) -> f64 {
        let Some(known) = Countries::built_in().by_code(country.as_str()) else { return 0.0 };
        let codes = known.neighbours.iter().filter_map(|code| Code::of(code));
        let weight: f64 = codes.map(|code| self.countries.get(&code).copied().unwrap_or(0.0) - own.country(code)).sum();
        share(weight, self.in_countries - own.weight)
    }

    /// The share of a first-level region among the regions.
    pub(super) fn region(&self, country: Code, admin1: &'static str, own: &Own) -> f64 {
        if admin1.is_empty() {
            return 0.0;
        }
        let mine = if own.country == Some(country) && own.admin1 == admin1 { own.weight } else { 0.0 };
        let all = if own.admin1.is_empty() { 0.0 } else { own.weight };
        let weight = self.regions.get(&(country, admin1)).copied().unwrap_or(0.0) - mine;
        share(weight, self.in_regions - all)
    }
}

fn share(weight: f64, all: f64) -> f64 {
    weight.max(0.0) / (all.max(0.0) + ELSEWHERE)
}

/// What an entity has itself added to the tally, which is no evidence for it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    country: Option<Code>,
    admin1: &'static str,
    weight: f64,
}

impl Own {
    /// What was added for a place.
    pub(super) fn of(place: &Place<'static>, weight: f64) -> Self {
        let admin1 = if place.kind == Kind::Country { "" } else { place.admin1 };
        Self { country: place.country, admin1, weight: if place.country.is_some() { weight } else { 0.0 } }
    }

    fn country(&self, country: Code) -> f64 {
        if self.country == Some(country) { self.weight } else { 0.0 }
    }
}

/// Every word of a text that is derived from a country or a region, with its place and the first span it has.
pub(super) fn demonyms(gazetteer: &'static Places, text: &Text, parts: impl Iterator<Item = Span>) -> Vec<Derived> {
    let countries = Countries::built_in();
    let mut found: BTreeMap<Origin, (Span, u32)> = BTreeMap::new();
    for part in parts {
        let mut before: Option<Span> = None;
        for word in words(text, part) {
            if !text.slice(word).starts_with(char::is_uppercase) {
                before = None;
                continue;
            }
            // "South Korean" before "Korean".
            let pair = before.map(|before| text.join(before, word)).filter(|pair| pair.len() <= 40);
            let hit = pair.and_then(|pair| Some((pair, countries.demonym(text.slice(pair))?)));
            let hit = hit.or_else(|| Some((word, countries.demonym(text.slice(word))?)));
            if let Some((span, demonym)) = hit {
                found.entry(demonym.of).or_insert((span, 0)).1 += 1;
            }
            before = Some(word);
        }
    }
    let derived = found.into_iter().filter_map(|(of, (span, times))| {
        let place = names::place_of(gazetteer, of)?;
        Some(Derived { place, span, times })
    });
    derived.collect()
}

/// A place from which words of the document are derived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Derived {
    pub(super) place: Place<'static>,
    /// The first of them.
    pub(super) span: Span,
    /// How many.
    pub(super) times: u32,
}

/// The words of a span: letters, with dots, hyphens and apostrophes between them.
pub(super) fn words(text: &Text, span: Span) -> impl Iterator<Item = Span> {
    let slice = text.slice(span);
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = slice.get(at..)?;
        let start = at + rest.find(char::is_alphanumeric)?;
        let inside = slice.get(start..)?;
        let length = inside.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '\'' | '’')));
        let end = start + length.unwrap_or(inside.len());
        at = end;
        let word = slice.get(start..end)?;
        let kept = word.trim_end_matches(['.', '-', '\'', '’']);
        let kept = kept.strip_suffix("'s").or_else(|| kept.strip_suffix("’s")).unwrap_or(kept);
        // Abbreviations keep their dot: U.S.
        let kept = if kept.contains('.') && word.get(kept.len()..)?.starts_with('.') {
            word.get(..kept.len() + 1)?
        } else {
            kept
        };
        text.span_in(span, start..start + kept.len())
    })
}

/// A place in which a name is said to be, and the words that say so.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// What the words may mean.
    pub(super) within: Vec<Place<'static>>,
    pub(super) span: Span,
    /// Whether they follow the name after a comma or in brackets; else they stand in the same sentence.
    pub(super) strict: bool,
    /// Whether they are the abbreviation of a state, which only follows a town: Mo., TX.
    pub(super) short: bool,
    /// Whether a town that is elsewhere cannot be meant: news writes towns with their states so, and no large town has
    /// the state's name.
    pub(super) sure: bool,
}

/// Bytes after a name within which the place that it is in must begin.
const AFTER: usize = 80;

/// What a text says after a name about where it is: "Paris, Texas", "Moss Landing (Calif.)", "Basra in southern Iraq".
pub(super) fn said_after(gazetteer: &'static Places, text: &Text, mention: Span) -> Option<Said> {
    let all = text.as_str();
    let end = all.floor_char_boundary(mention.end().saturating_add(AFTER));
    let rest = all.get(mention.end()..end)?;
    let rest = rest.split('\n').next()?;
    let trimmed = rest.trim_start_matches('.');
    let (strict, after) = match () {
        () if trimmed.starts_with(", ") => (true, trimmed.get(2..)?),
        () if trimmed.starts_with(" (") => (true, trimmed.get(2..)?),
        () if trimmed.starts_with(" in ") => (false, trimmed.get(4..)?),
        () => return None,
    };
    let (after, loose) = without_direction(after);
    let strict = strict && !loose;
    let start = mention.end() + (rest.len() - after.len());
    let (within, length) = longest(gazetteer, after)?;
    let span = text.span(start..start + length)?;
    let next = after.get(length..).unwrap_or_default();
    // "In Kabul, Pakistan's minister", "In Washington, Georgia Sen. Cole": no place is said to be in another there.
    let goes_on = next.starts_with(['\'', '’']) || next.trim_start().starts_with(char::is_uppercase);
    let written = text.slice(span);
    let brief = written.ends_with('.') || written.chars().filter(|c| c.is_alphabetic()).count() <= 3;
    let short = brief && within.iter().all(|place| place.kind != Kind::Country);
    let strict = strict && (short || !goes_on);
    let stated = within.iter().any(|place| {
        place.kind == Kind::Region && place.country.is_some_and(|code| ["AU", "CA", "US"].contains(&code.as_str()))
    });
    let sure = strict && stated && !names::has_large_town(gazetteer, written);
    Some(Said { within, span, strict, short, sure })
}

/// Words that may stand between a place and what it lies in: "a town in northern", "southern port of".
#[rustfmt::skip]
const BETWEEN: &[&str] = &[
    "a", "an", "the", "in", "near", "of", "city", "town", "village", "suburb", "port", "resort", "capital", "state",
    "province", "region", "district", "community", "hamlet", "island", "territory", "northern", "southern", "eastern",
    "western", "central", "north", "south", "east", "west", "northeastern", "northwestern", "southeastern",
    "southwestern", "north-eastern", "north-western", "south-eastern", "south-western", "northeast", "northwest",
    "southeast", "southwest", "upstate", "coastal", "border", "small", "rural", "remote", "neighbouring",
    "neighboring", "nearby", "industrial", "holy", "ancient", "historic", "largest", "second", "biggest", "main",
    "commercial", "financial", "mountain", "desert", "oil-rich", "besieged", "rebel-held", "occupied", "contested",
];

/// The text after words such as "a town in northern", and whether there were any.
fn without_direction(text: &str) -> (&str, bool) {
    let mut rest = text;
    let mut loose = false;
    for _ in 0..6 {
        let Some((word, after)) = rest.split_once(' ') else { break };
        if !BETWEEN.contains(&word) {
            break;
        }
        loose |= word != "the";
        rest = after;
    }
    (rest, loose)
}

/// The longest name of a country, a region or a county that a text begins with, and its length.
fn longest(gazetteer: &'static Places, text: &str) -> Option<(Vec<Place<'static>>, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let stop = matches!(c, ',' | ';' | ':' | ')' | '(' | '—' | '–' | '"' | '“' | '”');
        // A name may end before a blank, a mark, a possessive; and with its dot or before it.
        if stop || c.is_whitespace() || matches!(c, '.' | '\'' | '’') {
            ends.push(at);
        }
        if c == '.' && next.is_none_or(|next| !next.is_alphanumeric()) {
            ends.push(at + 1);
        }
        if stop || ends.len() >= 10 {
            break;
        }
    }
    if ends.len() < 10 && !text.ends_with([',', ';', ':', ')', '(']) {
        ends.push(text.len());
    }
    ends.sort_unstable();
    ends.dedup();
    ends.iter().rev().find_map(|end| {
        let name = text.get(..*end).filter(|name| name.starts_with(char::is_uppercase))?;
        let within = names::containers(gazetteer, name);
        (!within.is_empty()).then_some((within, *end))
    })
}

/// Whether a place lies in another.
pub(super) fn lies_in(place: &Place<'_>, container: &Place<'_>) -> bool {
    if place.number() == container.number() || place.country.is_none() || place.country != container.country {
        return false;
    }
    match container.kind {
        Kind::Country => place.kind != Kind::Country,
        Kind::Region => place.admin1 == container.admin1 && !matches!(place.kind, Kind::Country | Kind::Region),
        Kind::County => {
            place.admin1 == container.admin1
                && place.admin2 == container.admin2
                && matches!(place.kind, Kind::Town | Kind::Part)
        }
        Kind::Area => container.admin1.is_empty() || place.admin1 == container.admin1,
        _ => false,
    }
}

/// Bytes before a name in which a country is looked for.
const BEFORE: usize = 70;

/// What a text says before a name about where it is: "the Turkish town of Silvan", "Syria's Aleppo".
pub(super) fn said_before(gazetteer: &'static Places, text: &Text, mention: Span) -> Option<Said> {
    let all = text.as_str();
    let start = all.ceil_char_boundary(mention.start().saturating_sub(BEFORE));
    let head = text.span(start..mention.start())?;
    // Not across the end of a sentence or a line, nor into another part of it.
    let slice = text.slice(head);
    let from = slice
        .rfind(['\n', ';', ':', '(', ',', '“', '"'])
        .map_or(0, |at| at + slice.get(at..).map_or(1, |rest| rest.chars().next().map_or(1, char::len_utf8)));
    let head = text.span_in(head, from..slice.len())?;
    let words: Vec<Span> = words(text, head).collect();
    let countries = Countries::built_in();
    for (index, word) in words.iter().enumerate().rev().take(7) {
        if BETWEEN.contains(&text.slice(*word)) {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let pair = before.map(|before| text.join(*before, *word));
        return pair.into_iter().chain([*word]).find_map(|span| {
            let slice = text.slice(span);
            let demonym = countries.demonym(slice).and_then(|demonym| names::place_of(gazetteer, demonym.of));
            let after = all.get(span.end()..)?;
            let possessive = after.starts_with("'s ") || after.starts_with("’s ");
            let within = match demonym {
                Some(place) => vec![place],
                None if possessive => names::containers(gazetteer, slice),
                None => Vec::new(),
            };
            (!within.is_empty()).then_some(Said { within, span, strict: false, short: false, sure: false })
        });
    }
    None
}

/// What stands behind the name of a river or a range, and makes it another name: the Po valley.
#[rustfmt::skip]
const FEATURES: &[&str] = &[
    "basin", "bay", "canyon", "coast", "delta", "desert", "estuary", "forest", "glacier", "gorge", "gulf", "hills",
    "lagoon", "mountain", "mountains", "peninsula", "plain", "plains", "plateau", "range", "reservoir", "river", "steppe",
    "strait", "valley", "wetlands",
];

/// What may follow a name that describes nothing.
#[rustfmt::skip]
const AFTER_NAMES: &[&str] = &[
    "are", "as", "at", "before", "but", "by", "for", "from", "had", "has", "in", "into", "is", "near", "on", "since",
    "was", "were", "when", "where", "which", "will", "with",
];

/// Whether a name has an article as those of rivers and ranges have: across the Po, the Po valley. "The Paris march" is
/// one of a town.
pub(super) fn is_feature(text: &Text, mention: Span) -> bool {
    let all = text.as_str();
    let (before, after) =
        (all.get(..mention.start()).unwrap_or_default(), all.get(mention.end()..).unwrap_or_default());
    let article = before.strip_suffix("the ").or_else(|| before.strip_suffix("The "));
    if article.is_none_or(|rest| rest.ends_with(char::is_alphanumeric)) {
        return false;
    }
    let Some(rest) = after.strip_prefix([' ', '\n']) else {
        // "The Paramus, NJ, mall" is in that town.
        let contained = after.strip_prefix(", ").is_some_and(|rest| rest.starts_with(char::is_uppercase));
        return !contained && !after.starts_with(['-', '\'', '’']);
    };
    let word = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    word.is_empty() || AFTER_NAMES.contains(&word) || FEATURES.contains(&word)
}

/// What sort of place the words right before or after a name say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// New York state, the province of Idlib.
    Division,
    /// Orange County.
    County,
    /// Quebec city, the town of Of.
    Town,
}

impl Sort {
    /// Whether a place may be of this sort.
    pub(super) fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Division => matches!(kind, Kind::Region | Kind::County),
            Self::County => kind == Kind::County,
            Self::Town => matches!(kind, Kind::Town | Kind::Part),
        }
    }
}

/// The sort of place that a text says a name is.
pub(super) fn sort_of(text: &Text, mention: Span) -> Option<Sort> {
    const WORDS: [(&str, Sort); 16] = [
        ("state", Sort::Division),
        ("province", Sort::Division),
        ("region", Sort::Division),
        ("governorate", Sort::Division),
        ("prefecture", Sort::Division),
        ("oblast", Sort::Division),
        ("State", Sort::Division),
        ("Province", Sort::Division),
        ("Region", Sort::Division),
        ("Oblast", Sort::Division),
        ("County", Sort::County),
        ("county", Sort::County),
        ("Parish", Sort::County),
        ("city", Sort::Town),
        ("town", Sort::Town),
        ("village", Sort::Town),
    ];
    let all = text.as_str();
    let (before, after) = (all.get(..mention.start())?, all.get(mention.end()..)?);
    let sort = |found: &str| WORDS.iter().find(|(word, _)| *word == found).map(|(_, sort)| *sort);
    let next = after.strip_prefix(' ').and_then(|after| after.split(|c: char| !c.is_alphabetic()).next());
    let last = before.strip_suffix(" of ").and_then(|before| before.rsplit(|c: char| !c.is_alphabetic()).next());
    // "The Paris city council" meets in a town, "New York state police" in a state.
    next.and_then(sort).or_else(|| last.and_then(sort))
}
