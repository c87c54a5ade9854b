//! Tokens of a sentence, each with what it can be in a date: one look at each character, one search in a sorted list
//! for each word.

use crate::text::{Span, Text};

use super::words::{self, Word};

/// A word, a numeral or a mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// Where it is.
    pub(super) span: Span,
    /// Its letters.
    pub(super) text: &'a str,
    /// What it can be in a date.
    pub(super) word: Word,
    /// Whether white space or the start of the sentence stands before it.
    pub(super) spaced: bool,
    /// Whether it begins with a capital letter.
    pub(super) capital: bool,
}

impl Token<'_> {
    /// Whether it is this word, whatever its capitals.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this mark.
    pub(super) fn mark(&self, mark: char) -> bool {
        self.word == Word::Mark(mark)
    }
}

/// The tokens of a sentence.
pub(super) fn of(text: &Text, sentence: Span) -> Vec<Token<'_>> {
    let slice = text.slice(sentence);
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(slice.len() / 5);
    let mut at = 0;
    let mut spaced = true;
    while let Some(rest) = slice.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if crate::article::is_blank(first) {
            at += first.len_utf8();
            spaced = true;
            continue;
        }
        let (length, word) = match first {
            '0'..='9' => numeral(rest),
            first if first.is_alphabetic() => word(rest),
            mark => (mark.len_utf8(), Word::Mark(plain(mark))),
        };
        if let (Some(span), Some(text)) = (text.span_in(sentence, at..at + length), rest.get(..length)) {
            tokens.push(Token { span, text, word, spaced, capital: first.is_uppercase() });
        }
        at += length;
        spaced = false;
    }
    tokens
}

/// A mark as the grammar names it: one dash, one apostrophe.
fn plain(mark: char) -> char {
    match mark {
        '–' | '—' | '‐' | '\u{2011}' | '−' => '-',
        '’' | '‘' | 'ʼ' => '\'',
        '“' | '”' => '"',
        other => other,
    }
}

/// A run of letters; "a.m." and its like are one word with their dots.
fn word(rest: &str) -> (usize, Word) {
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let letters = rest.get(..end).unwrap_or_default();
    if let Some((length, word)) = words::dotted(rest) {
        return (length, word);
    }
    (end, words::of(letters))
}

/// The longest numeral that is read; a longer one is no date.
const LONGEST: usize = 24;

/// A run of digits with the marks that join them, and what its letters make of it: "19th", "1980s".
fn numeral(rest: &str) -> (usize, Word) {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    while digit(end) {
        end += 1;
        let joins = bytes.get(end).is_some_and(|mark| matches!(mark, b'.' | b',' | b':' | b'/' | b'-'));
        // An en dash, a hyphen that does not break.
        let wide = ["–", "‐", "\u{2011}"].iter().any(|dash| rest.get(end..).is_some_and(|rest| rest.starts_with(dash)));
        match () {
            () if joins && digit(end + 1) => end += 1,
            () if wide && digit(end + 3) => end += 3,
            () => {}
        }
    }
    let digits = rest.get(..end).unwrap_or_default();
    let word = if end > LONGEST { Word::Other } else { numeral_word(digits) };
    let tail = rest.get(end..).unwrap_or_default();
    let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
    let suffix = tail.get(..letters).unwrap_or_default();
    if let Word::Number { value, digits } = word {
        let ordinal = ["st", "nd", "rd", "th"].iter().any(|end| suffix.eq_ignore_ascii_case(end));
        if ordinal && digits <= 2 {
            return (end + letters, Word::Ordinal(value));
        }
        // 1980s, 80s, 1980's.
        let tens = value % 10 == 0 && (digits == 4 || digits == 2);
        if tens && suffix == "s" {
            return (end + 1, Word::Decade { value, digits });
        }
        let owned = ["'s", "’s"].iter().find(|owned| tail.starts_with(**owned));
        let whole = |tail: &str| !tail.starts_with(char::is_alphanumeric);
        if let Some(owned) = owned.filter(|owned| tens && tail.get(owned.len()..).is_some_and(whole)) {
            return (end + owned.len(), Word::Decade { value, digits });
        }
    }
    // The last one of "2025-03-11T22:00" says the time.
    if let (Word::Iso { year, month, day }, Some(time)) = (word, tail.strip_prefix('T')) {
        let (length, time) = numeral(time);
        if let Word::Clock { hour, minute, .. } = time {
            let zulu = tail.get(1 + length..).is_some_and(|rest| rest.starts_with('Z'));
            return (end + 1 + length + usize::from(zulu), Word::IsoTime { year, month, day, hour, minute, zulu });
        }
    }
    (end, word)
}

/// What digits and the marks between them can be.
fn numeral_word(text: &str) -> Word {
    let mut parts = [(0_u32, 0_u8); 3];
    let mut marks = ['\0'; 2];
    let mut count = 0;
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) => {
                let Some((value, digits)) = parts.get_mut(count) else { return Word::Other };
                *value = value.saturating_mul(10).saturating_add(digit);
                *digits += 1;
            }
            None => {
                let Some(mark) = marks.get_mut(count) else { return grouped(text) };
                *mark = plain(c);
                count += 1;
            }
        }
    }
    let [(first, first_digits), (second, second_digits), (third, third_digits)] = parts;
    match (count, marks) {
        (0, _) => Word::Number { value: first, digits: first_digits },
        (1, [':', _]) if second_digits == 2 && first_digits <= 2 && first < 25 && second < 60 => {
            Word::Clock { hour: first as i8, minute: second as i8, colon: true }
        }
        (2, [':', ':']) if second_digits == 2 && third_digits == 2 && first < 25 && second < 60 => {
            Word::Clock { hour: first as i8, minute: second as i8, colon: true }
        }
        (1, ['.', _]) if second_digits == 2 && first_digits <= 2 && first < 25 && second < 60 => {
            Word::Clock { hour: first as i8, minute: second as i8, colon: false }
        }
        (1, [mark @ ('-' | '/'), _]) => Word::Pair { first, first_digits, second, second_digits, slash: mark == '/' },
        (2, ['-' | '/' | '.', '-' | '/' | '.']) if marks[0] == marks[1] => {
            if first_digits == 4 && second_digits <= 2 && third_digits <= 2 {
                Word::Iso { year: first as i16, month: second as i8, day: third as i8 }
            } else if first_digits <= 2 && second_digits <= 2 && matches!(third_digits, 2 | 4) {
                Word::Numeric { first: first as i8, second: second as i8, year: third as i16, digits: third_digits }
            } else {
                Word::Other
            }
        }
        _ => grouped(text),
    }
}

/// A number with groups of thousands or decimals: never a year, but it can be how many years.
fn grouped(text: &str) -> Word {
    if let Some((whole, part)) = text.split_once('.')
        && let (Ok(whole), Ok(value), 1..=2) = (whole.parse(), part.parse::<u8>(), part.len())
    {
        return Word::Decimal { whole, hundredths: if part.len() == 1 { 10 * value } else { value } };
    }
    let mut parts = text.split(',');
    let first = parts.next().unwrap_or_default();
    let mut value = first.parse::<u32>().unwrap_or(u32::MAX);
    for part in parts {
        if part.len() != 3 {
            return Word::Other;
        }
        value = value.saturating_mul(1000).saturating_add(part.parse().unwrap_or(u32::MAX));
    }
    if value < u32::MAX { Word::Grouped(value) } else { Word::Other }
}
