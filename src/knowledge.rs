//! What is known beside the article: who and what there is, with ids. Files that editors write, and tables of names that
//! are read where they lie and not copied into memory.
//!
//! A table is a file of rows that are found by name ([`table`]); names are compared by their [`key`]. [`Knowledge`] is
//! all that the configuration names, read whole or refused whole.

pub mod authorities;
pub mod countries;
pub mod dump;
pub mod firms;
mod mapped;
pub mod overrides;
pub mod places;
pub mod subjects;
pub mod table;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use self::overrides::Overrides;
use self::subjects::Subjects;
use crate::settings::Problem;

/// `[knowledge]`
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who and what the stories are about, with ids: authority files of the newsroom (tab-separated values or JSON
    /// lines) and tables made by `copydesk kb build`. The order is that of the links of an entity: name the house's own
    /// files first. Each authority gives an entity one link at most, from the first file that is sure.
    pub authorities: Vec<PathBuf>,
    /// The pinned word of editors: this name in this sense, never this entity. It wins over everything else.
    pub overrides: Option<PathBuf>,
}

/// All that is configured, loaded; it never changes, and a newer one takes its place as a whole.
#[derive(Debug, Default)]
pub struct Knowledge {
    sources: Vec<Subjects>,
    overrides: Overrides,
    identity: Option<String>,
}

impl Knowledge {
    /// Loads all that the settings name.
    ///
    /// # Errors
    /// Every file that cannot be used, with its line.
    pub fn load(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut found = |key: &str, error: &anyhow::Error| problems.push(Problem::new(key, format!("{error:#}")));
        let mut sources = Vec::new();
        for path in &settings.authorities {
            match Subjects::open(path) {
                Ok(source) => sources.push(source),
                Err(error) => found("knowledge.authorities", &error),
            }
        }
        let overrides = match settings.overrides.as_deref().map(Overrides::open) {
            None => Overrides::default(),
            Some(Ok(overrides)) => overrides,
            Some(Err(error)) => {
                found("knowledge.overrides", &error);
                Overrides::default()
            }
        };
        if problems.is_empty() { Ok(Self::of(sources, overrides)) } else { Err(problems) }
    }

    /// Puts together what is loaded.
    pub fn of(sources: Vec<Subjects>, overrides: Overrides) -> Self {
        let mut sha = Sha256::new();
        for source in &sources {
            sha.update(source.digest());
        }
        sha.update(overrides.digest().unwrap_or_default());
        let any = !sources.is_empty() || overrides.digest().is_some();
        let identity = any.then(|| format!("sha256:{:.12}", hex(&sha.finalize())));
        Self { sources, overrides, identity }
    }

    /// Names the contents of all files, so that records say with which of them they were made; nothing where none is
    /// configured.
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The files of subjects, in their order.
    pub fn sources(&self) -> &[Subjects] {
        &self.sources
    }

    /// The pinned word of editors.
    pub fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// What an editor should look at, though it can be used.
    pub fn warnings(&self) -> Vec<String> {
        self.overrides.warnings(&self.sources)
    }

    /// How much there is, in words.
    pub fn summary(&self) -> String {
        let subjects: usize = self.sources.iter().map(Subjects::len).sum();
        format!("{subjects} subjects in {} files, {} overrides", self.sources.len(), self.overrides.len())
    }
}

/// Bytes in hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name as all tables compare it: in lower case, without accents, apostrophes and dots, hyphens as blanks, initials
/// joined. "Jean-Noël O’Brien" and "jean noel obrien" have one key, and so have "J. K." and "JK".
pub fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    if name.is_ascii() {
        name.chars().for_each(|c| add(&mut key, c.to_ascii_lowercase()));
    } else {
        for c in name.nfkd().filter(|c| !is_combining_mark(*c)) {
            match folded(c) {
                Some(letters) => letters.chars().for_each(|c| add(&mut key, c)),
                // Lower case again, as some letters get a mark by it: İ.
                None => c.to_lowercase().filter(|c| !is_combining_mark(*c)).for_each(|c| add(&mut key, c)),
            }
        }
    }
    key.truncate(key.trim_end().len());
    if has_initials(&key) { joined(&key) } else { key }
}

/// Adds a character that is in lower case and without accents.
fn add(key: &mut String, c: char) {
    match c {
        '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | 'ʿ' | 'ʾ' | '.' | '"' | '“' | '”' => {}
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' => {}
        '-' | '‐' | '\u{2011}' | '–' | '—' | '/' | '_' => blank(key),
        c if c.is_whitespace() || c.is_control() => blank(key),
        c => key.push(c),
    }
}

fn blank(key: &mut String) {
    if !key.is_empty() && !key.ends_with(' ') {
        key.push(' ');
    }
}

/// Letters that are not an ASCII letter with an accent, as they are written without them.
fn folded(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ħ' | 'Ħ' => "h",
        'ı' => "i",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        'ə' | 'Ə' => "a",
        _ => return None,
    })
}

/// Whether two words follow each other that are a letter each.
fn has_initials(key: &str) -> bool {
    let mut single = false;
    key.split(' ').any(|word| {
        let before = std::mem::replace(&mut single, is_letter(word));
        before && single
    })
}

fn is_letter(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// The same with neighbouring initials joined.
fn joined(key: &str) -> String {
    let mut joined = String::with_capacity(key.len());
    let mut single = false;
    for word in key.split(' ') {
        let before = std::mem::replace(&mut single, is_letter(word));
        let close = joined.is_empty() || before && single;
        if !close {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_however_it_is_written_has_one_key() {
        for (name, expected) in [
            ("  Jean-Noël   O’Brien ", "jean noel obrien"),
            ("Sa\u{303}o Tome\u{301}", "sao tome"),
            ("J. K. Ashdown", "jk ashdown"),
            ("J.K. Ashdown", "jk ashdown"),
            ("JK Ashdown", "jk ashdown"),
            ("U.S.", "us"),
            ("Łódź", "lodz"),
            ("İzmir", "izmir"),
            ("Straße", "strasse"),
            ("Sana'a", "sanaa"),
            ("Київ", "киів"),
            ("St. John’s", "st johns"),
            ("Ａｂｃ", "abc"),
            ("…", ""),
            ("", ""),
            ("'", ""),
            ("- -", ""),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }

    /// A table holds keys of keys: what is found once must be found again.
    #[test]
    fn the_key_of_a_key_is_itself() {
        for name in ["Jean-Noël O’Brien", "J. K. Ashdown", "ﬁ İ ẞ ǅ", "A B C", "x\u{301}\u{302}", "Ⅷ ½ ℡ ㍿"]
        {
            assert_eq!(key(&key(name)), key(name), "{name}");
        }
    }
}
