//! Who the subject of a cue verb is: the noun phrase before it, after it, or at the head of its clause.

use std::ops::Range;

use super::words::{Named, What, Word, tag};
use crate::stages::encoder::Kind;
use crate::stages::entities::Form;
use crate::text::{Span, Text};

/// How far back a subject is looked for.
const REACH: usize = 60;

/// Words that name who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// Where the noun phrase begins: with the title before a name.
    pub(super) from: usize,
    pub(super) words: Range<usize>,
    /// Name, pronoun or role.
    pub(super) form: Form,
    /// The mention of the head, if it is one.
    pub(super) mention: Option<usize>,
}

/// The words of a paragraph with the mentions of the article.
#[derive(Clone, Copy)]
pub(super) struct Phrases<'a> {
    pub(super) words: &'a [Word],
    pub(super) mentions: &'a [Named],
}

impl Phrases<'_> {
    /// The span of a range of words.
    pub(super) fn span(&self, text: &Text, range: &Range<usize>) -> Option<Span> {
        let first = self.at(range.start)?.span;
        let last = range.end.checked_sub(1).and_then(|last| self.at(last))?.span;
        Some(text.join(first, last))
    }

    pub(super) fn at(&self, index: usize) -> Option<&Word> {
        self.words.get(index)
    }

    fn is(&self, index: usize, tags: u64) -> bool {
        self.at(index).is_some_and(|word| word.is(tags))
    }

    fn what(&self, index: usize) -> What {
        self.at(index).map_or(What::Stop, |word| word.what)
    }

    fn mention(&self, index: usize) -> Option<usize> {
        self.at(index).and_then(|word| word.mention)
    }

    fn named(&self, index: usize) -> Option<&Named> {
        self.mention(index).and_then(|mention| self.mentions.get(mention))
    }

    fn is_person(&self, index: usize) -> bool {
        self.named(index).is_some_and(|named| named.kind == Kind::Person)
    }

    /// All words of the mention that `index` belongs to, inside `range`.
    fn whole(&self, index: usize, range: &Range<usize>) -> Range<usize> {
        let same = |at: &usize| self.mention(*at) == self.mention(index);
        let start = (range.start..index).rev().take_while(same).last().unwrap_or(index);
        let end = (index..range.end).take_while(same).last().unwrap_or(index);
        start..end + 1
    }

    /// The noun phrase that ends before `end`, with its head; it begins no earlier than `start`.
    pub(super) fn before(&self, start: usize, end: usize) -> Option<Head> {
        let mut end = end;
        // Berg (52) said; Berg, 52, is left to `first`.
        if end > start && self.what(end - 1) == What::Close {
            let opening = (start..end).rev().take(REACH).find(|at| self.what(*at) == What::Open)?;
            end = opening;
        }
        let mut from = end;
        while from > start.max(end.saturating_sub(REACH)) && !self.bounds_phrase(from - 1) {
            from -= 1;
        }
        self.head(from..end)
    }

    /// Whether a noun phrase that is a subject ends at this word.
    fn bounds_phrase(&self, index: usize) -> bool {
        let Some(word) = self.at(index) else { return true };
        if word.mention.is_some() {
            return false;
        }
        if word.what == What::Possessive {
            return false;
        }
        let joined = word.is(tag::COORDINATOR)
            && index > 0
            && self.mention(index - 1).is_some()
            && self.mention(index + 1).is_some();
        let verb = word.verb.is_some_and(|_| !word.is(tag::SOURCE | tag::PERSON) && !word.capital)
            && !self.is(index.wrapping_sub(1), tag::DETERMINER | tag::NUMBER | tag::PREPOSITION);
        !word.is_word()
            || verb
            || word.is(tag::THAT | tag::AUXILIARY | tag::RELATIVE | tag::QUESTION)
            || word.is(tag::SUBORDINATOR)
            || word.is(tag::COORDINATOR) && !joined
    }

    /// Whether a new noun phrase begins at this word, after one that ended without a comma.
    fn begins_phrase(&self, at: usize) -> bool {
        let Some(word) = self.at(at) else { return false };
        if at == 0 || self.is(at - 1, tag::PREPOSITION | tag::DETERMINER) && self.mention(at - 1).is_none() {
            return false;
        }
        let new_mention = word.mention.is_some() && word.mention != self.mention(at - 1);
        let prior = self.at(at - 1);
        let fresh = prior.is_some_and(|prior| {
            prior.is(tag::TIME) || prior.mention.is_some() || !prior.capital && !prior.is(tag::TITLE | tag::PERSON)
        });
        let after_time = prior.is_some_and(|prior| prior.is(tag::TIME) || prior.mention.is_some());
        word.is(tag::DETERMINER | tag::PRONOUN) || new_mention && fresh || word.is(tag::PERSON) && after_time
    }

    /// The head of a noun phrase that fills a range, but for what stands before it: "In Geneva the minister".
    pub(super) fn head(&self, range: Range<usize>) -> Option<Head> {
        let mut range = range;
        while self.is(range.start, tag::COORDINATOR | tag::ADVERB)
            && range.len() > 1
            && self.mention(range.start).is_none()
            && !self.is(range.start, tag::DETERMINER | tag::PRONOUN)
        {
            range.start += 1;
        }
        // The minister on Tuesday said; police yesterday said.
        while range.len() > 1 && self.mention(range.end - 1).is_none() && self.is(range.end - 1, tag::TIME) {
            range.end -= 1;
        }
        if range.is_empty() {
            return None;
        }
        let last = range.end - 1;
        if range.len() == 1 && self.is(last, tag::OBJECT | tag::PERSONAL) {
            return Some(Head { from: last, words: range, form: Form::Pronoun, mention: self.mention(last) });
        }
        if self.is(last, tag::PRONOUN) && self.mention(last).is_none() {
            let some = self.is(last, tag::SOME);
            let form = if some { Form::Role } else { Form::Pronoun };
            return Some(Head { from: range.start, words: last..range.end, form, mention: self.mention(last) });
        }
        let fronted = self.mention(range.start).is_none()
            && (self.is(range.start, tag::PREPOSITION | tag::TIME) || self.is(range.start, tag::ING));
        if fronted {
            range.start = (range.start + 1..range.end).rev().find(|at| self.begins_phrase(*at))?;
        }
        let first_end = (range.start + 1..range.end)
            .find(|at| self.is(*at, tag::PREPOSITION) && self.mention(*at).is_none())
            .unwrap_or(range.end);
        let last = first_end - 1;
        let word = self.at(last)?;
        if word.what == What::Possessive || word.is(tag::TIME) && word.mention.is_none() {
            return None;
        }
        if word.mention.is_some() {
            return Some(self.mentioned(last, &range));
        }
        // Minister of Defence Anna Berg; but the wife of Anna Berg.
        if first_end < range.end && word.is(tag::TITLE) {
            let end = range.end - 1;
            if self.is_person(end) && self.whole(end, &range).start > first_end + 1 {
                return Some(self.mentioned(end, &range));
            }
        }
        // A name that the entities do not hold.
        let start = (range.start..=last).rev().take_while(|at| self.at(*at).is_some_and(|word| word.capital)).last();
        if let Some(start) = start.filter(|_| !word.is(tag::PERSON | tag::SOURCE | tag::DETERMINER)) {
            let lone = start == last && self.at(start).is_some_and(|word| word.opens_sentence);
            if !lone {
                return Some(Head { from: range.start, words: start..last + 1, form: Form::Name, mention: None });
            }
        }
        // A survey of 41 bays published in May: what it is, not what became of it.
        let end = range.end.min(range.start + 16);
        let end = (first_end..end).find(|at| self.is(*at, tag::ED | tag::ING | tag::RELATIVE)).unwrap_or(end);
        Some(Head { from: range.start, words: range.start..end, form: Form::Role, mention: None })
    }

    fn mentioned(&self, index: usize, range: &Range<usize>) -> Head {
        Head { from: range.start, words: self.whole(index, range), form: Form::Name, mention: self.mention(index) }
    }

    /// The first subject of a clause that begins at `start`, looked for up to `end`: segment by segment between commas.
    pub(super) fn first(&self, start: usize, end: usize) -> Option<Head> {
        let mut at = start.max(end.saturating_sub(REACH * 2));
        while at < end {
            let stop = (at..end)
                .find(|at| {
                    matches!(
                        self.what(*at),
                        What::Comma | What::Dash | What::Quote(_) | What::Open | What::Semicolon | What::Colon
                    )
                })
                .unwrap_or(end);
            if let Some(head) = self.first_of_segment(at..stop) {
                // The minister, Anna Berg, said.
                if head.form == Form::Role
                    && self.what(stop) == What::Comma
                    && let Some(whole) = self.apposition(stop + 1, end)
                    && (whole.end == end || self.what(whole.end) == What::Comma || self.is(whole.end, tag::PREPOSITION))
                {
                    return Some(Head { from: head.from, ..self.mentioned(whole.start, &whole) });
                }
                return Some(head);
            }
            at = if self.what(stop) == What::Open {
                (stop..end).find(|at| self.what(*at) == What::Close).map_or(end, |close| close + 1)
            } else {
                stop + 1
            };
        }
        None
    }

    /// The name of a person that begins here, after a title at most.
    fn apposition(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let titled =
            |at: &usize| self.at(*at).is_some_and(|word| word.is_word() && (word.capital || word.is(tag::NUMBER)));
        let name = (start..end.min(start + 4)).take_while(titled).find(|at| self.is_person(*at))?;
        Some(self.whole(name, &(name..end)))
    }

    fn first_of_segment(&self, range: Range<usize>) -> Option<Head> {
        let mut at = range.start;
        while at < range.end
            && self.mention(at).is_none()
            && (self.is(at, tag::COORDINATOR | tag::THAT)
                || self.is(at, tag::ADVERB) && !self.is(at, tag::DETERMINER | tag::TIME))
        {
            at += 1;
        }
        if self.is(at, tag::PREPOSITION) && self.is(at + 1, tag::LEAST) {
            at += 2;
        }
        let first = self.at(at).filter(|_| at < range.end)?;
        if first.mention.is_none() {
            let counts = first.is(tag::ONE | tag::SOME)
                && self.at(at + 1).is_some_and(|next| {
                    next.is(tag::PERSON | tag::SOURCE) || next.is_word() && next.is_plain() && next.verb.is_none()
                });
            if first.is(tag::PRONOUN) && !counts {
                let form = if first.is(tag::SOME) { Form::Role } else { Form::Pronoun };
                return Some(Head { from: at, words: at..at + 1, form, mention: None });
            }
            if first.is(tag::PREPOSITION | tag::TIME | tag::SUBORDINATOR | tag::RELATIVE | tag::QUESTION) {
                // In Geneva the minister met them and said: a phrase begins where the first one has ended.
                let fresh = (at + 1..range.end.min(at + 12)).find(|at| self.begins_phrase(*at))?;
                let stop = (fresh..range.end)
                    .find(|at| self.ends_subject(*at))
                    .filter(|_| first.is(tag::PREPOSITION | tag::TIME))?;
                return self.within(fresh..stop);
            }
            // Speaking in Oslo, …; Asked why, …: the main clause follows.
            let participle = first.is(tag::ING | tag::ED) && !first.is(tag::PERSON | tag::SOURCE);
            let verb = first.verb.is_some() && !first.capital && !first.is(tag::PERSON | tag::SOURCE);
            if participle || verb {
                return None;
            }
        }
        let stop = (at..range.end).find(|at| self.ends_subject(*at)).unwrap_or(range.end);
        self.within(at..stop)
    }

    fn ends_subject(&self, at: usize) -> bool {
        let Some(word) = self.at(at) else { return true };
        word.mention.is_none()
            && (word.is(tag::AUXILIARY | tag::THAT | tag::RELATIVE | tag::QUESTION)
                || word.verb.is_some()
                    && !word.is(tag::PERSON | tag::SOURCE)
                    && !word.capital
                    && !self.is(at.wrapping_sub(1), tag::DETERMINER))
    }

    /// The subject at the start of a range that may hold more than a noun phrase: a name that nothing governs, else the
    /// first word for a person or for what speaks for one.
    fn within(&self, range: Range<usize>) -> Option<Head> {
        let mut at = range.start;
        while at < range.end {
            let word = self.at(at)?;
            if word.mention.is_some() {
                let whole = self.whole(at, &range);
                let after = self.at(whole.end).filter(|_| whole.end < range.end);
                let governs = after.is_some_and(|after| {
                    after.what == What::Possessive
                        || after.mention.is_some()
                        || after.is(tag::PERSON | tag::SOURCE | tag::TITLE)
                        || after.capital
                });
                if !governs {
                    return Some(self.mentioned(at, &range));
                }
                at = whole.end;
                continue;
            }
            if word.is(tag::PERSON | tag::SOURCE) {
                let next = self.at(at + 1).filter(|_| at + 1 < range.end);
                let goes_on = next
                    .is_some_and(|next| next.mention.is_some() || next.is(tag::PERSON | tag::SOURCE) || next.capital)
                    || word.is(tag::TITLE) && next.is_some_and(|next| next.is(tag::PREPOSITION));
                if goes_on && self.is(at + 1, tag::PREPOSITION) {
                    return self.head(range.clone()).filter(|head| head.mention.is_some()).or_else(|| {
                        Some(Head { from: range.start, words: range.start..at + 1, form: Form::Role, mention: None })
                    });
                }
                if !goes_on {
                    return Some(Head {
                        from: range.start,
                        words: range.start..at + 1,
                        form: Form::Role,
                        mention: None,
                    });
                }
            }
            if word.is(tag::PREPOSITION) {
                break;
            }
            at += 1;
        }
        let names = |word: &Word| word.is(tag::PERSON | tag::SOURCE | tag::DETERMINER | tag::SOME | tag::PLURAL);
        self.head(range.clone())
            .filter(|head| head.form != Form::Role || range.clone().any(|at| self.at(at).is_some_and(names)))
    }

    /// The noun phrase that begins at `start`, and where it ends: "said the minister, Anna Berg, on Monday".
    pub(super) fn after(&self, start: usize, end: usize) -> Option<(Head, usize)> {
        let stop =
            (start..end.min(start + REACH)).find(|at| self.ends_object(start, *at)).unwrap_or(end.min(start + REACH));
        if stop == start {
            return None;
        }
        let head = self.head(start..stop)?;
        let head = match self.within(start..stop) {
            Some(within) if head.mention.is_none() && within.mention.is_some() && self.is(start, tag::DETERMINER) => {
                head
            }
            _ => head,
        };
        // said the minister, Anna Berg
        if head.form == Form::Role
            && self.what(stop) == What::Comma
            && let Some(whole) = self.apposition(stop + 1, end)
        {
            let closes = whole.end >= end
                || matches!(self.what(whole.end), What::Comma | What::Stop | What::Quote(_) | What::Close | What::Dash)
                || self.is(whole.end, tag::PREPOSITION);
            if closes {
                return Some((Head { from: head.from, ..self.mentioned(whole.start, &whole) }, whole.end));
            }
        }
        Some((head, stop))
    }

    fn ends_object(&self, start: usize, at: usize) -> bool {
        let Some(word) = self.at(at) else { return true };
        if word.mention.is_some() || word.what == What::Possessive {
            return false;
        }
        let of_a_role = word.is(tag::PREPOSITION)
            && at > start
            && self.mention(at - 1).is_none()
            && self.is(at - 1, tag::PERSON | tag::TITLE | tag::SOURCE);
        !word.is_word()
            || word.opens_sentence
            || word.is(tag::PREPOSITION) && !of_a_role
            || word.is(tag::THAT | tag::AUXILIARY | tag::RELATIVE | tag::QUESTION | tag::COORDINATOR)
            || word.is(tag::SUBORDINATOR) && !of_a_role
            || word.is(tag::TIME)
            || word.is(tag::ADVERB) && at > start && !word.is(tag::DETERMINER)
            || word.is(tag::PRONOUN) && at > start
            || word.verb.is_some() && !word.is(tag::PERSON | tag::SOURCE) && at > start && !word.capital
            || word.is(tag::DETERMINER) && at > start && !self.is(at - 1, tag::PREPOSITION | tag::DETERMINER)
    }
}
