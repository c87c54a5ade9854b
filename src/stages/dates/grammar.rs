//! The grammar of dates: from the tokens of a sentence to expressions that say what is written, not yet which day that is.
//!
//! Each rule begins at a token and looks a bounded number of tokens ahead, so a sentence is read in one pass.

mod days;
mod lengths;
mod numerals;
mod points;
mod ranges;
mod relative;
mod years;

use super::calendar::Holiday;
use super::tokens::Token;
use super::words::{Part, Unit, Word, Zone};

/// An expression and the tokens it is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// Its first token.
    pub(super) first: usize,
    /// The token after its last.
    pub(super) end: usize,
    /// What it says.
    pub(super) expression: Expression,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Expression {
    /// A date or a time.
    Point(Point),
    /// From one to the other, both inside; an end that is not said is open.
    Range(Option<Point>, Option<Point>),
    /// How long: a count (none for "several"), hundredths of a unit more, the unit; what is left over in smaller ones.
    Duration {
        count: Option<u32>,
        hundredths: u8,
        unit: Unit,
        rest: [Option<(u32, Unit)>; 2],
        modifier: Option<Modifier>,
    },
    /// "from Monday on": from then on, whenever that is.
    Onward(Point),
    /// So long before or after a date: "two weeks before Christmas".
    Beyond { count: Option<i32>, unit: Unit, point: Point },
    /// Again and again, at a time.
    Set(Set, Option<Time>),
}

/// A date, or a time, or both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// The date, if it is said.
    pub(super) when: Option<When>,
    /// The part of the day.
    pub(super) part: Option<Part>,
    /// The time of day.
    pub(super) time: Option<Time>,
    /// Which part of it, or how exactly.
    pub(super) modifier: Option<Modifier>,
}

/// Which part of a date is meant, or how exact it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    Start,
    Middle,
    End,
    Approximate,
    More,
    Less,
}

/// A time of day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) hour: i8,
    pub(super) minute: Option<i8>,
    pub(super) zone: Option<Zone>,
    /// Whether the half of the day is said.
    pub(super) half_said: bool,
}

/// The ways to name a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    /// A day of a month; with a day of the week that may contradict it.
    Day {
        year: YearOf,
        month: i8,
        day: i8,
    },
    /// As "11/03/2025": which is the month, the place decides.
    Numeric {
        first: i8,
        second: i8,
        year: i16,
    },
    /// The week or the weekend of that day.
    Around {
        year: YearOf,
        month: i8,
        day: i8,
        unit: Unit,
    },
    Month {
        year: YearOf,
        month: i8,
    },
    Weekday {
        day: i8,
        step: Option<Step>,
    },
    /// "Thursday the 13th": of the month that fits both.
    WeekdayNumber {
        weekday: i8,
        day: i8,
    },
    /// A day of "last week".
    WeekdayOf {
        day: i8,
        step: Step,
    },
    Year(i16),
    /// Two digits may mean any century.
    Decade {
        value: u32,
        digits: u8,
    },
    Century(i16),
    Season {
        year: YearOf,
        season: i8,
    },
    Quarter {
        year: YearOf,
        quarter: i8,
    },
    Half {
        year: YearOf,
        half: i8,
    },
    Holiday {
        year: YearOf,
        holiday: Holiday,
    },
    /// "last month", "that night".
    Whole {
        step: Step,
        unit: Unit,
    },
    /// "two days ago", "a year later".
    Offset {
        count: Option<i32>,
        unit: Unit,
        from: From,
    },
    /// "the past three years": up to the day it is counted from, or from there on.
    Stretch {
        count: Option<i32>,
        unit: Unit,
        from: From,
    },
    /// "the first six months of 2024", "the last week of April": so much of the start or the end of a month or a year.
    Share {
        first: bool,
        count: u32,
        unit: Unit,
        year: YearOf,
        month: Option<i8>,
    },
    /// "year to date".
    ToDate(Unit),
    /// It has the form of a date and is none, as 31 February.
    Broken(Unit),
}

/// The year of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum YearOf {
    Unsaid,
    Given(i16),
    /// "March last year".
    Step(Step),
    /// "last March".
    Near(Step),
}

/// Which of those that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Seen from the day of publication.
    Last,
    This,
    Next,
    /// "this past Tuesday", "this coming Tuesday".
    JustPast,
    Coming,
    /// Seen from the date that the text named last.
    Previous,
    Same,
    Following,
    /// "earlier in the year": that of the text's date, else that of publication.
    Within,
}

/// What an offset is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Publication,
    Text,
}

/// What happens again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Every { count: u32, unit: Unit },
    Weekday(i8),
    Month(i8),
    Part(Part),
    WeekdayPart(i8, Part),
}

