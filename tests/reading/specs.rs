//! The specifications of the stages, `tests/stages/<name>.md`: text with marks, which an editor can read and write.
//!
//! A case is a heading and the text below it. `[words]{mark}` says what the stage finds there, and it must find that and
//! nothing else. A first line `title: …` is the article's title; lines that begin with `= ` state what else holds.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use copydesk::knowledge::{self, Knowledge};
use copydesk::message;
use copydesk::model::words;
use copydesk::pipeline::Enriched;
use copydesk::stage::Resources;
use copydesk::stages::encoder::{Kind, Name, Polarity, Reader, Reading};
use copydesk::stages::{
    claims, dates, entities, focus, language, places, quotes, readings, segments, sentences, sentiment,
};
use copydesk::text::Span;
use serde_json::{Value, json};

use crate::record_check::file;
use crate::support::{Script, enriched, raw, reading, with_resources};

struct Case {
    name: String,
    title: Option<String>,
    body: String,
    /// Ranges of the title, a blank line and the body.
    marks: Vec<(Range<usize>, String)>,
    states: Vec<String>,
}

impl Case {
    fn all(stage: &str) -> Vec<Self> {
        let spec = String::from_utf8(file(&format!("tests/stages/{stage}.md"))).unwrap();
        let cases: Vec<Self> = spec.split("\n## ").skip(1).map(Self::parse).collect();
        assert!(!cases.is_empty(), "{stage}.md has no case");
        cases
    }

    fn parse(case: &str) -> Self {
        let (name, text) = case.split_once('\n').unwrap_or((case, ""));
        let (states, text): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("= "));
        let text = text.join("\n");
        let text = text.trim();
        let (title, body) = match text.strip_prefix("title: ") {
            Some(rest) => rest.split_once("\n\n").map_or((Some(rest), ""), |(title, body)| (Some(title), body)),
            None => (None, text),
        };
        let mut marks = Vec::new();
        let title = title.map(|title| unmark(title, 0, &mut marks));
        let offset = title.as_ref().map_or(0, |title| title.len() + 2);
        let body = unmark(body, offset, &mut marks);
        marks.sort_by_key(|(range, mark)| (range.start, std::cmp::Reverse(range.end), !mark.starts_with("read")));
        let states = states.into_iter().map(|line| line.trim_start_matches("= ").to_owned()).collect();
        Self { name: name.to_owned(), title, body, marks, states }
    }

    fn raw(&self) -> message::RawArticle {
        raw(json!({"title": self.title, "body": self.body, "language": "en"}).to_string())
    }

    fn text(&self, range: &Range<usize>) -> String {
        let whole = self.title.as_ref().map(|title| format!("{title}\n\n")).unwrap_or_default() + &self.body;
        whole.get(range.clone()).unwrap().to_owned()
    }

    /// Compares what is marked with what was found.
    fn assert_found(&self, mut found: Vec<(Span, String)>) {
        found.sort();
        let found: Vec<_> = found.into_iter().map(|(span, mark)| (span.start()..span.end(), mark)).collect();
        let plain = |mark: &str| mark.trim_end_matches(" unread").to_owned();
        let wanted = self.marks.iter().filter(|(_, mark)| !mark.starts_with("read "));
        let wanted: Vec<_> = wanted.map(|(range, mark)| (range.clone(), plain(mark))).collect();
        let show = |all: &[(Range<usize>, String)]| {
            all.iter().map(|(r, mark)| format!("[{}]{{{mark}}}", self.text(r))).collect::<Vec<_>>()
        };
        assert_eq!(show(&found), show(&wanted), "{}", self.name);
        assert_eq!(found, wanted, "{}", self.name);
    }
}

/// Takes the marks out of a text.
fn unmark(marked: &str, offset: usize, marks: &mut Vec<(Range<usize>, String)>) -> String {
    let (mut text, mut open, mut rest) = (String::new(), Vec::new(), marked);
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap();
        match c {
            '[' => open.push(text.len()),
            ']' => {
                let (mark, after) =
                    rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).expect("a mark after ]");
                marks.push((offset + open.pop().expect("a [ before ]")..offset + text.len(), mark.to_owned()));
                rest = after;
            }
            _ => text.push(c),
        }
    }
    text
}

fn kind(word: &str) -> Kind {
    match word {
        "person" => Kind::Person,
        "organisation" => Kind::Organisation,
        "place" => Kind::Place,
        other => panic!("{other} is no kind"),
    }
}

