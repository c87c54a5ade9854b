//! The sentences of the story: of its titles, sub-heads, list items and paragraphs.
//!
//! Rules of English newswire: a mark ends a sentence where white space and something that may begin a sentence follow,
//! unless the word before is an abbreviation or an initial. One look at each character.

use super::segments::{Kind, Segments};
use crate::article::is_blank;
use crate::document::{Document, Layer, Wire};
use crate::json::{Object, array};
use crate::stage::{Resources, Stage, Switch};
use crate::text::Span;

/// The sentences, in order; none crosses a segment.
pub struct Sentences {
    /// Their spans.
    pub spans: Vec<Span>,
}

impl Layer for Sentences {
    fn write(&self, wire: &Wire<'_>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        array(out, &self.spans, |span, out| {
            let mut object = Object::open(out);
            wire.span(&mut object, *span)?;
            object.close()
        })?;
        Ok(true)
    }
}

/// The stage.
pub struct Split;

impl Stage for Split {
    const NAME: &'static str = "sentences";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments"];
    type Settings = Switch;
    type Output = Sentences;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self)
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Sentences> {
        let text = document.text();
        let mut spans = Vec::new();
        for segment in document.required::<Segments>()?.prose() {
            let slice = text.slice(segment.span);
            let mut start = 0;
            let ends = match segment.kind {
                Kind::Title | Kind::Subhead => Vec::new(),
                _ => ends(slice),
            };
            for end in ends.into_iter().chain([slice.len()]) {
                let sentence = text.span_in(segment.span, start..end).map(|span| text.trim(span, is_blank));
                spans.extend(sentence.filter(|span| !span.is_empty()));
                start = end;
            }
        }
        Ok(Sentences { spans })
    }
}

/// Byte offsets at which a sentence ends and another follows.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, mark)) = rest.next() {
        let wide = matches!(mark, '。' | '！' | '？');
        if !wide && !matches!(mark, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + mark.len_utf8();
        while let Some((next, c)) = rest.next_if(|(_, c)| is_closing(*c) || matches!(c, '.' | '!' | '?' | '…')) {
            end = next + c.len_utf8();
        }
        let after = text.get(end..).unwrap_or_default();
        let following = after.trim_start_matches(is_blank);
        let gap = following.len() < after.len();
        if following.is_empty() || !(wide || gap && may_begin(following)) {
            continue;
        }
        let lone_dot = mark == '.' && end == at + 1;
        let closed_dot = mark == '.' && text.get(at + 1..end).is_some_and(|tail| !tail.contains('.'));
        if (lone_dot || closed_dot) && continues(last_word(text, at), following) {
            continue;
        }
        ends.push(end);
    }
    ends
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '”' | '’' | '\'' | '»' | ')' | ']' | '」')
}

/// Whether a sentence may begin like this: not with a small letter, nor with a mark that goes on.
fn may_begin(following: &str) -> bool {
    let first =
        following.trim_start_matches(['"', '“', '‘', '\'', '«', '(', '[', '-', '–', '—', '•', '*', ' ']).chars().next();
    first.is_some_and(|c| !c.is_lowercase() && !matches!(c, ',' | ';' | ':' | '.' | ')'))
}

/// The word that ends at `at`, back to white space; longer than any abbreviation, it does not matter how long.
fn last_word(text: &str, at: usize) -> &str {
    let from = text.ceil_char_boundary(at.saturating_sub(24));
    let tail = text.get(from..at).unwrap_or_default();
    let word = tail.rsplit(is_blank).next().unwrap_or_default();
    word.trim_start_matches(['"', '“', '‘', '\'', '«', '(', '[', '—', '–', '-'])
}

/// Whether the dot after `word` belongs to the word and the sentence goes on.
fn continues(word: &str, following: &str) -> bool {
    /// Always stand before a name or a number.
    const BEFORE_NAMES: &[&str] = &[
        "Mr", "Mrs", "Ms", "Mx", "Dr", "Prof", "Gov", "Sen", "Rep", "Gen", "Col", "Lt", "Sgt", "Cpl", "Pvt", "Capt",
        "Cmdr", "Adm", "Maj", "Brig", "Rev", "Fr", "Hon", "Pres", "Sec", "Supt", "Det", "Insp", "Amb", "Atty", "Msgr",
        "St", "Ste", "Mt", "Ft", "Messrs", "Mmes", "Sens", "Reps", "Govs", "Gens", "Profs", "Drs", "vs", "v", "cf",
        "al", "approx",
    ];
    /// Stand before a number.
    const BEFORE_NUMBERS: &[&str] = &[
        "No", "Nos", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sept", "Sep", "Oct", "Nov", "Dec", "Art", "Fig",
        "Vol", "Ch", "p", "pp",
    ];
    /// May end a sentence or stand inside a name.
    const EITHER: &[&str] = &[
        "Inc", "Corp", "Co", "Ltd", "Bros", "Jr", "Sr", "Cos", "LLC", "PLC", "Ala", "Ariz", "Ark", "Calif", "Colo",
        "Conn", "Del", "Fla", "Ga", "Ill", "Ind", "Kan", "Ky", "La", "Md", "Mass", "Mich", "Minn", "Miss", "Mo",
        "Mont", "Neb", "Nev", "Okla", "Ore", "Pa", "Tenn", "Tex", "Vt", "Va", "Wash", "Wis", "Wyo", "Ont", "Que",
        "Ave", "Blvd", "Rd", "Dept", "Univ", "Assn", "Intl", "Natl", "Bldg", "a.m", "p.m", "e.g", "i.e", "etc", "Est",
        "est", "Ph.D", "M.D", "B.A", "M.A", "D.C", "N.Y",
    ];
    let letters = || word.chars().filter(|c| c.is_alphabetic());
    let initial = letters().count() == 1 && word.chars().all(|c| c.is_uppercase());
    // U.S., J.K., a.m.: letters with dots between.
    let dotted = word.contains('.')
        && word.split('.').all(|part| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic));
    if BEFORE_NAMES.contains(&word) {
        return true;
    }
    if BEFORE_NUMBERS.contains(&word) {
        return following.starts_with(|c: char| c.is_ascii_digit());
    }
    (initial || dotted || EITHER.contains(&word)) && !opens_sentence(following)
}

/// Whether the next word is one that begins sentences and no names.
fn opens_sentence(following: &str) -> bool {
    const WORDS: &[&str] = &[
        "The", "A", "An", "It", "He", "She", "They", "We", "I", "You", "But", "And", "Or", "So", "In", "On", "At",
        "For", "By", "From", "With", "This", "That", "These", "Those", "There", "Here", "His", "Her", "Its", "Their",
        "Our", "My", "As", "If", "When", "While", "After", "Before", "Since", "Until", "Although", "Though", "Because",
        "However", "Some", "Many", "Most", "Other", "Others", "No", "Not", "To", "What", "Who", "Why", "How", "Yet",
        "Last", "Police",
    ];
    if following.starts_with(['"', '“', '‘']) {
        return true;
    }
    let word = following.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every dot looks at the word before it; that must not become a look at all words before it.
    #[test]
    fn a_megabyte_of_dots_is_read_in_one_pass() {
        for text in ["a.b".repeat(350_000), ". ".repeat(500_000), "A. ".repeat(330_000), "\u{2028}. ".repeat(200_000)] {
            let ends = ends(&text);
            assert!(ends.len() <= text.len());
        }
    }
}
