//! Authority files: who and what a newsroom writes about, with ids. A file is read whole or refused with its line.
//!
//! Tab-separated values under a line that names the columns, or one JSON object a line; both have the same fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::subjects::{Day, Draft, Kind};
use super::table::MOST_NAMES;

/// The columns, in the order in which they are usually written.
pub const COLUMNS: [&str; 8] = ["authority", "id", "type", "name", "aliases", "description", "from", "to"];

/// Those that every file must have.
const REQUIRED: [&str; 4] = ["authority", "id", "type", "name"];

/// What stands between two aliases in a column.
const BETWEEN: char = '|';

/// A line, before it is checked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    authority: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow)]
    aliases: Vec<Cow<'a, str>>,
    #[serde(default, borrow)]
    description: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    from: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    to: Option<Cow<'a, str>>,
}

/// The authorities of a file and its subjects.
pub(super) fn read(bytes: &[u8]) -> anyhow::Result<(Vec<String>, Vec<Draft>)> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut columns = None;
    let mut file = Drafts::default();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let number = index + 1;
        let mut add = || -> anyhow::Result<()> {
            let line = std::str::from_utf8(line).context("it is no UTF-8")?;
            if columns.is_none() && line.trim_start().starts_with('{') {
                return file.add(number, json(line)?);
            }
            match &columns {
                None => columns = Some(header(line)?),
                Some(columns) => file.add(number, row(line, columns)?)?,
            }
            Ok(())
        };
        add().map_err(|error| anyhow::anyhow!("it is broken in line {number}: {error:#}"))?;
    }
    Ok((file.authorities, file.drafts))
}

/// The columns of a file, by their names.
fn header(line: &str) -> anyhow::Result<Vec<&'static str>> {
    let columns = line.split('\t').map(|name| {
        COLUMNS.into_iter().find(|column| *column == name.trim()).with_context(|| {
            format!(
                "the first line names the columns, and there is none named {name:?}; there are {}",
                COLUMNS.join(", ")
            )
        })
    });
    let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
    for column in REQUIRED {
        ensure!(columns.contains(&column), "the first line names the columns, and {column} is missing");
    }
    for (place, column) in columns.iter().enumerate() {
        ensure!(!columns.iter().take(place).any(|before| before == column), "the column {column} is there twice");
    }
    Ok(columns)
}

fn row<'a>(text: &'a str, columns: &[&str]) -> anyhow::Result<Line<'a>> {
    let values: Vec<&str> = text.split('\t').map(str::trim).collect();
    ensure!(
        values.len() == columns.len(),
        "it has {} columns and the first line names {}",
        values.len(),
        columns.len()
    );
    let mut line = Line::default();
    for (column, value) in columns.iter().zip(values) {
        let known = || Some(Cow::Borrowed(value)).filter(|value| !value.is_empty());
        match *column {
            "authority" => line.authority = value.into(),
            "id" => line.id = value.into(),
            "type" => line.kind = value.into(),
            "name" => line.name = value.into(),
            "aliases" => line.aliases = value.split(BETWEEN).map(Cow::Borrowed).collect(),
            "description" => line.description = known(),
            "from" => line.from = known(),
            _ => line.to = known(),
        }
    }
    Ok(line)
}

fn json(text: &str) -> anyhow::Result<Line<'_>> {
    // The place within the line is enough: serde_json counts this one as the first.
    serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default().to_owned();
        anyhow::anyhow!("{what}, column {}", error.column())
    })
}

/// What has been read of a file.
#[derive(Default)]
struct Drafts {
    authorities: Vec<String>,
    drafts: Vec<Draft>,
    /// By authority, id and since when it counts: the line.
    seen: BTreeMap<(u64, String, Option<Day>), usize>,
}

