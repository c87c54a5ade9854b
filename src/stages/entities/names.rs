//! The edges of a name, and the form in which two names are compared.

use unicode_normalization::UnicodeNormalization;

use super::classes::{self, Class};
use super::grouping::Found;
use crate::article::is_blank;
use crate::knowledge::{self, countries::Countries, firms};
use crate::stages::encoder::{Encoding, Kind, Name};
use crate::text::{Span, Text};

/// The names that the model found, those joined that it cut: two of one kind with nothing but a blank between (South
/// Africa), and what follows an "of" (University of Cape Town).
pub(super) fn joined(text: &Text, encoding: &Encoding) -> Vec<Name> {
    let mut joined: Vec<Name> = Vec::new();
    for name in encoding.reading.names() {
        match joined.last_mut().filter(|before| is_one(text, encoding, before, name)) {
            Some(before) => {
                before.words.end = name.words.end;
                before.confidence = before.confidence.min(name.confidence);
            }
            None => joined.push(name.clone()),
        }
    }
    joined
}

fn is_one(text: &Text, encoding: &Encoding, before: &Name, after: &Name) -> bool {
    let Some(last) = before.words.end.checked_sub(1) else { return false };
    let adjacent =
        before.words.end == after.words.start && encoding.sentence.get(last) == encoding.sentence.get(last + 1);
    let (Some(left), Some(right)) = (encoding.words.get(last), encoding.words.get(last + 1)) else { return false };
    let gap = text.span(left.end()..right.start()).map(|gap| text.slice(gap));
    let open = matches!(text.slice(*left), "of" | "for") && before.words.len() > 1;
    adjacent && matches!(gap, Some(" " | "\n" | "\r\n" | "\u{A0}")) && (before.kind == after.kind || open)
}

/// The mention that a name of the model makes, if anything of a name is left of it.
pub(super) fn tidy(text: &Text, encoding: &Encoding, name: &Name) -> Option<Found> {
    let mut range = name.words.start..name.words.end.min(encoding.words.len());
    // A name ends with its sentence.
    let sentence = *encoding.sentence.get(range.start)?;
    let within = encoding.sentence.get(range.clone())?.iter().take_while(|other| **other == sentence).count();
    range.end = range.start + within;
    let word = |index: usize| encoding.words.get(index).map_or("", |span| text.slice(*span));
    while range.start < range.end && !word(range.start).contains(char::is_alphanumeric) {
        range.start += 1;
    }
    // A name that was cut at its "and" goes on with the capital behind it.
    let open = |at: usize| at > range.start && matches!(word(at), "and" | "or" | "of" | "for" | "in" | "at");
    let goes_on = word(range.end).starts_with(char::is_uppercase)
        && encoding.sentence.get(range.end) == Some(&sentence)
        && !starts_name(encoding, range.end);
    if range.end.checked_sub(1).is_some_and(open) && goes_on {
        range.end += 1;
    }
    while range.end > range.start
        && (is_possessive(word(range.end - 1))
            || !word(range.end - 1).contains(char::is_alphanumeric)
            || matches!(word(range.end - 1), "and" | "or" | "of" | "for" | "in" | "at"))
    {
        range.end -= 1;
    }
    if name.kind == Kind::Person {
        range.end = compound(encoding, range.clone(), word);
    }
    if range.len() > 1 && word(range.start).eq_ignore_ascii_case("the") && word(range.start + 1) != "Hague" {
        range.start += 1;
    }
    if word(range.start) == "Hague" && range.start > 0 && word(range.start - 1) == "The" {
        range.start -= 1;
    }
    match name.kind {
        Kind::Person => range.start = after_titles(range.clone(), word),
        Kind::Organisation if is_portfolio(range.clone(), word) => return None,
        _ => {}
    }
    let (first, last) = (encoding.words.get(range.start)?, encoding.words.get(range.end.checked_sub(1)?)?);
    if range.is_empty() {
        return None;
    }
    let span = without_edges(text, text.join(*first, *last))?;
    let slice = text.slice(span);
    let lower = slice.to_lowercase();
    let shouted = slice.chars().all(|c| !c.is_lowercase());
    // "US" is a country and "WHO" an organisation where they are written so, and never "us" and "who".
    let pronoun = classes::is(&lower, Class::Pronoun) && !(shouted && matches!(lower.as_str(), "us" | "who"));
    let named = slice.chars().any(|c| c.is_uppercase() || c.is_alphabetic() && !c.is_lowercase());
    let found = Found {
        span,
        words: range,
        kind: name.kind,
        confidence: f64::from(name.confidence),
        title: false,
        beside: None,
    };
    (named && !pronoun).then_some(found)
}

