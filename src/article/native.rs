//! Native JSON: an object with `body`; `schemas/article.json` says the rest.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Draft, Form, Rejection, Status};
use crate::dead_letter::Reason;

pub(super) const FORM: Form = Form {
    name: "native",
    media: |media| matches!(media, "application/json" | "text/json"),
    looks: |bytes| {
        let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        // Anything else that is whole JSON (an array, a number) is JSON too, only no article.
        start.first() == Some(&b'{') || serde_json::from_slice::<IgnoredAny>(start).is_ok()
    },
    read,
};

fn read(content: &str) -> Result<Draft, Rejection> {
    let field = Cell::new(None);
    let mut json = serde_json::Deserializer::from_str(content);
    let draft = Fields { current: &field }.deserialize(&mut json).and_then(|draft| json.end().map(|()| draft));
    draft.map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        match (error.is_data(), field.get()) {
            // The words of a type error may quote the article: ours name the field alone.
            (true, Some(Fault::Type { name, expected })) => {
                Rejection::new(Reason::InvalidField, format!("{name} must be {expected} ({place})"))
            }
            (true, Some(Fault::Repeated { name })) => {
                Rejection::new(Reason::InvalidField, format!("{name} stands there twice ({place})"))
            }
            (true, Some(Fault::Missing { name })) => Rejection::new(Reason::InvalidField, format!("{name} is missing")),
            (true, _) => Rejection::new(Reason::InvalidJson, "the value is JSON, but no object"),
            (false, _) => Rejection::new(Reason::InvalidJson, syntax(&error, &place)),
        }
    })
}

/// The parser's own words, which name no text of the article in errors of syntax.
fn syntax(error: &serde_json::Error, place: &str) -> String {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or_default();
    format!("{words} ({place})")
}

/// What went wrong with which field, noted before the parser wraps it into an error of its own.
#[derive(Clone, Copy)]
enum Fault {
    Type { name: &'static str, expected: &'static str },
    Repeated { name: &'static str },
    Missing { name: &'static str },
}

/// Reads the fields of an article without a tree in between.
struct Fields<'a> {
    current: &'a Cell<Option<Fault>>,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Draft;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Draft, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Draft, M::Error> {
        let mut draft = Draft::default();
        let mut title = Once::new(self.current, "title");
        let mut body = Once::new(self.current, "body");
        let (mut id, mut source) = (Once::new(self.current, "id"), Once::new(self.current, "source"));
        let (mut byline, mut url) = (Once::new(self.current, "byline"), Once::new(self.current, "url"));
        let mut language = Once::new(self.current, "language");
        let mut published_at = Once::new(self.current, "published_at");
        let mut embargoed_until = Once::new(self.current, "embargoed_until");
        let mut version = Once::new(self.current, "version");
        let mut status = Once::new(self.current, "status");
        let mut supersedes = Once::new(self.current, "supersedes");
        while let Some(name) = map.next_key::<Name>()? {
            self.current.set(None);
            match name.0.as_str() {
                "id" => id.read(&mut map, STRING, Some)?,
                "title" => title.read(&mut map, STRING, Some)?,
                "body" => body.read(&mut map, STRING, Some)?,
                "source" => source.read(&mut map, STRING, Some)?,
                "byline" => byline.read(&mut map, STRING, Some)?,
                "url" => url.read(&mut map, STRING, Some)?,
                "supersedes" => supersedes.read(&mut map, STRING, Some)?,
                "language" => language.read(&mut map, "a BCP 47 language tag as in \"en-GB\"", language_tag)?,
                "published_at" => published_at.read(&mut map, TIME, time)?,
                "embargoed_until" => embargoed_until.read(&mut map, TIME, time)?,
                "version" => version.read(&mut map, "a string or an integer", |Version(version)| Some(version))?,
                "status" => status.read(&mut map, "\"usable\", \"withheld\" or \"canceled\"", status_named)?,
                _ => {
                    if draft.extra.contains_key(&name.0) {
                        self.current.set(Some(Fault::Repeated { name: "a field that is unknown" }));
                        return Err(M::Error::custom("repeated"));
                    }
                    let value = map.next_value::<Value>()?;
                    draft.extra.insert(name.0, value);
                }
            }
        }
        if !body.seen {
            self.current.set(Some(Fault::Missing { name: "body" }));
            return Err(M::Error::custom("missing"));
        }
        draft.title = title.value;
        draft.body = body.value.unwrap_or_default();
        draft.id = id.text();
        draft.source = source.text();
        draft.byline = byline.text();
        draft.url = url.text();
        draft.supersedes = supersedes.text();
        draft.language = language.value;
        draft.published_at = published_at.value;
        draft.embargoed_until = embargoed_until.value;
        draft.version = version.text();
        draft.status = status.value;
        Ok(draft)
    }
}

const STRING: &str = "a string";
const TIME: &str = "a time with its offset from UTC as in \"2025-03-11T12:00:00Z\"";

/// A field that may stand there once; null stands for nothing.
struct Once<'a, T> {
    name: &'static str,
    current: &'a Cell<Option<Fault>>,
    seen: bool,
    value: Option<T>,
}

impl<'a, T> Once<'a, T> {
    fn new(current: &'a Cell<Option<Fault>>, name: &'static str) -> Self {
        Self { name, current, seen: false, value: None }
    }

    /// Reads the value; what `accept` answers with `None` is as wrong as a value of another type.
    fn read<'de, M: MapAccess<'de>, U: Deserialize<'de>>(
        &mut self,
        map: &mut M,
        expected: &'static str,
        accept: impl FnOnce(U) -> Option<T>,
    ) -> Result<(), M::Error> {
        if std::mem::replace(&mut self.seen, true) {
            self.current.set(Some(Fault::Repeated { name: self.name }));
            return Err(M::Error::custom("repeated"));
        }
        self.current.set(Some(Fault::Type { name: self.name, expected }));
        if let Some(value) = map.next_value::<Option<U>>()? {
            self.value = Some(accept(value).ok_or_else(|| M::Error::custom("refused"))?);
        }
        self.current.set(None);
        Ok(())
    }
}

impl Once<'_, String> {
    /// The value, unless it says nothing.
    fn text(self) -> Option<String> {
        self.value.filter(|value| super::has_ink(value))
    }
}

/// A key; deserialised by itself so that an error in it is one of syntax.
#[derive(Deserialize)]
struct Name(String);

/// A version: a string, or an integer that is turned into one.
struct Version(String);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(version) => Ok(Self(version)),
            Value::Number(version) if version.is_u64() || version.is_i64() => Ok(Self(version.to_string())),
            _ => Err(D::Error::custom("neither")),
        }
    }
}

fn status_named(name: String) -> Option<Status> {
    [("usable", Status::Usable), ("withheld", Status::Withheld), ("canceled", Status::Canceled)]
        .into_iter()
        .find_map(|(known, status)| (known == name).then_some(status))
}

fn time(text: String) -> Option<String> {
    text.parse::<jiff::Timestamp>().is_ok().then_some(text)
}

/// The shape of a BCP 47 tag, with hyphens where underscores stood; a blank one is none.
fn language_tag(tag: String) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let mut parts = tag.split('-');
    let primary =
        parts.next().is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let rest = parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (primary && rest && tag.len() <= 64).then_some(tag)
}
