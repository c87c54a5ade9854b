//! Dates that are seen from another one: "yesterday", "last month", "two days later"; holidays, whose year is mostly not said.

use super::super::holidays;
use super::super::tense::{self, Tense};
use super::super::words::{Part, Sure, Unit, Word};
use super::{ABOUT, From, Grammar, NEARLY, Read, Step, When, YearOf};

impl Grammar<'_> {
    /// "today", "the day before yesterday", "tonight".
    pub(super) fn deictic(&self, at: usize) -> Read<When> {
        let days = |days: i32, end: usize| {
            Some((When::Offset { count: Some(days), unit: Unit::Day, from: From::Publication }, end))
        };
        match () {
            () if self.is(at, "today") => (!self.nowadays(at)).then(|| days(0, at + 1)).flatten(),
            () if self.is(at, "yesterday") => days(-1, at + 1),
            () if self.is(at, "tomorrow") => days(1, at + 1),
            // Read again as the part of the day that it is too.
            () if self.is(at, "tonight") => days(0, at),
            () if self.is(at, "the") && self.is(at + 1, "day") => match () {
                () if self.is(at + 2, "before") && self.is(at + 3, "yesterday") => days(-2, at + 4),
                () if self.is(at + 2, "after") && self.is(at + 3, "tomorrow") => days(2, at + 4),
                () => None,
            },
            () => None,
        }
    }

    /// Whether "today" is these days: "still used today", "known today as", and the name of a paper.
    pub(super) fn nowadays(&self, at: usize) -> bool {
        let named = at > 0
            && self.get(at).is_some_and(|token| token.capital)
            && self.get(at - 1).is_some_and(|token| token.capital);
        const STILL: &[&str] = &["still", "known", "continues", "continue", "remain", "remains", "than"];
        let still = (at.saturating_sub(6)..at).any(|at| self.any(at, STILL));
        let ever =
            self.is(at + 1, "than") && self.is(at + 2, "ever") || self.is(at + 1, "as") && self.is(at + 2, "the");
        named || still || ever
    }

    /// "last month", "this Tuesday", "the next three years", "that night".
    pub(super) fn relative(&self, at: usize) -> Read<When> {
        let the = self.is(at, "the");
        let start = if the { at + 1 } else { at };
        // "the 3 next weeks"
        if let Some((Some(count), 0, step)) = self.count(start)
            && let (Word::Unit { unit, plural: true }, Ok(count)) = (self.word(step + 1), i32::try_from(count))
            && unit >= Unit::Day
        {
            let sign = match () {
                () if self.any(step, &["next", "coming", "upcoming", "following"]) => 1,
                () if self.any(step, &["last", "past", "previous"]) => -1,
                () => return None,
            };
            let when = When::Stretch { count: Some(sign * count), unit, from: From::Publication };
            return Some((when, step + 2));
        }
        let (step, next) = match () {
            () if self.is(start, "this") && self.is(start + 1, "past") => (Step::JustPast, start + 2),
            () if self.is(start, "this") && self.is(start + 1, "coming") => (Step::Coming, start + 2),
            () if self.is(start, "this") && self.is(start + 1, "same") => (Step::Same, start + 2),
            () if self.is(start, "this") => (Step::This, start + 1),
            () if self.is(start, "past") && matches!(self.word(start + 1), Word::Weekday { .. }) => {
                (Step::JustPast, start + 1)
            }
            () if self.any(start, &["last", "past"]) => (Step::Last, start + 1),
            () if self.is(start, "current") => (Step::This, start + 1),
            () if self.is(start, "coming") => (Step::Coming, start + 1),
            () if self.is(start, "next") => (if the { Step::Following } else { Step::Next }, start + 1),
            () if self.is(start, "following") && the => (Step::Following, start + 1),
            () if self.is(start, "previous") => (Step::Previous, start + 1),
            () if self.is(start, "that") => (Step::Same, self.skip(start + 1, &["same"])),
            () if the && self.is(start, "weekend") && self.before(at, &["over", "at", "on", "for", "during", "of"]) => {
                return Some((When::Whole { step: Step::This, unit: Unit::Weekend }, start + 1));
            }
            () if self.is(start, "same") && the => (Step::Same, start + 1),
            () => return None,
        };
        // "the strike will last two weeks"
        let verb = self.is(start, "last")
            && self.before(
                at,
                &["will", "to", "would", "could", "may", "might", "can", "should", "shall", "not", "t", "did", "ll"],
            );
        if verb {
            return None;
        }
        let past = self.is(start, "past") || step == Step::JustPast;
        let back = matches!(step, Step::Last | Step::Previous | Step::JustPast);
        let forward = matches!(step, Step::Next | Step::Coming | Step::Following);
        let sign = |count: u32| i32::try_from(count).unwrap_or(i32::MAX) * if back { -1 } else { 1 };
        // "the past three years", "the last few weeks"
        let days = |unit: Unit, count: Option<u32>| {
            unit >= Unit::Day || unit == Unit::Hour && count.is_some_and(|count| count > 0 && count % 24 == 0)
        };
        if (back || forward)
            && let Some((count, _, next)) = self.count(next)
            && let Word::Unit { unit, plural: true } = self.word(next)
            && days(unit, count)
        {
            let by_text = the && matches!(step, Step::Following | Step::Previous);
            let from = if by_text { From::Text } else { From::Publication };
            return Some((When::Stretch { count: count.map(sign), unit, from }, next + 1));
        }
        match self.word(next) {
            // "the past decade" has no borders, "last year" has.
            Word::Unit { unit, plural: false } if unit >= Unit::Day => {
                let hyphen = self.mark(next + 1, '-');
                let day = unit == Unit::Day && matches!(step, Step::This | Step::Last | Step::Next | Step::JustPast);
                let lone = self.is(start, "that") && unit == Unit::Day && self.is(next + 1, "of");
                if hyphen || day || lone {
                    return None;
                }
                // "last week Tuesday"
                if let (Unit::Week, Word::Weekday { day, sure: Sure::Yes, plural: false }) = (unit, self.word(next + 1))
                    && matches!(step, Step::Last | Step::This | Step::Next)
                    && !self.mark(next + 2, '\'')
                {
                    return Some((When::WeekdayOf { day, step }, next + 2));
                }
                if unit == Unit::Quarter && (past || self.is(start, "coming")) {
                    let step = if past { Step::Last } else { Step::Next };
                    return Some((When::Whole { step, unit }, next + 1));
                }
                let fortnight = unit == Unit::Fortnight && (back || forward);
                if fortnight || past || self.is(start, "coming") && the || unit == Unit::Decade && the && back {
                    return Some((When::Stretch { count: Some(sign(1)), unit, from: From::Publication }, next + 1));
                }
                Some((When::Whole { step, unit }, next + 1))
            }
            Word::Weekday { day, sure: Sure::Yes, plural: false } => {
                Some((When::Weekday { day, step: Some(step) }, next + 1))
            }
            Word::Month { month, sure } if sure != Sure::Short && step != Step::Same && !the => {
                Some((When::Month { year: YearOf::Near(step), month }, next + 1))
            }
            Word::Season { season, .. } => Some((When::Season { year: YearOf::Near(step), season }, next + 1)),
            Word::Part(part) => self.relative_part(step, part, next),
            _ => {
                let (when, end) = self.holiday(next)?;
                let When::Holiday { holiday, .. } = when else { return None };
                Some((When::Holiday { holiday, year: YearOf::Near(step) }, end))
            }
        }
    }

    /// "this morning", "last night", "the next evening": the part is read again by who asks for the date.
    pub(super) fn relative_part(&self, step: Step, part: Part, at: usize) -> Read<When> {
        let unit = Unit::Day;
        match (step, part) {
            (Step::This, Part::Morning | Part::Afternoon | Part::Evening) => {
                Some((When::Offset { count: Some(0), unit, from: From::Publication }, at))
            }
            (Step::Last, Part::Night | Part::Evening) => {
                Some((When::Offset { count: Some(-1), unit, from: From::Publication }, at))
            }
            (Step::Same, Part::Noon | Part::Midnight) => None,
            (Step::Same | Step::Following | Step::Previous, _) => Some((When::Whole { step, unit }, at)),
            _ => None,
        }
    }

    /// "two days ago", "a year later", "in three weeks".
    pub(super) fn counted(&self, at: usize) -> Read<When> {
        let inside = self.is(at, "in");
        let start = if inside { at + 1 } else { at };
        let start = self.skip(self.skip(start, ABOUT), NEARLY);
        // "half a year ago"
        if self.before(start, &["half"]) {
            return None;
        }
        let the = self.is(start, "the");
        let (count, part, next) = match the {
            // "the day before", "the year after"
            true => (Some(1), 0, start + 1),
            false => self.count(start)?,
        };
        let Word::Unit { unit, .. } = self.word(next) else {
            if let (true, Word::Part(Part::Night), "before") = (the, self.word(next), self.get(next + 1)?.text)
                && self.closes(next + 2)
            {
                return Some((When::Whole { step: Step::Previous, unit: Unit::Night }, next + 2));
            }
            return None;
        };
        // "a year and a half ago", "two and a half years later"
        let (part, after) = match self.and_part(next + 1) {
            Some(read) if part == 0 && !the => read,
            _ => (part, next + 1),
        };
        let (count, unit) = match (part, unit) {
            (0, unit) => (count, unit),
            (50, Unit::Year) => (count.map(|count| count.saturating_mul(12).saturating_add(6)), Unit::Month),
            (50, Unit::Decade) => (count.map(|count| count.saturating_mul(10).saturating_add(5)), Unit::Year),
            _ => return None,
        };
        if unit < Unit::Day && !self.is(after, "ago") {
            return None;
        }
        let signed = |sign: i32| count.map(|count| i32::try_from(count).unwrap_or(i32::MAX).saturating_mul(sign));
        let offset = |sign: i32, from: From, end: usize| Some((When::Offset { count: signed(sign), unit, from }, end));
        let alone = self.closes(after + 1) || !the && self.is(after + 1, "in");
        match () {
            () if the => match () {
                () if self.is(after, "before") && alone => offset(-1, From::Text, after + 1),
                () if self.is(after, "after") && alone => offset(1, From::Text, after + 1),
                () => None,
            },
            () if self.any(after, &["ago", "back"]) => offset(-1, From::Publication, after + 1),
            // "many years later" says nothing of when.
            () if count.is_none() && !self.any(after, &["ago", "back"]) => None,
            () if self.any(after, &["earlier", "previously", "prior", "beforehand"])
                && !self.any(after + 1, &["to", "than"]) =>
            {
                offset(-1, From::Text, after + 1)
            }
            () if self.is(after, "before") && alone => offset(-1, From::Text, after + 1),
            () if self.any(after, &["later", "afterwards", "afterward"]) && !self.is(after + 1, "than") => {
                offset(1, From::Text, after + 1)
            }
            () if self.is(after, "after") && alone => offset(1, From::Text, after + 1),
            () if self.is(after, "from") && self.any(after + 1, &["now", "today"]) => {
                offset(1, From::Publication, after + 2)
            }
            () if inside && !self.is(after, "of") && tense::of(self.tokens, at, after).0 == Some(Tense::Future) => {
                offset(1, From::Publication, after)
            }
            () => None,
        }
    }

    /// A holiday with its year: "Christmas 2024", "last Easter".
    pub(super) fn holiday(&self, at: usize) -> Read<When> {
        let token = self.get(at).filter(|token| token.capital)?;
        let (holiday, end) = holidays::at(self.tokens, at, token)?;
        // "Christmas trees" are no date, nor is the Christmas Cottage.
        const AT: &[&str] = &[
            "at", "on", "by", "in", "before", "after", "since", "until", "during", "over", "for", "of", "last", "next",
            "this", "and", "around", "to", "from",
        ];
        let name = self.get(end).is_some_and(|token| token.capital && token.word == Word::Other);
        let alone = end == at + 1 && !self.before(at, AT) && !self.closes(end) && self.year_after(end).is_none();
        if name || alone {
            return None;
        }
        let (year, end) = self.year_after(end).unwrap_or((YearOf::Unsaid, end));
        Some((When::Holiday { holiday, year }, end))
    }
}
