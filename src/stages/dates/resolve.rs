//! From what is written to a place in the calendar.
//!
//! Everything is seen from the day of publication, or from the date that the text named last where the words point back
//! to it; never from a clock. What neither says stays unresolved.

use jiff::civil::Date;

use super::calendar::{self, Clock, Value, plus};
use super::grammar::{Expression, From, Modifier, Point, Set, Step, Time, When, YearOf};
use super::tense::Tense;
use super::words::{Part, Unit, Zone};
use crate::text::Span;

/// What is known beside the expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// The day of publication, by the clock of where it was published.
    pub(super) published: Option<Date>,
    /// Whether the month stands first in "11/03/2025".
    pub(super) month_first: Option<bool>,
    /// The date that the text named last.
    pub(super) named: Option<Named>,
    /// What the words around it speak of.
    pub(super) tense: Option<Tense>,
}

/// A date that the text has named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    /// Which.
    pub(super) value: Value,
    /// Where.
    pub(super) span: Span,
    /// How many sentences ago.
    pub(super) sentences: usize,
    /// Whether its year is said and exact, so that it may be the year of a story.
    pub(super) said: bool,
    /// Whether it is an end of a longer stretch, which times of day do not belong to.
    pub(super) end: bool,
}

/// An answer, and the rule that gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Answer {
    /// The value, as far as it is known.
    pub(super) known: Known,
    /// How long it is.
    pub(super) granularity: &'static str,
    /// Which part of it is meant, or how exact it is.
    pub(super) modifier: Option<Modifier>,
    /// The rule.
    pub(super) rule: &'static str,
    /// Whether the rule rests on the date that the text named last.
    pub(super) by_text: bool,
    /// Whether it rests on the tense.
    pub(super) by_tense: bool,
}

/// What is known of a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    Nothing,
    One(Value),
    Interval(Option<Value>, Option<Value>),
    Duration { count: u32, hundredths: u8, unit: Unit, rest: [Option<(u32, Unit)>; 2] },
    Set(Set, Option<Clock>),
}

/// A date and how it came about.
#[derive(Clone, Copy)]
struct Found {
    known: Known,
    granularity: &'static str,
    rule: &'static str,
    by_text: bool,
    by_tense: bool,
}

impl Found {
    fn new(value: Value, rule: &'static str) -> Self {
        let granularity = value.granularity();
        Self { known: Known::One(value), granularity, rule, by_text: false, by_tense: false }
    }

    fn nothing(granularity: &'static str, rule: &'static str) -> Self {
        Self { known: Known::Nothing, granularity, rule, by_text: false, by_tense: false }
    }

    fn by_text(self) -> Self {
        Self { by_text: true, ..self }
    }

    fn by_tense(self) -> Self {
        Self { by_tense: true, ..self }
    }

    fn value(&self) -> Option<Value> {
        match self.known {
            Known::One(value) => Some(value),
            _ => None,
        }
    }
}

/// How far back, in sentences, "that year" and "two days later" look.
const REACH: usize = 6;
/// How far back a story of another year gives its year to the months it names.
const STORY: usize = 1;

impl Context {
    /// Resolves an expression.
    pub(super) fn resolve(&self, expression: Expression) -> Answer {
        let (found, modifier) = match expression {
            Expression::Point(point) => (self.point(point), point.modifier),
            Expression::Range(from, to) => (self.range(from, to), from.xor(to).and_then(|only| only.modifier)),
            Expression::Duration { count, hundredths, unit, rest, modifier } => {
                let found = match count {
                    Some(count) => Found {
                        known: Known::Duration { count, hundredths, unit, rest },
                        ..Found::nothing(name(unit), "duration")
                    },
                    None => Found::nothing(name(unit), "count_not_said"),
                };
                (found, modifier)
            }
            Expression::Onward(point) => (self.open(point, self.tense, |value| (Some(value), None)), point.modifier),
            Expression::Beyond { count, unit, point } => (self.beyond(count, unit, point), None),
            Expression::Set(set, time) => {
                let granularity = match set {
                    Set::Every { unit, .. } => name(unit),
                    Set::Weekday(_) => "day",
                    Set::Month(_) => "month",
                    Set::Part(_) | Set::WeekdayPart(..) => "part_of_day",
                };
                let time =
                    time.map(|time| fixed(Clock { hour: time.hour, minute: time.minute, zone: None }, Some(time)));
                (Found { known: Known::Set(set, time), ..Found::nothing(granularity, "set") }, None)
            }
        };
        let Found { known, granularity, rule, by_text, by_tense } = found;
        Answer { known, granularity, modifier, rule, by_text, by_tense }
    }

