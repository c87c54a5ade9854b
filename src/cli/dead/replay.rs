//! `copydesk dead replay`

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::{Exit, pipeline, print, runtime, signals};
use super::{Filter, Letter, Offsets};
use crate::config::Config;
use crate::dead_letter;
use crate::io::kafka::{Reader, Writer};
use crate::message::{Destination, Header};
use crate::pipeline::{Outcome, Pipeline};
use crate::service::Shutdown;
use crate::telemetry::log;

/// The most records in a transaction.
const BATCH: usize = 500;

/// The longest time that a transaction is kept open for more to come.
const OPEN: Duration = Duration::from_secs(1);

/// An article of more bytes takes seconds to enrich, one of a megabyte a minute and more: longer than a transaction may
/// last.
const LONG: usize = 32 << 10;

/// Read articles again that ended as dead letters, after what was wrong has been mended
///
/// The dead letters stay where they are. An article that ends as one again counts its attempts on. Ctrl-C ends it in good
/// order; it then says how to go on, and the exit status is 1.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// Go on where an earlier replay with the same filters ended, as it said: offsets of dead letters by partition
    #[arg(long, value_name = "PARTITION:OFFSET,…")]
    from: Option<Offsets>,
    /// Where to: into the topic of raw articles, for the service to read, or enriched here and straight to the output
    #[arg(long, value_enum, default_value = "input")]
    to: To,
    /// Write nothing; say what would be replayed, and of --to output what would become of it
    #[arg(long)]
    dry_run: bool,
    /// At most so many articles a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Leave out those that were given up so often already
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_attempts: u64,
    /// The summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    Input,
    Output,
}

/// What has been done so far.
#[derive(Clone, Default)]
struct Tally {
    replayed: BTreeMap<String, u64>,
    /// Rejected again, by the reason they have now.
    rejected: BTreeMap<String, u64>,
    too_often: u64,
    /// Where to go on after all of these.
    next: Offsets,
}

struct Replay<'a> {
    arguments: &'a Arguments,
    config: &'a Config,
    pipeline: Option<Pipeline>,
    /// None in a dry run.
    writer: Option<Writer>,
    /// How many partitions the topic of raw articles has.
    partitions: i32,
    waiting: usize,
    opened: Instant,
    tally: Tally,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.filter.config.as_deref())?;
    log::start(&config.log);
    let raw = Reader::open(&config.kafka, &config.kafka.topics.raw)?;
    let partitions = i32::try_from(raw.partitions()?.len())?;
    let pipeline = if arguments.to == To::Output { Some(pipeline(&config)?.0) } else { None };
    let writer = if arguments.dry_run { None } else { Some(Writer::open(&config.kafka, "replay")?) };
    let (runtime, shutdown) = (runtime()?, Shutdown::default());
    signals::listen(&runtime, shutdown.clone())?;
    let from = arguments.from.clone().unwrap_or_default();
    let (waiting, opened) = (0, Instant::now());
    let mut committed = Tally { next: from.clone(), ..Tally::default() };
    let tally = committed.clone();
    let mut replay = Replay { arguments, config: &config, pipeline, writer, partitions, waiting, opened, tally };
    let mut whole = true;
    let done = arguments.filter.scan_all(&config, &from, |letter, fits| {
        if shutdown.begun() {
            whole = false;
            return Ok(ControlFlow::Break(()));
        }
        if fits && replay.long(&letter) {
            replay.commit()?;
            committed = replay.tally.clone();
        }
        replay.tally.next.0.insert(letter.record.position.partition.number, letter.record.position.offset + 1);
        if fits {
            replay.take(&letter)?;
        }
        if replay.settle()? {
            committed = replay.tally.clone();
        }
        Ok(ControlFlow::Continue(()))
    });
    let done = done.and_then(|()| replay.commit());
    runtime.shutdown_background();
    let (tally, note) = match &done {
        Ok(()) if whole => (&replay.tally, ""),
        Ok(()) => (&replay.tally, "; it was stopped there"),
        Err(_) => (&committed, "; it was cut off there, and nobody confirmed what it wrote after it"),
    };
    print(&tally.tell(arguments, note))?;
    done.map(|()| if whole { Exit::Done } else { Exit::Failed })
}

