//! Quotation marks: which of them open, which close, and which are none.
//!
//! A mark opens where a word follows it and none stands before it, and closes where it is the other way round; of what
//! is open decides the rest, so that "«" closes a quotation that "»" opened. Single marks count only where both ends are
//! found, because most of them are apostrophes. Of nested quotations the outermost is kept. One look at each character.

use super::words::is_space;
use crate::text::{Span, Text};

/// What stands between marks in one paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// With its marks.
    pub(super) outer: Span,
    /// Without them.
    pub(super) inner: Span,
    /// Whether its closing mark is there.
    pub(super) closed: bool,
    /// Whether its opening mark is there; without, it began in the paragraph before.
    pub(super) opened: bool,
}

/// The pairs of marks that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// " and its kin, also two single ones: any closes any.
    Double,
    /// « ».
    Angle,
    /// ' and its kin.
    Single,
}

/// A character that may be a mark.
struct Candidate {
    at: usize,
    end: usize,
    family: Family,
    /// Which way its shape points: opening, closing or either.
    shape: Option<bool>,
    /// Whether its surroundings let it open.
    opens: bool,
    /// Whether its surroundings let it close.
    closes: bool,
    /// Whether it closes after a mark of punctuation or before one, where no possessive stands.
    firm: bool,
}

/// The stretches between outermost marks in a paragraph, in order.
pub(super) fn stretches(text: &Text, paragraph: Span) -> Vec<Stretch> {
    let slice = text.slice(paragraph);
    let candidates = candidates(slice);
    let singles = close_singles(&candidates);
    // How many marks of a family that must open or close follow each candidate.
    let mut after = vec![(0u32, 0u32); candidates.len() + 1];
    for (index, candidate) in candidates.iter().enumerate().rev() {
        let (opening, closing) = after[index + 1];
        let counts = candidate.family != Family::Single;
        let (must_open, must_close) = (candidate.shape == Some(true), candidate.shape == Some(false));
        after[index] = (opening + u32::from(counts && must_open), closing + u32::from(counts && must_close));
    }

    let mut found = Found { text, paragraph, slice, stretches: Vec::new() };
    let mut open: Option<Open> = None;
    for (index, candidate) in candidates.iter().enumerate() {
        let Some(outer) = &mut open else {
            if candidate.family == Family::Single {
                if let Some(close) = singles[index] {
                    open = Some(Open {
                        at: candidate.at,
                        inner: candidate.end,
                        mark: index,
                        depth: 0,
                        close: Some(close),
                    });
                }
            } else if candidate.may_open() {
                open = Some(Open { at: candidate.at, inner: candidate.end, mark: index, depth: 0, close: None });
            } else if candidate.closes && found.stretches.is_empty() && !is_inches(slice, candidate) {
                found.add(None, Some(candidate));
            }
            continue;
        };
        if let Some(close) = outer.close {
            if close == index {
                found.add(Some((outer.at, outer.inner)), Some(candidate));
                open = None;
            }
            continue;
        }
        let opener = &candidates[outer.mark];
        if candidate.family != opener.family {
            continue;
        }
        let closes = match (candidate.closes, candidate.opens) {
            (true, false) => true,
            (false, true) => false,
            // Between two words: the shape tells, a straight one closes.
            _ => candidate.shape != Some(true) || opener.shape != Some(true) && candidate.closes,
        };
        if closes && outer.depth > 0 {
            outer.depth -= 1;
        } else if closes {
            found.add(Some((outer.at, outer.inner)), Some(candidate));
            open = None;
        } else if candidate.shape.is_some() {
            // Opened again: nested if enough closing marks are left for all that would be open, else never closed.
            let (opening, closing) = after[index];
            if closing > opening + outer.depth {
                outer.depth += 1;
            } else {
                found.add_until(outer, candidate.at);
                open = Some(Open { at: candidate.at, inner: candidate.end, mark: index, depth: 0, close: None });
            }
        } else {
            found.add_until(outer, candidate.at);
            open = Some(Open { at: candidate.at, inner: candidate.end, mark: index, depth: 0, close: None });
        }
    }
    if let Some(outer) = open {
        found.add_until(&outer, slice.len());
    }
    found.stretches
}

