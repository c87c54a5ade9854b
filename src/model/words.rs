//! Cuts text into words, the unit that the model labels.
//!
//! The rules are those of newswire treebanks, with one departure: a hyphen between letters stands apart, so that "US" in
//! "US-led" can be labelled.  `training/newsroom/words.py` holds the same rules for training; both are checked against
//! `tests/data/words.json`.
//!
//! Character classes are spelled out here instead of being taken from a Unicode table, because two languages rarely ship
//! the same version of that table and serving must see the words that training saw.

use std::ops::Range;

/// Characters after which a word is cut, so that a line without spaces costs no more than other text.
const LONGEST_WORD: usize = 48;

/// Abbreviations whose period belongs to the word, beside single capitals ("J.") and letters in a row ("U.S.").
const ABBREVIATIONS: &[&str] = &[
    "Mr", "Mrs", "Ms", "Dr", "Prof", "Gen", "Sen", "Rep", "Gov", "Lt", "Col", "Maj", "Capt", "Sgt", "Cpl", "Cmdr",
    "Adm", "Rev", "Hon", "Pres", "St", "Jr", "Sr", "Messrs", "Inc", "Corp", "Co", "Ltd", "Bros", "Jan", "Feb", "Apr",
    "Aug", "Sept", "Sep", "Oct", "Nov", "Dec", "vs", "Ph.D", "Mt", "Ft", "Brig", "Supt", "Insp",
];

const CLITICS: &[&str] = &["s", "m", "d", "re", "ve", "ll"];
const LINKS: &[&str] = &["http://", "https://", "www."];
const AFTER_LINK: &str = ".,;:!?)]}>'\"»”’";

const SYMBOLS: &[(u32, u32)] = &[
    (0x00, 0x2F),
    (0x3A, 0x40),
    (0x5B, 0x5E),
    (0x60, 0x60),
    (0x7B, 0xA9),
    (0xAB, 0xAC),
    (0xAE, 0xB4),
    (0xB6, 0xB9),
    (0xBB, 0xBF),
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    (0x200B, 0x200B),
    (0x200E, 0x206F),
    (0x20A0, 0x20CF),
    (0x2190, 0x2BFF),
    (0x3001, 0x3004),
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0xFE30, 0xFE6F),
    (0xFEFF, 0xFEFF),
    (0xFF01, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFF9, 0xFFFD),
    (0x1F000, 0x1FAFF),
];

/// Whether `c` separates words and belongs to none.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

fn is_symbol(c: char) -> bool {
    let code = u32::from(c);
    SYMBOLS.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

/// Letters, digits, marks and whatever else is neither white space nor a symbol.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!is_space(c) && !is_symbol(c))
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑')
}

/// The byte ranges of the words of `text`, in order.
///
/// Every character that is not white space lies in exactly one word; a word is at most 48 characters long.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::with_capacity(text.len() / 5);
    let mut chunk: Vec<(usize, char)> = Vec::new();
    for (at, c) in text.char_indices() {
        if is_space(c) {
            split_chunk(&chunk, at, &mut words);
            chunk.clear();
        } else {
            chunk.push((at, c));
        }
    }
    split_chunk(&chunk, text.len(), &mut words);
    words
}

/// Appends the words of a run of characters without white space; `end` is the byte after it.
fn split_chunk(chunk: &[(usize, char)], end: usize, words: &mut Vec<Range<usize>>) {
    let byte = |index: usize| chunk.get(index).map_or(end, |(at, _)| *at);
    let mut push = |first: usize, last: usize| {
        let mut first = first;
        while last - first > LONGEST_WORD {
            words.push(byte(first)..byte(first + LONGEST_WORD));
            first += LONGEST_WORD;
        }
        words.push(byte(first)..byte(last));
    };

    let chars: Vec<char> = chunk.iter().map(|(_, c)| *c).collect();
    let mut at = 0;
    while at < chars.len() {
        let last = if begins_link(&chars[at..]) {
            link_end(&chars, at)
        } else if is_letter(chars[at]) {
            word_end(&chars, at)
        } else {
            symbol_end(&chars, at)
        };
        let cut = clitic_start(&chars[at..last]);
        if 0 < cut && cut < last - at {
            push(at, at + cut);
            push(at + cut, last);
        } else {
            push(at, last);
        }
        at = last;
    }
}

fn begins_link(chars: &[char]) -> bool {
    LINKS.iter().any(|link| chars.len() >= link.len() && link.chars().zip(chars).all(|(ours, theirs)| ours == *theirs))
}

