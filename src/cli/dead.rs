//! `copydesk dead`: what became of articles that could not be enriched, and a second chance for them.

mod list;
mod replay;
mod show;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::ensure;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Exit;
use super::topic::{Start, moment, time};
use crate::config::Config;
use crate::dead_letter;
use crate::io::kafka::Reader;
use crate::message::RawArticle;
use crate::view;

/// Look into the topic of dead letters, and read its articles again
///
/// It works through Kafka alone, joins no group and disturbs nobody.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Show(show::Arguments),
    Replay(replay::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        Command::List(arguments) => list::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
    }
}

/// Which dead letters are meant.
#[derive(Debug, Args)]
struct Filter {
    /// Only those given up for this reason, such as invalid_json; several are separated by commas
    #[arg(long, value_name = "REASON", value_delimiter = ',', value_parser = reason)]
    reason: Vec<String>,
    /// Only those given up at this stage
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Only those of articles from here: a topic, a partition or a position, as articles.raw/0/42
    #[arg(long, value_name = "TOPIC[/PARTITION[/OFFSET]]")]
    source: Option<String>,
    /// Only those written from then on: a time as 2026-01-31T12:00:00Z, or how long ago as 15min
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only those written before then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A reason there is; any other would be looked for in vain.
fn reason(text: &str) -> Result<String, String> {
    let codes = dead_letter::Reason::ALL.map(dead_letter::Reason::code);
    codes.contains(&text).then(|| text.to_owned()).ok_or_else(|| format!("there are {}", codes.join(", ")))
}

/// Offsets in the topic of dead letters by partition, written as `0:17,1:4`. They tell how far a scan has come, as no time
/// does: partitions are read side by side, and a transaction makes letters visible later than it wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Offsets(BTreeMap<i32, i64>);

impl fmt::Display for Offsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(|(partition, offset)| format!("{partition}:{offset}")).collect();
        f.write_str(&parts.join(","))
    }
}

impl FromStr for Offsets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let (partition, offset) = part.split_once(':')?;
            let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
            (partition >= 0 && offset >= 0).then_some((partition, offset))
        };
        let parts: Option<BTreeMap<i32, i64>> = text.split(',').map(part).collect();
        parts.map(Self).ok_or_else(|| "write partitions with offsets, as 0:17,1:4".to_owned())
    }
}

/// A dead letter and what its headers say.
struct Letter {
    record: RawArticle,
    reason: String,
    stage: String,
    source: String,
    attempt: u64,
}

impl Letter {
    fn new(record: RawArticle) -> Self {
        let header = |name: &str| view::clean(&record.header(name)).to_string();
        let (reason, stage) = (header(dead_letter::REASON), header(dead_letter::STAGE));
        let (source, attempt) = (header(dead_letter::SOURCE), dead_letter::attempts(&record));
        Self { record, reason, stage, source, attempt }
    }

    fn bytes(&self) -> usize {
        self.record.payload.as_ref().map_or(0, Vec::len)
    }

    fn at(&self) -> Option<Timestamp> {
        time(self.record.timestamp)
    }

    /// All but the article itself.
    fn json(&self) -> Value {
        json!({
            "position": self.record.position.to_string(),
            "at": self.at().map(|at| at.to_string()),
            "reason": self.reason,
            "stage": self.stage,
            "source": self.source,
            "attempt": self.attempt,
            "bytes": self.bytes(),
            "detail": self.record.header(dead_letter::DETAIL),
            "version": self.record.header(dead_letter::VERSION),
        })
    }
}

