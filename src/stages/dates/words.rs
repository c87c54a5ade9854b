//! The words that dates are made of.

/// What a token can be in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Digits alone.
    Number { value: u32, digits: u8 },
    /// Digits with groups of thousands.
    Grouped(u32),
    /// "2.5", "12.25".
    Decimal { whole: u32, hundredths: u8 },
    /// "3rd", "third".
    Ordinal(u32),
    /// "three", "twenty"; 0 for "several" and the like.
    Cardinal(u32),
    /// "1980s", "80s"; "eighties" has two digits too.
    Decade { value: u32, digits: u8 },
    /// "10:30", "10.30".
    Clock { hour: i8, minute: i8, colon: bool },
    /// "2025-03-11".
    Iso { year: i16, month: i8, day: i8 },
    /// "2025-03-11T22:00".
    IsoTime { year: i16, month: i8, day: i8, hour: i8, minute: i8, zulu: bool },
    /// "11/03/2025": which is the day, the place of publication says.
    Numeric { first: i8, second: i8, year: i16, digits: u8 },
    /// "3-5", "2019/20".
    Pair { first: u32, first_digits: u8, second: u32, second_digits: u8, slash: bool },
    /// A month; one that is not written out, or is another word too, needs company.
    Month { month: i8, sure: Sure },
    /// A day of the week, 1 is Monday.
    Weekday { day: i8, sure: Sure, plural: bool },
    /// A unit of time.
    Unit { unit: Unit, plural: bool },
    /// A season: 21 spring, 22 summer, 23 autumn, 24 winter, as EDTF numbers them.
    Season { season: i8, sure: bool },
    /// A part of the day.
    Part(Part),
    /// "a.m.", "p.m.".
    Meridiem { pm: bool },
    /// The name of a time zone.
    Zone(Zone),
    /// Another word that a date may hold.
    Key,
    /// One that is neither letter nor digit.
    Mark(char),
    /// None of these.
    Other,
}

/// How surely a word is the name of a month or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// "October", "Tuesday".
    Yes,
    /// Also a given name or a common word: "May", "April".
    Homonym,
    /// "Oct", "Tue".
    Short,
}

/// Units of time, from short to long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Night,
    Weekend,
    Week,
    Fortnight,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

/// Parts of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Dawn,
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
    Midnight,
}

/// A time zone by its name: a fixed offset, one with summer time, or the clock of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Minutes east of Greenwich.
    Fixed(i16),
    /// As in the United States: minutes east of Greenwich in winter.
    America(i16),
    /// As in Europe: minutes east of Greenwich in winter.
    Europe(i16),
    /// "local time", or a name that several zones share.
    Local,
}

use Sure::{Homonym, Short, Yes};
use Word::{Cardinal, Decade, Key, Meridiem, Month, Ordinal, Part as P, Season, Unit as U, Weekday, Zone as Z};

const fn month(month: i8, sure: Sure) -> Word {
    Month { month, sure }
}

const fn weekday(day: i8, sure: Sure) -> Word {
    Weekday { day, sure, plural: false }
}

const fn weekdays(day: i8) -> Word {
    Weekday { day, sure: Yes, plural: true }
}

const fn unit(unit: Unit) -> Word {
    U { unit, plural: false }
}

const fn units(unit: Unit) -> Word {
    U { unit, plural: true }
}

const fn decade(value: u32) -> Word {
    Decade { value, digits: 2 }
}

