//! Interviews and transcripts: paragraphs that begin with who has the turn, "Q: …", "A: …", "BERG: …", "**Berg:** …".
//!
//! A list or a table of results has labels with a colon as well. Labels are turns where an article has questions and
//! answers, where somebody named or an interviewer speaks several times, or where a question is followed by the words of
//! somebody named. One look at each line.

use std::collections::BTreeMap;

use super::speakers::{self, Speakers};
use super::words::{Named, is_space};
use super::{Form, Kind, Quote, Speaker};
use crate::document::Evidence;
use crate::stages::encoder;
use crate::stages::segments::{self, Segment};
use crate::text::{Span, Text};

/// The longest label, in bytes and in words.
const LONGEST: (usize, usize) = (48, 5);

/// A paragraph, or a line of one that is a turn.
pub(super) struct Piece {
    pub(super) kind: segments::Kind,
    pub(super) span: Span,
    pub(super) turn: Option<Turn>,
}

/// What somebody says in turn.
pub(super) struct Turn {
    /// The whole line.
    line: Span,
    /// What is said.
    said: Span,
    who: Who,
    /// Whether it is said by who spoke in the paragraph before, which has a label.
    goes_on: bool,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Question,
    Answer,
    Entity {
        entity: usize,
        label: Span,
    },
    Role {
        label: Span,
    },
    /// A name that no entity has.
    Name {
        label: Span,
    },
}

/// A line that begins with a label.
struct Labelled<'a> {
    piece: usize,
    key: String,
    said: Span,
    who: Who,
    words: &'a str,
}

/// Roles that have turns without a name.
const ROLES: &[&str] = &[
    "interviewer",
    "interviewee",
    "host",
    "moderator",
    "presenter",
    "anchor",
    "reporter",
    "journalist",
    "caller",
    "questioner",
    "question from the audience",
    "audience member",
    "audience",
    "correspondent",
    "narrator",
    "chair",
    "chairman",
    "chairwoman",
    "judge",
    "witness",
    "the court",
    "counsel",
];

/// The paragraphs of the story, those with turns cut at lines that begin one.
pub(super) fn cut<'a>(text: &Text, prose: impl Iterator<Item = &'a Segment>, mentions: &[Named]) -> Vec<Piece> {
    let names = Names::new(text, mentions);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut labelled: Vec<Labelled<'_>> = Vec::new();
    let mut whole: Vec<Segment> = Vec::new();
    for segment in prose {
        whole.push(*segment);
        let slice = text.slice(segment.span);
        let mut piece: Option<usize> = None;
        let mut at = 0;
        for line in slice.split_inclusive('\n') {
            let span = text.span_in(segment.span, at..at + line.len());
            at += line.len();
            let Some(span) = span.map(|span| text.trim(span, is_space)).filter(|span| !span.is_empty()) else {
                continue;
            };
            let label = Some(span).filter(|_| segment.kind != segments::Kind::Title).and_then(|span| names.label(span));
            if let Some(last) = piece.and_then(|last| pieces.get_mut(last)).filter(|_| label.is_none()) {
                last.span = text.join(last.span, span);
                // The turn goes on in the next line.
                if let Some(turn) = labelled.last_mut().filter(|turn| Some(turn.piece) == piece) {
                    turn.said = text.join(turn.said, span);
                    turn.words = text.slice(turn.said);
                }
                continue;
            }
            let place = pieces.len();
            piece = Some(place);
            labelled.extend(label.map(|(key, said, who)| Labelled {
                piece: place,
                key,
                said,
                who,
                words: text.slice(said),
            }));
            pieces.push(Piece { kind: segment.kind, span, turn: None });
        }
    }
    let turns = turns(&labelled);
    if turns.is_empty() {
        return whole.into_iter().map(|Segment { kind, span }| Piece { kind, span, turn: None }).collect();
    }
    let last = turns.last().map_or(0, |turn| turn.piece);
    let mut turns = turns.into_iter().peekable();
    let mut speaking: Option<Who> = None;
    for (index, piece) in pieces.iter_mut().enumerate() {
        let line = piece.span;
        if let Some(turn) = turns.next_if(|turn| turn.piece == index) {
            speaking = Some(turn.who);
            piece.turn = Some(Turn { line, said: unmarked(text, turn.said), who: turn.who, goes_on: false });
        } else if let Some(who) = speaking.filter(|_| index < last) {
            let goes_on = piece.kind == segments::Kind::Paragraph && is_first_person(text.slice(line));
            speaking = speaking.filter(|_| goes_on);
            piece.turn = goes_on.then(|| Turn { line, said: unmarked(text, line), who, goes_on });
        }
    }
    pieces
}

