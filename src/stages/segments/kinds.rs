//! What each line of a body is.

use std::ops::Range;

use super::lines::Line;
use super::{Kind, markers, staff};
use crate::article::is_blank;
use crate::text::{Span, Text};

/// Lines wider than this are no lines of hard-wrapped text.
const WRAP: usize = 100;

/// The parts of a body: what the lines are, with lines of one paragraph or table put together.
pub(super) fn of(text: &Text, lines: &[Line], story: bool) -> Vec<(Kind, Span)> {
    let slices: Vec<&str> = lines.iter().map(|line| text.slice(line.span)).collect();
    let items = list_items(&slices);
    let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
    let mut place = Place { prose_seen: false, ended: false, ruled: false };
    // A table line touches another one, a list item is told by its neighbours; all else by itself and what came before.
    for (index, line) in slices.iter().enumerate() {
        let joins = |other: Option<usize>, joined: bool| {
            joined && other.and_then(|at| slices.get(at)).is_some_and(|line| is_table_line(line))
        };
        let below = lines.get(index + 1).is_some_and(|next| next.joined);
        let table =
            is_table_line(line) && (joins(index.checked_sub(1), lines[index].joined) || joins(Some(index + 1), below));
        let kind = match () {
            () if items[index] => Kind::ListItem,
            () if table => Kind::Table,
            () => place.kind(line),
        };
        place.pass(kind, line);
        kinds.push(kind);
    }
    settle_tail(&slices, &mut kinds);
    settle_wrapped_brackets(lines, &slices, &mut kinds);
    settle_subheads(lines, &slices, &mut kinds);
    if !story {
        for kind in kinds.iter_mut().filter(|kind| matches!(kind, Kind::Paragraph | Kind::Subhead | Kind::Note)) {
            *kind = Kind::Notice;
        }
    }
    parts(lines, &slices, &kinds)
        .into_iter()
        .map(|(kind, range)| (kind, text.join(lines[range.start].span, lines[range.end - 1].span)))
        .collect()
}

/// Where in the article a line stands.
struct Place {
    /// A paragraph was seen.
    prose_seen: bool,
    /// A mark such as ENDS was seen.
    ended: bool,
    /// A rule was the last mark seen.
    ruled: bool,
}

impl Place {
    fn kind(&self, line: &str) -> Kind {
        match () {
            () if markers::is_embargo(line) && !self.prose_seen => Kind::Embargo,
            () if markers::is_notice(line) || is_end(line) || is_rule(line) => Kind::Notice,
            () if is_credit(line, self.prose_seen) => Kind::Credit,
            () if !self.prose_seen && staff::is_byline(line) => Kind::Byline,
            () if is_signoff(line) => Kind::Signoff,
            () if is_note(line) => Kind::Note,
            () if is_interruption(line) => Kind::Boilerplate,
            () if is_boilerplate(line) && (self.ruled || self.ended) => Kind::Boilerplate,
            () if self.ended => Kind::Notice,
            () => Kind::Paragraph,
        }
    }

    fn pass(&mut self, kind: Kind, line: &str) {
        self.prose_seen |= kind == Kind::Paragraph;
        self.ended |= kind == Kind::Notice && is_end(line);
        self.ruled |= kind == Kind::Notice && is_rule(line);
    }
}

/// At the end, below the last paragraph of the story, stand initials, sign-offs without brackets and boilerplate.
fn settle_tail(slices: &[&str], kinds: &mut [Kind]) {
    for (line, kind) in slices.iter().zip(kinds).rev() {
        if *kind == Kind::Paragraph {
            *kind = match () {
                () if is_initials(line) || staff::is_open_signoff(line) => Kind::Signoff,
                () if is_boilerplate(line) => Kind::Boilerplate,
                () => return,
            };
        }
    }
}

