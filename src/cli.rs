//! The commands, one file each, and the exit status in which they end.

mod config;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Problems;

/// A streaming enrichment service for newsrooms: raw articles from Kafka in, entities and sentiment out, exactly once.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Config(config::Arguments),
}

/// How a command ended; its value is the exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All went well.
    Done = 0,
    /// Something was rejected, or the work could not be done.
    Failed = 1,
    /// Wrong arguments or a wrong configuration: trying again will not help (`EX_USAGE` of BSD's sysexits).
    Usage = 64,
}

/// Runs the command that `arguments` name, tells on standard error what went wrong, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let ended = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => match command {
            Command::Config(arguments) => config::run(&arguments),
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

/// Writes `text` to standard output. A reader that has gone away has seen enough: that is no error.
fn print(text: &str) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
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
