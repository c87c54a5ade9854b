//! From cues and quotation marks to what is reported: which words belong to which cue, and what is left over.

use std::ops::Range;

use super::cues::{self, Cue, Manner};
use super::marks::Stretch;
use super::speakers::{Speakers, Turn};
use super::subjects::{Head, Phrases};
use super::verbs::{Class, Form, Takes};
use super::words::{What, Word, tag};
use super::{Kind, Quote};
use crate::document::Evidence;
use crate::stages::encoder;
use crate::stages::entities;
use crate::text::{Span, Text};

/// The longest content that is read from one cue, in words; a sentence without end is not somebody's words.
const LONGEST: usize = 400;

/// A paragraph on its way to quotes.
pub(super) struct Paragraph<'a> {
    pub(super) text: &'a Text,
    pub(super) span: Span,
    pub(super) title: bool,
    pub(super) phrases: Phrases<'a>,
    pub(super) stretches: &'a [Stretch],
    /// Whether its first stretch goes on with one that the paragraph before left open.
    pub(super) goes_on: bool,
}

/// Words that somebody is reported to have said, before they are told whose they are.
struct Report {
    parts: Vec<Range<usize>>,
    /// The quotations in it that are its parts themselves, without their marks.
    bare: bool,
    cue: Option<Cue>,
    head: Option<Head>,
    rule: &'static str,
    confidence: f64,
}

