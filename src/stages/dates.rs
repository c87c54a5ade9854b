//! Dates, times, lengths of time and what returns: what is written, and which place in the calendar that is.
//!
//! [`tokens`] cuts a sentence into words that dates are made of, [`grammar`] reads expressions out of them, [`resolve`]
//! finds their place, by the day of publication, by the tense of the sentence, or by the date that the text named last;
//! [`calendar`] counts. Nothing is seen from today: without a day of publication a Tuesday is some Tuesday, and unresolved.
//!
//! English only. A week begins on Monday, holidays are those of the western calendar and of the United States, and where a
//! day is named without a tense it is taken for the last one. What it does not read: dates that lie in events ("after
//! the war"), "now", "recently" and "currently", and fiscal years, which differ from house to house.

mod calendar;
mod grammar;
mod holidays;
mod resolve;
mod tense;
mod tokens;
mod words;

use jiff::civil::Date;
use serde::Serialize;

use self::calendar::{ANY_YEAR, Clock, Iso, Value};
use self::grammar::{Expression, Modifier, Point, Set, When};
use self::resolve::{Answer, Context, Known, Named};
use self::tense::Tense;
use self::words::Unit;
use super::language;
use super::segments::Segments;
use super::sentences::Sentences;
use crate::article::Article;
use crate::document::{Document, Evidence, Layer, Wire};
use crate::json::{Object, array};
use crate::stage::{Resources, Stage, Switch, no_news};
use crate::text::{Span, Text};

/// What an expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A day, or longer.
    Date,
    /// A time of day, or a part of one.
    Time,
    /// How long.
    Duration,
    /// Again and again.
    Set,
}

/// An expression of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Expressed {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// Its value, as far as it is known.
    pub value: Option<String>,
    /// Whether the value fixes it: its place in the calendar, its length, its rhythm.
    pub resolved: bool,
    /// How long that which it names is.
    pub granularity: &'static str,
    /// Which part of it is meant, or how exact it is.
    pub modifier: Option<&'static str>,
    /// Its first day; none where it is open or not known.
    pub from: Option<String>,
    /// Its last day; none where it is open or not known.
    pub to: Option<String>,
    /// What that rests on.
    pub evidence: Evidence,
}

/// The expressions of time, in the order of the text.
pub struct Dates {
    /// They do not overlap.
    pub dates: Vec<Expressed>,
}

impl Layer for Dates {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        array(out, &self.dates, |date, out| {
            let mut object = Object::open(out);
            wire.words(&mut object, date.span)?;
            object.field("kind", &date.kind)?;
            object.known("value", date.value.as_ref())?;
            object.field("granularity", date.granularity)?;
            object.known("modifier", date.modifier.as_ref())?;
            object.known("from", date.from.as_ref())?;
            object.known("to", date.to.as_ref())?;
            object.field("resolved", &date.resolved)?;
            wire.evidence(&mut object, Find::NAME, std::slice::from_ref(&date.evidence))?;
            object.close()
        })?;
        Ok(true)
    }
}

/// The stage.
pub struct Find;

