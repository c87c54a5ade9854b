//! From a dump to a table: one pass over the dump, which can be broken off at any time and goes on from its last
//! checkpoint; then the index, which is sorted in parts.
//!
//! Beside the table it works with `OUT.rows` and `OUT.offsets` (what is kept so far), `OUT.checkpoint` (how far it has
//! come) and `OUT.names.N` (sorted parts of the index), and removes them at the end. In memory are one line, the buffers,
//! four million names and, at the end, two bytes for each name.

use std::cell::Cell;
use std::collections::BinaryHeap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, ensure};
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use serde::{Deserialize, Serialize};

use super::{AUTHORITY, Filter};
use crate::knowledge::subjects::{KIND, Meta};
use crate::knowledge::table::{Entry, assemble, entries, offset_bytes};

/// The longest line that is read; the longest of Wikidata have a few MB.
const LONGEST: u64 = 64 << 20;

/// How much of the dump is read between two checkpoints.
const CHECKPOINT: u64 = 1 << 30;

/// The most names that are sorted at a time.
const NAMES: usize = 4 << 20;

/// How much is read between two calls of who watches.
const STEP: u64 = 4 << 20;

/// A table in the making.
#[derive(Debug)]
pub struct Build {
    dump: PathBuf,
    out: PathBuf,
    filter: Filter,
    checkpoint: u64,
    names: usize,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of the file that have been read.
    #[serde(skip)]
    pub read: u64,
    /// Bytes of JSON in them.
    pub bytes: u64,
    /// Lines of it.
    pub lines: u64,
    /// Subjects that were kept.
    pub kept: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// The first of them.
    pub first_unreadable: Option<u64>,
}

/// What has become of it.
#[derive(Debug)]
pub struct Summary {
    /// How far it came.
    pub progress: Progress,
    /// Whether it is done; else it was broken off and goes on when it is called again.
    pub done: bool,
    /// Whether the last line of the dump was there.
    pub whole: bool,
    /// Where it went on from, if it did.
    pub resumed: Option<u64>,
}

/// `OUT.checkpoint`.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint {
    dump: String,
    size: u64,
    filter: Filter,
    progress: Progress,
    row_bytes: u64,
}

impl Build {
    /// A table at `out` of what `filter` keeps of the dump in the file `dump`.
    pub fn new(dump: &Path, out: &Path, filter: Filter) -> Self {
        Self { dump: dump.to_owned(), out: out.to_owned(), filter, checkpoint: CHECKPOINT, names: NAMES }
    }

    /// Makes it, from the last checkpoint on if there is one; `watch` is told now and then how far it has come, and may
    /// break it off.
    ///
    /// # Errors
    /// If a file cannot be read or written, the dump is cut short within its compression, or the checkpoint is of
    /// another build. What has been done so far stays.
    pub fn run(&self, watch: impl FnMut(&Progress) -> ControlFlow<()>) -> anyhow::Result<Summary> {
        let size = fs::metadata(&self.dump).with_context(|| format!("cannot read {}", self.dump.display()))?.len();
        let begun = self.resume(size)?;
        let resumed = begun.as_ref().map(|checkpoint| checkpoint.progress.bytes);
        let mut work = Work::open(self, begun)?;
        let (done, whole) = work.read(self, size, watch)?;
        let progress = work.progress;
        if done {
            self.finish(work)?;
        }
        Ok(Summary { progress, done, whole, resumed })
    }

