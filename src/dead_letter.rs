//! Dead letters: what is published of an article that could not be enriched.
//!
//! A dead letter is the record as it was received, byte for byte, with headers that say why it lies there and where
//! it came from. Whoever gives up on an article (the reading of it, the record that grew too large, a broker that
//! refuses it) builds its dead letter here, so that all of them look alike.

use crate::message::{Destination, Header, Message, Partition, Position, RawArticle};

/// Why an article could not be enriched. The list is closed: dashboards and replays filter by its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No value, or a value without any content.
    Empty,
    /// The value is not UTF-8.
    NotUtf8,
    /// The value claims to be JSON and is not.
    InvalidJson,
    /// A field is missing, or its value is not what the article's form demands.
    InvalidField,
    /// The article holds no text to read.
    NoText,
    /// The article, or the record made of it, is larger than allowed.
    TooLarge,
    /// The record names a form of article that is not supported.
    UnknownForm,
    /// A fault of the service itself.
    Internal,
}

impl Reason {
    /// All reasons, in the order of their declaration.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::NotUtf8,
        Self::InvalidJson,
        Self::InvalidField,
        Self::NoText,
        Self::TooLarge,
        Self::UnknownForm,
        Self::Internal,
    ];

    /// The code in the `copydesk-error-reason` header, in metrics and in logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUtf8 => "not_utf8",
            Self::InvalidJson => "invalid_json",
            Self::InvalidField => "invalid_field",
            Self::NoText => "no_text",
            Self::TooLarge => "too_large",
            Self::UnknownForm => "unknown_form",
            Self::Internal => "internal",
        }
    }

    /// The reason that a dead letter carries; `None` if `message` is none.
    pub fn of(message: &Message) -> Option<Self> {
        let header = message.headers.iter().rev().find(|header| header.name == REASON)?;
        Self::ALL.into_iter().find(|reason| header.value.as_deref() == Some(reason.code().as_bytes()))
    }
}

/// Header with the code of the [`Reason`].
pub const REASON: &str = "copydesk-error-reason";
/// Header that tells in words what was wrong, at most [`DETAIL_BYTES`] long. Never holds article text.
pub const DETAIL: &str = "copydesk-error-detail";
/// Header with the stage at which the article was given up, where there is one.
pub const STAGE: &str = "copydesk-error-stage";
/// Header with the position of the article, as `topic/partition/offset`.
pub const SOURCE: &str = "copydesk-source";
/// Header with the timestamp of the record received, in milliseconds since the Unix epoch.
pub const SOURCE_TIMESTAMP: &str = "copydesk-source-timestamp";
/// Header with the version of the program that gave the article up.
pub const VERSION: &str = "copydesk-version";
/// Header that counts how often the article was given up: 1, and one more after each replay.
pub const ATTEMPT: &str = "copydesk-attempt";

/// The longest detail in a header, in bytes.
pub const DETAIL_BYTES: usize = 1024;

/// The headers that [`letter`] writes, which replace any of the same name on the record received.
const OURS: [&str; 7] = [REASON, DETAIL, STAGE, SOURCE, SOURCE_TIMESTAMP, VERSION, ATTEMPT];

/// The dead letter of `article`: its own key, value and headers, and ours that say why.
///
/// Headers of ours that the record already has (it was replayed) are overwritten rather than piled up, and its
/// attempt is counted on. `detail` is cut to [`DETAIL_BYTES`]; it must not hold text of the article.
pub fn letter(article: &RawArticle, reason: Reason, detail: &str, stage: Option<&str>) -> Message {
    let mut headers: Vec<Header> =
        article.headers.iter().filter(|header| !OURS.contains(&header.name.as_str())).cloned().collect();
    let mut add = |name: &str, value: String| {
        headers.push(Header { name: name.to_owned(), value: Some(value.into_bytes()) });
    };
    add(REASON, reason.code().to_owned());
    add(DETAIL, cut(detail).to_owned());
    if let Some(stage) = stage {
        add(STAGE, stage.to_owned());
    }
    add(SOURCE, article.position.to_string());
    if let Some(timestamp) = article.timestamp {
        add(SOURCE_TIMESTAMP, timestamp.to_string());
    }
    add(VERSION, env!("CARGO_PKG_VERSION").to_owned());
    add(ATTEMPT, (attempts(article) + 1).to_string());
    Message { destination: Destination::Dead, key: article.key.clone(), payload: article.payload.clone(), headers }
}

/// The article that `letter` was made of, as it was received; of our headers it keeps the attempt alone, which the next
/// dead letter counts on.
///
/// Without a readable source the position is that of the letter.
pub fn article(letter: &RawArticle) -> RawArticle {
    let kept = |header: &&Header| header.name == ATTEMPT || !OURS.contains(&header.name.as_str());
    RawArticle {
        position: source(letter).unwrap_or_else(|| letter.position.clone()),
        key: letter.key.clone(),
        payload: letter.payload.clone(),
        headers: letter.headers.iter().filter(kept).cloned().collect(),
        timestamp: letter.header(SOURCE_TIMESTAMP).parse().ok().or(letter.timestamp),
    }
}