    /// The date that the text named last, if that is near enough.
    fn named(&self) -> Option<Named> {
        self.named.filter(|named| named.sentences <= REACH)
    }

    fn point(&self, point: Point) -> Found {
        let Some(when) = point.when else {
            let Some(clock) = clock(point) else { return Found::nothing("minute", "no_reference") };
            // A time alone is one of a day that the sentence names, or the one before.
            let day = self.named.filter(|named| named.sentences <= 1 && !named.end).and_then(|named| named.value.day());
            return match day {
                Some(day) => on_day(day, clock, point.time).map_or(Found::nothing("minute", "no_such_day"), |value| {
                    Found::new(value, "day_of_text_date").by_text()
                }),
                None => Found::new(Value::Clock(fixed(clock, point.time)), "time_without_day"),
            };
        };
        let found = self.when(when);
        let Some(day) = found.value().and_then(Value::day) else { return found };
        let value = match (clock(point), point.part) {
            (Some(clock), _) if point.time.is_some() => on_day(day, clock, point.time),
            (_, Some(part)) => Some(Value::Part(day, part)),
            _ => return found,
        };
        value.map_or(Found::nothing("minute", "no_such_day"), |value| Found {
            known: Known::One(value),
            granularity: value.granularity(),
            ..found
        })
    }

    fn when(&self, when: When) -> Found {
        match when {
            When::Day { year, month, day } => {
                let known = |year: i16| Date::new(year, month, day).ok().map(Value::Day);
                self.in_year(year, known, Value::Yearly(month, Some(day)))
            }
            When::Month { year, month } => {
                let known = |year: i16| Some(Value::Month(year, month));
                self.in_year(year, known, Value::Yearly(month, None))
            }
            When::Around { year, month, day, unit } => {
                let found = self.when(When::Day { year, month, day });
                match found.value().and_then(Value::day).and_then(|day| Value::around(day, unit)) {
                    Some(value) => Found { known: Known::One(value), granularity: value.granularity(), ..found },
                    None => Found { known: Known::Nothing, granularity: name(unit), ..found },
                }
            }
            When::WeekdayOf { day, step } => {
                let week = self.whole(step, Unit::Week);
                match week.value().and_then(start).and_then(|monday| plus(monday, i32::from(day) - 1, Unit::Day)) {
                    Some(day) => Found { known: Known::One(Value::Day(day)), granularity: "day", ..week },
                    None => Found { known: Known::Nothing, granularity: "day", ..week },
                }
            }
            When::WeekdayNumber { weekday, day } => self.weekday_number(weekday, day),
            When::Numeric { first, second, year } => self.numeric(first, second, year),
            When::Weekday { day, step } => self.weekday(day, step),
            When::Year(year) => Found::new(Value::Year(year), "absolute_year"),
            When::Decade { value, digits } => decade(value, digits),
            When::Century(first) => Found::new(Value::Century(first), "absolute_century"),
            When::Season { year, season } => self.in_year(year, |year| Some(Value::Season(year, season)), None),
            When::Quarter { year, quarter } => self.in_year(year, |year| Some(Value::Quarter(year, quarter)), None),
            When::Half { year, half } => self.in_year(year, |year| Some(Value::Half(year, half)), None),
            When::Holiday { holiday: calendar::Holiday::Unknown, .. } => {
                Found::nothing("day", "holiday_without_fixed_day")
            }
            When::Holiday { year, holiday } => self.in_year(year, |year| holiday.in_year(year).map(Value::Day), None),
            When::Whole { step, unit } => self.whole(step, unit),
            When::Offset { count, unit, from } => self.offset(count, unit, from),
            When::Stretch { count, unit, from } => self.stretch(count, unit, from),
            When::Share { first, count, unit, year, month } => self.share(first, count, unit, year, month),
            When::ToDate(unit) => {
                let day = self.published.and_then(|day| Some((start(Value::around(day, unit)?)?, day)));
                day.map_or(Found::nothing("day", "no_reference"), |(first, last)| Found {
                    known: Known::Interval(Some(Value::Day(first)), Some(Value::Day(last))),
                    ..Found::nothing("day", "relative_to_publication")
                })
            }
            When::Broken(unit) => Found::nothing(name(unit), "no_such_day"),
        }
    }

