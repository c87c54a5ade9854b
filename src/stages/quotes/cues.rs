//! Cues: verbs that report speech, with their subjects, and "according to".

use std::ops::Range;

use super::subjects::{Head, Phrases};
use super::verbs::{Class, Form, Takes, Verb};
use super::words::{What, tag};
use crate::stages::entities::Form as MentionForm;

/// Words that say that somebody spoke.
#[derive(Debug, Clone)]
pub(super) struct Cue {
    /// The verb, with its particle, or "according to".
    pub(super) words: Range<usize>,
    /// The verb with its subject and auxiliaries: what a quotation stands before or after.
    pub(super) group: Range<usize>,
    pub(super) speaker: Option<Head>,
    pub(super) manner: Manner,
    pub(super) class: Class,
    pub(super) takes: Takes,
    /// Whether it is told as something that was done: denied; not would deny, not to deny.
    pub(super) done: bool,
}

/// How subject and verb stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The minister said.
    Plain,
    /// Said the minister.
    Inverted,
    /// Went home and said; saying: the subject is that of another verb.
    Shared,
    /// Was told by the minister: the subject is who heard it.
    Passive,
    /// According to the minister.
    According,
}

/// All cues of a sentence, in order.
pub(super) fn of_sentence(phrases: Phrases<'_>, sentence: Range<usize>) -> Vec<Cue> {
    let finder = Finder { phrases, sentence: sentence.clone() };
    let mut cues: Vec<Cue> = Vec::new();
    for at in sentence {
        let found = finder.according(at).or_else(|| finder.verb(at)).or_else(|| finder.noun(at));
        cues.extend(found.filter(|cue| cues.last().is_none_or(|last| last.group.end <= cue.words.start)));
    }
    cues
}

struct Finder<'a> {
    phrases: Phrases<'a>,
    sentence: Range<usize>,
}

/// What stands between subject and verb.
#[derive(Default)]
struct Auxiliaries {
    be: bool,
    have: bool,
    /// will, did, can: a base form follows.
    modal: bool,
}

