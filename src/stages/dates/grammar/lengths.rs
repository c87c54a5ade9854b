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
        if let Some((count, unit, end)) = self.fraction(at) {
            let rest = [None; 2];
            return Some((Expression::Duration { count: Some(count), hundredths: 0, unit, rest, modifier }, end));
        }
        let (count, hundredths, next) = self.count(at)?;
        let hyphen = self.mark(next, '-');
        let next = if hyphen { next + 1 } else { next };
        let one = count == Some(1) && !self.any(at, &["a", "an"]);
        let (unit, plural) = match self.word(next) {
            Word::Unit { unit, plural } => (unit, plural),
            // "one second", but "a second" is mostly the second.
            Word::Ordinal(2) if (hyphen || one) && self.is(next, "second") => (Unit::Second, false),
            _ => return None,
        };
        let lone = !plural && !hyphen;
        const BEFORE: &str = "\
            for within over under nearly almost about around than lasted lasting least takes took take spent \
            every";
        // "a year and a half"
        let (hundredths, last) = match self.and_part(next + 1) {
            Some((part, end)) if hundredths == 0 && count.is_some() && !hyphen => (part, end),
            _ => (hundredths, next + 1),
        };
        let served = self.is(last, "in") && self.any(last + 1, &["prison", "jail", "custody", "detention"]);
        // "one year", but "one day he left"; "a three month period"
        let counted = one && !matches!(unit, Unit::Day | Unit::Quarter)
            || count.is_some_and(|count| (2..1000).contains(&count))
                && self.get(last).is_some_and(|token| !token.capital && token.word == Word::Other && token.spaced);
        let fits = !lone || hundredths > 0 || counted || count == Some(1) && (served || self.follows(at, BEFORE));
        // "a 30-year-old", "30 years old", "aged 30 years"
        let after = self.skip_mark(last, '-');
        let age = self.any(after, &["old", "olds"]) || self.before(at, &["aged"]);
        let length = unit != Unit::Night;
        let free = match self.word(at) {
            Word::Number { .. } | Word::Grouped(_) => self.free(at),
            _ => true,
        };
        // "two days before the vote" is no length.
        let place = !hyphen
            && (self.any(last, &["before", "after", "into", "ago"]) || self.is(last, "on") && self.mark(last + 1, ','));
        if !fits || age || !length || !free || place {
            return None;
        }
        // "two hours and 15 minutes", "3 hours 30 minutes", "one year, two months and a day"
        let smaller = |at: usize, than: Unit| {
            let and = self.skip(self.skip_mark(at, ','), &["and"]);
            let (count, part, after) = self.count(and)?;
            match self.word(after) {
                Word::Unit { unit, plural } if unit < than && (plural || count == Some(1)) && part == 0 && !hyphen => {
                    Some((count?, unit, after + 1))
                }
                _ => None,
            }
        };
        let (mut rest, mut end, mut than) = ([None; 2], last, unit);
        for place in &mut rest {
            let Some((count, unit, after)) = smaller(end, than).filter(|_| hundredths == 0) else { break };
            (*place, end, than) = (Some((count, unit)), after, unit);
        }
        Some((Expression::Duration { count, hundredths, unit, rest, modifier }, end))
    }

    /// "half an hour", "a quarter of an hour", "half a century": in a smaller unit.
    fn fraction(&self, at: usize) -> Option<(u32, Unit, usize)> {
        let start = self.skip(at, &["a"]);
        let (quarters, next) = match () {
            () if self.is(start, "half") => (2, self.skip(self.skip_mark(start + 1, '-'), &["an", "a"])),
            () if self.is(start, "quarter") && self.is(start + 1, "of") && self.is(start + 2, "an") => (1, start + 3),
            () => return None,
        };
        // "half hour", not "half year profits"
        let article = self.any(next.wrapping_sub(1), &["an", "a"]);
        let Word::Unit { unit, plural: false } = self.word(next) else { return None };
        let (count, unit) = match unit {
            Unit::Minute if article => (15, Unit::Second),
            Unit::Hour => (15, Unit::Minute),
            Unit::Day if article => (6, Unit::Hour),
            Unit::Year if article => (3, Unit::Month),
            Unit::Century if article => (25, Unit::Year),
            _ => return None,
        };
        let later = self.any(next + 1, &["ago", "later", "earlier", "before", "after"]);
        (!later).then_some((quarters * count, unit, next + 1))
    }

    /// "and a half", "and a quarter", in hundredths.
    pub(super) fn and_part(&self, at: usize) -> Option<(u8, usize)> {
        let and = self.skip_mark(at, '-');
        let part = self.skip(self.skip_mark(and + 1, '-'), &["a"]);
        let part = if self.is(part.wrapping_sub(1), "a") { self.skip_mark(part, '-') } else { part };
        let hundredths = match () {
            () if !self.is(and, "and") => return None,
            () if self.is(part, "half") => 50,
            () if self.is(part, "quarter") => 25,
            () => return None,
        };
        // "a year and half of the next", "a year and half a day"
        (!self.any(part + 1, &["of", "a", "an", "the"])).then_some((hundredths, part + 1))
    }

    /// How many, and how many hundredths of a unit more; none for "several".
    pub(super) fn count(&self, at: usize) -> Option<(Option<u32>, u8, usize)> {
        let (value, next) = match self.word(at) {
            // "3 1/2"
            Word::Number { value, digits: 1..=3 }
                if matches!(self.word(at + 1), Word::Pair { first: 1, second: 2, slash: true, .. }) =>
            {
                return Some((Some(value), 50, at + 2));
            }
            Word::Number { value, digits: 1..=5 } => (Some(value), at + 1),
            Word::Grouped(value) => (Some(value), at + 1),
            // "12.25", which is a time elsewhere
            Word::Clock { hour, minute, colon: false } => return Some((Some(hour as u32), minute as u8, at + 1)),
            Word::Decimal { whole, hundredths } => return Some((Some(whole), hundredths, at + 1)),
            // "the third in as many days"
            Word::Cardinal(0) if self.is(at, "many") && self.before(at, &["as", "so", "too", "how"]) => return None,
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
        if let Some((part, end)) = self.and_part(next).filter(|_| value.is_some()) {
            return Some((value, part, end));
        }
        let next = if self.is(next, "more") { next + 1 } else { next };
        Some((value, 0, next))
    }

    /// A set and its time: "every day at 7:13 p.m.", "Tuesdays at 9 a.m.".
    pub(super) fn set_with_time(&self, at: usize) -> Read<Expression> {
        // "3 p.m. each day"
        if let Some((Some(time), _, next)) = self.time(at)
            && let Some((set @ (Set::Every { count: 1, unit: Unit::Day } | Set::Weekday(_)), None, end)) =
                self.set(self.skip(next, &["on"]))
        {
            return Some((Expression::Set(set, Some(time)), end));
        }
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
        let (count, part, next) = self.count(self.skip(at, NEARLY))?;
        let Word::Unit { unit, .. } = self.word(next) else { return None };
        let sign = match () {
            () if self.is(next + 1, "before") => -1,
            () if self.any(next + 1, &["after", "from"]) => 1,
            () => return None,
        };
        let (point, end) = self.dated(next + 2)?;
        let day = point.when.is_some_and(has_days) && point.time.is_none() && point.part.is_none();
        let count = count.map(|count| i32::try_from(count).unwrap_or(i32::MAX).saturating_mul(sign));
        (day && part == 0 && unit >= Unit::Day).then_some((Expression::Beyond { count, unit, point }, end))
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
        // "on weekends", "in the mornings"
        if self.before(at, &["on", "at", "the", "out", "and", "or"]) && !self.get(at)?.capital {
            if let Word::Unit { unit: unit @ Unit::Weekend, plural: true } = self.word(at) {
                return Some((Set::Every { count: 1, unit }, None, at + 1));
            }
            if let Some(part) = parts(at).filter(|part| *part != Part::Night) {
                return Some((Set::Part(part), None, at + 1));
            }
        }
        // "once a year"
        if self.is(at, "once")
            && self.any(at + 1, &["a", "an", "per"])
            && let Word::Unit { unit, plural: false } = self.word(at + 2)
        {
            return (unit >= Unit::Day).then_some((Set::Every { count: 1, unit }, None, at + 3));
        }
        if !self.any(at, &["every", "each"]) {
            return None;
        }
        let other = self.is(at + 1, "other");
        let next = if other { at + 2 } else { at + 1 };
        let (count, next) = match self.count(next) {
            Some((Some(count), 0, next)) => (count, next),
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