    /// A date that returns every year.
    fn in_year(&self, year: YearOf, known: impl Fn(i16) -> Option<Value>, yearly: impl Into<Option<Value>>) -> Found {
        let granularity = known(2000).map_or("day", Value::granularity);
        let found = |value: Option<Value>, rule: &'static str| {
            value.map_or(Found::nothing(granularity, "no_such_day"), |value| Found::new(value, rule))
        };
        let unknown = || match yearly.into() {
            Some(value) => Found::new(value, "year_not_known"),
            None => Found::nothing(granularity, "no_reference"),
        };
        match year {
            YearOf::Given(year) => {
                let value = known(year);
                found(value, value.map_or("no_such_day", absolute))
            }
            YearOf::Step(step @ (Step::Previous | Step::Same | Step::Following)) => {
                let shift = match step {
                    Step::Previous => -1,
                    Step::Following => 1,
                    _ => 0,
                };
                let year = self.named().and_then(|named| named.value.year()?.checked_add(shift));
                year.map_or_else(unknown, |year| found(known(year), "year_of_text_date").by_text())
            }
            YearOf::Step(step) => {
                let shift = match step {
                    Step::Last | Step::JustPast => -1,
                    Step::Next | Step::Coming => 1,
                    _ => 0,
                };
                let year = self.published.and_then(|day| day.year().checked_add(shift));
                year.map_or_else(unknown, |year| found(known(year), "relative_to_publication"))
            }
            YearOf::Near(step) => {
                let tense = match step {
                    Step::Last | Step::JustPast | Step::Previous => Some(Tense::Past),
                    Step::Next | Step::Coming | Step::Following => Some(Tense::Future),
                    Step::This | Step::Same | Step::Within => None,
                };
                if matches!(step, Step::Previous | Step::Following | Step::Same) {
                    let value = self.named().and_then(|named| {
                        let day = start(named.value)?;
                        if tense.is_none() { known(day.year()) } else { near(day, &known, &span_of, tense, false) }
                    });
                    return value.map_or_else(unknown, |value| Found::new(value, "relative_to_text_date").by_text());
                }
                let Some(published) = self.published else { return unknown() };
                let value = match tense {
                    None => known(published.year()).map(|value| current(value, published)),
                    tense => near(published, &known, &span_of, tense, false),
                };
                found(value, "relative_to_publication")
            }
            YearOf::Unsaid => {
                let story = self.named.filter(|named| named.sentences <= STORY && named.said);
                let story = story.and_then(|named| named.value.year());
                let Some(published) = self.published else {
                    return story.map_or_else(unknown, |year| found(known(year), "year_of_text_date").by_text());
                };
                if let Some(year) = story.filter(|year| i32::from(*year) < i32::from(published.year()) - 1)
                    && self.tense != Some(Tense::Future)
                {
                    return found(known(year), "year_of_text_date").by_text();
                }
                let rule = match self.tense {
                    Some(Tense::Past) => "before_publication",
                    Some(Tense::Future) => "after_publication",
                    None => "nearest_to_publication",
                };
                let found = found(near(published, &known, &span_of, self.tense, true), rule);
                if self.tense.is_some() { found.by_tense() } else { found }
            }
        }
    }

    /// "11/03/2025": the numbers say which is the month, or the place of publication does.
    fn numeric(&self, first: i8, second: i8, year: i16) -> Found {
        let (month, day, rule) = match (first > 12, second > 12, self.month_first) {
            (true, false, _) => (second, first, "order_of_numbers"),
            (false, true, _) => (first, second, "order_of_numbers"),
            (true, true, _) => return Found::nothing("day", "no_such_day"),
            _ if first == second => (first, second, "order_of_numbers"),
            (_, _, Some(true)) => (first, second, "order_of_language"),
            (_, _, Some(false)) => (second, first, "order_of_language"),
            (_, _, None) => return Found::nothing("day", "order_not_known"),
        };
        Date::new(year, month, day)
            .map_or(Found::nothing("day", "no_such_day"), |day| Found::new(Value::Day(day), rule))
    }

    /// "Thursday the 13th": of the nearest month whose 13th is a Thursday.
    fn weekday_number(&self, weekday: i8, day: i8) -> Found {
        let Some(published) = self.published else { return Found::nothing("day", "no_reference") };
        // As `near` counts years, months are counted from that of publication.
        let known = |place: i16| {
            let months = i32::from(place) - i32::from(published.year());
            let month = plus(published.first_of_month(), months, Unit::Month)?;
            let date = Date::new(month.year(), month.month(), day).ok()?;
            (Some(date.weekday()) == calendar::weekday(weekday)).then_some(Value::Day(date))
        };
        let value = near(published, &known, &span_of, self.tense, true);
        let rule = match self.tense {
            Some(Tense::Past) => "before_publication",
            Some(Tense::Future) => "after_publication",
            None => "nearest_to_publication",
        };
        let found = value.map_or(Found::nothing("day", "no_such_day"), |value| Found::new(value, rule));
        if self.tense.is_some() { found.by_tense() } else { found }
    }

    fn weekday(&self, day: i8, step: Option<Step>) -> Found {
        let nothing = Found::nothing("day", "no_reference");
        if matches!(step, Some(Step::Same | Step::Following | Step::Previous)) {
            let fallback = self.published.filter(|_| step == Some(Step::Previous)).map(|day| (day, day));
            let value =
                self.named().and_then(|named| named.value.days()).or(fallback).and_then(|(first, last)| match step {
                    Some(Step::Following) => calendar::weekday_from(last.tomorrow().ok()?, day),
                    Some(Step::Previous) => calendar::weekday_until(first.yesterday().ok()?, day),
                    _ => calendar::weekday_from(first, day),
                });
            return value.map_or(nothing, |day| Found::new(Value::Day(day), "relative_to_text_date").by_text());
        }
        let Some(published) = self.published else { return nothing };
        let week = |shift: i32| plus(calendar::monday(published)?, 7 * shift + i32::from(day) - 1, Unit::Day);
        let before = || calendar::weekday_until(published, day);
        let after = || calendar::weekday_from(published, day);
        let value = match (step, self.tense) {
            (Some(Step::Last), _) => week(-1),
            (Some(Step::JustPast), _) => {
                published.yesterday().ok().and_then(|day_before| calendar::weekday_until(day_before, day))
            }
            (Some(Step::Next), _) => week(1),
            (Some(Step::Coming), _) => {
                published.tomorrow().ok().and_then(|day_after| calendar::weekday_from(day_after, day))
            }
            (Some(_), Some(Tense::Past)) => before(),
            (Some(_), Some(Tense::Future)) => after(),
            (Some(_), None) => week(0),
            (None, Some(Tense::Future)) => after(),
            (None, _) => before(),
        };
        let rule = match value {
            Some(value) if value > published => "weekday_after_publication",
            Some(value) if value == published => "weekday_of_publication",
            _ => "weekday_before_publication",
        };
        let found = value.map_or(nothing, |day| Found::new(Value::Day(day), rule));
        if step.is_none() && self.tense.is_some() { found.by_tense() } else { found }
    }

    /// "last month", "this week", "the following day".
    fn whole(&self, step: Step, unit: Unit) -> Found {
        let shift = match step {
            Step::Last | Step::Previous | Step::JustPast => -1,
            Step::Next | Step::Following | Step::Coming => 1,
            Step::This | Step::Same | Step::Within => 0,
        };
        let shifted = |day: Date| {
            // A month later than 31 March is in April.
            let first =
                if unit > Unit::Weekend { Value::around(day, unit)?.days().map_or(day, |days| days.0) } else { day };
            Value::around(plus(first, shift, unit)?, unit)
        };
        if matches!(step, Step::Previous | Step::Same | Step::Following) {
            let named = self.named().filter(|named| fine_enough(named.value, unit));
            if let Some(value) = named.and_then(|named| shifted(start(named.value)?)) {
                return Found::new(value, "relative_to_text_date").by_text();
            }
            if step == Step::Same || unit < Unit::Week {
                return Found::nothing(name(unit), "no_reference");
            }
        }
        // "earlier in the year", in a story of another one.
        let story = self.named.filter(|named| step == Step::Within && named.said && named.sentences <= STORY);
        if let Some(value) =
            story.filter(|named| fine_enough(named.value, unit)).and_then(|named| shifted(start(named.value)?))
        {
            return Found::new(value, "relative_to_text_date").by_text();
        }
        let Some(published) = self.published else { return Found::nothing(name(unit), "no_reference") };
        // In the week, "the weekend was" is the one that is over.
        let over = unit == Unit::Weekend
            && step == Step::This
            && self.tense == Some(Tense::Past)
            && published.weekday().to_monday_one_offset() < 6;
        let value = if over {
            plus(published, -1, Unit::Week).and_then(|day| Value::around(day, unit))
        } else {
            shifted(published)
        };
        value.map_or(Found::nothing(name(unit), "no_reference"), |value| Found::new(value, "relative_to_publication"))
    }

    /// "two days ago", "a year later".
    fn offset(&self, count: Option<i32>, unit: Unit, from: From) -> Found {
        let Some(count) = count else { return Found::nothing(name(unit), "count_not_said") };
        if unit < Unit::Day {
            return Found::nothing(name(unit), "no_reference");
        }
        let moved =
            |day: Date| Value::around(plus(day, count, unit)?, if unit == Unit::Fortnight { Unit::Week } else { unit });
        let found = match from {
            From::Publication => {
                self.published.and_then(moved).map(|value| Found::new(value, "relative_to_publication"))
            }
            From::Text => {
                let named = self.named().filter(|named| fine_enough(named.value, unit));
                let value = named.and_then(|named| moved(start(named.value)?));
                value.map(|value| Found::new(value, "relative_to_text_date").by_text())
            }
        };
        found.unwrap_or(Found::nothing(name(unit), "no_reference"))
    }

    /// "two weeks before Christmas": counted to the day.
    fn beyond(&self, count: Option<i32>, unit: Unit, point: Point) -> Found {
        let found = self.point(point);
        let Some(count) = count else { return Found::nothing(name(unit), "count_not_said") };
        match found.value().and_then(Value::day).and_then(|day| plus(day, count, unit)) {
            Some(day) => Found { known: Known::One(Value::Day(day)), granularity: "day", ..found },
            None => Found { known: Known::Nothing, granularity: "day", ..found },
        }
    }

    /// "the first six months of 2024", "the last week of April".
    fn share(&self, first: bool, count: u32, unit: Unit, year: YearOf, month: Option<i8>) -> Found {
        let whole = match month {
            Some(month) => self.when(When::Month { year, month }),
            None => self.in_year(year, |year| Some(Value::Year(year)), None),
        };
        let nothing = Found { known: Known::Nothing, granularity: name(unit), ..whole };
        let Some((begin, close)) = whole.value().and_then(Value::days) else { return nothing };
        let ends = || {
            let on = i32::try_from(count).ok()?.checked_sub(1)?;
            if month.is_some() && unit == Unit::Week {
                // The weeks of a month are counted from its first day, or back from its last.
                let days = count.checked_mul(7).and_then(|days| i32::try_from(days).ok())?.checked_sub(1)?;
                let ends = if first {
                    (begin, plus(begin, days, Unit::Day)?)
                } else {
                    (plus(close, -days, Unit::Day)?, close)
                };
                return Some((Value::Day(ends.0), Value::Day(ends.1)));
            }
            // The first week of a year holds 4 January, the last one 28 December.
            let inside = if unit == Unit::Week { 3 } else { 0 };
            let (from, to) = if first {
                let from = plus(begin, inside, Unit::Day)?;
                (from, plus(from, on, unit)?)
            } else {
                let to = plus(close, -inside, Unit::Day)?;
                // Counted in months from a day that all months have.
                let to = if unit >= Unit::Month { to.first_of_month() } else { to };
                (plus(to, -on, unit)?, to)
            };
            Some((Value::around(from, unit)?, Value::around(to, unit)?))
        };
        let Some((from, to)) = ends().filter(|(from, to)| {
            let inside = |value: &Value| value.days().is_some_and(|(first, last)| first <= close && begin <= last);
            inside(from) && inside(to)
        }) else {
            return Found { rule: "no_such_day", ..nothing };
        };
        let known = if from == to { Known::One(from) } else { Known::Interval(Some(from), Some(to)) };
        Found { known, granularity: from.granularity(), ..whole }
    }

    /// "the past three years": from so long ago until now; "the next three years" of a story begin there.
    fn stretch(&self, count: Option<i32>, unit: Unit, from: From) -> Found {
        let nothing = |rule| Found::nothing(name(unit), rule);
        let Some(count) = count else { return nothing("count_not_said") };
        let old = |year: i16| self.published.is_none_or(|day| i32::from(year) < i32::from(day.year()) - 1);
        let story = self.named().filter(|named| from == From::Text && named.value.year().is_some_and(old));
        let reference = story.and_then(|named| start(named.value)).or(self.published);
        let Some(reference) = reference else { return nothing("no_reference") };
        if unit == Unit::Hour && count % 24 == 0 {
            // The day of publication has no hour: "the past 24 hours" reach into the day before.
            let far = plus(reference, count / 24, Unit::Day);
            let (first, last) = if count < 0 { (far, Some(reference)) } else { (Some(reference), far) };
            let (Some(first), Some(last)) = (first, last) else { return nothing("no_reference") };
            return Found {
                known: Known::Interval(Some(Value::Day(first)), Some(Value::Day(last))),
                granularity: "day",
                ..nothing("relative_to_publication")
            };
        }
        if unit == Unit::Quarter {
            // Quarters that are whole, without the one that the day is in.
            let quarter = |count: i32| Value::around(plus(reference, count, unit)?, unit);
            let ends = if count < 0 { quarter(count).zip(quarter(-1)) } else { quarter(1).zip(quarter(count)) };
            let Some((first, last)) = ends else { return nothing("no_reference") };
            let rule = if story.is_some() { "relative_to_text_date" } else { "relative_to_publication" };
            return Found {
                known: Known::Interval(Some(first), Some(last)),
                by_text: story.is_some(),
                ..nothing(rule)
            };
        }
        if story.is_none() && (Unit::Day..Unit::Month).contains(&unit) {
            // Up to the day of publication, or from the day after it on.
            let next = |day: Date| day.tomorrow().ok();
            let far = plus(reference, count, unit);
            let (first, last) = if count < 0 { (far.and_then(next), Some(reference)) } else { (next(reference), far) };
            let (Some(first), Some(last)) = (first, last) else { return nothing("no_reference") };
            return Found {
                known: Known::Interval(Some(Value::Day(first)), Some(Value::Day(last))),
                granularity: "day",
                ..nothing("relative_to_publication")
            };
        }
        let ends = if unit >= Unit::Year {
            Unit::Year
        } else if unit >= Unit::Month {
            Unit::Month
        } else {
            Unit::Day
        };
        let far = plus(reference, count, unit).and_then(|day| Value::around(day, ends));
        let (Some(far), Some(near)) = (far, Value::around(reference, ends)) else { return nothing("no_reference") };
        let (first, last) = if count < 0 { (far, near) } else { (near, far) };
        let rule = if story.is_some() { "relative_to_text_date" } else { "relative_to_publication" };
        Found {
            known: Known::Interval(Some(first), Some(last)),
            granularity: name(ends),
            by_text: story.is_some(),
            ..nothing(rule)
        }
    }

    fn range(&self, from: Option<Point>, to: Option<Point>) -> Found {
        match (from, to) {
            (Some(from), None) => self.open(from, Some(Tense::Past), |value| (Some(value), None)),
            (None, Some(to)) => {
                let ahead = matches!(to.when, Some(When::Weekday { .. })).then_some(Tense::Future);
                self.open(to, self.tense.or(ahead), |value| (None, Some(value)))
            }
            (Some(from), Some(to)) => self.closed(from, to),
            (None, None) => Found::nothing("day", "no_reference"),
        }
    }

    fn open(
        &self,
        end: Point,
        tense: Option<Tense>,
        interval: impl Fn(Value) -> (Option<Value>, Option<Value>),
    ) -> Found {
        let found = Self { tense, ..*self }.point(end);
        let value = match found.known {
            Known::One(value) => value,
            Known::Interval(Some(value), Some(_)) => value,
            _ => return found,
        };
        if !placed(value) {
            return Found { known: Known::Nothing, ..found };
        }
        let (from, to) = interval(value);
        Found { known: Known::Interval(from, to), ..found }
    }

    /// "from May to September", both of one year that is not said: the whole is near the day of publication, so that one
    /// that has begun is not taken for the next one.
    fn both_near(&self, from: Option<When>, to: Option<When>, rule: &str) -> Option<Known> {
        let (from, to, published) = (from?, to?, self.published?);
        let unsaid = |when: When| year_of(when) == Some(YearOf::Unsaid);
        if !unsaid(from) || !unsaid(to) || !rule.ends_with("_publication") {
            return None;
        }
        let at = |when: When, year: i16| self.when(with_year(when, YearOf::Given(year))).value();
        let known = |year: i16| {
            let first = at(from, year)?;
            let last =
                at(to, year).filter(|last| ordered(first, Some(*last))).or_else(|| at(to, year.checked_add(1)?))?;
            Some((first, last))
        };
        let whole = |(first, last): (Value, Value)| Some((span_of(first)?.0, span_of(last)?.1));
        let (first, last) = near(published, &known, &whole, self.tense, true)?;
        Some(Known::Interval(Some(first), Some(last)))
    }

    fn closed(&self, from: Point, to: Point) -> Found {
        // What one end does not say, the other says: "May to June 1981", "March 2024 to May".
        let times = from.when.is_none() || to.when.is_none();
        let from_alone = from.when.is_none();
        let (from, to) = match (from.when, to.when) {
            (None, Some(_)) => (Point { when: to.when, ..from }, to),
            (Some(_), None) => (from, Point { when: from.when, ..to }),
            (Some(first), Some(last)) => match (year_of(first), year_of(last)) {
                (Some(YearOf::Unsaid), Some(year)) if year != YearOf::Unsaid => {
                    (Point { when: Some(with_year(first, year)), ..from }, to)
                }
                _ => (from, to),
            },
            (None, None) => (from, to),
        };
        let mut first = self.point(from);
        let whole_days = [from, to].iter().all(|point| point.time.is_none() && point.part.is_none());
        if let Some(both) = self.both_near(from.when, to.when, first.rule).filter(|_| whole_days) {
            return Found { known: both, ..first };
        }
        if times {
            return match night_between(from_alone, first.value(), self.point(to).value()) {
                (Some(from), Some(to)) => Found { known: Known::Interval(Some(from), Some(to)), ..first },
                _ => first,
            };
        }
        // "November to February 2017" began in the year before.
        if let (Some(when), Some(YearOf::Given(year))) = (from.when, from.when.and_then(year_of))
            && to.when.and_then(year_of) == Some(YearOf::Given(year))
            && first.value().is_some_and(|first| !ordered(first, self.point(to).value()))
        {
            let year = YearOf::Given(year.saturating_sub(1));
            first = self.point(Point { when: Some(with_year(when, year)), ..from });
        }
        let Some(start_value) = first.value() else { return first };
        let last = match to.when {
            Some(when) if year_of(when) == Some(YearOf::Unsaid) && start_value.year().is_some() => {
                let year = start_value.year().unwrap_or_default();
                let in_year = |year: i16| self.point(Point { when: Some(with_year(when, YearOf::Given(year))), ..to });
                let last = in_year(year);
                if ordered(start_value, last.value()) { last } else { in_year(year.saturating_add(1)) }
            }
            Some(When::Weekday { day, step: None }) => {
                let next = start_value.day().and_then(|day| day.tomorrow().ok());
                let value = next.and_then(|next| calendar::weekday_from(next, day));
                let timed = |day: Date| match clock(to) {
                    Some(clock) => on_day(day, clock, to.time),
                    None => Some(to.part.map_or(Value::Day(day), |part| Value::Part(day, part))),
                };
                value
                    .and_then(timed)
                    .map_or(Found::nothing("day", "no_reference"), |value| Found::new(value, first.rule))
            }
            _ => self.point(to),
        };
        let Some(end_value) = last.value() else { return last };
        if !ordered(start_value, Some(end_value)) {
            return Found::nothing(first.granularity, "no_such_day");
        }
        Found { known: Known::Interval(Some(start_value), Some(end_value)), ..first }
    }
}