/// In the order of the alphabet.
const WORDS: &[(&str, Word)] = &[
    ("a", Key),
    ("about", Key),
    ("ad", Key),
    ("after", Key),
    ("afternoon", P(Part::Afternoon)),
    ("afternoons", Key),
    ("ago", Key),
    ("all", Key),
    ("almost", Key),
    ("am", Meridiem { pm: false }),
    ("an", Key),
    ("and", Key),
    ("annually", Key),
    ("approximately", Key),
    ("apr", month(4, Short)),
    ("april", month(4, Homonym)),
    ("around", Key),
    ("at", Key),
    ("aug", month(8, Short)),
    ("august", month(8, Homonym)),
    ("autumn", Season { season: 23, sure: true }),
    ("bc", Key),
    ("bce", Key),
    ("before", Key),
    ("beginning", Key),
    ("between", Key),
    ("bst", Z(Zone::Fixed(60))),
    ("by", Key),
    ("c", Key),
    ("ca", Key),
    ("ce", Key),
    ("centuries", units(Unit::Century)),
    ("century", unit(Unit::Century)),
    ("cest", Z(Zone::Fixed(120))),
    ("cet", Z(Zone::Europe(60))),
    ("christmas", Key),
    ("circa", Key),
    ("coming", Key),
    ("couple", Key),
    ("cst", Z(Zone::Local)),
    ("ct", Z(Zone::America(-360))),
    ("current", Key),
    ("daily", Key),
    ("dawn", P(Part::Dawn)),
    ("day", unit(Unit::Day)),
    ("days", units(Unit::Day)),
    ("dec", month(12, Short)),
    ("decade", unit(Unit::Decade)),
    ("decades", units(Unit::Decade)),
    ("december", month(12, Yes)),
    ("during", Key),
    ("each", Key),
    ("earlier", Key),
    ("early", Key),
    ("eastern", Key),
    ("edt", Z(Zone::Fixed(-240))),
    ("eet", Z(Zone::Europe(120))),
    ("eight", Cardinal(8)),
    ("eighteen", Cardinal(18)),
    ("eighteenth", Ordinal(18)),
    ("eighth", Ordinal(8)),
    ("eighties", decade(80)),
    ("eighty", Cardinal(80)),
    ("eleven", Cardinal(11)),
    ("eleventh", Ordinal(11)),
    ("end", Key),
    ("est", Z(Zone::Fixed(-300))),
    ("et", Z(Zone::America(-300))),
    ("eve", Key),
    ("evening", P(Part::Evening)),
    ("evenings", Key),
    ("every", Key),
    ("fall", Season { season: 23, sure: false }),
    ("feb", month(2, Short)),
    ("february", month(2, Yes)),
    ("few", Cardinal(0)),
    ("fifteen", Cardinal(15)),
    ("fifteenth", Ordinal(15)),
    ("fifth", Ordinal(5)),
    ("fifties", decade(50)),
    ("fifty", Cardinal(50)),
    ("first", Ordinal(1)),
    ("fiscal", Key),
    ("five", Cardinal(5)),
    ("following", Key),
    ("for", Key),
    ("forties", decade(40)),
    ("fortnight", unit(Unit::Fortnight)),
    ("fortnights", units(Unit::Fortnight)),
    ("forty", Cardinal(40)),
    ("four", Cardinal(4)),
    ("fourteen", Cardinal(14)),
    ("fourteenth", Ordinal(14)),
    ("fourth", Ordinal(4)),
    ("fri", weekday(5, Short)),
    ("friday", weekday(5, Yes)),
    ("fridays", weekdays(5)),
    ("from", Key),
    ("fy", Key),
    ("gmt", Z(Zone::Fixed(0))),
    ("half", Key),
    ("hour", unit(Unit::Hour)),
    ("hours", units(Unit::Hour)),
    ("hundred", Cardinal(100)),
    ("in", Key),
    ("jan", month(1, Short)),
    ("january", month(1, Yes)),
    ("jst", Z(Zone::Fixed(540))),
    ("jul", month(7, Short)),
    ("july", month(7, Yes)),
    ("jun", month(6, Short)),
    ("june", month(6, Homonym)),
    ("last", Key),
    ("late", Key),
    ("later", Key),
    ("local", Key),
    ("many", Cardinal(0)),
    ("mar", month(3, Short)),
    ("march", month(3, Homonym)),
    ("may", month(5, Homonym)),
    ("mdt", Z(Zone::Fixed(-360))),
    ("mid", Key),
    ("midday", P(Part::Noon)),
    ("middle", Key),
    ("midnight", P(Part::Midnight)),
    ("minute", unit(Unit::Minute)),
    ("minutes", units(Unit::Minute)),
    ("mon", weekday(1, Short)),
    ("monday", weekday(1, Yes)),
    ("mondays", weekdays(1)),
    ("month", unit(Unit::Month)),
    ("monthly", Key),
    ("months", units(Unit::Month)),
    ("more", Key),
    ("morning", P(Part::Morning)),
    ("mornings", Key),
    ("msk", Z(Zone::Fixed(180))),
    ("mst", Z(Zone::Fixed(-420))),
    ("mt", Z(Zone::America(-420))),
    ("nearly", Key),
    ("next", Key),
    ("night", P(Part::Night)),
    ("nights", units(Unit::Night)),
    ("nine", Cardinal(9)),
    ("nineteen", Cardinal(19)),
    ("nineteenth", Ordinal(19)),
    ("nineties", decade(90)),
    ("ninety", Cardinal(90)),
    ("ninth", Ordinal(9)),
    ("noon", P(Part::Noon)),
    ("nov", month(11, Short)),
    ("november", month(11, Yes)),
    ("o", Key),
    ("oct", month(10, Short)),
    ("october", month(10, Yes)),
    ("of", Key),
    ("on", Key),
    ("once", Key),
    ("one", Cardinal(1)),
    ("over", Key),
    ("past", Key),
    ("pdt", Z(Zone::Fixed(-420))),
    ("pm", Meridiem { pm: true }),
    ("previous", Key),
    ("prior", Key),
    ("pst", Z(Zone::Fixed(-480))),
    ("pt", Z(Zone::America(-480))),
    ("q", Key),
    ("quarter", unit(Unit::Quarter)),
    ("quarterly", Key),
    ("quarters", units(Unit::Quarter)),
    ("recent", Key),
    ("roughly", Key),
    ("same", Key),
    ("sat", weekday(6, Short)),
    ("saturday", weekday(6, Yes)),
    ("saturdays", weekdays(6)),
    ("second", Ordinal(2)),
    ("seconds", units(Unit::Second)),
    ("sep", month(9, Short)),
    ("sept", month(9, Short)),
    ("september", month(9, Yes)),
    ("seven", Cardinal(7)),
    ("seventeen", Cardinal(17)),
    ("seventeenth", Ordinal(17)),
    ("seventh", Ordinal(7)),
    ("seventies", decade(70)),
    ("seventy", Cardinal(70)),
    ("several", Cardinal(0)),
    ("since", Key),
    ("six", Cardinal(6)),
    ("sixteen", Cardinal(16)),
    ("sixteenth", Ordinal(16)),
    ("sixth", Ordinal(6)),
    ("sixties", decade(60)),
    ("sixty", Cardinal(60)),
    ("some", Key),
    ("spring", Season { season: 21, sure: false }),
    ("start", Key),
    ("summer", Season { season: 22, sure: true }),
    ("sun", weekday(7, Short)),
    ("sunday", weekday(7, Yes)),
    ("sundays", weekdays(7)),
    ("ten", Cardinal(10)),
    ("tenth", Ordinal(10)),
    ("that", Key),
    ("the", Key),
    ("third", Ordinal(3)),
    ("thirteen", Cardinal(13)),
    ("thirteenth", Ordinal(13)),
    ("thirties", decade(30)),
    ("thirtieth", Ordinal(30)),
    ("thirty", Cardinal(30)),
    ("this", Key),
    ("three", Cardinal(3)),
    ("through", Key),
    ("thu", weekday(4, Short)),
    ("thur", weekday(4, Short)),
    ("thurs", weekday(4, Short)),
    ("thursday", weekday(4, Yes)),
    ("thursdays", weekdays(4)),
    ("till", Key),
    ("time", Key),
    ("to", Key),
    ("today", Key),
    ("tomorrow", Key),
    ("tonight", P(Part::Night)),
    ("tue", weekday(2, Short)),
    ("tues", weekday(2, Short)),
    ("tuesday", weekday(2, Yes)),
    ("tuesdays", weekdays(2)),
    ("twelfth", Ordinal(12)),
    ("twelve", Cardinal(12)),
    ("twenties", decade(20)),
    ("twentieth", Ordinal(20)),
    ("twenty", Cardinal(20)),
    ("two", Cardinal(2)),
    ("until", Key),
    ("utc", Z(Zone::Fixed(0))),
    ("wed", weekday(3, Short)),
    ("wednesday", weekday(3, Yes)),
    ("wednesdays", weekdays(3)),
    ("week", unit(Unit::Week)),
    ("weekend", unit(Unit::Weekend)),
    ("weekends", units(Unit::Weekend)),
    ("weekly", Key),
    ("weeks", units(Unit::Week)),
    ("winter", Season { season: 24, sure: true }),
    ("year", unit(Unit::Year)),
    ("yearly", Key),
    ("years", units(Unit::Year)),
    ("yesterday", Key),
];

