//! Countries: their names, their people, their capitals, and the towns, buildings and streets that stand for powers.
//!
//! Facts of `countries.tsv`, `demonyms.tsv` and `seats.tsv` beside this file, which are part of the program. A word that
//! two countries share is given to one of them: Congolese to the Democratic Republic, Dominican to the Dominican
//! Republic. Where a state is disputed the tables hold what news in English calls it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context, ensure};

use super::key;

/// A country or a dependent territory with an ISO code.
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    /// ISO 3166-1 alpha-2; XK for Kosovo.
    pub iso2: &'static str,
    /// ISO 3166-1 alpha-3.
    pub iso3: &'static str,
    /// Its name inside a sentence: the Netherlands.
    pub name: &'static str,
    /// What rules it: Government of the Netherlands. None where nobody lives.
    pub government: Option<&'static str>,
    /// Other names: Holland, U.S.
    pub aliases: Vec<&'static str>,
    /// Its adjectives: Dutch.
    pub adjectives: Vec<&'static str>,
    /// What its people are called where that is none of the adjectives: Dutchman.
    pub persons: Vec<&'static str>,
    /// Of its middle, in degrees.
    pub latitude: f64,
    /// Of its middle, in degrees.
    pub longitude: f64,
    /// Its id in GeoNames.
    pub geonames: u32,
    /// AF, AN, AS, EU, NA, OC, SA.
    pub continent: &'static str,
    /// The name of its capital.
    pub capital: Option<&'static str>,
    /// How many live there, roughly.
    pub population: u64,
    /// The ISO codes of the countries that it has a border with.
    pub neighbours: Vec<&'static str>,
}

impl Country {
    /// Its name without the article: Netherlands.
    pub fn bare_name(&self) -> &'static str {
        self.name.strip_prefix("the ").unwrap_or(self.name)
    }
}

/// What a word for people or things names them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A country, by its ISO code.
    Country(&'static str),
    /// A first-level region, by GeoNames' code: US.TX.
    Region(&'static str),
    /// An area that is no country, by its name: Europe, the West.
    Area(&'static str),
    /// A town, by its id in GeoNames.
    Town(u32),
}

/// A demonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demonym {
    /// Where they or it are from.
    pub of: Origin,
    /// Whether it can only mean people: Texans, Spaniard; else it may be an adjective too.
    pub people: bool,
}

/// A name that stands for a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// As it is written inside a sentence: the Kremlin.
    pub surface: &'static str,
    /// The ISO code of its country.
    pub country: &'static str,
    /// city, town, district, region, street, building.
    pub kind: &'static str,
    /// What it stands for: Government of Russia. None for a town that looks like a seat and is none: Amsterdam.
    pub stands_for: Option<&'static str>,
}

/// All countries.
#[derive(Debug, Default)]
pub struct Countries {
    countries: Vec<Country>,
    by_code: BTreeMap<&'static str, usize>,
    by_name: BTreeMap<String, usize>,
    by_capital: BTreeMap<String, usize>,
    demonyms: BTreeMap<&'static str, Demonym>,
    seats: BTreeMap<String, Seat>,
}

static BUILT_IN: LazyLock<Countries> = LazyLock::new(|| {
    let tables = (include_str!("countries.tsv"), include_str!("demonyms.tsv"), include_str!("seats.tsv"));
    // A test reads them; a program with broken tables knows no country.
    Countries::of(tables).unwrap_or_default()
});

impl Countries {
    /// Those that the program knows.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads the three tables.
    ///
    /// # Errors
    /// If a line is broken; the error names table and line.
    fn of((countries, demonyms, seats): (&'static str, &'static str, &'static str)) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for (line, fields) in lines(countries) {
            all.add(&fields).with_context(|| format!("countries.tsv, line {line}"))?;
        }
        for (line, fields) in lines(demonyms) {
            all.add_demonym(&fields).with_context(|| format!("demonyms.tsv, line {line}"))?;
        }
        for (line, fields) in lines(seats) {
            all.add_seat(&fields).with_context(|| format!("seats.tsv, line {line}"))?;
        }
        Ok(all)
    }