/// Where a surname of two ends of which the first alone was read: Harrow-Lind.
fn compound<'a>(encoding: &Encoding, range: std::ops::Range<usize>, word: impl Fn(usize) -> &'a str) -> usize {
    let touches = |first: usize| {
        let ends = (encoding.words.get(first), encoding.words.get(first + 1));
        matches!(ends, (Some(first), Some(second)) if first.end() == second.start())
    };
    let end = range.end;
    let name = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    let joined = end > range.start
        && matches!(word(end), "-" | "‑")
        && touches(end - 1)
        && touches(end)
        && name(word(end - 1))
        && name(word(end + 1))
        && Countries::built_in().named(word(end + 1)).is_none()
        && Countries::built_in().demonym(word(end + 1)).is_none()
        && !matches!(word(end + 2), "-" | "‑")
        && !starts_name(encoding, end + 1);
    if joined { end + 2 } else { end }
}

/// Whether a name that the model found begins at a word.
fn starts_name(encoding: &Encoding, at: usize) -> bool {
    let names = encoding.reading.names();
    let after = names.partition_point(|name| name.words.start < at);
    names.get(after).is_some_and(|name| name.words.start == at)
}

/// Where the name begins after titles and posts; a title alone is no name.
fn after_titles<'a>(range: std::ops::Range<usize>, word: impl Fn(usize) -> &'a str) -> usize {
    let bare = |index: usize| word(index).trim_end_matches(['.', ',']).to_lowercase();
    let is_role = |index: usize| classes::is(&bare(index), Class::Title);
    let Some(last) = range.clone().next_back() else { return range.start };
    let mut start = range.start;
    let mut at = range.start;
    while at < last {
        let current = bare(at);
        if is_role(at) || current.is_empty() && at == start {
            start = at + 1;
        } else if !(at > range.start && classes::is(&current, Class::Joiner)) {
            // "US Secretary of State", "Ukraine's President": what stands before a title belongs to it.
            let title_follows = (at + 1..last.min(at + 4)).any(|next| is_role(next) && bare(next).len() > 4);
            if !title_follows {
                break;
            }
        }
        at += 1;
    }
    let surname = classes::is(&bare(last), Class::Surname);
    if start == last && is_role(last) && !surname { range.end } else { start }
}

/// Whether it is what a secretary or minister is of: State, Defence, Health and Education.
fn is_portfolio<'a>(range: std::ops::Range<usize>, word: impl Fn(usize) -> &'a str) -> bool {
    let is = |index: Option<usize>, words: &[&str]| {
        index.is_some_and(|index| words.contains(&word(index).to_lowercase().as_str()))
    };
    let before = |steps: usize| range.start.checked_sub(steps);
    let of = if is(before(1), &["the"]) { 2 } else { 1 };
    let posts = &["secretary", "minister", "secretaries", "ministers"];
    is(before(of), &["of", "for"])
        && is(before(of + 1), posts)
        && range
            .clone()
            .map(word)
            .map(str::to_lowercase)
            .all(|word| classes::is(&word, Class::Title) || classes::is(&word, Class::Joiner))
}