    /// The checkpoint that a build of the same left.
    fn resume(&self, size: u64) -> anyhow::Result<Option<Checkpoint>> {
        let path = self.beside("checkpoint");
        let shown = path.display();
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| format!("cannot read {shown}"))?,
        };
        let checkpoint: Checkpoint = serde_json::from_slice(&bytes)
            .with_context(|| format!("{shown} is no checkpoint; remove it to begin anew"))?;
        let same = checkpoint.dump == self.name() && checkpoint.size == size && checkpoint.filter == self.filter;
        ensure!(same, "{shown} is of another dump or of other options; use those, or remove it to begin anew");
        Ok(Some(checkpoint))
    }

    fn name(&self) -> String {
        self.dump.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A file beside the table.
    fn beside(&self, end: &str) -> PathBuf {
        let mut name = OsString::from(&self.out);
        name.push(".");
        name.push(end);
        name.into()
    }

    fn create(&self, end: &str, keep: u64) -> anyhow::Result<File> {
        let path = self.beside(end);
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            file.set_len(keep)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        open().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Sorts the names and writes the table.
    fn finish(&self, work: Work) -> anyhow::Result<()> {
        let Work { rows, mut offsets, progress, row_bytes } = work;
        offsets.write_all(&offset_bytes(row_bytes)?)?;
        let (mut rows, mut offsets) = (ended(rows)?, ended(offsets)?);
        let mut index = Index { build: self, entries: Vec::new(), parts: 0, count: 0 };
        let lengths = |offsets: &mut File| -> anyhow::Result<BufReader<File>> {
            offsets.seek(SeekFrom::Start(0))?;
            Ok(BufReader::with_capacity(1 << 20, offsets.try_clone()?))
        };
        rows.seek(SeekFrom::Start(0))?;
        let mut from = BufReader::with_capacity(1 << 20, &rows);
        let mut ends = lengths(&mut offsets)?;
        let mut record = Vec::new();
        let mut begin = next_offset(&mut ends)?;
        for row in 0..progress.kept {
            let end = next_offset(&mut ends)?;
            record.resize(usize::try_from(end.saturating_sub(begin))?, 0);
            from.read_exact(&mut record)?;
            index.add(entries(u32::try_from(row).context("a table has too many rows")?, &record))?;
            begin = end;
        }
        let count = index.count;
        let sorted = index.sorted()?;

        let path = self.beside("new");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let meta = Meta { authorities: vec![AUTHORITY.to_owned()], source: self.name() };
        let meta = serde_json::to_string(&meta)?;
        rows.seek(SeekFrom::Start(0))?;
        let contents = (lengths(&mut offsets)?, BufReader::with_capacity(1 << 20, &rows));
        assemble(&mut out, (KIND, &meta), (progress.kept, count, row_bytes), sorted, contents)?;
        ended(out)?.sync_all()?;
        fs::rename(&path, &self.out).with_context(|| format!("cannot put {} in place", self.out.display()))?;
        for end in ["checkpoint", "rows", "offsets"] {
            fs::remove_file(self.beside(end)).or_else(gone)?;
        }
        Ok(())
    }
}

/// What is there already need not be removed.
fn gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The file behind a writer, with all that was written.
fn ended(writer: BufWriter<File>) -> io::Result<File> {
    writer.into_inner().map_err(io::IntoInnerError::into_error)
}

fn next_offset(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    let (low, _) = bytes.split_at_mut(5);
    from.read_exact(low)?;
    Ok(u64::from_le_bytes(bytes))
}

/// What the pass over the dump works with.
struct Work {
    rows: BufWriter<File>,
    offsets: BufWriter<File>,
    progress: Progress,
    row_bytes: u64,
}

impl Work {
    fn open(build: &Build, begun: Option<Checkpoint>) -> anyhow::Result<Self> {
        let (progress, row_bytes) = begun.map_or((Progress::default(), 0), |begun| (begun.progress, begun.row_bytes));
        let rows = BufWriter::with_capacity(1 << 20, build.create("rows", row_bytes)?);
        let offsets = BufWriter::with_capacity(1 << 18, build.create("offsets", 5 * progress.kept)?);
        Ok(Self { rows, offsets, progress, row_bytes })
    }

    /// Reads on to the end of the dump; whether it got there, and whether the dump has its end.
    fn read(
        &mut self,
        build: &Build,
        size: u64,
        mut watch: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> anyhow::Result<(bool, bool)> {
        let (mut dump, position) = open(&build.dump, self.progress.bytes)?;
        let reading = || format!("reading {}", build.dump.display());
        let mut line = Vec::new();
        let (mut told, mut kept) = (self.progress.bytes, self.progress.bytes);
        let mut whole = false;
        loop {
            line.clear();
            let length = (&mut dump).take(LONGEST).read_until(b'\n', &mut line).with_context(reading)? as u64;
            if length == 0 {
                break;
            }
            self.progress.lines += 1;
            self.progress.bytes += length;
            if length == LONGEST && !line.ends_with(b"\n") {
                self.progress.bytes += skip_line(&mut dump).with_context(reading)?;
                self.unreadable();
                continue;
            }
            let line = line.trim_ascii();
            let line = line.strip_suffix(b",").unwrap_or(line);
            whole |= line == b"]";
            if line.len() > 2 {
                match build.filter.read(line) {
                    Ok(None) => {}
                    Ok(Some(draft)) => {
                        let record = draft.record();
                        self.offsets.write_all(&offset_bytes(self.row_bytes)?)?;
                        self.rows.write_all(record.as_bytes())?;
                        self.row_bytes += record.as_bytes().len() as u64;
                        self.progress.kept += 1;
                    }
                    Err(_) => self.unreadable(),
                }
            }
            if self.progress.bytes - kept >= build.checkpoint {
                self.keep(build, size)?;
                kept = self.progress.bytes;
            }
            if self.progress.bytes - told >= STEP.min(build.checkpoint) {
                told = self.progress.bytes;
                self.progress.read = position.get();
                if watch(&self.progress).is_break() {
                    self.keep(build, size)?;
                    return Ok((false, false));
                }
            }
        }
        self.progress.read = position.get();
        Ok((true, whole))
    }

    fn unreadable(&mut self) {
        self.progress.unreadable += 1;
        self.progress.first_unreadable.get_or_insert(self.progress.lines);
    }

    /// Notes how far it has come, after all that belongs to it lies on the disk.
    fn keep(&mut self, build: &Build, size: u64) -> anyhow::Result<()> {
        self.rows.flush()?;
        self.offsets.flush()?;
        self.rows.get_ref().sync_data()?;
        self.offsets.get_ref().sync_data()?;
        let checkpoint = Checkpoint {
            dump: build.name(),
            size,
            filter: build.filter.clone(),
            progress: self.progress,
            row_bytes: self.row_bytes,
        };
        let (new, path) = (build.beside("checkpoint.new"), build.beside("checkpoint"));
        let mut file = File::create(&new).with_context(|| format!("cannot write {}", new.display()))?;
        file.write_all(&serde_json::to_vec(&checkpoint)?)?;
        file.sync_all()?;
        fs::rename(&new, &path).with_context(|| format!("cannot put {} in place", path.display()))
    }
}

/// Reads over the rest of a line; how long it was.
fn skip_line(from: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        from.consume(length);
        skipped += length as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

/// How far a file has been read.
type Position = Rc<Cell<u64>>;

/// Opens a dump, uncompressed whatever it is, `skip` bytes of JSON after its beginning, and tells how far in the file it
/// has come.
fn open(path: &Path, skip: u64) -> anyhow::Result<(Box<dyn BufRead>, Position)> {
    let shown = path.display();
    let mut file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut start = [0; 4];
    let length = file.read(&mut start).with_context(|| format!("cannot read {shown}"))?;
    file.seek(SeekFrom::Start(0))?;
    let position = Rc::new(Cell::new(0));
    let counted = |file: File, from: u64| {
        position.set(from);
        BufReader::with_capacity(1 << 20, Counted { file, position: Rc::clone(&position) })
    };
    let mut dump: Box<dyn BufRead> = match start.get(..length).unwrap_or_default() {
        [0x1F, 0x8B, ..] => Box::new(BufReader::with_capacity(1 << 20, MultiGzDecoder::new(counted(file, 0)))),
        [0x28, 0xB5, 0x2F, 0xFD] => {
            let frames = Frames { now: None, source: Some(counted(file, 0)) };
            Box::new(BufReader::with_capacity(1 << 20, frames))
        }
        _ => {
            file.seek(SeekFrom::Start(skip))?;
            return Ok((Box::new(counted(file, skip)), position));
        }
    };
    let skipped = io::copy(&mut (&mut dump).take(skip), &mut io::sink()).with_context(|| format!("reading {shown}"))?;
    ensure!(skipped == skip, "{shown} ends before the checkpoint; was it changed? remove the checkpoint to begin anew");
    Ok((dump, position))
}

/// What the frames of a zstd file hold, one after the other.
struct Frames<R: Read> {
    now: Option<StreamingDecoder<R, FrameDecoder>>,
    /// What they are read from, between two of them.
    source: Option<R>,
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.now {
                match frame.read(buffer)? {
                    0 if !buffer.is_empty() => self.source = self.now.take().map(StreamingDecoder::into_inner),
                    read => return Ok(read),
                }
            }
            let Some(mut source) = self.source.take() else { return Ok(0) };
            if source.fill_buf()?.is_empty() {
                self.source = Some(source);
                return Ok(0);
            }
            self.now = Some(StreamingDecoder::new(source).map_err(io::Error::other)?);
        }
    }
}

/// A file that tells how far it was read.
struct Counted {
    file: File,
    position: Position,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position.set(self.position.get() + read as u64);
        Ok(read)
    }
}

