//! Words, numbers and marks of a sentence: what the rules of claims are written in.

use crate::article::is_blank;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Letters, with apostrophes between them; also letters with digits behind, as in "G7".
    Word,
    /// Digits, with the marks that group them.
    Number,
    /// Any other character.
    Mark,
}

/// A token of a sentence.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) sort: Sort,
    /// As read.
    pub(super) text: &'a str,
    /// In small letters, with plain apostrophes.
    pub(super) lower: String,
    /// Where it starts in the sentence.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// Whether it touches the one before.
    pub(super) glued: bool,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.lower == word
    }

    pub(super) fn is_word(&self) -> bool {
        self.sort == Sort::Word
    }

    pub(super) fn is_number(&self) -> bool {
        self.sort == Sort::Number
    }

    pub(super) fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    /// Whether it joins two words: a hyphen or a dash.
    pub(super) fn is_dash(&self) -> bool {
        matches!(self.text, "-" | "–" | "‐" | "\u{2011}" | "−" | "—")
    }
}

/// The tokens of a sentence, in order.
pub(super) fn split(sentence: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    while let Some(rest) = sentence.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if is_blank(first) {
            at += first.len_utf8();
            continue;
        }
        let (sort, length) = match () {
            () if first.is_ascii_digit() => (Sort::Number, number(rest)),
            () if first.is_alphanumeric() && fraction(first).is_none() => (Sort::Word, word(rest)),
            () if fraction(first).is_some() => (Sort::Number, first.len_utf8()),
            () => (Sort::Mark, first.len_utf8()),
        };
        let text = rest.get(..length).unwrap_or(rest);
        let lower = text.to_lowercase().replace('’', "'");
        let glued = tokens.last().is_some_and(|last| last.end == at);
        let end = at + text.len();
        tokens.push(Token { sort, text, lower, start: at, end, glued });
        at = end;
    }
    tokens
}

/// What a sign for a fraction is worth.
pub(super) fn fraction(c: char) -> Option<f64> {
    Some(match c {
        '½' => 0.5,
        '¼' => 0.25,
        '¾' => 0.75,
        '⅓' => 1.0 / 3.0,
        '⅔' => 2.0 / 3.0,
        '⅕' => 0.2,
        '⅛' => 0.125,
        _ => return None,
    })
}

/// How many bytes of `rest` are a word; a possessive s is a word of its own.
fn word(rest: &str) -> usize {
    let mut chars = rest.char_indices().peekable();
    let mut end = 0;
    // Letters since the last point: U.S. and p.m. are one word.
    let mut letters = 0;
    let mut points = 0;
    while let Some((at, c)) = chars.next() {
        let inside = chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        let letter = c.is_alphanumeric() && fraction(c).is_none() || unicode_normalization::char::is_combining_mark(c);
        let apostrophe = matches!(c, '\'' | '’') && inside && !rest.get(at..).is_some_and(is_possessive);
        let point = c == '.' && letters == 1 && (points > 0 || inside) && at <= 5;
        if !(letter || apostrophe || point) {
            break;
        }
        letters = if point { 0 } else { letters + 1 };
        points += usize::from(point);
        end = at + c.len_utf8();
    }
    end.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// Whether it begins with 's that ends a word.
fn is_possessive(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    chars.next().is_some_and(|c| matches!(c, 's' | 'S')) && !chars.next().is_some_and(char::is_alphanumeric)
}

/// How many bytes of `rest` are a number: 12, 1,200, 12,34,567, 4.5, 10 000 with a blank that does not break.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    let mut grouped = end <= 3;
    while let Some(mark) = rest.get(end..).and_then(|rest| rest.chars().next()) {
        let next = end + mark.len_utf8();
        // One more than a group could have, so that a long run is not counted again and again.
        let run = bytes.iter().skip(next).take(4).take_while(|byte| byte.is_ascii_digit()).count();
        let joins = match mark {
            '.' => run > 0,
            ',' => grouped && (run == 3 || run == 2 && bytes.get(next + 2) == Some(&b',')),
            '\u{A0}' | '\u{202F}' | '\u{2009}' => grouped && run == 3,
            _ => false,
        };
        if !joins {
            break;
        }
        grouped &= mark != '.';
        end = next + digits(next);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules count in tokens: what one is decides what they can see.
    #[test]
    fn tokens_of_a_sentence() {
        let words = |text| split(text).iter().map(|token| token.text.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            words("Kyiv’s 1,200 men (F-16)."),
            ["Kyiv", "’", "s", "1,200", "men", "(", "F", "-", "16", ")", "."]
        );
        assert_eq!(words("$3.5bn, 12,34,567 and 1,5"), ["$", "3.5", "bn", ",", "12,34,567", "and", "1", ",", "5"]);
        assert_eq!(words("the G7, 2½ km"), ["the", "G7", ",", "2", "½", "km"]);
        assert_eq!(words("5 p.m. in the U.S. today."), ["5", "p.m.", "in", "the", "U.S.", "today", "."]);
        assert_eq!(words("don’t stop.Go"), ["don’t", "stop", ".", "Go"]);
    }
}
