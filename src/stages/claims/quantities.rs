//! Numbers that count or measure something, with what bounds them; and numbers that do not.

use std::ops::Range;

use super::numbers::{self, Amount, Style, Worth};
use super::tokens::Token;
use super::units::{self, Kind, Unit};
use super::words;

/// How the number bounds what is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// The number itself.
    Exactly,
    /// At least, no fewer than, or more.
    AtLeast,
    /// At most, no more than, or fewer.
    AtMost,
    /// More than, over, above.
    MoreThan,
    /// Less than, fewer than, under.
    LessThan,
    /// About, some, nearly, almost.
    About,
    /// Up to, as many as.
    UpTo,
    /// Between two numbers.
    Range,
    /// Dozens, hundreds of thousands: no number, only a size.
    Indefinite,
}

/// A quantity in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    pub(super) worth: Worth,
    pub(super) comparator: Comparator,
    pub(super) kind: Kind,
    /// The code of the unit, or the participle of the verb that the number is object of.
    pub(super) code: Option<&'static str>,
    /// Tokens that say what is counted; may be empty.
    pub(super) unit: Range<usize>,
    /// Tokens that say what a sum or a part is of.
    pub(super) of: Range<usize>,
    /// All its tokens.
    pub(super) tokens: Range<usize>,
    /// The tokens of the comparator.
    pub(super) bound: Range<usize>,
    /// The tokens of the number.
    pub(super) number: Range<usize>,
}

/// The quantities of a sentence, in order.
pub(super) fn all(tokens: &[Token<'_>]) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let after = found.last().map_or(0, |last| last.tokens.end);
        match numbers::amount(tokens, at) {
            Some(amount) => {
                let chain = chain(tokens, &amount);
                let quantity = if chain > amount.end { None } else { quantity(tokens, &amount, after) };
                at = quantity.as_ref().map_or(chain.max(amount.end), |found| found.tokens.end.max(at + 1));
                found.extend(quantity);
            }
            None => at += 1,
        }
    }
    found
}

