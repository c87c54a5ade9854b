//! Which mentions name the same thing, and what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::classes::Class;
use super::gender::{self, Gender};
use super::people::{self, People};
use super::variants::Spellings;
use super::words::Words;
use super::{Form, Mention, acronyms, names};
use crate::document::Evidence;
use crate::stages::encoder::Kind;
use crate::text::Span;

/// From here on a reading counts as sure: the model is calibrated, and the kinds are three.
const CLEAR: f64 = 0.6;

/// A mention before it belongs to an entity.
pub(super) struct Found {
    pub(super) span: Span,
    pub(super) words: Range<usize>,
    pub(super) kind: Kind,
    pub(super) confidence: f64,
    /// Whether it stands in the title.
    pub(super) title: bool,
    /// By what it was found, where the model passed over it.
    pub(super) beside: Option<Evidence>,
}

/// Mentions that name the same thing.
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// In order, by their place among all mentions.
    pub(super) mentions: Vec<usize>,
    /// Why each of them is one.
    pub(super) evidence: Vec<Evidence>,
}

impl Group {
    /// The words of its names.
    pub(super) fn names<'a>(&self, found: &'a [Found]) -> impl Iterator<Item = &'a Range<usize>> {
        self.mentions.iter().filter_map(|index| found.get(*index)).map(|found| &found.words)
    }

    /// Its mentions as the record has them.
    pub(super) fn mentions<'a>(&'a self, found: &'a [Found]) -> impl Iterator<Item = Mention> + 'a {
        let found = self.mentions.iter().filter_map(|index| found.get(*index));
        found.zip(&self.evidence).map(|(found, evidence)| Mention {
            span: found.span,
            words: found.words.clone(),
            form: Form::Name,
            confidence: found.confidence,
            evidence: evidence.clone(),
        })
    }
}

/// Groups the mentions of a document, in the order in which each group is first named.
pub(super) fn group(words: &Words<'_>, found: &[Found]) -> Vec<Group> {
    let mut keys: Vec<String> = found.iter().map(|mention| names::key(words.text.slice(mention.span))).collect();
    let mut rules = vec!["same_name"; keys.len()];
    for (index, long) in acronyms::resolve(words, found, &keys) {
        (keys[index], rules[index]) = (long.key, long.rule);
    }
    for (index, key) in spelt_alike(found, &keys) {
        (keys[index], rules[index]) = (key, "spelling_variant");
    }

    // The same name is the same thing.
    let by_key = by_key(&keys);
    let kinds: BTreeMap<&str, Kind> = by_key.iter().map(|(key, members)| (*key, kind(found, members))).collect();
    let persons = kinds.iter().filter(|(_, kind)| **kind == Kind::Person).map(|(key, _)| *key).collect();
    let told = |key: &str| {
        let members = by_key.get(key)?.iter().filter_map(|index| found.get(*index));
        members.take(8).find_map(|mention| gender::around(words, &mention.words))
    };
    let mut people = People::of(&persons, told);
    let bodies = long_names(&kinds);
    // Mr and Mrs Harrow, of whom nobody has another name.
    let titled = |key: &str, gender| {
        let mut members = by_key.get(key).into_iter().flatten().filter_map(|index| found.get(*index)).take(64);
        members.any(|mention| title(words, mention) == Some(gender))
    };
    let is_couple = |key: &&str| !key.contains(' ') && titled(key, Gender::Female) && titled(key, Gender::Male);
    let couples: BTreeSet<&str> = persons.iter().copied().filter(is_couple).collect();
    let mut last_titled: BTreeMap<&str, Gender> = BTreeMap::new();

    let mut groups: BTreeMap<(&str, Option<Gender>), Vec<usize>> = BTreeMap::new();
    for (index, (mention, key)) in found.iter().zip(&keys).enumerate() {
        let key = key.as_str();
        let title = title(words, mention);
        let is_person =
            !people.bears(key) || is_person(words, found, mention, by_key.get(key).map_or(&[], Vec::as_slice));
        let owner = if is_person { people.owner(key, title) } else { None };
        let home = match (owner, bodies.get(key)) {
            (Some(owner), _) => {
                if rules[index] == "same_name" {
                    rules[index] = owner.rule;
                }
                (owner.key, None)
            }
            (None, Some(Some(long))) if kinds.get(key) == Some(&Kind::Organisation) => {
                rules[index] = "short_name";
                (*long, None)
            }
            _ if is_person && couples.contains(key) => {
                let who = title.or_else(|| last_titled.get(key).copied());
                last_titled.extend(who.map(|who| (key, who)));
                (key, who)
            }
            _ => (key, None),
        };
        groups.entry(home).or_default().push(index);
    }

    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|((home, _), mentions)| {
            let basis = mentions.iter().copied().find(|index| keys[*index] == home).or(mentions.first().copied());
            let basis = basis.and_then(|index| found.get(index)).map(|mention| mention.span);
            let evidence = mentions.iter().map(|index| because(&found[*index], rules[*index], basis)).collect();
            Group { kind: kind(found, &mentions), name: name(words, found, &mentions), mentions, evidence }
        })
        .collect();
    groups.sort_by_key(|group| group.mentions.first().copied());
    groups
}

