//! Holidays and days with a name.

use super::calendar::Holiday;
use super::calendar::Holiday::{Easter, Fixed, Nth, Unknown};
use super::tokens::Token;

/// Names in small letters, longer ones before those that begin like them.
const NAMES: &[(&[&str], Holiday)] = &[
    (&["ash", "wednesday"], Easter(-46)),
    (&["ascension", "day"], Easter(39)),
    (&["anzac", "day"], Fixed(4, 25)),
    (&["armistice", "day"], Fixed(11, 11)),
    (&["bastille", "day"], Fixed(7, 14)),
    (&["black", "friday"], Nth(11, 4, 4, 1)),
    (&["boxing", "day"], Fixed(12, 26)),
    (&["christmas", "day"], Fixed(12, 25)),
    (&["christmas", "eve"], Fixed(12, 24)),
    (&["christmas"], Fixed(12, 25)),
    (&["cinco", "de", "mayo"], Fixed(5, 5)),
    (&["columbus", "day"], Nth(10, 2, 1, 0)),
    (&["corpus", "christi"], Easter(60)),
    (&["cyber", "monday"], Nth(11, 4, 4, 4)),
    (&["diwali"], Unknown),
    (&["earth", "day"], Fixed(4, 22)),
    (&["easter", "monday"], Easter(1)),
    (&["easter", "sunday"], Easter(0)),
    (&["easter"], Easter(0)),
    (&["eid", "al", "-", "adha"], Unknown),
    (&["eid", "al", "-", "fitr"], Unknown),
    (&["eid"], Unknown),
    (&["fourth", "of", "july"], Fixed(7, 4)),
    (&["good", "friday"], Easter(-2)),
    (&["halloween"], Fixed(10, 31)),
    (&["hanukkah"], Unknown),
    (&["independence", "day"], Unknown),
    (&["international", "women", "'", "s", "day"], Fixed(3, 8)),
    (&["juneteenth"], Fixed(6, 19)),
    (&["labor", "day"], Nth(9, 1, 1, 0)),
    (&["labour", "day"], Unknown),
    (&["lunar", "new", "year"], Unknown),
    (&["martin", "luther", "king", "jr", ".", "day"], Nth(1, 3, 1, 0)),
    (&["martin", "luther", "king", "day"], Nth(1, 3, 1, 0)),
    (&["may", "day"], Fixed(5, 1)),
    (&["memorial", "day"], Nth(5, -1, 1, 0)),
    (&["mother", "'", "s", "day"], Unknown),
    (&["new", "year", "'", "s", "day"], Fixed(1, 1)),
    (&["new", "year", "'", "s", "eve"], Fixed(12, 31)),
    (&["palm", "sunday"], Easter(-7)),
    (&["passover"], Unknown),
    (&["pentecost"], Easter(49)),
    (&["presidents", "'", "day"], Nth(2, 3, 1, 0)),
    (&["ramadan"], Unknown),
    (&["rosh", "hashanah"], Unknown),
    (&["shrove", "tuesday"], Easter(-47)),
    (&["st", ".", "patrick", "'", "s", "day"], Fixed(3, 17)),
    (&["st", "patrick", "'", "s", "day"], Fixed(3, 17)),
    (&["thanksgiving", "day"], Nth(11, 4, 4, 0)),
    (&["thanksgiving"], Nth(11, 4, 4, 0)),
    (&["valentine", "'", "s", "day"], Fixed(2, 14)),
    (&["veterans", "day"], Fixed(11, 11)),
    (&["victory", "day"], Unknown),
    (&["yom", "kippur"], Unknown),
];

/// The holiday that is named at a token, and the token after its name.
pub(super) fn at(tokens: &[Token<'_>], at: usize, first: &Token<'_>) -> Option<(Holiday, usize)> {
    let initial = first.text.bytes().next()?.to_ascii_lowercase();
    let named = |name: &&(&[&str], Holiday)| {
        name.0.first().is_some_and(|word| word.as_bytes().first() == Some(&initial))
            && name.0.iter().enumerate().all(|(index, word)| {
                tokens.get(at + index).is_some_and(|token| token.is(word) || *word == "'" && token.mark('\''))
            })
    };
    let (name, holiday) = NAMES.iter().find(named)?;
    Some((*holiday, at + name.len()))
}
