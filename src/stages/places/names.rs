//! What a name may mean: the rows of the gazetteer that have it, read as news writes names.

use crate::knowledge::countries::{Countries, Origin};
use crate::knowledge::key;
use crate::knowledge::places::{Code, Kind, Named, Place, Places};

/// A place that a name may mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sense {
    pub(super) place: Place<'static>,
    /// How the name leads to it.
    pub(super) by: By,
}

/// How a name leads to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// It is the place's first name.
    Name,
    /// It is another of its names.
    Alias,
    /// It is its name and a word for what or where it is: northern Iraq, City of Leeds.
    Part,
    /// It is an adjective of it, or what its people are called.
    Demonym,
}

/// More senses of a name than this are not weighed; the table has large towns first.
const MOST: usize = 120;

/// Everything that a name may mean. After a comma also short forms of regions count: Fort Lee, NJ.
pub(super) fn senses(gazetteer: &'static Places, name: &str, follows: bool) -> Vec<Sense> {
    let name = bare(name);
    let exact = exact(gazetteer, name, follows);
    // "Polish" is what is from Poland, although a village has that name; "Lombard" may be either.
    let known = exact.iter().any(|sense| sense.place.kind <= Kind::Region || sense.place.kind == Kind::Area);
    if !known && let Some(place) = demonym(gazetteer, name) {
        let towns = if place.kind == Kind::Country { Vec::new() } else { exact };
        return towns.into_iter().chain([Sense { place, by: By::Demonym }]).collect();
    }
    if !exact.is_empty() {
        return exact;
    }
    stripped(gazetteer, name)
}

/// The countries, regions, counties and areas that a name may mean where it says what another place is in; there also
/// short forms count: Tex., TX.
pub(super) fn containers(gazetteer: &'static Places, name: &str) -> Vec<Place<'static>> {
    let exact = exact(gazetteer, bare(name), true).into_iter().map(|sense| sense.place);
    exact.filter(|place| matches!(place.kind, Kind::Country | Kind::Region | Kind::County | Kind::Area)).collect()
}

/// The counties that a name means before the word "County" or "Parish".
pub(super) fn counties(gazetteer: &'static Places, name: &str) -> Vec<Sense> {
    let both = ["County", "Parish"].iter().flat_map(|word| exact(gazetteer, &format!("{} {word}", bare(name)), false));
    both.filter(|sense| sense.place.kind == Kind::County).collect()
}

/// The country, region or county in the name of something else: University of Georgia, Lamar County Sheriff. At its
/// beginning a town counts too: Valley Falls Herald.
pub(super) fn inside<'a>(gazetteer: &'static Places, name: &'a str, towns: bool) -> Option<&'a str> {
    let name = bare(name);
    let starts =
        name.char_indices().zip(std::iter::once(' ').chain(name.chars())).filter(|((_, _), before)| *before == ' ');
    let starts: Vec<usize> = starts.map(|((at, _), _)| at).take(WORDS).collect();
    let ends: Vec<usize> = starts.iter().skip(1).map(|at| at - 1).chain([name.len()]).collect();
    for (index, start) in starts.iter().enumerate() {
        for end in ends.iter().skip(index).take(3).rev() {
            let Some(part) = name.get(*start..*end) else { continue };
            let found = exact(gazetteer, part, false).into_iter().any(|sense| match sense.place.kind {
                Kind::Country | Kind::Region | Kind::County => true,
                Kind::Town => towns && index == 0,
                _ => false,
            });
            if found {
                return Some(part);
            }
        }
    }
    None
}

/// As many words of a name are looked at.
const WORDS: usize = 8;

/// Whether a town of this name has so many inhabitants that it is seldom said where it is.
pub(super) fn has_large_town(gazetteer: &'static Places, name: &str) -> bool {
    let key = key(bare(name));
    gazetteer.named(&key).take(MOST).any(|named| named.place.kind == Kind::Town && named.place.population > 200_000)
}

/// A name without the article before it.
fn bare(name: &str) -> &str {
    let name = name.trim();
    ["the ", "The ", "THE "].iter().find_map(|article| name.strip_prefix(article)).unwrap_or(name)
}

/// The places of exactly this name.
fn exact(gazetteer: &'static Places, name: &str, inside: bool) -> Vec<Sense> {
    if !starts_as_name(name) {
        return Vec::new();
    }
    let key = key(name);
    let rows = gazetteer.named(&key).filter(|named| fits(name, named, inside)).take(MOST);
    let is_name = |named: &Named<'_>| named.name == 0 || spelt(&self::key(named.place.name())) == spelt(&key);
    let rows: Vec<(usize, bool)> = rows.map(|named| (named.place.number(), is_name(&named))).collect();
    let sense = |(row, is_name): (usize, bool)| {
        let by = if is_name { By::Name } else { By::Alias };
        Some(Sense { place: gazetteer.place(row)?, by })
    };
    rows.into_iter().filter_map(sense).collect()
}

/// A key with its first word in full: St. Louis is Saint Louis.
fn spelt(key: &str) -> String {
    let whole = |(short, whole): &(&str, &str)| Some(format!("{whole}{}", key.strip_prefix(short)?));
    let short = [("st ", "saint "), ("ste ", "sainte "), ("mt ", "mount "), ("ft ", "fort "), ("pt ", "point ")];
    short.iter().find_map(whole).unwrap_or_else(|| key.to_owned())
}

/// Whether it is written as names are: a word in lower case is no town.
fn starts_as_name(name: &str) -> bool {
    name.chars().next().is_some_and(|c| !c.is_lowercase() && !c.is_numeric())
}

/// Whether the name as written may be the name as the table has it: where there are few letters, capitals and dots tell
/// the state of Louisiana (La.) from Los Angeles (LA), and the United States (US) from a town (Us).
fn fits(written: &str, named: &Named<'_>, inside: bool) -> bool {
    let kept = named.written();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
    let is_loud = |text: &str| !text.chars().any(char::is_lowercase);
    if letters(kept) > 3 {
        return true;
    }
    let short = named.place.kind == Kind::Region && (kept.contains('.') || is_loud(kept));
    if short {
        // "N.Y." and "Calif." stand alone too; "MS" may be anything.
        let whole = kept == written && kept.contains('.');
        return whole || inside && (is_loud(kept) && is_loud(written) || kept.ends_with('.') && !is_loud(written));
    }
    is_loud(kept) == is_loud(written)
}

/// What stands before a name without being part of it, and what is left is then.
const BEFORE: &[(&str, Left)] = &[
    ("City of ", Left::Town),
    ("Town of ", Left::Town),
    ("Village of ", Left::Town),
    ("Borough of ", Left::Town),
    ("Port of ", Left::Town),
    ("State of ", Left::Division),
    ("Province of ", Left::Division),
    ("Republic of ", Left::Division),
    ("Commonwealth of ", Left::Division),
    ("Greater ", Left::Town),
    ("Downtown ", Left::Town),
    ("Metro ", Left::Town),
    ("Metropolitan ", Left::Town),
    ("Central ", Left::Any),
    ("Northern ", Left::Any),
    ("Southern ", Left::Any),
    ("Eastern ", Left::Any),
    ("Western ", Left::Any),
    ("North ", Left::Any),
    ("South ", Left::Any),
    ("East ", Left::Any),
    ("West ", Left::Any),
    ("Northeastern ", Left::Any),
    ("Northwestern ", Left::Any),
    ("Southeastern ", Left::Any),
    ("Southwestern ", Left::Any),
    ("Northeast ", Left::Any),
    ("Northwest ", Left::Any),
    ("Southeast ", Left::Any),
    ("Southwest ", Left::Any),
    ("Upper ", Left::Any),
    ("Lower ", Left::Any),
    ("Inner ", Left::Any),
    ("Rural ", Left::Any),
    ("Mainland ", Left::Any),
];

/// The same after a name.
const AFTER: &[(&str, Left)] = &[
    (" City", Left::Town),
    (" Town", Left::Town),
    (" Village", Left::Town),
    (" Township", Left::Town),
    (" Borough", Left::Town),
    (" area", Left::Town),
    (" Area", Left::Town),
    (" State", Left::Division),
    (" Province", Left::Division),
    (" Region", Left::Division),
    (" Oblast", Left::Division),
    (" Governorate", Left::Division),
    (" Prefecture", Left::Division),
    (" District", Left::Division),
    (" County", Left::County),
    (" Parish", Left::County),
];

/// What a name is once a word beside it is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Town,
    Division,
    County,
    Any,
}

