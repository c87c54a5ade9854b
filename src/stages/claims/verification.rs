//! Words that say how far a claim is verified: "no independent confirmation", "denied", "confirmed by".

use std::ops::Range;

use super::tokens::Token;

/// What the article says of a claim's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Nobody independent has confirmed it; it is alleged.
    Unconfirmed,
    /// Somebody denies it.
    Denied,
    /// Somebody confirms it.
    Confirmed,
    /// It is questioned, or others say otherwise.
    Disputed,
}

/// Words that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wording {
    pub(super) verification: Verification,
    /// Its tokens.
    pub(super) tokens: Range<usize>,
    /// Whether it may speak of what the sentence before claims.
    pub(super) looks_back: bool,
    /// Whether it outweighs another wording of the sentence.
    pub(super) strong: bool,
}

fn lower<'t>(tokens: &'t [Token<'_>], at: usize) -> &'t str {
    tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default()
}

/// Words between a negation and its verb.
const REACH: usize = 6;

/// The wordings of a sentence, in order.
pub(super) fn all(tokens: &[Token<'_>]) -> Vec<Wording> {
    (0..tokens.len()).filter(|at| tokens[*at].is_word()).filter_map(|at| wording(tokens, at)).collect()
}

fn wording(tokens: &[Token<'_>], at: usize) -> Option<Wording> {
    use Verification::{Confirmed, Denied, Disputed, Unconfirmed};
    let word = lower(tokens, at);
    let found = |verification, range: Range<usize>, looks_back, strong| {
        Some(Wording { verification, tokens: range, looks_back, strong })
    };
    // "Neither confirmed nor denied" starts with what it is not.
    let negated = (at.saturating_sub(REACH)..at).rev().take_while(|at| tokens[*at].is_word()).find(|at| {
        matches!(
            lower(tokens, *at),
            "no" | "not"
                | "never"
                | "cannot"
                | "can't"
                | "couldn't"
                | "hasn't"
                | "haven't"
                | "wasn't"
                | "weren't"
                | "without"
                | "neither"
                | "unable"
                | "yet"
                | "impossible"
                | "nor"
                | "declined"
                | "refused"
                | "nobody"
                | "isn't"
                | "aren't"
                | "didn't"
                | "lacked"
                | "little"
        )
    });
    match word {
        "confirmation" | "verification" | "corroboration" | "proof" | "evidence" => {
            let awaited =
                (at.saturating_sub(3)..at).find(|at| matches!(lower(tokens, *at), "awaiting" | "pending" | "awaits"));
            let from = negated.or(awaited)?;
            found(Unconfirmed, from..at + 1, true, true)
        }
        "confirm" | "confirmed" | "verify" | "verified" | "corroborate" | "corroborated" | "authenticate"
        | "authenticated" | "confirming" | "substantiated" | "substantiate" => {
            if let Some(from) = negated {
                return found(Unconfirmed, from..at + 1, true, true);
            }
            let by = lower(tokens, at + 1) == "by";
            let subject = at > 0 && tokens[at - 1].is_word();
            let past = word.ends_with("ed");
            let cue = past && (by || subject);
            if cue { found(Confirmed, at..at + 1 + usize::from(by), true, by) } else { None }
        }
        "confirms" => found(Confirmed, at..at + 1, false, false),
        "unconfirmed" | "unverified" | "uncorroborated" | "unsubstantiated" => {
            found(Unconfirmed, at..at + 1, true, true)
        }
        "unproven" | "baseless" | "unfounded" => found(Disputed, at..at + 1, true, true),
        "allegedly" | "reportedly" | "purportedly" | "alleges" | "alleging" => {
            found(Unconfirmed, at..at + 1, false, false)
        }
        // An alleged role says nothing of the numbers beside it.
        "alleged" | "purported" => {
            let number = tokens.get(at + 1).is_some_and(Token::is_number);
            if number || lower(tokens, at + 1) == "that" { found(Unconfirmed, at..at + 1, false, false) } else { None }
        }
        "claimed" | "claims" | "claim" | "claiming" => {
            // A claim is a noun after a word that says so, and claims lives or responsibility elsewhere.
            let before = at.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
            let noun = matches!(
                before,
                "the"
                    | "a"
                    | "this"
                    | "that"
                    | "these"
                    | "those"
                    | "its"
                    | "his"
                    | "her"
                    | "their"
                    | "such"
                    | "any"
                    | "of"
            );
            let taken = matches!(lower(tokens, at + 1), "responsibility" | "victory" | "credit" | "lives" | "life");
            let by_storm = before.is_empty()
                || matches!(before, "storm" | "floods" | "fire" | "quake" | "attack" | "crash" | "disease");
            let infinitive = before == "to" && word == "claim";
            let lives = (at + 1..at + 6).any(|at| matches!(lower(tokens, at), "lives" | "life"));
            if noun || taken || by_storm || infinitive || lives {
                None
            } else {
                found(Unconfirmed, at..at + 1, false, false)
            }
        }
        "denied" | "denies" | "deny" | "denying" | "refuted" | "rebutted" => {
            if negated.is_some_and(|from| matches!(lower(tokens, from), "neither" | "nor" | "not"))
                || lower(tokens, at.wrapping_sub(1)) == "nor"
            {
                return None;
            }
            let denied = (at + 1..at + 3).any(|at| {
                matches!(
                    lower(tokens, at),
                    "access" | "entry" | "permission" | "bail" | "boarding" | "visas" | "visa" | "him" | "her" | "them"
                )
            });
            let passive = at > 0
                && matches!(lower(tokens, at - 1), "was" | "were" | "been" | "be")
                && lower(tokens, at + 1) != "by";
            if denied || passive { None } else { found(Denied, at..at + 1, true, true) }
        }
        "rejected" | "rejects" | "dismissed" | "dismisses" | "rejecting" | "dismissing" => {
            let to = (at + 1..at + REACH).find(|at| is_figure(lower(tokens, *at)))?;
            found(Denied, at..to + 1, true, true)
        }
        "disputed" | "disputes" | "questioned" | "contradicted" | "contested" | "challenged" | "contradicts"
        | "doubted" => {
            let to = (at + 1..at + REACH).find(|at| is_figure(lower(tokens, *at)));
            let from = (at.saturating_sub(4)..at).find(|at| is_figure(lower(tokens, *at)));
            match (to, from) {
                (Some(to), _) => found(Disputed, at..to + 1, true, true),
                (None, Some(from)) => found(Disputed, from..at + 1, true, true),
                _ => None,
            }
        }
        "doubt" | "doubts" => {
            let cast =
                (at.saturating_sub(2)..at).find(|at| matches!(lower(tokens, *at), "cast" | "casts" | "raised"))?;
            found(Disputed, cast..at + 1, true, true)
        }
        "conflicting" if is_figure(lower(tokens, at + 1)) || lower(tokens, at + 1) == "accounts" => {
            found(Disputed, at..at + 2, true, true)
        }
        _ => None,
    }
}

/// Whether the word speaks of a claim: the figures, this report.
pub(super) fn is_figure(word: &str) -> bool {
    matches!(
        word,
        "figure"
            | "figures"
            | "claim"
            | "claims"
            | "number"
            | "numbers"
            | "report"
            | "reports"
            | "toll"
            | "tally"
            | "allegation"
            | "allegations"
            | "account"
            | "accounts"
            | "count"
            | "counts"
            | "estimate"
            | "estimates"
            | "assertion"
            | "assertions"
            | "statement"
            | "statements"
            | "total"
            | "totals"
            | "data"
    )
}

/// Whether a sentence speaks of what was just claimed: these figures, the claim, that, it.
pub(super) fn refers_back(tokens: &[Token<'_>]) -> bool {
    let word = |at: usize| lower(tokens, at);
    (0..tokens.len().min(40)).any(|at| {
        is_figure(word(at))
            && at > 0
            && matches!(
                word(at - 1),
                "the"
                    | "this"
                    | "that"
                    | "these"
                    | "those"
                    | "its"
                    | "both"
                    | "either"
                    | "such"
                    | "death"
                    | "casualty"
                    | "s"
                    | "their"
                    | "his"
                    | "her"
                    | "russian"
                    | "official"
            )
            || matches!(word(at), "this" | "that") && !tokens.get(at + 1).is_some_and(Token::is_word)
    })
}
