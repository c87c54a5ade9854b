//! `copydesk dead show`

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::super::{Exit, print, topic};
use super::Letter;
use crate::config::Config;
use crate::dead_letter;
use crate::io::kafka::Reader;
use crate::message::{Position, RawArticle};
use crate::telemetry::log;
use crate::view;

/// Show a dead letter: why it is one, its headers, and the article as it was received
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Its position, or that of the article it was made of: articles.dead 0 42, or articles.raw/0/42
    #[arg(required = true, num_args = 1..=3, value_name = "POSITION")]
    position: Vec<String>,
    /// Nothing but the value of the record received, byte for byte
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// All of it as JSON; bytes that are no UTF-8 are replaced
    #[arg(long)]
    json: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.config.as_deref())?;
    log::start(&config.log);
    let position = topic::position(&arguments.position)?;
    let letter = find(&config, &position)?.with_context(|| {
        format!("there is no dead letter at or of {position}; `copydesk dead list` names those there are")
    })?;
    let letter = Letter::new(letter);
    if arguments.raw {
        let mut out = io::stdout().lock();
        out.write_all(letter.record.payload.as_deref().unwrap_or_default()).and_then(|()| out.flush())?;
        return Ok(Exit::Done);
    }
    let text = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if arguments.json {
        let mut shown = letter.json();
        let headers = letter.record.headers.iter().map(|header| json!([header.name, text(&header.value)]));
        shown["headers"] = Value::Array(headers.collect());
        shown["key"] = json!(text(&letter.record.key));
        shown["value"] = json!(text(&letter.record.payload));
        return print(&format!("{shown}\n"));
    }
    let mut page = format!("{}  attempt {}\n", letter.record.position, letter.attempt);
    page.push_str(&format!("{}: {}\n", letter.reason, view::clean(&letter.record.header(dead_letter::DETAIL))));
    let line = |name: &str, value: Option<String>| match value {
        Some(value) => format!("  {}: {}\n", view::clean(name), view::clean(&value)),
        None => format!("  {}: null\n", view::clean(name)),
    };
    page.push_str(&line("key", text(&letter.record.key)));
    for header in &letter.record.headers {
        page.push_str(&line(&header.name, text(&header.value)));
    }
    page.push_str(&format!("{} bytes{}\n", letter.bytes(), if letter.bytes() > 0 { ":" } else { "" }));
    for line in text(&letter.record.payload).unwrap_or_default().lines() {
        page.push_str(&format!("{}\n", view::clean(line)));
    }
    print(&page)
}

/// The last dead letter at `position` of its topic, or made of the article there.
fn find(config: &Config, position: &Position) -> anyhow::Result<Option<RawArticle>> {
    let mut reader = Reader::open(&config.kafka, &config.kafka.topics.dead)?;
    let mut found = None;
    if *position.partition.topic == *config.kafka.topics.dead {
        reader.scan(&[(position.partition.number, position.offset)], |record| {
            found = (record.position == *position).then_some(record);
            ControlFlow::Break(())
        })?;
    } else {
        let start = topic::Start::Earliest.offsets(&reader)?;
        reader.scan(&start, |record| {
            if dead_letter::source(&record).as_ref() == Some(position) {
                found = Some(record);
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(found)
}
