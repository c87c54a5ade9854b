//! Days and months: "Tuesday, March 11", "the 4th of July", "2025-03-11", "May".

use super::super::words::{Sure, Unit, Word};
use super::years::century_of;
use super::{Grammar, IN, OF, Read, Step, When, YearOf};

impl Grammar<'_> {
    pub(super) fn date(&self, at: usize) -> Read<When> {
        let token = self.get(at)?;
        let read = match token.word {
            Word::Iso { year, month, day } | Word::IsoTime { year, month, day, .. } => {
                let when = self.free(at).then(|| day_of(YearOf::Given(year), month, day))?;
                Some((when, at + 1))
            }
            Word::Numeric { first, second, year, digits } => {
                let year = if digits == 2 { century_of(year) } else { year };
                (self.free(at) && first > 0 && second > 0 && (digits == 4 || first <= 31 && second <= 31))
                    .then_some((When::Numeric { first, second, year }, at + 1))
            }
            Word::Pair { first: 9, second: 11, slash: true, .. } => {
                Some((When::Day { year: YearOf::Given(2001), month: 9, day: 11 }, at + 1))
            }
            Word::Weekday { day, sure, plural: false } => self.weekday(at, day, sure),
            Word::Month { month, sure } => self.month(at, month, sure),
            Word::Season { season, sure } => self.season(at, season, sure),
            Word::Decade { value, digits } => self.decade(at, value, digits),
            Word::Key if token.is("the") => match self.word(at + 1) {
                Word::Season { season, sure } => self.season(at + 1, season, sure),
                _ => None,
            },
            Word::Mark('\'') => match self.word(at + 1) {
                Word::Decade { value, digits: 2 } => Some((When::Decade { value, digits: 2 }, at + 2)),
                _ => None,
            },
            _ => None,
        };
        read.or_else(|| self.day_first(at))
            .or_else(|| self.deictic(at))
            .or_else(|| self.holiday(at))
            .or_else(|| self.share(at))
            .or_else(|| self.to_date(at))
            .or_else(|| self.counted(at))
            .or_else(|| self.relative(at))
            .or_else(|| self.ordered(at))
            .or_else(|| self.year_alone(at))
    }

    /// A day of the week, and the day of the month that may follow: "Tuesday, March 11", "Friday the 14th".
    pub(super) fn weekday(&self, at: usize, day: i8, sure: Sure) -> Read<When> {
        let dotted = if sure == Sure::Short { self.skip_mark(at + 1, '.') } else { at + 1 };
        let next = self.skip(self.skip_mark(dotted, ','), &["the"]);
        let dated = match self.word(next) {
            Word::Month { month, sure } => {
                self.month(next, month, sure).filter(|(when, _)| matches!(when, When::Day { .. } | When::Broken(_)))
            }
            Word::Iso { .. } | Word::Numeric { .. } => self.date(next),
            _ => self.day_first(next),
        };
        if dated.is_some() {
            return dated;
        }
        // "Thursday the 13th"; Friday the 13th is a film and a fear.
        if let (Word::Ordinal(number @ 1..=31), true, true) =
            (self.word(next), self.is(next.wrapping_sub(1), "the"), next > at + 1)
            && !(day == 5 && number == 13)
            && sure == Sure::Yes
            && self.get(next)?.text.starts_with(|c: char| c.is_ascii_digit())
        {
            return Some((When::WeekdayNumber { weekday: day, day: number as i8 }, next + 1));
        }
        // "Tuesday of last week", "Wednesday next week"
        let of = self.skip(at + 1, &["of"]);
        let steps = [("last", Step::Last), ("this", Step::This), ("next", Step::Next), ("that", Step::Same)];
        if let Some((_, step)) = steps.iter().find(|(word, _)| self.is(of, word))
            && self.is(of + 1, "week")
        {
            return Some((When::WeekdayOf { day, step: *step }, of + 2));
        }
        if sure == Sure::Short {
            return None;
        }
        // Names of days that are no dates, and of papers and shows.
        const BEFORE: &[&str] = &["bloody", "super", "ruby", "sheffield", "giving", "fat", "shrove", "maundy", "holy"];
        const AFTER: &[&str] =
            &["times", "telegraph", "mirror", "mail", "express", "herald", "post", "independent", "business", "people"];
        let named = self.before(at, BEFORE)
            || at > 0 && self.get(at - 1).is_some_and(|token| token.is("black"))
            || self.any(at + 1, AFTER) && self.get(at + 1).is_some_and(|token| token.capital)
            || self.before(at, &["on"]) && at > 1 && self.is(at - 2, "mail");
        // "Saturday Night Live", "Friday the 13th", "on a Monday"
        let show = matches!(self.word(at + 1), Word::Part(_)) && self.get(at + 1).is_some_and(|token| token.capital);
        let any = self.before(at, &["a", "any", "one"]) || self.is(at + 1, "the") && self.is(at + 2, "13th");
        (!named && !show && !any).then_some((When::Weekday { day, step: None }, at + 1))
    }

    /// After a month's name and the dot of an abbreviation.
    pub(super) fn abbreviated(&self, at: usize, sure: Sure) -> usize {
        let dotted = sure == Sure::Short && self.mark(at + 1, '.') && self.get(at + 1).is_some_and(|dot| !dot.spaced);
        if dotted { at + 2 } else { at + 1 }
    }

    /// A month with day or year, or alone.
    pub(super) fn month(&self, at: usize, month: i8, sure: Sure) -> Read<When> {
        let next = self.abbreviated(at, sure);
        let day_at = self.skip(next, &["the"]);
        if let Some((day, after)) = self.day_number(day_at).filter(|(_, after)| !self.counts(*after))
            && (self.free(day_at) && !self.mark(after, ':'))
        {
            if let Word::Number { digits, .. } = self.word(self.skip_mark(after, ','))
                && digits > 4
            {
                return Some((When::Broken(Unit::Day), self.skip_mark(after, ',') + 1));
            }
            let (year, end) = self.year_after(after).unwrap_or((YearOf::Unsaid, after));
            return Some((day_of(year, month, day), end));
        }
        if let Some((year, end)) = self.year_after(next) {
            return Some((When::Month { year, month }, end));
        }
        let next_is_name = self.get(next).is_some_and(|token| token.capital && token.word == Word::Other);
        let alone = match sure {
            Sure::Yes => !next_is_name || self.before(at, IN),
            Sure::Short => false,
            Sure::Homonym if month == 5 => self.before(at, IN) && !self.is(at + 1, "day"),
            Sure::Homonym => (self.before(at, IN) || self.before(at, OF)) && !next_is_name,
        };
        alone.then_some((When::Month { year: YearOf::Unsaid, month }, next))
    }

    /// "11 March 2025", "the 4th of July".
    pub(super) fn day_first(&self, at: usize) -> Read<When> {
        let start = self.skip(at, &["the"]);
        if !matches!(self.word(start), Word::Number { digits: 1..=2, .. } | Word::Ordinal(_) | Word::Cardinal(_)) {
            return None;
        }
        let (day, next) = self.day_number(start).filter(|_| self.free(start))?;
        // "the 15th day of September"
        let counted = if self.is(next, "day") && self.is(next + 1, "of") { next + 1 } else { next };
        let of = self.skip(self.tight(counted), &["of"]);
        let Word::Month { month, sure } = self.word(of) else { return None };
        // "$ 12 December"
        if self.mark(start.wrapping_sub(1), '$') {
            return None;
        }
        // "10 May supporters", "2 March to the capital"
        if of == next && sure == Sure::Homonym && self.get(of + 1).is_some_and(|token| token.is("not")) {
            return None;
        }
        let next = self.abbreviated(of, sure);
        if let Word::Number { digits, .. } = self.word(self.skip_mark(next, ','))
            && digits > 4
        {
            return Some((When::Broken(Unit::Day), self.skip_mark(next, ',') + 1));
        }
        let (year, end) = self.year_after(next).unwrap_or((YearOf::Unsaid, next));
        Some((day_of(year, month, day), end))
    }

    /// After a hyphen without white space.
    pub(super) fn tight(&self, at: usize) -> usize {
        let tight = |at: usize| self.get(at).is_some_and(|token| !token.spaced);
        if self.mark(at, '-') && tight(at) && tight(at + 1) { at + 1 } else { at }
    }

    /// The number of a day in a month.
    pub(super) fn day_number(&self, at: usize) -> Read<i8> {
        match self.word(at) {
            Word::Number { value: day @ 1..=31, digits: 1..=2 } => Some((day as i8, at + 1)),
            Word::Number { value: 32..=99, digits: 2 } => None,
            Word::Ordinal(day @ 1..=31) => Some((day as i8, at + 1)),
            Word::Cardinal(tens @ (20 | 30)) => match self.word(self.skip_mark(at + 1, '-')) {
                Word::Ordinal(ones @ 1..=9) if tens + ones < 32 => {
                    Some(((tens + ones) as i8, self.skip_mark(at + 1, '-') + 1))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// A day of a month, unless the month has no such day.
pub(super) fn day_of(year: YearOf, month: i8, day: i8) -> When {
    let known = match year {
        YearOf::Given(year) => year,
        // A leap year: the year is not known.
        _ => 2000,
    };
    match jiff::civil::Date::new(known, month, day) {
        Ok(_) => When::Day { year, month, day },
        Err(_) => When::Broken(Unit::Day),
    }
}
