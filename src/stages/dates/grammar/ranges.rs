//! Ranges: "from March to May", "2010-2014", "since 2022".

use super::super::resolve::year_of;
use super::super::words::{Part, Unit, Word};
use super::days::day_of;
use super::points::{has_days, hour_in};
use super::{Expression, From, Grammar, Point, Read, Time, When, YearOf};

impl Grammar<'_> {
    /// An hour that nothing else says to be one: "7", "9:30".
    fn hour(&self, at: usize) -> Option<(i8, Option<i8>)> {
        match self.word(at) {
            Word::Number { value, digits: 1..=2 } if value <= 24 => Some((value as i8, None)),
            Word::Clock { hour, minute, .. } => Some((hour, Some(minute))),
            _ => None,
        }
    }

    /// "3:00 to 4:00 tomorrow", "between 7 and 9:30 last night", "8-9 a.m.": hours that a day or a part of one after them
    /// makes sure.
    fn hours_of_day(&self, at: usize) -> Read<(Time, Time, Option<Point>)> {
        let time = |hour: i8, minute: Option<i8>, half_said: bool| Time { hour, minute, zone: None, half_said };
        if let Word::Pair { first, second, first_digits: 1..=2, second_digits: 1..=2, slash: false } = self.word(at)
            && let (Word::Meridiem { pm }, 1..=12, 1..=12) = (self.word(at + 1), first, second)
        {
            let last = time(second as i8 % 12 + if pm { 12 } else { 0 }, None, true);
            let first = time(before_noon_or_after(first as i8, last), None, true);
            let (zone, end) = self.zone(at + 2);
            return Some(((Time { zone, ..first }, Time { zone, ..last }, None), end));
        }
        let (first, last) = (self.hour(at)?, self.hour(at + 2)?);
        if !self.mark(at + 1, '-') && !self.any(at + 1, &["to", "and", "until", "till"]) {
            return None;
        }
        let on = self.skip(at + 3, &["on"]);
        let day = self.dated(on).filter(|(point, _)| point.when.is_some_and(has_days) && point.time.is_none());
        // "rose from 7 to 9 on Monday" is no time.
        let colons = first.1.is_some() && (last.1.is_some() || self.follows(at, "from between"));
        let (point, end) = day.filter(|(point, _)| colons || point.part.is_some() && self.follows(at, "between"))?;
        let in_part = |hour: i8| point.part.map_or(hour, |part| hour_in(hour, part));
        let (from, to) = (in_part(first.0), in_part(last.0));
        let to = if to < from && to < 12 { to + 12 } else { to };
        let said = point.part.is_some();
        let point = Point { part: None, ..point };
        Some(((time(from, first.1, said), time(to, last.1, said), Some(point)), end))
    }

    /// "2016 onwards", "from Monday on", "1 January and after".
    pub(super) fn onward(&self, at: usize) -> Read<Expression> {
        let from = self.is(at, "from");
        let (point, end) = self.point(if from { at + 1 } else { at })?;
        if matches!(point.when?, When::Stretch { .. } | When::Offset { .. } | When::Share { .. }) {
            return None;
        }
        let and = self.skip(end, &["and"]);
        let after = and > end && self.any(and, &["after", "later", "beyond", "thereafter"]) && self.closes(and + 1);
        // "from Monday on the border"
        let on = from && self.is(end, "on") && self.closes(end + 1);
        let onward = self.any(and, &["onward", "onwards"]);
        (after || on || onward).then_some((Expression::Onward(point), and.max(end) + 1))
    }

    /// "from March to May", "between 2010 and 2014", "March 3-5", "2019/20".
    pub(super) fn range(&self, at: usize) -> Read<Expression> {
        let from = self.is(at, "from");
        let between = self.is(at, "between");
        let start = if from || between { at + 1 } else { at };
        if let Some(read) = self.pair(start).or_else(|| self.years(start)).or_else(|| self.hours(start)) {
            return Some(read);
        }
        let timed = |time: Time, point: Point| Point { time: Some(time), ..point };
        let no_day = Point { when: None, part: None, time: None, modifier: None };
        if let Some(((first, last, day), end)) = self.hours_of_day(start) {
            let range = Expression::Range(Some(timed(first, day.unwrap_or(no_day))), Some(timed(last, no_day)));
            return Some((range, end));
        }
        if !from && !between && !self.may_start(at) {
            return None;
        }
        let month = |read: &(Point, usize)| {
            let joined = self.mark(read.1, '-') || self.any(read.1, &["to", "through"]);
            from || between || joined && matches!(self.word(read.1 + 1), Word::Month { .. })
        };
        let today = Point::of(When::Offset { count: Some(0), unit: Unit::Day, from: From::Publication });
        let now = (from || between) && self.is(start, "now");
        let (first, next) = match now {
            true => (today, start + 1),
            false => {
                let noon = || self.noon(start).filter(|_| from || between);
                noon().or_else(|| self.point(start)).or_else(|| self.homonym(start).filter(month))?
            }
        };
        // "Monday 8-9 a.m.", "1 May between 10 and 11:30"
        if first.when.is_some_and(has_days) && first.time.is_none() && first.part.is_none() {
            let comma = self.skip_mark(next, ',');
            let word = self.skip(comma, &["from", "between", "at"]);
            let hours = match self.hours_of_day(word) {
                Some(((first, last, None), end)) => Some((first, last, end)),
                _ => self.bare_hours(word).or_else(|| self.hours(word)).and_then(|(range, end)| match range {
                    Expression::Range(
                        Some(Point { when: None, time, .. }),
                        Some(Point { when: None, time: last, .. }),
                    ) => Some((time?, last?, end)),
                    _ => None,
                }),
            };
            if let Some((from_time, last, end)) = hours {
                return Some((Expression::Range(Some(timed(from_time, first)), Some(timed(last, no_day))), end));
            }
        }
        let dash = self.mark(next, '-');
        let joined = if between {
            dash || self.is(next, "and")
        } else {
            dash || self.any(next, &["to", "until", "till", "through"])
        };
        // "June 10 and 11"
        if self.is(next, "and")
            && let (Some(When::Day { day, .. }), None) = (first.when, first.time)
            && let Some((last @ Point { when: Some(When::Day { day: after, .. }), .. }, end)) =
                self.same_month(first, next + 1)
            && after == day + 1
            && !matches!(self.word(end), Word::Month { .. })
        {
            return Some((Expression::Range(Some(first), Some(last)), end));
        }
        if !joined {
            return None;
        }
        // "between now and May", "from 2019 to today", "2013 – present"
        let until_now =
            self.any(next + 1, &["now", "today", "present"]) && kind(&first).is_some() && first.time.is_none();
        if until_now && (from || between || dash) {
            return Some((Expression::Range(Some(first), Some(today)), next + 2));
        }
        let (last, end) = self
            .noon(next + 1)
            .filter(|_| first.time.is_some())
            .or_else(|| self.point(next + 1))
            .or_else(|| self.same_month(first, next + 1))
            .or_else(|| self.old_year(next + 1).filter(|_| matches!(first.when, Some(When::Year(_)))))
            .or_else(|| self.hour_after(first, next + 1).filter(|_| from || between))
            .or_else(|| self.homonym(next + 1).filter(|_| matches!(first.when, Some(When::Month { .. }))))?;
        // "a visit to Paris on 3 May to 5 June" is rare, "10 May - 4 June - 8 July" rarer.
        let times = first.time.is_some() && last.time.is_some() && (first.when.is_none() || last.when.is_none());
        let given = |when: When| matches!(when, When::Year(_)) || matches!(year_of(when), Some(YearOf::Given(_)));
        let years = |point: &Point| point.when.is_some_and(given);
        let alike = kind(&first).is_some() && kind(&first) == kind(&last) || years(&first) && years(&last);
        let first = match (first.time, last.time) {
            (Some(time), Some(end)) if times && !time.half_said => {
                let hour = before_noon_or_after(time.hour, end);
                Point { time: Some(Time { hour, ..time }), ..first }
            }
            _ => first,
        };
        (alike || times || now && kind(&last).is_some()).then_some((Expression::Range(Some(first), Some(last)), end))
    }

    /// "between 10 and 11:30" after a day: one of the two has its minutes.
    fn bare_hours(&self, at: usize) -> Read<Expression> {
        let ((hour, minute), (last, last_minute)) = (self.hour(at)?, self.hour(at + 2)?);
        let joined = self.mark(at + 1, '-') || self.any(at + 1, &["to", "and", "until", "till"]);
        let said =
            matches!(self.word(at + 3), Word::Meridiem { .. } | Word::Zone(_)) || self.any(at + 3, &["o", "oclock"]);
        let fits = joined && !said && self.follows(at, "from between") && (minute.is_some() || last_minute.is_some());
        let last = if last < hour && last < 12 { last + 12 } else { last };
        let point = |hour: i8, minute: Option<i8>| {
            let time = Some(Time { hour, minute, zone: None, half_said: false });
            Some(Point { when: None, part: None, time, modifier: None })
        };
        fits.then(|| (Expression::Range(point(hour, minute), point(last, last_minute)), at + 3))
    }

    /// "noon" and "midnight" as an end of hours, with their day.
    fn noon(&self, at: usize) -> Read<Point> {
        let Word::Part(part @ (Part::Noon | Part::Midnight)) = self.word(at) else { return None };
        let hour = if part == Part::Noon { 12 } else { 24 };
        let time = Some(Time { hour, minute: None, zone: None, half_said: true });
        let day = self.dated(self.skip(at + 1, &["on"]));
        let day = day.filter(|(day, _)| day.when.is_some_and(has_days) && day.time.is_none() && day.part.is_none());
        let (point, end) = day.unwrap_or((Point { when: None, part: None, time: None, modifier: None }, at + 1));
        Some((Point { time, ..point }, end))
    }

    /// "between 2:00 tomorrow and 4:00": an hour of the same day.
    fn hour_after(&self, first: Point, at: usize) -> Read<Point> {
        let begins = first.time.filter(|_| first.when.is_some())?;
        let (hour, minute) = self.hour(at).filter(|_| self.closes(at + 1))?;
        let hour = if hour < begins.hour && hour < 12 { hour + 12 } else { hour };
        let time = Some(Time { hour, minute, zone: None, half_said: begins.half_said });
        Some((Point { when: None, part: None, time, modifier: None }, at + 1))
    }

    /// "March 3 to 5": the second day of a month that is not said again.
    pub(super) fn same_month(&self, first: Point, at: usize) -> Read<Point> {
        let Some(When::Day { year, month, .. }) = first.when else { return None };
        let at = self.skip(at, &["the"]);
        let (day, next) = self.day_number(at)?;
        if self.counts(next) {
            return None;
        }
        let (given, next) = self.year_after(next).unwrap_or((year, next));
        Some((Point::of(day_of(given, month, day)), next))
    }

    /// Two numbers with a dash or a slash: days of a month, or years.
    pub(super) fn pair(&self, at: usize) -> Read<Expression> {
        let both = |first: When, last: When, end: usize| {
            Some((Expression::Range(Some(Point::of(first)), Some(Point::of(last))), end))
        };
        // "3-5 March 2025", "3 to 5 March".
        let (first, last, next) = match self.word(at) {
            Word::Pair { first, second, .. } => (first, second, at + 1),
            Word::Number { digits: 1..=2, .. } | Word::Ordinal(_) => {
                let (first, next) = self.day_number(at)?;
                if !self.any(next, &["to", "until", "till", "through", "and"]) && !self.mark(next, '-') {
                    return None;
                }
                let (last, next) = self.day_number(self.skip(next + 1, &["the"]))?;
                (first as u32, last as u32, next)
            }
            Word::Month { month, sure } => {
                // "March 3-5, 2025"
                let next = self.abbreviated(at, sure);
                let Word::Pair { first, second, first_digits: 1..=2, second_digits: 1..=2, slash: false } =
                    self.word(next)
                else {
                    return None;
                };
                if first >= second || self.counts(next + 1) {
                    return None;
                }
                let (year, end) = self.year_after(next + 1).unwrap_or((YearOf::Unsaid, next + 1));
                return both(day_of(year, month, first as i8), day_of(year, month, second as i8), end);
            }
            _ => return None,
        };
        let of = self.skip(next, &["of"]);
        if let Word::Month { month, sure } = self.word(of)
            && first < last
            && last < 32
        {
            let next = self.abbreviated(of, sure);
            let (year, end) = self.year_after(next).unwrap_or((YearOf::Unsaid, next));
            return both(day_of(year, month, first as i8), day_of(year, month, last as i8), end);
        }
        // "the 15th to the 19th century"
        if let (Word::Ordinal(_), Word::Unit { unit: Unit::Century, .. }) = (self.word(at), self.word(next)) {
            let century = |number: u32| When::Century(100 * (number as i16 - 1));
            return if first < last { both(century(first), century(last), next + 1) } else { None };
        }
        None
    }

    /// "2010-2014", "2010 – 14", "2019/20".
    pub(super) fn years(&self, at: usize) -> Read<Expression> {
        let (first, second, second_digits, slash, end) = match self.word(at) {
            Word::Pair { first, first_digits: 4, second, second_digits, slash } => {
                (first, second, second_digits, slash, at + 1)
            }
            Word::Number { value: first, digits: 4 } if self.mark(at + 1, '-') => match self.word(at + 2) {
                Word::Number { value: second, digits } => (first, second, digits, false, at + 3),
                _ => return None,
            },
            _ => return None,
        };
        let last = match second_digits {
            4 => second,
            2 => first / 100 * 100 + second,
            _ => return None,
        };
        let plausible = (1000..2100).contains(&first) && first < last && last < 2200;
        let plausible = plausible && last <= first + if second_digits == 2 { 15 } else { 200 };
        if !plausible || slash && last != first + 1 || !self.free(at) || self.counts(end) {
            return None;
        }
        let point = |year: u32| Some(Point::of(When::Year(year as i16)));
        Some((Expression::Range(point(first), point(last)), end))
    }

    /// "9 to 11 a.m.", "between 9:30 and 11 a.m.".
    pub(super) fn hours(&self, at: usize) -> Read<Expression> {
        let (hour, minute) = match self.word(at) {
            Word::Number { value, digits: 1..=2 } if value <= 12 => (value as i8, None),
            Word::Clock { hour, minute, .. } => (hour, Some(minute)),
            _ => return None,
        };
        let joined = self.mark(at + 1, '-') || self.any(at + 1, &["to", "and", "until", "till"]);
        let (last, end) = self.point(at + 2).filter(|_| joined)?;
        let time = last.time?;
        let hour = before_noon_or_after(hour, time);
        let time = Some(Time { hour, minute, zone: time.zone, half_said: true });
        let first = Point { when: None, part: None, time, modifier: None };
        Some((Expression::Range(Some(first), Some(last)), end))
    }

    /// "since 2022", "until Friday".
    pub(super) fn open(&self, at: usize) -> Read<Expression> {
        let since = self.is(at, "since");
        if !since && !self.any(at, &["until", "till"]) {
            return None;
        }
        let (point, end) = self.point(at + 1)?;
        if matches!(point.when?, When::Offset { from: From::Text, .. } | When::Stretch { .. }) {
            return None;
        }
        let range = if since { Expression::Range(Some(point), None) } else { Expression::Range(None, Some(point)) };
        Some((range, end))
    }
}

/// The hour at which something begins that ends at `last`: "9 to 5 p.m." begins in the morning, "2 to 4 p.m." does not.
pub(super) fn before_noon_or_after(hour: i8, last: Time) -> i8 {
    let after = last.half_said && last.hour >= 12 && hour < 12 && hour + 12 <= last.hour;
    if after { hour + 12 } else { hour }
}

/// What two ends of a range have in common.
pub(super) fn kind(point: &Point) -> Option<u8> {
    Some(match point.when {
        None => point.time.map(|_| 0)?,
        Some(When::Day { .. } | When::Numeric { .. } | When::Holiday { .. }) => 1,
        Some(When::Offset { unit: Unit::Day, from: From::Publication, .. }) => 1,
        Some(When::Month { .. }) => 2,
        Some(When::Weekday { .. }) => 3,
        Some(When::Year(_)) => 4,
        Some(When::Decade { .. }) => 5,
        Some(When::Century(_)) => 6,
        Some(When::Season { .. }) => 7,
        Some(When::Quarter { .. }) => 8,
        Some(_) => return None,
    })
}
