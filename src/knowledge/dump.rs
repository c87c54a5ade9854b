//! Lines of a Wikidata JSON dump as subjects: who is kept, and what of them.
//!
//! Nine of ten lines are of no kind that is kept. Their statements "instance of" are looked for as bytes and read alone,
//! so that the rest of such a line is never parsed; of a line that is kept only what goes into the table is.

mod build;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

pub use self::build::{Build, Progress, Summary};
use super::subjects::{Day, Draft, Kind};
use super::table::MOST_NAMES;

/// The name of the authority.
pub const AUTHORITY: &str = "wikidata";

/// What is kept of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The languages of names and descriptions, the first of which gives the name to show. What Wikidata gives for all
    /// languages (`mul`) counts as the last of them.
    pub languages: Vec<String>,
    /// Classes (the numbers of their ids) whose direct instances are persons.
    pub persons: Vec<u64>,
    /// The same for organisations.
    pub organisations: Vec<u64>,
    /// The same for places.
    pub places: Vec<u64>,
    /// The fewest sitelinks: in how many Wikipedias and the like it has a page.
    pub least_sitelinks: u64,
}

/// Human.
const PERSONS: [u64; 1] = [5];

/// Classes of organisations that are in the news.
const ORGANISATIONS: [u64; 23] = [
    43_229,    // organization
    4_830_453, // business
    6_881_511, // enterprise
    783_794,   // company
    891_723,   // public company
    167_037,   // corporation
    161_726,   // multinational corporation
    1_589_009, // privately held company
    22_687,    // bank
    66_344,    // central bank
    7_278,     // political party
    327_333,   // government agency
    192_350,   // ministry
    484_652,   // international organization
    245_065,   // intergovernmental organization
    163_740,   // nonprofit organization
    79_913,    // non-governmental organization
    3_918,     // university
    875_538,   // public university
    31_855,    // research institute
    11_032,    // newspaper
    476_028,   // association football club
    847_017,   // sports club
];

impl Default for Filter {
    fn default() -> Self {
        Self {
            languages: vec!["en".to_owned()],
            persons: PERSONS.to_vec(),
            organisations: ORGANISATIONS.to_vec(),
            places: Vec::new(),
            least_sitelinks: 2,
        }
    }
}

/// Stands for all languages.
const ANY_LANGUAGE: &str = "mul";

static INSTANCE_OF: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"P31\""));

impl Filter {
    /// The subject of a line, if it is kept: an object, without the comma after it.
    ///
    /// # Errors
    /// If the line is no such object.
    pub fn read(&self, line: &[u8]) -> serde_json::Result<Option<Draft>> {
        if !self.may_be_kept(line) {
            return Ok(None);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        let item = ItemSeed(self).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(self.draft(item))
    }

    /// Whether a class that is kept stands among its statements "instance of". Anything strange is left to the parser.
    fn may_be_kept(&self, line: &[u8]) -> bool {
        INSTANCE_OF.find_iter(line).any(|at| {
            let after = line.get(at + INSTANCE_OF.needle().len()..).unwrap_or_default();
            let Some(statements) = after.strip_prefix(b":") else { return true };
            let mut deserializer = serde_json::Deserializer::from_slice(statements);
            // In a qualifier or a reference the same name has values without statements around them.
            match Vec::<Statement<'_>>::deserialize(&mut deserializer) {
                Ok(statements) => self.kind(&statements).is_some(),
                Err(_) => true,
            }
        })
    }

