//! The gazetteer: countries, their first-level regions, counties, towns, and areas that are none of these, each with its
//! names and its point.
//!
//! The table is part of the program, so that it is mapped with it and read where it lies; `scripts/places` makes its rows
//! and says where they come from, [`write`] makes the table of them. It knows towns from 1,000 inhabitants on, in
//! countries where English is spoken from 500 on. Of seas, mountains and landscapes it knows the most common; of some of
//! them, and of rivers, only that they are no town.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

use anyhow::{Context, bail, ensure};

use super::key;
use super::table::{Builder, Match, Record, Row, Table};

const KIND: super::table::Kind = "places";

/// A point on the earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

impl Point {
    /// Kilometres to another point, on a sphere.
    pub fn distance(self, other: Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let (north, east) = ((to - from) / 2.0, (other.longitude - self.longitude).to_radians() / 2.0);
        let half = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
        2.0 * 6371.0 * half.clamp(0.0, 1.0).sqrt().asin()
    }
}

/// What sort of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A country or a dependent territory.
    Country,
    /// A first-level division: a state, a province.
    Region,
    /// A second-level division.
    County,
    /// A city, a town, a village.
    Town,
    /// A part of a town.
    Part,
    /// A continent, a landscape, a sea, a mountain, a square.
    Area,
    /// No place on a map of the earth: the Moon.
    Elsewhere,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Country, Self::Region, Self::County, Self::Town, Self::Part, Self::Area, Self::Elsewhere];

    fn of(code: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code.checked_sub(1)?).ok()?).copied()
    }
}

/// What a town is the seat of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seat {
    /// Nothing.
    None,
    /// A second-level division.
    County,
    /// A first-level division.
    Region,
    /// A country.
    Country,
}

impl Seat {
    fn of(code: u64) -> Self {
        match code {
            1 => Self::County,
            2 => Self::Region,
            3 => Self::Country,
            _ => Self::None,
        }
    }
}

/// A code of two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code([u8; 2]);

impl Code {
    /// The code in a text of two letters.
    pub fn of(text: &str) -> Option<Self> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A row of the gazetteer.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    row: Row<'a>,
    /// What it is.
    pub kind: Kind,
    /// Its id in GeoNames, where it has one.
    pub id: Option<u32>,
    /// The ISO code of its country.
    pub country: Option<Code>,
    /// GeoNames' code of its first-level division, inside its country: TX.
    pub admin1: &'a str,
    /// GeoNames' code of its second-level division, inside that.
    pub admin2: &'a str,
    /// Where it is.
    pub point: Option<Point>,
    /// How many live there; 0 where that is not known.
    pub population: u64,
    /// What it is the seat of.
    pub seat: Seat,
}

impl<'a> Place<'a> {
    fn of(row: Row<'a>) -> Option<Self> {
        let mut fields = row.fields();
        let kind = Kind::of(fields.number()?)?;
        let id = u32::try_from(fields.number()?).ok().filter(|id| *id > 0);
        let country = Code::of(fields.text()?);
        let (admin1, admin2) = (fields.text()?, fields.text()?);
        let (seat, population) = (Seat::of(fields.number()?), fields.number()?);
        // A place without a point ends here.
        let point = fields.signed().zip(fields.signed()).map(|(latitude, longitude)| Point {
            latitude: latitude as f64 / UNITS,
            longitude: longitude as f64 / UNITS,
        });
        Some(Self { row, kind, id, country, admin1, admin2, point, population, seat })
    }

    /// Its place in the table.
    pub fn number(&self) -> usize {
        self.row.number
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        self.row.name()
    }

    /// All its names, the one to show first.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.row.names()
    }
}

/// Points are kept in hundred-thousandths of a degree, about a metre.
const UNITS: f64 = 1e5;

/// A place that has a name, and which of its names that is: 0 is the one to show.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The place.
    pub place: Place<'a>,
    /// The place of the name among its names.
    pub name: usize,
}

impl<'a> Named<'a> {
    /// The name as the table writes it.
    pub fn written(&self) -> &'a str {
        self.place.names().nth(self.name).unwrap_or_default()
    }
}

