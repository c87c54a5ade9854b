//! Values of dates and their arithmetic, by the proleptic Gregorian calendar: `jiff` does the counting.
//!
//! Written as ISO 8601 with its extensions for what is not a day (EDTF): seasons 21 to 24, quarters 33 to 36, halves of a
//! year 40 and 41, `198X`, `18XX`, intervals with `/` and `..`. Two things that it has no form for are written as
//! TimeML does: a weekend `2025-W10-WE` and a part of a day `2025-03-10TNI`.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Span, ToSpan};

use super::words::{Part, Unit};

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Century(i16),
    Decade(i16),
    /// Astronomical: the year before 1 is 0.
    Year(i16),
    /// 1 or 2.
    Half(i16, i8),
    Quarter(i16, i8),
    /// 21 to 24; a winter has the year in which it begins.
    Season(i16, i8),
    Month(i16, i8),
    /// The Monday of the week.
    Week(Date),
    /// The Saturday.
    Weekend(Date),
    Day(Date),
    Part(Date, Part),
    Time(Date, Clock),
    /// Of no known day.
    Clock(Clock),
    /// Of no known year.
    Yearly(i8, Option<i8>),
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    /// 0 to 24.
    pub(super) hour: i8,
    /// None where only the hour is said, as in "10 p.m.".
    pub(super) minute: Option<i8>,
    /// Minutes east of Greenwich, where the zone is said.
    pub(super) zone: Option<i16>,
}

impl Value {
    /// The first and the last day of it, where it has a place in the calendar. A season has none: the hemispheres differ.
    pub(super) fn days(self) -> Option<(Date, Date)> {
        let months = |year: i16, first: i8, count: i32| {
            let first = Date::new(year, first, 1).ok()?;
            Some((first, first.checked_add(count.months()).ok()?.yesterday().ok()?))
        };
        match self {
            Self::Century(year) => Some((months(year, 1, 12)?.0, months(year.checked_add(99)?, 1, 12)?.1)),
            Self::Decade(year) => Some((months(year, 1, 12)?.0, months(year.checked_add(9)?, 1, 12)?.1)),
            Self::Year(year) => Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?)),
            Self::Half(year, half) => months(year, 6 * half - 5, 6),
            Self::Quarter(year, quarter) => months(year, 3 * quarter - 2, 3),
            Self::Month(year, month) => Some((Date::new(year, month, 1).ok()?, last_of_month(year, month)?)),
            Self::Week(monday) => Some((monday, plus(monday, 6, Unit::Day)?)),
            Self::Weekend(saturday) => Some((saturday, saturday.tomorrow().ok()?)),
            Self::Day(day) | Self::Part(day, _) | Self::Time(day, _) => Some((day, day)),
            Self::Season(..) | Self::Clock(_) | Self::Yearly(..) => None,
        }
    }

    /// The year it lies in or begins in.
    pub(super) fn year(self) -> Option<i16> {
        match self {
            Self::Century(year)
            | Self::Decade(year)
            | Self::Year(year)
            | Self::Half(year, _)
            | Self::Quarter(year, _)
            | Self::Season(year, _)
            | Self::Month(year, _) => Some(year),
            Self::Week(day) | Self::Weekend(day) | Self::Day(day) | Self::Part(day, _) | Self::Time(day, _) => {
                Some(day.year())
            }
            Self::Clock(_) | Self::Yearly(..) => None,
        }
    }

    /// Its day, if it is a day or a part of one.
    pub(super) fn day(self) -> Option<Date> {
        match self {
            Self::Day(day) | Self::Part(day, _) | Self::Time(day, _) => Some(day),
            _ => None,
        }
    }

    /// How long it is, as the record names it.
    pub(super) fn granularity(self) -> &'static str {
        match self {
            Self::Century(_) => "century",
            Self::Decade(_) => "decade",
            Self::Year(_) => "year",
            Self::Half(..) => "half_year",
            Self::Quarter(..) => "quarter",
            Self::Season(..) => "season",
            Self::Month(..) | Self::Yearly(_, None) => "month",
            Self::Week(_) => "week",
            Self::Weekend(_) => "weekend",
            Self::Day(_) | Self::Yearly(_, Some(_)) => "day",
            Self::Part(..) => "part_of_day",
            Self::Time(_, clock) | Self::Clock(clock) => {
                if clock.minute.is_some() {
                    "minute"
                } else {
                    "hour"
                }
            }
        }
    }

    /// The stretch of length `unit` that holds a day.
    pub(super) fn around(day: Date, unit: Unit) -> Option<Self> {
        let (year, month) = (day.year(), day.month());
        Some(match unit {
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day => Self::Day(day),
            Unit::Night => Self::Part(day, Part::Night),
            Unit::Week | Unit::Fortnight => Self::Week(monday(day)?),
            Unit::Weekend => Self::Weekend(plus(monday(day)?, 5, Unit::Day)?),
            Unit::Month => Self::Month(year, month),
            Unit::Quarter => Self::Quarter(year, (month + 2) / 3),
            Unit::Year => Self::Year(year),
            Unit::Decade => Self::Decade(year.div_euclid(10) * 10),
            Unit::Century => Self::Century(year.div_euclid(100) * 100),
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Century(year) if year >= 0 => write!(f, "{:02}XX", year / 100),
            Self::Decade(year) if year >= 0 => write!(f, "{:03}X", year / 10),
            // Before year 0 the digits of a decade do not begin alike.
            Self::Century(year) => write!(f, "{}/{}", Year(year), Year(year.saturating_add(99))),
            Self::Decade(year) => write!(f, "{}/{}", Year(year), Year(year.saturating_add(9))),
            Self::Year(year) => write!(f, "{}", Year(year)),
            Self::Half(year, half) => write!(f, "{}-{}", Year(year), 39 + half),
            Self::Quarter(year, quarter) => write!(f, "{}-{}", Year(year), 32 + quarter),
            Self::Season(year, season) => write!(f, "{}-{season}", Year(year)),
            Self::Month(year, month) => write!(f, "{}-{month:02}", Year(year)),
            Self::Week(day) | Self::Weekend(day) => {
                let week = ISOWeekDate::from(day);
                let end = if matches!(self, Self::Weekend(_)) { "-WE" } else { "" };
                write!(f, "{}-W{:02}{end}", Year(week.year()), week.week())
            }
            Self::Day(day) => write!(f, "{}", Iso(day)),
            Self::Part(day, part) => match part {
                Part::Noon => write!(f, "{}T12:00", Iso(day)),
                Part::Midnight => write!(f, "{}T24:00", Iso(day)),
                _ => write!(f, "{}T{}", Iso(day), code(part)),
            },
            Self::Time(day, clock) => write!(f, "{}{clock}", Iso(day)),
            Self::Clock(clock) => write!(f, "{clock}"),
            Self::Yearly(month, None) => write!(f, "{ANY_YEAR}-{month:02}"),
            Self::Yearly(month, Some(day)) => write!(f, "{ANY_YEAR}-{month:02}-{day:02}"),
        }
    }
}