/// The ends of "10 p.m. to 6 a.m. on Tuesday", which begins the day before, and of "Monday 10 p.m. to 6 a.m.", which ends
/// the day after: one day is said, and the clock goes back.
fn night_between(from_alone: bool, first: Option<Value>, last: Option<Value>) -> (Option<Value>, Option<Value>) {
    let (Some(Value::Time(day, begin)), Some(Value::Time(same, end))) = (first, last) else { return (first, last) };
    let minutes = |clock: Clock| 60 * i32::from(clock.hour) + i32::from(clock.minute.unwrap_or(0));
    if day != same || minutes(begin) <= minutes(end) {
        return (first, last);
    }
    if from_alone {
        (plus(day, -1, Unit::Day).map(|day| Value::Time(day, begin)), last)
    } else {
        (first, plus(day, 1, Unit::Day).map(|day| Value::Time(day, end)))
    }
}

/// The rule for a date that is said in full.
fn absolute(value: Value) -> &'static str {
    match value {
        Value::Day(_) | Value::Part(..) | Value::Time(..) => "absolute_day",
        Value::Month(..) => "absolute_month",
        Value::Season(..) => "absolute_season",
        Value::Quarter(..) => "absolute_quarter",
        _ => "absolute_year",
    }
}

/// Units as the record names them.
pub(super) fn name(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        Unit::Hour => "hour",
        Unit::Day => "day",
        Unit::Night => "part_of_day",
        Unit::Weekend => "weekend",
        Unit::Week | Unit::Fortnight => "week",
        Unit::Month => "month",
        Unit::Quarter => "quarter",
        Unit::Year => "year",
        Unit::Decade => "decade",
        Unit::Century => "century",
    }
}

