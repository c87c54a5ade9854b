//! Enriched records and dead letters as people read them in a terminal: entities coloured by type, with the sentiment
//! towards each. Without colour (a pipe, `NO_COLOR`) the type stands beside the name in words.

use std::borrow::Cow;

use console::{Style, measure_text_width, truncate_str};
use serde::Deserialize;

use crate::message::Message;

/// What the view needs of an enriched record.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    id: String,
    status: String,
    article: Article,
    text: String,
    offset_unit: String,
    #[serde(default)]
    entities: Vec<Entity>,
    sentiment: Option<Sentiment>,
    #[serde(default)]
    stages: Vec<Stage>,
}

#[derive(Debug, Deserialize)]
struct Article {
    title: Option<String>,
    credit: Option<String>,
    published_at: Option<String>,
    language: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    sentiment: Option<Sentiment>,
    mentions: Vec<Mention>,
}

#[derive(Debug, Deserialize)]
struct Mention {
    start: usize,
    end: usize,
}

#[derive(Debug, Deserialize)]
struct Sentiment {
    label: String,
    negative: f64,
    neutral: f64,
    positive: f64,
}

#[derive(Debug, Deserialize)]
struct Stage {
    name: String,
    status: String,
    reason: Option<String>,
}

impl Record {
    /// Reads an enriched record.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn read(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// How many entities it has.
    pub(crate) fn entities(&self) -> usize {
        self.entities.len()
    }

    /// Title, overall sentiment and entities: a few lines, at most `width` columns wide.
    pub(crate) fn card(&self, width: usize) -> String {
        let tone = match self.status.as_str() {
            "usable" => self.sentiment.as_ref().map(Sentiment::word).unwrap_or_default(),
            status => bold(status),
        };
        let room = width.saturating_sub(measure_text_width(&tone) + 3);
        let title = cut(&self.title(), room);
        let gap = width.saturating_sub(measure_text_width(&title) + measure_text_width(&tone) + 2);
        let mut card = format!("{} {}{}{tone}\n", green("✓"), bold(&title), " ".repeat(gap.max(1)));
        let entities: Vec<String> = self.entities.iter().map(Entity::short).collect();
        for line in fill(&entities, width.saturating_sub(2)) {
            card.push_str(&format!("  {line}\n"));
        }
        card
    }

    /// The whole article with its entities marked in the text, and a table of them: at most `width` columns wide.
    pub(crate) fn page(&self, width: usize) -> String {
        let mut page = format!("{}\n", bold(&cut(&self.title(), width)));
        let article = &self.article;
        let facts = [&article.source, &article.credit, &article.published_at, &article.language];
        let facts: Vec<_> = facts.into_iter().flatten().map(|fact| clean(fact)).collect();
        page.push_str(&format!("{}\n", dim(&cut(&facts.join(" · "), width))));
        page.push_str(&format!("{}\n", dim(&"─".repeat(width))));
        page.push_str(&self.marked_text(width));
        page.push_str(&format!("{}\n", dim(&"─".repeat(width))));
        let widest = self.entities.iter().map(|entity| measure_text_width(&entity.name)).max().unwrap_or(0);
        let names = widest.min(width.saturating_sub(48)).max(12);
        for entity in &self.entities {
            page.push_str(&entity.row(names));
        }
        if let Some(sentiment) = &self.sentiment {
            page.push_str(&format!("{:13}{:names$}        {}\n", "article", "", sentiment.scores()));
        }
        for stage in self.stages.iter().filter(|stage| stage.status != "ok") {
            let reason = stage.reason.as_deref().unwrap_or("no reason given");
            page.push_str(&format!("{}\n", dim(&format!("{} {}: {}", stage.name, stage.status, clean(reason)))));
        }
        page
    }

    fn title(&self) -> Cow<'_, str> {
        match self.article.title.as_deref() {
            Some(title) if !title.trim().is_empty() => clean(title),
            _ => match self.text.lines().find(|line| !line.trim().is_empty()) {
                Some(line) => clean(line),
                None => clean(&self.id),
            },
        }
    }

    /// The text in lines of at most `width` columns, mentions in the colour of their type (or in brackets).
    fn marked_text(&self, width: usize) -> String {
        let mut spans: Vec<(usize, usize, &str)> = Vec::new();
        for entity in &self.entities {
            spans.extend(entity.mentions.iter().map(|mention| (mention.start, mention.end, entity.kind.as_str())));
        }
        spans.sort_unstable();
        let brackets = !console::colors_enabled();
        let (mut out, mut line, mut word, mut offset) = (String::new(), Line::new(width), String::new(), 0);
        let mut open: Option<(usize, &str)> = None;
        let mut spans = spans.into_iter().peekable();
        for char in self.text.chars() {
            if let Some((end, kind)) = open.take_if(|(end, _)| offset >= *end) {
                debug_assert!(end <= offset);
                word = paint(kind, &word);
                if brackets {
                    word.push(']');
                }
                line.glue(&std::mem::take(&mut word));
            }
            if let Some((_, end, kind)) = spans.next_if(|(start, ..)| *start <= offset) {
                line.glue(&std::mem::take(&mut word));
                if brackets {
                    word.push('[');
                }
                open = Some((end, kind));
            }
            match (char, open) {
                ('\n', _) => {
                    line.glue(&std::mem::take(&mut word));
                    line.end(&mut out);
                }
                (' ', None) => {
                    line.glue(&std::mem::take(&mut word));
                    line.space(&mut out);
                }
                (char, _) if char.is_control() => word.push('\u{fffd}'),
                (char, _) => word.push(char),
            }
            offset += match self.offset_unit.as_str() {
                "utf8" => char.len_utf8(),
                "utf16" => char.len_utf16(),
                _ => 1,
            };
        }
        if let Some((_, kind)) = open {
            word = paint(kind, &word);
            if brackets {
                word.push(']');
            }
        }
        line.glue(&word);
        line.end(&mut out);
        out
    }
}

