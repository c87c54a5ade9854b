//! A table in one file: rows that are found by name, read where they lie.
//!
//! ```text
//!  header   "cdtable1", kind (8 bytes), then in 8 bytes each: length of meta, rows, entries, bits, bytes of all rows
//!  meta     what the writer says about the table, in JSON
//!  entries  9 bytes each, by hash: 4 of the hash, the row in 4, which of the row's names in 1
//!  buckets  4 bytes each, 2^bits + 1: the first entry whose hash begins with these bits
//!  offsets  5 bytes each, rows + 1: where each row begins
//!  rows     its names (how many, then length and bytes of each), then whatever its owner wrote
//!  digest   the SHA-256 of all before it
//! ```
//!
//! Numbers are little-endian; numbers inside rows take 7 bits a byte (LEB128). A look-up reads one bucket, the one or two
//! entries in it and the rows they point to, and compares the name, so that it never finds what is not there.
//! Every read is checked: a file that is damaged after it was opened gives wrong answers or none, never a panic.

use std::io::{self, Read, Write};
use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

use super::key;
use super::mapped::Mapped;

const MAGIC: &[u8; 8] = b"cdtable1";
const HEADER: usize = 56;
const DIGEST: usize = 32;
const BUCKET: usize = 4;
const ENTRY: usize = 9;
const OFFSET: usize = 5;

/// The most names of a row by which it is found.
pub const MOST_NAMES: usize = 255;

/// What kind of rows a table has: up to 8 ASCII letters.
pub type Kind = &'static str;

/// A table, open for look-ups.
#[derive(Debug)]
pub struct Table {
    bytes: Bytes,
    layout: Layout,
}

#[derive(Debug)]
enum Bytes {
    Static(&'static [u8]),
    Owned(Vec<u8>),
    Mapped(Mapped),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Owned(bytes) => bytes,
            Self::Mapped(mapped) => mapped,
        }
    }
}

/// Where the parts of a table begin.
#[derive(Debug, Clone, Copy)]
struct Layout {
    rows: usize,
    entries: usize,
    bits: u32,
    entries_at: usize,
    buckets_at: usize,
    offsets_at: usize,
    rows_at: usize,
    digest_at: usize,
}

impl Layout {
    fn of(header: &[u8; HEADER], kind: Kind) -> anyhow::Result<Self> {
        ensure!(header.starts_with(MAGIC), "it is no table, or one of another version of this program; build it again");
        let named = header.get(8..16).unwrap_or_default();
        if named != kind_bytes(kind) {
            let named = String::from_utf8_lossy(named);
            bail!("it is a table of {:?}, and here stands one of {kind:?}", named.trim_end_matches('\0'));
        }
        let number = |at: usize| number(header, at, 8);
        let layout = || {
            let meta = usize::try_from(number(16)?).ok()?;
            let rows = usize::try_from(number(24)?).ok().filter(|rows| *rows <= u32::MAX as usize)?;
            let entries = usize::try_from(number(32)?).ok().filter(|entries| *entries <= u32::MAX as usize)?;
            let bits = u32::try_from(number(40)?).ok().filter(|bits| *bits <= 32)?;
            let bytes = usize::try_from(number(48)?).ok()?;
            let entries_at = HEADER.checked_add(meta)?;
            let buckets_at = entries_at.checked_add(ENTRY.checked_mul(entries)?)?;
            let offsets_at = buckets_at.checked_add(BUCKET.checked_mul((1_usize << bits) + 1)?)?;
            let rows_at = offsets_at.checked_add(OFFSET.checked_mul(rows.checked_add(1)?)?)?;
            let digest_at = rows_at.checked_add(bytes)?;
            Some(Self { rows, entries, bits, entries_at, buckets_at, offsets_at, rows_at, digest_at })
        };
        layout().context("its header is damaged; build it again")
    }

    fn length(&self) -> usize {
        self.digest_at.saturating_add(DIGEST)
    }
}

impl Table {
    /// Opens a table that is part of the program.
    ///
    /// # Errors
    /// If it is none of this kind.
    pub fn built_in(bytes: &'static [u8], kind: Kind) -> anyhow::Result<Self> {
        Self::of(Bytes::Static(bytes), kind)
    }

    /// Opens a table that was made in memory.
    ///
    /// # Errors
    /// If it is none of this kind.
    pub fn owned(bytes: Vec<u8>, kind: Kind) -> anyhow::Result<Self> {
        Self::of(Bytes::Owned(bytes), kind)
    }