impl Drafts {
    fn add(&mut self, number: usize, line: Line<'_>) -> anyhow::Result<()> {
        let Line { authority, id, kind, name, aliases, description, from, to } = line;
        let plain = |what: &str, value: &str| -> anyhow::Result<()> {
            ensure!(!value.trim().is_empty(), "the {what} is missing");
            ensure!(!value.contains(char::is_control), "the {what} has a control character");
            Ok(())
        };
        plain("authority", &authority)?;
        plain("id", &id)?;
        plain("name", &name)?;
        let Some(kind) = Kind::of(&kind) else {
            bail!("{kind:?} is no type; there are person, organisation and place");
        };
        let day = |what: &str, text: Option<Cow<'_, str>>, read: fn(&str) -> Option<Day>| match text {
            None => Ok(None),
            Some(text) => read(&text).map(Some).with_context(|| {
                format!("{what} is {text:?} and no date; write 2025, 2025-03 or 2025-03-11, or nothing")
            }),
        };
        let (from, to) = (day("from", from, Day::first)?, day("to", to, Day::last)?);
        if let (Some(from), Some(to)) = (from, to) {
            ensure!(from <= to, "it ends before it begins");
        }
        let aliases = aliases.iter().map(|alias| alias.trim()).filter(|alias| !alias.is_empty());
        let mut names: Vec<String> = Vec::new();
        for name in std::iter::once(name.trim()).chain(aliases) {
            plain("alias", name)?;
            ensure!(!super::key(name).is_empty(), "the name {name:?} has no letter or digit");
            if names.iter().all(|known| known != name) {
                names.push(name.to_owned());
            }
        }
        ensure!(names.len() <= MOST_NAMES, "it has {} names, more than {MOST_NAMES}", names.len());
        let place = self.authorities.iter().position(|known| *known == *authority).unwrap_or_else(|| {
            self.authorities.push(authority.clone().into_owned());
            self.authorities.len() - 1
        }) as u64;
        if let Some(before) = self.seen.insert((place, id.clone().into_owned(), from), number) {
            bail!("{authority} {id} stands in line {before} already; put its names into one line, or date both");
        }
        self.drafts.push(Draft {
            authority: place,
            id: id.into_owned(),
            kind,
            names,
            description: description.map(Cow::into_owned).unwrap_or_default(),
            from,
            to,
            outlives: false,
            sitelinks: 0,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "authority\tid\ttype\tname\taliases\tdescription\tfrom\tto\n";

    fn error(text: &str) -> String {
        format!("{:#}", read(text.as_bytes()).unwrap_err())
    }

    #[test]
    fn both_forms_read_the_same() {
        let tsv = format!(
            "\u{FEFF}# people of the desk\n{HEAD}house\tp-17\tperson\tAlma Reyes\tA. Reyes| Alma M. Reyes |\tmayor\t2021-05\t\r\n\n\
             wikidata\tX1\torganisation\tPort Ellery Council\t\t\t\t\n"
        );
        let json = r#"{"authority":"house","id":"p-17","type":"person","name":"Alma Reyes","aliases":["A. Reyes","Alma M. Reyes"],"description":"mayor","from":"2021-05"}
{"authority":"wikidata","id":"X1","type":"organisation","name":"Port Ellery Council","to":null}"#;
        let (authorities, drafts) = read(tsv.as_bytes()).unwrap();
        assert_eq!(authorities, ["house", "wikidata"]);
        assert_eq!(drafts[0].names, ["Alma Reyes", "A. Reyes", "Alma M. Reyes"]);
        assert_eq!((drafts[0].from, drafts[0].to), (Some(Day(20_210_500)), None));
        assert_eq!(read(json.as_bytes()).unwrap(), (authorities, drafts));
    }

    #[test]
    fn a_column_may_be_left_out_or_stand_elsewhere() {
        let (_, drafts) = read(b"name\ttype\tid\tauthority\nAlma Reyes\tperson\t1\thouse").unwrap();
        assert_eq!((drafts[0].id.as_str(), drafts[0].names.len()), ("1", 1));
        assert!(read(b"").unwrap().1.is_empty());
    }

    /// An editor mends one line, and must be told which.
    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let row = |row: &str| error(&format!("{HEAD}house\t1\tperson\tTom Okafor\t\t\t\t\n{row}\n"));
        for (line, what) in [
            ("house\t2\tperson\tX", "it has 4 columns and the first line names 8"),
            ("\t2\tperson\tX\t\t\t\t", "the authority is missing"),
            ("house\t \tperson\tX\t\t\t\t", "the id is missing"),
            ("house\t2\tpersona\tX\t\t\t\t", "\"persona\" is no type"),
            ("house\t2\tperson\t\t\t\t\t", "the name is missing"),
            ("house\t2\tperson\t...\t\t\t\t", "has no letter or digit"),
            ("house\t2\tperson\tX\t\t\t2025-02-30\t", "from is \"2025-02-30\" and no date"),
            ("house\t2\tperson\tX\t\t\t2025\t2024", "it ends before it begins"),
            ("house\t1\tperson\tX\t\t\t\t", "house 1 stands in line 2 already"),
            ("house\t2\tperson\tX\u{7}\t\t\t\t", "control character"),
        ] {
            let error = row(line);
            assert!(error.starts_with("it is broken in line 3: ") && error.contains(what), "{line}: {error}");
        }
        assert!(
            error("authority\tid\ttype\tnmae\n")
                .contains("line 1: the first line names the columns, and there is none")
        );
        assert!(error("authority\tid\ttype\n").contains("name is missing"));
        assert!(error("id\tid\ttype\tname\tauthority\n").contains("twice"));
        let latin = b"authority\tid\ttype\tname\nhouse\t1\tperson\tJos\xE9".as_slice();
        assert!(format!("{:#}", read(latin).unwrap_err()).contains("line 2: it is no UTF-8"));
    }

    #[test]
    fn a_wrong_object_is_named_with_its_line() {
        let good = r#"{"authority":"house","id":"1","type":"person","name":"Tom Okafor"}"#;
        for (line, what) in [
            (r#"{"authority":"house","id":"2","type":"person"}"#, "missing field `name`"),
            (r#"{"authority":"house","id":"2","type":"person","name":"X","nmae":"Y"}"#, "unknown field `nmae`"),
            (r#"{"authority":"house","id":2,"type":"person","name":"X"}"#, "invalid type"),
            (r#"{"authority":"house""#, "EOF"),
        ] {
            let error = error(&format!("{good}\n{line}"));
            assert!(error.starts_with("it is broken in line 2: ") && error.contains(what), "{line}: {error}");
        }
    }
}