/// Where the article of a dead letter stands.
pub fn source(letter: &RawArticle) -> Option<Position> {
    let text = letter.header(SOURCE);
    let (rest, offset) = text.rsplit_once('/')?;
    let (topic, number) = rest.rsplit_once('/')?;
    let partition = Partition { topic: topic.into(), number: number.parse().ok()? };
    Some(Position { partition, offset: offset.parse().ok()? })
}

/// How often the article was given up so far: of a dead letter, this time included.
pub fn attempts(article: &RawArticle) -> u64 {
    let last = article.headers.iter().rev().find(|header| header.name == ATTEMPT);
    let value = last.and_then(|header| header.value.as_deref()).and_then(|value| std::str::from_utf8(value).ok());
    value.and_then(|value| value.parse::<u32>().ok()).unwrap_or(0).into()
}

/// The start of `detail` that fits into a header.
fn cut(detail: &str) -> &str {
    detail.get(..detail.floor_char_boundary(DETAIL_BYTES)).unwrap_or(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(headers: Vec<Header>) -> RawArticle {
        RawArticle {
            position: Position { partition: Partition { topic: "articles.raw".into(), number: 3 }, offset: 41 },
            key: Some(b"k\xff".to_vec()),
            payload: Some(b"\xff\x00not text".to_vec()),
            headers,
            timestamp: Some(1_700_000_000_123),
        }
    }

    fn header(name: &str, value: Option<&str>) -> Header {
        Header { name: name.into(), value: value.map(|value| value.as_bytes().to_vec()) }
    }

    fn value(message: &Message, name: &str) -> Vec<String> {
        let ours = message.headers.iter().filter(|header| header.name == name);
        ours.map(|header| String::from_utf8(header.value.clone().unwrap()).unwrap()).collect()
    }

    /// The original must come out byte for byte, or a dead letter could not be replayed.
    #[test]
    fn key_value_and_foreign_headers_are_untouched() {
        let foreign = vec![header("a", Some("1")), header("null", None), header("a", Some("2"))];
        let article = article(foreign.clone());
        let letter = letter(&article, Reason::NotUtf8, "byte 0 is no UTF-8", None);
        assert_eq!((&letter.key, &letter.payload), (&article.key, &article.payload));
        assert_eq!(letter.headers.get(..3), Some(foreign.as_slice()));
        assert_eq!(value(&letter, SOURCE), ["articles.raw/3/41"]);
        assert_eq!(value(&letter, SOURCE_TIMESTAMP), ["1700000000123"]);
        assert!(value(&letter, STAGE).is_empty());
    }

    /// What is replayed must be what was received, and still count.
    #[test]
    fn the_article_comes_back_out_of_its_letter() {
        let article = article(vec![header("a", Some("1")), header("null", None)]);
        let Message { key, payload, headers, .. } = letter(&article, Reason::Internal, "x", Some("entities"));
        let position = Position { partition: Partition { topic: "articles.dead".into(), number: 0 }, offset: 7 };
        let again = super::article(&RawArticle { position, key, payload, headers, timestamp: Some(5) });
        let counted = [article.headers.clone(), vec![header(ATTEMPT, Some("1"))]].concat();
        assert_eq!(again, RawArticle { headers: counted, ..article });
    }

    /// Headers that grow with each replay end in a record that no topic takes.
    #[test]
    fn a_replayed_letter_has_each_header_once_and_counts_its_attempts() {
        let mut article = article(vec![header("a", Some("1"))]);
        for attempt in 1..=3 {
            let letter = letter(&article, Reason::Internal, "again", Some("entities"));
            assert_eq!(value(&letter, ATTEMPT), [attempt.to_string()]);
            assert_eq!(letter.headers.len(), 1 + OURS.len());
            article.headers = letter.headers;
        }
        article.headers = vec![header(ATTEMPT, Some("many")), header(ATTEMPT, None)];
        assert_eq!(value(&letter(&article, Reason::Internal, "", None), ATTEMPT), ["1"]);
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let letter = letter(&article(vec![]), Reason::InvalidField, &"ü€".repeat(1000), None);
        let [detail] = &value(&letter, DETAIL)[..] else { panic!("one detail") };
        assert!(detail.len() <= DETAIL_BYTES && detail.len() > DETAIL_BYTES - 4, "{}", detail.len());
    }

    /// Metrics count by reason, and read it from the letter.
    #[test]
    fn every_reason_is_read_back_from_its_letter() {
        for reason in Reason::ALL {
            assert_eq!(Reason::of(&letter(&article(vec![]), reason, "", None)), Some(reason));
        }
    }
}
