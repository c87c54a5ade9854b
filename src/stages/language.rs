//! The language of an article: as declared, else identified from its whole text.
//!
//! A wrong guess costs an article its entities, so only a sure answer is given: a text that is short or mixed is
//! `und` (undetermined). The model reads `und` too where it is written in Latin letters: a desk that feeds this service
//! in English loses no flash of five words.

use serde_json::{Value, json};
use whatlang::{Detector, Lang};

use super::segments::Segments;
use crate::article::Status;
use crate::document::{About, Document, Layer};
use crate::json;
use crate::stage::{Resources, Stage, Switch};

/// The language that the model reads.
pub const MODEL_LANGUAGE: &str = "en";

/// Undetermined, as BCP 47 writes it.
const UNDETERMINED: &str = "und";

/// Bytes of text that are looked at: some six hundred words tell a language as surely as ten thousand.
const SAMPLE: usize = 4096;

/// Letters below which no answer is sure enough.
const LETTERS: usize = 24;

/// The language of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// BCP 47: as declared, or the identified language alone, or `und`.
    pub tag: String,
    /// How sure the identification is, 0 to 1; `None` for a declared language.
    pub confidence: Option<f64>,
    latin: bool,
}

impl Language {
    /// Whether the model reads it.
    pub fn fits_model(&self) -> bool {
        let primary = self.tag.split('-').next().unwrap_or_default();
        primary.eq_ignore_ascii_case(MODEL_LANGUAGE) || self.tag == UNDETERMINED && self.latin
    }
}

/// Why a document is not read for its language, if it is not.
pub fn not_read(document: &Document) -> Option<String> {
    let language = document.layer::<Language>().filter(|language| !language.fits_model())?;
    Some(format!("the language is {}, Copydesk reads {MODEL_LANGUAGE}", language.tag))
}

impl Layer for Language {
    fn facts(&self, about: About) -> Vec<(&'static str, Value)> {
        if about != About::Article {
            return Vec::new();
        }
        let identified = self.confidence.map(|confidence| ("language_confidence", json!(json::score(confidence))));
        [("language", json!(self.tag))].into_iter().chain(identified).collect()
    }
}

/// The stage.
pub struct Identify {
    detector: Detector,
}

impl Stage for Identify {
    const NAME: &'static str = "language";
    const VERSION: &'static str = "1";
    const REQUIRES: &'static [&'static str] = &["segments"];
    type Settings = Switch;
    type Output = Language;

    fn load(_: &Switch, _: &Resources) -> anyhow::Result<Self> {
        Ok(Self { detector: Detector::new() })
    }

    fn unfit(&self, document: &Document) -> Option<String> {
        (document.article().status == Status::Canceled).then(|| "the article is canceled".to_owned())
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Language> {
        let declared = document.article().language.clone().filter(|tag| tag != UNDETERMINED);
        if let Some(tag) = declared {
            return Ok(Language { tag, confidence: None, latin: true });
        }
        let sample = sample(document);
        let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
        let latin = sample.chars().filter(|c| c.is_alphabetic() && *c < '\u{0250}').count();
        let found = self.detector.detect(&sample).filter(|info| letters >= LETTERS && info.is_reliable());
        Ok(Language {
            tag: found.as_ref().map_or(UNDETERMINED, |info| tag(info.lang())).to_owned(),
            confidence: Some(found.as_ref().map_or(0.0, |info| info.confidence())),
            latin: 2 * latin >= letters,
        })
    }
}

/// The start of the article's prose: title, paragraphs and list items, without names of staff and datelines.
fn sample(document: &Document) -> String {
    let text = document.text();
    let mut sample = String::new();
    for segment in document.layer::<Segments>().iter().flat_map(|segments| segments.prose()) {
        let slice = text.slice(segment.span);
        let room = SAMPLE - sample.len();
        sample.push_str(slice.get(..slice.floor_char_boundary(room)).unwrap_or_default());
        if sample.len() + 8 >= SAMPLE {
            break;
        }
        sample.push('\n');
    }
    // A title in capitals looks like another language.
    if sample.chars().filter(|c| c.is_uppercase()).count() * 2 > sample.len() { sample.to_lowercase() } else { sample }
}

/// BCP 47 takes the shortest code: two letters where there are two.
fn tag(language: Lang) -> &'static str {
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        other => other.code(),
    }
}