/// A reader that finds the marked names, one after the other.
struct Marked {
    /// Words in order; those that the reader takes for a name have a kind.
    marked: Vec<(Vec<String>, Option<Kind>, f32)>,
    polarities: Vec<Polarity>,
    seen: Mutex<Vec<String>>,
}

impl Marked {
    fn of(case: &Case) -> Arc<Self> {
        let words =
            |text: &str| words::split(text).into_iter().map(|range| text.get(range).unwrap().to_owned()).collect();
        let mut marked = Vec::new();
        let mut polarities = Vec::new();
        let mut read_until = 0;
        for (range, mark) in &case.marks {
            let parts: Vec<&str> = mark.split(' ').collect();
            // A mark inside "read" is what should be left of the name; one around "read" is what it should become.
            let around = !mark.starts_with("read")
                && case.marks.iter().any(|(other, inner)| {
                    inner.starts_with("read") && range.start <= other.start && other.end <= range.end && range != other
                });
            if range.start < read_until || around {
                continue;
            }
            read_until = range.end;
            let unread = matches!(parts[1], "pronoun" | "role") || parts.get(2) == Some(&"unread");
            let confidence =
                parts.get(2).filter(|_| !unread).map_or(0.9, |number| number.parse().expect("a confidence"));
            marked.push((words(&case.text(range)), (!unread).then(|| kind(parts[1])), confidence));
            let scores = match parts.get(3) {
                Some(&"negative") => (0.8, 0.2, 0.0),
                Some(&"positive") => (0.0, 0.2, 0.8),
                _ => (0.1, 0.8, 0.1),
            };
            polarities.push(Polarity { negative: scores.0, neutral: scores.1, positive: scores.2 });
        }
        Arc::new(Self { marked, polarities, seen: Mutex::default() })
    }
}

impl Reader for Marked {
    fn identity(&self) -> &str {
        "marks 1"
    }

    fn words(&self, text: &str) -> Vec<Range<usize>> {
        self.seen.lock().unwrap().push(text.to_owned());
        words::split(text)
    }

    fn read(&self, sentences: &[Vec<&str>]) -> anyhow::Result<Box<dyn Reading>> {
        let all = sentences.concat();
        let mut at = 0;
        let (mut names, mut places) = (Vec::new(), Vec::new());
        for (words, kind, confidence) in &self.marked {
            let found = all[at..]
                .windows(words.len())
                .position(|window| window == words)
                .expect("a marked name is not in the sentences");
            at += found + words.len();
            places.push(at - words.len()..at);
            let name = |kind: &Kind| Name { words: at - words.len()..at, kind: *kind, confidence: *confidence };
            names.extend(kind.as_ref().map(name));
        }
        Ok(Box::new(MarkedReading { names, places, polarities: self.polarities.clone() }))
    }
}

struct MarkedReading {
    names: Vec<Name>,
    /// The words of each mark.
    places: Vec<Range<usize>>,
    polarities: Vec<Polarity>,
}

impl Reading for MarkedReading {
    fn names(&self) -> &[Name] {
        &self.names
    }

