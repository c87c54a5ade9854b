//! Persons, organisations and places with their ids: one source of them, read from a file of the newsroom
//! ([`super::authorities`]) or mapped from a table that `copydesk kb build` wrote ([`super::dump`]).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::authorities;
use super::table::{self, Builder, Record, Row, Table};

/// The kind of these tables.
pub const KIND: table::Kind = "subjects";

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A human being.
    Person,
    /// A company, agency, party, team or other body.
    Organisation,
    /// A country, town, region, river or other place.
    Place,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Person, Self::Organisation, Self::Place];

    /// Its name in files and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Place => "place",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A day as the number that its digits make: 2025-03-11 is 20250311. Where month or day are not known they are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

impl Day {
    /// The first day of what `text` names: a year, a month or a day, as in 2025, 2025-03, 2025-03-11.
    pub fn first(text: &str) -> Option<Self> {
        Self::read(text, 0)
    }

    /// The last day of it.
    pub fn last(text: &str) -> Option<Self> {
        Self::read(text, 99)
    }

    /// Parts that are not there become `rest`.
    fn read(text: &str, rest: i64) -> Option<Self> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| match parts.next() {
            Some(part) if part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Some(part.parse::<i16>().ok()?))
            }
            Some(_) => None,
            None => Some(None),
        };
        let (year, month, day) = (next(4)??, next(2)?, next(2)?);
        let narrow = |part: Option<i16>| i8::try_from(part.unwrap_or(1)).ok();
        jiff::civil::Date::new(year, narrow(month)?, narrow(day)?).ok().filter(|_| parts.next().is_none())?;
        let part = |part: Option<i16>| part.map_or(rest, i64::from);
        Some(Self(i64::from(year) * 10_000 + part(month) * 100 + part(day)))
    }
}

/// A subject while it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Which authority gave the id, by its place in the list of the table.
    pub authority: u64,
    /// The id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Its names, the one to show first.
    pub names: Vec<String>,
    /// What it is, in a few words.
    pub description: String,
    /// Since when it exists or counts.
    pub from: Option<Day>,
    /// Until when.
    pub to: Option<Day>,
    /// Whether it may still be meant after `to`: a person is written about after their death.
    pub outlives: bool,
    /// How well known it is: the number of Wikipedias and the like that write about it; 0 where nobody counted.
    pub sitelinks: u64,
}

impl Draft {
    /// As a row of a table.
    pub fn record(&self) -> Record {
        Record::new(self.names.iter().map(String::as_str))
            .number(self.kind as u64 | u64::from(self.outlives) << 2)
            .number(self.authority)
            .text(&self.id)
            .text(&self.description)
            .signed(self.from.map_or(0, |day| day.0))
            .signed(self.to.map_or(0, |day| day.0))
            .number(self.sitelinks)
    }
}

/// A subject as it stands in a table.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Who gave the id.
    pub authority: &'a str,
    /// The id.
    pub id: &'a str,
    /// What it is.
    pub kind: Kind,
    /// What it is, in a few words.
    pub description: &'a str,
    /// Since when it exists or counts.
    pub from: Option<Day>,
    /// Until when.
    pub to: Option<Day>,
    /// Whether it may still be meant after `to`.
    pub outlives: bool,
    /// How well known it is; 0 where nobody counted.
    pub sitelinks: u64,
    row: Row<'a>,
}

impl<'a> Subject<'a> {
    /// Its names, the one to show first.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.row.names()
    }
}

/// What a table of subjects says about itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Meta {
    /// The authorities that its rows count.
    pub authorities: Vec<String>,
    /// Where they come from.
    #[serde(default)]
    pub source: String,
}

/// One source of subjects.
#[derive(Debug)]
pub struct Subjects {
    table: Table,
    meta: Meta,
    curated: bool,
}

