//! Starts the threads of the service and watches them from outside: whether they turn, whether they have ended, and
//! whether the end comes in time.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::enrichment::Enrichment;
use super::intake::{Connections, Reader};
use super::outlet::{Publisher, Work};
use super::workers::{Desk, Worker};
use super::{Exit, MAX_ARTICLES, PATIENCE_WITH_WORKERS, Settings, Shutdown, Status};
use crate::io::{Intake, Outlet};
use crate::message::Enrich;

/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(250);

/// The time for the other threads to end in good order when one has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// How the names of workers begin.
const WORKER: &str = "worker-";

/// A service that runs.
#[derive(Debug)]
pub struct Running {
    verdict: Receiver<Exit>,
    shutdown: Shutdown,
    enrichment: Enrichment,
}

impl Running {
    /// What it enriches with.
    pub fn enrichment(&self) -> &Enrichment {
        &self.enrichment
    }

    /// What begins its end.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Waits until it has ended, and tells how. After [`Exit::Stalled`] threads of it may still be there.
    pub fn join(self) -> Exit {
        self.verdict.recv().unwrap_or_else(|_| Exit::Failed(anyhow!("the watchdog of the service panicked")))
    }
}

/// A thread under watch; it reports on `over` when it ends.
struct Watched {
    name: String,
    thread: JoinHandle<anyhow::Result<()>>,
}

pub(super) fn start<I: Intake, O: Outlet>(
    settings: &Settings,
    (intake, outlet): (
        impl FnOnce() -> anyhow::Result<I> + Send + 'static,
        impl FnOnce() -> anyhow::Result<O> + Send + 'static,
    ),
    enrich: Arc<dyn Enrich>,
    status: Arc<Status>,
    shutdown: Shutdown,
) -> anyhow::Result<Running> {
    let (chunks, chunks_end) = bounded(MAX_ARTICLES);
    let (orders, orders_end) = bounded(MAX_ARTICLES);
    // One answer a rewind, a revocation and the end: the intake takes them all in each turn.
    let (answers, answers_end) = bounded(MAX_ARTICLES);
    let (over, over_end) = bounded(settings.workers() + 2);
    let (epoch, condemned, pace) = <(Arc<_>, Arc<_>, Arc<_>)>::default();

    let enrichment = Enrichment::new(enrich);
    let mut threads = Vec::new();
    let mut desks = Vec::new();
    for number in 0..settings.workers() {
        let worker = Worker {
            enrichment: enrichment.clone(),
            epoch: Arc::clone(&epoch),
            condemned: Arc::clone(&condemned),
            pace: Arc::clone(&pace),
            status: Arc::clone(&status),
            max_finished: settings.max_in_flight.as_usize() / 2,
            desk: Arc::new(Desk::default()),
            chunks: chunks_end.clone(),
            outlet: orders.clone(),
        };
        desks.push(Arc::clone(&worker.desk));
        threads.push(spawn(format!("{WORKER}{number}"), &over, move || {
            worker.run();
            Ok(())
        })?);
    }
    drop(chunks_end);
    threads.push({
        let (settings, epoch, status, shutdown) = (settings.clone(), epoch.clone(), status.clone(), shutdown.clone());
        let enrichment = enrichment.clone();
        spawn("outlet".into(), &over, move || {
            let outlet = outlet().context("starting the producer")?;
            let work = Work::new(&settings);
            let (orders, intake) = (orders_end, answers);
            Publisher { outlet, settings, enrichment, epoch, condemned, status, shutdown, orders, intake, work }.run()
        })?
    });
    threads.push({
        let (status, shutdown, max_in_flight) = (status.clone(), shutdown.clone(), settings.max_in_flight.as_usize());
        spawn("intake".into(), &over, move || {
            let intake = intake().context("starting the consumer")?;
            let connections = Connections { chunks, outlet: orders, answers: answers_end };
            Reader::new(intake, (epoch, pace), status, shutdown, max_in_flight, connections).run()
        })?
    });

    let (verdict, verdict_end) = bounded(1);
    let watchdog = Watchdog {
        threads,
        desks,
        over: over_end,
        status,
        shutdown: shutdown.clone(),
        deadline: settings.shutdown_deadline.0,
    };
    Builder::new().name("watchdog".into()).spawn(move || {
        // Only fails when nobody waits for the verdict.
        verdict.send(watchdog.run()).ok();
    })?;
    Ok(Running { verdict: verdict_end, shutdown, enrichment })
}