/// The longest word of the list.
const LONGEST: usize = 13;

/// What letters can be in a date.
pub(super) fn of(letters: &str) -> Word {
    if letters.len() > LONGEST || !letters.is_ascii() {
        return Word::Other;
    }
    let mut lower = [0; LONGEST];
    for (lower, byte) in lower.iter_mut().zip(letters.bytes()) {
        *lower = byte.to_ascii_lowercase();
    }
    let lower = lower.get(..letters.len()).unwrap_or_default();
    let found = WORDS.binary_search_by(|(word, _)| word.as_bytes().cmp(lower)).ok().and_then(|at| WORDS.get(at));
    match found {
        // "ET" and "GMT" shout; "et" is French and "mt" a mountain.
        Some((_, Z(_))) if letters.chars().any(char::is_lowercase) => Word::Other,
        // Months and days have a capital, "march" and "may" are verbs.
        Some((_, Month { .. } | Weekday { .. })) if letters.starts_with(char::is_lowercase) => Word::Other,
        Some((_, word)) => *word,
        None => Word::Other,
    }
}

/// Words with dots inside: "a.m.", "p.m.", "B.C.", "A.D.".
pub(super) fn dotted(rest: &str) -> Option<(usize, Word)> {
    let head = rest.get(..3)?;
    let word = match head.to_ascii_lowercase().as_str() {
        "a.m" => Meridiem { pm: false },
        "p.m" => Meridiem { pm: true },
        "b.c" | "a.d" if head.starts_with(char::is_uppercase) => Key,
        _ => return None,
    };
    let tail = rest.get(3..)?;
    let whole = !tail.starts_with(char::is_alphabetic);
    whole.then_some((3 + usize::from(tail.starts_with('.')), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word out of order would never be found.
    #[test]
    fn the_list_is_sorted() {
        for pair in WORDS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} {}", pair[0].0, pair[1].0);
        }
        assert_eq!(WORDS.iter().map(|(word, _)| word.len()).max(), Some(LONGEST));
    }
}
