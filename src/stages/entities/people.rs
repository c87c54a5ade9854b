//! Whose name stands alone: the full names of persons, and who bears a surname or a first name.

use std::collections::{BTreeMap, BTreeSet};

use super::gender::{self, Gender};
use super::variants;

/// How many people of one surname and initial a new full name is compared with.
const COMPARED: usize = 24;

/// A person by the fullest of the names.
struct Person<'a> {
    key: &'a str,
    given: Vec<&'a str>,
    suffix: &'a str,
    gender: Option<Gender>,
    /// How often this one was mentioned so far.
    mentions: usize,
}

/// By how many mentions somebody must lead to keep a surname from the one named in full last.
const LEAD: usize = 3;

/// Who bears a name that may stand alone.
struct Bearers {
    only: usize,
    several: bool,
    /// Who of several was named in full last: at all, and of each gender.
    last: [Option<usize>; 3],
    /// Who of several was mentioned most.
    most: usize,
}

/// The persons of a document.
#[derive(Default)]
pub(super) struct People<'a> {
    persons: Vec<Person<'a>>,
    /// Whom a full name may mean: several where it is shorter than theirs.
    full: BTreeMap<&'a str, Vec<usize>>,
    surnames: BTreeMap<&'a str, Bearers>,
    first_names: BTreeMap<&'a str, Bearers>,
}

/// Whose a name is.
pub(super) struct Owner<'a> {
    /// The name under which that person is kept.
    pub(super) key: &'a str,
    pub(super) rule: &'static str,
}

impl<'a> People<'a> {
    /// The persons with these names, each as it is compared; `gender` is what the text says of a name's bearer.
    pub(super) fn of(names: &BTreeSet<&'a str>, gender: impl Fn(&str) -> Option<Gender>) -> Self {
        let mut people = Self::default();
        let mut by_ends: BTreeMap<(&str, Option<char>), Vec<usize>> = BTreeMap::new();
        // "Van der Bellen" is no full name beside "Alexander van der Bellen".
        let tails: BTreeSet<&str> = names.iter().copied().flat_map(tails).collect();
        let mut full: Vec<&str> = names.iter().copied().filter(|name| !tails.contains(name)).collect();
        // The fullest first: which of the others a short one means is then known.
        full.sort_by_key(|name| std::cmp::Reverse(name.split(' ').count()));
        for key in full {
            let (bare, suffix) = without_suffix(key);
            let Some((given, last)) = bare.rsplit_once(' ') else { continue };
            let given: Vec<&str> = given.split(' ').collect();
            let initial = given.first().and_then(|first| first.chars().next());
            let bucket = by_ends.entry((last, initial)).or_default();
            let fits = |place: &usize| people.persons.get(*place).is_some_and(|other| is_same(other, &given, suffix));
            let mut same: Vec<usize> = bucket.iter().copied().filter(fits).collect();
            if let ([first], true) = (given.as_slice(), same.is_empty()) {
                // Higuchi Ichiyō is Ichiyō Higuchi.
                let turned = [last, first].join(" ");
                same.extend(people.full.get(turned.as_str()).into_iter().flatten());
            }
            if same.is_empty() {
                same.push(people.persons.len());
                if bucket.len() < COMPARED {
                    bucket.push(people.persons.len());
                }
                let told = gender(key).or_else(|| given.first().and_then(|first| gender::of_first_name(first)));
                people.persons.push(Person { key, given, suffix, gender: told, mentions: 0 });
            }
            for place in &same {
                people.bear(key, *place);
            }
            people.full.insert(key, same);
        }
        people
    }

    fn bear(&mut self, key: &'a str, person: usize) {
        for tail in tails(key) {
            Bearers::add(&mut self.surnames, tail, person);
        }
        let (bare, _) = without_suffix(key);
        // A first name of two words where a surname is left.
        for (space, _) in bare.match_indices(' ').take(2) {
            if let Some(first) = bare.get(..space).filter(|first| first.chars().count() > 1) {
                Bearers::add(&mut self.first_names, first, person);
            }
        }
    }

