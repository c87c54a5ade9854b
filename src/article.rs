//! From bytes to an [`Article`], or a [`Rejection`] that says why not.
//!
//! The form is what the `content-type` header says (or `ce_datacontenttype`), else what the bytes look like.
//! Each form is a file below; a new one is such a file and its line in [`FORMS`].

mod charset;
pub mod markers;
mod native;
mod plain;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::dead_letter::Reason;
use crate::message::RawArticle;
use crate::settings::{Bytes, Problem};
use crate::text::Text;
use markers::Marker;

/// The forms, in the order in which undeclared bytes are tried; the last takes what no other did.
const FORMS: [Form; 2] = [native::FORM, plain::FORM];

/// `[article]`: what is accepted as an article.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest value of a record that is read; a larger one becomes a dead letter with reason `too_large`.
    /// Reading takes time in proportion to the text, and one such article holds its partition for that long;
    /// 1 MiB is what a broker accepts by default, and some hundred times a usual article.
    pub max_bytes: Bytes,
    /// The longest id. It becomes the key of the enriched record and a header; 512 bytes are far more than any
    /// id scheme of a newsroom needs, so a longer one is a mistake upstream.
    pub max_id_bytes: Bytes,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_bytes: Bytes::mib(1), max_id_bytes: Bytes(512) }
    }
}

impl Settings {
    /// What cannot work.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.max_bytes < Bytes(1) || self.max_bytes > Bytes::mib(1024) {
            problems.push(Problem::new("article.max_bytes", "must lie between 1B and 1GiB"));
        }
        if self.max_id_bytes < Bytes(71) || self.max_id_bytes > Bytes::kib(32) {
            let what = "must lie between 71B (the length of an id made from the bytes) and 32KiB (what a header takes)";
            problems.push(Problem::new("article.max_id_bytes", what));
        }
        problems
    }
}

/// An article as read, in words of ours whatever its form was.
#[derive(Debug, Clone)]
pub struct Article {
    /// Its id: its own, else the record's key, else one made from its bytes.
    pub id: String,
    /// Name of the form it was read from.
    pub form: &'static str,
    /// Title and body.
    pub text: Text,
    /// Whether it may be published.
    pub status: Status,
    /// What its title says about it as a version: `UPDATE 1-`, `KILL:` and so on, in their order.
    pub markers: Vec<Marker>,
    /// Its version.
    pub version: Option<String>,
    /// When it was published, RFC 3339.
    pub published_at: Option<String>,
    /// Until when it must not be published, RFC 3339.
    pub embargoed_until: Option<String>,
    /// The language it declares, BCP 47.
    pub language: Option<String>,
    /// The id of the article that it replaces or retracts.
    pub supersedes: Option<String>,
    /// Who sent it.
    pub source: Option<String>,
    /// Who wrote it, as declared beside the text.
    pub byline: Option<String>,
    /// Where it is published.
    pub url: Option<String>,
    /// Fields that the form does not know, carried through.
    pub extra: Map<String, Value>,
}

impl Article {
    /// Reads a record.
    pub fn read(raw: &RawArticle, settings: &Settings) -> Result<Self, Rejection> {
        let bytes = raw.payload.as_deref().unwrap_or_default();
        if bytes.is_empty() {
            let what = if raw.payload.is_none() { "the record is a tombstone" } else { "the record's value is empty" };
            return Err(Rejection::new(Reason::Empty, what));
        }
        if bytes.len() > settings.max_bytes.as_usize() {
            let what = format!("{} bytes; [article] max_bytes allows {}", bytes.len(), settings.max_bytes.as_usize());
            return Err(Rejection::new(Reason::TooLarge, what));
        }
        let declared = MediaType::of(raw);
        let form = Form::of(declared.as_ref(), bytes)?;
        let content = charset::decode(bytes, declared.as_ref().and_then(|media| media.charset.as_deref()))?;
        let draft = (form.read)(content.strip_prefix('\u{FEFF}').unwrap_or(&content))?;
        draft.finish(form.name, raw, settings)
    }

    /// Whether it holds news: a kill, hold, withdrawal or advisory speaks to editors only.
    pub fn is_story(&self) -> bool {
        !self.markers.iter().any(|marker| marker.kind.to_editors())
    }

    /// The title without its markers.
    pub fn headline(&self) -> Option<&str> {
        let title = self.text.slice(self.text.title()?);
        title.get(self.markers.last().map_or(0, |marker| marker.range.end)..).map(str::trim)
    }
}

/// Whether an article may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It may.
    Usable,
    /// Not yet: an embargo or a hold.
    Withheld,
    /// Not any more: killed or withdrawn.
    Canceled,
}

/// Why a record is no article that can be read; it becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The code.
    pub reason: Reason,
    /// What is wrong and where, without text of the article.
    pub detail: String,
    /// Where on its way it was given up.
    pub stage: &'static str,
}

impl Rejection {
    /// A rejection while the article is read.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), stage: "article" }
    }

    /// A rejection through a fault of ours.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Reason::Internal, detail)
    }
}