    fn add(&mut self, fields: &[&'static str]) -> anyhow::Result<()> {
        let &[
            iso2,
            name,
            government,
            aliases,
            adjectives,
            persons,
            latitude,
            longitude,
            iso3,
            geonames,
            continent,
            capital,
            population,
            neighbours,
        ] = fields
        else {
            anyhow::bail!("{} fields and not 14", fields.len());
        };
        ensure!(iso2.len() == 2 && iso2.bytes().all(|byte| byte.is_ascii_uppercase()), "{iso2:?} is no ISO code");
        let country = Country {
            iso2,
            iso3,
            name,
            government: some(government),
            aliases: list(aliases),
            adjectives: list(adjectives),
            persons: list(persons),
            latitude: latitude.parse().with_context(|| format!("{latitude:?} is no latitude"))?,
            longitude: longitude.parse().with_context(|| format!("{longitude:?} is no longitude"))?,
            geonames: geonames.parse().with_context(|| format!("{geonames:?} is no id"))?,
            continent,
            capital: some(capital),
            population: population.parse().with_context(|| format!("{population:?} is no population"))?,
            neighbours: list(neighbours),
        };
        let place = self.countries.len();
        ensure!(self.by_code.insert(iso2, place).is_none(), "{iso2} stands twice");
        for name in [country.name, country.bare_name()].into_iter().chain(country.aliases.iter().copied()) {
            self.by_name.entry(key(name)).or_insert(place);
        }
        if let Some(capital) = country.capital {
            self.by_capital.entry(key(capital)).or_insert(place);
        }
        let of = Origin::Country(iso2);
        for word in &country.adjectives {
            self.demonyms.entry(word).or_insert(Demonym { of, people: false });
        }
        for word in &country.persons {
            self.demonyms.entry(word).or_insert(Demonym { of, people: true });
        }
        self.countries.push(country);
        Ok(())
    }

    fn add_demonym(&mut self, fields: &[&'static str]) -> anyhow::Result<()> {
        let &[word, kind, of] = fields else { anyhow::bail!("{} fields and not 3", fields.len()) };
        let of = match kind {
            "region" => Origin::Region(of),
            "area" => Origin::Area(of),
            "town" => Origin::Town(of.parse().with_context(|| format!("{of:?} is no id"))?),
            other => anyhow::bail!("{other:?} is no kind of demonym"),
        };
        self.demonyms.entry(word).or_insert(Demonym { of, people: false });
        Ok(())
    }

    fn add_seat(&mut self, fields: &[&'static str]) -> anyhow::Result<()> {
        let &[surface, country, kind, stands_for] = fields else {
            anyhow::bail!("{} fields and not 4", fields.len());
        };
        ensure!(self.by_code.contains_key(country), "{country:?} is no ISO code of countries.tsv");
        let seat = Seat { surface, country, kind, stands_for: some(stands_for).filter(|power| *power != "none") };
        let before = self.seats.insert(key(surface.strip_prefix("the ").unwrap_or(surface)), seat);
        ensure!(before.is_none_or(|before| before.stands_for == seat.stands_for), "{surface} stands twice");
        Ok(())
    }

    /// All, in the order of their codes.
    pub fn all(&self) -> &[Country] {
        &self.countries
    }

    /// The country with an ISO code of two letters.
    pub fn by_code(&self, iso2: &str) -> Option<&Country> {
        self.countries.get(*self.by_code.get(iso2)?)
    }

    /// The country with an id in GeoNames.
    pub fn by_geonames(&self, id: u32) -> Option<&Country> {
        self.countries.iter().find(|country| country.geonames == id)
    }

    /// The country of this name, whole or short, with its article or without. Short forms in capitals are told from
    /// words: "US" is one, "us" is none.
    pub fn named(&self, name: &str) -> Option<&Country> {
        let rest = without_article(name);
        let country = self.countries.get(*self.by_name.get(&key(rest))?)?;
        (!is_short(rest) || rest.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase)).then_some(country)
    }

    /// The country whose capital has this name; whether the town is meant, the text must say.
    pub fn of_capital(&self, name: &str) -> Option<&Country> {
        self.countries.get(*self.by_capital.get(&key(name))?)
    }

    /// What a word for people or things is derived from: Ukrainian, Ukrainians, Texan, European. Words are told apart by
    /// their capitals; words all in capitals are read too.
    pub fn demonym(&self, word: &str) -> Option<Demonym> {
        if !word.starts_with(char::is_uppercase) {
            return self.demonyms.get(word).copied();
        }
        let find = |word: &str| {
            let plural = || {
                let one = word.strip_suffix('s')?;
                Some(Demonym { people: true, ..*self.demonyms.get(one)? })
            };
            self.demonyms.get(word).copied().or_else(plural)
        };
        let loud = || {
            let shouted = word.chars().count() > 3 && !word.chars().any(char::is_lowercase);
            shouted.then(|| capitalised(word)).and_then(|word| find(&word))
        };
        find(word).or_else(loud)
    }

    /// The power that a name may stand for by itself: the Kremlin, Downing Street, Brussels. A capital that is not listed
    /// stands for the government of its country.
    pub fn seat(&self, surface: &str) -> Option<Seat> {
        let bare = without_article(surface);
        if let Some(seat) = self.seats.get(&key(bare)) {
            return Some(*seat);
        }
        let place = *self.by_capital.get(&key(bare))?;
        let country = self.countries.get(place)?;
        Some(Seat {
            surface: country.capital?,
            country: country.iso2,
            kind: "city",
            stands_for: Some(country.government?),
        })
    }
}

/// The lines of a table after its head, with their numbers.
fn lines(table: &'static str) -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    table.lines().enumerate().skip(1).map(|(index, line)| (index + 1, line.split('\t').collect()))
}

fn some(field: &'static str) -> Option<&'static str> {
    Some(field).filter(|field| !field.is_empty())
}

fn list(field: &'static str) -> Vec<&'static str> {
    field.split('|').filter(|part| !part.is_empty()).collect()
}

/// A name without the article before it.
fn without_article(name: &str) -> &str {
    let name = name.trim();
    ["the ", "The ", "THE "].iter().find_map(|article| name.strip_prefix(article)).unwrap_or(name)
}

/// Whether it has so few letters that a word may look like it: US, U.K., UAE.
fn is_short(name: &str) -> bool {
    name.chars().filter(|c| c.is_alphabetic()).count() <= 3
}

/// A word in capitals as it is written elsewhere.
fn capitalised(word: &str) -> String {
    let mut start = true;
    let mut written = String::with_capacity(word.len());
    for c in word.chars() {
        match std::mem::replace(&mut start, !c.is_alphabetic()) {
            true => written.push(c),
            false => written.extend(c.to_lowercase()),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(word: &str) -> Option<Origin> {
        Countries::built_in().demonym(word).map(|demonym| demonym.of)
    }

    #[test]
    fn the_tables_of_the_program_are_whole() {
        let tables = (include_str!("countries.tsv"), include_str!("demonyms.tsv"), include_str!("seats.tsv"));
        let countries = Countries::of(tables).unwrap();
        assert_eq!(countries.all().len(), 250);
        for country in countries.all() {
            assert!(country.geonames > 0 && !country.name.is_empty(), "{country:?}");
            assert!((country.latitude, country.longitude) != (0.0, 0.0), "{country:?}");
            assert!(country.neighbours.iter().all(|code| countries.by_code(code).is_some()), "{country:?}");
        }
    }

    /// A table is refused whole, and the error says which line to mend.
    #[test]
    fn a_broken_line_is_named() {
        let line = "XX\tNowhere\t\t\t\t\tnorth\t0\tXXX\t1\tEU\t\t0\t\n";
        let text: &'static str = format!("head\n{line}").leak();
        let error = format!("{:#}", Countries::of((text, "head\n", "head\n")).unwrap_err());
        assert!(error.contains("countries.tsv, line 2") && error.contains("latitude"), "{error}");
        let error = format!("{:#}", Countries::of(("head\n", "head\nX\tplanet\tMars\n", "head\n")).unwrap_err());
        assert!(error.contains("demonyms.tsv, line 2"), "{error}");
        let error = format!("{:#}", Countries::of(("head\n", "head\n", "head\n\na\tZZ\tcity\tx\n")).unwrap_err());
        assert!(error.contains("seats.tsv, line 2"), "{error}");
    }

    #[test]
    fn countries_are_found_by_their_names() {
        let code = |name: &str| Countries::built_in().named(name).map(|country| country.iso2);
        for (name, expected) in [
            ("Ukraine", Some("UA")),
            ("the Netherlands", Some("NL")),
            ("Netherlands", Some("NL")),
            ("THE NETHERLANDS", Some("NL")),
            ("Holland", Some("NL")),
            ("US", Some("US")),
            ("U.S.", Some("US")),
            ("us", None),
            ("Us", None),
            ("UK", Some("GB")),
            ("Côte d’Ivoire", Some("CI")),
            ("Türkiye", Some("TR")),
            ("turkey", Some("TR")),
            ("Springfield", None),
            ("", None),
        ] {
            assert_eq!(code(name), expected, "{name}");
        }
    }

    #[test]
    fn people_are_told_from_their_places() {
        assert_eq!(origin("Ukrainian"), Some(Origin::Country("UA")));
        assert_eq!(origin("Ukrainians"), Some(Origin::Country("UA")));
        assert_eq!(origin("UKRAINIAN"), Some(Origin::Country("UA")));
        assert_eq!(origin("Frenchmen"), Some(Origin::Country("FR")));
        assert_eq!(origin("Texans"), Some(Origin::Region("US.TX")));
        assert_eq!(origin("European"), Some(Origin::Area("Europe")));
        assert_eq!(origin("Londoners"), Some(Origin::Town(2_643_743)));
        assert_eq!(origin("Nigerien"), Some(Origin::Country("NE")));
        assert_eq!(origin("polish"), None);
        assert_eq!(origin("US"), Some(Origin::Country("US")));
        assert_eq!(origin("us"), None);
        assert!(Countries::built_in().demonym("Spaniard").is_some_and(|demonym| demonym.people));
    }

    #[test]
    fn seats_stand_for_powers() {
        let power = |name: &str| Countries::built_in().seat(name).map(|seat| seat.stands_for);
        assert_eq!(power("the Kremlin"), Some(Some("Government of Russia")));
        assert_eq!(power("Kremlin"), Some(Some("Government of Russia")));
        assert_eq!(power("Oslo"), Some(Some("Government of Norway")));
        assert_eq!(power("Bogotá"), Some(Some("Government of Colombia")));
        assert_eq!(power("Amsterdam"), Some(None));
        assert_eq!(power("Springfield"), None);
    }
}
