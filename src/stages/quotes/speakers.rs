//! Whose words they are: from the subject of a cue to an entity, and from what was said before to what goes on.

use super::subjects::{Head, Phrases};
use super::words::{Named, is_space, tag};
use super::{Form, Kind, Speaker};
use crate::document::Evidence;
use crate::stages::encoder;
use crate::stages::entities;
use crate::text::{Span, Text};

/// Something reported, as whoever speaks next may go on with it.
pub(super) struct Turn {
    pub(super) paragraph: Span,
    /// From the first to the last of its words.
    pub(super) at: Span,
    pub(super) kind: Kind,
    pub(super) rule: &'static str,
}

/// Who has spoken so far.
pub(super) struct Speakers<'a> {
    pub(super) text: &'a Text,
    /// By name.
    pub(super) mentions: &'a [Named],
    /// By a pronoun or a role.
    references: &'a [Named],
    /// The sentences of the story, in order.
    pub(super) sentences: &'a [Span],
    /// The entities that are persons, in order.
    persons: Vec<usize>,
    /// The last that was reported, and whose it was.
    last: Option<(Span, Span, Kind, Speaker)>,
    /// The paragraph before the one that is read.
    before: Option<Span>,
    /// Who answers in an interview, once that was asked for, and where the story names him.
    interviewee: Option<Option<(usize, Span)>>,
}

impl<'a> Speakers<'a> {
    pub(super) fn new(text: &'a Text, mentions: &'a [Named], references: &'a [Named], sentences: &'a [Span]) -> Self {
        let persons = mentions.iter().filter(|named| named.kind == encoder::Kind::Person).map(|named| named.entity);
        let mut persons: Vec<usize> = persons.collect();
        persons.sort_unstable();
        persons.dedup();
        Self { text, mentions, references, sentences, persons, last: None, before: None, interviewee: None }
    }

    /// Who gives the interview whose first answer stands at `until`: the only person whom the title names, else the only
    /// one who is named before, or who is named far more often than any other.
    pub(super) fn interviewee(&mut self, until: usize) -> Option<(usize, Span)> {
        if self.interviewee.is_none() {
            self.interviewee = Some(self.main_person(until));
        }
        self.interviewee.flatten()
    }

    fn main_person(&self, until: usize) -> Option<(usize, Span)> {
        let before = self.mentions.partition_point(|named| named.span.start() < until);
        let named = self.mentions.get(..before)?.iter().filter(|named| named.kind == encoder::Kind::Person);
        let persons: Vec<(usize, Span)> = named.map(|named| (named.entity, named.span)).collect();
        let body = self.text.body().start();
        let title = persons.get(..persons.partition_point(|(_, at)| at.start() < body))?;
        if let Some(first) = title.first().filter(|first| title.iter().all(|(entity, _)| *entity == first.0)) {
            return Some(*first);
        }
        let mut entities: Vec<usize> = persons.iter().map(|(entity, _)| *entity).collect();
        entities.sort_unstable();
        let counts = entities.chunk_by(|one, other| one == other);
        let mut counts: Vec<(usize, usize)> = counts.filter_map(|all| Some((all.len(), *all.first()?))).collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let (most, entity) = *counts.first()?;
        let clear = counts.get(1).is_none_or(|(second, _)| most > second * 2);
        persons.into_iter().find(|(other, _)| clear && *other == entity)
    }

    /// Goes on to the next paragraph.
    pub(super) fn leave(&mut self, paragraph: Span) {
        self.before = Some(paragraph);
    }

    /// Keeps in mind who spoke.
    pub(super) fn spoke(&mut self, turn: &Turn, speaker: &Speaker) {
        let nested = self.last.as_ref().is_some_and(|(_, at, ..)| at.contains(turn.at) && *at != turn.at);
        if !nested {
            self.last = Some((turn.paragraph, turn.at, turn.kind, speaker.clone()));
        }
    }

    /// A speaker who is not told.
    pub(super) fn nobody(&self) -> (Speaker, f64, Vec<Evidence>) {
        (Speaker { form: Form::Unknown, entity: None, span: None }, 0.5, Vec::new())
    }

