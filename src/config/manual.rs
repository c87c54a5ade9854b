//! Prints every option as a commented TOML file: what it does, the reason for its default, the default itself.

use serde_json::Value;

use super::options::{Entry, Item, Leaf, Section};

/// Columns of a comment.
const WIDTH: usize = 100;

/// The file for `section`, under `preface`.
pub(super) fn write(section: &Section, preface: &str) -> String {
    let mut out = String::new();
    comment(&mut out, preface);
    tables(&mut out, section, &mut Vec::new());
    out
}

/// The options of a section, then its sections: TOML wants them in this order.
fn tables<'a>(out: &mut String, section: &'a Section, path: &mut Vec<&'a str>) {
    let inner = |entry: &&Entry| !matches!(entry.item, Item::Value(_));
    for entry in section.entries.iter().filter(|entry| !inner(entry)) {
        if let Item::Value(leaf) = &entry.item {
            value(out, entry, leaf);
        }
    }
    for entry in section.entries.iter().filter(inner) {
        path.push(&entry.name);
        out.push_str("\n\n");
        comment(out, &entry.doc);
        match &entry.item {
            Item::Section(inner) => {
                if entry.doc.is_empty() {
                    comment(out, &inner.doc);
                }
                out.push_str(&format!("[{}]\n", path.join(".")));
                tables(out, inner, path);
            }
            _ => out.push_str(&format!("[{}]\n", path.join("."))),
        }
        path.pop();
    }
}

fn value(out: &mut String, entry: &Entry, leaf: &Leaf) {
    out.push('\n');
    comment(out, &entry.doc);
    for (word, meaning) in leaf.choices() {
        match meaning.is_empty() {
            true => comment(out, &format!("- \"{word}\"")),
            false => comment(out, &format!("- \"{word}\": {meaning}")),
        }
    }
    let line = match &leaf.default {
        Value::Null => format!("# {} = {}\n", entry.name, example(leaf)),
        default => format!("{} = {}\n", entry.name, toml_value(default)),
    };
    out.push_str(&line);
}

/// What an option that is not set by default looks like.
fn example(leaf: &Leaf) -> &'static str {
    match () {
        () if leaf.takes("string") => "\"…\"",
        () if leaf.takes("array") => "[\"…\"]",
        () if leaf.takes("integer") => "1",
        () if leaf.takes("boolean") => "true",
        () => "…",
    }
}

fn toml_value(value: &Value) -> String {
    match toml::Value::try_from(value) {
        Ok(value) => value.to_string(),
        Err(_) => value.to_string(),
    }
}

/// `text` as comment lines of one width; blank lines and list items stay apart.
fn comment(out: &mut String, text: &str) {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(paragraph) if open && !line.is_empty() && !line.starts_with("- ") => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            _ => paragraphs.push(line.into()),
        }
        open = !line.is_empty();
    }
    for paragraph in paragraphs {
        let next = if paragraph.starts_with("- ") { "#  " } else { "#" };
        let mut row = String::from("#");
        for word in paragraph.split_whitespace() {
            if row.chars().count() + 1 + word.chars().count() > WIDTH {
                out.push_str(&row);
                out.push('\n');
                row = next.into();
            }
            row.push(' ');
            row.push_str(word);
        }
        out.push_str(&row);
        out.push('\n');
    }
}
