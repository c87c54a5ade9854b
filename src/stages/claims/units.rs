//! What a number is of: money, shares, measures, spans of time, and whatever else can be counted.

use super::tokens::Token;
use super::words;

/// What sort of quantity a claim makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// So many of something.
    Count,
    /// A sum of money.
    Money,
    /// A part of a whole: per cent, percentage points, thirds.
    Share,
    /// A length, weight, temperature or another measure.
    Measure,
    /// So much time.
    Duration,
    /// So many times as much.
    Multiple,
}

/// What follows or stands before a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    /// The code of the unit; none where the words say what is counted.
    pub(super) code: Option<&'static str>,
    /// The tokens that say what is counted.
    pub(super) words: std::ops::Range<usize>,
    /// The token after the last that belongs to the quantity.
    pub(super) end: usize,
}

/// The currency that stands before token `at`, and its first token.
pub(super) fn money_before(tokens: &[Token<'_>], at: usize) -> Option<(usize, Option<&'static str>)> {
    let sign = tokens.get(at.checked_sub(1)?)?;
    let before = at.checked_sub(2).and_then(|at| tokens.get(at)).filter(|_| sign.glued);
    let found = match sign.text {
        "$" => match before.map(|token| token.text) {
            Some("US" | "U.S.") => (2, "USD"),
            Some("A" | "AU") => (2, "AUD"),
            Some("C" | "CA" | "CAD") => (2, "CAD"),
            Some("NZ") => (2, "NZD"),
            Some("HK") => (2, "HKD"),
            Some("S") => (2, "SGD"),
            Some("R") => (2, "BRL"),
            Some("NT") => (2, "TWD"),
            _ => (1, "USD"),
        },
        "€" => (1, "EUR"),
        "£" => (1, "GBP"),
        "₹" => (1, "INR"),
        "₽" => (1, "RUB"),
        "₴" => (1, "UAH"),
        "₩" => (1, "KRW"),
        "₺" => (1, "TRY"),
        "₪" => (1, "ILS"),
        "₦" => (1, "NGN"),
        "¥" => return Some((at - 1, None)),
        "." if before.is_some_and(|token| token.text == "Rs") => (2, "INR"),
        code => (1, iso(code)?),
    };
    Some((at - found.0, Some(found.1)))
}

/// A currency by its code, as written.
fn iso(code: &str) -> Option<&'static str> {
    const CODES: [&str; 26] = [
        "USD", "EUR", "GBP", "JPY", "CNY", "INR", "RUB", "UAH", "CHF", "CAD", "AUD", "NZD", "BRL", "MXN", "ZAR", "TRY",
        "PLN", "SEK", "NOK", "DKK", "KRW", "ILS", "SAR", "AED", "NGN", "PKR",
    ];
    if code == "Rs" {
        return Some("INR");
    }
    CODES.into_iter().find(|known| *known == code)
}

