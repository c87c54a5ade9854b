//! What a numeral can be no part of a date for: a price, a model, a number of people.

use super::super::words::Word;
use super::Grammar;

impl Grammar<'_> {
    /// Whether a numeral is not part of something longer: a price, a model, a percentage.
    pub(super) fn free(&self, at: usize) -> bool {
        let Some(token) = self.get(at) else { return false };
        let joined_before = at > 0 && !token.spaced && {
            let before = self.word(at - 1);
            match before {
                Word::Mark('-') => {
                    // "F-16", "COVID-19"; "mid-1990", "pre-2010" and "March-2010" are dates.
                    at > 1
                        && !self.get(at - 1).is_some_and(|dash| dash.spaced)
                        && self.word(at - 2) == Word::Other
                        && !self.any(at - 2, &["pre", "post"])
                }
                Word::Mark(mark) => {
                    matches!(mark, '$' | '£' | '€' | '¥' | '#' | '/' | '\\' | '@' | '_' | '&' | '+' | '=' | '.')
                }
                Word::Key => !self.any(at - 1, &["ad", "fy", "q"]),
                _ => true,
            }
        };
        let joined_after = self.get(at + 1).is_some_and(|next| {
            !next.spaced
                && match next.word {
                    Word::Mark(mark) => matches!(mark, '%' | '°' | '_' | '/' | '@'),
                    Word::Meridiem { .. } => false,
                    Word::Number { .. } | Word::Other | Word::Key => true,
                    _ => false,
                }
        });
        !joined_before && !joined_after
    }

    /// Whether the number before this token counts what the token says.
    pub(super) fn counts(&self, at: usize) -> bool {
        const COUNTED: &str = "\
            people persons men women children soldiers troops dollars euros pounds rubles roubles miles mile \
            kilometers kilometres km meters metres m feet ft foot tons tonnes votes points jobs homes houses \
            cases deaths times words seats students workers employees protesters percent pc million \
            billion thousand hundred dead injured wounded residents civilians officers members others copies \
            units kg mph kmh degrees refugees migrants prisoners drones missiles hectares acres barrels \
            passengers athletes companies countries schools patients square cubic calories years days hours \
            minutes months weeks seconds of or more";
        let Some(token) = self.get(at) else { return false };
        if token.mark('%') || token.is("per") && self.is(at + 1, "cent") {
            return true;
        }
        let of =
            self.is(at, "of") && self.any(at + 1, &["the", "them", "these", "those", "its", "their", "our", "whom"]);
        let or = self.is(at, "or") && self.any(at + 1, &["so", "more"]);
        if self.any(at, &["of", "or", "more"]) {
            return of || or;
        }
        self.listed(at, COUNTED)
    }
}