/// Whether something has its place in the calendar.
pub(super) fn placed(value: Value) -> bool {
    !matches!(value, Value::Clock(_) | Value::Yearly(..))
}

/// The first day of a date; of a season none is known.
fn start(value: Value) -> Option<Date> {
    value.days().map(|days| days.0).or_else(|| Date::new(value.year()?, 1, 1).ok())
}

/// Whether a date is exact enough to count such units from it: no day later than a year.
fn fine_enough(value: Value, unit: Unit) -> bool {
    let length = match value {
        Value::Day(_) | Value::Part(..) | Value::Time(..) => Unit::Day,
        Value::Week(_) | Value::Weekend(_) => Unit::Week,
        Value::Month(..) => Unit::Month,
        Value::Clock(_) | Value::Yearly(..) => return false,
        Value::Decade(_) => Unit::Decade,
        Value::Century(_) => Unit::Century,
        _ => Unit::Year,
    };
    length <= if unit == Unit::Night { Unit::Day } else { unit }
}

/// Of a date that returns every year, the one that is meant: the last that had begun, the next that has not ended, else
/// the nearer one, where what is over counts as half as far.
fn near<T: Copy>(
    published: Date,
    known: &impl Fn(i16) -> Option<T>,
    span_of: &impl Fn(T) -> Option<(Date, Date)>,
    tense: Option<Tense>,
    inclusive: bool,
) -> Option<T> {
    let year = published.year();
    let distance = |value: T| {
        let (first, last) = span_of(value)?;
        let days = |from: Date, to: Date| from.until(to).ok().map(|span| span.get_days());
        let inside = first <= published && published <= last;
        Some(match () {
            () if inside => 0,
            () if last < published => -days(last, published)?,
            () => days(published, first)?,
        })
    };
    // Four years on either side hold any 29 February.
    let near = (-8..=8)
        .filter_map(|shift| known(year.checked_add(shift)?))
        .filter_map(|value| Some((distance(value)?, value)));
    let best = near.filter(|(days, _)| match tense {
        Some(Tense::Past) => *days < 0 || inclusive && *days == 0,
        Some(Tense::Future) => *days > 0 || inclusive && *days == 0,
        None => true,
    });
    best.min_by_key(|(days, _)| if *days < 0 { -days } else { 2 * days }).map(|(_, value)| value)
}

