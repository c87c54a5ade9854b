//! What is known of a person's gender: from a title, a noun that stands with the name, or a first name that leaves no
//! doubt. It only tells which pronouns may speak of somebody; a person of whom nothing is known may be he or she, and the
//! record says nothing about it.

use std::ops::Range;

use super::classes::{self, Class, Classes};
use super::words::Words;

/// How a pronoun or a noun speaks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gender {
    Female,
    Male,
}

/// The gender of whoever bears a title or is called by a noun, in lower case.
pub(super) fn of_noun(word: &str) -> Option<Gender> {
    let classes = Classes::of(word);
    either(classes.is(Class::Female), classes.is(Class::Male))
}

/// The gender of a first name that is all but never given to the other, as names are compared.
pub(super) fn of_first_name(name: &str) -> Option<Gender> {
    either(classes::is(name, Class::FemaleName), classes::is(name, Class::MaleName))
}

fn either(female: bool, male: bool) -> Option<Gender> {
    match (female, male) {
        (true, false) => Some(Gender::Female),
        (false, true) => Some(Gender::Male),
        _ => None,
    }
}

/// What the words around a name say: the title before it (`Mrs Harrow`), the noun beside it (`actress Ann Harrow`,
/// `Harrow, a businesswoman`).
pub(super) fn around(words: &Words<'_>, name: &Range<usize>) -> Option<Gender> {
    let title = words.title(name.start).map(|at| words.lower(at)).and_then(of_noun);
    title.or_else(|| apposed(words, name))
}

/// The noun of an apposition: a comma, an article, at most three words and it.
fn apposed(words: &Words<'_>, name: &Range<usize>) -> Option<Gender> {
    let comma = words.after(name.end.checked_sub(1)?).filter(|at| words.lower(*at) == ",")?;
    let article = words.after(comma).filter(|at| matches!(words.lower(*at), "a" | "an" | "the"))?;
    let inside = std::iter::successors(words.after(article), |at| words.after(*at)).take(4);
    inside.map(|at| words.lower(at)).take_while(|word| !matches!(*word, "," | "of" | "who" | "for")).find_map(of_noun)
}
