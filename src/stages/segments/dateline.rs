//! Datelines: `PARIS/BERLIN, 11 Mar (Northwire) —`.

use serde_json::{Map, Value, json};

use crate::article::is_blank;

/// Where and when an article, or a part of it, was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dateline {
    /// The places, capitals as in a name.
    pub places: Vec<String>,
    /// The day as written.
    pub date: Option<String>,
    /// The agency in brackets.
    pub agency: Option<String>,
}

impl Dateline {
    pub(super) fn json(&self, further: &[Self]) -> Value {
        let mut object = Map::new();
        object.insert("places".to_owned(), json!(self.places));
        object.extend(self.date.as_ref().map(|date| ("date".to_owned(), json!(date))));
        object.extend(self.agency.as_ref().map(|agency| ("agency".to_owned(), json!(agency))));
        if !further.is_empty() {
            let further: Vec<Value> = further.iter().map(|dateline| dateline.json(&[])).collect();
            object.insert("further".to_owned(), json!(further));
        }
        Value::Object(object)
    }
}

/// Bytes within which a dateline ends.
const LONGEST: usize = 140;

/// The dateline that a paragraph begins with, and where it ends. Without a date or an agency only the first paragraph
/// may have one, and any paragraph after a dateline.
pub(super) fn of(paragraph: &str, first: bool, after_another: bool) -> Option<(Dateline, usize)> {
    let head = paragraph.get(..paragraph.floor_char_boundary(LONGEST))?;
    ends(head).find_map(|(mark, end)| {
        let story = paragraph.get(end..)?.trim_start_matches(is_blank);
        // What follows is the beginning of a sentence: "PARIS, Texas - that is where the band comes from" is none.
        let opens =
            story.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || matches!(c, '“' | '"' | '‘' | '\''));
        let dateline = parse(head.get(..mark)?)?;
        let dated = dateline.date.is_some() || dateline.agency.is_some();
        let colon = head.get(mark..)?.starts_with(':');
        let allowed = dated || after_another || first && !colon;
        let loud = head.get(..mark)?.split([',', '/', '(']).next().is_some_and(is_loud);
        (opens && allowed && (loud || dated && !colon)).then_some((dateline, end))
    })
}

/// Where a dash or a colon that may end a dateline stands, and where it ends.
fn ends(head: &str) -> impl Iterator<Item = (usize, usize)> {
    head.char_indices().filter_map(|(at, c)| {
        let rest = head.get(at..)?;
        let mark = match c {
            '-' | '–' | '—' | '_' => rest.len() - rest.trim_start_matches(c).len(),
            ':' => 1,
            _ => return None,
        };
        let spaced = c == ':' || head.get(..at)?.ends_with(is_blank);
        let followed = rest.get(mark..)?.starts_with(is_blank);
        (spaced && followed).then_some((at, at + mark))
    })
}

/// Places, date and agency of what stands before the dash.
fn parse(head: &str) -> Option<Dateline> {
    let head = head.trim_matches(is_blank);
    let (head, agency) = match head.strip_suffix(')').and_then(|head| head.rsplit_once('(')) {
        Some((head, agency)) if is_name(agency) => {
            (head.trim_end_matches(|c| is_blank(c) || c == ','), Some(spaced(agency)))
        }
        Some(_) => return None,
        None => (head, None),
    };
    let mut parts: Vec<&str> = head.split(',').map(|part| part.trim_matches(is_blank)).collect();
    let year =
        parts.len() > 2 && parts.last().is_some_and(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit()));
    let tail = if year { parts.len() - 2 } else { parts.len() - 1 };
    let dated = tail > 0 && parts.get(tail).is_some_and(|part| is_day(part));
    let date = dated.then(|| spaced(&parts.split_off(tail).join(", ")));
    let towns_named = parts.first().is_some_and(|towns| towns.split('/').all(|town| !spaced(town).is_empty()));
    if !towns_named || parts.len() > 2 || !parts.iter().all(|part| is_name(part)) || year && date.is_none() {
        return None;
    }
    let (towns, region) = parts.split_first()?;
    let mut places: Vec<String> = towns.split('/').map(|town| capitalised(&spaced(town))).collect();
    if let (Some(last), Some(region)) = (places.last_mut(), region.first()) {
        last.push_str(", ");
        last.push_str(&spaced(region));
    }
    Some(Dateline { places, date, agency })
}

/// Whether it may be a place or an agency: a few words, each with a capital.
fn is_name(part: &str) -> bool {
    const SMALL: &[&str] =
        &["of", "the", "de", "del", "la", "le", "am", "an", "der", "upon", "sur", "and", "da", "do", "en"];
    let mut words = part.split(|c: char| is_blank(c) || c == '/').filter(|word| !word.is_empty()).peekable();
    let letters = |c: char| {
        c.is_alphabetic() || matches!(c, '.' | '\'' | '’' | '-' | '‐' | '\u{2011}') || is_blank(c) || is_mark(c)
    };
    words.peek().is_some()
        && part.chars().count() <= 60
        && part.split('/').count() <= 4
        && words
            .all(|word| word.chars().all(letters) && (word.starts_with(char::is_uppercase) || SMALL.contains(&word)))
}

/// Whether a combining mark: part of the letter before it.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Whether it is all in capitals.
fn is_loud(part: &str) -> bool {
    part.chars().filter(|c| c.is_alphabetic()).count() >= 2 && !part.chars().any(char::is_lowercase)
}

/// Whether it is a day of a month: "March 11", "11 Mar", "Sept. 3".
fn is_day(part: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = part.split(is_blank).filter(|word| !word.is_empty()).take(4).collect();
    let month = |word: &str| MONTHS.iter().any(|name| word.to_ascii_lowercase().starts_with(name)) && word.len() <= 10;
    let day = |word: &str| word.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    let year = |word: &str| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    match words.as_slice() {
        [first, second] => month(first) && day(second) || day(first) && month(second),
        [first, second, third] => (month(first) && day(second) || day(first) && month(second)) && year(third),
        _ => false,
    }
}

/// On one line, with plain blanks and hyphens and without marks of zero width.
fn spaced(part: &str) -> String {
    let plain = part.chars().map(|c| if matches!(c, '‐' | '\u{2011}') { '-' } else { c });
    let visible: String = plain.filter(|c| c.is_whitespace() || !is_blank(*c)).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name in capitals as names are written: Saint-Étienne, New York, Rio de Janeiro; D.C. stays.
pub(super) fn capitalised(name: &str) -> String {
    const SMALL: &[&str] =
        &["of", "the", "de", "del", "la", "le", "am", "an", "der", "upon", "sur", "and", "da", "do", "en"];
    if !is_loud(name) {
        return name.to_owned();
    }
    let word = |(index, word): (usize, &str)| -> String {
        let lower = word.to_lowercase();
        if word.contains('.') {
            return word.to_owned();
        }
        if index > 0 && SMALL.contains(&lower.as_str()) {
            return lower;
        }
        let parts = word.split('-').map(|part| {
            let mut letters = part.chars();
            letters.next().map(String::from).unwrap_or_default() + &letters.as_str().to_lowercase()
        });
        parts.collect::<Vec<_>>().join("-")
    };
    name.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}