    fn of(bytes: Bytes, kind: Kind) -> anyhow::Result<Self> {
        let layout = Layout::of(bytes.first_chunk().context("it is too short for a table")?, kind)?;
        ensure!(bytes.len() == layout.length(), "it has {} bytes and not {}", bytes.len(), layout.length());
        Ok(Self { bytes, layout })
    }

    /// Whether a file that begins with these bytes is a table, of whichever kind.
    pub fn is_one(start: &[u8; 8]) -> bool {
        start == MAGIC
    }

    /// Checks the table in a file and maps it.
    ///
    /// # Errors
    /// If it cannot be read, is none of this kind, is cut short or damaged; the error names the file.
    pub fn open(path: &Path, kind: Kind) -> anyhow::Result<Self> {
        let mut found = None;
        let mapped = Mapped::open(path, |file| {
            found = Some(verified(file, kind)?);
            Ok(())
        })?;
        let layout = found.context("it was not read")?;
        ensure!(mapped.len() == layout.length(), "{} changed while it was opened; try again", path.display());
        Ok(Self { bytes: Bytes::Mapped(mapped), layout })
    }

    /// Whether the digest is that of the contents; of a file, [`Self::open`] has seen to it.
    pub fn is_intact(&self) -> bool {
        let contents = self.bytes.get(..self.layout.digest_at).unwrap_or_default();
        Some(Sha256::digest(contents).as_slice()) == self.bytes.get(self.layout.digest_at..)
    }

    /// What the writer says about the table, in JSON.
    pub fn meta(&self) -> &str {
        let meta = self.bytes.get(HEADER..self.layout.entries_at).unwrap_or_default();
        std::str::from_utf8(meta).unwrap_or_default()
    }

    /// The SHA-256 of its contents, in hex.
    pub fn digest(&self) -> String {
        let digest = self.bytes.get(self.layout.digest_at..).unwrap_or_default();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.layout.rows
    }

    /// A row by its number, which is its place in the order in which rows were added.
    pub fn row(&self, number: usize) -> Option<Row<'_>> {
        let row = self.layout.rows_at;
        let (from, to) = (self.offset(number)?, self.offset(number.checked_add(1)?)?);
        let bytes = self.bytes.get(row.checked_add(from)?..row.checked_add(to)?.min(self.layout.digest_at))?;
        Some(Row { number, bytes })
    }

    /// The rows that have a name with this [`key`], in their order.
    pub fn find<'t, 'k>(&'t self, key: &'k str) -> impl Iterator<Item = Match<'t>> + use<'t, 'k> {
        let hash = hash(key);
        let (from, to) = self.bucket(hash).unwrap_or((0, 0));
        let entries = (from..to.min(self.layout.entries)).map(move |index| self.layout.entries_at + index * ENTRY);
        entries.filter_map(move |at| {
            let tag = number(&self.bytes, at, 4)?;
            if tag != hash & TAG {
                return None;
            }
            let row = self.row(usize::try_from(number(&self.bytes, at + 4, 4)?).ok()?)?;
            let name = usize::from(*self.bytes.get(at + 8)?);
            (super::key(row.names().nth(name)?) == key).then_some(Match { row, name })
        })
    }

    fn bucket(&self, hash: u64) -> Option<(usize, usize)> {
        let bucket = usize::try_from(bucket(hash, self.layout.bits)).ok()?;
        let at = self.layout.buckets_at + bucket * BUCKET;
        let index = |at| usize::try_from(number(&self.bytes, at, BUCKET)?).ok();
        Some((index(at)?, index(at + BUCKET)?))
    }

    fn offset(&self, row: usize) -> Option<usize> {
        if row > self.layout.rows {
            return None;
        }
        usize::try_from(number(&self.bytes, self.layout.offsets_at + row * OFFSET, OFFSET)?).ok()
    }
}

