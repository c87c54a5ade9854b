//! Dates with what stands around them: "late on Monday night", "about 1790", "10 p.m. on Tuesday".

use super::super::words::{Part, Sure, Unit, Word, Zone};
use super::{ABOUT, Grammar, Modifier, NEARLY, Point, Read, Step, Time, When, YearOf};

impl Grammar<'_> {
    /// A date with what stands around it: "late on Monday night", "at 10 p.m. on Tuesday, March 11".
    pub(super) fn point(&self, at: usize) -> Read<Point> {
        if self.any(at, ABOUT) {
            let next = self.skip_mark(at + 1, '.');
            let (point, end) = self.old_year(next).or_else(|| self.bare(next))?;
            let modifier = point.modifier.or(Some(Modifier::Approximate));
            return Some((Point { modifier, ..point }, end));
        }
        if self.any(at, NEARLY) {
            let (when, end) = self.counted(at + 1)?;
            return Some((Point { modifier: Some(Modifier::Approximate), ..Point::of(when) }, end));
        }
        if let Some(read) = self.within(at) {
            return Some(read);
        }
        if let Some((modifier, next)) = self.lead(at) {
            let homonym =
                || self.homonym(next).filter(|_| !matches!(self.word(next), Word::Month { sure: Sure::Short, .. }));
            let (point, end) = self.bare(next).or_else(homonym)?;
            // "the start of the 2014 Winter Games" is that of the games.
            let event = matches!(point.when, Some(When::Year(_)))
                && self.get(end).is_some_and(|token| token.capital && token.word == Word::Other);
            let part = Point { modifier: Some(modifier), ..point };
            return (!event || next == at + 1).then_some((part, end));
        }
        self.bare(at)
    }

    /// "earlier in the year", "the end of the month": of the year that the text or the paper is in.
    fn within(&self, at: usize) -> Read<Point> {
        let (modifier, next) = match () {
            () if self.any(at, &["earlier", "early"]) && self.is(at + 1, "in") => (Modifier::Start, at + 2),
            () if self.any(at, &["later", "late"]) && self.is(at + 1, "in") => (Modifier::End, at + 2),
            () => {
                let start = self.skip(at, &["the"]);
                let modifier = match () {
                    () if self.any(start, &["start", "beginning"]) => Modifier::Start,
                    () if self.is(start, "middle") => Modifier::Middle,
                    () if self.is(start, "end") => Modifier::End,
                    () => return None,
                };
                (modifier, self.is(start + 1, "of").then_some(start + 2)?)
            }
        };
        let Word::Unit { unit, plural: false } = self.word(next + 1) else { return None };
        let fits = matches!(unit, Unit::Day | Unit::Week | Unit::Month | Unit::Year | Unit::Decade);
        let when = When::Whole { step: Step::Within, unit };
        // "the end of the day of protest"; "at the end of the day" is a phrase.
        let phrase = unit == Unit::Day && (self.before(at, &["at"]) || self.before(at.saturating_sub(1), &["at"]));
        (fits && self.is(next, "the") && !self.is(next + 2, "of") && !phrase)
            .then_some((Point { modifier: Some(modifier), ..Point::of(when) }, next + 2))
    }

    /// "c. 347": a year of three digits.
    pub(super) fn old_year(&self, at: usize) -> Read<Point> {
        match self.word(at) {
            Word::Number { value: year @ 100..=1899, digits: 3..=4 }
                if self.closes(at + 1) || self.mark(at + 1, '-') =>
            {
                Some((Point::of(When::Year(year as i16)), at + 1))
            }
            _ => None,
        }
    }

    /// A month that is also a name, after a word that only a date has.
    pub(super) fn homonym(&self, at: usize) -> Read<Point> {
        let Word::Month { month, sure } = self.word(at) else { return None };
        let end = self.abbreviated(at, sure);
        Some((Point::of(When::Month { year: YearOf::Unsaid, month }), end))
    }

    /// Words for a part of a date: "early", "late on", "mid-", "the end of".
    pub(super) fn lead(&self, at: usize) -> Read<Modifier> {
        let bare = self.skip(at, &["the", "very"]);
        // "earlier today" is before now, not the start of the day.
        if self.any(bare, &["earlier", "later"]) && self.is(bare + 1, "today") {
            return None;
        }
        let modifier = match () {
            () if self.is(bare, "early") && self.is(bare + 1, "hours") && self.is(bare + 2, "of") => {
                return Some((Modifier::Start, self.skip(bare + 3, &["the"])));
            }
            () if self.any(bare, &["early", "earlier"]) => Modifier::Start,
            () if self.any(bare, &["late", "later"]) => Modifier::End,
            () if self.is(bare, "mid") => {
                return Some((Modifier::Middle, self.skip_mark(bare + 1, '-')));
            }
            () if self.any(bare, &["beginning", "start"]) && self.is(bare + 1, "of") => {
                return Some((Modifier::Start, self.skip(bare + 2, &["the"])));
            }
            () if self.is(bare, "middle") && self.is(bare + 1, "of") => {
                return Some((Modifier::Middle, self.skip(bare + 2, &["the"])));
            }
            () if self.is(bare, "end") && self.is(bare + 1, "of") => {
                return Some((Modifier::End, self.skip(bare + 2, &["the"])));
            }
            () => return None,
        };
        let next = self.skip_mark(bare + 1, '-');
        // "late on Monday", "early in 2024"
        let next = match () {
            () if self.is(next, "on") && matches!(self.word(next + 1), Word::Weekday { .. } | Word::Month { .. }) => {
                next + 1
            }
            () if self.is(next, "in")
                && matches!(self.word(next + 1), Word::Number { digits: 4, .. } | Word::Month { .. }) =>
            {
                next + 1
            }
            () => next,
        };
        Some((modifier, next))
    }

    /// A time, a date, a date with its time.
    pub(super) fn bare(&self, at: usize) -> Read<Point> {
        if let Some((time, part, next)) = self.time(at) {
            let point = Point { when: None, part, time, modifier: None };
            let on = self.skip(self.skip_mark(self.bracketed(next), ','), &["on", "of"]);
            if let Some((date, end)) = self.dated(on)
                && date.time.is_none()
                && date.when.is_some_and(has_days)
            {
                return Some((Point { part, time, ..date }, end));
            }
            // "10 p.m." needs no company; "noon" alone does.
            let twelve = matches!(self.word(at), Word::Number { .. });
            return (time.is_some()
                || twelve
                || self.before(at, &["at", "by", "until", "before", "after", "around", "about"]))
            .then_some((point, next));
        }
        // "in the morning at 7"
        let part = self.in_the(at);
        if let (true, Word::Part(part), Word::Number { value: hour @ 1..=12, digits: 1..=2 }) =
            (part > at && self.any(part + 1, &["at", "around"]), self.word(part), self.word(part + 2))
            && self.closes(at + 5)
        {
            let time = Time { hour: hour_in(hour as i8, part), minute: None, zone: None, half_said: true };
            return Some((Point { when: None, part: None, time: Some(time), modifier: None }, at + 5));
        }
        self.dated(at)
    }

    /// After the same time elsewhere in brackets: "6 a.m. (0400 GMT) on Sunday".
    fn bracketed(&self, at: usize) -> usize {
        match self.time(at + 1).filter(|_| self.mark(at, '(')) {
            Some((.., end)) if self.mark(end, ')') => end + 1,
            _ => at,
        }
    }

    /// A date, and a part of the day or a time after it.
    pub(super) fn dated(&self, at: usize) -> Read<Point> {
        // "the night of March 3", "the morning of 11 September"
        let the = self.skip(at, &["the"]);
        // "the week of March 3"
        if let Word::Unit { unit: unit @ (Unit::Week | Unit::Weekend), plural: false } = self.word(the)
            && the > at
            && self.is(the + 1, "of")
            && let Some((When::Day { year, month, day }, end)) = self.date(the + 2)
        {
            return Some((Point::of(When::Around { year, month, day, unit }), end));
        }
        if let Word::Part(part) = self.word(the)
            && (the > at || self.before(at, &["early", "late"]))
            && self.is(the + 1, "of")
        {
            let (when, end) = self.date(the + 2).filter(|(when, _)| has_days(*when))?;
            return Some((Point { part: Some(part), ..Point::of(when) }, end));
        }
        let (when, next) = self.date(at)?;
        let mut point = Point::of(when);
        let mut end = next;
        if !has_days(when) {
            return Some((point, end));
        }
        let early = self.any(next, &["early", "late"]) && matches!(self.word(next + 1), Word::Part(_));
        let part_at = if early { next + 1 } else { self.in_the(next) };
        if let Word::Part(part) = self.word(part_at) {
            if early {
                point.modifier = Some(if self.is(next, "early") { Modifier::Start } else { Modifier::End });
            }
            point.part = Some(part);
            end = part_at + 1;
        }
        // "last night at 8"
        if let (Some(part), true, Word::Number { value: hour @ 1..=12, digits: 1..=2 }) =
            (point.part, self.any(end, &["at", "around", "about"]), self.word(end + 1))
            && self.closes(end + 2)
        {
            point.time = Some(Time { hour: hour_in(hour as i8, part), minute: None, zone: None, half_said: true });
            return Some((point, end + 2));
        }
        let comma = self.skip_mark(end, ',');
        let time_at = self.skip(self.skip(comma, &["at", "from"]), &["about", "around"]);
        if let Some((time, part, next)) = self.time(time_at)
            && (time_at > comma || comma == end || time.is_some())
        {
            // "Sunday evening at 10:00"
            let evening = |time: Time, part: Part| Time { hour: hour_in(time.hour, part), half_said: true, ..time };
            point.time = time.map(|time| match point.part {
                Some(part) if !time.half_said => evening(time, part),
                _ => time,
            });
            point.part = part.or(point.part);
            end = next;
        }
        Some((point, end))
    }

    /// After "in the" before a part of the day.
    pub(super) fn in_the(&self, at: usize) -> usize {
        if self.is(at, "in") && self.is(at + 1, "the") && matches!(self.word(at + 2), Word::Part(_)) {
            at + 2
        } else {
            at
        }
    }

    /// "10 p.m.", "10:30", "22:00 GMT", "noon".
    pub(super) fn time(&self, at: usize) -> Option<(Option<Time>, Option<Part>, usize)> {
        let (hour, minute, mut next) = match self.word(at) {
            Word::Number { value, digits } if digits <= 2 && value < 25 => (value as i8, None, at + 1),
            // "1140 a.m."
            Word::Number { value, digits: 4 }
                if (100..1260).contains(&value)
                    && value % 100 < 60
                    && matches!(self.word(at + 1), Word::Meridiem { .. }) =>
            {
                ((value / 100) as i8, Some((value % 100) as i8), at + 1)
            }
            // "2200 GMT"
            Word::Number { value, digits: 4 } if value < 2400 && value % 100 < 60 => {
                let zone = matches!(self.word(at + 1), Word::Zone(_));
                return zone.then(|| {
                    let (zone, next) = self.zone(at + 1);
                    let time =
                        Time { hour: (value / 100) as i8, minute: Some((value % 100) as i8), zone, half_said: true };
                    (Some(time), None, next)
                });
            }
            Word::Clock { hour, minute, .. } => (hour, Some(minute), at + 1),
            Word::Part(part @ (Part::Noon | Part::Midnight)) if at == 0 || !self.get(at)?.capital => {
                let (zone, next) = self.zone(at + 1);
                let hour = if part == Part::Noon { 12 } else { 24 };
                let time = zone.map(|zone| Time { hour, minute: Some(0), zone: Some(zone), half_said: true });
                return Some((time, Some(part), next));
            }
            _ => return None,
        };
        if !self.free(at) && !self.mark(at.wrapping_sub(1), '-') {
            return None;
        }
        if matches!(self.word(at), Word::Number { value: 12, .. })
            && let Word::Part(Part::Noon | Part::Midnight) = self.word(at + 1)
        {
            return self.time(at + 1);
        }
        let (mut sure, mut half_said) = (false, false);
        let hour = match self.word(next) {
            Word::Meridiem { pm } if (1..=12).contains(&hour) => {
                // "I am", "as am": a number before "am" is a time only where nothing speaks against it.
                next += 1;
                sure = true;
                half_said = true;
                hour % 12 + if pm { 12 } else { 0 }
            }
            _ if self.is(next, "oclock") => {
                next += 1;
                sure = true;
                hour
            }
            _ if self.is(next, "o") && self.mark(next + 1, '\'') && self.is(next + 2, "clock") => {
                next += 3;
                sure = true;
                hour
            }
            _ => hour,
        };
        if minute == Some(0) && hour == 12 && self.any(next, &["noon", "midnight"]) {
            next += 1;
        }
        // "10 in the morning"
        if let (false, Word::Part(part)) = (sure, self.word(self.in_the(next)))
            && self.in_the(next) > next
            && hour <= 12
        {
            let time = Time { hour: hour_in(hour, part), minute, zone: None, half_said: true };
            return Some((Some(time), None, self.in_the(next) + 1));
        }
        let (zone, after) = self.zone(next);
        let colon = matches!(self.word(at), Word::Clock { colon: true, .. });
        // A ratio has a colon too: two digits before it, or a word that a time has.
        let company =
            self.before(at, &["at", "by", "until", "from", "around", "about", "before", "after", "between", "since"]);
        let two_digits = self.get(at).is_some_and(|token| token.text.find(':') == Some(2));
        let sure = sure || zone.is_some() && minute.is_some() || colon && (company || two_digits);
        let half_said = half_said || hour > 12;
        (sure && hour < 25).then_some((Some(Time { hour, minute, zone, half_said }), None, after))
    }

    /// "GMT", "local time", "Eastern time", in brackets too.
    pub(super) fn zone(&self, at: usize) -> (Option<Zone>, usize) {
        let bracket = self.mark(at, '(');
        let inside = if bracket { at + 1 } else { at };
        let local = self.any(inside, &["local", "Moscow", "Kyiv", "Kiev", "Beijing"]) && self.is(inside + 1, "time");
        let named = [("eastern", -300), ("central", -360), ("mountain", -420), ("pacific", -480)];
        let named = named.iter().find(|(name, _)| self.is(inside, name));
        let (zone, next) = match self.word(inside) {
            Word::Zone(zone) => (zone, inside + 1),
            _ if local => (Zone::Local, inside + 2),
            _ => match named {
                Some((_, winter)) if self.is(inside + 1, "time") => (Zone::America(*winter), inside + 2),
                Some((_, winter)) if self.is(inside + 1, "standard") && self.is(inside + 2, "time") => {
                    (Zone::Fixed(*winter), inside + 3)
                }
                Some((_, winter)) if self.is(inside + 1, "daylight") && self.is(inside + 2, "time") => {
                    (Zone::Fixed(winter + 60), inside + 3)
                }
                _ => return (None, at),
            },
        };
        let (zone, next) = match self.word(next + 1) {
            // "UTC+3"
            Word::Number { value: hours @ 1..=14, digits: 1..=2 }
                if zone == Zone::Fixed(0)
                    && [next, next + 1].iter().all(|at| self.get(*at).is_some_and(|token| !token.spaced)) =>
            {
                match self.word(next) {
                    Word::Mark('+') => (Zone::Fixed(60 * hours as i16), next + 2),
                    Word::Mark('-') => (Zone::Fixed(-60 * (hours as i16)), next + 2),
                    _ => (zone, next),
                }
            }
            _ => (zone, next),
        };
        match (bracket, self.mark(next, ')')) {
            (true, true) => (Some(zone), next + 1),
            (true, false) => (None, at),
            _ => (Some(zone), next),
        }
    }
}

/// The hour of the day that an hour of twelve is in a part of the day.
pub(super) fn hour_in(hour: i8, part: Part) -> i8 {
    match part {
        Part::Afternoon | Part::Evening if hour < 12 => hour + 12,
        Part::Night if (5..12).contains(&hour) => hour + 12,
        Part::Night if hour == 12 => 24,
        _ => hour,
    }
}

/// Whether a date is a day, so that it has parts and times.
pub(super) fn has_days(when: When) -> bool {
    match when {
        When::Day { .. }
        | When::Numeric { .. }
        | When::Weekday { .. }
        | When::WeekdayNumber { .. }
        | When::Holiday { .. }
        | When::WeekdayOf { .. } => true,
        When::Whole { unit, .. } | When::Offset { unit, .. } => unit == Unit::Day,
        _ => false,
    }
}
