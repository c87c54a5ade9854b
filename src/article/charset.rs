//! Bytes to characters: UTF-8, and Windows-1252 where it is declared.

use std::borrow::Cow;

use super::Rejection;
use crate::dead_letter::Reason;

/// Windows-1252 at 0x80 to 0x9F; a blank is a byte that means nothing there.
const HIGH: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', //
    ' ', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];

/// Decodes by the declared character set, UTF-8 without one; never guesses and never replaces a character.
pub(super) fn decode<'a>(bytes: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, Rejection> {
    match charset {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(not_text(error.valid_up_to(), "UTF-8")),
        },
        // What calls itself Latin-1 is Windows-1252 in practice; the two differ in control characters only.
        Some("windows-1252" | "cp1252" | "iso-8859-1" | "iso8859-1" | "latin1" | "latin-1") => {
            let decoded = bytes.iter().enumerate().map(|(at, &byte)| match byte {
                0x80..=0x9F => {
                    let character = HIGH[usize::from(byte - 0x80)];
                    if character == ' ' { Err(not_text(at, "Windows-1252")) } else { Ok(character) }
                }
                _ => Ok(char::from(byte)),
            });
            decoded.collect::<Result<String, _>>().map(Cow::Owned)
        }
        Some(other) => {
            let what = format!("charset {} is not read; send UTF-8 or declare windows-1252", other.escape_debug());
            Err(Rejection::new(Reason::UnknownForm, what))
        }
    }
}

fn not_text(at: usize, charset: &str) -> Rejection {
    Rejection::new(Reason::NotUtf8, format!("byte {at} is not {charset}"))
}