    /// The speaker that the subject of a cue names.
    pub(super) fn named(&self, phrases: Phrases<'_>, head: &Head, turn: &Turn) -> (Speaker, f64, Vec<Evidence>) {
        let span = phrases.span(self.text, &head.words);
        let mention = head.mention.and_then(|mention| self.mentions.get(mention));
        let personal = head.words.clone().any(|at| phrases.at(at).is_some_and(|word| word.is(tag::PERSONAL)));
        // The entities know more than words do of whom "she" and "the president" speak.
        let reference = span.filter(|_| mention.is_none()).and_then(|span| self.reference(span, head.form));
        match (head.form, mention) {
            (_, Some(named)) => (Speaker { form: Form::Name, entity: Some(named.entity), span }, 1.0, Vec::new()),
            (form, None) if let Some(reference) = reference => {
                let form = if form == entities::Form::Pronoun { Form::Pronoun } else { Form::Role };
                (Speaker { form, entity: Some(reference.entity), span }, 0.95, Vec::new())
            }
            (entities::Form::Name, None) => (Speaker { form: Form::Name, entity: None, span }, 0.8, Vec::new()),
            (entities::Form::Role, None)
                if self.is_document(phrases, head)
                    && let Some((entity, at)) = self.author(turn).or_else(|| self.writer(span?)) =>
            {
                (Speaker { form: Form::Role, entity: Some(entity), span }, 0.85, vec![Evidence::of("author", [at])])
            }
            (entities::Form::Role, None) => (Speaker { form: Form::Role, entity: None, span }, 0.9, Vec::new()),
            (entities::Form::Pronoun, None) => {
                let it = head.words.clone().any(|at| phrases.at(at).is_some_and(|word| word.is(tag::IT)));
                let found = match span {
                    Some(span) if personal => self.antecedent(span, turn),
                    Some(span) if it => self.organisation(span, turn),
                    _ => None,
                };
                let sure = if found.is_some() { 0.85 } else { 0.7 };
                let evidence = found.iter().map(|(_, at)| Evidence::of("antecedent", [*at])).collect();
                (Speaker { form: Form::Pronoun, entity: found.map(|(entity, _)| entity), span }, sure, evidence)
            }
        }
    }

    /// The mention by a pronoun or a role that begins with these words and ends with them or before.
    fn reference(&self, span: Span, form: entities::Form) -> Option<&Named> {
        let at = self.references.partition_point(|named| named.span.start() < span.start());
        let here = self.references.get(at..)?.iter().take_while(|named| named.span.start() == span.start());
        here.filter(|named| span.contains(named.span))
            .find(|named| (named.form == entities::Form::Pronoun) == (form == entities::Form::Pronoun))
    }

    /// Whether a role is a text that was spoken of: "the statement".
    fn is_document(&self, phrases: Phrases<'_>, head: &Head) -> bool {
        let is = |at: usize, tags| phrases.at(at).is_some_and(|word| word.is(tags));
        head.words.len() == 2 && is(head.words.start, tag::DETERMINER) && is(head.words.start + 1, tag::DOCUMENT)
    }

    /// The first person of a sentence shortly before that speaks of the same text: "Berg resigned in a letter".
    fn writer(&self, document: Span) -> Option<(usize, Span)> {
        const WRITTEN: &[&str] =
            &["in", "In", "wrote", "issued", "released", "sent", "published", "posted", "signed", "tweeted"];
        let noun = self.text.slice(document).rsplit(is_space).next()?;
        let here = self.sentence(document.start());
        let before = self.sentences.get(here.saturating_sub(3)..here)?.iter().rev();
        let mut near = before.filter(|sentence| sentence.len() < 600);
        let speaks = |sentence: &&Span| {
            let words = self.text.slice(**sentence).split(|c: char| !c.is_alphanumeric() && c != '-');
            let mut written = 0;
            words.filter(|word| !word.is_empty()).any(|word| {
                written = if WRITTEN.contains(&word) { 5 } else { written - written.min(1) };
                written > 0 && word.eq_ignore_ascii_case(noun)
            })
        };
        let sentence = near.find(speaks)?;
        let from = self.mentions.partition_point(|named| named.span.start() < sentence.start());
        let inside = self.mentions.get(from..)?.iter().take_while(|named| named.span.end() <= sentence.end());
        let person = inside.into_iter().find(|named| named.kind == encoder::Kind::Person)?;
        Some((person.entity, person.span))
    }

    /// Who spoke last in this paragraph or the one before.
    fn author(&self, turn: &Turn) -> Option<(usize, Span)> {
        let (paragraph, at, _, speaker) = self.last.as_ref()?;
        let near = *paragraph == turn.paragraph || self.before == Some(*paragraph);
        near.then_some((speaker.entity?, *at))
    }

