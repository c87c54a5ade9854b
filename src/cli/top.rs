//! `copydesk top`

mod sample;
mod screen;

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use crossbeam_channel::{Receiver, bounded};
use jiff::Timestamp;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyModifiers};
use serde_json::json;

use self::sample::{Instance, Sample};
use super::{Exit, print, say, signals, width};
use crate::service::Shutdown;
use crate::settings::Time;

/// Watch instances of the service: rates, lag, stages, what is in flight
///
/// It asks their HTTP ports, and no broker. q or Ctrl-C ends it. An instance that does not answer is shown as such and
/// asked again; with --once it makes the exit status 1.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where an instance answers /metrics; repeat it for several
    #[arg(long = "url", value_name = "URL", default_value = "http://127.0.0.1:9464", value_parser = url)]
    urls: Vec<String>,
    /// How often to ask
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = interval)]
    interval: Time,
    /// Ask for one interval, print the result and end
    #[arg(long)]
    once: bool,
    /// One JSON object a line and interval instead of a screen
    #[arg(long)]
    json: bool,
}

fn url(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("write it as http://HOST:PORT".into()),
    }
}

fn interval(text: &str) -> Result<Time, String> {
    match humantime::parse_duration(text) {
        Ok(time) if (Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&time) => Ok(Time(time)),
        _ => Err("write a time from 100ms to 1h, as 2s".into()),
    }
}

/// The wait for a key between looks at what has come in.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut instances: Vec<Instance> = arguments.urls.iter().map(|url| Instance::new(url)).collect();
    if arguments.json || arguments.once {
        return lines(&mut instances, arguments);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        bail!("not a terminal, so there is nothing to draw on; use --json, or --once");
    }
    let runtime = super::runtime()?;
    let shutdown = Shutdown::default();
    signals::listen(&runtime, shutdown.clone())?;
    // From here on a panic restores the terminal as well.
    let mut terminal = ratatui::try_init().context("cannot draw on the terminal")?;
    let watched = watch(&mut terminal, &ask(instances, arguments.interval.0), &shutdown);
    ratatui::restore();
    runtime.shutdown_background();
    watched.map(|()| Exit::Done)
}

/// Prints what each interval brought.
fn lines(instances: &mut [Instance], arguments: &Arguments) -> anyhow::Result<Exit> {
    samples(instances);
    loop {
        thread::sleep(arguments.interval.0);
        let samples = samples(instances);
        let text = match arguments.json {
            true => format!("{}\n", json!({"at": Timestamp::now().to_string(), "instances": samples})),
            false => screen::text(&samples, width())?,
        };
        if arguments.once {
            print(&text)?;
            let all = samples.iter().all(|sample| sample.error.is_none());
            return Ok(if all { Exit::Done } else { Exit::Failed });
        }
        if !say(&text)? {
            return Ok(Exit::Done);
        }
    }
}

fn samples(instances: &mut [Instance]) -> Vec<Sample> {
    instances.iter_mut().map(Instance::sample).collect()
}

/// Asks the instances on a thread of its own, so that one that does not answer holds up no key.
fn ask(mut instances: Vec<Instance>, interval: Duration) -> Receiver<Vec<Sample>> {
    let (give, take) = bounded(1);
    thread::spawn(move || {
        loop {
            let began = Instant::now();
            if give.send(samples(&mut instances)).is_err() {
                return;
            }
            thread::sleep(interval.saturating_sub(began.elapsed()));
        }
    });
    take
}

/// Draws what comes in until a key or a signal ends it.
fn watch(
    terminal: &mut ratatui::DefaultTerminal,
    samples: &Receiver<Vec<Sample>>,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut shown = Vec::new();
    while !shutdown.begun() {
        if let Some(new) = samples.try_iter().last() {
            shown = new;
        }
        terminal.draw(|frame| screen::draw(frame, &shown)).context("cannot draw on the terminal")?;
        if event::poll(TICK).context("cannot read from the terminal")?
            && let Event::Key(key) = event::read().context("cannot read from the terminal")?
        {
            let interrupted = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if interrupted || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc) {
                break;
            }
        }
    }
    Ok(())
}
