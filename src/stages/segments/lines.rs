//! Lines of a body, and which of them stand together.

use crate::article::is_blank;
use crate::text::{Span, Text};

/// A line with something in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Without white space at its ends.
    pub(super) span: Span,
    /// Whether it follows the line before without a blank line between.
    pub(super) joined: bool,
    /// Characters before the first that can be seen.
    pub(super) indent: usize,
    /// Characters of the line, indent included.
    pub(super) width: usize,
}

/// The lines of `part` that hold something.
pub(super) fn of(text: &Text, part: Span) -> Vec<Line> {
    let slice = text.slice(part);
    let mut lines: Vec<Line> = Vec::new();
    let mut at = 0;
    let mut joined = false;
    for raw in slice.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}']) {
        let range = at..at + raw.len();
        at = range.end;
        let line = raw.trim_end_matches(['\n', '\r', '\u{2028}', '\u{2029}', '\u{B}', '\u{C}']);
        // The second half of a CRLF is no line of its own.
        if line.is_empty() && raw == "\n" && slice.as_bytes().get(range.start.wrapping_sub(1)) == Some(&b'\r') {
            continue;
        }
        let Some(span) = text.span_in(part, range.start..range.start + line.len()) else { continue };
        let span = text.trim(span, is_blank);
        if span.is_empty() {
            joined = false;
            continue;
        }
        let indent = line.chars().take_while(|c| is_blank(*c)).count();
        lines.push(Line { span, joined, indent, width: line.trim_end().chars().count() });
        joined = true;
    }
    lines
}