impl Filter {
    fn fits(&self, letter: &Letter) -> bool {
        let within =
            |at: Timestamp| self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until);
        let from = |source: &String| {
            letter.source.strip_prefix(source.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        (self.reason.is_empty() || self.reason.contains(&letter.reason))
            && self.stage.as_ref().is_none_or(|stage| *stage == letter.stage)
            && self.source.as_ref().is_none_or(from)
            && letter.at().is_none_or(within)
    }

    /// Hands `each` the dead letters that fit, up to the present end of their topic.
    fn scan(
        &self,
        config: &Config,
        mut each: impl FnMut(Letter) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let fitting = |letter, fits| if fits { each(letter) } else { Ok(ControlFlow::Continue(())) };
        self.scan_all(config, &Offsets::default(), fitting)
    }

    /// Hands `each` every dead letter that is not before `from`, up to the present end of their topic, and whether it fits.
    fn scan_all(
        &self,
        config: &Config,
        from: &Offsets,
        mut each: impl FnMut(Letter, bool) -> anyhow::Result<ControlFlow<()>>,
    ) -> anyhow::Result<()> {
        let mut reader = Reader::open(&config.kafka, &config.kafka.topics.dead)?;
        let start = self.since.map_or(Start::Earliest, Start::Time);
        let mut starts: BTreeMap<i32, i64> = start.offsets(&reader)?.into_iter().collect();
        for (partition, offset) in &from.0 {
            let topic = reader.topic();
            ensure!(starts.contains_key(partition), "{topic} has no partition {partition}; see --from");
            starts.entry(*partition).and_modify(|start| *start = (*start).max(*offset));
        }
        let mut failed = Ok(());
        reader.scan(&starts.into_iter().collect::<Vec<_>>(), |record| {
            let letter = Letter::new(record);
            let fits = self.fits(&letter);
            each(letter, fits).unwrap_or_else(|error| {
                failed = Err(error);
                ControlFlow::Break(())
            })
        })?;
        failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Header, Partition, Position};

    fn letter(source: &str, reason: &str, millis: i64) -> Letter {
        let header = |name: &str, value: &str| Header { name: name.into(), value: Some(value.as_bytes().to_vec()) };
        let position = Position { partition: Partition { topic: "articles.dead".into(), number: 0 }, offset: 0 };
        let headers = vec![header(dead_letter::SOURCE, source), header(dead_letter::REASON, reason)];
        Letter::new(RawArticle { position, key: None, payload: None, headers, timestamp: Some(millis) })
    }

    fn filter() -> Filter {
        Filter { reason: Vec::new(), stage: None, source: None, since: None, until: None, config: None }
    }

    /// A replay of partition 1 must not take partition 10 along.
    #[test]
    fn a_source_is_matched_part_by_part() {
        for (source, expected) in
            [("raw", true), ("raw/1", true), ("raw/1/7", true), ("ra", false), ("raw/1/70", false)]
        {
            let filter = Filter { source: Some(source.into()), ..filter() };
            assert_eq!(filter.fits(&letter("raw/1/7", "empty", 0)), expected, "{source}");
        }
        let first = Filter { source: Some("raw/1".into()), ..filter() };
        assert!(!first.fits(&letter("raw/10/7", "empty", 0)));
    }

    /// What a replay prints is what it takes.
    #[test]
    fn offsets_are_read_as_they_are_written() {
        let offsets = Offsets(BTreeMap::from([(0, 17), (11, 4)]));
        assert_eq!((offsets.to_string().as_str(), offsets.to_string().parse()), ("0:17,11:4", Ok(offsets)));
        for wrong in ["", "0", "0:", "0:-1", "-1:0", "0:1,", "0:1;1:2"] {
            assert!(wrong.parse::<Offsets>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_and_reasons_are_cut_off_where_they_say() {
        let second = |n| Some(Timestamp::from_second(n).unwrap());
        let window = Filter { since: second(1), until: second(2), ..filter() };
        let fitting = [999, 1000, 1999, 2000].map(|millis| window.fits(&letter("raw/0/0", "empty", millis)));
        assert_eq!(fitting, [false, true, true, false]);
        let two = Filter { reason: vec!["empty".into(), "internal".into()], ..filter() };
        assert!(two.fits(&letter("raw/0/0", "internal", 0)) && !two.fits(&letter("raw/0/0", "no_text", 0)));
        assert!(reason("no_such_reason").unwrap_err().contains("invalid_json"));
    }
}
