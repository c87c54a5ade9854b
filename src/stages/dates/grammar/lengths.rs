//! How long, and how often: "three years", "two weeks before Christmas", "every Monday at 7 p.m.".

use super::super::words::{Part, Sure, Unit, Word};
use super::points::has_days;
use super::{ABOUT, Expression, Grammar, Modifier, NEARLY, Read, Set};

impl Grammar<'_> {
    /// "three years", "a two-day", "several weeks".
    pub(super) fn duration(&self, at: usize) -> Read<Expression> {
        let modifier = match () {
            () if self.is(at.wrapping_sub(1), "than") => Some(Modifier::More),
            () if self.before(at, &["nearly", "almost", "under"]) => Some(Modifier::Less),
            () if self.before(at, &["over"]) => Some(Modifier::More),
            () if self.before(at, ABOUT) => Some(Modifier::Approximate),
            () => None,
        };
        let modifier =
            modifier.filter(|_| !(at > 1 && self.is(at - 1, "than") && self.any(at - 2, &["rather", "other"])));
        let modifier = match at > 1 && self.is(at - 1, "than") && self.any(at - 2, &["less", "fewer"]) {
            true => Some(Modifier::Less),
            false => modifier,
        };
        let (count, half, next) = self.count(at)?;
        let hyphen = self.mark(next, '-');
        let next = if hyphen { next + 1 } else { next };
        let (unit, plural) = match self.word(next) {
            Word::Unit { unit, plural } => (unit, plural),
            Word::Ordinal(2) if hyphen && self.is(next, "second") => (Unit::Second, false),
            _ => return None,
        };
        let lone = !plural && !hyphen;
        const BEFORE: &str = "\
            for within over under nearly almost about around than lasted lasting least takes took take spent \
            every";
        let fits = !lone || half || count == Some(1) && self.follows(at, BEFORE);
        // "a 30-year-old", "30 years old", "aged 30 years"
        let after = self.skip_mark(next + 1, '-');
        let age = self.any(after, &["old", "olds"]) || self.before(at, &["aged"]);
        let length = !matches!(unit, Unit::Night | Unit::Weekend);
        let free = match self.word(at) {
            Word::Number { .. } | Word::Grouped(_) => self.free(at),
            _ => true,
        };
        // "two days before the vote" is no length.
        let place = !hyphen
            && (self.any(next + 1, &["before", "after", "into"])
                || self.is(next + 1, "on") && self.mark(next + 2, ','));
        if !fits || age || !length || !free || place {
            return None;
        }
        // "two hours and 15 minutes", "3 hours 30 minutes"
        let and = self.skip(next + 1, &["and"]);
        let rest = self.count(and).and_then(|(count, half, after)| match self.word(after) {
            Word::Unit { unit: smaller, plural: true } if smaller < unit && !half && !hyphen => {
                Some((count?, smaller, after + 1))
            }
            _ => None,
        });
        let end = rest.map_or(next + 1, |(.., end)| end);
        let rest = rest.map(|(count, unit, _)| (count, unit));
        Some((Expression::Duration { count, half, unit, rest, modifier }, end))
    }

    /// How many, and whether half a unit more; none for "several".
    pub(super) fn count(&self, at: usize) -> Option<(Option<u32>, bool, usize)> {
        let (value, next) = match self.word(at) {
            Word::Number { value, digits: 1..=5 } => (Some(value), at + 1),
            Word::Grouped(value) => (Some(value), at + 1),
            Word::Half(value) => return Some((Some(value), true, at + 1)),
            Word::Cardinal(0) => (None, at + 1),
            Word::Cardinal(value) => {
                let ones_at = self.skip_mark(at + 1, '-');
                match self.word(ones_at) {
                    Word::Cardinal(ones @ 1..=9) if (20..100).contains(&value) => (Some(value + ones), ones_at + 1),
                    Word::Cardinal(100) if value < 10 => (Some(value * 100), ones_at + 1),
                    _ => (Some(value), at + 1),
                }
            }
            _ if self.any(at, &["a", "an"]) => match () {
                () if self.is(at + 1, "couple") => (Some(2), self.skip(at + 2, &["of"])),
                () if self.is(at + 1, "few") => (None, at + 2),
                () if self.is(at + 1, "hundred") => (Some(100), at + 2),
                () => (Some(1), at + 1),
            },
            _ if self.is(at, "some") && matches!(self.word(at + 1), Word::Unit { plural: true, .. }) => (None, at + 1),
            _ => return None,
        };
        if self.is(next, "and") && self.is(next + 1, "a") && self.is(next + 2, "half") {
            return Some((value, true, next + 3));
        }
        let next = if self.is(next, "more") { next + 1 } else { next };
        Some((value, false, next))
    }

    /// A set and its time: "every day at 7:13 p.m.", "Tuesdays at 9 a.m.".
    pub(super) fn set_with_time(&self, at: usize) -> Read<Expression> {
        let (set, part, end) = self.set(at)?;
        let set = match (set, part) {
            (Set::Weekday(day), Some(part)) => Set::WeekdayPart(day, part),
            (set, _) => set,
        };
        let time = self.time(self.skip(end, &["at", "from"])).filter(|(time, ..)| time.is_some());
        Some(match time {
            Some((time, _, end)) => (Expression::Set(set, time), end),
            None => (Expression::Set(set, None), end),
        })
    }

    /// "two weeks before Christmas", "three days after 12 January", "a month from Tuesday".
    pub(super) fn beyond(&self, at: usize) -> Read<Expression> {
        let (count, half, next) = self.count(self.skip(at, NEARLY))?;
        let Word::Unit { unit, .. } = self.word(next) else { return None };
        let sign = match () {
            () if self.is(next + 1, "before") => -1,
            () if self.any(next + 1, &["after", "from"]) => 1,
            () => return None,
        };
        let (point, end) = self.dated(next + 2)?;
        let day = point.when.is_some_and(has_days) && point.time.is_none() && point.part.is_none();
        let count = count.map(|count| i32::try_from(count).unwrap_or(i32::MAX).saturating_mul(sign));
        (day && !half && unit >= Unit::Day).then_some((Expression::Beyond { count, unit, point }, end))
    }

    /// "every Monday", "each year", "on Sundays", "Friday mornings": and the part of the day.
    pub(super) fn set(&self, at: usize) -> Option<(Set, Option<Part>, usize)> {
        const PARTS: [(&str, Part); 4] = [
            ("mornings", Part::Morning),
            ("afternoons", Part::Afternoon),
            ("evenings", Part::Evening),
            ("nights", Part::Night),
        ];
        let parts = |at: usize| PARTS.iter().find(|(parts, _)| self.is(at, parts)).map(|(_, part)| *part);
        if let Word::Weekday { day, plural, .. } = self.word(at) {
            let part = parts(at + 1);
            let end = at + 1 + usize::from(part.is_some());
            return (plural || part.is_some()).then_some((Set::Weekday(day), part, end));
        }
        const ADVERBS: [(&str, Unit); 6] = [
            ("annually", Unit::Year),
            ("yearly", Unit::Year),
            ("quarterly", Unit::Quarter),
            ("monthly", Unit::Month),
            ("weekly", Unit::Week),
            ("daily", Unit::Day),
        ];
        if let Some((_, unit)) = ADVERBS.iter().find(|(adverb, _)| self.is(at, adverb)) {
            // "paid monthly.", not "a monthly paper"
            let ends = self.get(at + 1).is_none_or(|token| matches!(token.word, Word::Mark('.' | ';' | ')' | '?')));
            let adverb = ends && !self.get(at)?.capital;
            return adverb.then_some((Set::Every { count: 1, unit: *unit }, None, at + 1));
        }
        if !self.any(at, &["every", "each"]) {
            return None;
        }
        let other = self.is(at + 1, "other");
        let next = if other { at + 2 } else { at + 1 };
        let (count, next) = match self.count(next) {
            Some((Some(count), false, next)) => (count, next),
            _ => (if other { 2 } else { 1 }, next),
        };
        let (set, part, end) = match (self.word(next), self.word(next + 1)) {
            (Word::Unit { unit, .. }, _) => (Set::Every { count, unit }, None, next + 1),
            (Word::Weekday { day, sure: Sure::Yes, .. }, Word::Part(part)) => (Set::Weekday(day), Some(part), next + 2),
            (Word::Weekday { day, sure: Sure::Yes, .. }, _) => (Set::Weekday(day), None, next + 1),
            (Word::Month { month, sure: Sure::Yes | Sure::Homonym }, _) => (Set::Month(month), None, next + 1),
            (Word::Part(part), _) => (Set::Part(part), None, next + 1),
            _ => return None,
        };
        Some((set, part, end))
    }
}