/// A form in which articles arrive.
struct Form {
    name: &'static str,
    /// Whether a media type (lower case, without parameters) names this form.
    media: fn(&str) -> bool,
    /// Whether undeclared bytes look like this form.
    looks: fn(&[u8]) -> bool,
    /// Reads the article out of the decoded bytes.
    read: fn(&str) -> Result<Draft, Rejection>,
}

impl Form {
    fn of(declared: Option<&MediaType>, bytes: &[u8]) -> Result<&'static Self, Rejection> {
        let found = match declared {
            Some(media) => FORMS.iter().find(|form| (form.media)(&media.essence)),
            None => FORMS.iter().find(|form| (form.looks)(bytes)),
        };
        found.ok_or_else(|| {
            let what = declared.map_or("the bytes look like markup".to_owned(), |media| {
                format!("content-type is {}", media.essence.escape_debug())
            });
            let known: Vec<_> = FORMS.iter().map(|form| form.name).collect();
            Rejection::new(Reason::UnknownForm, format!("{what}; the forms read are {}", known.join(", ")))
        })
    }
}

/// What a record's headers say about its bytes.
struct MediaType {
    essence: String,
    charset: Option<String>,
}

impl MediaType {
    fn of(raw: &RawArticle) -> Option<Self> {
        let header = |name: &str| {
            let header = raw.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value.as_deref()?).ok().filter(|value| !value.trim().is_empty())
        };
        let value = header("content-type").or_else(|| header("ce_datacontenttype"))?;
        let mut parts = value.split(';').map(str::trim);
        let essence = parts.next()?.chars().take(100).collect::<String>().to_ascii_lowercase();
        let charset =
            parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("charset"));
        let charset = charset.map(|(_, value)| value.trim_matches('"').to_ascii_lowercase());
        // "Some bytes" declares nothing.
        (essence != "application/octet-stream").then_some(Self { essence, charset })
    }
}

/// What a form reads out of its bytes; [`Draft::finish`] makes the article of it.
#[derive(Default)]
struct Draft {
    id: Option<String>,
    title: Option<String>,
    body: String,
    published_at: Option<String>,
    language: Option<String>,
    source: Option<String>,
    byline: Option<String>,
    url: Option<String>,
    version: Option<String>,
    status: Option<Status>,
    supersedes: Option<String>,
    embargoed_until: Option<String>,
    extra: Map<String, Value>,
}

impl Draft {
    fn finish(self, form: &'static str, raw: &RawArticle, settings: &Settings) -> Result<Article, Rejection> {
        let title = self.title.filter(|title| has_ink(title));
        if title.is_none() && !has_ink(&self.body) {
            return Err(Rejection::new(Reason::NoText, "neither title nor body holds anything to read"));
        }
        let markers = title.as_deref().map(markers::of_title).unwrap_or_default();
        let embargo = markers::embargo(&self.body);
        let retracted = markers.iter().any(|marker| marker.kind.retracts());
        let supersedes = self.supersedes.or_else(|| markers::retracted_id(&self.body).filter(|_| retracted));
        // The kill of a story must land on the story's key, or the story would outlive it.
        let id = self.id.or_else(|| key(raw)).or_else(|| supersedes.clone()).unwrap_or_else(|| digest(raw));
        if id.len() > settings.max_id_bytes.as_usize() {
            let what = format!(
                "id has {} bytes; [article] max_id_bytes allows {}",
                id.len(),
                settings.max_id_bytes.as_usize()
            );
            return Err(Rejection::new(Reason::InvalidField, what));
        }
        let status = markers.iter().filter_map(|marker| marker.kind.status()).next();
        let status =
            self.status.or(status).unwrap_or(if embargo.is_some() { Status::Withheld } else { Status::Usable });
        let text = Text::new(title.as_deref(), &self.body)
            .map_err(|error| Rejection::new(Reason::TooLarge, error.to_string()))?;
        Ok(Article {
            id,
            form,
            text,
            status,
            version: self.version.or_else(|| markers.iter().find_map(|marker| marker.version.clone())),
            markers,
            published_at: self.published_at,
            embargoed_until: self.embargoed_until.or(embargo.flatten()),
            language: self.language,
            supersedes,
            source: self.source,
            byline: self.byline,
            url: self.url,
            extra: self.extra,
        })
    }
}

/// The record's key as an id: the text it is, else its bytes in hex.
fn key(raw: &RawArticle) -> Option<String> {
    let key = raw.key.as_deref().filter(|key| !key.is_empty())?;
    match std::str::from_utf8(key) {
        Ok(text) if !text.contains(char::is_control) => Some(text.to_owned()),
        _ => Some(format!("key:{}", hex(key))),
    }
}

/// An id made from the bytes, so that a replay finds the same one.
fn digest(raw: &RawArticle) -> String {
    format!("sha256:{}", hex(&Sha256::digest(raw.payload.as_deref().unwrap_or_default())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether anything in it can be seen: more than space, controls and marks of zero width.
pub fn has_ink(text: &str) -> bool {
    !text.chars().all(is_blank)
}

/// Space, controls, and marks of zero width.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