/// Which of the labels are turns; none where they are those of a list.
fn turns<'a, 'b>(labelled: &'b [Labelled<'a>]) -> Vec<&'b Labelled<'a>> {
    let spoken =
        |turn: &&Labelled<'_>| turn.words.ends_with(['.', '!', '?', '…', '”', '"', '’', '\'', ')', '*', '-', '—']);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for turn in labelled.iter().filter(spoken) {
        *counts.entry(&turn.key).or_default() += 1;
    }
    let often = |turn: &&Labelled<'_>, times| counts.get(turn.key.as_str()).is_some_and(|count| *count >= times);
    let known = |turn: &&Labelled<'_>| matches!(turn.who, Who::Entity { .. } | Who::Role { .. });
    let has = |who| labelled.iter().filter(spoken).any(|turn| turn.who == who);
    let dialogue = has(Who::Question) && has(Who::Answer);
    let several = counts.len() > 1 && counts.values().sum::<usize>() > 2;
    let talk = labelled.iter().filter(spoken).any(|turn| known(&turn) && often(&turn, if several { 2 } else { 3 }));
    let asked = labelled.windows(2).any(|two| match two {
        [first, second] => {
            second.piece == first.piece + 1
                && first.words.ends_with('?')
                && !second.words.ends_with('?')
                && first.key != second.key
                && matches!(second.who, Who::Entity { .. } | Who::Answer)
                && !matches!(first.who, Who::Name { .. } | Who::Answer)
        }
        _ => false,
    });
    if !(dialogue || talk || asked) {
        return Vec::new();
    }
    let fits = |turn: &&Labelled<'_>| match turn.who {
        Who::Question | Who::Answer => dialogue || asked,
        Who::Entity { .. } | Who::Role { .. } => talk || asked || often(turn, 2),
        Who::Name { .. } => (talk || asked) && often(turn, 2),
    };
    labelled.iter().filter(fits).collect()
}

/// Without the marks around all of it.
fn unmarked(text: &Text, said: Span) -> Span {
    let said = text.trim(said, |c| is_space(c) || c == '*' || c == '_');
    let marks = super::marks::stretches(text, said);
    match marks.as_slice() {
        [one] if one.outer == said && one.closed && one.opened => one.inner,
        _ => said,
    }
}

/// Whether somebody speaks of himself, as no reporter does between two turns.
fn is_first_person(paragraph: &str) -> bool {
    let words = paragraph.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')));
    let plain = words.map(|word| word.split(['\'', '’']).next().unwrap_or_default());
    !paragraph.contains(['"', '“', '«'])
        && plain.take(400).any(|word| matches!(word, "I" | "we" | "We" | "my" | "My" | "our" | "Our"))
}

/// The names that a label may hold.
struct Names<'a> {
    text: &'a Text,
    mentions: &'a [Named],
    /// In small letters; `None` for a name that two bear.
    known: BTreeMap<String, Option<usize>>,
}

impl<'a> Names<'a> {
    fn new(text: &'a Text, mentions: &'a [Named]) -> Self {
        let mut known: BTreeMap<String, Option<usize>> = BTreeMap::new();
        let mut know = |name: String, entity| {
            let bearer = known.entry(name).or_insert(Some(entity));
            *bearer = bearer.filter(|bearer| *bearer == entity);
        };
        for named in mentions.iter().filter(|named| named.kind != encoder::Kind::Place) {
            let name = text.slice(named.span);
            know(name.to_lowercase(), named.entity);
            let words = || name.split(is_space).filter(|word| !word.is_empty());
            if named.kind == encoder::Kind::Person && words().count() > 1 {
                know(words().next_back().unwrap_or_default().to_lowercase(), named.entity);
                let initials: String = words().filter_map(|word| word.chars().next()).collect();
                know(format!("{}.", initials.to_lowercase()), named.entity);
            }
        }
        Self { text, mentions, known }
    }

