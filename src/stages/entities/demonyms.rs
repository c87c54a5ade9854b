//! Words for the people and things of a country that the story names: Norwegian, Norwegians.
//!
//! Each is a mention of that country. A country that only its adjective speaks of gets no entity by it.

use std::collections::BTreeMap;

use super::classes::Class;
use super::grouping::{Found, Group};
use super::words::Words;
use super::{Form, Mention};
use crate::document::Evidence;
use crate::knowledge::countries::{Countries, Origin};
use crate::stages::encoder::Kind;

/// How often such a word speaks of the country rather than of its language: not measured, a modest guess.
const LIKELY: f64 = 0.9;

/// The demonyms of the countries among the groups, with the places of their groups. `taken` are words of names.
pub(super) fn find(words: &Words<'_>, found: &[Found], groups: &[Group], taken: &[bool]) -> Vec<(usize, Mention)> {
    let known = Countries::built_in();
    let mut countries: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate().filter(|(_, group)| group.kind == Kind::Place) {
        if let Some(country) = known.named(&group.name) {
            countries.entry(country.iso2).or_insert(place);
        }
    }
    let mut demonyms = Vec::new();
    if countries.is_empty() {
        return demonyms;
    }
    let free = |at: &usize| taken.get(*at) == Some(&false);
    let mut at = 0;
    while at < words.len() {
        let start = at;
        at += 1;
        if !words.is_capital(start) || !free(&start) {
            continue;
        }
        let hit = words
            .after(start)
            .filter(free)
            .map(|_| start..start + 2)
            .into_iter()
            .chain(std::iter::once(start..start + 1))
            .find_map(|range| {
                let span = words.span(&range)?;
                let slice = words.text.slice(span);
                let demonym = known.demonym(slice).filter(|_| known.named(slice).is_none())?;
                Some((range, span, demonym))
            });
        let Some((range, span, demonym)) = hit else { continue };
        at = range.end;
        let Origin::Country(code) = demonym.of else { continue };
        let Some((place, group)) = countries.get(code).and_then(|place| Some((*place, groups.get(*place)?))) else {
            continue;
        };
        // "In French" is a language, "the French Open" a name that was not read.
        let before = words.before(range.start).map(|at| words.lower(at)).unwrap_or_default();
        let language = !demonym.people && (before == "in" || before.starts_with("speak") || before == "spoke");
        let next = words.after(range.end - 1).filter(free);
        let named = next.is_some_and(|next| words.is_capital(next) && !words.is(next, Class::Title));
        if language || named {
            continue;
        }
        let basis = group.mentions.first().and_then(|index| found.get(*index)).map(|name| name.span);
        let evidence = Evidence::of("demonym", basis);
        demonyms.push((place, Mention { span, words: range, form: Form::Name, confidence: LIKELY, evidence }));
    }
    demonyms
}