    /// The person that "he" or "she" takes up: who spoke last in this paragraph or the one before, else the first person
    /// of the last sentence that names one.
    fn antecedent(&self, pronoun: Span, turn: &Turn) -> Option<(usize, Span)> {
        let until = self.mentions.partition_point(|named| named.span.start() < pronoun.start());
        let persons = |named: &&Named| named.kind == encoder::Kind::Person;
        let nearest = self.mentions.get(..until)?.iter().rev().take(64).find(persons)?;
        let near = |span: Span| span == turn.paragraph || self.before == Some(span);
        if let Some((_, at, _, speaker)) = self.last.as_ref().filter(|(paragraph, ..)| near(*paragraph)) {
            let entity = speaker.entity.filter(|entity| self.persons.binary_search(entity).is_ok());
            // A witness who spoke last is more likely meant than a person named before.
            let same_sentence = self.sentence(at.start()) == self.sentence(pronoun.start());
            let unnamed = speaker.form == Form::Role && speaker.entity.is_none() && !self.is_many(speaker.span);
            if unnamed && !same_sentence && nearest.span.end() <= at.start() {
                return None;
            }
            // A person named since then is more likely meant.
            if let Some(entity) =
                entity.filter(|_| nearest.span.end() <= at.end().max(speaker.span.map_or(0, Span::end)))
            {
                return Some((entity, speaker.span.unwrap_or(*at)));
            }
        }
        let sentence = self.sentences.get(self.sentence(nearest.span.start()))?;
        let all = self.mentions.get(..until)?.iter().rev().take(64);
        let persons = || all.clone().take_while(|named| named.span.start() >= sentence.start()).filter(persons);
        // Of "Berg's lawyer, Tom Marsh", the lawyer.
        let owner = |named: &&Named| {
            let after = self.text.as_str().get(named.span.end()..).unwrap_or_default();
            after.starts_with("'s") || after.starts_with("’s")
        };
        let first = persons().filter(|named| !owner(named)).last().or_else(|| persons().last())?;
        Some((first.entity, first.span))
    }

    /// Whether a role is of several: "critics of the plan", "two officials".
    fn is_many(&self, role: Option<Span>) -> bool {
        const AFTER: &[&str] = &["of", "for", "from", "in", "at", "with", "to", "close", "who", "familiar"];
        let words = role.map_or("", |span| self.text.slice(span)).split_whitespace();
        let noun = words.take_while(|word| !AFTER.contains(word)).last().unwrap_or_default();
        noun.ends_with('s') && !noun.ends_with("ss") || ["police", "people", "men", "women"].contains(&noun)
    }

    /// The organisation that "it" takes up: who spoke last in this paragraph or the one before, else the one that begins
    /// this sentence or the one before.
    fn organisation(&self, pronoun: Span, turn: &Turn) -> Option<(usize, Span)> {
        let is_body = |named: &&Named| named.kind == encoder::Kind::Organisation;
        let until = self.mentions.partition_point(|named| named.span.start() < pronoun.start());
        if let Some((entity, at)) = self.author(turn)
            && self
                .mentions
                .get(..until)?
                .iter()
                .rev()
                .take(64)
                .find(is_body)
                .is_some_and(|named| named.entity == entity)
        {
            return Some((entity, at));
        }
        let sentence = self.sentences.get(self.sentence(pronoun.start()).checked_sub(1)?)?;
        let named = self.mentions.get(..until)?.iter().rev().take(16);
        let named = named.take_while(|named| named.span.start() >= sentence.start()).filter(is_body).last()?;
        Some((named.entity, named.span))
    }

    /// The sentence that holds an offset, or the next one.
    fn sentence(&self, at: usize) -> usize {
        self.sentences.partition_point(|sentence| sentence.end() <= at)
    }

    /// The speaker of a quotation without a cue: who spoke last, if nothing stands between.
    pub(super) fn goes_on(&self, _: Phrases<'_>, turn: &Turn) -> (Speaker, f64, Vec<Evidence>) {
        if let Some((paragraph, at, kind, speaker)) = &self.last {
            let here = *paragraph == turn.paragraph;
            let before = self.before == Some(*paragraph);
            let sure = match (here, before, kind) {
                (true, ..) => 1.0,
                (_, true, Kind::Direct | Kind::Mixed) => 0.9,
                (_, true, Kind::Indirect) => 0.8,
                _ => 0.0,
            };
            if sure > 0.0 && (here || turn.rule != "quoted_words") {
                return (speaker.clone(), sure, vec![Evidence::of("same_speaker", [*at])]);
            }
        }
        if turn.rule == "quoted_words" {
            return self.nobody();
        }
        match self.antecedent(turn.at, turn) {
            Some((entity, span)) if self.before.is_some_and(|before| span.start() >= before.start()) => {
                let speaker = Speaker { form: Form::Name, entity: Some(entity), span: Some(span) };
                (speaker, 0.6, vec![Evidence::of("person_before", [span])])
            }
            _ => self.nobody(),
        }
    }
}