/// A dead letter in a line of at most `width` columns: its reason, what exactly was wrong, where it came from.
pub(crate) fn dead_letter(reason: &str, detail: &str, source: &str, width: usize) -> String {
    let head = format!("dead letter: {reason}");
    let room = width.saturating_sub(measure_text_width(&head) + measure_text_width(source) + 6);
    format!("{} {}  {}  {}\n", red("✗"), red(&head), cut(&clean(detail), room), dim(source))
}

/// Which colour stands for what.
pub(crate) fn legend() -> String {
    let kinds = ["person", "organisation", "place"].map(|kind| paint(kind, kind));
    format!("{}  {} positive  {} negative", kinds.join(" "), green("▲"), red("▼"))
}

impl Entity {
    /// Name, type (unless the colour tells it) and a sign for the sentiment.
    fn short(&self) -> String {
        let sign = self.sentiment.as_ref().map(Sentiment::sign).unwrap_or_default();
        let name = paint(&self.kind, &clean(&self.name));
        match console::colors_enabled() {
            true => format!("{name}{sign}"),
            false => format!("{name} ({}{sign})", self.kind),
        }
    }

    fn row(&self, names: usize) -> String {
        let name = cut(&clean(&self.name), names);
        let gap = " ".repeat(names.saturating_sub(measure_text_width(&name)));
        let scores = self.sentiment.as_ref().map(Sentiment::scores).unwrap_or_default();
        let count = self.mentions.len();
        format!("{}{}{gap}  {count:>3} ×  {scores}\n", dim(&format!("{:13}", self.kind)), paint(&self.kind, &name))
    }
}

impl Sentiment {
    fn sign(&self) -> String {
        match self.label.as_str() {
            "positive" => format!(" {}", green("▲")),
            "negative" => format!(" {}", red("▼")),
            _ => String::new(),
        }
    }

    fn word(&self) -> String {
        match self.label.as_str() {
            "positive" => green(&self.label),
            "negative" => red(&self.label),
            _ => dim(&self.label),
        }
    }

    fn scores(&self) -> String {
        let Self { label, negative, neutral, positive } = self;
        let gap = " ".repeat(10_usize.saturating_sub(label.len()));
        format!("{}{gap}{}", self.word(), dim(&format!("− {negative:.2}  · {neutral:.2}  + {positive:.2}")))
    }
}

/// A line being filled; a word that does not fit goes to the next.
struct Line {
    width: usize,
    text: String,
    /// Pieces since the last blank: they stay together.
    word: String,
}

impl Line {
    fn new(width: usize) -> Self {
        Self { width, text: String::new(), word: String::new() }
    }

    fn glue(&mut self, piece: &str) {
        self.word.push_str(piece);
    }

    fn space(&mut self, out: &mut String) {
        if self.word.is_empty() {
            return;
        }
        let needed = measure_text_width(&self.text) + 1 + measure_text_width(&self.word);
        if !self.text.is_empty() && needed > self.width {
            out.push_str(&std::mem::take(&mut self.text));
            out.push('\n');
        }
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&std::mem::take(&mut self.word));
    }

    fn end(&mut self, out: &mut String) {
        self.space(out);
        out.push_str(&std::mem::take(&mut self.text));
        out.push('\n');
    }
}

/// `items` side by side in lines of at most `width` columns.
fn fill(items: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 2 + measure_text_width(item) <= width => {
                line.push_str("  ");
                line.push_str(item);
            }
            _ => lines.push(cut(item, width)),
        }
    }
    lines
}

fn cut(text: &str, width: usize) -> String {
    truncate_str(text, width, "…").into_owned()
}

/// Text of an article must not move the cursor or ring the bell.
fn clean(text: &str) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect(),
        false => text.into(),
    }
}

fn paint(kind: &str, text: &str) -> String {
    let style = match kind {
        "person" => Style::new().cyan(),
        "organisation" => Style::new().magenta(),
        "place" => Style::new().yellow(),
        _ => Style::new().bold(),
    };
    style.apply_to(text).to_string()
}

fn bold(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

fn dim(text: &str) -> String {
    Style::new().dim().apply_to(text).to_string()
}

fn green(text: &str) -> String {
    Style::new().green().apply_to(text).to_string()
}

fn red(text: &str) -> String {
    Style::new().red().apply_to(text).to_string()
}

/// The last header of that name as text.
pub(crate) fn header(message: &Message, name: &str) -> String {
    let header = message.headers.iter().rev().find(|header| header.name == name);
    let value = header.and_then(|header| header.value.as_deref()).unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}