/// The names of all rows, sorted in parts that fit into memory.
struct Index<'a> {
    build: &'a Build,
    entries: Vec<Entry>,
    parts: usize,
    count: u64,
}

/// How an entry lies in a part.
const ENTRY: usize = 13;

impl Index<'_> {
    fn add(&mut self, entries: Vec<Entry>) -> anyhow::Result<()> {
        self.count += entries.len() as u64;
        self.entries.extend(entries);
        if self.entries.len() >= self.build.names {
            self.put_aside()?;
        }
        Ok(())
    }

    fn path(&self, part: usize) -> PathBuf {
        self.build.beside(&format!("names.{part}"))
    }

    fn put_aside(&mut self) -> anyhow::Result<()> {
        self.entries.sort_unstable();
        let path = self.path(self.parts);
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        for Entry { hash, row, name } in self.entries.drain(..) {
            out.write_all(&hash.to_le_bytes())?;
            out.write_all(&row.to_le_bytes())?;
            out.write_all(&[name])?;
        }
        out.flush()?;
        self.parts += 1;
        Ok(())
    }

    /// All of them in their order.
    fn sorted(mut self) -> anyhow::Result<Box<dyn Iterator<Item = io::Result<Entry>>>> {
        if self.parts == 0 {
            self.entries.sort_unstable();
            return Ok(Box::new(self.entries.into_iter().map(Ok)));
        }
        self.put_aside()?;
        let mut parts = Vec::new();
        for part in 0..self.parts {
            let path = self.path(part);
            let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
            // It is read from its handle, and gone when that is closed.
            fs::remove_file(&path)?;
            parts.push(Part(BufReader::with_capacity(1 << 18, file)));
        }
        Ok(Box::new(Merged::of(parts)?))
    }
}