impl Subjects {
    /// Reads a file of the newsroom, or maps a table.
    ///
    /// # Errors
    /// If it cannot be read, or anything in it is wrong; the error names the file, and the line where there are lines.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut start = [0; 8];
        let mut file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
        if file.read_exact(&mut start).is_ok() && Table::is_one(&start) {
            return Self::of(Table::open(path, KIND)?, false).with_context(|| format!("{shown} cannot be used"));
        }
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let (authorities, drafts) = authorities::read(&bytes).with_context(|| format!("{shown} cannot be used"))?;
        Self::curated(authorities, &drafts)
    }

    /// A source in memory, put together by people.
    ///
    /// # Errors
    /// If there are too many.
    pub fn curated(authorities: Vec<String>, drafts: &[Draft]) -> anyhow::Result<Self> {
        let mut builder = Builder::default();
        for draft in drafts {
            builder.add(&draft.record())?;
        }
        let mut bytes = Vec::new();
        let meta = serde_json::to_string(&Meta { authorities, source: String::new() })?;
        builder.write(&mut bytes, KIND, &meta)?;
        Self::of(Table::owned(bytes, KIND)?, true)
    }

    fn of(table: Table, curated: bool) -> anyhow::Result<Self> {
        let meta = serde_json::from_str(table.meta()).context("it does not say whose ids it holds; build it again")?;
        Ok(Self { table, meta, curated })
    }

    /// Whether people of the newsroom put it together, so that every row in it is meant; else it holds all the world.
    pub fn is_curated(&self) -> bool {
        self.curated
    }

    /// Whose ids it holds.
    pub fn authorities(&self) -> &[String] {
        &self.meta.authorities
    }

    /// Names its contents.
    pub fn digest(&self) -> String {
        self.table.digest()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those that have a name with this [`super::key`], and which of their names it is.
    pub fn find<'t, 'k>(&'t self, key: &'k str) -> impl Iterator<Item = (Subject<'t>, usize)> + use<'t, 'k> {
        self.table.find(key).filter_map(|found| Some((self.subject(found.row)?, found.name)))
    }

    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = Subject<'_>> {
        (0..self.len()).filter_map(|row| self.subject(self.table.row(row)?))
    }

    fn subject<'a>(&'a self, row: Row<'a>) -> Option<Subject<'a>> {
        let mut fields = row.fields();
        let flags = fields.number()?;
        let day = |number: i64| (number != 0).then_some(Day(number));
        Some(Subject {
            kind: *Kind::ALL.get(usize::try_from(flags & 3).ok()?)?,
            outlives: flags & 4 != 0,
            authority: self.meta.authorities.get(usize::try_from(fields.number()?).ok()?)?,
            id: fields.text()?,
            description: fields.text()?,
            from: day(fields.signed()?),
            to: day(fields.signed()?),
            sitelinks: fields.number()?,
            row,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_years_months_and_days() {
        assert_eq!(Day::first("2025"), Some(Day(20_250_000)));
        assert_eq!(Day::last("2025"), Some(Day(20_259_999)));
        assert_eq!(Day::first("2025-03"), Some(Day(20_250_300)));
        assert_eq!(Day::last("2025-03-11"), Some(Day(20_250_311)));
        for wrong in ["", "25", "2025-3", "2025-13", "2025-02-30", "2025-03-11-1", "+2025", "99999", "2025-", "2025–03"]
        {
            assert_eq!(Day::first(wrong), None, "{wrong}");
        }
        assert!(Day::first("2025") < Day::first("2025-01-01") && Day::last("2025-12-31") < Day::last("2025"));
    }

    #[test]
    fn a_subject_is_read_back_as_it_was_written() {
        let draft = Draft {
            authority: 1,
            id: "p-17".into(),
            kind: Kind::Organisation,
            names: vec!["Port Ellery Council".into(), "PEC".into()],
            description: "council of a town".into(),
            from: Day::first("1946"),
            to: None,
            outlives: true,
            sitelinks: 12,
        };
        let subjects = Subjects::curated(vec!["other".into(), "house".into()], std::slice::from_ref(&draft)).unwrap();
        let [(subject, 1)] = subjects.find("pec").collect::<Vec<_>>()[..] else { panic!() };
        let names: Vec<_> = subject.names().map(str::to_owned).collect();
        let read = Draft {
            authority: 1,
            id: subject.id.into(),
            kind: subject.kind,
            names,
            description: subject.description.into(),
            from: subject.from,
            to: subject.to,
            outlives: subject.outlives,
            sitelinks: subject.sitelinks,
        };
        assert_eq!((read, subject.authority), (draft, "house"));
        assert_eq!(subjects.all().count(), 1);
    }
}