/// Why a mention is one of its entity's.
fn because(mention: &Found, rule: &'static str, basis: Option<Span>) -> Evidence {
    match (&mention.beside, basis) {
        (Some(evidence), _) => evidence.clone(),
        (None, Some(basis)) if basis != mention.span => Evidence::of(rule, [basis]),
        _ => Evidence::of("name", [mention.span]),
    }
}

/// The mentions of each name.
fn by_key(keys: &[String]) -> BTreeMap<&str, Vec<usize>> {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        by_key.entry(key).or_default().push(index);
    }
    by_key
}

/// The gender that the title before a name tells.
fn title(words: &Words<'_>, mention: &Found) -> Option<Gender> {
    words.title(mention.words.start).and_then(|at| gender::of_noun(words.lower(at)))
}

/// Whether a mention of a name that is somebody's is that person's: Jordan beside Michael Jordan. The words next to it
/// tell; else how it was read, if that is clear; else how the clear ones of its kind were.
fn is_person(words: &Words<'_>, found: &[Found], mention: &Found, members: &[usize]) -> bool {
    let clear = |mention: &Found| !mention.title && mention.confidence >= CLEAR;
    let before = words.title(mention.words.start);
    let after = mention.words.end.checked_sub(1).and_then(|last| words.after(last));
    match () {
        () if before.is_some_and(|at| words.is(at, Class::Title) && words.lower(at) != "state") => true,
        () if after.is_some_and(|at| words.is(at, Class::Human)) => true,
        () if before.is_some_and(|at| words.is(at, Class::Locative)) => mention.kind == Kind::Person,
        () if clear(mention) => mention.kind == Kind::Person,
        () => {
            let others = members.iter().take(64).filter_map(|index| found.get(*index));
            !others.into_iter().any(|other| clear(other) && other.kind != Kind::Person)
        }
    }
}

/// The surnames that are spelt like another of the document: the mention, and its name in that other spelling.
fn spelt_alike(found: &[Found], keys: &[String]) -> Vec<(usize, String)> {
    let by_key = by_key(keys);
    let is_person = |key: &str| by_key.get(key).is_some_and(|members| kind(found, members) == Kind::Person);
    let persons: BTreeSet<&str> = by_key.keys().copied().filter(|key| is_person(key)).collect();
    let named = || keys.iter().map(String::as_str).filter(|key| persons.contains(key));
    let spellings = Spellings::of(named().map(|key| {
        let (bare, _) = people::without_suffix(key);
        bare.rsplit_once(' ').map_or((bare, None), |(given, last)| (last, given.split(' ').next()))
    }));
    let respelt = |key: &str| {
        let (bare, suffix) = people::without_suffix(key);
        let (given, last) = bare.rsplit_once(' ').unwrap_or(("", bare));
        let canonical = spellings.canonical(last);
        (canonical != last).then(|| [given, canonical, suffix].join(" ").trim().to_owned())
    };
    let numbered = keys.iter().enumerate().filter(|(_, key)| persons.contains(key.as_str()));
    numbered.filter_map(|(index, key)| Some((index, respelt(key)?))).collect()
}

/// The kind that the mentions make likely together. The square lets one clear sentence outweigh several unclear ones,
/// and a title, where capitals and missing verbs mislead, counts a quarter.
fn kind(found: &[Found], members: &[usize]) -> Kind {
    let mut weights = [(Kind::Person, 0.0), (Kind::Organisation, 0.0), (Kind::Place, 0.0)];
    for mention in members.iter().map(|index| &found[*index]) {
        let weight = mention.confidence.powi(2) * if mention.title { 0.25 } else { 1.0 };
        for (kind, sum) in &mut weights {
            *sum += if *kind == mention.kind { weight } else { 0.0 };
        }
    }
    let best = weights.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map_or(Kind::Organisation, |(kind, _)| kind)
}

/// The most complete of the names: the one with most words, rather not in capitals, the earliest.
fn name(words: &Words<'_>, found: &[Found], members: &[usize]) -> String {
    let shown = members.iter().map(|index| names::shown(words.text.slice(found[*index].span)));
    let rank = |name: &String| {
        let long = name.chars().count();
        let shouted = long > 4 && !name.contains(char::is_lowercase);
        (!shouted, name.split(' ').count(), long)
    };
    let best = shown.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best });
    best.unwrap_or_default()
}

/// The one organisation whose name begins or ends with a shorter one: Larkspur Systems is Larkspur too. None where there
/// are several.
fn long_names<'a>(kinds: &BTreeMap<&'a str, Kind>) -> BTreeMap<&'a str, Option<&'a str>> {
    let mut long: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for key in kinds.iter().filter(|(_, kind)| **kind == Kind::Organisation).map(|(key, _)| *key) {
        let spaces: Vec<usize> = key.match_indices(' ').map(|(space, _)| space).collect();
        let fronts = spaces.iter().take(3).filter_map(|space| key.get(..*space));
        let backs = spaces.iter().rev().take(3).filter_map(|space| key.get(space + 1..));
        for short in fronts.chain(backs) {
            long.entry(short).and_modify(|only| *only = only.filter(|only| *only == key)).or_insert(Some(key));
        }
    }
    long
}