/// A rule's answer: what it read, and the token after it.
type Read<T> = Option<(T, usize)>;

/// The expressions of a sentence, in order; none overlaps another.
pub(super) fn expressions(tokens: &[Token<'_>]) -> Vec<Found> {
    let grammar = Grammar { tokens };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let read = match token.word {
            Word::Other if !token.capital => None,
            Word::Mark('\'') => grammar.expression(at),
            Word::Mark(_) => None,
            _ => grammar.expression(at),
        };
        match read {
            Some((expression, end)) if end > at => {
                let first = grammar.without_about(at);
                found.push(Found { first, end, expression });
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

struct Grammar<'a> {
    tokens: &'a [Token<'a>],
}

impl Grammar<'_> {
    fn get(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at)
    }

    fn word(&self, at: usize) -> Word {
        self.get(at).map_or(Word::Other, |token| token.word)
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.get(at).is_some_and(|token| token.is(word))
    }

    fn any(&self, at: usize, words: &[&str]) -> bool {
        self.get(at).is_some_and(|token| words.iter().any(|word| token.is(word)))
    }

    /// Whether it is one of these words, which blanks divide.
    fn listed(&self, at: usize, words: &str) -> bool {
        self.get(at).is_some_and(|token| words.split(' ').any(|word| token.is(word)))
    }

    /// Whether it stands after one of these words.
    fn follows(&self, at: usize, words: &str) -> bool {
        at > 0 && self.listed(at - 1, words)
    }

    /// The same, of a few.
    fn before(&self, at: usize, words: &[&str]) -> bool {
        at > 0 && self.any(at - 1, words)
    }

    fn mark(&self, at: usize, mark: char) -> bool {
        self.get(at).is_some_and(|token| token.mark(mark))
    }

    /// The token after `at` if there is the word, else `at`.
    fn skip(&self, at: usize, words: &[&str]) -> usize {
        if self.any(at, words) { at + 1 } else { at }
    }

    fn skip_mark(&self, at: usize, mark: char) -> usize {
        if self.mark(at, mark) { at + 1 } else { at }
    }

    /// Whether nothing but a mark follows, or the end.
    fn closes(&self, at: usize) -> bool {
        self.get(at).is_none_or(|token| matches!(token.word, Word::Mark(mark) if mark != '-'))
    }

    /// The words "about" and "nearly" say how exact a date is and stand outside of it, as does an article before the name
    /// of a period.
    fn without_about(&self, at: usize) -> usize {
        let start = match () {
            () if self.any(at, &["circa", "c", "ca"]) => self.skip_mark(at + 1, '.'),
            () => self.skip(at, ABOUT),
        };
        let start = self.skip(start, NEARLY);
        let early = self.any(start + 1, &["early", "late", "mid", "later"]);
        let name = start + 1 + usize::from(early) + usize::from(early && self.mark(start + 2, '-'));
        let century = |next: usize| matches!(self.word(name + next), Word::Unit { unit: Unit::Century, .. });
        let period = match self.word(name) {
            Word::Decade { .. } => true,
            Word::Ordinal(_) | Word::Cardinal(20) => (1..5).any(century),
            _ => false,
        };
        if period { self.skip(start, &["the"]) } else { start }
    }

    fn expression(&self, at: usize) -> Read<Expression> {
        self.range(at)
            .or_else(|| self.open(at))
            .or_else(|| self.onward(at))
            .or_else(|| self.set_with_time(at))
            .or_else(|| self.beyond(at))
            .or_else(|| self.point(at).map(|(point, end)| (Expression::Point(point), end)))
            .or_else(|| self.duration(at))
    }

    /// Whether a point may begin here at all, before both ends of a range are looked for.
    fn may_start(&self, at: usize) -> bool {
        !matches!(self.word(at), Word::Mark(_) | Word::Other)
    }
}

/// Words that make a date or a length less exact.
const ABOUT: &[&str] = &["about", "around", "circa", "approximately", "roughly", "c", "ca"];

/// Those that stand before numbers of years, and before much else.
const NEARLY: &[&str] = &["nearly", "almost", "some", "over"];

impl Point {
    fn of(when: When) -> Self {
        Self { when: Some(when), part: None, time: None, modifier: None }
    }
}

/// Words before a month or a year alone.
const IN: &[&str] = &[
    "in", "since", "until", "till", "by", "last", "next", "this", "early", "late", "mid", "during", "before", "after",
    "between", "circa", "c",
];

/// The same, of those that stand before people too.
const OF: &[&str] = &["of", "from", "to", "through", "for", "and", "around", "about", "than", "the", "until"];
