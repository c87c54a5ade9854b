//! Roles that stand for a name: the president, where the story has told who that is.
//!
//! A story introduces a post with its holder: `President Harrow`, `Harrow, the minister of transport,`, `a spokesman for
//! the port, Tom Okafor,`, `Harrow is the mayor`; and bodies by their names or in the same way: the Ministry of Transport,
//! `Larkspur, a software company,`. After that "the president" and "the ministry" mean whom it was said of, if that is
//! one only, or one only of those mentioned in the last sentences. What stands between the article and the role must
//! have come with it: "the Norwegian president" is Norway's.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::classes::Class;
use super::words::Words;
use super::{Form, Mention};
use crate::document::Evidence;
use crate::stages::encoder::Kind;

/// How many words an apposition may have before its noun.
const APPOSED: usize = 7;

/// Within how many sentences one of several holders must have been mentioned.
const NEAR: usize = 3;

/// Within how many sentences the only holder must have been mentioned.
const FAR: usize = 12;

/// That somebody holds a post, or that a body is of a kind.
struct Said {
    who: usize,
    /// The word from which on it is known.
    from: usize,
    /// The words that say so.
    words: Range<usize>,
    /// Words that came with it, shortened as in [`stem`].
    of: BTreeSet<String>,
}

/// An entity as far as roles are concerned.
pub(super) struct Bearer<'a> {
    pub(super) kind: Kind,
    /// The words of its names, in order.
    pub(super) names: Vec<&'a Range<usize>>,
}

/// The roles that stand for one of the entities, in order, with its place. `taken` are words of names.
pub(super) fn find(words: &Words<'_>, bearers: &[Bearer<'_>], taken: &[bool]) -> Vec<(usize, Mention)> {
    let mut said: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for (who, bearer) in bearers.iter().enumerate() {
        for name in &bearer.names {
            match bearer.kind {
                Kind::Person => introduced(words, name, Class::Post, who, &mut said),
                Kind::Organisation => {
                    named(words, name, who, &mut said);
                    introduced(words, name, Class::Body, who, &mut said);
                }
                Kind::Place => {}
            }
        }
    }
    said.values_mut().for_each(|said| said.sort_by_key(|one| one.from));
    let starts: Vec<Vec<usize>> =
        bearers.iter().map(|bearer| bearer.names.iter().map(|name| name.start).collect()).collect();
    let mut found = Vec::new();
    for at in (0..words.len()).filter(|at| words.lower(*at) == "the") {
        let Some(role) = role(words, at, taken) else { continue };
        let Some(all) = said.get(&role.head) else { continue };
        let known = all.partition_point(|one| one.from <= at);
        // Ten thousand holders of one post are not told apart.
        let known = &all[known.saturating_sub(32)..known];
        let fits = |one: &&Said| role.of.iter().all(|of| one.of.contains(of));
        let mut holders: Vec<&Said> = known.iter().filter(fits).collect();
        holders.sort_by_key(|one| (one.who, std::cmp::Reverse(one.from)));
        holders.dedup_by_key(|one| one.who);
        let since = |who: usize| {
            let own = starts.get(who).map_or(&[][..], Vec::as_slice);
            let last = own.get(own.partition_point(|start| *start < at).checked_sub(1)?)?;
            Some(words.sentence(at).saturating_sub(words.sentence(*last)))
        };
        let near = |limit: usize| holders.iter().filter(move |one| since(one.who).is_some_and(|ago| ago <= limit));
        let (limit, rule, confidence) =
            if holders.len() == 1 { (FAR, "only_holder", 0.85) } else { (NEAR, "last_holder", 0.7) };
        let mut candidates = near(limit);
        let (Some(one), None) = (candidates.next(), candidates.next()) else { continue };
        let evidence = Evidence::of(rule, words.span(&one.words));
        found.extend(words.span(&role.words).map(|span| {
            let mention = Mention { span, words: role.words.clone(), form: Form::Role, confidence, evidence };
            (one.who, mention)
        }));
    }
    found
}

/// A role in the text.
struct Role {
    head: String,
    words: Range<usize>,
    of: BTreeSet<String>,
}

/// The role that begins with the article at a word, if one does.
fn role(words: &Words<'_>, article: usize, taken: &[bool]) -> Option<Role> {
    let mut of = BTreeSet::new();
    let mut at = words.after(article)?;
    for _ in 0..4 {
        if let Some((head, end)) = head(words, at) {
            let next = words.after(end - 1);
            let goes_on = next.is_some_and(|next| taken.get(next) == Some(&true) || !words.ends_phrase(next));
            let inside = taken.get(article..end).is_some_and(|own| own.contains(&true));
            let own = inside && taken.get(at..end).is_some_and(|own| own.contains(&true));
            return if goes_on || own { None } else { Some(Role { head, words: article..end, of }) };
        }
        let word = words.lower(at);
        if words.is_possessive(at) || !word.starts_with(char::is_alphabetic) || words.is(at, Class::Boundary) {
            return None;
        }
        of.insert(stem(word));
        at = words.after(at)?;
    }
    None
}

