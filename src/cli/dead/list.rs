//! `copydesk dead list`

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::super::{Exit, print, say};
use super::{Filter, Letter};
use crate::config::Config;
use crate::telemetry::log;

/// List dead letters, a line each, without the text of their articles
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// Only how many there are for each reason and stage, and when the first and the last was written
    #[arg(long)]
    summary: bool,
    /// End after so many
    #[arg(long, value_name = "N", conflicts_with = "summary")]
    limit: Option<usize>,
    /// JSON, a line each
    #[arg(long)]
    json: bool,
}

/// Those of one reason and stage.
#[derive(Default)]
struct Group {
    count: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.filter.config.as_deref())?;
    log::start(&config.log);
    if arguments.summary { summary(arguments, &config) } else { lines(arguments, &config) }
}

fn lines(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    let mut left = arguments.limit.unwrap_or(usize::MAX);
    arguments.filter.scan(config, |letter| {
        let line = if arguments.json { format!("{}\n", letter.json()) } else { line(&letter) };
        left = left.saturating_sub(1);
        Ok(if say(&line)? && left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(Exit::Done)
}

fn line(letter: &Letter) -> String {
    let at = letter.at().map_or_else(String::new, |at| format!("{at:.0}"));
    let Letter { record, reason, stage, source, attempt } = letter;
    let bytes = letter.bytes();
    format!("{}  {at}  {reason:13} {stage:9} {bytes:>9} B  attempt {attempt}  from {source}\n", record.position)
}

fn summary(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    let mut groups = BTreeMap::<(String, String), Group>::new();
    arguments.filter.scan(config, |letter| {
        let at = letter.at();
        let group = groups.entry((letter.reason, letter.stage)).or_default();
        group.count += 1;
        group.first = group.first.into_iter().chain(at).min();
        group.last = group.last.into_iter().chain(at).max();
        Ok(ControlFlow::Continue(()))
    })?;
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
    let time = |at: &Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| format!("{at:.0}"));
    let lines = groups.iter().map(|((reason, stage), Group { count, first, last })| {
        if arguments.json {
            let (first, last) = (first.map(|at| at.to_string()), last.map(|at| at.to_string()));
            format!("{}\n", json!({"reason": reason, "stage": stage, "count": count, "first": first, "last": last}))
        } else {
            format!("{count:>8}  {reason:13} {stage:9} from {} to {}\n", time(first), time(last))
        }
    });
    let none = if arguments.json { "" } else { "no dead letters\n" };
    print(&if groups.is_empty() { none.to_owned() } else { lines.collect() })
}