/// Whether a mark may be one of length: 6'2".
fn is_inches(slice: &str, mark: &Candidate) -> bool {
    let before = slice.get(..mark.at).and_then(|before| before.chars().next_back());
    mark.shape.is_none() && before.is_some_and(|c| c.is_ascii_digit())
}

struct Open {
    at: usize,
    inner: usize,
    /// Its place among the candidates.
    mark: usize,
    /// How many nested ones of the same family are open.
    depth: u32,
    /// The candidate that closes it, where that is known.
    close: Option<usize>,
}

struct Found<'a> {
    text: &'a Text,
    paragraph: Span,
    slice: &'a str,
    stretches: Vec<Stretch>,
}

impl Found<'_> {
    fn add(&mut self, open: Option<(usize, usize)>, close: Option<&Candidate>) {
        let (start, inner) = open.unwrap_or((0, 0));
        let (last, end) = close.map_or((self.slice.len(), self.slice.len()), |mark| (mark.at, mark.end));
        let spans =
            (self.text.span_in(self.paragraph, start..end), self.text.span_in(self.paragraph, inner..last.max(inner)));
        let (Some(outer), Some(inner)) = spans else { return };
        let inner = self.text.trim(inner, is_space);
        if !inner.is_empty() {
            self.stretches.push(Stretch { outer, inner, closed: close.is_some(), opened: open.is_some() });
        }
    }

    /// Adds what was opened and not closed before `end`.
    fn add_until(&mut self, open: &Open, end: usize) {
        let spans =
            (self.text.span_in(self.paragraph, open.at..end), self.text.span_in(self.paragraph, open.inner..end));
        let (Some(outer), Some(inner)) = spans else { return };
        let (outer, inner) = (self.text.trim(outer, is_space), self.text.trim(inner, is_space));
        if !inner.is_empty() {
            self.stretches.push(Stretch { outer, inner, closed: false, opened: true });
        }
    }
}

impl Candidate {
    fn may_open(&self) -> bool {
        self.opens && (self.shape != Some(false) || !self.closes)
    }
}

/// All characters of a paragraph that may be marks.
fn candidates(slice: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut before: Option<char> = None;
    let mut rest = slice.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let Some((mut family, mut shape)) = family(c) else {
            before = Some(c);
            continue;
        };
        let mut end = at + c.len_utf8();
        // ``words'' of typewriters.
        if matches!(c, '`' | '\'') && rest.next_if(|(_, next)| *next == c).is_some() {
            (family, shape, end) = (Family::Double, (c == '`').then_some(true), end + 1);
        } else if c == '`' {
            before = Some(c);
            continue;
        }
        let next = rest.peek().map(|(_, c)| *c);
        // « words »: white space inside French marks.
        let wide = family == Family::Angle && before.is_none_or(is_space) && next.is_some_and(is_space);
        let free =
            before.is_none_or(|c| is_space(c) || matches!(c, '(' | '[' | '{' | '—' | '–' | '-' | '/' | '…' | ':'));
        let attached = next.is_some_and(|c| !is_space(c) && !matches!(c, ',' | ';' | '!' | '?' | ')' | ']' | ':'));
        let marked = |c: char| family_of(c) != Some(family);
        let after_mark = before.is_some_and(|c| family_of(c).is_some_and(|other| other != family));
        let before_word = next.is_some_and(|c| c.is_alphanumeric());
        let opens = (free || after_mark && before_word || wide) && (attached || wide);
        let closes = wide
            || before.is_some_and(|c| !is_space(c) && !matches!(c, '(' | '[' | '{') && marked(c))
                && !(family == Family::Single && next.is_some_and(|c| c.is_alphanumeric()));
        let firm = before.is_some_and(|c| matches!(c, '.' | ',' | '!' | '?' | '…'))
            || next.is_none_or(|c| matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | ')' | '—' | '–'))
            || before.is_some_and(|c| c != 's' && c != 'S');
        found.push(Candidate { at, end, family, shape, opens, closes, firm });
        before = Some(c);
    }
    // A single mark before a word that is shortened is an apostrophe: ’tis, ’90s.
    for mark in found.iter_mut().filter(|mark| mark.family == Family::Single && mark.opens && mark.shape != Some(true))
    {
        mark.opens = !is_elision(slice.get(mark.end..).unwrap_or_default());
    }
    found
}

