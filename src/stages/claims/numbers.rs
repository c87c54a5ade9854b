//! What a number is worth: digits, words, scale words, ranges, fractions and amounts without a number.

use super::tokens::{Token, fraction};

/// A number in the text, or a range of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount {
    pub(super) worth: Worth,
    /// The first token.
    pub(super) start: usize,
    /// The token after the last.
    pub(super) end: usize,
    /// How it is written.
    pub(super) style: Style,
}

/// What it is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Worth {
    /// One number.
    Number(f64),
    /// From the one to the other.
    Range(f64, f64),
    /// Dozens, hundreds of thousands: at least so many.
    Indefinite(f64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Digits alone.
    Digits,
    /// One word below a hundred: seven, sixty.
    Word,
    /// With a scale: 3 million, two hundred.
    Scaled,
    /// Dozens, a fraction.
    Other,
}

/// Numbers larger than this are codes and keys.
const LARGEST: f64 = 1e15;

/// Words that are numbers below a hundred.
fn cardinal(word: &str) -> Option<f64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let place = |list: &[&str]| list.iter().position(|other| *other == word);
    place(&WORDS).map(|at| at as f64).or_else(|| place(&TENS).map(|at| (at as f64 + 2.0) * 10.0))
}

/// What a scale word multiplies by.
fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "dozen" => 12.0,
        "hundred" => 1e2,
        "thousand" => 1e3,
        "lakh" | "lakhs" => 1e5,
        "million" | "mln" => 1e6,
        "crore" | "crores" => 1e7,
        "billion" | "bln" => 1e9,
        "trillion" | "trn" => 1e12,
        _ => return None,
    })
}

/// A scale written against digits: 3k, 4.5m, $3bn.
fn suffix(word: &str) -> Option<f64> {
    Some(match word {
        "k" => 1e3,
        "m" | "mn" => 1e6,
        "b" | "bn" => 1e9,
        "tn" => 1e12,
        "cr" => 1e7,
        _ => return scale(word),
    })
}

/// At least how many a word in the plural speaks of.
fn indefinite(word: &str) -> Option<f64> {
    Some(match word {
        "tens" | "scores" => 20.0,
        "dozens" => 24.0,
        "hundreds" => 200.0,
        "thousands" => 2e3,
        "millions" => 2e6,
        "billions" => 2e9,
        "trillions" => 2e12,
        _ => return None,
    })
}

/// The whole that a part is of: half, third, quarter.
fn part(word: &str) -> Option<f64> {
    Some(match word {
        "half" | "halves" => 2.0,
        "third" | "thirds" => 3.0,
        "quarter" | "quarters" | "fourth" | "fourths" => 4.0,
        "fifth" | "fifths" => 5.0,
        "sixth" | "sixths" => 6.0,
        "seventh" | "sevenths" => 7.0,
        "eighth" | "eighths" => 8.0,
        "ninth" | "ninths" => 9.0,
        "tenth" | "tenths" => 10.0,
        _ => return None,
    })
}

/// The amount that begins at token `at`, if one does.
pub(super) fn amount(tokens: &[Token<'_>], at: usize) -> Option<Amount> {
    share(tokens, at).or_else(|| indefinite_amount(tokens, at)).or_else(|| {
        let first = number(tokens, at)?;
        Some(range(tokens, first).unwrap_or(first))
    })
}

/// Tokens from `at` on.
fn from<'t, 'a>(tokens: &'t [Token<'a>], at: usize) -> &'t [Token<'a>] {
    tokens.get(at..).unwrap_or_default()
}

