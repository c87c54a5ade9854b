//! The words of the story as rules look at them: in lower case, with their sentence and quotation, and the
//! few classes of words from which a rule without syntax can tell subject from object.

use std::borrow::Cow;
use std::ops::Range;

use super::classes::{Class, Classes};
use crate::stages::encoder::Encoding;
use crate::stages::segments::{Kind, Segments};
use crate::text::{Span, Text};

/// The words of a story with what is known of each.
pub(super) struct Words<'a> {
    pub(super) text: &'a Text,
    pub(super) spans: &'a [Span],
    pub(super) sentence: &'a [usize],
    lower: Vec<Cow<'a, str>>,
    classes: Vec<Classes>,
    /// How many words the title has.
    titled: usize,
    /// The quotation of each word, counted from 1; 0 outside.
    quotation: Vec<usize>,
}

/// How a mention stands in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Subject,
    Object,
    /// After a preposition.
    Oblique,
    /// With an apostrophe.
    Owner,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a Text, encoding: &'a Encoding, segments: &Segments) -> Self {
        let lowered = |span: &Span| match text.slice(*span) {
            plain if plain.chars().any(char::is_uppercase) => Cow::Owned(plain.to_lowercase()),
            plain => Cow::Borrowed(plain),
        };
        let lower: Vec<_> = encoding.words.iter().map(lowered).collect();
        let mut words = Self {
            text,
            spans: &encoding.words,
            sentence: &encoding.sentence,
            classes: lower.iter().map(|word| Classes::of(word)).collect(),
            lower,
            titled: 0,
            quotation: Vec::with_capacity(encoding.words.len()),
        };
        let mut prose = segments.prose().peekable();
        let (mut number, mut open) = (0, false);
        for (index, span) in words.spans.iter().enumerate() {
            // Words and segments are both in order: walk on to the segment that holds this one.
            while prose.next_if(|segment| segment.span.end() <= span.start()).is_some() {
                // A paragraph ends a quotation; one that goes on begins with a mark of its own.
                open = false;
            }
            words.titled += usize::from(prose.peek().is_some_and(|segment| segment.kind == Kind::Title));
            let opens = match words.lower(index) {
                "“" | "«" | "„" => true,
                "”" | "»" => false,
                "\"" | "''" | "``" => !open,
                _ => open,
            };
            number += usize::from(opens && !open);
            // Both marks belong to it.
            words.quotation.push(if opens || open { number } else { 0 });
            open = opens;
        }
        words
    }

    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A word in lower case; nothing where there is none.
    pub(super) fn lower(&self, index: usize) -> &str {
        self.lower.get(index).map_or("", Cow::as_ref)
    }

    /// Whether a word is in a class.
    pub(super) fn is(&self, index: usize, class: Class) -> bool {
        self.classes.get(index).is_some_and(|classes| classes.is(class))
    }

    /// A word as written.
    pub(super) fn raw(&self, index: usize) -> &'a str {
        self.spans.get(index).map_or("", |span| self.text.slice(*span))
    }

    /// The span from the first to the last of some words.
    pub(super) fn span(&self, range: &Range<usize>) -> Option<Span> {
        Some(self.text.join(*self.spans.get(range.start)?, *self.spans.get(range.end.checked_sub(1)?)?))
    }

    pub(super) fn sentence(&self, index: usize) -> usize {
        self.sentence.get(index).copied().unwrap_or_default()
    }

    /// Whether a word stands in the title, which comes first.
    pub(super) fn is_title(&self, index: usize) -> bool {
        index < self.titled
    }

    pub(super) fn quotation(&self, index: usize) -> usize {
        self.quotation.get(index).copied().unwrap_or_default()
    }

    pub(super) fn starts_sentence(&self, index: usize) -> bool {
        index.checked_sub(1).is_none_or(|before| self.sentence(before) != self.sentence(index))
    }

    /// The word before in the same sentence.
    pub(super) fn before(&self, index: usize) -> Option<usize> {
        if self.starts_sentence(index) { None } else { index.checked_sub(1) }
    }

    /// The word after in the same sentence.
    pub(super) fn after(&self, index: usize) -> Option<usize> {
        let next = index + 1;
        (next < self.len() && !self.starts_sentence(next)).then_some(next)
    }

    pub(super) fn is_capital(&self, index: usize) -> bool {
        self.raw(index).starts_with(char::is_uppercase)
    }

    /// The title or noun right before a name.
    pub(super) fn title(&self, name: usize) -> Option<usize> {
        let before = self.before(name)?;
        // An abbreviation may be cut from its dot.
        if self.lower(before) == "." { self.before(before) } else { Some(before) }
    }

    /// How a mention stands in its sentence, as far as the words next to it tell.
    pub(super) fn place(&self, range: &Range<usize>) -> Place {
        let next = range.end.checked_sub(1).and_then(|last| self.after(last));
        if next.is_some_and(|next| self.is_possessive(next)) {
            return Place::Owner;
        }
        // Titles, adjectives and an article stand between a name and what governs it.
        let mut start = range.start;
        while let Some(before) = self.before(start) {
            let office =
                |of: usize| self.lower(of) == "of" && self.before(of).is_some_and(|at| self.is(at, Class::Title));
            let title = self.is_capital(before) || self.is(before, Class::Title) || self.is_possessive(before);
            if !(title || office(before) || matches!(self.lower(before), "the" | "a" | "an")) || start + 8 < range.start
            {
                break;
            }
            start = before;
        }
        let Some(before) = self.before(start) else { return Place::Subject };
        match () {
            () if self.is(before, Class::Speech) || self.is(before, Class::Boundary) => Place::Subject,
            () if self.is(before, Class::Preposition) => Place::Oblique,
            () if next.is_some_and(|next| self.is_verb(next)) => Place::Subject,
            () => Place::Object,
        }
    }

    /// Whether a noun says what somebody is: `Harrow is a former teacher`, `as the youngest minister`.
    pub(super) fn is_predicate(&self, index: usize) -> bool {
        let mut before = std::iter::successors(self.before(index), |at| self.before(*at)).take(6);
        let governs = |at: &usize| [Class::Boundary, Class::Preposition, Class::Being].iter().any(|c| self.is(*at, *c));
        let governing = before.find(governs);
        governing.is_some_and(|at| self.is(at, Class::Being) || self.lower(at) == "as")
    }

    pub(super) fn is_possessive(&self, index: usize) -> bool {
        matches!(self.lower(index), "'s" | "’s" | "'" | "’" | "ʼs")
    }

    /// Whether a word right after a name is likely its verb.
    fn is_verb(&self, index: usize) -> bool {
        let word = self.lower(index);
        let plain = word.chars().all(char::is_alphabetic) && !self.is_capital(index);
        plain && !self.is(index, Class::Preposition) && !self.is(index, Class::Boundary)
    }

    /// Whether a noun right before a word is the last of its phrase: a verb, a mark or a preposition follows. "The president
    /// of Norway" is told by what follows, "the school board" is another.
    pub(super) fn ends_phrase(&self, next: usize) -> bool {
        let word = self.lower(next);
        let object =
            |at: usize| matches!(self.lower(at), "to" | "that" | "the" | "a" | "an" | "its" | "his" | "her" | "no");
        match () {
            () if matches!(word, "of" | "for" | "-" | "and" | "or") || self.is_capital(next) => false,
            () if !word.starts_with(char::is_alphanumeric) => true,
            () => {
                [Class::Boundary, Class::Preposition, Class::Being, Class::Speech, Class::Auxiliary]
                    .iter()
                    .any(|class| self.is(next, *class))
                    || word.ends_with("ed")
                    || word.ends_with('s') && self.after(next).is_some_and(object)
            }
        }
    }

    /// Whether a new clause begins between two words of a sentence; words far apart are taken to be in two.
    pub(super) fn parted(&self, range: Range<usize>) -> bool {
        range.len() > 60 || range.into_iter().any(|index| self.is(index, Class::Boundary) || self.lower(index) == "to")
    }
}
