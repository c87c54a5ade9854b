//! Plain text: the first line that is no message to editors is the title, the rest is the body.

use super::markers::is_preamble;
use super::{Draft, Form, Rejection, has_ink};

pub(super) const FORM: Form = Form {
    name: "plain",
    media: |media| media == "text/plain",
    looks: |bytes| {
        let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
        let names =
            ["<?xml", "<!doctype", "<html", "<rss", "<feed", "<rdf", "<nitf", "<newsml", "<newsitem", "<newsmessage"];
        !names.iter().any(|name| start.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes())))
    },
    read: |content| Ok::<_, Rejection>(read(content)),
};

fn read(content: &str) -> Draft {
    let content = content.trim_matches(|c: char| c.is_whitespace() || c == '\u{1A}');
    let mut at = 0;
    let mut title = 0..0;
    for line in content.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}']) {
        let range = at..at + line.len();
        at = range.end;
        if has_ink(line) {
            title = range;
            if !is_preamble(line.trim()) {
                break;
            }
        }
    }
    let part = |range: std::ops::Range<usize>| content.get(range).unwrap_or_default().trim();
    // What stands before the title is the body's, so that nothing of the article is lost.
    let (before, after) = (part(0..title.start), part(title.end..content.len()));
    let gap = if before.is_empty() || after.is_empty() { "" } else { "\n\n" };
    Draft { title: Some(part(title).to_owned()), body: [before, gap, after].concat(), ..Draft::default() }
}