/// Whether the words from `at` on are these.
fn are(tokens: &[Token<'_>], at: usize, words: &[&str]) -> bool {
    from(tokens, at).len() >= words.len() && from(tokens, at).iter().zip(words).all(|(token, word)| token.is(word))
}

/// Digits as a number; none for versions and dates with several points, nor for keys.
fn digits(token: &Token<'_>) -> Option<f64> {
    if let Some(worth) = token.text.chars().next().and_then(fraction) {
        return Some(worth);
    }
    let plain: String = token.text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    // 007 is a name.
    let padded = plain.len() > 1 && plain.starts_with('0') && !plain.starts_with("0.");
    let value = plain.parse::<f64>().ok().filter(|_| !padded)?;
    (value < LARGEST).then_some(value)
}

/// A plain number: 1,200, 4.5 million, two hundred and six, half a million, a dozen.
fn number(tokens: &[Token<'_>], at: usize) -> Option<Amount> {
    let token = tokens.get(at)?;
    if token.is_number() {
        let mut value = digits(token)?;
        let mut end = at + 1;
        // 2½ and 2 1/2 are one number.
        if let Some(more) = tokens.get(end).and_then(|next| fraction(next.text.chars().next()?)) {
            value += more;
            end += 1;
        }
        if are(tokens, end, &["and", "a", "half"])
            && from(tokens, end + 3).first().is_some_and(|t| scale(&t.lower).is_some())
        {
            value += 0.5;
            end += 3;
        }
        return Some(scaled(tokens, at, end, value, Style::Digits));
    }
    if !token.is_word() {
        return None;
    }
    if matches!(token.lower.as_str(), "a" | "an") {
        // A dozen, a hundred and twenty, a million.
        let next = tokens.get(at + 1).filter(|next| scale(&next.lower).is_some())?;
        let value = scale(&next.lower)?;
        if value == 100.0 {
            return words(tokens, at + 1, 1.0).map(|amount| Amount { start: at, ..amount });
        }
        return Some(scaled(tokens, at, at + 1, 1.0, Style::Scaled));
    }
    if token.is("half") {
        // Half a million.
        let next = tokens.get(at + 2).filter(|_| are(tokens, at + 1, &["a"]))?;
        scale(&next.lower)?;
        return Some(scaled(tokens, at, at + 2, 0.5, Style::Scaled));
    }
    words(tokens, at, 0.0)
}

/// A number in words; `before` is what stands for the hundred of "a hundred".
fn words(tokens: &[Token<'_>], at: usize, before: f64) -> Option<Amount> {
    let (mut total, mut current) = (0.0, before);
    let (mut end, mut style) = (at, Style::Word);
    let mut seen = before > 0.0;
    let mut last = f64::INFINITY;
    // "Two hundred and six thousand, four hundred" has no more words than this.
    for _ in 0..16 {
        let Some(token) = tokens.get(end).filter(|token| token.is_word()) else { break };
        if let Some(value) = cardinal(&token.lower) {
            // Six stands after sixty or hundred, not after six.
            let fits = !seen || last >= 100.0 || (20.0..100.0).contains(&last) && (1.0..10.0).contains(&value);
            if !fits {
                break;
            }
            current += value;
            (last, seen) = (value, true);
            end += 1;
        } else if let Some(factor) = scale(&token.lower).filter(|_| seen) {
            if factor == 100.0 {
                current *= factor;
            } else {
                total += current * factor;
                current = 0.0;
            }
            last = factor;
            style = Style::Scaled;
            end += 1;
        } else {
            break;
        }
        let next = |at: usize| tokens.get(at).is_some_and(|token| cardinal(&token.lower).is_some());
        let dash = tokens.get(end).is_some_and(|dash| dash.is_dash() && dash.glued);
        // Three-and-a-half million.
        if dash
            && are(tokens, end + 1, &["and", "-", "a", "-", "half"])
            && tokens.get(end + 6).is_some_and(|token| scale(&token.lower).is_some())
        {
            current += 0.5;
            end += 6;
            continue;
        }
        let scales = tokens.get(end + 1).is_some_and(|token| scale(&token.lower).is_some());
        let joined = dash && ((20.0..100.0).contains(&last) && next(end + 1) || scales);
        let and = last >= 100.0 && tokens.get(end).is_some_and(|token| token.is("and")) && next(end + 1);
        if joined || and {
            end += 1;
        } else if (1.0..100.0).contains(&last)
            && are(tokens, end, &["and", "a", "half"])
            && tokens.get(end + 3).is_some_and(|token| scale(&token.lower).is_some())
        {
            current += 0.5;
            end += 3;
        }
    }
    let value = total + current;
    (seen && end > at && value < LARGEST).then_some(Amount { worth: Worth::Number(value), start: at, end, style })
}

/// A number with the scale words that follow it.
fn scaled(tokens: &[Token<'_>], start: usize, end: usize, value: f64, style: Style) -> Amount {
    let (mut value, mut end, mut style) = (value, end, style);
    // "2 hundred thousand" has two.
    for _ in 0..2 {
        let Some(token) = tokens.get(end).filter(|token| token.is_word()) else { break };
        let factor = if token.glued { suffix(&token.lower) } else { scale(&token.lower) };
        let Some(factor) = factor.filter(|factor| value * factor < LARGEST * 10.0) else { break };
        value = round(value * factor);
        end += 1;
        style = Style::Scaled;
    }
    Amount { worth: Worth::Number(value), start, end, style }
}

/// Products of decimals are not decimals: 1.1 million is 1,100,000.
fn round(value: f64) -> f64 {
    if value < 1e11 { (value * 1e4).round() / 1e4 } else { value.round() }
}

/// 10-15, 10 to 15, between 10 and 15: the number that follows `first` is its end.
fn range(tokens: &[Token<'_>], first: Amount) -> Option<Amount> {
    let Worth::Number(low) = first.worth else { return None };
    let back = |steps: usize| first.start.checked_sub(steps).and_then(|at| tokens.get(at));
    let between = back(1).is_some_and(|token| token.is("between"))
        || back(2).is_some_and(|token| token.is("between")) && back(1).is_some_and(|token| !token.is_word());
    let joint = tokens.get(first.end)?;
    let joins = joint.is_dash() || joint.is("to") || joint.is("or") || between && joint.is("and");
    // "From 10 to 15" tells of a change, and names two numbers.
    let change = joint.is("to")
        && (back(1).is_some_and(|token| token.is("from"))
            || back(2).is_some_and(|token| token.is("from")) && back(1).is_some_and(|token| !token.is_word()));
    if !joins || change {
        return None;
    }
    // "$3 to $4 million": the sign stands twice.
    let sign = tokens.get(first.end + 1).is_some_and(|token| matches!(token.text, "$" | "€" | "£" | "¥" | "₹"));
    let second = number(tokens, first.end + 1 + usize::from(sign))?;
    let Worth::Number(high) = second.worth else { return None };
    // "3 to 4 million" is from 3 million.
    let last = tokens.get(second.end - 1)?;
    let factor = if last.glued { suffix(&last.lower) } else { scale(&last.lower) };
    let low = match factor {
        Some(factor) if first.style != Style::Scaled && second.style == Style::Scaled && low * factor < high => {
            round(low * factor)
        }
        _ => low,
    };
    (low < high).then_some(Amount {
        worth: Worth::Range(low, high),
        start: first.start,
        end: second.end,
        style: second.style,
    })
}

/// Dozens, hundreds of thousands, several hundred.
fn indefinite_amount(tokens: &[Token<'_>], at: usize) -> Option<Amount> {
    let token = tokens.get(at)?;
    let amount = |low: f64, end: usize| Amount { worth: Worth::Indefinite(low), start: at, end, style: Style::Other };
    let several = match token.lower.as_str() {
        "several" | "many" => 1,
        "a" if are(tokens, at + 1, &["few"]) => 2,
        "a" if are(tokens, at + 1, &["couple", "of"]) => 3,
        "a" if are(tokens, at + 1, &["couple"]) => 2,
        _ => 0,
    };
    if several > 0 {
        let next = tokens.get(at + several)?;
        let factor = scale(&next.lower).or_else(|| indefinite(&next.lower).map(|low| low / 2.0))?;
        return Some(amount(2.0 * factor, at + several + 1));
    }
    let low = indefinite(&token.lower)?;
    let then = tokens.get(at + 2).filter(|_| are(tokens, at + 1, &["of"]));
    let low = match then.and_then(|token| Some((indefinite(&token.lower)?, &token.lower))) {
        // Tens of thousands.
        Some((factor, _)) => return Some(amount(low * factor / 2.0, at + 3)),
        None => low,
    };
    // "Scores" is also a verb, "tens" a suit of cards: they count with "of" only.
    let sure = !matches!(token.lower.as_str(), "scores" | "tens") || are(tokens, at + 1, &["of"]);
    sure.then(|| amount(low, at + 1))
}

/// A third of, two-thirds, one in three, 3/4 of, half of.
fn share(tokens: &[Token<'_>], at: usize) -> Option<Amount> {
    let token = tokens.get(at)?;
    let amount = |value: f64, end: usize| {
        (value > 0.0 && value < 1.0).then_some(Amount {
            worth: Worth::Share(value),
            start: at,
            end,
            style: Style::Other,
        })
    };
    let small = |at: usize| {
        let token: &Token<'_> = tokens.get(at)?;
        let value = if token.is_number() { digits(token) } else { cardinal(&token.lower) };
        value.filter(|value| value.fract() == 0.0 && (1.0..=1000.0).contains(value))
    };
    // Half of the voters; half the country.
    if token.is("half") {
        let second = at.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|before| {
            matches!(
                before.lower.as_str(),
                "first" | "second" | "latter" | "other" | "top" | "bottom" | "final" | "last" | "better"
            )
        });
        let of = !second
            && (are(tokens, at + 1, &["of"])
                || tokens
                    .get(at + 1)
                    .is_some_and(|next| matches!(next.text, "the" | "its" | "their" | "his" | "her" | "our" | "all")));
        return of.then(|| amount(0.5, at + 1)).flatten();
    }
    if matches!(token.lower.as_str(), "a" | "an") {
        let whole = tokens.get(at + 1).and_then(|next| part(&next.lower))?;
        // A tenth of a metre is a length.
        let one = tokens.get(at + 3).is_some_and(|token| matches!(token.lower.as_str(), "a" | "an"));
        return (are(tokens, at + 2, &["of"]) && !one).then(|| amount(1.0 / whole, at + 2)).flatten();
    }
    let first = small(at)?;
    let next = tokens.get(at + 1)?;
    // One in three, nine out of ten.
    let joint = match next.lower.as_str() {
        "in" => 2,
        "out" if are(tokens, at + 2, &["of"]) => 3,
        _ => 0,
    };
    let joint = if joint == 2 && are(tokens, at + 2, &["every"]) { 3 } else { joint };
    if joint > 0 && first <= 20.0 {
        let whole = small(at + joint).filter(|whole| *whole <= 1000.0)?;
        let noun = tokens.get(at + joint + 1).is_some_and(Token::is_word);
        let year = joint == 2 && whole == 1000.0 && !noun;
        return if year { None } else { amount(first / whole, at + joint + 1) };
    }
    // 3/4 of.
    if next.text == "/" && next.glued {
        let whole = small(at + 2)?;
        return are(tokens, at + 3, &["of"]).then(|| amount(first / whole, at + 3)).flatten();
    }
    // Two thirds, one-third of.
    let dash = next.is_dash() && next.glued;
    let end = at + 1 + usize::from(dash);
    let whole = tokens.get(end).and_then(|token| part(&token.lower))?;
    let plural = tokens.get(end).is_some_and(|token| token.lower.ends_with('s'));
    let of = are(tokens, end + 1, &["of"]);
    let fits = if first == 1.0 { !plural && of } else { plural };
    // Three quarters are also a time.
    (fits && (of || whole != 4.0)).then(|| amount(first / whole, end + 1)).flatten()
}
