//! Which mentions name the same thing, and what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Form, Mention, names};
use crate::document::Evidence;
use crate::stages::encoder::Kind;
use crate::text::{Span, Text};

/// From here on a reading counts as sure: the model is calibrated, and the kinds are three.
const CLEAR: f64 = 0.6;

/// A mention before it belongs to an entity.
pub(super) struct Found {
    pub(super) span: Span,
    pub(super) words: Range<usize>,
    pub(super) kind: Kind,
    pub(super) confidence: f64,
    /// The segment it stands in, counted over the story.
    pub(super) segment: usize,
    /// Whether that is the title.
    pub(super) title: bool,
}

impl Found {
    pub(super) fn mention(&self) -> Mention {
        let evidence = Evidence::of("name", [self.span]);
        Mention { span: self.span, words: self.words.clone(), form: Form::Name, confidence: self.confidence, evidence }
    }
}

/// Mentions that name the same thing.
pub(super) struct Group {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// In order, by their place among all mentions.
    pub(super) mentions: Vec<usize>,
}

/// Groups the mentions of a document, in the order in which each group is first named.
pub(super) fn group(text: &Text, found: &[Found]) -> Vec<Group> {
    let keys: Vec<String> = found.iter().map(|mention| names::key(text.slice(mention.span))).collect();
    let keys = resolve_acronyms(text, found, keys);

    // The same name is the same thing.
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        by_key.entry(key).or_default().push(index);
    }
    let kinds: BTreeMap<&str, Kind> = by_key.iter().map(|(key, members)| (*key, kind(found, members))).collect();

    // A surname that is clearly read as a place is one: Jordan beside Michael Jordan.
    let is_clear = |member: &usize| !found[*member].title && found[*member].confidence >= CLEAR;
    let not_person = |key: &str| kinds[key] != Kind::Person && by_key[key].iter().any(is_clear);
    let not_persons: BTreeSet<&str> = by_key.keys().copied().filter(|key| not_person(key)).collect();

    let mut people = People::of(&keys, &kinds);
    let bodies = long_names(&keys, &kinds);
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, key) in keys.iter().enumerate() {
        let owner = if not_persons.contains(key.as_str()) { None } else { people.owner(key) };
        let owner = owner.or_else(|| match bodies.get(key.as_str()) {
            Some(Bearers::One(long)) if kinds[key.as_str()] == Kind::Organisation => Some(long),
            _ => None,
        });
        groups.entry(owner.unwrap_or(key)).or_default().push(index);
    }

    let mut groups: Vec<Group> = groups
        .into_values()
        .map(|mentions| Group { kind: kind(found, &mentions), name: name(text, found, &mentions), mentions })
        .collect();
    groups.sort_by_key(|group| group.mentions.first().copied());
    groups
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
fn name(text: &Text, found: &[Found], members: &[usize]) -> String {
    let shown = members.iter().map(|index| names::shown(text.slice(found[*index].span)));
    let rank = |name: &String| {
        let long = name.chars().count();
        let shouted = long > 4 && !name.contains(char::is_lowercase);
        (!shouted, name.split(' ').count(), long)
    };
    let best = shown.reduce(|best, next| if rank(&next) > rank(&best) { next } else { best });
    best.unwrap_or_default()
}

/// Gives an acronym the key of the long name that it follows in brackets: World Health Organization (WHO).
fn resolve_acronyms(text: &Text, found: &[Found], mut keys: Vec<String>) -> Vec<String> {
    let mut acronyms: BTreeMap<String, String> = BTreeMap::new();
    for (mention, key) in found.iter().zip(&keys) {
        let after = text.as_str().get(mention.span.end()..).unwrap_or_default();
        let Some(inside) = after.strip_prefix(" (") else { continue };
        let Some(end) = inside.bytes().take(12).position(|byte| byte == b')') else { continue };
        let acronym = inside.get(..end).unwrap_or_default();
        if is_acronym_of(acronym, text.slice(mention.span)) {
            acronyms.entry(names::key(acronym)).or_insert_with(|| key.clone());
        }
    }
    for key in &mut keys {
        if let Some(long) = acronyms.get(key) {
            key.clone_from(long);
        }
    }
    keys
}

