//! Who says a number, by the words of its own sentence: "police said", "according to the ministry".

use std::ops::Range;

use super::tokens::Token;
use super::words;

/// Words of a sentence that name a source, and what they are the source of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The tokens that name it.
    pub(super) words: Range<usize>,
    /// The token of the cue.
    pub(super) cue: usize,
    /// The tokens that it speaks for.
    pub(super) scope: Range<usize>,
}

/// Verbs that report what somebody says.
const CUES: &[&str] = &[
    "acknowledged",
    "added",
    "admitted",
    "alleged",
    "alleges",
    "announced",
    "announces",
    "argued",
    "asserted",
    "believe",
    "believes",
    "believed",
    "cited",
    "claim",
    "claimed",
    "claiming",
    "claims",
    "confirmed",
    "confirms",
    "declared",
    "denied",
    "denies",
    "disclosed",
    "estimate",
    "estimated",
    "estimates",
    "expect",
    "expected",
    "expects",
    "explained",
    "forecast",
    "found",
    "insisted",
    "insists",
    "noted",
    "notes",
    "predicted",
    "projected",
    "projects",
    "quoted",
    "recalled",
    "recorded",
    "remarked",
    "replied",
    "report",
    "reported",
    "reports",
    "revealed",
    "said",
    "say",
    "saying",
    "says",
    "showed",
    "shows",
    "stated",
    "stressed",
    "suggested",
    "suggests",
    "testified",
    "told",
    "tweeted",
    "warned",
    "warns",
    "wrote",
    "writes",
];

/// The sources that the words of a sentence name, in order.
pub(super) fn all(tokens: &[Token<'_>]) -> Vec<Source> {
    let mut found: Vec<Source> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_word()) {
        let source = match token.lower.as_str() {
            "according" => according(tokens, at),
            // "Police put the crowd at 9,000".
            "put" | "puts" => said(tokens, at).filter(|_| (at + 1..at + 7).any(|at| lower(tokens, at) == "at")),
            cue if CUES.contains(&cue) => said(tokens, at),
            _ => None,
        };
        found.extend(source);
    }
    found
}

/// The source of what stands at token `at`: the last one that speaks for it.
pub(super) fn of(sources: &[Source], at: usize) -> Option<&Source> {
    // Few sources speak for one number; more than these are no sentence.
    sources
        .iter()
        .rev()
        .take(64)
        .filter(|source| source.scope.contains(&at))
        .min_by_key(|source| source.cue.abs_diff(at))
}

