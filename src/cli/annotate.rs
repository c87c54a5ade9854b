//! `copydesk annotate`: the pipeline without Kafka, over files.

mod input;

use std::io::{self, Write};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use self::input::{Form, Input};
use super::{Exit, complain, ordered, width};
use crate::config::Config;
use crate::dead_letter;
use crate::message::{Destination, Enrich, Message};
use crate::telemetry;
use crate::view;

/// Enrich articles from files, without Kafka: one record a line, in the order of the input
///
/// A .jsonl file holds one native article a line, any other file is one article. What is rejected is named on standard
/// error with file and line; the rest is still written, and the exit status is 1.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files to read; - is standard input, and the default
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    files: Vec<PathBuf>,
    /// What the files hold
    #[arg(long, value_enum, default_value_t = Form::Auto)]
    from: Form,
    /// Show articles for people to read instead of records for programs
    #[arg(long)]
    view: bool,
    /// Add to each answer what it rests on: rules, the words that they saw, scores
    #[arg(long)]
    explain: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How many articles are worked on at a time [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
}

/// What became of one input.
struct Answer {
    /// File and line, as people look it up.
    place: String,
    /// Bytes of input that it took.
    bytes: u64,
    /// What the pipeline says, or that it could not be read.
    messages: io::Result<Vec<Message>>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut config = Config::load(arguments.config.as_deref())?;
    config.record.explain |= arguments.explain;
    telemetry::log::start(&config.log);
    let (pipeline, _) = super::pipeline(&config)?;
    let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZero::get);
    let mut desk = Desk { view: arguments.view, progress: progress(&arguments.files), failed: false };
    let (files, form, most) = (arguments.files.clone(), arguments.from, config.article.max_bytes.as_usize());
    let mut end = Ok(());
    ordered::map(
        jobs,
        move |give| input::read(&files, form, most, give),
        move |Input { place, bytes, article }: Input| {
            let messages = article.map(|article| pipeline.enrich(&article));
            Answer { place, bytes, messages }
        },
        |answer| match desk.take(answer) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                end = Err(error);
                ControlFlow::Break(())
            }
        },
    );
    desk.progress.finish_and_clear();
    match end {
        // Whoever read the records has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        end => end.context("cannot write to standard output")?,
    }
    Ok(if desk.failed { Exit::Failed } else { Exit::Done })
}

/// Writes answers: records to standard output, the rest to standard error.
struct Desk {
    view: bool,
    progress: ProgressBar,
    failed: bool,
}

impl Desk {
    fn take(&mut self, answer: Answer) -> io::Result<()> {
        self.progress.inc(answer.bytes);
        let mut out = Vec::new();
        match answer.messages {
            Err(error) => self.refuse(&format!("{}: cannot be read: {error}", answer.place)),
            Ok(messages) => {
                for message in messages {
                    match (message.destination, message.payload.as_deref()) {
                        (Destination::Enriched, Some(record)) => self.show(record, &mut out),
                        // A tombstone takes a record out of a topic; where there is no topic there is nothing to say.
                        (Destination::Enriched, None) => {}
                        (Destination::Dead, _) => self.refuse(&format!("{}: {}", answer.place, why(&message))),
                    }
                }
            }
        }
        if out.is_empty() {
            return Ok(());
        }
        self.progress.suspend(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(&out).and_then(|()| stdout.flush())
        })
    }

    fn show(&mut self, record: &[u8], out: &mut Vec<u8>) {
        if !self.view {
            out.extend_from_slice(record);
            out.push(b'\n');
            return;
        }
        match view::Record::read(record) {
            Ok(record) => {
                out.extend_from_slice(record.page(width()).as_bytes());
                out.push(b'\n');
            }
            Err(error) => self.refuse(&format!("a record that cannot be shown: {error}")),
        }
    }

    fn refuse(&mut self, what: &str) {
        self.failed = true;
        self.progress.suspend(|| complain(&format!("{what}\n")));
    }
}

/// Reason and detail of a dead letter.
fn why(letter: &Message) -> String {
    let [reason, detail] = [dead_letter::REASON, dead_letter::DETAIL].map(|name| letter.header(name));
    format!("rejected as {reason}: {detail}")
}

/// A bar over the bytes of `files`, or a count where they are not known; hidden unless standard error is a terminal.
fn progress(files: &[PathBuf]) -> ProgressBar {
    let sizes: Option<u64> = files.iter().map(|file| Some(file.metadata().ok()?.len())).sum();
    let (bar, template) = match sizes {
        Some(total) => (ProgressBar::new(total), "{wide_bar} {bytes} of {total_bytes}  {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read  {elapsed}"),
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