/// First and last day; of a season by its months in the north, to compare with.
fn span_of(value: Value) -> Option<(Date, Date)> {
    match value {
        Value::Season(year, season) => {
            let month = 3 * (season - 20);
            let first = Date::new(year, month, 1).ok()?;
            Some((first, plus(first, 3, Unit::Month)?.yesterday().ok()?))
        }
        value => value.days(),
    }
}

/// "this winter" in January began in the year before.
fn current(value: Value, published: Date) -> Value {
    match value {
        Value::Season(year, 24) if published.month() < 6 => Value::Season(year.saturating_sub(1), 24),
        value => value,
    }
}

fn decade(value: u32, digits: u8) -> Found {
    let value = value as i16;
    if digits == 4 {
        // The 1800s are a century, the 2000s a decade.
        let century = value % 100 == 0 && value < 2000;
        return match century {
            true => Found::new(Value::Century(value), "absolute_century"),
            false => Found::new(Value::Decade(value), "absolute_decade"),
        };
    }
    let first = if value < 20 { 2000 } else { 1900 };
    Found::new(Value::Decade(first + value), "absolute_decade")
}

/// The time of day that a point says; noon and midnight are times as well as parts of the day.
fn clock(point: Point) -> Option<Clock> {
    match (point.time, point.part) {
        (Some(Time { hour, minute, .. }), _) => Some(Clock { hour, minute, zone: None }),
        (None, Some(Part::Noon)) => Some(Clock { hour: 12, minute: None, zone: None }),
        (None, Some(Part::Midnight)) => Some(Clock { hour: 24, minute: None, zone: None }),
        (None, _) => None,
    }
}