fn lower<'t>(tokens: &'t [Token<'_>], at: usize) -> &'t str {
    tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default()
}

/// "According to Russian officials": speaks for the whole sentence.
fn according(tokens: &[Token<'_>], at: usize) -> Option<Source> {
    if lower(tokens, at + 1) != "to" {
        return None;
    }
    let from = at + 2;
    let end = (from..tokens.len().min(from + 24)).find(|at| {
        let token = &tokens[*at];
        matches!(token.text, "," | "." | ";" | ":" | "—" | "–" | "”" | "\"" | ")") && !token.is_number()
            || matches!(token.lower.as_str(), "who" | "which" | "that" | "said")
    });
    let end = end.unwrap_or(tokens.len().min(from + 24));
    (end > from).then_some(Source { words: from..end, cue: at, scope: 0..tokens.len() })
}

/// "Moscow claimed that …", "…, police said."
fn said(tokens: &[Token<'_>], at: usize) -> Option<Source> {
    let subject = subject(tokens, at);
    let next = lower(tokens, at + 1);
    // "Believed to be", "the alleged plot": not said by who stands before.
    let passive = next == "to" && tokens.get(at).is_some_and(|token| token.lower.ends_with("ed") || token.is("said"));
    let adjective = matches!(lower(tokens, at), "alleged" | "estimated" | "reported" | "projected")
        && at.checked_sub(1).is_none_or(|at| {
            matches!(
                lower(tokens, at),
                "a" | "an"
                    | "the"
                    | "his"
                    | "her"
                    | "their"
                    | "its"
                    | "usually"
                    | "is"
                    | "are"
                    | "was"
                    | "were"
                    | "be"
                    | "been"
                    | "in"
                    | "of"
                    | "for"
            )
        });
    // Claims and reports are also things; what follows a verb opens a clause or an object.
    let noun = matches!(
        lower(tokens, at),
        "claims" | "estimates" | "forecast" | "notes" | "projects" | "reports" | "report" | "claim" | "estimate"
    ) && !tokens.get(at + 1).is_some_and(|next| {
        next.is_number()
            || next.is_capitalised()
            || matches!(
                next.lower.as_str(),
                "that"
                    | "the"
                    | "a"
                    | "an"
                    | "it"
                    | "he"
                    | "she"
                    | "they"
                    | "its"
                    | "his"
                    | "her"
                    | "their"
                    | "at"
                    | "more"
                    | "up"
                    | "about"
                    | "over"
                    | "nearly"
                    | "some"
                    | "almost"
                    | "around"
                    | "there"
            )
    });
    let taken = matches!(next, "responsibility" | "credit" | "victory");
    if passive || adjective || noun || taken {
        return None;
    }
    if subject.is_empty() {
        // "…, said Anna Petrenko": the speaker stands behind.
        let comma = at.checked_sub(1).is_some_and(|at| matches!(tokens[at].text, "," | "”" | "\"" | "’"));
        let named = tokens.get(at + 1).filter(|token| token.is_capitalised() || matches!(next, "the" | "a" | "one"));
        named.filter(|_| comma)?;
        let most = tokens.len().min(at + 12);
        // The dot of a title ends nothing: said Dr. Harrow.
        let title = |at: usize| {
            matches!(lower(tokens, at), "dr" | "mr" | "mrs" | "ms" | "prof" | "gen" | "sen" | "gov" | "col")
        };
        let inside = |at: usize| tokens[at].is_word() || tokens[at].text == "." && tokens[at].glued && title(at - 1);
        let end = (at + 1..most).find(|at| !inside(*at)).unwrap_or(most);
        return Some(Source { words: at + 1..end, cue: at, scope: 0..at });
    }
    let mark = subject.start.checked_sub(1).and_then(|at| tokens.get(at));
    let closing = mark.is_some_and(|mark| matches!(mark.text, "," | "”" | "\"" | "—" | "–"));
    let ends = !tokens.get(at + 1).is_some_and(Token::is_word)
        || matches!(
            next,
            "on" | "in"
                | "at"
                | "late"
                | "earlier"
                | "yesterday"
                | "today"
                | "monday"
                | "tuesday"
                | "wednesday"
                | "thursday"
                | "friday"
                | "saturday"
                | "sunday"
                | "during"
                | "after"
        );
    // "…, police said, adding …" speaks for both sides.
    let both = closing && ends && next != ":";
    let scope = if both { 0..tokens.len() } else { at..tokens.len() };
    Some(Source { words: subject, cue: at, scope })
}

/// The subject of the verb at `at`; empty where there is none.
fn subject(tokens: &[Token<'_>], at: usize) -> Range<usize> {
    // Auxiliaries and adverbs stand between.
    let mut end = at;
    while end > 0
        && at - end < 4
        && tokens.get(end - 1).is_some_and(|token| {
            let between = matches!(
                token.lower.as_str(),
                "has" | "have" | "had" | "also" | "later" | "earlier" | "since" | "previously" | "then"
            );
            token.is_word() && (between || token.lower.ends_with("ly"))
        })
    {
        end -= 1;
    }
    if end > 0 && matches!(lower(tokens, end - 1), "he" | "she" | "they" | "it" | "i" | "we") {
        return end - 1..end;
    }
    // "… demanded damages and said": who did is named further back.
    if end > 0 && matches!(lower(tokens, end - 1), "and" | "but") {
        return end..end;
    }
    let mut first = end;
    let mut index = end;
    while index > 0 && end - index < 14 {
        let token = &tokens[index - 1];
        let part =
            token.glued && (matches!(token.text, "'" | "’") || token.is("s") || token.is_dash()) || token.is_number();
        let article =
            matches!(token.lower.as_str(), "the" | "a" | "an" | "one" | "its" | "his" | "her" | "their" | "some");
        let linking = matches!(token.lower.as_str(), "of" | "for" | "to" | "and" | "local" | "in" | "at");
        let participle = token.lower.ends_with("ing") && !token.is_capitalised();
        let noun = token.is_word() && !words::ends_phrase(token) && !participle;
        if !(part || article || linking || noun) {
            break;
        }
        index -= 1;
        if !linking {
            first = index;
        }
    }
    first..end
}