/// The post or body that begins at a word, as one says it, and the word after it.
fn head(words: &Words<'_>, at: usize) -> Option<(String, usize)> {
    let next = |at: usize| words.after(at).map(|next| words.lower(next));
    let two = |second: &str| Some((format!("{} {second}", words.lower(at)), at + 2));
    match (words.lower(at), next(at)) {
        ("prime", Some("minister")) => two("minister"),
        ("vice" | "deputy" | "acting", _) => None,
        ("chief", Some("executive")) => two("executive"),
        ("attorney", Some("general")) => two("general"),
        ("chief" | "executive", _) => None,
        _ if words.is(at, Class::Post) || words.is(at, Class::Body) => Some((words.lower(at).to_owned(), at + 1)),
        _ => None,
    }
}

/// What the words around a name say of its bearer.
fn introduced(
    words: &Words<'_>,
    name: &Range<usize>,
    class: Class,
    who: usize,
    said: &mut BTreeMap<String, Vec<Said>>,
) {
    let mut add = |from: usize, range: Range<usize>, head: String, rest: Range<usize>| {
        let of = rest.map(|at| stem(words.lower(at))).collect();
        said.entry(head).or_default().push(Said { who, from, words: range, of });
    };
    // President Harrow, Norway's Prime Minister Harrow, the software company Larkspur.
    let mut start = name.start;
    while let Some(before) = words.before(start).filter(|before| {
        let fits = words.is_capital(*before) || words.is(*before, Class::Title) || words.is(*before, class);
        (fits || words.is_possessive(*before) || matches!(words.lower(*before), "of" | "." | "-"))
            && before + 6 >= name.start
    }) {
        start = before;
    }
    let former = words.before(start).is_some_and(|before| matches!(words.lower(before), "former" | "ex" | "late"));
    if let Some((place, (head, end))) =
        (start..name.start).rev().find_map(|at| Some((at, head_of(words, at, class, name.start)?)))
        && !former
        && !(start..place).any(|at| matches!(words.lower(at), "vice" | "deputy" | "former" | "ex"))
    {
        let _ = end;
        add(name.end, start..name.end, head, start..name.start);
    }
    // Harrow, the minister of transport; Harrow is the mayor of Oslo.
    let Some(mark) = name.end.checked_sub(1).and_then(|last| words.after(last)) else { return };
    if words.lower(mark) != "," && !words.is(mark, Class::Being) {
        return;
    }
    let inside: Vec<usize> = std::iter::successors(words.after(mark), |at| words.after(*at)).take(APPOSED).collect();
    let stop = |at: &usize| {
        matches!(
            words.lower(*at),
            "," | ";" | "." | "who" | "which" | "said" | "and" | "not" | "former" | "vice" | "deputy"
        ) || words.is(*at, Class::Speech)
    };
    let inside: Vec<usize> = inside.into_iter().take_while(|at| !stop(at)).collect();
    // A post of a country or body stands before "of"; what follows that is where.
    let noun =
        inside.iter().position(|at| matches!(words.lower(*at), "of" | "for" | "at" | "in")).unwrap_or(inside.len());
    let found = inside.iter().take(noun).find_map(|at| Some((*at, head_of(words, *at, class, words.len())?)));
    if let (Some((_, (head, end))), Some(last)) = (found, inside.last()) {
        add(end, name.start..end, head, mark..last + 1);
    }
}

/// The post or body at a word, if it is of a class and ends before a name.
fn head_of(words: &Words<'_>, at: usize, class: Class, before: usize) -> Option<(String, usize)> {
    let (head, end) = head(words, at)?;
    let last = end.checked_sub(1)?;
    // "Chief executive" and "prime minister" end with a post.
    let fits = words.is(at, class) || words.is(last, class) || class == Class::Post && end == at + 2;
    (fits && end <= before).then_some((head, end))
}

/// What an organisation is by its name: Ministry of Transport, Northern Ferry Company.
fn named(words: &Words<'_>, name: &Range<usize>, who: usize, said: &mut BTreeMap<String, Vec<Said>>) {
    let is_body = |at: &usize| words.is(*at, Class::Body);
    let of = name.clone().filter(|at| !is_body(at)).map(|at| stem(words.lower(at))).collect();
    let first = Some(name.start).filter(is_body);
    if let Some(at) = first.or_else(|| name.clone().next_back().filter(is_body)) {
        let head = words.lower(at).to_owned();
        said.entry(head).or_default().push(Said { who, from: name.end, words: name.clone(), of });
    }
}

/// A word by which a country and its adjective are one: Norway and Norwegian, Ukraine and Ukrainian.
fn stem(word: &str) -> String {
    match word {
        "us" | "u.s" | "u.s." | "american" | "america" | "united" => "us".to_owned(),
        "uk" | "u.k." | "british" | "britain" => "uk".to_owned(),
        "french" => "fran".to_owned(),
        "dutch" => "neth".to_owned(),
        "spanish" => "spai".to_owned(),
        _ => word.chars().take(4).collect(),
    }
}
