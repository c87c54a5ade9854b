//! Who made an article: bylines and sign-offs. They are staff and no persons of the story.

use serde_json::{Map, Value, json};

use super::dateline::capitalised;
use crate::article::is_blank;

/// Who made an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staff {
    /// The byline: as declared, else the names of the one read.
    pub line: Option<String>,
    /// Names in bylines.
    pub byline: Vec<String>,
    /// Who reported.
    pub reporting: Vec<String>,
    /// Who wrote.
    pub writing: Vec<String>,
    /// Who edited.
    pub editing: Vec<String>,
}

/// Names in one list; whoever has more is no staff of an article.
const MOST: usize = 100;

/// One of the lists.
type List = fn(&mut Staff) -> &mut Vec<String>;

/// Words that stand before names in a sign-off, and the list that they fill.
const TASKS: [(&str, List); 12] = [
    ("reporting and writing by ", |staff| &mut staff.reporting),
    ("writing and reporting by ", |staff| &mut staff.reporting),
    ("additional reporting by ", |staff| &mut staff.reporting),
    ("reporting by ", |staff| &mut staff.reporting),
    ("reported by ", |staff| &mut staff.reporting),
    ("writing by ", |staff| &mut staff.writing),
    ("written by ", |staff| &mut staff.writing),
    ("compiled by ", |staff| &mut staff.writing),
    ("translated by ", |staff| &mut staff.writing),
    ("translation by ", |staff| &mut staff.writing),
    ("editing by ", |staff| &mut staff.editing),
    ("edited by ", |staff| &mut staff.editing),
];

impl Staff {
    /// What the article declares beside its text.
    pub(super) fn declared(byline: Option<&str>) -> Self {
        let line = byline.map(str::to_owned);
        let names = byline.map(|line| names(after_by(line).unwrap_or(line))).unwrap_or_default();
        Self { line, byline: names, ..Self::default() }
    }

    /// Whether nobody is named.
    pub(super) fn is_empty(&self) -> bool {
        [&self.byline, &self.reporting, &self.writing, &self.editing].iter().all(|names| names.is_empty())
    }

    pub(super) fn read_byline(&mut self, line: &str) {
        let names = names(after_by(line).unwrap_or(line));
        let shown = if names.is_empty() { after_by(line).unwrap_or(line).to_owned() } else { and(&names) };
        self.line.get_or_insert(shown);
        let new: Vec<String> = names.into_iter().filter(|name| !self.byline.contains(name)).collect();
        self.byline.extend(new.into_iter().take(MOST.saturating_sub(self.byline.len())));
    }

