//! Where what was made of an article lies.

use std::ops::ControlFlow;

use anyhow::{Context, bail};
use jiff::{SignedDuration, Timestamp};

use crate::cli::topic;
use crate::dead_letter;
use crate::io::kafka::{Reader, Settings};
use crate::message::{Position, RawArticle};

/// How far the clocks of those who write to the topics may be apart.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// What is at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A record.
    Record,
    /// Nothing yet: it is past the end.
    NotYet,
    /// Nothing any more: the first record that is still there has this offset.
    Before(i64),
    /// Nothing, though there is something before and after: the mark of a transaction, or compaction took it.
    Nothing,
}

/// The record at `position`.
pub(super) fn look(reader: &mut Reader, position: &Position) -> anyhow::Result<(Seen, Option<RawArticle>)> {
    let partition = position.partition.number;
    if !reader.partitions()?.contains(&partition) {
        bail!("{} has no partition {partition}", position.partition.topic);
    }
    let (first, end) = reader.range(partition)?;
    if position.offset >= end {
        return Ok((Seen::NotYet, None));
    }
    if position.offset < first {
        return Ok((Seen::Before(first), None));
    }
    let mut found = None;
    reader.scan(&[(partition, position.offset)], |record| {
        found = Some(record);
        ControlFlow::Break(())
    })?;
    let record = found.filter(|record| record.position.offset == position.offset);
    Ok((if record.is_some() { Seen::Record } else { Seen::Nothing }, record))
}

/// The position of the article that the record at `position` was made of.
pub(super) fn source(settings: &Settings, position: &Position) -> anyhow::Result<Position> {
    let mut reader = Reader::open(settings, &position.partition.topic)?;
    let (_, record) = look(&mut reader, position)?;
    let record = record.with_context(|| format!("there is no record at {position}"))?;
    let source = record.header(dead_letter::SOURCE).into_owned();
    topic::position(&[source]).with_context(|| format!("the record at {position} does not say what it was made of"))
}

/// What was made of an article.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The enriched record that was published last.
    pub(super) record: Option<RawArticle>,
    /// How often it was published.
    pub(super) times: usize,
    /// The dead letter that was published last.
    pub(super) letter: Option<RawArticle>,
    /// The last record with the same key that was made of another article, after it.
    pub(super) successor: Option<RawArticle>,
}

impl Trace {
    fn is_empty(&self) -> bool {
        self.record.is_none() && self.letter.is_none()
    }
}

/// Looks for what was made of the article at `position`: from its own time on, and if the service is `done` with it and
/// nothing is found there, among all that is left. `id` is what the article would be called now.
pub(super) fn follow(
    settings: &Settings,
    position: &Position,
    raw: Option<&RawArticle>,
    id: Option<&str>,
    done: bool,
) -> anyhow::Result<Trace> {
    let since = raw.and_then(|raw| topic::time(raw.timestamp)).and_then(|time| time.checked_sub(SKEW).ok());
    let trace = search(settings, position, since, id)?;
    match since {
        Some(_) if trace.is_empty() && done => search(settings, position, None, id),
        _ => Ok(trace),
    }
}

fn search(
    settings: &Settings,
    position: &Position,
    since: Option<Timestamp>,
    id: Option<&str>,
) -> anyhow::Result<Trace> {
    let source = position.to_string();
    let open = |topic: &str| -> anyhow::Result<(Reader, Vec<(i32, i64)>)> {
        let reader = Reader::open(settings, topic)?;
        let from = since.map_or(topic::Start::Earliest, topic::Start::Time).offsets(&reader)?;
        Ok((reader, from))
    };
    let mut trace = Trace::default();
    let (mut letters, from) = open(&settings.topics.dead)?;
    letters.scan(&from, |letter| {
        if letter.header(dead_letter::SOURCE) == source {
            trace.letter = Some(letter);
        }
        ControlFlow::Continue(())
    })?;

    let mut key = id.map(|id| id.as_bytes().to_vec());
    let (mut records, from) = open(&settings.topics.enriched)?;
    records.scan(&from, |record| {
        if record.header(dead_letter::SOURCE) == source {
            // A tombstone of its own says no more than the record before it.
            if record.payload.is_some() {
                key.clone_from(&record.key);
                trace.times += 1;
                trace.successor = None;
                trace.record = Some(record);
            }
        } else if key.is_some() && record.key == key && follows(&record, position) {
            trace.successor = Some(record);
        }
        ControlFlow::Continue(())
    })?;
    Ok(trace)
}

/// Whether `record` was made of an article after the one at `position`. Those of other partitions count as such: records
/// of one key come in the order in which they were published.
fn follows(record: &RawArticle, position: &Position) -> bool {
    match topic::position(&[record.header(dead_letter::SOURCE).into_owned()]) {
        Ok(source) => source.partition != position.partition || source.offset > position.offset,
        Err(_) => false,
    }
}
