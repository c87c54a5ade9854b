//! Every option there is, as a tree in the order of the structs: names, manual and type from their JSON Schema,
//! values from their `Default`.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

/// One named thing of a section.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The doc comment of the field.
    pub(super) doc: String,
    pub(super) item: Item,
}

#[derive(Debug)]
pub(super) enum Item {
    /// Holds further options.
    Section(Section),
    /// One option.
    Value(Leaf),
    /// Names and values of somebody else, passed on as they are.
    Free,
}

#[derive(Debug)]
pub(super) struct Section {
    /// The doc comment of the struct.
    pub(super) doc: String,
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug)]
pub(super) struct Leaf {
    /// `null` if the option is not set by default.
    pub(super) default: Value,
    /// Its schema, references resolved.
    schema: Value,
}

impl Section {
    /// The options of `T`.
    pub(super) fn of<T: JsonSchema + Serialize + Default>() -> Self {
        let schema = schemars::schema_for!(T).to_value();
        let defaults = serde_json::to_string(&T::default())
            .and_then(|text| serde_json::from_str(&text))
            .unwrap_or(Ordered::Value(Value::Null));
        Self::build(&resolve(&schema, &schema), &defaults, &schema)
    }

    fn build(schema: &Value, defaults: &Ordered, root: &Value) -> Self {
        let fields = match defaults {
            Ordered::Table(fields) => fields.as_slice(),
            Ordered::Value(_) => &[],
        };
        let entries = fields
            .iter()
            .filter_map(|(name, default)| Some(Entry::build(name, schema["properties"].get(name)?, default, root)))
            .collect();
        Self { doc: doc(schema), entries }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Every option and free table below, with its path.
    pub(super) fn leaves(&self) -> Vec<(Vec<&str>, &Item)> {
        let mut found = Vec::new();
        for entry in &self.entries {
            match &entry.item {
                Item::Section(section) => found.extend(section.leaves().into_iter().map(|(mut path, item)| {
                    path.insert(0, entry.name.as_str());
                    (path, item)
                })),
                item => found.push((vec![entry.name.as_str()], item)),
            }
        }
        found
    }
}

impl Entry {
    fn build(name: &str, property: &Value, default: &Ordered, root: &Value) -> Self {
        let schema = resolve(property, root);
        let item = if schema.get("properties").is_some() {
            Item::Section(Section::build(&schema, default, root))
        } else if schema["type"] == json!("object") {
            Item::Free
        } else {
            Item::Value(Leaf { default: default.to_value(), schema: schema.clone() })
        };
        Self { name: name.into(), doc: doc(property), item }
    }
}

impl Leaf {
    /// Whether a value of this JSON type (`"string"`, `"integer"`, …) may stand here.
    pub(super) fn takes(&self, kind: &str) -> bool {
        self.alternatives().into_iter().any(|schema| match &schema["type"] {
            Value::String(one) => one == kind,
            Value::Array(several) => several.iter().any(|one| one == kind),
            _ => kind == "string" && (schema.get("const").is_some() || schema.get("enum").is_some()),
        })
    }

    /// The words it may be and what each means, where it is one of a few.
    pub(super) fn choices(&self) -> Vec<(&str, String)> {
        let mut found = Vec::new();
        for schema in self.alternatives() {
            let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(listed.map(|word| (word, String::new())));
            found.extend(schema["const"].as_str().map(|word| (word, doc(schema))));
        }
        found
    }

    /// Its schema, and those that it names as alternatives, at any depth.
    fn alternatives(&self) -> Vec<&Value> {
        let mut all = vec![&self.schema];
        let mut next = 0;
        while let Some(&schema) = all.get(next) {
            all.extend(["oneOf", "anyOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten());
            next += 1;
        }
        all
    }
}

fn doc(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().into()
}

/// `schema` with the definition that it refers to laid open, in its alternatives as well.
fn resolve(schema: &Value, root: &Value) -> Value {
    let mut schema = match schema["$ref"].as_str().and_then(|reference| root.pointer(reference.trim_start_matches('#')))
    {
        Some(definition) => definition.clone(),
        None => schema.clone(),
    };
    for key in ["oneOf", "anyOf"] {
        if let Some(alternatives) = schema.get_mut(key).and_then(Value::as_array_mut) {
            for alternative in alternatives {
                *alternative = resolve(alternative, root);
            }
        }
    }
    schema
}

/// JSON that keeps the order of its keys: the order in which a struct names its fields.
enum Ordered {
    Table(Vec<(String, Ordered)>),
    Value(Value),
}

impl Ordered {
    fn to_value(&self) -> Value {
        match self {
            Self::Table(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), value.to_value())).collect())
            }
            Self::Value(value) => value.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Ordered;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Ordered::Table(fields))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Value>()? {
            items.push(item);
        }
        Ok(Ordered::Value(Value::Array(items)))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Value(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Value(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Value(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Value(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Value(value.into()))
    }
    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Value(Value::Null))
    }
}