/// What the tokens from `at` on say that a number counts; `one` where it is one thing.
pub(super) fn after(tokens: &[Token<'_>], at: usize, one: bool) -> Option<Unit> {
    let word = |at: usize| tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default();
    let unit = |kind, code, length: usize| Some(Unit { kind, code: Some(code), words: at..at, end: at + length });
    match (word(at), word(at + 1), word(at + 2)) {
        ("percentage" | "per" | "percent", "points" | "point", _) => return unit(Kind::Share, "percentage_points", 2),
        ("per", "cent", _) => return unit(Kind::Share, "percent", 2),
        ("%" | "percent" | "pct", ..) => return unit(Kind::Share, "percent", 1),
        ("basis", "points" | "point", _) => return unit(Kind::Share, "basis_points", 2),
        ("times", ..) => return unit(Kind::Multiple, "times", 1),
        _ => {}
    }
    if let Some((code, length)) = money(tokens, at) {
        return match code {
            Some(code) => unit(Kind::Money, code, length),
            None => Some(Unit { kind: Kind::Money, code: None, words: at..at + length, end: at + length }),
        };
    }
    if let Some((code, length)) = measure(tokens, at) {
        return unit(Kind::Measure, code, length);
    }
    if let Some(code) = duration(word(at)) {
        return unit(Kind::Duration, code, 1);
    }
    let words = noun_phrase(tokens, at, one)?;
    Some(Unit { kind: Kind::Count, code: None, end: words.end, words })
}

/// A currency in words: its code, where the words leave no doubt, and how many tokens they are.
fn money(tokens: &[Token<'_>], at: usize) -> Option<(Option<&'static str>, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default();
    if let Some(code) = tokens.get(at).and_then(|token| iso(token.text)) {
        return Some((Some(code), 1));
    }
    let named = |word: &str| {
        Some(match word {
            "dollar" | "dollars" => Some("USD"),
            "euro" | "euros" => Some("EUR"),
            "yen" => Some("JPY"),
            "yuan" | "renminbi" => Some("CNY"),
            "ruble" | "rubles" | "rouble" | "roubles" => Some("RUB"),
            "hryvnia" | "hryvnias" => Some("UAH"),
            "rand" => Some("ZAR"),
            "zloty" | "zlotys" | "zlotych" => Some("PLN"),
            "shekel" | "shekels" => Some("ILS"),
            "naira" => Some("NGN"),
            "forint" | "forints" => Some("HUF"),
            "ringgit" => Some("MYR"),
            "baht" => Some("THB"),
            "reais" => Some("BRL"),
            "rupee" | "rupees" | "peso" | "pesos" | "franc" | "francs" | "krona" | "kronor" | "krone" | "kroner"
            | "crowns" | "rial" | "rials" | "riyal" | "riyals" | "dirham" | "dirhams" | "dinar" | "dinars" | "lira"
            | "liras" | "cents" | "pence" => None,
            _ => return None,
        })
    };
    let home = match (word(at), word(at + 1)) {
        ("us" | "u.s." | "american", "dollars" | "dollar") => Some("USD"),
        ("australian", "dollars") => Some("AUD"),
        ("canadian", "dollars") => Some("CAD"),
        ("singapore", "dollars") => Some("SGD"),
        ("hong", "kong") if word(at + 2) == "dollars" => return Some((Some("HKD"), 3)),
        ("new", "zealand") if word(at + 2) == "dollars" => return Some((Some("NZD"), 3)),
        ("swiss", "francs" | "franc") => Some("CHF"),
        ("swedish", "kronor" | "crowns" | "krona") => Some("SEK"),
        ("norwegian", "kroner" | "crowns" | "krone") => Some("NOK"),
        ("danish", "kroner" | "crowns" | "krone") => Some("DKK"),
        ("indian", "rupees") => Some("INR"),
        ("pakistani", "rupees") => Some("PKR"),
        ("mexican", "pesos") => Some("MXN"),
        ("turkish", "lira" | "liras") => Some("TRY"),
        ("pounds", "sterling") => Some("GBP"),
        ("british", "pounds") => Some("GBP"),
        ("saudi", "riyals") => Some("SAR"),
        _ => None,
    };
    if home.is_some() {
        return Some((home, 2));
    }
    // A pound of flour is no money.
    if matches!(word(at), "pounds" | "pound") && word(at + 1) != "of" {
        return Some((Some("GBP"), 1));
    }
    named(word(at)).map(|code| (code, 1))
}

/// A measure: its symbol, and how many tokens say it.
fn measure(tokens: &[Token<'_>], at: usize) -> Option<(&'static str, usize)> {
    let word = |at: usize| tokens.get(at).map(|token| token.lower.as_str()).unwrap_or_default();
    let text = |at: usize| tokens.get(at).map(|token| token.text).unwrap_or_default();
    let glued = tokens.get(at).is_some_and(|token| token.glued);
    let per_hour =
        matches!((word(at + 1), word(at + 2)), ("per" | "an", "hour")) || (text(at + 1), word(at + 2)) == ("/", "h");
    let length = |word: &str| {
        Some(match word {
            "kilometre" | "kilometres" | "kilometer" | "kilometers" | "km" | "kms" => "km",
            "metre" | "metres" | "meter" | "meters" => "m",
            "centimetre" | "centimetres" | "centimeter" | "centimeters" | "cm" => "cm",
            "millimetre" | "millimetres" | "millimeter" | "millimeters" | "mm" => "mm",
            "mile" | "miles" => "mi",
            "foot" | "feet" | "ft" => "ft",
            "inch" | "inches" => "in",
            "yard" | "yards" => "yd",
            _ => return None,
        })
    };
    if let Some(code) = length(word(at)) {
        return Some(match (code, per_hour) {
            ("km", true) => ("km/h", 3),
            ("mi", true) => ("mph", 3),
            _ => (code, 1),
        });
    }
    let squared = match (word(at), length(word(at + 1))) {
        ("square" | "sq", Some("km")) => Some("km2"),
        ("square" | "sq", Some("m")) => Some("m2"),
        ("square" | "sq", Some("mi")) => Some("mi2"),
        ("square" | "sq", Some("ft")) => Some("ft2"),
        ("cubic", Some("m")) => Some("m3"),
        ("cubic", Some("ft")) => Some("ft3"),
        ("cubic", Some("km")) => Some("km3"),
        _ => None,
    };
    if let Some(code) = squared {
        return Some((code, 2));
    }
    let degrees = match (word(at), word(at + 1)) {
        ("degrees" | "degree", "celsius" | "centigrade") => Some(("°C", 2)),
        ("degrees" | "degree", "fahrenheit") => Some(("°F", 2)),
        ("degrees" | "degree", "c") => Some(("°C", 2)),
        ("degrees" | "degree", "f") => Some(("°F", 2)),
        ("°", "c") => Some(("°C", 2)),
        ("°", "f") => Some(("°F", 2)),
        ("degrees" | "°", _) => Some(("°", 1)),
        _ => None,
    };
    if degrees.is_some() {
        return degrees;
    }
    let code = match word(at) {
        "kilogram" | "kilograms" | "kilo" | "kilos" | "kg" | "kilogramme" | "kilogrammes" => "kg",
        "gram" | "grams" | "grammes" => "g",
        "tonne" | "tonnes" => "t",
        "metric" if matches!(word(at + 1), "tons" | "tonnes" | "ton") => return Some(("t", 2)),
        "ton" | "tons" => "ton",
        "pound" | "pounds" | "lb" | "lbs" => "lb",
        "ounce" | "ounces" | "oz" => "oz",
        "litre" | "litres" | "liter" | "liters" => "L",
        "gallon" | "gallons" => "gal",
        "barrel" | "barrels" => "bbl",
        "hectare" | "hectares" | "ha" => "ha",
        "acre" | "acres" => "acre",
        "kph" | "kmh" => "km/h",
        "mph" => "mph",
        "knots" => "kn",
        "megawatt" | "megawatts" => "MW",
        "gigawatt" | "gigawatts" => "GW",
        "kilowatt" | "kilowatts" => "kW",
        "terawatt-hours" => "TWh",
        _ => match text(at) {
            "MW" => "MW",
            "GW" => "GW",
            "kW" => "kW",
            "kWh" => "kWh",
            "MWh" => "MWh",
            "GWh" => "GWh",
            "TWh" => "TWh",
            "m" if glued => "m",
            "t" if glued => "t",
            "g" if glued => "g",
            "C" if glued => "°C",
            _ => return None,
        },
    };
    Some((code, 1))
}

/// A span of time, in the plural.
pub(super) fn duration(word: &str) -> Option<&'static str> {
    Some(match word {
        "second" | "seconds" => "seconds",
        "minute" | "minutes" | "mins" => "minutes",
        "hour" | "hours" => "hours",
        "day" | "days" => "days",
        "night" | "nights" => "nights",
        "week" | "weeks" => "weeks",
        "fortnight" | "fortnights" => "fortnights",
        "month" | "months" => "months",
        "quarter" | "quarters" => "quarters",
        "year" | "years" => "years",
        "decade" | "decades" => "decades",
        "century" | "centuries" => "centuries",
        _ => return None,
    })
}

/// Tokens that a noun phrase may have.
const LONGEST: usize = 9;

/// The words from `at` on that name what is counted: adjectives and nouns, up to the noun in the plural.
pub(super) fn noun_phrase(tokens: &[Token<'_>], at: usize, one: bool) -> Option<std::ops::Range<usize>> {
    let mut start = at;
    let mut end = None;
    let mut last_plural = false;
    let mut index = at;
    while let Some(token) = tokens.get(index).filter(|_| index < at + LONGEST) {
        let next = tokens.get(index + 1);
        if !token.is_word() {
            let compound = token.is_dash() && token.glued && next.is_some_and(|next| next.glued);
            let possessive = matches!(token.text, "'" | "’") && token.glued && index > start;
            let opens = index == start && matches!(token.text, "“" | "\"" | "‘" | "'");
            let inside = |token: &Token<'_>| token.is_number() && index > start;
            if opens {
                start += 1;
            } else if possessive {
                // The owner is not what is counted: women's groups, drivers' licences.
                let s = next.is_some_and(|next| next.is("s") && next.glued);
                if !s && !last_plural {
                    break;
                }
                if tokens
                    .get(index + 1 + usize::from(s))
                    .is_none_or(|after| !after.is_word() || words::ends_phrase(after))
                {
                    break;
                }
                end = None;
                index += usize::from(s);
            } else if inside(token) && (token.glued || tokens.get(index - 1).is_some_and(Token::is_capitalised)) {
                // F-16s, Leopard 2 tanks.
                if next.is_some_and(|next| next.is("s") && next.glued) {
                    index += 1;
                    end = Some(index + 1);
                    last_plural = true;
                }
            } else if !compound {
                break;
            }
            index += 1;
            continue;
        }
        if words::ends_phrase(token) && !(index == start && words::is_state(&token.lower)) {
            break;
        }
        let joined = next.is_some_and(|next| next.is_dash() && next.glued)
            && tokens.get(index + 2).is_some_and(|after| after.glued && (after.is_word() || after.is_number()));
        let plural = words::is_plural(token) && !joined;
        // "12 people dead", but "12 dead soldiers".
        if end.is_some() && words::is_state(&token.lower) {
            break;
        }
        // After the noun in the plural only another one goes on: arms dealers, "sports car makers".
        if end.is_some() && last_plural && !plural {
            let before = tokens.get(index - 1);
            let modifier =
                before.is_some_and(|token| words::is_plural_modifier(&token.lower) || token.is_capitalised());
            let between = tokens.get(index..index + 4).unwrap_or_else(|| tokens.get(index..).unwrap_or_default());
            let goes_on = |token: &&Token<'_>| token.is_word() && !words::ends_phrase(token);
            let leads = between.iter().take_while(goes_on).any(words::is_plural);
            if !(modifier && leads) {
                break;
            }
        }
        if one && index > start && words::is_verb(token, true) && !joined {
            break;
        }
        if plural || one && !joined {
            end = Some(index + 1);
            last_plural = plural;
        }
        index += 1;
    }
    let state = tokens.get(start).filter(|token| words::is_state(&token.lower)).map(|_| start + 1);
    end.or(state).filter(|end| *end > start).map(|end| start..end)
}
