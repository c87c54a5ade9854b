//! Whether a sentence speaks of what was or of what will be, where it names a day: by the nearest word that says so.
//!
//! A verb before the date speaks louder than one after it: in "said on Monday that it will" Monday is past, in "the vote
//! that will be held on Monday was" it is not.

use super::tokens::Token;
use super::words::Word;

/// Past or future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    Future,
}

/// How many tokens away a word may stand.
const REACH: usize = 16;

/// The tense around the tokens from `first` to `end`, and the token that says so.
pub(super) fn of(tokens: &[Token<'_>], first: usize, end: usize) -> (Option<Tense>, Option<usize>) {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| words.iter().any(|word| token.is(word)));
    // ", and on Tuesday a spokesman said" begins anew.
    let anew =
        |at: &usize| tokens.get(*at).is_some_and(|token| token.mark(',')) && is(at + 1, &["and", "but", "while"]);
    let before = || (first.saturating_sub(REACH)..first).rev();
    let after = end..tokens.len().min(end + REACH);
    let breaks = |at: &usize| tokens.get(*at).is_some_and(|token| matches!(token.word, Word::Mark(';' | '"')));
    let say = |at: usize| word(tokens, at).map(|tense| (tense, at));
    // "ahead of Sunday's vote"
    let ahead = |at: usize| (is(at, &["ahead"]) && is(at + 1, &["of"])).then_some((Tense::Future, at));
    let earlier = |at: usize| say(at).or_else(|| ahead(at));
    let mut clause = before().take_while(|at| !breaks(at) && !anew(at)).filter_map(earlier);
    let mut before = before().take_while(|at| !breaks(at)).filter_map(earlier);
    // "On Saturday the council agreed to meet": that day it agreed.
    let decided = |at: usize| {
        tokens.get(at).is_some_and(|token| past(token) && listed(token, WILLING)).then_some((Tense::Past, at))
    };
    let mut after = after.take_while(|at| !breaks(at)).filter_map(|at| decided(at).or_else(|| say(at)));
    match clause.next().or_else(|| after.next()).or_else(|| before.next()) {
        Some((tense, at)) => (Some(tense), Some(at)),
        None => (None, None),
    }
}

/// What one word says.
fn word(tokens: &[Token<'_>], at: usize) -> Option<Tense> {
    let token = tokens.get(at)?;
    if token.text.len() < 2 || !token.text.is_ascii() {
        return None;
    }
    let listed = |list: &str| listed(token, list);
    // "court-ordered", "U.S.-led"
    let joined = !token.spaced && at > 0 && tokens.get(at - 1).is_some_and(|mark| mark.mark('-'));
    if joined {
        return None;
    }
    let next = |word: &str| tokens.get(at + 1).is_some_and(|token| token.is(word));
    // "won't"; "won" is past.
    let will_not = token.is("won") && tokens.get(at + 1).is_some_and(|mark| mark.mark('\''));
    // "expected on Friday", "set for Friday", "due on", "agreed to meet"
    if listed(FUTURE) || will_not || token.is("set") && (next("for") || next("to")) {
        return Some(Tense::Future);
    }
    // "agreed to meet", but not "agreed to sampling"
    let verb = |at: usize| {
        tokens.get(at).is_some_and(|verb| {
            let gerund = verb.text.len() > 5 && verb.text.ends_with("ing");
            !verb.capital && verb.word == Word::Other && !gerund
        })
    };
    let to = next("to") && verb(at + 2);
    if listed(WILLING) && to {
        return Some(Tense::Future);
    }
    // "would resume on Friday", "could rain", not "could have won" and "could not find".
    let done = next("have")
        || next("not")
        || token.is("could") && next("be")
        || tokens.get(at + 1).is_some_and(|mark| mark.mark('\''));
    if !token.capital && listed(MODAL) && !done {
        return Some(Tense::Future);
    }
    // "agreed on Wednesday to stop": what was agreed, wanted or planned is to come.
    let willing = |at: usize| tokens.get(at).is_some_and(|token| self::listed(token, WILLING));
    let infinitive = verb(at + 1) && !next("have");
    if token.is("to") && infinitive && (at.saturating_sub(4)..at).any(|back| willing(back) && !copula(tokens, back)) {
        return Some(Tense::Future);
    }
    // A title's "Ministers to meet on Friday".
    if token.is("to") && infinitive && !tokens.iter().take(at).skip(at.saturating_sub(REACH)).any(past) {
        return Some(Tense::Future);
    }
    if !past(token) {
        return None;
    }
    // "will be held", "is to be completed"
    let modal = |back: usize| {
        at.checked_sub(back).and_then(|at| tokens.get(at)).is_some_and(|token| {
            ["will", "shall", "ll", "to", "would", "may", "might", "must", "should"].iter().any(|word| token.is(word))
        })
    };
    // "was to have landed"
    let back = |back: usize, words: &[&str]| {
        at.checked_sub(back).and_then(|at| tokens.get(at)).is_some_and(|token| words.iter().any(|word| token.is(word)))
    };
    let perfect = back(1, &["have"]) && !back(2, &["will", "shall", "ll"]);
    Some(if !perfect && (2..=3).any(modal) || modal(1) && !token.text.ends_with("ed") {
        Tense::Future
    } else {
        Tense::Past
    })
}

/// "is", "are" and "going" want "to" right after them.
fn copula(tokens: &[Token<'_>], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| ["is", "are", "going", "about", "likely"].iter().any(|word| token.is(word)))
}

/// Whether something before a token speaks of the future: "until Friday" is to come in "will stay closed until Friday".
pub(super) fn looks_ahead(tokens: &[Token<'_>], first: usize) -> bool {
    (first.saturating_sub(REACH)..first).any(|at| word(tokens, at) == Some(Tense::Future))
}

/// Whether a word is in a list.
fn listed(token: &Token<'_>, list: &str) -> bool {
    list.split(' ').any(|word| token.is(word))
}

/// Whether a word is a verb of the past.
fn past(token: &Token<'_>) -> bool {
    let text = token.text;
    let lower = text.starts_with(|c: char| c.is_ascii_lowercase());
    let regular = lower && text.len() > 3 && text.ends_with("ed") && !NO_PAST.split(' ').any(|word| word == text);
    regular || PAST.split(' ').any(|word| token.is(word))
}

/// Words that say that something is to come.
const FUTURE: &str = "\
    will shall ll upcoming forthcoming tomorrow scheduled due expected expects expect slated planned plans planning begins \
    starts opens takes enters ends expires returns meet meets";

/// Words that say so before a verb.
const MODAL: &str = "would could may might should must";

/// Words that say so where "to" and a verb follow.
const WILLING: &str = "\
    agreed agree wants want wanted hopes hope hoped intends intend aims aim promised vowed pledged \
    prepares prepare preparing likely going about decided ready invited is are vows agrees seeks \
    offers offered ordered poised bound hoping";

/// Words that end like verbs of the past.
const NO_PAST: &str = "need indeed speed feed seed breed hundred united exceed proceed succeed";

/// Verbs of the past that do not end like it.
const PAST: &str = "\
    was were had did said told went came made took got gave found left met won lost began became saw \
    held led kept brought wrote spoke fell rose grew struck hit shot sent spent paid sold bought ran \
    stood understood put fought caught broke chose drew drove flew forgot heard hurt knew laid meant \
    sought shook shut sank stole swore taught threw thought wore been died";