    pub(super) fn read_signoff(&mut self, signoff: &str) {
        let inside = signoff.trim_matches(['(', ')']);
        let mut list: Option<List> = None;
        for part in inside.split([';', ',']).map(|part| part.trim_matches(is_blank)).take(60) {
            let task = TASKS.iter().find(|(words, _)| starts(part, words));
            let people = match task {
                Some((words, task)) => {
                    list = Some(*task);
                    part.get(words.len()..).unwrap_or_default()
                }
                None => part,
            };
            let Some(list) = list else { continue };
            for person in people.split(" and ").flat_map(|people| people.split(" & ")) {
                let name = person
                    .split_once(" in ")
                    .map_or(person, |(name, _)| name)
                    .trim_matches(|c| is_blank(c) || c == '.');
                if !name.is_empty() && !is_role(name) && list(self).len() < MOST {
                    list(self).push(name.split_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
        }
    }

    pub(super) fn json(&self) -> Value {
        let lists = [
            ("byline", &self.byline),
            ("reporting", &self.reporting),
            ("writing", &self.writing),
            ("editing", &self.editing),
        ];
        let known = lists.into_iter().filter(|(_, names)| !names.is_empty());
        Value::Object(known.map(|(task, names)| (task.to_owned(), json!(names))).collect::<Map<_, _>>())
    }
}

/// Names as a byline joins them.
fn and(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.join(""),
    }
}

fn starts(line: &str, words: &str) -> bool {
    line.get(..words.len()).is_some_and(|head| head.eq_ignore_ascii_case(words))
}

/// What follows "By".
fn after_by(line: &str) -> Option<&str> {
    ["By ", "by ", "BY "].iter().find_map(|by| line.strip_prefix(by)).map(str::trim_start)
}

/// Whether a line is a byline: "By" and names, without a full stop.
pub(super) fn is_byline(line: &str) -> bool {
    let Some(rest) = after_by(line).filter(|_| line.len() <= 200 && !line.ends_with(['.', ':', '?', '!', '”', '"']))
    else {
        return false;
    };
    let small = |word: &str| ["and", "of", "in", "for", "the", "with", "at", "&"].contains(&word) || is_particle(word);
    let divided = rest.contains(" | ");
    let capital = |c: char| c.is_uppercase() || c == '(' || c == '@' || divided && (c == '|' || c.is_numeric());
    let mut words = rest.split(is_blank).filter(|word| !word.is_empty());
    let first = rest.split([',', ' ']).next().unwrap_or_default();
    let count = words.clone().take(21).count();
    // By The Associated Press, but not "By Tuesday" or "By the Numbers".
    let agency = first.eq_ignore_ascii_case("the") && count >= 3;
    let time = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "A", "An"];
    let named = agency || !time.contains(&first) && !first.eq_ignore_ascii_case("the");
    named && count <= 20 && words.all(|word| word.starts_with(capital) || small(word))
}

/// Names out of a byline: parts of two words and more that are no role and no outlet.
fn names(line: &str) -> Vec<String> {
    let parts = line.split([',', ';', '|']).flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" AND "));
    let parts = parts
        .flat_map(|part| part.split(" & "))
        .map(|part| part.split(" in ").next().unwrap_or(part).trim_matches(is_blank));
    let named = parts.filter(|part| is_person(part)).take(40);
    named.map(|part| part.split_whitespace().map(capitalised).collect::<Vec<_>>().join(" ")).collect()
}

/// Whether it may be a person's name: two to five words with capitals, none of them a role.
fn is_person(part: &str) -> bool {
    let words: Vec<&str> = part.split(is_blank).filter(|word| !word.is_empty()).take(6).collect();
    let capital = |word: &&str| word.starts_with(char::is_uppercase) || is_particle(word);
    (2..=5).contains(&words.len()) && words.iter().all(capital) && !is_role(part)
}

fn is_particle(word: &str) -> bool {
    [
        "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "la", "le", "al", "bin", "ibn", "el",
        "ten", "zu",
    ]
    .contains(&word)
}

/// Whether it names a post.
fn is_role(part: &str) -> bool {
    const ROLES: &[&str] = &[
        "correspondent",
        "reporter",
        "editor",
        "writer",
        "staff",
        "bureau",
        "chief",
        "analyst",
        "columnist",
        "producer",
        "photographer",
        "intern",
        "contributor",
        "team",
        "newsroom",
        "agency",
        "agencies",
        "press",
        "news",
    ];
    part.split(|c: char| !c.is_alphanumeric()).any(|word| ROLES.iter().any(|role| word.eq_ignore_ascii_case(role)))
}

/// Whether a bracket holds staff: `(Reporting by Elena Marsh; Editing by …)`.
pub(super) fn is_credit_list(inside: &str) -> bool {
    let task = TASKS.iter().find(|(words, _)| starts(inside, words));
    let rest = task.and_then(|(words, _)| inside.get(words.len()..));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()) || rest.starts_with("the "))
}

/// Whether a line below the story names staff without a bracket.
pub(super) fn is_open_signoff(line: &str) -> bool {
    line.len() <= 300 && !line.ends_with('.') && is_credit_list(line) && !line.contains(". ")
}