fn spawn(
    name: String,
    over: &Sender<()>,
    body: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<Watched> {
    struct Over(Sender<()>);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.send(()).ok();
        }
    }
    let over = Over(over.clone());
    let thread = Builder::new()
        .name(name.clone())
        .spawn(move || {
            let _over = over;
            body()
        })
        .with_context(|| format!("starting the thread {name}"))?;
    Ok(Watched { name, thread })
}

struct Watchdog {
    threads: Vec<Watched>,
    desks: Vec<Arc<Desk>>,
    over: Receiver<()>,
    status: Arc<Status>,
    shutdown: Shutdown,
    deadline: Duration,
}

impl Watchdog {
    /// Watches until all threads have ended, or one cannot be waited for.
    fn run(mut self) -> Exit {
        let mut failure = None;
        let mut until = None;
        loop {
            if let Err(RecvTimeoutError::Disconnected) = self.over.recv_timeout(LOOK) {
                // All threads are past their last word; they are joined below.
                std::thread::sleep(Duration::from_millis(1));
            }
            self.reap(&mut failure);
            if self.threads.is_empty() {
                return failure.map_or(Exit::Finished, Exit::Failed);
            }
            let clients = self.threads.iter().any(|watched| !watched.name.starts_with(WORKER));
            if !clients && self.shutdown.begun() {
                // A worker may be at a long article. It holds no client, and what it makes is not wanted any more.
                return failure.map_or(Exit::Finished, Exit::Failed);
            }
            if failure.is_some() && !self.shutdown.begun() {
                self.shutdown.begin();
                until = Some(Instant::now() + self.deadline.min(AFTER_FAILURE));
            }
            if self.shutdown.begun() && Instant::now() > *until.get_or_insert(Instant::now() + self.deadline) {
                let late: Vec<&str> = self.threads.iter().map(|watched| watched.name.as_str()).collect();
                return failure.map_or_else(
                    || Exit::Stalled(format!("not ended within service.shutdown_deadline: {}", late.join(", "))),
                    Exit::Failed,
                );
            }
            if let Some(stalled) = self.stalled() {
                return Exit::Stalled(stalled);
            }
        }
    }

    /// Joins the threads that have ended, and keeps the first error.
    fn reap(&mut self, failure: &mut Option<anyhow::Error>) {
        let (ended, running) =
            std::mem::take(&mut self.threads).into_iter().partition(|watched: &Watched| watched.thread.is_finished());
        self.threads = running;
        for watched in ended {
            let error = match watched.thread.join() {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(_) => anyhow!("the thread {} panicked; this is a fault of the service", watched.name),
            };
            tracing::error!("{error:#}");
            failure.get_or_insert(error);
        }
    }

    /// Which thread stands still, if one does.
    fn stalled(&self) -> Option<String> {
        let limit = self.status.stall_deadline();
        let pulses = [("intake", &self.status.intake), ("outlet", &*self.status.outlet)];
        for (name, pulse) in pulses {
            let age = pulse.age();
            if age > limit && self.threads.iter().any(|watched| watched.name == name) {
                return Some(format!("the {name} thread has stood still for {} s", age.as_secs()));
            }
        }
        let (age, position) = self.desks.iter().filter_map(|desk| desk.busy()).max()?;
        (age > PATIENCE_WITH_WORKERS * limit)
            .then(|| format!("a worker has been at the article {position} for {} s", age.as_secs()))
    }
}
