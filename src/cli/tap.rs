//! `copydesk tap`

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use regex::Regex;
use serde_json::json;

use super::topic::{self, Start};
use super::{Exit, complain, say, width};
use crate::config::{Config, Problems};
use crate::dead_letter;
use crate::io::kafka::Reader;
use crate::message::RawArticle;
use crate::settings::Problem;
use crate::telemetry::log;
use crate::view;

/// The wait for a record while none comes.
const WAIT: Duration = Duration::from_millis(100);

/// Watch enriched records as they are published, without disturbing the service
///
/// It joins no group and commits nothing. Ctrl-C ends it, or the limit.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to begin: now, earliest, an offset, a time as 2026-01-31T12:00:00Z, or how long ago as 15min
    #[arg(long, value_name = "START", default_value = "now")]
    from: Start,
    /// Dead letters as well
    #[arg(long)]
    dead: bool,
    /// Only records that this stage was asked about; dead letters given up at it
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Only where that stage ended so [default: ok or failed]
    #[arg(long, value_enum, requires = "stage")]
    status: Option<Status>,
    /// Only records with an entity whose name holds this, in letters of either case
    #[arg(long, value_name = "TEXT")]
    entity: Option<String>,
    /// Only articles whose title or text this regular expression matches; (?i) at its start ignores case
    #[arg(long = "match", value_name = "REGEX")]
    pattern: Option<Regex>,
    /// Show a share of what fits: 1/10, 0.1 or 10%
    #[arg(long, value_name = "SHARE", default_value = "1")]
    sample: Share,
    /// End after so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// The whole article instead of title and entities
    #[arg(long, conflicts_with = "json")]
    full: bool,
    /// The records themselves, one a line; a dead letter as a line that says why
    #[arg(long)]
    json: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How a stage ended, by its name in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    Ok,
    Failed,
    Skipped,
    Off,
}

/// The share of records to show, above 0 and at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let share = match (text.split_once('/'), text.strip_suffix('%')) {
            (Some((part, whole)), _) => number(part).zip(number(whole)).map(|(part, whole)| part / whole),
            (None, Some(percent)) => number(percent).map(|percent| percent / 100.0),
            (None, None) => number(text),
        };
        let legal = share.filter(|share| *share > 0.0 && *share <= 1.0);
        legal.map(Self).ok_or_else(|| "write a share above 0 and at most 1, as 1/10, 0.1 or 10%".to_owned())
    }
}

/// Lets a share of what it is asked about through, evenly: of ten at a tenth, the first.
struct Sampler {
    share: Share,
    due: f64,
}

impl Sampler {
    fn new(share: Share) -> Self {
        Self { share, due: 1.0 }
    }

    fn takes(&mut self) -> bool {
        // The tolerance is for shares as 1/3, whose sum falls short of 1.
        let takes = self.due > 1.0 - 1e-9;
        self.due += self.share.0 - if takes { 1.0 } else { 0.0 };
        takes
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.config.as_deref())?;
    log::start(&config.log);
    check_stage(arguments, &config)?;
    let topics = &config.kafka.topics;
    let mut readers = Vec::new();
    for topic in [Some(&topics.enriched), arguments.dead.then_some(&topics.dead)].into_iter().flatten() {
        let mut reader = Reader::open(&config.kafka, topic)?;
        let from = arguments.from.offsets(&reader)?;
        reader.seek(&from)?;
        readers.push(reader);
    }
    let names: Vec<_> = readers.iter().map(Reader::topic).collect();
    complain(&format!("tapping {} at {}; Ctrl-C ends it\n", names.join(" and "), config.kafka.brokers));

    let mut sampler = Sampler::new(arguments.sample);
    let mut shown = 0;
    while arguments.limit.is_none_or(|limit| shown < limit) {
        let Some(record) = next(&mut readers)? else { continue };
        let letter = *record.position.partition.topic == *topics.dead;
        let line = if letter { arguments.letter(&record) } else { arguments.enriched(&record) };
        if let Some(line) = line
            && sampler.takes()
        {
            shown += 1;
            if !say(&line)? {
                break;
            }
        }
    }
    Ok(Exit::Done)
}

/// The next record of any of `readers`, if one comes soon.
fn next(readers: &mut [Reader]) -> anyhow::Result<Option<RawArticle>> {
    // A quiet topic must not hold up a busy one: first all are asked without waiting.
    for wait in [Duration::ZERO, WAIT] {
        for reader in readers.iter_mut() {
            if let Some(record) = reader.poll(wait)? {
                return Ok(Some(record));
            }
        }
    }
    Ok(None)
}