fn lower<'t>(tokens: &'t [Token<'_>], at: usize) -> &'t str {
    tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default()
}

/// Where a chain of numbers ends: 3-2, 12:30, 555-0134, 24/7, 12.03.2024. Not a number, then.
fn chain(tokens: &[Token<'_>], amount: &Amount) -> usize {
    let mut end = amount.end;
    let is_number = |at: usize| tokens.get(at).is_some_and(|token| token.is_number() && token.glued);
    while tokens.get(end).is_some_and(|joint| joint.glued && (joint.is_dash() || matches!(joint.text, ":" | "/" | ".")))
        && is_number(end + 1)
    {
        end += 2;
    }
    end
}

/// The quantity that an amount is part of, if it is one; no token before `after` belongs to it.
fn quantity(tokens: &[Token<'_>], amount: &Amount, after: usize) -> Option<Quantity> {
    if is_name(tokens, amount) {
        return None;
    }
    let (mut start, code) = match units::money_before(tokens, amount.start).filter(|(start, _)| *start >= after) {
        Some((start, code)) => (start, Some(code)),
        None => (amount.start, None),
    };
    let (post, mut end) = bound_after(tokens, amount.end);
    let dash = tokens.get(end).is_some_and(|dash| dash.is_dash() && dash.glued)
        && tokens.get(end + 1).is_some_and(|word| word.is_word() && word.glued);
    let one = matches!(amount.worth, Worth::Number(value) if value == 1.0);
    let mut of = end..end;
    let unit = match (code, amount.worth) {
        (Some(code), _) => {
            let scale = Unit { kind: Kind::Money, code, words: start..amount.start, end };
            of = whole(tokens, end);
            if dash {
                of = end..end;
            }
            Some(if code.is_some() { Unit { words: 0..0, ..scale } } else { scale })
        }
        (None, Worth::Share(_)) => {
            of = whole(tokens, end);
            let noun = units::noun_phrase(tokens, end, false).filter(|_| of.is_empty());
            of = noun.unwrap_or(of);
            Some(Unit { kind: Kind::Share, code: Some("share"), words: 0..0, end })
        }
        _ if dash => {
            // A 10-kilometre stretch measures; a two-day visit and a 12-year-old do not count.
            let unit = units::after(tokens, end + 1, true)?;
            matches!(unit.kind, Kind::Measure | Kind::Money | Kind::Share).then_some(unit)
        }
        _ => {
            let (from, partitive) = partitive(tokens, end);
            let mut unit = units::after(tokens, from, one && !partitive);
            if partitive && one || unit.as_ref().is_some_and(|unit| partitive && unit.kind == Kind::Share) {
                unit = None;
            }
            unit
        }
    };
    if let Some(unit) = &unit {
        let sure = unit.kind != Kind::Duration || !is_point_in_time(tokens, start, unit.end);
        let bound = post.is_some() || bound_before(tokens, start, after, unit.kind).is_some();
        if !sure || unit.kind == Kind::Duration && one && !bound {
            return None;
        }
        if matches!(unit.kind, Kind::Share | Kind::Measure | Kind::Money) && of.is_empty() {
            of = whole(tokens, unit.end);
        }
        end = unit.end.max(end);
    }
    let kind = unit.as_ref().map_or(Kind::Count, |unit| unit.kind);
    let between = matches!(amount.worth, Worth::Range(..)) && start > after && lower(tokens, start - 1) == "between";
    let before = match between {
        true => Some((Comparator::Range, start - 1)),
        false => bound_before(tokens, start, after, kind),
    };
    // Over two winters is during them.
    let seasons = unit.as_ref().and_then(|unit| unit.words.clone().next_back()).is_some_and(|last| {
        matches!(
            lower(tokens, last),
            "winter" | "winters" | "summer" | "summers" | "season" | "seasons" | "weekend" | "weekends"
        )
    });
    let before = before.filter(|(_, from)| !(seasons && lower(tokens, *from) == "over" && from + 1 == start));
    let late = if post.is_none() { bound_late(tokens, end) } else { None };
    let explicit = before.is_some() || post.is_some() || late.is_some();
    let (comparator, bound) = match (&before, post, late) {
        (Some((comparator, from)), ..) => (*comparator, *from..start),
        (None, Some(comparator), _) => (comparator, amount.end..end.min(amount.end + 2)),
        (None, None, Some((comparator, to))) => (comparator, end..to),
        _ => (Comparator::Exactly, start..start),
    };
    if let Some((_, to)) = late.filter(|_| before.is_none()) {
        end = to;
    }
    let comparator = match amount.worth {
        Worth::Range(..) => Comparator::Range,
        Worth::Indefinite(_) => Comparator::Indefinite,
        _ => comparator,
    };
    // "From 8.9 to 9.6 percent": what follows the second is of both.
    let unit = unit.or_else(|| {
        let from = start.checked_sub(1).is_some_and(|at| lower(tokens, at) == "from");
        let second = numbers::amount(tokens, end + 1).filter(|_| from && lower(tokens, end) == "to")?;
        units::after(tokens, second.end, false)
    });
    let (code, words) = match unit {
        Some(unit) => (unit.code, unit.words),
        None => {
            let (code, words) = unsaid(tokens, start, end, amount, explicit)?;
            (code, words)
        }
    };
    let named = code.is_some() || !words.is_empty();
    if !named && !explicit || kind == Kind::Count && is_reference(tokens, start, amount, explicit, one, &words) {
        return None;
    }
    start = start.min(if before.is_some() { bound.start } else { start });
    Some(Quantity {
        worth: amount.worth,
        comparator,
        kind,
        code,
        unit: words,
        of,
        tokens: start..end,
        bound,
        number: amount.start..amount.end,
    })
}

/// "Of the voters", "in aid": what a sum or a part is of.
fn whole(tokens: &[Token<'_>], at: usize) -> Range<usize> {
    let none = at..at;
    if !matches!(lower(tokens, at), "of" | "in") {
        return none;
    }
    let the = usize::from(matches!(
        lower(tokens, at + 1),
        "the" | "its" | "their" | "his" | "her" | "our" | "all" | "those" | "these"
    ));
    let from = at + 1 + the;
    // "In" is followed by a place or a time as readily.
    if lower(tokens, at) == "in" && (the > 0 || tokens.get(from).is_none_or(Token::is_capitalised)) {
        return none;
    }
    // "In total" and "in cash" say how, "in paying off debts" whereby.
    let how = matches!(lower(tokens, from), "total" | "all" | "cash" | "advance" | "return" | "exchange" | "trading");
    if lower(tokens, at) == "in"
        && (how || lower(tokens, from).ends_with("ing") || lower(tokens, from + 1) == "trading")
    {
        return none;
    }
    let phrase = units::noun_phrase(tokens, from, false);
    let single = || {
        let mut end = from;
        while end < from + 4
            && tokens.get(end).is_some_and(|token| {
                token.is_word() && !words::ends_phrase(token) && !words::is_verb(token, end > from)
            })
        {
            end += 1;
        }
        (end > from).then_some(from..end)
    };
    phrase.or_else(single).unwrap_or(none)
}

/// Past "of the" in "12 of the drones" and "dozens of flights".
fn partitive(tokens: &[Token<'_>], at: usize) -> (usize, bool) {
    let more = |at: usize| {
        // New Orleans residents are not new residents.
        let named = tokens.get(at).is_some_and(Token::is_capitalised);
        let more = matches!(lower(tokens, at), "more" | "other" | "additional" | "further" | "extra" | "new");
        at + usize::from(more && !named)
    };
    if lower(tokens, at) != "of" {
        // "12 more" may be all there is.
        return (more(at), false);
    }
    let mut from = at + 1;
    if matches!(lower(tokens, from), "the" | "its" | "their" | "his" | "her" | "our" | "those" | "these" | "all") {
        from += 1;
    }
    // 30 of the 40 hostages, of nearly 40 hostages.
    from += match (lower(tokens, from), lower(tokens, from + 1)) {
        ("nearly" | "about" | "some" | "almost" | "roughly" | "around", _) if is_amount(tokens, from + 1) => 1,
        ("more", "than") | ("at", "least") if is_amount(tokens, from + 2) => 2,
        _ => 0,
    };
    if let Some(amount) = numbers::amount(tokens, from).filter(|amount| matches!(amount.worth, Worth::Number(_))) {
        from = amount.end;
    }
    (more(from), true)
}

fn is_amount(tokens: &[Token<'_>], at: usize) -> bool {
    numbers::amount(tokens, at).is_some_and(|amount| matches!(amount.worth, Worth::Number(_)))
}

/// "300 or more", "300+", "20-odd".
fn bound_after(tokens: &[Token<'_>], at: usize) -> (Option<Comparator>, usize) {
    let dash = tokens.get(at).is_some_and(Token::is_dash);
    match (lower(tokens, at), lower(tokens, at + 1)) {
        ("or", "more") => (Some(Comparator::AtLeast), at + 2),
        ("or", "so") => (Some(Comparator::About), at + 2),
        ("or", "fewer" | "less") => (Some(Comparator::AtMost), at + 2),
        ("+", _) => (Some(Comparator::AtLeast), at + 1),
        (_, "odd") if dash => (Some(Comparator::About), at + 2),
        (_, "plus") if dash => (Some(Comparator::AtLeast), at + 2),
        _ => (None, at),
    }
}

/// "12 people at least", "12 people or more".
fn bound_late(tokens: &[Token<'_>], at: usize) -> Option<(Comparator, usize)> {
    let ends = |at: usize| tokens.get(at).is_none_or(|token| !token.is_word() && !token.is_number());
    let found = match (lower(tokens, at), lower(tokens, at + 1)) {
        ("or", "more") => Comparator::AtLeast,
        ("or", "so") => Comparator::About,
        ("or", "fewer" | "less") => Comparator::AtMost,
        ("at", "least") if ends(at + 2) => Comparator::AtLeast,
        ("at", "most") if ends(at + 2) => Comparator::AtMost,
        _ => return None,
    };
    Some((found, at + 2))
}

/// What stands before a number and bounds it, and its first token; of "up to around 300" the outer word.
fn bound_before(tokens: &[Token<'_>], start: usize, after: usize, kind: Kind) -> Option<(Comparator, usize)> {
    use Comparator::{About, AtLeast, AtMost, Exactly, LessThan, MoreThan, UpTo};
    const BOUNDS: &[(&[&str], Comparator)] = &[
        (&["no", "fewer", "than"], AtLeast),
        (&["no", "less", "than"], AtLeast),
        (&["not", "less", "than"], AtLeast),
        (&["not", "fewer", "than"], AtLeast),
        (&["a", "minimum", "of"], AtLeast),
        (&["as", "few", "as"], AtLeast),
        (&["as", "little", "as"], AtLeast),
        (&["no", "more", "than"], AtMost),
        (&["not", "more", "than"], AtMost),
        (&["a", "maximum", "of"], AtMost),
        (&["as", "many", "as"], UpTo),
        (&["as", "much", "as"], UpTo),
        (&["as", "high", "as"], UpTo),
        (&["in", "excess", "of"], MoreThan),
        (&["in", "the", "region", "of"], About),
        (&["an", "estimated"], About),
        (&["close", "to"], About),
        (&["just", "about"], About),
        (&["well", "over"], MoreThan),
        (&["just", "over"], MoreThan),
        (&["just", "under"], LessThan),
        (&["well", "under"], LessThan),
        (&["at", "least"], AtLeast),
        (&["at", "most"], AtMost),
        (&["more", "than"], MoreThan),
        (&["greater", "than"], MoreThan),
        (&["higher", "than"], MoreThan),
        (&["less", "than"], LessThan),
        (&["fewer", "than"], LessThan),
        (&["lower", "than"], LessThan),
        (&["upwards", "of"], MoreThan),
        (&["upward", "of"], MoreThan),
        (&["up", "to"], UpTo),
        (&["minimum"], AtLeast),
        (&["over"], MoreThan),
        (&["above"], MoreThan),
        (&["exceeding"], MoreThan),
        (&["exceeded"], MoreThan),
        (&["surpassing"], MoreThan),
        (&["under"], LessThan),
        (&["below"], LessThan),
        (&["about"], About),
        (&["around"], About),
        (&["some"], About),
        (&["roughly"], About),
        (&["approximately"], About),
        (&["circa"], About),
        (&["estimated"], About),
        (&["nearly"], About),
        (&["almost"], About),
        (&["virtually"], About),
        (&["~"], About),
        (&["≈"], About),
        (&["exactly"], Exactly),
        (&["precisely"], Exactly),
    ];
    let mut found = None;
    let mut from = start;
    // "Up to around 300" has two.
    for _ in 0..2 {
        let ends = |words: &&(&[&str], Comparator)| {
            let first = from.checked_sub(words.0.len());
            first.is_some_and(|first| {
                first >= after && tokens.iter().skip(first).zip(words.0).all(|(token, word)| token.is(word))
            })
        };
        let Some((words, comparator)) = BOUNDS.iter().find(ends) else { break };
        // Over three days is during them.
        let during = kind == Kind::Duration && matches!(words, ["over" | "under" | "above" | "below"]);
        let verb = *words == ["over"]
            && matches!(
                lower(tokens, from.wrapping_sub(2)),
                "hand" | "handed" | "handing" | "turn" | "turned" | "turning" | "take" | "taken" | "taking" | "took"
            );
        if verb
            || during && !matches!(lower(tokens, from.wrapping_sub(2)), "for" | "lasting" | "after" | "takes" | "took")
        {
            break;
        }
        // "Handed over at least 25": the inner one has said all, and "over" is the verb's.
        if found.is_some_and(|(inner, _)| inner != About) && matches!(words, ["over" | "under" | "above" | "below"]) {
            break;
        }
        // The outer one says what the inner one leaves open.
        from -= words.len();
        found = Some((*comparator, from));
    }
    found
}

/// Months as dates write them.
fn is_month(token: Option<&Token<'_>>) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const LONG: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    token.is_some_and(|token| {
        let word = token.lower.as_str();
        token.is_capitalised() && (MONTHS.contains(&word) || LONG.contains(&word) || word == "sept")
    })
}

/// Whether it is no number of anything: a date, a time, an age, a score, a code, a label.
fn is_name(tokens: &[Token<'_>], amount: &Amount) -> bool {
    /// Words that a number follows as a name.
    const LABELS: &[&str] = &[
        "apollo",
        "area",
        "article",
        "articles",
        "boeing",
        "airbus",
        "chapter",
        "class",
        "clause",
        "day",
        "district",
        "division",
        "episode",
        "exhibit",
        "figure",
        "flight",
        "formula",
        "gate",
        "grade",
        "group",
        "highway",
        "interstate",
        "issue",
        "item",
        "lane",
        "level",
        "line",
        "lot",
        "no",
        "nos",
        "number",
        "numbers",
        "page",
        "pages",
        "part",
        "phase",
        "pier",
        "platform",
        "point",
        "proposition",
        "psalm",
        "ranked",
        "regulation",
        "resolution",
        "room",
        "round",
        "route",
        "row",
        "rule",
        "runway",
        "season",
        "section",
        "sections",
        "series",
        "stage",
        "step",
        "table",
        "terminal",
        "tier",
        "title",
        "track",
        "type",
        "unit",
        "version",
        "volume",
        "ward",
        "war",
        "week",
        "windows",
        "year",
        "zone",
        "size",
        "aged",
        "age",
        "ages",
        "channel",
        "studio",
        "building",
        "floor",
        "isbn",
        "verse",
        "verses",
        "paragraph",
        "bus",
        "train",
        "lines",
        "camp",
        "game",
        "set",
        "seed",
        "turned",
        "turning",
        "born",
        "amendment",
        "schedule",
        "annex",
        "protocol",
    ];
    let (start, end) = (amount.start, amount.end);
    let before = start.checked_sub(1).and_then(|at| tokens.get(at));
    let second = start.checked_sub(2).and_then(|at| tokens.get(at));
    let first = tokens.get(start);
    let next = tokens.get(end);
    let digits = first.is_some_and(Token::is_number);
    let glued = first.is_some_and(|token| token.glued);
    let previous = before.map(|token| token.lower.as_str()).unwrap_or_default();
    let following = next.map(|token| token.lower.as_str()).unwrap_or_default();
    let next_glued = next.is_some_and(|token| token.glued);
    let value = match amount.worth {
        Worth::Number(value) => Some(value),
        Worth::Range(low, _) => Some(low),
        _ => None,
    };
    let plain = amount.style == Style::Digits;
    // Ordinals, decades, and letters that touch digits: 16th, 20s, 4x4.
    let suffix = digits
        && plain
        && next_glued
        && (matches!(following, "st" | "nd" | "rd" | "th" | "s" | "x" | "d" | "p" | "am" | "pm")
            || following
                .strip_prefix('x')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == 's')));
    // F-16, Covid-19, #5, @3, pre-1990.
    let code = glued
        && before.is_some_and(|mark| {
            mark.text == "," && mark.glued
                || matches!(mark.text, "#" | "@" | "/" | "_" | "=" | "&" | "\\" | "*")
                || mark.text == "." && second.is_none_or(|token| token.text != "Rs")
                || mark.is_dash() && mark.glued && second.is_some_and(|token| token.is_word())
        });
    // Two numbers of a word: twenty-first, "the two-and-a-half".
    let clock = matches!(
        following,
        "o'clock" | "gmt" | "utc" | "a.m." | "p.m." | "am" | "pm" | "est" | "edt" | "cet" | "bst" | "noon"
    ) && value.is_some_and(|value| value < 2400.0);
    let month = is_month(before)
        || is_month(next) && plain
        || following == "of" && is_month(tokens.get(end + 1))
        || previous == ","
            && second.is_some_and(Token::is_number)
            && is_month(start.checked_sub(3).and_then(|at| tokens.get(at)));
    let label = LABELS.contains(&previous)
        || previous == "."
            && matches!(
                second.map(|token| token.lower.as_str()),
                Some("no" | "nos" | "art" | "vol" | "ch" | "p" | "pp")
            );
    let labelled = label && !matches!(amount.style, Style::Other)
        || previous == "magnitude"
        || previous == "of" && second.is_some_and(|token| token.text == "Group");
    // First three, top 10, last five.
    let ranked = matches!(previous, "first" | "last" | "top" | "next" | "past" | "previous" | "final" | "bottom")
        && !matches!(amount.style, Style::Scaled | Style::Other);
    let list = start == 0 && plain && matches!(following, "." | ")") && tokens.len() > end + 1;
    is_age(tokens, amount)
        || is_year(tokens, amount)
        || is_score(tokens, amount)
        || suffix
        || code
        || clock
        || month
        || labelled
        || ranked
        || list
        || plain && is_designation(tokens, amount)
}

/// "Smith, 45, said", "aged 45", "(45)".
fn is_age(tokens: &[Token<'_>], amount: &Amount) -> bool {
    let Worth::Number(value) = amount.worth else { return false };
    let token = |back: usize| amount.start.checked_sub(back).and_then(|at| tokens.get(at));
    let mark = tokens.get(amount.end).map(|token| token.text).unwrap_or(".");
    let ends = matches!(mark, "," | "." | ";" | ")" | ":" | "—" | "–");
    let named = token(2).is_some_and(|token| token.is_word() && token.is_capitalised())
        && token(1).is_some_and(|token| matches!(token.text, "," | "("));
    let old = (lower(tokens, amount.end), lower(tokens, amount.end + 1));
    named && ends && value <= 120.0 && value.fract() == 0.0
        || matches!(old, ("years" | "year" | "months" | "weeks" | "days", "old") | ("years" | "year", "of"))
            && (old.1 == "old" || lower(tokens, amount.end + 2) == "age")
}

/// 2022, 2024-25; but 2000 people.
fn is_year(tokens: &[Token<'_>], amount: &Amount) -> bool {
    let year = |text: &str| {
        text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) && ("1000"..="2199").contains(&text)
    };
    let first = tokens.get(amount.start).is_some_and(|token| year(token.text));
    let bound = bound_before(tokens, amount.start, 0, Kind::Count).is_some_and(|(bound, _)| bound != Comparator::About);
    if bound {
        return false;
    }
    if !first || !matches!(amount.style, Style::Digits) {
        return false;
    }
    let before = amount.start.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
    let money = units::money_before(tokens, amount.start).is_some();
    let dated = matches!(
        before,
        "in" | "since"
            | "until"
            | "till"
            | "by"
            | "from"
            | "during"
            | "of"
            | "the"
            | "its"
            | "s"
            | "late"
            | "early"
            | "mid"
            | "before"
            | "after"
            | "between"
            | "and"
            | "spring"
            | "summer"
            | "autumn"
            | "fall"
            | "winter"
            | "year"
            | ","
            | "("
            | "to"
            | "this"
            | "his"
            | "her"
            | "their"
            | "circa"
    );
    let next = tokens.get(amount.end);
    let unit = units::after(tokens, amount.end, false);
    let plural = unit.is_some_and(|unit| unit.kind != Kind::Count || unit.words.len() == 1);
    let range = matches!(amount.worth, Worth::Range(..));
    let event = next.is_some_and(Token::is_capitalised);
    !money && (dated || range || event || !plural)
}

/// A 3-2 win, won 4-1, a 52-48 vote.
fn is_score(tokens: &[Token<'_>], amount: &Amount) -> bool {
    let dash = (amount.start..amount.end).any(|at| tokens.get(at).is_some_and(Token::is_dash));
    if !matches!(amount.worth, Worth::Range(..)) || !dash {
        return false;
    }
    let before = amount.start.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
    let won = matches!(
        before,
        "won"
            | "win"
            | "beat"
            | "lost"
            | "lose"
            | "drew"
            | "led"
            | "defeated"
            | "trailed"
            | "voted"
            | "thrashed"
            | "edged"
            | "leading"
            | "winning"
            | "losing"
            | "beating"
            | "trailing"
            | "ended"
            | "finished"
            | "voting"
            | "by"
    );
    let win = matches!(
        lower(tokens, amount.end),
        "win"
            | "victory"
            | "loss"
            | "defeat"
            | "lead"
            | "draw"
            | "tie"
            | "vote"
            | "ruling"
            | "record"
            | "triumph"
            | "aggregate"
            | "away"
            | "home"
            | "scoreline"
            | "decision"
            | "majority"
            | "down"
            | "up"
            | "ahead"
            | "at"
            | "against"
    );
    won && lower(tokens, amount.end) != "people" || win
}

/// Boeing 747, Apollo 11: a capital before and nothing counted behind.
fn is_designation(tokens: &[Token<'_>], amount: &Amount) -> bool {
    let Some(before) = amount.start.checked_sub(1).and_then(|at| tokens.get(at)) else { return false };
    let opens = amount.start == 1;
    before.is_word()
        && before.is_capitalised()
        && !opens
        && before.sort == super::tokens::Sort::Word
        && units::money_before(tokens, amount.start).is_none()
        && matches!(amount.worth, Worth::Number(value) if value.fract() == 0.0)
        && units::after(tokens, amount.end, false).is_none()
}

/// Three days ago, the last 12 months, 24 hours a day: a point in time, not an amount of it.
fn is_point_in_time(tokens: &[Token<'_>], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
    matches!(
        lower(tokens, end),
        "ago" | "earlier" | "later" | "before" | "after" | "old" | "ahead" | "prior" | "since" | "away" | "from"
    ) || matches!(
        before,
        "last"
            | "past"
            | "next"
            | "previous"
            | "first"
            | "coming"
            | "every"
            | "aged"
            | "recent"
            | "following"
            | "these"
            | "those"
            | "the"
            | "in"
    ) || lower(tokens, end) == "a" && matches!(lower(tokens, end + 1), "day" | "week" | "month" | "year")
}

/// What a number without a noun counts: of the verb that it is object or subject of, of a toll that rose to it.
fn unsaid(
    tokens: &[Token<'_>],
    start: usize,
    end: usize,
    amount: &Amount,
    explicit: bool,
) -> Option<(Option<&'static str>, Range<usize>)> {
    if amount.style == Style::Other && !matches!(amount.worth, Worth::Indefinite(_)) {
        return None;
    }
    let mut first = start;
    // The comparator, "another", "a further".
    while first > 0
        && matches!(
            lower(tokens, first - 1),
            "least"
                | "at"
                | "than"
                | "more"
                | "another"
                | "further"
                | "up"
                | "as"
                | "many"
                | "some"
                | "about"
                | "nearly"
                | "almost"
                | "over"
                | "around"
                | "a"
                | "total"
                | "of"
                | "fewer"
                | "no"
                | "roughly"
                | "approximately"
                | "estimated"
                | "an"
        )
        && start - first < 5
    {
        first -= 1;
    }
    let verb = first.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
    let object = match verb {
        "killed" | "killing" | "kills" | "kill" => Some("killed"),
        "injured" | "injuring" | "injures" | "injure" => Some("injured"),
        "wounded" | "wounding" | "wounds" | "wound" => Some("wounded"),
        "arrested" | "arresting" => Some("arrested"),
        "detained" | "detaining" => Some("detained"),
        "displaced" | "displacing" => Some("displaced"),
        "hurt" | "hurting" => Some("hurt"),
        _ => None,
    };
    if object.is_some() {
        return Some((object, end..end));
    }
    let mut next = end + usize::from(matches!(lower(tokens, end), "more" | "others" | "other"));
    if matches!(lower(tokens, next), "were" | "was" | "are" | "is" | "have" | "had" | "people") {
        next += 1;
    }
    next += usize::from(matches!(lower(tokens, next), "been" | "reported" | "feared" | "also" | "still"));
    if next > end && words::is_state(lower(tokens, next)) {
        return Some((None, next..next + 1));
    }
    if matches!(amount.worth, Worth::Indefinite(_)) {
        // Thousands fled.
        return Some((None, end..end));
    }
    // "At least 14 have left", "about six million".
    let acts = matches!(
        lower(tokens, end),
        "were" | "was" | "are" | "have" | "has" | "had" | "remain" | "remained" | "may" | "will"
    );
    let large = matches!(amount.worth, Worth::Number(value) if value >= 100.0);
    if explicit && (acts || large) && !tokens.get(end).is_some_and(Token::is_dash) {
        return Some((None, end..end));
    }
    // The death toll rose to 45.
    if matches!(verb, "to" | "at" | "of" | "reached" | "reaches" | "exceeded" | "exceeds" | "was" | "is") || explicit {
        let toll = (first.saturating_sub(10)..first)
            .rev()
            .find(|at| matches!(lower(tokens, *at), "toll" | "tally" | "total"))?;
        let from = toll - usize::from(toll > 0 && matches!(lower(tokens, toll - 1), "death" | "dead" | "casualty"));
        return Some((None, from..toll + 1));
    }
    None
}

/// The two leaders, all three, one of them: speaks of those known, and claims no number.
fn is_reference(
    tokens: &[Token<'_>],
    start: usize,
    amount: &Amount,
    explicit: bool,
    one: bool,
    words: &Range<usize>,
) -> bool {
    if explicit {
        return false;
    }
    let before = start.checked_sub(1).map(|at| lower(tokens, at)).unwrap_or_default();
    let small = amount.style == Style::Word && matches!(amount.worth, Worth::Number(value) if value <= 12.0);
    if small && matches!(before, "the" | "these" | "those" | "all" | "other" | "both" | "such") {
        return true;
    }
    one && matches!(amount.style, Style::Word | Style::Digits)
        && (matches!(before, "no" | "the" | "this" | "that" | "any" | "every" | "each" | "another" | "which" | "some")
            || !is_victim(lower(tokens, words.end.saturating_sub(1))))
}

/// Words for persons, of whom news counts even one.
fn is_victim(word: &str) -> bool {
    const PERSONS: &[&str] = &[
        "person",
        "man",
        "woman",
        "child",
        "boy",
        "girl",
        "civilian",
        "soldier",
        "officer",
        "policeman",
        "student",
        "teacher",
        "worker",
        "protester",
        "resident",
        "passenger",
        "pilot",
        "suspect",
        "gunman",
        "fighter",
        "victim",
        "patient",
        "survivor",
        "journalist",
        "guard",
        "firefighter",
        "driver",
        "baby",
        "infant",
        "teenager",
        "hostage",
        "militant",
        "prisoner",
        "casualty",
        "death",
        "fatality",
        "injury",
        "case",
        "arrest",
        "dead",
        "killed",
        "injured",
        "wounded",
        "missing",
        "doctor",
        "nurse",
        "tourist",
        "pedestrian",
        "cyclist",
        "climber",
        "miner",
        "sailor",
        "troop",
        "villager",
    ];
    PERSONS.contains(&word)
}