/// A sign-off or a note may run over several lines, up to its closing bracket.
fn settle_wrapped_brackets(lines: &[Line], slices: &[&str], kinds: &mut [Kind]) {
    let mut open: Option<Kind> = None;
    for index in 0..kinds.len() {
        if !lines[index].joined {
            open = None;
        }
        if let Some(kind) = open.filter(|_| kinds[index] == Kind::Paragraph) {
            kinds[index] = kind;
        }
        let closes = slices[index].ends_with(')');
        open = match kinds[index] {
            kind @ (Kind::Signoff | Kind::Note) if slices[index].starts_with('(') && !closes => Some(kind),
            _ if closes => None,
            _ => open,
        };
    }
}

/// A short line of its own without a full stop, between paragraphs, is a sub-head.
fn settle_subheads(lines: &[Line], slices: &[&str], kinds: &mut [Kind]) {
    let mut paragraph_below = false;
    let first = kinds.iter().position(|kind| *kind == Kind::Paragraph).unwrap_or(kinds.len());
    for index in (first.saturating_add(1)..kinds.len()).rev() {
        if kinds[index] != Kind::Paragraph {
            paragraph_below &= kinds[index] == Kind::ListItem;
            continue;
        }
        let alone = !lines[index].joined && lines.get(index + 1).is_none_or(|next| !next.joined);
        if alone && paragraph_below && is_subhead(slices[index]) {
            kinds[index] = Kind::Subhead;
        }
        paragraph_below = true;
    }
}

/// Ranges of lines that make one part.
fn parts(lines: &[Line], slices: &[&str], kinds: &[Kind]) -> Vec<(Kind, Range<usize>)> {
    let blocks = blocks(lines, kinds);
    // Once a text is seen to be broken into short lines, a line that was full is broken too.
    let broken = blocks.iter().filter(|block| is_broken(lines, slices, block));
    let measure = broken.flat_map(|block| &lines[block.clone()]).map(|line| line.width).max();
    let mut parts: Vec<(Kind, Range<usize>)> = Vec::new();
    for block in blocks {
        let kind = kinds[block.start];
        let wrapped = is_broken(lines, slices, &block) || is_full(lines, slices, &block, measure);
        let mut start = block.start;
        for at in block.start + 1..block.end {
            if !goes_on(kind, wrapped, lines, slices, at) {
                parts.push((kind, start..at));
                start = at;
            }
        }
        parts.push((kind, start..block.end));
    }
    parts
}

/// Lines of one kind without a blank line between.
fn blocks(lines: &[Line], kinds: &[Kind]) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for at in 0..lines.len() {
        match blocks.last_mut() {
            Some(block) if lines[at].joined && kinds[at] == kinds[block.start] => block.end = at + 1,
            _ => blocks.push(at..at + 1),
        }
    }
    blocks
}

/// Whether the line `at` goes on with the part that the line before it belongs to.
fn goes_on(kind: Kind, wrapped: bool, lines: &[Line], slices: &[&str], at: usize) -> bool {
    match kind {
        Kind::Table => true,
        Kind::Signoff | Kind::Note => {
            !slices[at - 1].ends_with(')') && !slices[at].starts_with('(') && !is_initials(slices[at])
        }
        Kind::Paragraph | Kind::Boilerplate => wrapped && lines[at].indent <= lines[at - 1].indent,
        Kind::Notice => wrapped && !is_end(slices[at - 1]) && !is_rule(slices[at - 1]),
        _ => false,
    }
}

/// Whether a block is one text broken into short lines: some line begins with a small letter after one that ends no
/// sentence.
fn is_broken(lines: &[Line], slices: &[&str], block: &Range<usize>) -> bool {
    let short = lines[block.clone()].iter().all(|line| line.width <= WRAP);
    let small = |at: usize| slices[at].starts_with(|c: char| c.is_lowercase()) && is_open(slices[at - 1]);
    short && (block.start + 1..block.end).any(small)
}

/// Whether some line of a block ends no sentence and had no room left for the next word, in a text whose lines are
/// `measure` wide.
fn is_full(lines: &[Line], slices: &[&str], block: &Range<usize>, measure: Option<usize>) -> bool {
    let Some(measure) = measure else { return false };
    let first_word = |at: usize| slices[at].split(is_blank).next().map_or(0, |word| word.chars().take(WRAP).count());
    let full = |at: usize| is_open(slices[at - 1]) && lines[at - 1].width + 1 + first_word(at) > measure;
    lines[block.clone()].iter().all(|line| line.width <= WRAP) && (block.start + 1..block.end).any(full)
}