impl Paragraph<'_> {
    fn words(&self) -> &[Word] {
        self.phrases.words
    }

    fn word(&self, at: usize) -> Option<&Word> {
        self.words().get(at)
    }

    fn what(&self, at: usize) -> What {
        self.word(at).map_or(What::Stop, |word| word.what)
    }

    fn is(&self, at: usize, tags: u64) -> bool {
        self.word(at).is_some_and(|word| word.is(tags))
    }

    fn quote(&self, at: usize) -> Option<usize> {
        self.word(at).and_then(Word::quote)
    }

    fn inner(&self, quote: usize) -> &str {
        self.stretches.get(quote).map_or("", |stretch| self.text.slice(stretch.inner))
    }

    fn sentences(&self) -> Vec<Range<usize>> {
        let starts: Vec<usize> =
            self.words().iter().enumerate().filter(|(_, word)| word.opens_sentence).map(|(at, _)| at).collect();
        let ends = starts.iter().skip(1).copied().chain([self.words().len()]);
        starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
    }

    /// Which sentences report something, or hold something reported.
    fn reporting(&self, sentences: &[Range<usize>], reports: &[Report]) -> Vec<bool> {
        let mut reporting = vec![false; sentences.len()];
        for report in reports {
            let cue = report.cue.as_ref().map(|cue| cue.words.start);
            for at in report.parts.iter().map(|part| part.start).chain(cue) {
                let sentence = sentences.partition_point(|sentence| sentence.end <= at);
                if let Some(reporting) = reporting.get_mut(sentence) {
                    *reporting = true;
                }
            }
        }
        reporting
    }

    /// Finds what is reported in the paragraph, and tells `speakers` of it.
    pub(super) fn read(&self, speakers: &mut Speakers<'_>, quotes: &mut Vec<Quote>, open: &mut Vec<usize>) {
        let sentences = self.sentences();
        let mut taken = vec![false; self.stretches.len()];
        let mut reports: Vec<Report> = Vec::new();
        if let Some(report) = self.colon() {
            self.take(&report, &mut taken);
            reports.push(report);
        }
        for sentence in &sentences {
            if !reports.is_empty() && self.title {
                break;
            }
            let cues = cues::of_sentence(self.phrases, sentence.clone());
            for (index, cue) in cues.iter().enumerate() {
                let later = cues.get(index + 1..).unwrap_or_default();
                let previous = index.checked_sub(1).and_then(|index| cues.get(index));
                let report = self.report(cue, previous, later, sentence, &taken);
                if let Some(report) = report.filter(|report| !is_nested(report, &reports)) {
                    self.take(&report, &mut taken);
                    reports.push(report);
                }
            }
        }
        self.leftovers(&sentences, &mut taken, &mut reports);
        reports.sort_by_key(|report| {
            (report.parts.first().map(|part| part.start), report.cue.as_ref().map(|cue| cue.words.start))
        });
        for report in reports {
            self.finish(report, speakers, quotes, open);
        }
    }

    fn take(&self, report: &Report, taken: &mut [bool]) {
        for quote in report.parts.iter().flat_map(|part| part.clone()).filter_map(|at| self.quote(at)) {
            if let Some(taken) = taken.get_mut(quote) {
                *taken = true;
            }
        }
    }

    /// What one cue reports.
    fn report(
        &self,
        cue: &Cue,
        previous: Option<&Cue>,
        later: &[Cue],
        sentence: &Range<usize>,
        taken: &[bool],
    ) -> Option<Report> {
        let report = |parts, bare, rule, confidence| {
            Some(Report { parts, bare, cue: Some(cue.clone()), head: cue.speaker.clone(), rule, confidence })
        };
        let own = matches!(cue.manner, Manner::Plain | Manner::Inverted | Manner::According);
        let verbal = cue.takes.any(Takes::QUOTE | Takes::CLAUSE | Takes::THAT);
        let forward = self.forward(cue, later, sentence);
        let after = self.adjuncts(cue, cue.group.end, sentence.end);
        let nothing_after = self.closes(after, sentence.end);

        // “…,” she said.
        let before = (0..cue.group.start)
            .rev()
            .find(|at| !matches!(self.what(*at), What::Comma | What::Dash) && !self.is(*at, tag::AS));
        let quoted = before.filter(|at| cue.group.start - at <= 3).and_then(|at| Some((at, self.quote(at)?)));
        if let Some((at, quote)) =
            quoted.filter(|(_, quote)| own && verbal && !taken.get(*quote).copied().unwrap_or(true))
        {
            let ended = self.inner(quote).ends_with('.') && !self.inner(quote).ends_with("..");
            let opens = cue.group.start == sentence.start;
            let fits = if opens {
                nothing_after || !ended && forward.is_none()
            } else {
                forward.is_none() || self.what(at + 1) == What::Comma || self.inner(quote).ends_with([',', '?', '!'])
            };
            if fits {
                // A “plumber”, as she puts it: the rest are the author's words.
                let put = (at..cue.group.start).any(|at| self.is(at, tag::AS));
                let start = if put { at } else { self.content_start(at, previous) };
                let bare = start == at;
                let mut parts: Vec<Range<usize>> = std::iter::once(start..at + 1).collect();
                let mut rule = "cue_after";
                if let Some(rest) = self.rest_of_quotation(after, later, sentence) {
                    parts.push(rest..rest + 1);
                    rule = "cue_inside";
                }
                return report(parts, bare, rule, 0.95);
            }
        }

        if cue.manner == Manner::According {
            let parts = self.according(cue, previous, later, sentence)?;
            let bare = parts.iter().all(|part| part.len() == 1 && self.quote(part.start).is_some());
            return report(parts, bare, "according_to", 0.85);
        }

        // There is no proof, she said, that it was so.
        let set_off = own
            && cue.group.start > sentence.start
            && self.what(cue.group.start - 1) == What::Comma
            && self.what(cue.group.end) == What::Comma
            && self.is(cue.group.end + 1, tag::THAT);
        if let Some((range, ..)) = forward.as_ref().filter(|_| set_off) {
            let start = self.content_start(cue.group.start - 1, previous).max(sentence.start);
            let content = start..cue.group.start - 1;
            if self.has_clause(&content) {
                return report(vec![content, range.clone()], false, "clause_around_cue", 0.8);
            }
        }
        // As the Post reported, the road was closed.
        let as_said =
            cue.manner == Manner::Plain && cue.group.start == sentence.start + 1 && self.is(sentence.start, tag::AS);
        if as_said && self.what(after) == What::Comma && cue.takes.any(Takes::THAT) {
            let rest = after + 1..self.clause_end(after + 1, later, sentence);
            return self.has_clause(&rest).then(|| report(vec![rest], false, "as_said", 0.7)).flatten();
        }
        if let Some((range, rule, confidence)) = forward {
            let cue = &Cue { class: if rule == "demand" { Class::Urge } else { cue.class }, ..cue.clone() };
            let bare = range.len() == 1 || range.clone().all(|at| self.quote(at).is_some());
            let head = cue.speaker.clone();
            return Some(Report { parts: vec![range], bare, cue: Some(cue.clone()), head, rule, confidence });
        }

        // The road was closed, she said.
        let comma = cue.group.start.checked_sub(1).filter(|at| matches!(self.what(*at), What::Comma | What::Dash));
        let fronted = comma.filter(|comma| {
            // You know, you see: no source.
            let filler = cue.speaker.as_ref().is_some_and(|head| self.is(head.words.start, tag::YOU));
            // Berg, who noted little, left: a clause about the subject.
            let relative = self.is(cue.group.start, tag::RELATIVE);
            *comma > sentence.start
                && own
                && !filler
                && !relative
                && cue.takes.any(Takes::CLAUSE | Takes::QUOTE | Takes::THAT)
        });
        if let Some(comma) = fronted {
            let start = self.content_start(comma, previous).max(sentence.start);
            let content = start..comma;
            let quoted = content.clone().any(|at| self.quote(at).is_some());
            let clausal = cue.takes.any(Takes::CLAUSE) || cue.takes.any(Takes::THAT) && !cue.takes.any(Takes::NOUN);
            if !quoted && (!clausal || self.is(start, tag::ED | tag::ING)) {
                return None;
            }
            // Because the roads were closed, she said: what she said does not stand here.
            let adverbial = self.is(start, tag::SUBORDINATOR)
                && !self.is(start, tag::PREPOSITION | tag::QUESTION)
                && !content.clone().any(|at| self.what(at) == What::Comma);
            if nothing_after
                && !adverbial
                && (self.has_clause(&content)
                    || content.len() >= 4 && !self.is(content.start, tag::PREPOSITION | tag::TIME))
            {
                return report(vec![content], false, "clause_before_cue", 0.8);
            }
            // The talks, she said, would help.
            let around = cue.takes.any(Takes::CLAUSE) || clausal && !cue.takes.any(Takes::ADDRESSEE);
            if self.what(after) == What::Comma && around && !content.is_empty() {
                let first = after + 1;
                // Said Berg, a farmer: what follows tells who he is.
                let other = cue.manner == Manner::Inverted
                    || self.is(first, tag::RELATIVE | tag::COORDINATOR | tag::CONCESSION | tag::PREPOSITION)
                    || self.word(first).is_some_and(|word| word.verb.is_some_and(|verb| verb.form == Form::Ing));
                if other {
                    return self
                        .has_clause(&content)
                        .then(|| report(vec![content], false, "clause_before_cue", 0.75))
                        .flatten();
                }
                let rest = first..self.clause_end(first, later, sentence);
                if rest.len() > 1 && (self.has_clause(&content) || self.has_clause(&rest)) {
                    return report(vec![content, rest], false, "clause_around_cue", 0.7);
                }
            }
        }
        None
    }

    /// Where the clause begins that ends at `end`: after the cue before, a semicolon or a colon.
    fn content_start(&self, end: usize, previous: Option<&Cue>) -> usize {
        let mut start = end;
        let floor = previous
            .map_or(0, |cue| if cue.group.end <= end { cue.group.end } else { 0 })
            .max(end.saturating_sub(LONGEST));
        while start > floor && !self.is_start(start) && !matches!(self.what(start - 1), What::Semicolon | What::Colon) {
            start -= 1;
        }
        while start < end
            && (matches!(self.what(start), What::Comma | What::Dash | What::Other | What::Stop)
                || self.is(start, tag::COORDINATOR | tag::THAT))
        {
            start += 1;
        }
        start
    }

    fn is_start(&self, at: usize) -> bool {
        self.word(at).is_none_or(|word| word.opens_sentence)
    }

    /// The second part of a quotation that its cue has broken.
    fn rest_of_quotation(&self, from: usize, later: &[Cue], sentence: &Range<usize>) -> Option<usize> {
        let mark = matches!(self.what(from), What::Comma | What::Dash | What::Colon).then_some(from + 1)?;
        let at = if self.is(mark, tag::COORDINATOR | tag::THAT) { mark + 1 } else { mark };
        let free = |at: usize| later.first().is_none_or(|next| next.words.start > at);
        if at < sentence.end && free(at) && self.quote(at).is_some() {
            return Some(at);
        }
        // “This,” she said, holding up a photo, “is the plant.”
        let second = (mark..sentence.end.min(mark + 30)).find(|at| self.quote(*at).is_some())?;
        let goes_on = self.quote(second).is_some_and(|quote| self.inner(quote).starts_with(char::is_lowercase));
        (goes_on && free(second) && self.what(second - 1) == What::Comma).then_some(second)
    }

    /// Past adverbs, times and prepositional phrases, and past those to whom it is said.
    fn adjuncts(&self, cue: &Cue, from: usize, end: usize) -> usize {
        let mut at = from;
        if cue.takes.any(Takes::ADDRESSEE) && matches!(cue.manner, Manner::Plain | Manner::Shared) {
            at = self.object(at, end);
        }
        while at < end && at - from < 40 {
            let Some(word) = self.word(at) else { break };
            if word.mention.is_none() && word.is(tag::TIME | tag::ADVERB) && !word.is(tag::DETERMINER | tag::PRONOUN) {
                at += 1;
            } else if word.mention.is_none() && word.is(tag::PREPOSITION) && self.adjunct_preposition(at) {
                at = self.phrase_end(at + 1, end);
            } else if word.mention.is_none()
                && (word.is(tag::DETERMINER) || !word.capital && word.is_plain())
                && self.is(at + 1, tag::TIME)
            {
                at += 2;
            } else {
                break;
            }
        }
        at
    }

    fn adjunct_preposition(&self, at: usize) -> bool {
        // "to close" is no adjunct; "after he had left" is a clause of its own.
        !self.is(at, tag::TO)
            || self
                .word(at + 1)
                .is_some_and(|word| word.mention.is_some() || word.is(tag::DETERMINER | tag::LISTENER | tag::OBJECT))
    }

    /// Whether it is a pronoun that stands as an object: "her", but not in "her government".
    fn is_object(&self, at: usize) -> bool {
        let next = self.word(at + 1).is_some_and(|next| {
            next.mention.is_some() || next.is_plain() && next.is_word() || next.is(tag::PERSON | tag::SOURCE)
        });
        self.is(at, tag::OBJECT) && !(self.is(at, tag::DETERMINER) && next)
    }

    /// The end of the object of "told".
    fn object(&self, from: usize, end: usize) -> usize {
        if self.is_object(from) {
            return from + 1;
        }
        self.phrase_end(from, end)
    }

    /// The end of a short noun phrase.
    fn phrase_end(&self, from: usize, end: usize) -> usize {
        let mut at = from;
        while at < end && at - from < 12 {
            let Some(word) = self.word(at) else { break };
            if word.what == What::Possessive {
                at += 1;
                continue;
            }
            if !word.is_word() {
                break;
            }
            let prior = at.checked_sub(1).and_then(|at| self.word(at)).filter(|_| at > from);
            if word.mention.is_some() {
                let new = prior.is_some_and(|prior| prior.mention.is_some() && prior.mention != word.mention);
                let after_listener = prior.is_some_and(|prior| prior.is(tag::LISTENER | tag::TIME));
                if new || after_listener {
                    break;
                }
            } else {
                let joins = prior.is_some_and(|prior| prior.what == What::Possessive || prior.is(tag::DETERMINER));
                let stop = word.is(tag::THAT
                    | tag::PRONOUN
                    | tag::AUXILIARY
                    | tag::QUESTION
                    | tag::RELATIVE
                    | tag::CONCESSION
                    | tag::OBJECT)
                    || word.is(tag::PREPOSITION | tag::COORDINATOR | tag::ADVERB)
                        && !word.is(tag::TIME | tag::DETERMINER)
                    || word.is(tag::DETERMINER) && at > from && !joins
                    || word.is(tag::TIME)
                        && at > from
                        && prior.is_some_and(|prior| !prior.is(tag::TIME | tag::DETERMINER) && !prior.is_plain())
                    || prior.is_some_and(|prior| prior.is(tag::LISTENER) && !word.is(tag::TIME))
                    || prior.is_some_and(|prior| {
                        prior.mention.is_some() && word.is(tag::PERSON | tag::SOURCE) && word.is(tag::PLURAL)
                    });
                if stop {
                    break;
                }
            }
            at += 1;
        }
        at
    }

    /// Whether nothing that could be reported follows.
    fn closes(&self, at: usize, end: usize) -> bool {
        at >= end || matches!(self.what(at), What::Stop | What::Close | What::Semicolon)
    }

    /// What follows a cue as its content: the words, the rule that found them, and how sure it is.
    fn forward(&self, cue: &Cue, later: &[Cue], sentence: &Range<usize>) -> Option<(Range<usize>, &'static str, f64)> {
        let end = sentence.end;
        let from = cue.group.end;
        let takes = cue.takes;
        let content = |start: usize| {
            let mut stop = self.clause_end(start, later, sentence);
            // After Berg said it was over, the crowd left.
            let fronted = cue.group.start == sentence.start + 1 && self.is(sentence.start, tag::SUBORDINATOR);
            if fronted && cue.manner == Manner::Plain {
                stop = (start + 1..stop).find(|at| self.what(*at) == What::Comma).unwrap_or(stop);
            }
            (stop > start).then_some(start..stop)
        };
        let next = later.first();
        let free = |quote: usize| next.is_none_or(|next| next.words.start > quote);
        let direct = from + usize::from(matches!(self.what(from), What::Comma | What::Colon | What::Dash));
        let before = cue.group.start.checked_sub(1).filter(|before| *before >= sentence.start);
        let after = |tags| before.is_some_and(|before| self.is(before, tags));
        // What he called “cowards”; but a podcast called “The Hour” bears a name.
        if takes.any(Takes::NAMING)
            && direct == from
            && self.quote(direct).is_some()
            && cue.manner != Manner::Passive
            && !(cue.words.start.saturating_sub(12).max(sentence.start)..cue.words.start)
                .any(|at| self.is(at, tag::QUESTION | tag::RELATIVE))
        {
            return None;
        }
        // Was described by Berg as “a joke”.
        if cue.manner == Manner::Passive && self.is(from, tag::AS) && self.quote(from + 1).is_some() && free(from + 1) {
            return Some((self.quotation(from + 1, later, sentence), "naming", 0.85));
        }
        if direct < end && self.quote(direct).is_some() && free(direct) {
            return Some((self.quotation(direct, later, sentence), "cue_before", 0.93));
        }
        let mut at = from;
        if takes.any(Takes::ADDRESSEE) && cue.manner != Manner::Passive {
            at = self.object(at, end);
        }
        let told = at;
        // call on X to, call for X
        let acts = cue.done && cue.speaker.as_ref().is_none_or(|head| self.is_someone(head));
        let quotes_some =
            |start: usize| (start..end.min(start + LONGEST)).find(|at| self.quote(*at).is_some()).is_some_and(free);
        if takes.any(Takes::PREPOSITION)
            && (acts || quotes_some(at))
            && !takes.any(Takes::QUOTE)
            && (self.word(at).is_some_and(|word| word.is(tag::PREPOSITION) && word.is(tag::PARTICLE | tag::FOR))
                || cue.class == Class::Urge
                    && self.is(at, tag::TO)
                    && (at + 2..end.min(at + 10)).any(|at| self.is(at, tag::TO)))
        {
            return content(at).filter(|range| range.len() > 2).map(|range| (range, "demand", 0.65));
        }
        at = self.adjuncts(cue, from, end).max(told);
        let open = at + usize::from(matches!(self.what(at), What::Comma | What::Colon | What::Dash));
        if open < end
            && self.quote(open).is_some()
            && free(open)
            && takes.any(Takes::QUOTE | Takes::CLAUSE | Takes::THAT)
        {
            return Some((self.quotation(open, later, sentence), "cue_before", 0.9));
        }
        if takes.any(Takes::THAT) {
            // A comma before "that" closes what was put in.
            let limit = next.map_or(end, |next| next.group.start.max(at)).min(from + 24).min(end);
            let that = (from..limit)
                .take_while(|at| !matches!(self.what(*at), What::Stop | What::Semicolon | What::Colon | What::Quote(_)))
                .find(|at| self.is(*at, tag::THAT) && (*at == from || !self.is(*at - 1, tag::PREPOSITION)));
            // Of "told the court that" and "said on Monday that"; but not "rejected the claim that", "jokes that are old".
            let object = self.word(from).is_some_and(|word| {
                word.is_word()
                    && !word.is(tag::THAT | tag::PREPOSITION | tag::ADVERB | tag::TIME | tag::SUBORDINATOR)
                    && !self.is(from + 1, tag::TIME)
            });
            let relative = |that: usize| {
                let next = self.word(that + 1);
                next.is_some_and(|next| {
                    next.mention.is_none() && next.is(tag::AUXILIARY) && !next.is(tag::PRONOUN)
                        || next.verb.is_some_and(|verb| verb.form == Form::Past) && !next.is(tag::PERSON | tag::SOURCE)
                })
            };
            let between = |that: usize| {
                (at..that).any(|at| {
                    self.is(at, tag::PRONOUN) && self.word(at).is_some_and(|word| word.mention.is_none())
                        || self.is(at, tag::AUXILIARY)
                })
            };
            let fits = |that: usize| {
                !between(that) && !relative(that) && (!object || takes.any(Takes::ADDRESSEE) || told > from)
            };
            let someone = cue.speaker.as_ref().is_some_and(|head| head.form != entities::Form::Role);
            // I think that is fair: here it is the subject.
            if that == Some(from) && relative(from) && takes.any(Takes::CLAUSE) && someone {
                return content(from).filter(|range| range.len() > 2).map(|range| (range, "bare_clause", 0.7));
            }
            if let Some(that) = that.filter(|that| fits(*that)) {
                // That, in her view, it was over.
                let start = that + 1 + usize::from(self.what(that + 1) == What::Comma);
                if self.quote(start).is_some() {
                    return Some((self.quotation(start, later, sentence), "cue_before", 0.9));
                }
                return content(start).filter(|range| range.len() > 1).map(|range| (range, "that_clause", 0.85));
            }
            let asked = [at, told].into_iter().find(|at| self.is(*at, tag::QUESTION));
            if let Some(start) = asked {
                let known = match cue.class {
                    // Rejected what he called “a smear”.
                    Class::Deny | Class::Confirm => self.is(start, tag::SUBORDINATOR) || quotes_some(start),
                    Class::Show => self.is(start, tag::SUBORDINATOR),
                    Class::Think => self.is(start, tag::SUBORDINATOR) || someone && !self.is(start + 1, tag::TO),
                    _ => true,
                };
                let thought = cue.class == Class::Think;
                return content(start)
                    .filter(|range| range.len() > 1 && known && (!thought || self.has_verb(range)))
                    .map(|range| (range, "question_clause", 0.75));
            }
            if self.what(at) == What::Colon && at + 1 < end {
                return content(at + 1).filter(|range| range.len() > 2).map(|range| (range, "colon", 0.75));
            }
        }
        // The agency reports this: what stands before.
        let this = self.is(from, tag::THIS) && (self.closes(from + 1, end) || self.what(from + 1) == What::Comma);
        if this && takes.any(Takes::THAT) && matches!(cue.manner, Manner::Plain | Manner::Shared) {
            return Some((from..from + 1, "this", 0.5));
        }
        if takes.any(Takes::INFINITIVE) && self.is(told, tag::TO) && told + 2 < end {
            let bare = !takes.any(Takes::ADDRESSEE) || told > from;
            return content(told)
                .filter(|_| (acts || quotes_some(told)) && bare && (cue.class != Class::Say || takes.any(Takes::USUAL)))
                .map(|range| (range, "infinitive", 0.65));
        }
        // Which she says was stolen; what they say is a plot.
        let extracted = cue.manner == Manner::Plain
            && takes.any(Takes::CLAUSE)
            && (after(tag::RELATIVE | tag::THAT)
                || after(tag::QUESTION)
                    && cue.done
                    && (takes.any(Takes::USUAL) || cue.class == Class::Think)
                    && self.is(from + 1, tag::DETERMINER)
                    && !self.is(from + 1, tag::THAT))
            && self.is(from, tag::AUXILIARY | tag::ED)
            && !self.is(from, tag::PRONOUN);
        if extracted {
            let comma =
                |range: &Range<usize>| range.clone().find(|at| matches!(self.what(*at), What::Comma | What::Dash));
            let range = content(from).map(|range| from..comma(&range).unwrap_or(range.end));
            return range.filter(|range| range.len() > 1).map(|range| (range, "bare_clause", 0.7));
        }
        let clausal = takes.any(Takes::CLAUSE) || takes.any(Takes::THAT) && !takes.any(Takes::NOUN);
        let reports = takes.any(Takes::CLAUSE) || !matches!(cue.class, Class::Confirm | Class::Judge);
        if clausal && reports && cue.manner != Manner::Inverted && !self.closes(at, end) {
            let needs_object =
                takes.any(Takes::ADDRESSEE) && cue.class == Class::Say && told == from && cue.manner != Manner::Passive;
            let start = if self.what(at) == What::Comma && at > from { at + 1 } else { at };
            if !needs_object && let Some(range) = content(start).filter(|range| self.may_be_clause(range, cue)) {
                return Some((range, "bare_clause", 0.75));
            }
        }
        if takes.any(Takes::NAMING) && cue.manner != Manner::Passive {
            let quoted = |range: &Range<usize>| range.clone().any(|at| self.quote(at).is_some());
            return content(from)
                .filter(|range| (acts || quoted(range)) && self.names_something(range))
                .map(|range| (range, "naming", 0.7));
        }
        if takes.any(Takes::NOUN) && !self.closes(from, end) && matches!(cue.manner, Manner::Plain | Manner::Shared) {
            let range = content(from)?;
            let quoted = range.clone().any(|at| self.quote(at).is_some());
            let as_something = range.clone().take(16).any(|at| self.is(at, tag::AS));
            let fits = match cue.class {
                Class::Deny | Class::Confirm | Class::Urge => {
                    !self.is(from, tag::PREPOSITION | tag::COORDINATOR | tag::CONCESSION)
                }
                Class::Judge => {
                    self.word(from).is_some_and(|word| word.is_word() || word.quote().is_some())
                        && !self.is(from, tag::COORDINATOR | tag::PREPOSITION)
                }
                _ => quoted || as_something,
            };
            return ((acts || quoted) && fits && range.len() > 1).then_some((range, "object", 0.6));
        }
        None
    }

    /// The content that begins with a quotation: it alone, or with the clause that it is a part of.
    fn quotation(&self, at: usize, later: &[Cue], sentence: &Range<usize>) -> Range<usize> {
        let whole = self.quote(at).is_some_and(|quote| self.inner(quote).ends_with(['.', ',', '!', '?', '…', '—']));
        let follows = self.word(at + 1).filter(|_| at + 1 < sentence.end);
        let ends = follows
            .is_none_or(|word| !word.is_word() || word.is(tag::COORDINATOR | tag::CONCESSION | tag::SUBORDINATOR));
        // Said that “nothing is safe” and that it is “too late”.
        let reach = later.first().map_or(sentence.end, |next| next.group.start).min(at + 40);
        let more = (at + 1..reach).any(|at| self.quote(at).is_some());
        if whole || ends && !more {
            return at..at + 1;
        }
        at..self.clause_end(at, later, sentence)
    }

    /// Where the words end that began at `start`: before the next cue that reports by itself, before a remark of the
    /// reporter's, or with the sentence.
    fn clause_end(&self, start: usize, later: &[Cue], sentence: &Range<usize>) -> usize {
        let mut end = sentence.end.min(start + LONGEST);
        let opening = self.opening(start, end);
        for (place, next) in later.iter().take(8).enumerate().filter(|(_, next)| next.group.start > start) {
            let before = next.group.start;
            let mark = matches!(self.what(before - 1), What::Comma | What::Dash) && opening != Some(before - 1);
            let apart = mark || self.is(before - 1, tag::COORDINATOR);
            // What is thought within what is said ends nothing but itself.
            let other = place == 0
                || next.manner == Manner::Plain && !matches!(next.class, Class::Think | Class::Show | Class::Judge);
            if apart && other || next.manner == Manner::According {
                end = end.min(before);
                break;
            }
        }
        let next = later.first();
        // Berg — who called it “a joke” — said: the verb of the clause around.
        let around = next.filter(|next| next.group.start < start && next.words.start > start);
        let around = around.filter(|next| matches!(self.what(next.words.start - 1), What::Comma | What::Dash));
        if let Some(around) = around {
            end = end.min(around.words.start);
        }
        // His claim that the vote was stolen has been examined: the second verb is that of the author.
        if start >= 2 && self.is(start - 1, tag::THAT) && self.word(start - 2).is_some_and(|noun| noun.noun.is_some()) {
            let verbs = (start..end)
                .filter(|at| self.is(*at, tag::AUXILIARY) && !self.is(*at - 1, tag::AUXILIARY | tag::ADVERB));
            end = verbs.take(2).nth(1).unwrap_or(end);
        }
        // That it was late; and that it was dear: the second clause is reported as well.
        let that = start > 0 && self.is(start - 1, tag::THAT);
        let listed = |at: usize| {
            that && (self.is(at + 1, tag::THAT) || self.is(at + 1, tag::COORDINATOR) && self.is(at + 2, tag::THAT))
        };
        let bound = (start..end).find(|at| {
            let mark = matches!(self.what(*at), What::Comma | What::Dash);
            let checked = || (*at + 2..end.min(*at + 14)).any(|at| self.is(at, tag::CHECKED));
            let remark = mark
                && (self.is(*at + 1, tag::CONCESSION) && !self.is_put_in(*at + 1, end)
                    || self.is(*at + 1, tag::COORDINATOR) && checked());
            let quoted =
                *at > start && self.quote(*at - 1).is_some_and(|quote| self.inner(quote).ends_with(['.', '!', '?']));
            *at > start && (self.what(*at) == What::Semicolon && !listed(*at) || remark || quoted && self.is_start(*at))
        });
        let mut end = bound.unwrap_or(end);
        while end > start
            && (matches!(self.what(end - 1), What::Comma | What::Dash | What::Stop | What::Colon | What::Semicolon)
                || self.is(end - 1, tag::COORDINATOR))
        {
            end -= 1;
        }
        end
    }

    /// The comma that ends the clause or phrase with which reported words open: "that if it rained, she would stay".
    fn opening(&self, start: usize, end: usize) -> Option<usize> {
        let opens = self.is(start, tag::SUBORDINATOR | tag::PREPOSITION)
            && !self.is(start, tag::THAT)
            && self.word(start).is_some_and(|word| word.mention.is_none());
        opens.then(|| (start..end).find(|at| self.what(*at) == What::Comma)).flatten()
    }

    /// Whether a remark is soon over: "although not perfect, was".
    fn is_put_in(&self, at: usize, end: usize) -> bool {
        (at..end.min(at + 7)).any(|at| matches!(self.what(at), What::Comma | What::Dash))
    }

    /// Whether words seem to hold a finite verb.
    fn has_verb(&self, range: &Range<usize>) -> bool {
        range.clone().any(|at| {
            self.word(at).is_some_and(|word| {
                let past = word.is(tag::ED) && !word.capital;
                word.mention.is_none()
                    && (word.is(tag::AUXILIARY)
                        || word.verb.is_some_and(|verb| verb.form != Form::Ing && verb.form != Form::Base)
                        || past)
            })
        })
    }

    fn has_clause(&self, range: &Range<usize>) -> bool {
        let words = range.clone().filter(|at| self.word(*at).is_some_and(Word::is_word)).count();
        let quoted = range.clone().any(|at| self.quote(at).is_some());
        quoted || words >= 3 && self.has_verb(range) || words >= 7
    }

    /// Whether words after a verb seem to be a clause, without "that" to tell.
    fn may_be_clause(&self, range: &Range<usize>, cue: &Cue) -> bool {
        let Some(first) = self.word(range.start) else { return false };
        let begins = first.mention.is_some()
            || first.quote().is_some()
            || first.is_word()
                && !self.is_object(range.start)
                && !first.is(tag::COORDINATOR | tag::BY | tag::CONCESSION | tag::AS | tag::TO)
                && (!first.is(tag::AUXILIARY) || first.is(tag::PRONOUN))
                && first.verb.is_none_or(|verb| verb.form != Form::Ing);
        if !begins || range.len() < 2 {
            return false;
        }
        let free = cue.takes.any(Takes::CLAUSE)
            && (cue.class != Class::Say
                || cue.takes.any(Takes::USUAL | Takes::ADDRESSEE)
                || range.clone().any(|at| self.quote(at).is_some()));
        if !free {
            return self.is_plain_clause(range);
        }
        // A subject comes first, then its verb, before anything that is put in.
        let put_in = |at: &usize| {
            !self
                .word(*at)
                .is_some_and(|word| word.is_word() || word.what == What::Possessive || word.quote().is_some())
                || self.is(*at, tag::RELATIVE | tag::THAT)
                || self.is(*at, tag::SUBORDINATOR) && !self.is(*at, tag::PREPOSITION)
        };
        let adverbial =
            first.is(tag::PREPOSITION | tag::SUBORDINATOR | tag::TIME | tag::ADVERB) && first.mention.is_none();
        let stop = if adverbial { None } else { (range.start..range.end).find(put_in) };
        let subject = range.start + 1..stop.unwrap_or(range.end);
        let finite = first.is(tag::PRONOUN) && first.mention.is_none() || self.has_verb(&subject);
        let says = cue.class == Class::Say && cue.takes.any(Takes::USUAL);
        finite || says && range.len() >= 3 && !first.is(tag::PREPOSITION)
    }

    /// Whether words are a clause for certain: a subject, then an auxiliary before anything else that could be a verb.
    fn is_plain_clause(&self, range: &Range<usize>) -> bool {
        let Some(first) = self.word(range.start) else { return false };
        if first.mention.is_none() && first.is(tag::PRONOUN) && !first.is(tag::QUESTION | tag::RELATIVE | tag::SOME) {
            let verb = (range.start + 1..range.end).find(|at| !self.is(*at, tag::ADVERB));
            let finite = first.is(tag::AUXILIARY)
                || verb.and_then(|at| self.word(at)).is_some_and(|word| {
                    word.is(tag::AUXILIARY | tag::ED) || word.verb.is_some_and(|verb| verb.form != Form::Ing)
                });
            // It and you may be objects.
            return finite || !first.is(tag::IT | tag::YOU | tag::ONE) && range.len() > 2;
        }
        // Volunteers think it is: "volunteers" is no verb there.
        let base = first.verb.is_some_and(|verb| verb.form == Form::Base);
        if base && first.mention.is_none() && !self.is(range.start + 1, tag::AUXILIARY) {
            return false;
        }
        for at in range.start..range.end.min(range.start + 12) {
            let Some(word) = self.word(at) else { return false };
            if word.what == What::Possessive || at > range.start && word.quote().is_some() {
                continue;
            }
            let prior = self.word(at - usize::from(at > range.start));
            let after_name = prior.is_some_and(|prior| prior.mention.is_some());
            if !word.is_word() {
                return false;
            }
            if word.mention.is_some() {
                // The plan Berg had made: a clause within the phrase.
                let joins = prior.is_some_and(|prior| {
                    prior.mention == word.mention
                        || prior.what == What::Possessive
                        || prior.capital
                        || prior.is(tag::PREPOSITION | tag::COORDINATOR | tag::DETERMINER | tag::PERSON | tag::TIME)
                });
                if at > range.start && !joins {
                    return false;
                }
                continue;
            }
            if at > range.start && word.is(tag::AUXILIARY) && !word.is(tag::PRONOUN | tag::BARE) {
                return after_name || !self.is(at - 1, tag::COORDINATOR | tag::TO | tag::PREPOSITION);
            }
            if word.is(tag::THAT | tag::RELATIVE | tag::QUESTION)
                || word.is(tag::PRONOUN | tag::OBJECT) && !word.is(tag::DETERMINER)
                || at > range.start
                    && word.is(tag::SUBORDINATOR | tag::AS)
                    && !prior.is_some_and(|prior| prior.is(tag::NUMBER))
                || at > range.start && word.is(tag::DETERMINER) && prior.is_some_and(Word::is_plain)
            {
                return false;
            }
        }
        false
    }

    /// Whether a subject can say something: a name, a pronoun, or words for people or for what speaks for them.
    fn is_someone(&self, head: &Head) -> bool {
        let speaks = |at| self.is(at, tag::PERSON | tag::SOURCE | tag::SOME | tag::PLURAL | tag::PERSONAL);
        match head.form {
            entities::Form::Role => head.mention.is_some() || head.words.clone().any(speaks),
            entities::Form::Pronoun => !self.is(head.words.start, tag::YOU),
            entities::Form::Name => true,
        }
    }

    /// Whether these words give a thing a name: it a mistake, the deal "historic".
    fn names_something(&self, range: &Range<usize>) -> bool {
        if range.clone().any(|at| self.quote(at).is_some()) {
            return true;
        }
        let rest = range.start + 1..range.end;
        let second = rest.clone().any(|at| {
            self.is(at, tag::DETERMINER) && !self.is(at - 1, tag::PREPOSITION | tag::DETERMINER | tag::COORDINATOR)
        });
        range.len() > 1 && self.is(range.start, tag::OBJECT | tag::IT)
            || second
                && (self.is(range.start, tag::DETERMINER)
                    || self.word(range.start).is_some_and(|word| word.mention.is_some()))
    }

    /// The parts that "according to" stands before, after or between.
    fn according(
        &self,
        cue: &Cue,
        previous: Option<&Cue>,
        later: &[Cue],
        sentence: &Range<usize>,
    ) -> Option<Vec<Range<usize>>> {
        let start = self
            .content_start(cue.group.start, previous.filter(|cue| cue.manner == Manner::According))
            .max(sentence.start);
        let mut before = start..cue.group.start;
        while before.end > before.start && matches!(self.what(before.end - 1), What::Comma | What::Dash) {
            before.end -= 1;
        }
        let after = self.adjuncts(cue, cue.group.end, sentence.end);
        let comma = (after..sentence.end.min(after + 30)).find(|at| self.what(*at) == What::Comma);
        let rest = comma
            .map(|comma| comma + 1..self.clause_end(comma + 1, later, sentence))
            .filter(|rest| rest.len() > 1 || self.quote(rest.start).is_some());
        if !self.has_clause(&before) {
            let rest = rest?;
            return Some(if before.len() > 1 && before.start != cue.group.start {
                vec![before, rest]
            } else {
                vec![rest]
            });
        }
        Some(vec![before])
    }

    /// "Berg: No deal this year", "No deal this year: minister"; a turn in a dialogue.
    fn colon(&self) -> Option<Report> {
        let colon = (0..self.words().len().min(40)).find(|at| self.what(*at) == What::Colon)?;
        let end = self.words().len();
        let report = |part: Range<usize>, head: Head, rule, confidence| {
            let bare = part.clone().all(|at| self.quote(at).is_some() || !self.word(at).is_some_and(Word::is_word));
            let part = match part.clone().find(|at| self.quote(*at).is_some()).filter(|_| bare) {
                Some(at) => at..at + 1,
                None => part,
            };
            Some(Report { parts: vec![part], bare, cue: None, head: Some(head), rule, confidence })
        };
        if !self.title || colon == 0 || colon + 1 >= end {
            return None;
        }
        if let Some(head) = self.short_source(0..colon) {
            return report(colon + 1..end, head, "headline_colon", 0.75);
        }
        let last = (0..end).rev().take(12).find(|at| self.what(*at) == What::Colon)?;
        let head = self.short_source(last + 1..end)?;
        report(0..last, head, "headline_colon", 0.75)
    }

    /// A name or a role that stands alone before or after the colon of a headline.
    fn short_source(&self, range: Range<usize>) -> Option<Head> {
        if range.len() > 8
            || range
                .clone()
                .any(|at| !self.word(at).is_some_and(|word| word.is_word() || word.what == What::Possessive))
        {
            return None;
        }
        let head = self.phrases.head(range.clone())?;
        let person = head
            .mention
            .and_then(|mention| self.phrases.mentions.get(mention))
            .map(|named| named.kind == encoder::Kind::Person);
        let speaks = |at| self.is(at, tag::PERSON | tag::SOURCE);
        let fits = match person {
            Some(person) => person,
            None => range.clone().next_back().is_some_and(speaks) || range.clone().any(|at| self.is(at, tag::PERSON)),
        };
        let ends = head.words.end == range.end || head.form == entities::Form::Role;
        (fits && ends).then_some(head)
    }

    /// Quotations that no cue took: those that go on with what somebody said, and those that are none.
    fn leftovers(&self, sentences: &[Range<usize>], taken: &mut [bool], reports: &mut Vec<Report>) {
        let mut reporting = self.reporting(sentences, reports);
        for (index, sentence) in sentences.iter().enumerate() {
            let alone =
                sentence.clone().all(|at| self.quote(at).is_some() || !self.word(at).is_some_and(Word::is_word));
            for at in sentence.clone() {
                let Some(quote) = self.quote(at).filter(|quote| !taken.get(*quote).copied().unwrap_or(true)) else {
                    continue;
                };
                let colon = at > sentence.start && self.what(at - 1) == What::Colon;
                let words = self.inner(quote).split_whitespace().count();
                let (parts, bare, rule, confidence, head) = if self.goes_on && quote == 0 {
                    (at..at + 1, true, "paragraph_goes_on", 0.85, None)
                } else if colon {
                    let head = self.answer(sentence).or_else(|| self.phrases.first(sentence.start, at - 1));
                    (at..at + 1, true, "colon", 0.7, head)
                } else if let Some(head) = self.name_after(at, quote, sentence) {
                    (at..at + 1, true, "name_after", 0.7, Some(head))
                } else if self.is_sentence(quote) && at > sentence.start && self.what(at - 1) == What::Comma {
                    (at..at + 1, true, "comma_before", 0.65, self.subject(sentence.start, at - 1))
                } else if alone
                    && at == sentence.start
                    && let Some(before) = index.checked_sub(1)
                    && !reporting.get(before).copied().unwrap_or(true)
                    && let Some(head) = self.subject_before(sentences, before)
                {
                    (at..at + 1, true, "sentence_before", 0.75, Some(head))
                } else if alone && (words > 2 || self.inner(quote).ends_with(['.', '!', '?'])) {
                    (at..at + 1, true, "same_speaker_goes_on", 0.75, None)
                } else if words >= 5 && !self.is_title_case(quote) {
                    (at..at + 1, true, "quoted_words", 0.4, self.subject(sentence.start, at))
                } else {
                    continue;
                };
                reports.push(Report { parts: vec![parts], bare, cue: None, head, rule, confidence });
                for done in [taken.get_mut(quote), reporting.get_mut(index)].into_iter().flatten() {
                    *done = true;
                }
            }
        }
    }

    /// Somebody named right after a quotation, with a verb that the lexicon does not hold.
    fn name_after(&self, at: usize, quote: usize, sentence: &Range<usize>) -> Option<Head> {
        // “…” — Berg, in a letter.
        if self.what(at + 1) == What::Dash && at == sentence.start {
            // The dash may be taken for the start of a sentence.
            let end = self.words().len().min(at + 20);
            return self.phrases.first(at + 2, end).filter(|head| {
                head.from == at + 2 && (head.mention.is_some() || head.words.clone().any(|at| self.is(at, tag::PERSON)))
            });
        }
        let comma = self.what(at + 1) == What::Comma;
        if !comma && !self.inner(quote).ends_with([',', '?', '!', '—']) {
            return None;
        }
        let from = at + 1 + usize::from(comma);
        self.subject(from, sentence.end).filter(|head| head.from == from)
    }

    /// The subject of a clause, if it is somebody who can speak.
    fn subject(&self, start: usize, end: usize) -> Option<Head> {
        let head = self.phrases.first(start, end)?;
        let named = head.mention.is_some_and(|mention| {
            self.phrases.mentions.get(mention).is_some_and(|named| named.kind != encoder::Kind::Place)
        });
        let someone = head.words.clone().any(|at| self.is(at, tag::PERSON | tag::PERSONAL));
        (named || someone).then_some(head)
    }

    /// Whether a quotation reads like a whole sentence.
    fn is_sentence(&self, quote: usize) -> bool {
        let inner = self.inner(quote);
        inner.starts_with(char::is_uppercase) && inner.ends_with(['.', '!', '?', '…'])
    }

    /// Whose answer a sentence announces: "Berg's response?"
    fn answer(&self, sentence: &Range<usize>) -> Option<Head> {
        let noun = (sentence.start..sentence.end.min(sentence.start + 6)).find(|at| self.is(*at, tag::ANSWER))?;
        let owner = (sentence.start..noun).rev().take(2).find(|at| self.what(*at) == What::Possessive)?;
        self.phrases.before(sentence.start, owner)
    }

    /// The person that a sentence is about.
    fn subject_before(&self, sentences: &[Range<usize>], sentence: usize) -> Option<Head> {
        let sentence = sentences.get(sentence)?;
        let answer = self.answer(sentence);
        if answer.is_some() {
            return answer;
        }
        let head = self.phrases.first(sentence.start, sentence.end)?;
        let named = head.mention.and_then(|mention| self.phrases.mentions.get(mention));
        let person = named.is_some_and(|named| named.kind == encoder::Kind::Person);
        (person || self.is(head.words.start, tag::PERSONAL)).then_some(head)
    }

    /// Whether it reads like the title of a work: capitals but for small words.
    fn is_title_case(&self, quote: usize) -> bool {
        let words = self.inner(quote).split_whitespace().filter(|word| word.chars().count() > 3);
        let (mut all, mut capitals) = (0, 0);
        for word in words {
            all += 1;
            capitals += usize::from(word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()));
        }
        all > 0 && capitals * 10 >= all * 9
    }

    fn span(&self, range: &Range<usize>) -> Option<Span> {
        self.phrases.span(self.text, range)
    }

    /// Gives a report its speaker and its place among the quotes.
    fn finish(&self, report: Report, speakers: &mut Speakers<'_>, quotes: &mut Vec<Quote>, open: &mut Vec<usize>) {
        let stretch = |at: usize| self.quote(at).and_then(|quote| self.stretches.get(quote));
        let mut closed = true;
        let mut parts: Vec<Span> = Vec::new();
        for part in &report.parts {
            let alone = (part.len() == 1).then(|| stretch(part.start)).flatten();
            if let Some(stretch) = alone.filter(|_| report.bare) {
                closed &= stretch.closed;
                parts.push(stretch.inner);
            } else {
                parts.extend(self.span(part));
            }
        }
        let quoted = report.parts.iter().flat_map(|part| part.clone()).any(|at| self.quote(at).is_some());
        let kind = match (quoted, report.bare) {
            (true, true) => Kind::Direct,
            (true, false) => Kind::Mixed,
            _ => Kind::Indirect,
        };
        let (Some(first), Some(last)) = (parts.first().copied(), parts.last().copied()) else { return };
        let whole = self.text.join(first, last);
        let turn = Turn { paragraph: self.span, at: whole, kind, rule: report.rule };
        let first_word = report.parts.first().map(|part| part.start);
        let (speaker, sure, mut evidence) = match &report.head {
            Some(head) => speakers.named(self.phrases, head, &turn),
            None if report.cue.is_some() => speakers.nobody(),
            None => speakers.goes_on(self.phrases, &turn),
        };
        // A few words that nobody is said to have spoken: a gloss, or words that the author keeps at a distance.
        let few = || whole.len() < 400 && self.text.slice(whole).split_whitespace().count() < 8;
        let described = || first_word.is_some_and(|at| at > 0 && self.is(at - 1, tag::AS));
        if report.rule == "quoted_words" && speaker.form == super::Form::Unknown && (!closed || few() && !described()) {
            return;
        }
        let cue =
            report.cue.as_ref().and_then(|cue| Some(super::Cue { span: self.span(&cue.words)?, class: cue.class }));
        evidence.insert(0, Evidence::of(report.rule, cue.iter().map(|cue| cue.span)));
        let confidence = report.confidence * sure;
        if !closed {
            open.push(quotes.len());
        }
        speakers.spoke(&turn, &speaker);
        quotes.push(Quote { kind, parts, cue, speaker, confidence, evidence });
    }
}

/// Whether two reports before already hold its words: what is reported within what is reported is read, but no further,
/// so that a sentence full of cues does not fill the record.
fn is_nested(report: &Report, reports: &[Report]) -> bool {
    let Some(start) = report.parts.first().map(|part| part.start) else { return true };
    let holds = |other: &&Report| other.parts.iter().any(|part| part.start <= start && start < part.end);
    reports.iter().rev().take(4).filter(holds).count() > 1
}
