//! The text of an article and spans into it: the only byte arithmetic, and the only place that knows
//! how other programs count characters.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands between title and body.
const GAP: &str = "\n\n";

/// A stretch of one [`Text`]: bytes, half-open, on character boundaries.
///
/// Only a `Text` makes one, so it always lies inside the text that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// First byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// Byte after the last.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end() - self.start()
    }

    /// Whether it holds nothing.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// The text that every span points into: the title, a blank line and the body as read.
///
/// Without a title it is the body alone; with an empty body, the title alone. Nothing in it is normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    content: String,
    title: Option<Span>,
    body: Span,
}

/// A text of 4 GiB or more: its offsets would not fit a [`Span`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is longer than 4 GiB")]
pub struct TooLong;

impl Text {
    /// Puts title and body together. An empty title is no title.
    pub fn new(title: Option<&str>, body: &str) -> Result<Self, TooLong> {
        let title = title.filter(|title| !title.is_empty());
        let gap = if title.is_some() && !body.is_empty() { GAP } else { "" };
        let content = [title.unwrap_or_default(), gap, body].concat();
        let end = u32::try_from(content.len()).map_err(|_| TooLong)?;
        let titled = title.map_or(0, str::len) as u32;
        let title = title.map(|_| Span { start: 0, end: titled });
        Ok(Self { content, title, body: Span { start: titled + gap.len() as u32, end } })
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// The title's span, if there is a title.
    pub fn title(&self) -> Option<Span> {
        self.title
    }

    /// The body's span; empty where there is no body.
    pub fn body(&self) -> Span {
        self.body
    }

    /// The span of a byte range, unless it leaves the text or cuts a character.
    pub fn span(&self, range: Range<usize>) -> Option<Span> {
        self.content.get(range.clone())?;
        Some(Span { start: u32::try_from(range.start).ok()?, end: u32::try_from(range.end).ok()? })
    }

    /// The span of a byte range counted from the start of `outer`, unless it leaves `outer` or cuts a character.
    pub fn span_in(&self, outer: Span, range: Range<usize>) -> Option<Span> {
        let span = self.span(outer.start().checked_add(range.start)?..outer.start().checked_add(range.end)?)?;
        outer.contains(span).then_some(span)
    }

    /// From the start of `first` to the end of `last`; `first` alone where `last` ends before it.
    pub fn join(&self, first: Span, last: Span) -> Span {
        Span { start: first.start, end: last.end.max(first.end) }
    }

    /// The words of a span, as read. A span of another text that does not fit gives nothing.
    pub fn slice(&self, span: Span) -> &str {
        let slice = self.content.get(span.start()..span.end());
        debug_assert!(slice.is_some(), "a span of another text");
        slice.unwrap_or_default()
    }

    /// The span without what `unwanted` names at either end.
    pub fn trim(&self, span: Span, unwanted: impl Fn(char) -> bool + Copy) -> Span {
        let slice = self.slice(span);
        let start = slice.len() - slice.trim_start_matches(unwanted).len();
        let end = start + slice.trim_matches(unwanted).len();
        self.span_in(span, start..end).unwrap_or(span)
    }

    /// A table that turns spans into offsets of `unit`.
    pub fn locator(&self, unit: OffsetUnit) -> Locator<'_> {
        Locator::new(&self.content, unit)
    }
}

/// How a consumer counts offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OffsetUnit {
    /// Unicode code points: Python, Go runes.
    Codepoint,
    /// Bytes of the UTF-8 text: Rust, Go strings.
    Utf8,
    /// UTF-16 code units: JavaScript, Java, C#.
    Utf16,
}

/// Offsets of one text in one unit; built in one pass, each look-up costs at most [`Locator::STEP`] bytes.
pub struct Locator<'a> {
    bytes: &'a [u8],
    unit: OffsetUnit,
    /// Units before each multiple of [`Locator::STEP`]; empty where a unit is a byte.
    checkpoints: Vec<u32>,
}

impl<'a> Locator<'a> {
    const STEP: usize = 128;

    fn new(text: &'a str, unit: OffsetUnit) -> Self {
        let bytes = text.as_bytes();
        let mut checkpoints = Vec::new();
        if unit != OffsetUnit::Utf8 && !text.is_ascii() {
            let mut sum = 0;
            checkpoints = Vec::with_capacity(bytes.len() / Self::STEP + 1);
            for block in bytes.chunks(Self::STEP) {
                checkpoints.push(sum);
                sum += units(block, unit);
            }
            checkpoints.push(sum);
        }
        Self { bytes, unit, checkpoints }
    }

    /// The unit it counts in.
    pub fn unit(&self) -> OffsetUnit {
        self.unit
    }

    /// Start and end of a span in the unit.
    pub fn locate(&self, span: Span) -> (u32, u32) {
        (self.offset(span.start()), self.offset(span.end()))
    }

    fn offset(&self, byte: usize) -> u32 {
        let Some(before) = self.checkpoints.get(byte / Self::STEP) else { return byte as u32 };
        before + units(&self.bytes[byte / Self::STEP * Self::STEP..byte.min(self.bytes.len())], self.unit)
    }
}

/// Units that begin in `bytes`: a character counts where its first byte lies, four-byte ones twice in UTF-16.
fn units(bytes: &[u8], unit: OffsetUnit) -> u32 {
    let characters = bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    let pairs = if unit == OffsetUnit::Utf16 { bytes.iter().filter(|&&byte| byte >= 0xF0).count() } else { 0 };
    (characters + pairs) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A consumer slices by our offsets in its own language: each unit must agree with the plain way of counting.
        #[test]
        fn offsets_agree_with_counting_by_hand(title in ".{0,40}", body in "(\\PC|\n|🎨|é|e\u{301}){0,400}") {
            let text = Text::new(Some(&title), &body).unwrap();
            let all = text.as_str();
            for unit in [OffsetUnit::Codepoint, OffsetUnit::Utf8, OffsetUnit::Utf16] {
                let locator = text.locator(unit);
                for (start, _) in all.char_indices() {
                    let span = text.span(start..all.len()).unwrap();
                    let before = all.get(..start).unwrap();
                    let count = |s: &str| match unit {
                        OffsetUnit::Codepoint => s.chars().count(),
                        OffsetUnit::Utf8 => s.len(),
                        OffsetUnit::Utf16 => s.encode_utf16().count(),
                    };
                    prop_assert_eq!(locator.locate(span), (count(before) as u32, count(all) as u32));
                }
            }
        }
    }

    /// The record promises "title, a blank line, body", and nothing in front when one of them is missing.
    #[test]
    fn a_missing_title_or_body_leaves_no_gap() {
        assert_eq!(Text::new(Some("A"), "b").unwrap().as_str(), "A\n\nb");
        assert_eq!(Text::new(None, "b").unwrap().as_str(), "b");
        assert_eq!(Text::new(Some(""), "b").unwrap().title(), None);
        let flash = Text::new(Some("A"), "").unwrap();
        assert_eq!((flash.as_str(), flash.slice(flash.body())), ("A", ""));
    }

    /// A span that cuts a character would make every later slice panic.
    #[test]
    fn a_span_never_cuts_a_character() {
        let text = Text::new(None, "aé").unwrap();
        assert_eq!(text.span(0..2), None);
        assert_eq!(text.span(0..4), None);
        assert_eq!(text.span(1..3).map(|span| text.slice(span)), Some("é"));
    }
}
