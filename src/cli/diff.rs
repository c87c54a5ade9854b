//! `copydesk diff`

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::compare::{self, Counts, Difference, Outcome, short};
use super::{Exit, ordered, print, topic, width};
use crate::config::{Config, Problems};
use crate::io::kafka::Reader;
use crate::message::{Enrich, RawArticle};
use crate::telemetry::log;
use crate::view;

/// Say what a new configuration would change in the records; writes nothing
///
/// Reads articles of the input without joining a group, runs the old and the new configuration over them, and compares
/// what comes out, but for the fields that name configuration and model. Brokers and topic are those of the old one; the
/// variables of the environment count for both. The exit status is 0 if all is the same, 1 if anything differs, and 2 if
/// nothing could be compared.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The new configuration
    #[arg(long = "config", value_name = "FILE")]
    new: PathBuf,
    /// The old one [default: copydesk.toml]
    #[arg(long, value_name = "FILE")]
    old: Option<PathBuf>,
    /// How many articles to read, the newest
    #[arg(long, value_name = "N", default_value_t = 200)]
    last: usize,
    /// All articles from this time on instead: 2026-01-31T12:00:00Z, or how long ago as 15min
    #[arg(long, value_name = "TIME", value_parser = topic::moment, conflicts_with = "last")]
    since: Option<Timestamp>,
    /// How many of the articles that differ to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    show: usize,
    /// How many articles are worked on at a time [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// One JSON object instead of text for people
    #[arg(long)]
    json: bool,
}

/// How many differences of one article are shown.
const FIRST: usize = 5;

/// What differs.
#[derive(Debug, Default, Serialize)]
struct Report {
    topic: String,
    old: Made,
    new: Made,
    articles: usize,
    changed: usize,
    /// The share of articles that differ, from 0 to 1.
    share: f64,
    layers: BTreeMap<String, Layer>,
    rejections: Rejections,
    /// Some of the articles that differ.
    examples: Vec<Example>,
}

/// What makes the records.
#[derive(Debug, Default, Serialize)]
struct Made {
    config: String,
    model: String,
}

/// What differs in a field at the top of records.
#[derive(Debug, Default, Serialize)]
struct Layer {
    /// In how many articles.
    articles: usize,
    #[serde(flatten)]
    items: Counts,
}

/// Articles that are given up by one of the two, by the code of the reason.
#[derive(Debug, Default, Serialize)]
struct Rejections {
    /// Only by the new one.
    added: BTreeMap<String, usize>,
    /// Only by the old one.
    removed: BTreeMap<String, usize>,
    /// By both, for another reason (the new one's).
    changed: BTreeMap<String, usize>,
}

/// An article that differs.
#[derive(Debug, Serialize)]
struct Example {
    position: String,
    id: Option<String>,
    /// How many differences there are.
    count: usize,
    /// The first of them.
    differences: Vec<Difference>,
    /// What becomes of it, if one of the two gives it up: with the reason.
    old_rejection: Option<String>,
    new_rejection: Option<String>,
}

/// What both make of an article.
struct Pair {
    position: String,
    old: Outcome,
    new: Outcome,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    match compare(arguments) {
        Ok(report) => {
            match arguments.json {
                true => print(&format!("{}\n", serde_json::to_string(&report)?))?,
                false => print(&report.page())?,
            };
            Ok(if report.changed == 0 { Exit::Done } else { Exit::Failed })
        }
        // Wrong configurations have an exit status of their own.
        Err(error) if error.is::<Problems>() => Err(error),
        Err(error) => {
            super::explain(&error);
            Ok(Exit::Incomparable)
        }
    }
}