    /// The label that a line begins with: its key, what follows it, and whose it is.
    fn label(&self, line: Span) -> Option<(String, Span, Who)> {
        let slice = self.text.slice(line);
        let marked = |c: char| is_space(c) || c == '*' || c == '_';
        let start = slice.len() - slice.trim_start_matches(marked).len();
        let rest = slice.get(start..)?;
        let short = rest.char_indices().take_while(|(at, _)| *at < LONGEST.0);
        // Q. and A. are written with a dot as well.
        let dotted = rest.starts_with("Q. ") || rest.starts_with("A. ");
        let colon = if dotted { 1 } else { short.into_iter().find(|(_, c)| *c == ':').map(|(at, _)| at)? };
        let label = rest.get(..colon)?.trim_end_matches(marked);
        let after = rest.get(colon + 1..)?;
        let said = after.trim_start_matches(marked);
        let plain = label.chars().all(|c| c.is_alphanumeric() || is_space(c) || matches!(c, '.' | '\'' | '’' | '-'));
        let fits = plain
            && label.starts_with(char::is_uppercase)
            && label.split(is_space).count() <= LONGEST.1
            && said.len() < after.len()
            && !said.is_empty();
        if !fits {
            return None;
        }
        let end = start + label.len();
        let span = self.text.span_in(line, start..end)?;
        let said = self.text.span_in(line, slice.len() - said.len()..slice.len())?;
        let key = label.to_lowercase();
        let who = match key.as_str() {
            "q" | "question" => Who::Question,
            "a" | "answer" => Who::Answer,
            _ if let Some(entity) = self.bearer(span, &key) => Who::Entity { entity, label: span },
            role if ROLES.contains(&role) => Who::Role { label: span },
            _ => Who::Name { label: span },
        };
        Some((key, said, who))
    }

    /// The person or organisation that a label names.
    fn bearer(&self, label: Span, key: &str) -> Option<usize> {
        let at = self.mentions.partition_point(|named| named.span.end() < label.end());
        let here = self.mentions.get(at).filter(|named| named.span.end() == label.end() && label.contains(named.span));
        if let Some(named) = here.filter(|named| named.kind != encoder::Kind::Place) {
            return Some(named.entity);
        }
        let surname = || key.rsplit(is_space).next().and_then(|last| self.known.get(last));
        let initials = || {
            let short = self.text.slice(label);
            let shouted = short.len() < 5 && short.chars().all(char::is_uppercase);
            self.known.get(&format!("{key}.")).filter(|_| shouted)
        };
        self.known.get(key).or_else(surname).or_else(initials).copied().flatten()
    }
}

impl Turn {
    /// Adds what is said to the quotes, and tells `speakers` who spoke.
    pub(super) fn read(&self, speakers: &mut Speakers<'_>, quotes: &mut Vec<Quote>) {
        let part = self.said;
        let earlier = quotes.last_mut().filter(|_| self.goes_on);
        if let Some(quote) = earlier {
            quote.parts.push(part);
            quote.evidence.push(Evidence::of("paragraph_goes_on", [part]));
            let turn = speakers::Turn { paragraph: self.line, at: part, kind: Kind::Direct, rule: "turn" };
            let speaker = quote.speaker.clone();
            speakers.spoke(&turn, &speaker);
            return;
        }
        let mut evidence = vec![Evidence::of("turn", [])];
        let (speaker, confidence) = match self.who {
            Who::Question => (speakers.nobody().0, 0.8),
            Who::Answer => match speakers.interviewee(self.line.start()) {
                Some((entity, at)) => {
                    evidence.push(Evidence::of("interviewee", [at]));
                    (Speaker { form: Form::Name, entity: Some(entity), span: Some(at) }, 0.75)
                }
                None => (speakers.nobody().0, 0.7),
            },
            Who::Entity { entity, label } => {
                (Speaker { form: Form::Name, entity: Some(entity), span: Some(label) }, 0.9)
            }
            Who::Role { label } => (Speaker { form: Form::Role, entity: None, span: Some(label) }, 0.8),
            Who::Name { label } => (Speaker { form: Form::Name, entity: None, span: Some(label) }, 0.8),
        };
        let turn = speakers::Turn { paragraph: self.line, at: part, kind: Kind::Direct, rule: "turn" };
        speakers.spoke(&turn, &speaker);
        quotes.push(Quote { kind: Kind::Direct, parts: vec![part], cue: None, speaker, confidence, evidence });
    }
}
