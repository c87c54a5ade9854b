//! The pinned word of an editor: this name in this sense, never this entity. It wins over every file and every stage.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::subjects::{Kind, Subjects};
use super::{hex, key};

/// Authorities whose ids come with the program: any id of them may be pinned.
const BUILT_IN: [&str; 2] = ["geonames", "iso3166-1"];

/// The file, before it is checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    pin: Vec<Spanned<PinEntry>>,
    #[serde(default)]
    never: Vec<Spanned<NeverEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinEntry {
    name: String,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    source: Option<String>,
    article: Option<String>,
    #[serde(default)]
    links: Vec<Link>,
    #[serde(rename = "as")]
    sense: Option<Kind>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NeverEntry {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Kind>,
    source: Option<String>,
    article: Option<String>,
    authority: Option<String>,
    id: Option<String>,
}

/// An id of an authority.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Who gave it.
    pub authority: String,
    /// The id.
    pub id: String,
}

/// What an editor says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sense {
    /// It is these, and nothing else.
    Links(Vec<Link>),
    /// It is of this kind.
    Kind(Kind),
}

/// What is asked about: an entity of an article.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The keys of the names by which the article calls it.
    pub keys: &'a [String],
    /// What it was read as.
    pub kind: Kind,
    /// Where the article came from.
    pub source: Option<&'a str>,
    /// The article's id.
    pub article: &'a str,
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    /// The key of the name; none is any name.
    name: Option<String>,
    kind: Option<Kind>,
    source: Option<String>,
    article: Option<String>,
}

impl Scope {
    fn holds(&self, named: &Named<'_>) -> bool {
        self.name.as_ref().is_none_or(|name| named.keys.contains(name))
            && self.kind.is_none_or(|kind| kind == named.kind)
            && self.source.as_deref().is_none_or(|source| named.source == Some(source))
            && self.article.as_deref().is_none_or(|article| named.article == article)
    }

    /// The more is said of where it holds, the sooner a rule is heard.
    fn precision(&self) -> (bool, bool, bool) {
        (self.article.is_some(), self.source.is_some(), self.kind.is_some())
    }
}

/// A rule, and how often it was heard.
#[derive(Debug)]
struct Rule<T> {
    scope: Scope,
    /// How the editor wrote the name, or the id where there is no name.
    shown: String,
    line: usize,
    says: T,
    heard: AtomicU64,
}

impl<T> fmt::Display for Rule<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the override in line {} ({})", self.line, self.shown)
    }
}

/// What must not be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Forbidden {
    authority: Option<String>,
    id: Option<String>,
}

impl Forbidden {
    fn covers(&self, authority: &str, id: &str) -> bool {
        self.authority.as_deref().is_none_or(|forbidden| forbidden == authority)
            && self.id.as_deref().is_none_or(|forbidden| forbidden == id)
    }
}

/// All rules of a file.
#[derive(Debug, Default)]
pub struct Overrides {
    pins: Vec<Rule<Sense>>,
    nevers: Vec<Rule<Forbidden>>,
    digest: Option<String>,
}