impl Replay<'_> {
    /// Replays a dead letter.
    fn take(&mut self, letter: &Letter) -> anyhow::Result<()> {
        let began = Instant::now();
        if letter.attempt >= self.arguments.max_attempts {
            self.tally.too_often += 1;
            return Ok(());
        }
        let article = dead_letter::article(&letter.record);
        if let Some(pipeline) = &self.pipeline {
            let outcome = pipeline.process(&article);
            if let Outcome::Rejected(rejection) = &outcome {
                *self.tally.rejected.entry(rejection.reason.code().to_owned()).or_default() += 1;
                return Ok(());
            }
            let messages = pipeline.messages(&article, &outcome);
            if messages.iter().any(|message| message.destination == Destination::Dead) {
                *self.tally.rejected.entry(dead_letter::Reason::TooLarge.code().to_owned()).or_default() += 1;
                return Ok(());
            }
            let topic = &self.config.kafka.topics.enriched;
            for message in &messages {
                self.write((topic, None), message.key.as_deref(), message.payload.as_deref(), &message.headers)?;
            }
        } else {
            let topic = &self.config.kafka.topics.raw;
            // Where it came from, so that it stays in order with what has the same key.
            let number = article.position.partition.number;
            let same = *article.position.partition.topic == **topic && number < self.partitions;
            let place = (topic.as_str(), same.then_some(number));
            self.write(place, article.key.as_deref(), article.payload.as_deref(), &article.headers)?;
        }
        *self.tally.replayed.entry(letter.reason.clone()).or_default() += 1;
        self.waiting += 1;
        if let Some(rate) = self.arguments.rate.filter(|_| self.writer.is_some()) {
            std::thread::sleep((Duration::from_secs(1) / rate).saturating_sub(began.elapsed()));
        }
        Ok(())
    }

    /// Whether enriching it takes so long that what waits could time out meanwhile.
    fn long(&self, letter: &Letter) -> bool {
        self.waiting > 0
            && self.pipeline.is_some()
            && letter.record.payload.as_ref().is_some_and(|text| text.len() > LONG)
    }

    /// Commits when that is due; true if all that was taken so far is committed. Dead letters that do not fit count as
    /// time, too: a transaction that waits for the next that does would time out in a large topic.
    fn settle(&mut self) -> anyhow::Result<bool> {
        if self.waiting >= BATCH || self.opened.elapsed() > OPEN {
            self.commit()?;
        }
        Ok(self.waiting == 0)
    }

    fn write(
        &mut self,
        place: (&str, Option<i32>),
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
        headers: &[Header],
    ) -> anyhow::Result<()> {
        match &mut self.writer {
            Some(writer) => writer.write(place, key, payload, headers),
            None => Ok(()),
        }
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        self.waiting = 0;
        self.opened = Instant::now();
        self.writer.as_mut().map_or(Ok(()), Writer::commit)
    }
}

impl Tally {
    fn tell(&self, arguments: &Arguments, note: &str) -> String {
        let next = Some(self.next.to_string()).filter(|next| !next.is_empty());
        let count: u64 = self.replayed.values().sum();
        if arguments.json {
            let Self { replayed, rejected, too_often, .. } = self;
            let (dry_run, whole) = (arguments.dry_run, note.is_empty());
            let all = json!({
                "replayed": replayed, "rejected": rejected, "too_often": too_often, "next": next, "dry_run": dry_run,
                "whole": whole,
            });
            return format!("{all}\n");
        }
        let verb = if arguments.dry_run { "would be replayed" } else { "replayed" };
        let mut text = format!("{count} {verb}{}{note}\n", by_reason(&self.replayed));
        if !self.rejected.is_empty() {
            let count: u64 = self.rejected.values().sum();
            text.push_str(&format!(
                "{count} still cannot be enriched{}, nothing was written\n",
                by_reason(&self.rejected)
            ));
        }
        if self.too_often > 0 {
            let most = arguments.max_attempts;
            text.push_str(&format!("{} left out: given up {most} times already (--max-attempts)\n", self.too_often));
        }
        if let Some(next) = next.filter(|_| !arguments.dry_run) {
            text.push_str(&format!("to go on after these, with the same filters: --from {next}\n"));
        }
        text
    }
}

fn by_reason(counts: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> = counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}
