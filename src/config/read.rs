//! From a file and the environment to values. Every mistake is found in one go: unknown names at any depth, and each
//! value of the wrong type, tried by itself so that one mistake does not hide the next.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::options::{Entry, Item, Leaf, Section};
use crate::settings::Problem;

/// What the names of our environment variables begin with.
pub(super) const PREFIX: &str = "COPYDESK_";

/// A section, or a whole configuration.
pub(super) trait Options: JsonSchema + Serialize + DeserializeOwned + Default {}
impl<T: JsonSchema + Serialize + DeserializeOwned + Default> Options for T {}

/// Reads `file` (TOML) and then `variables`, which win. What is wrong is left at its default and reported.
///
/// # Errors
/// When the file is not TOML at all: the parser's message, with line and column.
pub(super) fn read<T: Options>(
    file: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(T, Vec<Problem>), toml::de::Error> {
    let file: toml::Table = toml::from_str(file)?;
    let options = Section::of::<T>();
    let mut reader = Reader { options: &options, values: to_json(&T::default()), problems: Vec::new() };
    reader.table::<T>(&options, &mut Vec::new(), to_json(&file));
    for (name, text) in variables {
        if name.starts_with(PREFIX) {
            reader.variable::<T>(&name, &text);
        }
    }
    let Reader { values, mut problems, .. } = reader;
    let config = serde_json::from_value(values).unwrap_or_else(|error| {
        problems.push(Problem::new("configuration", error.to_string()));
        T::default()
    });
    Ok((config, problems))
}

/// The environment variable that sets the option at `path`.
pub(super) fn variable_of(path: &[&str]) -> String {
    format!("{PREFIX}{}", path.join("_").to_uppercase())
}

struct Reader<'a> {
    options: &'a Section,
    /// The whole configuration so far, always readable as one.
    values: Value,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Takes over one table of the file.
    fn table<T: Options>(&mut self, section: &Section, path: &mut Vec<String>, given: Value) {
        let Value::Object(given) = given else {
            let path = path.join(".");
            let what = format!("this is a section, not a value; write [{path}] and its options below");
            return self.problems.push(Problem::new(path, what));
        };
        for (name, value) in given {
            path.push(name);
            match path.last().and_then(|name| section.get(name)) {
                None => self.problems.push(Problem::new(path.join("."), self.unknown(section, path))),
                Some(Entry { item: Item::Section(inner), .. }) => self.table::<T>(inner, path, value),
                Some(Entry { item: Item::Value(leaf), .. }) => self.set::<T>(path, leaf, value, None),
                Some(Entry { item: Item::Free, .. }) => self.free::<T>(path, value),
            }
            path.pop();
        }
    }

    /// Sets one option if its value fits.
    fn set<T: Options>(&mut self, path: &[String], leaf: &Leaf, value: Value, variable: Option<&str>) {
        let key = path.join(".");
        if let Err(error) = self.put::<T>(path, value) {
            let given = variable.map(|name| format!("{name}: ")).unwrap_or_default();
            let error = if is_secret(&key) { "does not fit (its value is not shown)".into() } else { error };
            let default = match &leaf.default {
                Value::Null => "it may be left out".into(),
                value => format!("the default is {value}"),
            };
            self.problems.push(Problem::new(key, format!("{given}{error}; {default}")));
        }
    }

    /// Sets names of a free table, whose owner knows what they mean.
    fn free<T: Options>(&mut self, path: &[String], value: Value) {
        let Value::Object(given) = value else {
            let what = format!("this is a table, not a value; write [{}] and its options below", path.join("."));
            return self.problems.push(Problem::new(path.join("."), what));
        };
        for (name, value) in given {
            let mut path = path.to_vec();
            path.push(name);
            if self.put::<T>(&path, value).is_err() {
                let what = "does not fit; write a string, a whole number, true or false";
                self.problems.push(Problem::new(path.join("."), what));
            }
        }
    }

    /// Takes over one environment variable.
    fn variable<T: Options>(&mut self, name: &str, text: &str) {
        let leaves = self.options.leaves();
        for (path, item) in &leaves {
            let own = variable_of(path);
            let mut path: Vec<String> = path.iter().map(|&name| name.into()).collect();
            match item {
                Item::Value(leaf) if own == name => {
                    return match typed(leaf, text) {
                        Some(value) => self.set::<T>(&path, leaf, value, Some(name)),
                        None => self.set::<T>(&path, leaf, leaf.default.clone(), Some(name)),
                    };
                }
                Item::Free => {
                    if let Some(rest) = name.strip_prefix(&own).and_then(|rest| rest.strip_prefix('_')) {
                        path.push(rest.to_lowercase().replace('_', "."));
                        if self.put::<T>(&path, text.into()).is_err() {
                            self.problems.push(Problem::new(name, "does not fit here"));
                        }
                        return;
                    }
                }
                _ => {}
            }
        }
        let known: Vec<String> = leaves.iter().map(|(path, _)| variable_of(path)).collect();
        let what = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("no option has this variable; did you mean {near}?"),
            None => "no option has this variable; `copydesk config` lists all options".into(),
        };
        self.problems.push(Problem::new(name, what));
    }

    /// Writes `value` at `path` if the whole is still readable with it.
    fn put<T: Options>(&mut self, path: &[String], value: Value) -> Result<(), String> {
        let mut candidate = self.values.clone();
        let mut place = &mut candidate;
        for name in path {
            let Some(fields) = place.as_object_mut() else { return Err("is not a table".into()) };
            place = fields.entry(name).or_insert(json!(null));
        }
        *place = value;
        serde_json::from_value::<T>(candidate.clone()).map_err(|error| error.to_string())?;
        self.values = candidate;
        Ok(())
    }

    /// Why `path`, whose last name `section` does not know, is refused; names what was probably meant.
    fn unknown(&self, section: &Section, path: &[String]) -> String {
        let Some((name, parents)) = path.split_last() else { return String::new() };
        let names: Vec<&str> = section.entries.iter().map(|entry| entry.name.as_str()).collect();
        if let Some(near) = nearest(name, names.iter().copied()) {
            let near: Vec<&str> = parents.iter().map(String::as_str).chain([near]).collect();
            return format!("there is no such option; did you mean `{}`?", near.join("."));
        }
        let leaves = self.options.leaves();
        let elsewhere = leaves.iter().find(|(path, _)| path.last() == Some(&name.as_str()));
        if let Some((path, _)) = elsewhere {
            return format!("there is no such option here; did you mean `{}`?", path.join("."));
        }
        format!("there is no such option; there are {}", names.join(", "))
    }
}

