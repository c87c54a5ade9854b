//! Acronyms of long names: in brackets behind them, before them, or made of their first letters.

use std::collections::BTreeMap;

use super::classes::{self, Class};
use super::grouping::Found;
use super::names;
use super::words::Words;
use crate::stages::encoder::Kind;

/// The long name that an acronym stands for.
pub(super) struct Long {
    pub(super) key: String,
    pub(super) rule: &'static str,
}

/// The mentions that are acronyms of a name in the document.
pub(super) fn resolve(words: &Words<'_>, found: &[Found], keys: &[String]) -> Vec<(usize, Long)> {
    let text = words.text;
    let mut bracketed: BTreeMap<String, &str> = BTreeMap::new();
    for (index, (mention, key)) in found.iter().zip(keys).enumerate() {
        let after = text.as_str().get(mention.span.end()..).unwrap_or_default();
        let of = |acronym: &&str| {
            let name = text.slice(mention.span);
            is_acronym_of(acronym, name) || mention.kind == Kind::Organisation && is_short_for(acronym, name)
        };
        if let Some(acronym) = in_brackets(after).filter(of) {
            bracketed.entry(names::key(acronym)).or_insert(key);
        }
        // WHO (World Health Organization), the World Health Organization, or WHO.
        if let Some((next, long)) = found.get(index + 1).zip(keys.get(index + 1))
            && let Some(gap) = text.span(mention.span.end()..next.span.start()).map(|gap| text.slice(gap))
        {
            let (one, other) = (text.slice(mention.span), text.slice(next.span));
            if gap == " (" && is_acronym_of(one, other) {
                bracketed.entry(key.clone()).or_insert(long);
            } else if matches!(gap, ", or " | " or " | ", known as " | " - " | " – ") && is_acronym_of(other, one) {
                bracketed.entry(long.clone()).or_insert(key);
            }
        }
    }
    let mut inferred: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for (mention, key) in found.iter().zip(keys).filter(|(mention, _)| mention.kind != Kind::Person) {
        for letters in initials(text.slice(mention.span)) {
            inferred.entry(letters).and_modify(|only| *only = only.filter(|only| only == key)).or_insert(Some(key));
        }
    }
    let resolved = found.iter().zip(keys).enumerate().filter_map(|(index, (mention, key))| {
        if let Some(long) = bracketed.get(key).filter(|long| **long != key) {
            return Some((index, Long { key: (*long).to_owned(), rule: "acronym_in_brackets" }));
        }
        let letters = text.slice(mention.span).replace('.', "");
        let long = (*inferred.get(&letters)?)?;
        let fits = mention.kind != Kind::Person || mention.confidence < 0.6;
        (fits && long != key).then(|| (index, Long { key: long.to_owned(), rule: "acronym" }))
    });
    resolved.collect()
}

/// What stands in brackets after a name, if it is short.
fn in_brackets(after: &str) -> Option<&str> {
    let inside = after.strip_prefix(" (")?;
    let end = inside.bytes().take(12).position(|byte| byte == b')')?;
    inside.get(..end)
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

/// Whether the letters of `acronym` stand in `name` in order, and both begin with the same: HMRC, of HM Revenue &
/// Customs. Enough of a name right before the brackets.
fn is_short_for(acronym: &str, name: &str) -> bool {
    let fits = (3..=8).contains(&acronym.chars().count()) && acronym.chars().all(char::is_uppercase);
    let mut letters = name.chars().flat_map(char::to_uppercase);
    fits && name.contains(' ')
        && name.chars().next().is_some_and(|first| acronym.starts_with(first))
        && acronym.chars().all(|letter| letters.any(|other| other == letter))
}

/// The acronyms that a name of three words or more is likely to have: the first letters of all its words, and of those
/// that are not small.
fn initials(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let letters = |all: bool| {
        let own = words.iter().filter(|word| all || !classes::is(&word.to_lowercase(), Class::Small));
        own.filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect::<String>()
    };
    let mut found = vec![letters(true), letters(false)];
    found.dedup();
    found.retain(|letters| (3..=8).contains(&letters.chars().count()));
    if words.len() < 3 { Vec::new() } else { found }
}