impl Left {
    fn allows(self, kind: Kind) -> bool {
        match self {
            Self::Town => matches!(kind, Kind::Town | Kind::Part),
            Self::Division => matches!(kind, Kind::Region | Kind::County | Kind::Country),
            Self::County => kind == Kind::County,
            Self::Any => matches!(kind, Kind::Country | Kind::Region | Kind::County | Kind::Town),
        }
    }
}

/// The senses of a name without a word before or after it.
fn stripped(gazetteer: &'static Places, name: &str) -> Vec<Sense> {
    if let Some(rest) = strip(name, "County of ", true) {
        return exact(gazetteer, &format!("{rest} County"), false);
    }
    let before = BEFORE.iter().filter_map(|(word, left)| Some((strip(name, word, true)?, *left)));
    let after = AFTER.iter().filter_map(|(word, left)| Some((strip(name, word, false)?, *left)));
    for (rest, left) in before.chain(after) {
        let senses = exact(gazetteer, rest, false).into_iter().filter(|sense| left.allows(sense.place.kind));
        let senses: Vec<Sense> = senses.map(|sense| Sense { by: By::Part, ..sense }).collect();
        if !senses.is_empty() {
            return senses;
        }
    }
    Vec::new()
}

/// The rest of a name that begins, or ends, with a word, in any case.
fn strip<'a>(name: &'a str, word: &str, before: bool) -> Option<&'a str> {
    let cut = if before { word.len() } else { name.len().checked_sub(word.len())? };
    let (head, tail) = name.split_at_checked(cut)?;
    let (found, rest) = if before { (head, tail) } else { (tail, head) };
    (found.eq_ignore_ascii_case(word) && !rest.is_empty()).then_some(rest)
}

/// The place that a demonym belongs to.
fn demonym(gazetteer: &'static Places, word: &str) -> Option<Place<'static>> {
    place_of(gazetteer, Countries::built_in().demonym(word)?.of)
}

/// The place that people or things are from.
pub(super) fn place_of(gazetteer: &'static Places, origin: Origin) -> Option<Place<'static>> {
    match origin {
        Origin::Country(code) => gazetteer.by_id(Countries::built_in().by_code(code)?.geonames),
        Origin::Region(code) => {
            let (country, admin1) = code.split_once('.')?;
            gazetteer.region(Code::of(country)?, admin1)
        }
        Origin::Area(name) => {
            let sense = exact(gazetteer, bare(name), false);
            sense.iter().find(|sense| sense.place.kind == Kind::Area).map(|sense| sense.place)
        }
        Origin::Town(_) => None,
    }
}
