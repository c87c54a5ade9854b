//! `copydesk kb`: tables of who and what there is.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::{Exit, complain, print, signals};
use crate::knowledge::dump::{Build, Filter, Progress, Summary};
use crate::service::Shutdown;

/// Make tables of persons and organisations for knowledge.authorities
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    Build(BuildArguments),
}

/// Turn a Wikidata JSON dump into one table that instances on a machine share
///
/// It can be broken off at any time; called again with the same arguments it goes on from its last checkpoint. Existing
/// instances keep the table they have mapped; send them SIGHUP to take up the new one.
#[derive(Debug, Args)]
struct BuildArguments {
    /// The dump: one entity a line in a JSON array; .json, .json.gz or .json.zst, told by its bytes
    #[arg(value_name = "DUMP")]
    dump: PathBuf,
    /// The table to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A language of names and descriptions; may be given several times, the first names what it can
    #[arg(long = "language", value_name = "CODE", default_value = "en")]
    languages: Vec<String>,
    /// Keep what has at least so many sitelinks: pages in Wikipedias and the like
    #[arg(long, value_name = "N", default_value_t = Filter::default().least_sitelinks)]
    sitelinks: u64,
    /// A class whose instances are persons, in place of the usual ones (human)
    #[arg(long = "person", value_name = "ID", value_parser = class)]
    persons: Vec<u64>,
    /// A class whose instances are organisations, in place of the usual ones (docs/knowledge.md lists them)
    #[arg(long = "organisation", value_name = "ID", value_parser = class)]
    organisations: Vec<u64>,
    /// A class whose instances are places; usually none, as places have a table of their own
    #[arg(long = "place", value_name = "ID", value_parser = class)]
    places: Vec<u64>,
}

/// The number of a class such as Q5.
fn class(text: &str) -> Result<u64, String> {
    text.strip_prefix('Q').and_then(|number| number.parse().ok()).ok_or_else(|| "is no id such as Q5".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let Order::Build(arguments) = &arguments.order;
    let usual = Filter::default();
    let or = |given: &[u64], usual: Vec<u64>| if given.is_empty() { usual } else { given.to_vec() };
    let filter = Filter {
        languages: arguments.languages.clone(),
        persons: or(&arguments.persons, usual.persons),
        organisations: or(&arguments.organisations, usual.organisations),
        places: or(&arguments.places, usual.places),
        least_sitelinks: arguments.sitelinks,
    };
    let runtime = super::runtime()?;
    let shutdown = Shutdown::default();
    signals::listen(&runtime, shutdown.clone())?;
    let size = std::fs::metadata(&arguments.dump).map_or(0, |dump| dump.len());
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(size) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {eta} left") {
        bar.set_style(style);
    }
    let began = Instant::now();
    let mut first = None;
    let built = Build::new(&arguments.dump, &arguments.out, filter).run(|progress| {
        let before = *first.get_or_insert(progress.bytes);
        bar.set_position(progress.read);
        bar.set_message(told(progress, progress.bytes - before, began));
        if shutdown.begun() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    runtime.shutdown_background();
    let Summary { progress, done, whole, resumed } = built?;
    if !done {
        complain("copydesk: broken off; the same command goes on from here\n");
        return Ok(Exit::Failed);
    }
    if let Some(first) = progress.first_unreadable {
        complain(&format!(
            "copydesk: {} lines could not be read, the first is line {first}; see that the dump is whole\n",
            progress.unreadable
        ));
    }
    if !whole {
        complain("copydesk: the dump ends without its last line, a bracket; see that it is whole\n");
    }
    let table = std::fs::metadata(&arguments.out)?.len();
    let read = told(&progress, progress.bytes - resumed.unwrap_or(0), began);
    print(&format!("{}: {}; {read}\n", arguments.out.display(), HumanBytes(table)))
}

/// What has been read and kept, and how fast.
fn told(progress: &Progress, bytes: u64, began: Instant) -> String {
    let rate = bytes as f64 / 1e6 / began.elapsed().as_secs_f64().max(1e-3);
    let (lines, kept) = (HumanCount(progress.lines), HumanCount(progress.kept));
    format!("{lines} lines, {kept} kept, {rate:.0} MB/s of JSON")
}
