//! The demo: an embedded broker, a feed of articles, the real service between, and what comes out as people read it.
//!
//! The broker is librdkafka's mock: it has no real transactions, so the demo shows delivery at least once.

mod broker;
mod feed;
mod screen;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;

use self::broker::Broker;
use self::feed::{FEED, Sample};
use self::screen::Screen;
use crate::config::Config;
use crate::service::{Exit, Running, Shutdown};

/// Articles between the feed and the screen at most. The mock broker keeps 5 MiB a partition and drops what is older
/// without a word, so the feed waits for what it has sent.
const UNDER_WAY: usize = 64;

/// How long nothing may come out of what was sent: a demo must not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the demo is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many articles; none runs on.
    pub articles: Option<u64>,
    /// Articles a second at most.
    pub rate: f64,
}

/// Runs the demo until its articles are through or `shutdown` has begun; tells how the service ended, which `start`
/// starts.
///
/// # Errors
/// If the broker fails, or not everything comes out.
pub fn run(
    plan: &Plan,
    mut config: Config,
    start: impl FnOnce(&Config) -> anyhow::Result<Running>,
    shutdown: &Shutdown,
) -> anyhow::Result<Exit> {
    let broker = Broker::start().context("cannot start the embedded broker")?;
    broker.configure(&mut config);
    let running = start(&config)?;
    let (sent, now) = (0, Instant::now());
    let screen = Screen::open(plan.articles)?;
    let mut play = Play { plan, broker: &broker, screen, under_way: BTreeMap::new(), sent, began: now, moved: now };
    let played = play.run(shutdown);
    shutdown.begin();
    play.screen.close()?;
    let exit = running.join();
    played.map(|()| exit)
}

/// Feeds articles to the embedded broker and shows what comes out.
struct Play<'a> {
    plan: &'a Plan,
    broker: &'a Broker,
    screen: Screen,
    /// Sent and not yet seen again, by number. One that comes out twice is shown once.
    under_way: BTreeMap<u64, &'static Sample>,
    sent: u64,
    began: Instant,
    /// When something last came out.
    moved: Instant,
}

impl Play<'_> {
    /// Until all articles are through, or the end is asked for.
    fn run(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        while !shutdown.begun() && !self.is_over() {
            while self.is_due() {
                let sample = &FEED[usize::try_from(self.sent)? % FEED.len()];
                self.broker.publish(sample, self.sent)?;
                self.under_way.insert(self.sent, sample);
                self.sent += 1;
            }
            let read = self.broker.read(Duration::from_millis(50))?;
            let known = read.and_then(|(number, message)| Some((self.under_way.remove(&number)?, message)));
            if let Some((sample, message)) = known {
                self.moved = Instant::now();
                self.screen.show(sample, &message)?;
            }
            anyhow::ensure!(self.under_way.is_empty() || self.moved.elapsed() < PATIENCE, "nothing comes out any more");
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.plan.articles.is_some_and(|all| self.sent >= all) && self.under_way.is_empty()
    }

    fn is_due(&self) -> bool {
        let due = self.began.elapsed().as_secs_f64() * self.plan.rate;
        self.plan.articles.is_none_or(|all| self.sent < all)
            && self.under_way.len() < UNDER_WAY
            && (self.sent as f64) <= due
    }
}