/// The end of the address that begins at `start`: it takes the chunk but for the punctuation that closes it.
fn link_end(chars: &[char], start: usize) -> usize {
    let mut end = chars.len();
    while end > start + 1 && AFTER_LINK.contains(chars[end - 1]) {
        end -= 1;
    }
    end
}

/// The end of the word that begins with the letter at `start`, clitics included.
fn word_end(chars: &[char], start: usize) -> usize {
    let mut end = start + 1;
    while end < chars.len() {
        if is_letter(chars[end]) {
            end += 1;
        } else if end + 1 < chars.len() && is_letter(chars[end + 1]) && joins(chars, start, end) {
            end += 2;
        } else {
            break;
        }
    }
    let ends_in_period = chars.get(end) == Some(&'.') && chars.get(end + 1) != Some(&'.');
    if ends_in_period && is_abbreviation(&chars[start..end]) {
        end += 1;
    }
    end
}

/// Whether the symbol at `at`, a letter on either side, stands inside the word that begins at `start`.
fn joins(chars: &[char], start: usize, at: usize) -> bool {
    let (symbol, before, after) = (chars[at], chars[at - 1], chars[at + 1]);
    match symbol {
        '.' => {
            // A missing space after a full stop ("ended.The") is commoner than a name of that shape.
            let missing_space = at - start >= 2
                && chars[at - 2].is_ascii_lowercase()
                && before.is_ascii_lowercase()
                && after.is_ascii_uppercase();
            !missing_space
        }
        ',' | ':' => before.is_ascii_digit() && after.is_ascii_digit(),
        '&' => before.is_ascii_uppercase() && after.is_ascii_uppercase(),
        _ if is_apostrophe(symbol) => true,
        _ if is_hyphen(symbol) => before.is_ascii_digit() && after.is_ascii_digit(),
        _ => false,
    }
}

fn is_abbreviation(word: &[char]) -> bool {
    if let [only] = word {
        return only.is_ascii_uppercase();
    }
    let listed = ABBREVIATIONS.iter().any(|known| known.len() == word.len() && known.chars().eq(word.iter().copied()));
    // Letters and periods in turn: "U.S", "a.m".
    let in_turn = word.len() % 2 == 1
        && word.iter().enumerate().all(|(index, c)| if index % 2 == 1 { *c == '.' } else { c.is_ascii_alphabetic() });
    listed || in_turn
}

/// The end of the symbol at `start`: one character, a run of the same one, or a clitic ("'s") by itself.
fn symbol_end(chars: &[char], start: usize) -> usize {
    let first = chars[start];
    let run =
        |from: usize, belongs: &dyn Fn(char) -> bool| from + chars[from..].iter().take_while(|c| belongs(**c)).count();
    if is_apostrophe(first) {
        let end = run(start + 1, &is_letter);
        if is_clitic(&chars[start + 1..end]) {
            return end;
        }
    }
    run(start + 1, &|c| c == first)
}

/// Where the clitic at the end of `word` begins; 0 if there is none.
fn clitic_start(word: &[char]) -> usize {
    for apostrophe in ['\'', '’'] {
        let Some(at) = word.iter().rposition(|c| *c == apostrophe) else {
            continue;
        };
        let clitic = &word[at + 1..];
        if matches!(clitic, ['t' | 'T']) && at > 0 && matches!(word[at - 1], 'n' | 'N') {
            return at - 1;
        }
        if is_clitic(clitic) {
            return at;
        }
    }
    0
}

fn is_clitic(letters: &[char]) -> bool {
    letters.len() <= 2 && CLITICS.iter().any(|known| known.chars().eq(letters.iter().map(char::to_ascii_lowercase)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_the_words_of_training() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/words.json");
        let file = std::fs::read_to_string(path).unwrap();
        let cases: Vec<(String, Vec<String>)> = serde_json::from_str(&file).unwrap();
        assert!(cases.len() > 40);
        for (text, expected) in cases {
            let words: Vec<&str> = split(&text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(words, expected, "{text:?}");
        }
    }

    #[test]
    fn cuts_a_line_without_spaces() {
        let text = "x".repeat(100_000);
        assert!(split(&text).iter().all(|word| word.len() <= LONGEST_WORD));
    }

    proptest! {
        #[test]
        fn loses_nothing_but_white_space(text in "\\PC*|[ -~’“\\n\\u{200b}\\u{1f600}]*") {
            let mut at = 0;
            for word in split(&text) {
                prop_assert!(word.start < word.end);
                prop_assert!(text.get(at..word.start).unwrap().chars().all(is_space));
                prop_assert!(!text.get(word.clone()).unwrap().contains(is_space));
                at = word.end;
            }
            prop_assert!(text.get(at..).unwrap().chars().all(is_space));
        }
    }
}