impl Stage for Find {
    const NAME: &'static str = "dates";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["sentences"];
    type Settings = Switch;
    type Output = Dates;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn unfit(&self, document: &Document) -> Option<String> {
        no_news(document).or_else(|| language::not_read(document))
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Dates> {
        let text = document.text();
        let mut reading = Reading {
            published: published(document),
            month_first: month_first(document.article()),
            named: None,
            dates: Vec::new(),
        };
        for span in &document.required::<Sentences>()?.spans {
            reading.sentence(text, *span);
        }
        Ok(Dates { dates: reading.dates })
    }
}

/// The dates of an article as far as they are read.
struct Reading {
    published: Option<Date>,
    month_first: Option<bool>,
    named: Option<Named>,
    dates: Vec<Expressed>,
}

impl Reading {
    fn sentence(&mut self, text: &Text, span: Span) {
        if let Some(named) = &mut self.named {
            named.sentences += 1;
        }
        let tokens = tokens::of(text, span);
        for found in grammar::expressions(&tokens) {
            let (Some(first), Some(last)) = (tokens.get(found.first), tokens.get(found.end - 1)) else { continue };
            let span = text.join(first.span, last.span);
            let (tense, cue) = tense::of(&tokens, found.first, found.end);
            let until = matches!(found.expression, Expression::Range(None, Some(_)));
            let tense = if until && tense::looks_ahead(&tokens, found.first) { Some(Tense::Future) } else { tense };
            let context =
                Context { published: self.published, month_first: self.month_first, named: self.named, tense };
            let answer = context.resolve(found.expression);
            let mut seen = vec![span];
            seen.extend(self.named.filter(|_| answer.by_text).map(|named| named.span));
            seen.extend(cue.and_then(|cue| tokens.get(cue)).filter(|_| answer.by_tense).map(|token| token.span));
            if let Some(value) = names(&answer) {
                let open = matches!(answer.known, Known::Interval(None, _) | Known::Interval(_, None));
                let exact = !open && !matches!(value, Value::Decade(_) | Value::Century(_));
                let said = exact && (answer.rule.starts_with("absolute") || answer.rule == "year_of_text_date");
                let end = matches!(answer.known, Known::Interval(..)) && !matches!(value, Value::Time(..));
                self.named = Some(Named { value, span, sentences: 0, said, end });
            }
            self.dates.push(expressed(span, found.expression, &answer, Evidence::of(answer.rule, seen)));
        }
    }
}

/// The date that later words may point back to.
fn names(answer: &Answer) -> Option<Value> {
    match answer.known {
        Known::One(value) => Some(value),
        Known::Interval(from, to) => to.or(from),
        _ => None,
    }
    .filter(|value| resolve::placed(*value))
}

/// An answer in the words of the record.
fn expressed(span: Span, expression: Expression, answer: &Answer, evidence: Evidence) -> Expressed {
    let iso = |day: Date| (1..=9999).contains(&day.year()).then(|| Iso(day).to_string());
    let first = |value: Option<Value>| value.and_then(Value::days).and_then(|days| iso(days.0));
    let last = |value: Option<Value>| value.and_then(Value::days).and_then(|days| iso(days.1));
    let (value, from, to) = match answer.known {
        Known::Nothing => (None, None, None),
        Known::One(value) => (Some(value.to_string()), first(Some(value)), last(Some(value))),
        Known::Interval(from, to) => {
            let end = |end: Option<Value>| end.map_or("..".to_owned(), |value| value.to_string());
            (Some(format!("{}/{}", end(from), end(to))), first(from), last(to))
        }
        Known::Duration { count, hundredths, unit, rest } => (Some(lengths(count, hundredths, unit, rest)), None, None),
        Known::Set(set, time) => (Some(rhythm(set, time)), None, None),
    };
    let open = |value: Value| !resolve::placed(value);
    let resolved = match answer.known {
        Known::Nothing => false,
        Known::One(value) => !open(value),
        Known::Interval(from, to) => !from.is_some_and(open) && !to.is_some_and(open),
        Known::Duration { .. } | Known::Set(..) => true,
    };
    let kind = match expression {
        Expression::Duration { .. } => Kind::Duration,
        Expression::Set(..) => Kind::Set,
        _ if matches!(answer.granularity, "minute" | "hour" | "part_of_day") => Kind::Time,
        _ => Kind::Date,
    };
    let modifier = answer.modifier.map(|modifier| match modifier {
        Modifier::Start => "start",
        Modifier::Middle => "middle",
        Modifier::End => "end",
        Modifier::Approximate => "approximate",
        Modifier::More => "more",
        Modifier::Less => "less",
    });
    Expressed { span, kind, value, resolved, granularity: answer.granularity, modifier, from, to, evidence }
}

/// A length in up to three units.
fn lengths(count: u32, hundredths: u8, unit: Unit, rest: [Option<(u32, Unit)>; 2]) -> String {
    let mut whole = length(count, hundredths, unit);
    let mut before = unit;
    for (count, smaller) in rest.into_iter().flatten() {
        let last = length(count, 0, smaller);
        let last = last.trim_start_matches('P');
        // One T stands before all times of day.
        whole.push_str(if before < Unit::Day { last.trim_start_matches('T') } else { last });
        before = smaller;
    }
    whole
}

/// A length as ISO 8601 writes it.
fn length(count: u32, hundredths: u8, unit: Unit) -> String {
    let (factor, letter) = match unit {
        Unit::Second => (1, "S"),
        Unit::Minute => (1, "M"),
        Unit::Hour => (1, "H"),
        Unit::Day | Unit::Night => (1, "D"),
        // ISO 8601 has no letter for weekends; TimeML writes them so.
        Unit::Weekend => (1, "WE"),
        Unit::Week => (1, "W"),
        Unit::Fortnight => (2, "W"),
        Unit::Month => (1, "M"),
        Unit::Quarter => (3, "M"),
        Unit::Year => (1, "Y"),
        Unit::Decade => (10, "Y"),
        Unit::Century => (100, "Y"),
    };
    let time = if unit < Unit::Day { "T" } else { "" };
    let all = (100 * u64::from(count) + u64::from(hundredths)) * factor;
    let (whole, part) = (all / 100, all % 100);
    match (part, part % 10) {
        (0, _) => format!("P{time}{whole}{letter}"),
        (_, 0) => format!("P{time}{whole}.{}{letter}", part / 10),
        _ => format!("P{time}{whole}.{part:02}{letter}"),
    }
}

/// What returns: every so often, or as TimeML writes the days and months of any year, and the time of day.
fn rhythm(set: Set, time: Option<Clock>) -> String {
    let time = time.map(|time| time.to_string());
    let daily = |time: &str| format!("{ANY_YEAR}-XX-XX{time}");
    let weekly = |day: i8, time: &str| format!("{ANY_YEAR}-WXX-{day}{time}");
    match (set, time) {
        (Set::Every { count: 1, unit: Unit::Day } | Set::Part(_), Some(time)) => daily(&time),
        (Set::Weekday(day) | Set::WeekdayPart(day, _), Some(time)) => weekly(day, &time),
        (Set::Every { count, unit }, _) => format!("R/{}", length(count, 0, unit)),
        (Set::Weekday(day), None) => weekly(day, ""),
        (Set::Month(month), _) => format!("{ANY_YEAR}-{month:02}"),
        (Set::Part(part), None) => daily(&format!("T{}", calendar::code(part))),
        (Set::WeekdayPart(day, part), None) => weekly(day, &format!("T{}", calendar::code(part))),
    }
}

/// The day that an article speaks from: that of its dateline if the dateline was written in the week before it was published,
/// else that of its publication, by the clock of where that was.
fn published(document: &Document) -> Option<Date> {
    let written = document.article().published_at.as_deref();
    let published = written.and_then(|time| jiff::fmt::temporal::Pieces::parse(time).ok()).map(|pieces| pieces.date());
    let dateline = document
        .layer::<Segments>()
        .and_then(|segments| segments.datelines.first())
        .and_then(|dateline| Text::new(None, dateline.date.as_deref()?).ok());
    let Some(dateline) = dateline else { return published };
    let context = Context { published, month_first: None, named: None, tense: Some(Tense::Past) };
    let tokens = tokens::of(&dateline, dateline.body());
    let day = grammar::expressions(&tokens).into_iter().find_map(|found| match found.expression {
        Expression::Point(Point { when: Some(When::Day { .. }), .. }) => {
            match context.resolve(found.expression).known {
                Known::One(Value::Day(day)) => Some(day),
                _ => None,
            }
        }
        _ => None,
    });
    match (day, published) {
        (Some(day), Some(published)) => {
            let before = day.until(published).is_ok_and(|span| (0..=7).contains(&span.get_days()));
            Some(if before { day } else { published })
        }
        (day, published) => published.or(day),
    }
}

/// Whether the month stands first in "11/03/2025", by the language that the article declares for its place.
fn month_first(article: &Article) -> Option<bool> {
    let place = article.language.as_deref()?.split('-').skip(1).find(|part| part.len() == 2)?;
    Some(place.eq_ignore_ascii_case("US") || place.eq_ignore_ascii_case("PH"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>)> {
        let text = Text::new(None, text).unwrap();
        let mut reading =
            Reading { published: Date::new(2025, 3, 11).ok(), month_first: None, named: None, dates: Vec::new() };
        reading.sentence(&text, text.body());
        reading.dates.into_iter().map(|date| (text.slice(date.span).to_owned(), date.value)).collect()
    }

    /// Words of dates in any order have crashed many a parser of dates.
    #[test]
    fn words_of_dates_in_any_order_do_no_harm() {
        const WORDS: &[&str] = &[
            "the",
            "last",
            "31",
            "February",
            "99999",
            "of",
            "-",
            "/",
            "to",
            "from",
            "since",
            "9999-12-31",
            "0000-00-00",
            "next",
            "century",
            "4294967295",
            "years",
            "later",
            "ago",
            "May",
            "Monday",
            "night",
            "'",
            "90s",
            "AD",
            "BC",
            "9000",
            "quarter",
            "3-5",
            "24:59",
            "12 a.m.",
            "between",
            "and",
            "Easter",
            "summer",
            "every",
            "–",
            "29",
            "00/00/0000",
            "first",
            "weeks",
            "onwards",
            "p.m.",
            "10:30",
            "the 31st",
            "weekends",
            "4294967295.99",
            "centuries",
            "UTC+14",
        ];
        proptest!(|(picks in proptest::collection::vec(0..WORDS.len(), 0..14), glue in any::<bool>())| {
            let words: Vec<&str> = picks.iter().map(|pick| WORDS[*pick]).collect();
            read(&words.join(if glue { " " } else { "" }));
        });
    }

    proptest! {
        /// Any text is some sentence; spans must hold.
        #[test]
        fn any_text_is_read(text in "(\\PC|[0-9]|[-–/:., ]|May|Monday|last|year){0,60}") {
            read(&text);
        }
    }

    /// Each place of a sentence is looked at a bounded number of times: a sentence that is one long date must not take
    /// a time that grows with its square.
    #[test]
    fn a_sentence_of_dates_alone_is_read_in_one_pass() {
        const WORDS: &[&str] = &[
            "from May to ",
            "the last ",
            "3-5-",
            "Monday, ",
            "two and a half ",
            "the ",
            "the first 2 weeks of ",
            "3 days after ",
            "between 7 and ",
            "a year, ",
            "1 May and after ",
            "3:00 to 4:00 ",
            "would ",
            "to stop ",
        ];
        for words in WORDS {
            read(&words.repeat(100_000 / words.len()));
        }
    }

    /// What no calendar has stays without a value.
    #[test]
    fn days_that_no_calendar_has_are_not_invented() {
        for text in ["on 31 February 2025", "on February 30", "on 31/02/2025", "on 11 March 99999"] {
            let found = read(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].1, None, "{text}");
        }
        for text in ["on 00/00/0000", "in the year 99999", "on 0000-00-00"] {
            assert!(read(text).iter().all(|(_, value)| value.is_none()), "{text}: {:?}", read(text));
        }
    }
}