/// The gazetteer, open for look-ups.
#[derive(Debug)]
pub struct Places {
    table: Table,
    /// The rows of regions, by country and code.
    regions: BTreeMap<(Code, String), usize>,
    /// The rows of areas and towns that are found by their id.
    by_id: BTreeMap<u32, usize>,
}

static BUILT_IN: LazyLock<Result<Places, String>> = LazyLock::new(|| {
    let table = Table::built_in(include_bytes!("places.table"), KIND).and_then(Places::of);
    table.map_err(|error| format!("the table of places in this program cannot be used: {error:#}"))
});

impl Places {
    /// The one that is part of the program.
    ///
    /// # Errors
    /// If it is broken.
    pub fn built_in() -> anyhow::Result<&'static Self> {
        BUILT_IN.as_ref().map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn of(table: Table) -> anyhow::Result<Self> {
        let meta: Meta = serde_json::from_str(table.meta()).context("its description is damaged")?;
        let mut all = Self { table, regions: BTreeMap::new(), by_id: BTreeMap::new() };
        for number in 0..meta.first {
            let place = all.place(number).with_context(|| format!("row {number} is damaged"))?;
            let region = place.country.filter(|_| place.kind == Kind::Region);
            let region = region.map(|country| (country, place.admin1.to_owned()));
            let id = place.id;
            if let Some(region) = region {
                all.regions.insert(region, number);
            }
            if let Some(id) = id {
                all.by_id.insert(id, number);
            }
        }
        Ok(all)
    }

    /// The place in a row.
    pub fn place(&self, number: usize) -> Option<Place<'_>> {
        Place::of(self.table.row(number)?)
    }

    /// The places of this name, in the order of the table: countries, regions, areas, counties, then towns by size.
    pub fn named<'a>(&'a self, key: &'a str) -> impl Iterator<Item = Named<'a>> + 'a {
        self.table.find(key).filter_map(|Match { row, name }| Some(Named { place: Place::of(row)?, name }))
    }

    /// A first-level division by its codes.
    pub fn region(&self, country: Code, admin1: &str) -> Option<Place<'_>> {
        self.place(*self.regions.get(&(country, admin1.to_owned()))?)
    }

    /// A country, region or area by its id in GeoNames.
    pub fn by_id(&self, id: u32) -> Option<Place<'_>> {
        self.place(*self.by_id.get(&id)?)
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.table.rows()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the table says about itself.
#[derive(serde::Serialize, serde::Deserialize)]
struct Meta {
    /// So many rows at the beginning are countries, regions and areas.
    first: usize,
    /// Where the rows come from.
    source: String,
}

/// Makes the table of rows as `scripts/places` writes them.
///
/// # Errors
/// If a line is broken; the error names it.
pub fn write(rows: &str, out: impl Write) -> anyhow::Result<()> {
    let mut builder = Builder::default();
    let mut lines = rows.lines().enumerate();
    let head = lines.next().and_then(|(_, head)| head.strip_prefix("# ")).context("line 1 is no head")?;
    let (first, source) = head.split_once(' ').context("line 1 lacks a part")?;
    let meta = Meta { first: first.parse().context("line 1 has no number")?, source: source.to_owned() };
    for (index, line) in lines {
        let record = record(line).with_context(|| format!("line {}", index + 1))?;
        builder.add(&record)?;
    }
    builder.write(out, KIND, &serde_json::to_string(&meta)?)
}