impl Finder<'_> {
    fn is(&self, at: usize, tags: u64) -> bool {
        self.sentence.contains(&at) && self.phrases.at(at).is_some_and(|word| word.is(tags))
    }

    fn what(&self, at: usize) -> What {
        if self.sentence.contains(&at) { self.phrases.at(at).map_or(What::Stop, |word| word.what) } else { What::Stop }
    }

    /// "in the minister's view", "in her words".
    fn view(&self, at: usize) -> Option<Cue> {
        let owner = (at + 1..self.sentence.end.min(at + 8))
            .find(|at| self.is(*at, tag::POSSESSIVE_PRONOUN) || self.what(*at) == What::Possessive)?;
        let noun = (owner + 1..self.sentence.end.min(owner + 3)).find(|at| self.is(*at, tag::VIEW))?;
        let speaker = if self.is(owner, tag::POSSESSIVE_PRONOUN) {
            Head { from: owner, words: owner..owner + 1, form: MentionForm::Pronoun, mention: None }
        } else {
            self.phrases.before(at + 1, owner)?
        };
        Some(Cue {
            words: at..noun + 1,
            group: at..noun + 1,
            speaker: Some(speaker),
            manner: Manner::According,
            class: Class::Say,
            takes: Takes::any_words(),
            done: true,
        })
    }

    /// "according to X".
    fn according(&self, at: usize) -> Option<Cue> {
        if self.is(at, tag::IN) {
            let opens = at == self.sentence.start || self.is(at - 1, tag::COORDINATOR);
            return opens.then(|| self.view(at)).flatten();
        }
        let word = self.phrases.at(at)?;
        let to = self.phrases.at(at + 1)?;
        if !(word.is(tag::ACCORDING) && to.is(tag::TO)) {
            return None;
        }
        let (speaker, end) = self.phrases.after(at + 2, self.sentence.end)?;
        // According to plan.
        let speaks = speaker.mention.is_some() || speaker.words.clone().all(|at| !self.is(at, tag::MEASURE));
        speaks.then_some(Cue {
            words: at..at + 2,
            group: at..end,
            speaker: Some(speaker),
            manner: Manner::According,
            class: Class::Say,
            takes: Takes::any_words(),
            done: true,
        })
    }

    fn verb(&self, at: usize) -> Option<Cue> {
        let word = self.phrases.at(at)?;
        let verb = word.verb.filter(|_| word.mention.is_none())?;
        let mut end = at + 1;
        if verb.takes.any(Takes::PARTICLE) {
            // Pointed out; spoke of “a tragedy”.
            let particle = self.is(end, tag::PARTICLE);
            let quoted = |at: usize| self.phrases.at(at).is_some_and(|word| word.quote().is_some());
            let of = self.is(end, tag::OF) && (quoted(end + 1) || self.is(end + 1, tag::DETERMINER) && quoted(end + 2));
            let put_it = self.is(end, tag::IT) && !self.phrases.at(end + 1).is_some_and(|word| word.is_word());
            if !particle && !of && !put_it {
                return None;
            }
            end += 1;
        }
        // "The minister is to say", "Berg has repeatedly said": back to the subject.
        let (left, auxiliaries) = self.auxiliaries(at);
        let done = !(auxiliaries.modal || left > self.sentence.start && self.is(left - 1, tag::TO));
        let cue = |speaker, group: Range<usize>, manner| {
            Some(Cue { words: at..end, group, speaker, manner, class: verb.class, takes: verb.takes, done })
        };
        let participle = matches!(verb.form, Form::Past | Form::Participle);
        // The figures reported by the ministry.
        if participle && !auxiliaries.be && self.is(end, tag::BY) {
            return None;
        }
        if auxiliaries.be && participle {
            // It should be noted that: the author says so.
            if auxiliaries.modal && self.is(left.wrapping_sub(1), tag::IT) {
                return None;
            }
            return self.passive(at, end, left, verb).and_then(|(speaker, group)| cue(speaker, group, Manner::Passive));
        }
        if verb.form == Form::Participle && !auxiliaries.have {
            return None;
        }
        if verb.form == Form::Adjective {
            // Is confident that; has made it clear that.
            let made = (at.saturating_sub(3)..at).any(|at| self.is(at, tag::VOICE));
            let fits = self.is(end, tag::THAT) && (auxiliaries.be || made) && verb.class != Class::Say
                || made && self.is(end, tag::THAT);
            let impersonal = left > self.sentence.start && self.is(left - 1, tag::IT) && !made;
            if !fits || impersonal {
                return None;
            }
            // Although she is sure that: the subject stands beside the verb.
            let beside = self.is(left.wrapping_sub(1), tag::PRONOUN)
                || self.is(left, tag::PRONOUN | tag::PERSONAL)
                || self.sentence.start < left && self.phrases.at(left - 1).is_some_and(|word| word.mention.is_some());
            let speaker = if beside && !made {
                let stop = if self.is(left, tag::PRONOUN) { left + 1 } else { left };
                self.phrases.before(self.sentence.start, stop)?
            } else {
                self.phrases.first(self.clause_start(left), if made { at } else { left })?
            };
            return cue(Some(speaker), at..end, Manner::Shared);
        }
        // Claims are, reports of: nouns.
        let next_is = |tags| self.is(end, tags) && self.phrases.at(end).is_some_and(|next| !next.is(tag::PRONOUN));
        let beside = left > self.sentence.start && self.is(left - 1, tag::PRONOUN);
        let noun = !verb.takes.any(Takes::USUAL) && !beside;
        if matches!(verb.form, Form::Third | Form::Base) && noun && next_is(tag::AUXILIARY) {
            return None;
        }
        // Thinking and showing go on all the time; they report where "that" says so.
        if verb.form == Form::Ing && matches!(verb.class, Class::Think | Class::Show) && !self.is(end, tag::THAT) {
            return None;
        }
        let inverted = || self.inverted(at, end, verb);
        if left == self.sentence.start {
            if verb.form == Form::Ing && end > at {
                // "Asked why, …"; "Speaking in Oslo, …": of the main verb.
                return None;
            }
            let (speaker, stop) = inverted()?;
            return cue(Some(speaker), at..stop, Manner::Inverted);
        }
        let prior = self.phrases.at(left - 1)?;
        let shared = |words: &Self| {
            let start = words.clause_start(left);
            words.phrases.first(start, left)
        };
        match prior.what {
            What::Quote(_) | What::Comma | What::Dash | What::Close => {
                if let Some((speaker, stop)) = inverted() {
                    return cue(Some(speaker), at..stop, Manner::Inverted);
                }
                if prior.quote().is_some() && verb.form != Form::Ing {
                    // “…” he said: the subject stands before the verb; here none does.
                    return None;
                }
                let manner = if verb.form == Form::Ing { Manner::Shared } else { Manner::Plain };
                if prior.what == What::Close && verb.form != Form::Ing {
                    let speaker = self.phrases.before(self.sentence.start, left)?;
                    let start = speaker.from;
                    return cue(Some(speaker), start..end, Manner::Plain);
                }
                // “…,” her lawyer, Anna Berg, said: what stands before the quotation is not the subject.
                let quoted = (self.sentence.start..left).rev().find(|at| matches!(self.what(*at), What::Quote(_)));
                let nearer = quoted.filter(|_| manner == Manner::Plain).and_then(|at| self.phrases.first(at + 1, left));
                let speaker = nearer.or_else(|| shared(self))?;
                let last = speaker.words.end - 1;
                if verb.form == Form::Base && !auxiliaries.modal && !self.is_plural(last) && !self.is(last, tag::NUMBER)
                {
                    return None;
                }
                // Berg, the minister, said: all from Berg on belongs together.
                let start = if manner == Manner::Plain { speaker.from } else { left };
                cue(Some(speaker), start..end, if manner == Manner::Plain { manner } else { Manner::Shared })
            }
            What::Possessive => None,
            What::Word => {
                if prior.mention.is_none() {
                    if prior.is(tag::TO) {
                        let reports = matches!(verb.form, Form::Base | Form::Past)
                            && !matches!(verb.class, Class::Think | Class::Show);
                        // As Berg likes to say.
                        let near = (self.sentence.start.max(left.saturating_sub(4))..left - 1).rev().find(|at| {
                            self.is(*at, tag::PRONOUN)
                                || self.phrases.at(*at).is_some_and(|word| word.mention.is_some())
                        });
                        let near = near.filter(|_| reports);
                        if let Some(speaker) = near.and_then(|at| self.phrases.before(self.sentence.start, at + 1)) {
                            let start = speaker.from;
                            return cue(Some(speaker), start..end, Manner::Plain);
                        }
                        // It is important to note that: the author does so.
                        let someone = |speaker: &Head| {
                            let after = speaker.words.end;
                            !(self.is(speaker.words.start, tag::IT) && self.is(after, tag::BE | tag::AUXILIARY)
                                || self.is(speaker.words.start, tag::IT) && self.is(speaker.words.start, tag::BE))
                        };
                        return reports
                            .then(|| shared(self).filter(someone))
                            .flatten()
                            .and_then(|speaker| cue(Some(speaker), at..end, Manner::Shared));
                    }
                    if prior.is(tag::COORDINATOR) {
                        let finite = matches!(verb.form, Form::Past | Form::Third | Form::Ing)
                            || auxiliaries.have
                            || auxiliaries.modal;
                        return finite
                            .then(|| shared(self))
                            .flatten()
                            .and_then(|speaker| cue(Some(speaker), left..end, Manner::Shared));
                    }
                    if prior.is(tag::PREPOSITION) {
                        let gerund = verb.form == Form::Ing;
                        return gerund
                            .then(|| shared(self))
                            .flatten()
                            .and_then(|speaker| cue(Some(speaker), at..end, Manner::Shared));
                    }
                    if prior.is(tag::RELATIVE) || prior.is(tag::THAT) && left >= 2 && self.is_noun(left - 2) {
                        let mut stop = left - 1;
                        if stop > self.sentence.start && matches!(self.what(stop - 1), What::Comma | What::Dash) {
                            stop -= 1;
                        }
                        let speaker = self.phrases.before(self.sentence.start, stop)?;
                        return cue(Some(speaker), left - 1..end, Manner::Plain);
                    }
                    if prior.is(tag::DETERMINER) && !prior.is(tag::SOME | tag::THAT) && !prior.is(tag::THIS) {
                        return None;
                    }
                    if prior.is(tag::SUBORDINATOR | tag::QUESTION | tag::OBJECT) && !prior.is(tag::PRONOUN) {
                        return None;
                    }
                }
                if verb.form == Form::Ing && !auxiliaries.be {
                    // A statement saying that …; crowds chanting: what stands before it speaks.
                    let speaker = self.phrases.before(self.sentence.start, left)?;
                    return cue(Some(speaker), at..end, Manner::Shared);
                }
                let speaker = self.phrases.before(self.sentence.start, left)?;
                // Officials at the ministry say; a study of two cities says.
                let noun = self.noun_of(&speaker, left);
                // An encouraging note is none of several verbs.
                let verbal = self.is(end, tag::THAT) || verb.takes.any(Takes::USUAL) || verb.class == Class::Think;
                let apart = verbal && (self.is_plural(noun) || self.is_joined(&speaker, left));
                let several = self.is_plural(left - 1) || apart;
                if verb.form == Form::Base && !auxiliaries.modal && !several {
                    return None;
                }
                let named = self.phrases.at(noun).is_some_and(|word| word.mention.is_some());
                if verb.form == Form::Third && prior.mention.is_none() && !named && self.is_several(noun) {
                    return None;
                }
                let start = speaker.from;
                cue(Some(speaker), start..end, Manner::Plain)
            }
            _ => None,
        }
    }

    /// "his claim that", "her view is that", "the ministry's warning that", "voiced fears that", "a warning by officials
    /// that".
    fn noun(&self, at: usize) -> Option<Cue> {
        let word = self.phrases.at(at)?;
        let class = word.noun.filter(|_| word.mention.is_none())?;
        let cue = |speaker, group| {
            let manner = Manner::Shared;
            Cue { words: at..at + 1, group, speaker: Some(speaker), manner, class, takes: Takes::that(), done: true }
        };
        if self.is(at + 1, tag::FROM) {
            let (speaker, stop) = self.phrases.after(at + 2, self.sentence.end)?;
            return self.is(stop, tag::THAT).then(|| cue(speaker, at..stop));
        }
        let is_that = self.is(at + 1, tag::BE) && self.is(at + 2, tag::THAT) && !self.is(at + 3, tag::AUXILIARY);
        if !is_that && !self.is(at + 1, tag::THAT) {
            return None;
        }
        // The claim that was made: a relative clause.
        let relative = !is_that && self.is(at + 2, tag::AUXILIARY) && !self.is(at + 2, tag::PRONOUN);
        if relative {
            return None;
        }
        let floor = self.sentence.start.max(at.saturating_sub(4));
        let owner = (floor..at)
            .rev()
            .find(|at| self.is(*at, tag::POSSESSIVE_PRONOUN | tag::VOICE) || self.what(*at) == What::Possessive)?;
        let speaker = if self.is(owner, tag::POSSESSIVE_PRONOUN) {
            Head {
                from: owner,
                words: owner..owner + 1,
                form: MentionForm::Pronoun,
                mention: self.phrases.at(owner)?.mention,
            }
        } else if self.is(owner, tag::VOICE) {
            self.phrases.first(self.clause_start(owner), owner)?
        } else {
            self.phrases.before(self.sentence.start, owner)?
        };
        Some(cue(speaker, at..at + if is_that { 2 } else { 1 }))
    }

    /// Where the auxiliaries and adverbs before a verb begin, and what they are.
    fn auxiliaries(&self, verb: usize) -> (usize, Auxiliaries) {
        let mut found = Auxiliaries::default();
        let mut left = verb;
        while left > self.sentence.start && verb - left < 8 {
            let Some(word) = self.phrases.at(left - 1) else { break };
            if word.mention.is_some() || !word.is_word() {
                break;
            }
            if word.is(tag::AUXILIARY) && !word.is(tag::TIME) {
                found.be |= word.is(tag::BE);
                found.have |= word.is(tag::HAVE);
                found.modal |= !word.is(tag::BE) && !word.is(tag::HAVE);
                if word.is(tag::PRONOUN) {
                    break;
                }
            } else if !word.is(tag::ADVERB) || word.is(tag::PRONOUN | tag::TIME) {
                break;
            }
            left -= 1;
        }
        (left, found)
    }

    /// Where the clause begins in which a verb at `at` stands.
    fn clause_start(&self, at: usize) -> usize {
        let bound = |at: &usize| matches!(self.what(*at), What::Semicolon | What::Colon);
        (self.sentence.start..at).rev().take(120).find(bound).map_or(self.sentence.start, |at| at + 1)
    }

    /// "said the minister": the subject, and where it ends.
    fn inverted(&self, at: usize, end: usize, verb: Verb) -> Option<(Head, usize)> {
        let Verb { form, class, takes } = verb;
        let tells = takes.any(Takes::ADDRESSEE) && class == Class::Say;
        if !matches!(form, Form::Past | Form::Third) || tells || !takes.any(Takes::QUOTE | Takes::CLAUSE) {
            return None;
        }
        let before = at > self.sentence.start
            || at.checked_sub(1).and_then(|at| self.phrases.at(at)).is_some_and(|word| word.quote().is_some());
        let (head, stop) = self.phrases.after(end, self.sentence.end)?;
        let next = self.phrases.at(stop).filter(|_| stop < self.sentence.end);
        let ends = next.is_none_or(|next| {
            let plain = next.is_word() && next.is_plain();
            let other_verb = next.verb.is_some_and(|verb| verb.form != Form::Ing);
            !(plain || other_verb || next.is(tag::AUXILIARY | tag::TO | tag::THAT) || next.is(tag::DETERMINER))
        });
        // Berg, the minister, said Marsh “should go”: no subject either.
        let quotes = next.is_some_and(|next| next.quote().is_some());
        let after_quote = (self.sentence.start.saturating_sub(1)..at)
            .rev()
            .find(|at| !matches!(self.phrases.at(*at).map(|word| word.what), Some(What::Comma | What::Dash)))
            .is_some_and(|at| self.phrases.at(at).is_some_and(|word| word.quote().is_some()));
        if quotes && !after_quote {
            return None;
        }
        // A lone object, "said goodbye", is no subject.
        let someone = head.mention.is_some()
            || head.form != MentionForm::Role
            || head
                .words
                .clone()
                .any(|at| self.phrases.at(at).is_some_and(|word| word.is(tag::PERSON | tag::SOURCE | tag::SOME)));
        (before && ends && someone).then_some((head, stop))
    }

    /// "was told by the minister", "it was announced": who said it, if that is told.
    fn passive(&self, at: usize, end: usize, left: usize, verb: Verb) -> Option<(Option<Head>, Range<usize>)> {
        let Verb { class, takes, .. } = verb;
        let reach = self.sentence.end.min(end + 12);
        let by = (end..reach)
            .take_while(|at| {
                !matches!(self.what(*at), What::Stop | What::Semicolon | What::Quote(_)) && !self.is(*at, tag::THAT)
            })
            .find(|at| self.phrases.at(*at).is_some_and(|word| word.is(tag::BY)));
        // Described by Berg as “a joke”.
        let quoted = |at: usize| self.phrases.at(at).is_some_and(|word| word.quote().is_some());
        let names = |at: usize| takes.any(Takes::NOUN | Takes::NAMING) && self.is(at, tag::AS) && quoted(at + 1);
        let reports = !matches!(class, Class::Think | Class::Show);
        let impersonal =
            reports && left > self.sentence.start && self.phrases.at(left - 1).is_some_and(|word| word.is(tag::IT));
        if let Some((speaker, stop)) = by.and_then(|by| self.phrases.after(by + 1, self.sentence.end)) {
            let told = takes.any(Takes::ADDRESSEE) || impersonal || names(stop);
            return told.then_some((Some(speaker), at..stop));
        }
        let told = takes.any(Takes::ADDRESSEE)
            && (end..reach.min(end + 6))
                .any(|at| self.is(at, tag::THAT) || self.phrases.at(at).is_some_and(|word| word.quote().is_some()));
        (told || impersonal && self.is(end, tag::THAT) || names(end)).then_some((None, at..end))
    }

    fn is_noun(&self, at: usize) -> bool {
        self.phrases.at(at).is_some_and(|word| {
            word.is_word()
                && (word.mention.is_some()
                    || word.is(tag::PERSON | tag::SOURCE)
                    || word.is_plain() && word.verb.is_none())
        })
    }

    /// The noun that a verb at `left` agrees with, in the phrase of its subject.
    fn noun_of(&self, subject: &Head, left: usize) -> usize {
        let first = subject.words.start.min(left - 1);
        let governed = |at: &usize| {
            *at > first
                && self.is(*at, tag::PREPOSITION)
                && self.phrases.at(*at).is_some_and(|word| word.mention.is_none())
        };
        (first..left).find(governed).unwrap_or(left) - 1
    }

    /// Whether a subject is two: Berg and Marsh.
    fn is_joined(&self, subject: &Head, left: usize) -> bool {
        let from = subject.from.max(left.saturating_sub(8));
        (from..left).any(|at| self.is(at, tag::COORDINATOR) && self.is_noun(at - 1) && at > from)
    }

    /// Whether a word is no subject of a verb in the singular.
    fn is_several(&self, at: usize) -> bool {
        self.phrases
            .at(at)
            .is_some_and(|word| word.is(tag::SOME) || word.is(tag::PLURAL) && !word.capital || word.is(tag::NUMBER))
    }

    /// Whether a word may be the subject of a plural verb.
    fn is_plural(&self, at: usize) -> bool {
        self.phrases.at(at).is_some_and(|word| word.is(tag::PLURAL | tag::SOME))
    }
}
