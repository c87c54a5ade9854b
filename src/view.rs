//! Enriched records and dead letters as people read them in a terminal: entities coloured by type, with the sentiment
//! towards each. Without colour (a pipe, `NO_COLOR`) the type stands beside the name in words.

use std::borrow::Cow;

use console::{Style, measure_text_width, truncate_str};
use serde::Deserialize;

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
    quotes: Vec<Quote>,
    #[serde(default)]
    dates: Vec<Date>,
    #[serde(default)]
    claims: Vec<Claim>,
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
    #[serde(default)]
    id: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    implied: bool,
    sentiment: Option<Sentiment>,
    mentions: Vec<Mention>,
}

#[derive(Debug, Deserialize)]
struct Mention {
    start: usize,
    end: usize,
    stands_for: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Quote {
    kind: String,
    text: String,
    speaker: Speaker,
}

#[derive(Debug, Deserialize)]
struct Speaker {
    entity: Option<String>,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Date {
    text: String,
    value: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claim {
    text: String,
    attributed_to: Option<String>,
    verification: Option<String>,
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

/// Quotes on a card.
const MOST_QUOTES: usize = 2;

impl Record {
    /// Reads an enriched record.
    ///
    /// # Errors
    /// If it is none.
    pub(crate) fn read(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }

    /// The text that its spans point into.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How `stage` ended, as the record says it.
    pub(crate) fn stage(&self, stage: &str) -> Option<&str> {
        self.stages.iter().find(|report| report.name == stage).map(|report| report.status.as_str())
    }

    /// Whether the name of an entity holds `text`, in letters of either case.
    pub(crate) fn names(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.entities.iter().any(|entity| entity.name.to_lowercase().contains(&text))
    }

    /// How many entities it names.
    pub(crate) fn entities(&self) -> usize {
        self.entities.iter().filter(|entity| !entity.implied).count()
    }

    /// Title, overall sentiment, entities, what names of places stand for and who said what: a few lines, at most `width`
    /// columns wide.
    pub(crate) fn card(&self, width: usize) -> String {
        let tone = match self.status.as_str() {
            "usable" => self.sentiment.as_ref().map(Sentiment::word).unwrap_or_default(),
            status => bold(status),
        };
        let room = width.saturating_sub(measure_text_width(&tone) + 3);
        let title = cut(&self.title(), room);
        let gap = width.saturating_sub(measure_text_width(&title) + measure_text_width(&tone) + 2);
        let mut card = format!("{} {}{}{tone}\n", green("✓"), bold(&title), " ".repeat(gap.max(1)));
        let entities: Vec<String> = self.entities.iter().filter(|entity| !entity.implied).map(Entity::short).collect();
        for line in fill(&entities, width.saturating_sub(2)) {
            card.push_str(&format!("  {line}\n"));
        }
        for line in fill(&self.metonyms(), width.saturating_sub(2)) {
            card.push_str(&format!("  {}\n", dim(&line)));
        }
        let direct = self.quotes.iter().filter(|quote| quote.kind != "indirect");
        for quote in direct.take(MOST_QUOTES) {
            card.push_str(&format!("  {}\n", self.quoted(quote, width.saturating_sub(2))));
        }
        card
    }

    /// What the names of places stand for, and how often: "Oslo = Government of Norway ×3".
    fn metonyms(&self) -> Vec<String> {
        let mut found: Vec<(String, usize)> = Vec::new();
        for entity in &self.entities {
            for id in entity.mentions.iter().filter_map(|mention| mention.stands_for.as_deref()) {
                let metonym = format!("{} = {}", clean(&entity.name), clean(self.name(id)));
                match found.iter_mut().find(|(known, _)| *known == metonym) {
                    Some((_, count)) => *count += 1,
                    None => found.push((metonym, 1)),
                }
            }
        }
        found.into_iter().map(|(metonym, count)| format!("{metonym} ×{count}")).collect()
    }

    /// A quote on one line, its speaker first.
    fn quoted(&self, quote: &Quote, width: usize) -> String {
        let named = quote.speaker.entity.as_deref().map(|id| self.name(id));
        let speaker = clean(named.or(quote.speaker.text.as_deref()).unwrap_or("somebody"));
        let speaker = cut(&speaker, width / 3);
        let room = width.saturating_sub(measure_text_width(&speaker) + 2);
        format!("{}: {}", bold(&speaker), cut(&clean(&quote.text), room))
    }

    /// The name of an entity, by its id.
    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.entities.iter().find(|entity| entity.id == id).map_or(id, |entity| entity.name.as_str())
    }

    /// The whole article with its entities marked in the text, and a table of them: at most `width` columns wide.
    pub(crate) fn page(&self, width: usize) -> String {
        let article = &self.article;
        let facts = [&article.source, &article.credit, &article.published_at, &article.language];
        let facts: Vec<_> = facts.into_iter().flatten().map(|fact| clean(fact)).collect();
        let mut page = format!("{}\n", dim(&cut(&facts.join(" · "), width)));
        page.push_str(&format!("{}\n", dim(&"─".repeat(width))));
        page.push_str(&self.marked_text(width));
        page.push_str(&format!("{}\n", dim(&"─".repeat(width))));
        let widest = self.entities.iter().map(|entity| measure_text_width(&entity.name)).max().unwrap_or(0);
        let names = widest.min(width.saturating_sub(48)).max(12);
        for entity in self.entities.iter().filter(|entity| !entity.implied) {
            page.push_str(&entity.row(names));
        }
        if let Some(sentiment) = &self.sentiment {
            page.push_str(&format!("{:13}{:names$}        {}\n", "article", "", sentiment.scores()));
        }
        let mut list = |heading: &str, lines: Vec<String>| {
            for (index, line) in lines.into_iter().enumerate() {
                let heading = if index == 0 { heading } else { "" };
                page.push_str(&format!("{}{line}\n", dim(&format!("{heading:13}"))));
            }
        };
        let room = width.saturating_sub(13);
        list("readings", self.metonyms().iter().map(|line| cut(line, room)).collect());
        list("quotes", self.quotes.iter().map(|quote| self.quoted(quote, room)).collect());
        let claim = |claim: &Claim| {
            let by = claim.attributed_to.as_deref().map(|id| format!(", says {}", self.name(id)));
            let verified = claim.verification.as_deref().map(|verified| format!(", {verified}"));
            cut(&clean(&[Some(claim.text.clone()), by, verified].into_iter().flatten().collect::<String>()), room)
        };
        list("claims", self.claims.iter().map(claim).collect());
        let dated =
            |date: &Date| cut(&clean(&format!("{}: {}", date.text, date.value.as_deref().unwrap_or("?"))), room);
        list("dates", self.dates.iter().map(dated).collect());
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
        let (mut lines, mut offset, mut open) = (Lines::new(width), 0, None);
        let mut spans = spans.into_iter().peekable();
        for char in self.text.chars() {
            if open.take_if(|end| offset >= *end).is_some() {
                lines.mark(None);
            }
            if let Some((_, end, kind)) = spans.next_if(|(start, ..)| *start <= offset) {
                lines.mark(Some(kind));
                open = Some(end);
            }
            match char {
                '\n' => lines.end(),
                ' ' => lines.space(),
                char => lines.push(if char.is_control() { '\u{fffd}' } else { char }),
            }
            offset += match self.offset_unit.as_str() {
                "utf8" => char.len_utf8(),
                "utf16" => char.len_utf16(),
                _ => 1,
            };
        }
        lines.mark(None);
        lines.end();
        lines.out
    }
}

/// A dead letter in two lines of at most `width` columns: its reason and where it came from, and what was wrong.
pub(crate) fn dead_letter(reason: &str, detail: &str, source: &str, width: usize) -> String {
    let head = format!("dead letter: {reason}");
    let gap = width.saturating_sub(measure_text_width(&head) + measure_text_width(source) + 2).max(1);
    let detail = cut(&clean(detail), width.saturating_sub(2));
    format!("{} {}{}{}\n  {detail}\n", red("✗"), red(&head), " ".repeat(gap), dim(source))
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

/// Text being filled into lines: a word that does not fit goes to the next.
struct Lines<'a> {
    width: usize,
    out: String,
    /// The line so far, and the columns it takes.
    line: (String, usize),
    /// The word so far, painted, and the columns it takes.
    word: (String, usize),
    /// The letters since the kind last changed.
    letters: String,
    /// What the letters are a mention of.
    kind: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn new(width: usize) -> Self {
        let nothing = (String::new(), 0);
        Self { width, out: String::new(), line: nothing.clone(), word: nothing, letters: String::new(), kind: None }
    }

    fn push(&mut self, letter: char) {
        self.letters.push(letter);
    }

    /// What follows is a mention of this kind, or of none.
    fn mark(&mut self, kind: Option<&'a str>) {
        self.paint();
        if !console::colors_enabled() {
            let closed = self.kind.map_or("", |_| "]");
            self.letters = format!("{closed}{}", kind.map_or("", |_| "["));
            self.kind = None;
            self.paint();
        }
        self.kind = kind;
    }

    fn paint(&mut self) {
        let letters = std::mem::take(&mut self.letters);
        self.word.1 += measure_text_width(&letters);
        self.word.0.push_str(&self.kind.map_or_else(|| letters.clone(), |kind| paint(kind, &letters)));
    }

    fn space(&mut self) {
        self.paint();
        let (word, columns) = std::mem::take(&mut self.word);
        if word.is_empty() {
            return;
        }
        if self.line.1 > 0 && self.line.1 + 1 + columns > self.width {
            self.out.push_str(&std::mem::take(&mut self.line).0);
            self.out.push('\n');
        }
        if self.line.1 > 0 {
            self.line.0.push(' ');
            self.line.1 += 1;
        }
        self.line.0.push_str(&word);
        self.line.1 += columns;
    }

    fn end(&mut self) {
        self.space();
        self.out.push_str(&std::mem::take(&mut self.line).0);
        self.out.push('\n');
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

/// `text` in lines of at most `width` columns, but for words that are longer.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut lines = Lines::new(width);
    for char in clean(text).chars() {
        match char {
            ' ' => lines.space(),
            char => lines.push(char),
        }
    }
    lines.end();
    lines.out
}

pub(crate) fn cut(text: &str, width: usize) -> String {
    truncate_str(text, width, "…").into_owned()
}

/// Text of an article must not move the cursor or ring the bell.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
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

pub(crate) fn bold(text: &str) -> String {
    Style::new().bold().apply_to(text).to_string()
}

pub(crate) fn dim(text: &str) -> String {
    Style::new().dim().apply_to(text).to_string()
}

pub(crate) fn green(text: &str) -> String {
    Style::new().green().apply_to(text).to_string()
}

pub(crate) fn red(text: &str) -> String {
    Style::new().red().apply_to(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn record(text: &str, title: &str, entities: &[(String, usize, usize)], unit: &str) -> Record {
        let sentiment = json!({"label": "positive", "negative": 0.1, "neutral": 0.2, "positive": 0.7});
        let entity = |(name, start, end): &(String, usize, usize)| {
            let mentions = json!([{"start": start, "end": end}]);
            json!({"type": "place", "name": name, "sentiment": sentiment, "mentions": mentions})
        };
        let record = json!({
            "id": "a", "status": "usable", "article": {"title": title}, "text": text, "offset_unit": unit,
            "entities": entities.iter().map(entity).collect::<Vec<_>>(), "sentiment": sentiment,
        });
        Record::read(record.to_string().as_bytes()).unwrap()
    }

    proptest! {
        /// A line that is too long is broken by the terminal, and a control character in it does what it likes there.
        #[test]
        fn cards_keep_to_their_width_and_have_no_control_characters(
            title in ".{0,200}",
            names in prop::collection::vec(".{0,60}", 0..30),
            width in 40..130_usize,
        ) {
            let entities: Vec<_> = names.into_iter().map(|name| (name, 0, 0)).collect();
            let card = record("text", &title, &entities, "codepoint").card(width);
            for line in card.lines() {
                prop_assert!(measure_text_width(line) <= width, "{line:?}");
                let plain = console::strip_ansi_codes(line);
                prop_assert!(!plain.contains(char::is_control), "{plain:?}");
            }
        }

        /// Marks never swallow text, whatever the spans.
        #[test]
        fn the_marked_text_is_the_text(text in "[a-zé😀 \n]{0,300}", spans in prop::collection::vec((0..300_usize, 0..9_usize), 0..9)) {
            let entities: Vec<_> = spans.iter().map(|&(start, size)| ("x".to_owned(), start, start + size)).collect();
            let marked = record(&text, "", &entities, "codepoint").marked_text(60);
            let letters = |text: &str| text.chars().filter(|char| !" \n[]".contains(*char)).collect::<String>();
            prop_assert_eq!(letters(&console::strip_ansi_codes(&marked)), letters(&text));
        }
    }

    /// The record says in which unit its spans count; the wrong one marks the wrong words.
    #[test]
    fn mentions_are_found_in_every_unit() {
        for (unit, start) in [("codepoint", 4), ("utf16", 5), ("utf8", 8)] {
            let marked = record("é😀 \nRome is old", "", &[("Rome".into(), start, start + 4)], unit).marked_text(60);
            let rome = if console::colors_enabled() { paint("place", "Rome") } else { "[Rome]".into() };
            assert!(marked.contains(&format!("\n{rome} is")), "{unit}: {marked}");
        }
    }
}
