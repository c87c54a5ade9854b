//! What the demo shows: a card for each article that comes out, and below them, on a terminal, how it goes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::feed::Sample;
use crate::dead_letter;
use crate::message::{Destination, Message};
use crate::view::{self, Record};

/// Columns of a page where the terminal does not say, and the most that is good to read.
const WIDTH: (usize, usize) = (80, 120);

pub(super) struct Screen {
    bar: ProgressBar,
    width: usize,
    /// Since the first article came out.
    since: Option<Instant>,
    enriched: u64,
    entities: u64,
    /// Dead letters by reason.
    dead: BTreeMap<String, u64>,
}

impl Screen {
    /// Opens the screen for `articles`, or for ever.
    pub(super) fn open(articles: Option<u64>) -> io::Result<Self> {
        let terminal = console::Term::stdout();
        let width = terminal.size_checked().map_or(WIDTH.0, |(_, width)| usize::from(width)).clamp(40, WIDTH.1);
        let bar = ProgressBar::with_draw_target(articles, ProgressDrawTarget::stdout());
        let template = if articles.is_some() { "{spinner} {pos}/{len}  {msg}" } else { "{spinner} {pos}  {msg}" };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message("the consumer group forms (three seconds with this broker)");
        bar.enable_steady_tick(Duration::from_millis(200));
        let screen = Self { bar, width, since: None, enriched: 0, entities: 0, dead: BTreeMap::new() };
        screen.print(&format!(
            "Copydesk: a feed of articles, the service, and what comes out of it.\n\
             The broker in this process knows no transactions: delivery is at least once.\n{}\n\n",
            view::legend()
        ))?;
        Ok(screen)
    }

    /// Shows what became of an article.
    pub(super) fn show(&mut self, sample: &Sample, message: &Message) -> io::Result<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let card = match (message.destination, message.payload.as_deref().map(Record::read)) {
            (Destination::Dead, _) => {
                let [reason, detail] = [dead_letter::REASON, dead_letter::DETAIL].map(|name| message.header(name));
                let card = view::dead_letter(&reason, &detail, sample.name, self.width);
                *self.dead.entry(reason.into_owned()).or_default() += 1;
                card
            }
            (Destination::Enriched, Some(Ok(record))) => {
                self.enriched += 1;
                self.entities += record.entities() as u64;
                record.card(self.width)
            }
            (Destination::Enriched, Some(Err(error))) => {
                format!("{}: a record that cannot be shown: {error}\n", sample.name)
            }
            // A tombstone follows the record of an article that was killed, and has nothing to show.
            (Destination::Enriched, None) => return Ok(()),
        };
        self.bar.inc(1);
        self.bar.set_message(format!(
            "{:.1} articles/s  {} enriched  {} entities  {} dead letters  {}",
            rate(self.bar.position(), since),
            self.enriched,
            self.entities,
            self.dead.values().sum::<u64>(),
            if self.width >= 100 { view::legend() } else { String::new() },
        ));
        self.print(&card)
    }

    /// Ends with a summary.
    pub(super) fn close(&self) -> io::Result<()> {
        self.bar.finish_and_clear();
        let mut reasons =
            self.dead.iter().map(|(reason, count)| format!("{count} {reason}")).collect::<Vec<_>>().join(", ");
        if !reasons.is_empty() {
            reasons = format!(" ({reasons})");
        }
        let dead: u64 = self.dead.values().sum();
        let articles = self.enriched + dead;
        self.print(&format!(
            "\n{articles} articles: {} enriched with {} entities, {dead} dead letters{reasons}; {:.1} articles/s\n",
            self.enriched,
            self.entities,
            self.since.map_or(0.0, |since| rate(articles, since)),
        ))
    }

    fn print(&self, text: &str) -> io::Result<()> {
        self.bar.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        })
    }
}

fn rate(articles: u64, since: Instant) -> f64 {
    // The first article stands at the beginning of the time, so it does not count.
    articles.saturating_sub(1) as f64 / since.elapsed().as_secs_f64().max(0.001)
}