    /// Whose name `key` is, when names are asked in the order of the text: of a full name its bearer; of a surname the
    /// one bearer, among several the one named in full last, unless the story is about another, of the gender that the
    /// title tells; of a first name the one bearer.
    pub(super) fn owner(&mut self, key: &str, gender: Option<Gender>) -> Option<Owner<'a>> {
        let (place, rule) = self.bearer(key, gender)?;
        let person = self.persons.get_mut(place)?;
        person.mentions += 1;
        let (own, mentions, full) = (person.gender, person.mentions, person.key);
        for tail in tails(full) {
            let Some(bearers) = self.surnames.get_mut(tail) else { continue };
            if rule == "full_name" {
                bearers.last[0] = Some(place);
                if let Some(own) = own {
                    bearers.last[slot(own)] = Some(place);
                }
            }
            if self.persons.get(bearers.most).is_some_and(|most| most.mentions < mentions) {
                bearers.most = place;
            }
        }
        let rule = match rule {
            "full_name" if full == key => "same_name",
            "full_name" => "other_form",
            rule => rule,
        };
        Some(Owner { key: full, rule })
    }

    fn bearer(&self, key: &str, gender: Option<Gender>) -> Option<(usize, &'static str)> {
        if let Some(places) = self.full.get(key) {
            let (_, last) = without_suffix(key).0.rsplit_once(' ')?;
            let latest = self.surnames.get(last).and_then(|bearers| bearers.last[0]);
            let place = latest.filter(|latest| places.contains(latest)).or_else(|| places.first().copied())?;
            return Some((place, "full_name"));
        }
        let (bare, _) = without_suffix(key);
        let (bearers, rule) = match (self.surnames.get(bare), self.first_names.get(bare)) {
            (Some(bearers), _) => (bearers, "surname"),
            (None, Some(bearers)) if !bearers.several => (bearers, "first_name"),
            _ => return None,
        };
        // Mrs Harrow is not Tom Harrow.
        let other = |place: usize| {
            let own = self.persons.get(place).and_then(|person| person.gender);
            gender.is_some_and(|gender| own.is_some_and(|own| own != gender))
        };
        let mentions = |place: usize| self.persons.get(place).map_or(0, |person| person.mentions);
        let place = match bearers.last[gender.map_or(0, slot)].or(bearers.last[0]) {
            _ if !bearers.several => bearers.only,
            Some(last) if mentions(bearers.most) >= mentions(last) + LEAD && !other(bearers.most) => bearers.most,
            last => last?,
        };
        (!other(place)).then_some((place, rule))
    }

    /// Whether somebody bears this as a surname or a first name.
    pub(super) fn bears(&self, key: &str) -> bool {
        self.surnames.contains_key(key) || self.first_names.contains_key(key)
    }
}

fn slot(gender: Gender) -> usize {
    match gender {
        Gender::Female => 1,
        Gender::Male => 2,
    }
}

impl Bearers {
    fn add<'a>(all: &mut BTreeMap<&'a str, Self>, name: &'a str, person: usize) {
        let bearers = all.entry(name).or_insert(Self { only: person, several: false, last: [None; 3], most: person });
        bearers.several |= bearers.only != person;
    }
}

/// Whether given names may be those of a person known by fuller ones: John F. is John Fitzgerald and John, not John M.
fn is_same(person: &Person<'_>, given: &[&str], suffix: &str) -> bool {
    let suffixed = suffix == person.suffix || suffix.is_empty();
    let (Some((first, middle)), Some((own_first, own_middle))) = (given.split_first(), person.given.split_first())
    else {
        return false;
    };
    let mut theirs = own_middle.iter();
    let fits = |name: &str, other: &str| {
        name == other
            || name.chars().count() == 1 && other.starts_with(name)
            || other.len() == 1 && name.starts_with(other)
    };
    let middle = middle.is_empty()
        || own_middle.is_empty()
        || middle.iter().all(|name| theirs.by_ref().any(|other| fits(name, other)));
    suffixed && middle && (variants::is_same_first(first, own_first) || fits_initials(first, &person.given))
}

/// Whether `jk` are the first letters of John Kevin.
fn fits_initials(initials: &str, given: &[&str]) -> bool {
    initials.chars().count() == given.len()
        && initials.chars().zip(given).all(|(letter, name)| name.starts_with(letter))
}

/// The surnames that a full name may have: "van der Bellen" as well as "Bellen".
pub(super) fn tails(full: &str) -> impl Iterator<Item = &str> {
    let tail = |name: &str| name.find(' ').map(|space| space + 1);
    let (bare, _) = without_suffix(full);
    std::iter::successors(Some(bare), move |name| name.get(tail(name)?..)).skip(1).take(4)
}

/// A name and what tells father from son.
pub(super) fn without_suffix(key: &str) -> (&str, &str) {
    match key.rsplit_once(' ') {
        Some((bare, suffix @ ("jr" | "sr" | "ii" | "iii"))) if bare.contains(' ') => (bare, suffix),
        _ => (key, ""),
    }
}