/// Reads a whole file and checks its header, length and digest.
fn verified(file: &mut dyn Read, kind: Kind) -> anyhow::Result<Layout> {
    let mut header = [0; HEADER];
    let mut have = 0;
    while let Some(rest) = header.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => bail!("it is too short for a table: {have} bytes"),
            more => have += more,
        }
    }
    let layout = Layout::of(&header, kind)?;
    let mut sha = Sha256::new_with_prefix(header);
    let mut length = HEADER;
    let mut tail = Vec::with_capacity(DIGEST);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        let contents = layout.digest_at.saturating_sub(length).min(read);
        length += read;
        ensure!(length <= layout.length(), "it is longer than the {} bytes it names; build it again", layout.length());
        sha.update(bytes.get(..contents).unwrap_or_default());
        tail.extend_from_slice(bytes.get(contents..).unwrap_or_default());
    }
    let whole = layout.length();
    ensure!(length == whole, "it is cut short: it has {length} of {whole} bytes; copy or build it again");
    ensure!(
        sha.finalize().as_slice() == tail,
        "it is damaged: its digest is not that of its contents; copy or build it again"
    );
    Ok(layout)
}

/// A row of a table.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its place in the table.
    pub number: usize,
    bytes: &'a [u8],
}

/// A row that was found by a name.
#[derive(Debug, Clone, Copy)]
pub struct Match<'a> {
    /// The row.
    pub row: Row<'a>,
    /// By which of its names, counted from 0.
    pub name: usize,
}

impl<'a> Row<'a> {
    /// Its names, the first of which is the one to show.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut fields = Fields(self.bytes);
        let count = fields.number().unwrap_or(0);
        (0..count).map_while(move |_| fields.text())
    }

    /// The first of its names.
    pub fn name(&self) -> &'a str {
        self.names().next().unwrap_or_default()
    }

    /// What its owner wrote after the names.
    pub fn fields(&self) -> Fields<'a> {
        let mut fields = Fields(self.bytes);
        let count = fields.number().unwrap_or(0);
        for _ in 0..count {
            if fields.text().is_none() {
                break;
            }
        }
        fields
    }
}

/// Reads what a [`Record`] wrote, in its order; nothing once the row has ended.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// The next number, which may be below 0.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    /// The next number with a fraction.
    pub fn float(&mut self) -> Option<f32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(f32::from_le_bytes(*bytes))
    }

    /// The next text.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

/// The contents of a row while it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record(Vec<u8>);

impl Record {
    /// A row of these names, the one to show first. Beyond [`MOST_NAMES`] none is kept.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<_> = names.into_iter().take(MOST_NAMES).collect();
        let record = Self::default().number(names.len() as u64);
        names.into_iter().fold(record, Self::text)
    }

    /// Adds a number.
    pub fn number(mut self, mut number: u64) -> Self {
        loop {
            let low = u8::try_from(number & 0x7F).unwrap_or(0);
            number >>= 7;
            self.0.push(if number == 0 { low } else { low | 0x80 });
            if number == 0 {
                return self;
            }
        }
    }

    /// Adds a number that may be below 0.
    pub fn signed(self, number: i64) -> Self {
        self.number((number << 1 ^ number >> 63).cast_unsigned())
    }

    /// Adds a number with a fraction.
    pub fn float(mut self, number: f32) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// Adds a text.
    pub fn text(mut self, text: &str) -> Self {
        self = self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// By what a row is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) row: u32,
    pub(super) name: u8,
}

/// The entries of a row: one for each key among its names.
pub(super) fn entries(number: u32, record: &[u8]) -> Vec<Entry> {
    let row = Row { number: 0, bytes: record };
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for (name, place) in row.names().zip(0..=u8::MAX) {
        let key = key(name);
        if !key.is_empty() && !seen.contains(&key) {
            entries.push(Entry { hash: hash(&key), row: number, name: place });
            seen.push(key);
        }
    }
    entries
}

/// How many bits of the hash choose the bucket, so that a bucket has two to four entries.
fn bits(entries: u64) -> u32 {
    (entries / 2).max(1).ilog2()
}