/// Whether a line ends no sentence.
fn is_open(line: &str) -> bool {
    !line.ends_with(['.', '!', '?', ':', '”', '"'])
}

/// Which lines are items of a list: those with a bullet and a tab, and those with a bullet next to another such line.
fn list_items(slices: &[&str]) -> Vec<bool> {
    let bullets: Vec<Option<bool>> = slices.iter().map(|line| bullet(line)).collect();
    let is_bullet = |index: usize| bullets.get(index).is_some_and(Option::is_some);
    let neighbours = |index: usize| is_bullet(index + 1) || index > 0 && is_bullet(index - 1);
    bullets.iter().enumerate().map(|(index, tab)| tab.is_some_and(|tab| tab || neighbours(index))).collect()
}

/// Whether a line begins with a bullet, a number or a time in front of an item, and whether a tab follows it.
fn bullet(line: &str) -> Option<bool> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let after = line.get(digits..)?;
    let rest = match digits {
        0 => line.strip_prefix(['•', '‣', '▪', '●', '◦', '·', '*', '-', '–', '—'])?,
        1 | 2 => after.strip_prefix(['.', ')'])?,
        // 0700  OSLO – …: a time and two blanks.
        4 => return after.starts_with("  ").then_some(false),
        _ => return None,
    };
    let text = rest.trim_start_matches(is_blank);
    let spaced = rest.len() > text.len() && text.starts_with(|c: char| !matches!(c, '-' | '*' | '–' | '—'));
    spaced.then(|| rest.starts_with('\t'))
}

fn is_table_line(line: &str) -> bool {
    line.contains('\t') && bullet(line).is_none()
}

/// Whether a line ends the story.
fn is_end(line: &str) -> bool {
    let bare = line.trim_matches(['-', '–', '—', '*', ' ', '.', '(', ')']);
    bare == "ENDS"
        || bare == "END"
        || bare == "###"
        || bare == "30" && line != bare
        || line.eq_ignore_ascii_case("-ends-")
}

/// Whether a line is a rule.
fn is_rule(line: &str) -> bool {
    let marks = line.chars().filter(|c| !is_blank(*c));
    line.len() <= 200
        && marks.clone().count() >= 3
        && marks.clone().all(|c| matches!(c, '-' | '*' | '_' | '=' | '~' | '–' | '—'))
}

/// Whether a line says who made a picture.
fn is_credit(line: &str, prose_seen: bool) -> bool {
    const LABELS: &[&str] = &[
        "photo:",
        "photos:",
        "foto:",
        "image:",
        "picture:",
        "pictures:",
        "image credit:",
        "photo credit:",
        "picture credit:",
        "photograph:",
        "credit:",
        "photo by ",
        "photos by ",
        "photograph by ",
        "picture by ",
        "image by ",
        "photo courtesy of ",
    ];
    if line.len() > 600 {
        return false;
    }
    if line.starts_with("FILE PHOTO:") || line.starts_with("FILE PICTURE:") || line.starts_with("HANDOUT PHOTO:") {
        return true;
    }
    let copyright = ['©', 'Ⓒ'].iter().any(|mark| line.starts_with(*mark))
        || line.starts_with("(c) ")
        || line.starts_with("Copyright ");
    if copyright {
        return line.len() <= 200;
    }
    let Some(rest) = label(line, LABELS) else { return false };
    // Inside the story a sentence may begin like this; a credit is short, begins with a name and has no full stop.
    let named = rest.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || c == '@' || !c.is_alphabetic());
    named && !line.ends_with(['.', '!', '?', '”']) && (!prose_seen || rest.len() <= 120)
}