/// A time with its offset, where that does not depend on the day.
fn fixed(clock: Clock, time: Option<Time>) -> Clock {
    let zone = match time.and_then(|time| time.zone) {
        Some(Zone::Fixed(zone)) => Some(zone),
        _ => None,
    };
    Clock { zone, ..clock }
}

fn on_day(day: Date, clock: Clock, time: Option<Time>) -> Option<Value> {
    let zone = match time.and_then(|time| time.zone) {
        None | Some(Zone::Local) => None,
        Some(Zone::Fixed(zone)) => Some(zone),
        Some(Zone::America(winter)) => Some(calendar::american(winter, day)?),
        Some(Zone::Europe(winter)) => Some(calendar::european(winter, day)?),
    };
    Some(Value::Time(day, Clock { zone, ..clock }))
}

/// The year of a date that has one.
pub(super) fn year_of(when: When) -> Option<YearOf> {
    match when {
        When::Day { year, .. }
        | When::Month { year, .. }
        | When::Season { year, .. }
        | When::Quarter { year, .. }
        | When::Holiday { year, .. } => Some(year),
        _ => None,
    }
}

fn with_year(when: When, year: YearOf) -> When {
    match when {
        When::Day { month, day, .. } => When::Day { year, month, day },
        When::Month { month, .. } => When::Month { year, month },
        When::Season { season, .. } => When::Season { year, season },
        When::Quarter { quarter, .. } => When::Quarter { year, quarter },
        When::Holiday { holiday, .. } => When::Holiday { year, holiday },
        other => other,
    }
}

/// Whether the second does not begin before the first.
fn ordered(first: Value, last: Option<Value>) -> bool {
    let Some(last) = last else { return false };
    match (span_of(first), span_of(last)) {
        (Some(first), Some(last)) => first.0 <= last.0,
        _ => placed(first) == placed(last),
    }
}