fn family_of(c: char) -> Option<Family> {
    family(c).map(|(family, _)| family)
}

/// The family of a character, and which way its shape points.
fn family(c: char) -> Option<(Family, Option<bool>)> {
    match c {
        '"' | '＂' => Some((Family::Double, None)),
        '“' | '„' | '‟' | '〝' => Some((Family::Double, Some(true))),
        '”' | '〞' | '〟' => Some((Family::Double, Some(false))),
        '«' | '‹' => Some((Family::Angle, Some(true))),
        '»' | '›' => Some((Family::Angle, Some(false))),
        '\'' | '`' => Some((Family::Single, None)),
        '‘' | '‚' | '‛' => Some((Family::Single, Some(true))),
        '’' => Some((Family::Single, Some(false))),
        _ => None,
    }
}

/// Whether what follows a single mark is a word without its first letters.
fn is_elision(after: &str) -> bool {
    const WORDS: &[&str] = &["tis", "twas", "em", "til", "cause", "bout", "n", "round", "cos", "neath"];
    let word: String = after.chars().take(6).take_while(|c| c.is_alphanumeric()).collect();
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    WORDS.contains(&word.to_ascii_lowercase().as_str()) || digits == 2 && word.len() <= 3
}

/// For each single mark that opens, the one that closes it: the first firm one before the next that opens, else the
/// first at all.
fn close_singles(candidates: &[Candidate]) -> Vec<Option<usize>> {
    let mut closing = vec![None; candidates.len()];
    let (mut firm, mut any) = (None, None);
    for (index, candidate) in candidates.iter().enumerate().rev() {
        if candidate.family != Family::Single {
            continue;
        }
        // ’ opens nothing in English.
        if candidate.opens && candidate.shape != Some(false) {
            closing[index] = firm.or(any);
            (firm, any) = (None, None);
        } else if candidate.closes && candidate.shape != Some(true) {
            any = Some(index);
            firm = if candidate.firm { Some(index) } else { firm };
        }
    }
    closing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(body: &str) -> Vec<String> {
        let text = Text::new(None, body).unwrap();
        stretches(&text, text.body()).into_iter().map(|stretch| text.slice(stretch.inner).to_owned()).collect()
    }

    /// Newsrooms write marks in every way that keyboards and languages offer.
    #[test]
    fn marks_of_all_shapes_are_paired() {
        for (body, wanted) in [
            ("“We won,” he said.", vec!["We won,"]),
            ("\"We won,\" he said, \"at last.\"", vec!["We won,", "at last."]),
            ("‘We won’t go,’ he said.", vec!["We won’t go,"]),
            ("'The workers' rights matter,' he said.", vec!["The workers' rights matter,"]),
            ("« Nous restons », dit-elle.", vec!["Nous restons"]),
            ("«We stay», she said.", vec!["We stay"]),
            ("»We stay«, she said.", vec!["We stay"]),
            ("„We stay“, she said.", vec!["We stay"]),
            ("”We stay,” she said.", vec!["We stay,"]),
            ("``We stay,'' she said.", vec!["We stay,"]),
            ("“He said ‘no’ to me,” she said.", vec!["He said ‘no’ to me,"]),
            ("‘He said “no” to me,’ she said.", vec!["He said “no” to me,"]),
            ("The workers' union and the 1990's Dons' win.", vec![]),
            ("Rock 'n' roll of the ’90s, the dogs’ home.", vec![]),
            ("The board is 6'2\" long.", vec![]),
            ("“We stay", vec!["We stay"]),
            ("“One. “Two,” he said.", vec!["One.", "Two,"]),
            ("“A “nested” word,” he said.", vec!["A “nested” word,"]),
            ("(\"Yes\")—\"no\"", vec!["Yes", "no"]),
        ] {
            assert_eq!(inner(body), wanted, "{body}");
        }
    }
}