/// What follows one of the labels at the front of a line.
fn label<'a>(line: &'a str, labels: &[&str]) -> Option<&'a str> {
    let found =
        labels.iter().find(|label| line.get(..label.len()).is_some_and(|head| head.eq_ignore_ascii_case(label)))?;
    line.get(found.len()..).map(str::trim_start)
}

/// Whom a credit names; nobody in a copyright line.
pub(super) fn credit(line: &str) -> Option<String> {
    if line.starts_with(['©', 'Ⓒ']) || line.starts_with("(c)") || line.starts_with("Copyright") {
        return None;
    }
    let rest = match line.split_once(": ").or_else(|| line.split_once(':')) {
        Some((label, rest)) if label.len() <= 20 => rest,
        _ => line.split_once(" by ").or_else(|| line.split_once(" of ")).map_or(line, |(_, rest)| rest),
    };
    // A caption may stand before the name.
    let name = rest.trim_end_matches('.').rsplit(". ").next().unwrap_or(rest).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Whether a line in brackets says what changed since the version before.
fn is_note(line: &str) -> bool {
    const VERBS: &[&str] = &[
        "adds",
        "corrects",
        "refiles",
        "repeats",
        "updates",
        "recasts",
        "removes",
        "rewrites",
        "fixes",
        "changes",
        "deletes",
        "clarifies",
        "restores",
        "releads",
        "new throughout",
        "writes through",
        "drops",
        "inserts",
        "amends",
        "corrected",
    ];
    let Some(inside) = line.strip_prefix('(') else { return false };
    label(inside, VERBS).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()) || inside.contains(' '))
        && VERBS.iter().any(|verb| {
            inside.get(verb.len()..).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                && inside.get(..verb.len()).is_some_and(|head| head.eq_ignore_ascii_case(verb))
        })
        && line.len() <= 2000
}

/// Whether a line in brackets names staff, or gives the value of a currency.
fn is_signoff(line: &str) -> bool {
    let Some(inside) = line.strip_prefix('(') else { return false };
    let inside = inside.trim_start_matches('(');
    let equals = inside.split_once('=').is_some_and(|(left, _)| left.len() <= 40);
    let money = inside.starts_with(['$', '€', '£', '¥']) || inside.starts_with("1 ");
    staff::is_credit_list(inside) || equals && money && line.ends_with(')')
}

/// Whether a line holds nothing but initials: jf/mk, nw jf yyds n1 mk.
fn is_initials(line: &str) -> bool {
    if line.len() > 40 {
        return false;
    }
    let words: Vec<&str> = line.split(' ').flat_map(|word| word.split('/')).collect();
    let initials = |word: &&str| {
        (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    words.len() >= 2 && words.iter().all(initials)
}

/// Whether a line stands under every article of an outlet.
fn is_boilerplate(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "follow ",
        "subscribe to",
        "subscribe now",
        "sign up",
        "our standards",
        "click here",
        "read more",
        "download our",
        "download the",
        "for more information",
        "for more news",
        "for more on",
        "for more stories",
        "all rights reserved",
        "share this",
        "support our",
        "join us on",
        "this article was",
        "this story was",
        "more on this story",
        "related:",
        "visit our",
        "visit us",
        "visit www",
        "get our",
        "the views expressed",
    ];
    line.len() <= 400 && label(line, STARTS).is_some()
}

/// Whether a line stands between paragraphs of a page and says nothing of the story.
fn is_interruption(line: &str) -> bool {
    const LINES: &[&str] = &[
        "advertisement",
        "advertisement - continue reading below",
        "article continues after advertisement",
        "story continues below",
        "story continues below advertisement",
        "share this article",
    ];
    LINES.iter().any(|known| line.eq_ignore_ascii_case(known))
}

/// Whether a line looks like a title inside a story.
fn is_subhead(line: &str) -> bool {
    let words = line.split(is_blank).filter(|word| !word.is_empty()).take(11).count();
    let open =
        !line.ends_with(['.', '!', ':', ';', ',', '”', '"', '’', ')', '…']) && !line.starts_with(['“', '"', '‘', '(']);
    line.len() <= 120 && words <= 10 && open && line.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
}