/// A sorted part, read from the disk.
struct Part(BufReader<File>);

impl Part {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut bytes = [0; ENTRY];
        if self.0.fill_buf()?.is_empty() {
            return Ok(None);
        }
        self.0.read_exact(&mut bytes)?;
        let [hash @ .., a, b, c, d, name] = bytes;
        Ok(Some(Entry { hash: u64::from_le_bytes(hash), row: u32::from_le_bytes([a, b, c, d]), name }))
    }
}

/// Sorted parts as one.
struct Merged {
    parts: Vec<Part>,
    next: BinaryHeap<std::cmp::Reverse<(Entry, usize)>>,
}

impl Merged {
    fn of(mut parts: Vec<Part>) -> io::Result<Self> {
        let mut next = BinaryHeap::new();
        for (place, part) in parts.iter_mut().enumerate() {
            next.extend(part.next()?.map(|entry| std::cmp::Reverse((entry, place))));
        }
        Ok(Self { parts, next })
    }
}

impl Iterator for Merged {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<io::Result<Entry>> {
        let std::cmp::Reverse((entry, place)) = self.next.pop()?;
        match self.parts.get_mut(place)?.next() {
            Ok(next) => self.next.extend(next.map(|entry| std::cmp::Reverse((entry, place)))),
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(entry))
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::super::tests::line;
    use super::*;
    use crate::knowledge::key;
    use crate::knowledge::subjects::Subjects;

    fn dump(people: u64) -> String {
        let lines =
            (1..=people).map(|id| line(id, if id % 3 == 0 { 16_521 } else { 5 }, &format!("Person {id}"), 4, ""));
        format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"))
    }