fn compare(arguments: &Arguments) -> anyhow::Result<Report> {
    let old = Config::load(arguments.old.as_deref())?;
    let new = Config::load(Some(&arguments.new))?;
    log::start(&old.log);
    let (old_pipeline, old_model) = super::pipeline(&old)?;
    let (new_pipeline, new_model) = super::pipeline(&new)?;
    let mut reader = Reader::open(&old.kafka, &old.kafka.topics.raw)?;
    let mut report = Report {
        topic: reader.topic().to_owned(),
        old: Made { config: old.hash(), model: old_model },
        new: Made { config: new.hash(), model: new_model },
        ..Report::default()
    };

    let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let (since, last) = (arguments.since, arguments.last);
    let mut failed = None;
    ordered::map(
        jobs,
        move |give| {
            let read = match since {
                Some(time) => reader.at_time(time).and_then(|from| reader.scan(&from, |article| give(Ok(article)))),
                None => newest(&mut reader, last).map(|articles| {
                    // Whether all are taken is the taker's business.
                    articles.into_iter().map(Ok).try_for_each(&mut *give).is_continue();
                }),
            };
            if let Err(error) = read {
                give(Err(error)).is_continue();
            }
        },
        move |article: anyhow::Result<RawArticle>| {
            let article = article?;
            let [old, new] = [&old_pipeline, &new_pipeline].map(|pipeline| Outcome::of(&pipeline.enrich(&article)));
            Ok(Pair { position: article.position.to_string(), old: old?, new: new? })
        },
        |pair: anyhow::Result<Pair>| match pair {
            Ok(pair) => {
                report.add(pair, arguments.show);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    );
    match failed {
        Some(error) => Err(error),
        None => Ok(report),
    }
}

/// The `count` articles that were written last, over all partitions, in the order of their times.
fn newest(reader: &mut Reader, count: usize) -> anyhow::Result<Vec<RawArticle>> {
    let back = i64::try_from(count)?;
    let mut from = Vec::new();
    for partition in reader.partitions()? {
        let (first, end) = reader.range(partition)?;
        from.push((partition, end.saturating_sub(back).max(first)));
    }
    let mut newest = BTreeMap::new();
    reader.scan(&from, |article| {
        newest.insert((article.timestamp, article.position.clone()), article);
        if newest.len() > count {
            newest.pop_first();
        }
        ControlFlow::Continue(())
    })?;
    Ok(newest.into_values().collect())
}

impl Report {
    /// Takes an article in; it is an example if fewer than `show` are.
    fn add(&mut self, pair: Pair, show: usize) {
        self.articles += 1;
        let differs = pair.old != pair.new;
        self.changed += usize::from(differs);
        self.share = self.changed as f64 / self.articles as f64;
        if !differs {
            return;
        }
        let mut differences = Vec::new();
        match (&pair.old, &pair.new) {
            (Outcome::Record(old), Outcome::Record(new)) => {
                differences = compare::differences(old, new);
                for (name, counts) in compare::layers(old, new) {
                    let layer = self.layers.entry(name.to_owned()).or_default();
                    layer.articles += 1;
                    layer.items.added += counts.added;
                    layer.items.removed += counts.removed;
                    layer.items.changed += counts.changed;
                }
            }
            (Outcome::Record(_), Outcome::Letter { reason, .. }) => count(&mut self.rejections.added, reason),
            (Outcome::Letter { reason, .. }, Outcome::Record(_)) => count(&mut self.rejections.removed, reason),
            (Outcome::Letter { .. }, Outcome::Letter { reason, .. }) => count(&mut self.rejections.changed, reason),
        }
        if self.examples.len() < show {
            let rejection = |outcome: &Outcome| match outcome {
                Outcome::Record(_) => None,
                Outcome::Letter { reason, detail } => Some(format!("{reason}: {detail}")),
            };
            let id = |outcome: &Outcome| match outcome {
                Outcome::Record(record) => record["id"].as_str().map(str::to_owned),
                Outcome::Letter { .. } => None,
            };
            self.examples.push(Example {
                position: pair.position,
                id: id(&pair.new).or_else(|| id(&pair.old)),
                count: differences.len(),
                differences: differences.into_iter().take(FIRST).collect(),
                old_rejection: rejection(&pair.old),
                new_rejection: rejection(&pair.new),
            });
        }
    }

    /// The report in lines for people.
    fn page(&self) -> String {
        let Self { articles, changed, topic, .. } = self;
        if *articles == 0 {
            return format!("{topic} holds no articles to compare\n");
        }
        let mut page = format!("{changed} of {articles} articles of {topic} differ ({:.1} %)\n", 100.0 * self.share);
        for (name, Layer { articles, items: Counts { added, removed, changed } }) in &self.layers {
            page +=
                &format!("  {name:12}in {articles} articles: {added} added, {removed} removed, {changed} changed\n");
        }
        let Rejections { added, removed, changed } = &self.rejections;
        for (what, reasons) in [("given up", added), ("no longer", removed), ("other reason", changed)] {
            for (reason, count) in reasons {
                page += &format!("  {what:12}{count} as {reason}\n");
            }
        }
        for example in &self.examples {
            page += &example.lines();
        }
        page
    }
}

fn count(reasons: &mut BTreeMap<String, usize>, reason: &str) {
    *reasons.entry(reason.to_owned()).or_default() += 1;
}

impl Example {
    fn lines(&self) -> String {
        let Self { position, id, count, differences, old_rejection, new_rejection } = self;
        let mut lines =
            format!("\n{}\n", view::bold(&format!("{position}  {}", view::clean(id.as_deref().unwrap_or_default()))));
        let mut line = |text: String| lines += &format!("  {}\n", view::cut(&view::clean(&text), width() - 2));
        if old_rejection.is_some() || new_rejection.is_some() {
            let fate = |rejection: &Option<String>| rejection.clone().unwrap_or_else(|| "enriched".into());
            line(format!("{} → {}", fate(old_rejection), fate(new_rejection)));
        }
        for Difference { at, old, new } in differences {
            line(format!("{at}: {} → {}", short(old.as_ref()), short(new.as_ref())));
        }
        if *count > differences.len() {
            line(format!("and {} more", count - differences.len()));
        }
        lines
    }
}