    fn sentiment(&self, targets: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>> {
        let of = |target: &Range<usize>| {
            self.places.iter().position(|words| words.start < target.end && target.start < words.end)
        };
        Ok(targets.iter().map(|target| self.polarities[of(target).unwrap()]).collect())
    }
}

/// The language and the day of publication that a case states, else English and Tuesday, 11 March 2025.
fn dated(case: &Case) -> message::RawArticle {
    let stated = |what: &str| case.states.iter().find_map(|line| line.strip_prefix(what).map(str::trim));
    let published = match stated("published") {
        Some("never") => None,
        day => Some(day.unwrap_or("2025-03-11T12:00:00Z")),
    };
    let language = stated("language").unwrap_or("en");
    raw(json!({"title": case.title, "body": case.body, "language": language, "published_at": published}).to_string())
}

fn run(case: &Case, reader: Arc<Marked>) -> Box<Enriched> {
    enriched(&reading(reader), &case.raw())
}

#[test]
fn segments() {
    for case in Case::all("segments") {
        let enriched = enriched(&crate::support::plain_pipeline(), &case.raw());
        let segments = &enriched.document.layer::<segments::Segments>().unwrap().segments;
        let name = |kind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
        case.assert_found(segments.iter().map(|segment| (segment.span, name(segment.kind))).collect());
    }
}

#[test]
fn sentences() {
    for case in Case::all("sentences") {
        let enriched = enriched(&crate::support::plain_pipeline(), &case.raw());
        let sentences = &enriched.document.layer::<sentences::Sentences>().unwrap().spans;
        case.assert_found(sentences.iter().map(|span| (*span, "s".to_owned())).collect());
    }
}

/// The first word of a case's heading is the expected tag.
#[test]
fn language() {
    for case in Case::all("language") {
        let article = raw(json!({"title": case.title, "body": case.body}).to_string());
        let enriched = enriched(&crate::support::plain_pipeline(), &article);
        let language = enriched.document.layer::<language::Language>().unwrap();
        let read = if language.fits_model() { "read" } else { "not read" };
        assert_eq!(language.tag, case.name.split(':').next().unwrap(), "{}", case.name);
        assert_eq!(case.states, [read], "{}", case.name);
    }
}

/// The marks are the sentences that the model gets to read.
#[test]
fn encoder() {
    for case in Case::all("encoder") {
        let reader = Arc::new(Marked { marked: Vec::new(), polarities: Vec::new(), seen: Mutex::default() });
        run(&case, Arc::clone(&reader));
        let wanted: Vec<String> = case.marks.iter().map(|(range, _)| case.text(range)).collect();
        assert_eq!(*reader.seen.lock().unwrap(), wanted, "{}", case.name);
    }
}

#[test]
fn entities() {
    for case in Case::all("entities") {
        let enriched = run(&case, Marked::of(&case));
        let entities = &enriched.document.layer::<entities::Entities>().expect(&case.name).entities;
        let marks = entities.iter().enumerate().flat_map(|(index, entity)| {
            entity.mentions.iter().map(move |mention| {
                let form = match mention.form {
                    entities::Form::Name => entities::type_name(entity.kind),
                    entities::Form::Pronoun => "pronoun",
                    entities::Form::Role => "role",
                };
                (mention.span, format!("e{} {form}", index + 1))
            })
        });
        case.assert_found(marks.collect());
        for state in &case.states {
            let names: Vec<_> = entities
                .iter()
                .enumerate()
                .map(|(index, entity)| format!("e{} is {}", index + 1, entity.name))
                .collect();
            assert!(names.contains(state), "{}: {state}, not {names:?}", case.name);
        }
    }
}

/// What each state says of an entity must hold: the place that it is, with country and first-level region, or none.
#[test]
fn places() {
    for case in Case::all("places") {
        let enriched = run(&case, Marked::of(&case));
        let resolved = &enriched.document.layer::<places::Places>().expect(&case.name).resolved;
        let place = |place: &places::Resolved| {
            let country = place.country.iter().map(|country| country.as_str().to_owned());
            let region = place.admin1.iter().map(|(code, _)| (*code).to_owned());
            format!("{} ({})", place.name, country.chain(region).collect::<Vec<_>>().join("."))
        };
        let found: Vec<_> = resolved
            .iter()
            .enumerate()
            .map(|(index, found)| format!("e{} is {}", index + 1, found.as_ref().map_or("none".to_owned(), place)))
            .collect();
        assert!(!case.states.is_empty(), "{}", case.name);
        for state in &case.states {
            assert!(found.contains(state), "{}: {state}, not {found:?}", case.name);
        }
    }
}

/// The kind that a name was read as, then how it is meant.
#[test]
fn readings() {
    for mut case in Case::all("readings") {
        let whole = std::mem::take(&mut case.marks);
        case.marks = whole.iter().map(|(range, _)| (range.clone(), "e0 place".to_owned())).collect();
        let enriched = run(&case, Marked::of(&case));
        case.marks = whole;
        let entities = &enriched.document.layer::<entities::Entities>().expect(&case.name).entities;
        let readings = enriched.document.layer::<readings::Readings>().expect(&case.name);
        let mut found = Vec::new();
        for (index, entity) in entities.iter().enumerate() {
            for (place, mention) in entity.mentions.iter().enumerate() {
                if let Some(read) = readings.of(index, place) {
                    let reading = serde_json::to_value(read.reading).unwrap().as_str().unwrap().to_owned();
                    found.push((mention.span, format!("place {reading}"), read.stands_for));
                }
            }
        }
        found.sort();
        let names: Vec<&str> = entities.iter().map(|entity| entity.name.as_str()).collect();
        let implied: Vec<&str> = readings.implied.iter().map(|implied| implied.name.as_str()).collect();
        let name = |index: usize| [names.as_slice(), implied.as_slice()].concat()[index].to_owned();
        for state in &case.states {
            let (number, power) = state.split_once(" stands for ").expect(state);
            let read = &found[number.parse::<usize>().unwrap() - 1];
            assert_eq!(read.2.map(name).as_deref().unwrap_or("nobody"), power, "{}", case.name);
        }
        case.assert_found(found.into_iter().map(|(span, mark, _)| (span, mark)).collect());
    }
}

/// The files stand above the first case, in fences named for what they are.
#[test]
fn links() {
    let spec = String::from_utf8(file("tests/stages/links.md")).unwrap();
    let fenced = |name: &str| spec.split(&format!("\n```{name}\n")).nth(1).unwrap().split("\n```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, fenced(name)).unwrap();
        path
    };
    let settings = knowledge::Settings {
        authorities: vec![written("house"), written("agency")],
        overrides: Some(written("rules")),
    };
    let knowledge = Arc::new(Knowledge::load(&settings).unwrap());
    assert_eq!(knowledge.warnings(), Vec::<String>::new());
    for case in Case::all("links") {
        let stated = |what: &str| case.states.iter().find_map(|state| state.strip_prefix(what));
        let article = json!({
            "title": case.title, "body": case.body, "language": "en",
            "published_at": stated("published "), "source": stated("source "),
        });
        let resources = Resources { reader: Some(Marked::of(&case)), knowledge: Arc::clone(&knowledge) };
        let record = crate::support::json(&with_resources(&resources), &raw(article.to_string()));
        assert_eq!(record["pipeline"]["knowledge"], json!(knowledge.identity().unwrap()));
        let links = |links: &[Value]| -> String {
            let shown = links.iter().map(|link| {
                let text = |field: &str| link[field].as_str().unwrap().to_owned();
                // How sure the gazetteer is belongs to its own specification.
                let confidence = match text("authority").as_str() {
                    "geonames" | "iso3166-1" => String::new(),
                    _ => format!(" {}", link["confidence"].as_f64().unwrap()),
                };
                format!("{} {}{confidence}", text("authority"), text("id"))
            });
            if links.is_empty() { "none".into() } else { shown.collect::<Vec<_>>().join(", ") }
        };
        let found = record["entities"].as_array().unwrap().iter().map(|entity| {
            format!("{} has {}", entity["id"].as_str().unwrap(), links(entity["links"].as_array().unwrap()))
        });
        let wanted: Vec<&str> = case.states.iter().map(String::as_str).filter(|state| state.starts_with('e')).collect();
        assert_eq!(found.collect::<Vec<_>>(), wanted, "{}", case.name);
    }
    assert_eq!(knowledge.overrides().unheard(), Vec::<String>::new());
}

#[test]
fn sentiment() {
    for case in Case::all("sentiment") {
        let enriched = run(&case, Marked::of(&case));
        let sentiment = enriched.document.layer::<sentiment::Sentiment>().expect(&case.name);
        let label = |label| serde_json::to_value(label).unwrap().as_str().unwrap().to_owned();
        let mut found: Vec<_> = sentiment
            .entities
            .iter()
            .enumerate()
            .filter_map(|(i, s)| Some(format!("e{} {}", i + 1, label((*s)?.label))))
            .collect();
        found.push(format!("article {}", sentiment.article.map_or("none".to_owned(), |scores| label(scores.label))));
        assert_eq!(found, case.states, "{}", case.name);
    }
}

/// A case states who and what its names are. `q1 direct`: what is said, in several parts if need be; `q1 cue say`: what
/// says so; `q1 name e1`: by whom.
#[test]
fn quotes() {
    let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    for case in Case::all("quotes") {
        let stated = case.states.iter().filter_map(|state| state.split_once(": "));
        let names: Vec<_> = stated
            .flat_map(|(word, names)| names.split(", ").map(move |name| (name, kind(word))))
            .flat_map(|(name, kind)| {
                let surname = name.rsplit(' ').next().filter(|_| kind == Kind::Person);
                std::iter::once(name).chain(surname).map(move |name| (name, kind))
            })
            .collect();
        let enriched = enriched(&reading(Script::of(&names)), &case.raw());
        let quotes = &enriched.document.layer::<quotes::Quotes>().expect(&case.name).quotes;
        let mut found = Vec::new();
        for (index, quote) in quotes.iter().enumerate() {
            let id = format!("q{}", index + 1);
            let unknown = if quote.speaker.form == quotes::Form::Unknown { " unknown" } else { "" };
            let kind = name(json!(quote.kind));
            found.extend(quote.parts.iter().map(|part| (*part, format!("{id} {kind}{unknown}"))));
            found.extend(quote.cue.iter().map(|cue| (cue.span, format!("{id} cue {}", name(json!(cue.class))))));
            let entity = quote.speaker.entity.map(|entity| format!(" {}", entities::id(entity))).unwrap_or_default();
            let form = name(json!(quote.speaker.form));
            found.extend(quote.speaker.span.map(|span| (span, format!("{id} {form}{entity}"))));
        }
        let show = |all: Vec<(Range<usize>, String)>| {
            let mut all: Vec<_> =
                all.into_iter().map(|(r, mark)| (r.start, format!("[{}]{{{mark}}}", case.text(&r)))).collect();
            all.sort();
            all.into_iter().map(|(_, mark)| mark).collect::<Vec<_>>().join("\n")
        };
        let found = found.into_iter().map(|(span, mark)| (span.start()..span.end(), mark)).collect();
        assert_eq!(show(found), show(case.marks.clone()), "{}", case.name);
    }
}

#[test]
fn claims() {
    for mut case in Case::all("claims") {
        let (names, marks): (Vec<_>, Vec<_>) = std::mem::take(&mut case.marks).into_iter().partition(|(_, mark)| {
            mark.strip_prefix('e').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        });
        case.marks = names;
        let enriched = run(&case, Marked::of(&case));
        case.marks = marks;
        let claims = &enriched.document.layer::<claims::Claims>().expect(&case.name).claims;
        let text = |span| enriched.document.text().slice(span);
        let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let mark = |claim: &claims::Claim| {
            let number = |value: f64| format!("{}", (value * 1e4).round() / 1e4);
            let amount = match (claim.value, claim.low, claim.high) {
                (Some(value), ..) => number(value),
                (_, low, high) => {
                    format!("{}..{}", low.map(number).unwrap_or_default(), high.map(number).unwrap_or_default())
                }
            };
            let mut mark =
                format!("{} {amount} {}", name(json!(claim.comparator)), claim.unit.as_deref().unwrap_or("-"));
            mark += &claim.of.map(|of| format!("; of {}", text(of))).unwrap_or_default();
            mark += &claim.source.map_or(String::new(), |source| {
                format!("; by {}", source.entity.map_or_else(|| text(source.span).to_owned(), entities::id))
            });
            mark + &claim
                .verification
                .map(|verification| format!("; {}", name(json!(verification))))
                .unwrap_or_default()
        };
        case.assert_found(claims.iter().map(|claim| (claim.span, mark(claim))).collect());
    }
}

/// A mark is the value, or `?` where there is none, and what else the record says of it: kind other than date, modifier,
/// `unresolved`, and after `by` the rule.
#[test]
fn dates() {
    for case in Case::all("dates") {
        let enriched = enriched(&crate::support::plain_pipeline(), &dated(&case));
        let dates = &enriched.document.layer::<dates::Dates>().expect(&case.name).dates;
        let mark = |date: &dates::Expressed| {
            let kind = serde_json::to_value(date.kind).unwrap().as_str().unwrap().to_owned();
            let mut words = vec![date.value.clone().unwrap_or("?".to_owned())];
            words.extend((kind != "date").then_some(kind));
            words.extend(date.modifier.map(str::to_owned));
            words.extend((!date.resolved).then(|| "unresolved".to_owned()));
            let span = date.span.start()..date.span.end();
            let by = case.marks.iter().any(|(range, mark)| *range == span && mark.contains(" by "));
            words.extend(by.then(|| format!("by {}", date.evidence.rule)));
            (date.span, words.join(" "))
        };
        case.assert_found(dates.iter().map(mark).collect());
    }
}

#[test]
fn focus() {
    for case in Case::all("focus") {
        let enriched = run(&case, Marked::of(&case));
        let focus = &enriched.document.layer::<focus::Focus>().expect(&case.name).places;
        let place = |place: &focus::Focal| {
            let country = place.country.as_ref().map(|country| format!(" {country}")).unwrap_or_default();
            entities::id(place.entity) + &country
        };
        let found: Vec<_> = focus.iter().map(place).collect();
        assert_eq!(if found.is_empty() { vec!["none".to_owned()] } else { found }, case.states, "{}", case.name);
    }
}
