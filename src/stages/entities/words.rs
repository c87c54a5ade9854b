//! The words of the story as rules look at them: in lower case, with their sentence and quotation, and the
//! few classes of words from which a rule without syntax can tell subject from object.

use std::borrow::Cow;
use std::ops::Range;

use crate::stages::encoder::Encoding;
use crate::stages::segments::Segments;
use crate::text::{Span, Text};

/// The words of a story with what is known of each.
pub(super) struct Words<'a> {
    pub(super) text: &'a Text,
    pub(super) spans: &'a [Span],
    pub(super) sentence: &'a [usize],
    lower: Vec<Cow<'a, str>>,
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
        let mut words = Self {
            text,
            spans: &encoding.words,
            sentence: &encoding.sentence,
            lower: encoding.words.iter().map(lowered).collect(),
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

    /// How a mention stands in its sentence, as far as the words next to it tell.
    pub(super) fn place(&self, range: &Range<usize>) -> Place {
        let next = range.end.checked_sub(1).and_then(|last| self.after(last));
        if next.is_some_and(|next| matches!(self.lower(next), "'s" | "’s" | "'" | "’")) {
            return Place::Owner;
        }
        // Titles, adjectives and an article stand between a name and what governs it.
        let mut start = range.start;
        while let Some(before) = self.before(start) {
            let title = self.is_capital(before) || super::names::is_role(self.lower(before));
            if !(title || matches!(self.lower(before), "the" | "a" | "an" | "'s" | "’s")) || start + 8 < range.start {
                break;
            }
            start = before;
        }
        let Some(before) = self.before(start) else { return Place::Subject };
        match self.lower(before) {
            word if is_speech(word) || is_boundary(word) => Place::Subject,
            word if is_preposition(word) => Place::Oblique,
            _ if next.is_some_and(|next| self.is_verb(next)) => Place::Subject,
            _ => Place::Object,
        }
    }

    /// Whether a noun says what somebody is: `Harrow is a former teacher`, `as the youngest minister`.
    pub(super) fn is_predicate(&self, index: usize) -> bool {
        let mut before =
            std::iter::successors(self.before(index), |at| self.before(*at)).take(6).map(|at| self.lower(at));
        let governing = before.find(|word| is_boundary(word) || is_preposition(word) || is_being(word));
        governing.is_some_and(|word| is_being(word) || word == "as")
    }

    /// Whether a word right after a name is likely its verb.
    fn is_verb(&self, index: usize) -> bool {
        let word = self.lower(index);
        let plain = word.chars().all(char::is_alphabetic) && !self.is_capital(index);
        plain && !is_preposition(word) && !matches!(word, "and" | "or" | "but" | "than" | "that" | "who" | "whose")
    }

    /// Whether a new clause begins between two words of a sentence.
    pub(super) fn parted(&self, range: Range<usize>) -> bool {
        range.into_iter().any(|index| is_boundary(self.lower(index)) || self.lower(index) == "to")
    }
}

/// Words after which a clause begins, the marks among them.
pub(super) fn is_boundary(word: &str) -> bool {
    matches!(
        word,
        "," | ";"
            | ":"
            | "-"
            | "–"
            | "—"
            | "("
            | "\""
            | "“"
            | "”"
            | "and"
            | "but"
            | "or"
            | "that"
            | "which"
            | "who"
            | "whose"
            | "when"
            | "while"
            | "as"
            | "if"
            | "because"
            | "since"
            | "although"
            | "though"
            | "whether"
            | "after"
            | "before"
            | "until"
            | "where"
            | "how"
            | "why"
            | "what"
            | "so"
            | "than"
            | "unless"
            | "once"
    )
}

/// Forms of "be" and "become".
fn is_being(word: &str) -> bool {
    matches!(
        word,
        "is" | "was" | "are" | "were" | "be" | "been" | "being" | "became" | "become" | "becomes" | "remains"
    )
}

/// Words that govern a noun.
pub(super) fn is_preposition(word: &str) -> bool {
    matches!(
        word,
        "of" | "in"
            | "to"
            | "for"
            | "with"
            | "on"
            | "at"
            | "from"
            | "by"
            | "about"
            | "into"
            | "through"
            | "over"
            | "against"
            | "between"
            | "under"
            | "without"
            | "within"
            | "along"
            | "behind"
            | "beyond"
            | "toward"
            | "towards"
            | "near"
            | "among"
            | "across"
            | "around"
            | "beside"
            | "besides"
            | "despite"
            | "during"
            | "inside"
            | "outside"
            | "like"
            | "unlike"
            | "onto"
            | "upon"
            | "via"
            | "per"
            | "versus"
            | "alongside"
            | "including"
            | "regarding"
            | "concerning"
            | "following"
            | "amid"
            | "off"
            | "out"
            | "up"
            | "down"
    )
}

/// Verbs of saying, in the forms in which news has them.
pub(super) fn is_speech(word: &str) -> bool {
    matches!(
        word,
        "said"
            | "says"
            | "say"
            | "told"
            | "tells"
            | "added"
            | "adds"
            | "asked"
            | "asks"
            | "wrote"
            | "writes"
            | "explained"
            | "explains"
            | "replied"
            | "answered"
            | "argued"
            | "argues"
            | "claimed"
            | "claims"
            | "insisted"
            | "noted"
            | "notes"
            | "stated"
            | "states"
            | "warned"
            | "continued"
            | "recalled"
            | "admitted"
            | "announced"
            | "remarked"
            | "commented"
            | "joked"
            | "responded"
            | "concluded"
            | "tweeted"
            | "testified"
    )
}