    fn kind(&self, statements: &[Statement<'_>]) -> Option<Kind> {
        let of = |classes: &[u64]| {
            let class = |statement: &Statement<'_>| statement.value()?.id;
            statements.iter().filter_map(class).any(|class| classes.contains(&class))
        };
        match () {
            () if of(&self.persons) => Some(Kind::Person),
            () if of(&self.organisations) => Some(Kind::Organisation),
            () if of(&self.places) => Some(Kind::Place),
            () => None,
        }
    }

    fn draft(&self, item: Item<'_>) -> Option<Draft> {
        let Item { id, labels, descriptions, aliases, claims, sitelinks } = item;
        let kind = self.kind(&claims.instance_of)?;
        if sitelinks < self.least_sitelinks {
            return None;
        }
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            let name = name.trim();
            let known = name.is_empty() || names.iter().any(|known| known == name);
            if !known && names.len() < MOST_NAMES && !super::key(name).is_empty() {
                names.push(name.to_owned());
            }
        };
        in_order(labels).for_each(|text| add(&text.value));
        in_order(aliases).flatten().for_each(|text| add(&text.value));
        if names.is_empty() || !id.starts_with('Q') {
            return None;
        }
        let (from, to) = match kind {
            Kind::Person => (&claims.birth, &claims.death),
            _ => (&claims.inception, &claims.dissolved),
        };
        Some(Draft {
            authority: 0,
            id: id.into_owned(),
            kind,
            names,
            description: in_order(descriptions).next().map(|text| text.value.into_owned()).unwrap_or_default(),
            from: day(from),
            to: day(to),
            outlives: true,
            sitelinks,
        })
    }

    /// Where a language stands in the order of preference.
    fn language(&self, name: &str) -> Option<usize> {
        let named = self.languages.iter().position(|language| language == name);
        named.or_else(|| (name == ANY_LANGUAGE).then_some(self.languages.len()))
    }
}

/// Texts in the order of their languages.
fn in_order<T>(mut texts: Vec<(usize, T)>) -> impl Iterator<Item = T> {
    texts.sort_by_key(|(language, _)| *language);
    texts.into_iter().map(|(_, text)| text)
}

/// The first day of what the best of the statements says.
fn day(statements: &[Statement<'_>]) -> Option<Day> {
    let preferred = statements.iter().find(|statement| statement.rank == "preferred");
    let value = preferred.or_else(|| statements.first())?.value()?;
    let time = value.time.as_deref()?;
    let (sign, time) = match time.strip_prefix('-') {
        Some(time) => (-1, time),
        None => (1, time.strip_prefix('+').unwrap_or(time)),
    };
    let mut parts = time.split(['-', 'T']).map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let known = |least: u8, part: i64| if value.precision >= least { part.clamp(0, 99) } else { 0 };
    // Coarser than a year is no date.
    (value.precision >= 9 && (1..=9999).contains(&year))
        .then(|| Day(sign * (year * 10_000 + known(10, month) * 100 + known(11, day))))
}

/// What is read of a line.
#[derive(Default)]
struct Item<'a> {
    id: Cow<'a, str>,
    labels: Vec<(usize, Text<'a>)>,
    descriptions: Vec<(usize, Text<'a>)>,
    aliases: Vec<(usize, Vec<Text<'a>>)>,
    claims: Claims<'a>,
    sitelinks: u64,
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    value: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims<'a> {
    #[serde(rename = "P31", borrow)]
    instance_of: Vec<Statement<'a>>,
    #[serde(rename = "P569", borrow)]
    birth: Vec<Statement<'a>>,
    #[serde(rename = "P570", borrow)]
    death: Vec<Statement<'a>>,
    #[serde(rename = "P571", borrow)]
    inception: Vec<Statement<'a>>,
    #[serde(rename = "P576", borrow)]
    dissolved: Vec<Statement<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Statement<'a> {
    #[serde(borrow)]
    mainsnak: Option<Snak<'a>>,
    #[serde(borrow)]
    rank: Cow<'a, str>,
}

impl<'a> Statement<'a> {
    /// What it says, unless it was found to be wrong.
    fn value(&self) -> Option<&Value<'a>> {
        Some(&self.mainsnak.as_ref()?.datavalue.as_ref()?.value).filter(|_| self.rank != "deprecated")
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Snak<'a> {
    #[serde(borrow)]
    datavalue: Option<DataValue<'a>>,
}

#[derive(Deserialize)]
struct DataValue<'a> {
    #[serde(borrow)]
    value: Value<'a>,
}

/// The id of an entity, or a time; nothing where it is anything else.
#[derive(Default)]
struct Value<'a> {
    id: Option<u64>,
    time: Option<Cow<'a, str>>,
    precision: u8,
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Value<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of a statement")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                let mut value = Value::default();
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "id" => {
                            let Name(id) = map.next_value()?;
                            value.id = id.strip_prefix('Q').and_then(|number| number.parse().ok()).or(value.id);
                        }
                        "numeric-id" => value.id = value.id.or(Some(map.next_value()?)),
                        "time" => value.time = Some(map.next_value::<Name<'de>>()?.0),
                        "precision" => value.precision = map.next_value()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(value)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }

            fn visit_unit<E>(self) -> Result<Value<'de>, E> {
                Ok(Value::default())
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// A text that is copied only if it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct ItemSeed<'f>(&'f Filter);

impl<'de> DeserializeSeed<'de> for ItemSeed<'_> {
    type Value = Item<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ItemSeed<'_> {
    type Value = Item<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item of Wikidata")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item<'de>, A::Error> {
        let mut item = Item::default();
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "id" => item.id = map.next_value::<Name<'de>>()?.0,
                "labels" => item.labels = map.next_value_seed(Texts(self.0, PhantomData))?,
                "descriptions" => item.descriptions = map.next_value_seed(Texts(self.0, PhantomData))?,
                "aliases" => item.aliases = map.next_value_seed(Texts(self.0, PhantomData))?,
                "claims" => item.claims = map.next_value()?,
                "sitelinks" => item.sitelinks = map.next_value::<Count>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(item)
    }
}