/// A stage that does not exist would be waited for in vain.
fn check_stage(arguments: &Arguments, config: &Config) -> Result<(), Problems> {
    let entries = config.stages.entries();
    let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    match &arguments.stage {
        Some(stage) if !arguments.dead && !names.contains(&stage.as_str()) => {
            let what = format!("there is no stage {stage:?}; choose one of {}", names.join(", "));
            Err(Problems { source: "arguments".into(), found: vec![Problem::new("--stage", what)] })
        }
        _ => Ok(()),
    }
}

impl Arguments {
    /// What to print of an enriched record, if it fits.
    fn enriched(&self, record: &RawArticle) -> Option<String> {
        // A tombstone follows the record of a canceled article, which is shown.
        let payload = record.payload.as_deref()?;
        let Ok(read) = view::Record::read(payload) else {
            return self.is_open().then(|| format!("{}: not an enriched record\n", record.position));
        };
        let stage = self.stage.as_ref().is_none_or(|stage| {
            let ended = read.stage(stage).and_then(|status| Status::from_str(status, false).ok());
            ended.is_some_and(|ended| match self.status {
                Some(wanted) => ended == wanted,
                None => matches!(ended, Status::Ok | Status::Failed),
            })
        });
        let entity = self.entity.as_ref().is_none_or(|text| read.names(text));
        let pattern = self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(read.text()));
        (stage && entity && pattern).then(|| match self.json {
            true => format!("{}\n", String::from_utf8_lossy(payload)),
            false => {
                let shown = if self.full { read.page(width()) } else { read.card(width()) };
                format!("{}\n{shown}\n", view::dim(&place(record)))
            }
        })
    }

    /// What to print of a dead letter, if it fits.
    fn letter(&self, record: &RawArticle) -> Option<String> {
        let [reason, detail, stage, source] =
            [dead_letter::REASON, dead_letter::DETAIL, dead_letter::STAGE, dead_letter::SOURCE]
                .map(|name| record.header(name));
        let at_stage = self.stage.as_ref().is_none_or(|wanted| stage == wanted.as_str()) && self.status.is_none();
        let pattern = self.pattern.as_ref().is_none_or(|pattern| {
            pattern.is_match(&String::from_utf8_lossy(record.payload.as_deref().unwrap_or_default()))
        });
        (at_stage && self.entity.is_none() && pattern).then(|| match self.json {
            true => {
                let letter = json!({"position": record.position.to_string(), "reason": reason, "detail": detail,
                    "stage": stage, "source": source, "at": topic::time(record.timestamp).map(|at| at.to_string())});
                format!("{}\n", json!({"dead_letter": letter}))
            }
            false => format!("{}\n", view::dead_letter(&reason, &detail, &source, width())),
        })
    }

    /// Whether everything fits.
    fn is_open(&self) -> bool {
        !self.json && self.stage.is_none() && self.entity.is_none() && self.pattern.is_none()
    }
}

/// Where a record stands, what it was made of, and when it was published.
fn place(record: &RawArticle) -> String {
    let at = topic::time(record.timestamp).map(|at| format!("  {at}")).unwrap_or_default();
    format!("{}  from {}{at}", record.position, view::clean(&record.header(dead_letter::SOURCE)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use clap::Parser;

    use super::*;
    use crate::message::{Partition, Position};

    #[derive(Parser)]
    struct Tap {
        #[command(flatten)]
        arguments: Arguments,
    }

    /// Part of a name is enough, in letters of either case; the text around the names is not looked at.
    #[test]
    fn an_entity_is_found_by_part_of_its_name() {
        let value = json!({
            "id": "1", "status": "usable", "article": {"title": "T"}, "text": "Leyla Samadova left Oslo.", "offset_unit": "codepoint",
            "entities": [{"type": "person", "name": "Leyla Samadova", "mentions": []}], "stages": [],
        });
        let partition = Partition { topic: Arc::from("t"), number: 0 };
        let payload = Some(value.to_string().into_bytes());
        let position = Position { partition, offset: 0 };
        let record = RawArticle { position, key: None, payload, headers: Vec::new(), timestamp: None };
        for (text, found) in [("Samadova", true), ("sAMAD", true), ("Oslo", false), ("Lena", false)] {
            let tap =
                Tap::try_parse_from(["tap", "--entity", text, "--json"]).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(tap.arguments.enriched(&record).is_some(), found, "{text}");
            assert!(tap.arguments.letter(&record).is_none(), "a dead letter has no entities");
        }
    }

    /// A sample of a third must be a third in the long run, and show the first at once.
    #[test]
    fn a_sample_is_even_and_exact() {
        for (text, of, expected) in [("1/3", 300, 100), ("0.1", 1000, 100), ("25%", 400, 100), ("1", 7, 7)] {
            let mut sampler = Sampler::new(text.parse().unwrap());
            assert!(sampler.takes(), "{text}");
            assert_eq!(1 + (1..of).filter(|_| sampler.takes()).count(), expected, "{text}");
        }
        for wrong in ["0", "2", "1/0", "-1", "101%", "x", "NaN"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }
}
