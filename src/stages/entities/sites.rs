//! X, the site: a name of one letter, which the model passes over. The words around tell it from any other X.

use super::grouping::Found;
use super::words::Words;
use crate::document::Evidence;
use crate::stages::encoder::Kind;

/// How sure the words around make it.
const CONFIDENCE: f64 = 0.9;

/// Words between the verb and "on X", at most: "wrote late on Monday on X".
const REACH: usize = 6;

/// What X is, right before it.
const SITES: [&str; 5] = ["site", "platform", "network", "app", "service"];

/// What is done there, before "on X" or "to X".
const POSTED: [&str; 14] = [
    "wrote",
    "writes",
    "writing",
    "posted",
    "post",
    "posts",
    "posting",
    "said",
    "says",
    "statement",
    "shared",
    "message",
    "announced",
    "video",
];

/// The mentions of the site that are none of `found`, in order.
pub(super) fn missed(words: &Words<'_>, found: &[Found]) -> Vec<Found> {
    let taken = |at: usize| found.iter().any(|mention| mention.words.contains(&at));
    let sites = (0..words.len()).filter(|at| words.raw(*at) == "X").filter_map(|at| Some((at, cue(words, at)?)));
    let sites = sites.filter(|(at, _)| !taken(*at));
    let mention = |(at, cue): (usize, usize)| {
        Some(Found {
            span: words.span(&(at..at + 1))?,
            words: at..at + 1,
            kind: Kind::Organisation,
            confidence: CONFIDENCE,
            title: words.is_title(at),
            beside: Some(Evidence::of("site", words.span(&(cue..cue + 1)))),
        })
    };
    sites.filter_map(mention).collect()
}

/// The word that says that the X at a place is the site.
fn cue(words: &Words<'_>, at: usize) -> Option<usize> {
    let after = words.after(at);
    if after.is_some_and(|after| words.is_capital(after) || matches!(words.raw(after), "-" | "&" | "’s" | "'s")) {
        return None;
    }
    let formerly = after.filter(|after| matches!(words.raw(*after), "(" | ",")).and_then(|after| words.after(after));
    if let Some(formerly) = formerly.filter(|at| words.lower(*at) == "formerly") {
        return Some(formerly);
    }
    let before = words.before(at)?;
    match words.lower(before) {
        site if SITES.contains(&site) => Some(before),
        "on" | "to" => {
            let verbs = std::iter::successors(words.before(before), |at| words.before(*at)).take(REACH);
            verbs.into_iter().find(|verb| POSTED.contains(&words.lower(*verb)))
        }
        _ => None,
    }
}