impl Overrides {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// If it cannot be read, or anything in it is wrong; the error names file and line.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        Self::read(&text).with_context(|| format!("{shown} cannot be used"))
    }

    /// Reads the text of such a file.
    ///
    /// # Errors
    /// If anything in it is wrong; the error names the line.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let line = |at: usize| text.get(..at).map_or(1, |before| before.split('\n').count());
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(1, |span| line(span.start));
            anyhow::anyhow!("it is broken in line {at}: {}", error.message())
        })?;
        let mut rules = Self { digest: Some(hex(&Sha256::digest(text))), ..Self::default() };
        for entry in file.pin {
            let line = line(entry.span().start);
            let pin = entry.into_inner();
            rules.pins.push(pinned(pin, line).with_context(|| format!("it is broken in line {line}"))?);
        }
        for entry in file.never {
            let line = line(entry.span().start);
            let never = entry.into_inner();
            rules.nevers.push(forbidden(never, line).with_context(|| format!("it is broken in line {line}"))?);
        }
        rules.pins.sort_by_key(|rule| std::cmp::Reverse(rule.scope.precision()));
        Ok(rules)
    }

    /// Names the contents of the file, if there is one.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What the editor says that an entity is.
    pub fn sense(&self, named: &Named<'_>) -> Option<&Sense> {
        let rule = self.pins.iter().find(|rule| rule.scope.holds(named))?;
        rule.heard.fetch_add(1, Ordering::Relaxed);
        Some(&rule.says)
    }

    /// Whether the editor says that an entity is never this one.
    pub fn forbids(&self, named: &Named<'_>, authority: &str, id: &str) -> bool {
        let rule = self.nevers.iter().find(|rule| rule.says.covers(authority, id) && rule.scope.holds(named));
        rule.inspect(|rule| {
            rule.heard.fetch_add(1, Ordering::Relaxed);
        })
        .is_some()
    }

    /// All ids of one authority that are pinned to any name.
    pub fn all_pinned<'a>(&'a self, authority: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let links = self.pins.iter().flat_map(|rule| match &rule.says {
            Sense::Links(links) => links.as_slice(),
            Sense::Kind(_) => &[],
        });
        links.filter(move |link| link.authority == authority).map(|link| link.id.as_str())
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.pins.len() + self.nevers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rules that no article has met.
    pub fn unheard(&self) -> Vec<String> {
        let unheard = |heard: &AtomicU64| heard.load(Ordering::Relaxed) == 0;
        let pins = self.pins.iter().filter(|rule| unheard(&rule.heard)).map(ToString::to_string);
        let nevers = self.nevers.iter().filter(|rule| unheard(&rule.heard)).map(ToString::to_string);
        pins.chain(nevers).collect()
    }

    /// What is strange about the rules: ids that nobody knows, rules that contradict each other.
    pub fn warnings(&self, sources: &[Subjects]) -> Vec<String> {
        let mut warnings = Vec::new();
        for rule in &self.pins {
            let Sense::Links(links) = &rule.says else { continue };
            warnings.extend(links.iter().filter_map(|link| {
                let why = unknown(sources, &link.authority, Some(&link.id), rule.scope.name.as_deref())?;
                Some(format!("{rule} pins {} {}: {why}; see that the id is right", link.authority, link.id))
            }));
        }
        for rule in &self.nevers {
            let Forbidden { authority: Some(authority), id } = &rule.says else { continue };
            if let Some(why) = unknown(sources, authority, id.as_deref(), rule.scope.name.as_deref()) {
                let id = id.as_deref().unwrap_or_default();
                warnings.push(format!("{rule} forbids {authority} {id}: {why}; see that it is right"));
            }
        }
        for (place, rule) in self.pins.iter().enumerate() {
            if let Some(before) = self.pins.iter().take(place).find(|before| before.scope == rule.scope) {
                warnings.push(format!("{rule} is never heard: {before} says what the same name is; keep one of them"));
            }
            let Sense::Links(links) = &rule.says else { continue };
            let against = self.nevers.iter().find(|never| {
                let same = never.scope.name.is_none() || never.scope.name == rule.scope.name;
                same && links.iter().any(|link| never.says.covers(&link.authority, &link.id))
            });
            if let Some(against) = against {
                warnings.push(format!(
                    "{against} is not heard where {rule} holds, which pins what it forbids; keep one of them"
                ));
            }
        }
        warnings
    }
}

fn pinned(entry: PinEntry, line: usize) -> anyhow::Result<Rule<Sense>> {
    let PinEntry { name, kind, source, article, links, sense } = entry;
    anyhow::ensure!(!key(&name).is_empty(), "the name {name:?} has no letter or digit");
    let says = match (sense, links.is_empty()) {
        (None, false) => Sense::Links(links),
        (Some(kind), true) => Sense::Kind(kind),
        (Some(_), false) => anyhow::bail!("it has both links and as; the links say what it is, leave out as"),
        (None, true) => anyhow::bail!(
            "it says neither links nor as; to have no link at all, write it as [[never]] with the name alone"
        ),
    };
    if let Sense::Links(links) = &says {
        for link in links {
            anyhow::ensure!(!link.authority.is_empty() && !link.id.is_empty(), "a link wants an authority and an id");
        }
    }
    let scope = Scope { name: Some(key(&name)), kind, source, article };
    Ok(Rule { scope, shown: name, line, says, heard: AtomicU64::new(0) })
}

fn forbidden(entry: NeverEntry, line: usize) -> anyhow::Result<Rule<Forbidden>> {
    let NeverEntry { name, kind, source, article, authority, id } = entry;
    anyhow::ensure!(id.is_none() || authority.is_some(), "it names the id and not whose it is; add the authority");
    anyhow::ensure!(name.is_some() || id.is_some(), "it would forbid every link; add a name, or authority and id");
    if let Some(name) = &name {
        anyhow::ensure!(!key(name).is_empty(), "the name {name:?} has no letter or digit");
    }
    let of_id = || format!("{} {}", authority.as_deref().unwrap_or_default(), id.as_deref().unwrap_or_default());
    let shown = name.clone().unwrap_or_else(of_id);
    let scope = Scope { name: name.as_deref().map(key), kind, source, article };
    Ok(Rule { scope, shown, line, says: Forbidden { authority, id }, heard: AtomicU64::new(0) })
}

