//! Years and longer, and the parts of a year: "2022", "the 19th century", "summer 2024", "Q3 2024".

use super::super::words::{Unit, Word};
use super::{Grammar, IN, Read, Step, When, YearOf};

impl Grammar<'_> {
    /// The year after a day or a month: ", 2025", "of 2024", "of last year", "the same year".
    pub(super) fn year_after(&self, at: usize) -> Read<YearOf> {
        let tight = self.tight(at);
        if let Some((year, end)) = self.year(tight).filter(|_| tight > at) {
            return Some((YearOf::Given(year), end));
        }
        let comma = self.skip_mark(at, ',');
        if let Some((year, end)) = self.year(comma).filter(|(_, end)| !self.counts(*end)) {
            // "30 September 420" has a year; "30 September, 420 people" has not.
            return Some((YearOf::Given(year), end));
        }
        if comma > at {
            return None;
        }
        if self.mark(at, '\'')
            && let Word::Number { value, digits: 2 } = self.word(at + 1)
        {
            return Some((YearOf::Given(century_of(value as i16)), at + 2));
        }
        if let (Word::Number { value: year @ 100..=999, digits: 3 }, true) = (self.word(at), self.closes(at + 1)) {
            return Some((YearOf::Given(year as i16), at + 1));
        }
        let of = self.skip(at, &["of", "in"]);
        if of > at
            && let Some((year, end)) = self.year(of).filter(|(_, end)| !self.counts(*end))
        {
            return Some((YearOf::Given(year), end));
        }
        if of > at
            && self.is(at, "of")
            && let Word::Number { value: year @ 100..=999, digits: 3 } = self.word(of)
        {
            return Some((YearOf::Given(year as i16), of + 1));
        }
        // "April of 87."
        if of > at
            && self.is(at, "of")
            && self.closes(of + 1)
            && let Word::Number { value: year @ 32..=99, digits: 2 } = self.word(of)
        {
            return Some((YearOf::Given(century_of(year as i16)), of + 1));
        }
        let step = match () {
            () if self.is(of, "last") => (Step::Last, of + 1),
            () if self.is(of, "this") => (Step::This, of + 1),
            () if self.is(of, "next") => (Step::Next, of + 1),
            () if self.is(of, "that") => (Step::Same, self.skip(of + 1, &["same"])),
            () if self.is(of, "the") && self.is(of + 1, "same") => (Step::Same, of + 2),
            () if self.is(of, "the") && self.is(of + 1, "following") => (Step::Following, of + 2),
            () if self.is(of, "the") && self.is(of + 1, "previous") => (Step::Previous, of + 2),
            () => return None,
        };
        self.is(step.1, "year").then_some((YearOf::Step(step.0), step.1 + 1))
    }

    /// Four digits that can be a year, with the words for eras.
    pub(super) fn year(&self, at: usize) -> Read<i16> {
        if self.any(at, &["ad", "a.d.", "a.d"])
            && let Word::Number { value: year @ 1..=2999, .. } = self.word(at + 1)
        {
            return Some((year as i16, at + 2));
        }
        let Word::Number { value, digits } = self.word(at) else { return None };
        let era = |bc: &str| self.get(at + 1).is_some_and(|token| token.capital && token.is(bc));
        if ["bc", "bce", "b.c.", "b.c"].into_iter().any(era) && (1..=9000).contains(&value) {
            return Some((1 - value as i16, at + 2));
        }
        if ["ad", "ce", "a.d."].into_iter().any(era) && (1..=2999).contains(&value) {
            return Some((value as i16, at + 2));
        }
        (digits == 4 && (1000..2200).contains(&value) && self.free(at)).then_some((value as i16, at + 1))
    }

    /// A year alone: four digits are a year where nothing says that they count something.
    pub(super) fn year_alone(&self, at: usize) -> Read<When> {
        let the = self.skip(at, &["the"]);
        if the > at && self.is(the, "year") {
            let (year, end) = match self.word(the + 1) {
                Word::Number { value: year, digits: 1..=3 } if self.year(the + 1).is_none() => (year as i16, the + 2),
                _ => self.year(the + 1)?,
            };
            return Some((When::Year(year), end));
        }
        let (year, end) = self.year(at)?;
        if let (true, Word::Number { value: quarter @ 1..=4, digits: 1 }) = (self.is(end, "q"), self.word(end + 1)) {
            return Some((When::Quarter { year: YearOf::Given(year), quarter: quarter as i8 }, end + 2));
        }
        // "2024-Q1"
        let tight = self.tight(end);
        if let (true, true, Word::Number { value: quarter @ 1..=4, digits: 1 }) =
            (tight > end, self.is(tight, "q"), self.word(tight + 1))
        {
            return Some((When::Quarter { year: YearOf::Given(year), quarter: quarter as i8 }, tight + 2));
        }
        let eras = end > at + 1;
        // "fiscal 2024", "FY2024" are read elsewhere; "Flight 1549", "Room 2046", "page 1066" are no years.
        const NUMBERED: &str = "\
            flight room page pages route highway no number channel model version boeing airbus rule article \
            section resolution lot bus train windows gate p pp isbn";
        const COMPARED: &[&str] = &["than", "least", "most", "nearly", "almost", "over", "some", "roughly", "another"];
        let prefixed =
            at > 0 && matches!(self.word(at - 1), Word::Mark('$' | '£' | '€' | '#' | '№' | '+' | '=' | '<' | '>'));
        let near = (1900..2080).contains(&year)
            || self.before(at, IN)
            || self.before(at, &["of", "from", "to", "or", "through"])
            || self.before(at, &["and"]) && at > 1 && matches!(self.word(at - 2), Word::Number { digits: 4, .. })
            || self.within_brackets(at, end);
        let compared = self.before(at, COMPARED) && !eras;
        let next_is_name = self.get(end).is_some_and(|token| token.capital && token.word == Word::Other);
        let street = next_is_name && year < 1990 && !self.before(at, IN) && !self.before(at, &["the"]);
        // "+44 20 7946 1999"
        let numbers = [at.wrapping_sub(1), end]
            .into_iter()
            .any(|at| matches!(self.word(at), Word::Number { .. } | Word::Pair { .. }));
        // "2000 pieces": a round number before a plural.
        let plural = self.get(end).is_some_and(|token| {
            let exempt =
                ["was", "is", "has", "as", "this", "his", "its", "us", "does", "games", "elections", "protests"];
            !token.capital && token.word == Word::Other && token.text.ends_with('s') && !exempt.contains(&token.text)
        });
        let numbers = numbers || plural && year % 100 == 0 && !self.before(at, &["the", "in", "since"]);
        let sure = eras
            || near
                && !numbers
                && !prefixed
                && !compared
                && !self.follows(at, NUMBERED)
                && !self.counts(end)
                && !street
                && !(at == 0 && year < 1900);
        sure.then_some((When::Year(year), end))
    }

    /// "(1879)", "(1879–1955)", "Smith, 1879)".
    pub(super) fn within_brackets(&self, at: usize, end: usize) -> bool {
        let opens = at > 0 && matches!(self.word(at - 1), Word::Mark('(' | '[' | ';' | ','));
        let closes = matches!(self.word(end), Word::Mark(')' | ']' | ';' | ','));
        let ends = self.before(at, &[","]) && self.mark(end, '.');
        opens && closes || ends
    }

    pub(super) fn decade(&self, at: usize, value: u32, digits: u8) -> Read<When> {
        // "in his 30s", "aged in their twenties", "temperatures in the 80s"
        let person = self.before(at, &["his", "her", "their", "my", "your", "our", "late", "early", "mid", "-"])
            && self.near_possessive(at);
        let words = self.get(at).is_some_and(|token| token.text.chars().all(char::is_alphabetic));
        // "mid-1980s", not "the over-60s"
        let hyphen = self.before(at, &["-"]) && at > 1 && self.any(at - 2, &["early", "late", "mid"]);
        // "the 20s and 30s"
        let second = self.before(at, &["and"]) && at > 1 && matches!(self.word(at - 2), Word::Decade { .. });
        let the =
            self.before(at, &["the", "early", "late", "mid", "'"]) || hyphen || second && !self.near_possessive(at);
        let fits = digits == 4 || !person && (the || !words && self.before(at, IN));
        (fits && (hyphen || !self.before(at, &["-"])) && self.free(at))
            .then_some((When::Decade { value, digits }, at + 1))
    }

    pub(super) fn near_possessive(&self, at: usize) -> bool {
        (1..=3).any(|back| at >= back && self.any(at - back, &["his", "her", "their", "my", "your", "our"]))
    }

    /// "summer 2024", "the winter of 1776-77"; a season alone only where it is the season of some year.
    pub(super) fn season(&self, at: usize, season: i8, sure: bool) -> Read<When> {
        let next = at + 1;
        let of = self.skip(next, &["of", "in"]);
        if let Word::Pair { first, first_digits: 4, second, .. } = self.word(of)
            && (second == first + 1 || second == (first + 1) % 100)
        {
            return Some((When::Season { year: YearOf::Given(first as i16), season }, of + 1));
        }
        if let Some((year, end)) = self.year_after(next) {
            return Some((When::Season { year, season }, end));
        }
        let the = self.before(at, &["the"]) && at > 1 && self.any(at - 2, &["in", "by", "during", "since", "until"]);
        let fits = the && self.closes(next) && (sure || self.any(at - 2, &["in", "by", "since", "until"]));
        fits.then_some((When::Season { year: YearOf::Unsaid, season }, next))
    }

    /// "the first six months of 2024", "the last week of April", "the first day of the year".
    pub(super) fn share(&self, at: usize) -> Read<When> {
        let start = self.skip(at, &["the"]);
        let first = self.is(start, "first");
        if !first && !self.any(start, &["last", "final"]) {
            return None;
        }
        let (count, next) = match self.count(start + 1) {
            Some((count, 0, next)) => (count?, next),
            Some(_) => return None,
            None => (1, start + 1),
        };
        let Word::Unit { unit, plural } = self.word(next) else { return None };
        let of = next + 1;
        let fits = matches!(unit, Unit::Day | Unit::Week | Unit::Month | Unit::Quarter)
            && !self.get(next)?.capital
            && (1..=366).contains(&count)
            && plural == (count > 1)
            && (unit != Unit::Quarter || plural);
        if !fits || !self.is(of, "of") {
            return None;
        }
        let when =
            |year: YearOf, month: Option<i8>, end: usize| Some((When::Share { first, count, unit, year, month }, end));
        if let Word::Month { month, sure } = self.word(of + 1)
            && unit < Unit::Month
        {
            let next = self.abbreviated(of + 1, sure);
            let (year, end) = self.year_after(next).unwrap_or((YearOf::Unsaid, next));
            return when(year, Some(month), end);
        }
        if self.is(of + 1, "the") && self.is(of + 2, "year") && !self.is(of + 3, "of") {
            return when(YearOf::Step(Step::This), None, of + 3);
        }
        let (year, end) = self.year_after(of)?;
        when(year, None, end)
    }

    /// "year to date", "year-to-date".
    pub(super) fn to_date(&self, at: usize) -> Read<When> {
        let Word::Unit { unit: unit @ (Unit::Month | Unit::Quarter | Unit::Year), plural: false } = self.word(at)
        else {
            return None;
        };
        let to = self.skip_mark(at + 1, '-');
        let date = self.skip_mark(to + 1, '-');
        (self.is(to, "to") && self.is(date, "date")).then_some((When::ToDate(unit), date + 1))
    }

    /// Things with ordinals: "the 19th century", "third quarter of 2024", "Q3 2024", "the first half of 2025".
    pub(super) fn ordered(&self, at: usize) -> Read<When> {
        let year_after = |at: usize| {
            self.year_after(self.tight(at)).or_else(|| {
                let the = self.is(at, "of") && self.is(at + 1, "the") && self.is(at + 2, "year");
                the.then_some((YearOf::Step(Step::This), at + 3))
            })
        };
        if (self.is(at, "q") || self.is(at, "h"))
            && let Word::Number { value: number @ 1..=4, digits: 1 } = self.word(at + 1)
            && self.get(at + 1).is_some_and(|number| !number.spaced)
        {
            let (year, end) = year_after(at + 2).unwrap_or((YearOf::Unsaid, at + 2));
            return match self.is(at, "q") {
                true => Some((When::Quarter { year, quarter: number as i8 }, end)),
                false if number < 3 && year != YearOf::Unsaid => Some((When::Half { year, half: number as i8 }, end)),
                false => None,
            };
        }
        // "Q1-2024"
        if let (true, Word::Pair { first: quarter @ 1..=4, first_digits: 1, second, second_digits: 4, slash: false }) =
            (self.is(at, "q"), self.word(at + 1))
            && (1000..2200).contains(&second)
        {
            return Some((When::Quarter { year: YearOf::Given(second as i16), quarter: quarter as i8 }, at + 2));
        }
        let the = self.skip(at, &["the"]);
        let (number, mut next) = match self.word(the) {
            Word::Ordinal(number) => (number, the + 1),
            Word::Cardinal(20) => match self.word(self.skip_mark(the + 1, '-')) {
                Word::Ordinal(ones @ 1..=9) => (20 + ones, self.skip_mark(the + 1, '-') + 1),
                _ => return None,
            },
            _ if self.is(the, "last") => (0, the + 1),
            _ => return None,
        };
        let hyphen = self.mark(next, '-') && !self.get(next)?.spaced;
        if hyphen {
            next += 1;
        }
        match self.word(next) {
            Word::Unit { unit: Unit::Century, .. } if (1..=30).contains(&number) => {
                let bc = self.any(next + 1, &["bc", "bce", "b.c."]);
                let first = if bc { -100 * number as i16 } else { 100 * (number as i16 - 1) };
                Some((When::Century(first), if bc { next + 2 } else { next + 1 }))
            }
            Word::Unit { unit: Unit::Quarter, .. } if number <= 4 => {
                let of = year_after(next + 1);
                let quarter = if number == 0 { 4 } else { number as i8 };
                let (year, end) = match of {
                    Some(of) => of,
                    // "the third quarter" is one of football too: only its own words make it one of the year.
                    None if number > 0 && self.before(at, &["in", "for", "during"]) => (YearOf::Unsaid, next + 1),
                    None => return None,
                };
                Some((When::Quarter { year, quarter }, end))
            }
            // "the third month of 2021"
            Word::Unit { unit: Unit::Month, plural: false } if (1..=12).contains(&number) => {
                let (year, end) = year_after(next + 1)?;
                Some((When::Month { year, month: number as i8 }, end))
            }
            _ if self.is(next, "half") && number < 3 => {
                let (year, end) = year_after(next + 1)?;
                Some((When::Half { year, half: if number == 1 { 1 } else { 2 } }, end))
            }
            _ => None,
        }
    }
}

/// The century that a year of two digits most likely means.
pub(super) fn century_of(year: i16) -> i16 {
    if year < 70 { 2000 + year } else { 1900 + year }
}
