//! The commands, one file each, and the exit status in which they end.

mod annotate;
mod check;
mod compare;
mod config;
mod dead;
mod demo;
mod diff;
mod explain;
mod health;
mod kb;
mod local;
mod ordered;
mod reload;
mod resume;
mod run;
mod schema;
mod score;
mod signals;
mod tap;
mod top;
mod topic;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config::{Config, Problems};
use crate::io::kafka;
use crate::knowledge::Knowledge;
use crate::message::Enrich;
use crate::model::Model;
use crate::pipeline::{Pipeline, Settings};
use crate::service::{self, Running, Shutdown, Status};
use crate::settings::Problem;
use crate::stage::Resources;
use crate::stages::encoder::Reader;

/// A streaming enrichment service for newsrooms: raw articles from Kafka in, entities and sentiment out, exactly once.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Demo(demo::Arguments),
    Annotate(annotate::Arguments),
    Check(check::Arguments),
    Health(health::Arguments),
    Resume(resume::Arguments),
    Schema(schema::Arguments),
    Score(score::Arguments),
    Config(config::Arguments),
    Top(top::Arguments),
    Tap(tap::Arguments),
    Explain(explain::Arguments),
    Diff(diff::Arguments),
    Dead(dead::Arguments),
    Kb(kb::Arguments),
}

/// How a command ended; its value is the exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Exit {
    /// All went well.
    Done = 0,
    /// Something was rejected, or the work could not be done; records that differ, as `diff` of files says it.
    Failed = 1,
    /// Nothing could be compared, as `diff` of files says it.
    Incomparable = 2,
    /// Wrong arguments or a wrong configuration: trying again will not help (`EX_USAGE` of BSD's sysexits).
    Usage = 64,
    /// The service stood still and was given up; a new process goes on from the last commit (`EX_SOFTWARE`).
    Stalled = 70,
}

/// Runs the command that `arguments` name, tells on standard error what went wrong, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let ended = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => match command {
            Command::Run(arguments) => run::run(&arguments),
            Command::Demo(arguments) => demo::run(&arguments),
            Command::Annotate(arguments) => annotate::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::Health(arguments) => health::run(&arguments),
            Command::Resume(arguments) => resume::run(&arguments),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Score(arguments) => score::run(&arguments),
            Command::Config(arguments) => config::run(&arguments),
            Command::Top(arguments) => top::run(&arguments),
            Command::Tap(arguments) => tap::run(&arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Diff(arguments) => diff::run(&arguments),
            Command::Dead(arguments) => dead::run(&arguments),
            Command::Kb(arguments) => kb::run(&arguments),
        },
        Err(refused) => {
            let exit = if refused.use_stderr() { Exit::Usage } else { Exit::Done };
            refused.print().map(|()| exit).map_err(Into::into)
        }
    };
    let exit = ended.unwrap_or_else(|error| {
        explain(&error);
        if error.is::<Problems>() { Exit::Usage } else { Exit::Failed }
    });
    ExitCode::from(exit as u8)
}

/// The pipeline that `config` describes, and the name of its model.
///
/// # Errors
/// If the model or the files of knowledge cannot be loaded: [`Problems`], as no later attempt will do better.
fn pipeline(config: &Config) -> anyhow::Result<(Pipeline, String)> {
    let resources = resources(config)?;
    let identity = resources.reader.as_ref().map_or("none", |reader| reader.identity()).to_owned();
    Ok((pipeline_of(config, &resources)?, identity))
}

/// The pipeline that `config` describes, of what is loaded.
fn pipeline_of(config: &Config, resources: &Resources) -> anyhow::Result<Pipeline> {
    let digest = config.hash();
    let settings =
        Settings { article: &config.article, record: &config.record, stages: &config.stages, digest: &digest };
    Pipeline::with_resources(settings, resources).context("cannot load the stages")
}

/// What `config` wants loaded for its stages.
fn resources(config: &Config) -> Result<Resources, Problems> {
    let load = || -> anyhow::Result<Option<Arc<dyn Reader>>> {
        match config.stages.need_model() {
            true => Ok(Some(Arc::new(Model::load(&find_model(&config.model.path)?, &config.model.profile)?))),
            false => Ok(None),
        }
    };
    let knowledge = Knowledge::load(&config.knowledge);
    match (load(), knowledge) {
        (Ok(reader), Ok(knowledge)) => Ok(Resources { reader, knowledge: Arc::new(knowledge) }),
        (model, knowledge) => {
            let model = model.err().map(|error| Problem::new("model.path", format!("{error:#}")));
            let found = model.into_iter().chain(knowledge.err().into_iter().flatten()).collect();
            Err(Problems { source: "the model and the files of knowledge".into(), found })
        }
    }
}

/// The folder that `path` means: itself, or found from the working directory, the program's place, or the system's.
fn find_model(path: &Path) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.ancestors().skip(1).map(|folder| folder.join(path));
    // Joining an absolute path gives that path alone.
    let mut places: Vec<PathBuf> = [path.to_path_buf()].into_iter().chain(beside).collect();
    places.push(Path::new("/usr/share/copydesk").join(path));
    places.dedup();
    places.iter().find(|place| place.is_dir()).cloned().with_context(|| {
        let tried: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        format!("there is no such folder; set it to where the model lies (tried {})", tried.join(", "))
    })
}

/// Starts the service with the Kafka that `config` names.
fn start(config: &Config, enrich: Arc<dyn Enrich>, status: Arc<Status>, shutdown: Shutdown) -> anyhow::Result<Running> {
    let group = kafka::Group::default();
    let intake = {
        let (settings, group) = (config.kafka.clone(), group.clone());
        move || kafka::intake(&settings, &group)
    };
    let outlet = {
        let (settings, delivery, pulse) = (config.kafka.clone(), config.service.delivery, Arc::clone(&status.outlet));
        move || kafka::outlet(&settings, delivery, &group, pulse)
    };
    service::start(&config.service, (intake, outlet), enrich, status, shutdown).context("cannot start the service")
}

/// The threads of tokio: signals and HTTP need no more than one.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    built.context("cannot start the runtime for signals and HTTP")
}

/// How a command ends whose service ended so.
fn ended(exit: service::Exit) -> anyhow::Result<Exit> {
    match exit {
        service::Exit::Finished => Ok(Exit::Done),
        service::Exit::Failed(error) => Err(error.context("the service failed")),
        service::Exit::Stalled(why) => {
            complain(&format!("copydesk: given up: {why}; nothing is lost, start it again\n"));
            Ok(Exit::Stalled)
        }
    }
}

/// Writes `text` to standard output. A reader that has gone away has seen enough: that is no error.
fn print(text: &str) -> anyhow::Result<Exit> {
    say(text).map(|_| Exit::Done)
}

/// The same, for those who have more to write; false if the reader has gone away.
fn say(text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

/// How many columns the answers of commands may take.
fn width() -> usize {
    usize::from(console::Term::stdout().size().1).clamp(40, 120)
}

/// Writes an error and what caused it to standard error, a line each.
fn explain(error: &anyhow::Error) {
    let mut text = format!("copydesk: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  because: {cause}\n"));
    }
    complain(&text);
}

/// Writes `text` to standard error, if there still is one.
fn complain(text: &str) {
    let written = io::stderr().lock().write_all(text.as_bytes());
    drop(written);
}
