//! Checks a record as its reader would: by the schema, and every span against the text.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

/// A file of the project.
pub(crate) fn file(relative: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(relative);
    std::fs::read(path).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

static ENRICHED: LazyLock<jsonschema::Validator> = LazyLock::new(|| validator("schemas/enriched.json"));

/// A schema of the project with formats checked. A reader passes over fields that it does not know, but the program must
/// not write one that the schema does not name: objects are closed.
pub(crate) fn validator(relative: &str) -> jsonschema::Validator {
    let mut schema: Value = serde_json::from_slice(&file(relative)).unwrap();
    close(&mut schema);
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn close(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if object.contains_key("properties") && !object.contains_key("additionalProperties") {
            object.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        object.values_mut().for_each(close);
    } else if let Value::Array(values) = schema {
        values.iter_mut().for_each(close);
    }
}

/// Checks a record as its reader would: by the schema, every `text` against its slice, every span in bounds and in order.
pub(crate) fn check(record: &Value) {
    let errors: Vec<String> =
        ENRICHED.iter_errors(record).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "the schema refuses the record: {errors:#?}");
    let slicer = Slicer::of(record);
    walk(record, &slicer);
}

fn walk(value: &Value, slicer: &Slicer) {
    match value {
        Value::Object(object) => {
            if let (Some(start), Some(end)) = (object.get("start"), object.get("end")) {
                let slice = slicer.slice(start.as_u64().unwrap(), end.as_u64().unwrap());
                if let Some(text) = object.get("text") {
                    assert_eq!(text.as_str(), Some(slice.as_str()), "text is not its slice");
                }
            }
            object.iter().filter(|(name, _)| *name != "extra").for_each(|(_, value)| walk(value, slicer));
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, slicer)),
        _ => {}
    }
}

/// Slices a record's text as a consumer does, in the record's unit.
pub(crate) enum Slicer {
    Codepoints(Vec<char>),
    Bytes(Vec<u8>),
    Utf16(Vec<u16>),
}

impl Slicer {
    pub(crate) fn of(record: &Value) -> Self {
        let text = record["text"].as_str().unwrap();
        match record["offset_unit"].as_str().unwrap() {
            "codepoint" => Self::Codepoints(text.chars().collect()),
            "utf8" => Self::Bytes(text.as_bytes().to_vec()),
            "utf16" => Self::Utf16(text.encode_utf16().collect()),
            other => panic!("unit {other}"),
        }
    }

    pub(crate) fn slice(&self, start: u64, end: u64) -> String {
        let range = start as usize..end as usize;
        match self {
            Self::Codepoints(chars) => chars[range].iter().collect(),
            Self::Bytes(bytes) => String::from_utf8(bytes[range].to_vec()).expect("a span cuts a character"),
            Self::Utf16(units) => String::from_utf16(&units[range]).expect("a span cuts a surrogate pair"),
        }
    }
}