/// Writes a table whose rows and entries are known: the entries in their order, the rows and where they begin (5 bytes
/// each, rows + 1) as bytes.
pub(super) fn assemble(
    out: impl Write,
    (kind, meta): (Kind, &str),
    (row_count, entry_count, row_bytes): (u64, u64, u64),
    entries: impl Iterator<Item = io::Result<Entry>>,
    (mut offsets, mut rows): (impl Read, impl Read),
) -> anyhow::Result<()> {
    let most = u64::from(u32::MAX);
    ensure!(row_count <= most && entry_count <= most, "{row_count} rows with {entry_count} names are more than {most}");
    let mut out = Hashed { out, sha: Sha256::new() };
    let bits = bits(entry_count);
    out.write_all(MAGIC)?;
    out.write_all(&kind_bytes(kind))?;
    for number in [meta.len() as u64, row_count, entry_count, u64::from(bits), row_bytes] {
        out.write_all(&number.to_le_bytes())?;
    }
    out.write_all(meta.as_bytes())?;
    let mut starts = Vec::with_capacity((1 << bits) + 1);
    let mut count = 0_u32;
    for entry in entries {
        let entry = entry?;
        while starts.len() as u64 <= bucket(entry.hash, bits) {
            starts.push(count);
        }
        out.write_all(&u32::try_from(entry.hash & TAG)?.to_le_bytes())?;
        out.write_all(&entry.row.to_le_bytes())?;
        out.write_all(&[entry.name])?;
        count += 1;
    }
    ensure!(u64::from(count) == entry_count, "{count} names where {entry_count} were counted");
    starts.resize((1 << bits) + 1, count);
    for start in starts {
        out.write_all(&start.to_le_bytes())?;
    }
    io::copy(&mut offsets, &mut out)?;
    let copied = io::copy(&mut rows, &mut out)?;
    ensure!(copied == row_bytes, "{copied} bytes of rows where {row_bytes} were counted");
    let Hashed { mut out, sha } = out;
    out.write_all(&sha.finalize())?;
    out.flush()?;
    Ok(())
}

/// A table while it is made in memory.
#[derive(Debug, Default)]
pub struct Builder {
    entries: Vec<Entry>,
    offsets: Vec<u8>,
    rows: Vec<u8>,
    count: u32,
}

impl Builder {
    /// Adds a row; its number is returned.
    ///
    /// # Errors
    /// If there are too many.
    pub fn add(&mut self, record: &Record) -> anyhow::Result<u32> {
        let number = self.count;
        self.count = number.checked_add(1).context("a table has too many rows")?;
        self.entries.extend(entries(number, record.as_bytes()));
        self.offsets.extend_from_slice(&offset_bytes(self.rows.len() as u64)?);
        self.rows.extend_from_slice(record.as_bytes());
        Ok(number)
    }

    /// Writes the table, in many small parts; the same rows and meta in the same order give the same bytes.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(mut self, out: impl Write, kind: Kind, meta: &str) -> anyhow::Result<()> {
        self.entries.sort_unstable();
        self.offsets.extend_from_slice(&offset_bytes(self.rows.len() as u64)?);
        let counts = (u64::from(self.count), self.entries.len() as u64, self.rows.len() as u64);
        assemble(out, (kind, meta), counts, self.entries.into_iter().map(Ok), (&*self.offsets, &*self.rows))
    }
}

/// Where a row begins, as it is written.
pub(super) fn offset_bytes(offset: u64) -> anyhow::Result<[u8; OFFSET]> {
    let bytes = offset.to_le_bytes();
    ensure!(bytes.iter().skip(OFFSET).all(|byte| *byte == 0), "the rows of a table take more than a terabyte");
    bytes.first_chunk().copied().context("an offset is too short")
}

/// Writes on, and counts in what is written.
struct Hashed<W> {
    out: W,
    sha: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The part of a hash that an entry keeps.
const TAG: u64 = 0xFFFF_FFFF;

/// FNV-1a, and the last steps of SplitMix64 after it, so that all bits depend on all letters.
fn hash(key: &str) -> u64 {
    let fnv = key
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    let mixed = (fnv ^ fnv >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

fn bucket(hash: u64, bits: u32) -> u64 {
    hash.checked_shr(64 - bits).unwrap_or(0)
}

fn kind_bytes(kind: Kind) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(kind.bytes()).for_each(|(place, byte)| *place = byte);
    bytes
}

/// The number in `length` bytes at `at`.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const KIND: Kind = "tests";

    fn built(rows: &[(&[&str], u64)]) -> Vec<u8> {
        let mut builder = Builder::default();
        for (names, number) in rows {
            builder.add(&Record::new(names.iter().copied()).number(*number)).unwrap();
        }
        let mut bytes = Vec::new();
        builder.write(&mut bytes, KIND, "{\"of\":\"tests\"}").unwrap();
        bytes
    }

    fn open(bytes: &[u8]) -> anyhow::Result<Table> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        Table::open(file.path(), KIND)
    }

    fn found(table: &Table, name: &str) -> Vec<(usize, usize)> {
        table.find(&key(name)).map(|found| (found.row.number, found.name)).collect()
    }