    /// One that keeps checkpoints and sorts in parts often, as a large dump makes it.
    fn build(dump: &Path, out: &Path) -> Build {
        Build { checkpoint: 5_000, names: 50, ..Build::new(dump, out, Filter::default()) }
    }

    fn go(_: &Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// The same bytes, whether the dump was compressed, how, and how often the work was broken off.
    #[test]
    fn every_way_to_the_table_gives_the_same_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = dump(300);
        fs::write(path("dump.json"), &text).unwrap();
        let summary = build(&path("dump.json"), &path("whole")).run(go).unwrap();
        assert!(summary.done && summary.whole && summary.resumed.is_none());
        assert_eq!((summary.progress.lines, summary.progress.kept), (302, 200));
        let whole = fs::read(path("whole")).unwrap();

        let (first, second) = text.as_bytes().split_at(text.len() / 3);
        let zstd = [first, second].map(|part| compress_to_vec(part, CompressionLevel::Fastest)).concat();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        for bytes in [text.as_bytes(), &zstd, &gzip] {
            // Under the same name, which the table keeps.
            fs::write(path("dump.json"), bytes).unwrap();
            let (out, mut times) = (path("parts"), 0);
            loop {
                let mut steps = 0;
                let summary = build(&path("dump.json"), &out)
                    .run(|_| {
                        steps += 1;
                        if steps > 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    })
                    .unwrap();
                assert_eq!(summary.resumed.is_some(), times > 0);
                times += 1;
                if summary.done {
                    break;
                }
            }
            assert!(times > 5, "{times}");
            assert!(fs::read(&out).unwrap() == whole);
            fs::remove_file(out).unwrap();
        }
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");

        let subjects = Subjects::open(&path("whole")).unwrap();
        assert_eq!(
            (subjects.len(), subjects.is_curated(), subjects.authorities()),
            (200, false, &["wikidata".to_owned()][..])
        );
        let [(subject, 0)] = subjects.find(&key("Person 200")).collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((subject.id, subject.sitelinks), ("Q200", 4));
        assert_eq!(subjects.find(&key("Person 201")).count(), 0);
    }

    /// Killed at any moment: what was written after the last checkpoint is written again.
    #[test]
    fn what_a_killed_build_left_behind_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("dump.json"), dump(300)).unwrap();
        build(&path("dump.json"), &path("whole")).run(go).unwrap();
        let summary = build(&path("dump.json"), &path("killed")).run(|_| ControlFlow::Break(())).unwrap();
        assert!(!summary.done);
        for end in ["killed.rows", "killed.offsets"] {
            OpenOptions::new().append(true).open(path(end)).unwrap().write_all(b"half a row").unwrap();
        }
        assert!(build(&path("dump.json"), &path("killed")).run(go).unwrap().done);
        assert!(fs::read(path("killed")).unwrap() == fs::read(path("whole")).unwrap());
    }

    #[test]
    fn a_checkpoint_of_another_build_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("dump.json"), dump(300)).unwrap();
        build(&path("dump.json"), &path("out")).run(|_| ControlFlow::Break(())).unwrap();
        let other = Filter { least_sitelinks: 3, ..Filter::default() };
        let error = Build::new(&path("dump.json"), &path("out"), other).run(go).unwrap_err();
        assert!(error.to_string().contains("of another dump or of other options"), "{error}");
    }

    #[test]
    fn a_damaged_dump_is_told_and_does_not_end_in_half_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        // Of two lines that are kept, the second is cut.
        let text = dump(2);
        let cut = text.get(..text.len() * 3 / 4).unwrap();
        fs::write(path("cut.json"), cut).unwrap();
        let summary = build(&path("cut.json"), &path("out")).run(go).unwrap();
        assert!(summary.done && !summary.whole);
        assert_eq!((summary.progress.unreadable, summary.progress.first_unreadable), (1, Some(summary.progress.lines)));

        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        fs::write(path("cut.gz"), gzip.get(..gzip.len() / 2).unwrap()).unwrap();
        let error = build(&path("cut.gz"), &path("none")).run(go).unwrap_err();
        assert!(format!("{error:#}").contains("cut.gz"), "{error:#}");
        assert!(!path("none").exists());
    }
}