/// Of an object by language, what is in the languages that are kept. Where it is empty, a dump has an empty array.
struct Texts<'f, T>(&'f Filter, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Texts<'_, T> {
    type Value = Vec<(usize, T)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Texts<'_, T> {
    type Value = Vec<(usize, T)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts by language")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(Name(language)) = map.next_key()? {
            match self.0.language(&language) {
                Some(place) => texts.push((place, map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(texts)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

/// How many fields an object has.
struct Count(u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counted;
        impl<'de> Visitor<'de> for Counted {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("sitelinks")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
                let mut count = 0;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Count(count))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Count(0))
            }
        }
        deserializer.deserialize_any(Counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An item with the shape that a dump has: statements with hashes, qualifiers and references.
    pub(super) fn line(id: u64, class: u64, name: &str, sitelinks: u64, claims: &str) -> String {
        let sites: Vec<String> = (0..sitelinks)
            .map(|site| format!(r#""s{site}wiki":{{"site":"s{site}wiki","title":"{name}","badges":[]}}"#))
            .collect();
        format!(
            r#"{{"type":"item","id":"Q{id}","labels":{{"de":{{"language":"de","value":"{name} (de)"}},"en":{{"language":"en","value":"{name}"}},"mul":{{"language":"mul","value":"{name} everywhere"}}}},"descriptions":{{"en":{{"language":"en","value":"described \u0041s such"}}}},"aliases":{{"en":[{{"language":"en","value":"{name} the \"First\""}}],"fr":[{{"language":"fr","value":"autre"}}]}},"claims":{{"P31":[{{"mainsnak":{{"snaktype":"value","property":"P31","hash":"1f","datavalue":{{"value":{{"entity-type":"item","numeric-id":{class},"id":"Q{class}"}},"type":"wikibase-entityid"}},"datatype":"wikibase-item"}},"type":"statement","id":"Q{id}$A","rank":"normal","references":[{{"hash":"2e","snaks":{{"P248":[{{"snaktype":"value","property":"P248","hash":"3d","datavalue":{{"value":{{"entity-type":"item","numeric-id":5,"id":"Q5"}},"type":"wikibase-entityid"}},"datatype":"wikibase-item"}}]}},"snaks-order":["P248"]}}]}}]{claims}}},"sitelinks":{{{}}},"pageid":1,"ns":0,"title":"Q{id}","lastrevid":2,"modified":"2025-01-01T00:00:00Z"}}"#,
            sites.join(",")
        )
    }

    fn time(property: &str, time: &str, precision: u8, rank: &str) -> String {
        format!(
            r#","{property}":[{{"mainsnak":{{"snaktype":"value","property":"{property}","hash":"4c","datavalue":{{"value":{{"time":"{time}","timezone":0,"before":0,"after":0,"precision":{precision},"calendarmodel":"http:\/\/www.wikidata.org\/entity\/Q1985727"}},"type":"time"}},"datatype":"time"}},"type":"statement","id":"x","rank":"{rank}"}}]"#
        )
    }

    fn read(line: &str) -> Option<Draft> {
        Filter::default().read(line.as_bytes()).unwrap()
    }

    #[test]
    fn a_person_is_read_with_names_dates_and_fame() {
        let claims = time("P569", "+1950-02-13T00:00:00Z", 11, "normal")
            + &time("P570", "+2020-00-00T00:00:00Z", 9, "preferred");
        let draft = read(&line(7, 5, "Alma Reyes", 3, &claims)).unwrap();
        assert_eq!(draft.names, ["Alma Reyes", "Alma Reyes everywhere", "Alma Reyes the \"First\""]);
        assert_eq!(
            (draft.id.as_str(), draft.kind, draft.description.as_str()),
            ("Q7", Kind::Person, "described As such")
        );
        assert_eq!((draft.from, draft.to, draft.sitelinks), (Some(Day(19_500_213)), Some(Day(20_200_000)), 3));
    }

    #[test]
    fn other_classes_and_little_known_ones_are_left_out() {
        assert!(read(&line(7, 16_521, "Corvus ellerii", 50, "")).is_none());
        assert!(read(&line(7, 5, "Alma Reyes", 1, "")).is_none());
        assert_eq!(read(&line(7, 7_278, "Harbour Party", 2, "")).unwrap().kind, Kind::Organisation);
    }

    /// The class of a thing that is meant in a qualifier is not the class of the item.
    #[test]
    fn only_statements_of_the_item_itself_count() {
        let qualified = r#","P39":[{"qualifiers":{"P31":[{"snaktype":"value","property":"P31","datavalue":{"value":{"id":"Q5"},"type":"wikibase-entityid"}}]},"rank":"normal"}]"#;
        assert!(read(&line(7, 16_521, "Corvus ellerii", 50, qualified)).is_none());
        let deprecated = line(7, 5, "Alma Reyes", 5, "").replacen(r#""rank":"normal""#, r#""rank":"deprecated""#, 1);
        assert!(read(&deprecated).is_none());
    }

    /// Dumps differ: the order of fields, blanks, empty objects that are arrays, ids without numbers or letters.
    #[test]
    fn other_writings_are_read_alike() {
        let usual = line(7, 5, "Alma Reyes", 3, "");
        let expected = read(&usual);
        assert!(expected.is_some());
        let value: serde_json::Value = serde_json::from_str(&usual).unwrap();
        assert_eq!(read(&serde_json::to_string_pretty(&value).unwrap()), expected);
        assert_eq!(
            read(&usual.replace(r#""entity-type":"item","numeric-id":5,"id":"Q5""#, r#""numeric-id":5"#)),
            expected
        );
        assert_eq!(read(&usual.replace(r#""entity-type":"item","numeric-id":5,"id":"Q5""#, r#""id":"Q5""#)), expected);
        let bare = r#"{"id":"Q1","labels":[],"descriptions":[],"aliases":[],"claims":[],"sitelinks":[]}"#;
        assert!(read(bare).is_none());
    }

    #[test]
    fn strange_dates_are_none() {
        for (text, precision, day) in [
            ("+1848-02-13T00:00:00Z", 10, Some(18_480_200)),
            ("-0044-03-15T00:00:00Z", 11, Some(-440_315)),
            ("+00000001955-09-13T00:00:00Z", 11, Some(19_550_913)),
            ("+1900-00-00T00:00:00Z", 7, None),
            ("+13798000000-00-00T00:00:00Z", 9, None),
            ("soon", 11, None),
        ] {
            let draft = read(&line(7, 5, "Alma Reyes", 3, &time("P569", text, precision, "normal"))).unwrap();
            assert_eq!(draft.from, day.map(Day), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_no_item_is_an_error_or_nothing() {
        assert!(Filter::default().read(b"{\"P31\"").is_err());
        assert!(Filter::default().read(b"\"P31\":[[[").is_err());
        assert!(Filter::default().read(b"").unwrap().is_none());
        let whole = line(7, 5, "Alma Reyes", 3, "");
        for end in 0..whole.len() {
            let _outcome = Filter::default().read(&whole.as_bytes()[..end]).is_ok();
        }
    }
}