/// The row of a line.
fn record(line: &str) -> anyhow::Result<Record> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[kind, id, country, admin1, admin2, latitude, longitude, population, seat, names] = fields.as_slice() else {
        bail!("{} fields and not 10", fields.len());
    };
    let number = |field: &str, what: &str| field.parse::<u64>().with_context(|| format!("{field:?} is no {what}"));
    let kind = number(kind, "kind")?;
    ensure!(Kind::of(kind).is_some(), "{kind} is no kind");
    ensure!(country.is_empty() || Code::of(country).is_some(), "{country:?} is no ISO code");
    ensure!(names.split('|').any(|name| !key(name).is_empty()), "it has no name");
    let record = Record::new(names.split('|'))
        .number(kind)
        .number(number(id, "id")?)
        .text(country)
        .text(admin1)
        .text(admin2)
        .number(number(seat, "seat")?)
        .number(number(population, "population")?);
    if latitude.is_empty() && longitude.is_empty() {
        return Ok(record);
    }
    let degrees = |field: &str, most: f64| {
        let degrees: f64 = field.parse().with_context(|| format!("{field:?} is no number of degrees"))?;
        ensure!(degrees.abs() <= most, "{degrees} degrees are too many");
        Ok((degrees * UNITS).round() as i64)
    };
    let (latitude, longitude) = (degrees(latitude, 90.0)?, degrees(longitude, 180.0)?);
    ensure!((latitude, longitude) != (0, 0), "0,0 is no place");
    Ok(record.signed(latitude).signed(longitude))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(rows: &str) -> Places {
        let mut bytes = Vec::new();
        write(rows, &mut bytes).unwrap();
        Places::of(Table::built_in(bytes.leak(), KIND).unwrap()).unwrap()
    }

    fn ids(places: &Places, name: &str) -> Vec<Option<u32>> {
        places.named(&key(name)).map(|named| named.place.id).collect()
    }

    #[test]
    fn the_table_of_the_program_is_whole() {
        let places = Places::built_in().unwrap();
        assert!(places.table.is_intact());
        for number in 0..places.len() {
            let place = places.place(number).unwrap();
            assert!(!place.name().is_empty(), "row {number}");
            assert!(place.point.is_none_or(|point| (point.latitude, point.longitude) != (0.0, 0.0)), "{place:?}");
            assert!(place.kind != Kind::Town || place.point.is_some() && place.id.is_some(), "{place:?}");
        }
        assert_eq!(places.by_id(6_252_001).unwrap().name(), "the United States");
        assert_eq!(places.region(Code::of("US").unwrap(), "TX").unwrap().name(), "Texas");
    }

    #[test]
    fn a_place_is_found_by_each_of_its_names() {
        let places = built(
            "# 1 tests\n1\t7\tXA\t\t\t1\t2\t0\t0\tAlland|the Land\n4\t8\tXA\t01\t002\t1.5\t-2.5\t900\t2\tPort Él\n",
        );
        assert_eq!(ids(&places, "the land"), [Some(7)]);
        assert_eq!(ids(&places, "PORT EL"), [Some(8)]);
        assert_eq!(ids(&places, "El"), []);
        let town = places.place(1).unwrap();
        assert_eq!((town.kind, town.seat, town.population), (Kind::Town, Seat::Region, 900));
        assert_eq!((town.admin1, town.admin2), ("01", "002"));
        assert_eq!(town.point, Some(Point { latitude: 1.5, longitude: -2.5 }));
    }

    /// A table is refused whole, and the error says which line to mend.
    #[test]
    fn a_broken_line_is_named() {
        for (line, why) in [
            ("4\t8\tXA\t01\t\t0\t0\t900\t2\tNull", "0,0"),
            ("4\t8\tXA\t01\t\t91\t0\t900\t2\tFar", "91 degrees"),
            ("4\t8\tXAA\t01\t\t1\t0\t900\t2\tFar", "ISO code"),
            ("9\t8\tXA\t01\t\t1\t0\t900\t2\tFar", "kind"),
            ("4\t8\tXA\t01\t\t1\t0\t900\t2", "9 fields"),
            ("4\t8\tXA\t01\t\t1\t0\tmany\t2\tFar", "population"),
            ("4\t8\tXA\t01\t\t1\t0\t1\t2\t|", "name"),
        ] {
            let error = write(&format!("# 0 tests\n{line}\n"), Vec::new()).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains("line 2") && error.contains(why), "{error}");
        }
    }

    /// Copenhagen to Oslo.
    #[test]
    fn a_distance_is_that_on_the_globe() {
        let (from, to) = (Point { latitude: 55.68, longitude: 12.57 }, Point { latitude: 59.91, longitude: 10.75 });
        assert!((from.distance(to) - 482.0).abs() < 3.0, "{}", from.distance(to));
    }
}