/// Why an id is not known, if it is not. Tables of all the world are asked for the name alone: to look through one takes
/// seconds.
fn unknown(sources: &[Subjects], authority: &str, id: Option<&str>, name: Option<&str>) -> Option<String> {
    if BUILT_IN.contains(&authority) {
        return None;
    }
    let mut of_it =
        sources.iter().filter(|source| source.authorities().iter().any(|known| known == authority)).peekable();
    if of_it.peek().is_none() {
        return Some("no file in knowledge.authorities has ids of this authority".to_owned());
    }
    let id = id?;
    let found = of_it.any(|source| {
        let by_name = name.is_some_and(|name| {
            source.find(name).any(|(subject, _)| subject.authority == authority && subject.id == id)
        });
        let is = |source: &Subjects| source.all().any(|subject| subject.authority == authority && subject.id == id);
        by_name || source.is_curated() && is(source) || name.is_none() && !source.is_curated()
    });
    (!found).then(|| "the authority does not know it, or not by this name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::subjects::Draft;
    use super::*;

    fn named<'a>(keys: &'a [String], source: Option<&'a str>) -> Named<'a> {
        Named { keys, kind: Kind::Place, source, article: "a1" }
    }

    fn error(text: &str) -> String {
        format!("{:#}", Overrides::read(text).unwrap_err())
    }

    #[test]
    fn the_most_precise_rule_is_heard() {
        let rules = Overrides::read(
            r#"
            [[pin]]
            name = "Georgia"
            links = [{ authority = "geonames", id = "614540" }]
            [[pin]]
            name = "georgia"
            source = "Peach Daily"
            links = [{ authority = "geonames", id = "4197000" }]
            [[pin]]
            name = "Mercury"
            as = "organisation"
            [[never]]
            name = "Reuters"
            "#,
        )
        .unwrap();
        let georgia = ["georgia".to_owned()];
        let pinned = |source: Option<&str>| match rules.sense(&named(&georgia, source)) {
            Some(Sense::Links(links)) => links.first().map(|link| link.id.clone()),
            _ => None,
        };
        assert_eq!(pinned(None).as_deref(), Some("614540"));
        assert_eq!(pinned(Some("Peach Daily")).as_deref(), Some("4197000"));
        assert_eq!(rules.all_pinned("geonames").collect::<Vec<_>>(), ["4197000", "614540"]);
        assert_eq!(rules.all_pinned("wikidata").count(), 0);
        assert_eq!(rules.sense(&named(&["mercury".to_owned()], None)), Some(&Sense::Kind(Kind::Organisation)));
        assert!(rules.forbids(&named(&["reuters".to_owned()], None), "wikidata", "Q1"));
        assert!(!rules.forbids(&named(&georgia, None), "wikidata", "Q1"));
        assert_eq!(rules.unheard(), Vec::<String>::new());
        assert!(rules.warnings(&[]).is_empty());
    }

    #[test]
    fn a_rule_that_no_article_met_is_named() {
        let rules = Overrides::read("[[never]]\nname = \"Ashdown\"\n").unwrap();
        assert_eq!(rules.unheard(), ["the override in line 1 (Ashdown)"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let good = "[[never]]\nname = \"Ashdown\"\n\n";
        for (text, what) in [
            ("[[pin]]\nnmae = \"X\"", "unknown field `nmae`"),
            ("[[pin]]\nname = \"X\"", "neither links nor as"),
            ("[[pin]]\nname = \"...\"\nas = \"place\"", "no letter or digit"),
            ("[[pin]]\nname = \"X\"\nas = \"town\"", "unknown variant `town`"),
            ("[[pin]]\nname = \"X\"\nlinks = [{ authority = \"house\", id = \"\" }]", "wants an authority and an id"),
            ("[[never]]\nid = \"Q1\"", "add the authority"),
            ("[[never]]\nauthority = \"house\"", "would forbid every link"),
        ] {
            let error = error(&format!("{good}{text}"));
            assert!(error.contains("broken in line ") && error.contains(what), "{text}: {error}");
            assert!(!error.contains("line 1:"), "{text}: {error}");
        }
    }

    /// An override with a slip in its id would sleep for years.
    #[test]
    fn what_cannot_work_is_warned_of() {
        let draft = Draft {
            authority: 0,
            id: "p-17".into(),
            kind: Kind::Person,
            names: vec!["Alma Reyes".into()],
            description: String::new(),
            from: None,
            to: None,
            outlives: false,
            sitelinks: 0,
        };
        let house = Subjects::curated(vec!["house".into()], &[draft]).unwrap();
        let warned = |text: &str| Overrides::read(text).unwrap().warnings(std::slice::from_ref(&house)).concat();
        let pin = |name: &str, authority: &str, id: &str| {
            format!("[[pin]]\nname = \"{name}\"\nlinks = [{{ authority = \"{authority}\", id = \"{id}\" }}]\n")
        };
        assert_eq!(warned(&pin("Al Reyes", "house", "p-17")), "");
        assert!(warned(&pin("Alma Reyes", "house", "p-18")).contains("does not know it"));
        assert!(warned(&pin("Alma Reyes", "hosue", "p-17")).contains("no file in knowledge.authorities"));
        let twice = pin("Alma Reyes", "house", "p-17") + &pin("Alma Reyes", "geonames", "1");
        assert!(warned(&twice).contains("the override in line 4 (Alma Reyes) is never heard"), "{}", warned(&twice));
        let against = pin("Alma Reyes", "house", "p-17") + "[[never]]\nauthority = \"house\"\nid = \"p-17\"\n";
        assert!(warned(&against).contains("pins what it forbids"), "{}", warned(&against));
        assert!(warned("[[never]]\nname = \"X\"\nauthority = \"nobody\"").contains("forbids nobody"));
    }
}