/// Whether the letters of `acronym` are the first letters of words of `name`, in order.
fn is_acronym_of(acronym: &str, name: &str) -> bool {
    let mut letters = acronym.chars().filter(|c| *c != '.').peekable();
    let long_enough =
        (2..=8).contains(&acronym.chars().count()) && acronym.chars().all(|c| c.is_uppercase() || c == '.');
    for initial in name.split(|c: char| !c.is_alphanumeric()).filter_map(|word| word.chars().next()) {
        let _found = letters.next_if(|letter| initial.to_uppercase().eq([*letter]));
    }
    long_enough && letters.peek().is_none()
}

/// The organisations whose names begin with a shorter one: Larkspur Systems is Larkspur too.
fn long_names<'a>(keys: &'a [String], kinds: &BTreeMap<&str, Kind>) -> BTreeMap<&'a str, Bearers<'a>> {
    let mut long: BTreeMap<&str, Bearers<'_>> = BTreeMap::new();
    for key in keys.iter().filter(|key| kinds[key.as_str()] == Kind::Organisation) {
        for (space, _) in key.match_indices(' ').take(3) {
            let Some(short) = key.get(..space) else { continue };
            let bearers = Bearers::add(long.remove(short), key);
            long.insert(short, bearers);
        }
    }
    long
}

/// The full names of persons, to find whose surname stands alone.
#[derive(Default)]
struct People<'a> {
    /// Each full name, and the name under which its bearer is kept.
    full: BTreeMap<&'a str, &'a str>,
    /// Who bears a surname.
    surnames: BTreeMap<&'a str, Bearers<'a>>,
    /// Who bears a first name.
    first_names: BTreeMap<&'a str, Bearers<'a>>,
}

/// Who bears a name that stands alone.
enum Bearers<'a> {
    One(&'a str),
    /// Several; the one whose full name was read last.
    Several(Option<&'a str>),
}

impl<'a> Bearers<'a> {
    fn add(name: Option<Self>, person: &'a str) -> Self {
        match name {
            None => Self::One(person),
            Some(Self::One(only)) if only == person => Self::One(only),
            Some(_) => Self::Several(None),
        }
    }
}

impl<'a> People<'a> {
    fn of(keys: &'a [String], kinds: &BTreeMap<&str, Kind>) -> Self {
        let mut people = Self::default();
        let mut by_ends: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        let persons = || keys.iter().map(String::as_str).filter(|key| kinds[key] == Kind::Person);
        // "Van der Bellen" is no full name beside "Alexander van der Bellen".
        let tails: BTreeSet<&str> = persons().flat_map(surnames).collect();
        for key in persons() {
            if people.full.contains_key(key) || tails.contains(key) {
                continue;
            }
            let bare = without_suffix(key);
            let (Some((first, _)), Some((_, last))) = (bare.split_once(' '), bare.rsplit_once(' ')) else { continue };
            // Donald J. Trump is Donald Trump: first and last name make a person.
            let person = *by_ends.entry((first, last)).or_insert(key);
            people.full.insert(key, person);
            for tail in surnames(key) {
                let bearers = Bearers::add(people.surnames.remove(tail), person);
                people.surnames.insert(tail, bearers);
            }
            let bearers = Bearers::add(people.first_names.remove(first), person);
            people.first_names.insert(first, bearers);
        }
        people
    }

    /// Whose name `key` is, when names are asked in the order of the text: of a full name its bearer; of a surname the
    /// one bearer, among several the one named in full last; of a first name the one bearer.
    fn owner(&mut self, key: &'a str) -> Option<&'a str> {
        if let Some(&person) = self.full.get(key) {
            for tail in surnames(key) {
                if let Some(Bearers::Several(last)) = self.surnames.get_mut(tail) {
                    *last = Some(person);
                }
            }
            return Some(person);
        }
        let bare = without_suffix(key);
        match (self.surnames.get(bare), self.first_names.get(bare)) {
            (Some(Bearers::One(only)), _) | (None, Some(Bearers::One(only))) => Some(only),
            (Some(Bearers::Several(last)), _) => *last,
            _ => None,
        }
    }
}

/// The surnames that a full name may have: "van der Bellen" as well as "Bellen".
fn surnames(full: &str) -> impl Iterator<Item = &str> {
    let tail = |name: &str| name.find(' ').map(|space| space + 1);
    let bare = without_suffix(full);
    std::iter::successors(Some(bare), move |name| name.get(tail(name)?..)).skip(1).take(4)
}

/// A name without what tells father from son.
fn without_suffix(key: &str) -> &str {
    let suffix = [" jr", " jr.", " sr", " sr.", " ii", " iii"].iter().find_map(|suffix| key.strip_suffix(suffix));
    suffix.map_or(key, |bare| bare.trim_end_matches(','))
}