/// Four digits that are not known.
pub(super) const ANY_YEAR: &str = concat!("XX", "XX");

/// A part of the day as TimeML writes it.
pub(super) fn code(part: Part) -> &'static str {
    match part {
        Part::Dawn => "DA",
        Part::Morning => "MO",
        Part::Noon => "MI",
        Part::Afternoon => "AF",
        Part::Evening => "EV",
        Part::Night | Part::Midnight => "NI",
    }
}

/// A year with its four digits.
struct Year(i16);

impl fmt::Display for Year {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}", self.0.unsigned_abs())
    }
}

/// A day.
pub(super) struct Iso(pub(super) Date);

impl fmt::Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}-{:02}", Year(self.0.year()), self.0.month(), self.0.day())
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:02}:{:02}", self.hour, self.minute.unwrap_or(0))?;
        match self.zone {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(zone) => {
                let sign = if zone < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", zone.unsigned_abs() / 60, zone.unsigned_abs() % 60)
            }
        }
    }
}

/// The Monday of the week that holds a day.
pub(super) fn monday(day: Date) -> Option<Date> {
    plus(day, -i32::from(day.weekday().to_monday_zero_offset()), Unit::Day)
}

/// The last day of a month.
pub(super) fn last_of_month(year: i16, month: i8) -> Option<Date> {
    Some(Date::new(year, month, 1).ok()?.last_of_month())
}