fn is_possessive(word: &str) -> bool {
    matches!(word, "'s" | "’s" | "'" | "’" | "ʼs" | "'S" | "’S")
}

/// Whether a name ends with an abbreviation: U.S, John B, Marsh Jr.
fn keeps_dot(name: &str) -> bool {
    let last = name.rsplit(is_blank).next().unwrap_or_default();
    let initials = last.chars().any(char::is_alphabetic) && last.split('.').all(|part| part.chars().count() == 1);
    initials || ["Jr", "Sr", "Co", "St"].contains(&last) || firms::is_form(last)
}

/// The span without quotes, commas and possessive at its ends.
fn without_edges(text: &Text, span: Span) -> Option<Span> {
    let edge = |c: char| {
        is_blank(c)
            || matches!(
                c,
                '"' | '“' | '”' | '‘' | '’' | '\'' | ',' | ';' | ':' | '!' | '?' | '…' | '«' | '»' | '–' | '—'
            )
    };
    let mut span = text.trim(span, edge);
    let slice = text.slice(span);
    let owner = ["'s", "’s", "'S", "’S"].iter().find_map(|end| slice.strip_suffix(end));
    if let Some(owner) = owner {
        span = text.span_in(span, 0..owner.len())?;
    }
    // A last dot stays with an abbreviation only, however the words were cut.
    let bare = text.slice(span).trim_end_matches('.').len();
    let without = text.span_in(span, 0..bare)?;
    let with = text.span(span.start()..span.start() + bare + 1).filter(|with| text.slice(*with).ends_with('.'));
    span = with.filter(|_| keeps_dot(text.slice(without))).unwrap_or(without);
    // Brackets belong to a name only as a pair.
    let slice = text.slice(span);
    if slice.contains('(') != slice.contains(')') {
        span = text.trim(span, |c| matches!(c, '(' | ')' | '[' | ']'));
    }
    (!span.is_empty()).then_some(span)
}

/// A name on one line, composed, without marks of zero width: for showing.
pub(super) fn shown(slice: &str) -> String {
    let visible = slice.nfc().filter(|c| c.is_whitespace() || !is_blank(*c));
    visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name as it is compared: as tables compare it, without legal forms; countries and some towns by one of their names.
pub(super) fn key(slice: &str) -> String {
    let shown = shown(slice);
    let shown = firms::without_form(&shown);
    if let Some(country) = Countries::built_in().named(shown) {
        return knowledge::key(country.bare_name());
    }
    let key = knowledge::key(shown).replace(',', "").replace(" & ", " and ");
    let key = match key.split_once(' ') {
        Some(("saint", rest)) => format!("st {rest}"),
        _ => key,
    };
    match ALIASES.iter().find(|(alias, _)| *alias == key) {
        Some((_, name)) => (*name).to_owned(),
        None => key,
    }
}

/// Towns with two names in the news, and bodies that are known by their acronyms.
const ALIASES: &[(&str, &str)] = &[
    ("eu", "european union"),
    ("un", "united nations"),
    ("kiev", "kyiv"),
    ("kharkov", "kharkiv"),
    ("lvov", "lviv"),
    ("odesa", "odessa"),
    ("bombay", "mumbai"),
    ("calcutta", "kolkata"),
    ("madras", "chennai"),
    ("rangoon", "yangon"),
    ("peking", "beijing"),
    ("nyc", "new york city"),
    ("washington dc", "washington"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_however_it_is_written_has_one_key() {
        assert_eq!(key("Sa\u{303}o Tome\u{301}"), key("São Tomé"));
        assert_eq!(key("Saint\u{2011}Étienne"), key("Saint-Étienne"));
        assert_eq!(key("Giulia\r\nBertolazzi"), key("Giulia Bertolazzi"));
        assert_eq!(key("Sign\u{AD}painters’ Guild"), key("Signpainters' Guild"));
        for name in ["US", "U.S.", "USA", "United States"] {
            assert_eq!(key(name), "united states", "{name}");
        }
    }
}