    #[test]
    fn rows_are_found_by_each_of_their_names() {
        let table = open(&built(&[
            (&["Alma Reyes", "A. Reyes"], 7),
            (&["Ålma Reyes"], 300),
            (&["Port Ellery", "Ellery", "port-ellery"], u64::MAX),
            (&[], 1),
            (&["'"], 2),
        ]))
        .unwrap();
        assert!(table.is_intact());
        assert_eq!((table.rows(), table.meta()), (5, "{\"of\":\"tests\"}"));
        assert_eq!(found(&table, "alma reyes"), [(0, 0), (1, 0)]);
        assert_eq!(found(&table, "A Reyes"), [(0, 1)]);
        assert_eq!(found(&table, "Port-Ellery"), [(2, 0)]);
        assert_eq!(found(&table, "Reyes"), []);
        assert_eq!(found(&table, ""), []);
        let numbers: Vec<_> = (0..6).map(|row| table.row(row).and_then(|row| row.fields().number())).collect();
        assert_eq!(numbers, [Some(7), Some(300), Some(u64::MAX), Some(1), Some(2), None]);
        assert_eq!(table.row(2).unwrap().name(), "Port Ellery");
    }

    #[test]
    fn an_empty_table_finds_nothing() {
        let table = open(&built(&[])).unwrap();
        assert_eq!(found(&table, "anything"), []);
        assert!(table.row(0).is_none());
    }

    /// Many rows, so that buckets have neighbours; what is not there must not be found.
    #[test]
    fn ten_thousand_names_are_told_apart() {
        let names: Vec<String> = (0..10_000).map(|number| format!("Name {number}")).collect();
        let mut builder = Builder::default();
        for name in &names {
            builder.add(&Record::new([name.as_str()])).unwrap();
        }
        let mut bytes = Vec::new();
        builder.write(&mut bytes, KIND, "").unwrap();
        let table = open(&bytes).unwrap();
        for (number, name) in names.iter().enumerate() {
            assert_eq!(found(&table, name), [(number, 0)]);
        }
        assert!((10_000..20_000).all(|number| found(&table, &format!("Name {number}")).is_empty()));
    }

    #[test]
    fn fields_are_read_back() {
        let record = Record::new(["x"]).number(0).signed(-1).signed(i64::MIN).signed(i64::MAX).float(-0.5).text("Œ");
        let mut fields = Row { number: 0, bytes: record.as_bytes() }.fields();
        assert_eq!(fields.number(), Some(0));
        assert_eq!((fields.signed(), fields.signed(), fields.signed()), (Some(-1), Some(i64::MIN), Some(i64::MAX)));
        assert_eq!((fields.float(), fields.text(), fields.text()), (Some(-0.5), Some("Œ"), None));
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        let rows: &[(&[&str], u64)] = &[(&["b", "a"], 1), (&["a"], 2)];
        assert_eq!(built(rows), built(rows));
    }

    /// Whatever became of a file, it is refused by its name or, cut in memory, read without a panic.
    #[test]
    fn a_damaged_file_is_refused_and_reading_it_never_panics() {
        let whole = built(&[(&["Alma Reyes", "A. Reyes"], 7), (&["Port Ellery"], 300)]);
        for length in 0..whole.len() {
            let error = format!("{:#}", open(whole.get(..length).unwrap()).unwrap_err());
            assert!(error.contains("cannot be used: it is"), "{length}: {error}");
        }
        let error = format!("{:#}", open(&[&whole[..], b"x"].concat()).unwrap_err());
        assert!(error.contains("longer than"), "{error}");
        for at in 0..whole.len() {
            for bit in [1, 0x80] {
                let mut bytes = whole.clone();
                bytes[at] ^= bit;
                assert!(open(&bytes).is_err(), "{at}");
                // As if it were damaged after it was opened.
                if let Ok(table) = Table::built_in(bytes.leak(), KIND) {
                    assert!(!table.is_intact());
                    for name in ["Alma Reyes", "a reyes", "Port Ellery", "x"] {
                        let _rows = table.find(&key(name)).map(|found| found.row.name().len()).sum::<usize>();
                    }
                    for row in 0..4 {
                        let _fields = table.row(row).map(|row| (row.names().count(), row.fields().number()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_table_of_another_kind_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), built(&[])).unwrap();
        let error = format!("{:#}", Table::open(file.path(), "places").unwrap_err());
        assert!(error.contains("a table of \"tests\"") && error.contains(&*file.path().to_string_lossy()), "{error}");
    }
}