/// A day so many units later, or earlier where `count` is negative.
pub(super) fn plus(day: Date, count: i32, unit: Unit) -> Option<Date> {
    let span: Span = match unit {
        Unit::Second | Unit::Minute | Unit::Hour => return Some(day),
        Unit::Day | Unit::Night => Span::new().try_days(count).ok()?,
        Unit::Week | Unit::Weekend => Span::new().try_weeks(count).ok()?,
        Unit::Fortnight => Span::new().try_weeks(count.checked_mul(2)?).ok()?,
        Unit::Month => Span::new().try_months(count).ok()?,
        Unit::Quarter => Span::new().try_months(count.checked_mul(3)?).ok()?,
        Unit::Year => Span::new().try_years(count).ok()?,
        Unit::Decade => Span::new().try_years(count.checked_mul(10)?).ok()?,
        Unit::Century => Span::new().try_years(count.checked_mul(100)?).ok()?,
    };
    day.checked_add(span).ok()
}

/// The day of the week by its number, 1 is Monday.
pub(super) fn weekday(day: i8) -> Option<Weekday> {
    Weekday::from_monday_one_offset(day).ok()
}

/// The last such day of the week that is not after `day`.
pub(super) fn weekday_until(day: Date, wanted: i8) -> Option<Date> {
    let back = weekday(wanted)?.until(day.weekday());
    plus(day, -i32::from(back), Unit::Day)
}

/// The first such day of the week that is not before `day`.
pub(super) fn weekday_from(day: Date, wanted: i8) -> Option<Date> {
    let on = day.weekday().until(weekday(wanted)?);
    plus(day, i32::from(on), Unit::Day)
}

/// The `nth` such day of the week of a month; -1 is the last.
fn nth(year: i16, month: i8, nth: i8, wanted: i8) -> Option<Date> {
    Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday(wanted)?).ok()
}

/// Minutes east of Greenwich on a day in a zone with summer time, to the day: by the rules of the United States since 2007.
pub(super) fn american(winter: i16, day: Date) -> Option<i16> {
    let summer = nth(day.year(), 3, 2, 7)? <= day && day < nth(day.year(), 11, 1, 7)?;
    Some(if summer { winter + 60 } else { winter })
}

/// The same by the rules of Europe since 1996.
pub(super) fn european(winter: i16, day: Date) -> Option<i16> {
    let summer = nth(day.year(), 3, -1, 7)? <= day && day < nth(day.year(), 10, -1, 7)?;
    Some(if summer { winter + 60 } else { winter })
}

/// When a holiday is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holiday {
    /// Month and day.
    Fixed(i8, i8),
    /// Days after Easter Sunday.
    Easter(i32),
    /// Month, which one, day of the week; days after that.
    Nth(i8, i8, i8, i32),
    /// By another calendar, or another day in each country.
    Unknown,
}

impl Holiday {
    /// Its day in a year.
    pub(super) fn in_year(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(days) => plus(easter(year)?, days, Unit::Day),
            Self::Nth(month, which, weekday, days) => plus(nth(year, month, which, weekday)?, days, Unit::Day),
            Self::Unknown => None,
        }
    }
}

/// Easter Sunday of the western churches (the anonymous Gregorian algorithm).
fn easter(year: i16) -> Option<Date> {
    let year = i32::from(year);
    let (golden, century, rest) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let (leap, left) = (century.div_euclid(4), century.rem_euclid(4));
    let moon = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - leap - moon + 15).rem_euclid(30);
    let sunday = (32 + 2 * left + 2 * rest.div_euclid(4) - epact - rest.rem_euclid(4)).rem_euclid(7);
    let shift = (golden + 11 * epact + 22 * sunday).div_euclid(451);
    let sum = epact + sunday - 7 * shift + 114;
    Date::new(year as i16, (sum / 31) as i8, (sum % 31 + 1) as i8).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Computed by an algorithm that nobody reads twice: held against the almanac.
    #[test]
    fn easter_is_where_the_almanac_has_it() {
        let known = [date(1818, 3, 22), date(1943, 4, 25), date(2000, 4, 23), date(2024, 3, 31), date(2025, 4, 20)];
        for day in known {
            assert_eq!(easter(day.year()), Some(day));
        }
    }

    /// The last days of the calendar end in nothing, not in a panic.
    #[test]
    fn the_ends_of_the_calendar_have_no_neighbours() {
        assert_eq!(plus(Date::MAX, 1, Unit::Century), None);
        assert_eq!(plus(Date::MIN, i32::MIN, Unit::Fortnight), None);
        assert_eq!(Value::Decade(9999).days(), None);
        assert_eq!(Value::Year(-44).to_string(), "-0044");
        assert!(Value::Week(Date::MAX).days().is_none());
    }
}