/// Whether the value of an option must never be shown. Its name tells: a type could be forgotten.
fn is_secret(key: &str) -> bool {
    key.contains("password") || key.contains("secret")
}

/// The one of `known` that `name` was probably meant to be.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase().replace('-', "_");
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

/// `text` of an environment variable as the type that `leaf` wants; `None` if it is empty and stands for "not set".
fn typed(leaf: &Leaf, text: &str) -> Option<Value> {
    if text.is_empty() && leaf.default.is_null() {
        return None;
    }
    let parsed: Option<Value> = if leaf.takes("boolean") {
        text.parse::<bool>().ok().map(Value::from)
    } else if leaf.takes("integer") {
        text.parse::<i64>().ok().map(Value::from)
    } else if leaf.takes("number") {
        text.parse::<f64>().ok().map(Value::from)
    } else if leaf.takes("array") {
        Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
    } else {
        None
    };
    Some(parsed.unwrap_or_else(|| text.into()))
}

fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::settings::{Bytes, Time};

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Whole {
        kafka: Kafka,
        http: Http,
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Kafka {
        brokers: Vec<String>,
        group: String,
        instance: Option<String>,
        wait: Time,
        size: Bytes,
        retries: u32,
        tls: bool,
        password: Option<u32>,
        client: BTreeMap<String, String>,
        topics: Topics,
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Topics {
        raw: String,
    }

    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    struct Http {
        listen: String,
    }

    impl Default for Kafka {
        fn default() -> Self {
            Self {
                brokers: vec!["localhost:9092".into()],
                group: "copydesk".into(),
                instance: None,
                wait: Time::seconds(1),
                size: Bytes::mib(1),
                retries: 3,
                tls: false,
                password: None,
                client: BTreeMap::new(),
                topics: Topics::default(),
            }
        }
    }

    fn read_with(file: &str, variables: &[(&str, &str)]) -> (Whole, Vec<String>) {
        let variables = variables.iter().map(|(name, text)| (name.to_string(), text.to_string()));
        let (whole, problems) = read(file, variables).unwrap();
        (whole, problems.iter().map(ToString::to_string).collect())
    }

    /// One mistake must not hide the next: an operator mends a file once, not five times.
    #[test]
    fn every_mistake_is_found_in_one_go() {
        let file = "[kafka]\nbrokerz = 1\nwait = 5\nretries = \"many\"\nsize = \"1 potato\"\nlisten = \"x\"\n\
                    [kafka.topics]\nraw = []\n[htpp]\nlisten = \"y\"";
        let (whole, problems) = read_with(file, &[("COPYDESK_KAFKA_GRUOP", "x"), ("COPYDESK_KAFKA_TLS", "maybe")]);
        let expected = [
            "kafka.brokerz: there is no such option; did you mean `kafka.brokers`?",
            "kafka.wait: ",
            "kafka.retries: ",
            "kafka.size: ",
            "kafka.listen: there is no such option here; did you mean `http.listen`?",
            "kafka.topics.raw: ",
            "htpp: there is no such option; did you mean `http`?",
            "COPYDESK_KAFKA_GRUOP: no option has this variable; did you mean COPYDESK_KAFKA_GROUP?",
            "kafka.tls: COPYDESK_KAFKA_TLS: ",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for start in expected {
            assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start} in {problems:#?}");
        }
        assert_eq!(whole.kafka.retries, 3);
    }

    #[test]
    fn variables_win_and_take_the_type_of_their_option() {
        let variables = [
            ("COPYDESK_KAFKA_BROKERS", "a:1, b:2"),
            ("COPYDESK_KAFKA_INSTANCE", ""),
            ("COPYDESK_KAFKA_WAIT", "5s"),
            ("COPYDESK_KAFKA_RETRIES", "7"),
            ("COPYDESK_KAFKA_TLS", "true"),
            ("COPYDESK_KAFKA_TOPICS_RAW", "1234"),
            ("COPYDESK_KAFKA_CLIENT_SOCKET_KEEPALIVE_ENABLE", "true"),
            ("HOME", "/root"),
        ];
        let (whole, problems) =
            read_with("kafka.group = \"desk\"\nkafka.retries = 1\nkafka.instance = \"i\"", &variables);
        assert_eq!(problems, Vec::<String>::new());
        let kafka = whole.kafka;
        assert_eq!(kafka.brokers, ["a:1", "b:2"]);
        assert_eq!((kafka.group.as_str(), kafka.retries, kafka.tls, kafka.wait), ("desk", 7, true, Time::seconds(5)));
        assert_eq!(kafka.instance, None);
        assert_eq!(kafka.topics.raw, "1234");
        assert_eq!(kafka.client["socket.keepalive.enable"], "true");
    }

    #[test]
    fn a_free_table_takes_any_name_and_only_values_that_fit() {
        let file = "[kafka.client]\nclient-id = \"desk\"\nlevel = [7]\n\"a.b\" = \"c\"";
        let (whole, problems) = read_with(file, &[]);
        let client: Vec<_> = whole.kafka.client.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(client, [("a.b", "c"), ("client-id", "desk")]);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.starts_with("kafka.client.level: does not fit"), "{problem}");
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let (_, problems) = read_with("kafka.password = \"hunter2\"", &[("COPYDESK_KAFKA_PASSWORD", "hunter3")]);
        assert_eq!(problems.len(), 2);
        assert!(!problems.concat().contains("hunter"), "{problems:?}");
    }

    #[test]
    fn a_value_in_place_of_a_section_is_named() {
        let (_, problems) = read_with("kafka = 5\nhttp = []", &[]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.contains("this is a section")), "{problems:?}");
    }
}
